/* SPDX-License-Identifier: GPL-2.0 */
/*
 * place.h - where the ticks are: a small VM, or this machine
 *
 * Both places take the same job and leave the same result. The host place does
 * the work itself; the vm place boots a guest in which the very same program
 * does it as a host place.
 */
#ifndef MEMORY_COLLECTOR_PLACE_H
#define MEMORY_COLLECTOR_PLACE_H

#include "memory_collector/progress.h"
#include "memory_collector/result_io.h"
#include "memory_collector/scenario.h"

struct mc_kernel_sets;

/* Two or three ways at once, and the first a second time */
#define MC_VARIANTS_MAX 4
#define MC_SLICES_MAX 1000

/**
 * struct mc_variant - one way to arm the timer
 * @name: follows the scenario's name and a plus; empty where there is only one
 * @lead: off, auto or fixed
 * @phase_ns: offset of the boundaries
 * @repeat: it is the first one again, for the A/A band: what two windows of the same
 *	kind differ by on this machine
 */
struct mc_variant {
	char name[MC_VARIANT_MAX];
	const char *lead;
	uint64_t phase_ns;
	bool repeat;
};

/**
 * struct mc_job - what to measure
 * @matrix: scenarios, in order
 * @variant: each scenario is measured in these ways, in alternating slices
 * @n_variants: at least one
 * @slices: windows of each variant and scenario
 * @lead_max_ns: 0: the module's default
 * @lead_budget_permille: 0: the module's default
 * @tick_cpus: list of the CPUs that tick; NULL: all
 * @interval_ns: distance between two ticks
 * @duration_ns: length of each window
 * @module: path of sync_timer_benchmark_module.ko
 * @ticks_csv: write ticks.csv too
 * @scratch: host place: folder for loads that write; NULL: /tmp
 * @cpus: vm place: number of CPUs
 * @memory_mib: vm place: memory
 * @accel: vm place: auto, kvm or tcg; NULL: not said
 * @kernel: vm place: kernel image; NULL: find one that fits the module
 * @self: vm place: path of the running run-stress, to be taken along
 * @root: vm place: root of another system, of which the guest gets run-stress (as installed in
 *	usr/), stress-ng and libraries, for a kernel of another architecture; NULL: this one
 * @kernels: mc_place_kernels: in place of @module and @root
 * @scenario_files: vm place: the files the matrix was read from, to be taken along
 */
struct mc_job {
	const struct mc_matrix *matrix;
	struct mc_variant variant[MC_VARIANTS_MAX];
	unsigned int n_variants, slices;
	unsigned int lead_max_ns, lead_budget_permille;
	const char *tick_cpus;
	uint64_t interval_ns, duration_ns;
	const char *module;
	bool ticks_csv;
	const char *scratch;
	unsigned int cpus, memory_mib;
	const char *accel, *kernel;
	const char *self;
	const char *root;
	const struct mc_kernel_sets *kernels;
	const char *const *scenario_files;
};

/**
 * struct mc_place - one place
 * @name: as in --place
 * @check: everything that can be refused before anything is touched
 * @run: do the job: fill the result and write the place's own files (kernel.log,
 *	stress-ng/, ticks.csv) into the result folder. Undoes everything before
 *	it returns, also when it fails or is asked to stop
 */
struct mc_place {
	const char *name;
	int (*check)(const struct mc_job *job, struct mc_progress *progress,
		     struct mc_failure *failure);
	int (*run)(const struct mc_job *job, struct mc_progress *progress,
		   struct mc_result_dir *dir, struct mc_result *result, struct mc_failure *failure);
};

extern const struct mc_place mc_place_vm, mc_place_kernels, mc_place_host;

#endif
