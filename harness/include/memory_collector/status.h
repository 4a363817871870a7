/* SPDX-License-Identifier: GPL-2.0 */
/*
 * status.h - what became of a scenario, in one word
 */
#ifndef MEMORY_COLLECTOR_STATUS_H
#define MEMORY_COLLECTOR_STATUS_H

enum mc_status {
	MC_STATUS_OK, /* accounted for, and the load ran */
	MC_STATUS_INVALID, /* ran, but the numbers must not be used; reason says why */
	MC_STATUS_SKIPPED, /* could not run here; reason says why */
	MC_STATUS_FAILED, /* the measurement itself broke; reason says why */
};

const char *mc_status_name(enum mc_status status);

#endif
