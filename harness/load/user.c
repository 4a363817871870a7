// SPDX-License-Identifier: GPL-2.0
/*
 * user.c - the unprivileged user that root runs loads as
 */
#include "load/user.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file_text.h"

int mc_parse_process_users(const char *status, unsigned int ids[8])
{
	/* A name may hold anything but the end of a line. */
	const char *users = strstr(status, "\nUid:\t"), *groups = strstr(status, "\nGid:\t");

	if (!users || !groups ||
	    sscanf(users, "\nUid:\t%u\t%u\t%u\t%u\n", &ids[0], &ids[1], &ids[2], &ids[3]) != 4 ||
	    sscanf(groups, "\nGid:\t%u\t%u\t%u\t%u\n", &ids[4], &ids[5], &ids[6], &ids[7]) != 4)
		return -1;
	return 0;
}

/* Return: 0, also where the process has ended meanwhile; -1: it cannot be read. */
static int read_users(int proc, const char *pid, unsigned int ids[8])
{
	char path[64], status[1024];

	memset(ids, 0, 8 * sizeof(*ids));
	snprintf(path, sizeof(path), "%.16s/status", pid);
	if (mc_file_text_at(proc, path, status, sizeof(status)) < 0)
		return errno == ENOENT || errno == ESRCH ? 0 : -1;
	errno = EBADMSG;
	return mc_parse_process_users(status, ids);
}

/* Which of the users, and of the groups of these numbers, have processes? */
static int mark_used(uid_t first, unsigned int n, bool *used)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	int result = proc ? 0 : -1;

	while (!result && (entry = readdir(proc))) {
		unsigned int ids[8], i;

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		result = read_users(dirfd(proc), entry->d_name, ids);
		for (i = 0; i < 8; i++) {
			if (ids[i] - first < n)
				used[ids[i] - first] = true;
		}
	}
	if (proc)
		closedir(proc);
	return result;
}

int mc_load_user(uid_t first, unsigned int n, uid_t *user, struct mc_failure *failure)
{
	bool used[MC_LOAD_USERS] = {false};
	unsigned int i;

	*user = (uid_t)-1;
	if (geteuid())
		return 0;
	if (mark_used(first, n, used))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "cannot tell from /proc which users have processes: %s",
			       strerror(errno));
	for (i = 0; i < n; i++) {
		if (used[i] || getpwuid(first + i) || getgrgid(first + i))
			continue;
		*user = first + i;
		return 0;
	}
	return mc_fail(failure, MC_EXIT_ENVIRONMENT,
		       "no user is left to run a load as: each of %u to %u has a process or a name",
		       first, first + n - 1);
}
