// SPDX-License-Identifier: GPL-2.0
/*
 * vm_hang.c - texts in, a sentence out
 *
 * The texts are QEMU's monitor's, and those of Linux from 6.1 on. A guest can print what it
 * likes: everything has a bound, and a text that is not understood adds nothing.
 */
#include "vm_hang.h"

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
/* More CPUs than these are counted only. */
#define SAID_MAX 4

/* ---- QEMU ---- */

/* "PID (NAME) STATE ...", where NAME may hold anything */
void mc_hang_thread(struct mc_hang *hang, const char *stat, bool first)
{
	const char *name = strchr(stat, '('), *end = strrchr(stat, ')');
	unsigned int cpu, i;

	if (!name || !end || strlen(end) < 3)
		return;
	if (first) {
		hang->threads = hang->stopped = 0;
		hang->main_state = end[2];
	}
	hang->threads++;
	hang->stopped += end[2] == 'T' || end[2] == 't';
	if (sscanf(name, "(CPU %u/", &cpu) == 1 && cpu < MC_HANG_CPUS)
		hang->cpu[cpu].asleep = end[2] == 'S';
	for (i = 0; !strncmp(name, "(ALL CPUs/", 10) && i < MC_HANG_CPUS; i++)
		hang->cpu[i].asleep = end[2] == 'S';
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

	if (strncmp(line + 1, "IP=", 3) || !flags || !level || !halted)
		return false;
	cpu->pc = strtoull(line + 4, NULL, 16);
	add_sample(cpu, halted[4] == '1', level[4] == '3',
		   strtoull(flags + 3, NULL, 16) & X86_INTERRUPTS);
	return true;
}

/* " PC=..." and later "PSTATE=... ---- EL1h". That it waits shows in its thread alone. */
static bool arm_registers(struct mc_hang_cpu *cpu, const char *line)
{
	unsigned long long state;

	if (!strncmp(line, " PC=", 4))
		cpu->pc = strtoull(line + 4, NULL, 16);
	if (strncmp(line, "PSTATE=", 7))
		return false;
	state = strtoull(line + 7, NULL, 16);
	/* It waits with interrupts off, and comes back with them pending. */
	add_sample(cpu, cpu->asleep, !ARM_LEVEL(state),
		   cpu->asleep || !(state & ARM_NO_INTERRUPTS));
	return true;
}

void mc_hang_registers(struct mc_hang *hang, const char *text)
{
	struct mc_hang_cpu *cpu = NULL;
	unsigned int index;

	for (; *text; text += *text != '\0') {
		size_t length = strcspn(text, "\n");
		char line[256];

		snprintf(line, sizeof(line), "%.*s", length < 255 ? (int)length : 255, text);
		text += length;
		if (sscanf(line, "CPU#%u", &index) == 1) {
			cpu = index < MC_HANG_CPUS ? &hang->cpu[index] : NULL;
			if (cpu && index >= hang->n_cpus)
				hang->n_cpus = index + 1;
		} else if (cpu && (x86_registers(cpu, line) || arm_registers(cpu, line))) {
			cpu = NULL;
		}
	}
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

/* "name+0x1/0x2 [module]" becomes "name [module]". Return: false where it is no such text. */
static bool function_of(const char *text, char *name, size_t size)
{
	const char *plus = strstr(text, "+0x"), *module = strchr(text, '[');
	size_t length = strcspn(text, "+ ");

	if (!plus || plus != text + length || !length)
		return false;
	snprintf(name, size, "%.*s%s%.*s", (int)length, text, module ? " " : "",
		 module ? (int)strcspn(module, " ]") + (strchr(module, ']') ? 1 : 0) : 0,
		 module ? module : "");
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

	if (!strncmp(text, "RIP: ", 5))
		text += 5 + strcspn(text + 5, ":");
	else if (strncmp(text, "pc : ", 5))
		return false;
	if (cpu && hang->found)
		hang->backtrace = NULL; /* those of the system call */
	if (!cpu || hang->found)
		return true;
	hang->found = true;
	text += *text == ':' ? 1 : 5;
	if (function_of(text, cpu->where, sizeof(cpu->where)))
		cpu->frames = 1;
	else
		hang->backtrace = NULL; /* The user's, whom the kernel does not know. */
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

	if (!strncmp(text, "sysrq: ", 7) || !strncmp(text, "NMI backtrace for cpu", 21)) {
		hang->answers += *text == 's';
		hang->backtrace = NULL;
		hang->task = NULL;
	} else if (!strncmp(text, "Kernel panic", 12)) {
		hang->panicked = true;
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

bool mc_hang_is_deaf(const struct mc_hang *hang)
{
	return hang->n_cpus && count(hang, KERNEL_OFF) + count(hang, ABSENT) == hang->n_cpus;
}

bool mc_hang_is_clear(const struct mc_hang *hang)
{
	unsigned int i;

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

static void explain_cpu(const struct mc_hang *hang, unsigned int index, char *text, size_t size)
{
	static const char *const kinds[N_KINDS] = {
		[AT_WORK] = "is at work",
		[USER] = "loops in user space",
		[KERNEL] = "hangs in the kernel with interrupts on",
		[KERNEL_OFF] = "hangs in the kernel with interrupts off",
	};
	const struct mc_hang_cpu *cpu = &hang->cpu[index];
	enum kind kind = kind_of(cpu);

	add_text(text, size, "%sCPU %u %s", *text ? "; " : "", index, kinds[kind]);
	if (kind >= KERNEL && cpu->where[0])
		add_text(text, size, " in %s", cpu->where);
	else if (!cpu->comm[0])
		add_text(text, size, " at %llx", cpu->pc);
	if (cpu->comm[0])
		add_text(text, size, "%s in %s (pid %d)", kind >= KERNEL ? "," : "", cpu->comm,
			 cpu->pid);
}

/*
 * Processes wait for those that they have started: one that nobody is waited for by, the youngest,
 * is the one that all wait for. One that cannot be interrupted comes first.
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

	if (!count(hang, IDLE))
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
	enum kind kind;

	for (kind = KERNEL_OFF; kind > IDLE; kind--) {
		for (i = 0; i < hang->n_cpus; i++) {
			if (kind_of(&hang->cpu[i]) != kind)
				continue;
			if (said < SAID_MAX)
				explain_cpu(hang, i, text, size);
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
}
