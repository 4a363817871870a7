// SPDX-License-Identifier: GPL-2.0
/*
 * json_write.c - a result as summary.json
 *
 * Objects stand one key a line, arrays of numbers in one line, so that a person
 * can read the file and a diff of two says something.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "memory_collector/result_io.h"
#include "result/fields.h"

/* Length of the valid UTF-8 sequence at @text, 0 where there is none */
static size_t utf8_length(const unsigned char *text)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t least;
	} forms[] = {
		{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

	for (size_t length = 1; length <= 4; length++) {
		uint32_t code = text[0] & (unsigned char)~forms[length - 1].mask;
		size_t i;

		if ((text[0] & forms[length - 1].mask) != forms[length - 1].lead)
			continue;
		for (i = 1; i < length && (text[i] & 0xc0) == 0x80; i++)
			code = code << 6 | (text[i] & 0x3f);
		if (i == length && code >= forms[length - 1].least && code <= 0x10ffff &&
		    (code < 0xd800 || code > 0xdfff))
			return length;
		return 0;
	}
	return 0;
}

/* What comes from outside may hold any byte; JSON may not. */
static json_object *new_text(const char *text)
{
	char *copy = strdup(text);
	json_object *object;

	if (!copy)
		return NULL;
	for (char *at = copy; *at;) {
		size_t length = utf8_length((unsigned char *)at);

		if (!length) {
			*at = '?';
			length = 1;
		}
		at += length;
	}
	object = json_object_new_string(copy);
	free(copy);
	return object;
}

/* The shortest decimal that reads back as the same double */
static json_object *new_real(double value)
{
	char text[32];

	if (!isfinite(value))
		return NULL;
	for (int digits = 1; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	return json_object_new_double_s(value, text);
}

static json_object *new_field(const void *from, const struct mc_field *field)
{
	const void *member = (const char *)from + field->offset;

	if (mc_field_is_none(from, field))
		return NULL;
	switch (field->type) {
	case MC_FIELD_TEXT:
		return new_text(member);
	case MC_FIELD_COUNT:
	case MC_FIELD_COUNT_OR_NULL:
		return json_object_new_uint64(*(const uint64_t *)member);
	case MC_FIELD_UNSIGNED:
	case MC_FIELD_UNSIGNED_OR_NULL:
		return json_object_new_int64(*(const unsigned int *)member);
	case MC_FIELD_INT_OR_NULL:
		return json_object_new_int(*(const int *)member);
	case MC_FIELD_TIME:
	case MC_FIELD_NS:
	case MC_FIELD_NS_OR_NULL:
	case MC_FIELD_SIGNED_NS_OR_NULL:
		return json_object_new_int64(*(const int64_t *)member);
	case MC_FIELD_REAL:
	case MC_FIELD_REAL_OR_NULL:
	case MC_FIELD_SIGNED_REAL_OR_NULL:
		return new_real(*(const double *)member);
	}
	return NULL;
}

static void add_fields(json_object *to, const void *from, const struct mc_field *fields)
{
	for (; fields->key; fields++)
		json_object_object_add(to, fields->key, new_field(from, fields));
}

static json_object *new_object(const void *from, const struct mc_field *fields)
{
	json_object *object = json_object_new_object();

	add_fields(object, from, fields);
	return object;
}

static json_object *new_stats(const struct mc_stats *stats)
{
	return stats->count ? new_object(stats, mc_stats_fields) : NULL;
}

static json_object *new_buckets(const struct mc_buckets *buckets)
{
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < buckets->n; i++) {
		json_object *row = json_object_new_array();

		json_object_array_add(row, json_object_new_int64(buckets->bucket[i].low));
		json_object_array_add(row, json_object_new_int64(buckets->bucket[i].high));
		json_object_array_add(row, json_object_new_uint64(buckets->bucket[i].count));
		json_object_array_add(array, row);
	}
	return array;
}

static json_object *new_histogram(const struct mc_scenario_result *scenario)
{
	json_object *object = json_object_new_object();

	for (const struct mc_member *member = mc_scenario_histograms; member->key; member++)
		json_object_object_add(
			object, member->key,
			new_buckets((const void *)((const char *)scenario + member->offset)));
	return object;
}

static json_object *new_cpus(const struct mc_scenario_result *scenario)
{
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < scenario->ticks.n_cpus; i++) {
		json_object *cpu = new_object(&scenario->ticks.cpu[i], mc_cpu_fields);

		json_object_object_add(cpu, "delta_ns", new_stats(&scenario->ticks.cpu[i].delta));
		json_object_object_add(cpu, "entry_ns", new_stats(&scenario->ticks.cpu[i].entry));
		json_object_object_add(cpu, "spin",
				       new_object(&scenario->ticks.cpu[i].spin, mc_spin_fields));
		json_object_array_add(array, cpu);
	}
	return array;
}

