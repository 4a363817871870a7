/* SPDX-License-Identifier: GPL-2.0 */
/*
 * watch.h - the collector loaded and watched while something happens, then judged
 */
#ifndef MEMORY_COLLECTOR_UNIT_WATCH_H
#define MEMORY_COLLECTOR_UNIT_WATCH_H

#include "collector/module.h"
#include "collector/trace.h"
#include "rmid_history.h"

/* The trace instances that are made here, so that a later run knows what a killed one left */
#define WATCH_INSTANCE "memory_collector_test"
#define WATCH_SECOND_INSTANCE "memory_collector_second"
#define WATCH_OTHER_INSTANCE "memory_collector_other"

/* Where things are: the modules' folder, the programs of step.c, and collect */
extern char watch_modules[], watch_alpha[], watch_beta[], watch_collect[];

/* Take them from a build folder, not from where the guest has them. */
void watch_use_build(const char *build);

/**
 * struct watch_plan - how to load and what to record
 * @simulation: parameters of rdt_sim; NULL: RMIDs are emulated
 * @parameters: of the collector, besides hardware=
 * @kinds: events to record
 * @kib: size of each CPU's buffer
 */
struct watch_plan {
	const char *simulation, *parameters;
	unsigned int kinds, kib;
};

/**
 * struct watch - while it is loaded
 * @kinds: events recorded
 * @trace: of them
 * @before: counters before recording begins
 * @begun: and behind its beginning
 * @ending: before it ends
 * @after: and behind its end
 * @history: made of the events, by watch_judge()
 * @also: gets the events, too; may be NULL
 * @also_data: its argument
 * @lost: events
 */
struct watch {
	unsigned int kinds;
	struct mc_collector_trace *trace;
	struct mc_collector_stats before, begun, ending, after;
	struct mc_rmid_history *history;
	void (*also)(void *data, const struct mc_event *event);
	void *also_data;
	int64_t lost;
};

/* Load and record. Return: false where that failed, and a check says so. */
bool watch_begin(struct watch *watch, const struct watch_plan *plan);

/**
 * watch_judge - stop recording, and check all that was recorded
 * @watch: watch
 *
 * The processes that were started must be gone; others may come and go. A check for every
 * rule of rmid_history.h, for events lost, and for each counter that must agree.
 */
void watch_judge(struct watch *watch);

/* The parts of watch_judge() that hold while others go on: stop, read, broken rules. */
bool watch_stop(struct watch *watch, struct mc_failure *failure);
void watch_note_broken(const struct watch *watch);

/* Unload, and forget. Return: whether it could be unloaded, which is a check. */
bool watch_end(struct watch *watch);
/* Likewise, but no check where it went well */
bool watch_end_quietly(struct watch *watch);

/* A counter now, or how much one has grown between before and after */
uint64_t watch_stat(const char *name);
uint64_t watch_grown(const struct watch *watch, const char *name);

/* Is what was read as much as a counter has grown by while it was recorded? Else noted. */
bool watch_counted(const struct watch *watch, const char *name, uint64_t seen);

void watch_sleep_ms(unsigned int ms);

#define WATCH_STEP_MS 100
#define WATCH_TRIES 600

/* Look again and again, for a minute at most, or until asked to stop. Return: it is so. */
bool watch_wait(bool (*is_so)(void *data), void *data);

#endif
