// SPDX-License-Identifier: GPL-2.0
/*
 * guest_ticks.c - a tick: of an empty timer, of a sync_timer, and of the benchmark
 *
 * Figures: tick_empty, tick_sync, and tick_sample, which is the benchmark's tick with
 * its event written to a ring buffer.
 */
#include <stdio.h>

#include "guest.h"

#define INTERVAL_NS 1000000
#define TICKS 200

static void measure_timer(const char *timer, const char *figure)
{
	char options[64];

	snprintf(options, sizeof(options), "timer=%s interval_ns=%d", timer, INTERVAL_NS);
	guest_load("timer_cost_module", options);
	guest_figure(figure, guest_tick_cost(INTERVAL_NS, TICKS));
	guest_unload("timer_cost_module");
}

static void measure_sample(void)
{
	char options[64];

	snprintf(options, sizeof(options), "interval_ns=%d", INTERVAL_NS);
	guest_load("sync_timer_benchmark_module", options);
	guest_trace_start("sync_timer_benchmark/tick");
	guest_figure("tick_sample", guest_tick_cost(INTERVAL_NS, TICKS));
	guest_trace_stop(TICKS);
	guest_unload("sync_timer_benchmark_module");
}

void guest_measure_ticks(void)
{
	int round;

	for (round = 0; round < COST_ROUNDS; round++) {
		measure_timer("empty", "tick_empty");
		measure_timer("sync", "tick_sync");
		measure_sample();
	}
}
