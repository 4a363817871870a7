// SPDX-License-Identifier: GPL-2.0
/*
 * usage_recent.c - see usage_recent.h
 */
#include "collector/usage_recent.h"
#include "base/nanoseconds.h"

void mc_recent_add(struct mc_recent *recent, uint64_t boundary_ns)
{
	uint64_t ms = boundary_ns / NS_PER_MS;
	unsigned int at = ms % MC_RECENT_MS;

	/* CPUs are not read in step: who comes so late is of no use any more. */
	if (ms < recent->ms[at])
		return;
	if (ms > recent->ms[at]) {
		recent->ms[at] = ms;
		recent->n[at] = 0;
	}
	recent->n[at]++;
}

uint64_t mc_recent_since(const struct mc_recent *recent, uint64_t from_ns)
{
	uint64_t n = 0;
	unsigned int at;

	for (at = 0; at < MC_RECENT_MS; at++) {
		if (recent->ms[at] >= from_ns / NS_PER_MS)
			n += recent->n[at];
	}
	return n;
}
