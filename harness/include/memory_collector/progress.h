/* SPDX-License-Identifier: GPL-2.0 */
/*
 * progress.h - what a run says while it runs
 *
 * The runner reports steps; what becomes of them depends on who listens: a line
 * that is redrawn on a terminal, plain lines in a log, nothing with --quiet, or
 * records on a port of the VM, which the other side turns into steps again.
 */
#ifndef MEMORY_COLLECTOR_PROGRESS_H
#define MEMORY_COLLECTOR_PROGRESS_H

#include <stdio.h>

#include "memory_collector/failure.h"
#include "memory_collector/sizes.h"
#include "memory_collector/status.h"

enum mc_phase {
	MC_PHASE_PREPARE, /* looking for what is needed, building the initramfs */
	MC_PHASE_BOOT, /* the VM starts */
	MC_PHASE_LOAD, /* the load ramps up */
	MC_PHASE_SAMPLE, /* inside the window */
	MC_PHASE_COLLECT, /* reading and analysing */
	MC_PHASE_DONE, /* the scenario has a status */
};

struct mc_step {
	enum mc_phase phase;
	unsigned int index, total; /* scenario index of total, from 1; 0: not in a scenario */
	char test[MC_NAME_MAX];
	double left_s; /* estimate for the whole run; negative: not known */
	enum mc_status status; /* with MC_PHASE_DONE */
	char text[MC_TEXT_MAX]; /* a word for people; with MC_PHASE_DONE: the verdict's line */
};

struct mc_progress;

enum mc_progress_style {
	MC_PROGRESS_QUIET,
	MC_PROGRESS_LINES,
	MC_PROGRESS_TERMINAL, /* redraws one line; colour unless NO_COLOR is set */
	MC_PROGRESS_RECORDS, /* one machine-readable line per step, for mc_progress_parse() */
};

/* LINES or TERMINAL, by what the stream is */
enum mc_progress_style mc_progress_style_of(FILE *stream);

struct mc_progress *mc_progress_new(FILE *to, enum mc_progress_style style);
void mc_progress_free(struct mc_progress *progress);
void mc_progress_step(struct mc_progress *progress, const struct mc_step *step);

/* One remark that is not part of any step, e.g. what an earlier run left behind */
void mc_progress_note(struct mc_progress *progress, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Turn a record line (untrusted: it comes from a guest) into a step or a note and pass it on. */
int mc_progress_parse(struct mc_progress *progress, const char *line, struct mc_failure *failure);

#endif
