// SPDX-License-Identifier: GPL-2.0
/*
 * tree.c - removal of folders
 *
 * Root removes here what a load has made, and a process of the load's user may still be at
 * work in it: what was a folder a moment ago can be a link to another one now. So each step
 * leads from an open folder to a name directly in it, and follows no link.
 */
#include "process/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Each level takes a descriptor, and programs have a thousand. */
#define DEPTH_MAX 64
/* A pass takes DEPTH_MAX levels away. A tree that takes more passes than this is being added to. */
#define PASSES_MAX 1024

/**
 * struct removal - of one tree
 * @top: its uppermost folder
 * @device: the file system to stay on
 * @removed: entries in this pass; those that were moved up count, too
 * @moved: folders moved up so far, for their names
 * @error: errno of what could not be removed in this pass, 0: none
 */
struct removal {
	int top;
	dev_t device;
	unsigned long removed, moved;
	int error;
};

static int open_folder(int at, const char *name)
{
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* The first one tells why those above it cannot go, either. */
static void note(struct removal *removal, int error)
{
	if (!removal->error)
		removal->error = error;
}

/* One that another process removed first is no failure. */
static bool count(struct removal *removal, int result)
{
	if (!result)
		removal->removed++;
	else if (errno != ENOENT)
		note(removal, errno);
	return !result;
}

/* Mounts of the same file system, too, where the kernel tells (since 5.8) */
static bool is_mounted(const struct removal *removal, int fd)
{
	struct statx mount;
	struct stat info;

	if (fstat(fd, &info) || info.st_dev != removal->device)
		return true;
	return !statx(fd, "", AT_EMPTY_PATH, 0, &mount) &&
	       mount.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

/* What is too deep comes next, from the uppermost folder. */
static void move_up(struct removal *removal, int folder, const char *name)
{
	char to[64];

	snprintf(to, sizeof(to), ".removing-%ld-%lu", (long)getpid(), removal->moved++);
	count(removal, renameat(folder, name, removal->top, to));
}

static void empty(struct removal *removal, int fd, unsigned int depth);

static void remove_folder(struct removal *removal, int folder, const char *name, int fd,
			  unsigned int depth)
{
	if (is_mounted(removal, fd)) {
		note(removal, EBUSY);
		close(fd);
	} else if (depth < DEPTH_MAX) {
		empty(removal, fd, depth + 1);
		count(removal, unlinkat(folder, name, AT_REMOVEDIR));
	} else {
		close(fd);
		move_up(removal, folder, name);
	}
}

static void remove_entry(struct removal *removal, int folder, const char *name, unsigned int depth)
{
	int error, fd;

	if (!unlinkat(folder, name, 0)) {
		removal->removed++;
		return;
	}
	error = errno;
	fd = open_folder(folder, name);
	if (fd >= 0) {
		remove_folder(removal, folder, name, fd, depth);
		return;
	}
	/* Of a folder that cannot be read, the reason is that; and an empty one goes. */
	if (error == EISDIR)
		error = errno;
	if (!unlinkat(folder, name, AT_REMOVEDIR))
		removal->removed++;
	else if (error != ENOENT)
		note(removal, error);
}

/* Takes the descriptor. */
static void empty(struct removal *removal, int fd, unsigned int depth)
{
	DIR *folder = fdopendir(fd);
	const struct dirent *entry;

	if (!folder) {
		note(removal, errno);
		close(fd);
		return;
	}
	while ((entry = readdir(folder))) {
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			remove_entry(removal, fd, entry->d_name, depth);
	}
	closedir(folder);
}

/* Return: whether another pass can do more. */
static bool pass(struct removal *removal)
{
	int fd = open_folder(removal->top, ".");

	removal->removed = 0;
	removal->error = 0;
	if (fd < 0)
		note(removal, errno);
	else
		empty(removal, fd, 1);
	return removal->removed > 0;
}

static int fail(const char *path, int error, struct mc_failure *failure)
{
	if (failure)
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "cannot remove %s: %s", path,
			strerror(error));
	return -1;
}

int mc_tree_remove_open(int fd, int at, const char *path, struct mc_failure *failure)
{
	struct removal removal = {.top = fd};
	struct stat info;
	bool more = true;
	int passes, error = 0;

	if (fstat(fd, &info))
		return fail(path, errno, failure);
	removal.device = info.st_dev;
	for (passes = 0; more && passes < PASSES_MAX; passes++) {
		more = pass(&removal);
		/* Whatever has this name now, only an empty folder goes. */
		if (!unlinkat(at, path, AT_REMOVEDIR) || errno == ENOENT)
			return 0;
		error = errno;
	}
	return fail(path, removal.error ? removal.error : error, failure);
}

int mc_tree_remove(const char *path, struct mc_failure *failure)
{
	int fd = open_folder(AT_FDCWD, path), result;

	if (fd < 0)
		return errno == ENOENT ? 0 : fail(path, errno, failure);
	result = mc_tree_remove_open(fd, AT_FDCWD, path, failure);
	close(fd);
	return result;
}
