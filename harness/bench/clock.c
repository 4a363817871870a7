// SPDX-License-Identifier: GPL-2.0
/*
 * clock.c - the rate of CLOCK_MONOTONIC by the TSC, and the kernel's clock source
 */
#include "bench/clock.h"

#include <stdio.h>
#include <string.h>

#include "kernel/environment.h"
#include "result/clock_verdict.h"

/* By what part a rate may be wrong that is taken: a fifth of MC_CLOCK_PPM_MAX */
#define DOUBT_MAX 1e-3

static void note_source(struct mc_clock_span *span)
{
	char now[sizeof(span->source)];

	mc_clocksource(now, sizeof(now));
	if (!*span->source)
		memcpy(span->source, now, sizeof(now));
	/* One that changed and changed back did change. */
	if (!*span->source_after || !mc_clock_changed(span->source, span->source_after))
		memcpy(span->source_after, now, sizeof(now));
}

void mc_clock_start(struct mc_clock_span *span)
{
	if (!span->begun)
		span->has_tsc = mc_tsc_moment(&span->first);
	span->begun = true;
	note_source(span);
}

void mc_clock_end(struct mc_clock_span *span)
{
	span->has_tsc = mc_tsc_moment(&span->last) && span->has_tsc;
	note_source(span);
}

double mc_clock_tsc_hz(const struct mc_tsc_moment *first, const struct mc_tsc_moment *last)
{
	double doubt, hz = mc_tsc_hz(first, last, &doubt);

	return hz > 0 && doubt <= DOUBT_MAX ? hz : -1;
}

static const char *why_not_compared(const struct mc_clock_span *span, double tsc_hz)
{
	if (!span->has_tsc)
		return "a processor without a TSC: its counter says its own rate, which no kernel "
		       "has to measure";
	if (tsc_hz < 0)
		return "the window is too short to tell the rate of a clock";
	return "the machine's own clock: there is no other to hold it against";
}

void mc_clock_settle(const struct mc_clock_span *span, struct mc_clock_result *clock)
{
	memcpy(clock->source, span->source, sizeof(clock->source));
	memcpy(clock->source_after, span->source_after, sizeof(clock->source_after));
	clock->tsc_hz = span->has_tsc ? mc_clock_tsc_hz(&span->first, &span->last) : -1;
	snprintf(clock->not_compared, sizeof(clock->not_compared), "%s",
		 why_not_compared(span, clock->tsc_hz));
}
