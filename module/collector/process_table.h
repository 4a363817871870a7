/* SPDX-License-Identifier: GPL-2.0 */
/*
 * process_table.h - the processes that are followed: entries set aside, found by hash
 *
 * An entry belongs to a signal_struct, which all threads of a process share and which
 * outlives an exec by any of them. Entries are never freed before the table is, so a walk
 * without a lock is safe whatever changes meanwhile; it may miss an entry, and what it
 * misses is settled under the lock of the bucket.
 */
#ifndef MEMORY_COLLECTOR_PROCESS_TABLE_H
#define MEMORY_COLLECTOR_PROCESS_TABLE_H

#include <linux/hash.h>
#include <linux/rculist.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "core/rmid_pool.h"

/**
 * struct process - an entry; all but @next_free under the lock of its bucket
 * @node: in its bucket; keeps pointing there once removed, for those still on it
 * @signal: whose entry it is; NULL for a free one
 * @rmid: what a switch-in may load without the lock; 0 where it has to take the slow path
 * @grant: the RMID; 0 for none
 * @exiting: threads between sched_process_exit and their final switch-out
 * @refused: asked for an RMID in vain since the last look for idle ones
 * @next_free: in the list of free entries
 */
struct process {
	struct hlist_node node;
	struct signal_struct *signal;
	u32 rmid;
	u32 exiting;
	struct rmid_grant grant;
	bool refused;
	struct process *next_free;
};

/**
 * struct process_bucket - processes of one hash value
 * @lock: taken before the table's own and before the allocator's
 * @processes: read without @lock too
 */
struct process_bucket {
	raw_spinlock_t lock;
	struct hlist_head processes;
};

/**
 * struct process_table - owned by the caller, its members by process_table.c
 * @buckets: 1 << @bits of them
 * @entries: @max of them
 * @lock: protects @free and @used
 * @free: entries that are nobody's
 * @used: the number of the others
 */
struct process_table {
	struct process_bucket *buckets;
	u32 bits;
	u32 max;
	struct process *entries;
	raw_spinlock_t lock ____cacheline_aligned_in_smp;
	struct process *free;
	u32 used;
};

/**
 * process_table_init - set memory aside
 * @table: to set
 * @max: entries, 1 or more
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM; on error nothing is kept.
 */
int process_table_init(struct process_table *table, u32 max);

/**
 * process_table_destroy - the end; nobody looks any more
 * @table: zeroed, or after process_table_init(), whether it succeeded or not
 */
void process_table_destroy(struct process_table *table);

/** process_table_bucket - where @signal is, if it is */
static inline struct process_bucket *process_table_bucket(const struct process_table *table,
							  const struct signal_struct *signal)
{
	return &table->buckets[hash_ptr(signal, table->bits)];
}

/**
 * process_table_rmid - what a thread may load, without a lock
 * @table: table
 * @signal: of a thread that is about to run, or runs
 *
 * The thread keeps its process's entry from being freed, so the entry cannot become
 * another's between the two looks at its signal, but for a thread that was exiting before
 * it was followed. That one finds the signal changed: an entry's RMID is published after
 * its signal.
 *
 * Context: interrupts off.
 * Return: 0 where the slow path has to find out.
 */
static inline u32 process_table_rmid(const struct process_table *table,
				     const struct signal_struct *signal)
{
	const struct process *process;
	u32 rmid;

	hlist_for_each_entry_rcu (process, &process_table_bucket(table, signal)->processes, node) {
		if (READ_ONCE(process->signal) != signal)
			continue;
		rmid = smp_load_acquire(&process->rmid);
		return READ_ONCE(process->signal) == signal ? rmid : 0;
	}
	return 0;
}

/** process_find - the entry of @signal in its locked @bucket, or NULL */
struct process *process_find(struct process_bucket *bucket, const struct signal_struct *signal);

/** process_add - a new entry in its locked @bucket; NULL where none is left */
struct process *process_add(struct process_table *table, struct process_bucket *bucket,
			    struct signal_struct *signal);

/** process_remove - free an entry, which holds no RMID, of its locked @bucket */
void process_remove(struct process_table *table, struct process_bucket *bucket,
		    struct process *process);

/** process_publish - let switch-ins load @rmid, or with 0 send them to the slow path */
static inline void process_publish(struct process *process, u32 rmid)
{
	smp_store_release(&process->rmid, rmid);
}

#endif
