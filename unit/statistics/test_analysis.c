// SPDX-License-Identifier: GPL-2.0
/*
 * test_analysis.c - the statistics are those of a naive model over all samples,
 * however the CPUs interleave; the sources are compared; broken streams are refused
 */
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "memory_collector/analysis.h"
#include "memory_collector/sizes.h"
#include "statistics/skew_window.h"

#define LENGTH 1000000LL
#define PHASE 7LL
#define MAX_CPUS 5
#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* Members that are not named here are zero. */
#define SAMPLE(t, d, e, m)                                           \
	{                                                            \
		.tick = t, .delta_ns = d, .entry_ns = e, .missed = m \
	}
#define TOTALS(c, s, m, o)                                     \
	{                                                      \
		.cpu = c, .started = s, .missed = m, .open = o \
	}

static const unsigned int cpu_numbers[MAX_CPUS] = {0, 1, 4, 9, 70};

static uint64_t random_state = 0x9e3779b97f4a7c15ULL;

static uint64_t random_u64(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static int64_t boundary(uint64_t tick)
{
	return PHASE + (int64_t)tick * LENGTH;
}

static struct mc_analysis_config config_of(unsigned int n_cpus, uint64_t k0, uint64_t k1)
{
	return (struct mc_analysis_config){
		.interval_ns = LENGTH,
		.phase_ns = PHASE,
		.k0 = k0,
		.k1 = k1,
		.n_cpus = n_cpus,
		.cpus = cpu_numbers,
	};
}

static struct mc_analysis *new_analysis(const struct mc_analysis_config *config)
{
	struct mc_failure failure = {0};
	struct mc_analysis *analysis = mc_analysis_new(config, &failure);

	if (!analysis)
		fail_msg("%s", failure.text);
	return analysis;
}

static void add(struct mc_analysis *analysis, unsigned int cpu, const struct mc_sample *sample)
{
	struct mc_failure failure = {0};

	if (mc_analysis_add(analysis, cpu, sample, &failure))
		fail_msg("%s", failure.text);
}

static void end_result(struct mc_ticks *result)
{
	free(result->delta_histogram.bucket);
	free(result->corrected_histogram.bucket);
	free(result->skew_histogram.bucket);
	free(result->slice);
	free(result->cpu);
	free(result->timeline.cpu_max);
	free(result);
}

/* Why the figures of the last analysis must not be used */
static char reason[MC_TEXT_MAX];

/* Free the analysis and return its result. */
static struct mc_ticks *finish(struct mc_analysis *analysis, const struct mc_totals *totals,
			       const uint64_t *lost, int64_t read_ns)
{
	struct mc_ticks *result = calloc(1, sizeof(*result));
	struct mc_failure failure = {0};

	assert_non_null(result);
	strcpy(reason, "not looked at");
	if (mc_analysis_settle(analysis, totals, lost, read_ns, &failure) ||
	    mc_analysis_finish(analysis, result, reason, sizeof(reason), &failure))
		fail_msg("%s", failure.text);
	mc_analysis_free(analysis);
	return result;
}

/*
 * A world: what all CPUs did, as the kernel does it, tick by tick, and all that
 * can be said of it by looking at every boundary.
 */
struct values {
	size_t n, room;
	int64_t *value;
};

struct world {
	unsigned int n_cpus;
	uint64_t k0, k1;
	int64_t read_ns;
	size_t n[MAX_CPUS];
	struct mc_sample *samples[MAX_CPUS];
	struct mc_totals totals[MAX_CPUS];
	uint64_t lost[MAX_CPUS];
	struct values delta, corrected, entry, skew, cpu_delta[MAX_CPUS], cpu_entry[MAX_CPUS];
	uint64_t incomplete;
	struct mc_spin spin;
	bool *away[MAX_CPUS]; /* [k1 - k0]; NULL: all CPUs stay */
};

static void push(struct values *values, int64_t value)
{
	if (values->n == values->room) {
		values->room = values->room ? 2 * values->room : 256;
		values->value = realloc(values->value, values->room * sizeof(*values->value));
		assert_non_null(values->value);
	}
	values->value[values->n++] = value;
}

static bool inside(const struct world *world, uint64_t tick)
{
	return tick >= world->k0 && tick < world->k1;
}

/* @stall: one tick of so many stalls for up to 300 intervals; 0: none does */
static int64_t random_delta(unsigned int stall)
{
	if (stall && random_u64() % stall == 0)
		return (int64_t)(random_u64() % (300 * LENGTH));
	if (random_u64() % 50 == 0)
		return (int64_t)(random_u64() % LENGTH);
	return (int64_t)(random_u64() % 20000);
}

static void model_sample(struct world *world, unsigned int cpu, const struct mc_sample *sample)
{
	int64_t start = boundary(sample->tick) + sample->delta_ns;

	if (inside(world, sample->tick)) {
		push(&world->delta, sample->delta_ns);
		push(&world->cpu_delta[cpu], sample->delta_ns);
		push(&world->corrected, sample->delta_ns);
		push(&world->entry, sample->entry_ns);
		push(&world->cpu_entry[cpu], sample->entry_ns);
		world->totals[cpu].started++;
		if (sample->entry_ns < 0) {
			uint64_t spun = (uint64_t)-sample->entry_ns;

			world->spin.ticks++;
			world->spin.total_ns += spun;
			world->spin.stolen_ns += sample->stolen_ns;
			world->totals[cpu].spin_ns += spun;
			world->totals[cpu].stolen_ns += sample->stolen_ns;
			if (spun > world->spin.max_ns)
				world->spin.max_ns = spun;
		}
	}
	for (uint64_t tick = sample->tick + 1; tick <= sample->tick + sample->missed; tick++) {
		if (!inside(world, tick))
			continue;
		push(&world->corrected, start - boundary(tick));
		world->totals[cpu].missed++;
	}
}

/* A CPU leaves, a boundary or two after its last tick, and comes back. */
static uint64_t model_absence(struct world *world, unsigned int cpu, uint64_t tick)
{
	uint64_t leaves = tick + random_u64() % 3, end = leaves + random_u64() % 150;

	for (; tick < end; tick++) {
		if (!inside(world, tick))
			continue;
		world->away[cpu][tick - world->k0] = true;
		if (tick < leaves) {
			world->totals[cpu].missed++;
			world->totals[cpu].left++;
		} else {
			world->totals[cpu].offline++;
		}
	}
	return end;
}

static void model_cpu(struct world *world, unsigned int cpu, uint64_t from, uint64_t to,
		      unsigned int stall)
{
	uint64_t tick = from + random_u64() % 10;

	world->totals[cpu].cpu = cpu_numbers[cpu];
	world->samples[cpu] = calloc(to - from, sizeof(*world->samples[cpu]));
	assert_non_null(world->samples[cpu]);
	while (tick < to) {
		struct mc_sample *sample = &world->samples[cpu][world->n[cpu]++];

		sample->tick = tick;
		sample->delta_ns = random_delta(stall);
		sample->entry_ns = random_u64() % 3 ? sample->delta_ns / 2
						    : -(int64_t)(random_u64() % 5000);
		sample->missed = (uint64_t)(sample->delta_ns / LENGTH);
		if (sample->entry_ns < 0)
			sample->stolen_ns = (uint64_t)(-sample->entry_ns / 3);
		model_sample(world, cpu, sample);
		tick += sample->missed + 1;
		if (world->away[cpu] && random_u64() % 200 == 0)
			tick = model_absence(world, cpu, tick);
	}
	for (; tick < world->k1; tick++) {
		if (!inside(world, tick))
			continue;
		push(&world->corrected, world->read_ns - boundary(tick));
		world->totals[cpu].open++;
	}
}

static void model_skew(struct world *world)
{
	size_t at[MAX_CPUS] = {0};

	for (uint64_t tick = world->k0; tick < world->k1; tick++) {
		int64_t min = INT64_MAX, max = INT64_MIN;
		unsigned int started = 0, online = 0;

		for (unsigned int cpu = 0; cpu < world->n_cpus; cpu++) {
			const struct mc_sample *sample;

			online += !world->away[cpu] || !world->away[cpu][tick - world->k0];

			while (at[cpu] < world->n[cpu] && world->samples[cpu][at[cpu]].tick < tick)
				at[cpu]++;
			sample = &world->samples[cpu][at[cpu]];
			if (at[cpu] == world->n[cpu] || sample->tick != tick)
				continue;
			started++;
			if (sample->delta_ns < min)
				min = sample->delta_ns;
			if (sample->delta_ns > max)
				max = sample->delta_ns;
		}
		if (online < 2)
			continue;
		if (started == online)
			push(&world->skew, max - min);
		else
			world->incomplete++;
	}
}

static struct world *new_moving_world(unsigned int n_cpus, uint64_t from, uint64_t k0, uint64_t k1,
				      uint64_t to, unsigned int stall, unsigned int movers)
{
	struct world *world = calloc(1, sizeof(*world));

	assert_non_null(world);
	for (unsigned int cpu = 0; cpu < movers; cpu++) {
		world->away[cpu] = calloc(k1 - k0, sizeof(*world->away[cpu]));
		assert_non_null(world->away[cpu]);
	}
	world->n_cpus = n_cpus;
	world->k0 = k0;
	world->k1 = k1;
	world->read_ns = boundary(k1 > to ? k1 : to) + 123456;
	for (unsigned int cpu = 0; cpu < n_cpus; cpu++)
		model_cpu(world, cpu, from, to, stall);
	model_skew(world);
	return world;
}

static struct world *new_world(unsigned int n_cpus, uint64_t from, uint64_t k0, uint64_t k1,
			       uint64_t to, unsigned int stall)
{
	return new_moving_world(n_cpus, from, k0, k1, to, stall, 0);
}

static void end_world(struct world *world)
{
	for (unsigned int cpu = 0; cpu < MAX_CPUS; cpu++) {
		free(world->away[cpu]);
		free(world->samples[cpu]);
		free(world->cpu_delta[cpu].value);
		free(world->cpu_entry[cpu].value);
	}
	free(world->delta.value);
	free(world->corrected.value);
	free(world->entry.value);
	free(world->skew.value);
	free(world);
}

enum order { CPU_BY_CPU, LAST_CPU_FIRST, TURNS, ANY_TURN, BEHIND, N_ORDERS };

static unsigned int next_cpu(const struct mc_analysis *analysis, enum order order,
			     unsigned int n_cpus, const bool *done)
{
	static unsigned int turn;
	unsigned int cpu = 0;

	switch (order) {
	case BEHIND:
		return (unsigned int)mc_analysis_behind(analysis, done);
	case LAST_CPU_FIRST:
		for (cpu = n_cpus - 1; done[cpu]; cpu--)
			;
		return cpu;
	case CPU_BY_CPU:
		while (done[cpu])
			cpu++;
		return cpu;
	default:
		do
			cpu = (order == TURNS ? ++turn : (unsigned int)random_u64()) % n_cpus;
		while (done[cpu]);
		return cpu;
	}
}

/* Feed a world in pieces of up to a page's worth. */
static void feed(struct mc_analysis *analysis, const struct world *world, enum order order)
{
	size_t at[MAX_CPUS] = {0}, left = 0;
	bool done[MAX_CPUS] = {false};

	for (unsigned int cpu = 0; cpu < world->n_cpus; cpu++) {
		left += world->n[cpu];
		done[cpu] = world->n[cpu] == 0;
	}
	while (left) {
		unsigned int cpu = next_cpu(analysis, order, world->n_cpus, done);
		size_t piece = random_u64() % 92 + 1;

		for (; piece && at[cpu] < world->n[cpu]; piece--, left--)
			add(analysis, cpu, &world->samples[cpu][at[cpu]++]);
		done[cpu] = at[cpu] == world->n[cpu];
	}
	assert_int_equal(mc_analysis_behind(analysis, done), -1);
}

static struct mc_ticks *analyse(const struct world *world, enum order order)
{
	struct mc_analysis_config config = config_of(world->n_cpus, world->k0, world->k1);
	struct mc_analysis *analysis = new_analysis(&config);

	feed(analysis, world, order);
	return finish(analysis, world->totals, world->lost, world->read_ns);
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static void check_percentile(const struct values *values, unsigned int per_10000, int64_t is)
{
	size_t rank = (values->n * per_10000 + 9999) / 10000;
	int64_t exact = values->value[rank - 1];

	assert_true(exact >= 0 ? is >= exact : is <= exact);
	assert_true(llabs(is - exact) <= llabs(exact) / 64);
	assert_true(is >= values->value[0] && is <= values->value[values->n - 1]);
}

static void check_stats(struct values *values, const struct mc_stats *stats)
{
	long double mean = 0, spread = 0;

	assert_int_equal(stats->count, values->n);
	if (!values->n)
		return;
	qsort(values->value, values->n, sizeof(*values->value), by_value);
	for (size_t i = 0; i < values->n; i++)
		mean += values->value[i];
	mean /= (long double)values->n;
	for (size_t i = 0; i < values->n; i++)
		spread += (values->value[i] - mean) * (values->value[i] - mean);
	spread = sqrtl(spread / (long double)values->n);
	assert_int_equal(stats->min, values->value[0]);
	assert_int_equal(stats->max, values->value[values->n - 1]);
	assert_true(fabsl(stats->mean - mean) <= 1e-15L * fabsl(mean));
	assert_true(fabsl(stats->stddev - spread) <= 1e-13L * spread);
	check_percentile(values, 5000, stats->p50);
	check_percentile(values, 9000, stats->p90);
	check_percentile(values, 9900, stats->p99);
	check_percentile(values, 9990, stats->p99_9);
	check_percentile(values, 9999, stats->p99_99);
}

/* Buckets ascend, and each holds exactly the values between its ends. */
static void check_buckets(const struct values *sorted, const struct mc_buckets *buckets)
{
	size_t at = 0;

	for (size_t i = 0; i < buckets->n; i++) {
		const struct mc_bucket *bucket = &buckets->bucket[i];
		uint64_t count = 0;

		assert_true(bucket->low <= bucket->high);
		while (at < sorted->n && sorted->value[at] <= bucket->high) {
			assert_true(sorted->value[at] >= bucket->low);
			at++;
			count++;
		}
		assert_int_equal(bucket->count, count);
		assert_true(count > 0);
	}
	assert_int_equal(at, sorted->n);
}

static void check_cpus(struct world *world, const struct mc_ticks *result)
{
	assert_int_equal(result->n_cpus, world->n_cpus);
	for (unsigned int i = 0; i < world->n_cpus; i++) {
		const struct mc_cpu_result *cpu = &result->cpu[i];

		assert_int_equal(cpu->cpu, cpu_numbers[i]);
		assert_int_equal(cpu->expected, world->k1 - world->k0 - world->totals[i].offline);
		assert_int_equal(cpu->offline, world->totals[i].offline);
		assert_int_equal(cpu->left, world->totals[i].left);
		assert_int_equal(cpu->started, world->totals[i].started);
		assert_int_equal(cpu->missed, world->totals[i].missed + world->totals[i].open);
		assert_int_equal(cpu->open, world->totals[i].open);
		assert_int_equal(cpu->samples, world->cpu_delta[i].n);
		assert_int_equal(cpu->lost, 0);
		check_stats(&world->cpu_delta[i], &cpu->delta);
		check_stats(&world->cpu_entry[i], &cpu->entry);
	}
}

static void check_result(struct world *world, const struct mc_ticks *result)
{
	uint64_t boundaries = world->n_cpus * (world->k1 - world->k0), left = 0;

	for (unsigned int i = 0; i < world->n_cpus; i++) {
		boundaries -= world->totals[i].offline;
		left += world->totals[i].left;
	}
	if (world->delta.n) {
		assert_string_equal(reason, "");
	}
	assert_int_equal(result->k0, world->k0);
	assert_int_equal(result->k1, world->k1);
	assert_int_equal(result->samples, world->delta.n);
	assert_int_equal(result->started_ticks, world->delta.n);
	assert_int_equal(result->expected_ticks, boundaries);
	assert_int_equal(result->missed_ticks, boundaries - world->delta.n);
	assert_int_equal(world->corrected.n, boundaries - left);
	assert_int_equal(result->lost_events, 0);
	assert_int_equal(result->skew_incomplete, world->incomplete);
	assert_memory_equal(&result->spin, &world->spin, sizeof(world->spin));
	check_stats(&world->delta, &result->delta);
	check_stats(&world->corrected, &result->corrected);
	check_stats(&world->entry, &result->entry);
	check_stats(&world->skew, &result->skew);
	check_buckets(&world->delta, &result->delta_histogram);
	check_buckets(&world->corrected, &result->corrected_histogram);
	check_buckets(&world->skew, &result->skew_histogram);
	check_cpus(world, result);
}

static void check_bin(const struct world *world, const struct mc_timeline *timeline,
		      unsigned int bin)
{
	int64_t from = timeline->origin_ns + bin * timeline->bin_ns;
	int64_t sum = 0, max = MC_TIME_NONE;
	uint64_t count = 0;

	for (unsigned int cpu = 0; cpu < world->n_cpus; cpu++) {
		int64_t cpu_max = MC_TIME_NONE;

		for (size_t i = 0; i < world->n[cpu]; i++) {
			const struct mc_sample *sample = &world->samples[cpu][i];
			int64_t at = boundary(sample->tick) - from;

			if (at < 0 || at >= timeline->bin_ns)
				continue;
			count++;
			sum += sample->delta_ns;
			if (sample->delta_ns > cpu_max)
				cpu_max = sample->delta_ns;
		}
		assert_int_equal(timeline->cpu_max[cpu * MC_TIMELINE_BINS + bin], cpu_max);
		if (cpu_max > max)
			max = cpu_max;
	}
	assert_int_equal(timeline->count[bin], count);
	assert_int_equal(timeline->max[bin], max);
	if (count)
		assert_true(timeline->mean[bin] == (double)sum / (double)count);
}

static void check_timeline(const struct world *world, const struct mc_timeline *timeline)
{
	uint64_t read = 0, binned = 0;

	assert_int_equal(timeline->n_cpus, world->n_cpus);
	assert_in_range(timeline->n_bins, 1, MC_TIMELINE_BINS);
	/* A power of two of intervals, no longer than it needs to be */
	assert_int_equal(timeline->bin_ns % LENGTH, 0);
	assert_int_equal((timeline->bin_ns / LENGTH) & (timeline->bin_ns / LENGTH - 1), 0);
	if (timeline->bin_ns > LENGTH)
		assert_in_range(timeline->n_bins, MC_TIMELINE_BINS / 2, MC_TIMELINE_BINS);
	for (unsigned int cpu = 0; cpu < world->n_cpus; cpu++)
		read += world->n[cpu];
	for (unsigned int bin = 0; bin < timeline->n_bins; bin++) {
		check_bin(world, timeline, bin);
		binned += timeline->count[bin];
	}
	assert_int_equal(binned, read);
}

static void assert_same_buckets(const struct mc_buckets *a, const struct mc_buckets *b)
{
	assert_int_equal(a->n, b->n);
	assert_memory_equal(a->bucket, b->bucket, a->n * sizeof(*a->bucket));
}

/* All but the pointers, to the last bit */
static void assert_same(const struct mc_ticks *a, const struct mc_ticks *b)
{
	size_t rows = a->n_cpus * MC_TIMELINE_BINS;
	struct mc_ticks x, y;

	/* Not by assignment, which need not copy what lies between the members. */
	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	assert_same_buckets(&a->delta_histogram, &b->delta_histogram);
	assert_same_buckets(&a->corrected_histogram, &b->corrected_histogram);
	assert_same_buckets(&a->skew_histogram, &b->skew_histogram);
	assert_memory_equal(a->cpu, b->cpu, a->n_cpus * sizeof(*a->cpu));
	assert_memory_equal(a->timeline.cpu_max, b->timeline.cpu_max, rows * sizeof(int64_t));
	x.delta_histogram.bucket = y.delta_histogram.bucket = NULL;
	x.corrected_histogram.bucket = y.corrected_histogram.bucket = NULL;
	x.skew_histogram.bucket = y.skew_histogram.bucket = NULL;
	x.cpu = y.cpu = NULL;
	x.timeline.cpu_max = y.timeline.cpu_max = NULL;
	assert_memory_equal(&x, &y, sizeof(x));
}

static void as_the_naive_model(void **state)
{
	static const struct {
		unsigned int n_cpus;
		uint64_t from, k0, k1, to;
		unsigned int stall;
	} rows[] = {
		{1, 1000, 1100, 1200, 1300, 0},
		{1, 1000, 1100, 2100, 2200, 100},
		{2, 1000, 1100, 6100, 6200, 0},
		{2, 1000, 1100, 6100, 6200, 500},
		{5, 123456789, 123457000, 123459000, 123459100, 200},
		{3, 1, 11, 15, 2000, 30},
		/* no stall ends in time: open boundaries */
		{3, 1000, 1100, 6100, 6050, 300},
		/* the trace ends long before the window, or is of other ticks only */
		{2, 1000, 1100, 3100, 1500, 100},
		{2, 1000, 2100, 2200, 2000, 0},
		{2, 1000, 100, 200, 2000, 0},
		/* a window of one boundary, and one that nearly all ticks stall in */
		{2, 1000, 1100, 1101, 1300, 0},
		{4, 1000, 1100, 9100, 9300, 2},
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct world *world = new_world(rows[i].n_cpus, rows[i].from, rows[i].k0,
						rows[i].k1, rows[i].to, rows[i].stall);
		struct mc_ticks *first;

		/* A window before the trace: the kernel's totals would say that it was open. */
		for (unsigned int cpu = 0; rows[i].k1 < rows[i].from && cpu < world->n_cpus; cpu++)
			for (uint64_t tick = rows[i].k0; tick < rows[i].k1; tick++) {
				push(&world->corrected, world->read_ns - boundary(tick));
				world->totals[cpu].open++;
			}
		first = analyse(world, CPU_BY_CPU);
		check_result(world, first);
		check_timeline(world, &first->timeline);
		for (enum order order = CPU_BY_CPU + 1; order < N_ORDERS; order++) {
			struct mc_ticks *other = analyse(world, order);

			assert_same(other, first);
			end_result(other);
		}
		end_result(first);
		end_world(world);
	}
}

/* CPUs go and come: each is held to account for the time it was there. */
static void cpus_that_go_and_come(void **state)
{
	for (unsigned int i = 0; i < 20; i++) {
		unsigned int n_cpus = 1 + i % MAX_CPUS, movers = 1 + random_u64() % n_cpus;
		struct world *world =
			new_moving_world(n_cpus, 900, 1000, 4000, 4100, i % 3 ? 100 : 0, movers);

		for (enum order order = 0; order < N_ORDERS; order++) {
			struct mc_ticks *result = analyse(world, order);

			check_result(world, result);
			end_result(result);
		}
		end_world(world);
	}
}

static void append(struct values *into, const struct values *from)
{
	for (size_t i = 0; i < from->n; i++)
		push(into, from->value[i]);
}

/* Two windows with time between them: the sums of both, and the figures of each */
static void two_windows(void **state)
{
	struct world *first = new_moving_world(3, 900, 1000, 3000, 3050, 200, 1);
	struct world *second = new_moving_world(3, 3060, 3100, 5000, 5050, 0, 0);
	struct mc_analysis_config config = config_of(3, 1000, 3000);
	struct mc_ticks *alone[] = {analyse(first, BEHIND), analyse(second, BEHIND)};
	struct mc_ticks *both;
	struct mc_analysis *analysis;
	struct mc_failure failure = {0};

	config.slices = true;
	analysis = new_analysis(&config);
	feed(analysis, first, BEHIND);
	assert_int_equal(mc_analysis_settle(analysis, first->totals, first->lost, first->read_ns,
					    &failure),
			 0);
	assert_int_equal(mc_analysis_window(analysis, 2999, 5000, &failure), -1);
	assert_non_null(strstr(failure.text, "begins before 3000"));
	assert_int_equal(mc_analysis_window(analysis, 3100, 3100, &failure), -1);
	assert_int_equal(mc_analysis_window(analysis, 3100, 5000, &failure), 0);
	feed(analysis, second, BEHIND);
	both = finish(analysis, second->totals, second->lost, second->read_ns);

	append(&first->delta, &second->delta);
	append(&first->corrected, &second->corrected);
	append(&first->entry, &second->entry);
	append(&first->skew, &second->skew);
	check_stats(&first->delta, &both->delta);
	check_stats(&first->corrected, &both->corrected);
	check_stats(&first->entry, &both->entry);
	check_stats(&first->skew, &both->skew);
	assert_string_equal(reason, "");
	assert_int_equal(both->k0, 1000);
	assert_int_equal(both->k1, 5000);
	assert_int_equal(both->skew_incomplete, first->incomplete + second->incomplete);
	assert_int_equal(both->n_slices, 2);
	for (unsigned int i = 0; i < 2; i++) {
		const struct mc_slice *slice = &both->slice[i];

		assert_int_equal(slice->k0, alone[i]->k0);
		assert_int_equal(slice->k1, alone[i]->k1);
		assert_int_equal(slice->expected, alone[i]->expected_ticks);
		assert_int_equal(slice->missed, alone[i]->missed_ticks);
		assert_int_equal(slice->spin_ns, alone[i]->spin.total_ns);
		assert_int_equal(slice->p50, alone[i]->delta.p50);
		assert_int_equal(slice->p99, alone[i]->delta.p99);
		assert_true(slice->mean == alone[i]->delta.mean);
		assert_int_equal(slice->corrected_p90, alone[i]->corrected.p90);
		assert_int_equal(slice->corrected_p99, alone[i]->corrected.p99);
		/* Where a CPU was away, a slice has the skew of the ticks that all CPUs had. */
		assert_true(i == 0 || slice->skew_p50 == alone[i]->skew.p50);
		end_result(alone[i]);
	}
	end_result(both);
	end_world(first);
	end_world(second);
}

/* Three windows: on both CPUs, on none, and on one of them. What is not there is not 0. */
static void slices_without_ticks(void **state)
{
	static const struct {
		uint64_t k0, started[2];
		bool delta, skew;
		int64_t corrected;
	} rows[] = {{10, {10, 10}, true, true, 700},
		    {30, {0, 0}, false, false, 10 * LENGTH},
		    {50, {10, 0}, true, false, 10 * LENGTH}};
	struct mc_analysis_config config = config_of(2, 10, 20);
	struct mc_ticks *result = NULL;
	struct mc_failure failure = {0};
	struct mc_analysis *analysis;
	uint64_t lost[2] = {0};

	config.slices = true;
	analysis = new_analysis(&config);
	for (unsigned int i = 0; i < 3; i++) {
		struct mc_totals totals[2] = {{.cpu = 0}, {.cpu = 1}};
		uint64_t k0 = rows[i].k0, k1 = k0 + 10;

		if (i)
			assert_int_equal(mc_analysis_window(analysis, k0, k1, &failure), 0);
		for (unsigned int cpu = 0; cpu < 2; cpu++) {
			totals[cpu].started = rows[i].started[cpu];
			totals[cpu].open = 10 - rows[i].started[cpu];
			for (uint64_t tick = k0; tick < k0 + rows[i].started[cpu]; tick++)
				add(analysis, cpu, &(struct mc_sample){tick, 700, 700, 0, 0});
		}
		if (i < 2)
			assert_int_equal(mc_analysis_settle(analysis, totals, lost, boundary(k1),
							    &failure),
					 0);
		else
			result = finish(analysis, totals, lost, boundary(k1));
	}
	assert_string_equal(reason, "");
	assert_int_equal(result->n_slices, 3);
	for (unsigned int i = 0; i < 3; i++) {
		const struct mc_slice *slice = &result->slice[i];
		int64_t delta = rows[i].delta ? 700 : MC_TIME_NONE;

		assert_int_equal(slice->p50, delta);
		assert_int_equal(slice->p90, delta);
		assert_int_equal(slice->p99, delta);
		assert_true(rows[i].delta ? slice->mean == 700 : isnan(slice->mean));
		assert_int_equal(slice->corrected_p99, rows[i].corrected);
		assert_int_equal(slice->skew_p50, rows[i].skew ? 0 : -1);
	}
	end_result(result);
}

/* A constant delay of every CPU: all percentiles are exact, whatever the bucket. */
static void limited_to_the_extremes(void **state)
{
	struct mc_analysis_config config = config_of(2, 10, 110);
	struct mc_totals totals[2] = {
		{.cpu = 0, .started = 100, .spin_ns = 100 * 300001, .stolen_ns = 700},
		{.cpu = 1, .started = 100, .spin_ns = 100 * 300001, .stolen_ns = 700}};
	struct mc_analysis *analysis = new_analysis(&config);
	uint64_t lost[2] = {0};
	struct mc_ticks *result;

	for (uint64_t tick = 10; tick < 110; tick++)
		for (unsigned int cpu = 0; cpu < 2; cpu++)
			add(analysis, cpu,
			    &(struct mc_sample){tick, 100001 + cpu * 777777, -300001, 0, 7});
	result = finish(analysis, totals, lost, boundary(110));
	assert_int_equal(result->cpu[0].delta.p50, 100001);
	assert_int_equal(result->cpu[1].delta.p99_99, 877778);
	assert_int_equal(result->entry.p50, -300001);
	assert_int_equal(result->skew.p50, 777777);
	assert_int_equal(result->skew.count, 100);
	assert_true(result->skew.stddev == 0);
	assert_true(result->delta.stddev == 388888.5);
	assert_int_equal(result->spin.ticks, 200);
	assert_int_equal(result->spin.max_ns, 300001);
	assert_int_equal(result->spin.total_ns, 200 * 300001);
	assert_int_equal(result->spin.stolen_ns, 1400);
	assert_int_equal(result->cpu[1].spin.ticks, 100);
	end_result(result);
}

struct ticks {
	const struct world *world;
	uint64_t next, n, fail_at;
};

static int check_tick(void *data, const struct mc_tick_summary *tick, struct mc_failure *failure)
{
	struct ticks *ticks = data;
	const struct world *world = ticks->world;
	int64_t min = INT64_MAX, max = INT64_MIN;
	double sum = 0, squares = 0;
	unsigned int n = 0;

	if (ticks->n++ == ticks->fail_at)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "disk full");
	assert_true(tick->tick >= ticks->next);
	ticks->next = tick->tick + 1;
	for (unsigned int cpu = 0; cpu < world->n_cpus; cpu++)
		for (size_t i = 0; i < world->n[cpu]; i++) {
			int64_t delta = world->samples[cpu][i].delta_ns;

			if (world->samples[cpu][i].tick != tick->tick)
				continue;
			n++;
			sum += (double)delta;
			squares += (double)delta * (double)delta;
			min = delta < min ? delta : min;
			max = delta > max ? delta : max;
		}
	assert_int_equal(tick->samples, n);
	assert_int_equal(tick->missing, world->n_cpus - n);
	assert_int_equal(tick->min_delay, min);
	assert_int_equal(tick->max_delay, max);
	assert_int_equal(tick->timestamp_ns, boundary(tick->tick) + min);
	assert_true(fabs(tick->mean_delay - sum / n) <= 1e-12 * sum);
	assert_true(fabs(tick->stddev * tick->stddev - (squares / n - sum / n * (sum / n))) <=
		    1e-12 * squares);
	return 0;
}

static uint64_t ticks_started(const struct world *world)
{
	uint64_t n = 0;

	for (uint64_t tick = world->k0; tick < world->k1; tick++) {
		bool started = false;

		for (unsigned int cpu = 0; cpu < world->n_cpus; cpu++)
			for (size_t i = 0; i < world->n[cpu]; i++)
				started |= world->samples[cpu][i].tick == tick;
		n += started;
	}
	return n;
}

static void each_tick_once(void **state)
{
	struct world *world = new_world(3, 1000, 1100, 2100, 2200, 20);

	for (enum order order = 0; order < N_ORDERS; order++) {
		struct mc_analysis_config config = config_of(3, 1100, 2100);
		struct ticks ticks = {world, 1100, 0, UINT64_MAX};
		struct mc_analysis *analysis;

		config.on_tick = check_tick;
		config.on_tick_data = &ticks;
		analysis = new_analysis(&config);
		feed(analysis, world, order);
		end_result(finish(analysis, world->totals, world->lost, world->read_ns));
		assert_int_equal(ticks.n, ticks_started(world));
		assert_true(ticks.next <= 2100);
	}
	end_world(world);
}

/* The failure of on_tick() ends the analysis, in the middle and at the end alike. */
static void on_tick_fails(void **state)
{
	struct world *world = new_world(1, 1000, 1000, 2000, 2100, 0);
	uint64_t lost = 0;

	for (int early = 0; early < 2; early++) {
		struct mc_analysis_config config =
			config_of(1, 1000, 1000 + 3 * MC_SKEW_WINDOW_TICKS);
		struct mc_sample far = SAMPLE(1000 + 2 * MC_SKEW_WINDOW_TICKS, 5, 5, 0);
		struct mc_totals totals = TOTALS(0, 1, 2, 3);
		struct ticks ticks = {world, 1000, 0, 500};
		struct mc_failure failure = {0};
		struct mc_analysis *analysis;

		config.on_tick = check_tick;
		config.on_tick_data = &ticks;
		analysis = new_analysis(&config);
		feed(analysis, world, CPU_BY_CPU);
		if (early)
			assert_int_equal(mc_analysis_add(analysis, 0, &far, &failure), -1);
		else
			assert_int_equal(mc_analysis_settle(analysis, &totals, &lost,
							    boundary(1000000), &failure),
					 -1);
		assert_string_equal(failure.text, "disk full");
		assert_int_equal(ticks.n, 501);
		mc_analysis_free(analysis);
	}
	end_world(world);
}

/* CPU 1 is read only after CPU 0 has gone far beyond the ring of recent ticks. */
static void too_late_for_the_ring(void **state)
{
	const uint64_t n = MC_SKEW_WINDOW_TICKS + 1000;
	struct mc_analysis_config config = config_of(2, 50, 50 + n);
	struct mc_totals totals[2] = {TOTALS(0, n, 0, 0), TOTALS(1, n, 0, 0)};
	struct mc_analysis *analysis = new_analysis(&config);
	uint64_t lost[2] = {0};
	struct mc_ticks *result;

	for (unsigned int cpu = 0; cpu < 2; cpu++)
		for (uint64_t tick = 50; tick < 50 + n; tick++)
			add(analysis, cpu,
			    &(struct mc_sample)SAMPLE(tick, tick < 1050 ? 900000 : 10 + cpu, 0, 0));
	result = finish(analysis, totals, lost, boundary(50 + n));
	assert_string_equal(reason, "");
	assert_int_equal(result->samples, 2 * n);
	assert_int_equal(result->skew_incomplete, 1000);
	assert_int_equal(result->skew.count, n - 1000);
	assert_int_equal(result->skew.max, 1);
	assert_int_equal(result->skew.min, 1);
	end_result(result);
}

/* What is refused, and in which words; the sample before is tick 100, missed 3. */
static void broken_streams(void **state)
{
	static const struct {
		unsigned int cpu;
		struct mc_sample sample;
		const char *text;
	} rows[] = {
		{0, SAMPLE(104, 0, 0, 0), NULL},
		{0, SAMPLE(107, -5, -5, 0), NULL},
		{0, SAMPLE(107, -107000007, 0, 0), NULL},
		{0, SAMPLE(104, INT64_MAX - 104000007, 0, 9223372036750LL), NULL},
		{2, SAMPLE(104, 0, 0, 0), "CPU index 2 of 2"},
		{UINT32_MAX, SAMPLE(104, 0, 0, 0), "CPU index 4294967295 of 2"},
		{0, SAMPLE(103, 0, 0, 0), "cpu 0: tick 103 came when 104"},
		{0, SAMPLE(100, 0, 0, 0), "cpu 0: tick 100 came when 104"},
		{0, SAMPLE(0, 0, 0, 0), "cpu 0: tick 0 came when 104"},
		{1, SAMPLE(9223372036855ULL, 0, 0, 0), "damaged"},
		{1, SAMPLE(UINT64_MAX, 0, 0, 0), "damaged"},
		{1, SAMPLE(1ULL << 63, 0, 0, 0), "damaged"},
		{0, SAMPLE(104, 0, 0, 1ULL << 60), "damaged"},
		{0, SAMPLE(104, 0, 0, UINT64_MAX), "damaged"},
		{0, SAMPLE(104, INT64_MAX, 0, 0), "damaged"},
		{0, SAMPLE(104, INT64_MIN, 0, 0), "damaged"},
		{0, SAMPLE(104, 0, INT64_MIN, 0), "damaged"},
		{0, SAMPLE(104, 0, INT64_MAX, 0), "damaged"},
		{0, SAMPLE(107, -107000008, 0, 0), "damaged"},
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct mc_analysis_config config = config_of(2, 50, 200);
		struct mc_analysis *analysis = new_analysis(&config);
		struct mc_failure failure = {0};
		int ret;

		add(analysis, 0, &(struct mc_sample)SAMPLE(100, 3 * LENGTH, 0, 3));
		ret = mc_analysis_add(analysis, rows[i].cpu, &rows[i].sample, &failure);
		assert_int_equal(ret, rows[i].text ? -1 : 0);
		if (rows[i].text && !strstr(failure.text, rows[i].text))
			fail_msg("row %zu: %s", i, failure.text);
		mc_analysis_free(analysis);
	}
}

static void bad_configurations(void **state)
{
	static const struct {
		uint64_t interval_ns, phase_ns, k0, k1;
		unsigned int n_cpus;
		bool ok;
	} rows[] = {
		{50000, 0, 0, 1, 1, true},
		{10000000000ULL, 9999999999ULL, 5, 922337202ULL, 1, true},
		{10000000000ULL, 9999999999ULL, 5, 922337203ULL, 1, false},
		{1000000, 0, 5, 9223372036854ULL, 1, true},
		{0, 0, 0, 1, 1, false},
		{49999, 0, 0, 1, 1, false},
		{10000000001ULL, 0, 0, 1, 1, false},
		{UINT64_MAX, 0, 0, 1, 1, false},
		{1000000, 1000000, 0, 1, 1, false},
		{1000000, 0, 0, 0, 1, false},
		{1000000, 0, 7, 7, 1, false},
		{1000000, 0, 8, 7, 1, false},
		{1000000, 0, 5, 9223372036855ULL, 1, false},
		{1000000, 0, 5, UINT64_MAX, 1, false},
		{1000000, 0, 0, 1, 0, false},
		{1000000, 0, 0, 1, 8193, false},
		{1000000, 0, 0, 1, UINT32_MAX, false},
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct mc_analysis_config config = {
			.interval_ns = rows[i].interval_ns,
			.phase_ns = rows[i].phase_ns,
			.k0 = rows[i].k0,
			.k1 = rows[i].k1,
			.n_cpus = rows[i].n_cpus,
			.cpus = cpu_numbers,
		};
		struct mc_failure failure = {0};
		struct mc_analysis *analysis = mc_analysis_new(&config, &failure);

		assert_int_equal(analysis != NULL, rows[i].ok);
		assert_int_equal(failure.text[0] == '\0', rows[i].ok);
		mc_analysis_free(analysis);
	}
}

/*
 * CPU 4 of {0, 1, 4}: window of 100, boundaries 1 and 2 after tick 20 missed,
 * the last 3 open. Each row changes one of the sources.
 */
static void sources_are_compared(void **state)
{
	static const struct {
		int started, missed, open, lost;
		int hole, without, liar, left, offline, spin, stolen;
		const char *reason;
	} rows[] = {
		{.reason = NULL},
		{.started = 1, .reason = "cpu 4: window 100 = started 96 + missed 2 + open 3"},
		{.missed = -1, .reason = "cpu 4: window 100 = started 95 + missed 1 + open 3"},
		{.open = 1, .reason = "cpu 4: window 100 = started 95 + missed 2 + open 4"},
		{.open = -1, .reason = "cpu 4: window 100 = started 95 + missed 2 + open 2"},
		{.missed = -3, .reason = "missed 18446744073709551615"},
		{.lost = 12, .reason = "cpu 4: lost 12 events in the ring buffer"},
		{.started = 1,
		 .missed = -1,
		 .reason = "cpu 4: started 96 = read 95 + lost 0 does not hold"},
		{.without = 50, .reason = "cpu 4: started 95 = read 94 + lost 0 does not hold, 1 "},
		{.without = 50, .lost = 1, .reason = "cpu 4: lost 1 events"},
		{.hole = 2, .reason = "cpu 4: the trace says in 2 places"},
		{.liar = 20, .reason = "cpu 4: 1 events, first that of tick 20, do not say"},
		{.missed = 1,
		 .open = -1,
		 .reason = "cpu 4: missed 3 by the kernel's totals, 0 of them leaving, 2 by"},
		{.missed = 1, .open = -1, .left = 1},
		{.left = 1,
		 .reason = "cpu 4: missed 2 by the kernel's totals, 1 of them leaving, 2"},
		{.left = 3, .reason = "cpu 4: missed 2 by the kernel's totals, 3 of them leaving"},
		{.open = -3, .offline = 3},
		{.offline = 3, .reason = "open 3 + offline 3 does not hold"},
		{.open = -3, .offline = 103, .reason = "offline 103 does not hold"},
		{.spin = 1,
		 .reason = "cpu 4: spun 1 ns, 0 of them stolen, by the kernel's totals, 0"},
		{.stolen = 1, .reason = "cpu 4: spun 0 ns, 1 of them stolen, by the kernel's"},
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct mc_analysis_config config = config_of(3, 10, 110);
		struct mc_totals totals[3] = {
			TOTALS(0, 100, 0, 0),
			TOTALS(1, 100, 0, 0),
			{.cpu = 4,
			 .started = (uint64_t)(95 + rows[i].started),
			 .missed = (uint64_t)(2 + rows[i].missed),
			 .open = (uint64_t)(3 + rows[i].open),
			 .left = (uint64_t)rows[i].left,
			 .offline = (uint64_t)rows[i].offline,
			 .spin_ns = (uint64_t)rows[i].spin,
			 .stolen_ns = (uint64_t)rows[i].stolen},
		};
		uint64_t lost[3] = {0, 0, (uint64_t)rows[i].lost};
		struct mc_analysis *analysis = new_analysis(&config);
		struct mc_ticks *result;

		for (uint64_t tick = 10; tick < 110; tick++)
			for (unsigned int cpu = 0; cpu < 3; cpu++) {
				bool stalls = cpu == 2 && tick == 20;
				struct mc_sample sample =
					SAMPLE(tick, stalls ? 2 * LENGTH : 5, 5, stalls ? 2 : 0);

				if (cpu == 2 && (tick == 21 || tick == 22 || tick >= 107 ||
						 (int)tick == rows[i].without))
					continue;
				if (cpu == 2 && (int)tick == rows[i].liar)
					sample.delta_ns = 3 * LENGTH;
				add(analysis, cpu, &sample);
			}
		for (int n = 0; n < rows[i].hole; n++)
			mc_analysis_hole(analysis, 2);
		result = finish(analysis, totals, lost, boundary(110));
		if (!rows[i].reason)
			assert_string_equal(reason, "");
		else if (!strstr(reason, rows[i].reason))
			fail_msg("row %zu: %s", i, reason);
		assert_int_equal(result->lost_events, rows[i].lost);
		end_result(result);
	}
}

static void all_broken_cpus_are_counted(void **state)
{
	struct mc_analysis_config config = config_of(3, 10, 11);
	struct mc_totals totals[3] = {TOTALS(0, 1, 0, 0), TOTALS(1, 2, 0, 0), TOTALS(4, 3, 0, 0)};
	struct mc_analysis *analysis = new_analysis(&config);
	uint64_t lost[3] = {0};
	struct mc_ticks *result;

	add(analysis, 0, &(struct mc_sample)SAMPLE(10, 0, 0, 0));
	result = finish(analysis, totals, lost, boundary(11));
	assert_string_equal(reason, "cpu 1: window 1 = started 2 + missed 0 + open 0 + "
				    "offline 0 does not hold (and 1 more CPUs)");
	end_result(result);
}

/* Nothing started: the sources agree, but there is nothing to show. */
static void nothing_started(void **state)
{
	struct mc_analysis_config config = config_of(2, 10, 20);
	struct mc_totals totals[2] = {TOTALS(0, 0, 0, 10), TOTALS(1, 0, 0, 10)};
	uint64_t lost[2] = {0};
	struct mc_ticks *result = finish(new_analysis(&config), totals, lost, boundary(20));

	assert_string_equal(reason, "no callback started in the window on any CPU");
	assert_int_equal(result->delta.count, 0);
	assert_int_equal(result->corrected.count, 20);
	assert_int_equal(result->corrected.min, LENGTH);
	assert_int_equal(result->corrected.max, 10 * LENGTH);
	assert_int_equal(result->skew_incomplete, 10);
	assert_int_equal(result->timeline.n_bins, 0);
	assert_null(result->delta_histogram.bucket);
	end_result(result);
}

static void bad_totals(void **state)
{
	static const struct {
		struct mc_totals second;
		int64_t read_ns;
		const char *text;
	} rows[] = {
		{TOTALS(1, 0, 0, 10), PHASE + 19 * LENGTH, NULL},
		{TOTALS(1, 0, 0, 10), INT64_MAX, NULL},
		{TOTALS(1, 0, 0, UINT64_MAX), INT64_MAX, NULL},
		{TOTALS(2, 0, 0, 10), PHASE + 19 * LENGTH, "line 2 is of cpu 2, not of cpu 1"},
		{TOTALS(0, 0, 0, 10), PHASE + 19 * LENGTH, "line 2 is of cpu 0, not of cpu 1"},
		{TOTALS(1, 0, 0, 10), PHASE + 19 * LENGTH - 1, "before boundary 19"},
		{TOTALS(1, 0, 0, 10), -1, "before boundary 19"},
		{TOTALS(1, 0, 0, 10), INT64_MIN, "before boundary 19"},
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct mc_analysis_config config = config_of(2, 10, 20);
		struct mc_totals totals[2] = {TOTALS(0, 0, 0, 10), rows[i].second};
		struct mc_ticks *result = calloc(1, sizeof(*result));
		struct mc_analysis *analysis = new_analysis(&config);
		struct mc_failure failure = {0};
		uint64_t lost[2] = {0};
		int ret;

		assert_non_null(result);
		ret = mc_analysis_settle(analysis, totals, lost, rows[i].read_ns, &failure);
		if (!ret)
			ret = mc_analysis_finish(analysis, result, reason, sizeof(reason),
						 &failure);
		assert_int_equal(ret, rows[i].text ? -1 : 0);
		/* Never more boundaries than the window has, whatever is said to be open. */
		assert_int_equal(result->corrected.count, rows[i].text ? 0 : 20);
		if (rows[i].text && !strstr(failure.text, rows[i].text))
			fail_msg("row %zu: %s", i, failure.text);
		mc_analysis_free(analysis);
		end_result(result);
	}
}

/* Ten thousand years in one stall, twice: figures, not a hang */
static void endless_stall(void **state)
{
	const uint64_t k1 = 9000000000000ULL;
	struct mc_analysis_config config = config_of(2, 1000, k1);
	struct mc_totals totals[2] = {TOTALS(0, 1, k1 - 1001, 0), TOTALS(1, 1, 0, k1 - 1001)};
	struct mc_analysis *analysis = new_analysis(&config);
	uint64_t lost[2] = {0};
	struct mc_ticks *result;

	add(analysis, 0,
	    &(struct mc_sample)SAMPLE(1000, (int64_t)(k1 - 1000) * LENGTH, 0, k1 - 1000));
	add(analysis, 1, &(struct mc_sample)SAMPLE(1000, 0, 0, 0));
	result = finish(analysis, totals, lost, boundary(k1));
	assert_string_equal(reason, "");
	assert_int_equal(result->corrected.count, 2 * (k1 - 1000));
	assert_int_equal(result->corrected.max, (int64_t)(k1 - 1000) * LENGTH);
	assert_int_equal(result->skew_incomplete, k1 - 1001);
	assert_int_equal(result->missed_ticks, 2 * (k1 - 1001));
	assert_int_equal(result->timeline.n_bins, 1);
	end_result(result);
}

/* The first and the last tick that the clock can show, in both orders */
static void whole_clock(void **state)
{
	const uint64_t last = 9223372036854ULL;

	for (unsigned int first = 0; first < 2; first++) {
		struct mc_analysis_config config = config_of(2, 0, last);
		struct mc_totals totals[2] = {TOTALS(0, 1, 0, last - 1), TOTALS(1, 0, 0, last)};
		struct mc_analysis *analysis = new_analysis(&config);
		uint64_t lost[2] = {0};
		struct mc_ticks *result;

		for (unsigned int i = 0; i < 2; i++)
			add(analysis, i ^ first,
			    &(struct mc_sample)SAMPLE((i ^ first) ? last : 0, 3, 3, 0));
		result = finish(analysis, totals, lost, INT64_MAX);
		assert_string_equal(reason, "");
		assert_int_equal(result->timeline.origin_ns, PHASE);
		assert_in_range(result->timeline.n_bins, MC_TIMELINE_BINS / 2, MC_TIMELINE_BINS);
		assert_int_equal(result->timeline.count[0], 1);
		assert_int_equal(result->timeline.count[result->timeline.n_bins - 1], 1);
		end_result(result);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_the_naive_model),
		cmocka_unit_test(cpus_that_go_and_come),
		cmocka_unit_test(two_windows),
		cmocka_unit_test(slices_without_ticks),
		cmocka_unit_test(limited_to_the_extremes),
		cmocka_unit_test(each_tick_once),
		cmocka_unit_test(on_tick_fails),
		cmocka_unit_test(too_late_for_the_ring),
		cmocka_unit_test(broken_streams),
		cmocka_unit_test(bad_configurations),
		cmocka_unit_test(sources_are_compared),
		cmocka_unit_test(all_broken_cpus_are_counted),
		cmocka_unit_test(nothing_started),
		cmocka_unit_test(bad_totals),
		cmocka_unit_test(endless_stall),
		cmocka_unit_test(whole_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
