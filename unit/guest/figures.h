/* SPDX-License-Identifier: GPL-2.0 */
/*
 * figures.h - what it costs and what it covers, in numbers
 */
#ifndef MEMORY_COLLECTOR_UNIT_FIGURES_H
#define MEMORY_COLLECTOR_UNIT_FIGURES_H

/* Loaded against not loaded, alternating in one boot */
void figures_cost(void);

/* Many used RMIDs in one domain: all read at every tick, every tick accounted for */
void figures_coverage(void);

#endif
