// SPDX-License-Identifier: GPL-2.0
/*
 * guest_trace.c - events written to a ring buffer, and that they were
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest.h"

#define INSTANCE "/sys/kernel/tracing/instances/cost"

void guest_trace_start(const char *event)
{
	char path[256];

	if (mkdir(INSTANCE, 0700))
		guest_fail(INSTANCE ": %s", strerror(errno));
	snprintf(path, sizeof(path), INSTANCE "/events/%s/enable", event);
	guest_write(path, "1");
}

/* An event that was not written would be a cheap one; one that was overwritten was not. */
void guest_trace_stop(unsigned int least)
{
	unsigned long entries = 0, overrun = 0;
	FILE *stats = fopen(INSTANCE "/per_cpu/cpu0/stats", "re");
	char line[128];

	while (stats && fgets(line, sizeof(line), stats)) {
		sscanf(line, "entries: %lu", &entries);
		sscanf(line, "overrun: %lu", &overrun);
	}
	if (stats)
		fclose(stats);
	if (entries + overrun < least)
		guest_fail("%lu events were written, not %u", entries + overrun, least);
	if (rmdir(INSTANCE))
		guest_fail(INSTANCE ": %s", strerror(errno));
}
