/* SPDX-License-Identifier: GPL-2.0 */
/*
 * skew_window.h - what all CPUs did for each of the most recent ticks
 *
 * CPUs are read one after the other, so a tick is complete only some time
 * after its first sample. A ring of recent ticks waits for the others; a tick
 * is settled when a newer one needs its place, or at the end. A sample for a
 * tick that is settled already comes too late: the tick stays incomplete.
 *
 * Where a CPU was offline for a part of the window, a tick is complete without it.
 * That is known only at the end, so ticks that no CPU missed but not all started are
 * kept apart until then.
 */
#ifndef MC_SKEW_WINDOW_H
#define MC_SKEW_WINDOW_H

#include "core/interval.h"
#include "memory_collector/analysis.h"
#include "statistics/distribution.h"

/* Ticks that are waited for: a minute at 1 ms */
#define MC_SKEW_WINDOW_TICKS 65536

/* One tick: deltas of the CPUs that were read so far */
struct mc_skew_tick {
	int64_t min, max;
	struct mc_moments moments;
	uint64_t missed; /* CPUs that have passed it without starting it */
};

/**
 * struct mc_skew_window - the ring
 * @tick: [MC_SKEW_WINDOW_TICKS], tick k at k modulo that
 * @oldest: first tick that is not settled
 * @beyond: first tick for which there was no sample and of no later one
 * @config: for the window, the number of CPUs, and on_tick()
 * @interval: grid
 * @skew: of the ticks that were read on all CPUs; empty with a single CPU
 * @partial: of those that were read on some CPUs, at least two, and missed on none
 * @uneven: ticks that some CPUs missed, if they and those that started it are two or more
 * @unmarked: a CPU passed more ticks at once than are marked
 */
struct mc_skew_window {
	struct mc_skew_tick *tick;
	uint64_t oldest, beyond;
	const struct mc_analysis_config *config;
	const struct interval *interval;
	struct mc_distribution skew, partial;
	uint64_t uneven;
	bool unmarked;
};

/* @config and @interval must stay. Return: 0, or -1 without memory. */
int mc_skew_window_init(struct mc_skew_window *window, const struct mc_analysis_config *config,
			const struct interval *interval);
void mc_skew_window_end(struct mc_skew_window *window);

/* Go on with another window, after mc_skew_window_finish(). */
void mc_skew_window_begin(struct mc_skew_window *window, uint64_t k0);

/* Settle the oldest ticks until one has a place. Return: 0, or -1 where on_tick() failed. */
int mc_skew_window_reach(struct mc_skew_window *window, uint64_t tick, struct mc_failure *failure);

/* Give a tick that is not settled its place. Return: 0, or -1 where on_tick() failed. */
static inline int mc_skew_window_place(struct mc_skew_window *window, uint64_t tick,
				       struct mc_failure *failure)
{
	if (tick < window->beyond)
		return 0;
	if (tick - window->oldest >= MC_SKEW_WINDOW_TICKS &&
	    mc_skew_window_reach(window, tick, failure))
		return -1;
	window->beyond = tick + 1;
	return 0;
}

/* Add the delta of one CPU for a tick of [k0, k1). Inline: called for every sample. */
static inline int mc_skew_window_add(struct mc_skew_window *window, uint64_t tick, int64_t delta_ns,
				     struct mc_failure *failure)
{
	struct mc_skew_tick *at = &window->tick[tick % MC_SKEW_WINDOW_TICKS];

	if (tick < window->oldest)
		return 0;
	if (mc_skew_window_place(window, tick, failure))
		return -1;
	if (!at->moments.count) {
		at->min = delta_ns;
		at->max = delta_ns;
	} else if (delta_ns < at->min) {
		at->min = delta_ns;
	} else if (delta_ns > at->max) {
		at->max = delta_ns;
	}
	mc_moments_add(&at->moments, delta_ns);
	return 0;
}

/**
 * mc_skew_window_miss - one CPU has passed ticks without starting them
 * @window: state
 * @from: first of the ticks, in [k0, k1)
 * @to: first tick after them
 * @failure: filled on error
 *
 * Return: 0, or -1 where on_tick() failed.
 */
int mc_skew_window_miss(struct mc_skew_window *window, uint64_t from, uint64_t to,
			struct mc_failure *failure);

/* Settle all ticks. Return: 0, or -1 where on_tick() failed. */
int mc_skew_window_finish(struct mc_skew_window *window, struct mc_failure *failure);

#endif
