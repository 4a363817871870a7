// SPDX-License-Identifier: GPL-2.0
/*
 * shares.c - which CPU reads which RMID of its L3 domain
 */
#include "collector/shares.h"

#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/smp.h>

static int alloc_cpus(struct shares *shares)
{
	struct share *share;
	int number;

	shares->cpus = alloc_percpu(struct share);
	if (!shares->cpus)
		return -ENOMEM;
	for_each_possible_cpu (number) {
		share = per_cpu_ptr(shares->cpus, number);
		share->rmids =
			kvcalloc(BITS_TO_LONGS(shares->max_rmid + 1), sizeof(long), GFP_KERNEL);
		if (!share->rmids)
			return -ENOMEM;
	}
	return 0;
}

int shares_init(struct shares *shares, u32 max_rmid, size_t slot_bytes)
{
	*shares = (struct shares){.max_rmid = max_rmid, .slot_bytes = slot_bytes};
	mutex_init(&shares->lock);
	shares->domains = kcalloc(nr_cpu_ids, sizeof(*shares->domains), GFP_KERNEL);
	if (!shares->domains || alloc_cpus(shares)) {
		shares_destroy(shares);
		return -ENOMEM;
	}
	return 0;
}

void shares_destroy(struct shares *shares)
{
	int number;

	while (shares->count--) {
		kvfree(shares->domains[shares->count]->slots);
		kfree(shares->domains[shares->count]);
	}
	kfree(shares->domains);
	if (shares->cpus) {
		for_each_possible_cpu (number)
			kvfree(per_cpu_ptr(shares->cpus, number)->rmids);
	}
	free_percpu(shares->cpus);
	*shares = (struct shares){};
}

/* Return: NULL where there is no memory for it. */
static struct share_domain *add_domain(struct shares *shares, u32 id)
{
	struct share_domain *domain = kzalloc(sizeof(*domain), GFP_KERNEL);

	if (!domain)
		return NULL;
	domain->id = id;
	domain->slots = kvcalloc(shares->max_rmid + 1, shares->slot_bytes, GFP_KERNEL);
	if (!domain->slots) {
		kfree(domain);
		return NULL;
	}
	shares->domains[shares->count] = domain;
	smp_store_release(&shares->count, shares->count + 1);
	return domain;
}

static struct share_domain *find_domain(struct shares *shares, u32 id)
{
	u32 i;

	lockdep_assert_held(&shares->lock);
	for (i = 0; i < shares->count; i++)
		if (shares->domains[i]->id == id)
			return shares->domains[i];
	return add_domain(shares, id);
}

int shares_add_domain(struct shares *shares, u32 id)
{
	struct share_domain *domain;

	mutex_lock(&shares->lock);
	domain = find_domain(shares, id);
	mutex_unlock(&shares->lock);
	return domain ? 0 : -ENOMEM;
}

/* Context: hard interrupt. A tick that had begun on this CPU is over. */
static void ticks_are_over(void *unused)
{
}

static void pause_members(struct shares *shares, struct share_domain *domain)
{
	int number;

	for_each_cpu (number, &domain->members)
		WRITE_ONCE(per_cpu_ptr(shares->cpus, number)->active, false);
	on_each_cpu_mask(&domain->members, ticks_are_over, NULL, true);
}

/* CPU @number becomes the reader with number @index. */
static void share_out(struct shares *shares, struct share_domain *domain, int number, u32 index)
{
	struct share *share = per_cpu_ptr(shares->cpus, number);
	u32 rmid;

	bitmap_zero(share->rmids, shares->max_rmid + 1);
	for (rmid = index; rmid <= shares->max_rmid; rmid += domain->readers)
		__set_bit(rmid, share->rmids);
	share->domain = domain;
	smp_store_release(&share->active, true);
}

/* What @members has become, while all of them pause. */
static void resume_members(struct shares *shares, struct share_domain *domain)
{
	u32 index = 0;
	int number;

	WRITE_ONCE(domain->readers, cpumask_weight(&domain->members));
	for_each_cpu (number, &domain->members)
		share_out(shares, domain, number, index++);
}

int shares_join(struct shares *shares, u32 id,
		void (*first)(void *data, struct share_domain *domain), void *data)
{
	struct share_domain *domain;

	mutex_lock(&shares->lock);
	domain = find_domain(shares, id);
	if (domain) {
		if (cpumask_empty(&domain->members) && first)
			first(data, domain);
		pause_members(shares, domain);
		cpumask_set_cpu(smp_processor_id(), &domain->members);
		resume_members(shares, domain);
	}
	mutex_unlock(&shares->lock);
	return domain ? 0 : -ENOMEM;
}

void shares_leave(struct shares *shares)
{
	int number = smp_processor_id();
	struct share_domain *domain = per_cpu_ptr(shares->cpus, number)->domain;

	mutex_lock(&shares->lock);
	if (domain && cpumask_test_cpu(number, &domain->members)) {
		pause_members(shares, domain);
		cpumask_clear_cpu(number, &domain->members);
		resume_members(shares, domain);
	}
	mutex_unlock(&shares->lock);
}
