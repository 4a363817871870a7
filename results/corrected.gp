# SPDX-License-Identifier: GPL-2.0
#
# corrected.gp - as delay.gp, with every missed boundary counted too: corrected.svg, corrected.png
#
# Run it in a result's plots folder, see style.gp; corrected.dat is described in ccdf.gp.
# The axes are those of delay.gp, so that the two can be laid side by side.

folder = ARG0
while (strlen(folder) > 0 && folder[strlen(folder):] ne "/") {
	folder = folder[1 : strlen(folder) - 1]
}
picture = "corrected"
heading = "Corrected delay: as if somebody had waited for every boundary"
value_label = "delay after the boundary; a missed one waited for the callback that passed it"
counted = "boundaries"
width = 1200; height = 700
load folder."style.gp"
load folder."ccdf.gp"
