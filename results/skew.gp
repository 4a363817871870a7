# SPDX-License-Identifier: GPL-2.0
#
# skew.gp - how far apart the CPUs were at the same tick: skew.svg and skew.png
#
# Run it in a result's plots folder, see style.gp; skew.dat is described in ccdf.gp.

folder = ARG0
while (strlen(folder) > 0 && folder[strlen(folder):] ne "/") {
	folder = folder[1 : strlen(folder) - 1]
}
picture = "skew"
heading = "Skew between CPUs: how many ticks were at least this far apart"
value_label = "skew: latest minus earliest callback of the same tick"
counted = "ticks"
width = 1200; height = 700
load folder."style.gp"
load folder."ccdf.gp"
