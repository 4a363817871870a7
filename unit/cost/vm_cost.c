// SPDX-License-Identifier: GPL-2.0
/*
 * vm_cost.c - measure and judge what a tick, a context switch, a process costs
 *
 * usage: vm-cost RUN_STRESS COST_GUEST MODULES REFERENCE FIGURES [--write-reference]
 *
 * The first three are as in &struct cost_files, REFERENCE is the reference file, FIGURES
 * the file to write. Prints TAP: a point for how far the rounds are apart, one for each
 * threshold, and one for the comparison with the reference.
 */
#include <stdio.h>
#include <string.h>

#include "boots.h"
#include "memory_collector/child.h"
#include "report.h"

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

static int conclude(const struct arguments *arguments, struct cost_report *report,
		    const struct cost_figures *figures, const struct cost_key *key,
		    json_object *references, struct mc_failure *failure)
{
	cost_report_figures(report, figures);
	cost_report_checks(report, figures);
	if (!arguments->write_reference)
		cost_report_reference(report, figures, key, references);
	cost_report_end(report);
	if (arguments->write_reference) {
		if (cost_references_set(references, key, figures))
			return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
		if (cost_write(references, arguments->references, failure))
			return -1;
	}
	return write_figures(arguments, figures, key, failure);
}

/* A reference file that is no good is refused before anything is booted. */
static int run(const struct arguments *arguments, struct cost_report *report,
	       struct mc_failure *failure)
{
	static struct cost_measured measured;
	char qemu[COST_TEXT_SIZE];
	const struct cost_key key = {measured.kernel, qemu, measured.compiler};
	json_object *references = cost_references_read(arguments->references, failure);
	int result = -1;

	if (references && !cost_boot_all(&arguments->files, &measured, qemu, failure))
		result = conclude(arguments, report, &measured.figures, &key, references, failure);
	json_object_put(references);
	return result;
}

int main(int argc, char **argv)
{
	struct cost_report report = {.to = stdout};
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
	if (mc_stop_install(&failure) || run(&arguments, &report, &failure)) {
		fprintf(stderr, "vm-cost: %s\n", failure.text);
		return failure.exit_code;
	}
	return report.failed ? MC_EXIT_INVALID : MC_EXIT_OK;
}
