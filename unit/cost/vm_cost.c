// SPDX-License-Identifier: GPL-2.0
/*
 * vm_cost.c - measure and judge what a tick, a context switch, a process costs
 *
 * usage: vm-cost RUN_STRESS COST_GUEST MODULES REFERENCE FIGURES [--write-reference]
 *
 * The first three are as in &struct cost_files, REFERENCE is the reference file, FIGURES
 * the file to write. Prints TAP: a point for each threshold, and one for the comparison
 * with the reference.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "boots.h"
#include "judge.h"
#include "memory_collector/child.h"
#include "reference.h"

static unsigned int points, points_failed;

static void say(bool passed, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(bool passed, const char *format, ...)
{
	va_list args;

	points_failed += !passed;
	printf("%s %u - ", passed ? "ok" : "not ok", ++points);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

static void say_figures(const struct cost_figures *figures)
{
	size_t i;

	for (i = 0; i < figures->n; i++) {
		const struct cost_figure *figure = &figures->figure[i];

		printf("# %-28s %10.1f instructions, rounds within %.2f %%\n", figure->name,
		       cost_figure_median(figure), 100 * cost_figure_spread(figure));
	}
}

static void say_check(const struct cost_check *check, const struct cost_figures *figures)
{
	struct cost_verdict verdict = cost_judge(check, figures);

	if (verdict.missing)
		say(false, "%s: %s was not measured", check->name, verdict.missing);
	else if (check->rule == COST_LINEAR)
		say(verdict.passed, "%s: slopes within %.3f times, at most %.2f; %.1f for one more",
		    check->name, verdict.value, check->most, verdict.slope);
	else
		say(verdict.passed, "%s: %.3f times, at most %.2f", check->name, verdict.value,
		    check->most);
}

/* Return: how many figures are worse than in the reference. */
static unsigned int say_changes(const struct cost_figures *figures, json_object *reference)
{
	unsigned int worse = 0;
	size_t i;

	for (i = 0; i < figures->n; i++) {
		const struct cost_figure *figure = &figures->figure[i];
		json_object *known = json_object_object_get(reference, figure->name);
		double value = cost_figure_median(figure), before = json_object_get_double(known);
		enum cost_change change = known ? cost_compare(value, before) : COST_SAME;

		if (!known)
			printf("# %s is not in the reference; make it again\n", figure->name);
		else if (change == COST_WORSE)
			printf("# %s is worse than the reference: %.1f, was %.1f\n", figure->name,
			       value, before);
		else if (change == COST_BETTER)
			printf("# %s is better than the reference, make it again: %.1f, was %.1f\n",
			       figure->name, value, before);
		worse += change == COST_WORSE;
	}
	return worse;
}

static void say_reference(const struct cost_figures *figures, const struct cost_key *key,
			  json_object *references)
{
	json_object *reference = cost_references_find(references, key);

	if (reference) {
		say(!say_changes(figures, reference), "nothing is worse by more than %.0f %%",
		    100 * COST_REGRESSION);
		return;
	}
	printf("# no reference for kernel %s, %s, %s\n", key->kernel, key->qemu, key->compiler);
	printf("ok %u - nothing is worse: no reference; make one with: meson compile -C BUILD "
	       "cost-reference # SKIP no reference for this kernel, QEMU and compiler\n",
	       ++points);
}

/* ---- main ---- */

struct arguments {
	struct cost_files files;
	const char *references, *figures;
	bool write_reference;
};

static int write_figures(const struct arguments *arguments, const struct cost_figures *figures,
			 const struct cost_key *key, struct mc_failure *failure)
{
	json_object *document = cost_document(figures, key);
	int result;

	if (!document)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
	result = cost_write(document, arguments->figures, failure);
	json_object_put(document);
	return result;
}

static int conclude(const struct arguments *arguments, const struct cost_figures *figures,
		    const struct cost_key *key, json_object *references, struct mc_failure *failure)
{
	unsigned int i;

	say_figures(figures);
	for (i = 0; i < cost_n_checks; i++)
		say_check(&cost_checks[i], figures);
	if (!arguments->write_reference)
		say_reference(figures, key, references);
	printf("1..%u\n", points);
	if (arguments->write_reference) {
		if (cost_references_set(references, key, figures))
			return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
		if (cost_write(references, arguments->references, failure))
			return -1;
	}
	return write_figures(arguments, figures, key, failure);
}

/* A reference file that is no good is refused before anything is booted. */
static int run(const struct arguments *arguments, struct mc_failure *failure)
{
	static struct cost_measured measured;
	char qemu[COST_TEXT_SIZE];
	const struct cost_key key = {measured.kernel, qemu, measured.compiler};
	json_object *references = cost_references_read(arguments->references, failure);
	int result = -1;

	if (references && !cost_boot_all(&arguments->files, &measured, qemu, failure))
		result = conclude(arguments, &measured.figures, &key, references, failure);
	json_object_put(references);
	return result;
}

int main(int argc, char **argv)
{
	struct mc_failure failure = {};
	struct arguments arguments;

	if (argc < 6 || argc > 7 || (argc == 7 && strcmp(argv[6], "--write-reference"))) {
		fprintf(stderr, "usage: vm-cost RUN_STRESS COST_GUEST MODULES REFERENCE FIGURES "
				"[--write-reference]\n");
		return MC_EXIT_USAGE;
	}
	arguments = (struct arguments){.files = {argv[1], argv[2], argv[3]},
				       .references = argv[4],
				       .figures = argv[5],
				       .write_reference = argc == 7};
	if (mc_stop_install(&failure) || run(&arguments, &failure)) {
		fprintf(stderr, "vm-cost: %s\n", failure.text);
		return failure.exit_code;
	}
	return points_failed ? MC_EXIT_INVALID : MC_EXIT_OK;
}
