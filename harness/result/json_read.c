// SPDX-License-Identifier: GPL-2.0
/*
 * json_read.c - summary.json as a result again
 *
 * The file may be old, new, cut off or made up: everything in it is checked, and
 * a refusal names the key. The place in the file that is being read is kept in a
 * path like scenarios[3].delta_ns.p50.
 */
#include <inttypes.h>
#include <json-c/json.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_document.h"
#include "core/interval.h"
#include "core/lead.h"
#include "memory_collector/result_io.h"
#include "result/check.h"
#include "result/fields.h"
#include "statistics/histogram.h"

#define SCENARIOS_MAX 1000
#define CPUS_MAX 8192
#define BUCKETS_MAX HISTOGRAM_BUCKETS
#define SLICES_MAX 1000

struct reader {
	const char *name;
	struct mc_failure *failure;
	char path[256];
};

/* @key: of the place the reader is in; empty: the place itself */
static int refuse(struct reader *reader, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int refuse(struct reader *reader, const char *key, const char *format, ...)
{
	size_t length = strlen(reader->path);
	char why[256];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	if (!*key && length && reader->path[length - 1] == '.')
		length--;
	return mc_fail(reader->failure, MC_EXIT_USAGE, "%s: %.*s%s%s%s", reader->name, (int)length,
		       reader->path, key, length || *key ? ": " : "", why);
}

/* Goes into a key or an element; the returned length takes leave() back. */
static size_t enter(struct reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static size_t enter(struct reader *reader, const char *format, ...)
{
	size_t length = strlen(reader->path);
	va_list args;

	va_start(args, format);
	vsnprintf(reader->path + length, sizeof(reader->path) - length, format, args);
	va_end(args);
	return length;
}

static void leave(struct reader *reader, size_t length)
{
	reader->path[length] = '\0';
}

/* Finds a key that must be there; null is a value. */
static int find(struct reader *reader, json_object *object, const char *key, json_object **value)
{
	if (!json_object_is_type(object, json_type_object))
		return refuse(reader, "", "not an object, which should have '%s'", key);
	if (!json_object_object_get_ex(object, key, value))
		return refuse(reader, key, "missing");
	return 0;
}

static int find_array(struct reader *reader, json_object *object, const char *key, size_t most,
		      json_object **array)
{
	if (find(reader, object, key, array))
		return -1;
	if (!json_object_is_type(*array, json_type_array))
		return refuse(reader, key, "not an array");
	if (json_object_array_length(*array) > most)
		return refuse(reader, key, "more than %zu elements", most);
	return 0;
}

static int read_signed(struct reader *reader, const char *key, json_object *value, int64_t least,
		       int64_t most, int64_t *to)
{
	if (!json_object_is_type(value, json_type_int))
		return refuse(reader, key, "not an integer");
	/* json-c turns what is too large for it into INT64_MAX. */
	*to = json_object_get_int64(value);
	if (*to < least || *to > most ||
	    (*to == INT64_MAX && json_object_get_uint64(value) > INT64_MAX))
		return refuse(reader, key, "out of range: it can be from %" PRId64 " to %" PRId64,
			      least, most);
	return 0;
}

static int read_unsigned(struct reader *reader, const char *key, json_object *value, uint64_t least,
			 uint64_t *to)
{
	if (!json_object_is_type(value, json_type_int))
		return refuse(reader, key, "not an integer");
	if (json_object_get_int64(value) < 0)
		return refuse(reader, key, "negative");
	*to = json_object_get_uint64(value);
	if (*to < least)
		return refuse(reader, key, "less than %" PRIu64, least);
	return 0;
}

static int check_null(struct reader *reader, const char *key, json_object *value)
{
	return value ? refuse(reader, key, "not null, although there is no event") : 0;
}

static int read_real(struct reader *reader, const char *key, json_object *value, double least,
		     double *to)
{
	if (!json_object_is_type(value, json_type_double) &&
	    !json_object_is_type(value, json_type_int))
		return refuse(reader, key, "not a number");
	*to = json_object_get_double(value);
	if (!isfinite(*to))
		return refuse(reader, key, "not a finite number");
	if (*to < least)
		return refuse(reader, key, "negative");
	return 0;
}

static int check_text(struct reader *reader, const char *key, json_object *value)
{
	const char *text = json_object_get_string(value);

	if (!json_object_is_type(value, json_type_string))
		return refuse(reader, key, "not a string");
	if (!*text)
		return refuse(reader, key, "empty: what is not known is null");
	if (strlen(text) != (size_t)json_object_get_string_len(value))
		return refuse(reader, key, "holds a NUL byte");
	return 0;
}

static int read_text(struct reader *reader, const char *key, json_object *value, char *to,
		     size_t size)
{
	const char *text = json_object_get_string(value);

	if (check_text(reader, key, value))
		return -1;
	if (strlen(text) >= size)
		return refuse(reader, key, "longer than %zu bytes", size - 1);
	memcpy(to, text, strlen(text) + 1);
	return 0;
}

static int read_null(struct reader *reader, const struct mc_field *field, void *member)
{
	switch (field->type) {
	case MC_FIELD_TEXT:
		*(char *)member = '\0';
		return 0;
	case MC_FIELD_COUNT_OR_NULL:
		*(uint64_t *)member = 0;
		return 0;
	case MC_FIELD_UNSIGNED_OR_NULL:
		*(unsigned int *)member = 0;
		return 0;
	case MC_FIELD_INT_OR_NULL:
		*(int *)member = -1;
		return 0;
	case MC_FIELD_TIME:
	case MC_FIELD_SIGNED_NS_OR_NULL:
		*(int64_t *)member = MC_TIME_NONE;
		return 0;
	case MC_FIELD_NS_OR_NULL:
		*(int64_t *)member = -1;
		return 0;
	case MC_FIELD_REAL_OR_NULL:
		*(double *)member = -1;
		return 0;
	case MC_FIELD_SIGNED_REAL_OR_NULL:
		*(double *)member = NAN;
		return 0;
	default:
		return refuse(reader, field->key, "null");
	}
}

static int read_field(struct reader *reader, json_object *object, const struct mc_field *field,
		      void *to)
{
	void *member = (char *)to + field->offset;
	json_object *value;
	int64_t number = 0;

	if (find(reader, object, field->key, &value))
		return -1;
	if (!value)
		return read_null(reader, field, member);
	switch (field->type) {
	case MC_FIELD_TEXT:
		return read_text(reader, field->key, value, member, field->size);
	case MC_FIELD_COUNT:
	case MC_FIELD_COUNT_OR_NULL:
		return read_unsigned(reader, field->key, value,
				     field->type == MC_FIELD_COUNT_OR_NULL, member);
	case MC_FIELD_UNSIGNED:
	case MC_FIELD_UNSIGNED_OR_NULL:
		if (read_signed(reader, field->key, value, field->type == MC_FIELD_UNSIGNED_OR_NULL,
				UINT32_MAX, &number))
			return -1;
		*(unsigned int *)member = number;
		return 0;
	case MC_FIELD_INT_OR_NULL:
		if (read_signed(reader, field->key, value, 0, INT32_MAX, &number))
			return -1;
		*(int *)member = number;
		return 0;
	case MC_FIELD_NS:
	case MC_FIELD_SIGNED_NS_OR_NULL:
		return read_signed(reader, field->key, value, INT64_MIN + 1, INT64_MAX, member);
	case MC_FIELD_TIME: /* the clock starts at 0 */
	case MC_FIELD_NS_OR_NULL:
		return read_signed(reader, field->key, value, 0, INT64_MAX, member);
	case MC_FIELD_REAL:
	case MC_FIELD_SIGNED_REAL_OR_NULL:
		return read_real(reader, field->key, value, -INFINITY, member);
	case MC_FIELD_REAL_OR_NULL:
		return read_real(reader, field->key, value, 0, member);
	}
	return -1;
}

/* A key that was added later and is not there stands for what the model has already. */
static bool is_older(json_object *object, const char *key)
{
	return json_object_is_type(object, json_type_object) &&
	       !json_object_object_get_ex(object, key, NULL);
}

static int read_fields(struct reader *reader, json_object *object, const struct mc_field *fields,
		       void *to)
{
	for (; fields->key; fields++)
		if (!(fields->added && is_older(object, fields->key)) &&
		    read_field(reader, object, fields, to))
			return -1;
	return 0;
}

/* An object of fields under a key; null leaves what the model says for "not measured". */
static int read_object(struct reader *reader, json_object *object, const char *key,
		       const struct mc_field *fields, void *to, bool *present)
{
	json_object *value;
	size_t length;
	int ret = 0;

	if (find(reader, object, key, &value))
		return -1;
	if (present)
		*present = value;
	else if (!value)
		return refuse(reader, key, "null");
	if (value) {
		length = enter(reader, "%s.", key);
		ret = read_fields(reader, value, fields, to);
		leave(reader, length);
	}
	return ret;
}

static int read_stats(struct reader *reader, json_object *object, const char *key,
		      struct mc_stats *stats)
{
	bool present;

	if (read_object(reader, object, key, mc_stats_fields, stats, &present))
		return -1;
	if (!present)
		return 0;
	if (!stats->count)
		return refuse(reader, key, "a distribution of no values: it should be null");
	if (stats->min > stats->p50 || stats->p50 > stats->p90 || stats->p90 > stats->p99 ||
	    stats->p99 > stats->p99_9 || stats->p99_9 > stats->p99_99 || stats->p99_99 > stats->max)
		return refuse(reader, key, "its percentiles do not ascend");
	return 0;
}

static int read_bucket(struct reader *reader, json_object *row, const struct mc_bucket *before,
		       struct mc_bucket *bucket)
{
	if (!json_object_is_type(row, json_type_array) || json_object_array_length(row) != 3)
		return refuse(reader, "", "not [low, high, count]");
	if (read_signed(reader, "", json_object_array_get_idx(row, 0), INT64_MIN, INT64_MAX,
			&bucket->low) ||
	    read_signed(reader, "", json_object_array_get_idx(row, 1), bucket->low, INT64_MAX,
			&bucket->high) ||
	    read_unsigned(reader, "", json_object_array_get_idx(row, 2), 1, &bucket->count))
		return -1;
	if (before && before->high >= bucket->low)
		return refuse(reader, "", "does not follow the bucket before it");
	return 0;
}

static int read_buckets(struct reader *reader, json_object *object, const char *key,
			struct mc_buckets *buckets)
{
	json_object *array;

	if (find_array(reader, object, key, BUCKETS_MAX, &array))
		return -1;
	buckets->bucket = calloc(json_object_array_length(array) + 1, sizeof(*buckets->bucket));
	if (!buckets->bucket)
		return refuse(reader, key, "out of memory");
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		size_t length = enter(reader, "%s[%zu]", key, i);

		if (read_bucket(reader, json_object_array_get_idx(array, i),
				i ? &buckets->bucket[i - 1] : NULL, &buckets->bucket[i]))
			return -1;
		leave(reader, length);
		buckets->n++;
	}
	return 0;
}

static int read_histogram(struct reader *reader, json_object *object,
			  struct mc_scenario_result *scenario)
{
	json_object *value;
	size_t length;

	if (find(reader, object, "histogram", &value))
		return -1;
	length = enter(reader, "histogram.");
	for (const struct mc_member *member = mc_scenario_histograms; member->key; member++)
		if (read_buckets(reader, value, member->key,
				 (void *)((char *)scenario + member->offset)))
			return -1;
	leave(reader, length);
	return 0;
}

static int read_cpus(struct reader *reader, json_object *object,
		     struct mc_scenario_result *scenario)
{
	json_object *array;

	if (find_array(reader, object, "per_cpu", CPUS_MAX, &array))
		return -1;
	scenario->ticks.cpu =
		calloc(json_object_array_length(array) + 1, sizeof(*scenario->ticks.cpu));
	if (!scenario->ticks.cpu)
		return refuse(reader, "per_cpu", "out of memory");
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		size_t length = enter(reader, "per_cpu[%zu].", i);
		json_object *value = json_object_array_get_idx(array, i);

		if (read_fields(reader, value, mc_cpu_fields, &scenario->ticks.cpu[i]) ||
		    read_stats(reader, value, "delta_ns", &scenario->ticks.cpu[i].delta) ||
		    (!is_older(value, "entry_ns") &&
		     read_stats(reader, value, "entry_ns", &scenario->ticks.cpu[i].entry)) ||
		    (!is_older(value, "spin") && read_object(reader, value, "spin", mc_spin_fields,
							     &scenario->ticks.cpu[i].spin, NULL)))
			return -1;
		if (i && scenario->ticks.cpu[i].cpu <= scenario->ticks.cpu[i - 1].cpu)
			return refuse(reader, "cpu", "not above that of the CPU before it");
		leave(reader, length);
		scenario->ticks.n_cpus++;
	}
	return 0;
}

