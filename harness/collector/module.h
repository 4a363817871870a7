/* SPDX-License-Identifier: GPL-2.0 */
/*
 * module.h - collector.ko, and rdt_sim.ko under it, from outside
 */
#ifndef MEMORY_COLLECTOR_COLLECTOR_H
#define MEMORY_COLLECTOR_COLLECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memory_collector/failure.h"

#define MC_COLLECTOR_MODULE "collector"
#define MC_SIM_MODULE "rdt_sim"
#define MC_CONTROL_FILE "/proc/memory_collector"
#define MC_STATS_FILE "/sys/kernel/debug/memory_collector/stats"

#define MC_STATS_NAME 48

/**
 * struct mc_collector_stats - debugfs memory_collector/stats, read once
 * @source: hardware, emulated or simulated
 * @n: numbers
 * @stat: their names and values, in the file's order
 */
struct mc_collector_stats {
	char source[MC_STATS_NAME];
	size_t n;
	struct mc_collector_stat {
		char name[MC_STATS_NAME];
		uint64_t value;
	} * stat;
};

/* Refuses with the line where the text is not "NAME NUMBER" lines with a source. */
int mc_collector_stats_parse(const char *text, struct mc_collector_stats *stats,
			     struct mc_failure *failure);
int mc_collector_stats_read(struct mc_collector_stats *stats, struct mc_failure *failure);
void mc_collector_stats_free(struct mc_collector_stats *stats);

/* A number by its name. Return: false where there is none. */
bool mc_collector_stat(const struct mc_collector_stats *stats, const char *name, uint64_t *value);

/* The sum of what all CPUs have: of ticks_started those of cpu0_ticks_started and so on */
uint64_t mc_collector_stat_cpus(const struct mc_collector_stats *stats, const char *name);

/* mc_module_check() for the collector's file in @folder, and for the simulation's */
int mc_collector_check(const char *folder, bool simulation, struct mc_failure *failure);

/**
 * mc_collector_load - load the collector, and the simulation before it
 * @folder: where the module files are
 * @simulation: parameters of rdt_sim; NULL: do not load it
 * @parameters: of the collector
 * @failure: filled on error; nothing is left loaded then
 */
int mc_collector_load(const char *folder, const char *simulation, const char *parameters,
		      struct mc_failure *failure);

/* Unload both; fine where they are not loaded. Not for a simulation that others have loaded. */
int mc_collector_unload(struct mc_failure *failure);

/**
 * mc_collector_buffer_kib - how large each CPU's trace buffer can be
 * @wanted_kib: what is of use
 * @available: memory in bytes that can be had
 * @n_cpus: as many buffers there are; together they take a quarter of it at most
 *
 * Return: at least 64, since less is none.
 */
unsigned int mc_collector_buffer_kib(unsigned int wanted_kib, uint64_t available,
				     unsigned int n_cpus);

/* Write to the control file, at one stroke. Return: 0 or a negative errno. */
int mc_collector_command(const void *bytes, size_t size);

#endif
