// SPDX-License-Identifier: GPL-2.0
/*
 * test_histogram.c - buckets have no gap and are narrow; percentiles are those of a sort
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "statistics/histogram.h"

#define N_VALUES 20000

static u64 random_state = 88172645463325252ULL;

static u64 random_u64(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static struct histogram *new_histogram(void)
{
	struct histogram *histogram = calloc(1, sizeof(*histogram));

	assert_non_null(histogram);
	return histogram;
}

/* From the header: exact up to 127, then 64 buckets for each power of two */
static void known_buckets(void **state)
{
	static const struct {
		s64 value, low, high;
	} rows[] = {
		{0, 0, 0},
		{1, 1, 1},
		{63, 63, 63},
		{64, 64, 64},
		{127, 127, 127},
		{128, 128, 129},
		{129, 128, 129},
		{255, 254, 255},
		{256, 256, 259},
		{1000000, 999424, 1007615},
		{(1LL << 62) - 1, (1LL << 62) - (1LL << 55), (1LL << 62) - 1},
		{1LL << 62, 1LL << 62, (1LL << 62) + (1LL << 56) - 1},
		{S64_MAX, S64_MAX - (1LL << 56) + 1, S64_MAX},
		{-1, -1, -1},
		{-128, -128, -128},
		{-129, -130, -129},
		{-130, -130, -129},
		{S64_MIN, S64_MIN, S64_MIN + (1LL << 56) - 1},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		u32 bucket = histogram_bucket(rows[i].value);

		assert_in_range(bucket, 0, HISTOGRAM_BUCKETS - 1);
		assert_int_equal(histogram_low(bucket), rows[i].low);
		assert_int_equal(histogram_high(bucket), rows[i].high);
	}
}

static void buckets_cover_all_values(void **state)
{
	assert_int_equal(histogram_low(0), S64_MIN);
	assert_int_equal(histogram_high(HISTOGRAM_BUCKETS - 1), S64_MAX);
	for (u32 i = 0; i < HISTOGRAM_BUCKETS; i++) {
		s64 low = histogram_low(i), high = histogram_high(i);
		u64 width = (u64)high - (u64)low + 1;
		u64 nearest = low >= 0 ? (u64)low : (u64)-high;

		assert_int_equal(histogram_bucket(low), i);
		assert_int_equal(histogram_bucket(high), i);
		if (i)
			assert_int_equal(low, histogram_high(i - 1) + 1);
		if (width > 1)
			assert_true(width <= nearest / 64);
	}
}

