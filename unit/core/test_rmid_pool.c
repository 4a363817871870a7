// SPDX-License-Identifier: GPL-2.0
/*
 * test_rmid_pool.c - the RMID pool against tables, and against a naive model
 *
 * The model has no queues: it looks at all RMIDs for every answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/rmid_pool.h"

#define ROWS(rows) (sizeof(rows) / sizeof((rows)[0]))
#define MS 1000000ULL
#define SECOND 1000000000ULL

static const struct rmid_policy by_time = {.min_free_ns = 2 * MS};
static const struct rmid_policy by_occupancy = {
	.min_free_ns = 2 * MS,
	.by_occupancy = true,
	.clean_bytes = 65536,
};

static struct rmid_pool *new_pool(u32 max_rmid, const struct rmid_policy *policy)
{
	struct rmid_pool *pool = calloc(1, sizeof(*pool));
	struct rmid_info *infos = malloc(rmid_pool_bytes(max_rmid));

	assert_non_null(pool);
	assert_non_null(infos);
	assert_int_equal(rmid_pool_init(pool, infos, max_rmid, policy), 0);
	return pool;
}

static void delete_pool(struct rmid_pool *pool)
{
	free(pool->infos);
	free(pool);
}

static struct rmid_owner owner(s32 tgid)
{
	struct rmid_owner owner = {.tgid = tgid};

	snprintf(owner.comm, sizeof(owner.comm), "process-%d", tgid % 100000);
	return owner;
}

static int alloc(struct rmid_pool *pool, s32 tgid, u64 now_ns, struct rmid_grant *grant)
{
	struct rmid_owner who = owner(tgid);

	return rmid_pool_alloc(pool, &who, now_ns, grant);
}

static void initialisation(void **state)
{
	static const struct {
		bool memory;
		u32 max_rmid;
		int ret;
	} rows[] = {
		{true, 1, 0},
		{true, 7, 0},
		{true, RMID_MAX, 0},
		{false, 7, -EINVAL},
		{true, 0, -EINVAL},
		{true, RMID_MAX + 1, -EINVAL},
		{true, U32_MAX, -EINVAL},
	};
	struct rmid_info *infos = malloc(rmid_pool_bytes(RMID_MAX));

	assert_non_null(infos);
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct rmid_pool pool = {.max_rmid = 77};
		u32 given = 0;
		struct rmid_grant grant;

		assert_int_equal(rmid_pool_init(&pool, rows[i].memory ? infos : NULL,
						rows[i].max_rmid, &by_time),
				 rows[i].ret);
		if (rows[i].ret) {
			assert_int_equal(pool.max_rmid, 77);
			continue;
		}
		while (!alloc(&pool, 1, 0, &grant))
			assert_int_equal(grant.rmid, ++given);
		assert_int_equal(given, rows[i].max_rmid);
	}
	free(infos);
}

static void three_answers(void **state)
{
	struct rmid_pool *pool = new_pool(2, &by_time);
	struct rmid_grant first, second, third = {77, 77};

	assert_int_equal(alloc(pool, 10, 5 * MS, &first), 0);
	assert_int_equal(alloc(pool, 11, 5 * MS, &second), 0);
	assert_int_equal(alloc(pool, 12, 5 * MS, &third), -ENOSPC);
	assert_int_equal(rmid_pool_free(pool, &first, 6 * MS), 0);
	assert_int_equal(alloc(pool, 12, 8 * MS - 1, &third), -EBUSY);
	assert_int_equal(third.rmid, 77);
	assert_int_equal(alloc(pool, 12, 8 * MS, &third), 0);
	assert_int_equal(third.rmid, first.rmid);
	assert_int_not_equal(third.generation, first.generation);
	assert_int_equal(pool->counters.granted, 3);
	assert_int_equal(pool->counters.later, 1);
	assert_int_equal(pool->counters.never, 1);
	assert_int_equal(pool->counters.freed, 1);
	assert_int_equal(pool->used, 2);
	delete_pool(pool);
}

/* What the earlier design did: a child frees its parent's RMID, the parent again */
static void refused_frees(void **state)
{
	struct rmid_pool *pool = new_pool(7, &by_time);
	struct rmid_grant grant, next;
	const struct rmid_grant wrong[] = {
		{0, 0}, {0, 1}, {8, 1}, {U32_MAX, 1}, {1, 0}, {1, 2}, {2, 0}, {2, 1},
	};
	static const int answers[] = {-EINVAL, -EINVAL, -EINVAL, -EINVAL,
				      -ESTALE, -ESTALE, -ESTALE, -ESTALE};

	assert_int_equal(alloc(pool, 10, 0, &grant), 0);
	for (size_t i = 0; i < ROWS(wrong); i++) {
		assert_int_equal(rmid_pool_free(pool, &wrong[i], MS), answers[i]);
		assert_int_equal(pool->counters.refused_frees, i + 1);
	}
	assert_int_equal(rmid_pool_free(pool, &grant, MS), 0);
	assert_int_equal(rmid_pool_free(pool, &grant, MS), -ESTALE);
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(alloc(pool, 11, 10 * MS, &next), 0);
	assert_int_equal(next.rmid, grant.rmid);
	assert_int_equal(rmid_pool_free(pool, &grant, 11 * MS), -ESTALE);
	assert_int_equal(pool->used, 7);
	delete_pool(pool);
}

