/* SPDX-License-Identifier: GPL-2.0 */
/*
 * output.h - what the guest's program prints: see guest.c
 */
#ifndef COST_OUTPUT_H
#define COST_OUTPUT_H

#include <stdio.h>

#include "figures.h"
#include "memory_collector/failure.h"

#define COST_TEXT_SIZE 256

/**
 * struct cost_measured - what the guests say
 * @figures: in instructions
 * @kernel: release and version
 * @compiler: of our modules
 */
struct cost_measured {
	struct cost_figures figures;
	char kernel[COST_TEXT_SIZE], compiler[COST_TEXT_SIZE];
};

/**
 * cost_output_read - add what a guest says
 * @output: all that its program has printed
 * @suffix: for the names of its figures
 * @instruction_ns: time of an instruction
 * @measured: what is added to
 * @failure: quotes a line that cannot be understood
 */
int cost_output_read(FILE *output, const char *suffix, unsigned int instruction_ns,
		     struct cost_measured *measured, struct mc_failure *failure);

#endif
