/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tree.h - folders with all that is in them
 */
#ifndef MEMORY_COLLECTOR_TREE_H
#define MEMORY_COLLECTOR_TREE_H

#include "memory_collector/failure.h"

/**
 * mc_tree_remove - remove a folder and everything in it
 * @path: folder; fine where it is not there, an error where it is a link
 * @failure: filled on error; may be NULL
 *
 * Symbolic links are removed, never followed, and what is mounted below is left alone.
 * Others may be writing in it: nothing outside is removed then, but something may be left,
 * which is an error.
 */
int mc_tree_remove(const char *path, struct mc_failure *failure);

/**
 * mc_tree_remove_open - the same with a folder that is open
 * @fd: the folder, for callers that have looked at it and must not remove another one; stays open
 * @at: what @path begins at: a folder that is open, or AT_FDCWD
 * @path: its name
 * @failure: as above
 */
int mc_tree_remove_open(int fd, int at, const char *path, struct mc_failure *failure);

#endif
