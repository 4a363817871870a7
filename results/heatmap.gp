# SPDX-License-Identifier: GPL-2.0
#
# heatmap.gp - the largest delay by CPU and time, a panel per scenario: heatmap.svg, heatmap.png
#
# Run it in a result's plots folder, see style.gp. heatmap.panels is described in panels.gp;
# heatmap.dat, a block per scenario: a matrix of the largest delay in ns, -1 where the CPU had
# no tick. A row is a CPU and a column a bin of time; where there are few, each comes several
# times (heatmap.panels says how often), since viewers blur the edges between large pixels.

folder = ARG0
while (strlen(folder) > 0 && folder[strlen(folder):] ne "/") {
	folder = folder[1 : strlen(folder) - 1]
}
picture = "heatmap"
heading = "Largest delay of ticks (delta) by CPU and time"
width = 1200; panel_height = -1
load folder."style.gp"

end_colour = "#D55E00"
array marks[4]
# the bar is long enough for more figures than an axis
marked(m) = positive(to) / positive(from) < 400 && (m == 2 || m == 5)
set logscale cb
set cbrange [positive(from) : positive(to) * 1.01]
set cbtics () scale 0.5
do for [e = 0:decades] {
	if (10.0 ** e >= positive(from) && 10.0 ** e <= positive(to)) {
		set cbtics add (human(10.0 ** e) 10.0 ** e)
	}
	do for [m = 2:9] {
		if (marked(m) && m * 10.0 ** e >= positive(from) && m * 10.0 ** e <= positive(to)) {
			set cbtics add (human(m * 10.0 ** e) m * 10.0 ** e)
		}
	}
}

do for [format in "svg png"] {
	eval open(format)
	if (shown > 0) {
		set multiplot
		eval set_key
		unset colorbox
		plot NaN with boxes fs solid fc rgb no_data title "no tick", \
			NaN with lines lw 2 lc rgb ink title "window starts, ends", \
			NaN with lines lw 2 dt 2 lc rgb end_colour title "load starts, ends"
		set border 15
		set colorbox horizontal user origin screen across(width - 424), screen top_of(72) \
			size screen across(400), screen bottom_of(14)
		do for [p = 1:shown] {
			i = p - 1
			eval set_panel
			set object 1 rectangle from first first_bin[p], graph 0 to \
				first first_bin[p] + bins[p] * bin[p], graph 1 \
				behind fs solid noborder fc rgb no_data
			marks[1] = window_start[p]; marks[2] = window_end[p]
			marks[3] = load_start[p]; marks[4] = load_end[p]
			do for [m = 1:4] {
				if (visible(marks[m])) {
					set arrow m from first marks[m], graph -7.0 / panel_height to \
						first marks[m], graph 1 nohead front lw 2 \
						dt m < 3 ? 1 : 2 lc rgb (m < 3 ? ink : end_colour)
				}
			}
			set ylabel "CPU" textcolor rgb ink
			set yrange [-0.5 : cpus[p] - 0.5]
			set ytics () nomirror scale 0
			every = (cpus[p] + 7) / 8
			do for [c = 0 : cpus[p] - 1 : every] {
				set ytics add (word(cpu_numbers[p], c + 1) c)
			}
			plot picture.".dat" index i matrix using \
				(first_bin[p] + ($1 + 0.5) * bin[p] / bin_columns[p]): \
				(($2 + 0.5) / cpu_rows[p] - 0.5): \
				($3 < 0 ? NaN : positive($3)) with image
			unset colorbox
		}
		unset multiplot
	} else {
		eval empty_plot
	}
	unset output
}
