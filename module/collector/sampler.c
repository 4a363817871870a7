// SPDX-License-Identifier: GPL-2.0
/*
 * sampler.c - reads the counters of all RMIDs, a share on every CPU, tick by tick
 *
 * Counters go on when an owner leaves. So they are read until the next one comes, and what
 * they said last is where the next one's sums begin: nobody is billed for another, and of
 * a process that lived shorter than a tick its traffic is known all the same.
 */
#define pr_fmt(fmt) "Memory Collector: " fmt

#include "collector/sampler.h"

#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/cpu.h>
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/topology.h>

#include "collector/memory_collector_trace.h"
#include "collector/shares.h"

/*
 * In limbo, and its lines are still there: told to the allocator once in so many ns, as a
 * power of two: some four times a second, or at every tick where they are longer. Not all
 * RMIDs in the same tick.
 */
#define REPORT_SHIFT 28
#define REPORT_STAGGER_SHIFT 20

/*
 * What a domain knows of the lines of an RMID in limbo, in one number, since CPUs of other
 * domains read it: generation, and whether they are gone.
 */
#define REMAINS_GENERATION_SHIFT 32
#define REMAINS_CLEAN 1

/**
 * struct slot - an RMID in one domain, written by the CPU that reads it
 * @total: sum of the owner's
 * @local: likewise
 * @occupancy_bytes: last value
 * @remains: see above; of an RMID in limbo
 * @rested_ns: boundary from which it may leave limbo, once @ended
 * @generation: whose figures these are; 0 for nobody's yet
 * @told: &sampler.told when its figures were emitted last
 * @reported: period of REPORT_SHIFT in which the allocator was told last
 * @occupancy_state: of the last read
 * @total_state: likewise
 * @local_state: likewise
 * @ended: the owner has left, and all it used is in the sums
 *
 * Neighbours are other CPUs', so each has cache lines of its own.
 */
struct slot {
	struct rdt_sum total;
	struct rdt_sum local;
	u64 occupancy_bytes;
	u64 remains;
	u64 rested_ns;
	u32 generation;
	u32 told;
	u32 reported;
	u8 occupancy_state;
	u8 total_state;
	u8 local_state;
	bool ended;
} ____cacheline_aligned_in_smp;

/**
 * struct sampler_cpu - one CPU's part, written by it
 * @next: RMID to begin with
 * @counts: its part of the status
 */
struct sampler_cpu {
	u32 next;
	struct sampler_status counts;
};

/**
 * struct sampler - all of it
 * @rdt: registers
 * @allocator: whose RMIDs
 * @policy: parameters
 * @limbo: when RMIDs leave it; a copy, since the allocator's is where its lock is
 * @shares: who reads what
 * @told: another number: figures that have not moved are to be emitted once, too
 * @cpus: per CPU
 */
struct sampler {
	struct rdt *rdt;
	struct rmid_allocator *allocator;
	struct sampler_policy policy;
	struct rmid_policy limbo;
	struct shares shares;
	u32 told;
	struct sampler_cpu __percpu *cpus;
};

/**
 * struct sweep - one tick's reading
 * @sampler: sampler
 * @domain: domain of the CPU
 * @counts: of the CPU
 * @tick: tick
 */
struct sweep {
	struct sampler *sampler;
	struct share_domain *domain;
	struct sampler_status *counts;
	const struct sync_timer_tick *tick;
};

static struct slot *slot_of(const struct share_domain *domain, u32 rmid)
{
	return (struct slot *)domain->slots + rmid;
}

static void count_state(struct sampler_status *counts, enum rdt_state state)
{
	counts->unavailable += state == RDT_UNAVAILABLE;
	counts->errors += state == RDT_ERROR;
}

/*
 * The sums begin at the last reading if that was after the last owner had left, and the
 * new one is the next: then nobody used the RMID in between.
 */
static void begin_owner(struct slot *slot, u32 generation)
{
	bool follows = slot->ended && slot->generation + 1 == generation;

	rdt_sum_restart(&slot->total, follows);
	rdt_sum_restart(&slot->local, follows);
	slot->occupancy_bytes = 0;
	slot->generation = generation;
	slot->ended = false;
}

/* Return: a figure or its state has changed. */
static bool read_occupancy(const struct sweep *sweep, u32 rmid, struct slot *slot)
{
	struct rdt_reading reading = rdt_read(sweep->sampler->rdt, rmid, RDT_EVENT_OCCUPANCY);
	bool changed = reading.state != slot->occupancy_state;

	count_state(sweep->counts, reading.state);
	slot->occupancy_state = reading.state;
	if (reading.state == RDT_VALUE) {
		changed |= reading.value != slot->occupancy_bytes;
		slot->occupancy_bytes = reading.value;
	}
	return changed;
}

