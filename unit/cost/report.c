// SPDX-License-Identifier: GPL-2.0
/*
 * report.c - see report.h
 */
#include "report.h"

#include <stdarg.h>
#include <stdbool.h>

#include "judge.h"

static void say(struct cost_report *report, bool passed, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void say(struct cost_report *report, bool passed, const char *format, ...)
{
	va_list args;

	report->failed += !passed;
	fprintf(report->to, "%s %u - ", passed ? "ok" : "not ok", ++report->points);
	va_start(args, format);
	vfprintf(report->to, format, args);
	va_end(args);
	fputc('\n', report->to);
}

void cost_report_figures(struct cost_report *report, const struct cost_figures *figures)
{
	bool repeat = true;
	size_t i;

	for (i = 0; i < figures->n; i++) {
		const struct cost_figure *figure = &figures->figure[i];
		bool repeats = cost_figure_repeats(figure);

		fprintf(report->to, "# %-28s %10.1f instructions, rounds within %.2f %%%s\n",
			figure->name, cost_figure_median(figure), 100 * cost_figure_spread(figure),
			repeats ? "" : ", which is too much");
		repeat &= repeats;
	}
	say(report, repeat && figures->n, "all figures repeat to within %.0f %%",
	    100 * COST_SPREAD);
}

static void say_check(struct cost_report *report, const struct cost_check *check,
		      const struct cost_figures *figures)
{
	struct cost_verdict verdict = cost_judge(check, figures);

	if (verdict.missing)
		say(report, false, "%s: %s was not measured", check->name, verdict.missing);
	else if (check->rule == COST_LINEAR)
		say(report, verdict.passed,
		    "%s: slopes within %.3f times, at most %.2f; %.1f for one more", check->name,
		    verdict.value, check->most, verdict.slope);
	else
		say(report, verdict.passed, "%s: %.3f times, at most %.2f", check->name,
		    verdict.value, check->most);
}

void cost_report_checks(struct cost_report *report, const struct cost_figures *figures)
{
	unsigned int i;

	for (i = 0; i < cost_n_checks; i++)
		say_check(report, &cost_checks[i], figures);
}

/* Return: how many figures are worse than in the reference. */
static unsigned int note_changes(FILE *to, const struct cost_figures *figures,
				 json_object *reference)
{
	unsigned int worse = 0;
	size_t i;

	for (i = 0; i < figures->n; i++) {
		const struct cost_figure *figure = &figures->figure[i];
		json_object *known = json_object_object_get(reference, figure->name);
		double value = cost_figure_median(figure), before = json_object_get_double(known);
		enum cost_change change = known ? cost_compare(value, before) : COST_SAME;

		if (!known)
			fprintf(to, "# %s is not in the reference; make it again\n", figure->name);
		else if (change == COST_WORSE)
			fprintf(to, "# %s is worse than the reference: %.1f, was %.1f\n",
				figure->name, value, before);
		else if (change == COST_BETTER)
			fprintf(to,
				"# %s is better than the reference, make it again: %.1f, was "
				"%.1f\n",
				figure->name, value, before);
		worse += change == COST_WORSE;
	}
	return worse;
}

/* Return: how many figures of the reference there are no more. */
static unsigned int note_missing(FILE *to, const struct cost_figures *figures,
				 json_object *reference)
{
	unsigned int missing = 0;

	json_object_object_foreach (reference, name, value) {
		if (cost_figures_find(figures, name))
			continue;
		fprintf(to, "# %s is in the reference (%.1f), but is not measured any more\n", name,
			json_object_get_double(value));
		missing++;
	}
	return missing;
}

void cost_report_reference(struct cost_report *report, const struct cost_figures *figures,
			   const struct cost_key *key, json_object *references)
{
	json_object *reference = cost_references_find(references, key);
	unsigned int bad;

	if (!reference) {
		fprintf(report->to, "# no reference for kernel %s, %s, %s\n", key->kernel,
			key->qemu, key->compiler);
		say(report, true,
		    "nothing is worse: no reference; make one with: meson compile -C BUILD "
		    "cost-reference # SKIP no reference for this kernel, QEMU and compiler");
		return;
	}
	bad = note_changes(report->to, figures, reference);
	bad += note_missing(report->to, figures, reference);
	say(report, !bad, "nothing is worse by more than %.0f %%, or missing",
	    100 * COST_REGRESSION);
}

void cost_report_end(const struct cost_report *report)
{
	fprintf(report->to, "1..%u\n", report->points);
}
