/* SPDX-License-Identifier: GPL-2.0 */
/*
 * collect.h - the parts of collect
 */
#ifndef MEMORY_COLLECTOR_COLLECT_H
#define MEMORY_COLLECTOR_COLLECT_H

#include <stddef.h>

#include "collector/account.h"
#include "collector/options.h"
#include "kernel/host_state.h"
#include "memory_collector/child.h"

/* Two programs that load the collector, and must not both, as kernel/host_state.h calls them */
#define MC_COLLECT "collect"
#define MC_COLLECTOR_TEST "collector-guest"

/* What collect makes on the machine */
extern const struct mc_host_use mc_collect_use;

/**
 * mc_collect_host - watch this machine, and print what was seen
 * @options: options
 * @self: path of the running program
 * @modules: folder with the module files
 * @to: gets table and account
 * @command: set to the exit code of the command, 128 + N where signal N ended it; 0 where there
 *	is none, or its time was over
 * @failure: filled on error
 *
 * Loads the modules and unloads them, whatever happens.
 *
 * Return: MC_EXIT_OK, MC_EXIT_INVALID where not everything is accounted for, or -1.
 */
int mc_collect_host(const struct mc_collect_options *options, const char *self, const char *modules,
		    FILE *to, int *command, struct mc_failure *failure);

#define MC_DEMO_MAX 8

/**
 * struct mc_demo - processes to look at
 * @n: how many were started
 * @child: they
 */
struct mc_demo {
	size_t n;
	struct mc_child child[MC_DEMO_MAX];
};

/* Start loads of different kinds: stress-ng's where it is there, and @self being busy. */
int mc_demo_start(struct mc_demo *demo, const char *self, struct mc_failure *failure);
void mc_demo_stop(struct mc_demo *demo);

/* Be busy for so many percent of the time, until killed. */
__attribute__((noreturn)) void mc_demo_busy(unsigned int percent);

#endif
