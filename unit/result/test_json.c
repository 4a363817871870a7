// SPDX-License-Identifier: GPL-2.0
/*
 * test_json.c - summary.json: written, read, written again, and refused
 *
 * With an argument, writes samples for results/validate.sh into that folder.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/interval.h"
#include "memory_collector/result_io.h"
#include "result/fields.h"
#include "synthetic_result.h"

#define DURATION_NS 100000000

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

/* One of each: with all figures, without a skew, without a tick that started */
static void add_slices(struct mc_scenario_result *scenario)
{
	scenario->ticks.slice = calloc(3, sizeof(*scenario->ticks.slice));
	scenario->ticks.slice[0] =
		(struct mc_slice){40, 41, 43, 42, 44, 4.5, -46, 47, 48, 45, 46, 49};
	scenario->ticks.slice[1] =
		(struct mc_slice){50, 51, 53, 52, 54, 5.5, 56, 57, 58, 55, 56, -1};
	scenario->ticks.slice[2] = (struct mc_slice){
		.k0 = 60,
		.k1 = 61,
		.expected = 62,
		.missed = 62,
		.spin_ns = 64,
		.mean = NAN,
		.p50 = MC_TIME_NONE,
		.p90 = MC_TIME_NONE,
		.p99 = MC_TIME_NONE,
		.corrected_p90 = MC_TIME_NONE,
		.corrected_p99 = MC_TIME_NONE,
		.skew_p50 = -1,
	};
	scenario->ticks.n_slices = 3;
}

/* One of each: measured, not measured, with and without a load, hostile text */
static struct mc_result *mixed_result(void)
{
	struct mc_result *result = synthetic_result(3, 2, DURATION_NS);
	struct mc_scenario_result *scenario;

	result->scenario[0].load.present = true;
	result->scenario[0].load.exit_code = 0;
	result->scenario[0].load.bogo_ops = 1234.5;
	snprintf(result->scenario[0].load.command, MC_TEXT_MAX, "stress-ng --cpu 2");
	scenario = &result->scenario[0];
	scenario->lead = (struct mc_lead_result){"auto", 200000, 5};
	scenario->clock = (struct mc_clock_result){"tsc", "tsc", 2.3e9, 2.3e9 + 23, 0.01, ""};
	result->scenario[1].clock = (struct mc_clock_result){"hpet", "hpet", -1, -1, NAN, "no TSC"};
	add_slices(scenario);
	result->scenario[1].ticks.delta.stddev = -1;
	result->scenario[2].status = MC_STATUS_INVALID;
	snprintf(result->scenario[2].reason, MC_TEXT_MAX,
		 "quote \" backslash \\ bell \a euro \xe2\x82\xac");
	scenario = mc_result_add(result, "skipped");
	scenario->status = MC_STATUS_SKIPPED;
	snprintf(scenario->reason, MC_TEXT_MAX, "no stress-ng here");
	result->run.command = strdup("run-stress --only cpu");
	return result;
}

static struct mc_result *skipped_result(void)
{
	struct mc_result *result = mc_result_new();
	struct mc_scenario_result *scenario = mc_result_add(result, "skipped");

	result->interval_ns = INTERVAL_MAX_NS;
	scenario->status = MC_STATUS_SKIPPED;
	strcpy(scenario->reason, "no stress-ng here");
	return result;
}

static struct mc_result *empty_result(void)
{
	struct mc_result *result = mc_result_new();

	result->interval_ns = INTERVAL_MIN_NS;
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
	round_trip(empty_result());
	round_trip(skipped_result());
	round_trip(mixed_result());
	round_trip(synthetic_result(10, 16, DURATION_NS));
}

