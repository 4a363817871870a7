// SPDX-License-Identifier: GPL-2.0
/*
 * sync_timer.c - the same tick on every CPU
 *
 * Owns one pinned, absolute, hard-interrupt hrtimer per CPU and timer, and a CPU
 * hotplug state per timer. The hotplug core calls its two ends in a thread of the
 * CPU concerned: at init and destroy for all CPUs that are online, later for each
 * that comes or goes. So a CPU's data has one writer, that CPU, and needs no lock.
 */
#include "sync_timer.h"

#include <linux/cpuhotplug.h>
#include <linux/ktime.h>
#include <linux/percpu.h>
#include <linux/smp.h>

#include "compat/hrtimer.h"

/**
 * struct sync_timer_cpu - one CPU's part of a timer, touched by that CPU only
 * @hrtimer: armed for the boundary @period.next, except within a callback
 * @timer: what it belongs to
 * @tick: the last tick
 * @period: the online time, and how far ticks have accounted for it
 */
struct sync_timer_cpu {
	struct hrtimer hrtimer;
	struct sync_timer *timer;
	struct sync_timer_tick tick;
	struct sync_timer_period period;
};

static struct sync_timer_cpu *to_cpu(struct hrtimer *hrtimer)
{
	return container_of(hrtimer, struct sync_timer_cpu, hrtimer);
}

static ktime_t expiry(const struct sync_timer *timer, u64 tick)
{
	return ns_to_ktime(interval_boundary(&timer->interval, tick));
}

/* Context: hard interrupt, also on PREEMPT_RT. */
static enum hrtimer_restart sync_timer_interrupt(struct hrtimer *hrtimer)
{
	u64 entry = ktime_get_ns();
	struct sync_timer_cpu *cpu = to_cpu(hrtimer);
	struct sync_timer *timer = cpu->timer;
	struct sync_timer_tick *tick = &cpu->tick;
	struct interval_step step;

	/* Armed at the boundary itself, an interrupt starts its callback at once. */
	tick->number = cpu->period.next;
	tick->boundary_ns = interval_boundary(&timer->interval, tick->number);
	tick->entry_ns = entry - tick->boundary_ns;
	tick->delta_ns = tick->entry_ns;

	step = interval_settle(&timer->interval, tick->number, entry);
	tick->missed = step.missed;
	cpu->period.next = step.next;

	return timer->fn(hrtimer);
}

enum hrtimer_restart sync_timer_restart(struct hrtimer *hrtimer, struct sync_timer *timer)
{
	hrtimer_set_expires(hrtimer, expiry(timer, to_cpu(hrtimer)->period.next));
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

	cpu->period.first = interval_ahead(&timer->interval, ktime_get_ns());
	cpu->period.next = cpu->period.first;
	cpu->period.end = 0;
	if (timer->options.joined)
		timer->options.joined(timer, &cpu->period);
	hrtimer_start(&cpu->hrtimer, expiry(timer, cpu->period.first),
		      HRTIMER_MODE_ABS_PINNED_HARD);
	return 0;
}

/* Context: as sync_timer_online(). */
static int sync_timer_offline(unsigned int number, struct hlist_node *node)
{
	struct sync_timer *timer = hlist_entry(node, struct sync_timer, node);
	struct sync_timer_cpu *cpu = per_cpu_ptr(timer->cpus, number);

	hrtimer_cancel(&cpu->hrtimer);
	/* A boundary that passed since the last tick is missed, so it is within the period. */
	cpu->period.end = max(interval_ahead(&timer->interval, ktime_get_ns()), cpu->period.next);
	if (timer->options.left)
		timer->options.left(timer, &cpu->period);
	return 0;
}

static int alloc_cpus(struct sync_timer *timer)
{
	struct sync_timer_cpu *cpu;
	int number;

	timer->cpus = alloc_percpu(struct sync_timer_cpu);
	if (!timer->cpus)
		return -ENOMEM;
	for_each_possible_cpu (number) {
		cpu = per_cpu_ptr(timer->cpus, number);
		cpu->timer = timer;
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

int sync_timer_init_options(struct sync_timer *timer, enum hrtimer_restart (*fn)(struct hrtimer *),
			    u64 interval_ns, const struct sync_timer_options *options)
{
	static const struct sync_timer_options defaults;
	struct interval interval;
	int err;

	if (!options)
		options = &defaults;
	if (!timer || !fn)
		return -EINVAL;
	err = interval_init(&interval, interval_ns, options->phase_ns);
	if (err)
		return err;
	if (timer->cpus)
		return -EBUSY;

	timer->interval = interval;
	timer->fn = fn;
	timer->options = *options;
	err = alloc_cpus(timer);
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
