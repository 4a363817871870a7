// SPDX-License-Identifier: GPL-2.0
/*
 * option_table.c - see option_table.h
 */
#include "base/option_table.h"

#include <inttypes.h>
#include <string.h>

#include "base/quantity.h"

/* ---- takers ---- */

int mc_option_refuse(struct mc_failure *failure, const struct mc_option *option, const char *value,
		     const char *reason)
{
	return mc_fail(failure, MC_EXIT_USAGE, "%s '%.100s': %s", option->name, value, reason);
}

static void *field_of(void *options, const struct mc_option *option)
{
	return (char *)options + option->field;
}

int mc_option_flag(void *options, const struct mc_option *option, const char *value,
		   struct mc_failure *failure)
{
	*(bool *)field_of(options, option) = true;
	return 0;
}

int mc_option_text(void *options, const struct mc_option *option, const char *value,
		   struct mc_failure *failure)
{
	if (!*value)
		return mc_option_refuse(failure, option, value, "it is empty");
	*(const char **)field_of(options, option) = value;
	return 0;
}

/* @unit: what the bounds are in */
static int check_bounds(const struct mc_option *option, const char *value, uint64_t number,
			const char *unit, struct mc_failure *failure)
{
	if (number >= option->min && number <= option->max)
		return 0;
	return mc_fail(failure, MC_EXIT_USAGE,
		       "%s '%.100s': it can be from %" PRIu64 " to %" PRIu64 "%s", option->name,
		       value, option->min, option->max, unit);
}

int mc_option_number(void *options, const struct mc_option *option, const char *value,
		     struct mc_failure *failure)
{
	uint64_t number;
	const char *wrong = mc_quantity_number(value, &number);

	if (wrong)
		return mc_option_refuse(failure, option, value, wrong);
	if (check_bounds(option, value, number, "", failure))
		return -1;
	*(unsigned int *)field_of(options, option) = number;
	return 0;
}

int mc_option_time(void *options, const struct mc_option *option, const char *value,
		   struct mc_failure *failure)
{
	uint64_t ns;
	const char *wrong = mc_quantity_time(value, 0, &ns);

	if (wrong)
		return mc_option_refuse(failure, option, value, wrong);
	if (check_bounds(option, value, ns, " ns", failure))
		return -1;
	*(uint64_t *)field_of(options, option) = ns;
	return 0;
}

int mc_option_place(void *options, const struct mc_option *option, const char *value,
		    struct mc_failure *failure)
{
	if (strcmp(value, "vm") && strcmp(value, "host"))
		return mc_option_refuse(failure, option, value, "it can be vm or host");
	*(bool *)field_of(options, option) = !strcmp(value, "host");
	return 0;
}

/* ---- the command line ---- */

static const struct mc_option *find(const struct mc_option_table *table, const char *argument,
				    size_t length)
{
	size_t i;

	for (i = 0; i < table->n; i++) {
		const char *name = table->option[i].name;

		if (strlen(name) == length && !memcmp(name, argument, length))
			return &table->option[i];
	}
	return NULL;
}

/* Take the option at argv[*at], which is moved to the last argument used. */
static const struct mc_option *take_one(const struct mc_option_table *table, void *options,
					int argc, char **argv, int *at, struct mc_failure *failure)
{
	const char *argument = argv[*at];
	size_t length = strcspn(argument, "=");
	const struct mc_option *option = find(table, argument, length);
	const char *value = argument[length] ? argument + length + 1 : NULL;

	if (!option) {
		mc_fail(failure, MC_EXIT_USAGE, "%s '%.100s'; --help shows all options",
			*argument == '-' ? "unknown option" : "unexpected argument", argument);
		return NULL;
	}
	if (!option->value && value) {
		mc_fail(failure, MC_EXIT_USAGE, "%s takes no value", option->name);
		return NULL;
	}
	if (option->value && !value) {
		if (*at + 1 >= argc) {
			mc_fail(failure, MC_EXIT_USAGE, "%s needs a value: %s %s", option->name,
				option->name, option->value);
			return NULL;
		}
		value = argv[++*at];
	}
	return option->take(options, option, value, failure) ? NULL : option;
}

int mc_option_parse(const struct mc_option_table *table, void *options, int argc, char **argv,
		    bool *given, struct mc_failure *failure)
{
	int at;

	memset(given, 0, MC_OPTIONS_MAX * sizeof(*given));
	for (at = 1; at < argc; at++) {
		const struct mc_option *option;

		if (table->command && !strcmp(argv[at], "--"))
			return at + 1;
		option = take_one(table, options, argc, argv, &at, failure);
		if (!option)
			return -1;
		given[option - table->option] = true;
		if (option->last)
			break;
	}
	return argc;
}

int mc_option_check_with(const struct mc_option_table *table, const bool *given, int with,
			 const char *name, struct mc_failure *failure)
{
	size_t i;

	for (i = 0; i < table->n; i++) {
		if (given[i] && !(table->option[i].with & with))
			return mc_fail(failure, MC_EXIT_USAGE, "%s means nothing with %s",
				       table->option[i].name, name);
	}
	return 0;
}

void mc_option_help(const struct mc_option_table *table, FILE *to)
{
	char left[64];
	size_t i;

	for (i = 0; i < table->n; i++) {
		const struct mc_option *option = &table->option[i];

		if (!option->help)
			continue;
		snprintf(left, sizeof(left), "%s %s", option->name,
			 option->value ? option->value : "");
		fprintf(to, "  %-18s %s\n", left, option->help);
	}
}
