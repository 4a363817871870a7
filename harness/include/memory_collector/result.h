/* SPDX-License-Identifier: GPL-2.0 */
/*
 * result.h - the result of one run in memory
 *
 * The model that everything else agrees on: the analysis fills it, summary.json
 * is it written down, and the table, the CSV, the plots and --from are made
 * from it alone. Words (delta, corrected, entry, skew, missed, lost, window)
 * are those of docs/measuring.md.
 */
#ifndef MEMORY_COLLECTOR_RESULT_H
#define MEMORY_COLLECTOR_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memory_collector/failure.h"

/* Version of summary.json: changes when a reader of the old one would misread the new one */
#define MC_RESULT_SCHEMA 1
/* Bins of a timeline: when a run outgrows them, pairs are merged and bin_ns doubles */
#define MC_TIMELINE_BINS 256
#define MC_NAME_MAX 80
#define MC_VARIANT_MAX 32
#define MC_TEXT_MAX 512

/* A moment on CLOCK_MONOTONIC that was not reached, or a delay that was not measured */
#define MC_TIME_NONE INT64_MIN

enum mc_status {
	MC_STATUS_OK, /* accounted for, and the load ran */
	MC_STATUS_INVALID, /* ran, but the numbers must not be used; reason says why */
	MC_STATUS_SKIPPED, /* could not run here; reason says why */
	MC_STATUS_FAILED, /* the measurement itself broke; reason says why */
};

/**
 * struct mc_stats - a distribution in ns
 * @count: number of values; 0 means not measured, and nothing else is set
 * @min: exact
 * @max: exact
 * @mean: exact up to the rounding of a double
 * @stddev: of the population; negative where it could not be computed
 * @p50: percentiles by nearest rank, at most 1/64 above the true value
 * @p90: as @p50
 * @p99: as @p50
 * @p99_9: as @p50
 * @p99_99: as @p50
 */
struct mc_stats {
	uint64_t count;
	int64_t min, max;
	double mean, stddev;
	int64_t p50, p90, p99, p99_9, p99_99;
};

/* One non-empty histogram bucket: values low..high (inclusive) occurred count times */
struct mc_bucket {
	int64_t low, high;
	uint64_t count;
};

struct mc_buckets {
	size_t n;
	struct mc_bucket *bucket; /* ascending; owned by the result */
};

/* Time spent spinning up to the boundary, see "lead" and "spin" in docs/measuring.md */
struct mc_spin {
	uint64_t total_ns, max_ns, ticks;
	uint64_t stolen_ns; /* part of total_ns in which something else had the CPU */
};

/**
 * struct mc_cpu_result - what one CPU did in the window
 * @cpu: number of the CPU
 * @expected: boundaries of the window in the CPU's online time, by arithmetic
 * @offline: the other boundaries of the window
 * @started: callbacks, from the kernel's own totals
 * @missed: missed boundaries, from the kernel's own totals (open ones included)
 * @open: boundaries of @missed that no callback had passed when the totals were read
 * @left: boundaries of @missed that passed while the CPU was leaving
 * @samples: events read from the trace that lie in the window
 * @lost: what the ring buffer says it overran and dropped
 * @spin: of this CPU
 * @delta: distribution of this CPU's delta
 * @entry: distribution of this CPU's entry; files of earlier versions have none
 */
struct mc_cpu_result {
	unsigned int cpu;
	uint64_t expected, offline, started, missed, open, left, samples, lost;
	struct mc_spin spin;
	struct mc_stats delta, entry;
};

/**
 * struct mc_slice - one of several windows that a scenario was measured in
 * @k0: first boundary
 * @k1: first boundary after it
 * @expected: as in the scenario, of this window; so are the others
 * @missed: see @expected
 * @spin_ns: see @expected
 * @mean: of delta; NaN where no tick started
 * @p50: of delta; MC_TIME_NONE where no tick started
 * @p90: as @p50
 * @p99: as @p50
 * @corrected_p90: of corrected; MC_TIME_NONE where no boundary has a lateness
 * @corrected_p99: as @corrected_p90
 * @skew_p50: of skew; negative: not measured
 */
struct mc_slice {
	uint64_t k0, k1, expected, missed, spin_ns;
	double mean;
	int64_t p50, p90, p99, corrected_p90, corrected_p99, skew_p50;
};

/**
 * struct mc_timeline - delta over time, in bins of equal length
 * @origin_ns: CLOCK_MONOTONIC time of the start of bin 0
 * @bin_ns: length of a bin
 * @n_bins: bins in use, up to MC_TIMELINE_BINS
 * @n_cpus: rows of @cpu_max, in the order of mc_scenario_result.cpu
 * @count: events per bin over all CPUs
 * @mean: mean delta per bin over all CPUs; meaningless where @count is 0
 * @max: largest delta per bin; meaningless where @count is 0
 * @cpu_max: [cpu x MC_TIMELINE_BINS + bin], MC_TIME_NONE where the CPU had no event
 *
 * Covers all that was read, also before and after the window, so that the
 * load's start and end can be seen.
 */
struct mc_timeline {
	int64_t origin_ns, bin_ns;
	unsigned int n_bins, n_cpus;
	uint64_t count[MC_TIMELINE_BINS];
	double mean[MC_TIMELINE_BINS];
	int64_t max[MC_TIMELINE_BINS];
	int64_t *cpu_max; /* owned by the result */
};

/* What the load did, as far as it could be seen from outside */
struct mc_load_result {
	bool present; /* false: the scenario has no load */
	int exit_code; /* of stress-ng; -1 where it did not exit by itself */
	int64_t cpu_time_before_ns; /* CPU time of the load when sampling started */
	int64_t cpu_time_ns; /* CPU time of the load when sampling ended */
	double bogo_ops; /* from its YAML; negative: not measured */
	int64_t sectors; /* block sectors it moved in the window; negative: not measured */
	char command[MC_TEXT_MAX]; /* the argument vector, blanks between */
};

