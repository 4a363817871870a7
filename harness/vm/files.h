/* SPDX-License-Identifier: GPL-2.0 */
/*
 * files.h - the files a guest is started with: kernel, initramfs, scratch disk
 */
#ifndef MEMORY_COLLECTOR_VM_FILES_H
#define MEMORY_COLLECTOR_VM_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "memory_collector/child.h"
#include "vm/folder.h"
#include "vm/kernel.h"

/* Names in the folder */
#define MC_VM_INITRAMFS "initramfs"
#define MC_VM_SCRATCH "scratch"

/* A file of this machine (or of the sysroot), and where the guest has it */
struct mc_vm_file {
	const char *from, *to;
};

/**
 * struct mc_vm_plan - what is in the guest, and what it does
 * @sysroot: root of the system that the programs and libraries are of; "": this one
 * @init: program of guest_init.c
 * @kernel: kernel
 * @programs: with the libraries they need; a NULL from at the end
 * @files: others; a NULL from at the end
 * @tests: guest's paths of modules to load and unload, each with a blank and its
 *	parameters behind it where it has any; NULL at the end
 * @argv: program to run, as the guest sees it; NULL at the end
 * @scratch: mount a scratch disk
 * @output: send the program's standard output in place of its result folder
 */
struct mc_vm_plan {
	const char *sysroot, *init;
	const struct mc_vm_kernel *kernel;
	const struct mc_vm_file *programs, *files;
	const char *const *tests, *const *argv;
	bool scratch, output;
};

/* Write the initramfs into the folder. */
int mc_vm_initramfs(const struct mc_vm_plan *plan, const struct mc_vm_folder *folder,
		    struct mc_failure *failure);

/* Is there a program that makes file systems? */
int mc_vm_scratch_check(struct mc_failure *failure);

/* Make the disk: a sparse file with an empty file system. */
int mc_vm_scratch(const struct mc_vm_folder *folder, struct mc_failure *failure);

/**
 * mc_vm_find_program - find a program in PATH or in the folders of root's PATH
 *
 * Return: its path, to be freed, or NULL.
 */
char *mc_vm_find_program(const char *name);

/**
 * mc_vm_find_init - find the program of guest_init.c for a run-stress
 * @self: run-stress, in the build folder or installed
 * @failure: filled where it is not there
 *
 * Return: its path, to be freed, or NULL.
 */
char *mc_vm_find_init(const char *self, struct mc_failure *failure);

#endif
