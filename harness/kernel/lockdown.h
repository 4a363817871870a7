/* SPDX-License-Identifier: GPL-2.0 */
/*
 * lockdown.h - how far the running kernel is locked down, see kernel_lockdown(7)
 */
#ifndef MEMORY_COLLECTOR_LOCKDOWN_H
#define MEMORY_COLLECTOR_LOCKDOWN_H

enum mc_lockdown {
	MC_LOCKDOWN_NONE, /* or it cannot be told */
	MC_LOCKDOWN_INTEGRITY, /* no unsigned modules */
	MC_LOCKDOWN_CONFIDENTIALITY /* no tracing, either */
};

/* Also where securityfs is not mounted. Context: root. */
enum mc_lockdown mc_lockdown_level(void);

/* The parsing, for tests: of the text of /sys/kernel/security/lockdown */
enum mc_lockdown mc_parse_lockdown(const char *text);

#endif
