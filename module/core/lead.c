// SPDX-License-Identifier: GPL-2.0
/*
 * lead.c - the controller of a CPU's lead, and the budget it spends
 */
#include "core/lead.h"

#define NSEC_PER_SECOND 1000000000ULL
#define FP_SHIFT 8

/*
 * The quantile goes up by QUANTILE_UP steps when a tick was entered too late for it
 * and down by one when it was not: it rests where one tick in QUANTILE_UP + 1 is too
 * late. A step is a share of the quantile, so that 2 us and 200 us are followed
 * equally fast: it doubles within 50 late ticks, while a single stall, however long,
 * moves it by 1.5 %.
 */
#define QUANTILE_UP 15
#define STEP_SHIFT 10
#define STEP_MIN_FP (4ULL << FP_SHIFT)

/*
 * At rest, 32 ticks in a row without a late one are rare and twice as many are very
 * rare: they mean that the load has gone. Then the steps down double each 32 ticks, up
 * to 16 times their size.
 */
#define CALM_TICKS_SHIFT 5
#define CALM_SHIFT_MAX 4

/*
 * Ticks further apart than this are fewer in the time in which a change is to be
 * followed. Larger steps would hunt, so that only runs that chance hardly makes count for
 * more: steps up double with each LATE_TICKS in a row that were late, and steps down each
 * 16 early ones; both up to HASTE_MAX times more, at which a step is a quarter of the
 * quantile. From 8 times this interval on a change takes so many ticks, however far
 * apart they are: what a longer spin costs is a small share of so long an interval.
 */
#define HASTE_INTERVAL_NS 2000000ULL
#define HASTE_MAX 4
#define LATE_TICKS 2
#define HASTE_CALM_TICKS_SHIFT 4

/* Share of its error that the controller of the mean spin corrects per tick: 1/16 */
#define PAYABLE_SHIFT 4

/*
 * The share of spins with a theft is averaged over about 64 of them. After a clock has
 * become slow, the time of four is not paid for.
 */
#define THEFTS_ALL 65536U
#define THEFTS_SHIFT 6
#define THEFTS_MAX (THEFTS_ALL / 16)

/* With fewer ticks than these in a second, each may need a larger part of the budget. */
#define FEW_TICKS 15

static const char *const names[] = {
	[LEAD_OFF] = "off",
	[LEAD_AUTO] = "auto",
	[LEAD_FIXED] = "fixed",
};

const char *lead_mode_name(enum lead_mode mode)
{
	return names[mode];
}

int lead_mode_parse(const char *name, enum lead_mode *mode)
{
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i]))
			continue;
		*mode = (enum lead_mode)i;
		return 0;
	}
	return -EINVAL;
}

static u32 haste_at(u64 interval_ns)
{
	u32 haste = 0;

	while (haste < HASTE_MAX && interval_ns > HASTE_INTERVAL_NS << haste)
		haste++;
	return haste;
}

int lead_policy_init(struct lead_policy *policy, enum lead_mode mode, u32 max_ns,
		     u32 budget_permille, u64 interval_ns)
{
	u64 half_ns = interval_ns / 2;
	u64 budget_ns, ticks, burst_ns;

	if (mode == LEAD_OFF) {
		*policy = (struct lead_policy){.mode = LEAD_OFF};
		return 0;
	}
	if (!max_ns)
		max_ns = half_ns < LEAD_DEFAULT_MAX_NS ? (u32)half_ns : LEAD_DEFAULT_MAX_NS;
	if (!budget_permille)
		budget_permille = LEAD_DEFAULT_BUDGET_PERMILLE;
	if ((mode != LEAD_AUTO && mode != LEAD_FIXED) || !max_ns || max_ns > LEAD_MAX_NS ||
	    max_ns > half_ns || budget_permille > LEAD_BUDGET_MAX_PERMILLE)
		return -EINVAL;

	/*
	 * What is paid in a second is at most what the bucket held at its first tick
	 * and the income of the boundaries that follow, of which it has so many.
	 */
	budget_ns = NSEC_PER_SECOND / 1000 * budget_permille;
	ticks = core_div_u64(NSEC_PER_SECOND, interval_ns) + 1;
	burst_ns = ticks < FEW_TICKS ? core_div_u64(budget_ns, ticks + 1) : budget_ns / 16;
	*policy = (struct lead_policy){
		.mode = mode,
		.max_ns = max_ns,
		.budget_permille = budget_permille,
		.income_ns = core_div_u64(budget_ns - burst_ns, ticks),
		.burst_ns = burst_ns,
		.stolen_min_ns = LEAD_STOLEN_MIN_NS,
		.haste = haste_at(interval_ns),
	};
	return 0;
}

