/* SPDX-License-Identifier: GPL-2.0 */
/*
 * usage.h - what every process has used, from the collector's events
 */
#ifndef MEMORY_COLLECTOR_USAGE_H
#define MEMORY_COLLECTOR_USAGE_H

#include <stdbool.h>
#include <stdio.h>

#include "collector_event.h"
#include "memory_collector/failure.h"

#define MC_USAGE_DOMAINS 64

/**
 * struct mc_process_usage - one process, as long as it had its RMID and was watched
 * @tgid: its id
 * @rmid: what it had
 * @generation: what tells it from others that had the same RMID
 * @comm: its last name; "" where nobody said it
 * @samples: samples of all domains
 * @ticks: ticks from its first to its last sample, of all domains: as many as there
 *	would be samples if none were missing
 * @unread: counters without a value, of three per sample
 * @gaps: times after which an unknown amount is missing in the traffic
 * @occupancy_mean: bytes in all domains, mean of the samples
 * @occupancy_max: highest sum of the domains' latest values
 * @total_bytes: memory traffic while it was watched
 * @local_bytes: the part of it to the domains' own memory
 * @span_ns: from its first to its last sample
 */
struct mc_process_usage {
	int64_t tgid;
	uint64_t rmid, generation;
	char comm[MC_COMM_LENGTH];
	uint64_t samples, ticks, unread, gaps;
	double occupancy_mean;
	uint64_t occupancy_max, total_bytes, local_bytes, span_ns;
};

struct mc_usage;

/* Return: empty, or NULL without memory; mc_usage_free() ends it. */
struct mc_usage *mc_usage_new(void);
void mc_usage_free(struct mc_usage *usage);

/* The next event; of one domain and RMID in the order of ticks. */
void mc_usage_event(struct mc_usage *usage, const struct mc_event *event);

/**
 * mc_usage_processes - all processes that had samples
 * @usage: usage
 * @n: set
 * @failure: filled without memory, also where it was short on the way
 *
 * Return: an array by descending traffic, to be freed, or NULL.
 */
struct mc_process_usage *mc_usage_processes(const struct mc_usage *usage, size_t *n,
					    struct mc_failure *failure);

/* Samples that are no process's: under an RMID or generation that nobody was given */
uint64_t mc_usage_unknown(const struct mc_usage *usage);

/**
 * mc_usage_print - the table
 * @process: array
 * @n: its length
 * @most: lines at most
 * @simulated: nothing of it is real, and the title says so
 * @to: where
 */
void mc_usage_print(const struct mc_process_usage *process, size_t n, size_t most, bool simulated,
		    FILE *to);

#endif
