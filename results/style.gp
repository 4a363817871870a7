# SPDX-License-Identifier: GPL-2.0
#
# style.gp - what all pictures have in common; each picture's script loads it
#
# By hand, for any PICTURE of delay, corrected, skew, percentiles, entry, timeline,
# heatmap:
#
#	cd results/FOLDER/plots && gnuplot PROJECT/results/PICTURE.gp
#
# draws PICTURE.svg and PICTURE.png into the current folder from the data files that
# run-stress left there:
#
#	PICTURE.info	"key value" lines: shown (scenarios drawn), subtitle, from and to
#			(range of the values in ns), one note for each line of text that
#			goes below the picture, and where variants of scenarios or
#			kernels are compared a style for each that is drawn: number of the
#			scenario, number of the variant
#	PICTURE.dat	the values; their columns are in the script's head and in the file
#	PICTURE.panels	timeline and heatmap: one line per scenario
#
# Names come from users and reach gnuplot as data only: they are read into variables and
# written with enhanced text off, never pasted into a command.
#
# In: folder (of the scripts), picture, heading, width and height without the notes (pixels of
# the SVG; the PNG has 1.5 times as many); panel_height instead of height for a grid of panels

set encoding utf8
set datafile missing "?"
set samples 2

# ---- the picture's facts
shown = 0; notes = 0; from = 1.0; to = 1e9; subtitle = ""
array note[32]
styles = 0
array style_scenario[1000]; array style_variant[1000]
remember(key) = key eq "shown" ? (shown = int(column(2))) : \
	key eq "from" ? (from = column(2)) : \
	key eq "to" ? (to = column(2)) : \
	key eq "subtitle" ? (subtitle = strcol(2), 0) : \
	key eq "style" && styles < 1000 ? (styles = styles + 1, \
		style_scenario[styles] = int(column(2)), style_variant[styles] = int(column(3))) : \
	key eq "note" && notes < 32 ? (notes = notes + 1, note[notes] = strcol(2), 0) : 0
stats picture.".info" using (remember(strcol(1)), 1) nooutput
if (exists("panel_height")) { load folder."panels.gp" }

# ---- times: a logarithmic axis has no zero, so that 1 ns is as low as it goes
positive(ns) = ns < 1 ? 1.0 : real(ns)
human(ns) = ns < 1e3 ? sprintf("%.0f ns", ns) : ns < 1e6 ? sprintf("%.0f us", ns / 1e3) : \
	ns < 1e9 ? sprintf("%.0f ms", ns / 1e6) : sprintf("%.0f s", ns / 1e9)
digits(v) = v < 9.95 ? sprintf("%.1f", v) : sprintf("%.0f", v)
short(ns) = ns < 1e3 ? sprintf("%.0f ns", ns) : ns < 999500 ? digits(ns / 1e3)." us" : \
	ns < 999.5e6 ? digits(ns / 1e6)." ms" : digits(ns / 1e9)." s"
# tics of such an axis: every decade is labelled, and 2 and 5 times it where there are few
low(ns) = positive(ns) / 1.25
high(ns) = positive(ns) * 1.25
few(from, to) = high(to) / low(from) < 150
labelled(m) = few(from, to) ? m == 2 || m == 5 : 0
decades = 18

# ---- colours that colour-blind people tell apart (Okabe and Ito; its yellow is too
# pale for a line on white); after seven scenarios they come again with a dashed line,
# and every scenario has a marker of its own
colours = "#000000 #E69F00 #56B4E9 #009E73 #D55E00 #0072B2 #CC79A7"
markers = "7 5 9 11 13 6 4 8 10 12 15 14 1 2"
set dashtype 2 (6, 2)
set dashtype 3 (2, 1.5)
set dashtype 4 (8, 2, 2, 2)
do for [i = 0:55] {
	set style line (i + 1) lc rgb word(colours, i % 7 + 1) lw 2 \
		dashtype i / 7 % 4 + 1 \
		pt int(word(markers, i % 14 + 1)) ps 0.8
}
# variants and kernels have the colour of their scenario, and a line of their own
do for [i = 0:55] {
	set style line (i + 57) lc rgb word(colours, i % 14 % 7 + 1) lw 2 \
		dashtype i / 14 + 1 \
		pt int(word(markers, i % 14 + 1)) ps 0.8
}
style_of(i) = styles > i ? 57 + style_scenario[i + 1] % 14 + 14 * (style_variant[i + 1] % 4) : \
	i % 56 + 1
ink = "#222222"; faint = "#666666"; lines = "#dddddd"
no_data = "#bbbbbb"
# viridis: even in lightness, also without colour
set palette defined (0 "#440154", 1 "#482878", 2 "#3e4989", 3 "#31688e", 4 "#26828e", \
	5 "#1f9e89", 6 "#35b779", 7 "#6ece58", 8 "#b5de2b", 9 "#fde725")

set border 3 lc rgb faint lw 1
set tics nomirror textcolor rgb ink
set grid lc rgb lines lw 1 lt 1
set key noenhanced textcolor rgb ink

# ---- heading above and notes below, in pixels of the SVG; notes make the picture higher
line_height = 19
foot = notes > 0 ? notes * line_height + 18 : 0
if (shown == 0) { height = 200 }
height = height + foot
top_of(pixels) = 1 - real(pixels) / height
bottom_of(pixels) = real(pixels) / height
across(pixels) = real(pixels) / width
note_style = "left noenhanced font 'sans-serif,13' textcolor rgb faint"
# The heading is ours alone, so that it may be enhanced: SVG knows no other way to be bold.
# To be evaluated: in a multiplot only the first plot may have these.
set_texts = "set label 1001 '{/:Bold '.heading.'}' at screen across(16), screen top_of(24) ".\
	"left enhanced font 'sans-serif,19' textcolor rgb ink; ".\
	"set label 1002 subtitle at screen across(16), screen top_of(50) ".note_style."; ".\
	"set for [i = 1:notes] label (1002 + i) note[i] at screen across(16), ".\
	"screen bottom_of(foot - (i - 0.5) * line_height) ".note_style

# ---- output
open_svg = sprintf("set terminal svg size %d,%d font 'sans-serif,14' background 'white'; ", \
	width, height)."set output picture.'.svg'"
open_png = sprintf("set terminal pngcairo size %d,%d font 'sans-serif,14' ", \
	1.5 * width, 1.5 * height)."fontscale 1.1 linewidth 1.5 pointscale 1.5; set output picture.'.png'"
open(format) = (format eq "svg" ? open_svg : open_png)."; ".set_texts

# for text that must not be enhanced
bold(format) = format eq "svg" ? "sans-serif" : "sans-serif:Bold"

# A picture of nothing is still a picture that says so.
empty_plot = "unset logscale; unset border; unset tics; unset y2tics; unset grid; ".\
	"unset key; unset xlabel; unset ylabel; ".\
	"set label 1000 'Nothing to draw' at screen 0.5, screen 0.5 center ".\
	"font 'sans-serif,20' textcolor rgb faint; plot [0:1][0:1] NaN notitle"
