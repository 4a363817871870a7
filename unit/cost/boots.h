/* SPDX-License-Identifier: GPL-2.0 */
/*
 * boots.h - guests in which time is a count of instructions
 */
#ifndef COST_BOOTS_H
#define COST_BOOTS_H

#include "output.h"

/**
 * struct cost_files - where the build has put things
 * @run_stress: leads to the guest's init
 * @guest: the program of guest.c
 * @modules: folder with our modules
 */
struct cost_files {
	const char *run_stress, *guest, *modules;
};

/**
 * cost_boot_all - boot them all, one after the other
 * @files: what they are made of
 * @figures: empty at first
 * @failure: says in which guest; its log is on stderr
 */
int cost_boot_all(const struct cost_files *files, struct cost_figures *figures,
		  struct mc_failure *failure);

#endif
