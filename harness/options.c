// SPDX-License-Identifier: GPL-2.0
/*
 * options.c - one table of options, from which they are parsed and explained
 *
 * Options are long ones only, and never abbreviated: a script that abbreviates
 * breaks with the next option that is added.
 */
#include "options.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "interval.h"
#include "memory_collector/place.h"
#include "quantity.h"

#define NS_PER_MS 1000000ULL
#define NS_PER_S 1000000000ULL
/* Longest window: results of longer runs are better made of several */
#define DURATION_MAX_NS (7 * 24 * 3600 * NS_PER_S)

struct option;
typedef int (*take_fn)(struct mc_options *options, const struct option *option, const char *value,
		       struct mc_failure *failure);

/* Where an option means something */
enum { WITH_VM = 1, WITH_HOST = 2, WITH_FROM = 4, WITH_RUN = WITH_VM | WITH_HOST, WITH_ALL = 7 };

struct option {
	const char *name;
	const char *value; /* what to call its value; NULL: it takes none */
	const char *help; /* NULL: not for people */
	take_fn take;
	size_t field; /* of struct mc_options, for the common takers */
	int with;
};

static int refuse(struct mc_failure *failure, const struct option *option, const char *value,
		  const char *reason)
{
	return mc_fail(failure, MC_EXIT_USAGE, "%s '%.100s': %s", option->name, value, reason);
}

/* ---- numbers ---- */

static int take_interval(struct mc_options *options, const struct option *option, const char *value,
			 struct mc_failure *failure)
{
	const char *wrong = mc_quantity_time(value, 0, &options->interval_ns);

	if (!wrong && options->interval_ns < INTERVAL_MIN_NS)
		wrong = "too small: it can be from 50us to 10s";
	if (!wrong && options->interval_ns > INTERVAL_MAX_NS)
		wrong = "too large: it can be from 50us to 10s";
	return wrong ? refuse(failure, option, value, wrong) : 0;
}

static int take_duration(struct mc_options *options, const struct option *option, const char *value,
			 struct mc_failure *failure)
{
	const char *wrong = mc_quantity_time(value, NS_PER_S, &options->duration_ns);

	if (!wrong && !options->duration_ns)
		wrong = "too small: a window cannot be empty";
	if (!wrong && options->duration_ns > DURATION_MAX_NS)
		wrong = "too large: at most seven days (604800s)";
	return wrong ? refuse(failure, option, value, wrong) : 0;
}

static int take_number(struct mc_options *options, const struct option *option, const char *value,
		       unsigned int min, unsigned int max, struct mc_failure *failure)
{
	unsigned int *field = (unsigned int *)((char *)options + option->field);
	uint64_t number;
	const char *wrong = mc_quantity_number(value, &number);

	if (wrong)
		return refuse(failure, option, value, wrong);
	if (number < min || number > max)
		return mc_fail(failure, MC_EXIT_USAGE, "%s %" PRIu64 ": it can be from %u to %u",
			       option->name, number, min, max);
	*field = number;
	return 0;
}

static int take_cpus(struct mc_options *options, const struct option *option, const char *value,
		     struct mc_failure *failure)
{
	return take_number(options, option, value, 1, 255, failure);
}

static int take_slices(struct mc_options *options, const struct option *option, const char *value,
		       struct mc_failure *failure)
{
	return take_number(options, option, value, 1, MC_SLICES_MAX, failure);
}

static int take_budget(struct mc_options *options, const struct option *option, const char *value,
		       struct mc_failure *failure)
{
	return take_number(options, option, value, 1, LEAD_BUDGET_MAX_PERMILLE, failure);
}

static int take_lead_max(struct mc_options *options, const struct option *option, const char *value,
			 struct mc_failure *failure)
{
	uint64_t ns;
	const char *wrong = mc_quantity_time(value, 0, &ns);

