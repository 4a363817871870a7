// SPDX-License-Identifier: GPL-2.0
/*
 * analysis.c - from single ticks to the statistics of a scenario
 *
 * What is added for every sample is kept small: delta, entry and spin per CPU, the
 * tick's place in the skew window and the timeline's bin. Delta and entry over all CPUs
 * and the corrected delay are put together from these and from the missed
 * boundaries at the end, the figures of a slice from what was added since the last.
 */
#include "memory_collector/analysis.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory_collector/sizes.h"
#include "statistics/accounting.h"
#include "statistics/skew_window.h"
#include "statistics/timeline.h"

#define CPUS_MAX 8192

/* What the events of a CPU say of a window beyond their distributions */
struct cpu_window {
	uint64_t missed, unread, holes;
	uint64_t bad_tick, bad_ticks;
};

/**
 * struct cpu_state - one CPU
 * @delta: of all windows
 * @entry: of all windows
 * @spin: of all windows
 * @window: of the one that is not settled
 * @read_before: events of the windows before it
 * @spin_before: spin of the windows before it
 * @sums: what the windows before it add up to; delta and spin are set at the end
 */
struct cpu_state {
	struct mc_distribution delta, entry;
	struct mc_spin spin;
	struct cpu_window window;
	uint64_t read_before;
	struct mc_spin spin_before;
	struct mc_cpu_result sums;
};

/* What a slice is the difference to, allocated only where slices are wanted */
struct before {
	struct mc_distribution delta, passed, skew, now, since, late;
};

/**
 * struct mc_analysis - state of the pass
 * @config: as given, but with @cpus of our own; k0 and k1 are those of the window
 * @k0: of the first window
 * @boundaries: of all windows that are settled
 * @offline: boundaries that some CPU was offline in, over all CPUs
 * @broken: accounts that do not agree
 * @reason: the first of them
 * @interval: grid
 * @last_tick: the last boundary that CLOCK_MONOTONIC can show
 * @next: [n_cpus], the tick that follows the CPU's last one and what it missed; 0
 *	before its first. Apart from @cpu, since mc_analysis_behind() goes over all
 * @cpu: [n_cpus]
 * @passed: lateness of the window's missed boundaries
 * @skew: recent ticks
 * @timeline: all events
 * @before: at the end of the last window; NULL: no slices are wanted
 * @slice: [n_slices]
 */
struct mc_analysis {
	struct mc_analysis_config config;
	uint64_t k0, boundaries, offline;
	unsigned int broken;
	char reason[MC_TEXT_MAX];
	struct interval interval;
	uint64_t last_tick;
	unsigned int *cpus;
	uint64_t *next;
	struct cpu_state *cpu;
	struct mc_distribution passed;
	struct mc_skew_window skew;
	struct mc_timeline_bins timeline;
	struct before *before;
	struct mc_slice *slice;
	size_t n_slices;
};

static int check_window(const struct mc_analysis_config *config, uint64_t k0, uint64_t k1,
			struct mc_failure *failure)
{
	if (k0 >= k1 || k1 > (INT64_MAX - config->phase_ns) / config->interval_ns)
		return mc_fail(failure, MC_EXIT_USAGE,
			       "analysis: window %" PRIu64 " to %" PRIu64
			       " is empty or ends after the clock does",
			       k0, k1);
	return 0;
}

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
	return check_window(config, config->k0, config->k1, failure);
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
	if (config->slices) {
		analysis->before = calloc(1, sizeof(*analysis->before));
		if (!analysis->before)
			return -1;
	}
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
	analysis->k0 = config->k0;
	analysis->last_tick = (INT64_MAX - config->phase_ns) / config->interval_ns;
	mc_distribution_init(&analysis->passed);
	for (unsigned int i = 0; i < config->n_cpus; i++) {
		analysis->cpu[i].sums.cpu = config->cpus[i];
		/* The rest is zero: a histogram's pages stay untouched until they are used. */
		analysis->cpu[i].delta.min = analysis->cpu[i].entry.min = INT64_MAX;
		analysis->cpu[i].delta.max = analysis->cpu[i].entry.max = INT64_MIN;
	}
	return analysis;
}

