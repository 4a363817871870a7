// SPDX-License-Identifier: GPL-2.0
/*
 * benchmark.c - a result as named numbers, for services that draw them over time
 *
 * The list of {name, unit, value, extra} that github-action-benchmark calls
 * customSmallerIsBetter. Scenarios that are not ok have no numbers to compare.
 */
#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "base/text.h"
#include "memory_collector/result_io.h"

static const struct metric {
	const char *name;
	size_t stats, value;
} metrics[] = {
	{"delta p50", offsetof(struct mc_scenario_result, ticks.delta),
	 offsetof(struct mc_stats, p50)},
	{"delta p99", offsetof(struct mc_scenario_result, ticks.delta),
	 offsetof(struct mc_stats, p99)},
	{"corrected p99", offsetof(struct mc_scenario_result, ticks.corrected),
	 offsetof(struct mc_stats, p99)},
	{"skew p99", offsetof(struct mc_scenario_result, ticks.skew),
	 offsetof(struct mc_stats, p99)},
};

static void add(json_object *list, const char *test, const char *metric, const char *unit,
		json_object *value, const char *extra)
{
	json_object *entry = json_object_new_object();
	char name[2 * MC_NAME_MAX];

	snprintf(name, sizeof(name), "%s: %s", test, metric);
	json_object_object_add(entry, "name", json_object_new_string(name));
	json_object_object_add(entry, "unit", json_object_new_string(unit));
	json_object_object_add(entry, "value", value);
	json_object_object_add(entry, "extra", json_object_new_string(extra));
	json_object_array_add(list, entry);
}

static void add_scenario(json_object *list, const struct mc_scenario_result *scenario,
			 const char *extra)
{
	char share[32];
	size_t i;

	for (i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++) {
		const char *stats = (const char *)scenario + metrics[i].stats;
		int64_t value;

		memcpy(&value, stats + metrics[i].value, sizeof(value));
		if (((const struct mc_stats *)stats)->count)
			add(list, scenario->test, metrics[i].name, "ns",
			    json_object_new_int64(value), extra);
	}
	if (!scenario->ticks.expected_ticks)
		return;
	snprintf(share, sizeof(share), "%.4f",
		 100.0 * scenario->ticks.missed_ticks / scenario->ticks.expected_ticks);
	add(list, scenario->test, "missed ticks", "%",
	    json_object_new_double_s(
		    100.0 * scenario->ticks.missed_ticks / scenario->ticks.expected_ticks, share),
	    extra);
}

int mc_result_write_benchmark(const struct mc_result *result, FILE *to, struct mc_failure *failure)
{
	json_object *list = json_object_new_array();
	char extra[512];
	const char *text;
	size_t i;

	snprintf(extra, sizeof(extra), "kernel %s, %s%s%s, %u CPUs", result->environment.kernel,
		 result->run.place, *result->environment.accelerator ? " with " : "",
		 result->environment.accelerator, result->environment.cpus_online);
	for (i = 0; list && i < result->n_scenarios; i++) {
		if (result->scenario[i].status == MC_STATUS_OK)
			add_scenario(list, &result->scenario[i], extra);
	}
	text = list ? json_object_to_json_string_ext(list, JSON_C_TO_STRING_PRETTY |
								   JSON_C_TO_STRING_NOSLASHESCAPE)
		    : NULL;
	if (!text) {
		json_object_put(list);
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
	}
	mc_text_put_json(to, text);
	fputc('\n', to);
	json_object_put(list);
	if (fflush(to) || ferror(to))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "cannot write the JSON: %s",
			       strerror(errno));
	return 0;
}
