// SPDX-License-Identifier: GPL-2.0
/*
 * log.c - a copy in the cache folder
 */
#include "vm/log.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cache.h"

#define NAME "last-failed-kernel.log"

static bool copy(FILE *from, FILE *to)
{
	char block[65536];
	size_t got;

	while ((got = fread(block, 1, sizeof(block), from)) > 0) {
		if (fwrite(block, 1, got, to) != got)
			return false;
	}
	return !ferror(from) && !fflush(to);
}

void mc_vm_log_keep(const char *log, struct mc_failure *failure)
{
	char path[PATH_MAX], temporary[PATH_MAX + 16];
	FILE *from, *to;
	size_t used = strlen(failure->text);
	bool done;

	if (!mc_cache_file(path, sizeof(path), NAME))
		return;
	snprintf(temporary, sizeof(temporary), "%s.%ld", path, (long)getpid());
	from = fopen(log, "re");
	/* In another user's cache, that user may have put a link there. */
	unlink(temporary);
	to = from ? fopen(temporary, "wxe") : NULL;
	done = to && copy(from, to);
	if (from)
		fclose(from);
	if (to && fclose(to))
		done = false;
	if (done && !rename(temporary, path))
		snprintf(failure->text + used, sizeof(failure->text) - used,
			 "; the kernel log is kept in %s", path);
	else if (to)
		unlink(temporary);
}