static json_object *new_slices(const struct mc_scenario_result *scenario)
{
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < scenario->ticks.n_slices; i++) {
		json_object *slice = new_object(&scenario->ticks.slice[i], mc_slice_fields);

		add_fields(slice, &scenario->ticks.slice[i], mc_figure_fields);
		json_object_array_add(array, slice);
	}
	return array;
}

/* Of a file that did not say anything of it, there is nothing to say. */
static json_object *new_clock(const struct mc_clock_result *clock)
{
	for (const struct mc_field *field = mc_clock_fields; field->key; field++)
		if (!mc_field_is_none(clock, field))
			return new_object(clock, mc_clock_fields);
	return NULL;
}

static json_object *new_cpu_max(const struct mc_timeline *timeline)
{
	json_object *rows = json_object_new_array();

	for (unsigned int cpu = 0; cpu < timeline->n_cpus; cpu++) {
		const int64_t *max = timeline->cpu_max + (size_t)cpu * MC_TIMELINE_BINS;
		json_object *row = json_object_new_array();

		for (unsigned int bin = 0; bin < timeline->n_bins; bin++)
			json_object_array_add(row, max[bin] == MC_TIME_NONE
							   ? NULL
							   : json_object_new_int64(max[bin]));
		json_object_array_add(rows, row);
	}
	return rows;
}

static json_object *new_timeline(const struct mc_timeline *timeline)
{
	json_object *object, *events, *mean, *max;

	if (!timeline->n_bins)
		return NULL;
	object = json_object_new_object();
	events = json_object_new_array();
	mean = json_object_new_array();
	max = json_object_new_array();
	for (unsigned int bin = 0; bin < timeline->n_bins; bin++) {
		bool any = timeline->count[bin];

		json_object_array_add(events, json_object_new_uint64(timeline->count[bin]));
		json_object_array_add(mean, any ? new_real(timeline->mean[bin]) : NULL);
		json_object_array_add(max, any ? json_object_new_int64(timeline->max[bin]) : NULL);
	}
	json_object_object_add(object, "origin_ns", json_object_new_int64(timeline->origin_ns));
	json_object_object_add(object, "bin_ns", json_object_new_int64(timeline->bin_ns));
	json_object_object_add(object, "events", events);
	json_object_object_add(object, "mean_ns", mean);
	json_object_object_add(object, "max_ns", max);
	json_object_object_add(object, "cpu_max_ns", new_cpu_max(timeline));
	return object;
}

