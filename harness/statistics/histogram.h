/* SPDX-License-Identifier: GPL-2.0 */
/*
 * histogram.h - a log-linear histogram of signed 64-bit values
 *
 * Values up to 127 either side of zero have a bucket each; beyond that every
 * power of two is divided into 64 buckets, so that the width of a bucket is at
 * most 1/64 of the values in it. Constant memory, no allocation, mergeable.
 */
#ifndef MC_HISTOGRAM_H
#define MC_HISTOGRAM_H

#include "core/types.h"

/* log2 of the buckets per power of two: a relative error of 1/64 */
#define HISTOGRAM_SUB_BITS 6
/* buckets for 0 and above: 64 exact ones, then 64 for each of 2^6 .. 2^62 */
#define HISTOGRAM_HALF ((64 - HISTOGRAM_SUB_BITS) << HISTOGRAM_SUB_BITS)
#define HISTOGRAM_BUCKETS (2 * HISTOGRAM_HALF)

/**
 * struct histogram - counts by value
 * @total: sum of all counts
 * @counts: index 0 is the bucket of the smallest values, see histogram_low()
 */
struct histogram {
	u64 total;
	u64 counts[HISTOGRAM_BUCKETS];
};

/**
 * histogram_bucket - index of the bucket that a value falls into
 * @value: any value
 */
u32 histogram_bucket(s64 value);

/**
 * histogram_low - smallest value of a bucket
 * @bucket: index below HISTOGRAM_BUCKETS
 */
s64 histogram_low(u32 bucket);

/**
 * histogram_high - largest value of a bucket
 * @bucket: index below HISTOGRAM_BUCKETS
 */
s64 histogram_high(u32 bucket);

/**
 * histogram_add - count a value
 * @histogram: where
 * @value: any value
 * @times: how often it occurred
 */
void histogram_add(struct histogram *histogram, s64 value, u64 times);

/**
 * histogram_merge - add the counts of one histogram to another
 * @into: grows
 * @from: stays
 */
void histogram_merge(struct histogram *into, const struct histogram *from);

/**
 * histogram_percentile - nearest-rank percentile
 * @histogram: counts
 * @numerator: rank is ceil(total x @numerator / @denominator), at least 1
 * @denominator: not 0; at least @numerator
 * @value: set to the largest value of the bucket that holds the rank for
 *	positive values, the smallest for negative ones: never nearer to zero
 *	than the true value, and at most 1/64 of it away. The caller limits it
 *	to the true minimum and maximum, which it knows.
 *
 * Return: 0, or -ENODATA when the histogram is empty, -EINVAL for a bad ratio.
 */
int histogram_percentile(const struct histogram *histogram, u64 numerator, u64 denominator,
			 s64 *value);

#endif