/* Every member gets a value of its own, so that none can be forgotten or mixed up. */
static void fill(struct mc_scenario_result *scenario)
{
	static const struct mc_stats stats = {1, -3, 9, 1.5, 2.25, -2, 0, 4, 5, 6};
	static const struct mc_bucket buckets[] = {{INT64_MIN, -128, 1}, {7, 8, 2}};
	struct mc_buckets *const histograms[] = {&scenario->ticks.delta_histogram,
						 &scenario->ticks.corrected_histogram,
						 &scenario->ticks.skew_histogram};
	struct mc_stats *const distributions[] = {
		&scenario->ticks.delta,	       &scenario->ticks.corrected,
		&scenario->ticks.skew,	       &scenario->ticks.entry,
		&scenario->ticks.cpu[0].delta, &scenario->ticks.cpu[0].entry};

	strcpy(scenario->title, "a title");
	strcpy(scenario->stressor, "a stressor");
	strcpy(scenario->kernel, "a kernel");
	scenario->status = MC_STATUS_INVALID;
	strcpy(scenario->reason, "a reason");
	scenario->ticks.skew_incomplete = 11;
	scenario->ticks.spin = (struct mc_spin){UINT64_MAX, 12, 13, 14};
	scenario->load = (struct mc_load_result){true, 14, 15, 16, 0.1, 17, "a command"};
	scenario->marks = (struct mc_marks){18, 19, 20, 21};
	scenario->ticks.k0 = 22;
	scenario->ticks.k1 = UINT64_MAX;
	for (size_t i = 0; i < sizeof(histograms) / sizeof(histograms[0]); i++) {
		free(histograms[i]->bucket);
		histograms[i]->bucket = malloc(sizeof(buckets));
		memcpy(histograms[i]->bucket, buckets, sizeof(buckets));
		histograms[i]->n = 2;
	}
	for (size_t i = 0; i < sizeof(distributions) / sizeof(distributions[0]); i++) {
		*distributions[i] = stats;
		distributions[i]->count = 3;
		distributions[i]->max += i;
	}
	scenario->ticks.cpu[0].cpu = 4000000000;
	scenario->ticks.cpu[0].expected = scenario->ticks.expected_ticks = 31;
	scenario->ticks.cpu[0].started = scenario->ticks.started_ticks = 32;
	scenario->ticks.cpu[0].missed = scenario->ticks.missed_ticks = 33;
	scenario->ticks.cpu[0].lost = scenario->ticks.lost_events = 34;
	scenario->ticks.cpu[0].samples = scenario->ticks.samples = 3;
	scenario->ticks.cpu[0].open = 30;
	scenario->ticks.cpu[0].left = 2;
	scenario->ticks.cpu[0].offline = 35;
	scenario->ticks.cpu[0].spin = scenario->ticks.spin;
	strcpy(scenario->base, "a base");
	strcpy(scenario->variant, "a variant");
	scenario->repeat = 36;
	scenario->ticks.phase_ns = 37;
	scenario->lead = (struct mc_lead_result){"fixed", 38, 39};
	scenario->clock = (struct mc_clock_result){"a source", "another", 40.5, 41.5, -42.5, "why"};
	add_slices(scenario);
}

static void compare_timelines(const struct mc_timeline *a, const struct mc_timeline *b)
{
	assert_int_equal(a->origin_ns, b->origin_ns);
	assert_int_equal(a->bin_ns, b->bin_ns);
	assert_int_equal(a->n_bins, b->n_bins);
	assert_int_equal(a->n_cpus, b->n_cpus);
	assert_memory_equal(a->count, b->count, sizeof(a->count));
	for (unsigned int i = 0; i < a->n_bins; i++) {
		if (!a->count[i])
			continue;
		assert_memory_equal(&a->mean[i], &b->mean[i], sizeof(a->mean[i]));
		assert_int_equal(a->max[i], b->max[i]);
		assert_int_equal(a->cpu_max[i], b->cpu_max[i]);
	}
}

