// SPDX-License-Identifier: GPL-2.0
/*
 * compare.c - variants of a scenario against its first one
 *
 * The first variant is measured twice in the same slices. What the two differ by is
 * what the machine does by itself, and is printed beside each comparison.
 */
#include "report/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* More than this is worse */
#define TOLERANCE 1.1
/* So many missed ticks of a window are one stall, and no difference */
#define FEW_TICKS 10
#define NAME_WIDTH 24
#define RATIO_WIDTH 6
#define SHARE_WIDTH 7
#define SLICES_MAX 1000
/* A figure that is a share, which may be 0, and so has no ratio */
#define MISSED MC_FIGURES

/* ---- figures ---- */

static int by_value(const void *a, const void *b)
{
	double first = *(const double *)a, second = *(const double *)b;

	return first < second ? -1 : first > second;
}

/* Of 0 to 1. Return: NaN where there was no boundary. */
static double share(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / whole : NAN;
}

static double figure_of_slice(const struct mc_slice *slice, enum mc_figure figure)
{
	return figure == MISSED ? share(slice->missed, slice->expected)
				: mc_slice_figure(slice, figure);
}

static double figure_of_all(const struct mc_scenario_result *scenario, enum mc_figure figure)
{
	return figure == MISSED
		       ? share(scenario->ticks.missed_ticks, scenario->ticks.expected_ticks)
		       : mc_scenario_figure(scenario, figure);
}

