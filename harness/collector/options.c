// SPDX-License-Identifier: GPL-2.0
/*
 * options.c - the options of collect, and which of them go together
 */
#include "collector/options.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "base/nanoseconds.h"
#include "base/option_table.h"
#include "core/interval.h"
#include "vm/accelerator.h"
#include "vm/memory.h"

#define DURATION_MAX_NS (24 * 3600 * NS_PER_S)

#define DURATION_NS (5 * NS_PER_S)

/* Where an option means something: WITH_REAL is this machine without simulated registers. */
enum { WITH_VM = 1, WITH_HOST = 2, WITH_REAL = 4, WITH_ALL = 7 };

#define FIELD(name) offsetof(struct mc_collect_options, name)

/* In the order of --help */
static const struct mc_option rows[] = {
	{"--place", "vm|host", "a small VM (default), or this machine, as root", mc_option_place,
	 .field = FIELD(host), .with = WITH_ALL},
	{"--duration", "TIME", "how long (default 5s, or until COMMAND ends)", mc_option_time,
	 .field = FIELD(duration_ns), .with = WITH_ALL, .min = 1, .max = DURATION_MAX_NS},
	{"--interval", "TIME", "between samples, 50us to 10s (default 1ms)", mc_option_time,
	 .field = FIELD(interval_ns), .with = WITH_ALL, .min = INTERVAL_MIN_NS,
	 .max = INTERVAL_MAX_NS},
	{"--lines", "N", "processes to show at most (default 20)", mc_option_number,
	 .field = FIELD(lines), .with = WITH_ALL, .min = 1, .max = 1000000},
	{"--out", "FILE", "put the table there", mc_option_text, .field = FIELD(out),
	 .with = WITH_ALL},
	{"--strict", NULL, "exit code 1 where COMMAND was not watched completely", mc_option_flag,
	 .field = FIELD(strict), .with = WITH_HOST | WITH_REAL},
	{"--simulate", NULL, "simulated registers on this machine, too", mc_option_flag,
	 .field = FIELD(simulate), .with = WITH_HOST},
	{"--rmids", "N", "highest simulated RMID (default 255)", mc_option_number,
	 .field = FIELD(rmids), .with = WITH_VM | WITH_HOST, .min = 1, .max = 65535},
	{"--cpus", "N", "of the VM (default 2)", mc_option_number, .field = FIELD(cpus),
	 .with = WITH_VM, .min = 1, .max = 255},
	{"--memory", "MIB", "of the VM (default 1024)", mc_option_number,
	 .field = FIELD(memory_mib), .with = WITH_VM, .min = MC_VM_MEMORY_MIN_MIB,
	 .max = 1024 * 1024},
	{"--accel", "auto|kvm|tcg", "of the VM: KVM where it works (default), or one alone",
	 mc_option_accel, .field = FIELD(accel), .with = WITH_VM},
	{"--kernel", "FILE", "kernel image for the VM (default: one that fits)", mc_option_text,
	 .field = FIELD(kernel), .with = WITH_VM},
	{"--modules", "DIR", "folder of collector.ko (default: where it was built)", mc_option_text,
	 .field = FIELD(modules), .with = WITH_ALL},
	{"--help", NULL, NULL, mc_option_flag, .field = FIELD(help), .with = WITH_ALL,
	 .last = true},
	{"--version", NULL, NULL, mc_option_flag, .field = FIELD(version), .with = WITH_ALL,
	 .last = true},
	{"--demo", NULL, NULL, mc_option_flag, .field = FIELD(demo), .with = WITH_HOST | WITH_REAL},
	{"--busy", "PERCENT", NULL, mc_option_number, .field = FIELD(busy), .with = WITH_ALL,
	 .min = 1, .max = 100},
};

static const struct mc_option_table table = {
	.option = rows, .n = sizeof(rows) / sizeof(rows[0]), .command = true};

_Static_assert(sizeof(rows) / sizeof(rows[0]) <= MC_OPTIONS_MAX, "room for all");

static int check_together(const struct mc_collect_options *options, const bool *given,
			  struct mc_failure *failure)
{
	int with = options->host ? WITH_HOST : WITH_VM;

	if (mc_option_check_with(&table, given, with, options->host ? "--place host" : "--place vm",
				 failure))
		return -1;
	if (options->host && !options->simulate &&
	    mc_option_check_with(&table, given, WITH_REAL, "--place host without --simulate",
				 failure))
		return -1;
	if (*options->command && !options->host)
		return mc_fail(failure, MC_EXIT_USAGE,
			       "a command can be watched with --place host only: the VM has its "
			       "own few processes");
	if (options->strict && !*options->command)
		return mc_fail(failure, MC_EXIT_USAGE,
			       "--strict means nothing without a command: what is not accounted "
			       "for makes the exit code 1 anyway");
	if (options->duration_ns && options->duration_ns / 10 < options->interval_ns)
		return mc_fail(failure, MC_EXIT_USAGE,
			       "--duration: %" PRIu64 " ns are too short for ten intervals of "
			       "%" PRIu64 " ns",
			       options->duration_ns, options->interval_ns);
	return 0;
}

int mc_collect_options_parse(struct mc_collect_options *options, int argc, char **argv,
			     struct mc_failure *failure)
{
	bool given[MC_OPTIONS_MAX];
	int rest;

	*options = (struct mc_collect_options){
		.interval_ns = 1000000,
		.cpus = 2,
		.memory_mib = 1024,
		.rmids = 255,
		.lines = 20,
	};
	rest = mc_option_parse(&table, options, argc, argv, given, failure);
	if (rest < 0)
		return -1;
	options->command = argv + rest;
	if (!options->duration_ns && !*options->command)
		options->duration_ns = DURATION_NS;
	if (options->help || options->version)
		return 0;
	return check_together(options, given, failure);
}

void mc_collect_options_help(FILE *to)
{
	fputs("usage: collect [OPTION...] [-- COMMAND...]\n", to);
	fputs("Shows what cache and memory bandwidth every process used. In a VM, which needs\n"
	      "no root, the registers that count are simulated, and processes to look at are\n"
	      "started; on this machine they are its own where it has any, and COMMAND is run:\n"
	      "its input, output and exit code are its own, the table goes to standard error.\n",
	      to);
	mc_option_help(&table, to);
	fputs("TIME is a number with a unit: ns, us, ms or s. Also: --help, --version.\n", to);
	fputs("Exit codes: COMMAND's own; without it 0 everything is accounted for; 1 something\n"
	      "is not; 2 usage; 3 this machine lacks or refuses something; 128 + N ended by\n"
	      "signal N.\n",
	      to);
}
