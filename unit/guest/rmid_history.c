// SPDX-License-Identifier: GPL-2.0
/*
 * rmid_history.c - one state per RMID, and which process has which
 */
#include "rmid_history.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* PID_MAX_LIMIT of a 64-bit kernel */
#define TGID_MAX 4194304
/* PQR_ASSOC: the CLOSID is in the upper half */
#define PQR_RMID(value) ((value)&0xffffffff)

/*
 * A CPU gets the RMID of what it runs at the next tick at the latest, and between two audits
 * there is one, whose timer is of the same CPU and as late as that of the audits: at this
 * audit in a row it has been there for sure.
 */
#define AUDITS_LATE 3
/* CPUs beyond share what is known of them. */
#define CPUS 8192

enum state { UNKNOWN, FREE, USED };

/* Audits in a row of one CPU that found it without the RMID of the same process */
struct without {
	int64_t tgid;
	uint32_t rmid;
	uint64_t generation;
	unsigned int audits;
};

struct rmid {
	enum state state;
	char comm[MC_COMM_LENGTH];
	int64_t tgid;
	uint64_t generation, freed_ns;
	uint64_t since_ns; /* of the owner, by the trace's clock */
};

struct mc_rmid_history {
	struct mc_rmid_terms terms;
	struct mc_rmid_findings findings;
	struct rmid *rmid; /* [max_rmid + 1] */
	uint32_t *rmid_of; /* [tgids] 0: none */
	struct without *without; /* [CPUS] */
};

struct mc_rmid_history *mc_rmid_history_new(const struct mc_rmid_terms *terms)
{
	struct mc_rmid_history *history = calloc(1, sizeof(*history));

	if (!history)
		return NULL;
	history->terms = *terms;
	history->rmid = calloc((size_t)terms->max_rmid + 1, sizeof(*history->rmid));
	/* Touched only where there are processes */
	history->rmid_of = calloc(TGID_MAX + 1, sizeof(*history->rmid_of));
	history->without = calloc(CPUS, sizeof(*history->without));
	if (history->rmid && history->rmid_of && history->without)
		return history;
	mc_rmid_history_free(history);
	return NULL;
}

void mc_rmid_history_free(struct mc_rmid_history *history)
{
	if (!history)
		return;
	free(history->rmid);
	free(history->rmid_of);
	free(history->without);
	free(history);
}

__attribute__((format(printf, 4, 5))) static void broken(struct mc_rmid_history *history,
							 enum mc_rmid_rule rule,
							 const struct mc_event *event,
							 const char *format, ...)
{
	char *text = history->findings.first[rule];
	size_t size = sizeof(history->findings.first[rule]);
	va_list args;
	int used;

	if (history->findings.broken[rule]++)
		return;
	used = snprintf(text, size,
			"at %" PRIu64 ".%06" PRIu64 " ms, CPU %u: ", event->time_ns / 1000000,
			event->time_ns % 1000000, event->cpu);
	va_start(args, format);
	vsnprintf(text + used, size - used, format, args);
	va_end(args);
}

static uint32_t rmid_of(const struct mc_rmid_history *history, int64_t tgid)
{
	return tgid > 0 && tgid <= TGID_MAX ? history->rmid_of[tgid] : 0;
}

static void set_rmid_of(struct mc_rmid_history *history, int64_t tgid, uint32_t rmid)
{
	if (tgid > 0 && tgid <= TGID_MAX)
		history->rmid_of[tgid] = rmid;
}

/* ---- owners ---- */

static void take(struct mc_rmid_history *history, struct rmid *rmid, const struct mc_event *event)
{
	struct mc_rmid_findings *findings = &history->findings;

	if (rmid->state != USED && ++findings->used > findings->most_used)
		findings->most_used = findings->used;
	if (rmid->state == USED && rmid_of(history, rmid->tgid) == event->rmid)
		set_rmid_of(history, rmid->tgid, 0);
	rmid->state = USED;
	rmid->tgid = event->tgid;
	rmid->generation = event->generation;
	rmid->since_ns = event->time_ns;
	memcpy(rmid->comm, event->comm, sizeof(rmid->comm));
	set_rmid_of(history, event->tgid, event->rmid);
}

