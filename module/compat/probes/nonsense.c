// SPDX-License-Identifier: GPL-2.0
/*
 * Compiles on no kernel: where it does, a missing interface would be taken for
 * one that is there.
 */
#include <linux/hrtimer.h>

ktime_t probe(void);
ktime_t probe(void)
{
	return memory_collector_calls_what_no_kernel_has();
}
