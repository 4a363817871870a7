// SPDX-License-Identifier: GPL-2.0
/*
 * hang.c - texts in, a sentence out
 *
 * The texts are QEMU's monitor's, and those of Linux from 6.1 on. A guest can print what it
 * likes: everything has a bound, and a text that is not understood adds nothing.
 */
#include "vm/hang.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Interrupts are on: bit 9 of the x86 flags. Off: bit 7 of arm64's state, its level in 3:2. */
#define X86_INTERRUPTS (1ULL << 9)
#define ARM_NO_INTERRUPTS (1ULL << 7)
#define ARM_LEVEL(state) ((state) >> 2 & 3)
/* The function and two callers: where the first one waits for a lock, they say which. */
#define FRAMES_MAX 3
/* A loop is no longer than this, in bytes. */
#define LOOP_BYTES 4096
/* Less processor time than this (in ticks of 10 ms), and what a CPU did tells nothing. */
#define TICKS_MIN 5
/* More CPUs than these are counted only. */
#define SAID_MAX 4

/* ---- QEMU ---- */

static void set_thread(struct mc_hang_cpu *cpu, char state, unsigned long ticks)
{
	cpu->asleep = state == 'S';
	cpu->ticks = ticks;
	if (!cpu->threaded || !cpu->samples)
		cpu->first_ticks = ticks;
	cpu->threaded = true;
}

/* "PID (NAME) STATE ...", where NAME may hold anything */
void mc_hang_thread(struct mc_hang *hang, const char *stat, bool first)
{
	const char *name = strchr(stat, '('), *end = strrchr(stat, ')');
	unsigned long user, kernel;
	unsigned int index, i;

	if (!name || !end || strlen(end) < 3)
		return;
	if (first) {
		hang->threads = hang->stopped = 0;
		hang->main_state = end[2];
	}
	hang->threads++;
	hang->stopped += end[2] == 'T' || end[2] == 't';
	/* The 14th field and the 15th */
	if (sscanf(end + 1, "%*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lu %lu", &user,
		   &kernel) != 2)
		return;
	for (i = 0; !strncmp(name, "(ALL CPUs/", 10) && i < MC_HANG_CPUS; i++)
		set_thread(&hang->cpu[i], end[2], user + kernel);
	if (sscanf(name, "(CPU %u/", &index) == 1 && index < MC_HANG_CPUS)
		set_thread(&hang->cpu[index], end[2], user + kernel);
}

void mc_hang_status(struct mc_hang *hang, const char *text)
{
	const char *status = strstr(text, "status: ");

	if (!status || !strncmp(status, "status: running", 15))
		return;
	status += strlen("status: ");
	snprintf(hang->status, sizeof(hang->status), "%.*s", (int)strcspn(status, "\r\n"), status);
}

static void add_sample(struct mc_hang_cpu *cpu, bool halted, bool user, bool on)
{
	cpu->samples++;
	cpu->last_user = user;
	cpu->last_on = on;
	if (halted)
		cpu->halted++;
	else if (user)
		cpu->user++;
	else if (on)
		cpu->on++;
	else
		cpu->off++;
	if (halted && !on)
		cpu->deaf++;
}

/* "RIP=... RFL=... [...] CPL=0 II=0 A20=1 SMM=0 HLT=1", or with EIP and EFL */
static bool x86_registers(struct mc_hang_cpu *cpu, const char *line)
{
	const char *flags = strstr(line, "FL="), *level = strstr(line, "CPL=");
	const char *halted = strstr(line, "HLT=");

	if (!flags || !level || !halted || strncmp(line + 1, "IP=", 3))
		return false;
	cpu->pc[cpu->samples % MC_HANG_SAMPLES] = strtoull(line + 4, NULL, 16);
	add_sample(cpu, halted[4] == '1', level[4] == '3',
		   strtoull(flags + 3, NULL, 16) & X86_INTERRUPTS);
	return true;
}

