/* SPDX-License-Identifier: GPL-2.0 */
/*
 * event.h - what collector.ko and rdt_sim.ko trace, as the harness has it
 */
#ifndef MEMORY_COLLECTOR_COLLECTOR_EVENT_H
#define MEMORY_COLLECTOR_COLLECTOR_EVENT_H

#include <stdint.h>

#define MC_COMM_LENGTH 16

enum mc_event_kind {
	MC_RMID_ALLOC,
	MC_RMID_FREE,
	MC_RMID_EXEC,
	MC_RMID_EXISTING,
	MC_RDT_SAMPLE,
	MC_RESCTRL_MOUNTED,
	MC_PQR_AUDIT,
	MC_PQR_WRITE,
	MC_EVENT_KINDS,
};

/* As in module/collector/rdt.h and module/core/rdt_counter.h; part of the trace format */
enum mc_event_source { MC_SOURCE_HARDWARE, MC_SOURCE_EMULATED, MC_SOURCE_SIMULATED };
enum mc_event_state { MC_VALUE, MC_UNAVAILABLE, MC_ERROR, MC_NOT_SUPPORTED };

/**
 * struct mc_event - one event; a member that its kind does not have is 0
 * @kind: which
 * @cpu: where
 * @time_ns: when, CLOCK_MONOTONIC
 * @comm: name of the owner
 *
 * The others are named as in module/collector/memory_collector_trace.h and rdt_sim's trace header.
 */
struct mc_event {
	enum mc_event_kind kind;
	unsigned int cpu;
	uint64_t time_ns;
	char comm[MC_COMM_LENGTH];
	int64_t tgid, pid;
	uint64_t rmid, generation, given_ns, freed_ns, source;
	uint64_t tick, boundary_ns, domain, gaps;
	uint64_t occupancy_bytes, total_bytes, local_bytes;
	uint64_t occupancy_state, total_state, local_state;
	uint64_t from_ns, to_ns;
	uint64_t value, kernel_thread, exiting;
};

#endif
