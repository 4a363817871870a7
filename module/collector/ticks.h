/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ticks.h - what the collector does on every CPU at every boundary, and that it did
 */
#ifndef MEMORY_COLLECTOR_TICKS_H
#define MEMORY_COLLECTOR_TICKS_H

#include <linux/types.h>

#include "collector/processes.h"
#include "collector/rdt.h"
#include "collector/rmid_allocator.h"
#include "collector/sampler.h"
#include "timer/sync_timer.h"

/**
 * struct ticks_users - who is called
 * @rdt: open
 * @allocator: initialised
 * @processes: created
 * @sampler: created, or NULL where there are no counters
 */
struct ticks_users {
	struct rdt *rdt;
	struct rmid_allocator *allocator;
	struct processes *processes;
	struct sampler *sampler;
};

/**
 * struct ticks_status - the boundaries of one CPU's online time
 * @started: a tick was for them
 * @missed: had passed when a late tick started, or when the CPU left
 * @lost: neither of the two, which the timer rules out: expected to stay 0
 */
struct ticks_status {
	u64 started;
	u64 missed;
	u64 lost;
};

/**
 * ticks_start - CPUs join, now and as they come online, and tick
 * @users: copied
 * @interval_ns: INTERVAL_MIN_NS to INTERVAL_MAX_NS
 * @wanted: phase and lead; joined and left are this file's
 *
 * Context: process, may sleep.
 * Return: 0, or as sync_timer_init(); on error nothing ticks.
 */
int ticks_start(const struct ticks_users *users, u64 interval_ns,
		const struct sync_timer_options *wanted);

/**
 * ticks_stop - all CPUs leave; no tick runs any more when this returns
 *
 * Context: process, may sleep; after ticks_start(), whether it succeeded or not.
 */
void ticks_stop(void);

/** ticks_lead - the lead as it has come to be; after ticks_start() succeeded */
const struct lead_policy *ticks_lead(void);

/** ticks_status - of CPU @number; any context */
struct ticks_status ticks_status(unsigned int number);

#endif
