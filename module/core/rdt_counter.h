/* SPDX-License-Identifier: GPL-2.0 */
/*
 * rdt_counter.h - what the numbers of RDT monitoring mean
 *
 * From CPUID and IA32_QM_CTR to bytes: Intel SDM volume 3, "Platform shared resource
 * monitoring: Cache Monitoring Technology"; AMD APM volume 2, "Platform Quality of
 * Service". A read has three outcomes, never folded into one number.
 *
 * With Sub-NUMA clustering RMIDs are divided between the nodes of one L3 cache (MSR
 * 0xCA0), and what is here holds for those of one node only.
 */
#ifndef MEMORY_COLLECTOR_CORE_RDT_COUNTER_H
#define MEMORY_COLLECTOR_CORE_RDT_COUNTER_H

#include "core/types.h"

/* The highest RMID that anything here is made for. */
#define RMID_MAX 65535

#define RDT_EVENT_OCCUPANCY 1
#define RDT_EVENT_TOTAL 2
#define RDT_EVENT_LOCAL 3

/* The numbers are part of the trace format. */
enum rdt_state {
	RDT_VALUE = 0,
	RDT_UNAVAILABLE = 1,
	RDT_ERROR = 2,
	RDT_NOT_SUPPORTED = 3,
};

/**
 * struct rdt_reading - what one read of a counter came to
 * @state: whether there is a value
 * @value: it, else 0
 * @overflow: the counter says that it wrapped since it was read last
 */
struct rdt_reading {
	enum rdt_state state;
	u64 value;
	bool overflow;
};

/**
 * struct rdt_cpuid - what CPUID returns
 */
struct rdt_cpuid {
	u32 eax;
	u32 ebx;
	u32 ecx;
	u32 edx;
};

/**
 * struct rdt_processor - as far as monitoring depends on it
 * @intel: GenuineIntel
 * @amd: AuthenticAMD, or HygonGenuine, whose CPUID is like AMD's
 * @hygon: HygonGenuine
 * @family: with the extended family
 * @model: with the extended model
 * @stepping: stepping
 */
struct rdt_processor {
	bool intel;
	bool amd;
	bool hygon;
	u32 family;
	u32 model;
	u32 stepping;
};

/**
 * struct rdt_correction - bandwidth of an RMID beyond a threshold is so many times
 * what the counter says
 * @above_rmid: threshold
 * @factor: in units of 1 / RDT_CORRECTION_ONE
 */
struct rdt_correction {
	u32 above_rmid;
	u32 factor;
};
#define RDT_CORRECTION_ONE 1048576

/**
 * struct rdt_features - what L3 monitoring there is
 * @max_rmid: highest RMID
 * @scale: bytes per unit of any counter
 * @width: bits of a bandwidth counter
 * @occupancy: the event is there
 * @total: the event is there
 * @local: the event is there
 * @overflow_bit: bit 61 of IA32_QM_CTR says that the counter wrapped
 * @correction: for bandwidth
 * @distrusted: errata make the counters wrong beyond correction
 */
struct rdt_features {
	u32 max_rmid;
	u32 scale;
	u32 width;
	bool occupancy;
	bool total;
	bool local;
	bool overflow_bit;
	struct rdt_correction correction;
	bool distrusted;
};

/**
 * struct rdt_sum - the bandwidth of an RMID, summed up
 * @units: since the sum was zeroed, uncorrected; stays at U64_MAX once there
 * @previous: last value
 * @gaps: times after which an unknown amount is missing in @units
 * @primed: @previous is set
 * @late: of a new owner, and begins only at the next value: what was used before that is unknown
 *
 * Starts zeroed.
 */
struct rdt_sum {
	u64 units;
	u64 previous;
	u32 gaps;
	bool primed;
	bool late;
};

/**
 * rdt_processor - read vendor, family, model and stepping
 * @leaf0: CPUID.0
 * @leaf1: CPUID.1
 */
struct rdt_processor rdt_processor(const struct rdt_cpuid *leaf0, const struct rdt_cpuid *leaf1);

/**
 * rdt_features - read what monitoring there is
 * @processor: on which
 * @leaf7: CPUID.7.0; all zero where there is none
 * @leaf_f0: CPUID.0FH.0; likewise
 * @leaf_f1: CPUID.0FH.1; likewise
 * @features: set; untouched on error
 *
 * Return: 0, or -ENODEV where there is no L3 monitoring, or only with RMID 0.
 */
int rdt_features(const struct rdt_processor *processor, const struct rdt_cpuid *leaf7,
		 const struct rdt_cpuid *leaf_f0, const struct rdt_cpuid *leaf_f1,
		 struct rdt_features *features);

/**
 * rdt_correction - the correction for errata SKX99 and BDF102
 * @processor: on which
 * @max_rmid: its highest RMID
 *
 * Return: factor RDT_CORRECTION_ONE where nothing is to be corrected.
 */
struct rdt_correction rdt_correction(const struct rdt_processor *processor, u32 max_rmid);

/**
 * rdt_decode - what IA32_QM_CTR says
 * @features: of the processor
 * @qm_ctr: the register
 */
struct rdt_reading rdt_decode(const struct rdt_features *features, u64 qm_ctr);

/**
 * rdt_occupancy - an occupancy reading in bytes
 * @features: of the processor
 * @qm_ctr: the register, read for RDT_EVENT_OCCUPANCY
 */
struct rdt_reading rdt_occupancy(const struct rdt_features *features, u64 qm_ctr);

/**
 * rdt_sum_add - add what a bandwidth counter has counted since it was read last
 * @sum: of one RMID, event and domain
 * @features: of the processor
 * @reading: from rdt_decode()
 *
 * The first value only sets the start. After an unavailable reading the counter may
 * have restarted: what it counted since the last value is unknown, the next value
 * sets a new start, and @sum->gaps says that something is missing. A counter that is not
 * supported misses nothing.
 */
void rdt_sum_add(struct rdt_sum *sum, const struct rdt_features *features,
		 const struct rdt_reading *reading);

/**
 * rdt_sum_restart - begin the sum of another owner
 * @sum: sum
 * @goes_on: nobody used the RMID since the last value, which is then where the new sum
 *	begins
 *
 * Otherwise, and where the last reading was unavailable, the next value only sets the start:
 * what the owner used before is unknown, which the next reading adds to @sum->gaps.
 */
void rdt_sum_restart(struct rdt_sum *sum, bool goes_on);

/**
 * rdt_sum_bytes - a sum, corrected and in bytes
 * @sum: sum
 * @features: of the processor
 * @rmid: whose sum it is
 *
 * Return: never less than before; U64_MAX where it does not fit.
 */
u64 rdt_sum_bytes(const struct rdt_sum *sum, const struct rdt_features *features, u32 rmid);

#endif
