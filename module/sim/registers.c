// SPDX-License-Identifier: GPL-2.0
/*
 * registers.c - CPUID and MSRs of a processor that is not there
 *
 * Intel SDM volume 2, CPUID; volume 3, "Platform shared resource monitoring"; volume 4.
 * An x2APIC id is the number of the CPU.
 */
#include "sim/registers.h"

#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/irqflags.h>
#include <linux/percpu.h>
#include <linux/smp.h>

#define CREATE_TRACE_POINTS
#include "sim/rdt_sim_trace.h"

/* Family 6, model 6AH: no erratum asks for a correction there. */
#define SIGNATURE 0x000606a0
#define HIGHEST_LEAF 0xf

/* CPUID.7.0:EBX[12], CPUID.0FH.0:EDX[1] */
#define PQM (1U << 12)
#define L3_MONITORING (1U << 1)
#define WIDTH_BASE 24

/* CPUID.4: type in EAX 4:0, level in 7:5, sharing CPUs - 1 in 25:14; ways - 1 in EBX 31:22 */
#define CACHE_DATA 1
#define CACHE_INSTRUCTION 2
#define CACHE_UNIFIED 3
#define CACHE_LINE 64
#define CACHE_WAYS 16

#define RMID_OF_PQR 0xffffffffULL
#define CLOSID_SHIFT 32
#define EVTSEL_EVENT 0xffULL
#define EVTSEL_RESERVED 0xffffff00ULL
#define EVTSEL_RMID_SHIFT 32
#define CTR_ERROR (1ULL << 63)
#define CTR_UNAVAILABLE (1ULL << 62)

static const struct rdt_sim_processor *simulated;
static struct rdt_sim_counters counters;
/* Written by its CPU with interrupts off. */
static DEFINE_PER_CPU(struct rdt_sim_cpu, cpus);

u32 rdt_sim_registers_domain(unsigned int number)
{
	return number / simulated->cpus_per_domain;
}

/* ---- CPUID ---- */

static struct rdt_cpuid cache_leaf(u32 subleaf)
{
	static const struct {
		u32 type, level;
	} caches[] = {{CACHE_DATA, 1}, {CACHE_INSTRUCTION, 1}, {CACHE_UNIFIED, 2}};
	struct rdt_cpuid leaf = {};

	if (subleaf < ARRAY_SIZE(caches)) {
		leaf.eax = caches[subleaf].type | caches[subleaf].level << 5;
	} else if (subleaf == ARRAY_SIZE(caches)) {
		leaf.eax = CACHE_UNIFIED | 3 << 5 | (simulated->cpus_per_domain - 1) << 14;
		leaf.ebx = (CACHE_LINE - 1) | (CACHE_WAYS - 1) << 22;
		leaf.ecx = simulated->cache_bytes / CACHE_LINE / CACHE_WAYS - 1;
	}
	return leaf;
}

static struct rdt_cpuid monitoring_leaf(u32 subleaf)
{
	if (!simulated->max_rmid || subleaf > 1)
		return (struct rdt_cpuid){};
	if (!subleaf)
		return (struct rdt_cpuid){.ebx = simulated->max_rmid, .edx = L3_MONITORING};
	return (struct rdt_cpuid){
		.eax = simulated->width - WIDTH_BASE,
		.ebx = simulated->scale,
		.ecx = simulated->max_rmid,
		.edx = simulated->occupancy << 0 | simulated->total << 1 | simulated->local << 2,
	};
}

/* Who asks unbound learns of some CPU, as from a real one. */
static void sim_cpuid(u32 leaf, u32 subleaf, struct rdt_cpuid *result)
{
	u32 apic_id = raw_smp_processor_id();

	*result = (struct rdt_cpuid){};
	if (leaf == 0) {
		result->eax = HIGHEST_LEAF;
		memcpy(&result->ebx, "Genu", 4);
		memcpy(&result->edx, "ineI", 4);
		memcpy(&result->ecx, "ntel", 4);
	} else if (leaf == 1) {
		result->eax = SIGNATURE;
		result->ebx = apic_id << 24;
	} else if (leaf == 4) {
		*result = cache_leaf(subleaf);
	} else if (leaf == 7 && !subleaf) {
		result->ebx = simulated->max_rmid ? PQM : 0;
	} else if (leaf == 0xb && !subleaf) {
		/* Cores of one thread: type 1 in ECX 15:8 */
		*result = (struct rdt_cpuid){.ebx = 1, .ecx = 1 << 8, .edx = apic_id};
	} else if (leaf == 0xf) {
		*result = monitoring_leaf(subleaf);
	}
}

/* ---- MSRs; context: interrupts off, under the run-queue lock as well ---- */

static int write_pqr(struct rdt_sim_cpu *cpu, u64 value)
{
	u32 from = cpu->pqr & RMID_OF_PQR, to = value & RMID_OF_PQR;

	if (to > simulated->max_rmid)
		return -EIO;
	if (from != to)
		rdt_sim_counters_move(&counters, rdt_sim_registers_domain(smp_processor_id()), from,
				      to);
	WRITE_ONCE(cpu->pqr, value);
	cpu->writes++;
	trace_pqr_write(value);
	return 0;
}

/* An RMID or event that is not there does not fault here, but is an error when read. */
static int write_evtsel(struct rdt_sim_cpu *cpu, u64 value)
{
	if (value & EVTSEL_RESERVED)
		return -EIO;
	cpu->evtsel = value;
	return 0;
}

/* Is it the turn of one in @every? */
static bool is_turn(u64 count, u32 every)
{
	return every && count % every == 0;
}

static u64 in_units(u64 bytes, u32 width)
{
	return bytes / simulated->scale & ((1ULL << width) - 1);
}

