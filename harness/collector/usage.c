// SPDX-License-Identifier: GPL-2.0
/*
 * usage.c - sums per owner of an RMID: one entry for each RMID and generation
 *
 * As many entries as there are RMIDs, and so many again of owners that are gone: the ones
 * with the most traffic are kept, the rest are one sum. So memory does not grow with time.
 */
#include "collector/usage.h"

#include <stdlib.h>
#include <string.h>

/* Events of different CPUs may be read so much out of order. */
#define SETTLED_NS 1000000000ULL
#define BUCKETS_MIN 1024

/* Of one L3 domain; times and sums are those of the first and the last sample */
struct domain {
	bool seen;
	uint64_t first_tick, last_tick, first_ns, last_ns;
	uint64_t first_total, last_total, first_local, last_local;
	uint64_t occupancy, gaps;
	double held; /* occupancy times ns, up to the last sample */
};

struct entry {
	struct entry *next; /* in its bucket */
	struct mc_process_usage process;
	bool named; /* by an event of its owner, not by a sample alone */
	uint64_t begun_ns; /* time of its first event */
	uint64_t occupancy_now; /* sum of the domains' latest */
	unsigned int n_domains;
	struct domain *domain;
};

struct bucket {
	struct entry *first;
};

struct mc_usage {
	struct bucket *bucket;
	size_t n_buckets, n;
	size_t keep, fold_at; /* of those that are gone; number of entries to make room at */
	uint64_t now_ns; /* latest time of an event */
	uint64_t unknown; /* samples of those that were folded without a name */
	struct mc_usage_others others;
	bool short_of_memory;
};

struct mc_usage *mc_usage_new(size_t keep)
{
	struct mc_usage *usage = calloc(1, sizeof(*usage));
	struct bucket *bucket = calloc(BUCKETS_MIN, sizeof(*bucket));

	if (!usage || !bucket) {
		free(usage);
		free(bucket);
		return NULL;
	}
	usage->bucket = bucket;
	usage->n_buckets = BUCKETS_MIN;
	usage->keep = keep;
	usage->fold_at = 2 * keep;
	return usage;
}

static void free_entry(struct entry *entry)
{
	free(entry->domain);
	free(entry);
}

void mc_usage_free(struct mc_usage *usage)
{
	size_t i;

	for (i = 0; usage && i < usage->n_buckets; i++) {
		while (usage->bucket[i].first) {
			struct entry *entry = usage->bucket[i].first;

			usage->bucket[i].first = entry->next;
			free_entry(entry);
		}
	}
	if (usage)
		free(usage->bucket);
	free(usage);
}

/* ---- what came of one ---- */

static struct mc_process_usage sum_up(const struct entry *entry)
{
	struct mc_process_usage process = entry->process;
	uint64_t begin = UINT64_MAX, end = 0;
	double held = 0;
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
		if (domain->first_ns < begin)
			begin = domain->first_ns;
		if (domain->last_ns > end)
			end = domain->last_ns;
	}
	for (i = 0; i < entry->n_domains; i++) {
		const struct domain *domain = &entry->domain[i];

		if (domain->seen)
			held += domain->held + (double)domain->occupancy * (end - domain->last_ns);
	}
	process.occupancy_mean = end > begin ? held / (end - begin) : entry->occupancy_now;
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

/* ---- room for more ---- */

/* An entry while room is made */
struct candidate {
	struct mc_process_usage process; /* first, for by_traffic() */
	struct entry *entry;
};

static int by_generation(const void *left, const void *right)
{
	const struct candidate *first = left, *second = right;
	const struct mc_process_usage *a = &first->entry->process, *b = &second->entry->process;

	if (a->rmid != b->rmid)
		return a->rmid < b->rmid ? -1 : 1;
	return (a->generation > b->generation) - (a->generation < b->generation);
}

/* Where the list begins that an owner is in */
static struct entry **list_of(const struct mc_usage *usage, uint64_t rmid, uint64_t generation)
{
	uint64_t mixed = (rmid << 32 ^ generation) * 0x9e3779b97f4a7c15ULL;

	return &usage->bucket[(mixed >> 32) & (usage->n_buckets - 1)].first;
}

static void fold(struct mc_usage *usage, const struct candidate *candidate)
{
	const struct mc_process_usage *process = &candidate->process;
	struct entry **at = list_of(usage, process->rmid, process->generation);

	while (*at != candidate->entry)
		at = &(*at)->next;
	*at = candidate->entry->next;
	usage->n--;
	if (process->samples) {
		usage->others.n++;
		usage->others.samples += process->samples;
		usage->others.total_bytes += process->total_bytes;
		usage->others.with_gaps += process->gaps || process->unread;
	}
	if (!candidate->entry->named)
		usage->unknown += process->samples;
	free_entry(candidate->entry);
}

/*
 * Of an owner more can come, even some time after its end, until its RMID is somebody
 * else's: only those are candidates where that is the case, and for longer than events are
 * out of order.
 *
 * Return: how many; they are by descending traffic
 */
