// SPDX-License-Identifier: GPL-2.0
/*
 * collect_options.c - one table of options, from which they are parsed and explained
 *
 * As with run-stress: long ones only, never abbreviated.
 */
#include "collect_options.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "interval.h"
#include "quantity.h"

#define NS_PER_S 1000000000ULL
#define DURATION_MAX_NS (24 * 3600 * NS_PER_S)

/* Where an option means something */
enum { WITH_VM = 1, WITH_HOST = 2, WITH_ALL = 3 };

static const struct option {
	const char *name;
	const char *value; /* what to call its value; NULL: it takes none */
	const char *help; /* NULL: not for people */
	enum { FLAG, TEXT, NUMBER, TIME, PLACE } type;
	size_t field;
	uint64_t min, max; /* of a number or a time */
	int with;
} table[] = {
#define FIELD(name) offsetof(struct mc_collect_options, name)
	{"--place", "vm|host", "a small VM (default), or this machine, as root", PLACE, 0, 0, 0,
	 WITH_ALL},
	{"--duration", "TIME", "how long to watch (default 5s)", TIME, FIELD(duration_ns), 1,
	 DURATION_MAX_NS, WITH_ALL},
	{"--interval", "TIME", "between samples, 50us to 10s (default 1ms)", TIME,
	 FIELD(interval_ns), INTERVAL_MIN_NS, INTERVAL_MAX_NS, WITH_ALL},
	{"--lines", "N", "processes to show at most (default 20)", NUMBER, FIELD(lines), 1, 1000000,
	 WITH_ALL},
	{"--simulate", NULL, "simulated registers on this machine, too", FLAG, FIELD(simulate), 0,
	 0, WITH_HOST},
	{"--rmids", "N", "highest simulated RMID (default 255)", NUMBER, FIELD(rmids), 1, 65535,
	 WITH_ALL},
	{"--cpus", "N", "of the VM (default 2)", NUMBER, FIELD(cpus), 1, 255, WITH_VM},
	{"--memory", "MIB", "of the VM (default 1024)", NUMBER, FIELD(memory_mib), 256, 1024 * 1024,
	 WITH_VM},
	{"--kernel", "FILE", "kernel image for the VM (default: one that fits)", TEXT,
	 FIELD(kernel), 0, 0, WITH_VM},
	{"--modules", "DIR", "folder of collector.ko (default: where it was built)", TEXT,
	 FIELD(modules), 0, 0, WITH_ALL},
	{"--help", NULL, NULL, FLAG, FIELD(help), 0, 0, WITH_ALL},
	{"--version", NULL, NULL, FLAG, FIELD(version), 0, 0, WITH_ALL},
	{"--demo", NULL, NULL, FLAG, FIELD(demo), 0, 0, WITH_HOST},
	{"--busy", "PERCENT", NULL, NUMBER, FIELD(busy), 1, 100, WITH_ALL},
};

#define N_OPTIONS (sizeof(table) / sizeof(table[0]))

static int refuse(struct mc_failure *failure, const struct option *option, const char *value,
		  const char *reason)
{
	return mc_fail(failure, MC_EXIT_USAGE, "%s '%.100s': %s", option->name, value, reason);
}

static int take_quantity(void *field, const struct option *option, const char *value,
			 struct mc_failure *failure)
{
	uint64_t number;
	const char *wrong = option->type == TIME ? mc_quantity_time(value, 0, &number)
						 : mc_quantity_number(value, &number);

	if (wrong)
		return refuse(failure, option, value, wrong);
	if (number < option->min || number > option->max)
		return mc_fail(failure, MC_EXIT_USAGE,
			       "%s '%.100s': it can be from %" PRIu64 " to %" PRIu64 "%s",
			       option->name, value, option->min, option->max,
			       option->type == TIME ? " ns" : "");
	if (option->type == TIME)
		*(uint64_t *)field = number;
	else
		*(unsigned int *)field = number;
	return 0;
}

static int take(struct mc_collect_options *options, const struct option *option, const char *value,
		struct mc_failure *failure)
{
	void *field = (char *)options + option->field;

