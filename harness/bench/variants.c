// SPDX-License-Identifier: GPL-2.0
/*
 * variants.c - the ways in which each scenario is measured
 */
#include "bench/variants.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/nanoseconds.h"
#include "core/lead.h"

/* Where two ways are compared, one window of each says little. */
#define SLICES_TO_COMPARE 5

/* All that is begun by a load is at work so long after its first sign. */
#define LEAD_IN_NS (300 * NS_PER_MS)
/*
 * A lead is learned by ticks: from nothing to the default maximum in 340 of them, if all are
 * late. The bounds are for machines that need time to settle, and for people's patience.
 */
#define LEARN_TICKS 500
#define LEARN_MIN_NS (500 * NS_PER_MS)
#define LEARN_MAX_NS (5 * NS_PER_S)

static void name_phase(char *name, size_t size, uint64_t phase_ns)
{
	if (phase_ns % 1000)
		snprintf(name, size, "phase%" PRIu64 "ns", phase_ns);
	else
		snprintf(name, size, "phase%" PRIu64 "us", phase_ns / 1000);
}

static void add(struct mc_job *job, enum lead_mode lead, uint64_t phase_ns)
{
	job->variant[job->n_variants++] = (struct mc_variant){
		.lead = lead_mode_name(lead),
		.phase_ns = phase_ns,
	};
}

void mc_variants_make(const struct mc_options *options, struct mc_job *job)
{
	bool phases = options->n_phases > 1;
	unsigned int i;

	job->n_variants = 0;
	for (i = 0; i < options->n_leads; i++)
		add(job, options->lead[i], options->phase_ns[0]);
	for (i = 1; i < options->n_phases; i++)
		add(job, options->lead[0], options->phase_ns[i]);
	job->slices = options->slices ? options->slices
				      : (job->n_variants > 1 ? SLICES_TO_COMPARE : 1);
	if (job->n_variants == 1)
		return;
	for (i = 0; i < job->n_variants; i++) {
		struct mc_variant *variant = &job->variant[i];

		if (phases)
			name_phase(variant->name, sizeof(variant->name), variant->phase_ns);
		else
			snprintf(variant->name, sizeof(variant->name), "%s", variant->lead);
	}
	job->variant[i] = job->variant[0];
	job->variant[i].repeat = true;
	snprintf(job->variant[i].name, sizeof(job->variant[i].name), "%.28s-2",
		 job->variant[0].name);
	job->n_variants++;
}

int64_t mc_variants_lead_in_ns(const struct mc_job *job)
{
	int64_t learn_ns = LEARN_TICKS * job->interval_ns;
	bool learns = false;
	unsigned int i;

	for (i = 0; i < job->n_variants; i++)
		learns |= strcmp(job->variant[i].lead, lead_mode_name(LEAD_OFF)) != 0;
	if (!learns)
		return LEAD_IN_NS;
	if (learn_ns < LEARN_MIN_NS)
		return LEARN_MIN_NS;
	return learn_ns < LEARN_MAX_NS ? learn_ns : LEARN_MAX_NS;
}

void mc_variant_test(const struct mc_variant *variant, const char *scenario, char *test,
		     size_t size)
{
	snprintf(test, size, "%s%s%s", scenario, *variant->name ? "+" : "", variant->name);
}

unsigned int mc_variant_of_slice(const struct mc_job *job, unsigned int slice)
{
	unsigned int round = slice / job->n_variants, turn = slice % job->n_variants;

	return round % 2 ? job->n_variants - 1 - turn : turn;
}
