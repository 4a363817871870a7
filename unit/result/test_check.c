// SPDX-License-Identifier: GPL-2.0
/*
 * test_check.c - results that contradict themselves
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "result/check.h"
#include "synthetic_result.h"

#define DURATION_NS 100000000

static void test_good(void **state)
{
	struct mc_result *result = synthetic_result(4, 3, DURATION_NS);
	char key[64];
	const char *why;

	result->scenario[1].status = MC_STATUS_INVALID;
	mc_result_add(result, "skipped")->status = MC_STATUS_SKIPPED;
	mc_result_add(result, "failed")->status = MC_STATUS_FAILED;
	for (size_t i = 0; i < result->n_scenarios; i++)
		if (!mc_scenario_agrees(&result->scenario[i], key, sizeof(key), &why))
			fail_msg("scenario %zu: %s: %s", i, key, why);
	mc_result_free(result);
}

#define SCENARIO(member) offsetof(struct mc_scenario_result, ticks.member)
#define CPU(member) offsetof(struct mc_cpu_result, member)

/* One number of a good result is changed, at an offset in the scenario or in its last CPU. */
static void test_one_number(void **state)
{
	static const struct {
		bool cpu;
		size_t offset;
		uint64_t change; /* added; UINT64_MAX takes one away */
		const char *key;
	} rows[] = {
		{false, SCENARIO(samples), 1, "samples"},
		{false, SCENARIO(samples), UINT64_MAX, "samples"},
		{false, SCENARIO(expected_ticks), 1, "expected_ticks"},
		{false, SCENARIO(started_ticks), UINT64_MAX, "started_ticks"},
		{false, SCENARIO(missed_ticks), 1, "missed_ticks"},
		{false, SCENARIO(lost_events), 1, "lost_events"},
		{false, SCENARIO(lost_events), UINT64_MAX, "lost_events"},
		{false, SCENARIO(k0), 1000, "window"},
		{false, SCENARIO(k1), UINT64_MAX, "per_cpu[0].expected_ticks"},
		{false, SCENARIO(delta.count), 1, "delta_ns"},
		{false, SCENARIO(entry.count), 1, "entry_ns"},
		{false, SCENARIO(corrected.count), 1, "histogram.corrected"},
		{false, SCENARIO(corrected.count), UINT64_MAX, "histogram.corrected"},
		{false, SCENARIO(skew.count), 1, "histogram.skew"},
		{false, SCENARIO(delta_histogram.n), UINT64_MAX, "histogram.delta"},
		{true, CPU(samples), 1, "samples"},
		{true, CPU(samples), (uint64_t)1 << 63, "samples"},
		{true, CPU(expected), 1, "expected_ticks"},
		{true, CPU(started), 1, "started_ticks"},
		{true, CPU(missed), 1, "missed_ticks"},
		{true, CPU(lost), 1, "lost_events"},
		{true, CPU(open), 1000, "per_cpu[2].open_ticks"},
		{true, CPU(delta.count), 1, "per_cpu[2].delta_ns"},
		{true, CPU(entry.count), 1, "per_cpu[2].entry_ns"},
		{true, CPU(offline), 1, "per_cpu[2].offline_ticks"},
		{true, CPU(left), 1000, "per_cpu[2].left_ticks"},
		{true, CPU(spin.ticks), 1, "spin"},
		{false, SCENARIO(spin.stolen_ns), 1, "spin.stolen_ns"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mc_result *result = synthetic_result(1, 3, DURATION_NS);
		struct mc_scenario_result *scenario = result->scenario;
		char *base = rows[i].cpu ? (char *)&scenario->ticks.cpu[2] : (char *)scenario;
		char key[64] = "";
		const char *why;

		*(uint64_t *)(base + rows[i].offset) += rows[i].change;
		assert_false(mc_scenario_agrees(scenario, key, sizeof(key), &why));
		if (strcmp(key, rows[i].key))
			fail_msg("row %zu: '%s' (%s) instead of '%s'", i, key, why, rows[i].key);
		mc_result_free(result);
	}
}

/* Counts that add up, but not to what the status says */
static void test_status(void **state)
{
	static const struct {
		uint64_t expected, started, missed, lost;
		enum mc_status status;
		const char *key; /* NULL: fine */
	} rows[] = {
		{100, 100, 0, 0, MC_STATUS_OK, NULL},
		{110, 100, 10, 0, MC_STATUS_OK, NULL},
		{110, 100, 10, 0, MC_STATUS_SKIPPED, "per_cpu"},
		{111, 100, 10, 0, MC_STATUS_OK, "status"},
		{110, 100, 10, 1, MC_STATUS_OK, "status"},
		{110, 101, 9, 0, MC_STATUS_OK, "status"},
		{110, 101, 9, 1, MC_STATUS_INVALID, NULL},
		{110, 7, 7, 7, MC_STATUS_INVALID, NULL},
		{110, 100, UINT64_MAX - 50, 0, MC_STATUS_OK, "status"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mc_bucket buckets[] = {{-5, -1, 40}, {0, 9, 60}};
		struct mc_cpu_result cpu = {.samples = 100,
					    .expected = rows[i].expected,
					    .started = rows[i].started,
					    .missed = rows[i].missed,
					    .lost = rows[i].lost,
					    .delta = {.count = 100}};
		struct mc_scenario_result scenario = {
			.status = rows[i].status,
			.ticks.k0 = 7,
			.ticks.k1 = 7 + 111,
			.ticks.samples = 100,
			.ticks.expected_ticks = rows[i].expected,
			.ticks.started_ticks = rows[i].started,
			.ticks.missed_ticks = rows[i].missed,
			.ticks.lost_events = rows[i].lost,
			.ticks.delta = {.count = 100},
			.ticks.delta_histogram = {2, buckets},
			.ticks.n_cpus = 1,
			.ticks.cpu = &cpu,
		};
		char key[64] = "";
		const char *why = "";
		bool agrees = mc_scenario_agrees(&scenario, key, sizeof(key), &why);

		if (agrees != !rows[i].key || strcmp(key, rows[i].key ? rows[i].key : ""))
			fail_msg("row %zu: '%s': %s", i, key, why);
	}
}

static void test_nothing_measured(void **state)
{
	struct mc_scenario_result scenario = {.status = MC_STATUS_OK};
	char key[64] = "";
	const char *why;

	assert_false(mc_scenario_agrees(&scenario, key, sizeof(key), &why));
	assert_string_equal(key, "status");
	scenario.status = MC_STATUS_INVALID;
	assert_true(mc_scenario_agrees(&scenario, key, sizeof(key), &why));
	scenario.ticks.skew.count = 1;
	assert_false(mc_scenario_agrees(&scenario, key, sizeof(key), &why));
	assert_string_equal(key, "per_cpu");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_one_number),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_nothing_measured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
