// SPDX-License-Identifier: GPL-2.0
/*
 * rmid_allocator_test.c - tests of rmid_allocator in a kernel
 *
 * Owns the module rmid_allocator_test_module. What the pool answers to whom is tested
 * by the million outside the kernel; here is what the kernel adds: memory, clock,
 * callbacks, interrupt context, and all CPUs at once.
 */
#define pr_fmt(fmt) "Memory Collector: " fmt

#include <linux/atomic.h>
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/smp.h>

#include "collector/rmid_allocator.h"
#include "tests/ktap.h"

#define MIN_FREE_NS 2000000ULL
#define STORM_RMIDS 15
#define STORM_ROUNDS 20000

static struct rmid_allocator allocator;
static const struct rmid_policy by_time = {.min_free_ns = MIN_FREE_NS};
/* So long that no machine stands still for it */
static const struct rmid_policy long_rest = {.min_free_ns = 3600 * NSEC_PER_SEC};
static const struct rmid_policy by_occupancy = {
	.min_free_ns = MIN_FREE_NS,
	.by_occupancy = true,
	.clean_bytes = 65536,
};

static struct {
	u32 given, freed, renamed, existing;
	u32 last_rmid;
	struct rmid_info last;
} seen;

static void see(u32 *count, u32 rmid, const struct rmid_info *info)
{
	(*count)++;
	seen.last_rmid = rmid;
	seen.last = *info;
}

static void see_given(u32 rmid, const struct rmid_info *info)
{
	see(&seen.given, rmid, info);
}

static void see_freed(u32 rmid, const struct rmid_info *info)
{
	see(&seen.freed, rmid, info);
}

static void see_renamed(u32 rmid, const struct rmid_info *info)
{
	see(&seen.renamed, rmid, info);
}

static void see_existing(u32 rmid, const struct rmid_info *info)
{
	see(&seen.existing, rmid, info);
}

static const struct rmid_allocator_events seeing = {
	.given = see_given,
	.freed = see_freed,
	.renamed = see_renamed,
	.existing = see_existing,
};

static bool start(struct ktap *ktap, u32 max_rmid, const struct rmid_policy *policy)
{
	int err = rmid_allocator_init(&allocator, max_rmid, policy, &seeing);

	memset(&seen, 0, sizeof(seen));
	return KTAP_EXPECT(ktap, !err, "error %d", err);
}

static void initialisation(struct ktap *ktap)
{
	static const struct {
		u32 max_rmid;
		int answer;
	} rows[] = {{0, -EINVAL}, {RMID_MAX + 1, -EINVAL}, {U32_MAX, -EINVAL}, {1, 0}, {223, 0},
		    {RMID_MAX, 0}};
	struct rmid_status status;
	size_t i;
	int err;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		err = rmid_allocator_init(&allocator, rows[i].max_rmid, &by_time, &seeing);
		KTAP_EXPECT(ktap, err == rows[i].answer, "%u: %d", rows[i].max_rmid, err);
		if (!err) {
			status = rmid_allocator_status(&allocator);
			KTAP_EXPECT(ktap, status.free == rows[i].max_rmid && !status.used,
				    "%u free, %u used", status.free, status.used);
		}
		rmid_allocator_destroy(&allocator);
		KTAP_EXPECT(ktap, !allocator.infos && !allocator.views && !allocator.active,
			    "memory kept");
		rmid_allocator_destroy(&allocator);
	}
}

static void allocation_and_exhaustion(struct ktap *ktap)
{
	struct rmid_owner owner = {.tgid = 100, .comm = "owner"};
	struct rmid_grant grant, more = {};
	struct rmid_view view;
	u32 i;
	int err;

	if (!start(ktap, 7, &long_rest))
		return;
	for (i = 1; i <= 7; i++) {
		owner.tgid = 100 + i;
		err = rmid_allocator_get(&allocator, &owner, &grant);
		KTAP_EXPECT(ktap, !err && grant.rmid == i, "%u: %d, RMID %u", i, err, grant.rmid);
		view = rmid_allocator_view(&allocator, i);
		KTAP_EXPECT(ktap, view.state == RMID_USED && view.tgid == 100 + i, "%d of %d",
			    view.state, view.tgid);
		KTAP_EXPECT(ktap, view.generation == grant.generation, "%u", view.generation);
	}
	err = rmid_allocator_get(&allocator, &owner, &more);
	KTAP_EXPECT(ktap, err == -ENOSPC && !more.rmid, "%d", err);
	KTAP_EXPECT(ktap, !rmid_allocator_put(&allocator, &grant), "refused");
	err = rmid_allocator_get(&allocator, &owner, &more);
	KTAP_EXPECT(ktap, err == -EBUSY && !more.rmid, "%d", err);
	KTAP_EXPECT(ktap, seen.given == 7 && seen.freed == 1, "%u, %u", seen.given, seen.freed);
	rmid_allocator_destroy(&allocator);
}

