// SPDX-License-Identifier: GPL-2.0
/*
 * analysis.c - from single ticks to the statistics of a scenario
 *
 * What is added for every sample is kept small: delta per CPU, entry, spin, the
 * tick's place in the skew window and the timeline's bin. Delta over all CPUs
 * and the corrected delay are put together from these and from the missed
 * boundaries at the end.
 */
#include "memory_collector/analysis.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accounting.h"
#include "skew_window.h"
#include "timeline.h"

#define CPUS_MAX 8192

struct cpu_state {
	struct mc_distribution delta;
	uint64_t missed, unread, holes;
	uint64_t bad_tick, bad_ticks;
};

/**
 * struct mc_analysis - state of the pass
 * @config: as given, but with @cpus of our own
 * @interval: grid
 * @last_tick: the last boundary that CLOCK_MONOTONIC can show
 * @next: [n_cpus], the tick that follows the CPU's last one and what it missed; 0
 *	before its first. Apart from @cpu, since mc_analysis_behind() goes over all
 * @cpu: [n_cpus]
 * @entry: of the window's events
 * @passed: lateness of the window's missed boundaries
 * @spin: of the window's events
 * @skew: recent ticks
 * @timeline: all events
 */
struct mc_analysis {
	struct mc_analysis_config config;
	struct interval interval;
	uint64_t last_tick;
	unsigned int *cpus;
	uint64_t *next;
	struct cpu_state *cpu;
	struct mc_distribution entry, passed;
	struct mc_spin spin;
	struct mc_skew_window skew;
	struct mc_timeline_bins timeline;
};

static int check_config(const struct mc_analysis_config *config, struct interval *interval,
			struct mc_failure *failure)
{
	if (interval_init(interval, config->interval_ns, config->phase_ns))
		return mc_fail(failure, MC_EXIT_USAGE,
			       "analysis: interval %" PRIu64 " ns with phase %" PRIu64
			       " ns is out of range: %llu to %llu, and less than it",
			       config->interval_ns, config->phase_ns, INTERVAL_MIN_NS,
			       INTERVAL_MAX_NS);
	if (!config->n_cpus || config->n_cpus > CPUS_MAX || !config->cpus)
		return mc_fail(failure, MC_EXIT_USAGE,
			       "analysis: %u CPUs are out of range: 1 to %u", config->n_cpus,
			       CPUS_MAX);
	if (config->k0 >= config->k1 ||
	    config->k1 > (INT64_MAX - config->phase_ns) / config->interval_ns)
		return mc_fail(failure, MC_EXIT_USAGE,
			       "analysis: window %" PRIu64 " to %" PRIu64
			       " is empty or ends after the clock does",
			       config->k0, config->k1);
	return 0;
}

static int allocate(struct mc_analysis *analysis)
{
	struct mc_analysis_config *config = &analysis->config;

	analysis->cpus = calloc(config->n_cpus, sizeof(*analysis->cpus));
	analysis->next = calloc(config->n_cpus, sizeof(*analysis->next));
	analysis->cpu = calloc(config->n_cpus, sizeof(*analysis->cpu));
	if (!analysis->cpus || !analysis->next || !analysis->cpu)
		return -1;
	memcpy(analysis->cpus, config->cpus, config->n_cpus * sizeof(*config->cpus));
	config->cpus = analysis->cpus;
	if (mc_timeline_bins_init(&analysis->timeline, config->n_cpus))
		return -1;
	return mc_skew_window_init(&analysis->skew, config, &analysis->interval);
}

struct mc_analysis *mc_analysis_new(const struct mc_analysis_config *config,
				    struct mc_failure *failure)
{
	struct mc_analysis *analysis;
	struct interval interval;

	if (check_config(config, &interval, failure))
		return NULL;
	analysis = calloc(1, sizeof(*analysis));
	if (analysis) {
		analysis->config = *config;
		analysis->interval = interval;
	}
	if (!analysis || allocate(analysis)) {
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "analysis: no memory for %u CPUs",
			config->n_cpus);
		mc_analysis_free(analysis);
		return NULL;
	}
	analysis->last_tick = (INT64_MAX - config->phase_ns) / config->interval_ns;
	mc_distribution_init(&analysis->entry);
	mc_distribution_init(&analysis->passed);
	for (unsigned int i = 0; i < config->n_cpus; i++) {
		/* The rest is zero: a histogram's pages stay untouched until they are used. */
		analysis->cpu[i].delta.min = INT64_MAX;
		analysis->cpu[i].delta.max = INT64_MIN;
	}
	return analysis;
}

