// SPDX-License-Identifier: GPL-2.0
/*
 * rmid_allocator.c - core/rmid_pool in a running kernel
 *
 * A reader without the lock sees each RMID as one 64-bit number: generation, tgid
 * and state of the same moment. It may be of a moment ago: an RMID seen as used may
 * have gone to limbo since, but within one generation always had the same owner.
 */
#include "collector/rmid_allocator.h"

#include <linux/bitops.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/sched.h>

/* A tgid has 22 bits at most (PID_MAX_LIMIT). */
#define VIEW_GENERATION_SHIFT 32
#define VIEW_TGID_SHIFT 8
#define VIEW_TGID_MASK 0xffffff
#define VIEW_STATE_MASK 0xff

#define SETTLED_PER_TICK 64

static void publish(struct rmid_allocator *allocator, u32 rmid)
{
	const struct rmid_info *info = rmid_pool_info(&allocator->pool, rmid);
	u64 view = (u64)info->generation << VIEW_GENERATION_SHIFT |
		   (u64)(info->owner.tgid & VIEW_TGID_MASK) << VIEW_TGID_SHIFT | info->state;

	lockdep_assert_held(&allocator->lock);
	WRITE_ONCE(allocator->views[rmid], view);
	if (info->state == RMID_FREE)
		clear_bit(rmid, allocator->active);
	else
		set_bit(rmid, allocator->active);
}

static int answer_of(const struct rmid_pool *pool)
{
	if (pool->free.first)
		return 0;
	return pool->limbo.count ? -EBUSY : -ENOSPC;
}

/*
 * After every change of the pool, for those who look without the lock: all CPUs do, at every
 * tick, and a change seldom makes a difference to them.
 */
static void publish_due(struct rmid_allocator *allocator)
{
	u64 due_ns = rmid_pool_due_ns(&allocator->pool);
	int answer = answer_of(&allocator->pool);

	lockdep_assert_held(&allocator->lock);
	if (allocator->due_ns != due_ns)
		WRITE_ONCE(allocator->due_ns, due_ns);
	if (allocator->answer != answer)
		WRITE_ONCE(allocator->answer, answer);
}

struct rmid_view rmid_allocator_view(const struct rmid_allocator *allocator, u32 rmid)
{
	u64 view = READ_ONCE(allocator->views[rmid]);

	return (struct rmid_view){
		.generation = view >> VIEW_GENERATION_SHIFT,
		.tgid = view >> VIEW_TGID_SHIFT & VIEW_TGID_MASK,
		.state = view & VIEW_STATE_MASK,
	};
}

int rmid_allocator_init(struct rmid_allocator *allocator, u32 max_rmid,
			const struct rmid_policy *policy,
			const struct rmid_allocator_events *events)
{
	int err = -ENOMEM;

	memset(allocator, 0, sizeof(*allocator));
	if (max_rmid < 1 || max_rmid > RMID_MAX)
		return -EINVAL;
	raw_spin_lock_init(&allocator->lock);
	allocator->events = events;
	allocator->infos = kvzalloc(rmid_pool_bytes(max_rmid), GFP_KERNEL);
	allocator->views = kvcalloc(max_rmid + 1, sizeof(u64), GFP_KERNEL);
	allocator->active = kvcalloc(BITS_TO_LONGS(max_rmid + 1), sizeof(long), GFP_KERNEL);
	allocator->refused = alloc_percpu(struct rmid_refused);
	allocator->due_ns = U64_MAX;
	if (allocator->infos && allocator->views && allocator->active && allocator->refused)
		err = rmid_pool_init(&allocator->pool, allocator->infos, max_rmid, policy);
	if (err)
		rmid_allocator_destroy(allocator);
	return err;
}

void rmid_allocator_destroy(struct rmid_allocator *allocator)
{
	free_percpu(allocator->refused);
	kvfree(allocator->active);
	kvfree(allocator->views);
	kvfree(allocator->infos);
	memset(allocator, 0, sizeof(*allocator));
}

/*
 * Where there are more processes than RMIDs, those without ask at every switch and tick, on
 * all CPUs: they are refused without the lock. What changes at this very moment is found by
 * whoever asks next.
 */
static int refused_at_once(struct rmid_allocator *allocator)
{
	int err = READ_ONCE(allocator->answer);

	if (!err || ktime_get_ns() >= READ_ONCE(allocator->due_ns))
		return 0;
	if (err == -EBUSY)
		this_cpu_inc(allocator->refused->later);
	else
		this_cpu_inc(allocator->refused->never);
	return err;
}

/* The time is read under the lock, so that it never runs backwards for the pool. */
int rmid_allocator_get(struct rmid_allocator *allocator, const struct rmid_owner *owner,
		       struct rmid_grant *grant)
{
	int err = refused_at_once(allocator);
	unsigned long flags;

	if (err)
		return err;
	raw_spin_lock_irqsave(&allocator->lock, flags);
	err = rmid_pool_alloc(&allocator->pool, owner, ktime_get_ns(), grant);
	if (!err) {
		publish(allocator, grant->rmid);
		publish_due(allocator);
		if (allocator->events->given)
			allocator->events->given(grant->rmid, &allocator->infos[grant->rmid]);
	}
	raw_spin_unlock_irqrestore(&allocator->lock, flags);
	return err;
}