static void compare_scenarios(const struct mc_scenario_result *a,
			      const struct mc_scenario_result *b)
{
	/* Up to the first pointer, the scenario is compared as it is. */
	assert_memory_equal(a->test, b->test, sizeof(a->test));
	assert_memory_equal(a->title, b->title, sizeof(a->title));
	assert_memory_equal(a->stressor, b->stressor, sizeof(a->stressor));
	assert_memory_equal(a->kernel, b->kernel, sizeof(a->kernel));
	assert_memory_equal(a->reason, b->reason, sizeof(a->reason));
	assert_int_equal(a->status, b->status);
	assert_memory_equal(a->base, b->base, sizeof(a->base));
	assert_memory_equal(a->variant, b->variant, sizeof(a->variant));
	assert_memory_equal(&a->repeat, &b->repeat,
			    offsetof(struct mc_scenario_result, ticks.k0) -
				    offsetof(struct mc_scenario_result, repeat));
	assert_int_equal(a->ticks.n_slices, b->ticks.n_slices);
	assert_true(!a->ticks.n_slices || !memcmp(a->ticks.slice, b->ticks.slice,
						  a->ticks.n_slices * sizeof(*a->ticks.slice)));
	assert_memory_equal(&a->ticks.k0, &b->ticks.k0,
			    offsetof(struct mc_scenario_result, ticks.delta_histogram) -
				    offsetof(struct mc_scenario_result, ticks.k0));
	for (const struct mc_member *member = mc_scenario_histograms; member->key; member++) {
		const struct mc_buckets *x = (const void *)((const char *)a + member->offset);
		const struct mc_buckets *y = (const void *)((const char *)b + member->offset);

		assert_int_equal(x->n, y->n);
		assert_memory_equal(x->bucket, y->bucket, x->n * sizeof(*x->bucket));
	}
	assert_int_equal(a->ticks.n_cpus, b->ticks.n_cpus);
	assert_int_equal(a->ticks.cpu[0].cpu, b->ticks.cpu[0].cpu);
	assert_memory_equal(&a->ticks.cpu[0].expected, &b->ticks.cpu[0].expected,
			    sizeof(a->ticks.cpu[0]) - offsetof(struct mc_cpu_result, expected));
	compare_timelines(&a->ticks.timeline, &b->ticks.timeline);
	assert_int_equal(a->load.present, b->load.present);
	assert_int_equal(a->load.exit_code, b->load.exit_code);
	assert_memory_equal(&a->load.cpu_time_before_ns, &b->load.cpu_time_before_ns,
			    sizeof(a->load) - offsetof(struct mc_load_result, cpu_time_before_ns));
	assert_memory_equal(&a->marks, &b->marks, sizeof(a->marks));
	assert_memory_equal(&a->clock, &b->clock, sizeof(a->clock));
}

static void test_every_member(void **state)
{
	struct mc_result *result = synthetic_result(1, 1, DURATION_NS), *again;
	struct mc_environment *environment = &result->environment;
	struct mc_failure failure;
	char *text;

	for (const struct mc_field *field = mc_environment_fields; field->key; field++)
		if (field->type == MC_FIELD_TEXT)
			memset((char *)environment + field->offset, 'x', field->size - 1);
	environment->cpus_online = 41;
	environment->memory_bytes = UINT64_MAX;
	environment->timer_resolution_ns = 43;
	environment->host_cpus_online = UINT32_MAX;
	environment->boot_to_first_tick_s = 1.0 / 3;
	result->run = (struct mc_run){"2026-11-24T07:01:02Z", "vm", "0.1", 42, 4.3, strdup("x y")};
	result->interval_ns = 999999;
	fill(result->scenario);
	text = written(result);
	again = read_text(text, strlen(text), &failure);
	if (!again)
		fail_msg("%s", failure.text);
	assert_memory_equal(environment, &again->environment, sizeof(*environment));
	assert_memory_equal(&result->run, &again->run, offsetof(struct mc_run, command));
	assert_string_equal(result->run.command, again->run.command);
	assert_int_equal(result->interval_ns, again->interval_ns);
	assert_int_equal(result->schema, again->schema);
	compare_scenarios(result->scenario, again->scenario);
	mc_result_free(result);
	mc_result_free(again);
	free(text);
}

/* The load can say at the end that it could not run: what was counted is not of it. */
static void test_skipped_has_no_numbers(void **state)
{
	struct mc_result *result = synthetic_result(1, 2, DURATION_NS), *again;
	struct mc_failure failure;
	char *text;

	result->scenario->status = MC_STATUS_SKIPPED;
	strcpy(result->scenario->reason, "the load is not implemented here");
	text = written(result);
	again = read_text(text, strlen(text), &failure);
	if (!again)
		fail_msg("%s", failure.text);
	assert_int_equal(again->scenario->ticks.n_cpus, 0);
	assert_int_equal(again->scenario->ticks.delta.count, 0);
	assert_int_equal(again->scenario->ticks.timeline.n_bins, 0);
	assert_non_null(strstr(text, "\"samples\": null"));
	mc_result_free(result);
	mc_result_free(again);
	free(text);
}

