// SPDX-License-Identifier: GPL-2.0
/*
 * histogram.c - which bucket a value falls into, and what rank lies where
 *
 * The buckets of 0 and above are numbered by magnitude; those below 0 are their
 * mirror image, with -1 in the place of 0, so that S64_MIN needs no exception.
 */
#include "statistics/histogram.h"

#define SUB_BUCKETS (1U << HISTOGRAM_SUB_BITS)

/* Magnitudes below 2 x SUB_BUCKETS have a bucket each: their shift is 0. */
static u32 magnitude_bucket(u64 magnitude)
{
	u32 top = 63 - __builtin_clzll(magnitude | SUB_BUCKETS);
	u32 shift = top - HISTOGRAM_SUB_BITS;

	return (shift << HISTOGRAM_SUB_BITS) + (u32)(magnitude >> shift);
}

static u32 magnitude_shift(u32 bucket)
{
	return bucket < 2 * SUB_BUCKETS ? 0 : (bucket >> HISTOGRAM_SUB_BITS) - 1;
}

static s64 magnitude_low(u32 bucket)
{
	u32 shift = magnitude_shift(bucket);

	return (s64)((u64)(bucket - (shift << HISTOGRAM_SUB_BITS)) << shift);
}

static s64 magnitude_high(u32 bucket)
{
	return magnitude_low(bucket) + (s64)((1ULL << magnitude_shift(bucket)) - 1);
}

u32 histogram_bucket(s64 value)
{
	if (value >= 0)
		return HISTOGRAM_HALF + magnitude_bucket((u64)value);
	return HISTOGRAM_HALF - 1 - magnitude_bucket((u64)~value);
}

s64 histogram_low(u32 bucket)
{
	if (bucket >= HISTOGRAM_HALF)
		return magnitude_low(bucket - HISTOGRAM_HALF);
	return ~magnitude_high(HISTOGRAM_HALF - 1 - bucket);
}

s64 histogram_high(u32 bucket)
{
	if (bucket >= HISTOGRAM_HALF)
		return magnitude_high(bucket - HISTOGRAM_HALF);
	return ~magnitude_low(HISTOGRAM_HALF - 1 - bucket);
}

void histogram_add(struct histogram *histogram, s64 value, u64 times)
{
	histogram->total += times;
	histogram->counts[histogram_bucket(value)] += times;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
	u32 bucket;

	into->total += from->total;
	for (bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++)
		into->counts[bucket] += from->counts[bucket];
}

int histogram_percentile(const struct histogram *histogram, u64 numerator, u64 denominator,
			 s64 *value)
{
	unsigned __int128 rank;
	u64 below = 0;
	u32 bucket;

	if (!denominator || numerator > denominator)
		return -EINVAL;
	if (!histogram->total)
		return -ENODATA;
	rank = ((unsigned __int128)histogram->total * numerator + denominator - 1) / denominator;
	if (!rank)
		rank = 1;
	for (bucket = 0; bucket < HISTOGRAM_BUCKETS - 1; bucket++) {
		below += histogram->counts[bucket];
		if (below >= rank)
			break;
	}
	*value = bucket >= HISTOGRAM_HALF ? histogram_high(bucket) : histogram_low(bucket);
	return 0;
}
