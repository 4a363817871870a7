/* SPDX-License-Identifier: GPL-2.0 */
/*
 * usage.h - what every process has used, from the collector's events
 */
#ifndef MEMORY_COLLECTOR_USAGE_H
#define MEMORY_COLLECTOR_USAGE_H

#include <stdbool.h>
#include <stdio.h>

#include "collector/event.h"
#include "memory_collector/failure.h"

#define MC_USAGE_DOMAINS 64

/**
 * struct mc_process_usage - one process, as long as it had its RMID and was watched
 * @tgid: its id
 * @rmid: what it had
 * @generation: what tells it from others that had the same RMID
 * @comm: its last name; "" where nobody said it
 * @ended: it has given its RMID back; its id may be somebody else's now
 * @samples: samples of all domains
 * @ticks: ticks from its first to its last sample, of all domains: as many as there
 *	would be samples if none were missing
 * @unread: counters without a value, of three per sample
 * @gaps: times after which an unknown amount is missing in the traffic
 * @occupancy_mean: bytes in all domains, mean over the time from the first to the last
 *	sample: what a domain's sample says holds until its next one
 * @occupancy_max: highest sum of the domains' latest values
 * @total_bytes: memory traffic while it was watched
 * @local_bytes: the part of it to the domains' own memory
 * @span_ns: from its first to its last sample
 */
struct mc_process_usage {
	int64_t tgid;
	uint64_t rmid, generation;
	char comm[MC_COMM_LENGTH];
	bool ended;
	uint64_t samples, ticks, unread, gaps;
	double occupancy_mean;
	uint64_t occupancy_max, total_bytes, local_bytes, span_ns;
};

/**
 * struct mc_usage_others - processes that have ended, and of which only sums are left
 * @n: how many had samples
 * @samples: theirs
 * @total_bytes: their memory traffic
 * @with_gaps: how many of them had gaps or counters without a value
 */
struct mc_usage_others {
	uint64_t n, samples, total_bytes, with_gaps;
};

struct mc_usage;

/**
 * mc_usage_new - nothing yet
 * @keep: processes that have ended, to keep apart: those with the most traffic. Of more,
 *	up to twice as many, only sums are kept, see mc_usage_others()
 *
 * Return: it, or NULL without memory; mc_usage_free() ends it.
 */
struct mc_usage *mc_usage_new(size_t keep);
void mc_usage_free(struct mc_usage *usage);

/* The next event; of one domain and RMID in the order of ticks. */
void mc_usage_event(struct mc_usage *usage, const struct mc_event *event);

/**
 * mc_usage_processes - all processes that had samples, but for the others
 * @usage: usage
 * @n: set
 * @failure: filled without memory, also where it was short on the way
 *
 * Return: an array by descending traffic, to be freed, or NULL.
 */
struct mc_process_usage *mc_usage_processes(const struct mc_usage *usage, size_t *n,
					    struct mc_failure *failure);

struct mc_usage_others mc_usage_others(const struct mc_usage *usage);

/* Owners that are kept apart: what memory is in proportion to */
size_t mc_usage_entries(const struct mc_usage *usage);

/* Samples that are no process's: under an RMID or generation that nobody was given */
uint64_t mc_usage_unknown(const struct mc_usage *usage);

/**
 * mc_usage_print - the table
 * @process: array
 * @n: its length
 * @others: those that are not in it
 * @most: lines at most
 * @simulated: nothing of it is real, and the title says so
 * @to: where
 */
void mc_usage_print(const struct mc_process_usage *process, size_t n,
		    const struct mc_usage_others *others, size_t most, bool simulated, FILE *to);

#endif
