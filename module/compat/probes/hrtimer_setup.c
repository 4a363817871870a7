// SPDX-License-Identifier: GPL-2.0
/* HAVE_HRTIMER_SETUP: hrtimer_setup() sets clock, mode and function at once */
#include <linux/hrtimer.h>

void probe(struct hrtimer *hrtimer, enum hrtimer_restart (*fn)(struct hrtimer *));
void probe(struct hrtimer *hrtimer, enum hrtimer_restart (*fn)(struct hrtimer *))
{
	hrtimer_setup(hrtimer, fn, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_PINNED_HARD);
}
