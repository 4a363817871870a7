/* SPDX-License-Identifier: GPL-2.0 */
/*
 * files.h - debugfs rdt_sim/: what really was used, what CPUs have, what to do
 *
 * rmids (0400), a line per domain and RMID that ever was loaded, without wrap:
 *	domain D rmid R total_bytes N local_bytes N occupancy_bytes N loaded_ns N cpus N
 * cpus (0400), a line per CPU:
 *	cpu N domain D pqr 0xCLOSIDRMID writes N reads N faults N
 * program (0200), what one RMID does from now on, in all domains, per second:
 *	RMID TOTAL_BYTES LOCAL_BYTES RISE_BYTES FALL_BYTES MOST_BYTES
 */
#ifndef MEMORY_COLLECTOR_TESTS_RDT_SIM_FILES_H
#define MEMORY_COLLECTOR_TESTS_RDT_SIM_FILES_H

/**
 * rdt_sim_files_create - make them, between the registers' init and exit
 *
 * Context: process, may sleep.
 * Return: 0 or a negative error number.
 */
int rdt_sim_files_create(void);

/** rdt_sim_files_remove - after rdt_sim_files_create(), whether it succeeded or not */
void rdt_sim_files_remove(void);

#endif
