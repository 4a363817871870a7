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
width = 1200; height = 700
load folder."style.gp"

# before there are ranges, which stats would honour
array names[shown > 0 ? shown : 1]
name_row(row, name) = (names[row] = name, 1)
if (shown > 0) { stats picture.".dat" using (name_row(int($0) + 1, strcol(1))) nooutput }

# ---- six markers side by side in each scenario's place
rank_name = "p50 p90 p99 p99.9 p99.99 max"
rank_colour = "#440154 #3e4989 #26828e #35b779 #D55E00 #000000"
rank_marker = "7 5 9 11 13 2"
place(row, k) = row + (k - 2.5) * 0.14
# with few scenarios there is room for the figures themselves
figures = shown <= 12
narrow = shown < 4 ? 4.0 : shown

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
set xrange [(shown - 1 - narrow) / 2.0 : (shown - 1 + narrow) / 2.0]
set xtics () scale 0 font "sans-serif,13" noenhanced
do for [i = 1:shown] { set xtics add (names[i] i - 1) }
if (shown > 8) { set xtics rotate by 25 right }
set ylabel "delay of the callback after its boundary" textcolor rgb ink
set key outside right top vertical Left reverse samplen 1 spacing 1.25
set tmargin at screen top_of(76)
set bmargin at screen bottom_of(foot + (shown > 8 ? 96 : 44))
set lmargin at screen across(104)
unset grid
set grid ytics lc rgb lines lw 1 lt 1
do for [i = 1 : shown - 1] {
	set arrow i from first i - 0.5, graph 0 to first i - 0.5, graph 1 nohead lc rgb lines lw 1
}

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
