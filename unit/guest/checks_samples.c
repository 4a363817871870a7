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
#include "kernel/module.h"
#include "klog.h"
#include "memory_collector/child.h"
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

/* More RMIDs than a machine with work of its own has processes: none is used again */
#define MANY "max_rmid=4095"
#define RMIDS_MAX 4096
#define DOMAINS_MAX 64
/* All of them are in one domain, where nothing else is said. */
#define CPUS_MAX 1024

/* As many of the last ones are remembered */
#define TICKS_MAX 4096

struct tick {
	uint64_t tick, boundary_ns, domain;
	bool common;
};

struct last {
	uint64_t generation, tick, total, local, gaps;
};

struct seen {
	unsigned int cpus_per_domain;
	/* of the process with the name that exec gave */
	uint64_t rmid, generation, given_ns, first_ns, last_ns, longest_ns;
	uint64_t total, local, occupancy_max, samples;
	/* of all: how often something was as it must not be */
	uint64_t off_boundary, early, not_next, fallen, foreign_cpu, foreign_source;
	uint64_t all, states[4], domains[DOMAINS_MAX], gaps;
	struct last last[DOMAINS_MAX][RMIDS_MAX];
	/* ticks of more than one domain, and those of them that had not one boundary */
	uint64_t common, apart;
	struct tick ticks[TICKS_MAX];
};

/* Too large for a stack */
static struct seen the_seen, *const seen = &the_seen;

static void see_own(const struct mc_event *event)
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

static void see_tick(const struct mc_event *event)
{
	struct tick *tick = &seen->ticks[event->tick % TICKS_MAX];

	seen->off_boundary += event->boundary_ns != event->tick * INTERVAL_NS;
	seen->early += event->time_ns < event->boundary_ns;
	if (tick->tick != event->tick) {
		*tick = (struct tick){event->tick, event->boundary_ns, event->domain, false};
		return;
	}
	seen->apart += tick->boundary_ns != event->boundary_ns;
	if (tick->domain != event->domain && !tick->common) {
		tick->common = true;
		seen->common++;
	}
}

static void see_sample(const struct mc_event *event)
{
	struct last *last;

	seen->all++;
	see_tick(event);
	seen->foreign_cpu += event->cpu / seen->cpus_per_domain != event->domain;
	seen->foreign_source += event->source != MC_SOURCE_SIMULATED;
	seen->not_next += event->rmid >= RMIDS_MAX;
	/* On a large machine not all domains are looked at more closely. */
	if (event->domain >= DOMAINS_MAX || event->rmid >= RMIDS_MAX)
		return;
	last = &seen->last[event->domain][event->rmid];
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
		see_own(event);
}

static void see(void *unused, const struct mc_event *event)
{
	if (event->kind == MC_RDT_SAMPLE)
		see_sample(event);
	if (event->kind == MC_RMID_EXEC && !strcmp(event->comm, "alpha")) {
		seen->rmid = event->rmid;
		seen->generation = event->generation;
		seen->given_ns = event->given_ns;
	}
}

/* Record while a process is busy. Return: whether watch_end() is due. */
static bool record(struct watch *watch, const char *simulation, unsigned int cpus_per_domain)
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
	good = crowd_run(burn) && watch_stop(watch, &failure);
	tap_check(good && !watch->lost && seen->samples > 0, "%s: a busy process is sampled",
		  simulation);
	tap_check(good && watch_counted(watch, "samples_emitted", seen->all),
		  "as many samples as the kernel has emitted");
	return true;
}

