// SPDX-License-Identifier: GPL-2.0
/*
 * rdt_hardware.c - the registers of a real x86 processor
 */
#include "collector/rdt_hardware.h"

#include <linux/kconfig.h>

#ifdef CONFIG_X86
#include <linux/fs.h>
#include <linux/module.h>

#include "compat/cpuid.h"
#include "compat/msr.h"

static void hardware_cpuid(u32 leaf, u32 subleaf, struct rdt_cpuid *result)
{
	*result = (struct rdt_cpuid){};
	/* Beyond its highest leaf a processor answers with that one. */
	if (cpuid_eax(leaf & 0x80000000) >= leaf)
		cpuid_count(leaf, subleaf, &result->eax, &result->ebx, &result->ecx, &result->edx);
}

static int hardware_read(u32 msr, u64 *value)
{
	return compat_rdmsr_safe(msr, value) ? -EIO : 0;
}

static int hardware_write(u32 msr, u64 value)
{
	return compat_wrmsr_safe(msr, value) ? -EIO : 0;
}

static void note_mount(struct super_block *super, void *mounted)
{
	*(bool *)mounted = true;
}

/*
 * resctrl is never a module: where the kernel has none, looking for its name would run
 * modprobe each time. It registers at boot, or never where it was told to leave RDT alone.
 */
static bool hardware_resctrl_mounted(void)
{
	static bool absent;
	struct file_system_type *type;
	bool mounted = false;

	if (!IS_ENABLED(CONFIG_X86_CPU_RESCTRL) || READ_ONCE(absent))
		return false;
	type = get_fs_type("resctrl");
	if (!type) {
		WRITE_ONCE(absent, true);
		return false;
	}
	iterate_supers_type(type, note_mount, &mounted);
	module_put(type->owner);
	return mounted;
}

static const struct rdt_registers registers = {
	.cpuid = hardware_cpuid,
	.read = hardware_read,
	.write = hardware_write,
	.resctrl_mounted = hardware_resctrl_mounted,
};

const struct rdt_registers *rdt_hardware_registers(void)
{
	return &registers;
}
#else
const struct rdt_registers *rdt_hardware_registers(void)
{
	return NULL;
}
#endif
