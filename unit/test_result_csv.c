// SPDX-License-Identifier: GPL-2.0
/*
 * test_result_csv.c - summary.csv and ticks.csv
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "memory_collector/result_io.h"
#include "synthetic_result.h"

#define FIRST_COLUMNS                                                                     \
	"test,samples,min_ns,max_ns,mean_ns,stddev_ns,missed_ticks,p50_ns,p90_ns,p99_ns," \
	"p99_9_ns,skew_p50_ns,skew_p99_ns,skew_max_ns,lost_events,status"

static char *written(const struct mc_result *result)
{
	struct mc_failure failure = {};
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	assert_int_equal(mc_result_write_csv(result, to, &failure), 0);
	fclose(to);
	return text;
}

static int check(const struct mc_result *result, const char *text, size_t length,
		 struct mc_failure *failure)
{
	FILE *from = fmemopen((void *)text, length, "r");
	int ret;

	*failure = (struct mc_failure){};
	ret = mc_result_check_csv(result, from, "summary.csv", failure);
	fclose(from);
	return ret;
}

static void test_lines(void **state)
{
	struct mc_result *result = mc_result_new();
	struct mc_scenario_result *scenario;
	char *text;

	scenario = mc_result_add(result, "none");
	scenario->status = MC_STATUS_SKIPPED;
	scenario = mc_result_add(result, "a,\"b\"");
	scenario->status = MC_STATUS_OK;
	scenario->cpu = calloc(1, sizeof(*scenario->cpu));
	scenario->n_cpus = 1;
	scenario->samples = 2;
	scenario->missed_ticks = 3;
	scenario->expected_ticks = 5;
	scenario->delta = (struct mc_stats){.count = 2,
					    .min = -1,
					    .max = 9,
					    .mean = 4,
					    .stddev = -1,
					    .p50 = 1,
					    .p90 = 2,
					    .p99 = 3,
					    .p99_9 = 4,
					    .p99_99 = 5};
	text = written(result);
	assert_string_equal(
		text, FIRST_COLUMNS
		",p99_99_ns,corrected_p99_ns,corrected_max_ns,expected_ticks,skew_incomplete\n"
		"none,,,,,,,,,,,,,,,skipped,,,,,\n"
		"\"a,\"\"b\"\"\",2,-1,9,4.000,,3,1,2,3,4,,,,0,ok,5,,,5,0\n");
	mc_result_free(result);
	free(text);
}

static void test_check(void **state)
{
	struct mc_result *result = synthetic_result(2, 2, 1000000000);
	struct mc_failure failure;
	char *text = written(result), *crlf = calloc(2, strlen(text) + 1), *at = crlf;
	size_t length = strlen(text);

	assert_int_equal(check(result, text, length, &failure), 0);
	for (const char *from = text; *from; from++) {
		if (*from == '\n')
			*at++ = '\r';
		*at++ = *from;
	}
	assert_int_equal(check(result, crlf, at - crlf, &failure), 0);

	for (size_t cut = 1; cut < length; cut++)
		assert_int_equal(check(result, text, cut, &failure), -1);
	assert_int_equal(check(result, text, length - 1, &failure), -1);
	assert_non_null(strstr(failure.text, "summary.csv:3: "));
	assert_non_null(strstr(failure.text, "truncated"));

	*strstr(text, "\ncpu,") = '\0';
	text[strlen(text)] = '\n';
	strstr(text, "\ncpu,")[5] = 'x';
	assert_int_equal(check(result, text, length, &failure), -1);
	assert_string_equal(failure.text,
			    "summary.csv:3: column samples does not agree with summary.json");
	memcpy(text, "tset", 4);
	assert_int_equal(check(result, text, length, &failure), -1);
	assert_non_null(strstr(failure.text, "summary.csv:1: column test"));
	mc_result_free(result);
	free(crlf);
	free(text);
}

static void test_more_lines(void **state)
{
	struct mc_result *result = synthetic_result(1, 1, 1000000000);
	struct mc_failure failure;
	char *text = written(result), *longer;

	assert_true(asprintf(&longer, "%sx\n", text) > 0);
	assert_int_equal(check(result, longer, strlen(longer), &failure), -1);
	assert_non_null(strstr(failure.text, "summary.csv:3: more lines"));
	mc_result_free(result);
	free(text);
	free(longer);
}

static void test_ticks(void **state)
{
	static const struct mc_tick_summary tick = {
		.timestamp_ns = 5000000123,
		.tick = 5000,
		.min_delay = 123,
		.max_delay = 456,
		.mean_delay = 289.5,
		.stddev = 166.5,
		.samples = 2,
		.missing = 1,
	};
	struct mc_failure failure = {};
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	assert_int_equal(mc_ticks_csv_begin(to, &failure), 0);
	assert_int_equal(mc_ticks_csv_add(to, &tick, "cpu", &failure), 0);
	fclose(to);
	assert_string_equal(
		text,
		"timestamp,tick,min_delay,max_delay,mean_delay,stddev,samples,missing,experiment\n"
		"5000000123,5000,123,456,289.500,166.500,2,1,cpu\n");
	free(text);

	to = fopen("/dev/full", "w");
	setvbuf(to, NULL, _IONBF, 0);
	assert_int_equal(mc_ticks_csv_add(to, &tick, "cpu", &failure), -1);
	assert_non_null(strstr(failure.text, "No space left"));
	fclose(to);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_more_lines),
		cmocka_unit_test(test_ticks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
