// SPDX-License-Identifier: GPL-2.0
/*
 * fields.c - the tables of fields.h
 */
#include "result/fields.h"

#include <math.h>

#define FIELD(structure, json_key, kind, member)                                                 \
	{                                                                                        \
		.key = json_key, .type = MC_FIELD_##kind, .offset = offsetof(structure, member), \
		.size = sizeof(((structure *)0)->member),                                        \
	}

/* A key that files of earlier versions do not have */
#define ADDED(structure, json_key, kind, member)                                                 \
	{                                                                                        \
		.key = json_key, .type = MC_FIELD_##kind, .offset = offsetof(structure, member), \
		.size = sizeof(((structure *)0)->member), .added = true,                         \
	}

#define RUN(key, kind, member) FIELD(struct mc_run, key, kind, member)
const struct mc_field mc_run_fields[] = {
	RUN("started_utc", TEXT, started_utc),
	RUN("place", TEXT, place),
	RUN("version", TEXT, version),
	RUN("duration_ns", COUNT, duration_ns),
	RUN("elapsed_s", REAL_OR_NULL, elapsed_s),
	{},
};

#define ENVIRONMENT(key, kind, member) FIELD(struct mc_environment, key, kind, member)
const struct mc_field mc_environment_fields[] = {
	ENVIRONMENT("kernel", TEXT, kernel),
	ENVIRONMENT("kernel_version", TEXT, kernel_version),
	ENVIRONMENT("machine", TEXT, machine),
	ENVIRONMENT("cpu_model", TEXT, cpu_model),
	ENVIRONMENT("cpus_online", UNSIGNED_OR_NULL, cpus_online),
	ENVIRONMENT("memory_bytes", COUNT_OR_NULL, memory_bytes),
	ENVIRONMENT("clocksource", TEXT, clocksource),
	ADDED(struct mc_environment, "timer_resolution_ns", COUNT_OR_NULL, timer_resolution_ns),
	ENVIRONMENT("preemption", TEXT, preemption),
	ENVIRONMENT("virtualization", TEXT, virtualization),
	ENVIRONMENT("stress_ng", TEXT, stress_ng),
	ENVIRONMENT("accelerator", TEXT, accelerator),
	ENVIRONMENT("accelerator_reason", TEXT, accelerator_reason),
	ENVIRONMENT("qemu", TEXT, qemu),
	ENVIRONMENT("host_kernel", TEXT, host_kernel),
	ENVIRONMENT("host_cpu_model", TEXT, host_cpu_model),
	ENVIRONMENT("host_cpus_online", UNSIGNED_OR_NULL, host_cpus_online),
	ENVIRONMENT("boot_to_first_tick_s", REAL_OR_NULL, boot_to_first_tick_s),
	{},
};

#define SCENARIO(key, kind, member) FIELD(struct mc_scenario_result, key, kind, member)
const struct mc_field mc_scenario_text_fields[] = {
	SCENARIO("test", TEXT, test),
	SCENARIO("title", TEXT, title),
	SCENARIO("reason", TEXT, reason),
	SCENARIO("stressor", TEXT, stressor),
	ADDED(struct mc_scenario_result, "base", TEXT, base),
	ADDED(struct mc_scenario_result, "variant", TEXT, variant),
	ADDED(struct mc_scenario_result, "repeat", COUNT, repeat),
	ADDED(struct mc_scenario_result, "phase_ns", COUNT, ticks.phase_ns),
	{},
};

const struct mc_field mc_scenario_count_fields[] = {
	SCENARIO("samples", COUNT, ticks.samples),
	SCENARIO("expected_ticks", COUNT, ticks.expected_ticks),
	SCENARIO("started_ticks", COUNT, ticks.started_ticks),
	SCENARIO("missed_ticks", COUNT, ticks.missed_ticks),
	SCENARIO("lost_events", COUNT, ticks.lost_events),
	SCENARIO("skew_incomplete", COUNT, ticks.skew_incomplete),
	{},
};

const struct mc_field mc_window_fields[] = {
	SCENARIO("k0", COUNT, ticks.k0),
	SCENARIO("k1", COUNT, ticks.k1),
	{},
};

