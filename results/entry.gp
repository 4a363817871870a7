# SPDX-License-Identifier: GPL-2.0
#
# entry.gp - what the hardware gave and what the lead made of it: entry.svg and entry.png
#
# Run it in a result's plots folder, see style.gp. entry.dat, a line per scenario:
#	name, p50, p90, p99 of entry, p50, p90, p99 of delta, time spun, the CPUs' time; all in ns

folder = ARG0
while (strlen(folder) > 0 && folder[strlen(folder):] ne "/") {
	folder = folder[1 : strlen(folder) - 1]
}
picture = "entry"
heading = "Entry and delay: what the hardware gave, what the lead made of it"
width = 1200; height = 700; ranks = 3; apart = 0.26
load folder."style.gp"
load folder."places.gp"

# ---- an axis with both signs: logarithmic, but even between -even_ns and even_ns
even_ns = 10.0
height_of(ns) = abs(ns) <= even_ns ? ns / even_ns : sgn(ns) * (1 + log10(abs(ns) / even_ns))
bottom = from < 0 ? height_of(from) : from < 2 * even_ns ? 0.0 : height_of(from / 2)
top = height_of(high(to))
bottom = bottom < top - 1 ? bottom : top - 1
# room for figures
room = (top - bottom) * (figures ? 0.15 : 0.05)
bottom = from < 0 ? bottom - room : bottom
top = top + room
set yrange [bottom : top]
every = top - bottom > 16 ? 2 : 1
set ytics ("0" 0) scale 1
do for [e = 1:decades] {
	at = height_of(10.0 ** e)
	text = (e - 1) % every == 0 ? human(10.0 ** e) : ""
	set ytics add (text at, (text eq "" ? "" : "-".text) -at)
	do for [m = 2:9] {
		at = height_of(m * 10.0 ** e)
		set ytics add ("" at 1, "" -at 1)
	}
}
set ylabel "time after the boundary; below 0: early" textcolor rgb ink
set tmargin at screen top_of(100)
if (from < 0) {
	set object 1 rectangle from graph 0, graph 0 to graph 1, first 0 behind \
		fs solid noborder fc rgb "#f8f4e6"
}
if (shown > 0 && bottom <= 0) {
	set arrow 1000 from graph 0, first 0 to graph 1, first 0 nohead back lc rgb ink lw 1
}
# above each scenario, what was spun
if (shown > 0) {
	set label 1 "spun, permille" at graph 0, graph 1 offset -1, 0.8 right \
		font "sans-serif,12" textcolor rgb ink
}
permille(spun, time) = time <= 0 ? "" : spun == 0 ? "0" : digits(1e3 * spun / time)

# ---- a ring for entry, a line to what became of it
hollow_marker = "6 4 8"
entry_of(k) = height_of(column(2 + k))
delta_of(k) = height_of(column(5 + k))
signed(ns) = ns < 0 ? "-".short(-ns) : short(ns)

do for [format in "svg png"] {
	eval open(format)
	if (shown > 0) {
		plot for [k = 0:2] picture.".dat" \
			using (place($0, k)):(entry_of(k)):(0):(delta_of(k) - entry_of(k)) \
			with vectors nohead lc rgb word(rank_colour, k + 1) lw 1.5 notitle, \
			for [k = 0:2] picture.".dat" using (place($0, k)):(entry_of(k)) \
			with points pt int(word(hollow_marker, k + 1)) ps 1.4 lw 1.5 \
			lc rgb word(rank_colour, k + 1) title "entry ".word(rank_name, k + 1), \
			for [k = 0:2] picture.".dat" using (place($0, k)):(delta_of(k)) \
			with points pt int(word(rank_marker, k + 1)) ps 0.8 \
			lc rgb word(rank_colour, k + 1) title "delta ".word(rank_name, k + 1), \
			for [k = 0 : (figures ? 2 : -1)] picture.".dat" \
			using (place($0, k)):(delta_of(k)):(short(column(5 + k))) \
			with labels rotate left offset 0, 0.7 font "sans-serif,10" \
			textcolor rgb ink notitle, \
			for [k = 0 : (figures ? 2 : -1)] picture.".dat" \
			using (place($0, k)):(entry_of(k)): \
			(column(2 + k) == column(5 + k) ? "" : signed(column(2 + k))) \
			with labels rotate right offset 0, -0.7 font "sans-serif,10" \
			textcolor rgb ink notitle, \
			picture.".dat" using 0:(top):(permille($8, $9)) \
			with labels rotate by (shown > 24 ? 90 : 0) offset 0, 0.8 font "sans-serif,11" textcolor rgb ink notitle
	} else {
		eval empty_plot
	}
	unset output
}
