/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ticks.h - what the ticks of a scenario were like, in figures
 *
 * The analysis makes them, and they are the larger part of a scenario's result.
 */
#ifndef MEMORY_COLLECTOR_TICKS_H
#define MEMORY_COLLECTOR_TICKS_H

#include <stddef.h>
#include <stdint.h>

/* Bins of a timeline: when a run outgrows them, pairs are merged and bin_ns doubles */
#define MC_TIMELINE_BINS 256

/* A moment on CLOCK_MONOTONIC that was not reached, or a delay that was not measured */
#define MC_TIME_NONE INT64_MIN

/**
 * struct mc_stats - a distribution in ns
 * @count: number of values; 0 means not measured, and nothing else is set
 * @min: exact
 * @max: exact
 * @mean: exact up to the rounding of a double
 * @stddev: of the population; negative where it could not be computed
 * @p50: percentiles by nearest rank, at most 1/64 above the true value
 * @p90: as @p50
 * @p99: as @p50
 * @p99_9: as @p50
 * @p99_99: as @p50
 */
struct mc_stats {
	uint64_t count;
	int64_t min, max;
	double mean, stddev;
	int64_t p50, p90, p99, p99_9, p99_99;
};

/* One non-empty histogram bucket: values low..high (inclusive) occurred count times */
struct mc_bucket {
	int64_t low, high;
	uint64_t count;
};

struct mc_buckets {
	size_t n;
	struct mc_bucket *bucket; /* ascending; owned */
};

/* Time spent spinning up to the boundary, see "lead" and "spin" in docs/measuring.md */
struct mc_spin {
	uint64_t total_ns, max_ns, ticks;
	uint64_t stolen_ns; /* part of total_ns in which something else had the CPU */
};

/**
 * struct mc_cpu_result - what one CPU did in the window
 * @cpu: number of the CPU
 * @expected: boundaries of the window in the CPU's online time, by arithmetic
 * @offline: the other boundaries of the window
 * @started: callbacks, from the kernel's own totals
 * @missed: missed boundaries, from the kernel's own totals (open ones included)
 * @open: boundaries of @missed that no callback had passed when the totals were read
 * @left: boundaries of @missed that passed while the CPU was leaving
 * @samples: events read from the trace that lie in the window
 * @lost: what the ring buffer says it overran and dropped
 * @spin: of this CPU
 * @delta: distribution of this CPU's delta
 * @entry: distribution of this CPU's entry; files of earlier versions have none
 */
struct mc_cpu_result {
	unsigned int cpu;
	uint64_t expected, offline, started, missed, open, left, samples, lost;
	struct mc_spin spin;
	struct mc_stats delta, entry;
};

/**
 * struct mc_slice - one of several windows that a scenario was measured in
 * @k0: first boundary
 * @k1: first boundary after it
 * @expected: as in the scenario, of this window; so are the others
 * @missed: see @expected
 * @spin_ns: see @expected
 * @mean: of delta; NaN where no tick started
 * @p50: of delta; MC_TIME_NONE where no tick started
 * @p90: as @p50
 * @p99: as @p50
 * @corrected_p90: of corrected; MC_TIME_NONE where no boundary has a lateness
 * @corrected_p99: as @corrected_p90
 * @skew_p50: of skew; negative: not measured
 */
struct mc_slice {
	uint64_t k0, k1, expected, missed, spin_ns;
	double mean;
	int64_t p50, p90, p99, corrected_p90, corrected_p99, skew_p50;
};

/**
 * struct mc_timeline - delta over time, in bins of equal length
 * @origin_ns: CLOCK_MONOTONIC time of the start of bin 0
 * @bin_ns: length of a bin
 * @n_bins: bins in use, up to MC_TIMELINE_BINS
 * @n_cpus: rows of @cpu_max, in the order of mc_ticks.cpu
 * @count: events per bin over all CPUs
 * @mean: mean delta per bin over all CPUs; meaningless where @count is 0
 * @max: largest delta per bin; meaningless where @count is 0
 * @cpu_max: [cpu x MC_TIMELINE_BINS + bin], MC_TIME_NONE where the CPU had no event
 *
 * Covers all that was read, also before and after the window, so that the
 * load's start and end can be seen.
 */
struct mc_timeline {
	int64_t origin_ns, bin_ns;
	unsigned int n_bins, n_cpus;
	uint64_t count[MC_TIMELINE_BINS];
	double mean[MC_TIMELINE_BINS];
	int64_t max[MC_TIMELINE_BINS];
	int64_t *cpu_max; /* owned */
};

/* Of one scenario, over all CPUs and by CPU */
struct mc_ticks {
	uint64_t phase_ns;
	uint64_t k0, k1; /* the window, boundaries [k0, k1); with slices, around all of them */
	uint64_t samples, expected_ticks, started_ticks, missed_ticks, lost_events;
	uint64_t skew_incomplete;
	struct mc_stats delta, corrected, entry, skew;
	struct mc_spin spin;
	struct mc_buckets delta_histogram, corrected_histogram, skew_histogram;

	size_t n_slices; /* 0: one window */
	struct mc_slice *slice; /* owned */
	size_t n_cpus;
	struct mc_cpu_result *cpu; /* owned */
	struct mc_timeline timeline;
};

#endif
