/* SPDX-License-Identifier: GPL-2.0 */
/*
 * hang.h - which kind of hang it is, by what QEMU and the guest's kernel print
 */
#ifndef MEMORY_COLLECTOR_VM_HANG_H
#define MEMORY_COLLECTOR_VM_HANG_H

#include <stdbool.h>
#include <stddef.h>

/* What is beyond these is in the log only. */
#define MC_HANG_CPUS 256
#define MC_HANG_TASKS 512
#define MC_HANG_SAMPLES 8

/**
 * struct mc_hang_cpu - one CPU of the guest
 * @samples: how often it was looked at; each time it was one of the next four
 * @halted: it waited for an interrupt
 * @user: it was in user space
 * @on: in the kernel, interrupts on
 * @off: in the kernel, interrupts off
 * @last_user, @last_on: at the last look it was in user space; interrupts were on
 * @deaf: how many of @halted had interrupts off: it is off line, or dead
 * @asleep: its thread in QEMU waited when it was last looked at
 * @threaded: that thread is known
 * @ticks: processor time that it had used then
 * @first_ticks: and when the CPU was first looked at
 * @pc: program counters of the last samples
 * @pid, @comm: process that the kernel's backtrace names; empty: none
 * @where: function and its callers, as "a < b", and those that they have interrupted; empty: user
 *	space, or not known
 * @frames: how many of these are the last's
 */
struct mc_hang_cpu {
	unsigned int samples, halted, user, on, off, deaf;
	bool asleep, threaded, last_user, last_on;
	unsigned long ticks, first_ticks;
	unsigned long long pc[MC_HANG_SAMPLES];
	int pid;
	char comm[32], where[256];
	unsigned int frames;
};

/* A process or a thread of user space, and the function that it waits in */
struct mc_hang_task {
	int pid, parent;
	char state, comm[32], where[64];
};

/**
 * struct mc_hang - what is known of a guest that hangs; all 0 at the beginning
 * @threads: of QEMU
 * @stopped: how many of them a signal has stopped
 * @main_state: of its main thread; 0: not known
 * @main_wait: the function of this machine's kernel that it waits in; empty: not known
 * @mute: QEMU does not answer
 * @status: QEMU's word for a machine that it does not run; empty: it runs
 * @answers: headers of sysrq on the console
 * @panicked: the kernel has panicked, as asked to
 * @talks: it says something without having been asked
 * @looks: how often the CPUs were looked at
 * @lone: what was seen where one CPU alone was busy, whichever it was: processes move
 * @lone_cpu: the last one of these
 * @backtrace, @task: whose frames the next lines are; NULL: they belong to none
 * @found: the registers of @backtrace have been seen
 */
struct mc_hang {
	unsigned int threads, stopped;
	char main_state, main_wait[64];
	bool mute;
	char status[64];
	unsigned int answers;
	bool panicked, talks;
	struct mc_hang_cpu cpu[MC_HANG_CPUS];
	unsigned int n_cpus;
	struct mc_hang_task tasks[MC_HANG_TASKS];
	unsigned int n_tasks;
	unsigned int looks, lone_cpu;
	struct mc_hang_cpu lone;
	struct mc_hang_cpu *backtrace;
	struct mc_hang_task *task;
	bool found;
};

/**
 * mc_hang_thread - take in a thread of QEMU's
 * @hang: changed
 * @stat: its /proc/PID/task/TID/stat
 * @first: it is the first one of a new look at all of them
 */
void mc_hang_thread(struct mc_hang *hang, const char *stat, bool first);

/* Take in what "info status" prints. */
void mc_hang_status(struct mc_hang *hang, const char *text);

/* Take in what "info registers -a" prints, as one more look at each CPU. */
void mc_hang_registers(struct mc_hang *hang, const char *text);

/* Take in a line of the console. */
void mc_hang_line(struct mc_hang *hang, const char *line);

/* On how many CPUs does the kernel not answer to an interrupt, because one hangs with them off? */
unsigned int mc_hang_deaf(const struct mc_hang *hang);

/* Is there nothing more to find out? */
bool mc_hang_is_clear(const struct mc_hang *hang);

/* Say which kind of hang it is, and where, as the end of a sentence. */
void mc_hang_explain(const struct mc_hang *hang, char *text, size_t size);

#endif
