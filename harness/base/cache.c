// SPDX-License-Identifier: GPL-2.0
/*
 * cache.c - the user's folder for what can be fetched or made again
 */
#include "base/cache.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where sudo leaves HOME as it was, root would run what another user has put there. */
static bool is_ours(const char *folder)
{
	struct stat info;

	return geteuid() || stat(folder, &info) || !info.st_uid;
}

/* Services and cron start programs without HOME. */
static const char *home_folder(void)
{
	const char *home = getenv("HOME");
	const struct passwd *user;

	if (home && *home == '/' && is_ours(home))
		return home;
	user = getpwuid(geteuid());
	return user && *user->pw_dir == '/' ? user->pw_dir : NULL;
}

bool mc_cache_path(char *path, size_t size, const char *name)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home;
	int length;

	if (cache && *cache == '/') {
		length = snprintf(path, size, "%s/memory-collector/%s", cache, name);
	} else {
		home = home_folder();
		if (!home)
			return false;
		length = snprintf(path, size, "%s/.cache/memory-collector/%s", home, name);
	}
	return length > 0 && (size_t)length < size;
}

bool mc_cache_file(char *path, size_t size, const char *name)
{
	char *slash;

	if (!mc_cache_path(path, size, name))
		return false;
	for (slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	return true;
}
