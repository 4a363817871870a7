// SPDX-License-Identifier: GPL-2.0
/*
 * figures.c - what was measured
 */
#include "figures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* With fewer rounds than these each of them counts. */
#define ODD_ONE_OUT_OF 5

static int by_value(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

int cost_figures_add(struct cost_figures *figures, const char *name, double value)
{
	struct cost_figure *figure = (struct cost_figure *)cost_figures_find(figures, name);

	if (!*name || strlen(name) >= COST_NAME_SIZE || !isfinite(value))
		return -1;
	if (!figure) {
		if (figures->n == COST_FIGURES_MAX)
			return -1;
		figure = &figures->figure[figures->n++];
		*figure = (struct cost_figure){.n = 0};
		strcpy(figure->name, name);
	}
	if (figure->n == COST_VALUES_MAX)
		return -1;
	figure->value[figure->n++] = value;
	return 0;
}

const struct cost_figure *cost_figures_find(const struct cost_figures *figures, const char *name)
{
	size_t i;

	for (i = 0; i < figures->n; i++) {
		if (!strcmp(figures->figure[i].name, name))
			return &figures->figure[i];
	}
	return NULL;
}

double cost_figure_median(const struct cost_figure *figure)
{
	double sorted[COST_VALUES_MAX];

	memcpy(sorted, figure->value, figure->n * sizeof(*sorted));
	qsort(sorted, figure->n, sizeof(*sorted), by_value);
	return (sorted[(figure->n - 1) / 2] + sorted[figure->n / 2]) / 2;
}

double cost_figure_spread_of_most(const struct cost_figure *figure)
{
	double sorted[COST_VALUES_MAX], apart, median = cost_figure_median(figure);
	size_t n = figure->n;

	if (n < ODD_ONE_OUT_OF)
		return cost_figure_spread(figure);
	memcpy(sorted, figure->value, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_value);
	apart = fmin(sorted[n - 2] - sorted[0], sorted[n - 1] - sorted[1]);
	return median != 0 ? apart / fabs(median) : 0;
}

double cost_figure_spread(const struct cost_figure *figure)
{
	double least = figure->value[0], most = least, median = cost_figure_median(figure);
	size_t i;

	for (i = 1; i < figure->n; i++) {
		least = fmin(least, figure->value[i]);
		most = fmax(most, figure->value[i]);
	}
	return median != 0 ? (most - least) / fabs(median) : 0;
}