static void on_alloc(struct mc_rmid_history *history, struct rmid *rmid,
		     const struct mc_event *event)
{
	if (rmid->state == USED)
		broken(history, MC_RULE_SHARED, event,
		       "RMID %" PRIu64 " given to process %" PRId64 ", but process %" PRId64
		       " has it",
		       event->rmid, event->tgid, rmid->tgid);
	if (rmid->state == FREE && event->given_ns < rmid->freed_ns + history->terms.min_free_ns)
		broken(history, MC_RULE_EARLY, event,
		       "RMID %" PRIu64 " given out %" PRId64 " ns after it was freed", event->rmid,
		       (int64_t)(event->given_ns - rmid->freed_ns));
	if (!event->generation || (rmid->state != UNKNOWN && event->generation == rmid->generation))
		broken(history, MC_RULE_GENERATION, event,
		       "RMID %" PRIu64 " given out under generation %" PRIu64 " again", event->rmid,
		       event->generation);
	if (rmid_of(history, event->tgid) && rmid_of(history, event->tgid) != event->rmid)
		broken(history, MC_RULE_DOUBLE, event,
		       "process %" PRId64 " got RMID %" PRIu64 " and has %u", event->tgid,
		       event->rmid, rmid_of(history, event->tgid));
	take(history, rmid, event);
}

static bool is_owner(const struct rmid *rmid, const struct mc_event *event)
{
	return rmid->state == USED && rmid->tgid == event->tgid &&
	       rmid->generation == event->generation;
}

static void on_free(struct mc_rmid_history *history, struct rmid *rmid,
		    const struct mc_event *event)
{
	if (rmid->state != UNKNOWN && !is_owner(rmid, event))
		broken(history, MC_RULE_FREE, event,
		       "RMID %" PRIu64 " freed by process %" PRId64 ", but %s is process %" PRId64,
		       event->rmid, event->tgid,
		       rmid->state == USED ? "its owner" : "nobody has it, the last owner",
		       rmid->tgid);
	else if (rmid->state == USED && strcmp(rmid->comm, event->comm))
		broken(history, MC_RULE_NAME, event,
		       "process %" PRId64 " was %s, and is %s without an exec", event->tgid,
		       rmid->comm, event->comm);
	if (rmid->state == USED) {
		history->findings.used--;
		if (rmid_of(history, rmid->tgid) == event->rmid)
			set_rmid_of(history, rmid->tgid, 0);
	}
	rmid->state = FREE;
	rmid->tgid = event->tgid;
	rmid->generation = event->generation;
	rmid->freed_ns = event->freed_ns;
}

static void on_exec(struct mc_rmid_history *history, struct rmid *rmid,
		    const struct mc_event *event)
{
	if (rmid->state == UNKNOWN) {
		take(history, rmid, event);
		return;
	}
	if (!is_owner(rmid, event)) {
		broken(history, MC_RULE_NAME, event,
		       "process %" PRId64 " called exec with RMID %" PRIu64
		       ", which is not its own",
		       event->tgid, event->rmid);
		return;
	}
	memcpy(rmid->comm, event->comm, sizeof(rmid->comm));
}

static void on_existing(struct mc_rmid_history *history, struct rmid *rmid,
			const struct mc_event *event)
{
	if (rmid->state == UNKNOWN)
		take(history, rmid, event);
	else if (!is_owner(rmid, event) || strcmp(rmid->comm, event->comm))
		broken(history, MC_RULE_EXISTING, event,
		       "dump: RMID %" PRIu64 " is of process %" PRId64 " (%s), but it is %s "
		       "process %" PRId64 " (%s)",
		       event->rmid, event->tgid, event->comm,
		       rmid->state == USED ? "of" : "free, last of", rmid->tgid, rmid->comm);
}

static void on_change(struct mc_rmid_history *history, const struct mc_event *event)
{
	static void (*const on[])(struct mc_rmid_history * history, struct rmid * rmid,
				  const struct mc_event *event) = {
		[MC_RMID_ALLOC] = on_alloc,
		[MC_RMID_FREE] = on_free,
		[MC_RMID_EXEC] = on_exec,
		[MC_RMID_EXISTING] = on_existing,
	};

	if (event->source != history->terms.source)
		broken(history, MC_RULE_SOURCE, event, "source %" PRIu64 ", not %u", event->source,
		       history->terms.source);
	if (!event->rmid || event->rmid > history->terms.max_rmid) {
		broken(history, MC_RULE_RANGE, event,
		       "RMID %" PRIu64 " of process %" PRId64 " is not from 1 to %u", event->rmid,
		       event->tgid, history->terms.max_rmid);
		return;
	}
	on[event->kind](history, &history->rmid[event->rmid], event);
}

/* ---- audits ---- */

/* Return: whether @event, of a CPU without RMID, is one of a process that has one. */
static bool is_without(const struct mc_rmid_history *history, const struct mc_event *event)
{
	return rmid_of(history, event->tgid) && !event->kernel_thread && !event->exiting;
}

static void on_audit_of_none(struct mc_rmid_history *history, const struct mc_event *event,
			     struct without *without)
{
	uint32_t own = rmid_of(history, event->tgid);
	const struct rmid *rmid = &history->rmid[own];

