/* SPDX-License-Identifier: GPL-2.0 */
/*
 * resctrl_watch.h - notices when resctrl is mounted, and gives way
 */
#ifndef MEMORY_COLLECTOR_RESCTRL_WATCH_H
#define MEMORY_COLLECTOR_RESCTRL_WATCH_H

#include "collector/rdt.h"

/**
 * resctrl_watch_start - look twice a second
 * @rdt: open; outlives the watch; nothing is watched where it has no registers
 * @seen_unmounted_ns: before rdt_open() looked, CLOCK_MONOTONIC
 * @yielded: called after rdt_yield(), in process context; may sleep
 *
 * Within about a second of the mount rdt_yield() was called, the log says so, and an event
 * resctrl_mounted says since when samples are suspect.
 *
 * Context: process, may sleep.
 */
void resctrl_watch_start(struct rdt *rdt, u64 seen_unmounted_ns, void (*yielded)(void));

/**
 * resctrl_watch_stop - the end, whether it was started or not
 *
 * Context: process, may sleep.
 */
void resctrl_watch_stop(void);

#endif
