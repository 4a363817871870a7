// SPDX-License-Identifier: GPL-2.0
/*
 * sync_timer.c - the same tick on every CPU
 *
 * Owns one pinned, absolute, hard-interrupt hrtimer per CPU and timer, and a CPU
 * hotplug state per timer. The hotplug core calls its two ends in a thread of the
 * CPU concerned: at init and destroy for all CPUs that are online, later for each
 * that comes or goes. So a CPU's data has one writer, that CPU, and needs no lock.
 */
#include "timer/sync_timer.h"

#include <linux/cpuhotplug.h>
#include <linux/ktime.h>
#include <linux/percpu.h>
#include <linux/smp.h>

#include "compat/hrtimer.h"

/* To find out what one takes */
#define CLOCK_READS 16

/**
 * struct sync_timer_cpu - one CPU's part of a timer, touched by that CPU only
 * @hrtimer: armed for the boundary @period.next, except within a callback
 * @timer: what it belongs to
 * @chosen: the timer ticks on this CPU while it is online
 * @lead: how early to arm
 * @armed_ns: what @hrtimer is armed for: the boundary, or earlier by a lead
 * @started_ns: when the last callback started
 * @tick: the last tick
 * @period: the online time, and how far ticks have accounted for it
 */
struct sync_timer_cpu {
	struct hrtimer hrtimer;
	struct sync_timer *timer;
	bool chosen;
	struct lead lead;
	u64 armed_ns;
	u64 started_ns;
	struct sync_timer_tick tick;
	struct sync_timer_period period;
};

static struct sync_timer_cpu *to_cpu(struct hrtimer *hrtimer)
{
	return container_of(hrtimer, struct sync_timer_cpu, hrtimer);
}

/* When to arm for the boundary that is next. Context: its CPU. */
static ktime_t expiry(struct sync_timer_cpu *cpu)
{
	const struct sync_timer *timer = cpu->timer;
	u64 boundary_ns = interval_boundary(&timer->interval, cpu->period.next);
	u64 lead_ns = lead_next_ns(&cpu->lead, &timer->lead);

	cpu->armed_ns = boundary_ns - min(boundary_ns, lead_ns);
	return ns_to_ktime(cpu->armed_ns);
}

/*
 * Wait for the boundary. The clock is the one that boundaries are on: another one
 * that is cheaper to read would have to be converted, and would drift from it. There
 * is no cpu_relax(): its length is what the boundary is overshot by, hypervisors take
 * a loop of it for a wait on another CPU and take the CPU away, and the clock's
 * ordered read leaves the core to its sibling as well.
 *
 * Context: hard interrupt, also on PREEMPT_RT.
 * Return: the first time read that is not before the boundary.
 */
static u64 spin(const struct lead_policy *policy, struct sync_timer_tick *tick, u64 now)
{
	u64 before;

	tick->spin_ns = tick->boundary_ns - now;
	do {
		before = now;
		now = ktime_get_ns();
		tick->stolen_ns += lead_stolen_ns(policy, before, now, tick->boundary_ns);
	} while (now < tick->boundary_ns);
	return now;
}

static void settle_lead(struct sync_timer_cpu *cpu, u64 entry)
{
	const struct lead_policy *policy = &cpu->timer->lead;
	const struct sync_timer_tick *tick = &cpu->tick;
	u64 charge_ns = lead_charge_ns(&cpu->lead, tick->spin_ns, tick->stolen_ns);

	/* Armed for a time that was past, it came as soon as the last callback was over. */
	if (cpu->armed_ns > cpu->started_ns)
		lead_learn(&cpu->lead, policy, entry - cpu->armed_ns);
	lead_pay(&cpu->lead, policy, charge_ns, 1 + tick->missed);
}

/* Context: hard interrupt, also on PREEMPT_RT. */
static enum hrtimer_restart sync_timer_interrupt(struct hrtimer *hrtimer)
{
	u64 entry = ktime_get_ns(), start = entry;
	struct sync_timer_cpu *cpu = to_cpu(hrtimer);
	struct sync_timer *timer = cpu->timer;
	struct sync_timer_tick *tick = &cpu->tick;
	struct interval_step step;

	tick->number = cpu->period.next;
	tick->boundary_ns = interval_boundary(&timer->interval, tick->number);
	tick->spin_ns = 0;
	tick->stolen_ns = 0;
	if (entry < tick->boundary_ns)
		start = spin(&timer->lead, tick, entry);
	tick->entry_ns = entry - tick->boundary_ns;
	tick->delta_ns = start - tick->boundary_ns;

	step = interval_settle(&timer->interval, tick->number, start);
	tick->missed = step.missed;
	cpu->period.next = step.next;
	if (timer->lead.mode != LEAD_OFF)
		settle_lead(cpu, entry);
	cpu->started_ns = start;

	return timer->fn(hrtimer);
}

enum hrtimer_restart sync_timer_restart(struct hrtimer *hrtimer, struct sync_timer *timer)
{
	hrtimer_set_expires(hrtimer, expiry(to_cpu(hrtimer)));
	return HRTIMER_RESTART;
}

const struct sync_timer_tick *sync_timer_tick(struct hrtimer *hrtimer)
{
	return &to_cpu(hrtimer)->tick;
}