/* CLOCK_MONOTONIC marks of a scenario; MC_TIME_NONE where there was no such moment */
struct mc_marks {
	int64_t load_start_ns, load_end_ns;
	int64_t window_start_ns, window_end_ns;
};

/* The clock that the ticks were on, from the first window's start to the last one's end */
struct mc_clock_result {
	char source[32]; /* the kernel's clock source at the start; empty: not known */
	char source_after[32]; /* the one that it changed to, else the same */
	double tsc_hz; /* TSC ticks in a second of CLOCK_MONOTONIC; negative: not measured */
	double host_tsc_hz; /* the same on the VM's host; negative: not measured */
	double ppm; /* how much faster than the host's it ran; NaN: not compared */
	char not_compared[128]; /* why not; empty where it was */
};

/* How the timer was armed in a scenario, as the measuring module has it */
struct mc_lead_result {
	char mode[8]; /* off, auto or fixed; empty: not known */
	uint64_t max_ns, budget_permille; /* 0 when off */
};

struct mc_scenario_result {
	char test[MC_NAME_MAX];
	char title[MC_TEXT_MAX];
	char stressor[MC_NAME_MAX]; /* empty: none */
	char kernel[128]; /* uname -r, where the run had several kernels; else empty */
	enum mc_status status;
	char reason[MC_TEXT_MAX]; /* empty exactly when ok */

	/* Where several variants of a scenario were measured in turn: test is base+variant */
	char base[MC_NAME_MAX]; /* the scenario; empty: only one variant was measured */
	char variant[MC_VARIANT_MAX];
	uint64_t repeat; /* 1: the first variant a second time, for the A/A band */
	struct mc_lead_result lead;
	uint64_t phase_ns;

	uint64_t k0, k1; /* the window, boundaries [k0, k1); with slices, around all of them */
	uint64_t samples, expected_ticks, started_ticks, missed_ticks, lost_events;
	uint64_t skew_incomplete;
	struct mc_stats delta, corrected, entry, skew;
	struct mc_spin spin;
	struct mc_buckets delta_histogram, corrected_histogram, skew_histogram;

	size_t n_slices; /* 0: one window */
	struct mc_slice *slice; /* owned by the result */
	size_t n_cpus;
	struct mc_cpu_result *cpu; /* owned by the result */
	struct mc_timeline timeline;
	struct mc_load_result load;
	struct mc_marks marks;
	struct mc_clock_result clock;
};

/* Facts about the machine that ticked. Empty text, 0 or negative: not known, null in JSON. */
struct mc_environment {
	char kernel[128]; /* uname -r where the ticks were */
	char kernel_version[256]; /* uname -v */
	char machine[32]; /* uname -m */
	char cpu_model[128];
	unsigned int cpus_online;
	uint64_t memory_bytes;
	char clocksource[32];
	uint64_t timer_resolution_ns; /* of the kernel's timers: 1, or the length of its tick */
	char preemption[32]; /* none, voluntary, full, lazy, rt */
	char virtualization[32]; /* kvm, tcg, ...; "none" on metal; empty: not known */
	char stress_ng[64]; /* its version */
	/* set by the vm place: the machine around the guest */
	char accelerator[16]; /* kvm or tcg; empty: not a VM of ours */
	char accelerator_reason[MC_TEXT_MAX]; /* why not kvm */
	char qemu[128];
	char host_kernel[128];
	char host_cpu_model[128];
	unsigned int host_cpus_online;
	double boot_to_first_tick_s; /* negative: not measured */
};

struct mc_run {
	char started_utc[32]; /* 2026-11-24T07:01:02Z */
	char place[16]; /* vm or host */
	char version[64]; /* of this project */
	uint64_t duration_ns; /* of each window */
	double elapsed_s; /* the whole run */
	char *command; /* how it was called; owned, may be NULL */
};

struct mc_result {
	int schema;
	struct mc_run run;
	struct mc_environment environment;
	uint64_t interval_ns;
	size_t n_scenarios;
	struct mc_scenario_result *scenario; /* owned */
};

/**
 * mc_result_new - an empty result: everything "not measured"
 *
 * Return: the result, or NULL without memory; mc_result_free() ends it.
 */
struct mc_result *mc_result_new(void);
void mc_result_free(struct mc_result *result);

/**
 * mc_result_add - append a scenario, all of it "not measured", status failed
 *
 * The returned pointer is good until the next call. NULL without memory.
 */
struct mc_scenario_result *mc_result_add(struct mc_result *result, const char *test);

/**
 * mc_result_exit - the exit code that a result stands for
 *
 * Return: MC_EXIT_OK where at least one scenario is ok and none is invalid or
 * failed (skipped ones do not count against it), else MC_EXIT_INVALID.
 */
enum mc_exit mc_result_exit(const struct mc_result *result);

/**
 * mc_result_kernels - the kernels of a run that had several
 * @out: set to "NAME RELEASE, NAME RELEASE"; empty where the run had one
 * @size: of @out
 *
 * Return: @out
 */
char *mc_result_kernels(const struct mc_result *result, char *out, size_t size);

/**
 * mc_result_warning - what makes the machine a bad one to tick on, in one sentence
 * @out: set to it; empty where nothing does
 * @size: of @out
 *
 * The figures are right all the same.
 *
 * Return: @out
 */
char *mc_result_warning(const struct mc_result *result, char *out, size_t size);

const char *mc_status_name(enum mc_status status);

#endif
