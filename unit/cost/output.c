// SPDX-License-Identifier: GPL-2.0
/*
 * output.c - what the guest's program prints
 */
#include "output.h"

#include <string.h>

/* Return: the rest of a line that begins with a word; NULL. */
static const char *after(const char *line, const char *word)
{
	size_t length = strlen(word);

	return strncmp(line, word, length) ? NULL : line + length;
}

static int take_figure(struct cost_measured *measured, const char *suffix,
		       unsigned int instruction_ns, const char *text)
{
	char name[COST_NAME_SIZE], full[2 * COST_NAME_SIZE];
	double ns;
	int end = 0;

	if (sscanf(text, "%47s %lf%n", name, &ns, &end) != 2 || text[end])
		return -1;
	snprintf(full, sizeof(full), "%s%s", name, suffix);
	return cost_figures_add(&measured->figures, full, ns / instruction_ns);
}

static int take_line(struct cost_measured *measured, const char *suffix,
		     unsigned int instruction_ns, const char *line)
{
	const char *text;

	if ((text = after(line, "kernel ")))
		snprintf(measured->kernel, sizeof(measured->kernel), "%s", text);
	else if ((text = after(line, "compiler ")))
		snprintf(measured->compiler, sizeof(measured->compiler), "%s", text);
	else if ((text = after(line, "figure ")))
		return take_figure(measured, suffix, instruction_ns, text);
	return text ? 0 : -1;
}

int cost_output_read(FILE *output, const char *suffix, unsigned int instruction_ns,
		     struct cost_measured *measured, struct mc_failure *failure)
{
	char line[COST_TEXT_SIZE];

	rewind(output);
	while (fgets(line, sizeof(line), output)) {
		line[strcspn(line, "\n")] = '\0';
		if (take_line(measured, suffix, instruction_ns, line))
			return mc_fail(failure, MC_EXIT_INVALID, "the guest's program says '%s'",
				       line);
	}
	if (!*measured->kernel || !*measured->compiler || !measured->figures.n)
		return mc_fail(failure, MC_EXIT_INVALID,
			       "the guest's program does not say kernel, compiler and figures");
	return 0;
}