	if (!wrong && (!ns || ns > LEAD_MAX_NS))
		wrong = "it can be from 1ns to 1ms";
	if (wrong)
		return refuse(failure, option, value, wrong);
	options->lead_max_ns = ns;
	return 0;
}

static int take_memory(struct mc_options *options, const struct option *option, const char *value,
		       struct mc_failure *failure)
{
	return take_number(options, option, value, 256, 1024 * 1024, failure);
}

/* ---- words ---- */

/* The next element of "A,B" into @word. Return: what follows it; NULL: that was the last */
static const char *next_word(const char *list, char *word, size_t size)
{
	size_t length = strcspn(list, ",");

	snprintf(word, size, "%.*s", (int)length, list);
	return list[length] ? list + length + 1 : NULL;
}

static int take_leads(struct mc_options *options, const struct option *option, const char *value,
		      struct mc_failure *failure)
{
	const char *at = value;
	char word[16];

	for (options->n_leads = 0; at; options->n_leads++) {
		enum lead_mode mode;

		at = next_word(at, word, sizeof(word));
		if (lead_mode_parse(word, &mode))
			return refuse(failure, option, value,
				      "it can be off, auto or fixed, or some of them: off,auto");
		for (unsigned int i = 0; i < options->n_leads; i++)
			if (options->lead[i] == mode)
				return refuse(failure, option, value, "one of them twice");
		options->lead[options->n_leads] = mode;
	}
	return 0;
}

static int take_phases(struct mc_options *options, const struct option *option, const char *value,
		       struct mc_failure *failure)
{
	const char *at = value;
	char word[32];

	for (options->n_phases = 0; at; options->n_phases++) {
		const char *wrong;

		if (options->n_phases == MC_COMPARED_MAX)
			return refuse(failure, option, value, "more than three");
		at = next_word(at, word, sizeof(word));
		wrong = mc_quantity_time(word, 0, &options->phase_ns[options->n_phases]);
		if (wrong)
			return refuse(failure, option, value, wrong);
		for (unsigned int i = 0; i < options->n_phases; i++)
			if (options->phase_ns[i] == options->phase_ns[options->n_phases])
				return refuse(failure, option, value, "one of them twice");
	}
	return 0;
}

/* "0,2-5": what else the kernel understands is not needed, and would go through a command line */
static int take_list(struct mc_options *options, const struct option *option, const char *value,
		     struct mc_failure *failure)
{
	if (!*value || value[strspn(value, "0123456789,-")] || strlen(value) > 256)
		return refuse(failure, option, value, "not a list of CPUs like 0,2-5");
	*(const char **)((char *)options + option->field) = value;
	return 0;
}

static int take_flag(struct mc_options *options, const struct option *option, const char *value,
		     struct mc_failure *failure)
{
	*(bool *)((char *)options + option->field) = true;
	return 0;
}

static int take_text(struct mc_options *options, const struct option *option, const char *value,
		     struct mc_failure *failure)
{
	if (!*value)
		return refuse(failure, option, value, "it is empty");
	*(const char **)((char *)options + option->field) = value;
	return 0;
}

static int take_scenarios(struct mc_options *options, const struct option *option,
			  const char *value, struct mc_failure *failure)
{
	const char **grown;
	size_t n = 0;

	if (!*value)
		return refuse(failure, option, value, "it is empty");
	while (options->scenarios[n])
		n++;
	grown = realloc(options->scenarios, (n + 2) * sizeof(*grown));
	if (!grown)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
	options->scenarios = grown;
	grown[n] = value;
	grown[n + 1] = NULL;
	return 0;
}

static int take_place(struct mc_options *options, const struct option *option, const char *value,
		      struct mc_failure *failure)
{
	if (strcmp(value, "vm") && strcmp(value, "host"))
		return refuse(failure, option, value, "it can be vm or host");
	options->host = !strcmp(value, "host");
	return 0;
}

