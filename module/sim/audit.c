// SPDX-License-Identifier: GPL-2.0
/*
 * audit.c - looking, from outside, at what every CPU's PQR_ASSOC holds
 *
 * A hard interrupt never comes between the write of the register at a context switch and
 * the switch itself: what it finds is what the task runs with.
 */
#include "sim/audit.h"

#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/time64.h>

#include "sim/rdt_sim_trace.h"
#include "sim/registers.h"
#include "timer/sync_timer.h"

/* Half the collector's default interval, so that both tick apart where periods are whole ms. */
#define PHASE_MOST_NS 500000ULL

static struct sync_timer timer __read_mostly;

/* Context: hard interrupt, also on PREEMPT_RT. */
static enum hrtimer_restart audit(struct hrtimer *hrtimer)
{
	trace_pqr_audit(rdt_sim_registers_pqr(), current);
	return sync_timer_restart(hrtimer, &timer);
}

int rdt_sim_audit_start(unsigned int period_us)
{
	u64 period_ns = (u64)period_us * NSEC_PER_USEC;
	const struct sync_timer_options options = {.phase_ns = min(period_ns / 2, PHASE_MOST_NS)};

	return period_us ? sync_timer_init_options(&timer, audit, period_ns, &options) : 0;
}

void rdt_sim_audit_stop(void)
{
	sync_timer_destroy(&timer);
}
