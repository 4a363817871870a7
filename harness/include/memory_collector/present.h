/* SPDX-License-Identifier: GPL-2.0 */
/*
 * present.h - a result for people: the table and the plots
 */
#ifndef MEMORY_COLLECTOR_PRESENT_H
#define MEMORY_COLLECTOR_PRESENT_H

#include <stdio.h>

#include "memory_collector/result.h"

/**
 * mc_table_print - the final table, a verdict line per scenario that is not ok, one for the run
 * @result: result
 * @to: where; as wide as the terminal, 120 columns where it is none. Columns that do
 *	not fit are left out, and it says which
 * @colour: colour the statuses
 * @failure: filled on a write error
 */
int mc_table_print(const struct mc_result *result, FILE *to, bool colour,
		   struct mc_failure *failure);

/**
 * mc_plots_make - draw all plots of a result with gnuplot
 * @result: result
 * @scripts: folder with the gnuplot scripts
 * @dir: the pictures go to its sub-folder plots, as SVG and PNG, and the data
 *	files that gnuplot reads beside them; nothing is replaced unless all pictures
 *	could be drawn
 * @failure: filled on error; gnuplot missing is one
 */
int mc_plots_make(const struct mc_result *result, const char *scripts, const char *dir,
		  struct mc_failure *failure);

#endif