void mc_analysis_free(struct mc_analysis *analysis)
{
	if (!analysis)
		return;
	mc_skew_window_end(&analysis->skew);
	mc_timeline_bins_end(&analysis->timeline);
	free(analysis->cpu);
	free(analysis->next);
	free(analysis->cpus);
	free(analysis);
}

static uint64_t boundary_ns(const struct mc_analysis *analysis, uint64_t tick)
{
	return analysis->interval.phase_ns + tick * analysis->interval.length_ns;
}

/* Clip [*from, *to) to the window. Return: how many boundaries are left. */
static uint64_t clip(const struct mc_analysis *analysis, uint64_t *from, uint64_t *to)
{
	if (*from < analysis->config.k0)
		*from = analysis->config.k0;
	if (*to > analysis->config.k1)
		*to = analysis->config.k1;
	return *from < *to ? *to - *from : 0;
}

/* A time before 0 or after what a ktime_t holds has the sign bit, whichever it is. */
static bool on_clock(uint64_t boundary, int64_t relative_ns)
{
	return (int64_t)(boundary + (uint64_t)relative_ns) >= 0;
}

static int refuse(const struct mc_analysis *analysis, unsigned int cpu,
		  const struct mc_sample *sample, struct mc_failure *failure)
{
	if (sample->tick < analysis->next[cpu])
		return mc_fail(failure, MC_EXIT_INVALID,
			       "trace of cpu %u: tick %" PRIu64 " came when %" PRIu64
			       " or a later one was next: the events are out of order",
			       analysis->cpus[cpu], sample->tick, analysis->next[cpu]);
	return mc_fail(failure, MC_EXIT_INVALID,
		       "trace of cpu %u: tick %" PRIu64 " with delta %" PRId64 " ns, entry %" PRId64
		       " ns and missed %" PRIu64 " is not a time on the clock: "
		       "the event's data are damaged",
		       analysis->cpus[cpu], sample->tick, sample->delta_ns, sample->entry_ns,
		       sample->missed);
}

/* A tick that came after others than the one before it, was late by an interval, or says so. */
static void note_irregular(struct mc_analysis *analysis, unsigned int cpu,
			   const struct mc_sample *sample)
{
	struct cpu_state *state = &analysis->cpu[cpu];
	uint64_t length = analysis->interval.length_ns;
	uint64_t passed = sample->delta_ns > 0 ? (uint64_t)sample->delta_ns / length : 0;
	uint64_t from = analysis->next[cpu], to = sample->tick, n;
	int64_t start = (int64_t)boundary_ns(analysis, sample->tick) + sample->delta_ns;

	if (from)
		state->unread += clip(analysis, &from, &to);
	from = sample->tick + 1;
	to = from + sample->missed;
	n = clip(analysis, &from, &to);
	if (n)
		mc_distribution_add_falling(
			&analysis->passed, start - (int64_t)boundary_ns(analysis, from), length, n);
	state->missed += n;
	if (passed != sample->missed && !state->bad_ticks++)
		state->bad_tick = sample->tick;
}

static void add_spin(struct mc_spin *spin, int64_t entry_ns)
{
	uint64_t spun = -(uint64_t)entry_ns;

	spin->ticks++;
	if (spun > spin->max_ns)
		spin->max_ns = spun;
	if (__builtin_add_overflow(spin->total_ns, spun, &spin->total_ns))
		spin->total_ns = UINT64_MAX;
}

int mc_analysis_add(struct mc_analysis *analysis, unsigned int cpu, const struct mc_sample *sample,
		    struct mc_failure *failure)
{
	uint64_t tick = sample->tick, boundary;

