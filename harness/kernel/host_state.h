/* SPDX-License-Identifier: GPL-2.0 */
/*
 * host_state.h - one run at a time on this machine, and what a killed one has left
 *
 * A lock that the kernel takes back from whoever dies, on a file that says what that one had
 * made: so the next run of the same program undoes it.
 */
#ifndef MEMORY_COLLECTOR_HOST_STATE_H
#define MEMORY_COLLECTOR_HOST_STATE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "memory_collector/failure.h"

#define MC_HOST_MODULES_MAX 4
#define MC_HOST_INSTANCES_MAX 4

/**
 * struct mc_host_use - what a program makes on the machine while it runs
 * @program: its name
 * @doing: what it does, as in "is measuring"
 * @file: name of its state file
 * @module: modules that it loads, in the order of unloading; NULL at the end
 * @instance: its trace instances; NULL at the end
 * @folder: what the name of its folder begins with; NULL: it has none
 * @beside: state file of another program, called like it, that makes the same; NULL: there is
 *	none. While one of those runs we do not, unless it is the one that has started us
 *
 * Nothing else is ever removed, whatever the state file says.
 */
struct mc_host_use {
	const char *program, *doing, *file;
	const char *module[MC_HOST_MODULES_MAX];
	const char *instance[MC_HOST_INSTANCES_MAX];
	const char *folder, *beside;
};

/**
 * struct mc_host_state - the lock, and what is under it
 * @use: whose
 * @fd: the state file, locked
 * @pid: of the run whose things may be there, 0: there are none
 * @modules: set of those of @use that it loads
 * @folder: its folder; empty: it has none
 */
struct mc_host_state {
	const struct mc_host_use *use;
	int fd;
	long pid;
	unsigned int modules;
	char folder[PATH_MAX];
};

/**
 * mc_host_take - have the machine for ourselves
 * @state: set; mc_host_release() ends it
 * @use: what we will make
 * @modules: set of its modules that we will load, which must not be there then
 * @note: set to a line about what a killed run had left, which is gone now; else empty
 * @size: of @note
 * @failure: filled where another run goes on, something cannot be undone, or a module or
 *	an instance is there and not from a run of this program
 *
 * Before anything is made, mc_host_write() has to be called.
 */
int mc_host_take(struct mc_host_state *state, const struct mc_host_use *use, unsigned int modules,
		 char *note, size_t size, struct mc_failure *failure);

/* Write down what there will be to undo; @folder may be empty. */
int mc_host_write(struct mc_host_state *state, const char *folder, struct mc_failure *failure);

/* Let others. What is still there is left to the next run. */
void mc_host_release(struct mc_host_state *state);

#endif
