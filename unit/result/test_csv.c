// SPDX-License-Identifier: GPL-2.0
/*
 * test_csv.c - summary.csv and ticks.csv
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "memory_collector/result_io.h"
#include "synthetic_result.h"

/* The first line up to status is fixed: others depend on it. */
#define HEADER                                                                            \
	"test,samples,min_ns,max_ns,mean_ns,stddev_ns,missed_ticks,p50_ns,p90_ns,p99_ns," \
	"p99_9_ns,skew_p50_ns,skew_p99_ns,skew_max_ns,lost_events,status,"                \
	"p99_99_ns,corrected_p99_ns,corrected_max_ns,expected_ticks,skew_incomplete,"     \
	"base,variant,lead,phase_ns,entry_p50_ns,entry_p99_ns,spin_ns,stolen_ns"

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
	const struct mc_stats stats = {2, -1, 9, 4, 0.0004, 1, 2, 3, 4, 5};
	const struct mc_stats no_deviation = {2, -1, 9, 4.5, -1, 1, 2, 3, 4, 5};
	const struct {
		const char *test;
		enum mc_status status;
		bool measured;
		struct mc_stats delta, corrected, skew;
		const char *line;
	} rows[] = {
		{"skipped",
		 MC_STATUS_SKIPPED,
		 false,
		 {},
		 {},
		 {},
		 "skipped,,,,,,,,,,,,,,,skipped,,,,,,,,,,,,,"},
		{"late", MC_STATUS_SKIPPED, true, stats, stats, stats,
		 "late,,,,,,,,,,,,,,,skipped,,,,,,,,,,,,,"},
		{"failed",
		 MC_STATUS_FAILED,
		 false,
		 {},
		 {},
		 {},
		 "failed,,,,,,,,,,,,,,,failed,,,,,,,,,,,,,"},
		{"silent",
		 MC_STATUS_INVALID,
		 true,
		 {},
		 {},
		 {},
		 "silent,2,,,,,3,,,,,,,,7,invalid,,,,5,6,,,,0,,,0,0"},
		{"cpu", MC_STATUS_OK, true, stats, stats, stats,
		 "cpu,2,-1,9,4.000,0.000,3,1,2,3,4,1,3,9,7,ok,5,3,9,5,6,,,,0,,,0,0"},
		{"one-cpu",
		 MC_STATUS_OK,
		 true,
		 no_deviation,
		 stats,
		 {},
		 "one-cpu,2,-1,9,4.500,,3,1,2,3,4,,,,7,ok,5,3,9,5,6,,,,0,,,0,0"},
		{"a,\"b\"\nc",
		 MC_STATUS_FAILED,
		 false,
		 {},
		 {},
		 {},
		 "\"a,\"\"b\"\"\nc\",,,,,,,,,,,,,,,failed,,,,,,,,,,,,,"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mc_result *result = mc_result_new();
		struct mc_scenario_result *scenario = mc_result_add(result, rows[i].test);
		struct mc_failure failure;
		char *text;

		scenario->status = rows[i].status;
		scenario->ticks.n_cpus = rows[i].measured;
		scenario->ticks.cpu = calloc(1, sizeof(*scenario->ticks.cpu));
		scenario->ticks.samples = 2;
		scenario->ticks.missed_ticks = 3;
		scenario->ticks.expected_ticks = 5;
		scenario->ticks.skew_incomplete = 6;
		scenario->ticks.lost_events = 7;
		scenario->ticks.delta = rows[i].delta;
		scenario->ticks.corrected = rows[i].corrected;
		scenario->ticks.skew = rows[i].skew;
		text = written(result);
		assert_int_equal(strncmp(text, HEADER "\n", strlen(HEADER) + 1), 0);
		assert_int_equal(text[strlen(text) - 1], '\n');
		assert_int_equal(check(result, text, strlen(text), &failure), 0);
		text[strlen(text) - 1] = '\0';
		assert_string_equal(text + strlen(HEADER) + 1, rows[i].line);
		mc_result_free(result);
		free(text);
	}
}

