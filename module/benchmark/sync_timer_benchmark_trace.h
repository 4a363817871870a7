/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sync_timer_benchmark_trace.h - the trace event of the benchmark
 *
 * One per CPU and tick. Times are ns relative to the boundary of the tick, whose
 * number is @tick; the event's own time stamp and CPU come from the ring buffer. The
 * time it spun, which needs no room of its own, is printed: from an early entry to 0.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM sync_timer_benchmark

#if !defined(MEMORY_COLLECTOR_SYNC_TIMER_BENCHMARK_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define MEMORY_COLLECTOR_SYNC_TIMER_BENCHMARK_TRACE_H

#include <linux/tracepoint.h>

#include "timer/sync_timer.h"

TRACE_EVENT(tick,
	TP_PROTO(const struct sync_timer_tick *now),

	TP_ARGS(now),

	TP_STRUCT__entry(
		__field(u64, tick)
		__field(s64, delta)
		__field(s64, entry)
		__field(u64, missed)
		__field(u32, stolen)
	),

	TP_fast_assign(
		__entry->tick = now->number;
		__entry->delta = now->delta_ns;
		__entry->entry = now->entry_ns;
		__entry->missed = now->missed;
		__entry->stolen = now->stolen_ns;
	),

	TP_printk("tick=%llu delta=%lld entry=%lld missed=%llu spin=%lld stolen=%u",
		  __entry->tick, __entry->delta, __entry->entry, __entry->missed,
		  __entry->entry < 0 ? -__entry->entry : 0, __entry->stolen)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH benchmark
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE sync_timer_benchmark_trace
#include <trace/define_trace.h>
