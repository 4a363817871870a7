// SPDX-License-Identifier: GPL-2.0
/*
 * rdt.c - monitoring of one machine: what it can, which RMID a CPU has, its counters
 *
 * Intel SDM volume 3, "Platform shared resource monitoring"; AMD APM volume 2, "Platform
 * Quality of Service".
 */
#define pr_fmt(fmt) "Memory Collector: " fmt

#include "collector/rdt.h"

#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/smp.h>

#include "collector/rdt_hardware.h"
#include "core/rdt_cache.h"

/* IA32_PQR_ASSOC: RMID in bits 9:0, the CLOSID in 63:32; AMD's RMIDs have 12 bits. */
#define PQR_RMID_MASK 0xffffffffULL
/* IA32_QM_EVTSEL: event in bits 7:0, RMID from bit 32 */
#define EVTSEL_RMID_SHIFT 32

/* More subleaves of the cache parameters than any processor has */
#define CACHE_SUBLEAVES 16

/**
 * struct rdt_cpu - one CPU, written by it
 * @before: its RMID when it joined
 */
struct rdt_cpu {
	u32 before;
};

static struct rdt_processor processor_of(const struct rdt_registers *registers)
{
	struct rdt_cpuid leaf0, leaf1;

	registers->cpuid(0, 0, &leaf0);
	registers->cpuid(1, 0, &leaf1);
	return rdt_processor(&leaf0, &leaf1);
}

/* Return: -ENODEV where there is no L3 monitoring. */
static int read_features(const struct rdt_registers *registers, struct rdt_features *features)
{
	struct rdt_processor processor = processor_of(registers);
	struct rdt_cpuid leaf7, leaf_f0, leaf_f1;

	registers->cpuid(7, 0, &leaf7);
	registers->cpuid(0xf, 0, &leaf_f0);
	registers->cpuid(0xf, 1, &leaf_f1);
	return rdt_features(&processor, &leaf7, &leaf_f0, &leaf_f1, features);
}

static struct rdt_cache cache_of_this_cpu(const struct rdt *rdt)
{
	const struct rdt_registers *registers = rdt->registers;
	u32 parameters = processor_of(registers).amd ? 0x8000001d : 4;
	struct rdt_cpuid leaf, id;
	u32 apic_id, i;
	int is_l3;

	registers->cpuid(0xb, 0, &id);
	apic_id = id.edx;
	if (!id.ebx) {
		registers->cpuid(1, 0, &id);
		apic_id = id.ebx >> 24;
	}
	for (i = 0; i < CACHE_SUBLEAVES; i++) {
		registers->cpuid(parameters, i, &leaf);
		is_l3 = rdt_cache_is_l3(&leaf);
		if (is_l3 > 0)
			return rdt_cache_read(&leaf, apic_id);
		if (is_l3 < 0)
			break;
	}
	return (struct rdt_cache){};
}

/* A hypervisor may show monitoring in CPUID, and fault on its registers all the same. */
static bool registers_work(const struct rdt_registers *registers)
{
	unsigned long flags;
	u64 value;
	bool work;

	local_irq_save(flags);
	work = !registers->read(RDT_MSR_PQR_ASSOC, &value) &&
	       !registers->write(RDT_MSR_QM_EVTSEL, RDT_EVENT_OCCUPANCY) &&
	       !registers->read(RDT_MSR_QM_CTR, &value);
	local_irq_restore(flags);
	return work;
}

/* What is there to take, and why it cannot be; NULL where it can */
static const char *find(struct rdt *rdt, bool insist, int *err)
{
	const struct rdt_registers *registers = rdt_hardware_registers();

	*err = -ENODEV;
	if (!registers)
		return "no hardware, RDT is a part of x86 processors, and this is another";
	if (read_features(registers, &rdt->features))
		return "no hardware, this processor shows no L3 monitoring (CPUID leaf 0FH); a virtual machine seldom does";
	if (rdt->features.distrusted && !insist)
		return "this processor's counters are wrong, by its errata, and Linux does not use them either; hardware=on insists";
	*err = -EBUSY;
	if (registers->resctrl_mounted())
		return "resctrl is mounted and owns the RMIDs: umount /sys/fs/resctrl";
	*err = -ENODEV;
	if (!registers_work(registers))
		return "the processor shows L3 monitoring, but its registers cannot be used; a hypervisor may keep them to itself";
	rdt->registers = registers;
	if (!rdt_cache_bytes(rdt)) {
		rdt->registers = NULL;
		return "CPUID shows no L3 cache, so that nobody knows which CPUs share one";
	}
	rdt->source = RDT_SOURCE_HARDWARE;
	*err = 0;
	return NULL;
}

static int open_hardware(struct rdt *rdt, bool insist)
{
	int err;
	const char *why = find(rdt, insist, &err);

	if (!err) {
		if (rdt->features.distrusted)
			pr_warn("hardware=on: this processor's counters are wrong, by its errata\n");
		return 0;
	}
	rdt->features = (struct rdt_features){};
	if (insist) {
		pr_err("hardware=on: %s\n", why);
		return err;
	}
	pr_info("RMIDs are emulated: %s\n", why);
	return 0;
}

