// SPDX-License-Identifier: GPL-2.0
/*
 * hang.c - a kernel that hangs on purpose
 *
 * Owns the module hang_module, which never comes back from its init: for guests whose end is
 * tested. With irqs=on the CPU that loads it hangs, with irqs=off every CPU does, so that none
 * can answer to an interrupt. Without one of these it refuses to load.
 */
#include <linux/module.h>
#include <linux/processor.h>
#include <linux/smp.h>
#include <linux/string.h>

static char *irqs = "";
module_param(irqs, charp, 0444);
MODULE_PARM_DESC(irqs, "hang with interrupts on or off");

static bool over;

static noinline void hang_on_purpose(void *unused)
{
	while (!READ_ONCE(over))
		cpu_relax();
}

static int __init hang_init(void)
{
	bool off = !strcmp(irqs, "off");

	if (!off && strcmp(irqs, "on"))
		return -EINVAL;
	pr_info("Memory Collector: hangs with interrupts %s\n", irqs);
	if (off)
		on_each_cpu(hang_on_purpose, NULL, 0);
	else
		hang_on_purpose(NULL);
	return 0;
}

module_init(hang_init);
MODULE_DESCRIPTION("Memory Collector: a kernel that hangs on purpose");
MODULE_LICENSE("GPL");