static size_t find_candidates(const struct mc_usage *usage, struct candidate *candidate)
{
	const struct entry *next;
	struct entry *entry;
	size_t i, n = 0;

	for (i = 0; i < usage->n_buckets; i++) {
		for (entry = usage->bucket[i].first; entry; entry = entry->next)
			candidate[n++].entry = entry;
	}
	qsort(candidate, n, sizeof(*candidate), by_generation);
	for (i = 0, n = 0; i + 1 < usage->n; i++) {
		entry = candidate[i].entry;
		next = candidate[i + 1].entry;
		if (entry->process.rmid == next->process.rmid &&
		    next->begun_ns + SETTLED_NS < usage->now_ns)
			candidate[n++] = (struct candidate){sum_up(entry), entry};
	}
	qsort(candidate, n, sizeof(*candidate), by_traffic);
	return n;
}

static void make_room(struct mc_usage *usage)
{
	struct candidate *candidate = malloc(usage->n * sizeof(*candidate));
	size_t i, n;

	if (candidate) {
		n = find_candidates(usage, candidate);
		for (i = usage->keep; i < n; i++)
			fold(usage, &candidate[i]);
	} else {
		usage->short_of_memory = true;
	}
	usage->fold_at = usage->n + usage->keep;
	free(candidate);
}

static void grow(struct mc_usage *usage)
{
	struct bucket *before = usage->bucket, *after;
	size_t i, n = usage->n_buckets;

	after = calloc(2 * n, sizeof(*after));
	/* Without memory the lists get longer, and that is all. */
	if (!after)
		return;
	usage->bucket = after;
	usage->n_buckets = 2 * n;
	for (i = 0; i < n; i++) {
		while (before[i].first) {
			struct entry *entry = before[i].first, **at;

			before[i].first = entry->next;
			at = list_of(usage, entry->process.rmid, entry->process.generation);
			entry->next = *at;
			*at = entry;
		}
	}
	free(before);
}

/* ---- entries ---- */

static struct entry *add_entry(struct mc_usage *usage, const struct mc_event *event)
{
	struct entry *entry = calloc(1, sizeof(*entry)), **at;

	if (!entry) {
		usage->short_of_memory = true;
		return NULL;
	}
	if (usage->n >= usage->fold_at)
		make_room(usage);
	if (usage->n >= usage->n_buckets)
		grow(usage);
	entry->process.rmid = event->rmid;
	entry->process.generation = event->generation;
	entry->process.tgid = event->tgid;
	entry->begun_ns = event->time_ns;
	at = list_of(usage, event->rmid, event->generation);
	entry->next = *at;
	*at = entry;
	usage->n++;
	return entry;
}

static struct entry *entry_of(struct mc_usage *usage, const struct mc_event *event)
{
	struct entry *entry = *list_of(usage, event->rmid, event->generation);

	while (entry && (entry->process.rmid != event->rmid ||
			 entry->process.generation != event->generation))
		entry = entry->next;
	return entry ? entry : add_entry(usage, event);
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

/* What was said last held until now, however long nothing was said. */
static void begin_or_hold(struct domain *domain, const struct mc_event *event)
{
	if (domain->seen) {
		if (event->boundary_ns > domain->last_ns)
			domain->held +=
				(double)domain->occupancy * (event->boundary_ns - domain->last_ns);
		return;
	}
	domain->seen = true;
	domain->first_tick = event->tick;
	domain->first_ns = event->boundary_ns;
	domain->first_total = event->total_bytes;
	domain->first_local = event->local_bytes;
}

static void add_sample(struct mc_usage *usage, const struct mc_event *event)
{
	struct entry *entry = entry_of(usage, event);
	struct domain *domain = entry ? domain_of(usage, entry, event->domain) : NULL;
	struct mc_process_usage *process;

	if (!domain)
		return;
	process = &entry->process;
	begin_or_hold(domain, event);
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
	if (entry->occupancy_now > process->occupancy_max)
		process->occupancy_max = entry->occupancy_now;
}

static void name(struct mc_usage *usage, const struct mc_event *event)
{
	struct entry *entry = entry_of(usage, event);

	if (!entry)
		return;
	entry->named = true;
	if (event->kind == MC_RMID_FREE)
		entry->process.ended = true;
	memcpy(entry->process.comm, event->comm, sizeof(entry->process.comm));
}

void mc_usage_event(struct mc_usage *usage, const struct mc_event *event)
{
	if (event->time_ns > usage->now_ns)
		usage->now_ns = event->time_ns;
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
	for (i = 0; i < usage->n_buckets; i++) {
		for (entry = usage->bucket[i].first; entry; entry = entry->next) {
			if (entry->process.samples)
				process[(*n)++] = sum_up(entry);
		}
	}
	qsort(process, *n, sizeof(*process), by_traffic);
	return process;
}

struct mc_usage_others mc_usage_others(const struct mc_usage *usage)
{
	return usage->others;
}

uint64_t mc_usage_unknown(const struct mc_usage *usage)
{
	const struct entry *entry;
	uint64_t unknown = usage->unknown;
	size_t i;

	for (i = 0; i < usage->n_buckets; i++) {
		for (entry = usage->bucket[i].first; entry; entry = entry->next) {
			if (!entry->named)
				unknown += entry->process.samples;
		}
	}
	return unknown;
}

size_t mc_usage_entries(const struct mc_usage *usage)
{
	return usage->n;
}
