/* SPDX-License-Identifier: GPL-2.0 */
/*
 * rdt_sim_trace.h - the log of the simulated PQR_ASSOC, and what it was found to hold
 *
 * Both on the CPU whose register it is; nothing of a real one.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM rdt_sim

#if !defined(MEMORY_COLLECTOR_TESTS_RDT_SIM_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define MEMORY_COLLECTOR_TESTS_RDT_SIM_TRACE_H

#include <linux/sched.h>
#include <linux/tracepoint.h>

/* Every write that did not fault */
TRACE_EVENT(pqr_write,
	TP_PROTO(u64 value),
	TP_ARGS(value),
	TP_STRUCT__entry(
		__field(u64, value)
	),
	TP_fast_assign(
		__entry->value = value;
	),
	TP_printk("closid=%llu rmid=%llu simulated", __entry->value >> 32,
		  __entry->value & 0xffffffff)
);

/* Every audit_us, from a hard interrupt: the register, and whom it interrupted */
TRACE_EVENT(pqr_audit,
	TP_PROTO(u64 value, const struct task_struct *task),
	TP_ARGS(value, task),
	TP_STRUCT__entry(
		__field(u64, value)
		__field(s32, tgid)
		__field(s32, pid)
		__field(u8, kernel_thread)
		__field(u8, exiting)
	),
	TP_fast_assign(
		__entry->value = value;
		__entry->tgid = task->tgid;
		__entry->pid = task->pid;
		__entry->kernel_thread = !!(task->flags & PF_KTHREAD);
		__entry->exiting = !!(task->flags & PF_EXITING);
	),
	TP_printk("closid=%llu rmid=%llu tgid=%d pid=%d kernel_thread=%u exiting=%u simulated",
		  __entry->value >> 32, __entry->value & 0xffffffff, __entry->tgid, __entry->pid,
		  __entry->kernel_thread, __entry->exiting)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH sim
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE rdt_sim_trace
#include <trace/define_trace.h>
