/* SPDX-License-Identifier: GPL-2.0 */
/*
 * crowd.h - many processes at a time, and a CPU that goes off and on meanwhile
 */
#ifndef MEMORY_COLLECTOR_UNIT_CROWD_H
#define MEMORY_COLLECTOR_UNIT_CROWD_H

#include <stdbool.h>
#include <sys/types.h>

#define CROWD_MAX 64

/**
 * struct crowd - processes that do the same
 * @n: how many
 * @pid: they
 */
struct crowd {
	int n;
	pid_t pid[CROWD_MAX];
};

/**
 * crowd_start - start them
 * @crowd: set
 * @n: how many
 * @work: what each does; true: it went well
 * @times: argument of @work
 */
bool crowd_start(struct crowd *crowd, int n, bool (*work)(int times), int times);

/* Wait for all. Return: whether all have exited, and went well. */
bool crowd_wait(struct crowd *crowd);

/* Kill all, and wait. */
void crowd_kill(struct crowd *crowd);

/* Start a program and wait for it. Return: its exit code, -1 where it has none. */
int crowd_run_code(const char *const *argv);

/* Likewise. Return: it exited with 0. */
bool crowd_run(const char *const *argv);

/* For crowd_start(), each @times over, 0: until killed. Fork, exit, wait */
bool crowd_forks(int times);
/* One process calls exec again and again */
bool crowd_chains(int times);
/* One of 64 threads calls exec, which is not the first one; without end one of 8 */
bool crowd_execs_by_thread(int times);
/* All threads of a process end at the same moment */
bool crowd_ends_together(int times);

/* For crowd_start(): take the last CPU off and on, until killed */
bool crowd_hotplug(int pause_ms);
/* One time of it. Return: false where the kernel refuses. */
bool crowd_hotplug_once(int pause_ms);
bool crowd_can_hotplug(void);
/* Leave all CPUs on line. */
void crowd_all_online(void);

#endif
