/* SPDX-License-Identifier: GPL-2.0 */
/*
 * usage_recent.h - how many samples there were since a time not long ago
 *
 * That resctrl has come is noticed afterwards, and the samples since then are suspect.
 */
#ifndef MEMORY_COLLECTOR_USAGE_RECENT_H
#define MEMORY_COLLECTOR_USAGE_RECENT_H

#include <stdint.h>

/* In milliseconds; resctrl is looked for twice a second */
#define MC_RECENT_MS 8192

/**
 * struct mc_recent - the samples of the last seconds, by millisecond; all 0 at first
 * @ms: which one a place is used for
 * @n: its samples
 */
struct mc_recent {
	uint64_t ms[MC_RECENT_MS], n[MC_RECENT_MS];
};

/* A sample of this boundary */
void mc_recent_add(struct mc_recent *recent, uint64_t boundary_ns);

/*
 * Those since @from_ns, of which the whole millisecond counts; of what is older than
 * MC_RECENT_MS before the latest sample, nothing is known.
 */
uint64_t mc_recent_since(const struct mc_recent *recent, uint64_t from_ns);

#endif
