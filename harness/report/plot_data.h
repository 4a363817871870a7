/* SPDX-License-Identifier: GPL-2.0 */
/*
 * plot_data.h - a result as the data files that the scripts in results/ draw
 */
#ifndef MEMORY_COLLECTOR_PLOT_DATA_H
#define MEMORY_COLLECTOR_PLOT_DATA_H

#include "memory_collector/result.h"

/* Name of picture number @i, of its script and of its files; NULL after the last */
const char *mc_plot_name(unsigned int i);

/* Is there anything for it to show, or is it worth saying that there is not? */
bool mc_plot_is_wanted(const struct mc_result *result, unsigned int i);

/**
 * mc_plot_data_write - write the data files of all pictures that are wanted
 * @result: result
 * @folder: descriptor of the folder they go to, in which none of them exists
 * @failure: filled on error
 */
int mc_plot_data_write(const struct mc_result *result, int folder, struct mc_failure *failure);

#endif
