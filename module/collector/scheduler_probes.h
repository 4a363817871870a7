/* SPDX-License-Identifier: GPL-2.0 */
/*
 * scheduler_probes.h - from the scheduler's tracepoints to processes
 */
#ifndef MEMORY_COLLECTOR_SCHEDULER_PROBES_H
#define MEMORY_COLLECTOR_SCHEDULER_PROBES_H

#include "collector/processes.h"

/**
 * scheduler_probes_register - have processes_switch(), _exit() and _exec() called
 * @processes: their argument
 *
 * When this returns no CPU is within an event that one of the probes has missed: whoever
 * passes sched_process_exit from then on is seen there and at its final switch-out.
 *
 * Context: process, may sleep.
 * Return: 0, -ENOENT where this kernel lacks a tracepoint, -ENOMEM; on error nothing is
 * registered.
 */
int scheduler_probes_register(struct processes *processes);

/**
 * scheduler_probes_unregister - and no longer; none runs any more when this returns
 * @processes: registered
 */
void scheduler_probes_unregister(struct processes *processes);

#endif