	if (cpu >= analysis->config.n_cpus)
		return mc_fail(failure, MC_EXIT_INVALID, "trace: CPU index %u of %u", cpu,
			       analysis->config.n_cpus);
	boundary = boundary_ns(analysis, tick);
	if (tick < analysis->next[cpu] || tick > analysis->last_tick ||
	    sample->missed > analysis->last_tick - tick || !on_clock(boundary, sample->delta_ns) ||
	    !on_clock(boundary, sample->entry_ns))
		return refuse(analysis, cpu, sample, failure);
	if (sample->missed || tick != analysis->next[cpu] ||
	    sample->delta_ns >= (int64_t)analysis->interval.length_ns)
		note_irregular(analysis, cpu, sample);
	analysis->next[cpu] = tick + sample->missed + 1;
	mc_timeline_bins_add(&analysis->timeline, cpu, tick, sample->delta_ns);
	if (tick < analysis->config.k0 || tick >= analysis->config.k1)
		return 0;
	mc_distribution_add(&analysis->cpu[cpu].delta, sample->delta_ns);
	mc_distribution_add(&analysis->entry, sample->entry_ns);
	if (sample->entry_ns < 0)
		add_spin(&analysis->spin, sample->entry_ns);
	return mc_skew_window_add(&analysis->skew, tick, sample->delta_ns, failure);
}

void mc_analysis_hole(struct mc_analysis *analysis, unsigned int cpu)
{
	if (cpu < analysis->config.n_cpus)
		analysis->cpu[cpu].holes++;
}

int mc_analysis_behind(const struct mc_analysis *analysis, const bool *done)
{
	int behind = -1;

	for (unsigned int i = 0; i < analysis->config.n_cpus; i++)
		if (!done[i] && (behind < 0 || analysis->next[i] < analysis->next[behind]))
			behind = (int)i;
	return behind;
}

/*
 * The boundaries that were open when the totals were read are the last ones of
 * the window, and all of them had passed by then. They are at least that late.
 */
static void add_open(struct mc_analysis *analysis, uint64_t open, int64_t read_ns)
{
	const struct mc_analysis_config *config = &analysis->config;

	if (open > config->k1 - config->k0)
		open = config->k1 - config->k0;
	mc_distribution_add_falling(&analysis->passed,
				    read_ns - (int64_t)boundary_ns(analysis, config->k1 - open),
				    analysis->interval.length_ns, open);
}

static void fill_cpu(const struct mc_analysis *analysis, unsigned int i,
		     const struct mc_totals *totals, uint64_t lost, struct mc_account *account,
		     struct mc_cpu_result *cpu)
{
	const struct cpu_state *state = &analysis->cpu[i];

	*account = (struct mc_account){
		.cpu = analysis->cpus[i],
		.expected = analysis->config.k1 - analysis->config.k0,
		.started = totals->started,
		.missed = totals->missed,
		.open = totals->open,
		.read = state->delta.histogram.total,
		.lost = lost,
		.events_missed = state->missed,
		.unread = state->unread,
		.holes = state->holes,
		.bad_tick = state->bad_tick,
		.bad_ticks = state->bad_ticks,
	};
	*cpu = (struct mc_cpu_result){
		.cpu = account->cpu,
		.expected = account->expected,
		.started = account->started,
		.missed = account->missed + account->open,
		.open = account->open,
		.samples = account->read,
		.lost = account->lost,
	};
	mc_distribution_stats(&state->delta, &cpu->delta);
}

/* Per-CPU results, their sums, and the verdict on them */
static void fill_cpus(const struct mc_analysis *analysis, const struct mc_totals *totals,
		      const uint64_t *lost, struct mc_scenario_result *out)
{
	unsigned int broken = 0;
	size_t used;

	for (unsigned int i = 0; i < analysis->config.n_cpus; i++) {
		struct mc_cpu_result *cpu = &out->cpu[i];
		char reason[MC_TEXT_MAX];
		struct mc_account account;

		fill_cpu(analysis, i, &totals[i], lost[i], &account, cpu);
		out->samples += cpu->samples;
		out->expected_ticks += cpu->expected;
		out->started_ticks += cpu->started;
		out->missed_ticks += cpu->missed;
		out->lost_events += cpu->lost;
		if (mc_account_check(&account, reason, sizeof(reason)) || broken++)
			continue;
		out->status = MC_STATUS_INVALID;
		memcpy(out->reason, reason, strlen(reason) + 1);
	}
	used = strlen(out->reason);
	if (broken > 1)
		snprintf(out->reason + used, sizeof(out->reason) - used, " (and %u more CPUs)",
			 broken - 1);
}

