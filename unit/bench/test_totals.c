// SPDX-License-Identifier: GPL-2.0
/*
 * test_totals.c - /proc/sync_timer_benchmark, as written and as it should not be
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/module.h"

#define LEAD "lead auto max_ns 200000 budget_permille 5\n"
#define HEAD "interval_ns 1000000\nphase_ns 0\n" LEAD "window 123456 128456\nread_ns 123456789\n"
#define REST " left 0 offline 0 spin_ns 0 stolen_ns 0"
#define CPU0 "cpu 0 started 5000 missed 0 open 0" REST "\n"
#define CPU7 "cpu 7 started 4989 missed 10 open 1 left 2 offline 3 spin_ns 400 stolen_ns 50\n"

static void good(void **state)
{
	struct mc_bench_totals totals;
	struct mc_failure failure;

	assert_int_equal(mc_bench_totals_parse(HEAD CPU0 CPU7, &totals, &failure), 0);
	assert_true(totals.interval_ns == 1000000 && totals.phase_ns == 0);
	assert_true(totals.k0 == 123456 && totals.k1 == 128456 && totals.read_ns == 123456789);
	assert_int_equal(totals.n_cpus, 2);
	assert_int_equal(totals.cpu[1].cpu, 7);
	assert_int_equal(totals.cpu[1].started, 4989);
	assert_int_equal(totals.cpu[1].missed, 10);
	assert_int_equal(totals.cpu[1].open, 1);
	assert_int_equal(totals.cpu[1].left, 2);
	assert_int_equal(totals.cpu[1].offline, 3);
	assert_int_equal(totals.cpu[1].spin_ns, 400);
	assert_int_equal(totals.cpu[1].stolen_ns, 50);
	assert_string_equal(totals.lead.mode, "auto");
	assert_int_equal(totals.lead.max_ns, 200000);
	assert_int_equal(totals.lead.budget_permille, 5);
	mc_bench_totals_free(&totals);

	/* Lines of a later module */
	assert_int_equal(mc_bench_totals_parse(HEAD "clock tsc\n" CPU0 CPU7, &totals, &failure), 0);
	assert_int_equal(totals.n_cpus, 2);
	mc_bench_totals_free(&totals);

	assert_int_equal(mc_bench_totals_parse(
				 "read_ns 9223372036854775807\nwindow 0 0\n"
				 "phase_ns 9999999999\ninterval_ns 10000000000\n"
				 "lead off max_ns 0 budget_permille 0\n"
				 "cpu 1 started 18446744073709551615 missed 0 open 0" REST "\n",
				 &totals, &failure),
			 0);
	assert_true(totals.cpu[0].started == UINT64_MAX);
	mc_bench_totals_free(&totals);
}

