// SPDX-License-Identifier: GPL-2.0
/*
 * guest.c - the program of the collector's tests: in a guest, or on a machine as root
 *
 * usage: collector-guest [--build FOLDER] WHAT...
 *
 *   loading, processes, samples, collect, trace-cmd, procfs   what the collector promises
 *   memory                                   the same where memory is short
 *   cost, coverage                           figures
 *   storm NAME, storm NAME full              one storm; "all" for all
 *   cycles TIMES                             load and unload
 *
 * TAP on standard output. Loads and unloads modules, on a machine where others work as well;
 * memory takes nearly all there is, storms and cycles take a CPU off line: they are for a guest.
 * FOLDER: modules and programs are those of a build folder. A signal ends what goes on, and all
 * of it: nothing is left loaded.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "checks.h"
#include "collector/collect.h"
#include "cycles.h"
#include "figures.h"
#include "kernel/module.h"
#include "kernel/trace_instance.h"
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
	{"loading", checks_loading},	 {"memory", checks_memory},
	{"processes", checks_processes}, {"samples", checks_samples},
	{"collect", checks_collect},	 {"procfs", checks_procfs},
	{"trace-cmd", trace_cmd_check},	 {"cost", figures_cost},
	{"coverage", figures_coverage},
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

static const struct mc_host_use use = {
	.program = MC_COLLECTOR_TEST,
	.doing = "testing",
	.file = MC_COLLECTOR_TEST,
	.module = {MC_COLLECTOR_MODULE, MC_SIM_MODULE, CHECKS_PROCFS_MODULE},
	.instance = {WATCH_INSTANCE, WATCH_SECOND_INSTANCE, WATCH_OTHER_INSTANCE},
	.beside = MC_COLLECT,
};
#define ALL_MODULES 7

static int take(struct mc_host_state *host, const struct mc_host_use *whose, unsigned int modules,
		struct mc_failure *failure)
{
	char note[512];
	int result = mc_host_take(host, whose, modules, note, sizeof(note), failure);

	if (*note)
		fprintf(stderr, MC_COLLECTOR_TEST ": %s\n", note);
	return result;
}

/*
 * A kernel may not say that it is locked down (securityfs is not mounted in containers), and
 * whose signatures it takes it never says: so it is asked once, with what does nothing by
 * itself, and not by every check.
 */
static int try_loading(struct mc_failure *failure)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/" MC_SIM_MODULE ".ko", watch_modules);
	if (mc_kernel_module_load(path, "", failure))
		return -1;
	return mc_kernel_module_unload(MC_SIM_MODULE, failure);
}

/* What somebody uses must not be unloaded; what a killed run has left must not be in the way. */
static int take_machine(struct mc_host_state *host, struct mc_failure *failure)
{
	if (mc_collector_check(watch_modules, true, failure))
		return -1;
	/* A run that was killed may have had a collect of its own, which is killed with it. */
	if (take(host, &mc_collect_use, 0, failure))
		return -1;
	mc_host_release(host);
	if (take(host, &use, ALL_MODULES, failure))
		return -1;
	if (!mc_host_write(host, "", failure) && !try_loading(failure))
		return 0;
	mc_host_release(host);
	return -1;
}

static long online; /* CPUs, to begin with */

static bool note_left(const char *what, const char *name)
{
	tap_note("%s %s", what, name);
	return false;
}

static bool nothing_left(void)
{
	bool good = true;
	size_t i;

	for (i = 0; i < MC_HOST_MODULES_MAX && use.module[i]; i++) {
		if (mc_kernel_module_loaded(use.module[i]))
			good = note_left("module", use.module[i]);
	}
	for (i = 0; i < MC_HOST_INSTANCES_MAX && use.instance[i]; i++) {
		if (mc_trace_exists(use.instance[i]))
			good = note_left("trace instance", use.instance[i]);
	}
	if (waitpid(-1, NULL, WNOHANG) >= 0 || errno != ECHILD)
		good = note_left("a child of", MC_COLLECTOR_TEST);
	if (sysconf(_SC_NPROCESSORS_ONLN) != online)
		good = note_left("on line are other CPUs than before", "");
	return good;
}

/* They run one after the other, so what one leaves behind is the next one's trouble. */
static void judge_left(const char *what)
{
	if (mc_stop_requested())
		return;
	tap_about(what);
	tap_check(nothing_left(), "it has left nothing behind");
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
	struct mc_host_state host;
	struct mc_failure failure;
	int words, code;

	if (argc > 2 && !strcmp(argv[1], "--build")) {
		watch_use_build(argv[2]);
		argv += 2;
	}
	if (mc_stop_install(&failure) || take_machine(&host, &failure)) {
		fprintf(stderr, MC_COLLECTOR_TEST ": %s\n", failure.text);
		return failure.exit_code;
	}
	klog_begin();
	online = sysconf(_SC_NPROCESSORS_ONLN);
	for (argv++; *argv && !mc_stop_requested(); argv += words) {
		words = run_one(argv);
		if (!words) {
			fprintf(stderr, MC_COLLECTOR_TEST ": there is no %s\n", *argv);
			mc_host_release(&host);
			return 2;
		}
		judge_left(argv[0]);
	}
	judge_end();
	code = tap_end();
	mc_host_release(&host);
	mc_stop_end();
	return code;
}
