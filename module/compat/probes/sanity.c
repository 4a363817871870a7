// SPDX-License-Identifier: GPL-2.0
/*
 * Compiles on every kernel: where it does not, the compiler or its flags are at
 * fault, and the answers of the other probes would mean nothing.
 */
#include <linux/hrtimer.h>
#include <linux/module.h>

ktime_t probe(void);
ktime_t probe(void)
{
	return ktime_get();
}
