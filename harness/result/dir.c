// SPDX-License-Identifier: GPL-2.0
/*
 * dir.c - a result folder from its temporary name to its final one
 *
 * The temporary folder itself is locked with flock() by its writer: the kernel
 * drops the lock when the writer dies, however it dies, and a later run that gets
 * it knows that the folder is nobody's.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "memory_collector/result_io.h"
#include "process/tree.h"

/* Then the writer's pid and a number. The results may stand among the user's own folders. */
#define TEMPORARY_PREFIX ".memory-collector-run-"
#define NAMES_MAX 1000

/* A folder and those above it; errno tells why the first one could not be made. */
static int make_folders(const char *path)
{
	char *copy = strdup(path), *slash = copy;
	int ret = copy ? 0 : -1;

	while (!ret && slash) {
		slash = *slash ? strchr(slash + 1, '/') : NULL;
		if (slash)
			*slash = '\0';
		ret = mkdir(copy, 0755) && errno != EEXIST ? -1 : 0;
		if (slash)
			*slash = '/';
	}
	free(copy);
	return ret;
}

static int open_folder(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Whether the path still leads to what is open, which others may have removed, and is ours */
static bool is_own(int fd, const char *path)
{
	struct stat by_path, by_fd;

	return !lstat(path, &by_path) && !fstat(fd, &by_fd) && by_path.st_ino == by_fd.st_ino &&
	       by_path.st_dev == by_fd.st_dev && by_fd.st_uid == geteuid();
}

static bool is_temporary(const char *name)
{
	static const char digits[] = "0123456789";
	size_t length = strlen(TEMPORARY_PREFIX), pid;

	if (strncmp(name, TEMPORARY_PREFIX, length))
		return false;
	name += length;
	pid = strspn(name, digits);
	return pid && name[pid] == '-' && name[pid + 1] &&
	       !name[pid + 1 + strspn(name + pid + 1, digits)];
}

/* A folder whose lock can be had has no living writer: remove it. */
static void remove_if_dead(const char *path, void (*note)(const char *line))
{
	struct mc_failure failure;
	char *line = NULL;
	int fd = open_folder(path), ret;

	if (fd < 0)
		return;
	if (!flock(fd, LOCK_EX | LOCK_NB) && is_own(fd, path)) {
		ret = mc_tree_remove_open(fd, AT_FDCWD, path, &failure)
			      ? asprintf(&line, "an interrupted run left something behind: %s",
					 failure.text)
			      : asprintf(&line, "removed %s, which an interrupted run left behind",
					 path);
		if (ret >= 0 && note)
			note(line);
		if (ret >= 0)
			free(line);
	}
	close(fd);
}

static void remove_dead(const char *parent, void (*note)(const char *line))
{
	DIR *dir = opendir(parent);
	struct dirent *entry;
	char *path;

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		if (!is_temporary(entry->d_name) ||
		    asprintf(&path, "%s/%s", parent, entry->d_name) < 0)
			continue;
		remove_if_dead(path, note);
		free(path);
	}
	closedir(dir);
}

/* <parent>/<UTC time>-<kernel>; the kernel's name may come from a module file. */
static char *final_name(const char *parent, const char *kernel)
{
	char when[32], *name, *at;
	time_t now = time(NULL);
	struct tm utc;

	strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", gmtime_r(&now, &utc));
	if (asprintf(&name, "%s/%s-%.64s", parent, when, kernel) < 0)
		return NULL;
	for (at = name + strlen(parent) + 1; *at; at++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+~-",
			    *at))
			*at = '_';
	return name;
}

/*
 * Locks the folder just made; ENOENT where another run has taken it for a dead
 * writer's before. Where the file system has no locks (NFS has none for folders),
 * nobody can take it for that, and none is needed.
 */
static int lock_own(const char *path)
{
	int fd = open_folder(path);

	if (fd < 0)
		return -1;
	if ((!flock(fd, LOCK_EX | LOCK_NB) || errno != EWOULDBLOCK) && is_own(fd, path))
		return fd;
	close(fd);
	errno = ENOENT;
	return -1;
}

/* A name that nobody has, made and locked; another run may be doing the same. */
static int make_temporary(struct mc_result_dir *dir)
{
	int error;

	for (int i = 0; i < NAMES_MAX; i++) {
		free(dir->temporary);
		if (asprintf(&dir->temporary, "%s/" TEMPORARY_PREFIX "%ld-%d", dir->parent,
			     (long)getpid(), i) < 0) {
			dir->temporary = NULL;
			return -1;
		}
		if (!mkdir(dir->temporary, 0755)) {
			dir->lock_fd = lock_own(dir->temporary);
			if (dir->lock_fd >= 0)
				return 0;
			if (errno != ENOENT) {
				error = errno;
				rmdir(dir->temporary);
				errno = error;
				return -1;
			}
		} else if (errno != EEXIST) {
			return -1;
		}
	}
	return -1;
}

