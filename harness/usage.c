// SPDX-License-Identifier: GPL-2.0
/*
 * usage.c - sums per owner of an RMID: one entry for each RMID and generation
 */
#include "usage.h"

#include <stdlib.h>
#include <string.h>

/* Of one L3 domain; times and sums are those of the first and the last sample */
struct domain {
	bool seen;
	uint64_t first_tick, last_tick, first_ns, last_ns;
	uint64_t first_total, last_total, first_local, last_local;
	uint64_t occupancy, gaps;
};

struct entry {
	struct entry *next; /* in its bucket */
	struct mc_process_usage process;
	bool named; /* by an event of its owner, not by a sample alone */
	double occupancy_sum;
	uint64_t occupancy_now; /* sum of the domains' latest */
	unsigned int n_domains;
	struct domain *domain;
};

#define BUCKETS 4096

struct mc_usage {
	struct entry *bucket[BUCKETS];
	size_t n;
	bool short_of_memory;
};

struct mc_usage *mc_usage_new(void)
{
	return calloc(1, sizeof(struct mc_usage));
}

void mc_usage_free(struct mc_usage *usage)
{
	size_t i;

	for (i = 0; usage && i < BUCKETS; i++) {
		while (usage->bucket[i]) {
			struct entry *entry = usage->bucket[i];

			usage->bucket[i] = entry->next;
			free(entry->domain);
			free(entry);
		}
	}
	free(usage);
}

/* ---- entries ---- */

static struct entry *entry_of(struct mc_usage *usage, const struct mc_event *event)
{
	struct entry **bucket = &usage->bucket[(event->rmid + event->generation * 31) % BUCKETS];
	struct entry *entry;

	for (entry = *bucket; entry; entry = entry->next) {
		if (entry->process.rmid == event->rmid &&
		    entry->process.generation == event->generation)
			return entry;
	}
	entry = calloc(1, sizeof(*entry));
	if (!entry) {
		usage->short_of_memory = true;
		return NULL;
	}
	entry->process.rmid = event->rmid;
	entry->process.generation = event->generation;
	entry->process.tgid = event->tgid;
	entry->next = *bucket;
	*bucket = entry;
	usage->n++;
	return entry;
}

static struct domain *domain_of(struct mc_usage *usage, struct entry *entry, uint64_t number)
{
	struct domain *grown;

	if (number >= MC_USAGE_DOMAINS)
		return NULL;
	if (number < entry->n_domains)
		return &entry->domain[number];
	grown = realloc(entry->domain, (number + 1) * sizeof(*grown));
	if (!grown) {
		usage->short_of_memory = true;
		return NULL;
	}
	memset(grown + entry->n_domains, 0, (number + 1 - entry->n_domains) * sizeof(*grown));
	entry->domain = grown;
	entry->n_domains = number + 1;
	return &grown[number];
}

/* ---- events ---- */

static void add_sample(struct mc_usage *usage, const struct mc_event *event)
{
	struct entry *entry = entry_of(usage, event);
	struct domain *domain = entry ? domain_of(usage, entry, event->domain) : NULL;
	struct mc_process_usage *process;

	if (!domain)
		return;
	process = &entry->process;
	if (!domain->seen) {
		domain->seen = true;
		domain->first_tick = event->tick;
		domain->first_ns = event->boundary_ns;
		domain->first_total = event->total_bytes;
		domain->first_local = event->local_bytes;
	}
	domain->last_tick = event->tick;
	domain->last_ns = event->boundary_ns;
	domain->last_total = event->total_bytes;
	domain->last_local = event->local_bytes;
	domain->gaps = event->gaps;
	process->samples++;
	process->unread += (event->occupancy_state != MC_VALUE) + (event->total_state != MC_VALUE) +
			   (event->local_state != MC_VALUE);
	entry->occupancy_now += event->occupancy_bytes - domain->occupancy;
	domain->occupancy = event->occupancy_bytes;
	entry->occupancy_sum += entry->occupancy_now;
	if (entry->occupancy_now > process->occupancy_max)
		process->occupancy_max = entry->occupancy_now;
}

static void name(struct mc_usage *usage, const struct mc_event *event)
{
	struct entry *entry = entry_of(usage, event);

	if (!entry)
		return;
	entry->named = true;
	memcpy(entry->process.comm, event->comm, sizeof(entry->process.comm));
}

void mc_usage_event(struct mc_usage *usage, const struct mc_event *event)
{
	switch (event->kind) {
	case MC_RDT_SAMPLE:
		add_sample(usage, event);
		break;
	case MC_RMID_ALLOC:
	case MC_RMID_EXEC:
	case MC_RMID_EXISTING:
	case MC_RMID_FREE:
		name(usage, event);
		break;
	default:
		break;
	}
}

/* ---- what came of it ---- */

static struct mc_process_usage sum_up(const struct entry *entry)
{
	struct mc_process_usage process = entry->process;
	unsigned int i;

	for (i = 0; i < entry->n_domains; i++) {
		const struct domain *domain = &entry->domain[i];
		uint64_t span_ns = domain->last_ns - domain->first_ns;

		if (!domain->seen)
			continue;
		process.ticks += domain->last_tick - domain->first_tick + 1;
		process.gaps += domain->gaps;
		process.total_bytes += domain->last_total - domain->first_total;
		process.local_bytes += domain->last_local - domain->first_local;
		if (span_ns > process.span_ns)
			process.span_ns = span_ns;
	}
	process.occupancy_mean = entry->occupancy_sum / process.samples;
	return process;
}

static int by_traffic(const void *left, const void *right)
{
	const struct mc_process_usage *a = left, *b = right;

	if (a->total_bytes != b->total_bytes)
		return a->total_bytes < b->total_bytes ? 1 : -1;
	if (a->samples != b->samples)
		return a->samples < b->samples ? 1 : -1;
	return (a->tgid > b->tgid) - (a->tgid < b->tgid);
}

struct mc_process_usage *mc_usage_processes(const struct mc_usage *usage, size_t *n,
					    struct mc_failure *failure)
{
	struct mc_process_usage *process = calloc(usage->n + 1, sizeof(*process));
	const struct entry *entry;
	size_t i;

	*n = 0;
	if (!process || usage->short_of_memory) {
		free(process);
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
		return NULL;
	}
	for (i = 0; i < BUCKETS; i++) {
		for (entry = usage->bucket[i]; entry; entry = entry->next) {
			if (entry->process.samples)
				process[(*n)++] = sum_up(entry);
		}
	}
	qsort(process, *n, sizeof(*process), by_traffic);
	return process;
}

uint64_t mc_usage_unknown(const struct mc_usage *usage)
{
	const struct entry *entry;
	uint64_t unknown = 0;
	size_t i;

	for (i = 0; i < BUCKETS; i++) {
		for (entry = usage->bucket[i]; entry; entry = entry->next) {
			if (!entry->named)
				unknown += entry->process.samples;
		}
	}
	return unknown;
}
