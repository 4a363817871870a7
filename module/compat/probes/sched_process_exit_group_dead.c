// SPDX-License-Identifier: GPL-2.0
/* HAVE_SCHED_PROCESS_EXIT_GROUP_DEAD: sched_process_exit has a second argument */
#include <linux/mm_types.h>
#include <trace/events/sched.h>

void probe(void (*exit)(void *data, struct task_struct *task, bool group_dead));
void probe(void (*exit)(void *data, struct task_struct *task, bool group_dead))
{
	check_trace_callback_type_sched_process_exit(exit);
}
