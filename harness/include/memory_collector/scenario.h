/* SPDX-License-Identifier: GPL-2.0 */
/*
 * scenario.h - the matrix: what can be run, as data
 *
 * A scenario is a section of an INI file in stress/ (or the user's own); see
 * docs/scenarios.md. Arguments are a vector from the file to execve(), there is
 * no shell in between.
 */
#ifndef MEMORY_COLLECTOR_SCENARIO_H
#define MEMORY_COLLECTOR_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memory_collector/failure.h"
#include "memory_collector/sizes.h"

#define MC_SCENARIO_ARGS 32

/**
 * struct mc_scenario - one entry of the matrix
 * @name: as in results and --only
 * @title: one line for people
 * @stressor: stress-ng's name of the stressor; empty: no load
 * @args: arguments for stress-ng; placeholders (docs/scenarios.md) not yet replaced
 * @n_args: how many
 * @as_root: the load runs as root; else as an unprivileged user
 * @as_root_reason: why
 * @needs_block: needs a scratch folder on a real block device, and is invalid
 *	unless the device's sectors grew while it ran
 * @file: where it was read, for messages
 * @line: where it was read, for messages
 */
struct mc_scenario {
	char name[MC_NAME_MAX];
	char title[MC_TEXT_MAX];
	char stressor[MC_NAME_MAX];
	char *args[MC_SCENARIO_ARGS];
	unsigned int n_args;
	bool as_root;
	char as_root_reason[MC_TEXT_MAX];
	bool needs_block;
	char *file;
	int line;
};

struct mc_matrix {
	size_t n;
	struct mc_scenario *scenario;
};

/* Read a file and append its scenarios. A name that exists already is refused. */
int mc_matrix_read(struct mc_matrix *matrix, const char *path, struct mc_failure *failure);

/* Keep only the scenarios named in a list like "cpu,io", in the matrix's order. */
int mc_matrix_only(struct mc_matrix *matrix, const char *names, struct mc_failure *failure);

void mc_matrix_free(struct mc_matrix *matrix);

/* What placeholders stand for on the machine that the load runs on */
struct mc_scenario_scale {
	unsigned int cpus;
	uint64_t memory_bytes;
};

/**
 * mc_scenario_command - the argument vector of a scenario's load
 * @scenario: scenario with a stressor
 * @scale: values for the placeholders
 * @yaml: where stress-ng writes its figures
 * @timeout_s: --timeout
 * @scratch: --temp-path
 * @argv: set to a vector with NULL at the end; free() frees all of it
 */
int mc_scenario_command(const struct mc_scenario *scenario, const struct mc_scenario_scale *scale,
			const char *yaml, unsigned int timeout_s, const char *scratch, char ***argv,
			struct mc_failure *failure);

#endif
