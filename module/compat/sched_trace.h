/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sched_trace.h - the types of the scheduler's tracepoints
 *
 * Linux 6.16 gave sched_process_exit a second argument, whether the thread is the last of
 * its group to come there; others may still run, so nothing here asks for it.
 */
#ifndef MEMORY_COLLECTOR_COMPAT_SCHED_TRACE_H
#define MEMORY_COLLECTOR_COMPAT_SCHED_TRACE_H

/* On some kernels it does not compile without this one. */
#include <linux/mm_types.h>
#include <trace/events/sched.h>

#include "have.h"

#ifdef HAVE_SCHED_PROCESS_EXIT_GROUP_DEAD
#define COMPAT_SCHED_PROCESS_EXIT_MORE , bool group_dead
#else
#define COMPAT_SCHED_PROCESS_EXIT_MORE
#endif

#endif