static void info_and_names(void **state)
{
	struct rmid_pool *pool = new_pool(3, &by_time);
	struct rmid_owner renamed = {.tgid = 10, .comm = "after exec"};
	struct rmid_grant grant;
	const struct rmid_info *info;

	assert_null(rmid_pool_info(pool, 0));
	assert_null(rmid_pool_info(pool, 4));
	assert_int_equal(rmid_pool_info(pool, 3)->owner.tgid, 0);
	assert_int_equal(alloc(pool, 10, 5, &grant), 0);
	info = rmid_pool_info(pool, grant.rmid);
	assert_int_equal(info->owner.tgid, 10);
	assert_string_equal(info->owner.comm, "process-10");
	assert_int_equal(info->given_ns, 5);
	assert_int_equal(info->state, RMID_USED);
	assert_int_equal(rmid_pool_rename(pool, &grant, &renamed), 0);
	assert_string_equal(info->owner.comm, "after exec");
	assert_int_equal(rmid_pool_free(pool, &grant, 9), 0);
	assert_int_equal(info->freed_ns, 9);
	assert_int_equal(info->state, RMID_LIMBO);
	assert_int_equal(info->owner.tgid, 10);
	assert_int_equal(rmid_pool_rename(pool, &grant, &renamed), -ESTALE);
	assert_int_equal(pool->counters.refused_frees, 0);
	delete_pool(pool);
}

