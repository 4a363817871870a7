// SPDX-License-Identifier: GPL-2.0
/*
 * accounting.c - whether the sources agree on what a CPU did in the window
 */
#include "statistics/accounting.h"

#include <inttypes.h>
#include <stdio.h>

typedef unsigned __int128 u128;

/* The lines are ordered by what explains the others: a loss explains a broken sum after it. */
bool mc_account_check(const struct mc_account *a, char *reason, size_t size)
{
	u128 settled = (u128)a->started + a->missed + a->open;

	if (a->offline > a->window || a->window - a->offline != settled)
		snprintf(reason, size,
			 "cpu %u: window %" PRIu64 " = started %" PRIu64 " + missed %" PRIu64
			 " + open %" PRIu64 " + offline %" PRIu64 " does not hold",
			 a->cpu, a->window, a->started, a->missed, a->open, a->offline);
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
	else if (a->left > a->missed || a->missed - a->left != a->events_missed)
		snprintf(reason, size,
			 "cpu %u: missed %" PRIu64 " by the kernel's totals, %" PRIu64
			 " of them leaving, %" PRIu64 " by the events",
			 a->cpu, a->missed, a->left, a->events_missed);
	else if (a->spin_ns != a->events_spin_ns || a->stolen_ns != a->events_stolen_ns)
		snprintf(reason, size,
			 "cpu %u: spun %" PRIu64 " ns, %" PRIu64 " of them stolen, by the kernel's "
			 "totals, %" PRIu64 " and %" PRIu64 " by the events",
			 a->cpu, a->spin_ns, a->stolen_ns, a->events_spin_ns, a->events_stolen_ns);
	else
		return true;
	return false;
}