#define LEAD(key, kind, member) FIELD(struct mc_lead_result, key, kind, member)
const struct mc_field mc_lead_fields[] = {
	LEAD("mode", TEXT, mode),
	LEAD("max_ns", COUNT, max_ns),
	LEAD("budget_permille", COUNT, budget_permille),
	{},
};

#define SLICE(key, kind, member) FIELD(struct mc_slice, key, kind, member)
const struct mc_field mc_slice_fields[] = {
	SLICE("k0", COUNT, k0),
	SLICE("k1", COUNT, k1),
	SLICE("expected_ticks", COUNT, expected),
	SLICE("missed_ticks", COUNT, missed),
	SLICE("spin_ns", COUNT, spin_ns),
	{},
};

const struct mc_field mc_figure_fields[MC_FIGURES + 1] = {
	[MC_FIGURE_P50] = SLICE("delta_p50_ns", SIGNED_NS_OR_NULL, p50),
	[MC_FIGURE_P90] = SLICE("delta_p90_ns", SIGNED_NS_OR_NULL, p90),
	[MC_FIGURE_P99] = SLICE("delta_p99_ns", SIGNED_NS_OR_NULL, p99),
	[MC_FIGURE_MEAN] = SLICE("delta_mean_ns", SIGNED_REAL_OR_NULL, mean),
	[MC_FIGURE_CORRECTED_P90] =
		ADDED(struct mc_slice, "corrected_p90_ns", SIGNED_NS_OR_NULL, corrected_p90),
	[MC_FIGURE_CORRECTED_P99] =
		ADDED(struct mc_slice, "corrected_p99_ns", SIGNED_NS_OR_NULL, corrected_p99),
	[MC_FIGURE_SKEW_P50] = SLICE("skew_p50_ns", NS_OR_NULL, skew_p50),
};

#define STATS(key, kind, member) FIELD(struct mc_stats, key, kind, member)
const struct mc_field mc_stats_fields[] = {
	STATS("count", COUNT, count),
	STATS("min", NS, min),
	STATS("max", NS, max),
	STATS("mean", REAL, mean),
	STATS("stddev", REAL_OR_NULL, stddev),
	STATS("p50", NS, p50),
	STATS("p90", NS, p90),
	STATS("p99", NS, p99),
	STATS("p99_9", NS, p99_9),
	STATS("p99_99", NS, p99_99),
	{},
};

#define SPIN(key, member) FIELD(struct mc_spin, key, COUNT, member)
const struct mc_field mc_spin_fields[] = {
	SPIN("total_ns", total_ns),
	SPIN("max_ns", max_ns),
	SPIN("ticks", ticks),
	ADDED(struct mc_spin, "stolen_ns", COUNT, stolen_ns),
	{},
};

#define LOAD(key, kind, member) FIELD(struct mc_load_result, key, kind, member)
const struct mc_field mc_load_fields[] = {
	LOAD("command", TEXT, command),
	LOAD("exit_code", INT_OR_NULL, exit_code),
	LOAD("cpu_time_before_ns", NS, cpu_time_before_ns),
	LOAD("cpu_time_ns", NS, cpu_time_ns),
	LOAD("bogo_ops", REAL_OR_NULL, bogo_ops),
	LOAD("sectors", NS_OR_NULL, sectors),
	{},
};

#define MARK(member) FIELD(struct mc_marks, #member, TIME, member)
const struct mc_field mc_marks_fields[] = {
	MARK(load_start_ns), MARK(load_end_ns), MARK(window_start_ns), MARK(window_end_ns), {},
};

#define CLOCK(key, kind, member) FIELD(struct mc_clock_result, key, kind, member)
const struct mc_field mc_clock_fields[] = {
	CLOCK("source", TEXT, source),
	CLOCK("source_after", TEXT, source_after),
	CLOCK("tsc_hz", REAL_OR_NULL, tsc_hz),
	CLOCK("host_tsc_hz", REAL_OR_NULL, host_tsc_hz),
	CLOCK("ppm", SIGNED_REAL_OR_NULL, ppm),
	CLOCK("not_compared", TEXT, not_compared),
	{},
};

