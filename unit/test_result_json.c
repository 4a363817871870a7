// SPDX-License-Identifier: GPL-2.0
/*
 * test_result_json.c - summary.json: written, read, written again, and refused
 *
 * With an argument, writes samples for results/validate.sh into that folder.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "memory_collector/result_io.h"
#include "synthetic_result.h"

static char *written(const struct mc_result *result)
{
	struct mc_failure failure = {};
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	assert_int_equal(mc_result_write_json(result, to, &failure), 0);
	fclose(to);
	return text;
}

static struct mc_result *read_text(const char *text, size_t length, struct mc_failure *failure)
{
	FILE *from = fmemopen((void *)text, length, "r");
	struct mc_result *result;

	assert_non_null(from);
	*failure = (struct mc_failure){};
	result = mc_result_read_json(from, "summary.json", failure);
	fclose(from);
	return result;
}

/* One of each: measured, not measured, with and without a load, hostile text */
static struct mc_result *mixed_result(void)
{
	struct mc_result *result = synthetic_result(3, 2, 1000000000);
	struct mc_scenario_result *scenario;

	result->scenario[0].load.present = true;
	result->scenario[0].load.exit_code = 0;
	result->scenario[0].load.bogo_ops = 1234.5;
	snprintf(result->scenario[0].load.command, MC_TEXT_MAX, "stress-ng --cpu 2");
	result->scenario[1].delta.stddev = -1;
	result->scenario[2].status = MC_STATUS_INVALID;
	snprintf(result->scenario[2].reason, MC_TEXT_MAX,
		 "quote \" backslash \\ bell \a euro \xe2\x82\xac");
	scenario = mc_result_add(result, "skipped");
	scenario->status = MC_STATUS_SKIPPED;
	snprintf(scenario->reason, MC_TEXT_MAX, "no stress-ng here");
	result->run.command = strdup("run-stress --only cpu");
	return result;
}

static void round_trip(struct mc_result *result)
{
	struct mc_failure failure;
	char *once = written(result), *twice;
	struct mc_result *again = read_text(once, strlen(once), &failure);

	if (!again)
		fail_msg("%s", failure.text);
	twice = written(again);
	assert_string_equal(once, twice);
	mc_result_free(again);
	mc_result_free(result);
	free(once);
	free(twice);
}

static void test_round_trip(void **state)
{
	round_trip(mc_result_new());
	round_trip(mixed_result());
	round_trip(synthetic_result(10, 16, 1000000000));
}

static void test_extremes(void **state)
{
	struct mc_result *result = synthetic_result(1, 1, 1000000000);
	struct mc_scenario_result *scenario = result->scenario;

	scenario->status = MC_STATUS_INVALID;
	strcpy(scenario->reason, "made up");
	scenario->k1 = UINT64_MAX;
	scenario->delta.min = INT64_MIN + 1;
	scenario->delta.max = INT64_MAX;
	scenario->delta.mean = 1.0 / 3;
	scenario->timeline.mean[0] = 1e-300;
	round_trip(result);
}

static void test_invalid_utf8(void **state)
{
	static const char *const texts[] = {
		"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "a\x80z"};
	struct mc_failure failure;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct mc_result *result = mc_result_new(), *again;
		char *text;

		strcpy(result->environment.kernel_version, texts[i]);
		text = written(result);
		again = read_text(text, strlen(text), &failure);
		assert_non_null(again);
		assert_non_null(strchr(again->environment.kernel_version, '?'));
		mc_result_free(result);
		mc_result_free(again);
		free(text);
	}
}

static char *replaced(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	char *copy;

	if (!at)
		fail_msg("'%s' is not in the document", from);
	if (asprintf(&copy, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) < 0)
		abort();
	return copy;
}

