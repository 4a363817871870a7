// SPDX-License-Identifier: GPL-2.0
/*
 * test_module.c - the collector's counters as text, whole and broken
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "collector/module.h"

static void whole(void **state)
{
	struct mc_collector_stats stats;
	struct mc_failure failure;
	uint64_t value;

	assert_int_equal(mc_collector_stats_parse("source simulated\n"
						  "rmid_used 7\n"
						  "cpu0_ticks_started 10\n"
						  "cpu0_ticks_missed 1\n"
						  "cpu12_ticks_started 18446744073709551600\n",
						  &stats, &failure),
			 0);
	assert_string_equal(stats.source, "simulated");
	assert_true(mc_collector_stat(&stats, "rmid_used", &value));
	assert_int_equal(value, 7);
	assert_false(mc_collector_stat(&stats, "rmid", &value));
	assert_true(mc_collector_stat_cpus(&stats, "ticks_started") == 18446744073709551610ULL);
	assert_int_equal(mc_collector_stat_cpus(&stats, "ticks_missed"), 1);
	assert_int_equal(mc_collector_stat_cpus(&stats, "rmid_used"), 0);
	mc_collector_stats_free(&stats);
}

static void broken(void **state)
{
	static const struct {
		const char *text, *where;
	} rows[] = {
		{"", ":1:"},
		{"source simulated\n", ":2:"},
		{"rmid_used 7\n", ":2:"},
		{"source simulated\nrmid_used 7", ":2:"},
		{"source simulated\nrmid_used\n", ":2:"},
		{"source simulated\nrmid_used seven\n", ":2:"},
		{"source simulated\nrmid_used -7\n", ":2:"},
		{"source simulated\nrmid_used 7 8\n", ":2:"},
		{"source simulated\nrmid_used 18446744073709551616\n", ":2:"},
		{"source simulated\nrmid_used 1\n\nrmid_free 1\n", ":3:"},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mc_collector_stats stats;
		struct mc_failure failure;

		assert_int_equal(mc_collector_stats_parse(rows[i].text, &stats, &failure), -1);
		assert_null(stats.stat);
		if (!strstr(failure.text, rows[i].where))
			fail_msg("row %zu: %s", i, failure.text);
	}
}

static void buffers(void **state)
{
	static const struct {
		uint64_t available;
		unsigned int wanted_kib, n_cpus, kib;
	} rows[] = {
		{1ULL << 30, 16384, 2, 16384},
		/* A quarter of 512 MiB, over 64 CPUs */
		{512ULL << 20, 16384, 64, 2048},
		{1ULL << 40, 16384, 8192, 16384},
		{128ULL << 20, 16384, 2, 16384},
		{(128ULL << 20) - 8192, 16384, 2, 16383},
		{0, 16384, 4, 64},
		{1ULL << 30, 16384, 0, 16384},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(mc_collector_buffer_kib(rows[i].wanted_kib, rows[i].available,
							 rows[i].n_cpus),
				 rows[i].kib);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),
		cmocka_unit_test(broken),
		cmocka_unit_test(buffers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
