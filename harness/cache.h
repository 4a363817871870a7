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
 * Below XDG_CACHE_HOME, else HOME's .cache, as bootstrap has it. Nothing is made.
 *
 * Return: false where neither is set, or it does not fit.
 */
bool mc_cache_path(char *path, size_t size, const char *name);

/* The same for a file that shall be written: the folders above it are made. */
bool mc_cache_file(char *path, size_t size, const char *name);

#endif
