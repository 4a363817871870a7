/* SPDX-License-Identifier: GPL-2.0 */
/*
 * program.h - a program in a guest of its own, and what it prints
 */
#ifndef MEMORY_COLLECTOR_VM_PROGRAM_H
#define MEMORY_COLLECTOR_VM_PROGRAM_H

#include <stdio.h>

#include "memory_collector/failure.h"
#include "vm/files.h"
#include "vm/qemu.h"

/**
 * struct mc_vm_program - what to run, and where
 * @self: a program of ours, beside which init is found
 * @sysroot: see &struct mc_vm_plan; NULL: this machine's
 * @module: module file that says which kernel the guest has
 * @accel: see &struct mc_vm
 * @kernel: its image; NULL: find one
 * @programs: with the libraries they need; a NULL from at the end
 * @files: others; a NULL from at the end
 * @tests: see &struct mc_vm_plan; NULL: none
 * @argv: as the guest sees it; NULL at the end, and first where only tests are to be run
 * @cpus: how many
 * @instruction_ns: see &struct mc_vm
 * @memory_mib: how much
 * @append: more words for the kernel's command line
 * @deadline_ns: how long the guest may run
 * @output: gets the program's standard output
 * @output_max: how much of it at most
 * @log: gets the console's output, and what the program says on standard error
 */
struct mc_vm_program {
	const char *self, *sysroot, *module, *accel, *kernel;
	const struct mc_vm_file *programs, *files;
	const char *const *tests, *const *argv;
	unsigned int cpus, instruction_ns, memory_mib;
	const char *append;
	int64_t deadline_ns;
	FILE *output, *log;
	uint64_t output_max;
};

/**
 * mc_vm_program_run - boot, run it, and switch off
 * @program: what to run
 * @listener: told what goes on; may be NULL
 * @end: set: the program's exit code and last words
 * @failure: as for mc_vm_run()
 *
 * Nothing of it is left afterwards.
 */
int mc_vm_program_run(const struct mc_vm_program *program, const struct mc_vm_listener *listener,
		      struct mc_vm_end *end, struct mc_failure *failure);

/**
 * mc_vm_end_judge - what the end of one of our programs in a guest means here
 * @end: its end
 * @program: its name, with which its last words begin
 * @failure: filled where it has failed: it said why, and with which code, as it would have here
 *
 * Return: its exit code where it has done its work, MC_EXIT_OK or MC_EXIT_INVALID, else -1.
 */
int mc_vm_end_judge(const struct mc_vm_end *end, const char *program, struct mc_failure *failure);

#endif
