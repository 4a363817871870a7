// SPDX-License-Identifier: GPL-2.0
/*
 * watch.c - see watch.h
 */
#include "watch.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "memory_collector/child.h"
#include "tap.h"

#define SETTLE_MS 100
/* PID_MAX_LIMIT of a 64-bit kernel */
#define TGID_MAX 4194304

char watch_modules[PATH_MAX] = "/modules";
char watch_alpha[PATH_MAX] = "/steps/alpha", watch_beta[PATH_MAX] = "/steps/beta";
char watch_collect[PATH_MAX] = "/usr/bin/collect";

void watch_use_build(const char *build)
{
	snprintf(watch_modules, PATH_MAX, "%s/module", build);
	snprintf(watch_alpha, PATH_MAX, "%s/unit/guest/alpha", build);
	snprintf(watch_beta, PATH_MAX, "%s/unit/guest/beta", build);
	snprintf(watch_collect, PATH_MAX, "%s/harness/collect", build);
}

void watch_sleep_ms(unsigned int ms)
{
	struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

uint64_t watch_stat(const char *name)
{
	struct mc_collector_stats stats;
	struct mc_failure failure;
	uint64_t value = UINT64_MAX;

	if (!mc_collector_stats_read(&stats, &failure))
		mc_collector_stat(&stats, name, &value);
	mc_collector_stats_free(&stats);
	return value;
}

bool watch_wait(bool (*is_so)(void *data), void *data)
{
	int tries;

	for (tries = 0; tries < WATCH_TRIES && !mc_stop_requested(); tries++) {
		if (is_so(data))
			return true;
		watch_sleep_ms(WATCH_STEP_MS);
	}
	return is_so(data);
}

/* Return: UINT64_MAX where one of them does not have it. */
static uint64_t grown(const struct mc_collector_stats *before,
		      const struct mc_collector_stats *after, const char *name)
{
	uint64_t first, second;

	if (!mc_collector_stat(before, name, &first) || !mc_collector_stat(after, name, &second))
		return UINT64_MAX;
	return second - first;
}

bool watch_counted(const struct watch *watch, const char *name, uint64_t seen)
{
	uint64_t least = grown(&watch->begun, &watch->ending, name);
	uint64_t most = grown(&watch->before, &watch->after, name);

	if (most != UINT64_MAX && seen >= least && seen <= most)
		return true;
	tap_note("%s: %" PRIu64 " read, from %" PRIu64 " to %" PRIu64 " counted", name, seen, least,
		 most);
	return false;
}

uint64_t watch_grown(const struct watch *watch, const char *name)
{
	return grown(&watch->before, &watch->after, name);
}

static bool load(const struct watch_plan *plan, struct mc_failure *failure)
{
	char parameters[256];

	snprintf(parameters, sizeof(parameters), "hardware=%s %s",
		 plan->simulation ? "sim" : "emulated", plan->parameters);
	return !mc_collector_load(watch_modules, plan->simulation, parameters, failure);
}

static uint64_t parameter(const char *name)
{
	char path[128];
	uint64_t value = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/module/" MC_COLLECTOR_MODULE "/parameters/%s", name);
	file = fopen(path, "re");
	if (file && fscanf(file, "%" SCNu64, &value) != 1)
		value = 0;
	if (file)
		fclose(file);
	return value;
}

static bool begin(struct watch *watch, const struct watch_plan *plan, struct mc_failure *failure)
{
	struct mc_rmid_terms terms = {
		.source = plan->simulation ? MC_SOURCE_SIMULATED : MC_SOURCE_EMULATED,
	};

	if (!load(plan, failure))
		return false;
	/* What runs already has its RMIDs then, and nothing more comes between. */
	watch_sleep_ms(SETTLE_MS);
	if (mc_collector_stats_read(&watch->before, failure))
		return false;
	terms.max_rmid = watch_stat("rmid_max");
	terms.min_free_ns = parameter("min_free_ns");
	watch->history = mc_rmid_history_new(&terms);
	watch->trace = mc_collector_trace_new(WATCH_INSTANCE, plan->kinds, plan->kib, failure);
	return watch->history && watch->trace && !mc_collector_stats_read(&watch->begun, failure);
}

bool watch_begin(struct watch *watch, const struct watch_plan *plan)
{
	struct mc_failure failure = {.text = "out of memory"};

	*watch = (struct watch){.kinds = plan->kinds, .lost = -1};
	/* Who has asked to stop is told so at the end, once. */
	if (mc_stop_requested())
		return false;
	if (begin(watch, plan, &failure))
		return true;
	tap_check(false, "loaded and recording: %s", failure.text);
	watch_end(watch);
	return false;
}

static void take(void *data, const struct mc_event *event)
{
	struct watch *watch = data;

	mc_rmid_history_event(watch->history, event);
	if (watch->also)
		watch->also(watch->also_data, event);
}

/* ---- who is there ---- */

/* A bit for each process that there was when somebody last looked, and when that was */
static struct {
	unsigned char bits[TGID_MAX / 8 + 1];
	uint64_t looked_ns;
} living;

static void look_who_lives(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	living.looked_ns = mc_now_ns();
	memset(living.bits, 0, sizeof(living.bits));
	while (proc && (entry = readdir(proc))) {
		unsigned long tgid = strtoul(entry->d_name, NULL, 10);

		if (tgid <= TGID_MAX)
			living.bits[tgid / 8] |= 1U << tgid % 8;
	}
	if (proc)
		closedir(proc);
}

/* Who has got an RMID since may have gone since, too. */
static bool alive(void *data, int64_t tgid, uint64_t since_ns)
{
	return since_ns >= living.looked_ns || living.bits[tgid / 8] & 1U << tgid % 8;
}

/* Whose process is no more, has been switched out for the last time then. */
static void let_the_dead_go(void)
{
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		watch_sleep_ms(SETTLE_MS);
	watch_sleep_ms(SETTLE_MS);
}

/* ---- the end ---- */

bool watch_stop(struct watch *watch, struct mc_failure *failure)
{
	look_who_lives();
	let_the_dead_go();
	if (mc_collector_command("dump\n", 5)) {
		mc_fail(failure, MC_EXIT_INVALID, "dump is refused");
		return false;
	}
	if (mc_collector_stats_read(&watch->ending, failure) ||
	    mc_collector_trace_stop(watch->trace, failure) ||
	    mc_collector_stats_read(&watch->after, failure) ||
	    mc_collector_trace_read(watch->trace, take, watch, failure))
		return false;
	watch->lost = mc_collector_trace_lost(watch->trace, failure);
	return watch->lost >= 0;
}

void watch_note_broken(const struct watch *watch)
{
	const struct mc_rmid_findings *findings = mc_rmid_history_findings(watch->history);
	int rule;

	for (rule = 0; rule < MC_RMID_RULES; rule++) {
		if (findings->broken[rule])
			tap_note("%s: broken %" PRIu64 " times, first %s", mc_rmid_rule_name(rule),
				 findings->broken[rule], findings->first[rule]);
	}
	if (watch->lost)
		tap_note("%" PRId64 " events lost", watch->lost);
}

static void judge_rules(const struct watch *watch)
{
	const struct mc_rmid_findings *findings = mc_rmid_history_findings(watch->history);
	int rule;

	for (rule = 0; rule < MC_RMID_RULES; rule++) {
		/* Without audits there is nothing to judge it by. */
		if (rule >= MC_RULE_PQR_FOREIGN && !(watch->kinds & MC_KIND(MC_PQR_AUDIT)))
			continue;
		tap_check(!findings->broken[rule], "%s", mc_rmid_rule_name(rule));
		if (findings->broken[rule])
			tap_note("%" PRIu64 " times, first %s", findings->broken[rule],
				 findings->first[rule]);
	}
}

/*
 * Two accounts of the same: what the kernel has counted, and what was read. Counters are read
 * on both sides of the moments at which recording begins and ends; where nobody else comes or
 * goes, least and most are one number.
 */
static void judge_between(const char *what, uint64_t least, uint64_t most, uint64_t seen)
{
	if (!tap_check(most != UINT64_MAX && seen >= least && seen <= most,
		       "%s: as many as the kernel has counted", what))
		tap_note("%" PRIu64 " read, from %" PRIu64 " to %" PRIu64 " counted", seen, least,
			 most);
}

static void judge_count(const struct watch *watch, const char *what, const char *name,
			uint64_t seen)
{
	judge_between(what, grown(&watch->begun, &watch->ending, name), watch_grown(watch, name),
		      seen);
}

static void judge_used(const struct watch *watch, uint64_t seen)
{
	uint64_t used = UINT64_MAX, freed = grown(&watch->ending, &watch->after, "rmid_freed");

	mc_collector_stat(&watch->ending, "rmid_used", &used);
	judge_between("RMIDs in use", used > freed ? used - freed : 0,
		      used + grown(&watch->ending, &watch->after, "rmid_granted"), seen);
}

void watch_judge(struct watch *watch)
{
	struct mc_failure failure;
	const struct mc_rmid_findings *findings = mc_rmid_history_findings(watch->history);

	if (!watch_stop(watch, &failure)) {
		tap_check(false, "recorded and read: %s", failure.text);
		return;
	}
	mc_rmid_history_end(watch->history, alive, NULL);
	tap_note("%" PRIu64 " RMIDs given, %" PRIu64 " freed, %" PRIu64
		 " execs, most at a time %" PRIu64 ", %" PRIu64 " times refused; %" PRIu64
		 " audits, %" PRIu64 " with the process's RMID, %" PRIu64 " not yet",
		 findings->events[MC_RMID_ALLOC], findings->events[MC_RMID_FREE],
		 findings->events[MC_RMID_EXEC], findings->most_used,
		 watch_grown(watch, "processes_refused"), findings->events[MC_PQR_AUDIT],
		 findings->audits_with_rmid, findings->audits_late);
	tap_check(!watch->lost, "no event is lost (%" PRId64 ")", watch->lost);
	judge_rules(watch);
	if (watch->kinds & MC_KIND(MC_PQR_AUDIT))
		tap_check(findings->audits_with_rmid > 0,
			  "CPUs were seen with the RMID of what they run");
	judge_count(watch, "RMIDs given", "rmid_granted", findings->events[MC_RMID_ALLOC]);
	judge_count(watch, "RMIDs freed", "rmid_freed", findings->events[MC_RMID_FREE]);
	judge_used(watch, findings->used);
	tap_check(!watch_grown(watch, "rmid_refused_frees"), "nobody frees what is not its own");
}

bool watch_end_quietly(struct watch *watch)
{
	struct mc_failure failure;

	mc_collector_trace_free(watch->trace);
	mc_collector_stats_free(&watch->before);
	mc_collector_stats_free(&watch->begun);
	mc_collector_stats_free(&watch->ending);
	mc_collector_stats_free(&watch->after);
	mc_rmid_history_free(watch->history);
	*watch = (struct watch){.lost = -1};
	if (!mc_collector_unload(&failure))
		return true;
	tap_check(false, "unloaded: %s", failure.text);
	return false;
}

bool watch_end(struct watch *watch)
{
	return watch_end_quietly(watch) && tap_check(true, "unloaded");
}
