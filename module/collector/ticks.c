// SPDX-License-Identifier: GPL-2.0
/*
 * ticks.c - what the collector does on every CPU at every boundary, and that it did
 *
 * Owns the synchronised timer and the order of things: a CPU's register is remembered
 * before anything is written to it, and restored after the last that could be.
 */
#include "collector/ticks.h"

#include <linux/percpu.h>

/**
 * struct ticks_cpu - one CPU's account, written by it
 * @next: the first boundary that is not accounted for
 * @status: those that are
 */
struct ticks_cpu {
	u64 next;
	struct ticks_status status;
};

static DEFINE_PER_CPU_ALIGNED(struct ticks_cpu, cpus);
static struct sync_timer timer __read_mostly;
static struct ticks_users users __read_mostly;

/* Boundaries up to @first have had their tick or been missed; any other was lost. */
static void account_lost(struct ticks_cpu *cpu, u64 first)
{
	cpu->status.lost += first - cpu->next;
	cpu->next = first;
}

/*
 * Until when an RMID must have rested to be free at @tick. Where samples are taken, a whole
 * tick of all readers lies in between, so that what its owner used last is told.
 */
static u64 settled_ns(const struct sync_timer_tick *tick)
{
	return tick->boundary_ns - (users.sampler ? timer.interval.length_ns : 0);
}

/* Context: hard interrupt, also on PREEMPT_RT. */
static enum hrtimer_restart tick(struct hrtimer *hrtimer)
{
	const struct sync_timer_tick *tick = sync_timer_tick(hrtimer);
	struct ticks_cpu *cpu = this_cpu_ptr(&cpus);

	account_lost(cpu, tick->number);
	cpu->status.started++;
	cpu->status.missed += tick->missed;
	cpu->next += 1 + tick->missed;

	processes_tick(users.processes);
	if (users.sampler)
		sampler_tick(users.sampler, tick);
	rmid_allocator_settle(users.allocator, settled_ns(tick));
	return sync_timer_restart(hrtimer, &timer);
}

/* Context: hotplug thread of this CPU, before its first tick. */
static void joined(struct sync_timer *source, const struct sync_timer_period *period)
{
	this_cpu_ptr(&cpus)->next = period->first;
	rdt_cpu_joined(users.rdt);
	if (users.sampler)
		sampler_cpu_joined(users.sampler);
	processes_cpu_joined(users.processes);
}

/* Context: hotplug thread of this CPU, after its last tick. */
static void left(struct sync_timer *source, const struct sync_timer_period *period)
{
	struct ticks_cpu *cpu = this_cpu_ptr(&cpus);

	account_lost(cpu, period->next);
	cpu->status.missed += period->end - period->next;
	processes_cpu_left(users.processes);
	if (users.sampler)
		sampler_cpu_left(users.sampler);
	rdt_cpu_left(users.rdt);
}

int ticks_start(const struct ticks_users *whom, u64 interval_ns,
		const struct sync_timer_options *wanted)
{
	struct sync_timer_options options = *wanted;

	options.joined = joined;
	options.left = left;
	users = *whom;
	return sync_timer_init_options(&timer, tick, interval_ns, &options);
}

void ticks_stop(void)
{
	sync_timer_destroy(&timer);
}

const struct lead_policy *ticks_lead(void)
{
	return &timer.lead;
}

struct ticks_status ticks_status(unsigned int number)
{
	const struct ticks_status *status = &per_cpu_ptr(&cpus, number)->status;

	return (struct ticks_status){
		.started = READ_ONCE(status->started),
		.missed = READ_ONCE(status->missed),
		.lost = READ_ONCE(status->lost),
	};
}
