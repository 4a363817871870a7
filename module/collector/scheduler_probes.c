// SPDX-License-Identifier: GPL-2.0
/*
 * scheduler_probes.c - from the scheduler's tracepoints to processes
 *
 * The tracepoints are not exported to modules, so they are found by name among those of
 * the kernel, and probes are registered without a type; the types are checked here.
 */
#define pr_fmt(fmt) "Memory Collector: " fmt

#include "collector/scheduler_probes.h"

#include <linux/string.h>
#include <linux/tracepoint.h>

#include "compat/sched_trace.h"

static void probe_exit(void *processes, struct task_struct *task COMPAT_SCHED_PROCESS_EXIT_MORE)
{
	processes_exit(processes, task);
}

static void probe_exec(void *processes, struct task_struct *task, pid_t old_pid,
		       struct linux_binprm *binary)
{
	processes_exec(processes, task);
}

/* In the order of registration: who is seen to be switched out was seen to exit. */
static struct {
	const char *name;
	void *probe;
	struct tracepoint *point;
} probes[] = {
	{"sched_process_exit", probe_exit},
	{"sched_process_exec", probe_exec},
	{"sched_switch", processes_switch},
};

static void check_types(void)
{
	check_trace_callback_type_sched_switch(processes_switch);
	check_trace_callback_type_sched_process_exit(probe_exit);
	check_trace_callback_type_sched_process_exec(probe_exec);
}

static void note_point(struct tracepoint *point, void *unused)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		if (!strcmp(point->name, probes[i].name))
			probes[i].point = point;
}

static void unregister(struct processes *processes, size_t count)
{
	while (count--)
		tracepoint_probe_unregister(probes[count].point, probes[count].probe, processes);
	tracepoint_synchronize_unregister();
}

int scheduler_probes_register(struct processes *processes)
{
	size_t i;
	int err;

	check_types();
	for_each_kernel_tracepoint(note_point, NULL);
	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		err = -ENOENT;
		if (probes[i].point)
			err = tracepoint_probe_register(probes[i].point, probes[i].probe,
							processes);
		if (err) {
			pr_err("tracepoint %s: error %d%s\n", probes[i].name, err,
			       err == -ENOENT ? "; the kernel must have CONFIG_TRACEPOINTS" : "");
			unregister(processes, i);
			return err;
		}
	}
	/* The same grace period that ends probes: nobody is left who saw none of them. */
	tracepoint_synchronize_unregister();
	return 0;
}

void scheduler_probes_unregister(struct processes *processes)
{
	unregister(processes, ARRAY_SIZE(probes));
}
