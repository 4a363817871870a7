// SPDX-License-Identifier: GPL-2.0
/*
 * test_usage.c - samples of made-up processes, and the sums and lines they must give
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collector/usage.h"
#include "collector/usage_recent.h"

#define MS 1000000ULL
#define KEEP 16

static struct mc_event sample(uint64_t rmid, uint64_t generation, uint64_t domain, uint64_t tick,
			      uint64_t occupancy, uint64_t total)
{
	return (struct mc_event){
		.kind = MC_RDT_SAMPLE,
		.tgid = 100 + rmid,
		.rmid = rmid,
		.generation = generation,
		.domain = domain,
		.tick = tick,
		.boundary_ns = tick * MS,
		.time_ns = tick * MS,
		.occupancy_bytes = occupancy,
		.total_bytes = total,
		.local_bytes = total / 2,
	};
}

static void add(struct mc_usage *usage, struct mc_event event)
{
	mc_usage_event(usage, &event);
}

static void add_name(struct mc_usage *usage, enum mc_event_kind kind, uint64_t rmid,
		     uint64_t generation, const char *comm)
{
	struct mc_event event = {
		.kind = kind, .tgid = 100 + rmid, .rmid = rmid, .generation = generation};

	strcpy(event.comm, comm);
	mc_usage_event(usage, &event);
}

static struct mc_process_usage only_one(const struct mc_usage *usage)
{
	struct mc_process_usage *all, one;
	struct mc_failure failure;
	size_t n;

	all = mc_usage_processes(usage, &n, &failure);
	assert_non_null(all);
	assert_int_equal(n, 1);
	one = all[0];
	free(all);
	return one;
}

/* Traffic is what came between the samples; occupancy is of the moment. */
static void one_domain(void **state)
{
	struct mc_usage *usage = mc_usage_new(KEEP);
	struct mc_process_usage process;

	add_name(usage, MC_RMID_ALLOC, 1, 1, "first");
	add(usage, sample(1, 1, 0, 10, 1000, 5000));
	add(usage, sample(1, 1, 0, 11, 3000, 6000));
	add(usage, sample(1, 1, 0, 14, 2000, 9000));
	add_name(usage, MC_RMID_EXEC, 1, 1, "second");
	process = only_one(usage);
	assert_int_equal(process.tgid, 101);
	assert_string_equal(process.comm, "second");
	assert_int_equal(process.samples, 3);
	assert_int_equal(process.ticks, 5);
	assert_int_equal(process.span_ns, 4 * MS);
	assert_int_equal(process.total_bytes, 4000);
	assert_int_equal(process.local_bytes, 2000);
	assert_int_equal(process.occupancy_max, 3000);
	/* 1000 for 1 ms, 3000 for 3 ms */
	assert_true(process.occupancy_mean == 2500);
	assert_int_equal(mc_usage_unknown(usage), 0);
	mc_usage_free(usage);
}

static void two_domains(void **state)
{
	struct mc_usage *usage = mc_usage_new(KEEP);
	struct mc_process_usage process;

	add_name(usage, MC_RMID_EXISTING, 1, 1, "both");
	add(usage, sample(1, 1, 0, 10, 100, 0));
	add(usage, sample(1, 1, 3, 10, 200, 0));
	add(usage, sample(1, 1, 0, 11, 50, 10));
	add(usage, sample(1, 1, 3, 11, 0, 20));
	process = only_one(usage);
	assert_int_equal(process.samples, 4);
	assert_int_equal(process.ticks, 4);
	assert_int_equal(process.total_bytes, 30);
	/* 100, 300, 250, 50: the sums of the latest values; 300 held for all of the time */
	assert_int_equal(process.occupancy_max, 300);
	assert_true(process.occupancy_mean == 300);
	mc_usage_free(usage);
}

/* However many samples said it, and whichever domain was silent: time counts. */
static void means(void **state)
{
	static const struct {
		double mean;
		struct {
			uint64_t domain, tick, occupancy;
		} sample[6];
	} rows[] = {
		{7, {{0, 10, 7}}},
		{7, {{0, 10, 7}, {0, 20, 0}}},
		/* Said four times what was so for a tenth of the time */
		{90, {{0, 10, 0}, {0, 11, 100}, {0, 20, 100}}},
		{10, {{0, 10, 100}, {0, 11, 0}, {0, 12, 0}, {0, 13, 0}, {0, 14, 0}, {0, 20, 0}}},
		/* The other domain has changed once, and holds to the end. */
		{5 + 80, {{0, 10, 10}, {1, 12, 100}, {0, 15, 0}, {0, 20, 0}}},
		{50, {{0, 10, 100}, {1, 10, 0}, {0, 15, 0}, {1, 20, 0}}},
		/* A domain that begins late had nothing before. */
		{1, {{0, 10, 0}, {1, 19, 10}, {0, 20, 0}}},
	};
	size_t i, j;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mc_usage *usage = mc_usage_new(KEEP);
		double mean;

		for (j = 0; j < 6 && rows[i].sample[j].tick; j++)
			add(usage, sample(1, 1, rows[i].sample[j].domain, rows[i].sample[j].tick,
					  rows[i].sample[j].occupancy, 0));
		mean = only_one(usage).occupancy_mean;
		if (mean < rows[i].mean - 1e-9 || mean > rows[i].mean + 1e-9)
			fail_msg("row %zu: %g", i, mean);
		mc_usage_free(usage);
	}
}

