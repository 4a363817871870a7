// SPDX-License-Identifier: GPL-2.0
/*
 * checks_samples.c - what is sampled against what the simulation knows
 *
 * Bounds follow from the events themselves, not from how fast the machine is.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "checks.h"
#include "crowd.h"
#include "kernel_module.h"
#include "klog.h"
#include "sim_files.h"
#include "tap.h"
#include "watch.h"

#define INTERVAL_NS 2000000ULL
#define PARAMETERS "interval_ns=2000000 budget_ns=1000000 emit=all"
#define KINDS (MC_KINDS_RMID | MC_KIND(MC_RDT_SAMPLE))
#define KIB (16 * 1024)
#define OCCUPANCY_MOST (512 * 1024)
#define SCALE 256
#define WIDTH 24
#define RATE 4000000000ULL
#define LOCAL_RATE 1000000000ULL
/* One CPU runs the process: when its counter has wrapped */
#define WRAP_NS ((1000000000ULL << WIDTH) / (RATE / SCALE))

/* ---- all samples of a recording, and one process's ---- */

#define DOMAINS_MAX 4
#define RMIDS_MAX 64

struct last {
	uint64_t generation, tick, total, local, gaps;
};

struct seen {
	unsigned int cpus_per_domain;
	/* of the process with the name that exec gave */
	uint64_t rmid, generation, given_ns, first_ns, last_ns, longest_ns;
	uint64_t total, local, occupancy_max, samples;
	/* of all: how often something was as it must not be */
	uint64_t off_boundary, not_next, fallen, foreign_cpu, foreign_source;
	uint64_t all, states[4], domains[DOMAINS_MAX], gaps;
	struct last last[DOMAINS_MAX][RMIDS_MAX];
};

static void see_own(struct seen *seen, const struct mc_event *event)
{
	if (!seen->first_ns)
		seen->first_ns = event->time_ns;
	else if (event->time_ns - seen->last_ns > seen->longest_ns)
		seen->longest_ns = event->time_ns - seen->last_ns;
	seen->last_ns = event->time_ns;
	seen->samples++;
	seen->total = event->total_bytes;
	seen->local = event->local_bytes;
	if (event->occupancy_bytes > seen->occupancy_max)
		seen->occupancy_max = event->occupancy_bytes;
}

static void see_sample(struct seen *seen, const struct mc_event *event)
{
	struct last *last;

	seen->all++;
	if (event->domain >= DOMAINS_MAX || event->rmid >= RMIDS_MAX) {
		seen->not_next++;
		return;
	}
	last = &seen->last[event->domain][event->rmid];
	seen->off_boundary += event->boundary_ns != event->tick * INTERVAL_NS;
	seen->foreign_cpu += event->cpu / seen->cpus_per_domain != event->domain;
	seen->foreign_source += event->source != MC_SOURCE_SIMULATED;
	if (last->generation == event->generation) {
		seen->not_next += event->tick <= last->tick;
		seen->fallen += event->total_bytes < last->total ||
				event->local_bytes < last->local || event->gaps < last->gaps;
	}
	*last = (struct last){event->generation, event->tick, event->total_bytes,
			      event->local_bytes, event->gaps};
	seen->domains[event->domain]++;
	seen->states[event->total_state & 3]++;
	seen->gaps += event->gaps;
	if (event->rmid == seen->rmid && event->generation == seen->generation)
		see_own(seen, event);
}

static void see(void *data, const struct mc_event *event)
{
	struct seen *seen = data;

	if (event->kind == MC_RDT_SAMPLE)
		see_sample(seen, event);
	if (event->kind == MC_RMID_EXEC && !strcmp(event->comm, "alpha")) {
		seen->rmid = event->rmid;
		seen->generation = event->generation;
		seen->given_ns = event->given_ns;
	}
}

