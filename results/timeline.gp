# SPDX-License-Identifier: GPL-2.0
#
# timeline.gp - delay over time, a panel per scenario: timeline.svg and timeline.png
#
# Run it in a result's plots folder, see style.gp. timeline.panels is described in panels.gp;
# timeline.dat, a block per scenario, a line per bin of time:
#	start of the bin in ns as in timeline.panels, number of ticks, their mean and their largest
#	delay in ns; ? where there was no tick; an empty line, which no line crosses, for the time
#	between two windows

folder = ARG0
while (strlen(folder) > 0 && folder[strlen(folder):] ne "/") {
	folder = folder[1 : strlen(folder) - 1]
}
picture = "timeline"
heading = "Delay of ticks (delta) over time"
width = 1200; panel_height = 130
load folder."style.gp"

max_colour = "#56B4E9"; mean_colour = "#004C7F"; window_colour = "#f3ecd6"
start_colour = "#009E73"; end_colour = "#D55E00"
every = log10(high(to) / low(from)) > 4 && rows > 1 ? 2 : 1

do for [format in "svg png"] {
	eval open(format)
	if (shown > 0) {
		set multiplot
		eval set_key
		plot NaN with lines lw 2 lc rgb max_colour title "largest in a bin", \
			NaN with lines lw 2 lc rgb mean_colour title "mean", \
			NaN with boxes fs solid fc rgb window_colour title "window", \
			NaN with lines lw 2 dt 2 lc rgb start_colour title "load starts", \
			NaN with lines lw 2 dt 4 lc rgb end_colour title "load ends"
		set border 3
		set logscale y
		set yrange [low(from) : high(to)]
		set ytics () nomirror scale 0.7
		do for [e = 0:decades] {
			set ytics add ((e % every == 0 ? human(10.0 ** e) : "") 10.0 ** e)
			do for [m = 2:9] {
				if (labelled(m)) { set ytics add (human(m * 10.0 ** e) m * 10.0 ** e) }
			}
		}
		set grid xtics ytics back lc rgb lines lw 0.7 lt 1
		do for [p = 1:shown] {
			i = p - 1
			eval set_panel
			if (window_start[p] < ends && window_end[p] > starts) {
				set object 1 rectangle from first window_start[p], graph 0 \
					to first window_end[p], graph 1 behind fs solid noborder \
					fc rgb window_colour
			}
			if (visible(load_start[p])) {
				set arrow 1 from first load_start[p], graph 0 to \
					first load_start[p], graph 1 nohead front lw 2 dt 2 \
					lc rgb start_colour
			}
			if (visible(load_end[p])) {
				set arrow 2 from first load_end[p], graph 0 to \
					first load_end[p], graph 1 nohead front lw 2 dt 4 \
					lc rgb end_colour
			}
			if (load_end[p] > ends) {
				set label 2 sprintf("load ends at %.1f s", load_end[p]) \
					at graph 1, graph 1 offset 0, 0.7 right \
					font "sans-serif,12" textcolor rgb end_colour
			}
			middle = bin[p] / 2
			plot picture.".dat" index i \
				using ($1 / 1e9 + middle):(positive($3)):(positive($4)) \
				with filledcurves fs solid 0.35 lc rgb max_colour, \
				"" index i using ($1 / 1e9 + middle):(positive($4)) \
				with lines lw 1.2 lc rgb max_colour, \
				"" index i using ($1 / 1e9 + middle):(positive($3)) \
				with lines lw 1.5 lc rgb mean_colour
		}
		unset multiplot
	} else {
		eval empty_plot
	}
	unset output
}
