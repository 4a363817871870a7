// SPDX-License-Identifier: GPL-2.0
/*
 * tree.c - removal of folders
 */
#include "tree.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *ftw)
{
	/* What cannot be removed shows in the end: its folder cannot be, either. */
	remove(path);
	return 0;
}

int mc_tree_remove(const char *path, struct mc_failure *failure)
{
	nftw(path, remove_one, 32, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	if (!rmdir(path) || errno == ENOENT)
		return 0;
	if (failure)
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "cannot remove %s: %s", path,
			strerror(errno));
	return -1;
}
