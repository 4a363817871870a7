// SPDX-License-Identifier: GPL-2.0
/*
 * test_interval.c - boundaries and missed ticks, at the ends of the number range too
 *
 * Answers in the tables are worked out by hand; runs of ticks are checked against a
 * search that knows only what a boundary is, in 128 bits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/interval.h"

#define MS 1000000ULL
#define SECOND 1000000000ULL
#define BIT63 (1ULL << 63)
/* The last millisecond that a ktime_t holds is boundary 9,223,372,036,854. */
#define LAST_MS 9223372036854ULL

static void test_init(void **state)
{
	static const struct {
		u64 length_ns;
		u64 phase_ns;
		int answer;
	} rows[] = {
		{1 * MS, 0, 0},
		{1 * MS, 999999, 0},
		{INTERVAL_MIN_NS, 0, 0},
		{INTERVAL_MIN_NS, INTERVAL_MIN_NS - 1, 0},
		{INTERVAL_MAX_NS, 0, 0},
		{INTERVAL_MAX_NS, INTERVAL_MAX_NS - 1, 0},
		{333333, 0, 0},
		{0, 0, -EINVAL},
		{1, 0, -EINVAL},
		{INTERVAL_MIN_NS - 1, 0, -EINVAL},
		{INTERVAL_MAX_NS + 1, 0, -EINVAL},
		{BIT63, 0, -EINVAL},
		{U64_MAX, 0, -EINVAL},
		{1 * MS, 1 * MS, -EINVAL},
		{1 * MS, 1 * MS + 1, -EINVAL},
		{1 * MS, U64_MAX, -EINVAL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct interval interval = {.length_ns = 7, .phase_ns = 5};
		int answer = interval_init(&interval, rows[i].length_ns, rows[i].phase_ns);

		assert_int_equal(answer, rows[i].answer);
		assert_int_equal(interval.length_ns, answer ? 7 : rows[i].length_ns);
		assert_int_equal(interval.phase_ns, answer ? 5 : rows[i].phase_ns);
	}
}

static void test_boundary(void **state)
{
	static const struct {
		struct interval interval;
		u64 tick;
		u64 time_ns;
	} rows[] = {
		{{1 * MS, 0}, 0, 0},
		{{1 * MS, 0}, 1, 1 * MS},
		{{1 * MS, 7}, 0, 7},
		{{1 * MS, 999999}, 1, 1999999},
		{{1 * MS + 1, 0}, 1000000, 1000001 * MS},
		{{1 * MS - 1, 0}, 1000000, 999999 * MS},
		{{333333, 0}, 3, 999999},
		{{1 * MS, 0}, LAST_MS, 9223372036854000000ULL},
		{{1 * MS, 775806}, LAST_MS, 9223372036854775806ULL},
		{{1 * MS, 775807}, LAST_MS, S64_MAX},
		/* One ns more than a ktime_t holds, then more than 64 bits hold. */
		{{1 * MS, 775808}, LAST_MS, S64_MAX},
		{{1 * MS, 0}, LAST_MS + 1, S64_MAX},
		{{1 * MS, 0}, 18446744073709ULL, S64_MAX},
		{{1 * MS, 999999}, 18446744073709ULL, S64_MAX},
		{{1 * MS, 0}, 18446744073710ULL, S64_MAX},
		{{INTERVAL_MAX_NS, 0}, BIT63, S64_MAX},
		{{INTERVAL_MAX_NS, INTERVAL_MAX_NS - 1}, U64_MAX, S64_MAX},
		/* 2^64 / 2^16: the product is 0 in 64 bits. */
		{{65536, 0}, 1ULL << 48, S64_MAX},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(interval_boundary(&rows[i].interval, rows[i].tick),
				 rows[i].time_ns);
}

static void test_ahead(void **state)
{
	static const struct {
		struct interval interval;
		u64 now_ns;
		u64 tick;
	} rows[] = {
		{{1 * MS, 0}, 0, 1},
		{{1 * MS, 0}, 1, 1},
		{{1 * MS, 0}, 999999, 1},
		{{1 * MS, 0}, 1 * MS, 2},
		{{1 * MS, 0}, 1 * MS + 1, 2},
		{{1 * MS, 500000}, 0, 0},
		{{1 * MS, 500000}, 499999, 0},
		{{1 * MS, 500000}, 500000, 1},
		{{1 * MS, 500000}, 1499999, 1},
		{{1 * MS, 500000}, 1500000, 2},
		{{1 * MS + 1, 0}, 1000001 * MS, 1000001},
		{{1 * MS - 1, 0}, 999999 * MS - 1, 1000000},
		{{1 * MS, 0}, BIT63 - 1, LAST_MS + 1},
		{{1 * MS, 0}, BIT63, LAST_MS + 1},
		{{1 * MS, 0}, U64_MAX, 18446744073710ULL},
		{{INTERVAL_MIN_NS, 0}, U64_MAX, 368934881474192ULL},
		{{INTERVAL_MAX_NS, INTERVAL_MAX_NS - 1}, 0, 0},
		{{INTERVAL_MAX_NS, INTERVAL_MAX_NS - 1}, INTERVAL_MAX_NS - 1, 1},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(interval_ahead(&rows[i].interval, rows[i].now_ns), rows[i].tick);
}

static void test_settle(void **state)
{
	static const struct {
		struct interval interval;
		u64 tick;
		u64 start_ns;
		u64 missed;
		u64 next;
	} rows[] = {
		/* in time, and up to the last ns before the next boundary */
		{{1 * MS, 0}, 5, 5 * MS, 0, 6},
		{{1 * MS, 0}, 5, 5 * MS + 95000, 0, 6},
		{{1 * MS, 0}, 5, 6 * MS - 1, 0, 6},
		/* late: a boundary at the start itself has passed */
		{{1 * MS, 0}, 5, 6 * MS, 1, 7},
		{{1 * MS, 0}, 5, 7 * MS - 1, 1, 7},
		{{1 * MS, 0}, 5, 7 * MS, 2, 8},
		{{1 * MS, 0}, 5, 18 * MS + 500000, 13, 19},
		{{1 * MS, 999999}, 5, 6 * MS + 999998, 0, 6},
		{{1 * MS, 999999}, 5, 6 * MS + 999999, 1, 7},
		/* before its boundary: as if on it */
		{{1 * MS, 0}, 5, 5 * MS - 1, 0, 6},
		{{1 * MS, 0}, 5, 0, 0, 6},
		{{1 * MS, 500000}, 0, 0, 0, 1},
		/* the first boundary of all */
		{{1 * MS, 0}, 0, 0, 0, 1},
		{{1 * MS, 0}, 0, 1 * MS, 1, 2},
		{{1 * MS, 0}, 0, U64_MAX, 18446744073709ULL, 18446744073710ULL},
		/* one ns more or less than a millisecond, a million ticks on */
		{{1 * MS + 1, 0}, 1000000, 1000001 * MS + 1 * MS, 0, 1000001},
		{{1 * MS + 1, 0}, 1000000, 1000001 * MS + 1 * MS + 1, 1, 1000002},
		{{1 * MS - 1, 0}, 1000000, 999999 * MS + 999998, 0, 1000001},
		{{1 * MS - 1, 0}, 1000000, 999999 * MS + 999999, 1, 1000002},
		/* where a ktime_t ends, and beyond */
		{{1 * MS, 0}, LAST_MS - 1, LAST_MS * MS - 1, 0, LAST_MS},
		{{1 * MS, 0}, LAST_MS - 1, LAST_MS * MS, 1, LAST_MS + 1},
		{{1 * MS, 0}, LAST_MS, BIT63 - 2, 0, LAST_MS + 1},
		{{1 * MS, 0}, LAST_MS, BIT63, 0, LAST_MS + 1},
		{{1 * MS, 0}, U64_MAX - 1, U64_MAX, 0, U64_MAX},
		{{1 * MS, 0}, U64_MAX, 0, 0, U64_MAX},
		{{1 * MS, 0}, U64_MAX, U64_MAX, 0, U64_MAX},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct interval_step step =
			interval_settle(&rows[i].interval, rows[i].tick, rows[i].start_ns);

		assert_int_equal(step.missed, rows[i].missed);
		assert_int_equal(step.next, rows[i].next);
	}
}

/* Any numbers will do that are the same every time. */
static u64 random_u64(u64 *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static __int128 exact_boundary(const struct interval *interval, u64 tick)
{
	return (__int128)tick * interval->length_ns + interval->phase_ns;
}

/* Ticks of one CPU that is late by chance, mostly a little, now and then by seconds. */
static u64 random_lateness(u64 *seed)
{
	u64 most = random_u64(seed) % 100 ? 200000 : 3 * SECOND;

	return random_u64(seed) % most;
}

/* From a start, every boundary is started or missed exactly once, and in order. */
static void run_of_ticks(const struct interval *interval, u64 now_ns, u64 *seed)
{
	u64 first = interval_ahead(interval, now_ns), tick = first;
	u64 started = 0, missed = 0;

	assert_true(exact_boundary(interval, first) > now_ns);
	assert_true(first == 0 || exact_boundary(interval, first - 1) <= now_ns);
	for (int i = 0; i < 1000; i++) {
		u64 start_ns = interval_boundary(interval, tick) + random_lateness(seed);
		struct interval_step step = interval_settle(interval, tick, start_ns);

		assert_true(exact_boundary(interval, step.next) > start_ns);
		assert_true(exact_boundary(interval, step.next - 1) <= start_ns);
		started++;
		missed += step.missed;
		tick = step.next;
		assert_int_equal(first + started + missed, tick);
	}
}

static void test_runs(void **state)
{
	static const u64 lengths[] = {
		INTERVAL_MIN_NS, INTERVAL_MIN_NS + 1, 333333,  999999,
		1 * MS,		 1 * MS + 1,	      7777777, SECOND,
		SECOND + 1,	 INTERVAL_MAX_NS,
	};
	static const u64 beginnings[] = {
		0, 1, 1 * MS, 1 * MS + 1, 4000000000ULL, 1ULL << 52, BIT63 - 20000 * SECOND,
	};
	u64 seed = 88172645463325252ULL;

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		for (size_t k = 0; k < sizeof(beginnings) / sizeof(beginnings[0]); k++) {
			struct interval interval;

			assert_int_equal(interval_init(&interval, lengths[i],
						       random_u64(&seed) % lengths[i]),
					 0);
			run_of_ticks(&interval, beginnings[k], &seed);
		}
}

/* An hour at 50 us and one ns: the last of 72 million boundaries is not a ns off. */
static void test_an_hour(void **state)
{
	struct interval interval;
	u64 tick = 0, end = 3600 * SECOND;

	assert_int_equal(interval_init(&interval, 50001, 0), 0);
	for (u64 time_ns = 0; time_ns < end; time_ns += 50001) {
		struct interval_step step = interval_settle(&interval, tick, time_ns + 50000);

		assert_true(interval_boundary(&interval, tick) == time_ns);
		assert_true(step.missed == 0 && step.next == tick + 1);
		tick = step.next;
	}
	assert_int_equal(tick, 71998561);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_init),  cmocka_unit_test(test_boundary),
		cmocka_unit_test(test_ahead), cmocka_unit_test(test_settle),
		cmocka_unit_test(test_runs),  cmocka_unit_test(test_an_hour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