/* " PC=..." and later "PSTATE=... ---- EL1h". That it waits shows in its thread alone. */
static bool arm_registers(struct mc_hang_cpu *cpu, const char *line)
{
	unsigned long long state;

	if (!strncmp(line, " PC=", 4))
		cpu->pc[cpu->samples % MC_HANG_SAMPLES] = strtoull(line + 4, NULL, 16);
	if (strncmp(line, "PSTATE=", 7))
		return false;
	state = strtoull(line + 7, NULL, 16);
	/* It waits with interrupts off, and comes back with them pending. */
	add_sample(cpu, cpu->asleep, !ARM_LEVEL(state),
		   cpu->asleep || !(state & ARM_NO_INTERRUPTS));
	return true;
}

/* The last sample of a CPU */
static void add_lone(struct mc_hang *hang, const struct mc_hang_cpu *cpu)
{
	unsigned long long pc = cpu->pc[(cpu->samples - 1) % MC_HANG_SAMPLES];
	struct mc_hang_cpu *lone = &hang->lone;

	hang->lone_cpu = cpu - hang->cpu;
	lone->pc[lone->samples % MC_HANG_SAMPLES] = pc;
	add_sample(lone, false, cpu->last_user, cpu->last_on);
}

void mc_hang_registers(struct mc_hang *hang, const char *text)
{
	struct mc_hang_cpu *cpu = NULL, before, *lone = NULL;
	unsigned int index = 0, busy = 0;

	hang->looks++;
	for (; *text; text += *text != '\0') {
		size_t length = strcspn(text, "\n");
		char line[256];

		snprintf(line, sizeof(line), "%.*s", length < 255 ? (int)length : 255, text);
		text += length;
		if (sscanf(line, "CPU#%u", &index) == 1) {
			cpu = index < MC_HANG_CPUS ? &hang->cpu[index] : NULL;
			if (cpu && index >= hang->n_cpus)
				hang->n_cpus = index + 1;
			if (cpu)
				before = *cpu;
		} else if (cpu && (x86_registers(cpu, line) || arm_registers(cpu, line))) {
			if (cpu->halted == before.halted) {
				lone = cpu;
				busy++;
			}
			cpu = NULL;
		}
	}
	if (busy == 1)
		add_lone(hang, lone);
}

/* ---- the console ---- */

/* "[    1.0][  T12] TEXT" */
static const char *without_time(const char *line)
{
	const char *end;

	while (*line == '[' && (end = strchr(line, ']')))
		line = end + 1;
	return line + strspn(line, " ");
}

/*
 * "name+0x1/0x2 [module]" becomes "name [module]", and what else is between the brackets is
 * dropped. Return: false where it is no such text.
 */
static bool function_of(const char *text, char *name, size_t size)
{
	const char *module = strchr(text, '[');
	size_t length = strcspn(text, "+ ");

	if (!length || strncmp(text + length, "+0x", 3))
		return false;
	if (module)
		snprintf(name, size, "%.*s %.*s]", (int)length, text, (int)strcspn(module, " ]"),
			 module);
	else
		snprintf(name, size, "%.*s", (int)length, text);
	return true;
}

/* "CPU: 1 UID: 0 PID: 87 Comm: sh Not tainted 6.12", before 6.12 without UID */
static bool take_owner(struct mc_hang *hang, const char *text)
{
	static const char *const ends[] = {" Kdump: ", " Tainted: ", " Not tainted"};
	const char *pid = strstr(text, " PID: "), *comm = strstr(text, " Comm: "), *end;
	struct mc_hang_cpu *cpu;
	unsigned int index;
	size_t i;

	if (sscanf(text, "CPU: %u", &index) != 1 || !pid || !comm)
		return false;
	hang->task = NULL;
	hang->backtrace = NULL;
	if (index >= MC_HANG_CPUS)
		return true;
	cpu = &hang->cpu[index];
	cpu->pid = atoi(pid + 6);
	comm += strlen(" Comm: ");
	snprintf(cpu->comm, sizeof(cpu->comm), "%.31s", comm);
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		end = strstr(comm, ends[i]);
		if (end && end - comm < (long)sizeof(cpu->comm))
			cpu->comm[end - comm] = '\0';
	}
	cpu->where[0] = '\0';
	cpu->frames = 0;
	hang->backtrace = cpu;
	hang->found = false;
	return true;
}

