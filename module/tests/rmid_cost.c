// SPDX-License-Identifier: GPL-2.0
/*
 * rmid_cost.c - gives an RMID out and takes it back, for counting what that costs
 *
 * Owns the module rmid_cost_module. Loading it takes the time of many such pairs, and
 * of as many calls that do nothing; both are then read from its parameters.
 */
#define pr_fmt(fmt) "Memory Collector: rmid_cost: " fmt

#include <linux/irqflags.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/stringify.h>

#include "collector/rmid_allocator.h"

#define PAIRS 2000

static unsigned int rmids = 1;
module_param(rmids, uint, 0444);
MODULE_PARM_DESC(rmids, "RMIDs that there are, 1 to " __stringify(RMID_MAX) "; default 1");

static unsigned int pairs = PAIRS;
module_param(pairs, uint, 0444);
MODULE_PARM_DESC(pairs, "for reading only: pairs of calls that the times are for");

static u64 pairs_ns;
module_param(pairs_ns, ullong, 0444);
MODULE_PARM_DESC(pairs_ns, "for reading only: time to give out and take back");

static u64 empty_ns;
module_param(empty_ns, ullong, 0444);
MODULE_PARM_DESC(empty_ns, "for reading only: time for calls that do nothing");

static struct rmid_allocator allocator;

/*
 * An operation takes what rmid_allocator_get() and _put() take, and the one that does
 * nothing keeps the compiler from seeing that.
 */
struct pair {
	int (*get)(struct rmid_allocator *allocator, const struct rmid_owner *owner,
		   struct rmid_grant *grant);
	int (*put)(struct rmid_allocator *allocator, const struct rmid_grant *grant);
};

static noinline int empty_get(struct rmid_allocator *unused, const struct rmid_owner *owner,
			      struct rmid_grant *grant)
{
	barrier();
	return 0;
}

static noinline int empty_put(struct rmid_allocator *unused, const struct rmid_grant *grant)
{
	barrier();
	return 0;
}

/* Return: 0, or the first error. Interrupts are off, so that only the calls are counted. */
static int take_time(const struct pair *pair, unsigned int count, u64 *time_ns)
{
	static const struct rmid_owner owner = {.tgid = 1, .comm = "rmid_cost"};
	struct rmid_grant grant = {};
	unsigned long flags;
	unsigned int i;
	int err = 0;

	local_irq_save(flags);
	*time_ns = ktime_get_ns();
	for (i = 0; i < count && !err; i++)
		err = pair->get(&allocator, &owner, &grant) ?: pair->put(&allocator, &grant);
	*time_ns = ktime_get_ns() - *time_ns;
	local_irq_restore(flags);
	return err;
}

/* Half of all RMIDs stay out, so that there are used ones as well as free ones. */
static int take_half(void)
{
	static const struct rmid_owner owner = {.tgid = 2, .comm = "rmid_cost"};
	struct rmid_grant grant;
	unsigned int i;
	int err = 0;

	for (i = 0; i < rmids / 2 && !err; i++)
		err = rmid_allocator_get(&allocator, &owner, &grant);
	return err;
}

/* Once through all RMIDs before, so that each has had an owner. */
static int run(void)
{
	static const struct pair empty = {.get = empty_get, .put = empty_put};
	static const struct pair real = {.get = rmid_allocator_get, .put = rmid_allocator_put};
	u64 unused;

	return take_half() ?: take_time(&real, rmids, &unused) ?:
	       take_time(&real, PAIRS, &pairs_ns) ?: take_time(&empty, PAIRS, &empty_ns);
}

static int __init rmid_cost_init(void)
{
	static const struct rmid_allocator_events events;
	static const struct rmid_policy at_once;
	int err = rmid_allocator_init(&allocator, rmids, &at_once, &events);

	if (!err)
		err = run();
	if (err)
		pr_err("rmids=%u: error %d; 1 to %u are possible\n", rmids, err, RMID_MAX);
	rmid_allocator_destroy(&allocator);
	return err;
}

static void __exit rmid_cost_exit(void)
{
}

module_init(rmid_cost_init);
module_exit(rmid_cost_exit);
MODULE_DESCRIPTION("Memory Collector: counting the cost of an RMID");
MODULE_LICENSE("GPL");
