/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kernel_sets.h - kernels that were fetched, each with our modules built for it
 */
#ifndef MEMORY_COLLECTOR_KERNEL_SETS_H
#define MEMORY_COLLECTOR_KERNEL_SETS_H

#include <stddef.h>

#include "memory_collector/failure.h"

/**
 * struct mc_kernel_set - a folder that harness/fetch/kernel-set.sh has made
 * @name: the folder's
 * @module: measuring module in it
 * @root: system of another architecture in it, see struct mc_job; NULL: none
 */
struct mc_kernel_set {
	char *name, *module, *root;
};

struct mc_kernel_sets {
	size_t n;
	struct mc_kernel_set *set;
};

/**
 * mc_kernel_sets_find - find the sets of a list
 * @sets: set; mc_kernel_sets_free() ends it
 * @list: names with commas between; one with a slash is the path of a folder
 * @folder: where the others are
 * @failure: names the one that is wrong
 */
int mc_kernel_sets_find(struct mc_kernel_sets *sets, const char *list, const char *folder,
			struct mc_failure *failure);
void mc_kernel_sets_free(struct mc_kernel_sets *sets);

#endif