void mc_analysis_free(struct mc_analysis *analysis)
{
	if (!analysis)
		return;
	mc_skew_window_end(&analysis->skew);
	mc_timeline_bins_end(&analysis->timeline);
	free(analysis->before);
	free(analysis->slice);
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
static int note_irregular(struct mc_analysis *analysis, unsigned int cpu,
			  const struct mc_sample *sample, struct mc_failure *failure)
{
	struct cpu_window *window = &analysis->cpu[cpu].window;
	uint64_t length = analysis->interval.length_ns;
	uint64_t passed = sample->delta_ns > 0 ? (uint64_t)sample->delta_ns / length : 0;
	uint64_t from = analysis->next[cpu], to = sample->tick, n;
	int64_t start = (int64_t)boundary_ns(analysis, sample->tick) + sample->delta_ns;

	if (from)
		window->unread += clip(analysis, &from, &to);
	if (passed != sample->missed && !window->bad_ticks++)
		window->bad_tick = sample->tick;
	from = sample->tick + 1;
	to = from + sample->missed;
	n = clip(analysis, &from, &to);
	if (!n)
		return 0;
	window->missed += n;
	mc_distribution_add_falling(&analysis->passed, start - (int64_t)boundary_ns(analysis, from),
				    length, n);
	return mc_skew_window_miss(&analysis->skew, from, to, failure);
}

static void add_spin(struct mc_spin *spin, const struct mc_sample *sample)
{
	uint64_t spun = -(uint64_t)sample->entry_ns;

	spin->ticks++;
	spin->stolen_ns += sample->stolen_ns;
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
	if ((sample->missed || tick != analysis->next[cpu] ||
	     sample->delta_ns >= (int64_t)analysis->interval.length_ns) &&
	    note_irregular(analysis, cpu, sample, failure))
		return -1;
	analysis->next[cpu] = tick + sample->missed + 1;
	mc_timeline_bins_add(&analysis->timeline, cpu, tick, sample->delta_ns);
	if (tick < analysis->config.k0 || tick >= analysis->config.k1)
		return 0;
	mc_distribution_add(&analysis->cpu[cpu].delta, sample->delta_ns);
	mc_distribution_add(&analysis->cpu[cpu].entry, sample->entry_ns);
	if (sample->entry_ns < 0)
		add_spin(&analysis->cpu[cpu].spin, sample);
	return mc_skew_window_add(&analysis->skew, tick, sample->delta_ns, failure);
}

void mc_analysis_hole(struct mc_analysis *analysis, unsigned int cpu)
{
	if (cpu < analysis->config.n_cpus)
		analysis->cpu[cpu].window.holes++;
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
static int add_open(struct mc_analysis *analysis, uint64_t open, int64_t read_ns,
		    struct mc_failure *failure)
{
	const struct mc_analysis_config *config = &analysis->config;

	if (open > config->k1 - config->k0)
		open = config->k1 - config->k0;
	if (!open)
		return 0;
	mc_distribution_add_falling(&analysis->passed,
				    read_ns - (int64_t)boundary_ns(analysis, config->k1 - open),
				    analysis->interval.length_ns, open);
	return mc_skew_window_miss(&analysis->skew, config->k1 - open, config->k1, failure);
}

static void check_account(struct mc_analysis *analysis, unsigned int i,
			  const struct mc_totals *totals, uint64_t lost)
{
	const struct cpu_state *state = &analysis->cpu[i];
	const struct mc_account account = {
		.cpu = analysis->cpus[i],
		.window = analysis->config.k1 - analysis->config.k0,
		.offline = totals->offline,
		.started = totals->started,
		.missed = totals->missed,
		.left = totals->left,
		.open = totals->open,
		.spin_ns = totals->spin_ns,
		.stolen_ns = totals->stolen_ns,
		.read = state->delta.histogram.total - state->read_before,
		.lost = lost,
		.events_missed = state->window.missed,
		.events_spin_ns = state->spin.total_ns - state->spin_before.total_ns,
		.events_stolen_ns = state->spin.stolen_ns - state->spin_before.stolen_ns,
		.unread = state->window.unread,
		.holes = state->window.holes,
		.bad_tick = state->window.bad_tick,
		.bad_ticks = state->window.bad_ticks,
	};
	char reason[MC_TEXT_MAX];

	if (!mc_account_check(&account, reason, sizeof(reason)) && !analysis->broken++)
		memcpy(analysis->reason, reason, sizeof(reason));
}

/* Add a window to a CPU's sums, and leave the state for the next. */
static void close_cpu(struct mc_analysis *analysis, unsigned int i, const struct mc_totals *totals,
		      uint64_t lost)
{
	struct cpu_state *state = &analysis->cpu[i];
	struct mc_cpu_result *sums = &state->sums;
	uint64_t window = analysis->config.k1 - analysis->config.k0;
	uint64_t offline = totals->offline < window ? totals->offline : window;

	sums->expected += window - offline;
	sums->offline += offline;
	sums->started += totals->started;
	sums->missed += totals->missed + totals->open;
	sums->open += totals->open;
	sums->left += totals->left;
	sums->samples = state->delta.histogram.total;
	sums->lost += lost;
	analysis->offline += offline;
	state->read_before = state->delta.histogram.total;
	state->spin_before = state->spin;
	state->window = (struct cpu_window){0};
	analysis->next[i] = 0;
}

static int check_totals(const struct mc_analysis *analysis, const struct mc_totals *totals,
			int64_t read_ns, struct mc_failure *failure)
{
	for (unsigned int i = 0; i < analysis->config.n_cpus; i++)
		if (totals[i].cpu != analysis->cpus[i])
			return mc_fail(failure, MC_EXIT_ENVIRONMENT,
				       "kernel's totals: line %u is of cpu %u, not of cpu %u: "
				       "CPUs were added or taken away during the run",
				       i + 1, totals[i].cpu, analysis->cpus[i]);
	if (read_ns < (int64_t)boundary_ns(analysis, analysis->config.k1 - 1))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "kernel's totals were read at %" PRId64
			       " ns, before boundary %" PRIu64 ", the window's last",
			       read_ns, analysis->config.k1 - 1);
	return 0;
}

/* ---- slices ---- */

/* Delta of all CPUs so far */
static void merge_deltas(const struct mc_analysis *analysis, struct mc_distribution *all)
{
	mc_distribution_init(all);
	for (unsigned int i = 0; i < analysis->config.n_cpus; i++)
		mc_distribution_merge(all, &analysis->cpu[i].delta);
}

/* The counts of a window are what the sums have and the slices before it do not. */
static void count_slice(const struct mc_analysis *analysis, struct mc_slice *slice)
{
	for (unsigned int i = 0; i < analysis->config.n_cpus; i++) {
		slice->expected += analysis->cpu[i].sums.expected;
		slice->missed += analysis->cpu[i].sums.missed;
		slice->spin_ns += analysis->cpu[i].spin.total_ns;
	}
	for (size_t i = 0; i < analysis->n_slices; i++) {
		slice->expected -= analysis->slice[i].expected;
		slice->missed -= analysis->slice[i].missed;
		slice->spin_ns -= analysis->slice[i].spin_ns;
	}
}

static int64_t or_none(const struct mc_stats *stats, int64_t value)
{
	return stats->count ? value : MC_TIME_NONE;
}

static void measure_slice(struct mc_analysis *analysis, struct mc_slice *slice)
{
	struct before *before = analysis->before;
	struct mc_stats stats;

	merge_deltas(analysis, &before->now);
	mc_distribution_since(&before->now, &before->delta, &before->since);
	before->delta = before->now;
	mc_distribution_stats(&before->since, &stats);
	slice->mean = stats.count ? stats.mean : NAN;
	slice->p50 = or_none(&stats, stats.p50);
	slice->p90 = or_none(&stats, stats.p90);
	slice->p99 = or_none(&stats, stats.p99);
	mc_distribution_since(&analysis->passed, &before->passed, &before->late);
	before->passed = analysis->passed;
	mc_distribution_merge(&before->since, &before->late);
	mc_distribution_stats(&before->since, &stats);
	slice->corrected_p90 = or_none(&stats, stats.p90);
	slice->corrected_p99 = or_none(&stats, stats.p99);
	mc_distribution_since(&analysis->skew.skew, &before->skew, &before->since);
	before->skew = analysis->skew.skew;
	mc_distribution_stats(&before->since, &stats);
	slice->skew_p50 = stats.count ? stats.p50 : -1;
}

static int add_slice(struct mc_analysis *analysis, struct mc_failure *failure)
{
	struct mc_slice slice = {.k0 = analysis->config.k0, .k1 = analysis->config.k1};
	struct mc_slice *grown;

	grown = reallocarray(analysis->slice, analysis->n_slices + 1, sizeof(*grown));
	if (!grown)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "analysis: no memory for a slice");
	analysis->slice = grown;
	count_slice(analysis, &slice);
	measure_slice(analysis, &slice);
	grown[analysis->n_slices++] = slice;
	return 0;
}

