/* SPDX-License-Identifier: GPL-2.0 */
/*
 * rmid_history.h - the life of every RMID from outside, held against the rules
 *
 * Takes the collector's events and the simulation's audits in the order of time and
 * says where they break what the collector promises. Begins in the middle: an RMID of
 * which nothing was heard yet may be in any state. Audits come no more often than ticks.
 */
#ifndef MEMORY_COLLECTOR_RMID_HISTORY_H
#define MEMORY_COLLECTOR_RMID_HISTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "collector/event.h"

enum mc_rmid_rule {
	MC_RULE_RANGE, /* RMID 0 or one beyond the highest was given out */
	MC_RULE_SHARED, /* given to a process while another one had it */
	MC_RULE_EARLY, /* given out before its minimum free time */
	MC_RULE_GENERATION, /* given out under a number that is not a new one */
	MC_RULE_DOUBLE, /* given to a process that has another one */
	MC_RULE_FREE, /* freed though not in use, or by somebody else */
	MC_RULE_NAME, /* exec by, or a name of, somebody else than the owner */
	MC_RULE_EXISTING, /* a dump says otherwise */
	MC_RULE_SOURCE, /* the figures' origin changed on the way */
	MC_RULE_LEAKED, /* in use at the end by a process that is no more */
	MC_RULE_PQR_FOREIGN, /* a CPU had the RMID of another process, or of nobody */
	MC_RULE_PQR_KERNEL, /* a CPU had an RMID while it ran a kernel thread */
	MC_RULE_PQR_MISSING, /* audit after audit a CPU had none while the process had one */
	MC_RMID_RULES,
};

/**
 * struct mc_rmid_terms - what is promised
 * @max_rmid: highest RMID
 * @min_free_ns: minimum free time
 * @source: enum mc_event_source of every event
 */
struct mc_rmid_terms {
	uint32_t max_rmid;
	uint64_t min_free_ns;
	enum mc_event_source source;
};

/**
 * struct mc_rmid_findings - what was seen
 * @broken: how often each rule was broken
 * @first: in words, the first time of each; empty where there was none
 * @events: events by kind
 * @used: RMIDs in use now
 * @most_used: the most at a time
 * @audits_with_rmid: audits of a CPU that had the RMID of the process it ran
 * @audits_late: audits of a CPU that had none though the process had one, not too many in
 *	a row
 */
struct mc_rmid_findings {
	uint64_t broken[MC_RMID_RULES];
	char first[MC_RMID_RULES][160];
	uint64_t events[MC_EVENT_KINDS];
	uint64_t used, most_used;
	uint64_t audits_with_rmid, audits_late;
};

struct mc_rmid_history;

/* Return: an empty history, or NULL without memory; mc_rmid_history_free() ends it. */
struct mc_rmid_history *mc_rmid_history_new(const struct mc_rmid_terms *terms);
void mc_rmid_history_free(struct mc_rmid_history *history);

/* The next event. Kinds that say nothing about RMIDs are only counted. */
void mc_rmid_history_event(struct mc_rmid_history *history, const struct mc_event *event);

/**
 * mc_rmid_history_end - the end: every owner must be alive
 * @history: history
 * @alive: is there such a process, which has its RMID since then?
 * @data: its argument
 */
void mc_rmid_history_end(struct mc_rmid_history *history,
			 bool (*alive)(void *data, int64_t tgid, uint64_t since_ns), void *data);

/* The name that a process has as the owner of an RMID; NULL where it has none */
const char *mc_rmid_history_name(const struct mc_rmid_history *history, int64_t tgid);

const struct mc_rmid_findings *mc_rmid_history_findings(const struct mc_rmid_history *history);

/* How often any rule was broken */
uint64_t mc_rmid_history_broken(const struct mc_rmid_history *history);

/* What a rule forbids, in a few words */
const char *mc_rmid_rule_name(enum mc_rmid_rule rule);

#endif
