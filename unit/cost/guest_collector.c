// SPDX-License-Identifier: GPL-2.0
/*
 * guest_collector.c - the same without and with the collector; what that counts
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "guest.h"

#define STATS "/sys/kernel/debug/memory_collector/stats"

/*
 * A millisecond of this guest has 125,000 instructions, one of a processor millions, so
 * ticks would weigh far too much in what takes milliseconds here. They are counted apart;
 * this interval keeps them away.
 */
#define NO_TICKS "interval_ns=10000000000"

static const struct how {
	const char *name;
	const char *options; /* NULL: no collector */
	const char *sim_options; /* NULL: no registers */
} hows[] = {
	{"without", NULL, NULL},
	{"emulated", NO_TICKS " hardware=emulated", NULL},
	/* Without ticks no RMID leaves limbo. */
	{"simulated", NO_TICKS " hardware=sim", "max_rmid=4095"},
};

static void measure_with(const struct how *how, void (*measure)(const char *how, bool collector))
{
	if (how->sim_options)
		guest_load("rdt_sim", how->sim_options);
	if (how->options)
		guest_load("collector", how->options);
	measure(how->name, how->options);
	if (how->options)
		guest_unload("collector");
	if (how->sim_options)
		guest_unload("rdt_sim");
}

void guest_with_collectors(void (*measure)(const char *how, bool collector))
{
	unsigned int round, i;

	for (round = 0; round < COST_ROUNDS; round++) {
		for (i = 0; i < sizeof(hows) / sizeof(hows[0]); i++)
			measure_with(&hows[i], measure);
	}
}

uint64_t guest_status(const char *name)
{
	FILE *stats = fopen(STATS, "re");
	char line[128], word[64];
	bool found = false;
	uint64_t value;

	if (!stats)
		guest_fail(STATS ": %s", strerror(errno));
	while (!found && fgets(line, sizeof(line), stats))
		found = sscanf(line, "%63s %" SCNu64, word, &value) == 2 && !strcmp(word, name);
	if (!found)
		guest_fail(STATS " has no %s", name);
	fclose(stats);
	return value;
}