static int read_lead(struct reader *reader, json_object *object,
		     struct mc_scenario_result *scenario)
{
	enum lead_mode mode;
	bool present;

	if (is_older(object, "lead"))
		return 0;
	if (read_object(reader, object, "lead", mc_lead_fields, &scenario->lead, &present))
		return -1;
	if (present && lead_mode_parse(scenario->lead.mode, &mode))
		return refuse(reader, "lead.mode", "'%s' is not off, auto or fixed",
			      scenario->lead.mode);
	return 0;
}

static int read_clock(struct reader *reader, json_object *object,
		      struct mc_scenario_result *scenario)
{
	bool present;

	return is_older(object, "clock") ? 0
					 : read_object(reader, object, "clock", mc_clock_fields,
						       &scenario->clock, &present);
}

/* Where no tick started there is no delay, although files of earlier versions say 0. */
static void forget_delays(struct mc_slice *slice)
{
	slice->mean = NAN;
	slice->p50 = slice->p90 = slice->p99 = MC_TIME_NONE;
}

static int read_slice(struct reader *reader, json_object *value, const struct mc_slice *before,
		      struct mc_slice *slice)
{
	if (read_fields(reader, value, mc_slice_fields, slice) ||
	    read_fields(reader, value, mc_figure_fields, slice))
		return -1;
	if (slice->k0 >= slice->k1 || (before && slice->k0 < before->k1))
		return refuse(reader, "k0", "empty, or does not follow the slice before it");
	if (slice->missed >= slice->expected)
		forget_delays(slice);
	return 0;
}