static void refusals(void **state)
{
	static const struct {
		u64 times, numerator, denominator;
		int ret;
	} rows[] = {
		{0, 1, 2, -ENODATA}, {0, 1, 0, -EINVAL},       {1, 1, 0, -EINVAL},
		{1, 0, 0, -EINVAL},  {1, 3, 2, -EINVAL},       {1, U64_MAX, U64_MAX - 1, -EINVAL},
		{1, 0, 1, 0},	     {1, U64_MAX, U64_MAX, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct histogram *histogram = new_histogram();
		s64 value = 77;
		int ret;

		if (rows[i].times)
			histogram_add(histogram, 5, rows[i].times);
		ret = histogram_percentile(histogram, rows[i].numerator, rows[i].denominator,
					   &value);
		assert_int_equal(ret, rows[i].ret);
		assert_int_equal(value, ret ? 77 : 5);
		free(histogram);
	}
}

/* Values 1, 2, 3, ... 100, each @times: the rank decides, to the last count */
static void nearest_rank(void **state)
{
	static const struct {
		u64 times, numerator, denominator;
		s64 value;
	} rows[] = {
		{1, 0, 100, 1},
		{1, 1, 100, 1},
		{1, 50, 100, 50},
		{1, 501, 1000, 51},
		{1, 999, 1000, 100},
		{1, 100, 100, 100},
		{1000000000000000ULL, 1, 2, 50},
		/* ceil(10^17 x 500000000000000001 / 10^18) is one above half of all */
		{1000000000000000ULL, 500000000000000001ULL, 1000000000000000000ULL, 51},
		{1000000000000000ULL, 500000000000000000ULL, 1000000000000000000ULL, 50},
		{184467440737095516ULL, U64_MAX, U64_MAX, 100},
		{184467440737095516ULL, 1ULL << 63, U64_MAX, 51},
		{184467440737095516ULL, (1ULL << 63) - 16, U64_MAX, 50},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct histogram *histogram = new_histogram();
		s64 value = 0;

		for (s64 v = 1; v <= 100; v++)
			histogram_add(histogram, v, rows[i].times);
		assert_int_equal(histogram_percentile(histogram, rows[i].numerator,
						      rows[i].denominator, &value),
				 0);
		assert_int_equal(value, rows[i].value);
		free(histogram);
	}
}

static s64 constant(size_t i)
{
	return 123456789;
}

static s64 uniform(size_t i)
{
	return (s64)(random_u64() % 1000000);
}

static s64 bimodal(size_t i)
{
	return (s64)(random_u64() % 100) + (random_u64() % 100 < 3 ? 13000000 : 90000);
}

static s64 heavy_tail(size_t i)
{
	return (s64)(random_u64() >> (1 + random_u64() % 63));
}

static s64 negative(size_t i)
{
	return -(s64)(random_u64() % 200000) + 1000;
}

static s64 any(size_t i)
{
	return (s64)random_u64();
}

static s64 extremes(size_t i)
{
	return i % 3 == 0 ? S64_MIN : i % 3 == 1 ? S64_MAX : 0;
}

static s64 ascending(size_t i)
{
	return (s64)i - N_VALUES / 2;
}

static int by_value(const void *a, const void *b)
{
	s64 x = *(const s64 *)a, y = *(const s64 *)b;

	return x < y ? -1 : x > y;
}

/* Never nearer to zero than the true value, and at most 1/64 of it away */
static void check_percentile(const struct histogram *histogram, const s64 *sorted, u64 numerator,
			     u64 denominator)
{
	u64 rank = (N_VALUES * numerator + denominator - 1) / denominator;
	s64 exact = sorted[rank ? rank - 1 : 0], value;
	u64 magnitude = exact < 0 ? -(u64)exact : (u64)exact;
	u64 away;

	assert_int_equal(histogram_percentile(histogram, numerator, denominator, &value), 0);
	assert_true(exact >= 0 ? value >= exact : value <= exact);
	away = exact >= 0 ? (u64)value - (u64)exact : (u64)exact - (u64)value;
	assert_true(away <= magnitude / 64);
}

static void percentiles_of_a_sort(void **state)
{
	static s64 (*const shapes[])(size_t) = {constant, uniform, bimodal,  heavy_tail,
						negative, any,	   extremes, ascending};
	s64 *values = calloc(N_VALUES, sizeof(*values));

	assert_non_null(values);
	for (size_t shape = 0; shape < sizeof(shapes) / sizeof(shapes[0]); shape++) {
		struct histogram *histogram = new_histogram();

		for (size_t i = 0; i < N_VALUES; i++) {
			values[i] = shapes[shape](i);
			histogram_add(histogram, values[i], 1);
		}
		assert_int_equal(histogram->total, N_VALUES);
		qsort(values, N_VALUES, sizeof(*values), by_value);
		for (u64 per_10000 = 0; per_10000 <= 10000; per_10000 += per_10000 < 9990 ? 90 : 1)
			check_percentile(histogram, values, per_10000, 10000);
		free(histogram);
	}
	free(values);
}

static void merge_is_union(void **state)
{
	struct histogram *whole = new_histogram(), *part[3];

	for (size_t i = 0; i < 3; i++)
		part[i] = new_histogram();
	for (size_t i = 0; i < N_VALUES; i++) {
		s64 value = i % 2 ? heavy_tail(i) : -heavy_tail(i);

		histogram_add(whole, value, i);
		histogram_add(part[i % 3], value, i);
	}
	for (size_t i = 1; i < 3; i++)
		histogram_merge(part[0], part[i]);
	assert_memory_equal(part[0], whole, sizeof(*whole));
	for (size_t i = 0; i < 3; i++)
		free(part[i]);
	free(whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_buckets),
		cmocka_unit_test(buckets_cover_all_values),
		cmocka_unit_test(refusals),
		cmocka_unit_test(nearest_rank),
		cmocka_unit_test(percentiles_of_a_sort),
		cmocka_unit_test(merge_is_union),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
