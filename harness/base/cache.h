/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cache.h - the user's folder for what can be fetched or made again
 */
#ifndef MEMORY_COLLECTOR_CACHE_H
#define MEMORY_COLLECTOR_CACHE_H

#include <stdbool.h>
#include <stddef.h>

/**
 * mc_cache_path - the path of something in it
 * @path: set
 * @size: of @path
 * @name: below the folder
 *
 * Below XDG_CACHE_HOME, else the home folder's .cache. That is HOME, unless it is not set, or we
 * are root and it is another user's: then it is the one that the user database has. The rule is
 * that of harness/fetch/cache-dir.sh, too. Nothing is made.
 *
 * Return: false where there is no home folder, or it does not fit.
 */
bool mc_cache_path(char *path, size_t size, const char *name);

/* The same for a file that shall be written: the folders above it are made. */
bool mc_cache_file(char *path, size_t size, const char *name);

#endif
