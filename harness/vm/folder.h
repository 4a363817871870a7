/* SPDX-License-Identifier: GPL-2.0 */
/*
 * folder.h - a private folder for the files of one VM
 */
#ifndef MEMORY_COLLECTOR_VM_FOLDER_H
#define MEMORY_COLLECTOR_VM_FOLDER_H

#include "memory_collector/progress.h"

struct mc_vm_folder {
	char *path;
	int lock_fd;
};

/**
 * mc_vm_folder_create - make a folder in TMPDIR, or in /tmp
 * @folder: set; mc_vm_folder_remove() ends it
 * @progress: gets a note for each folder of a killed run that was found and removed
 * @failure: filled on error
 */
int mc_vm_folder_create(struct mc_vm_folder *folder, struct mc_progress *progress,
			struct mc_failure *failure);
void mc_vm_folder_remove(struct mc_vm_folder *folder);

/* The path of a file in it, to be freed; NULL without memory */
char *mc_vm_folder_file(const struct mc_vm_folder *folder, const char *name);

#endif