	switch (option->type) {
	case FLAG:
		*(bool *)field = true;
		return 0;
	case TEXT:
		if (!*value)
			return refuse(failure, option, value, "it is empty");
		*(const char **)field = value;
		return 0;
	case PLACE:
		if (strcmp(value, "vm") && strcmp(value, "host"))
			return refuse(failure, option, value, "it can be vm or host");
		options->host = !strcmp(value, "host");
		return 0;
	default:
		return take_quantity(field, option, value, failure);
	}
}

static const struct option *find(const char *argument, size_t length)
{
	size_t i;

	for (i = 0; i < N_OPTIONS; i++) {
		if (strlen(table[i].name) == length && !memcmp(table[i].name, argument, length))
			return &table[i];
	}
	return NULL;
}

/* Take the option at argv[*at], which is moved to the last argument used. */
static int take_one(struct mc_collect_options *options, int argc, char **argv, int *at, bool *given,
		    struct mc_failure *failure)
{
	const char *argument = argv[*at];
	size_t length = strcspn(argument, "=");
	const struct option *option = find(argument, length);
	const char *value = argument[length] ? argument + length + 1 : NULL;

	if (!option)
		return mc_fail(failure, MC_EXIT_USAGE, "%s '%.100s'; --help shows all options",
			       *argument == '-' ? "unknown option" : "unexpected argument",
			       argument);
	if (!option->value && value)
		return mc_fail(failure, MC_EXIT_USAGE, "%s takes no value", option->name);
	if (option->value && !value) {
		if (*at + 1 >= argc)
			return mc_fail(failure, MC_EXIT_USAGE, "%s needs a value: %s %s",
				       option->name, option->name, option->value);
		value = argv[++*at];
	}
	given[option - table] = true;
	return take(options, option, value, failure);
}

static int check_together(const struct mc_collect_options *options, const bool *given,
			  struct mc_failure *failure)
{
	int with = options->host ? WITH_HOST : WITH_VM;
	size_t i;

	for (i = 0; i < N_OPTIONS; i++) {
		if (given[i] && !(table[i].with & with))
			return mc_fail(failure, MC_EXIT_USAGE, "%s means nothing with --place %s",
				       table[i].name, options->host ? "host" : "vm");
	}
	if (*options->command && !options->host)
		return mc_fail(failure, MC_EXIT_USAGE,
			       "a command can be watched with --place host only: the VM has its "
			       "own few processes");
	if (options->duration_ns / 10 < options->interval_ns)
		return mc_fail(failure, MC_EXIT_USAGE,
			       "--duration: %" PRIu64 " ns are too short for ten intervals of "
			       "%" PRIu64 " ns",
			       options->duration_ns, options->interval_ns);
	return 0;
}

int mc_collect_options_parse(struct mc_collect_options *options, int argc, char **argv,
			     struct mc_failure *failure)
{
	bool given[N_OPTIONS] = {false};
	int at;

	*options = (struct mc_collect_options){
		.duration_ns = 5 * NS_PER_S,
		.interval_ns = 1000000,
		.cpus = 2,
		.memory_mib = 1024,
		.rmids = 255,
		.lines = 20,
		.command = argv + argc,
	};
	for (at = 1; at < argc; at++) {
		if (!strcmp(argv[at], "--")) {
			options->command = argv + at + 1;
			break;
		}
		if (take_one(options, argc, argv, &at, given, failure))
			return -1;
		if (options->help || options->version)
			return 0;
	}
	return check_together(options, given, failure);
}

void mc_collect_options_help(FILE *to)
{
	char left[64];
	size_t i;

	fputs("usage: collect [OPTION...] [-- COMMAND...]\n", to);
	fputs("Shows what cache and memory bandwidth every process used. In a VM, which needs\n"
	      "no root, the registers that count are simulated, and processes to look at are\n"
	      "started; on this machine they are its own where it has any, and COMMAND is run.\n",
	      to);
	for (i = 0; i < N_OPTIONS; i++) {
		if (!table[i].help)
			continue;
		snprintf(left, sizeof(left), "%s %s", table[i].name,
			 table[i].value ? table[i].value : "");
		fprintf(to, "  %-18s %s\n", left, table[i].help);
	}
	fputs("TIME is a number with a unit: ns, us, ms or s. Also: --help, --version.\n", to);
	fputs("Exit codes: 0 everything is accounted for; 1 something is not; 2 usage;\n", to);
	fputs("3 this machine lacks or refuses something; 128 + N ended by signal N.\n", to);
}
