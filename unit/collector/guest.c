// SPDX-License-Identifier: GPL-2.0
/*
 * guest.c - the program of the collector's tests: in a guest, or on a machine as root
 *
 * usage: collector-guest [--build FOLDER] WHAT...
 *
 *   loading, processes, samples, collect, trace-cmd, procfs   what the collector promises
 *   cost, coverage                           figures
 *   storm NAME, storm NAME full              one storm; "all" for all
 *   cycles TIMES                             load and unload
 *
 * TAP on standard output. Loads and unloads modules, on a machine where others work as well;
 * storms and cycles take a CPU off line and are for a guest. FOLDER: modules and programs are
 * those of a build folder. A signal ends what goes on, and all of it: nothing is left loaded.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checks.h"
#include "cycles.h"
#include "figures.h"
#include "kernel_module.h"
#include "klog.h"
#include "memory_collector/child.h"
#include "storms.h"
#include "tap.h"
#include "trace_cmd.h"
#include "watch.h"

static const struct {
	const char *name;
	void (*run)(void);
} plain[] = {
	{"loading", checks_loading}, {"processes", checks_processes},
	{"samples", checks_samples}, {"collect", checks_collect},
	{"procfs", checks_procfs},   {"trace-cmd", trace_cmd_check},
	{"cost", figures_cost},	     {"coverage", figures_coverage},
};

static bool run_plain(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		if (strcmp(name, plain[i].name))
			continue;
		plain[i].run();
		return true;
	}
	return false;
}

/* Run what argv begins with. Return: how many words that took, 0 where it is nothing. */
static int run_one(char **argv)
{
	bool full;

	if (run_plain(argv[0]))
		return 1;
	if (!argv[1])
		return 0;
	full = argv[2] && !strcmp(argv[2], "full");
	if (!strcmp(argv[0], "storm") && storms_run(argv[1], full))
		return 2 + full;
	if (strcmp(argv[0], "cycles") || atoi(argv[1]) < 1)
		return 0;
	cycles_run(atoi(argv[1]));
	return 2;
}

/* What somebody uses must not be unloaded. */
static const char *refusal(void)
{
	if (geteuid())
		return "it loads kernel modules, which needs root (sudo)";
	if (mc_kernel_module_loaded(MC_COLLECTOR_MODULE))
		return "module collector is loaded: unload it first (rmmod collector)";
	if (mc_kernel_module_loaded(MC_SIM_MODULE))
		return "module rdt_sim is loaded: unload it first (rmmod rdt_sim)";
	return NULL;
}

/* What was asked for but not done must not look as if it had passed. */
static void judge_end(void)
{
	struct mc_failure failure;

	tap_about("the end");
	tap_check(klog_clean(), "the kernel has nothing to complain of");
	if (!mc_stop_requested())
		return;
	tap_check(!mc_collector_unload(&failure), "nothing is left loaded");
	tap_check(false, "not all was done: stopped by signal %d", mc_stop_signal());
}

int main(int argc, char **argv)
{
	struct mc_failure failure;
	int words, code;

	if (argc > 2 && !strcmp(argv[1], "--build")) {
		watch_use_build(argv[2]);
		argv += 2;
	}
	if (refusal()) {
		fprintf(stderr, "collector-guest: %s\n", refusal());
		return 3;
	}
	if (mc_stop_install(&failure))
		return 3;
	klog_begin();
	for (argv++; *argv && !mc_stop_requested(); argv += words) {
		words = run_one(argv);
		if (!words) {
			fprintf(stderr, "collector-guest: there is no %s\n", *argv);
			return 2;
		}
	}
	judge_end();
	code = tap_end();
	mc_stop_end();
	return code;
}