static int read_slices(struct reader *reader, json_object *object,
		       struct mc_scenario_result *scenario)
{
	json_object *array;

	if (is_older(object, "slices"))
		return 0;
	if (find_array(reader, object, "slices", SLICES_MAX, &array))
		return -1;
	scenario->ticks.slice =
		calloc(json_object_array_length(array) + 1, sizeof(*scenario->ticks.slice));
	if (!scenario->ticks.slice)
		return refuse(reader, "slices", "out of memory");
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		size_t length = enter(reader, "slices[%zu].", i);

		scenario->ticks.slice[i].corrected_p90 = scenario->ticks.slice[i].corrected_p99 =
			MC_TIME_NONE;
		if (read_slice(reader, json_object_array_get_idx(array, i),
			       i ? &scenario->ticks.slice[i - 1] : NULL, &scenario->ticks.slice[i]))
			return -1;
		leave(reader, length);
		scenario->ticks.n_slices++;
	}
	return 0;
}

static int read_bin(struct reader *reader, unsigned int bin, json_object *events, json_object *mean,
		    json_object *max, struct mc_timeline *timeline)
{
	char key[32];

	snprintf(key, sizeof(key), "events[%u]", bin);
	if (read_unsigned(reader, key, events, 0, &timeline->count[bin]))
		return -1;
	snprintf(key, sizeof(key), "mean_ns[%u]", bin);
	if (timeline->count[bin] ? read_real(reader, key, mean, -INFINITY, &timeline->mean[bin])
				 : check_null(reader, key, mean))
		return -1;
	snprintf(key, sizeof(key), "max_ns[%u]", bin);
	return timeline->count[bin] ? read_signed(reader, key, max, INT64_MIN + 1, INT64_MAX,
						  &timeline->max[bin])
				    : check_null(reader, key, max);
}

