/* SPDX-License-Identifier: GPL-2.0 */
/*
 * clock_verdict.h - whether the clock that the ticks are on ran as it should
 *
 * A guest's kernel measures its TSC when it boots. On a busy host it can be wrong by any
 * factor, and then so is every figure, without a word. The guest's TSC counts as the host's
 * does, so how often it ticks in a second of CLOCK_MONOTONIC must be the same on both sides.
 */
#ifndef MEMORY_COLLECTOR_CLOCK_VERDICT_H
#define MEMORY_COLLECTOR_CLOCK_VERDICT_H

#include "memory_collector/result.h"

/* A clock that is off by more makes a scenario invalid. NTP moves one by 500 ppm at most. */
#define MC_CLOCK_PPM_MAX 5000

/*
 * Is it another clock? Not where a kernel that has just booted goes from tsc-early to tsc: that
 * is the same counter, measured for a second more.
 */
bool mc_clock_changed(const char *source, const char *after);

/**
 * mc_clock_compare - hold a guest's clock against the host's
 * @scenario: of the guest; ok becomes invalid where the clock is off
 * @host_tsc_hz: the host's rate; negative: not known
 * @why_not: the reason then
 */
void mc_clock_compare(struct mc_scenario_result *scenario, double host_tsc_hz, const char *why_not);

#endif