/* ---- windows ---- */

int mc_analysis_settle(struct mc_analysis *analysis, const struct mc_totals *totals,
		       const uint64_t *lost, int64_t read_ns, struct mc_failure *failure)
{
	unsigned int i;

	if (check_totals(analysis, totals, read_ns, failure))
		return -1;
	for (i = 0; i < analysis->config.n_cpus; i++)
		if (add_open(analysis, totals[i].open, read_ns, failure))
			return -1;
	if (mc_skew_window_finish(&analysis->skew, failure))
		return -1;
	for (i = 0; i < analysis->config.n_cpus; i++) {
		check_account(analysis, i, &totals[i], lost[i]);
		close_cpu(analysis, i, &totals[i], lost[i]);
	}
	analysis->boundaries += analysis->config.k1 - analysis->config.k0;
	return analysis->before ? add_slice(analysis, failure) : 0;
}

int mc_analysis_window(struct mc_analysis *analysis, uint64_t k0, uint64_t k1,
		       struct mc_failure *failure)
{
	if (check_window(&analysis->config, k0, k1, failure))
		return -1;
	if (k0 < analysis->config.k1)
		return mc_fail(failure, MC_EXIT_USAGE,
			       "analysis: window %" PRIu64 " to %" PRIu64 " begins before %" PRIu64
			       ", the end of the last one",
			       k0, k1, analysis->config.k1);
	analysis->config.k0 = k0;
	analysis->config.k1 = k1;
	mc_skew_window_begin(&analysis->skew, k0);
	return 0;
}