static int read_bins(struct reader *reader, json_object *object, struct mc_timeline *timeline)
{
	json_object *events, *mean, *max;

	if (find_array(reader, object, "events", MC_TIMELINE_BINS, &events) ||
	    find_array(reader, object, "mean_ns", MC_TIMELINE_BINS, &mean) ||
	    find_array(reader, object, "max_ns", MC_TIMELINE_BINS, &max))
		return -1;
	timeline->n_bins = json_object_array_length(events);
	if (!timeline->n_bins)
		return refuse(reader, "events", "empty: a timeline without events is null");
	if (json_object_array_length(mean) != timeline->n_bins ||
	    json_object_array_length(max) != timeline->n_bins)
		return refuse(reader, "events", "not as many as mean_ns or max_ns");
	for (unsigned int bin = 0; bin < timeline->n_bins; bin++)
		if (read_bin(reader, bin, json_object_array_get_idx(events, bin),
			     json_object_array_get_idx(mean, bin),
			     json_object_array_get_idx(max, bin), timeline))
			return -1;
	return 0;
}

static int read_row(struct reader *reader, json_object *row, unsigned int n_bins, int64_t *max)
{
	if (!json_object_is_type(row, json_type_array) || json_object_array_length(row) != n_bins)
		return refuse(reader, "", "not an array of %u", n_bins);
	for (unsigned int bin = 0; bin < n_bins; bin++) {
		json_object *value = json_object_array_get_idx(row, bin);
		char key[16];

		snprintf(key, sizeof(key), "[%u]", bin);
		max[bin] = MC_TIME_NONE;
		if (value && read_signed(reader, key, value, INT64_MIN + 1, INT64_MAX, &max[bin]))
			return -1;
	}
	return 0;
}

