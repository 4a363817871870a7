// SPDX-License-Identifier: GPL-2.0
/*
 * cache.c - the user's folder for what can be fetched or made again
 */
#include "cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool mc_cache_path(char *path, size_t size, const char *name)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	int length;

	if (cache && *cache == '/')
		length = snprintf(path, size, "%s/memory-collector/%s", cache, name);
	else if (home && *home)
		length = snprintf(path, size, "%s/.cache/memory-collector/%s", home, name);
	else
		return false;
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
