// SPDX-License-Identifier: GPL-2.0
/*
 * test_moments.c - mean and standard deviation are exact, at any offset and count
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "statistics/moments.h"

static uint64_t random_state = 2463534242ULL;

static uint64_t random_u64(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static void assert_near(double is, double should)
{
	if (!(fabs(is - should) <= 4e-16 * fabs(should)))
		fail_msg("%.17g is not %.17g", is, should);
}

static void assert_same(const struct mc_moments *a, const struct mc_moments *b)
{
	assert_true(a->sum == b->sum);
	assert_true(a->squares == b->squares);
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->overflow, b->overflow);
}

/* Each row: @pairs times the values @offset - @spread and @offset + @spread */
static void known_values(void **state)
{
	static const struct {
		int64_t offset, spread;
		uint64_t pairs;
	} rows[] = {
		{0, 0, 1},
		{0, 1, 1},
		{-5, 3, 1},
		{10000000000LL, 1, 500000000000ULL},
		{-10000000000LL, 1, 500000000000ULL},
		{10000000000LL, 0, 500000000000ULL},
		{123456789, 98765, 1ULL << 62},
		{0, INT64_MAX, 1},
		{1LL << 62, 1, 3},
		{INT64_MIN + 1, 1, 1},
		{INT64_MAX - 1, 1, 1},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mc_moments moments = {0};

		mc_moments_add_weighted(&moments, rows[i].offset - rows[i].spread, rows[i].pairs);
		mc_moments_add_weighted(&moments, rows[i].offset + rows[i].spread, rows[i].pairs);
		assert_int_equal(moments.count, 2 * rows[i].pairs);
		assert_near(mc_moments_mean(&moments), (double)rows[i].offset);
		assert_near(mc_moments_stddev(&moments), (double)rows[i].spread);
	}
}

/* 1, 2, 4 and 7, 7, 7, 8: neither the mean nor the variance is an integer */
static void fractions(void **state)
{
	struct mc_moments moments = {0};

	mc_moments_add(&moments, 1);
	mc_moments_add(&moments, 2);
	mc_moments_add(&moments, 4);
	assert_near(mc_moments_mean(&moments), 7.0 / 3);
	assert_near(mc_moments_stddev(&moments), sqrt(14.0 / 9));

	moments = (struct mc_moments){0};
	mc_moments_add_weighted(&moments, -10000000007LL, 3);
	mc_moments_add(&moments, -10000000008LL);
	assert_near(mc_moments_mean(&moments), -10000000007.25);
	assert_near(mc_moments_stddev(&moments), sqrt(3.0 / 16));
}

static void nothing(void **state)
{
	struct mc_moments moments = {0};

	assert_true(mc_moments_mean(&moments) == 0);
	assert_true(mc_moments_stddev(&moments) < 0);
}

