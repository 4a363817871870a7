/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trace_instance.h - a trace instance of our own, from which all ticks are read
 *
 * The buffers hold a whole scenario where that takes no more than a share of the
 * memory, and are read afterwards: nothing of ours runs while it is sampled.
 * Beyond that a thread reads during the run.
 */
#ifndef MEMORY_COLLECTOR_TRACE_INSTANCE_H
#define MEMORY_COLLECTOR_TRACE_INSTANCE_H

#include "memory_collector/analysis.h"

/* The only instance that is made here, so that a later run knows what a killed one left. */
#define MC_TRACE_INSTANCE "memory_collector_benchmark"

struct mc_trace;

/* Is there a tracefs in which instances can be made? Mounts it where it is not. */
int mc_trace_check(struct mc_failure *failure);

/* Is there an instance of this name, ours or somebody's? */
bool mc_trace_exists(const char *name);

/* Remove the instance that a killed run left. Fine where there is none. */
int mc_trace_remove(const char *name, struct mc_failure *failure);

/* Make the instance, empty and with nothing enabled. */
struct mc_trace *mc_trace_new(struct mc_failure *failure);

/**
 * mc_trace_start - size the buffers and let the ticks in
 * @trace: instance
 * @cpus: CPUs that tick
 * @n_cpus: how many
 * @ticks: how many each of them will do at most until mc_trace_stop()
 * @interval_ns: distance between two
 * @failure: filled on error
 *
 * The measuring module must be loaded.
 */
int mc_trace_start(struct mc_trace *trace, const unsigned int *cpus, unsigned int n_cpus,
		   uint64_t ticks, uint64_t interval_ns, struct mc_failure *failure);

/**
 * mc_trace_read - begin to read
 * @trace: started instance
 * @analysis: takes the samples; belongs to the trace until mc_trace_finish()
 * @failure: filled on error
 *
 * Starts the thread where one is needed.
 */
int mc_trace_read(struct mc_trace *trace, struct mc_analysis *analysis, struct mc_failure *failure);

/* Let no more ticks in. */
int mc_trace_stop(struct mc_trace *trace, struct mc_failure *failure);

/**
 * mc_trace_finish - read what is left
 * @trace: stopped instance
 * @lost: [n_cpus], set to what the buffers say they overran and dropped
 * @failure: filled on error, also where the thread failed
 */
int mc_trace_finish(struct mc_trace *trace, uint64_t *lost, struct mc_failure *failure);

/* Remove the instance. @failure may be NULL. */
int mc_trace_free(struct mc_trace *trace, struct mc_failure *failure);

/* The sum of what a per_cpu/cpuN/stats file counts as lost, or -1; for tests */
int64_t mc_parse_trace_stats(const char *text);

#endif
