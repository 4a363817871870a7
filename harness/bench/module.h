/* SPDX-License-Identifier: GPL-2.0 */
/*
 * module.h - the measuring module: loaded, told its window, read, unloaded
 */
#ifndef MEMORY_COLLECTOR_BENCH_MODULE_H
#define MEMORY_COLLECTOR_BENCH_MODULE_H

#include "kernel/module.h"
#include "memory_collector/analysis.h"
#include "memory_collector/result.h"

#define MC_BENCH_MODULE "sync_timer_benchmark_module"
#define MC_CPUS_MAX 8192

/**
 * struct mc_bench_parameters - how the module is loaded
 * @interval_ns: between ticks
 * @phase_ns: offset of the ticks to multiples of it
 * @lead: off, auto or fixed
 * @lead_max_ns: 0: the module's default
 * @lead_budget_permille: 0: the module's default
 * @cpus: list of CPUs to tick on, as the kernel writes it; NULL: all
 */
struct mc_bench_parameters {
	uint64_t interval_ns, phase_ns;
	const char *lead;
	unsigned int lead_max_ns, lead_budget_permille;
	const char *cpus;
};

/**
 * struct mc_bench_totals - /proc/sync_timer_benchmark, read once
 * @interval_ns: as the module has it
 * @phase_ns: offset of boundary 0
 * @k0: window; both 0: none
 * @k1: window
 * @read_ns: CLOCK_MONOTONIC at which it was read
 * @lead: as the module has it
 * @n_cpus: CPUs that tick while they are online
 * @cpu: their totals, ascending by number
 */
struct mc_bench_totals {
	uint64_t interval_ns, phase_ns, k0, k1;
	int64_t read_ns;
	struct mc_lead_result lead;
	unsigned int n_cpus;
	struct mc_totals *cpu;
};

int mc_module_load(const char *path, const struct mc_bench_parameters *parameters,
		   struct mc_failure *failure);

/* Unload; waits a little while it is in use. Fine where it is not loaded. */
int mc_module_unload(struct mc_failure *failure);

/**
 * mc_module_set_window - set the window
 *
 * Return: 0; 1 where @k0 has come too near; -1 on error.
 */
int mc_module_set_window(uint64_t k0, uint64_t k1, struct mc_failure *failure);

int mc_module_read_totals(struct mc_bench_totals *totals, struct mc_failure *failure);

/* As mc_module_read_totals(), of a text; for tests. */
int mc_bench_totals_parse(const char *text, struct mc_bench_totals *totals,
			  struct mc_failure *failure);
void mc_bench_totals_free(struct mc_bench_totals *totals);

#endif