static int take_format(struct mc_options *options, const struct option *option, const char *value,
		       struct mc_failure *failure)
{
	static const char *const names[] = {[MC_FORMAT_TABLE] = "table",
					    [MC_FORMAT_JSON] = "json",
					    [MC_FORMAT_MARKDOWN] = "markdown",
					    [MC_FORMAT_BENCHMARK] = "benchmark"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(value, names[i])) {
			options->format = i;
			return 0;
		}
	}
	return refuse(failure, option, value, "it can be table, json, markdown or benchmark");
}

#define FIELD(name) offsetof(struct mc_options, name)

/* In the order of --help */
static const struct option table[] = {
	{"--place", "vm|host", "a small VM (default), or this machine, as root", take_place, 0,
	 WITH_RUN},
	{"--only", "A,B", "only these scenarios", take_text, FIELD(only), WITH_RUN},
	{"--list", NULL, "list the scenarios", take_flag, FIELD(list), WITH_RUN},
	{"--dry-run", NULL, "say what would be run", take_flag, FIELD(dry_run), WITH_RUN},
	{"--scenarios", "FILE", "add scenarios of your own; repeatable", take_scenarios, 0,
	 WITH_RUN},
	{"--interval", "TIME", "between ticks, 50us to 10s (default 1ms)", take_interval, 0,
	 WITH_RUN},
	{"--duration", "TIME", "of each scenario's window (default 5s)", take_duration, 0,
	 WITH_RUN},
	{"--slices", "N", "windows per scenario and lead, in turn (default 1 or 5)", take_slices,
	 FIELD(slices), WITH_RUN},
	{"--lead", "L[,L]", "off (default), auto, fixed; several are compared", take_leads, 0,
	 WITH_RUN},
	{"--lead-max", "TIME", "up to 1ms (default 200us or half the interval)", take_lead_max, 0,
	 WITH_RUN},
	{"--lead-budget", "PERMILLE", "of a CPU to spin away, up to 500 (default 5)", take_budget,
	 FIELD(lead_budget), WITH_RUN},
	{"--phase", "T[,T]", "offset of the ticks; several are compared", take_phases, 0, WITH_RUN},
	{"--tick-cpus", "LIST", "tick on these only, as in 0,2-5 (default all)", take_list,
	 FIELD(tick_cpus), WITH_RUN},
	{"--cpus", "N", "of the VM (default 2)", take_cpus, FIELD(cpus), WITH_VM},
	{"--memory", "MIB", "of the VM (default 1024)", take_memory, FIELD(memory_mib), WITH_VM},
	{"--kernel", "FILE", "kernel image for the VM (default: one that fits)", take_text,
	 FIELD(kernel), WITH_VM},
	{"--kernels", "A,B", "kernels that bootstrap fetched, one VM after another", take_text,
	 FIELD(kernels), WITH_VM},
	{"--module", "FILE", "measuring module (default: the one that was built)", take_text,
	 FIELD(module), WITH_RUN},
	{"--scratch", "DIR", "where loads write on the host (default /tmp)", take_text,
	 FIELD(scratch), WITH_HOST},
	{"--results", "DIR", "where result folders go (default results)", take_text, FIELD(results),
	 WITH_RUN},
	{"--from", "DIR", "read an old result again: table and plots", take_text, FIELD(from),
	 WITH_FROM},
	{"--ticks", NULL, "write ticks.csv, too: a line per tick", take_flag, FIELD(ticks),
	 WITH_RUN},
	{"--format", "FORMAT", "table (default), or json, markdown or benchmark alone", take_format,
	 0, WITH_ALL},
	{"--no-plots", NULL, "draw no plots", take_flag, FIELD(no_plots), WITH_ALL},
	{"--quiet", NULL, "no progress, only the result", take_flag, FIELD(quiet), WITH_ALL},
	{"--help", NULL, NULL, take_flag, FIELD(help), WITH_ALL},
	{"--version", NULL, NULL, take_flag, FIELD(version), WITH_ALL},
	{"--progress-records", "FILE", NULL, take_text, FIELD(progress_records), WITH_HOST},
};