#define CPU(key, kind, member) FIELD(struct mc_cpu_result, key, kind, member)
const struct mc_field mc_cpu_fields[] = {
	CPU("cpu", UNSIGNED, cpu),
	CPU("samples", COUNT, samples),
	CPU("expected_ticks", COUNT, expected),
	CPU("started_ticks", COUNT, started),
	CPU("missed_ticks", COUNT, missed),
	CPU("open_ticks", COUNT, open),
	CPU("lost_events", COUNT, lost),
	ADDED(struct mc_cpu_result, "offline_ticks", COUNT, offline),
	ADDED(struct mc_cpu_result, "left_ticks", COUNT, left),
	{},
};

const struct mc_member mc_scenario_stats[] = {
	{"delta_ns", offsetof(struct mc_scenario_result, ticks.delta)},
	{"corrected_ns", offsetof(struct mc_scenario_result, ticks.corrected)},
	{"entry_ns", offsetof(struct mc_scenario_result, ticks.entry)},
	{"skew_ns", offsetof(struct mc_scenario_result, ticks.skew)},
	{},
};

const struct mc_member mc_scenario_histograms[] = {
	{"delta", offsetof(struct mc_scenario_result, ticks.delta_histogram)},
	{"corrected", offsetof(struct mc_scenario_result, ticks.corrected_histogram)},
	{"skew", offsetof(struct mc_scenario_result, ticks.skew_histogram)},
	{},
};

bool mc_field_is_none(const void *from, const struct mc_field *field)
{
	const void *member = (const char *)from + field->offset;

	switch (field->type) {
	case MC_FIELD_TEXT:
		return !*(const char *)member;
	case MC_FIELD_COUNT_OR_NULL:
		return !*(const uint64_t *)member;
	case MC_FIELD_UNSIGNED_OR_NULL:
		return !*(const unsigned int *)member;
	case MC_FIELD_INT_OR_NULL:
		return *(const int *)member < 0;
	case MC_FIELD_TIME:
	case MC_FIELD_SIGNED_NS_OR_NULL:
		return *(const int64_t *)member == MC_TIME_NONE;
	case MC_FIELD_NS_OR_NULL:
		return *(const int64_t *)member < 0;
	case MC_FIELD_REAL:
	case MC_FIELD_SIGNED_REAL_OR_NULL:
		return !isfinite(*(const double *)member);
	case MC_FIELD_REAL_OR_NULL:
		return !isfinite(*(const double *)member) || *(const double *)member < 0;
	case MC_FIELD_COUNT:
	case MC_FIELD_UNSIGNED:
	case MC_FIELD_NS:
		return false;
	}
	return true;
}

double mc_slice_figure(const struct mc_slice *slice, enum mc_figure figure)
{
	const struct mc_field *field = &mc_figure_fields[figure];
	const void *member = (const char *)slice + field->offset;

	if (mc_field_is_none(slice, field))
		return NAN;
	return figure == MC_FIGURE_MEAN ? *(const double *)member : *(const int64_t *)member;
}

double mc_scenario_figure(const struct mc_scenario_result *scenario, enum mc_figure figure)
{
	const struct mc_stats *delta = &scenario->ticks.delta, *skew = &scenario->ticks.skew;
	const struct mc_stats *corrected = &scenario->ticks.corrected;
	const struct {
		const struct mc_stats *of;
		double value;
	} figures[MC_FIGURES] = {
		[MC_FIGURE_P50] = {delta, delta->p50},
		[MC_FIGURE_P90] = {delta, delta->p90},
		[MC_FIGURE_P99] = {delta, delta->p99},
		[MC_FIGURE_MEAN] = {delta, delta->mean},
		[MC_FIGURE_CORRECTED_P90] = {corrected, corrected->p90},
		[MC_FIGURE_CORRECTED_P99] = {corrected, corrected->p99},
		[MC_FIGURE_SKEW_P50] = {skew, skew->p50},
	};

	return figures[figure].of->count ? figures[figure].value : NAN;
}

bool mc_scenario_measured(const struct mc_scenario_result *scenario)
{
	return scenario->ticks.n_cpus > 0 && scenario->status != MC_STATUS_SKIPPED;
}
