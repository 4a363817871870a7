// SPDX-License-Identifier: GPL-2.0
/*
 * file_text.c - small files as text
 */
#include "base/file_text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* A seq_file comes in pieces. */
ssize_t mc_file_text_at(int folder, const char *path, char *text, size_t size)
{
	int fd = openat(folder, path, O_RDONLY | O_CLOEXEC), error;
	size_t used = 0;
	ssize_t got;

	text[0] = '\0';
	if (fd < 0)
		return -1;
	do {
		got = read(fd, text + used, size - 1 - used);
		used += got > 0 ? got : 0;
	} while (got > 0 || (got < 0 && errno == EINTR));
	error = errno;
	close(fd);
	errno = error;
	text[got < 0 ? 0 : used] = '\0';
	return got < 0 ? -1 : (ssize_t)used;
}

ssize_t mc_file_text(const char *path, char *text, size_t size)
{
	return mc_file_text_at(AT_FDCWD, path, text, size);
}

ssize_t mc_file_line(const char *path, char *text, size_t size)
{
	ssize_t length = mc_file_text(path, text, size);

	text[strcspn(text, "\n")] = '\0';
	return length < 0 ? -1 : (ssize_t)strlen(text);
}