/* As AMD's: a bandwidth counter that was unavailable has begun again. */
static u64 unavailable(u32 domain, u32 rmid, u32 event)
{
	if (event != RDT_EVENT_OCCUPANCY)
		rdt_sim_counters_restart(&counters, domain, rmid, event == RDT_EVENT_LOCAL);
	return CTR_UNAVAILABLE;
}

static u64 read_counter(struct rdt_sim_cpu *cpu)
{
	u32 domain = rdt_sim_registers_domain(smp_processor_id());
	u32 event = cpu->evtsel & EVTSEL_EVENT;
	u32 rmid = cpu->evtsel >> EVTSEL_RMID_SHIFT;
	struct rdt_sim_use use;

	cpu->reads++;
	if (rmid > simulated->max_rmid || is_turn(cpu->reads, simulated->error_every))
		return CTR_ERROR;
	if (is_turn(cpu->reads, simulated->unavailable_every))
		return unavailable(domain, rmid, event);
	use = rdt_sim_counters_use(&counters, domain, rmid);
	if (event == RDT_EVENT_OCCUPANCY && simulated->occupancy)
		return in_units(use.occupancy_bytes, 62);
	if (event == RDT_EVENT_TOTAL && simulated->total)
		return in_units(use.total_bytes - use.total_start, simulated->width);
	if (event == RDT_EVENT_LOCAL && simulated->local)
		return in_units(use.local_bytes - use.local_start, simulated->width);
	return CTR_ERROR;
}

static int read_msr(struct rdt_sim_cpu *cpu, u32 msr, u64 *value)
{
	if (!simulated->max_rmid)
		return -EIO;
	if (msr == RDT_MSR_PQR_ASSOC)
		*value = cpu->pqr;
	else if (msr == RDT_MSR_QM_EVTSEL)
		*value = cpu->evtsel;
	else if (msr == RDT_MSR_QM_CTR)
		*value = read_counter(cpu);
	else
		return -EIO;
	return 0;
}

static int write_msr(struct rdt_sim_cpu *cpu, u32 msr, u64 value)
{
	if (!simulated->max_rmid)
		return -EIO;
	if (msr == RDT_MSR_PQR_ASSOC)
		return write_pqr(cpu, value);
	if (msr == RDT_MSR_QM_EVTSEL)
		return write_evtsel(cpu, value);
	return -EIO;
}

static int sim_read(u32 msr, u64 *value)
{
	struct rdt_sim_cpu *cpu;
	unsigned long flags;
	int err;

	local_irq_save(flags);
	cpu = this_cpu_ptr(&cpus);
	err = read_msr(cpu, msr, value);
	cpu->faults += !!err;
	local_irq_restore(flags);
	return err;
}

static int sim_write(u32 msr, u64 value)
{
	struct rdt_sim_cpu *cpu;
	unsigned long flags;
	int err;

	local_irq_save(flags);
	cpu = this_cpu_ptr(&cpus);
	err = write_msr(cpu, msr, value);
	cpu->faults += !!err;
	local_irq_restore(flags);
	return err;
}

static bool sim_resctrl_mounted(void)
{
	return READ_ONCE(simulated->resctrl);
}

static const struct rdt_registers table = {
	.cpuid = sim_cpuid,
	.read = sim_read,
	.write = sim_write,
	.resctrl_mounted = sim_resctrl_mounted,
};

const struct rdt_registers *rdt_sim_registers_table(void)
{
	return &table;
}

/* ---- from outside ---- */

int rdt_sim_registers_init(const struct rdt_sim_processor *processor)
{
	unsigned int number;
	int err;

	simulated = processor;
	err = rdt_sim_counters_init(&counters, rdt_sim_registers_domain(nr_cpu_ids - 1) + 1,
				    processor->max_rmid + 1, &processor->rates, processor->now);
	if (err)
		return err;
	for_each_possible_cpu (number) {
		*per_cpu_ptr(&cpus, number) = (struct rdt_sim_cpu){
			.pqr = (u64)processor->closid << CLOSID_SHIFT | processor->rmid,
		};
		rdt_sim_counters_load(&counters, rdt_sim_registers_domain(number), processor->rmid);
	}
	return 0;
}

void rdt_sim_registers_exit(void)
{
	rdt_sim_counters_exit(&counters);
}

static void set_closid(struct rdt_sim_cpu *cpu, u32 closid)
{
	WRITE_ONCE(cpu->pqr, (u64)closid << CLOSID_SHIFT | (cpu->pqr & RMID_OF_PQR));
}

/* Context: hard interrupt, or interrupts off on the calling CPU. */
static void set_closid_here(void *closid)
{
	set_closid(this_cpu_ptr(&cpus), *(u32 *)closid);
}

void rdt_sim_registers_closid(u32 closid)
{
	unsigned int number;

	cpus_read_lock();
	on_each_cpu(set_closid_here, &closid, true);
	for_each_possible_cpu (number)
		if (!cpu_online(number))
			set_closid(per_cpu_ptr(&cpus, number), closid);
	cpus_read_unlock();
}

u64 rdt_sim_registers_pqr(void)
{
	return this_cpu_read(cpus.pqr);
}

struct rdt_sim_cpu rdt_sim_registers_cpu(unsigned int number)
{
	const struct rdt_sim_cpu *cpu = per_cpu_ptr(&cpus, number);

	return (struct rdt_sim_cpu){
		.pqr = READ_ONCE(cpu->pqr),
		.evtsel = READ_ONCE(cpu->evtsel),
		.writes = READ_ONCE(cpu->writes),
		.reads = READ_ONCE(cpu->reads),
		.faults = READ_ONCE(cpu->faults),
	};
}

struct rdt_sim_counters *rdt_sim_registers_counters(void)
{
	return &counters;
}
