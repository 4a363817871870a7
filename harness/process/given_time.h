/* SPDX-License-Identifier: GPL-2.0 */
/*
 * given_time.h - how much time the machine gave to a process
 *
 * A deadline is there to end what hangs. On a machine that is busy with other things a process
 * gets a part of the time only, so a deadline counts that part: what sleeps, or spins for ever,
 * on a quiet machine meets it at its time.
 */
#ifndef MEMORY_COLLECTOR_GIVEN_TIME_H
#define MEMORY_COLLECTOR_GIVEN_TIME_H

#include <stdint.h>
#include <sys/types.h>

/* A deadline is met after so many times its length in any case. */
#define MC_GIVEN_BUSY_MAX 10

/**
 * mc_given_time - what a process had of a time
 * @wall_ns: since it was started
 * @waited_ns: of it, for a CPU while it could have run; more than @wall_ns counts as all of it
 */
int64_t mc_given_time(int64_t wall_ns, int64_t waited_ns);

/*
 * How long a process has waited for a CPU since it was started: its first thread, and of the
 * others the one that waited most, since these two wait for each other as well (QEMU's main loop
 * and a guest's CPU). 0 where the kernel does not tell
 */
int64_t mc_given_waited(pid_t pid);

/* Of the text of a schedstat, for tests: -1 where it is none */
int64_t mc_parse_schedstat(const char *text);

#endif
