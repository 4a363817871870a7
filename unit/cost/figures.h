/* SPDX-License-Identifier: GPL-2.0 */
/*
 * figures.h - what was measured: names, and a value per round
 */
#ifndef COST_FIGURES_H
#define COST_FIGURES_H

#include <stddef.h>

#define COST_NAME_SIZE 48
#define COST_VALUES_MAX 32
#define COST_FIGURES_MAX 64

/* Values are instructions. */
struct cost_figure {
	char name[COST_NAME_SIZE];
	size_t n;
	double value[COST_VALUES_MAX];
};

struct cost_figures {
	size_t n;
	struct cost_figure figure[COST_FIGURES_MAX];
};

/* One more value. Return: 0, -1 where it has no place or is no name and number. */
int cost_figures_add(struct cost_figures *figures, const char *name, double value);

/* Return: NULL where it was not measured. */
const struct cost_figure *cost_figures_find(const struct cost_figures *figures, const char *name);

/* Of the rounds: the one in the middle, which an odd one out does not move */
double cost_figure_median(const struct cost_figure *figure);

/* How far the rounds are apart, as a share of their median */
double cost_figure_spread(const struct cost_figure *figure);

/* The same of all but the odd one out, where there are five or more */
double cost_figure_spread_of_most(const struct cost_figure *figure);

#endif