static json_object *new_scenario(const struct mc_scenario_result *scenario)
{
	static const struct mc_scenario_result nothing;
	bool measured = mc_scenario_measured(scenario);
	const struct mc_scenario_result *numbers = measured ? scenario : &nothing;
	json_object *object = json_object_new_object();

	add_fields(object, scenario, mc_scenario_text_fields);
	if (*scenario->kernel)
		json_object_object_add(object, "kernel", new_text(scenario->kernel));
	json_object_object_add(object, "status",
			       json_object_new_string(mc_status_name(scenario->status)));
	json_object_object_add(object, "window",
			       measured ? new_object(numbers, mc_window_fields) : NULL);
	for (const struct mc_field *field = mc_scenario_count_fields; field->key; field++)
		json_object_object_add(object, field->key,
				       measured ? new_field(numbers, field) : NULL);
	for (const struct mc_member *member = mc_scenario_stats; member->key; member++)
		json_object_object_add(
			object, member->key,
			new_stats((const void *)((const char *)numbers + member->offset)));
	json_object_object_add(object, "spin",
			       measured ? new_object(&numbers->ticks.spin, mc_spin_fields) : NULL);
	json_object_object_add(object, "lead",
			       measured && *numbers->lead.mode
				       ? new_object(&numbers->lead, mc_lead_fields)
				       : NULL);
	json_object_object_add(object, "clock", measured ? new_clock(&numbers->clock) : NULL);
	json_object_object_add(object, "slices", new_slices(numbers));
	json_object_object_add(object, "load",
			       scenario->load.present ? new_object(&scenario->load, mc_load_fields)
						      : NULL);
	json_object_object_add(object, "marks", new_object(&scenario->marks, mc_marks_fields));
	json_object_object_add(object, "per_cpu", new_cpus(numbers));
	json_object_object_add(object, "histogram", new_histogram(numbers));
	json_object_object_add(object, "timeline", new_timeline(&numbers->ticks.timeline));
	return object;
}

static json_object *new_result(const struct mc_result *result)
{
	json_object *object = json_object_new_object();
	json_object *run = new_object(&result->run, mc_run_fields);
	json_object *scenarios = json_object_new_array();

	json_object_object_add(run, "command",
			       result->run.command ? new_text(result->run.command) : NULL);
	for (size_t i = 0; i < result->n_scenarios; i++)
		json_object_array_add(scenarios, new_scenario(&result->scenario[i]));
	json_object_object_add(object, "schema", json_object_new_int(result->schema));
	json_object_object_add(object, "run", run);
	json_object_object_add(object, "environment",
			       new_object(&result->environment, mc_environment_fields));
	json_object_object_add(object, "interval_ns", json_object_new_uint64(result->interval_ns));
	json_object_object_add(object, "scenarios", scenarios);
	return object;
}

static bool holds_objects(json_object *array)
{
	return json_object_array_length(array) &&
	       json_object_is_type(json_object_array_get_idx(array, 0), json_type_object);
}

static void indent(FILE *to, int depth)
{
	fprintf(to, "\n%*s", depth * 2, "");
}

static void print_value(json_object *value, FILE *to, int depth);

static void print_object(json_object *object, FILE *to, int depth)
{
	const char *separator = "";

	fputc('{', to);
	json_object_object_foreach (object, key, value) {
		fputs(separator, to);
		indent(to, depth + 1);
		/* Keys are this program's own: nothing in them needs escaping. */
		fprintf(to, "\"%s\": ", key);
		print_value(value, to, depth + 1);
		separator = ",";
	}
	indent(to, depth);
	fputc('}', to);
}

static void print_array(json_object *array, FILE *to, int depth)
{
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		fputs(i ? "," : "[", to);
		indent(to, depth + 1);
		print_value(json_object_array_get_idx(array, i), to, depth + 1);
	}
	indent(to, depth);
	fputc(']', to);
}

static void print_value(json_object *value, FILE *to, int depth)
{
	if (json_object_is_type(value, json_type_object))
		print_object(value, to, depth);
	else if (json_object_is_type(value, json_type_array) && holds_objects(value))
		print_array(value, to, depth);
	else
		mc_text_put_json(to, json_object_to_json_string_ext(
					     value, JSON_C_TO_STRING_PLAIN |
							    JSON_C_TO_STRING_NOSLASHESCAPE));
}

int mc_result_write_json(const struct mc_result *result, FILE *to, struct mc_failure *failure)
{
	json_object *object = new_result(result);

	print_value(object, to, 0);
	fputc('\n', to);
	json_object_put(object);
	if (fflush(to) || ferror(to))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "cannot write the JSON: %s",
			       strerror(errno));
	return 0;
}
