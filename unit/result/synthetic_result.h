/* SPDX-License-Identifier: GPL-2.0 */
/*
 * synthetic_result.h - results as a run could have left them, made from a seed
 *
 * For tests of what is made from a result. Delays are log-normal about 95 us,
 * as in an emulated VM, with a tail that depends on the scenario; a delay beyond
 * the interval makes ticks missed, as in the timer.
 */
#ifndef SYNTHETIC_RESULT_H
#define SYNTHETIC_RESULT_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory_collector/result.h"

#define SYNTHETIC_INTERVAL_NS 1000000LL
#define SYNTHETIC_LEAD_NS 1050000000LL /* traced before the window */
#define SYNTHETIC_TAIL_NS 150000000LL /* and after it */
#define SYNTHETIC_START_NS 123456000000LL /* of the first window */

/**
 * struct synthetic_profile - how a scenario behaves
 * @name: of the scenario
 * @median_ns: of the log-normal body
 * @sigma: its width
 * @tail: share of ticks in the tail
 * @tail_ns: the tail begins here and is a power law
 * @max_ns: and ends here
 */
struct synthetic_profile {
	const char *name;
	double median_ns, sigma, tail, tail_ns, max_ns;
};

static const struct synthetic_profile synthetic_profiles[] = {
	{"baseline", 95e3, 0.28, 0.001, 3e5, 4e6},
	{"cpu", 98e3, 0.30, 0.004, 4e5, 9e6},
	{"scheduler", 104e3, 0.33, 0.010, 4e5, 6e6},
	{"memory", 118e3, 0.40, 0.030, 5e5, 31e6},
	{"cache-contention", 110e3, 0.35, 0.012, 5e5, 12e6},
	{"interrupt", 121e3, 0.45, 0.020, 4e5, 3e6},
	{"io", 112e3, 0.42, 0.040, 5e5, 28e6},
	{"syscall", 101e3, 0.32, 0.006, 4e5, 8e6},
	{"lockbus", 160e3, 0.50, 0.015, 8e5, 14e6},
	{"mutex", 103e3, 0.31, 0.008, 4e5, 7e6},
};

#define SYNTHETIC_SCENARIOS (sizeof(synthetic_profiles) / sizeof(synthetic_profiles[0]))

static uint64_t synthetic_seed = 1;

/* In (0, 1] */
static double synthetic_random(void)
{
	synthetic_seed ^= synthetic_seed << 13;
	synthetic_seed ^= synthetic_seed >> 7;
	synthetic_seed ^= synthetic_seed << 17;
	return ((synthetic_seed >> 11) + 1) * 0x1p-53;
}

static int64_t synthetic_delay(const struct synthetic_profile *profile)
{
	double normal, delay;

	if (synthetic_random() < profile->tail)
		delay = fmin(profile->tail_ns * pow(synthetic_random(), -0.9),
			     profile->max_ns * (0.6 + 0.4 * synthetic_random()));
	else {
		normal = sqrt(-2 * log(synthetic_random())) * cos(2 * M_PI * synthetic_random());
		delay = profile->median_ns * exp(profile->sigma * normal);
	}
	return (int64_t)delay;
}

struct synthetic_values {
	size_t n, room;
	int64_t *value;
};

static void synthetic_push(struct synthetic_values *values, int64_t value)
{
	if (values->n == values->room) {
		values->room = values->room ? 2 * values->room : 1024;
		values->value = realloc(values->value, values->room * sizeof(*values->value));
		if (!values->value)
			abort();
	}
	values->value[values->n++] = value;
}

