/* SPDX-License-Identifier: GPL-2.0 */
/*
 * initramfs.h - the guest's first file system, as a cpio archive
 *
 * Not compressed: it is read once, by a kernel that may be emulated.
 */
#ifndef MEMORY_COLLECTOR_INITRAMFS_H
#define MEMORY_COLLECTOR_INITRAMFS_H

#include <stddef.h>

#include "memory_collector/failure.h"

struct mc_initramfs;

/**
 * mc_initramfs_new - begin an archive
 * @path: file, made or replaced
 * @failure: filled on error
 */
struct mc_initramfs *mc_initramfs_new(const char *path, struct mc_failure *failure);

/* A folder. Those above any name are made too, so this is for empty ones and modes. */
int mc_initramfs_folder(struct mc_initramfs *initramfs, const char *name, unsigned int mode,
			struct mc_failure *failure);

/* A file from memory; names begin with a slash */
int mc_initramfs_data(struct mc_initramfs *initramfs, const char *name, unsigned int mode,
		      const void *data, size_t size, struct mc_failure *failure);

/* A copy of a regular file of this machine, or of the one that a link leads to */
int mc_initramfs_file(struct mc_initramfs *initramfs, const char *name, unsigned int mode,
		      const char *from, struct mc_failure *failure);

/**
 * mc_initramfs_close - end an archive
 * @initramfs: archive; gone afterwards; may be NULL
 * @failure: filled where it could not be written to its end; NULL: only free it
 */
int mc_initramfs_close(struct mc_initramfs *initramfs, struct mc_failure *failure);

#endif