/* One RMID, given back at 0; what a check at some time makes of a reading */
static void occupancy_decides(void **state)
{
	static const struct {
		u64 at_ns;
		struct rdt_reading reading;
		bool leaves;
		u64 unreadable, stuck;
	} rows[] = {
		{2 * MS, {RDT_VALUE, 0, false}, true, 0, 0},
		{2 * MS, {RDT_VALUE, 65536, false}, true, 0, 0},
		{2 * MS, {RDT_VALUE, 65537, false}, false, 0, 0},
		{2 * MS - 1, {RDT_VALUE, 0, false}, false, 0, 0},
		{2 * MS, {RDT_UNAVAILABLE, 0, false}, false, 1, 0},
		{2 * MS, {RDT_ERROR, 0, false}, false, 1, 0},
		{2 * MS, {RDT_NOT_SUPPORTED, 0, false}, false, 1, 0},
		{SECOND - 1, {RDT_VALUE, 65537, false}, false, 0, 0},
		{SECOND, {RDT_VALUE, 65537, false}, false, 0, 1},
		{SECOND, {RDT_ERROR, 0, false}, false, 1, 1},
		{SECOND, {RDT_VALUE, 1, false}, true, 0, 0},
		{100 * SECOND, {RDT_UNAVAILABLE, 0, false}, false, 1, 1},
	};
	static const struct rdt_reading clean = {.state = RDT_VALUE};

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct rmid_pool *pool = new_pool(1, &by_occupancy);
		struct rmid_grant grant;

		assert_false(rmid_pool_check(pool, 1, 100 * SECOND, &clean));
		assert_int_equal(alloc(pool, 10, 0, &grant), 0);
		assert_false(rmid_pool_check(pool, 1, 100 * SECOND, &clean));
		assert_int_equal(rmid_pool_free(pool, &grant, 0), 0);
		assert_int_equal(rmid_pool_settle(pool, 100 * SECOND), 0);
		assert_true(rmid_pool_due_ns(pool) == U64_MAX);
		assert_int_equal(rmid_pool_check(pool, 1, rows[i].at_ns, &rows[i].reading),
				 rows[i].leaves);
		assert_int_equal(pool->counters.unreadable, rows[i].unreadable);
		assert_int_equal(pool->counters.stuck, rows[i].stuck);
		assert_int_equal(pool->counters.stuck_now, rows[i].stuck);
		assert_int_equal(alloc(pool, 11, 100 * SECOND, &grant),
				 rows[i].leaves ? 0 : -EBUSY);

		/* Stuck is counted once for a stay, and over once it leaves. */
		if (!rows[i].leaves) {
			rmid_pool_check(pool, 1, rows[i].at_ns, &rows[i].reading);
			assert_int_equal(pool->counters.stuck, rows[i].stuck);
			assert_true(rmid_pool_check(pool, 1, 100 * SECOND, &clean));
			assert_int_equal(pool->counters.stuck_now, 0);
		}
		delete_pool(pool);
	}
}

/* Nobody can read occupancy any more. */
static void time_decides_instead(void **state)
{
	struct rmid_pool *pool = new_pool(1, &by_occupancy);
	struct rmid_grant grant;

	assert_int_equal(alloc(pool, 10, 0, &grant), 0);
	assert_int_equal(rmid_pool_free(pool, &grant, MS), 0);
	assert_int_equal(alloc(pool, 10, SECOND, &grant), -EBUSY);
	rmid_pool_by_time(pool);
	assert_true(rmid_pool_due_ns(pool) == 3 * MS);
	assert_int_equal(rmid_pool_settle(pool, 3 * MS - 1), 0);
	assert_int_equal(rmid_pool_settle(pool, 3 * MS), 1);
	assert_int_equal(alloc(pool, 10, SECOND, &grant), 0);
	delete_pool(pool);
}

static void checks_out_of_range(void **state)
{
	static const struct rdt_reading clean = {.state = RDT_VALUE};
	struct rmid_pool *pool = new_pool(3, &by_occupancy);

	assert_false(rmid_pool_check(pool, 0, SECOND, &clean));
	assert_false(rmid_pool_check(pool, 4, SECOND, &clean));
	assert_false(rmid_pool_check(pool, U32_MAX, SECOND, &clean));
	assert_int_equal(pool->free.count, 3);
	delete_pool(pool);
}

/* Time that runs backwards lets nothing go. */
static void time_runs_backwards(void **state)
{
	struct rmid_pool *pool = new_pool(1, &by_time);
	struct rmid_grant grant;

	assert_int_equal(alloc(pool, 10, SECOND, &grant), 0);
	assert_int_equal(rmid_pool_free(pool, &grant, SECOND), 0);
	assert_int_equal(alloc(pool, 10, SECOND - 10 * MS, &grant), -EBUSY);
	assert_int_equal(alloc(pool, 10, 0, &grant), -EBUSY);
	assert_int_equal(alloc(pool, 10, SECOND + 2 * MS, &grant), 0);
	delete_pool(pool);
}

