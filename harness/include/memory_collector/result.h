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

#include "memory_collector/environment.h"
#include "memory_collector/failure.h"
#include "memory_collector/sizes.h"
#include "memory_collector/status.h"
#include "memory_collector/ticks.h"

/* Version of summary.json: changes when a reader of the old one would misread the new one */
#define MC_RESULT_SCHEMA 1

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
	struct mc_ticks ticks;
	struct mc_load_result load;
	struct mc_marks marks;
	struct mc_clock_result clock;
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

#endif
