// SPDX-License-Identifier: GPL-2.0
/*
 * distribution.c - histogram, moments and extremes of a set of values
 */
#include "statistics/distribution.h"

#include <stdlib.h>
#include <string.h>

void mc_distribution_init(struct mc_distribution *distribution)
{
	memset(distribution, 0, sizeof(*distribution));
	distribution->min = INT64_MAX;
	distribution->max = INT64_MIN;
}

static void widen(struct mc_distribution *distribution, int64_t min, int64_t max)
{
	if (min < distribution->min)
		distribution->min = min;
	if (max > distribution->max)
		distribution->max = max;
}

void mc_distribution_add(struct mc_distribution *distribution, int64_t value)
{
	widen(distribution, value, value);
	mc_moments_add(&distribution->moments, value);
	histogram_add(&distribution->histogram, value, 1);
}

void mc_distribution_add_falling(struct mc_distribution *distribution, int64_t first, uint64_t step,
				 uint64_t n)
{
	uint64_t value = (uint64_t)first;
	uint64_t left = n;

	if (!n)
		return;
	mc_moments_add_falling(&distribution->moments, first, step, n);
	widen(distribution, (int64_t)(value - step * (n - 1)), first);
	while (left) {
		int64_t low = histogram_low(histogram_bucket((int64_t)value));
		uint64_t here = (value - (uint64_t)low) / step + 1;

		if (here > left)
			here = left;
		histogram_add(&distribution->histogram, (int64_t)value, here);
		value -= here * step;
		left -= here;
	}
}

void mc_distribution_merge(struct mc_distribution *into, const struct mc_distribution *from)
{
	widen(into, from->min, from->max);
	mc_moments_merge(&into->moments, &from->moments);
	histogram_merge(&into->histogram, &from->histogram);
}

void mc_distribution_since(const struct mc_distribution *now, const struct mc_distribution *before,
			   struct mc_distribution *since)
{
	*since = *now;
	since->moments.sum -= before->moments.sum;
	since->moments.squares -= before->moments.squares;
	since->moments.count -= before->moments.count;
	since->histogram.total -= before->histogram.total;
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		since->histogram.counts[i] -= before->histogram.counts[i];
}

static int64_t percentile(const struct mc_distribution *distribution, uint64_t per_10000)
{
	int64_t value;

	if (histogram_percentile(&distribution->histogram, per_10000, 10000, &value))
		return 0;
	if (value > distribution->max)
		return distribution->max;
	return value < distribution->min ? distribution->min : value;
}

void mc_distribution_stats(const struct mc_distribution *distribution, struct mc_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	stats->count = distribution->histogram.total;
	if (!stats->count)
		return;
	stats->min = distribution->min;
	stats->max = distribution->max;
	stats->mean = mc_moments_mean(&distribution->moments);
	stats->stddev = mc_moments_stddev(&distribution->moments);
	stats->p50 = percentile(distribution, 5000);
	stats->p90 = percentile(distribution, 9000);
	stats->p99 = percentile(distribution, 9900);
	stats->p99_9 = percentile(distribution, 9990);
	stats->p99_99 = percentile(distribution, 9999);
}

int mc_distribution_buckets(const struct mc_distribution *distribution, struct mc_buckets *buckets)
{
	const uint64_t *counts = distribution->histogram.counts;
	struct mc_bucket *bucket;
	size_t n = 0;
	uint32_t i;

	*buckets = (struct mc_buckets){0};
	for (i = 0; i < HISTOGRAM_BUCKETS; i++)
		n += counts[i] != 0;
	if (!n)
		return 0;
	bucket = calloc(n, sizeof(*bucket));
	if (!bucket)
		return -1;
	buckets->n = n;
	buckets->bucket = bucket;
	for (i = 0; i < HISTOGRAM_BUCKETS; i++) {
		if (!counts[i])
			continue;
		bucket->low = histogram_low(i);
		bucket->high = histogram_high(i);
		bucket->count = counts[i];
		bucket++;
	}
	return 0;
}
