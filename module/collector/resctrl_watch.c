// SPDX-License-Identifier: GPL-2.0
/*
 * resctrl_watch.c - notices when resctrl is mounted, and gives way
 *
 * The kernel tells nobody that resctrl is mounted, and resctrl does not know of us: it
 * writes PQR_ASSOC when a group's differs from what it wrote itself, so an RMID of ours
 * would stay on every CPU that runs the default group.
 */
#define pr_fmt(fmt) "Memory Collector: " fmt

#include "collector/resctrl_watch.h"

#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/printk.h>
#include <linux/workqueue.h>

#include "collector/memory_collector_trace.h"

#define PERIOD_MS 500

static void look(struct work_struct *work);
static DECLARE_DELAYED_WORK(looking, look);
static struct rdt *watched;
static void (*tell)(void);
/* When resctrl was last seen not to be mounted, CLOCK_MONOTONIC */
static u64 unmounted_ns;

static void give_way(void)
{
	u64 noticed_ns;

	rdt_yield(watched);
	/* After the last sample: one that is outside of the range is not suspect. */
	noticed_ns = ktime_get_ns();
	tell();
	trace_resctrl_mounted(unmounted_ns, noticed_ns, watched->source);
	pr_warn("resctrl was mounted at most %llu ms ago: samples since then are suspect, and there will be no more; to collect again, unmount it and load the module anew\n",
		div_u64(noticed_ns - unmounted_ns, NSEC_PER_MSEC));
}

static void look(struct work_struct *work)
{
	u64 now_ns = ktime_get_ns();

	if (watched->registers->resctrl_mounted()) {
		give_way();
		return;
	}
	unmounted_ns = now_ns;
	schedule_delayed_work(&looking, msecs_to_jiffies(PERIOD_MS));
}

void resctrl_watch_start(struct rdt *rdt, u64 seen_unmounted_ns, void (*yielded)(void))
{
	if (!rdt_has_counters(rdt))
		return;
	watched = rdt;
	tell = yielded;
	unmounted_ns = seen_unmounted_ns;
	schedule_delayed_work(&looking, 0);
}

void resctrl_watch_stop(void)
{
	cancel_delayed_work_sync(&looking);
}
