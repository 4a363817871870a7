/* SPDX-License-Identifier: GPL-2.0 */
/*
 * report.h - figures and verdicts as TAP
 */
#ifndef COST_REPORT_H
#define COST_REPORT_H

#include <stdio.h>

#include "reference.h"

/**
 * struct cost_report - TAP so far
 * @to: where it goes
 * @points: how many
 * @failed: how many of them are "not ok"
 */
struct cost_report {
	FILE *to;
	unsigned int points, failed;
};

/* All figures, and a point: their rounds agree. */
void cost_report_figures(struct cost_report *report, const struct cost_figures *figures);

/* A point for each threshold */
void cost_report_checks(struct cost_report *report, const struct cost_figures *figures);

/**
 * cost_report_reference - a point: nothing is worse than it was, nor missing
 * @report: gets it
 * @figures: measured now
 * @key: of them
 * @references: with or without one for @key; without, the point is skipped and says how to
 *	make one
 */
void cost_report_reference(struct cost_report *report, const struct cost_figures *figures,
			   const struct cost_key *key, json_object *references);

/* The plan, which comes last */
void cost_report_end(const struct cost_report *report);

#endif
