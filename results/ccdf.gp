# SPDX-License-Identifier: GPL-2.0
#
# ccdf.gp - shares of ticks that were at least so late; for delay.gp, corrected.gp, skew.gp
#
# PICTURE.dat: a block per scenario, its name in the first line, then
#	value in ns, ticks with at least this value, all ticks
#
# In: as for style.gp, which is loaded; value_label; counted: what the shares are of

# before there are ranges, which stats would honour
smallest = 0.1
if (shown > 0) {
	stats picture.".dat" using ($2 / $3) nooutput
	smallest = STATS_min
}

# ---- axes: decades with their unit; percentiles on the right
set logscale xyy2
set xrange [low(from) : high(to)]
set xtics () scale 1
do for [e = 0:decades] {
	set xtics add (human(10.0 ** e) 10.0 ** e)
	do for [m = 2:9] {
		set xtics add ((labelled(m) ? human(m * 10.0 ** e) : "") m * 10.0 ** e 1 - labelled(m))
	}
}
set yrange [smallest / 1.5 : 1]
# "%%", since a label of a tic is a format
set ytics ("100 %%" 1, "10 %%" 0.1, "1 %%" 0.01)
percent(e) = sprintf(sprintf("%%.%df", e - 2), 10.0 ** (2 - e))." %%"
do for [e = 3:18] { set ytics add (percent(e) 10.0 ** -e) }
set y2range [smallest / 1.5 : 1]
set border 11
set y2tics ("p50" 0.5, "p90" 0.1, "p99" 0.01, "p99.9" 1e-3, "p99.99" 1e-4, "p99.999" 1e-5) \
	textcolor rgb faint
set xlabel value_label noenhanced textcolor rgb ink
set ylabel "share of ".counted." at or above the value" textcolor rgb ink
set key outside right top vertical Left reverse samplen 3 spacing 1.25
set tmargin at screen top_of(76)
set bmargin at screen bottom_of(foot + 64)
set lmargin at screen across(124)

do for [format in "svg png"] {
	eval open(format)
	if (shown > 0) {
		plot for [i = 0 : shown - 1] picture.".dat" index i \
			using (positive($1)):($2 / $3) with linespoints \
			linestyle style_of(i) pointnumber 9 title columnheader(1)
	} else {
		eval empty_plot
	}
	unset output
}
