// SPDX-License-Identifier: GPL-2.0
/*
 * rmid_pool.c - which RMID belongs to whom, and when it may belong to the next
 *
 * Two queues as doubly linked lists of indices: RMIDs enter limbo at its end, leave
 * it from anywhere, enter the free queue at its end and leave it at its front. 0
 * ends a list, since RMID 0 is in none.
 */
#include "core/rmid_pool.h"

static void append(struct rmid_pool *pool, struct rmid_queue *queue, u32 rmid)
{
	struct rmid_info *info = &pool->infos[rmid];

	info->next = 0;
	info->previous = queue->last;
	if (queue->last)
		pool->infos[queue->last].next = rmid;
	else
		queue->first = rmid;
	queue->last = rmid;
	queue->count++;
}

static void take_out(struct rmid_pool *pool, struct rmid_queue *queue, u32 rmid)
{
	struct rmid_info *info = &pool->infos[rmid];

	if (info->previous)
		pool->infos[info->previous].next = info->next;
	else
		queue->first = info->next;
	if (info->next)
		pool->infos[info->next].previous = info->previous;
	else
		queue->last = info->previous;
	queue->count--;
}

int rmid_pool_init(struct rmid_pool *pool, struct rmid_info *infos, u32 max_rmid,
		   const struct rmid_policy *policy)
{
	u32 rmid;

	if (!infos || max_rmid < 1 || max_rmid > RMID_MAX)
		return -EINVAL;

	memset(infos, 0, rmid_pool_bytes(max_rmid));
	memset(pool, 0, sizeof(*pool));
	pool->infos = infos;
	pool->max_rmid = max_rmid;
	pool->policy = *policy;
	for (rmid = 1; rmid <= max_rmid; rmid++)
		append(pool, &pool->free, rmid);
	return 0;
}

const struct rmid_info *rmid_pool_info(const struct rmid_pool *pool, u32 rmid)
{
	return rmid && rmid <= pool->max_rmid ? &pool->infos[rmid] : NULL;
}

/* Time that runs backwards passes nothing. */
static bool in_limbo_for(const struct rmid_info *info, u64 now_ns, u64 time_ns)
{
	return now_ns >= info->freed_ns && now_ns - info->freed_ns >= time_ns;
}

static void leave_limbo(struct rmid_pool *pool, u32 rmid)
{
	struct rmid_info *info = &pool->infos[rmid];

	take_out(pool, &pool->limbo, rmid);
	append(pool, &pool->free, rmid);
	info->state = RMID_FREE;
	if (info->stuck)
		pool->counters.stuck_now--;
	info->stuck = false;
}

void rmid_pool_by_time(struct rmid_pool *pool)
{
	pool->policy.by_occupancy = false;
}

u64 rmid_pool_due_ns(const struct rmid_pool *pool)
{
	if (pool->policy.by_occupancy || !pool->limbo.first)
		return U64_MAX;
	return pool->infos[pool->limbo.first].freed_ns + pool->policy.min_free_ns;
}

u32 rmid_pool_settle(struct rmid_pool *pool, u64 now_ns)
{
	u32 rmid = pool->limbo.first;

	if (pool->policy.by_occupancy || !rmid ||
	    !in_limbo_for(&pool->infos[rmid], now_ns, pool->policy.min_free_ns))
		return 0;
	leave_limbo(pool, rmid);
	return rmid;
}

bool rmid_pool_check(struct rmid_pool *pool, u32 rmid, u64 now_ns,
		     const struct rdt_reading *occupancy)
{
	struct rmid_info *info;

	if (!rmid_pool_info(pool, rmid) || pool->infos[rmid].state != RMID_LIMBO)
		return false;
	info = &pool->infos[rmid];
	if (!in_limbo_for(info, now_ns, pool->policy.min_free_ns))
		return false;
	if (occupancy->state == RDT_VALUE && occupancy->value <= pool->policy.clean_bytes) {
		leave_limbo(pool, rmid);
		return true;
	}
	if (occupancy->state != RDT_VALUE)
		pool->counters.unreadable++;
	if (!info->stuck && in_limbo_for(info, now_ns, RMID_STUCK_NS)) {
		info->stuck = true;
		pool->counters.stuck++;
		pool->counters.stuck_now++;
	}
	return false;
}

int rmid_pool_alloc(struct rmid_pool *pool, const struct rmid_owner *owner, u64 now_ns,
		    struct rmid_grant *grant)
{
	u32 rmid;
	struct rmid_info *info;

	if (!pool->free.first)
		rmid_pool_settle(pool, now_ns);
	rmid = pool->free.first;
	if (!rmid && pool->limbo.count) {
		pool->counters.later++;
		return -EBUSY;
	}
	if (!rmid) {
		pool->counters.never++;
		return -ENOSPC;
	}

	take_out(pool, &pool->free, rmid);
	info = &pool->infos[rmid];
	info->owner = *owner;
	info->given_ns = now_ns;
	info->state = RMID_USED;
	if (!++info->generation)
		info->generation = 1;
	pool->used++;
	pool->counters.granted++;
	grant->rmid = rmid;
	grant->generation = info->generation;
	return 0;
}

static int check_grant(const struct rmid_pool *pool, const struct rmid_grant *grant)
{
	const struct rmid_info *info = rmid_pool_info(pool, grant->rmid);

	if (!info)
		return -EINVAL;
	if (info->state != RMID_USED || info->generation != grant->generation)
		return -ESTALE;
	return 0;
}

int rmid_pool_free(struct rmid_pool *pool, const struct rmid_grant *grant, u64 now_ns)
{
	int err = check_grant(pool, grant);

	if (err) {
		pool->counters.refused_frees++;
		return err;
	}
	pool->infos[grant->rmid].freed_ns = now_ns;
	pool->infos[grant->rmid].state = RMID_LIMBO;
	append(pool, &pool->limbo, grant->rmid);
	pool->used--;
	pool->counters.freed++;
	return 0;
}

int rmid_pool_rename(struct rmid_pool *pool, const struct rmid_grant *grant,
		     const struct rmid_owner *owner)
{
	int err = check_grant(pool, grant);

	if (!err)
		pool->infos[grant->rmid].owner = *owner;
	return err;
}
