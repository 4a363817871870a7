/* SPDX-License-Identifier: GPL-2.0 */
/*
 * compare.h - variants of a scenario against its first one
 */
#ifndef MEMORY_COLLECTOR_COMPARE_H
#define MEMORY_COLLECTOR_COMPARE_H

#include <stdio.h>

#include "result/fields.h"

/**
 * mc_compare_ratio - how many times smaller a figure is
 * @first: the variant that is compared with
 * @other: the one that is compared
 * @figure: which, as the median over the slices that have it
 *
 * Return: the figure of @first divided by that of @other, where 1 ns is the smallest
 * there is; NaN where one of them was not measured.
 */
double mc_compare_ratio(const struct mc_scenario_result *first,
			const struct mc_scenario_result *other, enum mc_figure figure);

/**
 * mc_compare_is_worse - whether a figure is worse than the machine's own noise
 * @ratio: of the variant; NaN: not measured, and not worse
 * @noise: the same ratio of the first variant against itself; NaN: not measured
 *
 * Return: true where it is more than 10 % worse, beyond the noise.
 */
bool mc_compare_is_worse(double ratio, double noise);

/**
 * mc_compare_missed - the share of its boundaries that a variant missed
 * @scenario: the variant
 *
 * Return: of 0 to 1, the median over the slices that had boundaries; NaN where it
 * was not measured.
 */
double mc_compare_missed(const struct mc_scenario_result *scenario);

/**
 * mc_compare_misses_more - whether a variant misses more than the first one
 * @first: the variant that is compared with
 * @again: it again; NULL: was not measured
 * @other: the one that is compared
 *
 * A share may be 0, so that the noise is the difference of @first and @again, not
 * their ratio; and ten ticks of a window are noise in any case, since one stall is as much.
 *
 * Return: true where it is more than 10 % more, beyond the noise.
 */
bool mc_compare_misses_more(const struct mc_scenario_result *first,
			    const struct mc_scenario_result *again,
			    const struct mc_scenario_result *other);

/* Print all comparisons of a result; nothing where there are none. */
void mc_compare_print(const struct mc_result *result, FILE *to);

#endif
