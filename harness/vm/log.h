/* SPDX-License-Identifier: GPL-2.0 */
/*
 * log.h - the kernel log of a guest that failed
 */
#ifndef MEMORY_COLLECTOR_VM_LOG_H
#define MEMORY_COLLECTOR_VM_LOG_H

#include "memory_collector/failure.h"

/**
 * mc_vm_log_keep - keep a log whose result folder will go away
 * @log: file
 * @failure: why it goes away; where the log is now is added. Where it cannot be kept
 *	nothing is: the failure itself matters more
 *
 * There is one place, in the user's cache folder: the last failure's.
 */
void mc_vm_log_keep(const char *log, struct mc_failure *failure);

#endif
