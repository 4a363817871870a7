/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kernel.h - the kernel that a guest boots
 */
#ifndef MEMORY_COLLECTOR_VM_KERNEL_H
#define MEMORY_COLLECTOR_VM_KERNEL_H

#include <stdbool.h>

#include "memory_collector/failure.h"

/**
 * struct mc_vm_kernel - a kernel image and what belongs to it
 * @image: file
 * @modules: its lib/modules/RELEASE folder
 * @release: as uname -r will say
 */
struct mc_vm_kernel {
	char *image, *modules, *release;
};

/**
 * mc_vm_kernel_find - find the image that fits our modules
 * @kernel: set; mc_vm_kernel_free() ends it
 * @release: the release that our modules are for
 * @wanted: image file, or folder of an unpacked package, as the user says; NULL: search
 * @failure: says where was looked, or which release @wanted has instead
 *
 * Searched are the folder that the build was configured with, the installed
 * kernels, and the packages that bootstrap has unpacked.
 */
int mc_vm_kernel_find(struct mc_vm_kernel *kernel, const char *release, const char *wanted,
		      struct mc_failure *failure);
void mc_vm_kernel_free(struct mc_vm_kernel *kernel);

/**
 * mc_vm_kernel_unpack - unpack an x86 image on this side
 * @image: bzImage
 * @to: file for the ELF kernel in it
 *
 * An emulated processor is slow at that. Nothing depends on it: a file that is no
 * bzImage, or one that QEMU could not start unpacked (it needs a PVH entry), is
 * booted as it is.
 *
 * Return: whether @to was made.
 */
bool mc_vm_kernel_unpack(const char *image, const char *to);

#endif
