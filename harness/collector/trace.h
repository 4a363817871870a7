/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trace.h - a trace instance for the collector's events
 */
#ifndef MEMORY_COLLECTOR_COLLECTOR_TRACE_H
#define MEMORY_COLLECTOR_COLLECTOR_TRACE_H

#include <stdbool.h>

#include "collector/event.h"
#include "memory_collector/failure.h"

/* A set of kinds */
#define MC_KIND(kind) (1U << (kind))
#define MC_KINDS_RMID                                                             \
	(MC_KIND(MC_RMID_ALLOC) | MC_KIND(MC_RMID_FREE) | MC_KIND(MC_RMID_EXEC) | \
	 MC_KIND(MC_RMID_EXISTING))
#define MC_KINDS_COLLECTOR (MC_KINDS_RMID | MC_KIND(MC_RDT_SAMPLE) | MC_KIND(MC_RESCTRL_MOUNTED))

struct mc_collector_trace;

/**
 * mc_collector_trace_new - make an instance, and let events in
 * @name: of the instance
 * @kinds: set of kinds; their modules are loaded
 * @kib: size of each CPU's buffer
 * @failure: filled on error
 *
 * Return: it, or NULL; mc_collector_trace_free() ends it.
 */
struct mc_collector_trace *mc_collector_trace_new(const char *name, unsigned int kinds,
						  unsigned int kib, struct mc_failure *failure);

/**
 * mc_collector_trace_until - when to let no more events in, also in the middle of reading
 * @trace: instance
 * @over: asked now and then while events are read; once it says true, recording is off
 * @data: its argument
 */
void mc_collector_trace_until(struct mc_collector_trace *trace, bool (*over)(void *data),
			      void *data);

/**
 * mc_collector_trace_read - take out what has come
 * @trace: instance
 * @take: called with each event, in order of time, as far as they come in one call
 * @data: its argument
 * @failure: filled on error
 *
 * Goes on as long as events come, see mc_collector_trace_until(). Where we are asked to stop
 * it returns soon, and some events are gone.
 */
int mc_collector_trace_read(struct mc_collector_trace *trace,
			    void (*take)(void *data, const struct mc_event *event), void *data,
			    struct mc_failure *failure);

/* Is an event switched on in any other instance, or without one? */
bool mc_collector_trace_elsewhere(const struct mc_collector_trace *trace, int kind);

/* Let no more events in. */
int mc_collector_trace_stop(struct mc_collector_trace *trace, struct mc_failure *failure);

/* What the buffers of all CPUs say they overran and dropped. Return: -1 on error. */
int64_t mc_collector_trace_lost(struct mc_collector_trace *trace, struct mc_failure *failure);

/* Remove the instance; NULL is nothing. What has not been read is gone. */
void mc_collector_trace_free(struct mc_collector_trace *trace);

#endif