static struct mc_hang_task *task_of(struct mc_hang *hang, int pid)
{
	unsigned int i;

	for (i = 0; i < hang->n_tasks && hang->tasks[i].pid != pid; i++)
		;
	if (i == MC_HANG_TASKS)
		return NULL;
	if (i == hang->n_tasks)
		hang->n_tasks++;
	return &hang->tasks[i];
}

/* "task:sh    state:S stack:0     pid:87    tgid:87    ppid:1 ...". Kernel threads are 2's. */
static bool take_task(struct mc_hang *hang, const char *text)
{
	const char *comm = text + strlen("task:"), *state, *pid, *parent;
	struct mc_hang_task *task;
	size_t length;

	if (strncmp(text, "task:", 5))
		return false;
	hang->backtrace = NULL;
	hang->task = NULL;
	state = strstr(comm, " state:");
	pid = state ? strstr(state, " pid:") : NULL;
	parent = pid ? strstr(pid, " ppid:") : NULL;
	if (!parent || atoi(pid + 5) == 2 || atoi(parent + 6) == 2)
		return true;
	task = task_of(hang, atoi(pid + 5));
	if (!task)
		return true;
	length = state - comm;
	while (length && comm[length - 1] == ' ')
		length--;
	*task = (struct mc_hang_task){.pid = atoi(pid + 5), .parent = atoi(parent + 6)};
	task->state = state[strlen(" state:")];
	snprintf(task->comm, sizeof(task->comm), "%.*s", length < 31 ? (int)length : 31, comm);
	hang->task = task;
	return true;
}

/* "RIP: 0010:name+0x1/0x2", in user space "RIP: 0033:0x7f00"; on arm64 "pc : name+0x1/0x2" */
static bool take_registers(struct mc_hang *hang, const char *text)
{
	struct mc_hang_cpu *cpu = hang->backtrace;
	char name[64];
	size_t used;

	if (!strncmp(text, "RIP: ", 5)) {
		text += 5 + strcspn(text + 5, ":");
		text += *text == ':';
	} else if (!strncmp(text, "pc : ", 5)) {
		text += 5;
	} else {
		return false;
	}
	if (!cpu)
		return true;
	if (!function_of(text, name, sizeof(name))) {
		hang->backtrace = NULL; /* The user's, whom the kernel does not know. */
		return true;
	}
	used = strlen(cpu->where);
	snprintf(cpu->where + used, sizeof(cpu->where) - used, "%s%s",
		 used ? ", which interrupted " : "", name);
	cpu->frames = 1;
	hang->found = true;
	return true;
}

static void take_frame(struct mc_hang *hang, const char *text)
{
	struct mc_hang_cpu *cpu = hang->backtrace;
	char name[64];
	size_t used;

	/* "? name": what was on the stack, but need not have been called */
	if (!function_of(text, name, sizeof(name)))
		return;
	if (hang->task && !hang->task->where[0] && !strstr(name, "schedule"))
		snprintf(hang->task->where, sizeof(hang->task->where), "%s", name);
	if (!cpu || !hang->found || cpu->frames >= FRAMES_MAX)
		return;
	used = strlen(cpu->where);
	snprintf(cpu->where + used, sizeof(cpu->where) - used, " < %s", name);
	cpu->frames++;
}

void mc_hang_line(struct mc_hang *hang, const char *line)
{
	const char *text = without_time(line);

	if (!strncmp(text, "sysrq: ", 7))
		hang->answers++;
	else if (!strncmp(text, "Uhhuh. NMI", 10) || !strncmp(text, "Kernel panic", 12))
		hang->panicked = true;
	else if (!hang->answers && !hang->panicked)
		hang->talks = true;
	if (!strncmp(text, "sysrq: ", 7) || !strncmp(text, "NMI backtrace for cpu", 21)) {
		hang->backtrace = NULL;
		hang->task = NULL;
	} else if (!take_owner(hang, text) && !take_task(hang, text) &&
		   !take_registers(hang, text)) {
		take_frame(hang, text);
	}
}

/* ---- the judgement ---- */