static void freeing_and_minimum_free_time(struct ktap *ktap)
{
	static const struct rmid_grant wrong[] = {{0, 1}, {2, 1}, {1, 77}, {U32_MAX, 1}};
	struct rmid_owner owner = {.tgid = 100, .comm = "owner"};
	struct rmid_grant grant;
	u64 freed_ns;
	size_t i;
	int err;

	if (!start(ktap, 1, &by_time))
		return;
	KTAP_EXPECT(ktap, !rmid_allocator_get(&allocator, &owner, &grant), "refused");
	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		KTAP_EXPECT(ktap, rmid_allocator_put(&allocator, &wrong[i]) < 0, "%zu taken", i);
	KTAP_EXPECT(ktap, !rmid_allocator_put(&allocator, &grant), "refused");
	KTAP_EXPECT(ktap, rmid_allocator_put(&allocator, &grant) == -ESTALE, "taken twice");
	freed_ns = seen.last.freed_ns;
	do {
		err = rmid_allocator_get(&allocator, &owner, &grant);
	} while (err == -EBUSY && ktime_get_ns() < freed_ns + NSEC_PER_SEC);
	KTAP_EXPECT(ktap, !err, "%d", err);
	KTAP_EXPECT(ktap, seen.last.given_ns - freed_ns >= MIN_FREE_NS, "after %llu ns",
		    seen.last.given_ns - freed_ns);
	err = rmid_allocator_status(&allocator).counters.refused_frees;
	KTAP_EXPECT(ktap, err == 5, "%d refused", err);
	rmid_allocator_destroy(&allocator);
}

static void give_and_take(struct ktap *ktap, u32 count)
{
	struct rmid_owner owner = {.tgid = 100, .comm = "owner"};
	struct rmid_grant grant;

	while (count--) {
		KTAP_EXPECT(ktap, !rmid_allocator_get(&allocator, &owner, &grant), "refused");
		KTAP_EXPECT(ktap, !rmid_allocator_put(&allocator, &grant), "refused");
	}
}

/* Without anybody who asks for one, the RMIDs that have rested are seen to be free. */
static void time_ends_limbo(struct ktap *ktap)
{
	struct rmid_status status;
	u32 rmid;

	if (!start(ktap, 3, &by_time))
		return;
	give_and_take(ktap, 3);
	usleep_range(3000, 4000);
	rmid_allocator_settle(&allocator, ktime_get_ns());
	status = rmid_allocator_status(&allocator);
	KTAP_EXPECT(ktap, status.free == 3 && !status.limbo, "%u free, %u in limbo", status.free,
		    status.limbo);
	for (rmid = 1; rmid <= 3; rmid++)
		KTAP_EXPECT(ktap,
			    rmid_allocator_view(&allocator, rmid).state == RMID_FREE &&
				    !test_bit(rmid, allocator.active),
			    "RMID %u is not", rmid);
	rmid_allocator_destroy(&allocator);

	if (!start(ktap, 3, &long_rest))
		return;
	give_and_take(ktap, 3);
	rmid_allocator_settle(&allocator, ktime_get_ns());
	status = rmid_allocator_status(&allocator);
	KTAP_EXPECT(ktap, status.limbo == 3, "%u in limbo", status.limbo);
	rmid_allocator_destroy(&allocator);
}

