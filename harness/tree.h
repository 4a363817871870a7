/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tree.h - folders with all that is in them
 */
#ifndef MEMORY_COLLECTOR_TREE_H
#define MEMORY_COLLECTOR_TREE_H

#include "memory_collector/failure.h"

/**
 * mc_tree_remove - remove a folder and everything in it
 * @path: folder; fine where it is not there
 * @failure: filled on error; may be NULL
 *
 * Symbolic links are removed, never followed, and other file systems mounted
 * below are left alone. Nobody else may be writing in it.
 */
int mc_tree_remove(const char *path, struct mc_failure *failure);

#endif
