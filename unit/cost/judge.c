// SPDX-License-Identifier: GPL-2.0
/*
 * judge.c - thresholds
 */
#include "judge.h"

#include <math.h>

const struct cost_check cost_checks[] = {
	{.name = "a synchronised tick against an empty one",
	 .rule = COST_RATIO,
	 .figure = {"tick_sync", "tick_empty"},
	 .most = 1.15},
	{.name = "a synchronised tick, however many CPUs there may be",
	 .rule = COST_FLAT,
	 .figure = {"tick_sync", "tick_sync_8_cpus", "tick_sync_64_cpus"},
	 .most = 1.02},
	{.name = "a synchronised tick with a lead, less its spin, against an empty one",
	 .rule = COST_RATIO,
	 .figure = {"tick_sync_auto", "tick_empty"},
	 .most = 1.30},
	{.name = "to give out and take back an RMID, however many there are",
	 .rule = COST_FLAT,
	 .figure = {"rmid_1", "rmid_100", "rmid_10000"},
	 .most = 1.05},
	{.name = "a context switch, same RMID, emulated",
	 .rule = COST_RATIO,
	 .figure = {"switch_same_emulated", "switch_same_without"},
	 .most = 1.03},
	{.name = "a context switch, same RMID, simulated registers",
	 .rule = COST_RATIO,
	 .figure = {"switch_same_simulated", "switch_same_without"},
	 .most = 1.03},
	{.name = "a context switch, different RMID, emulated",
	 .rule = COST_RATIO,
	 .figure = {"switch_other_emulated", "switch_other_without"},
	 .most = 1.03},
	{.name = "a context switch, different RMID, less simulated registers",
	 .rule = COST_RATIO,
	 .figure = {"switch_other_simulated", "switch_other_without"},
	 .less = "registers_change",
	 .most = 1.03},
	{.name = "fork, exit and wait, emulated",
	 .rule = COST_RATIO,
	 .figure = {"fork_emulated", "fork_without"},
	 .most = 1.03},
	{.name = "fork, exit and wait, simulated registers",
	 .rule = COST_RATIO,
	 .figure = {"fork_simulated", "fork_without"},
	 .most = 1.03},
	{.name = "a sweep, by RMIDs, less simulated registers",
	 .rule = COST_LINEAR,
	 .figure = {"sweep_1", "sweep_16", "sweep_64"},
	 .less = "registers_read",
	 .at = {1, 16, 64},
	 .most = 1.05},
	{.name = "a sweep with its events, by RMIDs, less simulated registers",
	 .rule = COST_LINEAR,
	 .figure = {"sweep_traced_1", "sweep_traced_16", "sweep_traced_64"},
	 .less = "registers_read",
	 .at = {1, 16, 64},
	 .most = 1.05},
};

const unsigned int cost_n_checks = sizeof(cost_checks) / sizeof(cost_checks[0]);

/* One that costs nothing, or less, is not measured but wrong. */
static double quotient(double value, double base)
{
	return base > 0 && value > 0 ? value / base : INFINITY;
}

static double flatness(const double *value, unsigned int n)
{
	double least = value[0], most = value[0];
	unsigned int i;

	for (i = 1; i < n; i++) {
		least = fmin(least, value[i]);
		most = fmax(most, value[i]);
	}
	return quotient(most, least);
}

/* From neighbour to neighbour */
static double linearity(const double *value, const double *at, unsigned int n)
{
	double slope[COST_CHECK_FIGURES];
	unsigned int i;

	for (i = 1; i < n; i++)
		slope[i - 1] = (value[i] - value[i - 1]) / (at[i] - at[i - 1]);
	return flatness(slope, n - 1);
}

static bool find(const struct cost_figures *figures, const char *name, double *value,
		 struct cost_verdict *verdict)
{
	const struct cost_figure *figure = cost_figures_find(figures, name);

	if (figure)
		*value = cost_figure_median(figure);
	else
		verdict->missing = name;
	return figure;
}

struct cost_verdict cost_judge(const struct cost_check *check, const struct cost_figures *figures)
{
	struct cost_verdict verdict = {.missing = NULL};
	double value[COST_CHECK_FIGURES], less = 0;
	unsigned int n;

	for (n = 0; n < COST_CHECK_FIGURES && check->figure[n]; n++) {
		if (!find(figures, check->figure[n], &value[n], &verdict))
			return verdict;
	}
	if (check->less && !find(figures, check->less, &less, &verdict))
		return verdict;
	if (check->rule == COST_RATIO)
		verdict.value = quotient(value[0] - less, value[1]);
	else if (check->rule == COST_FLAT)
		verdict.value = flatness(value, n);
	else
		verdict.value = linearity(value, check->at, n);
	if (check->rule == COST_LINEAR)
		verdict.slope =
			(value[n - 1] - value[0]) / (check->at[n - 1] - check->at[0]) - less;
	verdict.passed = verdict.value <= check->most;
	return verdict;
}

bool cost_figure_repeats(const struct cost_figure *figure)
{
	double spread = cost_figure_spread_of_most(figure);

	return spread <= COST_SPREAD ||
	       spread * fabs(cost_figure_median(figure)) <= COST_SPREAD_INSTRUCTIONS;
}
