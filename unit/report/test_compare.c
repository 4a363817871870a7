// SPDX-License-Identifier: GPL-2.0
/*
 * test_compare.c - variants against each other: medians of slices, noise, and the table
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/compare.h"

static void ratios(void **state)
{
	/* Medians over slices: 100, 15, 1 and 0 */
	static struct mc_slice odd[] = {{.p50 = 900}, {.p50 = 100}, {.p50 = 1}};
	static struct mc_slice even[] = {{.p50 = 10}, {.p50 = 20}};
	static struct mc_slice zero[] = {{.p50 = 0}};
	static struct mc_slice some[] = {{.p50 = MC_TIME_NONE}, {.p50 = 20}, {.p50 = MC_TIME_NONE}};
	static struct mc_slice none[] = {{.p50 = MC_TIME_NONE, .skew_p50 = -1}};
	static const struct mc_scenario_result results[] = {
		{.ticks.delta.count = 1, .ticks.n_slices = 3, .ticks.slice = odd},
		{.ticks.delta.count = 1, .ticks.n_slices = 2, .ticks.slice = even},
		{.ticks.delta.count = 1, .ticks.n_slices = 1, .ticks.slice = zero},
		{.ticks.delta = {.count = 1, .p50 = 50}},
		{.ticks.delta = {.count = 1, .p50 = 50}, .status = MC_STATUS_INVALID},
		{.ticks.delta.count = 0},
		{.ticks.delta.count = 1, .ticks.n_slices = 3, .ticks.slice = some},
		{.ticks.delta.count = 1, .ticks.n_slices = 1, .ticks.slice = none},
	};
	static const struct {
		unsigned int first, other;
		double ratio;
	} rows[] = {{0, 1, 100 / 15.0}, {1, 0, 0.15}, {0, 2, 100}, {2, 2, 1},
		    {0, 3, 2},		{0, 4, NAN},  {0, 5, NAN}, {4, 0, NAN},
		    {0, 6, 5},		{0, 7, NAN},  {7, 0, NAN}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double ratio = mc_compare_ratio(&results[rows[i].first], &results[rows[i].other],
						MC_FIGURE_P50);

		if (isnan(rows[i].ratio) ? !isnan(ratio) : !(fabs(ratio - rows[i].ratio) < 1e-9))
			fail_msg("row %zu: %f", i, ratio);
	}
	assert_true(isnan(mc_compare_ratio(&results[7], &results[7], MC_FIGURE_SKEW_P50)));
}

