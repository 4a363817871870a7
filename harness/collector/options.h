/* SPDX-License-Identifier: GPL-2.0 */
/*
 * options.h - the command line of collect
 */
#ifndef MEMORY_COLLECTOR_COLLECT_OPTIONS_H
#define MEMORY_COLLECTOR_COLLECT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "memory_collector/failure.h"

/**
 * struct mc_collect_options - what is asked for
 * @host: watch this machine, else one in a VM
 * @simulate: with simulated registers, here; in the VM always
 * @demo: start processes to look at
 * @strict: an incomplete account is exit code 1, whatever the command's is
 * @duration_ns: how long to watch; 0: until the command ends
 * @interval_ns: between samples
 * @cpus: of the VM
 * @memory_mib: of the VM
 * @rmids: highest RMID of simulated registers
 * @lines: of the table
 * @accel: of the VM: auto, kvm or tcg; NULL: not said
 * @kernel: image for the VM; NULL: one that fits
 * @modules: folder with the module files; NULL: those that were built or installed
 * @out: file for the table; NULL: standard output, with a command standard error
 * @busy: be a demonstration's process, busy for so many percent of the time; 0: no
 * @command: what to run and watch meanwhile; NULL at the end; may be empty
 * @help: only explain
 * @version: only say which version this is
 */
struct mc_collect_options {
	bool host, simulate, demo, strict, help, version;
	uint64_t duration_ns, interval_ns;
	unsigned int cpus, memory_mib, rmids, lines, busy;
	const char *accel, *kernel, *modules, *out;
	char **command;
};

/* @argv is referred to afterwards. */
int mc_collect_options_parse(struct mc_collect_options *options, int argc, char **argv,
			     struct mc_failure *failure);

void mc_collect_options_help(FILE *to);

#endif