static void test_not_finite(void **state)
{
	struct mc_result *result = synthetic_result(1, 1, DURATION_NS);
	struct mc_failure failure;
	char *text;

	result->scenario->ticks.delta.mean = NAN;
	result->scenario->ticks.delta.stddev = INFINITY;
	text = written(result);
	assert_null(strcasestr(text, "nan\n"));
	assert_null(strcasestr(text, "inf"));
	assert_non_null(strstr(text, "\"mean\": null,\n        \"stddev\": null"));
	assert_null(read_text(text, strlen(text), &failure));
	assert_string_equal(failure.text, "summary.json: scenarios[0].delta_ns.mean: null");
	mc_result_free(result);
	free(text);
}

static void test_hostile_text(void **state)
{
	/* What a text becomes */
	static const struct {
		const char *text, *after;
	} rows[] = {
		{"plain", "plain"},
		{"\"quoted\" \\ / \b\f\n\r\t\x01\x1b[31m\x7f", NULL},
		{"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf", NULL},
		{"\xff", "?"},
		{"a\x80z", "a?z"},
		{"\xc0\x80", "??"},
		{"\xe0\x80\x80", "???"},
		{"\xf0\x80\x80\x80", "????"},
		{"\xed\xa0\x80", "???"},
		{"\xf4\x90\x80\x80", "????"},
		{"\xf8\x88\x80\x80\x80", "?????"},
		{"cut \xe2\x82", "cut ??"},
		{"\xe2\x82z", "??z"},
		{"</script>%s%n", NULL},
	};
	struct mc_failure failure;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mc_result *result = empty_result(), *again;
		char *text;

		strcpy(result->environment.kernel_version, rows[i].text);
		text = written(result);
		again = read_text(text, strlen(text), &failure);
		if (!again)
			fail_msg("row %zu: %s", i, failure.text);
		assert_string_equal(again->environment.kernel_version,
				    rows[i].after ? rows[i].after : rows[i].text);
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

/* A file of a version that did not know some keys is read as if they said nothing. */
/* Those of the CPUs, which the scenarios had before */
static void hide_entries(char *text)
{
	char *cpus, *key, *end;

	for (cpus = text; (cpus = strstr(cpus, "\"per_cpu\":")); cpus = end) {
		end = strstr(cpus, "\"histogram\":");
		key = strstr(cpus, "\"entry_ns\":");
		assert_true(key && key < end);
		for (; key && key < end; key = strstr(key, "\"entry_ns\":"))
			key[1] = '#';
	}
}

static void test_older(void **state)
{
	static const char *const added[] = {"\"base\":",
					    "\"variant\":",
					    "\"repeat\":",
					    "\"phase_ns\":",
					    "\"lead\":",
					    "\"slices\":",
					    "\"stolen_ns\":",
					    "\"offline_ticks\":",
					    "\"left_ticks\":",
					    "\"clock\":",
					    "\"timer_resolution_ns\":"};
	struct mc_result *result = synthetic_result(2, 2, DURATION_NS), *again;
	struct mc_failure failure;
	char *text = written(result), *at;

	for (size_t i = 0; i < sizeof(added) / sizeof(added[0]); i++) {
		assert_non_null(strstr(text, added[i]));
		while ((at = strstr(text, added[i])))
			at[1] = '#';
	}
	hide_entries(text);
	again = read_text(text, strlen(text), &failure);
	if (!again)
		fail_msg("%s", failure.text);
	compare_scenarios(&again->scenario[1], &result->scenario[1]);
	mc_result_free(again);
	mc_result_free(result);
	free(text);
}

/* A slice in which no tick started has no figures, whatever the file says. */
static void test_slice_without_ticks(void **state)
{
	static const char *const none[] = {"\"delta_mean_ns\": null", "\"delta_p50_ns\": null",
					   "\"delta_p90_ns\": null", "\"delta_p99_ns\": null"};
	struct mc_result *result = mixed_result(), *again;
	struct mc_failure failure;
	char *text = written(result), *end = strstr(text, "\"k0\": 60"), *copy;

	assert_non_null(end);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_true(strstr(text, none[i]) > end);
	copy = replaced(text, "\"delta_p50_ns\": null", "\"delta_p50_ns\": 0");
	/* Nor has one of a file that does not say */
	strstr(copy, "\"corrected_p99_ns\": 46")[1] = '#';
	result->scenario[0].ticks.slice[0].corrected_p99 = MC_TIME_NONE;
	again = read_text(copy, strlen(copy), &failure);
	if (!again)
		fail_msg("%s", failure.text);
	compare_scenarios(&again->scenario[0], &result->scenario[0]);
	mc_result_free(again);
	mc_result_free(result);
	free(copy);
	free(text);
}

static void test_refused(void **state)
{
	/* What is changed in a good document, and what the refusal has to name */
	static const struct {
		const char *from, *to, *names;
	} rows[] = {
		{"\"schema\": 1", "\"schema\": 0",
		 "this program reads schema 1, summary.json has 0: use the version that wrote it"},
		{"\"schema\": 1", "\"schema\": 2",
		 "this program reads schema 1, summary.json has 2: use the version that wrote it"},
		{"\"schema\": 1", "\"schema\": \"1\"", "summary.json: schema: not an integer"},
		{"\"schema\": 1", "\"schema\": 1.0", "summary.json: schema: not an integer"},
		{"\"schema\": 1", "\"schema\": -1", "schema: out of range: it can be from 0 to"},
		{"\"schema\"", "\"scheme\"", "schema: missing"},
		{"\"run\": {", "\"run\": [], \"x\": {", "run: not an object, which should have "},
		{"\"run\": {", "\"run\": null, \"x\": {", "run: null"},
		{"\"command\": ", "\"command\": 7, \"x\": ", "run.command: not a string"},
		{"\"command\": ", "\"command\": \"\", \"x\": ", "run.command: empty"},
		{"\"elapsed_s\": ", "\"elapsed_s\": -0.5, \"x\": ", "run.elapsed_s: negative"},
		{"\"duration_ns\": ", "\"duration_ns\": null, \"x\": ", "run.duration_ns: null"},
		{"\"version\": ", "\"version\": {}, \"x\": ", "run.version: not a string"},
		{"\"kernel\": ", "\"colonel\": ", "environment.kernel: missing"},
		{"\"cpus_online\": ", "\"cpus_online\": 0, \"x\": ",
		 "environment.cpus_online: out of range: it can be from 1 to 4294967295"},
		{"\"cpus_online\": ", "\"cpus_online\": 4294967296, \"x\": ",
		 "environment.cpus_online: out of range"},
		{"\"memory_bytes\": ", "\"memory_bytes\": 0, \"x\": ",
		 "environment.memory_bytes: less than 1"},
		{"\"memory_bytes\": ", "\"memory_bytes\": -1, \"x\": ",
		 "environment.memory_bytes: negative"},
		{"\"interval_ns\": 1000000", "\"interval_ns\": 49999",
		 "interval_ns: out of range: it can be from 50000 to 10000000000"},
		{"\"interval_ns\": 1000000", "\"interval_ns\": null",
		 "interval_ns: not an integer"},
		{"\"scenarios\": [", "\"scenarios\": 7, \"x\": [", "scenarios: not an array"},
		{"\"scenarios\": [", "\"scenarios\": [7, ",
		 "scenarios[0]: not an object, which should have 'test'"},
		{"\"test\": \"cpu\"", "\"test\": \"baseline\"",
		 "scenarios[1].test: 'baseline' is there twice"},
		{"\"test\": \"cpu\"", "\"test\": \"\"", "scenarios[1].test: empty"},
		{"\"test\": \"cpu\"", "\"test\": null", "scenarios[1].test: empty"},
		{"\"test\": \"cpu\"", "\"test\": \"a\\u0000b\"", "test: holds a NUL byte"},
		{"\"test\": \"cpu\"",
		 "\"test\": \"01234567890123456789012345678901234567890123456789012345678901234567890"
		 "123456789\"",
		 "test: longer than 79 bytes"},
		{"\"status\": \"ok\"", "\"status\": \"fine\"",
		 "scenarios[0].status: 'fine' is not ok, invalid, skipped or failed"},
		{"\"status\": \"ok\"", "\"status\": \"ok, but not quite\"",
		 "status: longer than 15 bytes"},
		{"\"status\": \"ok\"", "\"status\": \"failed\"", "scenarios[0].reason: must be"},
		{"\"window\": {", "\"window\": null, \"x\": {", "scenarios[0].window: null goes"},
		{"\"k0\": ", "\"k0\": 18446744073709551615, \"x\": ",
		 "scenarios[0].window: there is no boundary in it"},
		{"\"k0\": ", "\"k0\": 18446744073709551616, \"x\": ",
		 "the integer 18446744073709551616 does"},
		{"\"samples\": ", "\"samples\": null, \"x\": ", "scenarios[0].samples: null goes"},
		{"\"lost_events\": 0", "\"lost_events\": 1", "lost_events: not the sum over"},
		{"\"p50\": ", "\"p50\": \"1\", \"x\": ", "delta_ns.p50: not an integer"},
		{"\"p50\": ", "\"p50\": 1e3, \"x\": ", "delta_ns.p50: not an integer"},
		{"\"p50\": ", "\"p50\": 9223372036854775808, \"x\": ", "delta_ns.p50: out of range"},
		{"\"p50\": ", "\"p50\": 99999999999999999999, \"x\": ",
		 "the integer 99999999999999999999 does not fit into 64 bits"},
		{"\"p50\": ", "\"p50\": -9223372036854775809, \"x\": ",
		 "the integer -9223372036854775809 does not fit into 64 bits"},
		{"\"p50\": ", "\"p50\": -9223372036854775808, \"x\": ",
		 "delta_ns.p50: out of range"},
		{"\"p50\": ", "\"p50\": \"-9223372036854775809\", \"x\": ",
		 "delta_ns.p50: not an integer"},
		{"\"p50\": ", "\"p50\": 9000000000000000000, \"x\": ",
		 "scenarios[0].delta_ns: its percentiles do not ascend"},
		{"\"mean\": ", "\"mean\": \"a\", \"x\": ", "delta_ns.mean: not a number"},
		{"\"mean\": ", "\"mean\": NaN, \"x\": ", "delta_ns.mean: not a finite number"},
		{"\"mean\": ", "\"mean\": 1e999, \"x\": ", "mean: not a finite number"},
		{"\"stddev\": ", "\"stddev\": -1, \"x\": ", "delta_ns.stddev: negative"},
		{"\"exit_code\": ", "\"exit_code\": -1, \"x\": ", "load.exit_code: out of range"},
		{"\"load_start_ns\": ", "\"load_start_ns\": -1, \"x\": ",
		 "scenarios[0].marks.load_start_ns: out of range: it can be from 0 to"},
		{"\"per_cpu\": [", "\"per_cpu\": [], \"x\": [", "scenarios[0].samples: null goes"},
		{"\"per_cpu\": [", "\"per_cpu\": [null, ",
		 "scenarios[0].per_cpu[0]: not an object"},
		{"\"cpu\": 1", "\"cpu\": 0", "per_cpu[1].cpu: not above that of the CPU before"},
		{"\"histogram\": {", "\"histogram\": null, \"x\": {",
		 "scenarios[0].histogram: not an object"},
		{"\"histogram\"", "\"hysterogram\"", "scenarios[0].histogram: missing"},
		{"\"delta\": [[", "\"delta\": [[7, 3, 1], [",
		 "scenarios[0].histogram.delta[0]: out of range: it can be from 7 to"},
		{"\"delta\": [[", "\"delta\": [[1, 2], [", "delta[0]: not [low, high, count]"},
		{"\"delta\": [[", "\"delta\": [[1, 2, 0], [", "histogram.delta[0]: less than 1"},
		{"\"delta\": [[", "\"delta\": [[0, 9000000000000, 1], [",
		 "histogram.delta[1]: does not follow the bucket before it"},
		{"\"delta\": [[", "\"delta\": [[-9, -7, 1], [",
		 "histogram.delta: not of as many values as delta_ns"},
		{"\"origin_ns\": ", "\"origin_ns\": -7, \"x\": ", "timeline.origin_ns: out of"},
		{"\"bin_ns\": ", "\"bin_ns\": 0, \"x\": ", "timeline.bin_ns: out of range"},
		{"\"bin_ns\": ", "\"bin_ns\": 9000000000000000000, \"x\": ",
		 "timeline.bin_ns: out of range"},
		{"\"events\": [", "\"events\": [], \"x\": [", "timeline.events: empty: a timeline"},
		{"\"events\": [", "\"events\": [1, ", "timeline.events: not as many as"},
		{"\"mean_ns\": [", "\"mean_ns\": [\"x\"], \"x\": [",
		 "timeline.events: not as many"},
		{"\"max_ns\": [", "\"max_ns\": {}, \"x\": [", "timeline.max_ns: not an array"},
		{"\"cpu_max_ns\": [[", "\"cpu_max_ns\": [[1], [",
		 "timeline.cpu_max_ns: 3 rows for 2 CPUs in per_cpu"},
		{"\"cpu_max_ns\": [[", "\"cpu_max_ns\": [[1, ",
		 "timeline.cpu_max_ns[0]: not an array of "},
		{"\"lead\": {", "\"lead\": 7, \"x\": {", "scenarios[0].lead: not an object"},
		{"\"mode\": \"auto\"", "\"mode\": \"on\"",
		 "scenarios[0].lead.mode: 'on' is not off, auto or fixed"},
		{"\"mode\": \"auto\"", "\"mode\": null", "lead.mode: '' is not off, auto or"},
		{"\"slices\": [", "\"slices\": 7, \"x\": [", "scenarios[0].slices: not an array"},
		{"\"slices\": [", "\"slices\": [7, ", "slices[0]: not an object"},
		{"\"delta_mean_ns\": ", "\"mean_ns\": ", "slices[0].delta_mean_ns: missing"},
		{"\"k1\": 41", "\"k1\": 40", "scenarios[0].slices[0].k0: empty, or does not"},
		{"\"k1\": 41", "\"k1\": 51", "scenarios[0].slices[1].k0: empty, or does not"},
		{"\"stolen_ns\": 0", "\"stolen_ns\": 1", "spin.stolen_ns: more than total_ns"},
		{"\"offline_ticks\": 0", "\"offline_ticks\": 1",
		 "scenarios[0].per_cpu[0].offline_ticks: more than the window"},
		{"\"clock\": {", "\"clock\": 7, \"x\": {", "scenarios[0].clock: not an object"},
		{"\"tsc_hz\": ", "\"tsc_hz\": -", "scenarios[0].clock.tsc_hz: negative"},
		{"\"ppm\": 0.01", "\"ppm\": 5001",
		 "scenarios[0].status: ok, but the clock was off"},
		{"\"ppm\": 0.01", "\"ppm\": -5001",
		 "scenarios[0].status: ok, but the clock was off"},
		{"\"source_after\": \"tsc\"", "\"source_after\": \"hpet\"",
		 "scenarios[0].status: ok, but the clock source changed"},
		{"\"timer_resolution_ns\": null", "\"timer_resolution_ns\": 0",
		 "environment.timer_resolution_ns: less than 1"},
		{"\"schema\": 1", "\"schema\": 1, // one", "summary.json:2: not JSON"},
	};
	struct mc_result *result = mixed_result();
	struct mc_failure failure;
	char *good = written(result);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *bad = replaced(good, rows[i].from, rows[i].to);

		if (read_text(bad, strlen(bad), &failure))
			fail_msg("row %zu is not refused", i);
		if (!strstr(failure.text, rows[i].names) || !strstr(failure.text, "summary.json"))
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
	struct mc_result *result = synthetic_result(1, 2, DURATION_NS / 10), *again;
	struct mc_failure failure;
	char *good = written(result);
	size_t length = strlen(good);

	for (size_t cut = 1; cut < length - 2; cut += 1 + cut / 50) {
		assert_null(read_text(good, cut, &failure));
		assert_string_equal(failure.text,
				    "summary.json: ends too early: the file is truncated");
	}
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
	static const struct {
		const char *text, *says;
	} rows[] = {
		{" ", "truncated"},
		{"nul", "truncated"},
		{"null ", "not an object"},
		{"[]", "not an object"},
		{"7 ", "not an object"},
		{"\"a\" ", "not an object"},
		{"{}", "schema: missing"},
		{"{} \n{}", "summary.json:2: "},
		{"{\"schema\": 1} x", "something follows the document"},
		{"\xef\xbb\xbf{}", "summary.json:1: not JSON"},
		{"{\"schema\": \"\xff\"}", "utf-8"},
		{"PK\x03\x04", "not JSON"},
	};
	struct mc_failure failure;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_null(read_text(rows[i].text, strlen(rows[i].text), &failure));
		if (!strstr(failure.text, rows[i].says))
			fail_msg("row %zu: '%s' does not say '%s'", i, failure.text, rows[i].says);
	}
	assert_null(read_text("{}\0{}", 5, &failure));
	assert_non_null(strstr(failure.text, "something follows"));
}

