/* SPDX-License-Identifier: GPL-2.0 */
/*
 * accounting.h - whether the sources agree on what a CPU did in the window
 */
#ifndef MC_ACCOUNTING_H
#define MC_ACCOUNTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct mc_account - what each source says of one CPU
 * @cpu: its number
 * @window: boundaries of the window, by arithmetic
 * @offline: those in which the CPU was offline, by the kernel's totals
 * @started: callbacks, by the kernel's totals
 * @missed: boundaries that passed without one, by the kernel's totals
 * @left: those of @missed that no callback passed, since the CPU was leaving
 * @open: boundaries that no callback has settled, by the kernel's totals
 * @spin_ns: time that callbacks waited for their boundary, by the kernel's totals
 * @stolen_ns: part of it that was stolen, by the kernel's totals
 * @read: events of the window
 * @lost: by the ring buffer's counters
 * @events_missed: boundaries of the window that were missed, by the events
 * @events_spin_ns: as @spin_ns, by the events
 * @events_stolen_ns: as @stolen_ns, by the events
 * @unread: boundaries between two events that neither was for nor missed
 * @holes: places where the trace says that events are missing
 * @bad_tick: first event whose missed boundaries are not those its delta passed,
 *	where @bad_ticks is not 0
 * @bad_ticks: number of such events
 */
struct mc_account {
	unsigned int cpu;
	uint64_t window, offline, started, missed, left, open, spin_ns, stolen_ns;
	uint64_t read, lost;
	uint64_t events_missed, events_spin_ns, events_stolen_ns, unread, holes;
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
