# SPDX-License-Identifier: GPL-2.0
#
# delay.gp - how late the callbacks were: delay.svg and delay.png
#
# Run it in a result's plots folder, see style.gp; delay.dat is described in ccdf.gp.

folder = ARG0
while (strlen(folder) > 0 && folder[strlen(folder):] ne "/") {
	folder = folder[1 : strlen(folder) - 1]
}
picture = "delay"
heading = "Delay of ticks (delta): how many were at least this late"
value_label = "delay of the callback after its boundary"
counted = "ticks"
width = 1200; height = 700
load folder."style.gp"
load folder."ccdf.gp"