static void worse(void **state)
{
	static const struct {
		double ratio, noise;
		bool worse;
	} rows[] = {
		{2, 1, false},	    {1, 1, false},	{0.92, 1, false},   {0.9, 1, true},
		{0.9, 1.05, false}, {0.9, 0.95, false}, {0.8, 1.05, true},  {0.8, 0.5, false},
		{NAN, 1, false},    {0.9, NAN, true},	{0.95, NAN, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (mc_compare_is_worse(rows[i].ratio, rows[i].noise) != rows[i].worse)
			fail_msg("row %zu", i);
}

/* Of 1,000 boundaries each; again: -1, not measured */
static void missed(void **state)
{
	static const struct {
		int first, again, other;
		bool more;
	} rows[] = {
		{0, 0, 9, false},	{0, 0, 11, true},	{0, 20, 29, false},
		{0, 20, 31, true},	{100, 100, 119, false}, {100, 100, 121, true},
		{100, 130, 149, false}, {100, 130, 151, true},	{100, 70, 149, false},
		{100, 70, 151, true},	{100, -1, 119, false},	{100, -1, 121, true},
		{50, 50, 0, false},
	};
	static struct mc_slice slices[] = {{.expected = 1000, .missed = 0},
					   {.expected = 0, .missed = 0},
					   {.expected = 1000, .missed = 500},
					   {.expected = 1000, .missed = 20}};
	struct mc_scenario_result sliced = {
		.ticks.n_slices = 4, .ticks.slice = slices, .ticks.expected_ticks = 3000};
	struct mc_scenario_result once = {.ticks.expected_ticks = 1000, .ticks.missed_ticks = 20};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mc_scenario_result first = once, again = once, other = once;

		first.ticks.missed_ticks = rows[i].first;
		again.ticks.missed_ticks = rows[i].again;
		other.ticks.missed_ticks = rows[i].other;
		if (mc_compare_misses_more(&first, rows[i].again < 0 ? NULL : &again, &other) !=
		    rows[i].more)
			fail_msg("row %zu", i);
	}
	assert_true(mc_compare_missed(&sliced) == 0.02);
	assert_true(mc_compare_missed(&once) == 0.02);
	assert_false(mc_compare_misses_more(&once, NULL, &sliced));
	once.ticks.missed_ticks = 0;
	/* Ten ticks of a window of 750 are less than 20 of 1,000. */
	assert_true(mc_compare_misses_more(&once, NULL, &sliced));
	once.ticks.expected_ticks = 0;
	assert_true(isnan(mc_compare_missed(&once)));
	assert_false(mc_compare_misses_more(&once, NULL, &sliced));
	assert_false(mc_compare_misses_more(&sliced, &once, &once));
	sliced.status = MC_STATUS_INVALID;
	assert_true(isnan(mc_compare_missed(&sliced)));
}

static char *printed(const struct mc_result *result)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	assert_non_null(to);
	mc_compare_print(result, to);
	fclose(to);
	return text;
}

static struct mc_scenario_result variant_of(const char *name, int64_t p50, int64_t p99,
					    uint64_t repeat)
{
	struct mc_scenario_result scenario = {
		.base = "cpu",
		.repeat = repeat,
		.ticks.expected_ticks = 1000,
		.ticks.missed_ticks = 5,
		.ticks.spin.total_ns = repeat ? 0 : 50000000,
		.ticks.spin.stolen_ns = repeat ? 0 : 10000000,
		.ticks.delta = {.count = 9, .p50 = p50, .p90 = 100, .p99 = p99, .mean = 100},
		.ticks.corrected = {.count = 9, .p90 = 100, .p99 = p99 * p99 / 100},
	};

	snprintf(scenario.variant, sizeof(scenario.variant), "%s", name);
	snprintf(scenario.test, sizeof(scenario.test), "cpu+%s", name);
	return scenario;
}

static void table(void **state)
{
	struct mc_scenario_result scenarios[] = {
		{.test = "alone"},
		variant_of("off", 100000, 500, 0),
		variant_of("auto", 200, 600, 0),
		variant_of("off-2", 99000, 510, 1),
	};
	struct mc_result result = {.interval_ns = 1000000,
				   .run.duration_ns = 3000000000,
				   .scenario = scenarios,
				   .n_scenarios = 4};
	char *text;

	scenarios[2].ticks.missed_ticks = 30;
	text = printed(&result);
	assert_non_null(strstr(text, "How many times smaller than with off, medians of 1 slice of "
				     "3 s; A/A: off again\n"));
	assert_non_null(strstr(text,
			       "\ncpu+auto                    500    1.00    0.83!   1.00 "
			       "   1.00    0.69!    n/a    0.500    3.000!    40.0     10.0\n"));
	assert_non_null(strstr(text,
			       "\n  A/A                      1.01    1.00    0.98    1.00 "
			       "   1.00    0.96     n/a    0.500    0.500      0.0      0.0\n"));
	assert_non_null(strstr(text, "\n!: worse by more than 10 %"));
	assert_null(strstr(text, "alone"));
	free(text);

	result.n_scenarios = 1;
	text = printed(&result);
	assert_string_equal(text, "");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ratios),
		cmocka_unit_test(worse),
		cmocka_unit_test(missed),
		cmocka_unit_test(table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
