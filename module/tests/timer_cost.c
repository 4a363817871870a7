// SPDX-License-Identifier: GPL-2.0
/*
 * timer_cost.c - a tick that does nothing, for counting what a tick costs
 *
 * Owns the module timer_cost_module: while it is loaded, one of three timers ticks. The
 * empty one is what anybody would write who wants a periodic interrupt: a pinned hrtimer
 * that forwards itself, on the CPU that loads the module. Against it stand a sync_timer
 * with a callback that only restarts it, and one that learns a lead, whose callback also
 * notes the spin, so that it can be taken off.
 */
#define pr_fmt(fmt) "Memory Collector: timer_cost: " fmt

#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/stringify.h>

#include "compat/hrtimer.h"
#include "timer/sync_timer.h"

static char *timer = "";
module_param(timer, charp, 0444);
MODULE_PARM_DESC(timer, "empty, sync or auto");

static u64 interval_ns = 1000000;
module_param(interval_ns, ullong, 0444);
MODULE_PARM_DESC(interval_ns, "ns from tick to tick, 50000 to 10000000000; default 1000000");

#define DOTTED(major, minor, patch) __stringify(major) "." __stringify(minor) "." __stringify(patch)

/* Figures of another compiler are other figures. */
#ifdef __clang__
static char *compiler = "clang " DOTTED(__clang_major__, __clang_minor__, __clang_patchlevel__);
#else
static char *compiler = "gcc " DOTTED(__GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
module_param(compiler, charp, 0444);
MODULE_PARM_DESC(compiler, "for reading only: what built this module");

/* Of the last ticks, by the number of their boundary; for a machine of one CPU */
#define SPINS 512
static unsigned int spins[SPINS];
module_param_array(spins, uint, NULL, 0444);
MODULE_PARM_DESC(spins, "for reading only: ns spun by tick k, at k modulo 512");

/* Enough for any lead that it may learn: what is counted is the code */
#define AUTO_BUDGET_PERMILLE 100

static struct hrtimer empty_timer;
static struct sync_timer sync_timer;

/* Context: hard interrupt, also on PREEMPT_RT. */
static enum hrtimer_restart empty_tick(struct hrtimer *hrtimer)
{
	hrtimer_forward_now(hrtimer, ns_to_ktime(interval_ns));
	return HRTIMER_RESTART;
}

/* Context: as empty_tick(). */
static enum hrtimer_restart sync_tick(struct hrtimer *hrtimer)
{
	return sync_timer_restart(hrtimer, &sync_timer);
}

/* Context: as empty_tick(). */
static enum hrtimer_restart auto_tick(struct hrtimer *hrtimer)
{
	const struct sync_timer_tick *tick = sync_timer_tick(hrtimer);

	spins[tick->number % SPINS] = tick->spin_ns;
	return sync_timer_restart(hrtimer, &sync_timer);
}

/* Armed for the same boundaries as the other one, so that both meet the same company. */
static int empty_start(void)
{
	struct interval interval;
	int err = interval_init(&interval, interval_ns, 0);

	if (err)
		return err;
	compat_hrtimer_setup(&empty_timer, empty_tick, CLOCK_MONOTONIC,
			     HRTIMER_MODE_ABS_PINNED_HARD);
	hrtimer_start(&empty_timer,
		      ns_to_ktime(interval_boundary(&interval,
						    interval_ahead(&interval, ktime_get_ns()))),
		      HRTIMER_MODE_ABS_PINNED_HARD);
	return 0;
}

static int __init auto_start(void)
{
	const struct sync_timer_options options = {.lead = LEAD_AUTO,
						   .lead_budget_permille = AUTO_BUDGET_PERMILLE};

	return sync_timer_init_options(&sync_timer, auto_tick, interval_ns, &options);
}

static int __init timer_cost_init(void)
{
	int err = -EINVAL;

	if (!strcmp(timer, "empty"))
		err = empty_start();
	else if (!strcmp(timer, "sync"))
		err = sync_timer_init(&sync_timer, sync_tick, interval_ns);
	else if (!strcmp(timer, "auto"))
		err = auto_start();
	if (err)
		pr_err("no timer '%s' at interval_ns=%llu (error %d): empty, sync and auto are "
		       "possible, at %llu to %llu\n",
		       timer, interval_ns, err, INTERVAL_MIN_NS, INTERVAL_MAX_NS);
	return err;
}

static void __exit timer_cost_exit(void)
{
	if (empty_timer.base)
		hrtimer_cancel(&empty_timer);
	sync_timer_destroy(&sync_timer);
}

module_init(timer_cost_init);
module_exit(timer_cost_exit);
MODULE_DESCRIPTION("Memory Collector: ticks that do nothing, for counting their cost");
MODULE_LICENSE("GPL");
