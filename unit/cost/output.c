// SPDX-License-Identifier: GPL-2.0
/*
 * output.c - what the guest's program prints
 */
#include "output.h"

#include <string.h>

#define LINE_SIZE 256

/* "figure NAME NS" */
static int take_figure(struct cost_figures *figures, const char *suffix,
		       unsigned int instruction_ns, const char *line)
{
	char name[COST_NAME_SIZE], full[2 * COST_NAME_SIZE];
	double ns;
	int end = 0;

	if (sscanf(line, "figure %47s %lf%n", name, &ns, &end) != 2 || line[end])
		return -1;
	snprintf(full, sizeof(full), "%s%s", name, suffix);
	return cost_figures_add(figures, full, ns / instruction_ns);
}

int cost_output_read(FILE *output, const char *suffix, unsigned int instruction_ns,
		     struct cost_figures *figures, FILE *notes, struct mc_failure *failure)
{
	size_t before = figures->n;
	char line[LINE_SIZE];

	rewind(output);
	while (fgets(line, sizeof(line), output)) {
		line[strcspn(line, "\n")] = '\0';
		if (*line == '#')
			fprintf(notes, "%s\n", line);
		else if (take_figure(figures, suffix, instruction_ns, line))
			return mc_fail(failure, MC_EXIT_INVALID, "the guest's program says '%s'",
				       line);
	}
	if (figures->n == before)
		return mc_fail(failure, MC_EXIT_INVALID, "the guest's program has no figures");
	return 0;
}
