// SPDX-License-Identifier: GPL-2.0
/*
 * rdt_cost.c - simulated registers, for counting what is theirs
 *
 * Owns the module rdt_cost_module. A register of rdt_sim takes hundreds of instructions,
 * one of a processor takes one. Loading this takes the time of what the collector asks of
 * registers, less the same asked of registers that do nothing; both are then read from
 * parameters.
 */
#define pr_fmt(fmt) "Memory Collector: rdt_cost: " fmt

#include <linux/irqflags.h>
#include <linux/ktime.h>
#include <linux/module.h>

#include "collector/rdt_registers.h"

#define TIMES 2000
#define RMID_SHIFT 32

static unsigned int times = TIMES;
module_param(times, uint, 0444);
MODULE_PARM_DESC(times, "for reading only: how often each was done");

static u64 change_ns;
module_param(change_ns, ullong, 0444);
MODULE_PARM_DESC(change_ns, "for reading only: time to change a CPU's RMID");

static u64 read_ns;
module_param(read_ns, ullong, 0444);
MODULE_PARM_DESC(read_ns, "for reading only: time to read the three counters of an RMID");

static noinline int empty_read(u32 msr, u64 *value)
{
	*value = msr;
	return 0;
}

static noinline int empty_write(u32 msr, u64 value)
{
	barrier();
	return 0;
}

/* RMID 1, then 0 again, which is left in the end. */
static int change(const struct rdt_registers *registers, u32 turn)
{
	u64 pqr;

	return registers->read(RDT_MSR_PQR_ASSOC, &pqr)
		       ?: registers->write(RDT_MSR_PQR_ASSOC, (pqr & ~1ULL) | (~turn & 1));
}

/* Those of an RMID that no CPU has, as nearly all are when they are read. */
static int read_counters(const struct rdt_registers *registers, u32 turn)
{
	u64 value;
	u32 event;
	int err = 0;

	for (event = RDT_EVENT_OCCUPANCY; event <= RDT_EVENT_LOCAL && !err; event++)
		err = registers->write(RDT_MSR_QM_EVTSEL, 2ULL << RMID_SHIFT | event)
			      ?: registers->read(RDT_MSR_QM_CTR, &value);
	return err;
}

/* Interrupts are off, so that only the calls are counted. */
static int take_time(int (*operate)(const struct rdt_registers *registers, u32 turn),
		     const struct rdt_registers *registers, u64 *time_ns)
{
	unsigned long flags;
	u32 turn;
	int err = 0;

	local_irq_save(flags);
	*time_ns = ktime_get_ns();
	for (turn = 0; turn < TIMES && !err; turn++)
		err = operate(registers, turn);
	*time_ns = ktime_get_ns() - *time_ns;
	local_irq_restore(flags);
	return err;
}

static int take_excess(int (*operate)(const struct rdt_registers *registers, u32 turn),
		       const struct rdt_registers *registers, u64 *excess_ns)
{
	static const struct rdt_registers empty = {.read = empty_read, .write = empty_write};
	u64 empty_ns = 0;
	int err = take_time(operate, registers, excess_ns) ?: take_time(operate, &empty, &empty_ns);

	*excess_ns -= empty_ns;
	return err;
}

static int __init rdt_cost_init(void)
{
	typeof(&rdt_sim_registers) simulated = symbol_get(rdt_sim_registers);
	int err;

	if (!simulated) {
		pr_err("rdt_sim is not loaded; load it first\n");
		return -ENODEV;
	}
	err = take_excess(change, simulated(), &change_ns)
		      ?: take_excess(read_counters, simulated(), &read_ns);
	symbol_put(rdt_sim_registers);
	if (err)
		pr_err("a register refused: error %d; rdt_sim needs max_rmid=2 or more\n", err);
	return err;
}

static void __exit rdt_cost_exit(void)
{
}

module_init(rdt_cost_init);
module_exit(rdt_cost_exit);
MODULE_DESCRIPTION("Memory Collector: counting the cost of simulated registers");
MODULE_LICENSE("GPL");
