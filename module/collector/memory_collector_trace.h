/* SPDX-License-Identifier: GPL-2.0 */
/*
 * memory_collector_trace.h - the collector's events: who has which RMID, what it used
 *
 * Every event says where its RMIDs and figures come from: hardware, emulated (RMIDs are
 * numbers only) or simulated (by rdt_sim.ko). An RMID and its generation belong to one
 * process for ever.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM memory_collector

#if !defined(MEMORY_COLLECTOR_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define MEMORY_COLLECTOR_TRACE_H

#include <linux/tracepoint.h>

#include "collector/rdt.h"
#include "collector/rmid_allocator.h"
#include "collector/sampler.h"
#include "collector/tracepoints.h"

/* So that event formats have numbers for user space, not names that only a compiler knows */
TRACE_DEFINE_ENUM(RDT_SOURCE_HARDWARE);
TRACE_DEFINE_ENUM(RDT_SOURCE_EMULATED);
TRACE_DEFINE_ENUM(RDT_SOURCE_SIMULATED);
TRACE_DEFINE_ENUM(RDT_VALUE);
TRACE_DEFINE_ENUM(RDT_UNAVAILABLE);
TRACE_DEFINE_ENUM(RDT_ERROR);
TRACE_DEFINE_ENUM(RDT_NOT_SUPPORTED);

#define memory_collector_source(source)                                                            \
	__print_symbolic(source, {RDT_SOURCE_HARDWARE, "hardware"},                                \
			 {RDT_SOURCE_EMULATED, "emulated"}, {RDT_SOURCE_SIMULATED, "simulated"})
#define memory_collector_state(state)                                                              \
	__print_symbolic(state, {RDT_VALUE, "value"}, {RDT_UNAVAILABLE, "unavailable"},            \
			 {RDT_ERROR, "error"}, {RDT_NOT_SUPPORTED, "not_supported"})

#define MEMORY_COLLECTOR_RMID_FIELDS                                                               \
	TP_STRUCT__entry(                                                                          \
		__field(u32, rmid)                                                                 \
		__field(u32, generation)                                                           \
		__field(s32, tgid)                                                                 \
		__array(char, comm, RMID_COMM_LENGTH)                                              \
		__field(u64, given_ns)                                                             \
		__field(u64, freed_ns)                                                             \
		__field(u8, source)                                                                \
	)

#define MEMORY_COLLECTOR_RMID_ASSIGN                                                               \
	do {                                                                                       \
		__entry->rmid = rmid;                                                              \
		__entry->generation = info->generation;                                            \
		__entry->tgid = info->owner.tgid;                                                  \
		memcpy(__entry->comm, info->owner.comm, RMID_COMM_LENGTH);                         \
		__entry->given_ns = info->given_ns;                                                \
		__entry->freed_ns = info->freed_ns;                                                \
		__entry->source = source;                                                          \
	} while (0)

#define MEMORY_COLLECTOR_RMID_PRINT                                                                \
	TP_printk("rmid=%u generation=%u tgid=%d comm=%s given_ns=%llu freed_ns=%llu source=%s",   \
		  __entry->rmid, __entry->generation, __entry->tgid, __entry->comm,                \
		  __entry->given_ns, __entry->freed_ns, memory_collector_source(__entry->source))

/*
 * given_ns: when the owner got it; freed_ns: when it was given back: in rmid_free by the
 * owner, else by the one before, 0 for never. CLOCK_MONOTONIC.
 */
DECLARE_EVENT_CLASS(rmid_change,
	TP_PROTO(u32 rmid, const struct rmid_info *info, u8 source),
	TP_ARGS(rmid, info, source),
	MEMORY_COLLECTOR_RMID_FIELDS,
	TP_fast_assign(
		MEMORY_COLLECTOR_RMID_ASSIGN;
	),
	MEMORY_COLLECTOR_RMID_PRINT
);

DEFINE_EVENT(rmid_change, rmid_alloc,
	TP_PROTO(u32 rmid, const struct rmid_info *info, u8 source), TP_ARGS(rmid, info, source));