	if (without->tgid != event->tgid || without->rmid != own ||
	    without->generation != rmid->generation)
		*without = (struct without){event->tgid, own, rmid->generation, 0};
	if (++without->audits >= AUDITS_LATE)
		broken(history, MC_RULE_PQR_MISSING, event,
		       "no RMID at audit %u in a row of process %" PRId64 ", which has %u for "
		       "%" PRIu64 " us",
		       without->audits, event->tgid, own, (event->time_ns - rmid->since_ns) / 1000);
	else
		history->findings.audits_late++;
}

static void on_audit(struct mc_rmid_history *history, const struct mc_event *event)
{
	struct without *without = &history->without[event->cpu % CPUS];
	uint64_t value = PQR_RMID(event->value);
	const struct rmid *rmid;

	if (!value && is_without(history, event)) {
		on_audit_of_none(history, event, without);
		return;
	}
	without->audits = 0;
	if (!value)
		return;
	if (event->kernel_thread) {
		broken(history, MC_RULE_PQR_KERNEL, event,
		       "RMID %" PRIu64 " while kernel thread %" PRId64 " runs", value, event->pid);
		return;
	}
	if (value > history->terms.max_rmid) {
		broken(history, MC_RULE_PQR_FOREIGN, event, "there is no RMID %" PRIu64, value);
		return;
	}
	rmid = &history->rmid[value];
	if (rmid->state == USED && rmid->tgid == event->tgid)
		history->findings.audits_with_rmid++;
	else if (rmid->state == USED || (rmid->state == FREE && !event->exiting))
		broken(history, MC_RULE_PQR_FOREIGN, event,
		       "RMID %" PRIu64 " while process %" PRId64 " runs, but it is %s process "
		       "%" PRId64,
		       value, event->tgid, rmid->state == USED ? "of" : "free, last of",
		       rmid->tgid);
}

/* ---- all of it ---- */

void mc_rmid_history_event(struct mc_rmid_history *history, const struct mc_event *event)
{
	history->findings.events[event->kind]++;
	switch (event->kind) {
	case MC_RMID_ALLOC:
	case MC_RMID_FREE:
	case MC_RMID_EXEC:
	case MC_RMID_EXISTING:
		on_change(history, event);
		break;
	case MC_PQR_AUDIT:
		on_audit(history, event);
		break;
	default:
		break;
	}
}

void mc_rmid_history_end(struct mc_rmid_history *history,
			 bool (*alive)(void *data, int64_t tgid, uint64_t since_ns), void *data)
{
	uint32_t i;

	for (i = 1; i <= history->terms.max_rmid; i++) {
		const struct rmid *rmid = &history->rmid[i];
		struct mc_event last = {.time_ns = rmid->since_ns};

		if (rmid->state == USED && !alive(data, rmid->tgid, rmid->since_ns))
			broken(history, MC_RULE_LEAKED, &last,
			       "RMID %u given to process %" PRId64 " (%s), which is no more", i,
			       rmid->tgid, rmid->comm);
	}
}

const char *mc_rmid_history_name(const struct mc_rmid_history *history, int64_t tgid)
{
	uint32_t rmid = rmid_of(history, tgid);

	return rmid ? history->rmid[rmid].comm : NULL;
}

const struct mc_rmid_findings *mc_rmid_history_findings(const struct mc_rmid_history *history)
{
	return &history->findings;
}

uint64_t mc_rmid_history_broken(const struct mc_rmid_history *history)
{
	uint64_t sum = 0;
	int rule;

	for (rule = 0; rule < MC_RMID_RULES; rule++)
		sum += history->findings.broken[rule];
	return sum;
}

const char *mc_rmid_rule_name(enum mc_rmid_rule rule)
{
	static const char *const names[] = {
		[MC_RULE_RANGE] = "only RMIDs that there are",
		[MC_RULE_SHARED] = "no RMID is shared by two processes",
		[MC_RULE_EARLY] = "none is given out before its minimum free time",
		[MC_RULE_GENERATION] = "every owner has a generation of its own",
		[MC_RULE_DOUBLE] = "no process has two RMIDs",
		[MC_RULE_FREE] = "only the owner frees, and once",
		[MC_RULE_NAME] = "names are those of the owner",
		[MC_RULE_EXISTING] = "dumps say what the changes say",
		[MC_RULE_SOURCE] = "every event says where it is from",
		[MC_RULE_LEAKED] = "none is leaked",
		[MC_RULE_PQR_FOREIGN] = "no CPU has the RMID of another process",
		[MC_RULE_PQR_KERNEL] = "no kernel thread runs with an RMID",
		[MC_RULE_PQR_MISSING] = "a process that has an RMID runs with it",
	};

	return names[rule];
}
