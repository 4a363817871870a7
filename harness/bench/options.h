/* SPDX-License-Identifier: GPL-2.0 */
/*
 * options.h - the command line of run-stress
 */
#ifndef MEMORY_COLLECTOR_OPTIONS_H
#define MEMORY_COLLECTOR_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/lead.h"
#include "memory_collector/failure.h"

/* A window shorter than this many ticks says nothing. */
#define MC_TICKS_MIN 10

/* What goes to standard output; MC_FORMAT_TABLE: a table for the terminal, and where the files are */
enum mc_format { MC_FORMAT_TABLE, MC_FORMAT_JSON, MC_FORMAT_MARKDOWN, MC_FORMAT_BENCHMARK };

/* How many leads, or phases, can be compared in one run */
#define MC_COMPARED_MAX 3

/**
 * struct mc_options - the command line, every value checked
 * @format: --format
 * @host: --place host
 * @only: list of names, or NULL
 * @scenarios: files, NULL at the end
 * @lead: [n_leads] ways to arm the timer
 * @phase_ns: [n_phases] offsets of the ticks; one of the two lists has one element
 * @slices: windows of each variant and scenario; 0: not given
 * @lead_max_ns: 0: not given
 * @lead_budget: permille; 0: not given
 * @tick_cpus: list of CPUs, or NULL
 * @progress_records: for the guest of the VM place: write progress there, as
 *	records; NULL: no
 *
 * Strings belong to argv; NULL is "not given".
 */
struct mc_options {
	enum mc_format format;
	bool host, list, dry_run, ticks, no_plots, quiet, help, version;
	const char *only;
	const char **scenarios;
	uint64_t interval_ns, duration_ns;
	enum lead_mode lead[MC_COMPARED_MAX];
	uint64_t phase_ns[MC_COMPARED_MAX];
	unsigned int n_leads, n_phases, slices, lead_max_ns, lead_budget;
	const char *tick_cpus;
	unsigned int cpus, memory_mib;
	const char *accel, *kernel, *kernels, *module, *results, *scratch, *from;
	const char *progress_records;
};

/**
 * mc_options_parse - check and take the command line
 * @options: set, also where an option was not given; mc_options_free() ends it
 * @argc: of main()
 * @argv: of main()
 * @failure: filled on error
 *
 * Nothing outside is looked at. --help and --version win over what follows them.
 */
int mc_options_parse(struct mc_options *options, int argc, char **argv, struct mc_failure *failure);
void mc_options_free(struct mc_options *options);

void mc_options_help(FILE *to);

#endif