/* Record while a process is busy. Return: whether watch_end() is due. */
static bool record(struct watch *watch, struct seen *seen, const char *simulation,
		   unsigned int cpus_per_domain)
{
	static const char *const burn[] = {watch_alpha, "burn", "1200", NULL};
	const struct watch_plan plan = {simulation, PARAMETERS, KINDS, KIB};
	struct mc_failure failure;
	bool good;

	memset(seen, 0, sizeof(*seen));
	seen->cpus_per_domain = cpus_per_domain;
	if (!watch_begin(watch, &plan))
		return false;
	watch->also = see;
	watch->also_data = seen;
	good = crowd_run(burn) && watch_stop(watch, &failure);
	tap_check(good && !watch->lost && seen->samples > 0, "%s: a busy process is sampled",
		  simulation);
	tap_check(good && watch_grown(watch, "samples_emitted") == seen->all,
		  "as many samples as the kernel has emitted");
	return true;
}

static void check_form(const struct seen *seen)
{
	tap_check(!seen->off_boundary, "ticks are boundaries: whole multiples of the interval");
	tap_check(!seen->not_next, "no tick twice, none before an earlier one");
	tap_check(!seen->fallen, "sums and gaps never fall");
	tap_check(!seen->foreign_cpu, "a domain is read by its own CPUs");
	tap_check(!seen->foreign_source, "every sample says that it is simulated");
}

/* ---- data ---- */

/*
 * All that the RMID used was its one process's. Only what it used before its first sample
 * is not in the sums, and that is less than its rate times that time.
 */
static void check_data(const struct seen *seen)
{
	uint64_t before = (seen->first_ns - seen->given_ns) / 1000 * (RATE / 1000000) + 2 * SCALE;
	struct sim_use use;

	if (seen->longest_ns >= WRAP_NS) {
		tap_skip("data", "the machine stood still for longer than a counter takes to wrap");
		return;
	}
	if (!tap_check(sim_read_use(seen->rmid, &use), "the simulation knows the RMID"))
		return;
	tap_note("RMID %" PRIu64 ": total %" PRIu64 " sampled, %" PRIu64 " used; local %" PRIu64
		 ", %" PRIu64 "; at most %" PRIu64 " before the first sample",
		 seen->rmid, seen->total, use.total_bytes, seen->local, use.local_bytes, before);
	tap_check(seen->total <= use.total_bytes && seen->total + before >= use.total_bytes,
		  "total bandwidth is what was simulated");
	tap_check(seen->local <= use.local_bytes && seen->local + before >= use.local_bytes &&
			  seen->local <= seen->total / (RATE / LOCAL_RATE) + 2 * SCALE,
		  "local bandwidth is what was simulated");
	tap_check(seen->generation == 1 && seen->total > RATE / 20,
		  "and that was more than nothing");
	tap_check(seen->occupancy_max == OCCUPANCY_MOST, "occupancy rose to its bound");
}

/* The counter wraps about once meanwhile. */
static void data(void)
{
	struct watch watch;
	struct seen seen;

	if (!record(&watch, &seen,
		    "max_rmid=31 rate=4000000000 local_rate=1000000000 scale=256 width=24 "
		    "occupancy_most=524288",
		    2))
		return;
	check_form(&seen);
	tap_check(!seen.gaps && !seen.states[MC_UNAVAILABLE] && !seen.states[MC_ERROR] &&
			  !seen.states[MC_NOT_SUPPORTED],
		  "every counter had a value");
	check_data(&seen);
	watch_end(&watch);
}

static void domains(void)
{
	struct watch watch;
	struct seen seen;

	if (!record(&watch, &seen, "max_rmid=31 cpus_per_domain=1", 1))
		return;
	check_form(&seen);
	tap_check(seen.domains[0] && seen.domains[1], "both domains are sampled");
	watch_end(&watch);
}