static int open_simulation(struct rdt *rdt)
{
	const struct rdt_registers *(*offered)(void) = symbol_get(rdt_sim_registers);
	int err;

	if (!offered) {
		pr_err("hardware=sim: rdt_sim is not loaded: insmod rdt_sim.ko first\n");
		return -ENODEV;
	}
	err = read_features(offered(), &rdt->features);
	if (!err && offered()->resctrl_mounted())
		err = -EBUSY;
	if (err) {
		pr_err("hardware=sim: %s\n",
		       err == -EBUSY ? "the simulated resctrl is mounted: its parameter resctrl=0"
				     : "it simulates a processor without L3 monitoring");
		rdt->features = (struct rdt_features){};
		symbol_put(rdt_sim_registers);
		return err;
	}
	rdt->registers = offered();
	rdt->source = RDT_SOURCE_SIMULATED;
	pr_info("everything that follows is SIMULATED by rdt_sim\n");
	return 0;
}

int rdt_open(struct rdt *rdt, enum rdt_choice choice)
{
	int err = 0;

	*rdt = (struct rdt){.source = RDT_SOURCE_EMULATED};
	if (choice == RDT_CHOICE_SIM)
		err = open_simulation(rdt);
	else if (choice != RDT_CHOICE_EMULATED)
		err = open_hardware(rdt, choice == RDT_CHOICE_ON);
	if (err || !rdt->registers)
		return err;
	rdt->cpus = alloc_percpu(struct rdt_cpu);
	if (!rdt->cpus) {
		rdt_close(rdt);
		return -ENOMEM;
	}
	return 0;
}

void rdt_close(struct rdt *rdt)
{
	free_percpu(rdt->cpus);
	if (rdt->source == RDT_SOURCE_SIMULATED && rdt->registers)
		symbol_put(rdt_sim_registers);
	*rdt = (struct rdt){};
}

void rdt_cpu_joined(struct rdt *rdt)
{
	u64 pqr = 0;

	if (!rdt->registers)
		return;
	rdt->registers->read(RDT_MSR_PQR_ASSOC, &pqr);
	this_cpu_ptr(rdt->cpus)->before = pqr & PQR_RMID_MASK;
}

void rdt_cpu_left(struct rdt *rdt)
{
	unsigned long flags;

	if (!rdt->registers)
		return;
	local_irq_save(flags);
	rdt_set_rmid(rdt, this_cpu_ptr(rdt->cpus)->before);
	local_irq_restore(flags);
}

/*
 * Who sets CLOSIDs does not tell us: what is there now is right. Where it cannot be read,
 * nothing is written.
 *
 * Context: interrupts off.
 */
static bool put_rmid(const struct rdt *rdt, u32 rmid, bool only_if_other)
{
	u64 pqr;

	if (rdt->registers->read(RDT_MSR_PQR_ASSOC, &pqr) ||
	    (only_if_other && (pqr & PQR_RMID_MASK) == rmid))
		return false;
	rdt->registers->write(RDT_MSR_PQR_ASSOC, (pqr & ~PQR_RMID_MASK) | rmid);
	return true;
}

void rdt_set_rmid(struct rdt *rdt, u32 rmid)
{
	if (rdt_has_counters(rdt))
		put_rmid(rdt, rmid, false);
}

bool rdt_assert_rmid(struct rdt *rdt, u32 rmid)
{
	return rdt_has_counters(rdt) && put_rmid(rdt, rmid, true);
}

static bool has_event(const struct rdt_features *features, u32 event)
{
	return (event == RDT_EVENT_OCCUPANCY && features->occupancy) ||
	       (event == RDT_EVENT_TOTAL && features->total) ||
	       (event == RDT_EVENT_LOCAL && features->local);
}

struct rdt_reading rdt_read(struct rdt *rdt, u32 rmid, u32 event)
{
	const struct rdt_registers *registers = rdt->registers;
	u64 qm_ctr;

	if (!has_event(&rdt->features, event))
		return (struct rdt_reading){.state = RDT_NOT_SUPPORTED};
	if (READ_ONCE(rdt->yielded))
		return (struct rdt_reading){.state = RDT_UNAVAILABLE};
	if (registers->write(RDT_MSR_QM_EVTSEL, (u64)rmid << EVTSEL_RMID_SHIFT | event) ||
	    registers->read(RDT_MSR_QM_CTR, &qm_ctr))
		return (struct rdt_reading){.state = RDT_ERROR};
	if (event == RDT_EVENT_OCCUPANCY)
		return rdt_occupancy(&rdt->features, qm_ctr);
	return rdt_decode(&rdt->features, qm_ctr);
}

u32 rdt_domain(struct rdt *rdt)
{
	return cache_of_this_cpu(rdt).domain;
}

u64 rdt_cache_bytes(struct rdt *rdt)
{
	u64 bytes = 0;

	if (rdt->registers) {
		migrate_disable();
		bytes = cache_of_this_cpu(rdt).bytes;
		migrate_enable();
	}
	return bytes;
}

/* Context: hard interrupt of every CPU. */
static void zero_rmid(void *rdt)
{
	put_rmid(rdt, 0, false);
}

/*
 * Writers look at @yielded and write with interrupts off, so that none is between the two
 * when this interrupt comes.
 */
void rdt_yield(struct rdt *rdt)
{
	WRITE_ONCE(rdt->yielded, true);
	on_each_cpu(zero_rmid, rdt, true);
}
