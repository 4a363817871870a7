/* SPDX-License-Identifier: GPL-2.0 */
/*
 * accounting.h - whether the sources agree on what a CPU did in the window
 */
#ifndef MC_ACCOUNTING_H
#define MC_ACCOUNTING_H

#include "memory_collector/result.h"

/**
 * struct mc_account - what each source says of one CPU
 * @cpu: its number
 * @expected: boundaries of the window, by arithmetic
 * @started: callbacks, by the kernel's totals
 * @missed: boundaries that a callback passed, by the kernel's totals
 * @open: boundaries that no callback has settled, by the kernel's totals
 * @read: events of the window
 * @lost: by the ring buffer's counters
 * @events_missed: boundaries of the window that were missed, by the events
 * @unread: boundaries between two events that neither was for nor missed
 * @holes: places where the trace says that events are missing
 * @bad_tick: first event whose missed boundaries are not those its delta passed,
 *	where @bad_ticks is not 0
 * @bad_ticks: number of such events
 */
struct mc_account {
	unsigned int cpu;
	uint64_t expected, started, missed, open;
	uint64_t read, lost;
	uint64_t events_missed, unread, holes;
	uint64_t bad_tick, bad_ticks;
};

/**
 * mc_account_check - compare the sources
 * @account: what they say
 * @reason: set to the first disagreement, with the CPU and the numbers
 * @size: of @reason
 *
 * Return: true where all agree and nothing is lost.
 */
bool mc_account_check(const struct mc_account *account, char *reason, size_t size);

#endif