/* What does not fit is said; the mean, which does fit, stays right. */
static void overflows(void **state)
{
	static const struct {
		int64_t value;
		uint64_t times, again;
		double mean;
		bool overflow;
	} rows[] = {
		{INT64_MAX, 3, 0, 9223372036854775807.0, false},
		{INT64_MAX, 4, 0, 9223372036854775807.0, false},
		{INT64_MAX, 5, 0, 9223372036854775807.0, true},
		{INT64_MIN, 3, 0, -9223372036854775808.0, false},
		{INT64_MIN, 4, 0, -9223372036854775808.0, true},
		{INT64_MIN, 2, 1, -9223372036854775808.0, false},
		{INT64_MIN, 2, 2, -9223372036854775808.0, true},
		{10000000000LL, 3402823669209ULL, 0, 1e10, false},
		{1LL << 33, UINT64_MAX, 0, 8589934592.0, true},
		{1, UINT64_MAX, 0, 1, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mc_moments moments = {0};

		mc_moments_add_weighted(&moments, rows[i].value, rows[i].times);
		for (uint64_t n = 0; n < rows[i].again; n++)
			mc_moments_add(&moments, rows[i].value);
		assert_int_equal(moments.overflow, rows[i].overflow);
		assert_near(mc_moments_mean(&moments), rows[i].mean);
		if (rows[i].overflow)
			assert_true(mc_moments_stddev(&moments) < 0);
		else
			assert_true(mc_moments_stddev(&moments) == 0);
	}
}

static void counts_overflow(void **state)
{
	struct mc_moments moments = {0}, one = {0};

	mc_moments_add_weighted(&moments, 0, UINT64_MAX);
	assert_false(moments.overflow);
	mc_moments_add(&one, 0);
	mc_moments_merge(&one, &moments);
	assert_true(one.overflow);
	mc_moments_add(&moments, 0);
	assert_true(moments.overflow);
}

static void overflow_is_merged(void **state)
{
	struct mc_moments broken = {0}, whole = {0};

	mc_moments_add_weighted(&broken, INT64_MAX, 5);
	mc_moments_add(&whole, 1);
	mc_moments_merge(&whole, &broken);
	assert_true(mc_moments_stddev(&whole) < 0);
}

/* The two-pass formula in long double, over the same values */
static void two_passes(void **state)
{
	enum { N = 10000 };
	static int64_t values[N];

	for (unsigned int shift = 1; shift < 64; shift++) {
		long double mean = 0, spread = 0;
		struct mc_moments moments = {0};

		for (size_t i = 0; i < N; i++) {
			values[i] = (int64_t)random_u64() >> shift;
			mc_moments_add(&moments, values[i]);
			mean += (long double)values[i] / N;
		}
		for (size_t i = 0; i < N; i++)
			spread += (values[i] - mean) * (values[i] - mean) / N;
		assert_true(fabsl(mc_moments_mean(&moments) - mean) <=
			    1e-14L * sqrtl(spread) + 1e-15L * fabsl(mean));
		/* Values of 63 bits: the square sum of 10,000 does not fit. */
		if (moments.overflow)
			assert_true(shift <= 6);
		else
			assert_true(fabsl(mc_moments_stddev(&moments) / sqrtl(spread) - 1) <
				    1e-14L);
	}
}

static void falling(void **state)
{
	static const struct {
		int64_t first;
		uint64_t step, n;
	} rows[] = {
		{5, 1, 0},
		{5, 1, 1},
		{5, 1, 2},
		{13000000, 1000000, 13},
		{13000000, 1000000, 20},
		{-7, 50000, 1000},
		{10000000000LL * 5000, 10000000000ULL, 5000},
		{INT64_MAX, 50000, 2},
		{INT64_MIN, 50000, 1},
		{0, 0, 5},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mc_moments at_once = {0}, single = {0};

		mc_moments_add(&at_once, 42);
		mc_moments_add(&single, 42);
		mc_moments_add_falling(&at_once, rows[i].first, rows[i].step, rows[i].n);
		for (uint64_t n = 0; n < rows[i].n; n++)
			mc_moments_add(&single, rows[i].first - (int64_t)(n * rows[i].step));
		assert_same(&at_once, &single);
	}
}

/* A day of 50 us that one stall passed: only the formulas can say what it should be. */
static void falling_far(void **state)
{
	const uint64_t n = 1728000000, step = 50000;
	struct mc_moments moments = {0};

	mc_moments_add_falling(&moments, (int64_t)(n * step), step, n);
	assert_false(moments.overflow);
	assert_int_equal(moments.count, n);
	assert_near(mc_moments_mean(&moments), (double)step * (double)(n + 1) / 2);
	/* variance of n equidistant values: step^2 (n^2 - 1) / 12; the 1 is lost in a double */
	assert_near(mc_moments_stddev(&moments), (double)step * (double)n / sqrt(12));

	mc_moments_add_falling(&moments, INT64_MAX, 1, UINT64_MAX);
	assert_true(mc_moments_stddev(&moments) < 0);
}

static void merge_is_union(void **state)
{
	struct mc_moments whole = {0}, part[3] = {{0}};

	for (size_t i = 0; i < 3000; i++) {
		int64_t value = (int64_t)random_u64() >> (i % 60 + 4);

		mc_moments_add_weighted(&whole, value, i % 7);
		mc_moments_add_weighted(&part[i % 3], value, i % 7);
	}
	mc_moments_merge(&part[0], &part[1]);
	mc_moments_merge(&part[0], &part[2]);
	assert_same(&part[0], &whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_values),	   cmocka_unit_test(fractions),
		cmocka_unit_test(nothing),	   cmocka_unit_test(overflows),
		cmocka_unit_test(counts_overflow), cmocka_unit_test(overflow_is_merged),
		cmocka_unit_test(two_passes),	   cmocka_unit_test(falling),
		cmocka_unit_test(falling_far),	   cmocka_unit_test(merge_is_union),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
