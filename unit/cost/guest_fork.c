// SPDX-License-Identifier: GPL-2.0
/*
 * guest_fork.c - the life of a process: fork, exit, wait
 *
 * Figures: fork_*, without the collector and with it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#define PROCESSES 200

static void live(void *unused)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		guest_fail("cannot fork and wait: %s", strerror(errno));
}

/* A process without an RMID would be a cheap one. */
static void measure(const char *how, bool collector)
{
	uint64_t granted = collector ? guest_status("rmid_granted") : 0;
	char name[64];

	snprintf(name, sizeof(name), "fork_%s", how);
	guest_figure(name, guest_cost(live, NULL, PROCESSES));
	if (collector && guest_status("rmid_granted") < granted + PROCESSES)
		guest_fail("of %d processes, %" PRIu64 " got an RMID", PROCESSES,
			   guest_status("rmid_granted") - granted);
}

void guest_measure_forks(void)
{
	guest_with_collectors(measure);
}
