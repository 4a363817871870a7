// SPDX-License-Identifier: GPL-2.0
/*
 * check.c - whether what a scenario's result says agrees with itself
 */
#include "result/check.h"

#include <math.h>
#include <stdio.h>

#include "result/clock_verdict.h"

/* One disagreement, as it is told to the caller */
struct finding {
	char *key;
	size_t size;
	const char **why;
};

static bool disagree(const struct finding *finding, const char *key, const char *why)
{
	snprintf(finding->key, finding->size, "%s", key);
	*finding->why = why;
	return false;
}

/* Whether one count of all CPUs adds up to @total */
static bool sums_to(const struct mc_scenario_result *scenario, size_t offset, uint64_t total)
{
	for (size_t i = 0; i < scenario->ticks.n_cpus; i++) {
		uint64_t count =
			*(const uint64_t *)((const char *)&scenario->ticks.cpu[i] + offset);

		if (count > total)
			return false;
		total -= count;
	}
	return !total;
}

static bool totals_agree(const struct mc_scenario_result *scenario, const struct finding *finding)
{
	const struct {
		const char *key;
		size_t offset;
		uint64_t total;
	} sums[] = {
		{"samples", offsetof(struct mc_cpu_result, samples), scenario->ticks.samples},
		{"expected_ticks", offsetof(struct mc_cpu_result, expected),
		 scenario->ticks.expected_ticks},
		{"started_ticks", offsetof(struct mc_cpu_result, started),
		 scenario->ticks.started_ticks},
		{"missed_ticks", offsetof(struct mc_cpu_result, missed),
		 scenario->ticks.missed_ticks},
		{"lost_events", offsetof(struct mc_cpu_result, lost), scenario->ticks.lost_events},
	};

	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++)
		if (!sums_to(scenario, sums[i].offset, sums[i].total))
			return disagree(finding, sums[i].key, "not the sum over per_cpu");
	return true;
}

static bool cpus_agree(const struct mc_scenario_result *scenario, const struct finding *finding)
{
	for (size_t i = 0; i < scenario->ticks.n_cpus; i++) {
		const struct mc_cpu_result *cpu = &scenario->ticks.cpu[i];
		const char *key, *why;

		if (cpu->delta.count != cpu->samples) {
			key = "delta_ns";
			why = "not of as many values as samples";
		} else if (cpu->entry.count && cpu->entry.count != cpu->samples) {
			key = "entry_ns";
			why = "not of as many values as samples";
		} else if (cpu->expected > scenario->ticks.k1 - scenario->ticks.k0) {
			key = "expected_ticks";
			why = "more than the window has";
		} else if (cpu->offline > scenario->ticks.k1 - scenario->ticks.k0 - cpu->expected) {
			key = "offline_ticks";
			why = "more than the window has besides expected_ticks";
		} else if (cpu->open > cpu->missed) {
			key = "open_ticks";
			why = "more than missed_ticks";
		} else if (cpu->left > cpu->missed - cpu->open) {
			key = "left_ticks";
			why = "more than missed_ticks without open_ticks";
		} else {
			continue;
		}
		snprintf(finding->key, finding->size, "per_cpu[%zu].%s", i, key);
		*finding->why = why;
		return false;
	}
	return true;
}

/* Spins by CPU; files of earlier versions have none. */
static bool spins_agree(const struct mc_scenario_result *scenario, const struct finding *finding)
{
	uint64_t total = 0, ticks = 0;

	if (scenario->ticks.spin.stolen_ns > scenario->ticks.spin.total_ns)
		return disagree(finding, "spin.stolen_ns", "more than total_ns");
	for (size_t i = 0; i < scenario->ticks.n_cpus; i++) {
		total += scenario->ticks.cpu[i].spin.total_ns;
		ticks += scenario->ticks.cpu[i].spin.ticks;
	}
	if (ticks &&
	    (total != scenario->ticks.spin.total_ns || ticks != scenario->ticks.spin.ticks))
		return disagree(finding, "spin", "not the sum over per_cpu");
	return true;
}

static bool counts_to(const struct mc_buckets *buckets, uint64_t total)
{
	for (size_t i = 0; i < buckets->n; i++) {
		if (buckets->bucket[i].count > total)
			return false;
		total -= buckets->bucket[i].count;
	}
	return !total;
}

static bool distributions_agree(const struct mc_scenario_result *scenario,
				const struct finding *finding)
{
	if (scenario->ticks.delta.count != scenario->ticks.samples)
		return disagree(finding, "delta_ns", "not of as many values as samples");
	if (scenario->ticks.entry.count && scenario->ticks.entry.count != scenario->ticks.samples)
		return disagree(finding, "entry_ns", "not of as many values as samples");
	if (!counts_to(&scenario->ticks.delta_histogram, scenario->ticks.delta.count))
		return disagree(finding, "histogram.delta", "not of as many values as delta_ns");
	if (!counts_to(&scenario->ticks.corrected_histogram, scenario->ticks.corrected.count))
		return disagree(finding, "histogram.corrected",
				"not of as many values as corrected_ns");
	if (!counts_to(&scenario->ticks.skew_histogram, scenario->ticks.skew.count))
		return disagree(finding, "histogram.skew", "not of as many values as skew_ns");
	return true;
}

/* What ok promises, "window" in docs/measuring.md */
static bool ok_agrees(const struct mc_scenario_result *scenario, const struct finding *finding)
{
	uint64_t settled;

	if (!scenario->ticks.samples)
		return disagree(finding, "status", "ok, but there are no samples");
	if (scenario->ticks.lost_events || scenario->ticks.started_ticks != scenario->ticks.samples)
		return disagree(finding, "status",
				"ok, but started = read with none lost does not hold");
	if (fabs(scenario->clock.ppm) > MC_CLOCK_PPM_MAX)
		return disagree(finding, "status", "ok, but the clock was off");
	if (mc_clock_changed(scenario->clock.source, scenario->clock.source_after))
		return disagree(finding, "status", "ok, but the clock source changed");
	if (__builtin_add_overflow(scenario->ticks.started_ticks, scenario->ticks.missed_ticks,
				   &settled) ||
	    settled != scenario->ticks.expected_ticks)
		return disagree(finding, "status",
				"ok, but expected = started + missed does not hold");
	return true;
}

bool mc_scenario_agrees(const struct mc_scenario_result *scenario, char *key, size_t size,
			const char **why)
{
	const struct finding finding = {key, size, why};

	if (!scenario->ticks.n_cpus &&
	    (scenario->ticks.corrected.count || scenario->ticks.skew.count))
		return disagree(&finding, "per_cpu", "empty, but there are distributions");
	if (scenario->ticks.n_cpus && scenario->status == MC_STATUS_SKIPPED)
		return disagree(&finding, "per_cpu", "not empty, but the scenario was skipped");
	if (scenario->ticks.n_cpus && scenario->ticks.k0 >= scenario->ticks.k1)
		return disagree(&finding, "window", "there is no boundary in it");
	return totals_agree(scenario, &finding) && cpus_agree(scenario, &finding) &&
	       spins_agree(scenario, &finding) && distributions_agree(scenario, &finding) &&
	       (scenario->status != MC_STATUS_OK || ok_agrees(scenario, &finding));
}