/* Those that take no lock are in the pool's counters, too. */
static void refusals_are_counted(struct ktap *ktap)
{
	struct rmid_owner owner = {.tgid = 100, .comm = "owner"};
	struct rmid_grant grant, more;
	struct rmid_status status;
	int err, i;

	if (!start(ktap, 1, &long_rest))
		return;
	KTAP_EXPECT(ktap, !rmid_allocator_get(&allocator, &owner, &grant), "refused");
	for (i = 0; i < 5; i++) {
		err = rmid_allocator_get(&allocator, &owner, &more);
		KTAP_EXPECT(ktap, err == -ENOSPC, "%d", err);
	}
	KTAP_EXPECT(ktap, !rmid_allocator_put(&allocator, &grant), "refused");
	for (i = 0; i < 3; i++) {
		err = rmid_allocator_get(&allocator, &owner, &more);
		KTAP_EXPECT(ktap, err == -EBUSY, "%d", err);
	}
	status = rmid_allocator_status(&allocator);
	KTAP_EXPECT(ktap, status.counters.never == 5 && status.counters.later == 3,
		    "%llu never, %llu later", status.counters.never, status.counters.later);
	rmid_allocator_destroy(&allocator);
}

static void limbo_by_occupancy(struct ktap *ktap)
{
	static const struct rdt_reading clean = {.state = RDT_VALUE, .value = 65536};
	static const struct rdt_reading dirty = {.state = RDT_VALUE, .value = 65537};
	static const struct rdt_reading none = {.state = RDT_UNAVAILABLE};
	struct rmid_owner owner = {.tgid = 100, .comm = "owner"};
	struct rmid_grant grant;
	u32 generation;

	if (!start(ktap, 1, &by_occupancy))
		return;
	KTAP_EXPECT(ktap, !rmid_allocator_get(&allocator, &owner, &grant), "refused");
	generation = grant.generation;
	KTAP_EXPECT(ktap, !rmid_allocator_put(&allocator, &grant), "refused");
	usleep_range(3000, 4000);
	KTAP_EXPECT(ktap, rmid_allocator_get(&allocator, &owner, &grant) == -EBUSY, "given");
	rmid_allocator_settle(&allocator, ktime_get_ns());
	KTAP_EXPECT(ktap, rmid_allocator_view(&allocator, 1).state == RMID_LIMBO, "not in limbo");
	KTAP_EXPECT(ktap, !rmid_allocator_check(&allocator, 1, generation, &dirty), "left");
	KTAP_EXPECT(ktap, !rmid_allocator_check(&allocator, 1, generation, &none), "left");
	KTAP_EXPECT(ktap, !rmid_allocator_check(&allocator, 1, generation + 1, &clean), "left");
	KTAP_EXPECT(ktap, rmid_allocator_check(&allocator, 1, generation, &clean), "stayed");
	KTAP_EXPECT(ktap, rmid_allocator_view(&allocator, 1).state == RMID_FREE, "not free");
	KTAP_EXPECT(ktap, !rmid_allocator_get(&allocator, &owner, &grant), "refused");

	/* Where nobody can read occupancy any more, RMIDs are not in limbo for ever. */
	KTAP_EXPECT(ktap, !rmid_allocator_put(&allocator, &grant), "refused");
	rmid_allocator_by_time(&allocator);
	usleep_range(3000, 4000);
	rmid_allocator_settle(&allocator, ktime_get_ns());
	KTAP_EXPECT(ktap, rmid_allocator_view(&allocator, 1).state == RMID_FREE, "not free");
	rmid_allocator_destroy(&allocator);
}

