// SPDX-License-Identifier: GPL-2.0
/*
 * guest_count.c - what an operation takes, and what a spin loop loses to a tick
 *
 * The loop reads the clock, which takes it the same few instructions every time. Where
 * two readings are further apart, something else ran between them. The first gap that
 * ends after a boundary is its tick, whole: entry, handler and return of the interrupt,
 * and all that it caused. Other gaps are the kernel's own affairs.
 */
#include <stdlib.h>

#include "guest.h"

/* An interrupt takes longer than this many turns of the loop. */
#define GAP_TURNS 3
#define CALIBRATION_TURNS 1000
#define VALUES_MAX 1024

/* The length of an ordinary turn is the shortest that there is. */
static int64_t shortest_turn(void)
{
	int64_t before = guest_clock(), shortest = INT64_MAX;
	int i;

	for (i = 0; i < CALIBRATION_TURNS; i++) {
		int64_t now = guest_clock();

		shortest = now - before < shortest ? now - before : shortest;
		before = now;
	}
	return shortest;
}

static int by_value(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

/*
 * The mean of the half in the middle: those that meet the scheduler's tick, or something
 * that it caused, are at an end, and where there are two ways to go both count.
 */
double guest_midmean(int64_t *values, unsigned int n)
{
	unsigned int from = n / 4, to = n - n / 4, i;
	double sum = 0;

	qsort(values, n, sizeof(*values), by_value);
	for (i = from; i < to; i++)
		sum += values[i];
	return sum / (to - from);
}

double guest_cost(void (*operate)(void *data), void *data, unsigned int times)
{
	static int64_t took[VALUES_MAX];
	int64_t turn = shortest_turn(), before;
	unsigned int n;

	if (times > VALUES_MAX)
		guest_fail("%u times are too many", times);
	for (n = 0; n < times; n++) {
		before = guest_clock();
		operate(data);
		took[n] = guest_clock() - before - turn;
	}
	return guest_midmean(took, n);
}

int64_t guest_tick_losses(int64_t interval_ns, unsigned int ticks, int64_t *lost)
{
	int64_t turn = shortest_turn(), before = guest_clock(), now;
	/* Not the next one, which may be in this turn. */
	int64_t first = before / interval_ns + 2, boundary = first * interval_ns;
	unsigned int n = 0;

	for (; n < ticks; before = now) {
		now = guest_clock();
		if (now > boundary + interval_ns / 2)
			guest_fail("at %lld ns there was no tick", (long long)boundary);
		if (now < boundary || now - before < GAP_TURNS * turn)
			continue;
		lost[n++] = now - before - turn;
		boundary += interval_ns;
	}
	return first;
}

double guest_tick_cost(int64_t interval_ns, unsigned int ticks)
{
	static int64_t lost[VALUES_MAX];

	if (ticks > VALUES_MAX)
		guest_fail("%u ticks are too many", ticks);
	guest_tick_losses(interval_ns, ticks, lost);
	return guest_midmean(lost, ticks);
}
