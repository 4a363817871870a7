/* SPDX-License-Identifier: GPL-2.0 */
/*
 * memory.h - how much memory a guest needs to come up
 */
#ifndef MEMORY_COLLECTOR_VM_MEMORY_H
#define MEMORY_COLLECTOR_VM_MEMORY_H

#include <stdint.h>

#include "memory_collector/failure.h"

/* The least that the default matrix runs in, in MiB: for --memory */
#define MC_VM_MEMORY_MIN_MIB 272

/* MiB, below which the kernel has no room to unpack an initramfs of so many bytes */
uint64_t mc_vm_memory_least(uint64_t initramfs_bytes);

/**
 * mc_vm_memory_check - refuse a guest whose initramfs will not fit
 * @initramfs: its file; none: there is nothing to refuse
 * @memory_mib: of the guest
 * @failure: filled where it does not fit, with both numbers
 */
int mc_vm_memory_check(const char *initramfs, unsigned int memory_mib, struct mc_failure *failure);

#endif
