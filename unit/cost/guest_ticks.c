// SPDX-License-Identifier: GPL-2.0
/*
 * guest_ticks.c - a tick: of an empty timer, of a sync_timer, and of the benchmark
 *
 * Figures: tick_empty; tick_sync; tick_sync_auto, which is one that learns a lead, less its
 * spin; and tick_sample, which is the benchmark's tick with its event written to a ring
 * buffer.
 */
#include <stdio.h>
#include <stdlib.h>

#include "guest.h"

#define INTERVAL_NS 1000000
#define TICKS 200
/* More than a lead takes from nothing to where it rests */
#define LEARNING_TICKS 500
/* As many as the module keeps, and a file of /sys holds */
#define SPINS 512
#define PARAMETER_SIZE 4096

static void measure_timer(const char *timer, const char *figure)
{
	char options[64];

	snprintf(options, sizeof(options), "timer=%s interval_ns=%d", timer, INTERVAL_NS);
	guest_load("timer_cost_module", options);
	guest_figure(figure, guest_tick_cost(INTERVAL_NS, TICKS));
	guest_unload("timer_cost_module");
}

/* What the module says each of its last ticks has spun, by the number of its boundary */
static void read_spins(long *spins)
{
	static char text[PARAMETER_SIZE];
	char *at = text, *end;
	unsigned int i;

	guest_parameter("timer_cost_module", "spins", text, sizeof(text));
	for (i = 0; i < SPINS; i++) {
		spins[i] = strtol(at, &end, 10);
		if (end == at || *end != (i < SPINS - 1 ? ',' : '\0'))
			guest_fail("timer_cost_module: spin %u is '%s'", i, at);
		at = end + 1;
	}
}

/*
 * The spin is not instructions but waiting. What it is longer than to the boundary, one
 * reading of the clock at most, counts. Ticks that were entered too late have none.
 */
static void measure_auto(void)
{
	static int64_t lost[TICKS];
	static long spins[SPINS];
	char options[64];
	unsigned int spun = 0, i;
	int64_t first;

	snprintf(options, sizeof(options), "timer=auto interval_ns=%d", INTERVAL_NS);
	guest_load("timer_cost_module", options);
	guest_tick_cost(INTERVAL_NS, LEARNING_TICKS);
	first = guest_tick_losses(INTERVAL_NS, TICKS, lost);
	read_spins(spins);
	guest_unload("timer_cost_module");
	for (i = 0; i < TICKS; i++) {
		long spin = spins[(first + i) % SPINS];

		lost[i] -= spin;
		spun += spin > 0;
	}
	if (spun < TICKS * 3 / 4)
		guest_fail("only %u of %u ticks with a lead were early", spun, TICKS);
	guest_figure("tick_sync_auto", guest_midmean(lost, TICKS));
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
		measure_auto();
		measure_sample();
	}
}
