// SPDX-License-Identifier: GPL-2.0
/*
 * crowd.c - see crowd.h
 */
#include "crowd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "watch.h"

/* Execs of one process, where nobody says how many */
#define CHAIN 20

/* Return: the exit code, -1 where there is none. */
static int code_of(pid_t pid)
{
	int status;
	pid_t got;

	do {
		got = waitpid(pid, &status, 0);
	} while (got < 0 && errno == EINTR);
	return got == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool ended_well(pid_t pid)
{
	return !code_of(pid);
}

bool crowd_start(struct crowd *crowd, int n, bool (*work)(int times), int times)
{
	for (crowd->n = 0; crowd->n < n; crowd->n++) {
		pid_t pid = fork();

		if (pid < 0)
			return false;
		if (!pid) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			_exit(!work(times));
		}
		crowd->pid[crowd->n] = pid;
	}
	return true;
}

bool crowd_wait(struct crowd *crowd)
{
	bool good = true;

	while (crowd->n > 0)
		good &= ended_well(crowd->pid[--crowd->n]);
	return good;
}

void crowd_kill(struct crowd *crowd)
{
	int i;

	for (i = 0; i < crowd->n; i++)
		kill(crowd->pid[i], SIGKILL);
	crowd_wait(crowd);
}

int crowd_run_code(const char *const *argv)
{
	pid_t pid = fork();

	if (!pid) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* Standard output is TAP. */
		dup2(null, STDOUT_FILENO);
		execv(argv[0], (char *const *)argv);
		_exit(127);
	}
	return pid > 0 ? code_of(pid) : -1;
}

bool crowd_run(const char *const *argv)
{
	return !crowd_run_code(argv);
}

/* By a small program: a fork costs in proportion to what there is to copy. */
bool crowd_forks(int times)
{
	char number[16];
	const char *const argv[] = {watch_alpha, "forks", number, NULL};

	snprintf(number, sizeof(number), "%d", times);
	return crowd_run(argv);
}

static bool repeat(const char *const *argv, int times)
{
	int i;

	for (i = 0; !times || i < times; i++) {
		if (!crowd_run(argv))
			return false;
	}
	return true;
}

bool crowd_chains(int times)
{
	char number[16];
	const char *const argv[] = {watch_alpha, "chain", number, watch_beta, "0", NULL};

	snprintf(number, sizeof(number), "%d", times ? times : CHAIN);
	return repeat(argv, times ? 1 : 0);
}

/* The leader is gone, and another thread has its id and goes on. */
bool crowd_execs_by_thread(int times)
{
	const char *const argv[] = {watch_alpha, "threads", times ? "64" : "8", watch_beta, NULL};

	return repeat(argv, times);
}

bool crowd_ends_together(int times)
{
	const char *const few[] = {watch_alpha, "together", "2", NULL};
	const char *const many[] = {watch_alpha, "together", "16", NULL};
	int i;

	for (i = 0; !times || i < times; i++) {
		if (!crowd_run(i % 2 ? many : few))
			return false;
	}
	return true;
}

/* ---- CPUs ---- */

static void last_cpu_path(char *path, size_t size)
{
	snprintf(path, size, "/sys/devices/system/cpu/cpu%ld/online",
		 sysconf(_SC_NPROCESSORS_CONF) - 1);
}

static bool set_online(bool online)
{
	char path[64];
	ssize_t put;
	int fd;

	last_cpu_path(path, sizeof(path));
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	put = write(fd, online ? "1" : "0", 1);
	close(fd);
	return put == 1;
}

bool crowd_can_hotplug(void)
{
	char path[64];

	last_cpu_path(path, sizeof(path));
	return sysconf(_SC_NPROCESSORS_CONF) > 1 && !access(path, W_OK);
}

bool crowd_hotplug_once(int pause_ms)
{
	if (!set_online(false))
		return false;
	watch_sleep_ms(pause_ms);
	if (!set_online(true))
		return false;
	watch_sleep_ms(pause_ms);
	return true;
}

bool crowd_hotplug(int pause_ms)
{
	while (crowd_hotplug_once(pause_ms))
		;
	return false;
}

void crowd_all_online(void)
{
	/* Refused where it is on line already. */
	set_online(true);
}