static void info_and_status(struct ktap *ktap)
{
	struct rmid_owner owner = {.tgid = 100, .comm = "before"};
	struct rmid_grant first, second;
	struct rmid_status status;
	struct rmid_info info;

	if (!start(ktap, 3, &by_time))
		return;
	KTAP_EXPECT(ktap, !rmid_allocator_get(&allocator, &owner, &first), "refused");
	KTAP_EXPECT(ktap, !rmid_allocator_get(&allocator, &owner, &second), "refused");
	strscpy(owner.comm, "after", sizeof(owner.comm));
	KTAP_EXPECT(ktap, !rmid_allocator_rename(&allocator, &first, &owner), "refused");
	KTAP_EXPECT(ktap, !rmid_allocator_put(&allocator, &second), "refused");
	KTAP_EXPECT(ktap, rmid_allocator_rename(&allocator, &second, &owner), "renamed");
	KTAP_EXPECT(ktap, rmid_allocator_info(&allocator, 0, &info) == -EINVAL, "known");
	KTAP_EXPECT(ktap, rmid_allocator_info(&allocator, 4, &info) == -EINVAL, "known");
	KTAP_EXPECT(ktap, !rmid_allocator_info(&allocator, first.rmid, &info), "unknown");
	KTAP_EXPECT(ktap, !strcmp(info.owner.comm, "after") && info.owner.tgid == 100, "%s",
		    info.owner.comm);
	status = rmid_allocator_status(&allocator);
	KTAP_EXPECT(ktap, status.free == 1 && status.used == 1 && status.limbo == 1, "%u %u %u",
		    status.free, status.used, status.limbo);
	rmid_allocator_dump(&allocator);
	KTAP_EXPECT(ktap, seen.existing == 1 && seen.last_rmid == first.rmid, "%u, RMID %u",
		    seen.existing, seen.last_rmid);
	KTAP_EXPECT(ktap, seen.renamed == 1, "%u", seen.renamed);
	rmid_allocator_destroy(&allocator);
}

static atomic_t owners[STORM_RMIDS + 1];
static atomic_t shared;
static atomic_t granted;

/* Context: hard interrupt. Takes what it gets, and gives it back at once. */
static void storm_round(void *unused)
{
	struct rmid_owner owner = {.tgid = 1 + smp_processor_id(), .comm = "storm"};
	struct rmid_grant grant;

	if (rmid_allocator_get(&allocator, &owner, &grant))
		return;
	if (atomic_inc_return(&owners[grant.rmid]) != 1)
		atomic_inc(&shared);
	atomic_inc(&granted);
	atomic_dec(&owners[grant.rmid]);
	if (rmid_allocator_put(&allocator, &grant))
		atomic_inc(&shared);
}

static void storm_on_all_cpus(struct ktap *ktap)
{
	static const struct rmid_policy at_once;
	struct rmid_status status;
	u32 i;

	if (!start(ktap, STORM_RMIDS, &at_once))
		return;
	atomic_set(&shared, 0);
	atomic_set(&granted, 0);
	for (i = 0; i < STORM_ROUNDS; i++) {
		on_each_cpu(storm_round, NULL, false);
		cond_resched();
	}
	on_each_cpu(storm_round, NULL, true);
	status = rmid_allocator_status(&allocator);
	KTAP_EXPECT(ktap, !atomic_read(&shared), "%d", atomic_read(&shared));
	KTAP_EXPECT(ktap, atomic_read(&granted) >= STORM_ROUNDS, "%d", atomic_read(&granted));
	KTAP_EXPECT(ktap, !status.used && status.free + status.limbo == STORM_RMIDS, "%u used",
		    status.used);
	KTAP_EXPECT(ktap, status.counters.granted == status.counters.freed, "%llu, %llu",
		    status.counters.granted, status.counters.freed);
	rmid_allocator_destroy(&allocator);
}

static const struct ktap_case cases[] = {
	{"initialisation_and_clean_up", initialisation},
	{"allocation_and_exhaustion", allocation_and_exhaustion},
	{"freeing_and_minimum_free_time", freeing_and_minimum_free_time},
	{"time_ends_limbo", time_ends_limbo},
	{"refusals_are_counted", refusals_are_counted},
	{"limbo_by_occupancy", limbo_by_occupancy},
	{"info_and_status", info_and_status},
	{"storm_on_all_cpus", storm_on_all_cpus},
};

static int failed = -1;
KTAP_FAILED_PARAMETER(failed);

static int __init rmid_allocator_test_init(void)
{
	failed = ktap_run(cases, ARRAY_SIZE(cases));
	return 0;
}

static void __exit rmid_allocator_test_exit(void)
{
}

module_init(rmid_allocator_test_init);
module_exit(rmid_allocator_test_exit);
MODULE_DESCRIPTION("Memory Collector: tests of the RMID allocator");
MODULE_LICENSE("GPL");
