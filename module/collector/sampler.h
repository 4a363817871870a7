/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sampler.h - reads the counters of all RMIDs, a share on every CPU, tick by tick
 *
 * Each RMID of an L3 domain is read by one CPU of the domain; CPU hotplug alone changes
 * which. What does not fit into a tick's budget is first in the next one. RMIDs in limbo
 * are read too: what the owner used last is told in one more sample, and they can leave
 * limbo when their lines are gone.
 *
 * Sums begin when a domain's first CPU joins, so that also what is used before the first
 * tick of an RMID's first owner is in them.
 */
#ifndef MEMORY_COLLECTOR_SAMPLER_H
#define MEMORY_COLLECTOR_SAMPLER_H

#include <linux/types.h>

#include "collector/rdt.h"
#include "collector/rmid_allocator.h"
#include "timer/sync_timer.h"

/**
 * struct rdt_sample - what an RMID has used in one L3 domain, up to one tick
 * @tick: number of the tick
 * @boundary_ns: its boundary, CLOCK_MONOTONIC
 * @occupancy_bytes: cache lines of the RMID
 * @total_bytes: memory traffic since the owner got the RMID
 * @local_bytes: the part of it to the domain's own memory
 * @rmid: RMID
 * @generation: see &struct rmid_info
 * @tgid: the owner
 * @domain: L3 domain
 * @gaps: times after which an unknown amount is missing in the two sums
 * @occupancy_state: an &enum rdt_state; other than RDT_VALUE: the last value, or 0
 * @total_state: likewise
 * @local_state: likewise
 */
struct rdt_sample {
	u64 tick;
	u64 boundary_ns;
	u64 occupancy_bytes;
	u64 total_bytes;
	u64 local_bytes;
	u32 rmid;
	u32 generation;
	s32 tgid;
	u32 domain;
	u32 gaps;
	u8 occupancy_state;
	u8 total_state;
	u8 local_state;
};

/**
 * struct sampler_policy - parameters
 * @budget_ns: time for reading counters per tick and CPU
 * @emit_all: an event for every read, not only where a figure changed
 */
struct sampler_policy {
	u32 budget_ns;
	bool emit_all;
};

/**
 * struct sampler_status - in numbers, since init; sums over CPUs, not of one moment
 * @domains: L3 domains that have or had online CPUs
 * @due: reads that ticks were to do: one for each RMID used or in limbo, domain and tick
 * @read: those that they did
 * @samples: events emitted
 * @overruns: ticks whose budget was over before their share was
 * @unavailable: counters that had no value
 * @errors: counters that refused the RMID or event
 * @paused: ticks without reads: CPUs came or went, or the domain got no memory
 */
struct sampler_status {
	u32 domains;
	u64 due;
	u64 read;
	u64 samples;
	u64 overruns;
	u64 unavailable;
	u64 errors;
	u64 paused;
};

struct sampler;

/**
 * sampler_create - set memory aside
 * @rdt: open, with counters; outlives it
 * @allocator: initialised; outlives it
 * @policy: copied
 *
 * Context: process, may sleep.
 * Return: it, or an ERR_PTR; on error nothing is kept.
 */
struct sampler *sampler_create(struct rdt *rdt, struct rmid_allocator *allocator,
			       const struct sampler_policy *policy);

/**
 * sampler_cpu_joined - this CPU takes its share of its domain from now on
 * sampler_cpu_left - and gives it up
 *
 * Joined before anything runs with an RMID on this CPU, left after that.
 *
 * Context: hotplug thread of the CPU, which is online; may sleep.
 */
void sampler_cpu_joined(struct sampler *sampler);
void sampler_cpu_left(struct sampler *sampler);

/**
 * sampler_tell_all - emit a sample of every used RMID once, whether it has moved or not
 * @sampler: created
 *
 * For a recorder that has just begun: what does not move says nothing otherwise.
 *
 * Context: process; calls do not overlap.
 */
void sampler_tell_all(struct sampler *sampler);

/**
 * sampler_tick - read this CPU's share
 * @sampler: created
 * @tick: of the synchronised timer
 *
 * Context: hard interrupt of the own CPU.
 */
void sampler_tick(struct sampler *sampler, const struct sync_timer_tick *tick);

/**
 * sampler_destroy - the end; no tick of it runs any more
 * @sampler: created; NULL is nothing
 */
void sampler_destroy(struct sampler *sampler);

/** sampler_status - in numbers; any context */
struct sampler_status sampler_status(struct sampler *sampler);

#endif