/* From what needs no explanation to what needs it most */
enum kind { ABSENT, IDLE, AT_WORK, USER, KERNEL, KERNEL_OFF, N_KINDS };

static enum kind kind_of(const struct mc_hang_cpu *cpu)
{
	if (!cpu->samples || cpu->deaf == cpu->samples)
		return ABSENT;
	/* Its tick is seen now and then. */
	if (cpu->halted * 2 > cpu->samples)
		return IDLE;
	if (cpu->threaded && cpu->ticks - cpu->first_ticks < TICKS_MIN)
		return AT_WORK;
	if (cpu->off == cpu->samples)
		return KERNEL_OFF;
	if (cpu->on + cpu->off == cpu->samples)
		return KERNEL;
	if (cpu->user * 2 > cpu->samples && !cpu->halted)
		return USER;
	return AT_WORK;
}

static unsigned int count(const struct mc_hang *hang, enum kind kind)
{
	unsigned int i, n = 0;

	for (i = 0; i < hang->n_cpus; i++)
		n += kind_of(&hang->cpu[i]) == kind;
	return n;
}

unsigned int mc_hang_deaf(const struct mc_hang *hang)
{
	unsigned int off = count(hang, KERNEL_OFF);

	return off ? off + count(hang, ABSENT) : 0;
}

/* Was one CPU busy all the time, whichever it was? With the process that is no idle one. */
static bool find_lone(const struct mc_hang *hang, struct mc_hang_cpu *lone)
{
	const struct mc_hang_cpu *named = &hang->cpu[hang->lone_cpu];
	unsigned int i;

	if (!hang->looks || hang->lone.samples < hang->looks)
		return false;
	*lone = hang->lone;
	for (i = 0; i < hang->n_cpus; i++) {
		const struct mc_hang_cpu *cpu = &hang->cpu[i];

		lone->threaded |= cpu->threaded;
		lone->ticks += cpu->ticks - cpu->first_ticks;
		if (cpu->comm[0] && cpu->pid > 0 && named->pid <= 0)
			named = cpu;
	}
	lone->pid = named->pid;
	memcpy(lone->comm, named->comm, sizeof(lone->comm));
	memcpy(lone->where, named->where, sizeof(lone->where));
	return true;
}

bool mc_hang_is_clear(const struct mc_hang *hang)
{
	struct mc_hang_cpu lone;
	unsigned int i;

	if (find_lone(hang, &lone))
		return lone.comm[0] && hang->answers + hang->panicked;
	for (i = 0; i < hang->n_cpus; i++) {
		if (kind_of(&hang->cpu[i]) > AT_WORK && !hang->cpu[i].comm[0])
			return false;
	}
	return hang->answers || hang->panicked;
}

static void add_text(char *text, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void add_text(char *text, size_t size, const char *format, ...)
{
	size_t used = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + used, size - used, format, args);
	va_end(args);
}

/* Has it been in the same place most of the time? */
static bool is_loop(const struct mc_hang_cpu *cpu)
{
	unsigned int n = cpu->samples < MC_HANG_SAMPLES ? cpu->samples : MC_HANG_SAMPLES;
	unsigned int i, j, near;

	for (i = 0; i < n; i++) {
		for (j = near = 0; j < n; j++)
			near += cpu->pc[j] - cpu->pc[i] < LOOP_BYTES;
		if (near * 2 > n)
			return true;
	}
	return false;
}

/* A process that runs; NULL: none, or several */
static const struct mc_hang_task *running(const struct mc_hang *hang)
{
	const struct mc_hang_task *found = NULL;
	unsigned int i;

	for (i = 0; i < hang->n_tasks; i++) {
		if (hang->tasks[i].state != 'R')
			continue;
		if (found)
			return NULL;
		found = &hang->tasks[i];
	}
	return found;
}

