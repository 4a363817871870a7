/* SPDX-License-Identifier: GPL-2.0 */
/*
 * elf_needs.h - which shared libraries programs need, read from their files
 *
 * Nothing is executed (ldd runs what it looks at), so the programs may be those
 * of another machine, in a sysroot.
 */
#ifndef MEMORY_COLLECTOR_ELF_NEEDS_H
#define MEMORY_COLLECTOR_ELF_NEEDS_H

#include <stddef.h>
#include <stdint.h>

#include "memory_collector/failure.h"

/**
 * struct mc_elf - what the dynamic loader would want to know
 * @machine: e_machine
 * @interpreter: path of the loader; NULL: none (a static program, a library)
 * @needed: names of libraries
 * @n_needed: how many
 * @run_path: DT_RUNPATH, else DT_RPATH, else NULL
 */
struct mc_elf {
	uint16_t machine;
	char *interpreter;
	char **needed;
	size_t n_needed;
	char *run_path;
};

/**
 * mc_elf_parse - parse a program or library
 * @elf: set; mc_elf_free() ends it
 * @image: the file's bytes, which may be anything
 * @size: how many
 * @name: for messages
 * @failure: filled where it is no such file, or says what cannot be
 */
int mc_elf_parse(struct mc_elf *elf, const void *image, size_t size, const char *name,
		 struct mc_failure *failure);
void mc_elf_free(struct mc_elf *elf);

/* As mc_elf_parse(), of a file */
int mc_elf_read(struct mc_elf *elf, const char *path, struct mc_failure *failure);

/* A file, and the path at which the loader of the programs finds it */
struct mc_elf_file {
	char *from, *to;
};

/**
 * struct mc_elf_needs - the files that programs need to run
 * @n: how many
 * @file: the loader, and all libraries in the folder that the C library is in: one
 *	that the loader searches without being told to
 */
struct mc_elf_needs {
	size_t n;
	struct mc_elf_file *file;
};

/**
 * mc_elf_needs - find everything that programs need, and what that needs
 * @needs: set; mc_elf_needs_free() ends it
 * @sysroot: root of the system that the programs are of; "" for this one
 * @programs: their paths, with @sysroot, NULL at the end; all of one machine
 * @optional: names of libraries that are taken where they are there; NULL at the end
 * @failure: names the program or library and what it misses
 *
 * Looks in the run path of whoever needs it, the folders of etc/ld.so.conf, and the
 * usual ones, for a file of the right machine.
 */
int mc_elf_needs(struct mc_elf_needs *needs, const char *sysroot, const char *const *programs,
		 const char *const *optional, struct mc_failure *failure);
void mc_elf_needs_free(struct mc_elf_needs *needs);

#endif
