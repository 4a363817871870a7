// SPDX-License-Identifier: GPL-2.0
/*
 * storms.c - what each storm does; watch.c judges them all alike
 */
#include "storms.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crowd.h"
#include "tap.h"
#include "watch.h"

#define PARENTS 8
#define KINDS (MC_KINDS_RMID | MC_KIND(MC_PQR_AUDIT))
/*
 * Of each CPU. A thousand audits a second are 40 KiB, and at full size a storm may take 1,500
 * seconds on a machine that has much else to do.
 */
#define KIB (32 * 1024)
#define KIB_FULL (112 * 1024)
/* It ran, but a call had another result than it expects: no matter here */
#define STRESS_NG_FAILED 2

/**
 * struct storm - one storm
 * @name: of it
 * @plan: how the collector is loaded
 * @run: does it, and checks that it was done
 * @some: how much of it in the default tests
 * @all: at full size
 * @hotplug: a CPU goes off and on meanwhile, at full size
 * @scarce: there are more processes than RMIDs
 */
struct storm {
	const char *name;
	struct watch_plan plan;
	bool (*run)(int much);
	int some, all;
	bool hotplug, scarce;
};

/* ---- what they do ---- */

static bool forks(int much)
{
	struct crowd crowd;

	return crowd_start(&crowd, PARENTS, crowd_forks, much / PARENTS) && crowd_wait(&crowd);
}

static bool threads(int much)
{
	struct crowd crowd;

	return crowd_start(&crowd, 2, crowd_execs_by_thread, much / 2) && crowd_wait(&crowd);
}

static bool together(int much)
{
	struct crowd crowd;

	return crowd_start(&crowd, 2, crowd_ends_together, much / 2) && crowd_wait(&crowd);
}

static bool chains(int much)
{
	struct crowd crowd;

	return crowd_start(&crowd, 4, crowd_chains, much / 4) && crowd_wait(&crowd);
}

/* Two minutes, which is longer than watch_wait() waits */
#define NAPS 6000

/* Who has no RMID asks for one when it runs. */
static bool naps(int times)
{
	while (times-- > 0)
		watch_sleep_ms(20);
	return true;
}

static bool all_used(void *unused)
{
	return watch_stat("rmid_used") == watch_stat("rmid_max");
}

/*
 * More parents than there are RMIDs, each with a child at a time. How many of these live at
 * once is chance; so as many live first until no RMID is left.
 */
static bool scarce(int much)
{
	struct crowd crowd;
	bool good = crowd_start(&crowd, 48, naps, NAPS) && watch_wait(all_used, NULL);

	crowd_kill(&crowd);
	return good && crowd_start(&crowd, 48, crowd_forks, much / 48) && crowd_wait(&crowd);
}

static bool stress(const char *stressor, int seconds)
{
	char option[32], time[16];
	const char *const argv[] = {"/usr/bin/stress-ng", option, "2", "--timeout", time, "--quiet",
				    "--temp-path",	  "/tmp", NULL};
	int code;

	snprintf(option, sizeof(option), "--%s", stressor);
	snprintf(time, sizeof(time), "%ds", seconds);
	code = crowd_run_code(argv);
	if (code == STRESS_NG_FAILED)
		tap_note("stress-ng is not content with what its own calls returned");
	return !code || code == STRESS_NG_FAILED;
}

/* Ends early by itself where a call of it has another result: so again and again */
static bool stress_io_uring(int much)
{
	bool good = true;

	for (; much > 0 && good; much--)
		good = stress("io-uring", 1);
	return good;
}

static bool stress_clone(int much)
{
	return stress("clone", much);
}

static bool stress_vfork(int much)
{
	return stress("vfork", much);
}

/* ---- all of them ---- */

#define SIMULATED(rmids)                                         \
	{                                                        \
		"audit_us=1000 max_rmid=" #rmids, "", KINDS, KIB \
	}

static const struct storm storms[] = {
	{"forks", SIMULATED(255), forks, 800, 100000, true, false},
	{"forks, emulated", {NULL, "", MC_KINDS_RMID, KIB}, forks, 400, 5000, true, false},
	{"exec by one of 64 threads", SIMULATED(255), threads, 10, 300, true, false},
	{"last threads together", SIMULATED(255), together, 30, 1000, true, false},
	{"chains of execs", SIMULATED(255), chains, 200, 4000, true, false},
	{"max RMID 8", SIMULATED(8), scarce, 480, 4800, true, true},
	{"max RMID 15", SIMULATED(15), scarce, 480, 4800, true, true},
	{"max RMID 31", SIMULATED(31), scarce, 480, 4800, true, true},
	{"stress-ng io-uring", SIMULATED(255), stress_io_uring, 2, 10, true, false},
	{"stress-ng clone", SIMULATED(255), stress_clone, 1, 10, true, false},
	{"stress-ng vfork", SIMULATED(255), stress_vfork, 1, 10, true, false},
};

#define N_STORMS (sizeof(storms) / sizeof(storms[0]))

static bool needs_stress_ng(const struct storm *storm)
{
	return !strncmp(storm->name, "stress-ng", strlen("stress-ng"));
}

static void judge_scarcity(const struct watch *watch, const struct storm *storm)
{
	const struct mc_rmid_findings *findings = mc_rmid_history_findings(watch->history);
	uint64_t max = watch_stat("rmid_max");

	if (storm->scarce)
		tap_check(watch_grown(watch, "processes_refused") > 0 && findings->most_used == max,
			  "all %" PRIu64 " RMIDs were in use at a time, and more were wanted", max);
	else
		tap_check(!watch_grown(watch, "rmid_never"), "there was never a want of RMIDs");
	tap_check(!watch_grown(watch, "processes_untracked"), "every process was followed");
}

static void run_storm(const struct storm *storm, bool full)
{
	struct watch_plan plan = storm->plan;
	struct crowd hotplug = {.n = 0};
	struct watch watch;
	bool done;

	tap_about(storm->name);
	if (needs_stress_ng(storm) && access("/usr/bin/stress-ng", X_OK)) {
		tap_skip("storm", "stress-ng is not here; ./bootstrap test installs it");
		return;
	}
	if (full)
		plan.kib = KIB_FULL;
	if (!watch_begin(&watch, &plan))
		return;
	if (full && storm->hotplug && crowd_can_hotplug())
		crowd_start(&hotplug, 1, crowd_hotplug, 200);
	done = storm->run(full ? storm->all : storm->some);
	crowd_kill(&hotplug);
	crowd_all_online();
	tap_check(done, "done");
	watch_judge(&watch);
	judge_scarcity(&watch, storm);
	watch_end(&watch);
}

bool storms_run(const char *name, bool full)
{
	bool all = !strcmp(name, "all"), found = false;
	size_t i;

	for (i = 0; i < N_STORMS; i++) {
		if (!all && strcmp(name, storms[i].name))
			continue;
		run_storm(&storms[i], full);
		found = true;
	}
	return found;
}
