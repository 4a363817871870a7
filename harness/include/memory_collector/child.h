/* SPDX-License-Identifier: GPL-2.0 */
/*
 * child.h - other programs, each in a group of its own and with a deadline
 *
 * No shell: a child is an argument vector. A child dies with its parent
 * (PR_SET_PDEATHSIG on a supervisor that kills the whole group), also when the
 * parent is killed with SIGKILL.
 */
#ifndef MEMORY_COLLECTOR_CHILD_H
#define MEMORY_COLLECTOR_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "memory_collector/failure.h"

/**
 * struct mc_child_config - how to start a child
 * @argv: program and arguments, NULL at the end; searched in PATH
 * @env: NULL: the parent's environment
 * @cwd: NULL: the parent's folder
 * @tmp: folder that is /tmp for the program and all it starts, also as seen by @cwd;
 *	needs root; NULL: the parent's
 * @stdin_fd: -1: /dev/null
 * @stdout_fd: -1: /dev/null
 * @stderr_fd: -1: /dev/null
 * @keep_fds: descriptors that the child inherits under their own numbers, -1 at
 *	the end; NULL: none
 * @user: run as this uid and gid, without supplementary groups; (uid_t)-1: as we are
 * @slice_ns: how long the scheduler shall let each of its threads run at a stretch while
 *	others wait, 100 us to 100 ms; 0: as it does by itself. A wish: kernels before 6.12
 *	do not know it, and where it is refused the program runs without
 */
struct mc_child_config {
	const char *const *argv;
	char *const *env;
	const char *cwd, *tmp;
	int stdin_fd, stdout_fd, stderr_fd;
	const int *keep_fds;
	uid_t user;
	uint64_t slice_ns;
};

/**
 * struct mc_child - a started child
 * @pid: the supervisor, a child of ours; -1 once it has been reaped
 * @group: process group of the program and all it starts
 * @pidfd: becomes readable when the program has ended
 */
struct mc_child {
	pid_t pid, group;
	int pidfd;
};

struct mc_child_end {
	bool exited; /* else killed by a signal */
	int code; /* exit code, or the signal's number */
};

/* Is a process below another one? Not where it is that one itself, or is gone. */
bool mc_process_descends(pid_t pid, pid_t top);

/*
 * Start a child. It also ends when the calling thread does, so that must be one that
 * lives as long as the child shall.
 */
int mc_child_start(struct mc_child *child, const struct mc_child_config *config,
		   struct mc_failure *failure);

/**
 * mc_child_wait - wait for the end of a child
 * @child: child
 * @deadline_ns: on CLOCK_MONOTONIC
 * @end: set when it has ended; may be NULL
 *
 * Return: 1 when it has ended and nothing of its group is left, 0 when the
 * deadline passed or mc_stop_requested() became true first.
 */
int mc_child_wait(struct mc_child *child, int64_t deadline_ns, struct mc_child_end *end);

/**
 * mc_child_stop - end a child and its group
 * @child: child; may have ended already
 * @signal: sent first; SIGKILL follows
 * @grace_ns: how long after it
 * @end: as for mc_child_wait()
 *
 * Nothing of the group is left afterwards.
 */
void mc_child_stop(struct mc_child *child, int signal, int64_t grace_ns, struct mc_child_end *end);

/**
 * mc_child_output - run a short program to its end and take what it prints
 * @argv: as in &struct mc_child_config
 * @timeout_ns: deadline from now
 * @out: filled, always terminated, truncated at @size
 * @size: of @out
 * @failure: filled where it could not be started, exited non-zero, or took too long
 */
int mc_child_output(const char *const *argv, int64_t timeout_ns, char *out, size_t size,
		    struct mc_failure *failure);

/* CLOCK_MONOTONIC in ns */
int64_t mc_now_ns(void);

/*
 * SIGINT, SIGTERM and SIGHUP only set a flag (and make a descriptor readable,
 * for poll()): every wait of the harness ends early on it, and everything is
 * undone on the ordinary way out.
 */
int mc_stop_install(struct mc_failure *failure);
bool mc_stop_requested(void);
int mc_stop_signal(void); /* the signal's number, or 0 */
/* If there was one, end by it, so that who started the program sees that it did. */
void mc_stop_end(void);
int mc_stop_fd(void);

/* Sleep until a time on CLOCK_MONOTONIC. Return: 0, or -1 when asked to stop. */
int mc_sleep_until(int64_t deadline_ns);

#endif
