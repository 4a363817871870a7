// SPDX-License-Identifier: GPL-2.0
/*
 * moments.c - exact mean and standard deviation of any number of values
 */
#include "statistics/moments.h"

#include <math.h>

typedef unsigned __int128 u128;

static void add_sums(struct mc_moments *moments, __int128 sum, u128 squares, uint64_t count)
{
	moments->overflow |= __builtin_add_overflow(moments->sum, sum, &moments->sum);
	moments->overflow |= __builtin_add_overflow(moments->squares, squares, &moments->squares);
	moments->overflow |= __builtin_add_overflow(moments->count, count, &moments->count);
}

void mc_moments_add_weighted(struct mc_moments *moments, int64_t value, uint64_t times)
{
	u128 square = (u128)((__int128)value * value);
	u128 squares;

	moments->overflow |= __builtin_mul_overflow(square, times, &squares);
	add_sums(moments, (__int128)value * times, squares, times);
}

/* sum of i and of i^2 for i < n; false where they do not fit */
static bool index_sums(uint64_t n, u128 *indices, u128 *index_squares)
{
	u128 pairs = n ? (u128)n * (n - 1) / 2 : 0;

	*indices = pairs;
	/* pairs x (2n - 1) / 3 */
	if (__builtin_mul_overflow(pairs, 2 * (u128)n - 1, index_squares))
		return pairs == 0;
	*index_squares /= 3;
	return true;
}

void mc_moments_add_falling(struct mc_moments *moments, int64_t first, uint64_t step, uint64_t n)
{
	u128 indices, index_squares, steps;
	__int128 sum, squares, mixed, spread;
	bool overflow = !index_sums(n, &indices, &index_squares);

	if (!n)
		return;
	/* sum of (first - i step), and of its square, term by term */
	overflow |= __builtin_mul_overflow(indices, step, &steps);
	overflow |= __builtin_sub_overflow((__int128)first * n, steps, &sum);
	overflow |= __builtin_mul_overflow((__int128)first * first, n, &squares);
	overflow |= __builtin_mul_overflow(steps, 2 * (__int128)first, &mixed);
	overflow |= __builtin_mul_overflow((u128)step * step, index_squares, &spread);
	overflow |= __builtin_sub_overflow(squares, mixed, &squares);
	overflow |= __builtin_add_overflow(squares, spread, &squares);
	moments->overflow |= overflow;
	add_sums(moments, sum, (u128)squares, n);
}

void mc_moments_merge(struct mc_moments *into, const struct mc_moments *from)
{
	into->overflow |= from->overflow;
	add_sums(into, from->sum, from->squares, from->count);
}

double mc_moments_mean(const struct mc_moments *moments)
{
	__int128 n = moments->count;

	if (!n)
		return 0;
	/* NOLINTNEXTLINE(bugprone-integer-division): the whole part, then what is left of it */
	return (double)(moments->sum / n) + (double)(moments->sum % n) / (double)n;
}

/*
 * n x variance = squares - sum^2 / n. With sum = quotient x n + rest the second
 * term is quotient^2 x n + 2 x quotient x rest + rest^2 / n: all of it integers
 * that fit, since it is at most squares, and what little is left below 1
 * cannot cancel.
 */
double mc_moments_stddev(const struct mc_moments *moments)
{
	u128 n = moments->count, sum, quotient, rest, left;
	double fraction, spread;

	if (moments->overflow || !n)
		return -1;
	sum = moments->sum < 0 ? -(u128)moments->sum : (u128)moments->sum;
	quotient = sum / n;
	rest = sum % n;
	left = moments->squares - quotient * quotient * n - 2 * quotient * rest - rest * rest / n;
	fraction = (double)(rest * rest % n) / (double)n;
	spread = (double)left - fraction;
	return sqrt(spread > 0 ? spread / (double)n : 0);
}
