/* SPDX-License-Identifier: GPL-2.0 */
/*
 * checks.h - what the collector promises, one thing after the other
 */
#ifndef MEMORY_COLLECTOR_UNIT_CHECKS_H
#define MEMORY_COLLECTOR_UNIT_CHECKS_H

#define CHECKS_PROCFS_MODULE "procfs_test_module"

/* How it is loaded, what it finds, what it refuses */
void checks_loading(void);
/* What it asks for where memory is short; takes nearly all there is, and is for a guest */
void checks_memory(void);
/* Processes have RMIDs, and the events and the control file say which */
void checks_processes(void);
/* The control file as its users write it, with a callback that notes what it was called with */
void checks_procfs(void);
/* The program collect, here and not in a VM of its own */
void checks_collect(void);
/* What it samples is what was simulated, at the same boundaries everywhere */
void checks_samples(void);

#endif