void lead_policy_clock(struct lead_policy *policy, u64 read_ns)
{
	if (read_ns > LEAD_STOLEN_MIN_NS / LEAD_STOLEN_MIN_READS)
		policy->stolen_min_ns = read_ns * LEAD_STOLEN_MIN_READS;
}

void lead_start(struct lead *lead, const struct lead_policy *policy)
{
	*lead = (struct lead){
		.payable_fp = (u64)policy->max_ns << FP_SHIFT,
		.tokens_ns = policy->burst_ns,
	};
}

u32 lead_next_ns(const struct lead *lead, const struct lead_policy *policy)
{
	u64 wanted_fp = lead->payable_fp;
	u64 wanted_ns;

	if (policy->mode == LEAD_OFF)
		return 0;
	if (policy->mode == LEAD_AUTO && lead->quantile_fp < wanted_fp)
		wanted_fp = lead->quantile_fp;
	wanted_ns = wanted_fp >> FP_SHIFT;
	return wanted_ns < lead->tokens_ns ? wanted_ns : lead->tokens_ns;
}

/* Add, or take away, without leaving 0 to the maximum */
static u64 move(u64 from_fp, u64 up_fp, u64 down_fp, const struct lead_policy *policy)
{
	u64 max_fp = (u64)policy->max_ns << FP_SHIFT;
	u64 to_fp = from_fp + up_fp;

	to_fp = to_fp > down_fp ? to_fp - down_fp : 0;
	return to_fp < max_fp ? to_fp : max_fp;
}

static u64 step_up_fp(struct lead *lead, const struct lead_policy *policy, u64 step_fp)
{
	u32 doubled = lead->late / LATE_TICKS;

	lead->calm = 0;
	if (doubled < policy->haste)
		lead->late++;
	return QUANTILE_UP * step_fp << doubled;
}

static u64 step_down_fp(struct lead *lead, const struct lead_policy *policy, u64 step_fp)
{
	u32 doubled = lead->calm >> (policy->haste ? HASTE_CALM_TICKS_SHIFT : CALM_TICKS_SHIFT);

	lead->late = 0;
	if (doubled < CALM_SHIFT_MAX + policy->haste)
		lead->calm++;
	return step_fp << doubled;
}

void lead_learn(struct lead *lead, const struct lead_policy *policy, u64 late_ns)
{
	u64 step_fp = lead->quantile_fp >> STEP_SHIFT, up_fp = 0, down_fp = 0;

	if (step_fp < STEP_MIN_FP)
		step_fp = STEP_MIN_FP;
	if (late_ns > lead->quantile_fp >> FP_SHIFT)
		up_fp = step_up_fp(lead, policy, step_fp);
	else
		down_fp = step_down_fp(lead, policy, step_fp);
	lead->quantile_fp = move(lead->quantile_fp, up_fp, down_fp, policy);
}

u64 lead_charge_ns(struct lead *lead, u64 spin_ns, u64 stolen_ns)
{
	if (!spin_ns)
		return 0;
	lead->thefts -= lead->thefts >> THEFTS_SHIFT;
	if (stolen_ns)
		lead->thefts += THEFTS_ALL >> THEFTS_SHIFT;
	return lead->thefts > THEFTS_MAX ? spin_ns : spin_ns - stolen_ns;
}

/* A little below the income is aimed at, so that the bucket rests near full. */
static void learn_payable(struct lead *lead, const struct lead_policy *policy, u64 spin_ns)
{
	u64 target_ns = policy->income_ns - policy->income_ns / 8;

	lead->payable_fp = move(lead->payable_fp, target_ns << (FP_SHIFT - PAYABLE_SHIFT),
				spin_ns << (FP_SHIFT - PAYABLE_SHIFT), policy);
}

void lead_pay(struct lead *lead, const struct lead_policy *policy, u64 spin_ns, u64 boundaries)
{
	u64 room_ns = policy->burst_ns - lead->tokens_ns;

	learn_payable(lead, policy, spin_ns);
	/*
	 * Income first: a second that begins with this payment must not get any for
	 * the boundaries before it. Compared before it is multiplied, since there may
	 * be any number of them.
	 */
	if (boundaries > room_ns || boundaries * policy->income_ns > room_ns)
		lead->tokens_ns = policy->burst_ns;
	else
		lead->tokens_ns += boundaries * policy->income_ns;
	lead->tokens_ns -= spin_ns < lead->tokens_ns ? spin_ns : lead->tokens_ns;
}
