/* SPDX-License-Identifier: GPL-2.0 */
/*
 * output.h - what the guest's program prints: see guest.c
 */
#ifndef COST_OUTPUT_H
#define COST_OUTPUT_H

#include <stdio.h>

#include "figures.h"
#include "memory_collector/failure.h"

/**
 * cost_output_read - add what a guest says
 * @output: all that its program has printed
 * @suffix: for the names of its figures
 * @instruction_ns: time of an instruction
 * @figures: what is added to, in instructions
 * @notes: gets its comments
 * @failure: quotes a line that cannot be understood
 */
int cost_output_read(FILE *output, const char *suffix, unsigned int instruction_ns,
		     struct cost_figures *figures, FILE *notes, struct mc_failure *failure);

#endif