/* ---- the result ---- */

static void add_spins(struct mc_spin *into, const struct mc_spin *from)
{
	into->ticks += from->ticks;
	into->stolen_ns += from->stolen_ns;
	if (from->max_ns > into->max_ns)
		into->max_ns = from->max_ns;
	if (__builtin_add_overflow(into->total_ns, from->total_ns, &into->total_ns))
		into->total_ns = UINT64_MAX;
}

/* Per-CPU results and their sums */
static void fill_cpus(const struct mc_analysis *analysis, struct mc_ticks *out)
{
	for (unsigned int i = 0; i < analysis->config.n_cpus; i++) {
		const struct cpu_state *state = &analysis->cpu[i];
		struct mc_cpu_result *cpu = &out->cpu[i];

		*cpu = state->sums;
		cpu->spin = state->spin;
		mc_distribution_stats(&state->delta, &cpu->delta);
		mc_distribution_stats(&state->entry, &cpu->entry);
		out->samples += cpu->samples;
		out->expected_ticks += cpu->expected;
		out->started_ticks += cpu->started;
		out->missed_ticks += cpu->missed;
		out->lost_events += cpu->lost;
		add_spins(&out->spin, &cpu->spin);
	}
}

/* The distributions over all CPUs; @all is scratch memory. Return: -1 without memory. */
static int fill_distributions(const struct mc_analysis *analysis, struct mc_distribution *all,
			      struct mc_ticks *out)
{
	merge_deltas(analysis, all);
	mc_distribution_stats(all, &out->delta);
	if (mc_distribution_buckets(all, &out->delta_histogram))
		return -1;
	mc_distribution_merge(all, &analysis->passed);
	mc_distribution_stats(all, &out->corrected);
	if (mc_distribution_buckets(all, &out->corrected_histogram))
		return -1;
	mc_distribution_init(all);
	for (unsigned int i = 0; i < analysis->config.n_cpus; i++)
		mc_distribution_merge(all, &analysis->cpu[i].entry);
	mc_distribution_stats(all, &out->entry);
	return 0;
}