static int read_cpu_max(struct reader *reader, json_object *object, size_t n_cpus,
			struct mc_timeline *timeline)
{
	json_object *rows;

	if (find_array(reader, object, "cpu_max_ns", CPUS_MAX, &rows))
		return -1;
	timeline->n_cpus = json_object_array_length(rows);
	if (timeline->n_cpus != n_cpus)
		return refuse(reader, "cpu_max_ns", "%u rows for %zu CPUs in per_cpu",
			      timeline->n_cpus, n_cpus);
	timeline->cpu_max =
		calloc((size_t)timeline->n_cpus * MC_TIMELINE_BINS + 1, sizeof(*timeline->cpu_max));
	if (!timeline->cpu_max)
		return refuse(reader, "cpu_max_ns", "out of memory");
	for (unsigned int cpu = 0; cpu < timeline->n_cpus; cpu++) {
		size_t length = enter(reader, "cpu_max_ns[%u]", cpu);

		if (read_row(reader, json_object_array_get_idx(rows, cpu), timeline->n_bins,
			     timeline->cpu_max + (size_t)cpu * MC_TIMELINE_BINS))
			return -1;
		leave(reader, length);
	}
	return 0;
}

static int read_timeline(struct reader *reader, json_object *object,
			 struct mc_scenario_result *scenario)
{
	struct mc_timeline *timeline = &scenario->ticks.timeline;
	json_object *value, *origin, *bin;
	size_t length;

	if (find(reader, object, "timeline", &value))
		return -1;
	if (!value)
		return 0;
	length = enter(reader, "timeline.");
	if (find(reader, value, "origin_ns", &origin) || find(reader, value, "bin_ns", &bin) ||
	    read_signed(reader, "origin_ns", origin, 0, INT64_MAX, &timeline->origin_ns) ||
	    /* So short that the end of the last bin is a time, too */
	    read_signed(reader, "bin_ns", bin, 1,
			(INT64_MAX - timeline->origin_ns) / MC_TIMELINE_BINS, &timeline->bin_ns) ||
	    read_bins(reader, value, timeline) ||
	    read_cpu_max(reader, value, scenario->ticks.n_cpus, timeline))
		return -1;
	leave(reader, length);
	return 0;
}

static int read_status(struct reader *reader, json_object *object, enum mc_status *status)
{
	char name[16];
	json_object *value;

	if (find(reader, object, "status", &value) ||
	    read_text(reader, "status", value, name, sizeof(name)))
		return -1;
	for (int i = MC_STATUS_OK; i <= MC_STATUS_FAILED; i++) {
		if (!strcmp(name, mc_status_name(i))) {
			*status = i;
			return 0;
		}
	}
	return refuse(reader, "status", "'%s' is not ok, invalid, skipped or failed", name);
}

static int read_counts(struct reader *reader, json_object *object,
		       struct mc_scenario_result *scenario)
{
	bool window, spin;

	if (read_object(reader, object, "window", mc_window_fields, scenario, &window) ||
	    read_object(reader, object, "spin", mc_spin_fields, &scenario->ticks.spin, &spin))
		return -1;
	for (const struct mc_field *field = mc_scenario_count_fields; field->key; field++) {
		json_object *value;

		if (find(reader, object, field->key, &value) ||
		    (value && read_field(reader, object, field, scenario)))
			return -1;
		if (!value != !mc_scenario_measured(scenario))
			return refuse(reader, field->key,
				      "null goes with an empty per_cpu, a number with a full one");
	}
	if (window != mc_scenario_measured(scenario) || spin != window)
		return refuse(reader, "window", "null goes with an empty per_cpu");
	return 0;
}

/* There in a run of several kernels only */
static int read_kernel(struct reader *reader, json_object *object,
		       struct mc_scenario_result *scenario)
{
	json_object *value;

	if (!json_object_object_get_ex(object, "kernel", &value))
		return 0;
	return read_text(reader, "kernel", value, scenario->kernel, sizeof(scenario->kernel));
}

