# SPDX-License-Identifier: GPL-2.0
#
# panels.gp - a grid of one panel per scenario over time; for timeline.gp and heatmap.gp
#
# PICTURE.panels, a line per scenario; times in ns after the start of its window (where it has none:
# after the start of its load, else after its first event), ? where there was no such moment:
#	1 name, 2 status
#	3 start of the first bin, 4 length of a bin, 5 number of bins
#	6 start and 7 end of the load, 8 start and 9 end of the window
#	10 number of CPUs, 11 rows per CPU and 12 columns per bin in heatmap.dat
#	13 the CPUs' numbers
#
# In: as for style.gp, which loads this; panel_height. Out: height, all below

set datafile missing "?"
n = shown > 0 ? shown : 1
array name[n]; array status[n]; array first_bin[n]; array bin[n]; array bins[n]
array load_start[n]; array load_end[n]; array window_start[n]; array window_end[n]
array cpus[n]; array cpu_rows[n]; array bin_columns[n]; array cpu_numbers[n]
cell(row, c) = strcol(c) eq "?" ? NaN : column(c) / 1e9
remember_panel(r) = (name[r] = strcol(1), status[r] = strcol(2), \
	first_bin[r] = cell(r, 3), bin[r] = cell(r, 4), bins[r] = int(column(5)), \
	load_start[r] = cell(r, 6), load_end[r] = cell(r, 7), \
	window_start[r] = cell(r, 8), window_end[r] = cell(r, 9), \
	cpus[r] = int(column(10)), cpu_rows[r] = int(column(11)), \
	bin_columns[r] = int(column(12)), cpu_numbers[r] = strcol(13))
if (shown > 0) {
	stats picture.".panels" using (remember_panel(int($0) + 1), 1) nooutput
}

# ---- one range of time for all; marks of the load may widen it by a quarter
starts = 0.0; ends = 1e-3; most_cpus = 1
if (shown > 0) {
	starts = first_bin[1]; ends = first_bin[1] + bin[1] * bins[1]
	do for [i = 1:shown] {
		last = first_bin[i] + bin[i] * bins[i]
		starts = first_bin[i] < starts ? first_bin[i] : starts
		ends = last > ends ? last : ends
		most_cpus = cpus[i] > most_cpus ? cpus[i] : most_cpus
	}
	room = (ends - starts) / 4
	earliest = starts - room; latest = ends + room
	do for [i = 1:shown] {
		starts = load_start[i] < starts && load_start[i] >= earliest ? load_start[i] : starts
		ends = load_end[i] > ends && load_end[i] <= latest ? load_end[i] : ends
	}
	room = (ends - starts) / 100
	starts = starts - room; ends = ends + room
}
visible(t) = t >= starts && t <= ends

# ---- the grid
columns = shown < 4 ? 1 : shown < 25 ? 2 : 3
rows = (n + columns - 1) / columns
gap_above = 32; gap_left = 84; gap_right = 24; grid_top = 96; grid_bottom = 64
if (panel_height < 0) {
	panel_height = most_cpus * 4 < 110 ? 110 : most_cpus * 4 > 256 ? 256 : most_cpus * 4
}
if (rows == 1) { panel_height = 420 }
height = grid_top + rows * (panel_height + gap_above) + grid_bottom
column_width = (width - gap_right) / columns
left_of(i) = (i % columns) * column_width + gap_left
above(i) = grid_top + (i / columns) * (panel_height + gap_above) + gap_above
lowest_of_column(i) = i + columns >= shown
# to be evaluated: before the plot that is only the key, and before each panel
set_key = "unset arrow; unset object; unset label 1; unset label 2; unset xlabel; unset ylabel; ".\
	"unset border; unset xtics; unset ytics; unset grid; unset logscale xy; ".\
	"set xrange [0:1]; set yrange [0:1]; set lmargin at screen 0; set rmargin at screen 1; ".\
	"set tmargin at screen top_of(60); set bmargin at screen top_of(grid_top); ".\
	"set key at screen across(12), screen top_of(80) left center horizontal Left reverse ".\
	"samplen 3 width 1 maxrows 1"
set_panel = "set lmargin at screen across(left_of(i)); ".\
	"set rmargin at screen across((i % columns + 1) * column_width); ".\
	"set tmargin at screen top_of(above(i)); ".\
	"set bmargin at screen top_of(above(i) + panel_height); ".\
	"set xrange [starts:ends]; set xtics nomirror scale 0.7; ".\
	"set format x (lowest_of_column(i) ? '%g' : ''); ".\
	"set xlabel (lowest_of_column(i) ? 'seconds after the start of the window' : '') ".\
	"textcolor rgb ink; unset arrow; unset object; unset label; unset key; ".\
	"set label 1 panel_title(p) at graph 0, graph 1 offset 0, 0.7 left noenhanced ".\
	"font bold(format).',14' textcolor rgb title_colour(p)"
panel_title(i) = name[i].(status[i] eq "ok" ? "" : " - ".status[i].", do not use")
title_colour(i) = status[i] eq "ok" ? "#222222" : "#D55E00"
