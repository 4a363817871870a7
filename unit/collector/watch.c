// SPDX-License-Identifier: GPL-2.0
/*
 * watch.c - see watch.h
 */
#include "watch.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tap.h"

#define INSTANCE "memory_collector_test"
#define SETTLE_MS 100

char watch_modules[PATH_MAX] = "/modules";
char watch_alpha[PATH_MAX] = "/steps/alpha", watch_beta[PATH_MAX] = "/steps/beta";
char watch_collect[PATH_MAX] = "/usr/bin/collect";

void watch_use_build(const char *build)
{
	snprintf(watch_modules, PATH_MAX, "%s/module", build);
	snprintf(watch_alpha, PATH_MAX, "%s/unit/collector/alpha", build);
	snprintf(watch_beta, PATH_MAX, "%s/unit/collector/beta", build);
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

uint64_t watch_grown(const struct watch *watch, const char *name)
{
	uint64_t before, after;

	if (!mc_collector_stat(&watch->before, name, &before) ||
	    !mc_collector_stat(&watch->after, name, &after))
		return UINT64_MAX;
	return after - before;
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
	watch->trace = mc_collector_trace_new(INSTANCE, plan->kinds, plan->kib, failure);
	return watch->history && watch->trace;
}

bool watch_begin(struct watch *watch, const struct watch_plan *plan)
{
	struct mc_failure failure = {.text = "out of memory"};

	*watch = (struct watch){.kinds = plan->kinds, .lost = -1};
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

static bool alive(void *data, int64_t tgid)
{
	return !kill(tgid, 0) || errno == EPERM;
}

bool watch_stop(struct watch *watch, struct mc_failure *failure)
{
	/* The last of them may still be on their way out. */
	watch_sleep_ms(SETTLE_MS);
	if (mc_collector_command("dump\n", 5)) {
		mc_fail(failure, MC_EXIT_INVALID, "dump is refused");
		return false;
	}
	if (mc_collector_trace_stop(watch->trace, failure) ||
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

/* Two accounts of the same: what the kernel has counted, and what was read */
static void judge_count(const char *what, uint64_t kernel, uint64_t seen)
{
	if (!tap_check(kernel == seen, "%s: as many as the kernel has counted", what))
		tap_note("%" PRIu64 " read, %" PRIu64 " counted", seen, kernel);
}

void watch_judge(struct watch *watch)
{
	struct mc_failure failure;
	const struct mc_rmid_findings *findings = mc_rmid_history_findings(watch->history);
	uint64_t used = UINT64_MAX;

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
	mc_collector_stat(&watch->after, "rmid_used", &used);
	judge_count("RMIDs given", watch_grown(watch, "rmid_granted"),
		    findings->events[MC_RMID_ALLOC]);
	judge_count("RMIDs freed", watch_grown(watch, "rmid_freed"),
		    findings->events[MC_RMID_FREE]);
	judge_count("RMIDs in use", used, findings->used);
	tap_check(!watch_grown(watch, "rmid_refused_frees"), "nobody frees what is not its own");
}

bool watch_end_quietly(struct watch *watch)
{
	struct mc_failure failure;

	mc_collector_trace_free(watch->trace);
	mc_collector_stats_free(&watch->before);
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
