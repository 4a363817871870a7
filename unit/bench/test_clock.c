// SPDX-License-Identifier: GPL-2.0
/*
 * test_clock.c - rates of a clock, what is said of them, and when they make a result invalid
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/clock.h"
#include "kernel/environment.h"
#include "result/clock_verdict.h"

#define S 1000000000LL

static void test_rate(void **state)
{
	static const struct {
		struct mc_tsc_moment first, last;
		double hz;
	} rows[] = {
		{{5000, 1 * S, 0}, {5000 + 2300000000, 2 * S, 0}, 2.3e9},
		{{5000, 1 * S, 200}, {5000 + 2300000000, 2 * S, 4000}, 2.3e9},
		{{0, 0, 0}, {1150000000, S / 2, 0}, 2.3e9},
		/* Neither clock stands still. */
		{{5000, 1 * S, 0}, {5000, 2 * S, 0}, -1},
		{{5000, 1 * S, 0}, {4000, 2 * S, 0}, -1},
		{{5000, 1 * S, 0}, {6000, 1 * S, 0}, -1},
		/* One part in a thousand, and a little more */
		{{0, 1 * S, 1000}, {1000000, 2 * S, 1000}, 1e6},
		{{0, 1 * S, 1000}, {1000000, 2 * S, 1010}, -1},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double hz = mc_clock_tsc_hz(&rows[i].first, &rows[i].last);

		if (fabs(hz - rows[i].hz) > 1e-6)
			fail_msg("row %zu: %f instead of %f", i, hz, rows[i].hz);
	}
}

static void test_changed(void **state)
{
	static const struct {
		const char *source, *after;
		bool changed;
	} rows[] = {
		{"tsc", "tsc", false},
		{"tsc", "hpet", true},
		{"hpet", "tsc", true},
		{"tsc-early", "tsc", false},
		{"tsc", "tsc-early", true},
		{"tsc-early", "hpet", true},
		{"", "", false},
		{"tsc", "", true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (mc_clock_changed(rows[i].source, rows[i].after) != rows[i].changed)
			fail_msg("row %zu", i);
}

static void test_alone(void **state)
{
	static const struct {
		struct mc_clock_span span;
		double hz;
		const char *says;
	} rows[] = {
		{{.has_tsc = true, .first = {0, S, 0}, .last = {1000, 2 * S, 0}}, 1000, "no other"},
		{{.has_tsc = true, .first = {0, S, 9}, .last = {1000, 2 * S, 9}}, -1, "too short"},
		{{.has_tsc = false}, -1, "without a TSC"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mc_clock_result clock = {.ppm = NAN};

		mc_clock_settle(&rows[i].span, &clock);
		if (clock.tsc_hz != rows[i].hz || !isnan(clock.ppm) ||
		    !strstr(clock.not_compared, rows[i].says))
			fail_msg("row %zu: %f, %s", i, clock.tsc_hz, clock.not_compared);
	}
}

/* A span holds on to what was first, and to a change. */
static void test_span(void **state)
{
	struct mc_clock_span span = {};
	struct mc_tsc_moment first;
	char now[32];

	mc_clock_start(&span);
	first = span.first;
	strcpy(span.source, "a");
	strcpy(span.source_after, "b");
	mc_clock_end(&span);
	mc_clock_start(&span);
	assert_memory_equal(&first, &span.first, sizeof(first));
	assert_string_equal(span.source, "a");
	assert_string_equal(span.source_after, "b");
	strcpy(span.source_after, "a");
	mc_clock_end(&span);
	assert_string_not_equal(span.source_after, "a");
	/* What follows a change that is none can still be one. */
	strcpy(span.source, "tsc-early");
	strcpy(span.source_after, "tsc");
	mc_clock_end(&span);
	mc_clocksource(now, sizeof(now));
	assert_string_equal(span.source_after, now);
	assert_true(!span.has_tsc || span.last.monotonic_ns > span.first.monotonic_ns);
}

static void test_compare(void **state)
{
	static const char own[] = "own";
	static const struct {
		enum mc_status status;
		double hz, host_hz, ppm;
		enum mc_status after;
		const char *reason, *not_compared;
	} rows[] = {
		{MC_STATUS_OK, 2.3e9, 2.3e9, 0, MC_STATUS_OK, "", ""},
		{MC_STATUS_OK, 2.3e9, 2.3115e9, 5000, MC_STATUS_OK, "", ""},
		{MC_STATUS_OK, 2.3e9, 2.31151e9, 5004.3478, MC_STATUS_INVALID,
		 "the guest's clock ran 0.5 % too fast: its second had 2300.000000 million ticks of "
		 "the TSC, the host's 2311.510000 million",
		 ""},
		{MC_STATUS_OK, 2.415e9, 2.3e9, -47619.0476, MC_STATUS_INVALID,
		 "the guest's clock ran 4.76 % too slow: its second had 2415.000000 million ticks of "
		 "the TSC, the host's 2300.000000 million",
		 ""},
		/* One guest counted 5,074 s in 93. */
		{MC_STATUS_OK, 42156089, 2.3e9, 53559136.6, MC_STATUS_INVALID,
		 "the guest's clock ran 54.6 times too fast: its second had 42.156089 million ticks "
		 "of the TSC, the host's 2300.000000 million",
		 ""},
		/* Another reason stays. */
		{MC_STATUS_INVALID, 2.415e9, 2.3e9, -47619.0476, MC_STATUS_INVALID, "first", ""},
		{MC_STATUS_SKIPPED, 2.415e9, 2.3e9, -47619.0476, MC_STATUS_SKIPPED, "first", ""},
		{MC_STATUS_FAILED, 2.415e9, 2.3e9, -47619.0476, MC_STATUS_FAILED, "first", ""},
		/* One of the two is not known. */
		{MC_STATUS_OK, 2.415e9, -1, NAN, MC_STATUS_OK, "", "the host's"},
		{MC_STATUS_OK, -1, 2.3e9, NAN, MC_STATUS_OK, "", own},
		{MC_STATUS_OK, -1, -1, NAN, MC_STATUS_OK, "", own},
		{MC_STATUS_OK, 0, 2.3e9, NAN, MC_STATUS_OK, "", own},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mc_result *result = mc_result_new();
		struct mc_scenario_result *scenario = mc_result_add(result, "baseline");
		struct mc_clock_result *clock = &scenario->clock;

		scenario->status = rows[i].status;
		strcpy(scenario->reason, rows[i].status == MC_STATUS_OK ? "" : "first");
		clock->tsc_hz = rows[i].hz;
		strcpy(clock->not_compared, own);
		mc_clock_compare(scenario, rows[i].host_hz, "the host's");
		if (isnan(rows[i].ppm) ? !isnan(clock->ppm)
				       : !(fabs(clock->ppm / rows[i].ppm - 1) < 1e-6 ||
					   clock->ppm == rows[i].ppm))
			fail_msg("row %zu: %f ppm", i, clock->ppm);
		if (scenario->status != rows[i].after || strcmp(scenario->reason, rows[i].reason))
			fail_msg("row %zu: %s: %s", i, mc_status_name(scenario->status),
				 scenario->reason);
		if (strcmp(clock->not_compared, rows[i].not_compared))
			fail_msg("row %zu: %s", i, clock->not_compared);
		mc_result_free(result);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rate),	cmocka_unit_test(test_changed),
		cmocka_unit_test(test_alone),	cmocka_unit_test(test_span),
		cmocka_unit_test(test_compare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
