// SPDX-License-Identifier: GPL-2.0
/*
 * process_table.c - the processes that are followed: entries set aside, found by hash
 *
 * Free entries are linked by a member of their own: a walk that stands on an entry while
 * it is freed goes on in the bucket, or in that of the next owner, but never through all
 * that are free.
 */
#include "collector/process_table.h"

#include <linux/log2.h>
#include <linux/mm.h>

/* May be hundreds of megabytes: where memory is short, no process is to be killed for them. */
#define SET_ASIDE (GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

int process_table_init(struct process_table *table, u32 max)
{
	/* Two at least: a hash of no bits is none. */
	u32 buckets = roundup_pow_of_two(max_t(u32, max, 2)), i;

	memset(table, 0, sizeof(*table));
	table->max = max;
	table->bits = ilog2(buckets);
	raw_spin_lock_init(&table->lock);
	table->buckets = kvcalloc(buckets, sizeof(*table->buckets), SET_ASIDE);
	if (table->buckets)
		table->entries = kvcalloc(max, sizeof(*table->entries), SET_ASIDE);
	if (!table->entries) {
		process_table_destroy(table);
		return -ENOMEM;
	}
	for (i = 0; i < buckets; i++)
		raw_spin_lock_init(&table->buckets[i].lock);
	for (i = max; i--;) {
		table->entries[i].next_free = table->free;
		table->free = &table->entries[i];
	}
	return 0;
}

void process_table_destroy(struct process_table *table)
{
	kvfree(table->entries);
	kvfree(table->buckets);
	memset(table, 0, sizeof(*table));
}

struct process *process_find(struct process_bucket *bucket, const struct signal_struct *signal)
{
	struct process *process;

	lockdep_assert_held(&bucket->lock);
	hlist_for_each_entry (process, &bucket->processes, node)
		if (process->signal == signal)
			return process;
	return NULL;
}

/* The most recently freed entry is likely still in the cache. */
static struct process *take_free(struct process_table *table)
{
	struct process *process;

	/* A full table is met at every switch: not with a lock for all CPUs. */
	if (!READ_ONCE(table->free))
		return NULL;
	raw_spin_lock(&table->lock);
	process = table->free;
	if (process) {
		WRITE_ONCE(table->free, process->next_free);
		table->used++;
	}
	raw_spin_unlock(&table->lock);
	return process;
}

struct process *process_add(struct process_table *table, struct process_bucket *bucket,
			    struct signal_struct *signal)
{
	struct process *process = take_free(table);

	lockdep_assert_held(&bucket->lock);
	if (!process)
		return NULL;
	process->exiting = 0;
	process->refused = false;
	process->grant = (struct rmid_grant){};
	WRITE_ONCE(process->signal, signal);
	hlist_add_head_rcu(&process->node, &bucket->processes);
	return process;
}

void process_remove(struct process_table *table, struct process_bucket *bucket,
		    struct process *process)
{
	lockdep_assert_held(&bucket->lock);
	process_publish(process, 0);
	hlist_del_rcu(&process->node);
	WRITE_ONCE(process->signal, NULL);
	raw_spin_lock(&table->lock);
	process->next_free = table->free;
	WRITE_ONCE(table->free, process);
	table->used--;
	raw_spin_unlock(&table->lock);
}
