// SPDX-License-Identifier: GPL-2.0
/*
 * vm_cost.c - measure and judge what a tick, a context switch, a process costs
 *
 * usage: vm-cost RUN_STRESS COST_GUEST MODULES
 *
 * The arguments are as in &struct cost_files. Prints TAP: the figures, a point for how far
 * their rounds are apart, and one for each threshold.
 */
#include <stdarg.h>
#include <stdio.h>

#include "boots.h"
#include "judge.h"
#include "memory_collector/child.h"

/* TAP so far */
struct report {
	unsigned int points, failed;
};

static void say(struct report *report, bool passed, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void say(struct report *report, bool passed, const char *format, ...)
{
	va_list args;

	report->failed += !passed;
	printf("%s %u - ", passed ? "ok" : "not ok", ++report->points);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

static void say_figures(struct report *report, const struct cost_figures *figures)
{
	bool repeat = true;
	size_t i;

	for (i = 0; i < figures->n; i++) {
		const struct cost_figure *figure = &figures->figure[i];
		bool repeats = cost_figure_repeats(figure);

		printf("# %-28s %10.1f instructions, rounds within %.2f %%%s\n", figure->name,
		       cost_figure_median(figure), 100 * cost_figure_spread(figure),
		       repeats ? "" : ", which is too much");
		repeat &= repeats;
	}
	say(report, repeat && figures->n, "all figures repeat to within %.0f %%",
	    100 * COST_SPREAD);
}

static void say_check(struct report *report, const struct cost_check *check,
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

int main(int argc, char **argv)
{
	static struct cost_figures figures;
	struct mc_failure failure = {};
	struct report report = {0};
	unsigned int i;

	if (argc != 4) {
		fprintf(stderr, "usage: vm-cost RUN_STRESS COST_GUEST MODULES\n");
		return MC_EXIT_USAGE;
	}
	if (mc_stop_install(&failure) ||
	    cost_boot_all(&(struct cost_files){argv[1], argv[2], argv[3]}, &figures, &failure)) {
		fprintf(stderr, "vm-cost: %s\n", failure.text);
		return failure.exit_code;
	}
	say_figures(&report, &figures);
	for (i = 0; i < cost_n_checks; i++)
		say_check(&report, &cost_checks[i], &figures);
	printf("1..%u\n", report.points);
	return report.failed ? MC_EXIT_INVALID : MC_EXIT_OK;
}
