/* SPDX-License-Identifier: GPL-2.0 */
/*
 * user.h - the unprivileged user that root runs loads as
 */
#ifndef MEMORY_COLLECTOR_LOAD_USER_H
#define MEMORY_COLLECTOR_LOAD_USER_H

#include <sys/types.h>

#include "memory_collector/failure.h"

/*
 * Out of 60706 to 61183, which neither systemd nor distributions give to anything. A part for
 * each program that starts loads: one run of each at a time is all that kernel/host_state.h lets a
 * machine have, so that no two runs share a user.
 */
#define MC_LOAD_USERS 128
#define MC_LOAD_USERS_RUN_STRESS 60706
#define MC_LOAD_USERS_COLLECT (MC_LOAD_USERS_RUN_STRESS + MC_LOAD_USERS)

/**
 * mc_load_user - choose a user that nothing else runs as
 * @first: the lowest that will do
 * @n: how many will do, MC_LOAD_USERS at most
 * @user: set to one that has neither a process nor a name, and whose group has neither;
 *	(uid_t)-1 where we are not root: then loads run as ourselves
 * @failure: filled where there is none
 *
 * Loads do not run as "nobody": many services do, and each could reach into a load's processes
 * and files.
 */
int mc_load_user(uid_t first, unsigned int n, uid_t *user, struct mc_failure *failure);

/* The eight IDs of a process, of users and groups, from /proc/PID/status. Return: 0, or -1. */
int mc_parse_process_users(const char *status, unsigned int ids[8]);

#endif
