/* SPDX-License-Identifier: GPL-2.0 */
/*
 * rmid_allocator.h - core/rmid_pool in a running kernel
 *
 * A lock, the clock and a callback per change around the pool, and a view of every
 * RMID that needs no lock. All but init, destroy and dump may be called in any context
 * except NMI: in hard interrupt and under a run-queue lock, PREEMPT_RT included.
 */
#ifndef MEMORY_COLLECTOR_RMID_ALLOCATOR_H
#define MEMORY_COLLECTOR_RMID_ALLOCATOR_H

#include <linux/bitmap.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "core/rmid_pool.h"

/**
 * struct rmid_allocator_events - who is told of changes; each may be NULL
 * @given: an RMID has a new owner
 * @freed: it is about to have none
 * @renamed: its owner has another name
 * @existing: rmid_allocator_dump() came by it
 *
 * Context: under the allocator's raw lock, so that the order of calls is the order of
 * what happened. They must not call the allocator.
 */
struct rmid_allocator_events {
	void (*given)(u32 rmid, const struct rmid_info *info);
	void (*freed)(u32 rmid, const struct rmid_info *info);
	void (*renamed)(u32 rmid, const struct rmid_info *info);
	void (*existing)(u32 rmid, const struct rmid_info *info);
};

/**
 * struct rmid_view - one RMID at one moment
 */
struct rmid_view {
	u32 generation;
	s32 tgid;
	enum rmid_state state;
};

/**
 * struct rmid_refused - refusals on one CPU that needed no lock; see &struct rmid_counters
 */
struct rmid_refused {
	u64 later;
	u64 never;
};

/**
 * struct rmid_allocator - owned by the caller, its members by rmid_allocator.c
 * @infos: memory of @pool
 * @views: per RMID a &struct rmid_view in 64 bits, written under @lock
 * @active: RMIDs that are not free, written under @lock
 * @refused: per CPU
 * @events: who is told
 * @due_ns: rmid_pool_due_ns(), written under @lock
 * @answer: what rmid_pool_alloc() says before that time, written under @lock
 * @lock: protects @pool; taken last of all locks, nothing is called under it but
 *	@events
 * @pool: the RMIDs
 *
 * In three parts, by who pulls cache lines away from whom: never written, read without the
 * lock by all CPUs at every tick, and written at every change.
 */
struct rmid_allocator {
	struct rmid_info *infos;
	u64 *views;
	unsigned long *active;
	struct rmid_refused __percpu *refused;
	const struct rmid_allocator_events *events;

	u64 due_ns ____cacheline_aligned_in_smp;
	int answer;

	raw_spinlock_t lock ____cacheline_aligned_in_smp;
	struct rmid_pool pool;
};

/**
 * rmid_allocator_init - all RMIDs free
 * @allocator: to set
 * @max_rmid: highest RMID, 1 to RMID_MAX
 * @policy: see there
 * @events: kept, not copied
 *
 * Context: process, may sleep.
 * Return: 0, -EINVAL, -ENOMEM; on error nothing is kept.
 */
int rmid_allocator_init(struct rmid_allocator *allocator, u32 max_rmid,
			const struct rmid_policy *policy,
			const struct rmid_allocator_events *events);

/**
 * rmid_allocator_destroy - the end, whoever still has an RMID
 * @allocator: zeroed, or after rmid_allocator_init(), whether it succeeded or not
 */
void rmid_allocator_destroy(struct rmid_allocator *allocator);

/** rmid_allocator_get - rmid_pool_alloc(), now */
int rmid_allocator_get(struct rmid_allocator *allocator, const struct rmid_owner *owner,
		       struct rmid_grant *grant);

/** rmid_allocator_put - rmid_pool_free(), now */
int rmid_allocator_put(struct rmid_allocator *allocator, const struct rmid_grant *grant);

/** rmid_allocator_rename - rmid_pool_rename() */
int rmid_allocator_rename(struct rmid_allocator *allocator, const struct rmid_grant *grant,
			  const struct rmid_owner *owner);

/**
 * rmid_allocator_check - rmid_pool_check(), now
 * @allocator: allocator
 * @rmid: RMID
 * @generation: of the owner whose lines @occupancy counts; does nothing for another one
 * @occupancy: see there
 */
bool rmid_allocator_check(struct rmid_allocator *allocator, u32 rmid, u32 generation,
			  const struct rdt_reading *occupancy);

/**
 * rmid_allocator_settle - let go from limbo what only waited for its time
 * @allocator: allocator
 * @now_ns: not in the future, CLOCK_MONOTONIC
 *
 * At every tick, so that what is said of RMIDs is true. Takes the lock only where
 * something is due and nobody has it; lets go some, not all, of many.
 */
void rmid_allocator_settle(struct rmid_allocator *allocator, u64 now_ns);

/**
 * rmid_allocator_by_time - from now on time alone decides: nobody reads occupancy any more
 * @allocator: allocator
 */
void rmid_allocator_by_time(struct rmid_allocator *allocator);

/**
 * rmid_allocator_view - one RMID as it is at this moment, without a lock
 * @allocator: allocator
 * @rmid: 0 to its highest
 */
struct rmid_view rmid_allocator_view(const struct rmid_allocator *allocator, u32 rmid);

/**
 * rmid_allocator_info - all that is known about an RMID
 * @allocator: allocator
 * @rmid: RMID
 * @info: copied to
 *
 * Return: 0, -EINVAL for RMID 0 and those out of range.
 */
int rmid_allocator_info(struct rmid_allocator *allocator, u32 rmid, struct rmid_info *info);

/**
 * struct rmid_status - the pool in numbers
 */
struct rmid_status {
	u32 max_rmid;
	u32 free;
	u32 used;
	u32 limbo;
	struct rmid_counters counters;
};

/** rmid_allocator_status - the pool in numbers; all but the refusals of one moment */
struct rmid_status rmid_allocator_status(struct rmid_allocator *allocator);

/**
 * rmid_allocator_dump - @events->existing for every used RMID
 * @allocator: allocator
 *
 * Context: process. Takes the lock for one RMID at a time.
 */
void rmid_allocator_dump(struct rmid_allocator *allocator);

#endif
