/* SPDX-License-Identifier: GPL-2.0 */
/*
 * procfs.h - a control file in /proc: write-only, root only, commands of core/command
 */
#ifndef MEMORY_COLLECTOR_PROCFS_H
#define MEMORY_COLLECTOR_PROCFS_H

#include <linux/proc_fs.h>
#include <linux/types.h>

#include "core/command.h"

/**
 * struct procfs_control - owned by the caller
 * @set: the commands; the callback runs in the writer's context and may sleep, for
 *	several writers at the same time
 * @entry: of procfs.c; NULL while there is no file
 */
struct procfs_control {
	struct command_set set;
	struct proc_dir_entry *entry;
};

/**
 * procfs_control_create - make /proc/@name, mode 0200
 * @control: its @set in place; must outlive the file
 * @name: of the file
 *
 * Return: 0, -EBUSY where @control has a file, -ENOMEM where it cannot be made, which
 * includes that there is one of that name.
 */
int procfs_control_create(struct procfs_control *control, const char *name);

/**
 * procfs_control_remove - remove the file, if there is one
 * @control: control
 *
 * No callback runs any more when this returns. Writers that hold the file open get -EIO.
 */
void procfs_control_remove(struct procfs_control *control);

#endif
