// SPDX-License-Identifier: GPL-2.0
/*
 * given_time.c - how much time the machine gave to a process
 */
#include "process/given_time.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file_text.h"

int64_t mc_given_time(int64_t wall_ns, int64_t waited_ns)
{
	int64_t given_ns = wall_ns - waited_ns, least_ns = wall_ns / MC_GIVEN_BUSY_MAX;

	if (waited_ns < 0)
		return wall_ns;
	return given_ns > least_ns ? given_ns : least_ns;
}

/* "RUN WAITED SLICES", in ns: Documentation/scheduler/sched-stats.rst of the kernel */
int64_t mc_parse_schedstat(const char *text)
{
	int64_t waited_ns;

	return sscanf(text, "%*u %" SCNd64 " %*u", &waited_ns) == 1 && waited_ns >= 0 ? waited_ns
										      : -1;
}

static int64_t waited_of(pid_t pid, const char *thread)
{
	char path[64], text[128];

	snprintf(path, sizeof(path), "/proc/%d/task/%.16s/schedstat", pid, thread);
	mc_file_text(path, text, sizeof(text));
	return mc_parse_schedstat(text);
}

int64_t mc_given_waited(pid_t pid)
{
	int64_t first_ns = 0, most_ns = 0;
	const struct dirent *entry;
	char path[64];
	DIR *threads;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	threads = opendir(path);
	while (threads && (entry = readdir(threads))) {
		int64_t waited_ns;

		/* What is above the folder has a schedstat, too: the first thread's. */
		if (*entry->d_name == '.')
			continue;
		waited_ns = waited_of(pid, entry->d_name);
		if (waited_ns > 0 && atoi(entry->d_name) == pid)
			first_ns = waited_ns;
		else if (waited_ns > most_ns)
			most_ns = waited_ns;
	}
	if (threads)
		closedir(threads);
	return first_ns + most_ns;
}