DEFINE_EVENT(rmid_change, rmid_free,
	TP_PROTO(u32 rmid, const struct rmid_info *info, u8 source), TP_ARGS(rmid, info, source));
/* The owner has called exec: the same RMID and generation, another name */
DEFINE_EVENT(rmid_change, rmid_exec,
	TP_PROTO(u32 rmid, const struct rmid_info *info, u8 source), TP_ARGS(rmid, info, source));

/* An RMID in use: for all when the event is switched on, and at "dump" */
TRACE_EVENT(rmid_existing,
	TP_PROTO(u32 rmid, const struct rmid_info *info, u8 source),
	TP_ARGS(rmid, info, source),
	MEMORY_COLLECTOR_RMID_FIELDS,
	TP_fast_assign(
		MEMORY_COLLECTOR_RMID_ASSIGN;
		tracepoints_existing_written(__data);
	),
	MEMORY_COLLECTOR_RMID_PRINT
);

/*
 * What an RMID has used in one L3 domain, up to one tick. The figures of a state other
 * than "value" are those of the last value. total and local are sums since the owner got
 * the RMID, or since the first value where there was none before; gaps counts that, and the
 * times after which an unknown amount is missing in them.
 */
TRACE_EVENT(rdt_sample,
	TP_PROTO(const struct rdt_sample *sample, u8 source),
	TP_ARGS(sample, source),
	TP_STRUCT__entry(
		__field(u64, tick)
		__field(u64, boundary_ns)
		__field(u64, occupancy_bytes)
		__field(u64, total_bytes)
		__field(u64, local_bytes)
		__field(u32, rmid)
		__field(u32, generation)
		__field(s32, tgid)
		__field(u32, domain)
		__field(u32, gaps)
		__field(u8, occupancy_state)
		__field(u8, total_state)
		__field(u8, local_state)
		__field(u8, source)
	),
	TP_fast_assign(
		__entry->tick = sample->tick;
		__entry->boundary_ns = sample->boundary_ns;
		__entry->occupancy_bytes = sample->occupancy_bytes;
		__entry->total_bytes = sample->total_bytes;
		__entry->local_bytes = sample->local_bytes;
		__entry->rmid = sample->rmid;
		__entry->generation = sample->generation;
		__entry->tgid = sample->tgid;
		__entry->domain = sample->domain;
		__entry->gaps = sample->gaps;
		__entry->occupancy_state = sample->occupancy_state;
		__entry->total_state = sample->total_state;
		__entry->local_state = sample->local_state;
		__entry->source = source;
	),
	TP_printk("tick=%llu boundary_ns=%llu rmid=%u generation=%u tgid=%d domain=%u "
		  "occupancy_bytes=%llu (%s) total_bytes=%llu (%s) local_bytes=%llu (%s) "
		  "gaps=%u source=%s",
		  __entry->tick, __entry->boundary_ns, __entry->rmid, __entry->generation,
		  __entry->tgid, __entry->domain,
		  __entry->occupancy_bytes, memory_collector_state(__entry->occupancy_state),
		  __entry->total_bytes, memory_collector_state(__entry->total_state),
		  __entry->local_bytes, memory_collector_state(__entry->local_state),
		  __entry->gaps, memory_collector_source(__entry->source))
);

/* resctrl was mounted between the two times: samples from then on cannot be trusted */
TRACE_EVENT(resctrl_mounted,
	TP_PROTO(u64 from_ns, u64 to_ns, u8 source),
	TP_ARGS(from_ns, to_ns, source),
	TP_STRUCT__entry(
		__field(u64, from_ns)
		__field(u64, to_ns)
		__field(u8, source)
	),
	TP_fast_assign(
		__entry->from_ns = from_ns;
		__entry->to_ns = to_ns;
		__entry->source = source;
	),
	TP_printk("suspect_from_ns=%llu suspect_to_ns=%llu source=%s", __entry->from_ns,
		  __entry->to_ns, memory_collector_source(__entry->source))
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH collector
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE memory_collector_trace
#include <trace/define_trace.h>
