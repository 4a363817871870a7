/* SPDX-License-Identifier: GPL-2.0 */
/*
 * load.h - stress-ng: started, seen to run, ended, judged
 */
#ifndef MEMORY_COLLECTOR_LOAD_H
#define MEMORY_COLLECTOR_LOAD_H

#include <sys/types.h>

#include "memory_collector/child.h"
#include "memory_collector/scenario.h"
#include "memory_collector/status.h"

/**
 * struct mc_load - a running load
 * @child: stress-ng below its supervisor
 * @leader: pidfd of stress-ng's first process
 * @messages_fd: what it printed
 * @alive: not known to have ended
 * @ran: it was seen to run
 * @asked: it was asked to end, which is done once: some programs take a second time for more
 * @end: how it ended, once it is not @alive
 */
struct mc_load {
	struct mc_child child;
	int leader, messages_fd;
	bool alive, ran, asked;
	struct mc_child_end end;
};

/* Is there a stress-ng in PATH? */
bool mc_load_available(void);

/* Its version, e.g. "0.15.06"; @version is left as it is where that cannot be known. */
void mc_load_version(char *version, size_t size);

/**
 * mc_load_check - does this machine's stress-ng know all stressors of a matrix?
 *
 * Where there is no stress-ng nothing is checked: such scenarios are skipped.
 */
int mc_load_check(const struct mc_matrix *matrix, struct mc_failure *failure);

/**
 * mc_load_timeout_s - how long a load would run by itself
 * @duration_ns: of a window
 * @n_windows: how many there are, one after the other
 *
 * Far longer than it will be needed: it is ended by whoever started it, or with that one.
 */
unsigned int mc_load_timeout_s(uint64_t duration_ns, unsigned int n_windows);

/**
 * mc_load_start - start a load
 * @load: set; mc_load_stop() ends it
 * @argv: vector from mc_scenario_command()
 * @user: see &struct mc_child_config
 * @tmp: see &struct mc_child_config. A folder that the load cannot write to: what
 *	stress-ng puts into /tmp whatever --temp-path says must not end up in
 *	the machine's, and its system call stressor hangs in a race for a
 *	socket there where it can make one
 * @failure: filled on error
 */
int mc_load_start(struct mc_load *load, char *const *argv, uid_t user, const char *tmp,
		  struct mc_failure *failure);

/* Still running? Notices an end. */
bool mc_load_alive(struct mc_load *load);

/* CPU time in ns that the workers (all processes but stress-ng's first) have used so far */
int64_t mc_load_cpu_time(const struct mc_load *load);

/**
 * mc_load_wait - wait until the load is seen to run
 * @load: load
 * @disk: block device whose sectors must have moved as well; 0: none
 * @deadline_ns: on CLOCK_MONOTONIC
 * @failure: filled where it is not
 *
 * Running means that CPU time of the workers has grown twice in a row. Starting
 * up, for which only stress-ng's first process uses CPU time, does not count.
 *
 * Return: 0, or -1: it ended, did nothing until the deadline, or we are asked to stop.
 */
int mc_load_wait(struct mc_load *load, dev_t disk, int64_t deadline_ns, struct mc_failure *failure);

/**
 * mc_load_end - ask the load to end, and wait for it a while
 * @load: load; may have ended already
 * @deadline_ns: on CLOCK_MONOTONIC
 *
 * Asked with SIGINT, stress-ng ends as if its time were over: with its figures
 * written and exit code 0. Only its first process is asked: some stressors take
 * the end of one of their own processes for an error.
 *
 * Return: whether it has ended.
 */
bool mc_load_end(struct mc_load *load, int64_t deadline_ns);

/* As mc_load_end(), with patience; then kill what remains. */
void mc_load_stop(struct mc_load *load);

/**
 * mc_load_verdict - does the way a load ended spoil its scenario?
 * @load: stopped load
 * @reason: set where it does
 * @size: of @reason
 *
 * Return: MC_STATUS_OK, _INVALID or _SKIPPED.
 */
enum mc_status mc_load_verdict(const struct mc_load *load, char *reason, size_t size);

/* Forget a stopped load. */
void mc_load_free(struct mc_load *load);

/**
 * mc_disk_of - the block device that a folder is on
 * @folder: existing folder
 * @disk: set
 * @failure: filled where there is none, e.g. on a tmpfs
 */
int mc_disk_of(const char *folder, dev_t *disk, struct mc_failure *failure);

/* Sectors read and written since the machine was started, or -1 */
int64_t mc_disk_sectors(dev_t disk);

/* The parsing under mc_load_cpu_time() and mc_disk_sectors(), for tests */
struct mc_process {
	pid_t pid, parent;
	int64_t ticks; /* its CPU time and that of its reaped children, in clock ticks */
};

int mc_parse_process_stat(const char *text, struct mc_process *process);
int64_t mc_parse_disk_stat(const char *text);

#endif
