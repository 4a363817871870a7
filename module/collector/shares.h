/* SPDX-License-Identifier: GPL-2.0 */
/*
 * shares.h - which CPU reads which RMID of its L3 domain
 *
 * The online CPUs of a domain share out its RMIDs evenly, each RMID to one of them. Only
 * CPU hotplug changes that: then all CPUs of the domain pause until the new shares hold,
 * so that never two of them have the same RMID.
 */
#ifndef MEMORY_COLLECTOR_SHARES_H
#define MEMORY_COLLECTOR_SHARES_H

#include <linux/cpumask.h>
#include <linux/mutex.h>
#include <linux/types.h>

/**
 * struct share_domain - an L3 domain that has or had online CPUs
 * @id: its number, see rdt_domain()
 * @readers: CPUs that share it out now; nobody reads it where it is 0
 * @members: those CPUs, under the lock of the shares
 * @slots: memory of the reader's, per RMID; written by the CPU only that reads the RMID,
 *	and by shares_join()'s @first while nobody reads
 */
struct share_domain {
	u32 id;
	u32 readers;
	struct cpumask members;
	void *slots;
};

/**
 * struct share - what one CPU reads
 * @domain: it belongs to; NULL before it joined for the first time
 * @rmids: a bit for each RMID that is its own
 * @active: it may read; seen with share_is_active()
 */
struct share {
	struct share_domain *domain;
	unsigned long *rmids;
	bool active;
};

/**
 * struct shares - owned by the caller, its members by shares.c
 * @max_rmid: highest RMID
 * @slot_bytes: size of what is in &share_domain.slots
 * @cpus: per CPU
 * @lock: held while shares change
 * @domains: in the order in which they were met, never removed; room for one per CPU
 * @count: of @domains, published after what they point to
 */
struct shares {
	u32 max_rmid;
	size_t slot_bytes;
	struct share __percpu *cpus;
	struct mutex lock;
	struct share_domain **domains;
	u32 count;
};

/**
 * shares_init - nobody has a share yet
 * @shares: to set
 * @max_rmid: highest RMID
 * @slot_bytes: memory to set aside for each domain and RMID, zeroed
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM; on error nothing is kept.
 */
int shares_init(struct shares *shares, u32 max_rmid, size_t slot_bytes);

/**
 * shares_destroy - the end; nobody reads any more
 * @shares: zeroed, or after shares_init(), whether it succeeded or not
 */
void shares_destroy(struct shares *shares);

/**
 * shares_add_domain - set memory aside for a domain, if there is none yet
 * @shares: shares
 * @id: its number
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int shares_add_domain(struct shares *shares, u32 id);

/**
 * shares_join - this CPU takes its share of a domain
 * @shares: shares
 * @id: the domain's number
 * @first: called before where nobody has a share of the domain; may be NULL
 * @data: its argument
 *
 * Context: hotplug thread of the CPU, which is online; may sleep, and so may @first.
 * Return: 0, or -ENOMEM, and then the CPU has none.
 */
int shares_join(struct shares *shares, u32 id,
		void (*first)(void *data, struct share_domain *domain), void *data);

/**
 * shares_leave - this CPU gives its share to the others
 * @shares: shares
 *
 * Context: as shares_join().
 */
void shares_leave(struct shares *shares);

/**
 * share_is_active - may this CPU read?
 * @share: its own
 *
 * Context: hard interrupt. The answer holds, and with it all of @share, until it ends.
 */
static inline bool share_is_active(const struct share *share)
{
	return smp_load_acquire(&share->active);
}

#endif
