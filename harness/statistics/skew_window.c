// SPDX-License-Identifier: GPL-2.0
/*
 * skew_window.c - what all CPUs did for each of the most recent ticks
 */
#include "statistics/skew_window.h"

#include <stdlib.h>
#include <string.h>

/* How far beyond a CPU's last tick those that it missed are marked: a stall of 4 s at 1 ms */
#define MARKS_MAX 4096

int mc_skew_window_init(struct mc_skew_window *window, const struct mc_analysis_config *config,
			const struct interval *interval)
{
	window->tick = calloc(MC_SKEW_WINDOW_TICKS, sizeof(*window->tick));
	if (!window->tick)
		return -1;
	window->config = config;
	window->interval = interval;
	mc_distribution_init(&window->skew);
	mc_distribution_init(&window->partial);
	mc_skew_window_begin(window, config->k0);
	return 0;
}

void mc_skew_window_begin(struct mc_skew_window *window, uint64_t k0)
{
	window->oldest = k0;
	window->beyond = k0;
}

void mc_skew_window_end(struct mc_skew_window *window)
{
	free(window->tick);
	window->tick = NULL;
}

static int report(const struct mc_skew_window *window, uint64_t tick, const struct mc_skew_tick *at,
		  struct mc_failure *failure)
{
	const struct mc_analysis_config *config = window->config;
	unsigned int samples = (unsigned int)at->moments.count;
	struct mc_tick_summary summary = {
		.timestamp_ns = (int64_t)interval_boundary(window->interval, tick) + at->min,
		.tick = tick,
		.min_delay = at->min,
		.max_delay = at->max,
		.mean_delay = mc_moments_mean(&at->moments),
		.stddev = mc_moments_stddev(&at->moments),
		.samples = samples,
		.missing = config->n_cpus - samples,
	};

	return config->on_tick(config->on_tick_data, &summary, failure);
}

/* Settle a tick and empty its place. */
static int settle(struct mc_skew_window *window, uint64_t tick, struct mc_failure *failure)
{
	struct mc_skew_tick *at = &window->tick[tick % MC_SKEW_WINDOW_TICKS];
	uint64_t started = at->moments.count;

	if (!started && !at->missed)
		return 0;
	if (started && window->config->on_tick && report(window, tick, at, failure))
		return -1;
	if (at->missed)
		window->uneven += started + at->missed > 1;
	else if (started > 1 && started == window->config->n_cpus)
		mc_distribution_add(&window->skew, at->max - at->min);
	else if (started > 1)
		mc_distribution_add(&window->partial, at->max - at->min);
	memset(at, 0, sizeof(*at));
	return 0;
}

/* Settle all ticks before one. Those from beyond on have no sample, however many they are. */
static int settle_before(struct mc_skew_window *window, uint64_t end, struct mc_failure *failure)
{
	while (window->oldest < end && window->oldest < window->beyond) {
		if (settle(window, window->oldest, failure))
			return -1;
		window->oldest++;
	}
	if (window->oldest < end)
		window->oldest = end;
	return 0;
}

int mc_skew_window_reach(struct mc_skew_window *window, uint64_t tick, struct mc_failure *failure)
{
	return settle_before(window, tick - MC_SKEW_WINDOW_TICKS + 1, failure);
}

int mc_skew_window_miss(struct mc_skew_window *window, uint64_t from, uint64_t to,
			struct mc_failure *failure)
{
	if (from < window->oldest)
		from = window->oldest;
	/* More would push ticks out of the ring that other CPUs have yet to be read for. */
	if (from < to && to - from > MARKS_MAX) {
		window->unmarked = true;
		to = from + MARKS_MAX;
	}
	for (; from < to; from++) {
		if (mc_skew_window_place(window, from, failure))
			return -1;
		window->tick[from % MC_SKEW_WINDOW_TICKS].missed++;
	}
	return 0;
}

int mc_skew_window_finish(struct mc_skew_window *window, struct mc_failure *failure)
{
	return settle_before(window, window->beyond, failure);
}
