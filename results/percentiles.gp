# SPDX-License-Identifier: GPL-2.0
#
# percentiles.gp - delay percentiles per scenario: percentiles.svg and percentiles.png
#
# Run it in a result's plots folder, see style.gp. percentiles.dat, a line per scenario:
#	name, p50, p90, p99, p99.9, p99.99, max; all in ns

folder = ARG0
while (strlen(folder) > 0 && folder[strlen(folder):] ne "/") {
	folder = folder[1 : strlen(folder) - 1]
}
picture = "percentiles"
heading = "Delay of ticks (delta): percentiles per scenario"
width = 1200; height = 700; ranks = 6; apart = 0.14
load folder."style.gp"
load folder."places.gp"

set logscale y
bottom = positive(from) / 2
top = high(to)
set yrange [bottom : figures ? top * (top / bottom) ** 0.15 : top]
set ytics () scale 1
do for [e = 0:decades] {
	set ytics add (human(10.0 ** e) 10.0 ** e)
	do for [m = 2:9] {
		set ytics add ((labelled(m) ? human(m * 10.0 ** e) : "") m * 10.0 ** e 1 - labelled(m))
	}
}
set ylabel "delay of the callback after its boundary" textcolor rgb ink

do for [format in "svg png"] {
	eval open(format)
	if (shown > 0) {
		plot for [k = 0:5] picture.".dat" \
			using (place($0, k)):(positive(column(2 + k))) \
			with impulses lc rgb word(rank_colour, k + 1) lw 1.5 notitle, \
			for [k = 0:5] picture.".dat" using (place($0, k)):(positive(column(2 + k))) \
			with points pt int(word(rank_marker, k + 1)) ps 1 lw 2 \
			lc rgb word(rank_colour, k + 1) title word(rank_name, k + 1), \
			for [k = 0 : (figures ? 5 : -1)] picture.".dat" \
			using (place($0, k)):(positive(column(2 + k))):(short(column(2 + k))) \
			with labels rotate left offset 0, 0.6 font "sans-serif,10" \
			textcolor rgb ink notitle
	} else {
		eval empty_plot
	}
	unset output
}
