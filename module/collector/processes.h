/* SPDX-License-Identifier: GPL-2.0 */
/*
 * processes.h - an RMID for every process that runs
 *
 * A process (thread group) gets its RMID when one of its threads is first switched in or
 * met by a tick, and keeps it to the final switch-out of its last thread. Kernel threads
 * have RMID 0. All memory is set aside at create.
 */
#ifndef MEMORY_COLLECTOR_PROCESSES_H
#define MEMORY_COLLECTOR_PROCESSES_H

#include <linux/sched.h>
#include <linux/types.h>

#include "collector/rdt.h"
#include "collector/rmid_allocator.h"

/* The most processes there can be: PID_MAX_LIMIT on 64 bits */
#define PROCESSES_MAX 4194304

/**
 * struct processes_policy - parameters
 * @max: processes that can be followed at a time, 1 to PROCESSES_MAX; the rest stay at
 *	RMID 0 and are counted
 * @reclaim_idle_ms: the RMID of a process that has not run for so long, or up to twice
 *	that, may go to another when all are used; 0: never
 */
struct processes_policy {
	u32 max;
	u32 reclaim_idle_ms;
};

/**
 * struct processes_status - in numbers, since create; sums over CPUs, not of one moment
 * @followed: processes in the table now
 * @untracked: times a process was met for which there was no entry left
 * @refused: times a process asked for an RMID in vain
 * @without_ns: time that user processes ran at RMID 0 for want of one
 * @reclaimed: RMIDs taken from idle processes
 * @switches: context switches that changed the CPU's RMID
 * @reasserted: ticks that found another RMID than the current task's on their CPU
 */
struct processes_status {
	u64 followed;
	u64 untracked;
	u64 refused;
	u64 without_ns;
	u64 reclaimed;
	u64 switches;
	u64 reasserted;
};

struct processes;

/**
 * processes_create - set memory aside and register the scheduler's probes
 * @rdt: open; outlives it
 * @allocator: initialised; outlives it
 * @policy: copied
 *
 * From now on processes get RMIDs; CPUs have them once they have joined.
 *
 * Context: process, may sleep.
 * Return: it, or an ERR_PTR: -EINVAL, -ENOMEM, -ENOENT where this kernel lacks a
 * tracepoint. On error nothing is kept.
 */
struct processes *processes_create(struct rdt *rdt, struct rmid_allocator *allocator,
				   const struct processes_policy *policy);

/**
 * processes_cpu_joined - from now on this CPU has the RMID of what it runs
 * processes_cpu_left - nothing is written on this CPU any more
 * @processes: created
 *
 * Context: bound to the CPU, with interrupts on; after rdt_cpu_joined(), and before
 * rdt_cpu_left().
 */
void processes_cpu_joined(struct processes *processes);
void processes_cpu_left(struct processes *processes);

/**
 * processes_tick - settle what the current task's process is entitled to
 * @processes: created
 *
 * Settles threads that ran when the probes were registered, late grants, and whatever
 * else has written the CPU's register.
 *
 * Context: hard interrupt of the own CPU.
 */
void processes_tick(struct processes *processes);

/**
 * processes_destroy - unregister the probes, give all RMIDs back, free the memory
 * @processes: created, all CPUs have left; NULL is nothing
 *
 * Context: process, may sleep.
 */
void processes_destroy(struct processes *processes);

/** processes_status - the table in numbers; any context but NMI */
struct processes_status processes_status(struct processes *processes);

/*
 * What the scheduler's tracepoints say, for scheduler_probes.c.
 */

/**
 * processes_switch - sched_switch, as the tracepoint calls it
 * @processes: being created, created or being destroyed
 * @preempt: @prev was preempted and will run on
 * @prev: what ran
 * @next: what runs next
 * @prev_state: the state in which @prev stays
 *
 * Context: under the run-queue lock, interrupts off.
 */
void processes_switch(void *processes, bool preempt, struct task_struct *prev,
		      struct task_struct *next, unsigned int prev_state);

/**
 * processes_exit - sched_process_exit
 * @processes: as above
 * @task: current, on its way to its final switch-out
 *
 * Context: any but NMI.
 */
void processes_exit(struct processes *processes, struct task_struct *task);

/**
 * processes_exec - sched_process_exec
 * @processes: as above
 * @task: current, with its new name, and the leader of its group
 *
 * Context: any but NMI.
 */
void processes_exec(struct processes *processes, struct task_struct *task);

#endif
