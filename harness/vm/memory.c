// SPDX-License-Identifier: GPL-2.0
/*
 * memory.c - how much memory a guest needs to come up
 *
 * The guest's first file system is a tmpfs, which takes half of the memory that is free when it is
 * made: beside the kernel, and beside the initramfs, which is only then unpacked into it.
 */
#include "vm/memory.h"

#include <inttypes.h>
#include <sys/stat.h>

#define MIB (1024UL * 1024)
/* With the tables that describe memory: 47 MiB of Debian's cloud kernel 6.1 in 256 MiB */
#define KERNEL_BYTES (48 * MIB)

uint64_t mc_vm_memory_least(uint64_t initramfs_bytes)
{
	return (KERNEL_BYTES + 3 * initramfs_bytes + MIB - 1) / MIB;
}

int mc_vm_memory_check(const char *initramfs, unsigned int memory_mib, struct mc_failure *failure)
{
	struct stat info;
	uint64_t least;

	if (stat(initramfs, &info))
		return 0;
	least = mc_vm_memory_least(info.st_size);
	if (memory_mib >= least)
		return 0;
	return mc_fail(
		failure, MC_EXIT_ENVIRONMENT,
		"the VM's %u MiB of memory have no room for its programs and libraries, %" PRIu64
		" MiB: it needs %" PRIu64 " MiB to unpack them; choose more with --memory",
		memory_mib, (info.st_size + MIB - 1) / MIB, least);
}