static void test_empty_file(void **state)
{
	struct mc_failure failure = {};
	FILE *from = fopen("/dev/null", "r");

	assert_null(mc_result_read_json(from, "summary.json", &failure));
	assert_string_equal(failure.text, "summary.json: ends too early: the file is truncated");
	fclose(from);
}

/* A document of @size bytes that repeats a pattern */
static struct mc_result *read_pattern(const char *pattern, size_t size, struct mc_failure *failure)
{
	size_t length = strlen(pattern);
	char *text = malloc(size);
	struct mc_result *result;

	assert_non_null(text);
	for (size_t i = 0; i < size; i++)
		text[i] = pattern[i % length];
	result = read_text(text, size, failure);
	free(text);
	return result;
}

static void test_huge(void **state)
{
	static const struct {
		const char *pattern;
		size_t size;
		const char *says;
	} rows[] = {
		{"[", 100, "nesting"},
		{"{\"a\":", 1000, "nesting"},
		{"[", 8 << 20, "more than 4194304 values"},
		{"0,", 10 << 20, "more than 4194304 values"},
		{" ", (64 << 20) + 1, "larger than 64 MiB"},
		{"0", 65 << 20, "larger than 64 MiB"},
		{"\"", 1 << 20, "not JSON"},
	};
	struct mc_failure failure;
	FILE *endless;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_null(read_pattern(rows[i].pattern, rows[i].size, &failure));
		if (!strstr(failure.text, rows[i].says))
			fail_msg("row %zu: '%s' does not say '%s'", i, failure.text, rows[i].says);
	}
	endless = fopen("/dev/zero", "r");
	assert_null(mc_result_read_json(endless, "summary.json", &failure));
	assert_non_null(strstr(failure.text, "larger than 64 MiB"));
	fclose(endless);
}