static void explain_cpu(const struct mc_hang *hang, unsigned int index,
			const struct mc_hang_cpu *cpu, char *text, size_t size)
{
	static const char *const kinds[N_KINDS] = {
		[AT_WORK] = "is at work",
		[USER] = "loops in user space",
		[KERNEL] = "in the kernel with interrupts on",
		[KERNEL_OFF] = "in the kernel with interrupts off",
	};
	const struct mc_hang_task *task = NULL;
	enum kind kind = kind_of(cpu);

	/* When its backtrace was made it was in the kernel, perhaps for another one. */
	if (kind == USER && cpu->where[0])
		task = running(hang);
	add_text(text, size, "%sCPU %u %s%s", *text ? "; " : "", index,
		 kind < KERNEL	? ""
		 : is_loop(cpu) ? "hangs "
				: "is ",
		 kinds[kind]);
	if (kind >= KERNEL && cpu->where[0])
		add_text(text, size, " in %s", cpu->where);
	else if (!cpu->comm[0])
		add_text(text, size, " at %llx", cpu->pc[(cpu->samples - 1) % MC_HANG_SAMPLES]);
	if (cpu->comm[0])
		add_text(text, size, "%s in %s (pid %d)", kind >= KERNEL ? "," : "",
			 task ? task->comm : cpu->comm, task ? task->pid : cpu->pid);
}

/*
 * Processes wait for those that they have started: the youngest that has started none is the one
 * that all wait for. One that cannot be interrupted comes first.
 */
static const struct mc_hang_task *awaited(const struct mc_hang *hang)
{
	const struct mc_hang_task *best = NULL;
	unsigned int i, j;

	for (i = 0; i < hang->n_tasks; i++) {
		const struct mc_hang_task *task = &hang->tasks[i];

		for (j = 0; j < hang->n_tasks && hang->tasks[j].parent != task->pid; j++)
			;
		if (j < hang->n_tasks && task->state != 'D')
			continue;
		if (!best || (task->state == 'D') > (best->state == 'D') ||
		    ((task->state == 'D') == (best->state == 'D') && task->pid > best->pid))
			best = task;
	}
	return best;
}

static void explain_idle(const struct mc_hang *hang, char *text, size_t size)
{
	const struct mc_hang_task *task = awaited(hang);

	if (!hang->n_cpus)
		add_text(text, size, "QEMU does not say what it does");
	else if (!count(hang, IDLE))
		add_text(text, size, "every CPU is halted with interrupts off");
	else if (!task && !hang->answers)
		add_text(text, size, "idle, and its kernel does not answer to an interrupt");
	else if (!task)
		add_text(text, size, "idle, and its kernel names no process");
	else
		add_text(text, size, "idle: %s (pid %d) waits%s%s%s", task->comm, task->pid,
			 task->where[0] ? " in " : "", task->where,
			 task->state == 'D' ? ", which cannot be interrupted" : "");
}

static void explain_cpus(const struct mc_hang *hang, char *text, size_t size)
{
	unsigned int i, said = 0, more = 0;
	struct mc_hang_cpu lone;
	enum kind kind;

	if (find_lone(hang, &lone)) {
		explain_cpu(hang, hang->lone_cpu, &lone, text, size);
		return;
	}
	for (kind = KERNEL_OFF; kind > IDLE; kind--) {
		for (i = 0; i < hang->n_cpus; i++) {
			if (kind_of(&hang->cpu[i]) != kind)
				continue;
			if (said < SAID_MAX)
				explain_cpu(hang, i, &hang->cpu[i], text, size);
			else
				more++;
			said++;
		}
	}
	if (more)
		add_text(text, size, "; so it is with %u more CPUs", more);
	if (!said)
		explain_idle(hang, text, size);
}

void mc_hang_explain(const struct mc_hang *hang, char *text, size_t size)
{
	*text = '\0';
	if (hang->threads && hang->stopped == hang->threads)
		add_text(text, size, "QEMU is stopped (state %c)", hang->main_state);
	else if (hang->mute)
		add_text(text, size, "QEMU does not answer (state %c%s%s)",
			 hang->main_state ? hang->main_state : '?', *hang->main_wait ? ", in " : "",
			 hang->main_wait);
	else if (*hang->status)
		add_text(text, size, "QEMU does not run it: %s", hang->status);
	else
		explain_cpus(hang, text, size);
	if (hang->talks)
		add_text(text, size, "; it still writes to its console");
}
