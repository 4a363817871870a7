/* SPDX-License-Identifier: GPL-2.0 */
/*
 * distribution.h - all that is kept of a set of values: histogram, moments, extremes
 */
#ifndef MC_DISTRIBUTION_H
#define MC_DISTRIBUTION_H

#include "memory_collector/ticks.h"
#include "statistics/histogram.h"
#include "statistics/moments.h"

struct mc_distribution {
	struct mc_moments moments;
	int64_t min, max; /* INT64_MAX and INT64_MIN where there is no value */
	struct histogram histogram;
};

void mc_distribution_init(struct mc_distribution *distribution);

void mc_distribution_add(struct mc_distribution *distribution, int64_t value);

/**
 * mc_distribution_add_falling - add first, first - step, first - 2 step, ...
 * @distribution: grows
 * @first: the first value
 * @step: distance between two; not 0
 * @n: how many values; all of them must fit an int64_t
 *
 * Takes time by the number of buckets, not of values.
 */
void mc_distribution_add_falling(struct mc_distribution *distribution, int64_t first, uint64_t step,
				 uint64_t n);

void mc_distribution_merge(struct mc_distribution *into, const struct mc_distribution *from);

/**
 * mc_distribution_since - what was added to a distribution after some moment
 * @now: the distribution
 * @before: what it was then
 * @since: set; its extremes are those of @now
 */
void mc_distribution_since(const struct mc_distribution *now, const struct mc_distribution *before,
			   struct mc_distribution *since);

/* The figures of a distribution; percentiles are limited to the exact extremes. */
void mc_distribution_stats(const struct mc_distribution *distribution, struct mc_stats *stats);

/**
 * mc_distribution_buckets - the non-empty buckets
 * @distribution: values
 * @buckets: set to memory that free() frees; n 0 and NULL where there is no value
 *
 * Return: 0, or -1 without memory.
 */
int mc_distribution_buckets(const struct mc_distribution *distribution, struct mc_buckets *buckets);

#endif
