// SPDX-License-Identifier: GPL-2.0
/*
 * ticks_csv.c - one line per tick, for those who want every one
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "memory_collector/result_io.h"

static int written(FILE *to, int printed, struct mc_failure *failure)
{
	if (printed < 0 || ferror(to))
		return mc_fail(
			failure, MC_EXIT_ENVIRONMENT,
			"ticks.csv: cannot write: %s; free some space or run without --ticks",
			strerror(errno));
	return 0;
}

int mc_ticks_csv_begin(FILE *to, struct mc_failure *failure)
{
	return written(
		to,
		fputs("timestamp,tick,min_delay,max_delay,mean_delay,stddev,samples,missing,experiment\n",
		      to),
		failure);
}

int mc_ticks_csv_add(FILE *to, const struct mc_tick_summary *tick, const char *experiment,
		     struct mc_failure *failure)
{
	return written(
		to,
		fprintf(to, "%" PRId64 ",%" PRIu64 ",%" PRId64 ",%" PRId64 ",%.3f,%.3f,%u,%u,%s\n",
			tick->timestamp_ns, tick->tick, tick->min_delay, tick->max_delay,
			tick->mean_delay, tick->stddev, tick->samples, tick->missing, experiment),
		failure);
}
