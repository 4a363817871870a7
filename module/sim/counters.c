// SPDX-License-Identifier: GPL-2.0
/*
 * counters.c - what every simulated RMID has used in every L3 domain
 *
 * A counter is brought up to date whenever its RMID is loaded, unloaded, read or
 * programmed, so that its rates and its number of CPUs were the same since the last time.
 */
#include "sim/counters.h"

#include <linux/cache.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/time64.h>

/**
 * struct rdt_sim_counter - one RMID in one domain
 * @rates: what it does
 * @use: up to @since_ns
 * @since_ns: when it was brought up to date
 * @total_rest: what does not make a byte yet, in 1 / NSEC_PER_SEC
 * @local_rest: likewise
 * @rise_rest: likewise
 * @fall_rest: likewise
 */
struct rdt_sim_counter {
	struct rdt_sim_rates rates;
	struct rdt_sim_use use;
	u64 since_ns;
	u64 total_rest;
	u64 local_rest;
	u64 rise_rest;
	u64 fall_rest;
};

/**
 * struct rdt_sim_domain - the RMIDs of one L3 cache
 * @lock: protects them; innermost, nothing is taken inside. Raw, since it is taken under
 *	the run-queue lock
 * @counters: by RMID
 */
struct rdt_sim_domain {
	raw_spinlock_t lock;
	struct rdt_sim_counter *counters;
} ____cacheline_aligned_in_smp;

int rdt_sim_counters_init(struct rdt_sim_counters *counters, u32 n_domains, u32 n_rmids,
			  const struct rdt_sim_rates *rates, u64 (*now)(void))
{
	u64 start = now();
	u32 i, rmid;

	*counters = (struct rdt_sim_counters){.now = now, .n_rmids = n_rmids};
	counters->domains = kvcalloc(n_domains, sizeof(*counters->domains), GFP_KERNEL);
	if (!counters->domains)
		return -ENOMEM;
	counters->n_domains = n_domains;
	for (i = 0; i < n_domains; i++) {
		struct rdt_sim_domain *domain = &counters->domains[i];

		raw_spin_lock_init(&domain->lock);
		domain->counters = kvcalloc(n_rmids, sizeof(*domain->counters), GFP_KERNEL);
		if (!domain->counters) {
			rdt_sim_counters_exit(counters);
			return -ENOMEM;
		}
		for (rmid = 0; rmid < n_rmids; rmid++)
			domain->counters[rmid] =
				(struct rdt_sim_counter){.rates = *rates, .since_ns = start};
	}
	return 0;
}

void rdt_sim_counters_exit(struct rdt_sim_counters *counters)
{
	u32 i;

	for (i = 0; i < counters->n_domains; i++)
		kvfree(counters->domains[i].counters);
	kvfree(counters->domains);
	*counters = (struct rdt_sim_counters){};
}

/* Whole bytes at @rate over @ns; the part of a byte is kept in @rest for the next time. */
static u64 bytes(u64 rate, u64 ns, u64 *rest)
{
	/* Whole bytes per ns apart, and whole seconds, so that nothing overflows. */
	u64 per_ns = rate / NSEC_PER_SEC, per_second = rate % NSEC_PER_SEC;
	u64 part = ns % NSEC_PER_SEC * per_second + *rest;

	*rest = part % NSEC_PER_SEC;
	return per_ns * ns + ns / NSEC_PER_SEC * per_second + part / NSEC_PER_SEC;
}

/* Context: holds the domain's lock. */
static void bring_up_to(struct rdt_sim_counter *counter, u64 now_ns)
{
	const struct rdt_sim_rates *rates = &counter->rates;
	struct rdt_sim_use *use = &counter->use;
	u64 ns = now_ns - counter->since_ns, loaded_ns = ns * use->cpus;

	counter->since_ns = now_ns;
	if (use->cpus) {
		use->loaded_ns += loaded_ns;
		use->total_bytes += bytes(rates->total, loaded_ns, &counter->total_rest);
		use->local_bytes += bytes(rates->local, loaded_ns, &counter->local_rest);
		use->occupancy_bytes += bytes(rates->rise, loaded_ns, &counter->rise_rest);
		use->occupancy_bytes = min(use->occupancy_bytes, rates->most);
	} else {
		use->occupancy_bytes -=
			min(bytes(rates->fall, ns, &counter->fall_rest), use->occupancy_bytes);
	}
}

void rdt_sim_counters_load(struct rdt_sim_counters *counters, u32 domain, u32 rmid)
{
	struct rdt_sim_domain *in = &counters->domains[domain];
	struct rdt_sim_counter *counter = &in->counters[rmid];
	unsigned long flags;

	raw_spin_lock_irqsave(&in->lock, flags);
	bring_up_to(counter, counters->now());
	counter->use.cpus++;
	raw_spin_unlock_irqrestore(&in->lock, flags);
}

void rdt_sim_counters_move(struct rdt_sim_counters *counters, u32 domain, u32 from, u32 to)
{
	struct rdt_sim_domain *in = &counters->domains[domain];
	unsigned long flags;
	u64 now_ns;

	raw_spin_lock_irqsave(&in->lock, flags);
	now_ns = counters->now();
	bring_up_to(&in->counters[from], now_ns);
	bring_up_to(&in->counters[to], now_ns);
	in->counters[from].use.cpus--;
	in->counters[to].use.cpus++;
	raw_spin_unlock_irqrestore(&in->lock, flags);
}

struct rdt_sim_use rdt_sim_counters_use(struct rdt_sim_counters *counters, u32 domain, u32 rmid)
{
	struct rdt_sim_domain *in = &counters->domains[domain];
	struct rdt_sim_use use;
	unsigned long flags;

	raw_spin_lock_irqsave(&in->lock, flags);
	bring_up_to(&in->counters[rmid], counters->now());
	use = in->counters[rmid].use;
	raw_spin_unlock_irqrestore(&in->lock, flags);
	return use;
}

void rdt_sim_counters_restart(struct rdt_sim_counters *counters, u32 domain, u32 rmid, bool local)
{
	struct rdt_sim_domain *in = &counters->domains[domain];
	struct rdt_sim_use *use = &in->counters[rmid].use;
	unsigned long flags;

	raw_spin_lock_irqsave(&in->lock, flags);
	bring_up_to(&in->counters[rmid], counters->now());
	if (local)
		use->local_start = use->local_bytes;
	else
		use->total_start = use->total_bytes;
	raw_spin_unlock_irqrestore(&in->lock, flags);
}

void rdt_sim_counters_program(struct rdt_sim_counters *counters, u32 rmid,
			      const struct rdt_sim_rates *rates)
{
	unsigned long flags;
	u32 i;

	for (i = 0; i < counters->n_domains; i++) {
		struct rdt_sim_domain *in = &counters->domains[i];

		raw_spin_lock_irqsave(&in->lock, flags);
		bring_up_to(&in->counters[rmid], counters->now());
		in->counters[rmid].rates = *rates;
		raw_spin_unlock_irqrestore(&in->lock, flags);
	}
}
