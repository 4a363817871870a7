/* SPDX-License-Identifier: GPL-2.0 */
/*
 * clock.h - how the clock runs that the ticks are on, by readings of this machine
 */
#ifndef MEMORY_COLLECTOR_CLOCK_H
#define MEMORY_COLLECTOR_CLOCK_H

#include "kernel/tsc.h"
#include "memory_collector/result.h"

/**
 * struct mc_clock_span - the clock from the first window's start to the last one's end
 * @begun: there was such a start
 * @first: TSC and CLOCK_MONOTONIC then
 * @last: the same at the end
 * @has_tsc: both could be read
 * @source: the clock source at the start; empty: not known
 * @source_after: the one that it changed to, else the same
 */
struct mc_clock_span {
	bool begun, has_tsc;
	struct mc_tsc_moment first, last;
	char source[32], source_after[32];
};

/* At the start of a window, and at its end. The first start begins the span. */
void mc_clock_start(struct mc_clock_span *span);
void mc_clock_end(struct mc_clock_span *span);

/* TSC ticks in a second of CLOCK_MONOTONIC. Return: -1 where the moments are too near to tell. */
double mc_clock_tsc_hz(const struct mc_tsc_moment *first, const struct mc_tsc_moment *last);

/* What can be said of it on this machine alone */
void mc_clock_settle(const struct mc_clock_span *span, struct mc_clock_result *clock);

#endif
