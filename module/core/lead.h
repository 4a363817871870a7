/* SPDX-License-Identifier: GPL-2.0 */
/*
 * lead.h - how early to arm a timer so that its callback starts on the boundary
 *
 * A timer that waits for an interrupt is late by the time the interrupt takes.
 * Armed early by a lead, it is entered before the boundary and spins up to it.
 * This file owns the lead of one CPU: it learns how late the CPU is entered and
 * asks for a lead that covers 15 of 16 ticks, within three bounds:
 *
 * - a maximum;
 * - what the budget pays for on average: a controller lowers the lead until the
 *   mean spin is below the budget's income;
 * - what the budget holds at the moment: a token bucket that no spin overdraws.
 *
 * The last one is the guarantee; the second keeps it from cutting off the lead of
 * every few ticks. A tick costs some additions: no division, no lock, no clock.
 *
 * Stolen time is not paid for, unless there are thefts in more than 1/16 of recent spins.
 * Then it is more likely the clock that takes so long to read, which can happen at any
 * time (the kernel gives up the tsc for the hpet), and nothing else would bound the spin.
 */
#ifndef MEMORY_COLLECTOR_CORE_LEAD_H
#define MEMORY_COLLECTOR_CORE_LEAD_H

#include "core/types.h"

#define LEAD_MAX_NS 1000000U
#define LEAD_BUDGET_MAX_PERMILLE 500U

/*
 * Two reads of the clock in a spin lie this far apart only where something took the
 * CPU meanwhile that the kernel cannot mask: a host, or firmware. It is the limit that
 * the kernel's own detector of such latencies begins with. Where a read takes so long
 * itself, as of an hpet that a virtual machine is left for, the limit is so many reads.
 */
#define LEAD_STOLEN_MIN_NS 10000U
#define LEAD_STOLEN_MIN_READS 8U

/* What 0 stands for in lead_policy_init() */
#define LEAD_DEFAULT_MAX_NS 200000U
#define LEAD_DEFAULT_BUDGET_PERMILLE 5U

enum lead_mode {
	LEAD_OFF, /* armed for the boundary */
	LEAD_AUTO, /* learned, within maximum and budget */
	LEAD_FIXED, /* always the maximum, within the budget */
};

/* "off", "auto" or "fixed" */
const char *lead_mode_name(enum lead_mode mode);

/* Return: 0, or -EINVAL where @name is none of these. */
int lead_mode_parse(const char *name, enum lead_mode *mode);

/**
 * struct lead_policy - what was asked for, and what follows from it
 * @mode: see &enum lead_mode
 * @max_ns: never armed earlier than this before the boundary
 * @budget_permille: share of a CPU's time that may be spun away
 * @income_ns: tokens that a boundary brings
 * @burst_ns: tokens that the bucket holds at most
 * @stolen_min_ns: see lead_stolen_ns(); of the clock as it was at lead_policy_clock()
 * @haste: how often the steps of learning may double more than with short intervals
 *
 * Not written once it is set, so that all CPUs may share it.
 */
struct lead_policy {
	enum lead_mode mode;
	u32 max_ns;
	u32 budget_permille;
	u64 income_ns;
	u64 burst_ns;
	u64 stolen_min_ns;
	u32 haste;
};

/**
 * struct lead - the state of one CPU
 * @quantile_fp: a lead that covers 15 of 16 ticks, in 1/256 ns
 * @payable_fp: a lead whose mean spin the income pays for, in 1/256 ns
 * @tokens_ns: spin that may still be paid for
 * @calm: ticks in a row that @quantile_fp covered; as many as count
 * @late: ticks in a row that it did not; as many as count
 * @thefts: share of recent spins in which time was stolen, in 1/65536
 */
struct lead {
	u64 quantile_fp;
	u64 payable_fp;
	u64 tokens_ns;
	u32 calm;
	u32 late;
	u32 thefts;
};

/**
 * lead_policy_init - check and set a policy
 * @policy: policy to set; untouched on error
 * @mode: see &enum lead_mode; nothing else is looked at when off
 * @max_ns: up to LEAD_MAX_NS and half of @interval_ns; 0 for LEAD_DEFAULT_MAX_NS or
 *	half of @interval_ns, whichever is less
 * @budget_permille: up to LEAD_BUDGET_MAX_PERMILLE; 0 for LEAD_DEFAULT_BUDGET_PERMILLE
 * @interval_ns: distance between two boundaries
 *
 * Income and burst are such that within any second, wherever it begins, at most
 * @budget_permille ms are paid with lead_pay().
 *
 * Return: 0, or -EINVAL where a value is out of range.
 */
int lead_policy_init(struct lead_policy *policy, enum lead_mode mode, u32 max_ns,
		     u32 budget_permille, u64 interval_ns);

/**
 * lead_policy_clock - take note of how long a read of the clock takes
 * @policy: policy
 * @read_ns: where nothing comes between
 */
void lead_policy_clock(struct lead_policy *policy, u64 read_ns);

/**
 * lead_start - begin on a CPU of which nothing is known yet
 * @lead: state to set
 * @policy: policy
 */
void lead_start(struct lead *lead, const struct lead_policy *policy);

/**
 * lead_next_ns - how early to arm for the next boundary
 * @lead: state
 * @policy: policy
 *
 * Return: a time in ns that can be paid for if all of it is spun away; 0 when off.
 */
u32 lead_next_ns(const struct lead *lead, const struct lead_policy *policy);

/**
 * lead_learn - take note of how late a tick was entered
 * @lead: state
 * @policy: policy, not off
 * @late_ns: entry minus the time the timer was armed for
 *
 * Not for a tick that was armed for a time already past: how late that one is says
 * nothing about interrupts.
 */
void lead_learn(struct lead *lead, const struct lead_policy *policy, u64 late_ns);

/**
 * lead_stolen_ns - what was stolen from a spin between two reads of the clock
 * @policy: policy
 * @before: the earlier one, before the boundary
 * @now: the later one
 * @boundary_ns: end of the spin; what is stolen beyond it is the callback's delay
 *
 * In the spin, so that it must be cheap.
 */
static inline u64 lead_stolen_ns(const struct lead_policy *policy, u64 before, u64 now,
				 u64 boundary_ns)
{
	if (now - before < policy->stolen_min_ns)
		return 0;
	return (now < boundary_ns ? now : boundary_ns) - before;
}

/**
 * lead_charge_ns - how much of a tick's spin is to be paid for
 * @lead: state, which takes note of the theft
 * @spin_ns: time spun; 0 where the tick was entered too late for it
 * @stolen_ns: part of @spin_ns, from lead_stolen_ns()
 *
 * Return: @spin_ns less @stolen_ns; where thefts are too many to be some, @spin_ns.
 */
u64 lead_charge_ns(struct lead *lead, u64 spin_ns, u64 stolen_ns);

/**
 * lead_pay - pay for a tick's spin
 * @lead: state
 * @policy: policy, not off
 * @spin_ns: from lead_charge_ns(); at most what lead_next_ns() said for this tick
 * @boundaries: those that this tick accounts for: its own, and the missed ones
 */
void lead_pay(struct lead *lead, const struct lead_policy *policy, u64 spin_ns, u64 boundaries);

#endif
