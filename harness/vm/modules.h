/* SPDX-License-Identifier: GPL-2.0 */
/*
 * modules.h - the modules of its own kernel that a guest needs
 *
 * Works on the folder of a package that was only unpacked, where depmod has never
 * run: which module needs which is read from the modules themselves.
 */
#ifndef MEMORY_COLLECTOR_VM_MODULES_H
#define MEMORY_COLLECTOR_VM_MODULES_H

#include <stddef.h>

#include "memory_collector/failure.h"

/* One module; the file may be compressed (.ko.xz, .ko.zst, .ko.gz) */
struct mc_vm_module {
	char *name, *file;
};

struct mc_vm_modules {
	size_t n;
	struct mc_vm_module *module; /* in the order in which to load them */
};

/**
 * mc_vm_modules_find - find modules and those they need
 * @modules: set; mc_vm_modules_free() ends it
 * @folder: lib/modules/RELEASE
 * @wanted: names, NULL at the end; those that are built into the kernel are left out,
 *	"?" before a name: fine where there is neither
 * @failure: names what is missing
 */
int mc_vm_modules_find(struct mc_vm_modules *modules, const char *folder, const char *const *wanted,
		       struct mc_failure *failure);
void mc_vm_modules_free(struct mc_vm_modules *modules);

/**
 * mc_vm_read - read a file of which the bytes may be compressed
 * @path: file
 * @most: largest size after decompression
 * @bytes: set, to be freed
 * @size: set
 * @failure: filled on error
 */
int mc_vm_read(const char *path, size_t most, void **bytes, size_t *size,
	       struct mc_failure *failure);

#endif
