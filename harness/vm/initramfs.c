// SPDX-License-Identifier: GPL-2.0
/*
 * initramfs.c - cpio archives through libarchive
 */
#include "vm/initramfs.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDERS_MAX 256

struct mc_initramfs {
	struct archive *archive;
	char *path;
	/* The kernel makes no folders by itself; each is written once */
	char *folders[FOLDERS_MAX];
	size_t n_folders;
};

static int fail_write(const struct mc_initramfs *initramfs, struct mc_failure *failure)
{
	int error = archive_errno(initramfs->archive);

	return mc_fail(failure, MC_EXIT_ENVIRONMENT, "writing %s: %s%s", initramfs->path,
		       error > 0 ? strerror(error) : archive_error_string(initramfs->archive),
		       error == ENOSPC ? "; make room, or set TMPDIR to a folder with more" : "");
}

struct mc_initramfs *mc_initramfs_new(const char *path, struct mc_failure *failure)
{
	struct mc_initramfs *initramfs = calloc(1, sizeof(*initramfs));

	if (initramfs) {
		initramfs->path = strdup(path);
		initramfs->archive = archive_write_new();
	}
	if (!initramfs || !initramfs->path || !initramfs->archive) {
		mc_initramfs_close(initramfs, NULL);
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
		return NULL;
	}
	if (archive_write_set_format_cpio_newc(initramfs->archive) ||
	    archive_write_open_filename(initramfs->archive, path)) {
		fail_write(initramfs, failure);
		mc_initramfs_close(initramfs, NULL);
		return NULL;
	}
	return initramfs;
}

/* Names have no leading slash in an archive. */
static int put_header(struct mc_initramfs *initramfs, const char *name, unsigned int type,
		      unsigned int mode, int64_t size, struct mc_failure *failure)
{
	struct archive_entry *entry = archive_entry_new();
	int result;

	if (!entry)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
	archive_entry_set_pathname(entry, name + 1);
	archive_entry_set_filetype(entry, type);
	archive_entry_set_perm(entry, mode);
	archive_entry_set_nlink(entry, 1);
	archive_entry_set_size(entry, size);
	result = archive_write_header(initramfs->archive, entry);
	archive_entry_free(entry);
	return result == ARCHIVE_OK ? 0 : fail_write(initramfs, failure);
}

static int put_data(struct mc_initramfs *initramfs, const void *data, size_t size,
		    struct mc_failure *failure)
{
	return archive_write_data(initramfs->archive, data, size) == (la_ssize_t)size
		       ? 0
		       : fail_write(initramfs, failure);
}

int mc_initramfs_folder(struct mc_initramfs *initramfs, const char *name, unsigned int mode,
			struct mc_failure *failure)
{
	char above[PATH_MAX], *slash;
	size_t i;

	for (i = 0; i < initramfs->n_folders; i++) {
		if (!strcmp(initramfs->folders[i], name))
			return 0;
	}
	if (*name != '/' || strlen(name) >= sizeof(above) || i == FOLDERS_MAX)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "cannot put folder %s into %s", name,
			       initramfs->path);
	strcpy(above, name);
	slash = strrchr(above, '/');
	*slash = '\0';
	if (*above && mc_initramfs_folder(initramfs, above, 0755, failure))
		return -1;
	initramfs->folders[initramfs->n_folders] = strdup(name);
	if (!initramfs->folders[initramfs->n_folders])
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
	initramfs->n_folders++;
	return put_header(initramfs, name, AE_IFDIR, mode, 0, failure);
}

static int put_folder_of(struct mc_initramfs *initramfs, const char *name,
			 struct mc_failure *failure)
{
	char above[PATH_MAX];
	const char *slash = strrchr(name, '/');

	if (!slash || slash - name >= (ptrdiff_t)sizeof(above))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "cannot put %s into %s", name,
			       initramfs->path);
	if (slash == name)
		return 0;
	memcpy(above, name, slash - name);
	above[slash - name] = '\0';
	return mc_initramfs_folder(initramfs, above, 0755, failure);
}

int mc_initramfs_data(struct mc_initramfs *initramfs, const char *name, unsigned int mode,
		      const void *data, size_t size, struct mc_failure *failure)
{
	if (put_folder_of(initramfs, name, failure) ||
	    put_header(initramfs, name, AE_IFREG, mode, size, failure))
		return -1;
	return put_data(initramfs, data, size, failure);
}

/* Exactly as many bytes as the header says, else all that follows would be misread. */
static int copy_bytes(struct mc_initramfs *initramfs, int fd, const char *from, int64_t left,
		      struct mc_failure *failure)
{
	char block[65536];

	while (left > 0) {
		size_t most = left < (int64_t)sizeof(block) ? (size_t)left : sizeof(block);
		ssize_t got = read(fd, block, most);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s: %s", from,
				       got ? strerror(errno) : "became shorter while it was read");
		if (put_data(initramfs, block, got, failure))
			return -1;
		left -= got;
	}
	return 0;
}

int mc_initramfs_file(struct mc_initramfs *initramfs, const char *name, unsigned int mode,
		      const char *from, struct mc_failure *failure)
{
	int fd = open(from, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat info;
	int result;

	if (fd < 0)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s: %s", from, strerror(errno));
	if (fstat(fd, &info) || !S_ISREG(info.st_mode) || info.st_size > UINT32_MAX)
		result = mc_fail(failure, MC_EXIT_ENVIRONMENT,
				 "%s: not a regular file of at most 4 GiB", from);
	else if (put_folder_of(initramfs, name, failure) ||
		 put_header(initramfs, name, AE_IFREG, mode, info.st_size, failure))
		result = -1;
	else
		result = copy_bytes(initramfs, fd, from, info.st_size, failure);
	close(fd);
	return result;
}

int mc_initramfs_close(struct mc_initramfs *initramfs, struct mc_failure *failure)
{
	int result = 0;
	size_t i;

	if (!initramfs)
		return 0;
	if (failure && archive_write_close(initramfs->archive) != ARCHIVE_OK)
		result = fail_write(initramfs, failure);
	archive_write_free(initramfs->archive);
	for (i = 0; i < initramfs->n_folders; i++)
		free(initramfs->folders[i]);
	free(initramfs->path);
	free(initramfs);
	return result;
}