static void test_too_many(void **state)
{
	struct mc_result *result = empty_result();
	struct mc_failure failure;
	char name[MC_NAME_MAX], *text;

	for (int i = 0; i < 1001; i++) {
		struct mc_scenario_result *scenario;

		snprintf(name, sizeof(name), "scenario-%d", i);
		scenario = mc_result_add(result, name);
		strcpy(scenario->reason, "made up");
	}
	text = written(result);
	assert_null(read_text(text, strlen(text), &failure));
	assert_string_equal(failure.text, "summary.json: scenarios: more than 1000 elements");
	mc_result_free(result);
	free(text);
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
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_every_member),
		cmocka_unit_test(test_skipped_has_no_numbers),
		cmocka_unit_test(test_not_finite),
		cmocka_unit_test(test_hostile_text),
		cmocka_unit_test(test_older),
		cmocka_unit_test(test_slice_without_ticks),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_not_json),
		cmocka_unit_test(test_empty_file),
		cmocka_unit_test(test_huge),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_write_error),
	};

	if (argc == 2) {
		write_sample(argv[1], "empty.json", empty_result());
		write_sample(argv[1], "skipped.json", skipped_result());
		write_sample(argv[1], "mixed.json", mixed_result());
		write_sample(argv[1], "large.json", synthetic_result(10, 64, DURATION_NS));
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
