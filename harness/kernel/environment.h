/* SPDX-License-Identifier: GPL-2.0 */
/*
 * environment.h - facts about the machine that runs us
 */
#ifndef MC_KERNEL_ENVIRONMENT_H
#define MC_KERNEL_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memory_collector/environment.h"

/* What can be known about this machine; stress_ng and the fields of the vm place stay as they are. */
void mc_environment_read(struct mc_environment *environment);

/* Memory in bytes that can be had without swapping, now */
uint64_t mc_memory_available(void);

unsigned int mc_cpus_online(void);

/* As the kernel calls the processor; empty where it has no name for it */
void mc_cpu_model(char *model, size_t size);

/* Is this machine a virtual one? Not where it cannot be told. */
bool mc_in_vm(void);

/* What the kernel reads its clock from, now; empty: it does not say */
void mc_clocksource(char *name, size_t size);

/* The parsing, for tests: the bytes that a line of /proc/meminfo has; 0: no such line */
uint64_t mc_parse_meminfo(const char *text, const char *key);

/*
 * none, voluntary, full or rt from uname -v and the text of
 * /sys/kernel/debug/sched/preempt ("none (voluntary) full"), which may be empty;
 * empty: not known
 */
const char *mc_parse_preemption(const char *version, const char *sched_preempt);

#endif