/* The column is there where any scenario has a kernel of its own. */
static void test_kernels(void **state)
{
	struct mc_result *result = synthetic_result(2, 2, 100000000);
	struct mc_failure failure;
	char *text;

	strcpy(result->scenario[1].kernel, "6.12, mine");
	text = written(result);
	assert_int_equal(strncmp(text, HEADER ",kernel\n", strlen(HEADER ",kernel\n")), 0);
	assert_non_null(strstr(text, ",\ncpu,"));
	assert_string_equal(text + strlen(text) - strlen(",\"6.12, mine\"\n"), ",\"6.12, mine\"\n");
	assert_int_equal(check(result, text, strlen(text), &failure), 0);
	strcpy(result->scenario[1].kernel, "6.13");
	assert_int_equal(check(result, text, strlen(text), &failure), -1);
	assert_non_null(strstr(failure.text, "summary.csv:3: column kernel does not agree"));
	mc_result_free(result);
	free(text);
}

/* Of a run with variants: what each was */
static void test_variant(void **state)
{
	struct mc_result *result = mc_result_new();
	struct mc_scenario_result *scenario = mc_result_add(result, "cpu+auto");
	char *text;

	strcpy(scenario->base, "cpu");
	strcpy(scenario->variant, "auto");
	scenario->status = MC_STATUS_INVALID;
	scenario->lead = (struct mc_lead_result){"auto", 200000, 5};
	scenario->ticks.n_cpus = 1;
	scenario->ticks.cpu = calloc(1, sizeof(*scenario->ticks.cpu));
	scenario->ticks.phase_ns = 7;
	scenario->ticks.entry = (struct mc_stats){.count = 1, .p50 = -2, .p99 = 3};
	scenario->ticks.spin = (struct mc_spin){10, 8, 4, 2};
	text = written(result);
	assert_string_equal(text, HEADER "\ncpu+auto,0,,,,,0,,,,,,,,0,invalid,,,,0,0,"
					 "cpu,auto,auto,7,-2,3,10,2\n");
	mc_result_free(result);
	free(text);
}

/* A file of a version that knew fewer columns */
static void test_older(void **state)
{
	static const char header[] = "corrected_max_ns,expected_ticks,skew_incomplete\n";
	struct mc_result *result = mc_result_new();
	struct mc_failure failure;
	char *text = written(result), *older = strdup(text), *end;

	end = strstr(older, "skew_incomplete") + strlen("skew_incomplete");
	strcpy(end, "\n");
	assert_non_null(strstr(older, header));
	assert_int_equal(check(result, older, strlen(older), &failure), 0);
	strcpy(end, ",\n");
	assert_int_equal(check(result, older, strlen(older), &failure), -1);
	mc_result_free(result);
	free(older);
	free(text);
}

static void test_no_lines(void **state)
{
	struct mc_result *result = mc_result_new();
	char *text = written(result);

	assert_string_equal(text, HEADER "\n");
	mc_result_free(result);
	free(text);
}

static char *replaced(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	char *copy;

	if (!at)
		fail_msg("'%s' is not in the file", from);
	if (asprintf(&copy, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) < 0)
		abort();
	return copy;
}

static struct mc_result *two_scenarios(void)
{
	struct mc_result *result = synthetic_result(2, 2, 100000000);

	strcpy(result->scenario[0].test, "a,\"b\"");
	return result;
}