/* Return: as read_occupancy(). */
static bool read_sum(const struct sweep *sweep, u32 rmid, u32 event, struct rdt_sum *sum, u8 *state)
{
	struct rdt_reading reading = rdt_read(sweep->sampler->rdt, rmid, event);
	bool changed = reading.state != *state;
	u64 before = sum->units;

	count_state(sweep->counts, reading.state);
	*state = reading.state;
	rdt_sum_add(sum, &sweep->sampler->rdt->features, &reading);
	return changed | (sum->units != before);
}

/* Return: as read_occupancy(). */
static bool read_figures(const struct sweep *sweep, u32 rmid, struct slot *slot)
{
	bool changed = read_occupancy(sweep, rmid, slot);

	changed |= read_sum(sweep, rmid, RDT_EVENT_TOTAL, &slot->total, &slot->total_state);
	changed |= read_sum(sweep, rmid, RDT_EVENT_LOCAL, &slot->local, &slot->local_state);
	return changed;
}

static void emit(const struct sweep *sweep, u32 rmid, struct slot *slot, s32 tgid)
{
	const struct rdt *rdt = sweep->sampler->rdt;
	struct rdt_sample sample;

	if (!trace_rdt_sample_enabled())
		return;
	slot->told = READ_ONCE(sweep->sampler->told);
	sample = (struct rdt_sample){
		.tick = sweep->tick->number,
		.boundary_ns = sweep->tick->boundary_ns,
		.occupancy_bytes = slot->occupancy_bytes,
		.total_bytes = rdt_sum_bytes(&slot->total, &rdt->features, rmid),
		.local_bytes = rdt_sum_bytes(&slot->local, &rdt->features, rmid),
		.rmid = rmid,
		.generation = slot->generation,
		.tgid = tgid,
		.domain = sweep->domain->id,
		.gaps = slot->total.gaps + slot->local.gaps,
		.occupancy_state = slot->occupancy_state,
		.total_state = slot->total_state,
		.local_state = slot->local_state,
	};
	trace_rdt_sample(&sample, rdt->source);
	sweep->counts->samples++;
}

/* Gone in every domain with online CPUs, as far as each of them knows. */
static bool clean_everywhere(const struct sampler *sampler, u32 rmid, u64 clean)
{
	u32 count = smp_load_acquire(&sampler->shares.count), i;

	for (i = 0; i < count; i++) {
		const struct share_domain *domain = sampler->shares.domains[i];

		if (READ_ONCE(domain->readers) &&
		    READ_ONCE(slot_of(domain, rmid)->remains) != clean)
			return false;
	}
	return true;
}

/* Return: the lines in this domain are gone. */
static bool note_remains(struct slot *slot, const struct rmid_policy *policy)
{
	bool clean = slot->occupancy_state == RDT_VALUE &&
		     slot->occupancy_bytes <= policy->clean_bytes;
	u64 remains = (u64)slot->generation << REMAINS_GENERATION_SHIFT |
		      (clean ? REMAINS_CLEAN : 0);

	/* Other domains look at it: written only where there is something new. */
	if (slot->remains != remains)
		WRITE_ONCE(slot->remains, remains);
	return clean;
}

static bool report_is_due(const struct sweep *sweep, u32 rmid, struct slot *slot)
{
	u64 staggered_ns = sweep->tick->boundary_ns + ((u64)rmid << REPORT_STAGGER_SHIFT);
	u32 period = staggered_ns >> REPORT_SHIFT;

	if (slot->reported == period)
		return false;
	slot->reported = period;
	return true;
}

/* Let an RMID leave limbo if its lines are gone everywhere, else say now and then why not. */
static void settle_limbo(const struct sweep *sweep, u32 rmid, struct slot *slot)
{
	struct rmid_allocator *allocator = sweep->sampler->allocator;
	const struct rmid_policy *policy = &sweep->sampler->limbo;
	struct rdt_reading reading = {.state = slot->occupancy_state};
	bool clean;

	if (!policy->by_occupancy)
		return;
	clean = note_remains(slot, policy);
	if (sweep->tick->boundary_ns < slot->rested_ns)
		return;
	if (clean) {
		if (!clean_everywhere(sweep->sampler, rmid, slot->remains) ||
		    rmid_allocator_view(allocator, rmid).state != RMID_LIMBO)
			return;
	} else {
		if (!report_is_due(sweep, rmid, slot))
			return;
		reading.value = reading.state == RDT_VALUE ? slot->occupancy_bytes : 0;
	}
	rmid_allocator_check(allocator, rmid, slot->generation, &reading);
}

/*
 * Where the owner leaves while the counters are read, the sums hold some of nobody's. The
 * next one comes a rest later; but a virtual CPU can stand still for longer than that, and
 * then nobody can say whose the figures are.
 */
