/* SPDX-License-Identifier: GPL-2.0 */
/*
 * counters.h - what every simulated RMID has used in every L3 domain
 *
 * An RMID uses bandwidth at its rates for as long as a CPU of the domain has it loaded,
 * once for each such CPU. Its occupancy rises meanwhile, and falls while none has it.
 * Everything is exact: no byte is lost to rounding, however often it is looked at.
 */
#ifndef MEMORY_COLLECTOR_TESTS_RDT_SIM_COUNTERS_H
#define MEMORY_COLLECTOR_TESTS_RDT_SIM_COUNTERS_H

#include <linux/types.h>

/* Bytes per second that no sum of a test overflows at */
#define RDT_SIM_RATE_MOST 1000000000000ULL

/**
 * struct rdt_sim_rates - what an RMID does
 * @total: bytes per second and CPU from and to memory
 * @local: those of them that are local; not more than @total
 * @rise: bytes per second and CPU by which occupancy rises
 * @fall: bytes per second by which it falls
 * @most: occupancy does not rise further
 */
struct rdt_sim_rates {
	u64 total;
	u64 local;
	u64 rise;
	u64 fall;
	u64 most;
};

/**
 * struct rdt_sim_use - what an RMID has used in a domain
 * @total_bytes: since the start, as @local_bytes
 * @local_bytes: of them
 * @occupancy_bytes: now
 * @total_start: @total_bytes when its counter began at 0
 * @local_start: likewise
 * @loaded_ns: time that CPUs had it loaded, their sum
 * @cpus: how many have it now
 */
struct rdt_sim_use {
	u64 total_bytes;
	u64 local_bytes;
	u64 occupancy_bytes;
	u64 total_start;
	u64 local_start;
	u64 loaded_ns;
	u32 cpus;
};

struct rdt_sim_domain;

/**
 * struct rdt_sim_counters - owned by the caller, its members by counters.c
 * @now: the clock
 * @n_domains: how many
 * @n_rmids: how many, RMID 0 included
 * @domains: one each
 */
struct rdt_sim_counters {
	u64 (*now)(void);
	u32 n_domains;
	u32 n_rmids;
	struct rdt_sim_domain *domains;
};

/**
 * rdt_sim_counters_init - start with nothing used, and nothing loaded
 * @counters: to set
 * @n_domains: at least 1
 * @n_rmids: at least 1
 * @rates: of all RMIDs
 * @now: in ns, never falling; called in any context, with a raw lock held
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int rdt_sim_counters_init(struct rdt_sim_counters *counters, u32 n_domains, u32 n_rmids,
			  const struct rdt_sim_rates *rates, u64 (*now)(void));

/** rdt_sim_counters_exit - after rdt_sim_counters_init(), or zeroed */
void rdt_sim_counters_exit(struct rdt_sim_counters *counters);

/**
 * rdt_sim_counters_load - one more CPU of a domain has an RMID
 * rdt_sim_counters_move - a CPU of a domain has the RMID @to instead of @from
 * rdt_sim_counters_use - what an RMID has used up to now
 * rdt_sim_counters_restart - a bandwidth counter begins at 0 again, with what is used now
 * rdt_sim_counters_program - from now on an RMID does something else, in all domains
 *
 * Context: any but NMI, with the run-queue lock held as well.
 */
void rdt_sim_counters_load(struct rdt_sim_counters *counters, u32 domain, u32 rmid);
void rdt_sim_counters_move(struct rdt_sim_counters *counters, u32 domain, u32 from, u32 to);
struct rdt_sim_use rdt_sim_counters_use(struct rdt_sim_counters *counters, u32 domain, u32 rmid);
void rdt_sim_counters_restart(struct rdt_sim_counters *counters, u32 domain, u32 rmid, bool local);
void rdt_sim_counters_program(struct rdt_sim_counters *counters, u32 rmid,
			      const struct rdt_sim_rates *rates);

#endif
