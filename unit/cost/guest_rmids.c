// SPDX-License-Identifier: GPL-2.0
/*
 * guest_rmids.c - giving an RMID out and taking it back, of 1, 100 and 10,000
 *
 * Figures: rmid_1, rmid_100, rmid_10000; rmid_empty is the two calls alone.
 */
#include <stdio.h>

#include "guest.h"

static void measure(unsigned int rmids)
{
	char options[32], name[32];
	uint64_t pairs;

	snprintf(options, sizeof(options), "rmids=%u", rmids);
	snprintf(name, sizeof(name), "rmid_%u", rmids);
	guest_load("rmid_cost_module", options);
	pairs = guest_parameter_number("rmid_cost_module", "pairs");
	guest_figure(name, (double)guest_parameter_number("rmid_cost_module", "pairs_ns") / pairs);
	guest_figure("rmid_empty",
		     (double)guest_parameter_number("rmid_cost_module", "empty_ns") / pairs);
	guest_unload("rmid_cost_module");
}

void guest_measure_rmids(void)
{
	int round;

	for (round = 0; round < COST_ROUNDS; round++) {
		measure(1);
		measure(100);
		measure(10000);
	}
}
