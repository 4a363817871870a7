// SPDX-License-Identifier: GPL-2.0
/*
 * clock_verdict.c - when a clock was too wrong for what was measured with it
 */
#include "result/clock_verdict.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

bool mc_clock_changed(const char *source, const char *after)
{
	if (!strcmp(source, "tsc-early") && !strcmp(after, "tsc"))
		return false;
	return strcmp(source, after);
}

/* "4.76 % too slow", "54.6 times too fast" */
static const char *put_wrong(char *out, size_t size, double ppm)
{
	if (ppm >= 1e6)
		snprintf(out, size, "%.1f times too fast", 1 + ppm / 1e6);
	else
		snprintf(out, size, "%.3g %% too %s", fabs(ppm) / 1e4, ppm > 0 ? "fast" : "slow");
	return out;
}

void mc_clock_compare(struct mc_scenario_result *scenario, double host_tsc_hz, const char *why_not)
{
	struct mc_clock_result *clock = &scenario->clock;
	char wrong[64];

	if (clock->tsc_hz <= 0)
		return;
	if (host_tsc_hz <= 0) {
		snprintf(clock->not_compared, sizeof(clock->not_compared), "%s", why_not);
		return;
	}
	clock->not_compared[0] = '\0';
	clock->host_tsc_hz = host_tsc_hz;
	clock->ppm = (host_tsc_hz / clock->tsc_hz - 1) * 1e6;
	if (fabs(clock->ppm) <= MC_CLOCK_PPM_MAX || scenario->status != MC_STATUS_OK)
		return;
	scenario->status = MC_STATUS_INVALID;
	snprintf(scenario->reason, sizeof(scenario->reason),
		 "the guest's clock ran %s: its second had %.6f million ticks of the TSC, the "
		 "host's %.6f million",
		 put_wrong(wrong, sizeof(wrong), clock->ppm), clock->tsc_hz / 1e6,
		 host_tsc_hz / 1e6);
}