static void test_refused(void **state)
{
	/* What is changed in a good document, and what the refusal has to name */
	static const struct {
		const char *from, *to, *names;
	} rows[] = {
		{"\"schema\": 1", "\"schema\": 0", "schema: 0, but this program reads 1"},
		{"\"schema\": 1", "\"schema\": 2", "schema: 2, but this program reads 1"},
		{"\"schema\": 1", "\"schema\": \"1\"", "schema: not an integer"},
		{"\"schema\"", "\"scheme\"", "schema: missing"},
		{"\"run\": {", "\"run\": [], \"x\": {", "not an object"},
		{"\"interval_ns\": 1000000", "\"interval_ns\": -1", "interval_ns: negative"},
		{"\"interval_ns\": 1000000", "\"interval_ns\": null",
		 "interval_ns: not an integer"},
		{"\"test\": \"cpu\"", "\"test\": \"baseline\"",
		 "scenarios[1].test: 'baseline' is there twice"},
		{"\"test\": \"cpu\"", "\"test\": \"\"", "scenarios[1].test: empty"},
		{"\"test\": \"cpu\"", "\"test\": \"a\\u0000b\"", "NUL"},
		{"\"status\": \"ok\"", "\"status\": \"fine\"", "scenarios[0].status: 'fine'"},
		{"\"status\": \"ok\"", "\"status\": \"failed\"", "scenarios[0].reason"},
		{"\"p50\": ", "\"p50\": 1e300, \"x\": ", "delta_ns.p50: not an integer"},
		{"\"p50\": ", "\"p50\": 99999999999999999999, \"x\": ",
		 "delta_ns.p50: out of range"},
		{"\"p50\": ", "\"p50\": 9000000000000000000, \"x\": ",
		 "its percentiles do not ascend"},
		{"\"mean\": ", "\"mean\": \"a\", \"x\": ", "mean: not a number"},
		{"\"lost_events\": 0", "\"lost_events\": 1", "sums are not the scenario's totals"},
		{"\"per_cpu\": [", "\"per_cpu\": [], \"x\": [", "scenarios[0]"},
		{"\"delta\": [[", "\"delta\": [[7, 3, 1], [", "histogram.delta[0]: out of range"},
		{"\"delta\": [[", "\"delta\": [[1, 2], [", "not [low, high, count]"},
		{"\"bin_ns\": ", "\"bin_ns\": 0, \"x\": ", "timeline.bin_ns: out of range"},
		{"\"events\": [", "\"events\": [1, ", "timeline.events: not as many as"},
		{"\"cpu_max_ns\": [[", "\"cpu_max_ns\": [[1], [", "cpu_max_ns: row 0"},
	};
	struct mc_result *result = mixed_result();
	struct mc_failure failure;
	char *good = written(result);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *bad = replaced(good, rows[i].from, rows[i].to);

		assert_null(read_text(bad, strlen(bad), &failure));
		if (!strstr(failure.text, rows[i].names) ||
		    strncmp(failure.text, "summary.json: ", 14))
			fail_msg("row %zu: '%s' does not say '%s'", i, failure.text, rows[i].names);
		assert_int_equal(failure.exit_code, MC_EXIT_USAGE);
		free(bad);
	}
	mc_result_free(result);
	free(good);
}

/* Cut anywhere, a document must be refused, and with any byte changed never crash. */
static void test_damaged(void **state)
{
	struct mc_result *result = mixed_result(), *again;
	struct mc_failure failure;
	char *good = written(result);
	size_t length = strlen(good);

	for (size_t cut = 1; cut < length - 2; cut += 1 + cut / 50)
		assert_null(read_text(good, cut, &failure));
	srandom(1);
	for (int i = 0; i < 1000; i++) {
		size_t at = random() % length;
		char before = good[at];

		good[at] = random();
		again = read_text(good, length, &failure);
		assert_true(again || *failure.text);
		mc_result_free(again);
		good[at] = before;
	}
	mc_result_free(result);
	free(good);
}

static void test_not_json(void **state)
{
	static const char *const texts[] = {
		" ", "null", "[]", "{}", "7", "\"a\"", "{} {}", "nul", "{\"schema\": 1} x"};
	char deep[4096];
	struct mc_failure failure;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_null(read_text(texts[i], strlen(texts[i]), &failure));
		assert_true(*failure.text);
	}
	memset(deep, '[', sizeof(deep));
	assert_null(read_text(deep, sizeof(deep), &failure));
	assert_non_null(strstr(failure.text, "summary.json"));
}

static void test_write_error(void **state)
{
	struct mc_result *result = mixed_result();
	struct mc_failure failure = {};
	FILE *full = fopen("/dev/full", "w");

	assert_non_null(full);
	assert_int_equal(mc_result_write_json(result, full, &failure), -1);
	assert_non_null(strstr(failure.text, "No space left"));
	fclose(full);
	mc_result_free(result);
}

static void write_sample(const char *dir, const char *name, struct mc_result *result)
{
	char path[4096];
	struct mc_failure failure;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	if (!file || mc_result_write_json(result, file, &failure) || fclose(file))
		abort();
	mc_result_free(result);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),   cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_invalid_utf8), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_damaged),	     cmocka_unit_test(test_not_json),
		cmocka_unit_test(test_write_error),
	};

	if (argc == 2) {
		struct mc_result *empty = mc_result_new();

		empty->interval_ns = 50000;
		write_sample(argv[1], "empty.json", empty);
		write_sample(argv[1], "mixed.json", mixed_result());
		write_sample(argv[1], "large.json", synthetic_result(10, 64, 1000000000));
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
