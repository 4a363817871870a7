/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sim_files.h - what the simulation itself knows: debugfs rdt_sim/ and its parameters
 */
#ifndef MEMORY_COLLECTOR_UNIT_SIM_FILES_H
#define MEMORY_COLLECTOR_UNIT_SIM_FILES_H

#include <stdbool.h>
#include <stdint.h>

struct sim_use {
	uint64_t total_bytes, local_bytes, occupancy_bytes, loaded_ns;
};

/* What an RMID has really used, in all domains. Return: false where it cannot be read. */
bool sim_read_use(uint64_t rmid, struct sim_use *use);

/* Does every CPU have this in its PQR_ASSOC? Those that do not are noted. */
bool sim_pqr_is(uint64_t value);

/* Writes of PQR_ASSOC by all CPUs so far */
uint64_t sim_writes(void);

/* Set a parameter of rdt_sim while it is loaded. */
bool sim_set(const char *name, const char *value);

/* Give one RMID rates of its own: rdt_sim/program. Return: whether it was taken. */
bool sim_program(const char *text);

#endif
