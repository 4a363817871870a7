/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sync_timer.h - the same tick on every CPU
 *
 * A sync_timer calls a function on every online CPU at every boundary of one
 * interval, counted from the zero of CLOCK_MONOTONIC. CPUs that come online
 * later tick from the next boundary on, CPUs that go offline leave. A late tick
 * belongs to the boundary it was armed for; boundaries that have passed when it
 * starts are missed, and the next tick is for the first one ahead. So on every
 * CPU each boundary of its online time is either started or missed, once.
 */
#ifndef MEMORY_COLLECTOR_SYNC_TIMER_H
#define MEMORY_COLLECTOR_SYNC_TIMER_H

#include <linux/cpumask.h>
#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/types.h>

#include "core/interval.h"
#include "core/lead.h"

struct sync_timer;
struct sync_timer_cpu;

/**
 * struct sync_timer_tick - what a callback may know about its tick
 * @number: the boundary it was armed for
 * @boundary_ns: time of that boundary, CLOCK_MONOTONIC
 * @entry_ns: when the interrupt handler got control, relative to @boundary_ns;
 *	negative where it was early, by a lead
 * @delta_ns: when the callback started, relative to @boundary_ns; never negative
 * @missed: boundaries after @number that had passed by then; no tick is for them
 * @spin_ns: from an early entry to the boundary, else 0
 * @stolen_ns: part of @spin_ns in which something else had the CPU: the host of a
 *	virtual machine, or the firmware; see lead_charge_ns() for who pays
 */
struct sync_timer_tick {
	u64 number;
	u64 boundary_ns;
	s64 entry_ns;
	s64 delta_ns;
	u64 missed;
	u32 spin_ns;
	u32 stolen_ns;
};

/**
 * struct sync_timer_period - the online time of a CPU, in boundaries
 * @first: the first boundary the CPU was armed for
 * @next: the first boundary after those that ticks have accounted for; a
 *	callback sees the one that follows its own and those it missed
 * @end: the first boundary after the CPU had left; 0 while it ticks
 *
 * All boundaries from @next on, up to but without @end, passed without a tick.
 */
struct sync_timer_period {
	u64 first;
	u64 next;
	u64 end;
};

/**
 * struct sync_timer_options - what sync_timer_init() leaves at its default, zero
 * @phase_ns: offset of the boundaries from multiples of the interval, less than it
 * @cpus: tick on these CPUs only, as they come and go; NULL for all. Read during
 *	initialisation only
 * @lead: whether to arm early and spin to the boundary. Off where the kernel's clock
 *	is no finer than its tick: it may stand still while interrupts are off
 * @lead_max_ns: see lead_policy_init()
 * @lead_budget_permille: see lead_policy_init(); of each CPU by itself
 * @joined: called on a CPU before its first tick; may be NULL
 * @left: called on a CPU after its last tick, with the period complete; may be NULL
 *
 * Boundaries that pass during @joined are missed.
 *
 * Context: @joined and @left run in the hotplug thread of their CPU, may sleep,
 * and must not create or destroy a sync_timer.
 */
struct sync_timer_options {
	u64 phase_ns;
	const struct cpumask *cpus;
	enum lead_mode lead;
	u32 lead_max_ns;
	u32 lead_budget_permille;
	void (*joined)(struct sync_timer *timer, const struct sync_timer_period *period);
	void (*left)(struct sync_timer *timer, const struct sync_timer_period *period);
};

/**
 * struct sync_timer - owned by the caller, its members by sync_timer.c
 *
 * Zeroed before its first sync_timer_init(). Not written while it ticks, so that
 * no CPU's interrupt pulls a cache line away from another.
 */
struct sync_timer {
	struct interval interval;
	struct lead_policy lead;
	enum hrtimer_restart (*fn)(struct hrtimer *hrtimer);
	struct sync_timer_options options;
	struct sync_timer_cpu __percpu *cpus;
	struct hlist_node node;
	int hotplug_state;
};

/**
 * sync_timer_init - start ticking on all CPUs
 * @timer: zeroed, or destroyed before
 * @fn: called in hard interrupt on every CPU and tick, PREEMPT_RT included; to go
 *	on it returns sync_timer_restart(), to stop on this CPU HRTIMER_NORESTART
 * @interval_ns: INTERVAL_MIN_NS to INTERVAL_MAX_NS
 *
 * Ticks may come before this returns. Initialising a timer that ticks is
 * refused.
 *
 * Context: process, may sleep; not from a CPU hotplug callback.
 * Return: 0, -EINVAL for a bad argument, -EBUSY for a timer that ticks, -ENOMEM,
 * -ENOSPC where the kernel has no CPU hotplug state left. On error nothing ticks
 * and nothing is kept.
 */
int sync_timer_init(struct sync_timer *timer, enum hrtimer_restart (*fn)(struct hrtimer *),
		    u64 interval_ns);

/**
 * sync_timer_init_options - sync_timer_init() for those who care
 * @timer: as there
 * @fn: as there
 * @interval_ns: as there
 * @options: copied; NULL for the defaults
 */
int sync_timer_init_options(struct sync_timer *timer, enum hrtimer_restart (*fn)(struct hrtimer *),
			    u64 interval_ns, const struct sync_timer_options *options);

/**
 * sync_timer_restart - what a callback returns to tick again
 * @hrtimer: the callback's argument
 * @timer: the timer it belongs to
 *
 * Arms the first boundary that was ahead when the callback started, early by the
 * lead of this CPU. To be called once, at the end of the callback.
 *
 * Return: HRTIMER_RESTART.
 */
enum hrtimer_restart sync_timer_restart(struct hrtimer *hrtimer, struct sync_timer *timer);

/**
 * sync_timer_destroy - stop ticking on all CPUs
 * @timer: after sync_timer_init(), whether it succeeded or not, or zeroed
 *
 * No callback runs any more when this returns.
 *
 * Context: process, may sleep; not from a CPU hotplug callback.
 */
void sync_timer_destroy(struct sync_timer *timer);

/**
 * sync_timer_tick - the tick that a callback is for
 * @hrtimer: the callback's argument
 *
 * Return: valid until the callback returns.
 */
const struct sync_timer_tick *sync_timer_tick(struct hrtimer *hrtimer);

#endif
