// SPDX-License-Identifier: GPL-2.0
/*
 * interval.c - where the boundaries lie, and which of them a late tick missed
 *
 * A tick in time costs one multiplication and no division; only a tick that is
 * a whole interval late pays for one.
 */
#include "core/interval.h"

int interval_init(struct interval *interval, u64 length_ns, u64 phase_ns)
{
	if (length_ns < INTERVAL_MIN_NS || length_ns > INTERVAL_MAX_NS || phase_ns >= length_ns)
		return -EINVAL;

	interval->length_ns = length_ns;
	interval->phase_ns = phase_ns;
	return 0;
}

u64 interval_boundary(const struct interval *interval, u64 tick)
{
	u64 time_ns;

	if (__builtin_mul_overflow(tick, interval->length_ns, &time_ns) ||
	    __builtin_add_overflow(time_ns, interval->phase_ns, &time_ns) || time_ns > S64_MAX)
		return S64_MAX;
	return time_ns;
}

u64 interval_ahead(const struct interval *interval, u64 now_ns)
{
	if (now_ns < interval->phase_ns)
		return 0;
	return core_div_u64(now_ns - interval->phase_ns, interval->length_ns) + 1;
}

struct interval_step interval_settle(const struct interval *interval, u64 tick, u64 start_ns)
{
	struct interval_step step = {.missed = 0, .next = tick < U64_MAX ? tick + 1 : tick};
	u64 ahead;

	if (start_ns < interval_boundary(interval, step.next))
		return step;

	/* Where boundaries saturate, the division may answer with a tick that is behind. */
	ahead = interval_ahead(interval, start_ns);
	if (ahead > step.next) {
		step.missed = ahead - step.next;
		step.next = ahead;
	}
	return step;
}