#define N_OPTIONS (sizeof(table) / sizeof(table[0]))

/* ---- the command line ---- */

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
static int take_one(struct mc_options *options, int argc, char **argv, int *at, bool *given,
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
	return option->take(options, option, value, failure);
}

/* What the module would refuse, later and with fewer words */
static int check_ticks(const struct mc_options *options, struct mc_failure *failure)
{
	unsigned int i;

	if (options->n_leads > 1 && options->n_phases > 1)
		return mc_fail(failure, MC_EXIT_USAGE,
			       "--lead and --phase: only one of them can be a list");
	for (i = 0; i < options->n_phases; i++)
		if (options->phase_ns[i] >= options->interval_ns)
			return mc_fail(failure, MC_EXIT_USAGE,
				       "--phase: %" PRIu64 " ns is not less than the interval",
				       options->phase_ns[i]);
	if (options->lead_max_ns > options->interval_ns / 2)
		return mc_fail(failure, MC_EXIT_USAGE,
			       "--lead-max: %u ns is more than half of the interval",
			       options->lead_max_ns);
	return 0;
}

static int check_together(const struct mc_options *options, const bool *given,
			  struct mc_failure *failure)
{
	int with = options->from ? WITH_FROM : options->host ? WITH_HOST : WITH_VM;
	const char *name = options->from ? "--from" : options->host ? "--place host" : "--place vm";
	size_t i;

	for (i = 0; i < N_OPTIONS; i++) {
		if (given[i] && !(table[i].with & with))
			return mc_fail(failure, MC_EXIT_USAGE, "%s means nothing with %s",
				       table[i].name, name);
	}
	if (options->kernels && (options->kernel || options->module))
		return mc_fail(failure, MC_EXIT_USAGE, "%s means nothing with --kernels",
			       options->kernel ? "--kernel" : "--module");
	if (options->duration_ns / MC_TICKS_MIN < options->interval_ns)
		return mc_fail(failure, MC_EXIT_USAGE,
			       "--duration: %" PRIu64 " ns are too short, a window has at least %d "
			       "intervals of %" PRIu64 " ns",
			       options->duration_ns, MC_TICKS_MIN, options->interval_ns);
	return check_ticks(options, failure);
}

int mc_options_parse(struct mc_options *options, int argc, char **argv, struct mc_failure *failure)
{
	bool given[N_OPTIONS] = {false};
	int at;

	*options = (struct mc_options){
		.interval_ns = NS_PER_MS,
		.duration_ns = 5 * NS_PER_S,
		.n_leads = 1,
		.n_phases = 1,
		.cpus = 2,
		.memory_mib = 1024,
		.scenarios = calloc(1, sizeof(char *)),
	};
	if (!options->scenarios)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
	for (at = 1; at < argc; at++) {
		if (take_one(options, argc, argv, &at, given, failure)) {
			mc_options_free(options);
			return -1;
		}
		if (options->help || options->version)
			return 0;
	}
	if (check_together(options, given, failure)) {
		mc_options_free(options);
		return -1;
	}
	return 0;
}

void mc_options_free(struct mc_options *options)
{
	free(options->scenarios);
	options->scenarios = NULL;
}

void mc_options_help(FILE *to)
{
	char left[64];
	size_t i;

	fputs("usage: run-stress [OPTION...]: how late are timer ticks under load?\n", to);
	for (i = 0; i < N_OPTIONS; i++) {
		if (!table[i].help)
			continue;
		snprintf(left, sizeof(left), "%s %s", table[i].name,
			 table[i].value ? table[i].value : "");
		fprintf(to, "  %-18s %s\n", left, table[i].help);
	}
	fputs("TIME is a number with a unit: ns, us, ms or s. Also: --help, --version.\n", to);
	fputs("Exit codes: 0 all scenarios valid; 1 one is invalid or failed; 2 usage;\n", to);
	fputs("3 this machine lacks or refuses something; 128 + N ended by signal N.\n", to);
}
