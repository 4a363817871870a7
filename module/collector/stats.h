/* SPDX-License-Identifier: GPL-2.0 */
/*
 * stats.h - the live counters, in debugfs: memory_collector/stats, root only
 */
#ifndef MEMORY_COLLECTOR_STATS_H
#define MEMORY_COLLECTOR_STATS_H

#include "collector/processes.h"
#include "collector/rdt.h"
#include "collector/rmid_allocator.h"
#include "collector/sampler.h"

/**
 * struct stats_sources - whose counters
 * @rdt: open
 * @allocator: initialised
 * @processes: created
 * @sampler: created, or NULL where there are no counters
 */
struct stats_sources {
	const struct rdt *rdt;
	struct rmid_allocator *allocator;
	struct processes *processes;
	struct sampler *sampler;
};

/**
 * stats_create - make the file, a line "name value" for each counter
 * @sources: copied; outlive the file
 *
 * A kernel without debugfs has no file, which is no error.
 *
 * Context: process, may sleep.
 */
void stats_create(const struct stats_sources *sources);

/**
 * stats_remove - remove it, if there is one; nobody reads it any more when this returns
 *
 * Context: process, may sleep.
 */
void stats_remove(void);

#endif
