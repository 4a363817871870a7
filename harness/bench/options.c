// SPDX-License-Identifier: GPL-2.0
/*
 * options.c - the options of run-stress, and which of them go together
 */
#include "bench/options.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/nanoseconds.h"
#include "base/option_table.h"
#include "base/quantity.h"
#include "core/interval.h"
#include "memory_collector/place.h"
#include "vm/accelerator.h"
#include "vm/memory.h"

/* Longest window: results of longer runs are better made of several */
#define DURATION_MAX_NS (7 * 24 * 3600 * NS_PER_S)

/* Where an option means something */
enum { WITH_VM = 1, WITH_HOST = 2, WITH_FROM = 4, WITH_RUN = WITH_VM | WITH_HOST, WITH_ALL = 7 };

/* ---- numbers ---- */

static int take_interval(void *data, const struct mc_option *option, const char *value,
			 struct mc_failure *failure)
{
	struct mc_options *options = data;
	const char *wrong = mc_quantity_time(value, 0, &options->interval_ns);

	if (!wrong && options->interval_ns < INTERVAL_MIN_NS)
		wrong = "too small: it can be from 50us to 10s";
	if (!wrong && options->interval_ns > INTERVAL_MAX_NS)
		wrong = "too large: it can be from 50us to 10s";
	return wrong ? mc_option_refuse(failure, option, value, wrong) : 0;
}

static int take_duration(void *data, const struct mc_option *option, const char *value,
			 struct mc_failure *failure)
{
	struct mc_options *options = data;
	const char *wrong = mc_quantity_time(value, NS_PER_S, &options->duration_ns);

	if (!wrong && !options->duration_ns)
		wrong = "too small: a window cannot be empty";
	if (!wrong && options->duration_ns > DURATION_MAX_NS)
		wrong = "too large: at most seven days (604800s)";
	return wrong ? mc_option_refuse(failure, option, value, wrong) : 0;
}

static int take_lead_max(void *data, const struct mc_option *option, const char *value,
			 struct mc_failure *failure)
{
	struct mc_options *options = data;
	uint64_t ns;
	const char *wrong = mc_quantity_time(value, 0, &ns);

	if (!wrong && (!ns || ns > LEAD_MAX_NS))
		wrong = "it can be from 1ns to 1ms";
	if (wrong)
		return mc_option_refuse(failure, option, value, wrong);
	options->lead_max_ns = ns;
	return 0;
}

/* ---- words ---- */

/* The next element of "A,B" into @word. Return: what follows it; NULL: that was the last */
static const char *next_word(const char *list, char *word, size_t size)
{
	size_t length = strcspn(list, ",");

	snprintf(word, size, "%.*s", (int)length, list);
	return list[length] ? list + length + 1 : NULL;
}

static int take_leads(void *data, const struct mc_option *option, const char *value,
		      struct mc_failure *failure)
{
	struct mc_options *options = data;
	const char *at = value;
	char word[16];

	for (options->n_leads = 0; at; options->n_leads++) {
		enum lead_mode mode;

		at = next_word(at, word, sizeof(word));
		if (lead_mode_parse(word, &mode))
			return mc_option_refuse(
				failure, option, value,
				"it can be off, auto or fixed, or some of them: off,auto");
		for (unsigned int i = 0; i < options->n_leads; i++)
			if (options->lead[i] == mode)
				return mc_option_refuse(failure, option, value,
							"one of them twice");
		options->lead[options->n_leads] = mode;
	}
	return 0;
}

static int take_phases(void *data, const struct mc_option *option, const char *value,
		       struct mc_failure *failure)
{
	struct mc_options *options = data;
	const char *at = value;
	char word[32];

	for (options->n_phases = 0; at; options->n_phases++) {
		const char *wrong;

		if (options->n_phases == MC_COMPARED_MAX)
			return mc_option_refuse(failure, option, value, "more than three");
		at = next_word(at, word, sizeof(word));
		wrong = mc_quantity_time(word, 0, &options->phase_ns[options->n_phases]);
		if (wrong)
			return mc_option_refuse(failure, option, value, wrong);
		for (unsigned int i = 0; i < options->n_phases; i++)
			if (options->phase_ns[i] == options->phase_ns[options->n_phases])
				return mc_option_refuse(failure, option, value,
							"one of them twice");
	}
	return 0;
}

/* "0,2-5": what else the kernel understands is not needed, and would go through a command line */
static int take_list(void *data, const struct mc_option *option, const char *value,
		     struct mc_failure *failure)
{
	struct mc_options *options = data;
	if (!*value || value[strspn(value, "0123456789,-")] || strlen(value) > 256)
		return mc_option_refuse(failure, option, value, "not a list of CPUs like 0,2-5");
	options->tick_cpus = value;
	return 0;
}

static int take_scenarios(void *data, const struct mc_option *option, const char *value,
			  struct mc_failure *failure)
{
	struct mc_options *options = data;
	const char **grown;
	size_t n = 0;