static void bad(void **state)
{
	static const struct {
		const char *text;
		int line;
	} rows[] = {
		{"", 1},
		{"\n", 1},
		{HEAD, 6}, /* no CPU */
		{CPU0, 2}, /* nothing but a CPU */
		{"interval_ns 1000000\nphase_ns 0\n" LEAD "window 1 2\n" CPU0, 6}, /* no read_ns */
		{"interval_ns 1000000\nphase_ns 0\nwindow 1 2\nread_ns 5\n" CPU0, 6}, /* no lead */
		{HEAD CPU7 CPU0, 7}, /* not ascending */
		{HEAD CPU0 CPU0, 7}, /* twice */
		{HEAD "cpu 0 started 5000 missed 0 open 0" REST, 6}, /* cut off */
		{HEAD "cpu 0 started 5000 missed 0 open 0\n", 6},
		{HEAD "cpu 0 started 5000 missed 0\n", 6},
		{HEAD "cpu 0 started 5000 missed 0 open\n", 6},
		{HEAD "cpu 0 started 5000 missed 0 open x\n", 6},
		{HEAD "cpu 0 started 5000 missed 0 open 0" REST " more 1\n", 6},
		{HEAD "cpu 0 missed 5000 started 0 open 0" REST "\n", 6},
		{HEAD "cpu 0 started 5000 missed 0 open 0 offline 0 left 0 spin_ns 0 stolen_ns 0\n",
		 6},
		{HEAD "cpu -1 started 5000 missed 0 open 0" REST "\n", 6},
		{HEAD "cpu 8192 started 5000 missed 0 open 0" REST "\n", 6},
		{HEAD "cpu 0 started 18446744073709551616 missed 0 open 0" REST "\n", 6},
		{HEAD "cpu 0 started 0x10 missed 0 open 0" REST "\n", 6},
		{HEAD "cpu 0 started +1 missed 0 open 0" REST "\n", 6},
		{"interval_ns 1000000 5\nphase_ns 0\nwindow 1 2\nread_ns 1\n" LEAD CPU0, 1},
		{"interval_ns 0\nphase_ns 0\nwindow 1 2\nread_ns 1\n" LEAD CPU0, 7},
		{"interval_ns 1000000\nphase_ns 1000000\nwindow 1 2\nread_ns 1\n" LEAD CPU0, 7},
		{"interval_ns 1000000\nphase_ns 0\nwindow 2 1\nread_ns 1\n" LEAD CPU0, 7},
		{"interval_ns 1000000\nphase_ns 0\nwindow 1\nread_ns 1\n" LEAD CPU0, 3},
		{"interval_ns 1000000\nphase_ns 0\nwindow 1 2\nread_ns 9223372036854775808\n" LEAD
			 CPU0,
		 4},
		{"lead auto\n" CPU0, 1},
		{"lead  max_ns 1 budget_permille 5\n" CPU0, 1},
		{"lead automatic max_ns 1 budget_permille 5\n" CPU0, 1},
		{"lead auto max_ns x budget_permille 5\n" CPU0, 1},
		{"lead auto max_ns 1 budget_permille\n" CPU0, 1},
		{"lead auto max_ns 1 budget_permille 5 more\n" CPU0, 1},
	};
	struct mc_bench_totals totals;
	struct mc_failure failure;
	char where[64];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (mc_bench_totals_parse(rows[i].text, &totals, &failure) != -1)
			fail_msg("accepted: %s", rows[i].text);
		snprintf(where, sizeof(where), "/proc/sync_timer_benchmark:%d: ", rows[i].line);
		if (strncmp(failure.text, where, strlen(where)))
			fail_msg("row %zu: %s", i, failure.text);
		assert_null(totals.cpu);
	}
}

static void long_line(void **state)
{
	struct mc_bench_totals totals;
	struct mc_failure failure;
	char text[4096];

	memset(text, 'a', sizeof(text) - 2);
	strcpy(text + sizeof(text) - 2, "\n");
	assert_int_equal(mc_bench_totals_parse(text, &totals, &failure), -1);
}

/* The most CPUs there can be, and one more */
static void many_cpus(void **state)
{
	size_t size = 128 * (MC_CPUS_MAX + 16), used;
	char *text = malloc(size);
	struct mc_bench_totals totals;
	struct mc_failure failure;
	unsigned int i;

	used = snprintf(text, size, "%s", HEAD);
	for (i = 0; i < MC_CPUS_MAX; i++)
		used += snprintf(text + used, size - used,
				 "cpu %u started 1 missed 2 open 3" REST "\n", i);
	assert_int_equal(mc_bench_totals_parse(text, &totals, &failure), 0);
	assert_int_equal(totals.n_cpus, MC_CPUS_MAX);
	mc_bench_totals_free(&totals);
	free(text);
}

/* A file that is not a module is refused by name, before anything is asked of the kernel. */
static void not_a_module(void **state)
{
	static const char *const rows[] = {"/nonexistent.ko", "/dev/null", "/", "/etc/passwd"};
	struct mc_failure failure;
	char release[65];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(mc_module_release(rows[i], release, sizeof(release), &failure),
				 -1);
		assert_int_equal(failure.exit_code, MC_EXIT_ENVIRONMENT);
		assert_non_null(strstr(failure.text, rows[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),		cmocka_unit_test(bad),
		cmocka_unit_test(long_line),	cmocka_unit_test(many_cpus),
		cmocka_unit_test(not_a_module),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