/*
 * Where no CPU was ever offline, a tick that was not read on all of them is incomplete,
 * whatever the reason. Else it is where one of those that were online missed it; if
 * that cannot be told of every tick, those that were read on all CPUs must do.
 */
static int fill_skew(const struct mc_analysis *analysis, struct mc_distribution *all,
		     struct mc_ticks *out)
{
	const struct mc_skew_window *skew = &analysis->skew;
	bool offline = analysis->offline && !skew->unmarked;

	mc_distribution_init(all);
	mc_distribution_merge(all, &skew->skew);
	if (offline)
		mc_distribution_merge(all, &skew->partial);
	mc_distribution_stats(all, &out->skew);
	if (offline)
		out->skew_incomplete = skew->uneven;
	else if (analysis->config.n_cpus > 1)
		out->skew_incomplete = analysis->boundaries - out->skew.count;
	return mc_distribution_buckets(all, &out->skew_histogram);
}

static int fill(struct mc_analysis *analysis, struct mc_ticks *out)
{
	struct mc_distribution *all = malloc(sizeof(*all));
	int ret = -1;

	out->cpu = calloc(analysis->config.n_cpus, sizeof(*out->cpu));
	if (all && out->cpu) {
		out->n_cpus = analysis->config.n_cpus;
		fill_cpus(analysis, out);
		ret = fill_distributions(analysis, all, out) || fill_skew(analysis, all, out);
	}
	free(all);
	if (ret)
		return -1;
	out->slice = analysis->slice;
	out->n_slices = analysis->n_slices;
	analysis->slice = NULL;
	return mc_timeline_bins_finish(&analysis->timeline, &analysis->interval, &out->timeline);
}

/* Why the figures must not be used; empty where they may */
static void judge(const struct mc_analysis *analysis, const struct mc_ticks *out, char *reason,
		  size_t size)
{
	if (analysis->broken > 1)
		snprintf(reason, size, "%.400s (and %u more%s)", analysis->reason,
			 analysis->broken - 1,
			 analysis->n_slices > 1 ? " CPUs or windows" : " CPUs");
	else if (analysis->broken)
		snprintf(reason, size, "%.400s", analysis->reason);
	else
		snprintf(reason, size, "%s",
			 out->samples ? "" : "no callback started in the window on any CPU");
}

int mc_analysis_finish(struct mc_analysis *analysis, struct mc_ticks *out, char *reason,
		       size_t size, struct mc_failure *failure)
{
	out->k0 = analysis->k0;
	out->k1 = analysis->config.k1;
	out->phase_ns = analysis->interval.phase_ns;
	out->samples = out->expected_ticks = out->started_ticks = 0;
	out->missed_ticks = out->lost_events = out->skew_incomplete = 0;
	out->spin = (struct mc_spin){0};
	if (fill(analysis, out))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "analysis: no memory for the result");
	judge(analysis, out, reason, size);
	return 0;
}
