// SPDX-License-Identifier: GPL-2.0
/*
 * accounting.c - whether the sources agree on what a CPU did in the window
 */
#include "accounting.h"

#include <inttypes.h>
#include <stdio.h>

typedef unsigned __int128 u128;

/* The lines are ordered by what explains the others: a loss explains a broken sum after it. */
bool mc_account_check(const struct mc_account *a, char *reason, size_t size)
{
	u128 missed = (u128)a->missed + a->open;

	if (a->expected != a->started + missed)
		snprintf(reason, size,
			 "cpu %u: expected %" PRIu64 " = started %" PRIu64 " + missed %" PRIu64
			 " + open %" PRIu64 " does not hold",
			 a->cpu, a->expected, a->started, a->missed, a->open);
	else if (a->lost)
		snprintf(reason, size,
			 "cpu %u: lost %" PRIu64 " events in the ring buffer (started %" PRIu64
			 ", read %" PRIu64 "): it needs to be larger",
			 a->cpu, a->lost, a->started, a->read);
	else if (a->started != a->read)
		snprintf(reason, size,
			 "cpu %u: started %" PRIu64 " = read %" PRIu64 " + lost 0 does not hold, "
			 "%" PRIu64 " boundaries lie between events that do not follow each other",
			 a->cpu, a->started, a->read, a->unread);
	else if (a->holes)
		snprintf(reason, size,
			 "cpu %u: the trace says in %" PRIu64 " places that events are missing, "
			 "the ring buffer's counters say none was lost",
			 a->cpu, a->holes);
	else if (a->bad_ticks)
		snprintf(reason, size,
			 "cpu %u: %" PRIu64 " events, first that of tick %" PRIu64
			 ", do not say the missed boundaries that their delta says",
			 a->cpu, a->bad_ticks, a->bad_tick);
	else if (a->missed != a->events_missed)
		snprintf(reason, size,
			 "cpu %u: missed %" PRIu64 " by the kernel's totals, %" PRIu64
			 " by the events",
			 a->cpu, a->missed, a->events_missed);
	else
		return true;
	return false;
}
