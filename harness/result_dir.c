// SPDX-License-Identifier: GPL-2.0
/*
 * result_dir.c - a result folder from its temporary name to its final one
 *
 * The temporary folder itself is locked with flock() by its writer: the kernel
 * drops the lock when the writer dies, however it dies, and a later run that gets
 * it knows that the folder is nobody's.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "memory_collector/result_io.h"
#include "tree.h"

#define TEMPORARY_PREFIX ".run-"
#define NAMES_MAX 1000

static int make_folders(const char *path, mode_t mode)
{
	char *copy = strdup(path);
	int ret = 0;

	if (!copy)
		return -1;
	for (char *slash = copy + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(copy, mode) && errno != EEXIST)
			ret = -1;
		*slash = '/';
	}
	if (mkdir(copy, mode) && errno != EEXIST)
		ret = -1;
	free(copy);
	return ret;
}

/* Opens and locks a folder; -1 where it is not there (any more) or its writer lives. */
static int lock_folder(const char *path)
{
	struct stat by_path, by_fd;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return -1;
	/* Between open and lock a later run may have taken it for a dead writer's. */
	if (!flock(fd, LOCK_EX | LOCK_NB) && !stat(path, &by_path) && !fstat(fd, &by_fd) &&
	    by_path.st_ino == by_fd.st_ino && by_path.st_dev == by_fd.st_dev)
		return fd;
	close(fd);
	return -1;
}

static void remove_if_dead(const char *parent, const char *name, void (*note)(const char *line))
{
	char path[4096], line[4200];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", parent, name);
	fd = lock_folder(path);
	if (fd < 0)
		return;
	if (!mc_tree_remove(path, NULL) && note) {
		snprintf(line, sizeof(line), "removed %s, which an interrupted run left behind",
			 path);
		note(line);
	}
	close(fd);
}

static void remove_dead(const char *parent, void (*note)(const char *line))
{
	DIR *dir = opendir(parent);
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (!strncmp(entry->d_name, TEMPORARY_PREFIX, strlen(TEMPORARY_PREFIX)))
			remove_if_dead(parent, entry->d_name, note);
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

/* A name that nobody has had, made and locked; another run may be doing the same. */
static int make_temporary(struct mc_result_dir *dir)
{
	for (int i = 0; i < NAMES_MAX; i++) {
		free(dir->temporary);
		if (asprintf(&dir->temporary, "%s/" TEMPORARY_PREFIX "%ld-%d", dir->parent,
			     (long)getpid(), i) < 0) {
			dir->temporary = NULL;
			return -1;
		}
		if (mkdir(dir->temporary, 0755)) {
			if (errno == EEXIST)
				continue;
			return -1;
		}
		dir->lock_fd = lock_folder(dir->temporary);
		if (dir->lock_fd >= 0)
			return 0;
	}
	return -1;
}

int mc_result_dir_create(struct mc_result_dir *dir, const char *parent, const char *kernel,
			 void (*note)(const char *line), struct mc_failure *failure)
{
	int error;

	*dir = (struct mc_result_dir){.lock_fd = -1};
	dir->parent = strdup(parent);
	if (!dir->parent || make_folders(parent, 0755))
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
	if (!renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE))
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (!access(to, F_OK)) {
		errno = EEXIST;
		return -1;
	}
	return rename(from, to);
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

int mc_result_dir_commit(struct mc_result_dir *dir, struct mc_failure *failure)
{
	if (fsync(dir->lock_fd) || rename_to_free_name(dir))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "cannot give %s its final name %s: %s",
			       dir->temporary, dir->final, strerror(errno));
	free(dir->temporary);
	dir->temporary = NULL;
	return 0;
}

void mc_result_dir_end(struct mc_result_dir *dir)
{
	if (dir->temporary)
		mc_tree_remove(dir->temporary, NULL);
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
	char path[4096], *slash;
	FILE *file = NULL;

	errno = EINVAL;
	if (is_below(name)) {
		snprintf(path, sizeof(path), "%s/%s", dir->temporary, name);
		slash = strrchr(path, '/');
		*slash = '\0';
		if (!make_folders(path, 0755)) {
			*slash = '/';
			file = fopen(path, "wxe");
		}
	}
	if (!file)
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "cannot create %s in %s: %s", name,
			dir->temporary, strerror(errno));
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
