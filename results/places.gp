# SPDX-License-Identifier: GPL-2.0
#
# places.gp - percentiles side by side, scenario by scenario; for percentiles.gp and entry.gp
#
# PICTURE.dat, a line per scenario: its name, then values
#
# In: as for style.gp, which is loaded; ranks: how many percentiles; apart: the distance of two,
# in places of a scenario. Out: where and how each is drawn, and all that belongs to the x axis

# before there are ranges, which stats would honour
array names[shown > 0 ? shown : 1]
name_row(row, name) = (names[row] = name, 1)
if (shown > 0) { stats picture.".dat" using (name_row(int($0) + 1, strcol(1))) nooutput }

rank_name = "p50 p90 p99 p99.9 p99.99 max"
rank_colour = "#440154 #3e4989 #26828e #35b779 #D55E00 #000000"
rank_marker = "7 5 9 11 13 2"
place(row, k) = row + (k - (ranks - 1) / 2.0) * apart
# with few scenarios there is room for the figures themselves
figures = shown <= 12
narrow = shown < 4 ? 4.0 : shown

set xrange [(shown - 1 - narrow) / 2.0 : (shown - 1 + narrow) / 2.0]
set xtics () scale 0 font "sans-serif,13" noenhanced
do for [i = 1:shown] { set xtics add (names[i] i - 1) }
if (shown > 8) { set xtics rotate by 25 right }
if (shown > 24) { set xtics font "sans-serif,10" }
set key outside right top vertical Left reverse samplen 1 spacing 1.25
set tmargin at screen top_of(76)
set bmargin at screen bottom_of(foot + (shown > 8 ? 96 : 44))
set lmargin at screen across(104)
unset grid
set grid ytics lc rgb lines lw 1 lt 1
do for [i = 1 : shown - 1] {
	set arrow i from first i - 0.5, graph 0 to first i - 0.5, graph 1 nohead lc rgb lines lw 1
}