/* Return: NaN where no slice has the figure */
static double median(const struct mc_scenario_result *scenario, enum mc_figure figure)
{
	double values[SLICES_MAX];
	size_t n = 0;

	if (scenario->status != MC_STATUS_OK)
		return NAN;
	if (!scenario->ticks.n_slices)
		return figure_of_all(scenario, figure);
	for (size_t i = 0; i < scenario->ticks.n_slices && n < SLICES_MAX; i++) {
		values[n] = figure_of_slice(&scenario->ticks.slice[i], figure);
		n += !isnan(values[n]);
	}
	if (!n)
		return NAN;
	qsort(values, n, sizeof(*values), by_value);
	return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

double mc_compare_ratio(const struct mc_scenario_result *first,
			const struct mc_scenario_result *other, enum mc_figure figure)
{
	double a = median(first, figure), b = median(other, figure);

	if (isnan(a) || isnan(b))
		return NAN;
	return fmax(a, 1) / fmax(b, 1);
}

bool mc_compare_is_worse(double ratio, double noise)
{
	double band = isnan(noise) ? 1 : noise < 1 ? 1 / noise : noise;

	return ratio * TOLERANCE * band < 1;
}

double mc_compare_missed(const struct mc_scenario_result *scenario)
{
	return median(scenario, MISSED);
}

bool mc_compare_misses_more(const struct mc_scenario_result *first,
			    const struct mc_scenario_result *again,
			    const struct mc_scenario_result *other)
{
	double a = mc_compare_missed(first), b = mc_compare_missed(other);
	double windows = other->ticks.n_slices ? other->ticks.n_slices : 1;
	double few = FEW_TICKS * windows / other->ticks.expected_ticks;
	double noise = again ? fabs(mc_compare_missed(again) - a) : 0;

	return b > a * TOLERANCE + (isnan(noise) ? 0 : noise) + few;
}

/* ---- printing ---- */

/* The results of one scenario: the first variant, and it again */
struct family {
	const struct mc_scenario_result *first, *again;
};

static struct family family_of(const struct mc_result *result, const char *base)
{
	struct family family = {NULL, NULL};

	for (size_t i = 0; i < result->n_scenarios; i++) {
		const struct mc_scenario_result *scenario = &result->scenario[i];

		if (strcmp(scenario->base, base))
			continue;
		if (scenario->repeat)
			family.again = scenario;
		else if (!family.first)
			family.first = scenario;
	}
	return family;
}

/* A time that CPUs spent, as thousandths of all they had */
static double permille(const struct mc_result *result, const struct mc_scenario_result *scenario,
		       uint64_t time_ns)
{
	double all_ns = (double)scenario->ticks.expected_ticks * result->interval_ns;

	if (scenario->status != MC_STATUS_OK || !scenario->ticks.expected_ticks)
		return NAN;
	return 1000.0 * time_ns / all_ns;
}

static void put_cell(FILE *to, int width, int decimals, double value, const char *after)
{
	if (isnan(value))
		fprintf(to, " %*s%s", width, "n/a", after);
	else
		fprintf(to, " %*.*f%s", width, decimals, value, after);
}

static bool put_ratios(const struct family *family, const struct mc_scenario_result *scenario,
		       FILE *to)
{
	bool any = false;

	for (enum mc_figure i = 0; i < MC_FIGURES; i++) {
		double ratio = mc_compare_ratio(family->first, scenario, i), noise = NAN;
		bool worse;

		if (family->again && !scenario->repeat)
			noise = mc_compare_ratio(family->first, family->again, i);
		worse = !scenario->repeat && mc_compare_is_worse(ratio, noise);
		any |= worse;
		put_cell(to, RATIO_WIDTH,
			 ratio < 10    ? 2
			 : ratio < 100 ? 1
				       : 0,
			 ratio, worse ? "!" : " ");
	}
	return any;
}

static bool put_row(const struct mc_result *result, const struct family *family,
		    const struct mc_scenario_result *scenario, FILE *to)
{
	bool more = !scenario->repeat &&
		    mc_compare_misses_more(family->first, family->again, scenario);
	const struct mc_spin *spin = &scenario->ticks.spin;
	char name[MC_NAME_MAX];
	bool worse;

	mc_text_clean(name, NAME_WIDTH + 1, scenario->repeat ? "  A/A" : scenario->test);
	fprintf(to, "%-*s", NAME_WIDTH, name);
	worse = put_ratios(family, scenario, to);
	put_cell(to, SHARE_WIDTH, 3, 100 * mc_compare_missed(family->first), " ");
	put_cell(to, SHARE_WIDTH, 3, 100 * mc_compare_missed(scenario), more ? "!" : " ");
	/* What was stolen from a spin is no cost of the lead: nobody could have used it. */
	put_cell(to, SHARE_WIDTH, 1, permille(result, scenario, spin->total_ns - spin->stolen_ns),
		 " ");
	put_cell(to, SHARE_WIDTH, 1, permille(result, scenario, spin->stolen_ns), "\n");
	return worse || more;
}

static void put_head(const struct mc_result *result, const struct mc_scenario_result *first,
		     FILE *to)
{
	static const char *const names[] = {"p50", "p90", "p99", "mean", "p90", "p99", "p50"};
	char duration[MC_TIME_TEXT], variant[sizeof(first->variant)];

	mc_text_clean(variant, sizeof(variant), first->variant);
	fprintf(to,
		"How many times smaller than with %s, medians of %zu slice%s of %s; A/A: %s again\n",
		variant, first->ticks.n_slices ? first->ticks.n_slices : 1,
		first->ticks.n_slices > 1 ? "s" : "",
		mc_text_time(duration, result->run.duration_ns), variant);
	fprintf(to, "%-*s %s  %s  %s  %s  %s\n", NAME_WIDTH, "", "------------ delta -----------",
		"- corrected --", "  skew", "---- missed ----", "--- permil ---");
	fprintf(to, "%-*s", NAME_WIDTH, "test");
	for (enum mc_figure i = 0; i < MC_FIGURES; i++)
		fprintf(to, " %*s ", RATIO_WIDTH, names[i]);
	fprintf(to, " %*s  %*s  %*s  %*s\n", SHARE_WIDTH, "first %", SHARE_WIDTH, "%", SHARE_WIDTH,
		"spun", SHARE_WIDTH, "stolen");
}

void mc_compare_print(const struct mc_result *result, FILE *to)
{
	bool head = false, worse = false;

	for (size_t i = 0; i < result->n_scenarios; i++) {
		const struct mc_scenario_result *scenario = &result->scenario[i];
		struct family family;

		if (!*scenario->base)
			continue;
		family = family_of(result, scenario->base);
		if (!family.first || scenario == family.first)
			continue;
		if (!head)
			put_head(result, family.first, to);
		head = true;
		worse |= put_row(result, &family, scenario, to);
	}
	if (worse)
		fputs("!: worse by more than 10 %, beyond what A/A shows\n", to);
	if (head)
		putc('\n', to);
}