#define MODEL_RMIDS 31
#define STEPS 1000000

/**
 * struct model - what the pool should say
 * @entered: when each RMID entered its queue, as a number that grows
 */
struct model {
	const struct rmid_policy *policy;
	enum rmid_state state[MODEL_RMIDS + 1];
	u64 entered[MODEL_RMIDS + 1];
	u64 freed_ns[MODEL_RMIDS + 1];
	bool stuck[MODEL_RMIDS + 1];
	struct rmid_grant grant[MODEL_RMIDS + 1];
	u64 clock;
};

static u64 random_state = 88172645463325252ULL;

static u64 random_below(u64 limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % limit;
}

static u32 oldest(const struct model *model, enum rmid_state state)
{
	u32 found = 0;

	for (u32 rmid = 1; rmid <= MODEL_RMIDS; rmid++)
		if (model->state[rmid] == state &&
		    (!found || model->entered[rmid] < model->entered[found]))
			found = rmid;
	return found;
}

static u32 count(const struct model *model, enum rmid_state state)
{
	u32 n = 0;

	for (u32 rmid = 1; rmid <= MODEL_RMIDS; rmid++)
		n += model->state[rmid] == state;
	return n;
}

static void enter(struct model *model, u32 rmid, enum rmid_state state)
{
	model->state[rmid] = state;
	model->entered[rmid] = ++model->clock;
	if (state == RMID_FREE)
		model->stuck[rmid] = false;
}

static u32 model_settle(struct model *model, u64 now_ns)
{
	u32 rmid = oldest(model, RMID_LIMBO);

	if (model->policy->by_occupancy || !rmid ||
	    now_ns - model->freed_ns[rmid] < model->policy->min_free_ns)
		return 0;
	enter(model, rmid, RMID_FREE);
	return rmid;
}

static void step_alloc(struct model *model, struct rmid_pool *pool, u64 now_ns)
{
	struct rmid_grant grant = {0, 0};
	u32 rmid;
	int ret;

	if (!oldest(model, RMID_FREE))
		model_settle(model, now_ns);
	rmid = oldest(model, RMID_FREE);
	ret = alloc(pool, 1 + random_below(1000), now_ns, &grant);
	if (!rmid) {
		assert_int_equal(ret, count(model, RMID_LIMBO) ? -EBUSY : -ENOSPC);
		return;
	}
	assert_int_equal(ret, 0);
	assert_int_equal(grant.rmid, rmid);
	assert_true(!model->freed_ns[rmid] ||
		    now_ns - model->freed_ns[rmid] >= model->policy->min_free_ns);
	assert_int_not_equal(grant.generation, model->grant[rmid].generation);
	model->grant[rmid] = grant;
	enter(model, rmid, RMID_USED);
}

/* Also those that are not used, with the grant they once had, and some out of range */
static void step_free(struct model *model, struct rmid_pool *pool, u64 now_ns)
{
	u32 rmid = random_below(MODEL_RMIDS + 3);
	struct rmid_grant grant = {rmid, 1};
	bool used;

	if (rmid <= MODEL_RMIDS && rmid)
		grant.generation = model->grant[rmid].generation;
	used = rmid && rmid <= MODEL_RMIDS && model->state[rmid] == RMID_USED;
	if (used && !random_below(8)) {
		grant.generation--;
		used = false;
	}
	assert_int_equal(!rmid_pool_free(pool, &grant, now_ns), used);
	if (used) {
		enter(model, rmid, RMID_LIMBO);
		model->freed_ns[rmid] = now_ns;
	}
}

