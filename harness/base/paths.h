/* SPDX-License-Identifier: GPL-2.0 */
/*
 * paths.h - where a program of ours finds its data
 */
#ifndef MEMORY_COLLECTOR_PATHS_H
#define MEMORY_COLLECTOR_PATHS_H

#include "memory_collector/failure.h"

/**
 * struct mc_paths - files and folders, absolute unless said otherwise
 * @self: the running program
 * @matrix: the default scenario matrix
 * @scripts: folder with the gnuplot scripts
 * @module: file of the module that was asked for
 * @kernels: folder with what harness/fetch/kernel-set.sh made
 * @results: folder for result folders; relative to the current folder unless
 *	run from a build folder inside the project
 */
struct mc_paths {
	char *self, *matrix, *scripts, *module, *kernels, *results;
};

/**
 * mc_paths_find - where things are for the running program
 * @paths: set; mc_paths_free() ends it
 * @module: name of the module that it works with
 * @failure: filled on error
 *
 * A program in its build folder takes everything from there and from the
 * source; one that was installed as PREFIX/bin/run-stress takes the data from
 * PREFIX/share/memory-collector and the module from the tree of the running
 * kernel or, where that has none, of the kernel it was built with. A tree that
 * was installed with DESTDIR is searched itself. A module is looked up as modprobe
 * does, so that one from DKMS is found too; other files are not looked at: whoever
 * needs one says what is wrong with it.
 */
int mc_paths_find(struct mc_paths *paths, const char *module, struct mc_failure *failure);
void mc_paths_free(struct mc_paths *paths);

/**
 * mc_paths_prefix - the prefix that a program is installed under
 * @self: its path
 *
 * Return: to be freed; NULL when out of memory.
 */
char *mc_paths_prefix(const char *self);

#endif
