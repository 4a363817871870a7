/* SPDX-License-Identifier: GPL-2.0 */
/*
 * registers.h - CPUID and MSRs of a processor that is not there
 *
 * There is one, since the table has no room for saying which.
 */
#ifndef MEMORY_COLLECTOR_TESTS_RDT_SIM_REGISTERS_H
#define MEMORY_COLLECTOR_TESTS_RDT_SIM_REGISTERS_H

#include "collector/rdt_registers.h"
#include "sim/counters.h"

/**
 * struct rdt_sim_processor - what to simulate
 * @max_rmid: highest RMID; 0: a processor without monitoring
 * @width: bits of a bandwidth counter, 24 to 62
 * @scale: bytes per unit of any counter, at least 1
 * @cpus_per_domain: CPUs that share an L3 cache, a power of two up to 4096
 * @cache_bytes: its size, a multiple of RDT_SIM_CACHE_STEP
 * @occupancy: the event is there
 * @total: likewise
 * @local: likewise
 * @unavailable_every: of so many counter reads of a CPU one is unavailable; 0: none
 * @error_every: and one is an error; 0: none
 * @rmid: in every CPU's PQR_ASSOC at the start
 * @closid: likewise
 * @resctrl: whether it is mounted; may change
 * @rates: of all RMIDs at the start
 * @now: the clock, see rdt_sim_counters_init()
 */
struct rdt_sim_processor {
	u32 max_rmid;
	u32 width;
	u32 scale;
	u32 cpus_per_domain;
	u64 cache_bytes;
	bool occupancy;
	bool total;
	bool local;
	u32 unavailable_every;
	u32 error_every;
	u32 rmid;
	u32 closid;
	bool resctrl;
	struct rdt_sim_rates rates;
	u64 (*now)(void);
};

#define RDT_SIM_CACHE_STEP 1024ULL

/**
 * struct rdt_sim_cpu - the registers of one CPU, and how often they were used
 * @pqr: PQR_ASSOC
 * @evtsel: QM_EVTSEL
 * @writes: of PQR_ASSOC that did not fault
 * @reads: of QM_CTR
 * @faults: accesses that faulted
 */
struct rdt_sim_cpu {
	u64 pqr;
	u64 evtsel;
	u64 writes;
	u64 reads;
	u64 faults;
};

/**
 * rdt_sim_registers_init - reset the processor
 * @processor: checked; stays the caller's and in place until rdt_sim_registers_exit()
 *
 * Context: process, may sleep; nobody uses the registers.
 * Return: 0 or -ENOMEM.
 */
int rdt_sim_registers_init(const struct rdt_sim_processor *processor);

/** rdt_sim_registers_exit - after rdt_sim_registers_init(), whether it succeeded or not */
void rdt_sim_registers_exit(void);

/** rdt_sim_registers_table - how to reach them */
const struct rdt_registers *rdt_sim_registers_table(void);

/**
 * rdt_sim_registers_closid - somebody else sets every CPU's CLOSID
 *
 * Not in the log of writes, which is of those that come through the table.
 *
 * Context: process, may sleep.
 */
void rdt_sim_registers_closid(u32 closid);

/** rdt_sim_registers_pqr - this CPU's PQR_ASSOC, without counting as an access */
u64 rdt_sim_registers_pqr(void);

/** rdt_sim_registers_cpu - registers of any CPU, each as it is at some moment */
struct rdt_sim_cpu rdt_sim_registers_cpu(unsigned int number);

/** rdt_sim_registers_domain - the L3 domain of any CPU */
u32 rdt_sim_registers_domain(unsigned int number);

/** rdt_sim_registers_counters - what they count from */
struct rdt_sim_counters *rdt_sim_registers_counters(void);

#endif
