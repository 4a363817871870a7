// SPDX-License-Identifier: GPL-2.0
/*
 * timeline.c - delta over time, in a fixed number of bins
 */
#include "statistics/timeline.h"

#include <stdlib.h>
#include <string.h>

#define BINS MC_TIMELINE_BINS

_Static_assert(MC_TIME_NONE == INT64_MIN, "a row's empty bin is below every delta");
_Static_assert((BINS & (BINS - 1)) == 0, "bins are found by a mask");

static void clear_row(int64_t *row)
{
	for (unsigned int i = 0; i < BINS; i++)
		row[i] = MC_TIME_NONE;
}

int mc_timeline_bins_init(struct mc_timeline_bins *bins, unsigned int n_cpus)
{
	memset(bins, 0, sizeof(*bins));
	bins->cpu_max = malloc((size_t)n_cpus * BINS * sizeof(*bins->cpu_max));
	if (!bins->cpu_max)
		return -1;
	bins->n_cpus = n_cpus;
	for (unsigned int cpu = 0; cpu < n_cpus; cpu++)
		clear_row(bins->cpu_max + (size_t)cpu * BINS);
	return 0;
}

void mc_timeline_bins_end(struct mc_timeline_bins *bins)
{
	free(bins->cpu_max);
	bins->cpu_max = NULL;
}

static void merge_row(const struct mc_timeline_bins *bins, int64_t *row)
{
	int64_t merged[BINS];

	clear_row(merged);
	for (uint64_t from = bins->first; from <= bins->last; from++) {
		int64_t *into = &merged[(from >> 1) % BINS];

		if (row[from % BINS] > *into)
			*into = row[from % BINS];
	}
	memcpy(row, merged, sizeof(merged));
}

/* Make every bin twice as long. */
static void merge_pairs(struct mc_timeline_bins *bins)
{
	struct mc_timeline_bin merged[BINS] = {0};

	for (uint64_t from = bins->first; from <= bins->last; from++) {
		merged[(from >> 1) % BINS].sum += bins->bin[from % BINS].sum;
		merged[(from >> 1) % BINS].count += bins->bin[from % BINS].count;
	}
	memcpy(bins->bin, merged, sizeof(merged));
	for (unsigned int cpu = 0; cpu < bins->n_cpus; cpu++)
		merge_row(bins, bins->cpu_max + (size_t)cpu * BINS);
	bins->first >>= 1;
	bins->last >>= 1;
	bins->shift++;
}

void mc_timeline_bins_reach(struct mc_timeline_bins *bins, uint64_t tick)
{
	uint64_t at = tick >> bins->shift;

	if (!bins->used) {
		bins->used = true;
		bins->first = bins->last = at;
		return;
	}
	while ((at < bins->first ? bins->last - at : at - bins->first) >= BINS) {
		merge_pairs(bins);
		at = tick >> bins->shift;
	}
	if (at < bins->first)
		bins->first = at;
	else if (at > bins->last)
		bins->last = at;
}

static void finish_bin(const struct mc_timeline_bins *bins, unsigned int at,
		       struct mc_timeline *timeline, unsigned int i)
{
	const struct mc_timeline_bin *bin = &bins->bin[at];

	timeline->count[i] = bin->count;
	timeline->mean[i] = 0;
	if (bin->count)
		timeline->mean[i] = (double)bin->sum / (double)bin->count;
	timeline->max[i] = MC_TIME_NONE;
	for (unsigned int cpu = 0; cpu < bins->n_cpus; cpu++) {
		int64_t max = bins->cpu_max[(size_t)cpu * BINS + at];

		timeline->cpu_max[(size_t)cpu * BINS + i] = max;
		if (max > timeline->max[i])
			timeline->max[i] = max;
	}
}

int mc_timeline_bins_finish(const struct mc_timeline_bins *bins, const struct interval *interval,
			    struct mc_timeline *timeline)
{
	int64_t *cpu_max = malloc((size_t)bins->n_cpus * BINS * sizeof(*cpu_max));

	if (!cpu_max)
		return -1;
	memset(timeline, 0, sizeof(*timeline));
	timeline->cpu_max = cpu_max;
	timeline->n_cpus = bins->n_cpus;
	timeline->bin_ns = (int64_t)(interval->length_ns << bins->shift);
	for (unsigned int cpu = 0; cpu < bins->n_cpus; cpu++)
		clear_row(cpu_max + (size_t)cpu * BINS);
	if (!bins->used)
		return 0;
	timeline->origin_ns = (int64_t)interval_boundary(interval, bins->first << bins->shift);
	timeline->n_bins = (unsigned int)(bins->last - bins->first) + 1;
	for (unsigned int i = 0; i < timeline->n_bins; i++)
		finish_bin(bins, (unsigned int)((bins->first + i) % BINS), timeline, i);
	return 0;
}