static void test_refused(void **state)
{
	/* What is changed in a good file, and what the refusal has to say */
	static const struct {
		const char *from, *to, *says;
	} rows[] = {
		{"test,", "tset,", "summary.csv:1: column test does not agree with summary.json"},
		{"p99_ns", "p98_ns", "summary.csv:1: column p99_ns does not agree"},
		{"stolen_ns\n", "stolen_ns,more\n",
		 "summary.csv:1: column stolen_ns does not agree"},
		{",stolen_ns\n", "\n", "summary.csv:1: column spin_ns does not agree"},
		{"\"a,", "\"b,", "summary.csv:2: column test does not agree"},
		{"\"\"b\"\"\",", "\"\"b\"\"\",7", "summary.csv:2: column samples does not agree"},
		{",ok,", ",OK,", "summary.csv:2: column status does not agree"},
		{"\ncpu,", "\ncpu,,", "summary.csv:3: column samples does not agree"},
		{"\ncpu,", "\n\ncpu,", "summary.csv:3: column test does not agree"},
		{"\ncpu,", "\n\"cpu\",", "summary.csv:3: column test does not agree"},
		{"\ncpu,", "\nmemory,1\ncpu,", "summary.csv:3: column test does not agree"},
	};
	struct mc_result *result = two_scenarios();
	struct mc_failure failure;
	char *good = written(result);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *bad = replaced(good, rows[i].from, rows[i].to);

		assert_int_equal(check(result, bad, strlen(bad), &failure), -1);
		if (!strstr(failure.text, rows[i].says))
			fail_msg("row %zu: '%s' does not say '%s'", i, failure.text, rows[i].says);
		assert_int_equal(failure.exit_code, MC_EXIT_USAGE);
		free(bad);
	}
	mc_result_free(result);
	free(good);
}

static void test_truncated(void **state)
{
	struct mc_result *result = two_scenarios();
	struct mc_failure failure;
	char *text = written(result);
	size_t length = strlen(text);

	for (size_t cut = 1; cut < length; cut++) {
		assert_int_equal(check(result, text, cut, &failure), -1);
		assert_non_null(strstr(failure.text, "the file is truncated"));
	}
	assert_non_null(strstr(failure.text, "summary.csv:3: ends here"));
	text[length / 2] = '\0';
	assert_int_equal(check(result, text, length, &failure), -1);
	assert_string_equal(failure.text, "summary.csv: holds a NUL byte: it is damaged");
	mc_result_free(result);
	free(text);
}

/* As a spreadsheet may have saved it */
static void test_carriage_returns(void **state)
{
	struct mc_result *result = two_scenarios();
	struct mc_failure failure;
	char *text = written(result), *crlf = calloc(2, strlen(text) + 1), *at = crlf;

	for (const char *from = text; *from; from++) {
		if (*from == '\n')
			*at++ = '\r';
		*at++ = *from;
	}
	assert_int_equal(check(result, crlf, at - crlf, &failure), 0);
	mc_result_free(result);
	free(crlf);
	free(text);
}

static void test_longer(void **state)
{
	struct mc_result *result = two_scenarios();
	struct mc_failure failure;
	size_t length, size = 1 << 20;
	char *text = written(result), *longer = malloc(size);
	FILE *endless = fopen("/dev/zero", "r");

	length = strlen(text);
	memset(longer, 'x', size);
	memcpy(longer, text, length);
	for (size_t end = length + 1; end <= size; end *= 2) {
		assert_int_equal(check(result, longer, end, &failure), -1);
		assert_string_equal(failure.text,
				    "summary.csv:4: more lines than summary.json has scenarios");
	}
	assert_int_equal(mc_result_check_csv(result, endless, "zero", &failure), -1);
	fclose(endless);
	mc_result_free(result);
	free(longer);
	free(text);
}

static void test_write_error(void **state)
{
	struct mc_result *result = two_scenarios();
	struct mc_failure failure = {};
	FILE *full = fopen("/dev/full", "w");

	assert_int_equal(mc_result_write_csv(result, full, &failure), -1);
	assert_non_null(strstr(failure.text, "No space left"));
	assert_int_equal(failure.exit_code, MC_EXIT_ENVIRONMENT);
	fclose(full);
	mc_result_free(result);
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
		cmocka_unit_test(test_kernels),	  cmocka_unit_test(test_lines),
		cmocka_unit_test(test_variant),	  cmocka_unit_test(test_older),
		cmocka_unit_test(test_no_lines),  cmocka_unit_test(test_refused),
		cmocka_unit_test(test_truncated), cmocka_unit_test(test_carriage_returns),
		cmocka_unit_test(test_longer),	  cmocka_unit_test(test_write_error),
		cmocka_unit_test(test_ticks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
