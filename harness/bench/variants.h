/* SPDX-License-Identifier: GPL-2.0 */
/*
 * variants.h - the ways in which each scenario is measured
 */
#ifndef MEMORY_COLLECTOR_VARIANTS_H
#define MEMORY_COLLECTOR_VARIANTS_H

#include "bench/options.h"
#include "memory_collector/place.h"

/**
 * mc_variants_make - from the command line to the variants of a job
 * @options: checked
 * @job: variants and slices are set
 *
 * One lead and one phase are one variant without a name. Several are compared, and
 * then the first is measured twice.
 */
void mc_variants_make(const struct mc_options *options, struct mc_job *job);

/**
 * mc_variants_lead_in_ns - how long the timers tick before each window
 * @job: variants and interval are set
 *
 * The same for all variants, under the load that is measured: a lead that was learned without
 * it, or not to its end, would be measured as if the timer could do no better.
 */
int64_t mc_variants_lead_in_ns(const struct mc_job *job);

/* The name of a scenario's result, "cpu" or "cpu+auto" */
void mc_variant_test(const struct mc_variant *variant, const char *scenario, char *test,
		     size_t size);

/**
 * mc_variant_of_slice - whose turn it is
 * @job: variants and slices
 * @slice: counted over all variants, from 0 to variants times slices
 *
 * Every second round goes backwards, so that a machine that gets slower or faster in the
 * course of it is fair to all.
 *
 * Return: index of the variant.
 */
unsigned int mc_variant_of_slice(const struct mc_job *job, unsigned int slice);

#endif