static void read_rmid(const struct sweep *sweep, u32 rmid)
{
	const struct rmid_allocator *allocator = sweep->sampler->allocator;
	struct rmid_view view = rmid_allocator_view(allocator, rmid);
	struct slot *slot = slot_of(sweep->domain, rmid);
	bool begins = slot->generation != view.generation;
	bool changed, untold;

	if (view.state == RMID_FREE)
		return;
	if (begins)
		begin_owner(slot, view.generation);
	changed = read_figures(sweep, rmid, slot) || begins;
	if (rmid_allocator_view(allocator, rmid).generation != view.generation) {
		slot->ended = false;
		return;
	}
	untold = changed || slot->told != READ_ONCE(sweep->sampler->told);
	if (view.state == RMID_USED) {
		if (untold || sweep->sampler->policy.emit_all)
			emit(sweep, rmid, slot, view.tgid);
		return;
	}
	/* Once more for what it used after its last sample, then no more */
	if (!slot->ended) {
		if (untold)
			emit(sweep, rmid, slot, view.tgid);
		slot->ended = true;
		slot->rested_ns = sweep->tick->boundary_ns + sweep->sampler->limbo.min_free_ns;
	}
	settle_limbo(sweep, rmid, slot);
}

/**
 * struct due - the RMIDs that a tick is to read: set in both, one after the other
 * @active: used or in limbo; changes all the time
 * @share: the CPU's own
 */
struct due {
	const unsigned long *active;
	const unsigned long *share;
};

/* By words: there may be thousands, and the budget is over. */
static u32 count_due(const struct due *due, u32 from, u32 end)
{
	u32 rmid, count = 0;

	for (rmid = from; rmid < end; rmid = round_up(rmid + 1, BITS_PER_LONG)) {
		unsigned long word = READ_ONCE(due->active[BIT_WORD(rmid)]) &
				     due->share[BIT_WORD(rmid)] & BITMAP_FIRST_WORD_MASK(rmid);

		if (BIT_WORD(rmid) == BIT_WORD(end))
			word &= BITMAP_LAST_WORD_MASK(end);
		count += hweight_long(word);
	}
	return count;
}

/* Return: @end, or the RMID to go on with where the time was over first. */
static u32 read_between(const struct sweep *sweep, const struct due *due, u32 from, u32 end,
			u64 until_ns)
{
	u32 rmid;

	for (rmid = from; (rmid = find_next_and_bit(due->active, due->share, end, rmid)) < end;
	     rmid++) {
		read_rmid(sweep, rmid);
		sweep->counts->due++;
		sweep->counts->read++;
		if (ktime_get_ns() >= until_ns)
			return rmid + 1;
	}
	return end;
}

/* From where the last tick ended, once around, within the budget. */
static void sweep_share(const struct sweep *sweep, struct sampler_cpu *cpu, const struct due *due)
{
	u64 until_ns = ktime_get_ns() + sweep->sampler->policy.budget_ns;
	u32 size = sweep->sampler->shares.max_rmid + 1;
	u32 start = cpu->next, left;

	cpu->next = read_between(sweep, due, start, size, until_ns);
	if (cpu->next < size) {
		left = count_due(due, cpu->next, size) + count_due(due, 0, start);
	} else {
		cpu->next = read_between(sweep, due, 0, start, until_ns);
		left = count_due(due, cpu->next, start);
	}
	sweep->counts->due += left;
	sweep->counts->overruns += left > 0;
}

void sampler_tick(struct sampler *sampler, const struct sync_timer_tick *tick)
{
	const struct share *share = this_cpu_ptr(sampler->shares.cpus);
	struct sampler_cpu *cpu = this_cpu_ptr(sampler->cpus);
	struct sweep sweep = {.sampler = sampler, .counts = &cpu->counts, .tick = tick};
	struct due due = {.active = sampler->allocator->active};

	if (!rdt_has_counters(sampler->rdt))
		return;
	if (!share_is_active(share)) {
		cpu->counts.paused++;
		return;
	}
	sweep.domain = share->domain;
	due.share = share->rmids;
	sweep_share(&sweep, cpu, &due);
}

/*
 * CPUs of one L3 cache in different NUMA nodes: Sub-NUMA clustering (Intel, MSR 0xCA0)
 * divides the RMIDs, and what a counter says is of one node only. No simulation shows it.
 */
static void warn_of_clusters(const struct share_domain *domain)
{
	int node = cpu_to_node(cpumask_first(&domain->members));
	int own = cpu_to_node(smp_processor_id());

	if (node != own)
		pr_warn_once(
			"L3 domain %u spans NUMA nodes %d and %d: with Sub-NUMA clustering counters are divided between them, and figures are too low; switch it off in the firmware\n",
			domain->id, node, own);
}

/*
 * Where the sums of an RMID begin in a domain that nobody has read yet, or not since its
 * last CPU left. Meanwhile its counters may have begun anew: what is missing is unknown.
 *
 * Context: interrupts off.
 */