int mc_result_dir_create(struct mc_result_dir *dir, const char *parent, const char *kernel,
			 void (*note)(const char *line), struct mc_failure *failure)
{
	int error;

	*dir = (struct mc_result_dir){.lock_fd = -1};
	dir->parent = strdup(parent);
	if (!dir->parent || make_folders(parent))
		goto err;
	remove_dead(parent, note);
	dir->final = final_name(parent, kernel);
	if (!dir->final || make_temporary(dir))
		goto err;
	return 0;

err:
	error = errno;
	/* Where the temporary folder could not be made, there is none to remove. */
	free(dir->temporary);
	dir->temporary = NULL;
	mc_result_dir_end(dir);
	return mc_fail(
		failure, MC_EXIT_ENVIRONMENT,
		"cannot write into the results folder %s: %s; choose another with --results DIR",
		parent, strerror(error));
}

/* Never onto what is there: an empty folder, too, would be replaced by rename(). */
static int rename_new(const char *from, const char *to)
{
	int error;

	if (!renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE))
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	/* This file system cannot: an empty folder of our own keeps the name for us. */
	if (mkdir(to, 0755))
		return -1;
	if (!rename(from, to))
		return 0;
	error = errno;
	rmdir(to);
	errno = error;
	return -1;
}

static int rename_to_free_name(struct mc_result_dir *dir)
{
	char *name;
	int ret = rename_new(dir->temporary, dir->final);

	for (int i = 2; ret && errno == EEXIST && i < NAMES_MAX; i++) {
		if (asprintf(&name, "%s-%d", dir->final, i) < 0)
			return -1;
		ret = rename_new(dir->temporary, name);
		if (ret) {
			free(name);
			continue;
		}
		free(dir->final);
		dir->final = name;
	}
	return ret;
}

/* One file or folder to the disk; some have nothing that could be, or cannot be opened. */
static int flush_one(const char *path, const struct stat *info, int type, struct FTW *ftw)
{
	int fd, ret;

	if (type != FTW_F && type != FTW_DP)
		return 0;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ret = fsync(fd) && errno != EINVAL ? -1 : 0;
	close(fd);
	return ret;
}

/* Files that others wrote (the plots) have not been flushed by mc_result_file_close(). */
static int flush_tree(const char *path)
{
	return nftw(path, flush_one, 16, FTW_DEPTH | FTW_PHYS);
}

int mc_result_dir_commit(struct mc_result_dir *dir, struct mc_failure *failure)
{
	int fd;

	if (flush_tree(dir->temporary) || rename_to_free_name(dir))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "cannot give %s its final name %s: %s",
			       dir->temporary, dir->final, strerror(errno));
	free(dir->temporary);
	dir->temporary = NULL;
	/* The name itself; it stands whether or not it is on the disk yet. */
	fd = open(dir->parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	return 0;
}

void mc_result_dir_end(struct mc_result_dir *dir)
{
	if (dir->temporary)
		mc_tree_remove_open(dir->lock_fd, AT_FDCWD, dir->temporary, NULL);
	if (dir->lock_fd >= 0)
		close(dir->lock_fd);
	free(dir->parent);
	free(dir->temporary);
	free(dir->final);
	*dir = (struct mc_result_dir){.lock_fd = -1};
}

static bool is_below(const char *name)
{
	return *name && *name != '/' && strcmp(name, "..") && strncmp(name, "../", 3) &&
	       !strstr(name, "/../") &&
	       (strlen(name) < 3 || strcmp(name + strlen(name) - 3, "/.."));
}

FILE *mc_result_dir_open(const struct mc_result_dir *dir, const char *name,
			 struct mc_failure *failure)
{
	char *path, *slash;
	FILE *file = NULL;

	if (!is_below(name)) {
		mc_fail(failure, MC_EXIT_ENVIRONMENT,
			"cannot create '%s': it would not be in the results folder", name);
		return NULL;
	}
	if (asprintf(&path, "%s/%s", dir->temporary, name) < 0) {
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "cannot create %s: out of memory", name);
		return NULL;
	}
	slash = strrchr(path, '/');
	*slash = '\0';
	if (!make_folders(path)) {
		*slash = '/';
		file = fopen(path, "wxe");
	}
	if (!file)
		mc_fail(failure, MC_EXIT_ENVIRONMENT,
			"cannot create %s in %s: %s; free some space or choose another folder "
			"with --results DIR",
			name, dir->temporary, strerror(errno));
	free(path);
	return file;
}

int mc_result_file_close(FILE *file, const char *name, struct mc_failure *failure)
{
	int error = 0;

	if (fflush(file))
		error = errno;
	else if (ferror(file))
		error = EIO;
	/* A pipe or /dev/stdout cannot be synced, which is no loss. */
	else if (fsync(fileno(file)) && errno != EINVAL && errno != EROFS)
		error = errno;
	if (fclose(file) && !error)
		error = errno;
	if (!error)
		return 0;
	return mc_fail(
		failure, MC_EXIT_ENVIRONMENT,
		"cannot write %s: %s; free some space or choose another folder with --results DIR",
		name, strerror(error));
}
