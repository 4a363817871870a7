/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tsc.h - how fast the time-stamp counter counts, by CLOCK_MONOTONIC
 *
 * A guest that is emulated reads the host's counter: what the host measures is what the guest's
 * kernel has to believe, and what its clock can be judged by.
 */
#ifndef MEMORY_COLLECTOR_TSC_H
#define MEMORY_COLLECTOR_TSC_H

#include <stdbool.h>
#include <stdint.h>

/* The counter, or 0 on an architecture that has none */
uint64_t mc_tsc_read(void);

/*
 * Does it count at one rate, whatever the processor does? By what the kernel says of the
 * processor: a guest's counter can be as steady without its kernel's knowledge.
 */
bool mc_tsc_is_steady(void);

/* The same of one "flags" line of /proc/cpuinfo, for tests */
bool mc_tsc_flags_are_steady(const char *line);

/**
 * struct mc_tsc_moment - both clocks at one moment
 * @tsc: the counter
 * @monotonic_ns: CLOCK_MONOTONIC
 * @doubt: how far the two are apart at most, in counts
 */
struct mc_tsc_moment {
	uint64_t tsc;
	int64_t monotonic_ns;
	uint64_t doubt;
};

/*
 * Read both clocks, as closely together as it gets in several tries: an interruption between the
 * two shows in the counter. Return: false where there is no counter.
 */
bool mc_tsc_moment(struct mc_tsc_moment *moment);

/**
 * mc_tsc_hz - counts per second between two moments
 * @from: the first
 * @to: the second
 * @doubt: set: by what part of it it can be wrong, 0.001 for a thousandth; may be NULL
 *
 * Return: 0 where time did not go on between them.
 */
double mc_tsc_hz(const struct mc_tsc_moment *from, const struct mc_tsc_moment *to, double *doubt);

/**
 * mc_tsc_measure - measure for a while
 * @window_ns: how long, from a few milliseconds
 * @hz: set
 *
 * Return: 0, or -1 where the counter is not steady, or too busy a machine leaves more than a
 * ten-thousandth in doubt.
 */
int mc_tsc_measure(int64_t window_ns, double *hz);

#endif
