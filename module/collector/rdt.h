/* SPDX-License-Identifier: GPL-2.0 */
/*
 * rdt.h - monitoring of one machine: what it can, which RMID a CPU has, its counters
 *
 * Owns the registers as far as monitoring goes: while open, PQR_ASSOC's RMID field and
 * QM_EVTSEL of every CPU are ours, and nothing else is written.
 */
#ifndef MEMORY_COLLECTOR_RDT_H
#define MEMORY_COLLECTOR_RDT_H

#include <linux/percpu.h>

#include "collector/rdt_registers.h"

/* What the parameter "hardware" asks for. */
enum rdt_choice {
	RDT_CHOICE_AUTO,
	RDT_CHOICE_ON,
	RDT_CHOICE_EMULATED,
	RDT_CHOICE_SIM,
};

/* Where RMIDs and figures come from; the numbers are part of the trace format. */
enum rdt_source {
	RDT_SOURCE_HARDWARE = 0,
	RDT_SOURCE_EMULATED = 1,
	RDT_SOURCE_SIMULATED = 2,
};

struct rdt_cpu;

/**
 * struct rdt - owned by the caller, its members by rdt.c
 * @registers: NULL where RMIDs are emulated
 * @source: of everything that comes out
 * @features: of the processor; all zero when emulated
 * @yielded: resctrl has the registers now: nothing is written any more
 * @cpus: what each CPU's PQR_ASSOC was before
 */
struct rdt {
	const struct rdt_registers *registers;
	enum rdt_source source;
	struct rdt_features features;
	bool yielded;
	struct rdt_cpu __percpu *cpus;
};

/**
 * rdt_open - find out what there is, and settle on it
 * @rdt: to set
 * @choice: what is asked for
 *
 * Says in the kernel log what was found, and why where that is less than asked for.
 * Writes no register but one CPU's QM_EVTSEL, to see that it can.
 *
 * Context: process, may sleep.
 * Return: 0; -ENODEV where @choice asks for what is not there, -EBUSY where resctrl is
 * mounted and @choice is RDT_CHOICE_ON, -ENOMEM. On error nothing is kept.
 */
int rdt_open(struct rdt *rdt, enum rdt_choice choice);

/**
 * rdt_close - the end; every CPU has left
 * @rdt: zeroed, or after rdt_open(), whether it succeeded or not
 */
void rdt_close(struct rdt *rdt);

/** rdt_has_counters - there is something to sample, and it is ours */
static inline bool rdt_has_counters(const struct rdt *rdt)
{
	return rdt->registers && !READ_ONCE(rdt->yielded);
}

/**
 * rdt_cpu_joined - remember this CPU's RMID field
 * rdt_cpu_left - restore it; keeps the CLOSID as it is now; nothing once yielded
 *
 * Context: bound to the CPU, with interrupts on.
 */
void rdt_cpu_joined(struct rdt *rdt);
void rdt_cpu_left(struct rdt *rdt);

/**
 * rdt_set_rmid - give this CPU an RMID, keeping the CLOSID as it is at this moment
 * @rdt: open
 * @rmid: 0 to the highest
 *
 * Context: interrupts off, under the run-queue lock as well. Callers remember what a
 * CPU has and come only when it changes.
 */
void rdt_set_rmid(struct rdt *rdt, u32 rmid);

/**
 * rdt_assert_rmid - rdt_set_rmid(), where the register says something else
 * @rdt: open
 * @rmid: what this CPU should have
 *
 * Firmware, suspend to RAM, or a resctrl that came and went may have written it.
 *
 * Context: interrupts off.
 * Return: it was something else.
 */
bool rdt_assert_rmid(struct rdt *rdt, u32 rmid);

/**
 * rdt_read - read a counter of this CPU's L3 domain
 * @rdt: open, with counters
 * @rmid: whose
 * @event: RDT_EVENT_...
 *
 * Context: interrupts off (QM_EVTSEL and QM_CTR are a pair).
 * Return: bytes for RDT_EVENT_OCCUPANCY, else units for rdt_sum_add(); RDT_NOT_SUPPORTED
 * where the processor has no such event.
 */
struct rdt_reading rdt_read(struct rdt *rdt, u32 rmid, u32 event);

/**
 * rdt_domain - number of this CPU's L3 domain
 * @rdt: open, with counters
 *
 * Context: bound to the CPU.
 */
u32 rdt_domain(struct rdt *rdt);

/**
 * rdt_cache_bytes - size of this CPU's L3 cache; 0 where unknown
 */
u64 rdt_cache_bytes(struct rdt *rdt);

/**
 * rdt_yield - resctrl has taken the registers: zero every CPU's RMID field, once
 * @rdt: open, with counters
 *
 * No register is written any more when this returns. CPUs that come online later have
 * RMID 0 anyway.
 *
 * Context: process, may sleep.
 */
void rdt_yield(struct rdt *rdt);

#endif