static void step_check(struct model *model, struct rmid_pool *pool, u64 now_ns)
{
	struct rdt_reading reading = {.state = random_below(4)};
	u32 rmid = random_below(2) ? oldest(model, RMID_LIMBO) : random_below(MODEL_RMIDS + 2);
	u64 waited;
	bool ready, leaves;

	if (!model->policy->by_occupancy)
		return;
	if (reading.state == RDT_VALUE)
		reading.value = random_below(131072);
	waited = rmid && rmid <= MODEL_RMIDS ? now_ns - model->freed_ns[rmid] : 0;
	ready = rmid && rmid <= MODEL_RMIDS && model->state[rmid] == RMID_LIMBO &&
		waited >= model->policy->min_free_ns;
	leaves = ready && reading.state == RDT_VALUE && reading.value <= model->policy->clean_bytes;
	assert_int_equal(rmid_pool_check(pool, rmid, now_ns, &reading), leaves);
	if (leaves)
		enter(model, rmid, RMID_FREE);
	else if (ready && waited >= RMID_STUCK_NS)
		model->stuck[rmid] = true;
}

static void compare(const struct model *model, const struct rmid_pool *pool)
{
	u32 stuck = 0, rmid, in_limbo = 0;
	u64 entered = 0;

	for (u32 i = 1; i <= MODEL_RMIDS; i++) {
		assert_int_equal(rmid_pool_info(pool, i)->state, model->state[i]);
		assert_int_equal(rmid_pool_info(pool, i)->stuck, model->stuck[i]);
		stuck += model->stuck[i];
	}
	for (rmid = pool->limbo.first; rmid; rmid = pool->infos[rmid].next) {
		assert_true(model->entered[rmid] > entered);
		entered = model->entered[rmid];
		in_limbo++;
	}
	assert_int_equal(in_limbo, count(model, RMID_LIMBO));
	assert_int_equal(pool->limbo.count, in_limbo);
	assert_int_equal(pool->free.count, count(model, RMID_FREE));
	assert_int_equal(pool->used, count(model, RMID_USED));
	assert_int_equal(pool->counters.stuck_now, stuck);
	assert_int_equal(pool->counters.granted - pool->counters.freed, pool->used);
}

static void against_the_model(const struct rmid_policy *policy)
{
	struct rmid_pool *pool = new_pool(MODEL_RMIDS, policy);
	struct model model = {.policy = policy};
	u64 now_ns = 1;
	u32 rmid;
	bool due;

	for (rmid = 1; rmid <= MODEL_RMIDS; rmid++)
		enter(&model, rmid, RMID_FREE);
	for (u32 step = 0; step < STEPS / 2; step++) {
		/* Long pauses now and then, or nothing would ever be stuck. */
		now_ns += random_below(random_below(1000) ? MS / 2 : 2 * SECOND);
		switch (random_below(8)) {
		case 0 ... 2:
			step_alloc(&model, pool, now_ns);
			break;
		case 3 ... 4:
			/* Now and then nobody leaves, so that all are used in the end. */
			if (step / 256 % 2)
				step_free(&model, pool, now_ns);
			break;
		case 5 ... 6:
			step_check(&model, pool, now_ns);
			break;
		default:
			due = now_ns >= rmid_pool_due_ns(pool);
			rmid = model_settle(&model, now_ns);
			assert_int_equal(rmid_pool_settle(pool, now_ns), rmid);
			assert_int_equal(due, rmid != 0);
		}
		if (step % 16 == 0)
			compare(&model, pool);
	}
	assert_true(pool->counters.granted > STEPS / 100);
	assert_true(pool->counters.later && pool->counters.never);
	assert_true(!policy->by_occupancy || pool->counters.stuck);
	delete_pool(pool);
}

static void model_by_time(void **state)
{
	against_the_model(&by_time);
}

static void model_by_occupancy(void **state)
{
	against_the_model(&by_occupancy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(initialisation),      cmocka_unit_test(three_answers),
		cmocka_unit_test(refused_frees),       cmocka_unit_test(info_and_names),
		cmocka_unit_test(occupancy_decides),   cmocka_unit_test(time_decides_instead),
		cmocka_unit_test(checks_out_of_range), cmocka_unit_test(time_runs_backwards),
		cmocka_unit_test(model_by_time),       cmocka_unit_test(model_by_occupancy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
