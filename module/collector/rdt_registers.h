/* SPDX-License-Identifier: GPL-2.0 */
/*
 * rdt_registers.h - the one way to the processor's monitoring: CPUID, MSRs, resctrl
 *
 * The hardware's table is in rdt_hardware.c; rdt_sim.ko offers another, so that every line
 * above it runs where no RDT is.
 */
#ifndef MEMORY_COLLECTOR_RDT_REGISTERS_H
#define MEMORY_COLLECTOR_RDT_REGISTERS_H

#include <linux/types.h>

#include "core/rdt_counter.h"

/* Names of our own: msr-index.h has them on some kernels only. Intel SDM volume 4. */
#define RDT_MSR_QM_EVTSEL 0xc8d
#define RDT_MSR_QM_CTR 0xc8e
#define RDT_MSR_PQR_ASSOC 0xc8f

/**
 * struct rdt_registers - the registers of the CPU that asks
 * @cpuid: CPUID with EAX and ECX; zeroes where there is no such leaf
 * @read: RDMSR; -EIO where it faults
 * @write: WRMSR; -EIO where it faults
 * @resctrl_mounted: resctrl is mounted somewhere, and the registers are its own
 *
 * Context: @cpuid, @read and @write with interrupts off or bound to a CPU, in hard
 * interrupt and under the run-queue lock as well. @resctrl_mounted: process, may sleep.
 */
struct rdt_registers {
	void (*cpuid)(u32 leaf, u32 subleaf, struct rdt_cpuid *result);
	int (*read)(u32 msr, u64 *value);
	int (*write)(u32 msr, u64 value);
	bool (*resctrl_mounted)(void);
};

/**
 * rdt_sim_registers - what rdt_sim.ko offers; found with symbol_get(), so that the
 * collector loads without it
 */
const struct rdt_registers *rdt_sim_registers(void);

#endif
