/* SPDX-License-Identifier: GPL-2.0 */
/*
 * scheduling.h - how the kernel is asked for a slice of CPU time
 *
 * C libraries before 2025 have neither the calls nor the structure.
 */
#ifndef MEMORY_COLLECTOR_SCHEDULING_H
#define MEMORY_COLLECTOR_SCHEDULING_H

#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/* The first version of struct sched_attr, see sched_setattr(2) */
struct mc_scheduling {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime_ns; /* of SCHED_OTHER: the slice, since Linux 6.12; 0 before */
	uint64_t deadline_ns, period_ns;
};

/* Of a process, 0: this one. Return: 0, or -1 with errno. */
static inline int mc_scheduling_get(pid_t pid, struct mc_scheduling *scheduling)
{
	return syscall(SYS_sched_getattr, pid, scheduling, sizeof(*scheduling), 0);
}

/* Of this process, and of what it starts from now on. Return: as above. */
static inline int mc_scheduling_set(const struct mc_scheduling *scheduling)
{
	return syscall(SYS_sched_setattr, 0, scheduling, 0);
}

#endif
