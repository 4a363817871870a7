/* SPDX-License-Identifier: GPL-2.0 */
/*
 * analysis.h - from single ticks to the statistics of a scenario
 *
 * One streaming pass, memory constant in the length of the run: histograms,
 * exact moments, and a window of recent ticks over which the skew between CPUs
 * is taken. Samples of one CPU come in the order of their ticks; samples of
 * different CPUs in any order, best when the CPU of mc_analysis_behind() is fed
 * next, so that the window of recent ticks suffices.
 *
 * A scenario may be measured in several windows one after the other, its slices:
 * mc_analysis_settle() ends one, mc_analysis_window() begins the next.
 */
#ifndef MEMORY_COLLECTOR_ANALYSIS_H
#define MEMORY_COLLECTOR_ANALYSIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memory_collector/failure.h"
#include "memory_collector/ticks.h"

/* One trace event of the measuring module, decoded */
struct mc_sample {
	uint64_t tick; /* number of the boundary it was armed for */
	int64_t delta_ns; /* start of the callback minus that boundary */
	int64_t entry_ns; /* entry of the interrupt handler minus that boundary */
	uint64_t missed; /* later boundaries that had passed at the start */
	uint64_t stolen_ns; /* of the spin from an early entry to the boundary */
};

/* The kernel's own totals for one CPU, read from /proc/sync_timer_benchmark */
struct mc_totals {
	unsigned int cpu;
	uint64_t started, missed, open; /* missed does not include open */
	uint64_t left; /* part of missed: passed while the CPU was leaving */
	uint64_t offline; /* boundaries of the window without the CPU */
	uint64_t spin_ns, stolen_ns;
};

/* What all CPUs did for one tick: a line of ticks.csv */
struct mc_tick_summary {
	int64_t timestamp_ns; /* CLOCK_MONOTONIC, the first callback's start */
	uint64_t tick;
	int64_t min_delay, max_delay;
	double mean_delay, stddev;
	unsigned int samples, missing;
};

/**
 * struct mc_analysis_config - what is known before the first sample
 * @interval_ns: length of the interval
 * @phase_ns: offset of boundary 0
 * @k0: first boundary of the window
 * @k1: first boundary after the window
 * @n_cpus: how many CPUs tick, at least while they are online
 * @cpus: their numbers; an index into this is what the functions below take
 * @on_tick: called once for each tick of the window that was read on some CPU,
 *	in ascending order; may be NULL; a return of -1 ends the analysis with
 *	the failure it filled
 * @on_tick_data: its argument
 * @slices: keep figures of each window by itself, too
 */
struct mc_analysis_config {
	uint64_t interval_ns, phase_ns, k0, k1;
	unsigned int n_cpus;
	const unsigned int *cpus;
	int (*on_tick)(void *data, const struct mc_tick_summary *tick, struct mc_failure *failure);
	void *on_tick_data;
	bool slices;
};

struct mc_analysis;

struct mc_analysis *mc_analysis_new(const struct mc_analysis_config *config,
				    struct mc_failure *failure);
void mc_analysis_free(struct mc_analysis *analysis);

/**
 * mc_analysis_add - take one sample
 * @analysis: state
 * @cpu: index into config.cpus
 * @sample: samples outside the window count for the timeline, and for the
 *	boundaries of the window that they missed
 * @failure: filled on error
 *
 * Return: 0, or -1 where the stream is broken: a tick that does not follow the
 * CPU's previous one and what it missed is a gap and is counted, but one that
 * goes back, or a CPU out of range, is refused; so is a time that CLOCK_MONOTONIC
 * cannot show. Once refused, only mc_analysis_free() may follow.
 */
int mc_analysis_add(struct mc_analysis *analysis, unsigned int cpu, const struct mc_sample *sample,
		    struct mc_failure *failure);

/**
 * mc_analysis_hole - the trace itself says that events are missing here
 * @analysis: state
 * @cpu: index into config.cpus
 *
 * Makes the result invalid even where the ring buffer's counters know of no loss.
 */
void mc_analysis_hole(struct mc_analysis *analysis, unsigned int cpu);

/**
 * mc_analysis_behind - index of the CPU that should be fed next
 * @analysis: state
 * @done: [n_cpus], true where a CPU has nothing more to give
 *
 * Return: the index, or -1 where all are done.
 */
int mc_analysis_behind(const struct mc_analysis *analysis, const bool *done);

/**
 * mc_analysis_settle - end a window: settle its open ticks and hold it to account
 * @analysis: state
 * @totals: [n_cpus], in the order of config.cpus; read after the window's end
 * @lost: [n_cpus], what the ring buffers overran and dropped
 * @read_ns: CLOCK_MONOTONIC time at which @totals were read: the lateness of
 *	open boundaries is at least this minus their time, and is counted so
 * @failure: filled on error
 *
 * Return: 0, or -1 without memory, when on_tick failed, or where @totals are not
 * of these CPUs. That the sources do not agree is no error, but the result's status.
 */
int mc_analysis_settle(struct mc_analysis *analysis, const struct mc_totals *totals,
		       const uint64_t *lost, int64_t read_ns, struct mc_failure *failure);

/**
 * mc_analysis_window - go on with another window
 * @analysis: state, settled
 * @k0: first boundary of the window, not before the end of the last one
 * @k1: first boundary after it
 * @failure: filled on error
 */
int mc_analysis_window(struct mc_analysis *analysis, uint64_t k0, uint64_t k1,
		       struct mc_failure *failure);

/**
 * mc_analysis_finish - the figures of a scenario's ticks
 * @analysis: state, settled; only mc_analysis_free() may follow
 * @out: set
 * @reason: set to why they must not be used: the sum that does not agree (expected =
 *	started + missed, started = read + lost, lost = 0; missed and spin as the events
 *	say it, too); empty where all do
 * @size: of @reason
 * @failure: filled on error
 *
 * Return: 0, or -1 without memory. What @out owns is its owner's to free in any case.
 */
int mc_analysis_finish(struct mc_analysis *analysis, struct mc_ticks *out, char *reason,
		       size_t size, struct mc_failure *failure);

#endif
