/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vm_results.h - what a guest sends back, which may be anything
 */
#ifndef MEMORY_COLLECTOR_VM_RESULTS_H
#define MEMORY_COLLECTOR_VM_RESULTS_H

#include <stdio.h>

#include "memory_collector/result_io.h"

/**
 * mc_vm_results_unpack - take the files of a result folder from a tar stream
 * @tar: the stream, from its beginning
 * @dir: gets ticks.csv and stress-ng/; other files are passed by, since this side
 *	writes its own
 * @failure: filled where it is no such stream, lacks its end or summary.json, or a
 *	file cannot be written
 *
 * Return: what summary.json says, or NULL.
 */
struct mc_result *mc_vm_results_unpack(FILE *tar, const struct mc_result_dir *dir,
				       struct mc_failure *failure);

#endif