static void states(void)
{
	struct sim_use use = {0};
	struct watch watch;
	struct seen seen;

	if (!record(&watch, &seen, "max_rmid=31 unavailable_every=7 error_every=11", 2))
		return;
	check_form(&seen);
	tap_check(seen.states[MC_VALUE] && seen.states[MC_UNAVAILABLE] && seen.states[MC_ERROR],
		  "values, unavailable ones and errors are told apart");
	tap_check(seen.gaps > 0, "what was lost by an unavailable counter is said");
	tap_check(sim_read_use(seen.rmid, &use) && seen.total <= use.total_bytes,
		  "and nothing is invented");
	watch_end(&watch);
}

static void missing_events(void)
{
	struct watch watch;
	struct seen seen;

	if (!record(&watch, &seen, "max_rmid=31 total=0 local=0", 2))
		return;
	tap_check(seen.states[MC_NOT_SUPPORTED] && !seen.states[MC_VALUE] && seen.occupancy_max > 0,
		  "events that are not there are not supported, the other one is");
	watch_end(&watch);
}

/* ---- the registers afterwards ---- */

static void restored(void)
{
	struct mc_failure failure;
	bool loaded;

	loaded = !mc_collector_load(watch_modules, "max_rmid=31 rmid=5 closid=3", "hardware=sim",
				    &failure);
	if (!tap_check(loaded, "loaded where CPUs have RMID 5 and CLOSID 3"))
		return;
	tap_check(crowd_forks(50) && sim_writes() > 0, "processes got others");
	tap_check(sim_set("closid", "7"), "meanwhile somebody sets CLOSID 7");
	crowd_forks(50);
	tap_check(!mc_kernel_module_unload(MC_COLLECTOR_MODULE, &failure) &&
			  sim_pqr_is(7ULL << 32 | 5),
		  "unloaded: every CPU has RMID 5 again, and CLOSID 7 still");
	tap_check(!mc_kernel_module_unload(MC_SIM_MODULE, &failure), "and the simulation, too");
}

/* ---- resctrl ---- */

static void see_resctrl(void *data, const struct mc_event *event)
{
	struct mc_event *mounted = data;

	if (event->kind == MC_RESCTRL_MOUNTED)
		*mounted = *event;
}

static void resctrl_comes(void)
{
	static const struct watch_plan plan = {"max_rmid=31 closid=3", "",
					       MC_KIND(MC_RESCTRL_MOUNTED), 64};
	struct mc_event mounted = {.kind = MC_EVENT_KINDS};
	struct mc_failure failure;
	struct watch watch;
	uint64_t writes;
	int tries;

	klog_begin();
	if (!watch_begin(&watch, &plan))
		return;
	watch.also = see_resctrl;
	watch.also_data = &mounted;
	tap_check(!watch_stat("yielded_to_resctrl") && sim_set("resctrl", "Y"), "it is mounted");
	for (tries = 0; tries < 100 && !watch_stat("yielded_to_resctrl"); tries++)
		watch_sleep_ms(100);
	/* The log and the event come after the last write. */
	watch_sleep_ms(200);
	tap_check(watch_stat("yielded_to_resctrl") == 1 && klog_has("resctrl"),
		  "that is noticed, and said");
	writes = sim_writes();
	tap_check(sim_pqr_is(3ULL << 32), "every CPU's RMID is 0, and its CLOSID what it was");
	tap_check(crowd_forks(50) && sim_writes() == writes, "nothing more is written");
	tap_check(watch_stop(&watch, &failure) && mounted.kind == MC_RESCTRL_MOUNTED &&
			  mounted.from_ns < mounted.to_ns,
		  "an event says since when samples are suspect");
	mc_collector_trace_free(watch.trace);
	watch.trace = NULL;
	tap_check(!mc_kernel_module_unload(MC_COLLECTOR_MODULE, &failure) &&
			  sim_writes() == writes && sim_pqr_is(3ULL << 32),
		  "unloading writes nothing either");
	watch_end(&watch);
}

void checks_samples(void)
{
	tap_about("samples");
	data();
	domains();
	states();
	missing_events();
	tap_about("registers");
	restored();
	tap_about("resctrl");
	resctrl_comes();
}