static void states(void **state)
{
	struct mc_usage *usage = mc_usage_new(KEEP);
	struct mc_event event = sample(1, 1, 0, 10, 0, 0);
	struct mc_process_usage process;

	event.total_state = MC_UNAVAILABLE;
	event.local_state = MC_ERROR;
	event.gaps = 1;
	add(usage, event);
	process = only_one(usage);
	assert_int_equal(process.unread, 2);
	assert_int_equal(process.gaps, 1);
	assert_int_equal(process.span_ns, 0);
	/* Nobody was given it. */
	assert_int_equal(mc_usage_unknown(usage), 1);
	mc_usage_free(usage);
}

/* The next owner of an RMID is somebody else; who had no sample is not there. */
static void owners(void **state)
{
	struct mc_usage *usage = mc_usage_new(KEEP);
	struct mc_process_usage *all;
	struct mc_failure failure;
	size_t n;

	add_name(usage, MC_RMID_ALLOC, 1, 1, "little");
	add(usage, sample(1, 1, 0, 10, 1, 0));
	add(usage, sample(1, 1, 0, 11, 1, 10));
	add_name(usage, MC_RMID_FREE, 1, 1, "little");
	add_name(usage, MC_RMID_ALLOC, 1, 2, "much");
	add(usage, sample(1, 2, 0, 20, 1, 0));
	add(usage, sample(1, 2, 0, 21, 1, 99));
	add_name(usage, MC_RMID_ALLOC, 2, 1, "asleep");
	/* A domain beyond all bounds is no sample. */
	add(usage, sample(2, 1, MC_USAGE_DOMAINS, 20, 1, 0));
	all = mc_usage_processes(usage, &n, &failure);
	assert_non_null(all);
	assert_int_equal(n, 2);
	assert_string_equal(all[0].comm, "much");
	assert_string_equal(all[1].comm, "little");
	assert_int_equal(all[0].total_bytes, 99);
	free(all);
	mc_usage_free(usage);
}

/* Its id may be somebody else's, but only once it has ended. */
static void ended(void **state)
{
	struct mc_usage *usage = mc_usage_new(KEEP);

	add_name(usage, MC_RMID_ALLOC, 1, 1, "name");
	add(usage, sample(1, 1, 0, 10, 1, 0));
	assert_false(only_one(usage).ended);
	add_name(usage, MC_RMID_FREE, 1, 1, "name");
	/* What it used after its last sample may come later. */
	add(usage, sample(1, 1, 0, 11, 1, 5));
	assert_true(only_one(usage).ended);
	assert_int_equal(only_one(usage).total_bytes, 5);
	mc_usage_free(usage);
}

#define RMIDS 8
#define LIVES 100000

/* Very many processes on eight RMIDs: the largest are kept, and all are in the sums. */
static void many(void **state)
{
	struct mc_usage *usage = mc_usage_new(KEEP);
	uint64_t all_bytes = 0, all_samples = 0, life, i;
	struct mc_usage_others others;
	struct mc_process_usage *all;
	struct mc_failure failure;
	size_t n, most = 0;

	for (life = 1; life <= LIVES; life++) {
		uint64_t rmid = 1 + life % RMIDS, generation = 1 + life / RMIDS;
		/* Large ones at the begin, in the middle and at the end */
		uint64_t bytes = life % 10000 == 7 ? 1000000 + life : life % 100;

		add_name(usage, MC_RMID_ALLOC, rmid, generation, "name");
		add(usage, sample(rmid, generation, 0, life * 100, 1, 0));
		add(usage, sample(rmid, generation, 0, life * 100 + 50, 1, bytes));
		add_name(usage, MC_RMID_FREE, rmid, generation, "name");
		if (mc_usage_entries(usage) > most)
			most = mc_usage_entries(usage);
	}
	/* Those of the last second cannot be folded yet: here ten, and one per RMID. */
	assert_in_range(most, KEEP, 2 * KEEP + RMIDS + 11);
	all = mc_usage_processes(usage, &n, &failure);
	assert_non_null(all);
	others = mc_usage_others(usage);
	for (i = 0; i < n; i++) {
		all_bytes += all[i].total_bytes;
		all_samples += all[i].samples;
	}
	for (i = 0; i < LIVES / 10000; i++)
		assert_true(all[i].total_bytes > 1000000);
	assert_true(others.n + n == LIVES);
	assert_true(all_samples + others.samples == 2 * LIVES);
	for (life = 1; life <= LIVES; life++)
		all_bytes -= life % 10000 == 7 ? 1000000 + life : life % 100;
	assert_true(all_bytes + others.total_bytes == 0);
	assert_int_equal(mc_usage_unknown(usage), 0);
	free(all);
	mc_usage_free(usage);
}

