// SPDX-License-Identifier: GPL-2.0
/*
 * guest_registers.c - what simulated registers take, which real ones do not
 *
 * Figures: registers_change for a change of a CPU's RMID, registers_read for the three
 * counters of an RMID; without the calls.
 */
#include "guest.h"

#define MODULE "rdt_cost_module"

void guest_measure_registers(void)
{
	uint64_t times;
	int round;

	for (round = 0; round < COST_ROUNDS; round++) {
		guest_load("rdt_sim", "");
		guest_load(MODULE, "");
		times = guest_parameter_number(MODULE, "times");
		guest_figure("registers_change",
			     (double)guest_parameter_number(MODULE, "change_ns") / times);
		guest_figure("registers_read",
			     (double)guest_parameter_number(MODULE, "read_ns") / times);
		guest_unload(MODULE);
		guest_unload("rdt_sim");
	}
}
