/* SPDX-License-Identifier: GPL-2.0 */
/*
 * check.h - whether what a scenario's result says agrees with itself
 */
#ifndef MC_RESULT_CHECK_H
#define MC_RESULT_CHECK_H

#include "memory_collector/result.h"

/**
 * mc_scenario_agrees - check the sums
 * @scenario: result that came from a file
 * @key: set to the key of summary.json that does not agree with the others
 * @size: of @key
 * @why: set to the reason
 *
 * Return: true where everything agrees.
 */
bool mc_scenario_agrees(const struct mc_scenario_result *scenario, char *key, size_t size,
			const char **why);

#endif