static int check_totals(const struct mc_analysis *analysis, const struct mc_totals *totals,
			int64_t read_ns, struct mc_failure *failure)
{
	for (unsigned int i = 0; i < analysis->config.n_cpus; i++)
		if (totals[i].cpu != analysis->cpus[i])
			return mc_fail(failure, MC_EXIT_ENVIRONMENT,
				       "kernel's totals: line %u is of cpu %u, not of cpu %u: "
				       "CPUs went on or off line during the run",
				       i + 1, totals[i].cpu, analysis->cpus[i]);
	if (read_ns < (int64_t)boundary_ns(analysis, analysis->config.k1 - 1))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "kernel's totals were read at %" PRId64
			       " ns, before boundary %" PRIu64 ", the window's last",
			       read_ns, analysis->config.k1 - 1);
	return 0;
}

/* The distributions over all CPUs; @all is scratch memory. Return: -1 without memory. */
static int fill_distributions(const struct mc_analysis *analysis, struct mc_distribution *all,
			      struct mc_scenario_result *out)
{
	const struct mc_skew_window *skew = &analysis->skew;

	mc_distribution_init(all);
	for (unsigned int i = 0; i < analysis->config.n_cpus; i++)
		mc_distribution_merge(all, &analysis->cpu[i].delta);
	mc_distribution_stats(all, &out->delta);
	if (mc_distribution_buckets(all, &out->delta_histogram))
		return -1;
	mc_distribution_merge(all, &analysis->passed);
	mc_distribution_stats(all, &out->corrected);
	if (mc_distribution_buckets(all, &out->corrected_histogram))
		return -1;
	mc_distribution_stats(&analysis->entry, &out->entry);
	mc_distribution_stats(&skew->skew, &out->skew);
	out->spin = analysis->spin;
	if (analysis->config.n_cpus > 1)
		out->skew_incomplete = analysis->config.k1 - analysis->config.k0 - out->skew.count;
	return mc_distribution_buckets(&skew->skew, &out->skew_histogram);
}

static int fill(const struct mc_analysis *analysis, const struct mc_totals *totals,
		const uint64_t *lost, struct mc_scenario_result *out)
{
	struct mc_distribution *all = malloc(sizeof(*all));
	int ret = -1;

	out->cpu = calloc(analysis->config.n_cpus, sizeof(*out->cpu));
	if (all && out->cpu) {
		out->n_cpus = analysis->config.n_cpus;
		fill_cpus(analysis, totals, lost, out);
		ret = fill_distributions(analysis, all, out);
	}
	free(all);
	if (ret)
		return -1;
	return mc_timeline_bins_finish(&analysis->timeline, &analysis->interval, &out->timeline);
}

int mc_analysis_finish(struct mc_analysis *analysis, const struct mc_totals *totals,
		       const uint64_t *lost, int64_t read_ns, struct mc_scenario_result *out,
		       struct mc_failure *failure)
{
	if (check_totals(analysis, totals, read_ns, failure) ||
	    mc_skew_window_finish(&analysis->skew, failure))
		return -1;
	for (unsigned int i = 0; i < analysis->config.n_cpus; i++)
		add_open(analysis, totals[i].open, read_ns);
	out->status = MC_STATUS_OK;
	out->reason[0] = '\0';
	out->k0 = analysis->config.k0;
	out->k1 = analysis->config.k1;
	out->samples = out->expected_ticks = out->started_ticks = 0;
	out->missed_ticks = out->lost_events = out->skew_incomplete = 0;
	if (fill(analysis, totals, lost, out))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "analysis: no memory for the result");
	if (out->status == MC_STATUS_OK && !out->samples) {
		out->status = MC_STATUS_INVALID;
		snprintf(out->reason, sizeof(out->reason),
			 "no callback started in the window on any CPU");
	}
	return 0;
}