static int read_scenario(struct reader *reader, json_object *object,
			 struct mc_scenario_result *scenario)
{
	char key[64];
	const char *why;

	if (read_fields(reader, object, mc_scenario_text_fields, scenario) ||
	    read_kernel(reader, object, scenario) ||
	    read_status(reader, object, &scenario->status) || read_cpus(reader, object, scenario) ||
	    read_counts(reader, object, scenario))
		return -1;
	if (!*scenario->test)
		return refuse(reader, "test", "empty");
	if (!*scenario->reason != (scenario->status == MC_STATUS_OK))
		return refuse(reader, "reason", "must be there exactly when the status is not ok");
	for (const struct mc_member *member = mc_scenario_stats; member->key; member++)
		if (read_stats(reader, object, member->key,
			       (void *)((char *)scenario + member->offset)))
			return -1;
	if (read_object(reader, object, "load", mc_load_fields, &scenario->load,
			&scenario->load.present) ||
	    read_object(reader, object, "marks", mc_marks_fields, &scenario->marks, NULL) ||
	    read_histogram(reader, object, scenario))
		return -1;
	if (read_timeline(reader, object, scenario) || read_lead(reader, object, scenario) ||
	    read_clock(reader, object, scenario) || read_slices(reader, object, scenario))
		return -1;
	if (!mc_scenario_agrees(scenario, key, sizeof(key), &why))
		return refuse(reader, key, "%s", why);
	return 0;
}

static int read_scenarios(struct reader *reader, json_object *object, struct mc_result *result)
{
	json_object *array;

	if (find_array(reader, object, "scenarios", SCENARIOS_MAX, &array))
		return -1;
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		size_t length = enter(reader, "scenarios[%zu].", i);
		struct mc_scenario_result *scenario = mc_result_add(result, "");

		if (!scenario)
			return refuse(reader, "", "out of memory");
		if (read_scenario(reader, json_object_array_get_idx(array, i), scenario))
			return -1;
		for (size_t other = 0; other < i; other++)
			if (!strcmp(result->scenario[other].test, scenario->test))
				return refuse(reader, "test", "'%s' is there twice",
					      scenario->test);
		leave(reader, length);
	}
	return 0;
}

static int read_command(struct reader *reader, json_object *object, struct mc_result *result)
{
	json_object *run, *command;

	if (find(reader, object, "run", &run) || find(reader, run, "command", &command))
		return -1;
	if (!command)
		return 0;
	if (check_text(reader, "run.command", command))
		return -1;
	result->run.command = strdup(json_object_get_string(command));
	return result->run.command ? 0 : refuse(reader, "run.command", "out of memory");
}

static int read_schema(struct reader *reader, json_object *object, struct mc_result *result)
{
	json_object *value;
	int64_t schema = 0;

	if (find(reader, object, "schema", &value) ||
	    read_signed(reader, "schema", value, 0, INT32_MAX, &schema))
		return -1;
	if (schema != MC_RESULT_SCHEMA)
		return mc_fail(reader->failure, MC_EXIT_USAGE,
			       "this program reads schema %d, %s has %" PRId64
			       ": use the version that wrote it",
			       MC_RESULT_SCHEMA, reader->name, schema);
	result->schema = schema;
	return 0;
}

static int read_result(struct reader *reader, json_object *object, struct mc_result *result)
{
	json_object *interval;
	int64_t ns = 0;

	if (read_schema(reader, object, result) ||
	    read_object(reader, object, "run", mc_run_fields, &result->run, NULL) ||
	    read_command(reader, object, result) ||
	    read_object(reader, object, "environment", mc_environment_fields, &result->environment,
			NULL) ||
	    find(reader, object, "interval_ns", &interval) ||
	    read_signed(reader, "interval_ns", interval, INTERVAL_MIN_NS, INTERVAL_MAX_NS, &ns))
		return -1;
	result->interval_ns = ns;
	return read_scenarios(reader, object, result);
}

struct mc_result *mc_result_read_json(FILE *from, const char *name, struct mc_failure *failure)
{
	struct reader reader = {.name = name, .failure = failure};
	struct mc_result *result;
	json_object *object = mc_json_document(from, name, failure);

	if (!object)
		return NULL;
	result = mc_result_new();
	if (!result) {
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s: out of memory", name);
	} else if (read_result(&reader, object, result)) {
		mc_result_free(result);
		result = NULL;
	}
	json_object_put(object);
	return result;
}
