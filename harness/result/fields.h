/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fields.h - which key of summary.json is which member of the model
 *
 * Tables that the writer and the reader both walk, so that a value cannot be
 * written under one name and read under another, and what stands for "not
 * measured" is said once.
 */
#ifndef MEMORY_COLLECTOR_RESULT_FIELDS_H
#define MEMORY_COLLECTOR_RESULT_FIELDS_H

#include "memory_collector/result.h"

enum mc_field_type {
	MC_FIELD_TEXT, /* char array; empty: null */
	MC_FIELD_COUNT, /* uint64_t */
	MC_FIELD_COUNT_OR_NULL, /* uint64_t; 0: null */
	MC_FIELD_UNSIGNED, /* unsigned int */
	MC_FIELD_UNSIGNED_OR_NULL, /* unsigned int; 0: null */
	MC_FIELD_INT_OR_NULL, /* int; negative: null */
	MC_FIELD_TIME, /* int64_t; MC_TIME_NONE: null */
	MC_FIELD_NS, /* int64_t */
	MC_FIELD_NS_OR_NULL, /* int64_t; negative: null */
	MC_FIELD_SIGNED_NS_OR_NULL, /* int64_t; MC_TIME_NONE: null */
	MC_FIELD_REAL, /* double */
	MC_FIELD_SIGNED_REAL_OR_NULL, /* double; NaN: null */
	MC_FIELD_REAL_OR_NULL, /* double; negative: null */
};

struct mc_field {
	const char *key; /* NULL: end of the table */
	enum mc_field_type type;
	size_t offset, size;
	bool added; /* came later: an older file has no such key, which stands for its default */
};

extern const struct mc_field mc_run_fields[];
extern const struct mc_field mc_environment_fields[];
extern const struct mc_field mc_scenario_text_fields[];
extern const struct mc_field mc_scenario_count_fields[];
extern const struct mc_field mc_window_fields[];
extern const struct mc_field mc_lead_fields[];
extern const struct mc_field mc_slice_fields[];
extern const struct mc_field mc_stats_fields[];
extern const struct mc_field mc_spin_fields[];
extern const struct mc_field mc_load_fields[];
extern const struct mc_field mc_marks_fields[];
extern const struct mc_field mc_clock_fields[];
extern const struct mc_field mc_cpu_fields[];

/* The four distributions of a scenario and the three histograms, by key */
struct mc_member {
	const char *key; /* NULL: end of the table */
	size_t offset;
};

extern const struct mc_member mc_scenario_stats[];
extern const struct mc_member mc_scenario_histograms[];

/* What variants are compared by: the figures of a slice, in the order of mc_figure_fields */
enum mc_figure {
	MC_FIGURE_P50,
	MC_FIGURE_P90,
	MC_FIGURE_P99,
	MC_FIGURE_MEAN,
	MC_FIGURE_CORRECTED_P90,
	MC_FIGURE_CORRECTED_P99,
	MC_FIGURE_SKEW_P50,
	MC_FIGURES
};

/* Each in struct mc_slice; an end follows */
extern const struct mc_field mc_figure_fields[MC_FIGURES + 1];

/* Whether a member says "not measured", which is null in JSON */
bool mc_field_is_none(const void *from, const struct mc_field *field);

/* A figure of a slice. Return: NaN where it was not measured. */
double mc_slice_figure(const struct mc_slice *slice, enum mc_figure figure);

/* The same figure of all windows of a scenario together. Return: NaN where it was not measured. */
double mc_scenario_figure(const struct mc_scenario_result *scenario, enum mc_figure figure);

/*
 * Whether there is anything to say about a scenario's ticks. That it was skipped can
 * turn out at the end (the load's exit code), when there are numbers, but of nothing
 * that the scenario is about.
 */
bool mc_scenario_measured(const struct mc_scenario_result *scenario);

#endif
