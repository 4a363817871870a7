/* SPDX-License-Identifier: GPL-2.0 */
/*
 * file_text.h - small files as text: what the kernel says in /proc, /sys and debugfs
 */
#ifndef MEMORY_COLLECTOR_FILE_TEXT_H
#define MEMORY_COLLECTOR_FILE_TEXT_H

#include <stddef.h>
#include <sys/types.h>

/**
 * mc_file_text_at - read a file from its beginning
 * @folder: descriptor that a relative @path belongs to; AT_FDCWD
 * @path: file
 * @text: set to what it says, up to @size - 1 bytes of it; empty where it cannot be read
 * @size: of @text
 *
 * Return: the length of @text; -1: it cannot be read, and errno says why.
 */
ssize_t mc_file_text_at(int folder, const char *path, char *text, size_t size);

/* The same with a path of this process */
ssize_t mc_file_text(const char *path, char *text, size_t size);

/* The same, and only its first line */
ssize_t mc_file_line(const char *path, char *text, size_t size);

#endif
