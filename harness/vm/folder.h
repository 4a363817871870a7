/* SPDX-License-Identifier: GPL-2.0 */
/*
 * folder.h - a private folder for the files of one VM
 */
#ifndef MEMORY_COLLECTOR_VM_FOLDER_H
#define MEMORY_COLLECTOR_VM_FOLDER_H

#include "memory_collector/failure.h"

struct mc_vm_folder {
	char *path;
	int lock_fd;
};

/**
 * struct mc_vm_listener - who is told what goes on
 * @note: something that is not part of the work, e.g. what an earlier run left behind; may be NULL
 * @boots: everything is ready, and the machine is switched on; may be NULL
 * @data: their argument
 */
struct mc_vm_listener {
	void (*note)(void *data, const char *text);
	void (*boots)(void *data);
	void *data;
};

/**
 * mc_vm_folder_create - make a folder in TMPDIR, or in /tmp
 * @folder: set; mc_vm_folder_remove() ends it
 * @listener: gets a note for each folder of a killed run that was found and removed; may be NULL
 * @failure: filled on error
 */
int mc_vm_folder_create(struct mc_vm_folder *folder, const struct mc_vm_listener *listener,
			struct mc_failure *failure);
void mc_vm_folder_remove(struct mc_vm_folder *folder);

/* The path of a file in it, to be freed; NULL without memory */
char *mc_vm_folder_file(const struct mc_vm_folder *folder, const char *name);

#endif