int rmid_allocator_put(struct rmid_allocator *allocator, const struct rmid_grant *grant)
{
	unsigned long flags;
	int err;

	raw_spin_lock_irqsave(&allocator->lock, flags);
	err = rmid_pool_free(&allocator->pool, grant, ktime_get_ns());
	if (!err) {
		if (allocator->events->freed)
			allocator->events->freed(grant->rmid, &allocator->infos[grant->rmid]);
		publish(allocator, grant->rmid);
		publish_due(allocator);
	}
	raw_spin_unlock_irqrestore(&allocator->lock, flags);
	return err;
}

int rmid_allocator_rename(struct rmid_allocator *allocator, const struct rmid_grant *grant,
			  const struct rmid_owner *owner)
{
	unsigned long flags;
	int err;

	raw_spin_lock_irqsave(&allocator->lock, flags);
	err = rmid_pool_rename(&allocator->pool, grant, owner);
	if (!err) {
		publish(allocator, grant->rmid);
		if (allocator->events->renamed)
			allocator->events->renamed(grant->rmid, &allocator->infos[grant->rmid]);
	}
	raw_spin_unlock_irqrestore(&allocator->lock, flags);
	return err;
}

bool rmid_allocator_check(struct rmid_allocator *allocator, u32 rmid, u32 generation,
			  const struct rdt_reading *occupancy)
{
	const struct rmid_info *info;
	unsigned long flags;
	bool left = false;

	raw_spin_lock_irqsave(&allocator->lock, flags);
	info = rmid_pool_info(&allocator->pool, rmid);
	if (info && info->generation == generation)
		left = rmid_pool_check(&allocator->pool, rmid, ktime_get_ns(), occupancy);
	if (left) {
		publish(allocator, rmid);
		publish_due(allocator);
	}
	raw_spin_unlock_irqrestore(&allocator->lock, flags);
	return left;
}

/* The bound is for the tick's length: the rest is due at the next one as well. */
void rmid_allocator_settle(struct rmid_allocator *allocator, u64 now_ns)
{
	unsigned long flags;
	u32 rmid, i;

	if (now_ns < READ_ONCE(allocator->due_ns))
		return;
	/* Ticks come to all CPUs at once, and one is enough. */
	if (!raw_spin_trylock_irqsave(&allocator->lock, flags))
		return;
	for (i = 0; i < SETTLED_PER_TICK; i++) {
		rmid = rmid_pool_settle(&allocator->pool, now_ns);
		if (!rmid)
			break;
		publish(allocator, rmid);
	}
	publish_due(allocator);
	raw_spin_unlock_irqrestore(&allocator->lock, flags);
}

void rmid_allocator_by_time(struct rmid_allocator *allocator)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&allocator->lock, flags);
	rmid_pool_by_time(&allocator->pool);
	publish_due(allocator);
	raw_spin_unlock_irqrestore(&allocator->lock, flags);
}

int rmid_allocator_info(struct rmid_allocator *allocator, u32 rmid, struct rmid_info *info)
{
	const struct rmid_info *found;
	unsigned long flags;

	raw_spin_lock_irqsave(&allocator->lock, flags);
	found = rmid_pool_info(&allocator->pool, rmid);
	if (found)
		*info = *found;
	raw_spin_unlock_irqrestore(&allocator->lock, flags);
	return found ? 0 : -EINVAL;
}

struct rmid_status rmid_allocator_status(struct rmid_allocator *allocator)
{
	const struct rmid_refused *refused;
	struct rmid_status status;
	unsigned long flags;
	int cpu;

	raw_spin_lock_irqsave(&allocator->lock, flags);
	status = (struct rmid_status){
		.max_rmid = allocator->pool.max_rmid,
		.free = allocator->pool.free.count,
		.used = allocator->pool.used,
		.limbo = allocator->pool.limbo.count,
		.counters = allocator->pool.counters,
	};
	raw_spin_unlock_irqrestore(&allocator->lock, flags);
	for_each_possible_cpu (cpu) {
		refused = per_cpu_ptr(allocator->refused, cpu);
		status.counters.later += READ_ONCE(refused->later);
		status.counters.never += READ_ONCE(refused->never);
	}
	return status;
}

static void dump_one(struct rmid_allocator *allocator, u32 rmid)
{
	const struct rmid_info *info = &allocator->infos[rmid];
	unsigned long flags;

	raw_spin_lock_irqsave(&allocator->lock, flags);
	if (info->state == RMID_USED && allocator->events->existing)
		allocator->events->existing(rmid, info);
	raw_spin_unlock_irqrestore(&allocator->lock, flags);
}

void rmid_allocator_dump(struct rmid_allocator *allocator)
{
	u32 rmid;

	for_each_set_bit(rmid, allocator->active, allocator->pool.max_rmid + 1)
	{
		dump_one(allocator, rmid);
		cond_resched();
	}
}
