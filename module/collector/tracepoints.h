/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tracepoints.h - the collector's events, and rmid_existing for whoever switches it on
 *
 * A recorder is one trace instance in which rmid_existing is enabled. It is told once of
 * every RMID in use: soon after it enabled the event, or when it lets the event through
 * at last; trace-cmd switches events on first and recording later.
 */
#ifndef MEMORY_COLLECTOR_TRACEPOINTS_H
#define MEMORY_COLLECTOR_TRACEPOINTS_H

#include "collector/rdt.h"
#include "collector/rmid_allocator.h"
#include "collector/sampler.h"

/* rmid_alloc, rmid_free, rmid_exec and rmid_existing */
extern const struct rmid_allocator_events tracepoints_rmid_events;

/** tracepoints_source - where RMIDs come from, from now on; first before those events */
void tracepoints_source(enum rdt_source source);

/**
 * tracepoints_open - tell recorders, those who came before as well
 * @allocator: initialised; stays so until tracepoints_close()
 * @sampler: likewise; NULL where there are no samples
 *
 * Whoever is told of the RMIDs gets one sample of each as well.
 *
 * Context: process, may sleep.
 */
void tracepoints_open(struct rmid_allocator *allocator, struct sampler *sampler);

/**
 * tracepoints_close - no recorder is told any more when this returns, and none is kept
 *
 * For good; also where it was not opened, and a second time.
 *
 * Context: process, may sleep.
 */
void tracepoints_close(void);

/**
 * tracepoints_dump - rmid_existing for every RMID in use, to all recorders, now
 *
 * Context: process, may sleep; between open and close.
 */
void tracepoints_dump(void);

/** tracepoints_existing_written - for TP_fast_assign(): @recorder took an rmid_existing */
void tracepoints_existing_written(const void *recorder);

#endif
