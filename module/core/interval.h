/* SPDX-License-Identifier: GPL-2.0 */
/*
 * interval.h - where the boundaries lie, and which of them a late tick missed
 *
 * Boundary k is phase + k x length on CLOCK_MONOTONIC. Everything here is
 * arithmetic on absolute numbers, so that no rounding adds up and no lateness
 * is folded into an interval.
 */
#ifndef MEMORY_COLLECTOR_CORE_INTERVAL_H
#define MEMORY_COLLECTOR_CORE_INTERVAL_H

#include "core/types.h"

#define INTERVAL_MIN_NS 50000ULL
#define INTERVAL_MAX_NS 10000000000ULL

/**
 * struct interval - the grid that all CPUs tick on
 * @length_ns: distance between two boundaries, INTERVAL_MIN_NS to INTERVAL_MAX_NS
 * @phase_ns: offset of boundary 0 from time 0, less than @length_ns
 */
struct interval {
	u64 length_ns;
	u64 phase_ns;
};

/**
 * struct interval_step - what a tick that started at some time leaves behind
 * @missed: boundaries after the tick's own that had passed when it started
 * @next: number of the first boundary still ahead at that time
 */
struct interval_step {
	u64 missed;
	u64 next;
};

/**
 * interval_init - check and set a grid
 * @interval: grid to set; untouched on error
 * @length_ns: see &struct interval
 * @phase_ns: see &struct interval
 *
 * Return: 0, or -EINVAL where a value is out of range.
 */
int interval_init(struct interval *interval, u64 length_ns, u64 phase_ns);

/**
 * interval_boundary - time of a boundary
 * @interval: grid
 * @tick: number of the boundary
 *
 * Return: time in ns; S64_MAX where it would lie beyond what a ktime_t holds.
 */
u64 interval_boundary(const struct interval *interval, u64 tick);

/**
 * interval_ahead - number of the first boundary later than a time
 * @interval: grid
 * @now_ns: time in ns
 *
 * A boundary at @now_ns itself has passed.
 */
u64 interval_ahead(const struct interval *interval, u64 now_ns);

/**
 * interval_settle - account for a tick that has started
 * @interval: grid
 * @tick: the boundary the tick was armed for
 * @start_ns: when its callback started; before the boundary counts as on it
 *
 * A late tick belongs to the boundary it was armed for. Boundaries after it
 * that lie at or before @start_ns are missed, and the next tick is the first
 * one ahead. Costs no division unless a boundary was missed.
 */
struct interval_step interval_settle(const struct interval *interval, u64 tick, u64 start_ns);

#endif