	if (!*value)
		return mc_option_refuse(failure, option, value, "it is empty");
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

static int take_format(void *data, const struct mc_option *option, const char *value,
		       struct mc_failure *failure)
{
	struct mc_options *options = data;
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
	return mc_option_refuse(failure, option, value,
				"it can be table, json, markdown or benchmark");
}

#define FIELD(name) offsetof(struct mc_options, name)

/* In the order of --help */
static const struct mc_option rows[] = {
	{"--place", "vm|host", "a small VM (default), or this machine, as root", mc_option_place,
	 .field = FIELD(host), .with = WITH_RUN},
	{"--only", "A,B", "only these scenarios", mc_option_text, .field = FIELD(only),
	 .with = WITH_RUN},
	{"--list", NULL, "list the scenarios", mc_option_flag, .field = FIELD(list),
	 .with = WITH_RUN},
	{"--dry-run", NULL, "say what would be run", mc_option_flag, .field = FIELD(dry_run),
	 .with = WITH_RUN},
	{"--scenarios", "FILE", "add scenarios of your own; repeatable", take_scenarios,
	 .with = WITH_RUN},
	{"--interval", "TIME", "between ticks, 50us to 10s (default 1ms)", take_interval,
	 .with = WITH_RUN},
	{"--duration", "TIME", "of each scenario's window (default 5s)", take_duration,
	 .with = WITH_RUN},
	{"--slices", "N", "windows per scenario and lead, in turn (default 1 or 5)",
	 mc_option_number, .field = FIELD(slices), .with = WITH_RUN, .min = 1,
	 .max = MC_SLICES_MAX},
	{"--lead", "L[,L]", "off (default), auto, fixed; several are compared", take_leads,
	 .with = WITH_RUN},
	{"--lead-max", "TIME", "up to 1ms (default 200us or half the interval)", take_lead_max,
	 .with = WITH_RUN},
	{"--lead-budget", "PERMILLE", "of a CPU to spin away, up to 500 (default 5)",
	 mc_option_number, .field = FIELD(lead_budget), .with = WITH_RUN, .min = 1,
	 .max = LEAD_BUDGET_MAX_PERMILLE},
	{"--phase", "T[,T]", "offset of the ticks; several are compared", take_phases,
	 .with = WITH_RUN},
	{"--tick-cpus", "LIST", "tick on these only, as in 0,2-5 (default all)", take_list,
	 .with = WITH_RUN},
	{"--cpus", "N", "of the VM (default 2)", mc_option_number, .field = FIELD(cpus),
	 .with = WITH_VM, .min = 1, .max = 255},
	{"--memory", "MIB", "of the VM (default 1024)", mc_option_number,
	 .field = FIELD(memory_mib), .with = WITH_VM, .min = MC_VM_MEMORY_MIN_MIB,
	 .max = 1024 * 1024},
	{"--accel", "auto|kvm|tcg", "of the VM: KVM where it works (default), or one alone",
	 mc_option_accel, .field = FIELD(accel), .with = WITH_VM},
	{"--kernel", "FILE", "kernel image for the VM (default: one that fits)", mc_option_text,
	 .field = FIELD(kernel), .with = WITH_VM},
	{"--kernels", "A,B", "kernels that bootstrap fetched, one VM after another", mc_option_text,
	 .field = FIELD(kernels), .with = WITH_VM},
	{"--module", "FILE", "measuring module (default: the one that was built)", mc_option_text,
	 .field = FIELD(module), .with = WITH_RUN},
	{"--scratch", "DIR", "where loads write on the host (default /tmp)", mc_option_text,
	 .field = FIELD(scratch), .with = WITH_HOST},
	{"--results", "DIR", "where result folders go (default results)", mc_option_text,
	 .field = FIELD(results), .with = WITH_RUN},
	{"--from", "DIR", "read an old result again: table and plots", mc_option_text,
	 .field = FIELD(from), .with = WITH_FROM},
	{"--ticks", NULL, "write ticks.csv, too: a line per tick", mc_option_flag,
	 .field = FIELD(ticks), .with = WITH_RUN},
	{"--format", "FORMAT", "table (default), or json, markdown or benchmark alone", take_format,
	 .with = WITH_ALL},
	{"--no-plots", NULL, "draw no plots", mc_option_flag, .field = FIELD(no_plots),
	 .with = WITH_ALL},
	{"--quiet", NULL, "no progress, only the result", mc_option_flag, .field = FIELD(quiet),
	 .with = WITH_ALL},
	{"--help", NULL, NULL, mc_option_flag, .field = FIELD(help), .with = WITH_ALL,
	 .last = true},
	{"--version", NULL, NULL, mc_option_flag, .field = FIELD(version), .with = WITH_ALL,
	 .last = true},
	{"--progress-records", "FILE", NULL, mc_option_text, .field = FIELD(progress_records),
	 .with = WITH_HOST},
};

static const struct mc_option_table table = {.option = rows, .n = sizeof(rows) / sizeof(rows[0])};

_Static_assert(sizeof(rows) / sizeof(rows[0]) <= MC_OPTIONS_MAX, "room for all");

/* ---- the command line ---- */

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

	if (mc_option_check_with(&table, given, with, name, failure))
		return -1;
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
	bool given[MC_OPTIONS_MAX];

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
	if (mc_option_parse(&table, options, argc, argv, given, failure) < 0 ||
	    (!options->help && !options->version && check_together(options, given, failure))) {
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
	fputs("usage: run-stress [OPTION...]: how late are timer ticks under load?\n", to);
	mc_option_help(&table, to);
	fputs("TIME is a number with a unit: ns, us, ms or s. Also: --help, --version.\n", to);
	fputs("Exit codes: 0 all scenarios valid; 1 one is invalid or failed; 2 usage;\n", to);
	fputs("3 this machine lacks or refuses something; 128 + N ended by signal N.\n", to);
}