static int synthetic_order(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Statistics and buckets of a set of values, which is consumed */
static void synthetic_settle(struct synthetic_values *values, struct mc_stats *stats,
			     struct mc_buckets *buckets)
{
	const double ranks[] = {0.5, 0.9, 0.99, 0.999, 0.9999};
	int64_t *const percentiles[] = {&stats->p50, &stats->p90, &stats->p99, &stats->p99_9,
					&stats->p99_99};
	double sum = 0, squares = 0;

	if (!values->n)
		return;
	qsort(values->value, values->n, sizeof(*values->value), synthetic_order);
	for (size_t i = 0; i < values->n; i++)
		sum += values->value[i];
	stats->count = values->n;
	stats->min = values->value[0];
	stats->max = values->value[values->n - 1];
	stats->mean = sum / values->n;
	for (size_t i = 0; i < values->n; i++)
		squares += pow(values->value[i] - stats->mean, 2);
	stats->stddev = sqrt(squares / values->n);
	for (size_t i = 0; i < sizeof(ranks) / sizeof(ranks[0]); i++)
		*percentiles[i] = values->value[(size_t)ceil(values->n * ranks[i]) - 1];
	for (size_t i = 0; buckets && i < values->n; i++) {
		struct mc_bucket *last = buckets->n ? &buckets->bucket[buckets->n - 1] : NULL;
		int64_t value = values->value[i];

		if (last && value <= last->high) {
			last->count++;
			continue;
		}
		buckets->bucket = realloc(buckets->bucket, (buckets->n + 1) * sizeof(*last));
		if (!buckets->bucket)
			abort();
		buckets->bucket[buckets->n++] = (struct mc_bucket){value, value + value / 64, 1};
	}
	free(values->value);
	*values = (struct synthetic_values){0};
}

static void synthetic_timeline_add(struct mc_timeline *timeline, unsigned int cpu, int64_t time,
				   int64_t delta)
{
	size_t bin = (time - timeline->origin_ns) / timeline->bin_ns;
	int64_t *cpu_max = &timeline->cpu_max[cpu * MC_TIMELINE_BINS + bin];

	if (!timeline->count[bin] || delta > timeline->max[bin])
		timeline->max[bin] = delta;
	if (delta > *cpu_max)
		*cpu_max = delta;
	timeline->mean[bin] += (delta - timeline->mean[bin]) / ++timeline->count[bin];
}

static void synthetic_timeline_begin(struct mc_timeline *timeline, unsigned int n_cpus,
				     int64_t origin, int64_t length)
{
	timeline->origin_ns = origin;
	timeline->bin_ns = length / (MC_TIMELINE_BINS - 10);
	timeline->n_bins = length / timeline->bin_ns + 1;
	timeline->n_cpus = n_cpus;
	timeline->cpu_max = malloc(sizeof(int64_t) * n_cpus * MC_TIMELINE_BINS);
	if (!timeline->cpu_max)
		abort();
	for (size_t i = 0; i < (size_t)n_cpus * MC_TIMELINE_BINS; i++)
		timeline->cpu_max[i] = MC_TIME_NONE;
}

static void synthetic_cpu(struct mc_scenario_result *scenario,
			  const struct synthetic_profile *profile, unsigned int cpu,
			  int64_t *earliest, int64_t *latest, unsigned int *started,
			  struct synthetic_values *all, struct synthetic_values *corrected)
{
	const struct mc_marks *marks = &scenario->marks;
	struct mc_cpu_result *result = &scenario->ticks.cpu[cpu];
	struct synthetic_values own = {0};
	int64_t end = marks->window_end_ns + SYNTHETIC_TAIL_NS, passed = 0;

	for (int64_t time = marks->window_start_ns - SYNTHETIC_LEAD_NS; time < end;
	     time += (1 + passed) * SYNTHETIC_INTERVAL_NS) {
		bool loaded = time >= marks->load_start_ns && time < marks->load_end_ns;
		int64_t delta = synthetic_delay(loaded ? profile : &synthetic_profiles[0]);

		passed = delta / SYNTHETIC_INTERVAL_NS;
		synthetic_timeline_add(&scenario->ticks.timeline, cpu, time, delta);
		for (int64_t i = 0; i <= passed; i++) {
			int64_t boundary = time + i * SYNTHETIC_INTERVAL_NS;
			size_t tick = (boundary - marks->window_start_ns) / SYNTHETIC_INTERVAL_NS;

			if (boundary < marks->window_start_ns || boundary >= marks->window_end_ns)
				continue;
			result->expected++;
			synthetic_push(corrected, delta - i * SYNTHETIC_INTERVAL_NS);
			if (i) {
				result->missed++;
				continue;
			}
			synthetic_push(&own, delta);
			synthetic_push(all, delta);
			if (!started[tick] || delta < earliest[tick])
				earliest[tick] = delta;
			if (!started[tick]++ || delta > latest[tick])
				latest[tick] = delta;
		}
	}
	result->cpu = cpu;
	result->samples = result->started = own.n;
	synthetic_settle(&own, &result->delta, NULL);
	scenario->ticks.expected_ticks += result->expected;
	scenario->ticks.started_ticks += result->started;
	scenario->ticks.samples += result->samples;
	scenario->ticks.missed_ticks += result->missed;
}

static void synthetic_fill(struct mc_scenario_result *scenario,
			   const struct synthetic_profile *profile, unsigned int n_cpus,
			   int64_t duration)
{
	size_t ticks = duration / SYNTHETIC_INTERVAL_NS;
	int64_t *earliest = calloc(ticks, sizeof(*earliest));
	int64_t *latest = calloc(ticks, sizeof(*latest));
	unsigned int *started = calloc(ticks, sizeof(*started));
	struct synthetic_values all = {0}, corrected = {0}, skew = {0};
	struct mc_marks *marks = &scenario->marks;

	scenario->ticks.cpu = calloc(n_cpus, sizeof(*scenario->ticks.cpu));
	if (!earliest || !latest || !started || !scenario->ticks.cpu)
		abort();
	scenario->ticks.n_cpus = n_cpus;
	marks->window_end_ns = marks->window_start_ns + duration;
	scenario->ticks.k0 = marks->window_start_ns / SYNTHETIC_INTERVAL_NS;
	scenario->ticks.k1 = marks->window_end_ns / SYNTHETIC_INTERVAL_NS;
	marks->load_start_ns = marks->window_start_ns - 800000000;
	marks->load_end_ns = marks->window_end_ns + 60000000;
	if (!strcmp(profile->name, "baseline"))
		marks->load_start_ns = marks->load_end_ns = MC_TIME_NONE;
	synthetic_timeline_begin(&scenario->ticks.timeline, n_cpus,
				 marks->window_start_ns - SYNTHETIC_LEAD_NS,
				 SYNTHETIC_LEAD_NS + duration + SYNTHETIC_TAIL_NS);
	for (unsigned int cpu = 0; cpu < n_cpus; cpu++)
		synthetic_cpu(scenario, profile, cpu, earliest, latest, started, &all, &corrected);
	for (size_t tick = 0; n_cpus > 1 && tick < ticks; tick++) {
		if (started[tick] == n_cpus)
			synthetic_push(&skew, latest[tick] - earliest[tick]);
		else
			scenario->ticks.skew_incomplete++;
	}
	synthetic_settle(&all, &scenario->ticks.delta, &scenario->ticks.delta_histogram);
	synthetic_settle(&corrected, &scenario->ticks.corrected,
			 &scenario->ticks.corrected_histogram);
	synthetic_settle(&skew, &scenario->ticks.skew, &scenario->ticks.skew_histogram);
	free(earliest);
	free(latest);
	free(started);
}

/* A result of @n_scenarios scenarios, all ok; mc_result_free() ends it. */
static struct mc_result *synthetic_result(size_t n_scenarios, unsigned int n_cpus,
					  int64_t duration_ns)
{
	struct mc_result *result = mc_result_new();

	if (!result)
		abort();
	synthetic_seed = 88172645463325252ULL;
	result->schema = MC_RESULT_SCHEMA;
	result->interval_ns = SYNTHETIC_INTERVAL_NS;
	result->run.duration_ns = duration_ns;
	result->run.elapsed_s = 84.2;
	strcpy(result->run.started_utc, "2026-11-24T07:01:02Z");
	strcpy(result->run.place, "vm");
	strcpy(result->environment.kernel, "6.1.0-56-cloud-amd64");
	strcpy(result->environment.clocksource, "tsc");
	strcpy(result->environment.accelerator, "tcg");
	strcpy(result->environment.accelerator_reason, "/dev/kvm does not exist");
	strcpy(result->environment.cpu_model, "QEMU TCG CPU version 2.5+");
	strcpy(result->environment.preemption, "voluntary");
	strcpy(result->environment.stress_ng, "0.15.06");
	result->environment.cpus_online = n_cpus;
	for (size_t i = 0; i < n_scenarios; i++) {
		const struct synthetic_profile *profile =
			&synthetic_profiles[i % SYNTHETIC_SCENARIOS];
		struct mc_scenario_result *scenario = mc_result_add(result, profile->name);

		if (!scenario)
			abort();
		scenario->status = MC_STATUS_OK;
		scenario->marks.window_start_ns = SYNTHETIC_START_NS + i * 2 * duration_ns;
		synthetic_fill(scenario, profile, n_cpus, duration_ns);
	}
	return result;
}

#endif
