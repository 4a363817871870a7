/* SPDX-License-Identifier: GPL-2.0 */
/*
 * option_table.h - a command line from a table: found, checked, taken, explained
 *
 * Options are long ones only, and never abbreviated: a script that abbreviates breaks with
 * the next option that is added. The last one counts where one is given twice.
 */
#ifndef MEMORY_COLLECTOR_OPTION_TABLE_H
#define MEMORY_COLLECTOR_OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "memory_collector/failure.h"

struct mc_option;

/* Check @value and put it into @options. Return: 0, or -1 with @failure filled */
typedef int (*mc_option_take)(void *options, const struct mc_option *option, const char *value,
			      struct mc_failure *failure);

/**
 * struct mc_option - one option
 * @name: with its dashes
 * @value: what to call its value; NULL: it takes none
 * @help: what it is for; NULL: not for people
 * @take: one of those below, or the program's own
 * @field: where in the program's struct it goes, for those below
 * @with: set of the ways to call the program in which it means something
 * @min: least number or time
 * @max: greatest
 * @last: what follows it counts no more, as with --help
 */
struct mc_option {
	const char *name, *value, *help;
	mc_option_take take;
	size_t field;
	int with;
	uint64_t min, max;
	bool last;
};

/**
 * struct mc_option_table - the options of a program
 * @option: [n], in the order of --help
 * @n: at most MC_OPTIONS_MAX
 * @command: "--" ends the options, and a command follows
 */
struct mc_option_table {
	const struct mc_option *option;
	size_t n;
	bool command;
};

#define MC_OPTIONS_MAX 64

/*
 * Into a bool; a const char *, not empty; an unsigned int; a uint64_t, in ns; a bool that is
 * true for "host"
 */
int mc_option_flag(void *options, const struct mc_option *option, const char *value,
		   struct mc_failure *failure);
int mc_option_text(void *options, const struct mc_option *option, const char *value,
		   struct mc_failure *failure);
int mc_option_number(void *options, const struct mc_option *option, const char *value,
		     struct mc_failure *failure);
int mc_option_time(void *options, const struct mc_option *option, const char *value,
		   struct mc_failure *failure);
int mc_option_place(void *options, const struct mc_option *option, const char *value,
		    struct mc_failure *failure);

/* The line that refuses a value. Return: -1 */
int mc_option_refuse(struct mc_failure *failure, const struct mc_option *option, const char *value,
		     const char *reason);

/**
 * mc_option_parse - take a command line
 * @table: the program's
 * @options: its struct
 * @argc: of main()
 * @argv: of main()
 * @given: [MC_OPTIONS_MAX] set: which there were
 * @failure: filled on error
 *
 * Return: index of the first argument after "--", @argc where there is none, or -1.
 */
int mc_option_parse(const struct mc_option_table *table, void *options, int argc, char **argv,
		    bool *given, struct mc_failure *failure);

/* Refuse options that mean nothing @with a way to call the program, which is called @name. */
int mc_option_check_with(const struct mc_option_table *table, const bool *given, int with,
			 const char *name, struct mc_failure *failure);

/* A line for each option that is for people */
void mc_option_help(const struct mc_option_table *table, FILE *to);

#endif
