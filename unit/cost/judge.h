/* SPDX-License-Identifier: GPL-2.0 */
/*
 * judge.h - what the figures have to be, whatever kernel, compiler and machine
 */
#ifndef COST_JUDGE_H
#define COST_JUDGE_H

#include <stdbool.h>

#include "figures.h"

#define COST_CHECK_FIGURES 4

enum cost_rule {
	COST_RATIO, /* the first figure is at most so many times the second */
	COST_FLAT, /* the largest is at most so many times the smallest */
	COST_LINEAR, /* the steepest slope is at most so many times the least steep */
};

/**
 * struct cost_check - one threshold
 * @name: what it is about
 * @rule: see &enum cost_rule
 * @figure: names; NULL at the end
 * @less: figure to be taken off the first, or off the slope, because it is not the
 *	collector's; NULL: none
 * @at: COST_LINEAR: what the figures are for, rising
 * @most: the threshold
 */
struct cost_check {
	const char *name;
	enum cost_rule rule;
	const char *figure[COST_CHECK_FIGURES], *less;
	double at[COST_CHECK_FIGURES];
	double most;
};

extern const struct cost_check cost_checks[];
extern const unsigned int cost_n_checks;

/**
 * struct cost_verdict - what became of a check
 * @missing: name of a figure that was not measured; NULL
 * @value: to be compared with the threshold
 * @slope: COST_LINEAR: from the first figure to the last, instructions for one more
 * @passed: the threshold is kept
 */
struct cost_verdict {
	const char *missing;
	double value, slope;
	bool passed;
};

struct cost_verdict cost_judge(const struct cost_check *check, const struct cost_figures *figures);

/* The rounds of a figure are at most so far apart: a share of it, or an instruction or two. */
#define COST_SPREAD 0.01
#define COST_SPREAD_INSTRUCTIONS 2

bool cost_figure_repeats(const struct cost_figure *figure);

#endif
