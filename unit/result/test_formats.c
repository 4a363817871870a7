// SPDX-License-Identifier: GPL-2.0
/*
 * test_formats.c - a result as a table for a page, and as named numbers
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <json-c/json.h>

#include "memory_collector/result_io.h"
#include "synthetic_result.h"

typedef int (*write_fn)(const struct mc_result *result, FILE *to, struct mc_failure *failure);

static char *written(write_fn write, const struct mc_result *result)
{
	struct mc_failure failure = {};
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	assert_int_equal(write(result, to, &failure), 0);
	fclose(to);
	return text;
}

static struct mc_result *one_scenario(void)
{
	struct mc_result *result = synthetic_result(0, 2, 1000000000);
	struct mc_scenario_result *scenario = mc_result_add(result, "cpu");

	scenario->status = MC_STATUS_OK;
	scenario->ticks.n_cpus = 2;
	scenario->ticks.cpu = calloc(2, sizeof(*scenario->ticks.cpu));
	scenario->ticks.expected_ticks = 2000;
	scenario->ticks.samples = scenario->ticks.started_ticks = 1500;
	scenario->ticks.missed_ticks = 500;
	scenario->ticks.delta =
		(struct mc_stats){1500, 1, 9876543, 2, 3, 1000, 2000, 3049, 4051, 5};
	scenario->ticks.corrected = (struct mc_stats){2000, 1, 9, 2, 3, 10, 20, 77777, 40, 50};
	return result;
}

static void test_markdown(void **state)
{
	struct mc_result *result = one_scenario();
	struct mc_scenario_result *scenario = mc_result_add(result, "mine");
	char *text;

	scenario->status = MC_STATUS_SKIPPED;
	strcpy(scenario->reason, "no <b>|[x](y)\n");
	result->environment.timer_resolution_ns = 10000000;
	text = written(mc_result_write_markdown, result);
	assert_string_equal(
		text,
		"**6.1.0-56-cloud-amd64**, VM (tcg), 2 CPUs: a tick every 1 ms for 1 s per "
		"scenario, times in µs\n"
		"\n"
		"**WARNING:** no high-resolution timers&#58; this kernel's timers expire at its own "
		"tick only, every 10 ms &#40;is highres=off on its command line?&#41;\n"
		"\n"
		"| test | status | read | missed | lost | delta p50 | p99 | p99.9 | max | "
		"corrected p99 | skew p99 |\n"
		"|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n"
		"| cpu | ok | 1,500 | 500 (25.00 %) | 0 | 1.0 | 3.0 | 4.1 | 9876.5 | 77.8 | |\n"
		"| mine | skipped | | | | | | | | | |\n"
		"\n"
		"- mine is skipped: no &#60;b&#62;&#124;&#91;x&#93;&#40;y&#41;?\n");
	free(text);
	mc_result_free(result);
}

static void test_benchmark(void **state)
{
	static const struct {
		const char *name, *unit, *value;
	} rows[] = {
		{"cpu: delta p50", "ns", "1000"},
		{"cpu: delta p99", "ns", "3049"},
		{"cpu: corrected p99", "ns", "77777"},
		{"cpu: missed ticks", "%", "25.0000"},
	};
	struct mc_result *result = one_scenario();
	json_object *list, *entry;
	char *text;
	size_t i;

	/* Whatever it measured must not be compared. */
	mc_result_add(result, "mine")->ticks.delta.count = 1;
	text = written(mc_result_write_benchmark, result);
	list = json_tokener_parse(text);
	assert_int_equal(json_object_array_length(list), sizeof(rows) / sizeof(rows[0]));
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		entry = json_object_array_get_idx(list, i);
		assert_string_equal(json_object_get_string(json_object_object_get(entry, "name")),
				    rows[i].name);
		assert_string_equal(json_object_get_string(json_object_object_get(entry, "unit")),
				    rows[i].unit);
		assert_string_equal(
			json_object_to_json_string(json_object_object_get(entry, "value")),
			rows[i].value);
		assert_string_equal(json_object_get_string(json_object_object_get(entry, "extra")),
				    "kernel 6.1.0-56-cloud-amd64, vm with tcg, 2 CPUs");
	}
	json_object_put(list);
	free(text);
	mc_result_free(result);
}

static void test_nothing(void **state)
{
	struct mc_result *result = synthetic_result(0, 2, 1000000000);
	char *text = written(mc_result_write_benchmark, result);

	json_object *list = json_tokener_parse(text);

	assert_int_equal(json_object_array_length(list), 0);
	json_object_put(list);
	free(text);
	mc_result_free(result);
}

static void test_full(void **state)
{
	static const write_fn writers[] = {mc_result_write_markdown, mc_result_write_benchmark};
	struct mc_result *result = one_scenario();
	size_t i;

	for (i = 0; i < sizeof(writers) / sizeof(writers[0]); i++) {
		struct mc_failure failure = {};
		FILE *to = fopen("/dev/full", "w");

		assert_int_equal(writers[i](result, to, &failure), -1);
		assert_non_null(strstr(failure.text, "No space left on device"));
		fclose(to);
	}
	mc_result_free(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_markdown),
		cmocka_unit_test(test_benchmark),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
