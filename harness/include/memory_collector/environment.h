/* SPDX-License-Identifier: GPL-2.0 */
/*
 * environment.h - facts about the machine that ticked
 */
#ifndef MEMORY_COLLECTOR_ENVIRONMENT_H
#define MEMORY_COLLECTOR_ENVIRONMENT_H

#include <stdint.h>

#include "memory_collector/sizes.h"

/* Empty text, 0 or negative: not known, null in JSON. */
struct mc_environment {
	char kernel[128]; /* uname -r where the ticks were */
	char kernel_version[256]; /* uname -v */
	char machine[32]; /* uname -m */
	char cpu_model[128];
	unsigned int cpus_online;
	uint64_t memory_bytes;
	char clocksource[32];
	uint64_t timer_resolution_ns; /* of the kernel's timers: 1, or the length of its tick */
	char preemption[32]; /* none, voluntary, full, lazy, rt */
	char virtualization[32]; /* kvm, tcg, ...; "none" on metal; empty: not known */
	char stress_ng[64]; /* its version */
	/* set by the vm place: the machine around the guest */
	char accelerator[16]; /* kvm or tcg; empty: not a VM of ours */
	char accelerator_reason[MC_TEXT_MAX]; /* why not kvm */
	char qemu[128];
	char host_kernel[128];
	char host_cpu_model[128];
	unsigned int host_cpus_online;
	double boot_to_first_tick_s; /* negative: not measured */
};

#endif
