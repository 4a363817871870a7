// SPDX-License-Identifier: GPL-2.0
/*
 * work_folder.c - the folder that is /tmp for loads, and in it one that a load may write to
 *
 * It stands in a folder that others may own. They can put another one, or a link, in its place,
 * and nothing that root makes, gives away or removes may end up there.
 */
#include "load/work_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process/tree.h"

static int fail_load(const struct mc_work *work, struct mc_failure *failure)
{
	return mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s/" MC_WORK_LOAD ": %s", work->path,
		       strerror(errno));
}

/* Is it the one that we have just made? */
static bool is_new(int fd)
{
	struct stat info;

	errno = ENOTDIR;
	return !fstat(fd, &info) && info.st_uid == geteuid() && (info.st_mode & 07777) == 0700;
}

static int fail_scratch(const char *path, struct mc_failure *failure)
{
	return mc_fail(failure, MC_EXIT_ENVIRONMENT, "scratch folder %s: %s", path,
		       strerror(errno));
}

int mc_work_create(struct mc_work *work, const char *scratch, struct mc_failure *failure)
{
	char real[PATH_MAX];

	*work = (struct mc_work){.fd = -1};
	if (!realpath(scratch, real))
		return fail_scratch(scratch, failure);
	errno = ENAMETOOLONG;
	if (snprintf(work->path, sizeof(work->path), "%s/" MC_WORK_PREFIX "XXXXXX", real) >=
		    (int)sizeof(work->path) ||
	    !mkdtemp(work->path)) {
		work->path[0] = '\0';
		return fail_scratch(scratch, failure);
	}
	work->fd = open(work->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (work->fd >= 0 && is_new(work->fd) && !fchmod(work->fd, 0755))
		return 0;
	fail_scratch(work->path, failure);
	rmdir(work->path);
	if (work->fd >= 0)
		close(work->fd);
	*work = (struct mc_work){.fd = -1};
	return -1;
}

int mc_work_remove(struct mc_work *work, struct mc_failure *failure)
{
	int result;

	if (!work->path[0])
		return 0;
	result = mc_tree_remove_open(work->fd, AT_FDCWD, work->path, failure);
	close(work->fd);
	work->fd = -1;
	work->path[0] = '\0';
	return result;
}

int mc_work_add_load(const struct mc_work *work, uid_t user, struct mc_failure *failure)
{
	if (!mkdirat(work->fd, MC_WORK_LOAD, 0700) &&
	    (user == (uid_t)-1 ||
	     !fchownat(work->fd, MC_WORK_LOAD, user, user, AT_SYMLINK_NOFOLLOW)))
		return 0;
	return fail_load(work, failure);
}

int mc_work_remove_load(const struct mc_work *work, struct mc_failure *failure)
{
	int fd = openat(work->fd, MC_WORK_LOAD, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int result;

	if (fd < 0)
		return errno == ENOENT ? 0 : fail_load(work, failure);
	result = mc_tree_remove_open(fd, work->fd, MC_WORK_LOAD, failure);
	close(fd);
	return result ? mc_fail_prepend(failure, "%s", work->path) : 0;
}

FILE *mc_work_open(const struct mc_work *work, const char *name, off_t max)
{
	int folder = openat(work->fd, MC_WORK_LOAD, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat info;
	FILE *file = NULL;
	int fd;

	if (folder < 0)
		return NULL;
	fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	close(folder);
	if (fd < 0)
		return NULL;
	if (!fstat(fd, &info) && S_ISREG(info.st_mode) && info.st_size <= max)
		file = fdopen(fd, "r");
	if (!file)
		close(fd);
	return file;
}
