// SPDX-License-Identifier: GPL-2.0
/*
 * paths.c - the build folder, or an installed tree
 */
#include "paths.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "config.h"

#define MODULE "sync_timer_benchmark_module.ko"

static char *join(const char *dir, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", dir, name) < 0 ? NULL : path;
}

/* Is @path below @dir, whose name may lead through symbolic links? */
static bool below(const char *path, const char *dir)
{
	char real[PATH_MAX];
	size_t length;

	if (!realpath(dir, real))
		return false;
	length = strlen(real);
	return !strncmp(path, real, length) && path[length] == '/';
}

static void in_build(struct mc_paths *paths)
{
	char build[PATH_MAX];

	paths->matrix = strdup(MC_SOURCE_DIR "/stress/default.ini");
	paths->scripts = strdup(MC_SOURCE_DIR "/results");
	paths->module = strdup(MC_BUILD_DIR "/module/" MODULE);
	if (realpath(MC_BUILD_DIR, build) && below(build, MC_SOURCE_DIR))
		paths->results = strdup(MC_SOURCE_DIR "/results");
	else
		paths->results = strdup("results");
}

/* @prefix: of PREFIX/bin/run-stress */
static void installed(struct mc_paths *paths, const char *prefix)
{
	char dir[PATH_MAX];
	struct utsname name;

	if (snprintf(dir, sizeof(dir), "%s/share/memory-collector", prefix) >= (int)sizeof(dir))
		return;
	paths->matrix = join(dir, "stress/default.ini");
	paths->scripts = join(dir, "results");
	uname(&name);
	snprintf(dir, sizeof(dir), "/lib/modules/%s/updates", name.release);
	paths->module = join(dir, MODULE);
	paths->results = strdup("results");
}

int mc_paths_find(struct mc_paths *paths, struct mc_failure *failure)
{
	char self[PATH_MAX];
	ssize_t length;
	int up;

	memset(paths, 0, sizeof(*paths));
	length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (length < 0)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "/proc/self/exe: %s; is /proc mounted?", strerror(errno));
	self[length] = '\0';
	paths->self = strdup(self);
	if (below(self, MC_BUILD_DIR)) {
		in_build(paths);
	} else {
		for (up = 0; up < 2 && strrchr(self, '/'); up++)
			*strrchr(self, '/') = '\0';
		installed(paths, self);
	}
	if (paths->self && paths->matrix && paths->scripts && paths->module && paths->results)
		return 0;
	mc_paths_free(paths);
	return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
}

void mc_paths_free(struct mc_paths *paths)
{
	free(paths->self);
	free(paths->matrix);
	free(paths->scripts);
	free(paths->module);
	free(paths->results);
	memset(paths, 0, sizeof(*paths));
}
