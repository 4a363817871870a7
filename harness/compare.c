// SPDX-License-Identifier: GPL-2.0
/*
 * compare.c - variants of a scenario against its first one
 *
 * The first variant is measured twice in the same slices. What the two differ by is
 * what the machine does by itself, and is printed beside each comparison.
 */
#include "compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

/* More than this is worse */
#define TOLERANCE 1.1
#define NAME_WIDTH 24
#define SLICES_MAX 1000

/* ---- figures ---- */

static int by_value(const void *a, const void *b)
{
	double first = *(const double *)a, second = *(const double *)b;

	return first < second ? -1 : first > second;
}

/* Return: NaN where no slice has the figure */
static double median(const struct mc_scenario_result *scenario, enum mc_figure figure)
{
	double values[SLICES_MAX];
	size_t n = 0;

	if (scenario->status != MC_STATUS_OK)
		return NAN;
	if (!scenario->n_slices)
		return mc_scenario_figure(scenario, figure);
	for (size_t i = 0; i < scenario->n_slices && n < SLICES_MAX; i++) {
		values[n] = mc_slice_figure(&scenario->slice[i], figure);
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

static double share(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * part / whole : 0;
}

/* Spin as a share of the CPUs' time, in thousandths */
static double spin_permille(const struct mc_result *result,
			    const struct mc_scenario_result *scenario)
{
	double time_ns = (double)scenario->expected_ticks * result->interval_ns;

	return time_ns > 0 ? 1000.0 * scenario->spin.total_ns / time_ns : 0;
}

static bool put_row(const struct mc_result *result, const struct family *family,
		    const struct mc_scenario_result *scenario, FILE *to)
{
	char name[MC_NAME_MAX];
	bool any = false;

	mc_text_clean(name, NAME_WIDTH + 1, scenario->repeat ? "  A/A" : scenario->test);
	fprintf(to, "%-*s", NAME_WIDTH, name);
	for (enum mc_figure i = 0; i < MC_FIGURES; i++) {
		double ratio = mc_compare_ratio(family->first, scenario, i), noise = NAN;
		bool worse;

		if (family->again && !scenario->repeat)
			noise = mc_compare_ratio(family->first, family->again, i);
		worse = !scenario->repeat && mc_compare_is_worse(ratio, noise);
		any |= worse;
		if (isnan(ratio))
			fprintf(to, " %8s ", "n/a");
		else
			fprintf(to, " %8.*f%s",
				ratio < 10    ? 2
				: ratio < 100 ? 1
					      : 0,
				ratio, worse ? "!" : " ");
	}
	fprintf(to, " %7.2f %7.2f %7.1f\n",
		share(family->first->missed_ticks, family->first->expected_ticks),
		share(scenario->missed_ticks, scenario->expected_ticks),
		spin_permille(result, scenario));
	return any;
}

static void put_head(const struct mc_result *result, const struct mc_scenario_result *first,
		     FILE *to)
{
	char duration[MC_TIME_TEXT];

	fprintf(to,
		"How many times smaller than with %s, medians of %zu slice%s of %s; A/A: %s again\n",
		first->variant, first->n_slices ? first->n_slices : 1,
		first->n_slices > 1 ? "s" : "", mc_text_time(duration, result->run.duration_ns),
		first->variant);
	fprintf(to, "%-*s %44s %18s %7s\n", NAME_WIDTH, "",
		"-------------- delta --------------     skew ", "--- missed ----", "spin");
	fprintf(to, "%-*s %8s  %8s  %8s  %8s  %8s  %7s %7s %7s\n", NAME_WIDTH, "test", "p50", "p90",
		"p99", "mean", "p50", "first %", "%", "permil");
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