/* Samples of nobody are still told of where they are in the sums only. */
static void many_unknown(void **state)
{
	struct mc_usage *usage = mc_usage_new(KEEP);
	uint64_t life;

	for (life = 1; life <= 1000; life++)
		add(usage, sample(1, life, 0, life * 2000, 1, life));
	assert_true(mc_usage_entries(usage) < 1000);
	assert_int_equal(mc_usage_unknown(usage), 1000);
	mc_usage_free(usage);
}

/* Nobody's end is far enough in the past: each of them is kept, and found again. */
static void many_at_a_time(void **state)
{
	struct mc_usage *usage = mc_usage_new(KEEP);
	struct mc_process_usage *all;
	struct mc_failure failure;
	uint64_t rmid;
	size_t n;

	for (rmid = 1; rmid <= 5000; rmid++) {
		add_name(usage, MC_RMID_ALLOC, rmid, 1, "name");
		add(usage, sample(rmid, 1, 0, rmid, 1, 0));
	}
	for (rmid = 1; rmid <= 5000; rmid++)
		add(usage, sample(rmid, 1, 0, 5000 + rmid, 1, rmid));
	all = mc_usage_processes(usage, &n, &failure);
	assert_int_equal(n, 5000);
	assert_int_equal(all[0].total_bytes, 5000);
	assert_int_equal(all[4999].total_bytes, 1);
	assert_int_equal(mc_usage_others(usage).n, 0);
	free(all);
	mc_usage_free(usage);
}

/* The last seconds only, and the millisecond that @from is in counts as a whole. */
static void recent(void **state)
{
	static struct mc_recent recent;
	uint64_t ms;

	assert_int_equal(mc_recent_since(&recent, 0), 0);
	for (ms = 1; ms <= 20000; ms++) {
		mc_recent_add(&recent, ms * MS);
		mc_recent_add(&recent, ms * MS + MS - 1);
	}
	assert_int_equal(mc_recent_since(&recent, 20001 * MS), 0);
	assert_int_equal(mc_recent_since(&recent, 20000 * MS + 1), 2);
	assert_int_equal(mc_recent_since(&recent, 19001 * MS), 2000);
	assert_int_equal(mc_recent_since(&recent, 0), 2 * MC_RECENT_MS);
	/* Too late to count, and it takes nobody's place */
	mc_recent_add(&recent, 5 * MS);
	assert_int_equal(mc_recent_since(&recent, 0), 2 * MC_RECENT_MS);
	/* Nothing for a long time: what was before is still older. */
	mc_recent_add(&recent, 50000 * MS);
	assert_int_equal(mc_recent_since(&recent, 50000 * MS), 1);
}

static void table(void **state)
{
	static const struct mc_usage_others others = {
		.n = 1234, .samples = 5678, .total_bytes = 9100000, .with_gaps = 1};
	static const struct mc_process_usage process[] = {
		{.tgid = 7,
		 .rmid = 3,
		 .comm = "good\x1b",
		 .samples = 12345,
		 .occupancy_mean = 2048,
		 .occupancy_max = 4096,
		 .total_bytes = 3000000,
		 .local_bytes = 1000000,
		 .span_ns = 2000 * MS},
		{.tgid = 8, .samples = 1, .gaps = 1},
		{.tgid = 9},
	};
	static const char expected[] =
		"SIMULATED: the processes are real, cache and bandwidth figures are rdt_sim's\n"
		"\n"
		"                                             - cache, KiB -     -- memory, MB/s --\n"
		" process  name              RMID   samples       mean        max     total     local\n"
		"       7  good?                3    12,345        2.0        4.0       1.5       0.5\n"
		"       8  (unknown)            0         1        0.0        0.0       0.0       0.0"
		"  gaps\n"
		"          and 1 more with less traffic\n"
		"          and 1,234 others that ended: 5,678 samples, 9.1 MB  gaps\n";
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	mc_usage_print(process, 3, &others, 2, true, to);
	fclose(to);
	assert_string_equal(text, expected);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_domain),	  cmocka_unit_test(two_domains),
		cmocka_unit_test(means),	  cmocka_unit_test(ended),
		cmocka_unit_test(many),		  cmocka_unit_test(many_unknown),
		cmocka_unit_test(many_at_a_time), cmocka_unit_test(states),
		cmocka_unit_test(owners),	  cmocka_unit_test(table),
		cmocka_unit_test(recent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