static void check_form(void)
{
	tap_check(!seen->off_boundary, "ticks are boundaries: whole multiples of the interval");
	tap_check(!seen->early, "none is before its boundary");
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
static void check_data(void)
{
	uint64_t before = (seen->first_ns - seen->given_ns) / 1000 * (RATE / 1000000) + 2 * SCALE;
	struct sim_use use;

	if (seen->longest_ns >= WRAP_NS) {
		tap_skip("data", "the machine stood still for longer than a counter takes to wrap");
		return;
	}
	if (seen->generation != 1) {
		tap_skip("data", "its RMID has been another process's before");
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
	tap_check(seen->total > RATE / 20, "and that was more than nothing");
	tap_check(seen->occupancy_max == OCCUPANCY_MOST, "occupancy rose to its bound");
}

/* The counter wraps about once meanwhile. */
static void data(void)
{
	struct watch watch;

	if (!record(&watch,
		    MANY " rate=4000000000 local_rate=1000000000 scale=256 width=24 "
			 "occupancy_most=524288",
		    CPUS_MAX))
		return;
	check_form();
	tap_check(!seen->gaps && !seen->states[MC_UNAVAILABLE] && !seen->states[MC_ERROR] &&
			  !seen->states[MC_NOT_SUPPORTED],
		  "every counter had a value");
	check_data();
	watch_end(&watch);
}

static void domains(void)
{
	struct watch watch;

	if (!record(&watch, MANY " cpus_per_domain=1", 1))
		return;
	check_form();
	tap_check(seen->domains[0] && seen->domains[1], "both domains are sampled");
	tap_check(seen->common > 0 && !seen->apart,
		  "their CPUs tick at the same boundaries (%" PRIu64 " in common)", seen->common);
	watch_end(&watch);
}

static void states(void)
{
	struct sim_use use = {0};
	struct watch watch;

	if (!record(&watch, MANY " unavailable_every=7 error_every=11", CPUS_MAX))
		return;
	check_form();
	tap_check(seen->states[MC_VALUE] && seen->states[MC_UNAVAILABLE] && seen->states[MC_ERROR],
		  "values, unavailable ones and errors are told apart");
	tap_check(seen->gaps > 0, "what was lost by an unavailable counter is said");
	tap_check(sim_read_use(seen->rmid, &use) && seen->total <= use.total_bytes,
		  "and nothing is invented");
	watch_end(&watch);
}

static void missing_events(void)
{
	struct watch watch;

	if (!record(&watch, MANY " total=0 local=0", CPUS_MAX))
		return;
	tap_check(seen->states[MC_NOT_SUPPORTED] && !seen->states[MC_VALUE] &&
			  seen->occupancy_max > 0,
		  "events that are not there are not supported, the other one is");
	watch_end(&watch);
}

/* ---- the registers afterwards ---- */

static void restored(void)
{
	struct mc_failure failure;
	bool loaded;

	if (mc_stop_requested())
		return;
	loaded = !mc_collector_load(watch_modules, MANY " rmid=5 closid=3", "hardware=sim",
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

/* ---- the log of writes ---- */

#define CLOSID 3

/* What every CPU was last seen to write, and how often that was as it must not be */
struct writes {
	uint64_t n, rmids, same, closid, range, last[CPUS_MAX];
	bool known[CPUS_MAX];
};

static void see_write(void *data, const struct mc_event *event)
{
	uint64_t rmid = event->value & 0xffffffff;
	struct writes *writes = data;

	if (event->kind != MC_PQR_WRITE)
		return;
	writes->n++;
	writes->rmids += rmid != 0;
	writes->closid += event->value >> 32 != CLOSID;
	writes->range += rmid >= RMIDS_MAX;
	if (event->cpu >= CPUS_MAX)
		return;
	writes->same += writes->known[event->cpu] && writes->last[event->cpu] == rmid;
	writes->last[event->cpu] = rmid;
	writes->known[event->cpu] = true;
}

/* Processes that come, go, call exec and have threads, side by side */
static bool many_kinds(void)
{
	struct crowd forks, chains, threads;
	bool good;

	good = crowd_start(&forks, 2, crowd_forks, 100);
	good &= crowd_start(&chains, 1, crowd_chains, 20);
	good &= crowd_start(&threads, 1, crowd_ends_together, 4);
	good &= crowd_wait(&forks);
	good &= crowd_wait(&chains);
	return crowd_wait(&threads) && good;
}

static void log_of_writes(void)
{
	static const struct watch_plan plan = {MANY " closid=3", "",
					       MC_KINDS_RMID | MC_KIND(MC_PQR_WRITE), KIB};
	static struct writes writes;
	struct mc_failure failure;
	uint64_t begun, ending;
	struct watch watch;
	bool good;

	if (!watch_begin(&watch, &plan))
		return;
	watch.also = see_write;
	watch.also_data = &writes;
	begun = sim_writes();
	good = many_kinds();
	ending = sim_writes();
	good = watch_stop(&watch, &failure) && good && !watch.lost;
	tap_check(good && writes.rmids > 0, "every write is recorded while processes come and go");
	tap_check(writes.n >= ending - begun && writes.n <= sim_writes(),
		  "as many as the registers have seen");
	tap_check(!writes.same, "a CPU writes only where the RMID is another one");
	tap_check(!writes.closid, "its CLOSID stays what it is");
	tap_check(!writes.range, "and the RMID is one that there is");
	tap_note("%" PRIu64 " writes; same RMID %" PRIu64 ", other CLOSID %" PRIu64
		 ", beyond the highest %" PRIu64,
		 writes.n, writes.same, writes.closid, writes.range);
	watch_end(&watch);
}

/* ---- a rate of one's own ---- */

/* 1 byte per ns is what rdt_sim begins with. */
#define PROGRAMMED "8000000000 2000000000 268435456 1073741824 1048576"
#define FASTER 8
#define SAMPLES_MORE 100

/* So many samples of the process are waited for, and one that is later than this */
struct faster {
	struct watch *watch;
	uint64_t samples, after_ns;
};

static bool has_samples(void *data)
{
	const struct faster *faster = data;
	struct mc_failure failure;

	return !mc_collector_trace_read(faster->watch->trace, see, NULL, &failure) &&
	       seen->samples > faster->samples && seen->last_ns > faster->after_ns;
}

static bool burn_on(int unused)
{
	static const char *const burn[] = {watch_alpha, "burn", "600000", NULL};

	return crowd_run(burn);
}

/* Between a sample before and one behind there is at least what was used between two looks. */
static void check_programmed(struct faster *faster)
{
	uint64_t total = seen->total, used, ns;
	struct sim_use before, after;
	char text[128];

	snprintf(text, sizeof(text), "%" PRIu64 " " PROGRAMMED, seen->rmid);
	if (!tap_check(sim_program(text) && sim_read_use(seen->rmid, &before),
		       "its RMID is given another rate"))
		return;
	faster->samples = seen->samples + SAMPLES_MORE;
	if (!tap_check(watch_wait(has_samples, faster), "and %d samples more", SAMPLES_MORE) ||
	    !sim_read_use(seen->rmid, &after))
		return;
	faster->after_ns = mc_now_ns();
	if (!tap_check(watch_wait(has_samples, faster), "and one more"))
		return;
	ns = after.loaded_ns - before.loaded_ns;
	used = after.total_bytes - before.total_bytes;
	total = seen->total - total;
	tap_note("%" PRIu64 " bytes more are sampled, %" PRIu64 " used in %" PRIu64 " ns", total,
		 used, ns);
	tap_check(used == FASTER * ns, "from then on it uses what was programmed");
	tap_check(total >= used, "and that is what is sampled");
}

static void programmed(void)
{
	static const char *const bad[] = {
		"", "1 2 3 4 5", "1 2 3 4 5 6 7", "4096 2 1 0 0 0", "1 1 2 0 0 0", "1 x 1 0 0 0"};
	const struct watch_plan plan = {MANY " scale=1 width=62", PARAMETERS, KINDS, KIB};
	struct crowd crowd = {.n = 0};
	struct watch watch;
	struct faster faster = {&watch, 0, 0};
	size_t i;

	memset(seen, 0, sizeof(*seen));
	seen->cpus_per_domain = CPUS_MAX;
	if (!watch_begin(&watch, &plan))
		return;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		tap_check(!sim_program(bad[i]), "program takes no '%s'", bad[i]);
	tap_check(crowd_start(&crowd, 1, burn_on, 0) && watch_wait(has_samples, &faster),
		  "a process is busy");
	if (seen->samples)
		check_programmed(&faster);
	crowd_kill(&crowd);
	watch_end(&watch);
}

/* ---- without registers ---- */

static void emulated(void)
{
	static const char *const burn[] = {watch_alpha, "burn", "200", NULL};
	static const struct watch_plan plan = {NULL, "emit=all", KINDS, KIB};
	struct mc_failure failure;
	struct watch watch;
	bool good;

	if (!watch_begin(&watch, &plan))
		return;
	good = crowd_run(burn) && watch_stop(&watch, &failure) && !watch.lost;
	tap_check(good && mc_rmid_history_findings(watch.history)->events[MC_RMID_ALLOC] > 0 &&
			  !mc_rmid_history_findings(watch.history)->events[MC_RDT_SAMPLE],
		  "processes have RMIDs, and there are no samples");
	tap_check(watch_stat("samples_emitted") == UINT64_MAX, "nor counters of samples");
	watch_end(&watch);
}

/* ---- resctrl ---- */

static void see_resctrl(void *data, const struct mc_event *event)
{
	struct mc_event *mounted = data;

	if (event->kind == MC_RESCTRL_MOUNTED)
		*mounted = *event;
}

/* The log and the event come after the last write. */
struct noticing {
	struct mc_collector_trace *trace;
	struct mc_event mounted;
};

static bool is_noticed(void *data)
{
	struct noticing *noticing = data;
	struct mc_failure failure;

	return !mc_collector_trace_read(noticing->trace, see_resctrl, &noticing->mounted,
					&failure) &&
	       noticing->mounted.kind == MC_RESCTRL_MOUNTED && klog_said("resctrl was mounted");
}

static void resctrl_comes(void)
{
	static const struct watch_plan plan = {MANY " closid=3", "", MC_KIND(MC_RESCTRL_MOUNTED),
					       64};
	struct noticing noticing = {.mounted = {.kind = MC_EVENT_KINDS}};
	struct mc_failure failure;
	uint64_t writes, from_ns, to_ns;
	struct watch watch;

	klog_begin();
	if (!watch_begin(&watch, &plan))
		return;
	noticing.trace = watch.trace;
	from_ns = mc_now_ns();
	tap_check(!watch_stat("yielded_to_resctrl") && sim_set("resctrl", "Y"), "it is mounted");
	to_ns = mc_now_ns();
	tap_check(watch_wait(is_noticed, &noticing) && watch_stat("yielded_to_resctrl") == 1,
		  "that is noticed, and said");
	writes = sim_writes();
	tap_check(sim_pqr_is(3ULL << 32), "every CPU's RMID is 0, and its CLOSID what it was");
	tap_check(crowd_forks(50) && sim_writes() == writes, "nothing more is written");
	tap_check(noticing.mounted.from_ns <= to_ns && noticing.mounted.to_ns >= from_ns &&
			  noticing.mounted.from_ns < noticing.mounted.to_ns,
		  "an event says since when samples are suspect: it was mounted in that time");
	mc_collector_trace_free(watch.trace);
	watch.trace = NULL;
	tap_check(!mc_kernel_module_unload(MC_COLLECTOR_MODULE, &failure) &&
			  sim_writes() == writes && sim_pqr_is(3ULL << 32),
		  "unloading writes nothing either");
	watch_end(&watch);
}

/* Far fewer RMIDs than processes that come, one after the other */
#define FEW "max_rmid=31"
#define FEW_MAX 31
#define CHILDREN 100

struct children {
	struct mc_collector_trace *trace;
	bool mounted;
	int64_t tgid[CHILDREN];
	unsigned int n, given, freed, not_emulated;
	uint64_t freed_by_all;
};

static bool is_ours(const struct children *children, int64_t tgid)
{
	unsigned int i;

	for (i = 0; i < children->n && children->tgid[i] != tgid; i++)
		;
	return i < children->n;
}

static void see_child(void *data, const struct mc_event *event)
{
	struct children *children = data;

	children->mounted |= event->kind == MC_RESCTRL_MOUNTED;
	if ((event->kind != MC_RMID_ALLOC && event->kind != MC_RMID_FREE) ||
	    !is_ours(children, event->tgid))
		return;
	children->given += event->kind == MC_RMID_ALLOC;
	children->freed += event->kind == MC_RMID_FREE;
	children->not_emulated += event->source != MC_SOURCE_EMULATED;
}

static bool look(struct children *children)
{
	struct mc_failure failure;

	return !mc_collector_trace_read(children->trace, see_child, children, &failure);
}

/* The event comes when everything else is done. */
static bool has_taken_over(void *data)
{
	struct children *children = data;

	return look(children) && children->mounted;
}

static bool all_given(void *data)
{
	struct children *children = data;

	return look(children) && children->given == children->n;
}

static bool all_freed(void *data)
{
	struct children *children = data;

	return look(children) && children->freed == children->given;
}

/* Others may come and go: what rests now has been freed since we last looked. */
static bool none_stays_in_limbo(void *data)
{
	struct children *children = data;
	uint64_t before = children->freed_by_all, limbo = watch_stat("rmid_limbo");

	children->freed_by_all = watch_stat("rmid_freed");
	return limbo <= children->freed_by_all - before;
}

/* Whoever has no RMID asks for one whenever it is switched in. */
static bool sleep_on(int unused)
{
	while (!mc_stop_requested())
		watch_sleep_ms(1);
	return true;
}

static bool one_child(struct children *children)
{
	struct crowd crowd = {.n = 0};
	bool good = crowd_start(&crowd, 1, sleep_on, 0);

	if (good) {
		children->tgid[children->n++] = crowd.pid[0];
		good = watch_wait(all_given, children);
	}
	crowd_kill(&crowd);
	return good;
}

static void numbers_go_on(struct children *children)
{
	bool good = true;

	while (good && children->n < CHILDREN)
		good = one_child(children);
	tap_check(watch_wait(all_freed, children), "what processes have got is freed with them");
	if (!good && watch_stat("rmid_used") >= FEW_MAX)
		tap_skip("every process still gets an RMID", "others have all of them");
	else
		tap_check(good, "every process still gets an RMID: %u of %u", children->given,
			  children->n);
	tap_check(children->given > 0 && !children->not_emulated, "and events say emulated");
	children->freed_by_all = watch_stat("rmid_freed");
	tap_check(watch_wait(none_stays_in_limbo, children), "none stays in limbo");
	tap_note("refused: %" PRIu64 " for now, %" PRIu64 " since all were used; in limbo %" PRIu64,
		 watch_stat("rmid_later"), watch_stat("rmid_never"), watch_stat("rmid_limbo"));
}

/* There is no cache left to look at: they rest for a time only. */
static void after_resctrl(void)
{
	static const struct watch_plan plan = {FEW, "", MC_KINDS_RMID | MC_KIND(MC_RESCTRL_MOUNTED),
					       KIB};
	struct children children = {.n = 0};
	struct watch watch;

	if (!watch_begin(&watch, &plan))
		return;
	children.trace = watch.trace;
	if (tap_check(sim_set("resctrl", "Y") && watch_wait(has_taken_over, &children),
		      "it is mounted, with few RMIDs"))
		numbers_go_on(&children);
	watch_end(&watch);
}

void checks_samples(void)
{
	tap_about("samples");
	data();
	domains();
	states();
	missing_events();
	programmed();
	emulated();
	tap_about("registers");
	restored();
	log_of_writes();
	tap_about("resctrl");
	resctrl_comes();
	after_resctrl();
}
