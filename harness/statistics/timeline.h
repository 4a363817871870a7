/* SPDX-License-Identifier: GPL-2.0 */
/*
 * timeline.h - delta over time, in a fixed number of bins
 *
 * A bin is a power of two of ticks and begins at a multiple of it, so that the
 * bins at the end depend on the first and last tick only, not on the order in
 * which the CPUs were read.
 */
#ifndef MC_TIMELINE_H
#define MC_TIMELINE_H

#include "core/interval.h"
#include "memory_collector/ticks.h"

struct mc_timeline_bin {
	__int128 sum;
	uint64_t count;
};

/**
 * struct mc_timeline_bins - bins while they are filled
 * @shift: log2 of the ticks in a bin
 * @first: number of the first bin in use: its first tick >> @shift
 * @last: number of the last
 * @n_cpus: rows of @cpu_max
 * @used: there is a bin
 * @bin: bin b is at b modulo MC_TIMELINE_BINS, as in @cpu_max
 * @cpu_max: [cpu x MC_TIMELINE_BINS + bin], INT64_MIN where there is no event
 */
struct mc_timeline_bins {
	unsigned int shift;
	uint64_t first, last;
	unsigned int n_cpus;
	bool used;
	struct mc_timeline_bin bin[MC_TIMELINE_BINS];
	int64_t *cpu_max;
};

/* Return: 0, or -1 without memory */
int mc_timeline_bins_init(struct mc_timeline_bins *bins, unsigned int n_cpus);
void mc_timeline_bins_end(struct mc_timeline_bins *bins);

/* Widen the range of the bins so that a tick lies in it. */
void mc_timeline_bins_reach(struct mc_timeline_bins *bins, uint64_t tick);

/* Add one event. Inline: it is called for every sample. */
static inline void mc_timeline_bins_add(struct mc_timeline_bins *bins, unsigned int cpu,
					uint64_t tick, int64_t delta_ns)
{
	struct mc_timeline_bin *bin;
	int64_t *max;
	uint64_t at = tick >> bins->shift;

	if (__builtin_expect(!bins->used || at < bins->first || at > bins->last, 0)) {
		mc_timeline_bins_reach(bins, tick);
		at = tick >> bins->shift;
	}
	at %= MC_TIMELINE_BINS;
	bin = &bins->bin[at];
	bin->sum += delta_ns;
	bin->count++;
	max = &bins->cpu_max[(size_t)cpu * MC_TIMELINE_BINS + at];
	if (delta_ns > *max)
		*max = delta_ns;
}

/**
 * mc_timeline_bins_finish - the bins as a result
 * @bins: bins
 * @interval: grid of the ticks
 * @timeline: set
 *
 * Return: 0, or -1 without memory.
 */
int mc_timeline_bins_finish(const struct mc_timeline_bins *bins, const struct interval *interval,
			    struct mc_timeline *timeline);

#endif