/* Context: hotplug thread of @number, which is online and stays so. */
static int sync_timer_online(unsigned int number, struct hlist_node *node)
{
	struct sync_timer *timer = hlist_entry(node, struct sync_timer, node);
	struct sync_timer_cpu *cpu = per_cpu_ptr(timer->cpus, number);

	if (!cpu->chosen)
		return 0;
	cpu->period.first = interval_ahead(&timer->interval, ktime_get_ns());
	cpu->period.next = cpu->period.first;
	cpu->period.end = 0;
	if (timer->options.joined)
		timer->options.joined(timer, &cpu->period);
	/* A boundary that has passed meanwhile says nothing of interrupts. */
	cpu->started_ns = ktime_get_ns();
	hrtimer_start(&cpu->hrtimer, expiry(cpu), HRTIMER_MODE_ABS_PINNED_HARD);
	return 0;
}

/* Context: as sync_timer_online(). */
static int sync_timer_offline(unsigned int number, struct hlist_node *node)
{
	struct sync_timer *timer = hlist_entry(node, struct sync_timer, node);
	struct sync_timer_cpu *cpu = per_cpu_ptr(timer->cpus, number);

	if (!cpu->chosen)
		return 0;
	hrtimer_cancel(&cpu->hrtimer);
	/* A boundary that passed since the last tick is missed, so it is within the period. */
	cpu->period.end = max(interval_ahead(&timer->interval, ktime_get_ns()), cpu->period.next);
	if (timer->options.left)
		timer->options.left(timer, &cpu->period);
	return 0;
}

static int alloc_cpus(struct sync_timer *timer, const struct cpumask *chosen)
{
	struct sync_timer_cpu *cpu;
	int number;

	timer->cpus = alloc_percpu(struct sync_timer_cpu);
	if (!timer->cpus)
		return -ENOMEM;
	for_each_possible_cpu (number) {
		cpu = per_cpu_ptr(timer->cpus, number);
		cpu->timer = timer;
		cpu->chosen = !chosen || cpumask_test_cpu(number, chosen);
		/* Once, not each time the CPU comes: coming often must not earn tokens. */
		lead_start(&cpu->lead, &timer->lead);
		compat_hrtimer_setup(&cpu->hrtimer, sync_timer_interrupt, CLOCK_MONOTONIC,
				     HRTIMER_MODE_ABS_PINNED_HARD);
	}
	return 0;
}

static void free_cpus(struct sync_timer *timer)
{
	free_percpu(timer->cpus);
	timer->cpus = NULL;
}

/* The shortest of some: what comes between two reads only makes it longer. */
static u64 clock_read_ns(void)
{
	u64 shortest_ns = U64_MAX, before = ktime_get_ns(), now;
	int i;

	for (i = 0; i < CLOCK_READS; i++) {
		now = ktime_get_ns();
		shortest_ns = min(shortest_ns, now - before);
		before = now;
	}
	return shortest_ns;
}

static int check_options(const struct sync_timer_options *options, u64 interval_ns,
			 struct interval *interval, struct lead_policy *lead)
{
	int err = interval_init(interval, interval_ns, options->phase_ns);

	if (err)
		return err;
	err = lead_policy_init(lead, options->lead, options->lead_max_ns,
			       options->lead_budget_permille, interval_ns);
	if (err)
		return err;
	lead_policy_clock(lead, clock_read_ns());
	if (hrtimer_resolution > 1)
		lead_policy_init(lead, LEAD_OFF, 0, 0, interval_ns);
	if (options->cpus && !cpumask_intersects(options->cpus, cpu_possible_mask))
		return -EINVAL;
	return 0;
}

int sync_timer_init_options(struct sync_timer *timer, enum hrtimer_restart (*fn)(struct hrtimer *),
			    u64 interval_ns, const struct sync_timer_options *options)
{
	static const struct sync_timer_options defaults;
	struct lead_policy lead;
	struct interval interval;
	int err;

	if (!options)
		options = &defaults;
	if (!timer || !fn)
		return -EINVAL;
	err = check_options(options, interval_ns, &interval, &lead);
	if (err)
		return err;
	if (timer->cpus)
		return -EBUSY;

	timer->interval = interval;
	timer->lead = lead;
	timer->fn = fn;
	timer->options = *options;
	err = alloc_cpus(timer, options->cpus);
	timer->options.cpus = NULL;
	if (err)
		return err;

	timer->hotplug_state = cpuhp_setup_state_multi(CPUHP_AP_ONLINE_DYN,
						       "memory_collector/sync_timer:online",
						       sync_timer_online, sync_timer_offline);
	if (timer->hotplug_state < 0) {
		err = timer->hotplug_state;
		goto err_free;
	}
	err = cpuhp_state_add_instance(timer->hotplug_state, &timer->node);
	if (err)
		goto err_state;
	return 0;

err_state:
	cpuhp_remove_multi_state(timer->hotplug_state);
err_free:
	free_cpus(timer);
	return err;
}

int sync_timer_init(struct sync_timer *timer, enum hrtimer_restart (*fn)(struct hrtimer *),
		    u64 interval_ns)
{
	return sync_timer_init_options(timer, fn, interval_ns, NULL);
}

void sync_timer_destroy(struct sync_timer *timer)
{
	if (!timer || !timer->cpus)
		return;
	cpuhp_state_remove_instance(timer->hotplug_state, &timer->node);
	cpuhp_remove_multi_state(timer->hotplug_state);
	free_cpus(timer);
}
