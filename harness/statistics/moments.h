/* SPDX-License-Identifier: GPL-2.0 */
/*
 * moments.h - exact mean and standard deviation of any number of values
 *
 * Integers all the way: the sum and the sum of squares are kept in 128 bits,
 * so that neither the order of the values nor their offset changes a digit of
 * the result, and partial results can be merged. 10^12 values around 10^10 need
 * 107 bits. Where 128 do not suffice, that is seen and said.
 */
#ifndef MC_MOMENTS_H
#define MC_MOMENTS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct mc_moments - all zero is the empty state
 * @sum: of all values
 * @squares: sum of their squares
 * @count: how many
 * @overflow: a sum did not fit; the mean is still right unless @count did not
 */
struct mc_moments {
	__int128 sum;
	unsigned __int128 squares;
	uint64_t count;
	bool overflow;
};

/* Add one value. Inline: it is called several times for every sample. */
static inline void mc_moments_add(struct mc_moments *moments, int64_t value)
{
	unsigned __int128 square = (unsigned __int128)((__int128)value * value);
	bool overflow = __builtin_add_overflow(moments->sum, value, &moments->sum);

	overflow |= __builtin_add_overflow(moments->squares, square, &moments->squares);
	overflow |= __builtin_add_overflow(moments->count, 1, &moments->count);
	if (__builtin_expect(overflow, 0))
		moments->overflow = true;
}

/**
 * mc_moments_add_weighted - add a value that occurred many times
 * @moments: grows
 * @value: any value
 * @times: how often
 */
void mc_moments_add_weighted(struct mc_moments *moments, int64_t value, uint64_t times);

/**
 * mc_moments_add_falling - add first, first - step, first - 2 step, ...
 * @moments: grows
 * @first: the first value
 * @step: distance between two
 * @n: how many values; all of them must fit an int64_t
 *
 * In constant time.
 */
void mc_moments_add_falling(struct mc_moments *moments, int64_t first, uint64_t step, uint64_t n);

/* Add all values of one set to another. */
void mc_moments_merge(struct mc_moments *into, const struct mc_moments *from);

/* Mean, exact but for the rounding of a double; 0 where there is no value. */
double mc_moments_mean(const struct mc_moments *moments);

/* Standard deviation of the population; negative where not computed: no value, or an overflow. */
double mc_moments_stddev(const struct mc_moments *moments);

#endif
