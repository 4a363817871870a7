/* SPDX-License-Identifier: GPL-2.0 */
/*
 * work_folder.h - the folder that is /tmp for loads, and in it one that a load may write to
 */
#ifndef MEMORY_COLLECTOR_WORK_FOLDER_H
#define MEMORY_COLLECTOR_WORK_FOLDER_H

#include <limits.h>
#include <stdio.h>
#include <sys/types.h>

#include "memory_collector/failure.h"

#define MC_WORK_PREFIX "memory-collector-"
/* Within it: the load's own */
#define MC_WORK_LOAD "load"

/**
 * struct mc_work - a working folder
 * @path: its name, which the owner of the folder above may give to another one at any time;
 *	empty: there is none
 * @fd: itself
 */
struct mc_work {
	char path[PATH_MAX];
	int fd;
};

/**
 * mc_work_create - make one
 * @work: set; mc_work_remove() ends it
 * @scratch: existing folder to make it in
 * @failure: filled on error: then there is none
 *
 * Others may pass through it, but only we write in it.
 */
int mc_work_create(struct mc_work *work, const char *scratch, struct mc_failure *failure);

/* Remove it with all that is in it. Fine where there is none. */
int mc_work_remove(struct mc_work *work, struct mc_failure *failure);

/* Make the load's folder in it, which belongs to @user; (uid_t)-1: to us. */
int mc_work_add_load(const struct mc_work *work, uid_t user, struct mc_failure *failure);

/* Remove that. Fine where there is none. */
int mc_work_remove_load(const struct mc_work *work, struct mc_failure *failure);

/**
 * mc_work_open - read a file that a load has left, which can be anything
 * @work: folder
 * @name: of the file in the load's folder
 * @max: bytes that it may have
 *
 * Return: NULL: it is not there, or not a file of this size.
 */
FILE *mc_work_open(const struct mc_work *work, const char *name, off_t max);

#endif
