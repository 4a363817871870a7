// SPDX-License-Identifier: GPL-2.0
/*
 * folder.c - folders that go away with the run that made them, or with the next one
 *
 * The folder itself is locked as long as its owner lives, so that a later run can
 * tell a dead one's.
 */
#include "vm/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process/tree.h"

#define PREFIX "memory-collector-vm-"
#define TRIES_MAX 10

static const char *parent(void)
{
	const char *folder = getenv("TMPDIR");

	return folder && *folder ? folder : "/tmp";
}

/* Return: a descriptor with the lock, or -1 where another process has it. */
static int lock(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat ours, there;

	if (fd < 0)
		return -1;
	/* The one who made it may just be about to lock it, or a later run to remove it. */
	if (!flock(fd, LOCK_EX | LOCK_NB) && !fstat(fd, &ours) && !lstat(path, &there) &&
	    ours.st_ino == there.st_ino && ours.st_dev == there.st_dev && ours.st_uid == geteuid())
		return fd;
	close(fd);
	return -1;
}

static void note_removed(const struct mc_vm_listener *listener, const char *path)
{
	char text[PATH_MAX + 64];

	if (!listener || !listener->note)
		return;
	snprintf(text, sizeof(text), "removed %s, which a run that was killed left behind", path);
	listener->note(listener->data, text);
}

static void remove_dead(const struct mc_vm_listener *listener)
{
	DIR *folder = opendir(parent());
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		char path[PATH_MAX];
		int fd;

		if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) ||
		    snprintf(path, sizeof(path), "%s/%s", parent(), entry->d_name) >=
			    (int)sizeof(path))
			continue;
		fd = lock(path);
		if (fd < 0)
			continue;
		if (!mc_tree_remove_open(fd, AT_FDCWD, path, NULL))
			note_removed(listener, path);
		close(fd);
	}
	if (folder)
		closedir(folder);
}

int mc_vm_folder_create(struct mc_vm_folder *folder, const struct mc_vm_listener *listener,
			struct mc_failure *failure)
{
	int tries;

	*folder = (struct mc_vm_folder){.lock_fd = -1};
	remove_dead(listener);
	for (tries = 0; tries < TRIES_MAX; tries++) {
		char relative[PATH_MAX];

		if (snprintf(relative, sizeof(relative), "%s/" PREFIX "XXXXXX", parent()) >=
			    (int)sizeof(relative) ||
		    !mkdtemp(relative))
			break;
		folder->path = realpath(relative, NULL);
		folder->lock_fd = folder->path ? lock(folder->path) : -1;
		if (folder->lock_fd >= 0)
			return 0;
		free(folder->path);
		folder->path = NULL;
	}
	return mc_fail(failure, MC_EXIT_ENVIRONMENT,
		       "cannot make a folder for the VM in %s: %s; set TMPDIR to another one",
		       parent(), strerror(errno));
}

void mc_vm_folder_remove(struct mc_vm_folder *folder)
{
	if (folder->path)
		mc_tree_remove_open(folder->lock_fd, AT_FDCWD, folder->path, NULL);
	if (folder->lock_fd >= 0)
		close(folder->lock_fd);
	free(folder->path);
	*folder = (struct mc_vm_folder){.lock_fd = -1};
}

char *mc_vm_folder_file(const struct mc_vm_folder *folder, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", folder->path, name) < 0 ? NULL : path;
}
