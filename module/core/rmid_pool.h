/* SPDX-License-Identifier: GPL-2.0 */
/*
 * rmid_pool.h - which RMID belongs to whom, and when it may belong to the next
 *
 * An RMID is free, used, or in limbo: its owner is gone, but the minimum free time
 * has not passed or the cache still holds its lines, which would be billed to the
 * next owner. Both queues are first in, first out, so that an RMID rests longest.
 * RMID 0 is what everybody without one has, and is never given out.
 *
 * The caller brings memory, time and readings, and keeps others away meanwhile.
 */
#ifndef MEMORY_COLLECTOR_CORE_RMID_POOL_H
#define MEMORY_COLLECTOR_CORE_RMID_POOL_H

#include "core/rdt_counter.h"
#include "core/types.h"

#define RMID_COMM_LENGTH 16
/* In limbo for longer than this and than the minimum free time: stuck */
#define RMID_STUCK_NS 1000000000ULL

enum rmid_state {
	RMID_FREE,
	RMID_USED,
	RMID_LIMBO,
};

/**
 * struct rmid_owner - a process
 * @tgid: its id
 * @comm: its name, ends in a zero
 */
struct rmid_owner {
	s32 tgid;
	char comm[RMID_COMM_LENGTH];
};

/**
 * struct rmid_info - what is known about one RMID
 * @owner: the present or last one; tgid 0 where there was none
 * @given_ns: when @owner got it
 * @freed_ns: when the last owner but the present one, if any, gave it back; 0 for never
 * @generation: how often it was given out, never 0 where @owner is somebody; tells a
 *	present owner from earlier ones
 * @state: see &enum rmid_state, as a byte
 * @stuck: in limbo for too long
 * @next: in its queue; 0 for none
 * @previous: in its queue; 0 for none
 */
struct rmid_info {
	struct rmid_owner owner;
	u64 given_ns;
	u64 freed_ns;
	u32 generation;
	u8 state;
	u8 stuck;
	u16 next;
	u16 previous;
};

/**
 * struct rmid_queue - RMIDs in the order in which they came
 */
struct rmid_queue {
	u16 first;
	u16 last;
	u32 count;
};

/**
 * struct rmid_counters - since rmid_pool_init()
 * @granted: answers of rmid_pool_alloc(): here it is
 * @later: ... none is free, but some are in limbo
 * @never: ... all are used
 * @freed: RMIDs given back
 * @refused_frees: attempts to give back what is not the caller's
 * @stuck: how often an RMID got stuck in limbo
 * @stuck_now: those that still are
 * @unreadable: limbo checks that failed because a reading was no value, of each domain
 */
struct rmid_counters {
	u64 granted;
	u64 later;
	u64 never;
	u64 freed;
	u64 refused_frees;
	u64 stuck;
	u64 stuck_now;
	u64 unreadable;
};

/**
 * struct rmid_policy - when an RMID may leave limbo
 * @min_free_ns: not before this time
 * @by_occupancy: and not before a reading says that its lines are gone
 * @clean_bytes: highest occupancy that counts as gone
 */
struct rmid_policy {
	u64 min_free_ns;
	bool by_occupancy;
	u64 clean_bytes;
};

/**
 * struct rmid_pool - all RMIDs; members are for reading only
 */
struct rmid_pool {
	struct rmid_info *infos;
	u32 max_rmid;
	u32 used;
	struct rmid_policy policy;
	struct rmid_queue free;
	struct rmid_queue limbo;
	struct rmid_counters counters;
};

/**
 * struct rmid_grant - an RMID and the right to give it back
 * @rmid: 0 for none
 * @generation: see &struct rmid_info
 */
struct rmid_grant {
	u32 rmid;
	u32 generation;
};

/**
 * rmid_pool_bytes - memory for all RMIDs
 * @max_rmid: highest RMID, 1 to RMID_MAX
 */
static inline size_t rmid_pool_bytes(u32 max_rmid)
{
	return ((size_t)max_rmid + 1) * sizeof(struct rmid_info);
}

/**
 * rmid_pool_init - all free, in ascending order
 * @pool: to set; untouched on error
 * @infos: rmid_pool_bytes() of memory that stays the caller's
 * @max_rmid: highest RMID, 1 to RMID_MAX
 * @policy: copied
 *
 * Costs time in proportion to @max_rmid, unlike everything else here.
 *
 * Return: 0, or -EINVAL where an argument is out of range.
 */
int rmid_pool_init(struct rmid_pool *pool, struct rmid_info *infos, u32 max_rmid,
		   const struct rmid_policy *policy);

/**
 * rmid_pool_alloc - give out the RMID that has been free longest
 * @pool: pool
 * @owner: who gets it
 * @now_ns: time now
 * @grant: set when granted, else untouched
 *
 * Return: 0, -EBUSY where one in limbo will be free later, -ENOSPC where all are used.
 */
int rmid_pool_alloc(struct rmid_pool *pool, const struct rmid_owner *owner, u64 now_ns,
		    struct rmid_grant *grant);

/**
 * rmid_pool_free - give an RMID back; it goes to limbo
 * @pool: pool
 * @grant: from rmid_pool_alloc()
 * @now_ns: time now
 *
 * Return: 0; refused and counted: -EINVAL for RMID 0 or one out of range, -ESTALE for
 * one that is not used, or by now is by another.
 */
int rmid_pool_free(struct rmid_pool *pool, const struct rmid_grant *grant, u64 now_ns);

/**
 * rmid_pool_rename - the owner has another name
 * @pool: pool
 * @grant: from rmid_pool_alloc()
 * @owner: with the new name
 *
 * Return: 0, or as rmid_pool_free(), but not counted.
 */
int rmid_pool_rename(struct rmid_pool *pool, const struct rmid_grant *grant,
		     const struct rmid_owner *owner);

/**
 * rmid_pool_by_time - from now on time alone decides
 * @pool: pool
 *
 * What is in limbo longest leaves first, also where it came there by occupancy.
 */
void rmid_pool_by_time(struct rmid_pool *pool);

/**
 * rmid_pool_due_ns - when rmid_pool_settle() has something to do
 * @pool: pool
 *
 * Return: that time; U64_MAX where nothing waits in limbo for time alone.
 */
u64 rmid_pool_due_ns(const struct rmid_pool *pool);

/**
 * rmid_pool_settle - let go from limbo the one that was longest there, if its time is over
 * @pool: pool
 * @now_ns: time now
 *
 * Does nothing where occupancy decides. rmid_pool_alloc() does not depend on it.
 *
 * Return: the RMID that is free now, 0 for none.
 */
u32 rmid_pool_settle(struct rmid_pool *pool, u64 now_ns);

/**
 * rmid_pool_check - let go an RMID from limbo if its lines are gone
 * @pool: pool whose policy is by occupancy
 * @rmid: RMID
 * @now_ns: time now
 * @occupancy: in bytes, or a reading that is no value: of an L3 domain where its lines are
 *	not gone, or of any once they are gone in all
 *
 * Return: it was in limbo and is free now.
 */
bool rmid_pool_check(struct rmid_pool *pool, u32 rmid, u64 now_ns,
		     const struct rdt_reading *occupancy);

/**
 * rmid_pool_info - what is known about an RMID
 * @pool: pool
 * @rmid: RMID
 *
 * Return: NULL for RMID 0 and those out of range.
 */
const struct rmid_info *rmid_pool_info(const struct rmid_pool *pool, u32 rmid);

#endif
