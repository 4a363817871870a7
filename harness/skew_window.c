// SPDX-License-Identifier: GPL-2.0
/*
 * skew_window.c - what all CPUs did for each of the most recent ticks
 */
#include "skew_window.h"

#include <stdlib.h>
#include <string.h>

int mc_skew_window_init(struct mc_skew_window *window, const struct mc_analysis_config *config,
			const struct interval *interval)
{
	window->tick = calloc(MC_SKEW_WINDOW_TICKS, sizeof(*window->tick));
	if (!window->tick)
		return -1;
	window->config = config;
	window->interval = interval;
	window->oldest = config->k0;
	window->beyond = config->k0;
	mc_distribution_init(&window->skew);
	return 0;
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
	unsigned int n_cpus = window->config->n_cpus;

	if (!at->moments.count)
		return 0;
	if (window->config->on_tick && report(window, tick, at, failure))
		return -1;
	if (at->moments.count == n_cpus && n_cpus > 1)
		mc_distribution_add(&window->skew, at->max - at->min);
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

int mc_skew_window_finish(struct mc_skew_window *window, struct mc_failure *failure)
{
	return settle_before(window, window->beyond, failure);
}
