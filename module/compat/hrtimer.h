/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hrtimer.h - setting up an hrtimer and its function
 *
 * Linux 6.13 brought hrtimer_setup(), which takes the function too. Before it,
 * hrtimer_init() took clock and mode and the function was assigned; 6.15 removed
 * that one, and later the member's name.
 */
#ifndef MEMORY_COLLECTOR_COMPAT_HRTIMER_H
#define MEMORY_COLLECTOR_COMPAT_HRTIMER_H

#include <linux/hrtimer.h>

#include "have.h"

static inline void compat_hrtimer_setup(struct hrtimer *hrtimer,
					enum hrtimer_restart (*fn)(struct hrtimer *),
					clockid_t clock, enum hrtimer_mode mode)
{
#ifdef HAVE_HRTIMER_SETUP
	hrtimer_setup(hrtimer, fn, clock, mode);
#else
	hrtimer_init(hrtimer, clock, mode);
	hrtimer->function = fn;
#endif
}

#endif
