// SPDX-License-Identifier: GPL-2.0
/*
 * read.c - a result folder as a result again
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory_collector/result_io.h"

/* A file of a result folder; not a FIFO, for which one could wait for ever. */
static FILE *open_in(const char *dir, const char *name, char **path, struct mc_failure *failure)
{
	struct stat info;
	FILE *file = NULL;
	int fd;

	if (asprintf(path, "%s/%s", dir, name) < 0) {
		*path = NULL;
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s: out of memory", dir);
		return NULL;
	}
	fd = open(*path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0 && !fstat(fd, &info) && !S_ISREG(info.st_mode)) {
		mc_fail(failure, MC_EXIT_USAGE, "%s: not a file", *path);
		close(fd);
		return NULL;
	}
	if (fd >= 0)
		file = fdopen(fd, "r");
	if (!file)
		mc_fail(failure, MC_EXIT_USAGE, "%s: cannot open: %s", *path, strerror(errno));
	if (!file && fd >= 0)
		close(fd);
	return file;
}

static struct mc_result *read_summary(const char *dir, struct mc_failure *failure)
{
	struct mc_result *result = NULL;
	char *path;
	FILE *file = open_in(dir, "summary.json", &path, failure);

	if (file) {
		result = mc_result_read_json(file, path, failure);
		fclose(file);
	}
	free(path);
	return result;
}

static int check_csv(const struct mc_result *result, const char *dir, struct mc_failure *failure)
{
	char *path;
	FILE *file = open_in(dir, "summary.csv", &path, failure);
	int ret = -1;

	if (file) {
		ret = mc_result_check_csv(result, file, path, failure);
		fclose(file);
	}
	free(path);
	return ret;
}

struct mc_result *mc_result_read(const char *dir, struct mc_failure *failure)
{
	struct mc_result *result = read_summary(dir, failure);

	if (result && !check_csv(result, dir, failure))
		return result;
	mc_result_free(result);
	return NULL;
}