static void begin_slot(const struct sweep *sweep, u32 rmid)
{
	static const struct rdt_reading unknown = {.state = RDT_UNAVAILABLE};
	const struct rdt_features *features = &sweep->sampler->rdt->features;
	struct rmid_view view = rmid_allocator_view(sweep->sampler->allocator, rmid);
	struct slot *slot = slot_of(sweep->domain, rmid);

	rdt_sum_add(&slot->total, features, &unknown);
	rdt_sum_add(&slot->local, features, &unknown);
	read_figures(sweep, rmid, slot);
	/* That is not told yet, whether it changes until the next tick or not. */
	slot->told = READ_ONCE(sweep->sampler->told) - 1;
	/* Whoever has it by now has used nothing in this domain so far. */
	if (!slot->generation || slot->generation != view.generation) {
		slot->generation = view.generation - (view.state == RMID_USED);
		slot->ended = true;
	}
}

/* Context: as shares_join()'s @first. */
static void begin_domain(void *sampler_of, struct share_domain *domain)
{
	struct sampler *sampler = sampler_of;
	struct sampler_status unused = {};
	const struct sweep sweep = {.sampler = sampler, .domain = domain, .counts = &unused};
	unsigned long flags;
	u32 rmid;

	for (rmid = 1; rmid <= sampler->shares.max_rmid; rmid++) {
		local_irq_save(flags);
		begin_slot(&sweep, rmid);
		local_irq_restore(flags);
		cond_resched();
	}
}

void sampler_tell_all(struct sampler *sampler)
{
	WRITE_ONCE(sampler->told, sampler->told + 1);
}

void sampler_cpu_joined(struct sampler *sampler)
{
	u32 domain = rdt_domain(sampler->rdt);

	if (!shares_join(&sampler->shares, domain, begin_domain, sampler))
		warn_of_clusters(this_cpu_ptr(sampler->shares.cpus)->domain);
	else
		pr_warn("CPU %d came online with the new L3 domain %u, and there is no memory for it: its counters are not read\n",
			smp_processor_id(), domain);
}

void sampler_cpu_left(struct sampler *sampler)
{
	shares_leave(&sampler->shares);
}

/**
 * struct question - in which domain is the CPU that is asked?
 */
struct question {
	struct rdt *rdt;
	u32 domain;
};

/* Context: hard interrupt of the CPU. */
static void answer(void *question_of)
{
	struct question *question = question_of;

	question->domain = rdt_domain(question->rdt);
}

/* So that memory is short at load, where it can be refused, and not when CPUs join. */
static int add_domains(struct sampler *sampler)
{
	struct question question = {.rdt = sampler->rdt};
	int number, err = 0;

	cpus_read_lock();
	for_each_online_cpu (number) {
		smp_call_function_single(number, answer, &question, true);
		err = shares_add_domain(&sampler->shares, question.domain);
		if (err)
			break;
	}
	cpus_read_unlock();
	return err;
}

struct sampler *sampler_create(struct rdt *rdt, struct rmid_allocator *allocator,
			       const struct sampler_policy *policy)
{
	struct sampler *sampler = kzalloc(sizeof(*sampler), GFP_KERNEL);
	int err;

	if (!sampler)
		return ERR_PTR(-ENOMEM);
	sampler->rdt = rdt;
	sampler->allocator = allocator;
	sampler->policy = *policy;
	sampler->limbo = allocator->pool.policy;
	sampler->cpus = alloc_percpu(struct sampler_cpu);
	err = shares_init(&sampler->shares, allocator->pool.max_rmid, sizeof(struct slot));
	if (!err && sampler->cpus)
		err = add_domains(sampler);
	if (err || !sampler->cpus) {
		sampler_destroy(sampler);
		return ERR_PTR(-ENOMEM);
	}
	return sampler;
}

void sampler_destroy(struct sampler *sampler)
{
	if (!sampler)
		return;
	shares_destroy(&sampler->shares);
	free_percpu(sampler->cpus);
	kfree(sampler);
}

struct sampler_status sampler_status(struct sampler *sampler)
{
	struct sampler_status status = {.domains = smp_load_acquire(&sampler->shares.count)};
	const struct sampler_status *counts;
	int number;

	for_each_possible_cpu (number) {
		counts = &per_cpu_ptr(sampler->cpus, number)->counts;
		status.due += READ_ONCE(counts->due);
		status.read += READ_ONCE(counts->read);
		status.samples += READ_ONCE(counts->samples);
		status.overruns += READ_ONCE(counts->overruns);
		status.unavailable += READ_ONCE(counts->unavailable);
		status.errors += READ_ONCE(counts->errors);
		status.paused += READ_ONCE(counts->paused);
	}
	return status;
}
