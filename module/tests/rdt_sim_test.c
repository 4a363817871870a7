// SPDX-License-Identifier: GPL-2.0
/*
 * rdt_sim_test.c - tests of rdt, and of the simulated processor, one against the other
 *
 * Owns the module rdt_sim_test_module. rdt finds the simulation where the hardware would
 * be, and time passes when a test says so: every figure is known to the byte.
 */
#define pr_fmt(fmt) "Memory Collector: " fmt

#include <linux/cpumask.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "collector/rdt.h"
#include "collector/rdt_hardware.h"
#include "sim/registers.h"
#include "tests/ktap.h"

#define CTR_ERROR (1ULL << 63)

static struct rdt_sim_processor processor;
static struct rdt rdt;
static u64 clock_ns;

/* What is wrong with the processor, beside what the simulation can be told */
static enum { SOUND, PQR_FAULTS, EVTSEL_FAULTS, CTR_FAULTS, NO_L3, SKYLAKE, HYGON } defect;

static int defective_read(u32 msr, u64 *value)
{
	if ((defect == PQR_FAULTS && msr == RDT_MSR_PQR_ASSOC) ||
	    (defect == CTR_FAULTS && msr == RDT_MSR_QM_CTR))
		return -EIO;
	return rdt_sim_registers_table()->read(msr, value);
}

static int defective_write(u32 msr, u64 value)
{
	if (defect == EVTSEL_FAULTS && msr == RDT_MSR_QM_EVTSEL)
		return -EIO;
	return rdt_sim_registers_table()->write(msr, value);
}

/* Its caches are in AMD's leaf, and no leaf says how wide its counters are. */
static void hygon_cpuid(u32 leaf, u32 subleaf, struct rdt_cpuid *result)
{
	rdt_sim_registers_table()->cpuid(leaf == 0x8000001d ? 4 : leaf, subleaf, result);
	if (leaf == 0)
		*result = (struct rdt_cpuid){0xd, 0x6f677948, 0x656e6975, 0x6e65476e};
	if (leaf == 1)
		result->eax = 0x00900f01;
	if (leaf == 4)
		*result = (struct rdt_cpuid){};
	if (leaf == 0xf && subleaf == 1)
		result->eax = 0;
}

static void defective_cpuid(u32 leaf, u32 subleaf, struct rdt_cpuid *result)
{
	if (defect == HYGON) {
		hygon_cpuid(leaf, subleaf, result);
		return;
	}
	rdt_sim_registers_table()->cpuid(leaf, subleaf, result);
	if (defect == NO_L3 && (leaf == 4 || leaf == 0x8000001d))
		*result = (struct rdt_cpuid){};
	if (defect == SKYLAKE && leaf == 0)
		*result = (struct rdt_cpuid){0x16, 0x756e6547, 0x6c65746e, 0x49656e69};
	if (defect == SKYLAKE && leaf == 1)
		result->eax = 0x00050654;
}

static bool defective_resctrl_mounted(void)
{
	return rdt_sim_registers_table()->resctrl_mounted();
}

/* What collector/rdt.c would ask collector/rdt_hardware.c for, which is not part of this module */
const struct rdt_registers *rdt_hardware_registers(void)
{
	static const struct rdt_registers registers = {
		.cpuid = defective_cpuid,
		.read = defective_read,
		.write = defective_write,
		.resctrl_mounted = defective_resctrl_mounted,
	};

	return &registers;
}

static u64 clock_now(void)
{
	return READ_ONCE(clock_ns);
}

/* A processor that most tests change little in: a unit is a byte, all CPUs share a cache. */
static struct rdt_sim_processor usual(void)
{
	return (struct rdt_sim_processor){
		.max_rmid = 15,
		.width = 62,
		.scale = 1,
		.cpus_per_domain = 4096,
		.cache_bytes = 1 << 20,
		.occupancy = true,
		.total = true,
		.local = true,
		.rates = {.total = 1000000000, .local = 500000000},
		.now = clock_now,
	};
}

static unsigned int first_cpu(void)
{
	return cpumask_first(cpu_online_mask);
}

static bool begin(struct ktap *ktap, const struct rdt_sim_processor *wanted)
{
	int err;

	processor = *wanted;
	clock_ns = 12345;
	err = rdt_sim_registers_init(&processor);
	if (!KTAP_EXPECT(ktap, !err, "error %d", err))
		return false;
	/* The CPU that it tries the registers on counts a read. */
	set_cpus_allowed_ptr(current, cpumask_of(first_cpu()));
	err = rdt_open(&rdt, RDT_CHOICE_ON);
	set_cpus_allowed_ptr(current, cpu_possible_mask);
	if (KTAP_EXPECT(ktap, !err, "error %d", err))
		return true;
	rdt_sim_registers_exit();
	return false;
}

static void end(void)
{
	defect = SOUND;
	rdt_close(&rdt);
	rdt_sim_registers_exit();
}

static void pass(u64 ns)
{
	WRITE_ONCE(clock_ns, clock_ns + ns);
}

/* ---- on a CPU ---- */

/**
 * struct access - what to do on a CPU, and what came of it
 * @msr: number
 * @value: to write, or read
 * @rmid: for rdt_set_rmid() and rdt_read()
 * @event: for rdt_read()
 * @reading: of it
 * @domain: the CPU's
 * @other: of rdt_assert_rmid()
 * @err: of an access of @msr
 */
struct access {
	u32 msr;
	u64 value;
	u32 rmid;
	u32 event;
	struct rdt_reading reading;
	u32 domain;
	bool other;
	int err;
};

static void write_here(void *data)
{
	struct access *access = data;

	access->err = rdt_sim_registers_table()->write(access->msr, access->value);
}

static void read_here(void *data)
{
	struct access *access = data;

	access->err = rdt_sim_registers_table()->read(access->msr, &access->value);
}

static void set_rmid_here(void *data)
{
	rdt_set_rmid(&rdt, ((struct access *)data)->rmid);
}

static void assert_rmid_here(void *data)
{
	struct access *access = data;

	access->other = rdt_assert_rmid(&rdt, access->rmid);
}

static void read_counter_here(void *data)
{
	struct access *access = data;

	access->reading = rdt_read(&rdt, access->rmid, access->event);
}

static void find_domain_here(void *data)
{
	((struct access *)data)->domain = rdt_domain(&rdt);
}

static void join_here(void *unused)
{
	rdt_cpu_joined(&rdt);
}

static void leave_here(void *unused)
{
	rdt_cpu_left(&rdt);
}

/* Context: as the hardware's: hard interrupt, or interrupts off on the calling CPU. */
static void on(unsigned int cpu, void (*run)(void *data), struct access *access)
{
	smp_call_function_single(cpu, run, access, true);
}

static void set_rmid(unsigned int cpu, u32 rmid)
{
	struct access access = {.rmid = rmid};

	on(cpu, set_rmid_here, &access);
}

/* Return: the register said something else. */
static bool assert_rmid(unsigned int cpu, u32 rmid)
{
	struct access access = {.rmid = rmid};

	on(cpu, assert_rmid_here, &access);
	return access.other;
}

static struct rdt_reading read_counter(unsigned int cpu, u32 rmid, u32 event)
{
	struct access access = {.rmid = rmid, .event = event};

	on(cpu, read_counter_here, &access);
	return access.reading;
}

static u64 value_of(struct ktap *ktap, unsigned int cpu, u32 rmid, u32 event)
{
	struct rdt_reading reading = read_counter(cpu, rmid, event);

	KTAP_EXPECT(ktap, reading.state == RDT_VALUE, "event %u: state %d", event, reading.state);
	return reading.value;
}

static u64 pqr(unsigned int cpu)
{
	return rdt_sim_registers_cpu(cpu).pqr;
}

/* Return: nr_cpu_ids where there is one only. */
static unsigned int second_cpu(struct ktap *ktap)
{
	unsigned int cpu = cpumask_next(first_cpu(), cpu_online_mask);

	if (cpu >= nr_cpu_ids)
		ktap->skip = "one CPU is online";
	return cpu;
}

/* ---- tests ---- */

static void features(struct ktap *ktap)
{
	static const struct {
		u32 max_rmid, width, scale;
		bool occupancy, total, local;
	} rows[] = {
		{1, 24, 1, true, true, true},
		{255, 32, 65536, true, false, false},
		{1023, 44, 106496, false, true, false},
		{65535, 62, 1 << 30, false, false, true},
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rdt_sim_processor wanted = usual();
		const struct rdt_features *is = &rdt.features;

		wanted.max_rmid = rows[i].max_rmid;
		wanted.width = rows[i].width;
		wanted.scale = rows[i].scale;
		wanted.occupancy = rows[i].occupancy;
		wanted.total = rows[i].total;
		wanted.local = rows[i].local;
		if (!begin(ktap, &wanted))
			continue;
		KTAP_EXPECT(ktap, is->max_rmid == rows[i].max_rmid, "row %zu: %u", i, is->max_rmid);
		KTAP_EXPECT(ktap, is->width == rows[i].width, "row %zu: %u", i, is->width);
		KTAP_EXPECT(ktap, is->scale == rows[i].scale, "row %zu: %u", i, is->scale);
		KTAP_EXPECT(ktap,
			    is->occupancy == rows[i].occupancy && is->total == rows[i].total &&
				    is->local == rows[i].local,
			    "row %zu: %d %d %d", i, is->occupancy, is->total, is->local);
		KTAP_EXPECT(ktap, is->correction.factor == RDT_CORRECTION_ONE, "row %zu: %u", i,
			    is->correction.factor);
		end();
	}
}

static void caches(struct ktap *ktap)
{
	static const struct {
		u32 cpus_per_domain;
		u64 bytes;
	} rows[] = {{1, 1024}, {2, 36 << 20}, {4096, 1ULL << 32}};
	unsigned int cpu;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rdt_sim_processor wanted = usual();

		wanted.cpus_per_domain = rows[i].cpus_per_domain;
		wanted.cache_bytes = rows[i].bytes;
		if (!begin(ktap, &wanted))
			continue;
		KTAP_EXPECT(ktap, rdt_cache_bytes(&rdt) == rows[i].bytes, "row %zu: %llu", i,
			    rdt_cache_bytes(&rdt));
		for_each_online_cpu (cpu) {
			struct access access = {};

			on(cpu, find_domain_here, &access);
			KTAP_EXPECT(ktap, access.domain == cpu / rows[i].cpus_per_domain,
				    "row %zu: CPU %u: %u", i, cpu, access.domain);
		}
		end();
	}
}

static void what_is_taken(struct ktap *ktap)
{
	static const struct {
		u32 max_rmid;
		bool resctrl;
		enum rdt_choice choice;
		int answer;
		enum rdt_source source;
	} rows[] = {
		{15, false, RDT_CHOICE_ON, 0, RDT_SOURCE_HARDWARE},
		{15, false, RDT_CHOICE_AUTO, 0, RDT_SOURCE_HARDWARE},
		{15, false, RDT_CHOICE_EMULATED, 0, RDT_SOURCE_EMULATED},
		{15, true, RDT_CHOICE_ON, -EBUSY, RDT_SOURCE_EMULATED},
		{15, true, RDT_CHOICE_AUTO, 0, RDT_SOURCE_EMULATED},
		{0, false, RDT_CHOICE_ON, -ENODEV, RDT_SOURCE_EMULATED},
		{0, false, RDT_CHOICE_AUTO, 0, RDT_SOURCE_EMULATED},
		/* rdt_sim itself is not loaded */
		{15, false, RDT_CHOICE_SIM, -ENODEV, RDT_SOURCE_EMULATED},
	};
	size_t i;
	int is;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		processor = usual();
		processor.max_rmid = rows[i].max_rmid;
		processor.resctrl = rows[i].resctrl;
		is = rdt_sim_registers_init(&processor);
		if (!KTAP_EXPECT(ktap, !is, "row %zu: error %d", i, is))
			return;
		is = rdt_open(&rdt, rows[i].choice);
		KTAP_EXPECT(ktap, is == rows[i].answer, "row %zu: %d", i, is);
		KTAP_EXPECT(ktap, rdt.source == rows[i].source, "row %zu: %d", i, rdt.source);
		KTAP_EXPECT(ktap, rdt_has_counters(&rdt) == (rows[i].source == RDT_SOURCE_HARDWARE),
			    "row %zu: %d", i, rdt_has_counters(&rdt));
		end();
	}
}

/* CPUID shows monitoring all the same. */
static void what_is_shown_but_does_not_work(struct ktap *ktap)
{
	static const struct {
		typeof(defect) defect;
		int on; /* the answer */
		bool taken; /* by auto */
	} rows[] = {
		{SOUND, 0, true},
		{PQR_FAULTS, -ENODEV, false},
		{EVTSEL_FAULTS, -ENODEV, false},
		{CTR_FAULTS, -ENODEV, false},
		{NO_L3, -ENODEV, false},
		{SKYLAKE, 0, false},
	};
	size_t i;
	int is;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		processor = usual();
		is = rdt_sim_registers_init(&processor);
		if (!KTAP_EXPECT(ktap, !is, "row %zu: error %d", i, is))
			return;
		defect = rows[i].defect;
		is = rdt_open(&rdt, RDT_CHOICE_ON);
		KTAP_EXPECT(ktap, is == rows[i].on, "row %zu: %d", i, is);
		rdt_close(&rdt);
		is = rdt_open(&rdt, RDT_CHOICE_AUTO);
		KTAP_EXPECT(ktap, !is && rdt_has_counters(&rdt) == rows[i].taken,
			    "row %zu: %d, counters %d", i, is, rdt_has_counters(&rdt));
		end();
	}
}

/* Also that looking at a counter takes nothing from it: @steps looks, and no rounding */
static void bandwidth(struct ktap *ktap)
{
	static const struct {
		u64 total, local, step_ns, steps, total_units, local_units;
		u32 scale;
	} rows[] = {
		{1000000000, 750000000, NSEC_PER_MSEC, 10, 10000000, 7500000, 1},
		{1000000000, 750000000, NSEC_PER_MSEC, 10, 9765, 7324, 1024},
		{3, 1, NSEC_PER_MSEC, 5000, 15, 5, 1},
		{999999999, 7, 1, 2000, 1999, 0, 1},
		{1000000000007, 999999999999, 10 * NSEC_PER_SEC, 3, 30000000000210, 29999999999970,
		 1},
		{0, 0, NSEC_PER_SEC, 2, 0, 0, 1},
	};
	unsigned int cpu = first_cpu();
	u64 total, local, step;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rdt_sim_processor wanted = usual();

		wanted.rates.total = rows[i].total;
		wanted.rates.local = rows[i].local;
		wanted.scale = rows[i].scale;
		if (!begin(ktap, &wanted))
			continue;
		set_rmid(cpu, 5);
		for (step = 0; step < rows[i].steps; step++) {
			pass(rows[i].step_ns);
			value_of(ktap, cpu, 5, RDT_EVENT_TOTAL);
		}
		set_rmid(cpu, 6);
		pass(NSEC_PER_SEC);
		total = value_of(ktap, cpu, 5, RDT_EVENT_TOTAL);
		local = value_of(ktap, cpu, 5, RDT_EVENT_LOCAL);
		KTAP_EXPECT(ktap, total == rows[i].total_units, "row %zu: %llu", i, total);
		KTAP_EXPECT(ktap, local == rows[i].local_units, "row %zu: %llu", i, local);
		total = value_of(ktap, cpu, 6, RDT_EVENT_TOTAL);
		KTAP_EXPECT(ktap, total == rows[i].total / rows[i].scale, "row %zu: %llu", i,
			    total);
		end();
	}
}

static void rates_of_one_rmid(struct ktap *ktap)
{
	static const struct rdt_sim_rates later = {.total = 4000, .local = 1000};
	struct rdt_sim_processor wanted = usual();
	unsigned int cpu = first_cpu();
	u64 is;

	if (!begin(ktap, &wanted))
		return;
	set_rmid(cpu, 5);
	pass(NSEC_PER_MSEC);
	rdt_sim_counters_program(rdt_sim_registers_counters(), 5, &later);
	pass(NSEC_PER_SEC);
	is = value_of(ktap, cpu, 5, RDT_EVENT_TOTAL);
	KTAP_EXPECT(ktap, is == 1000000 + 4000, "%llu", is);
	is = value_of(ktap, cpu, 5, RDT_EVENT_LOCAL);
	KTAP_EXPECT(ktap, is == 500000 + 1000, "%llu", is);
	set_rmid(cpu, 6);
	pass(NSEC_PER_MSEC);
	is = value_of(ktap, cpu, 6, RDT_EVENT_TOTAL);
	KTAP_EXPECT(ktap, is == 1000000, "%llu", is);
	end();
}

/* A counter turns over every 16 ms here, and the sum goes on. */
static void wrap(struct ktap *ktap)
{
	struct rdt_sim_processor wanted = usual();
	unsigned int cpu = first_cpu(), wraps = 0, i;
	struct rdt_sim_use first, use;
	struct rdt_sum sum = {};
	u64 before = 0, is;

	wanted.width = 24;
	if (!begin(ktap, &wanted))
		return;
	set_rmid(cpu, 5);
	pass(NSEC_PER_MSEC);
	first = rdt_sim_counters_use(rdt_sim_registers_counters(), 0, 5);
	for (i = 0; i < 100; i++) {
		struct rdt_reading reading = read_counter(cpu, 5, RDT_EVENT_TOTAL);

		rdt_sum_add(&sum, &rdt.features, &reading);
		KTAP_EXPECT(ktap, reading.value < 1 << 24, "%llu", reading.value);
		wraps += reading.value < before;
		before = reading.value;
		use = rdt_sim_counters_use(rdt_sim_registers_counters(), 0, 5);
		is = rdt_sum_bytes(&sum, &rdt.features, 5);
		KTAP_EXPECT(ktap, is == use.total_bytes - first.total_bytes, "step %u: %llu", i,
			    is);
		pass(NSEC_PER_MSEC);
	}
	KTAP_EXPECT(ktap, wraps == 100 * 1000000 / (1 << 24), "%u", wraps);
	KTAP_EXPECT(ktap, !sum.gaps, "%u", sum.gaps);
	end();
}

/* A counter of 32 bits turns over every 4.3 s here; 44 bits would make it terabytes. */
static void hygon(struct ktap *ktap)
{
	struct rdt_sim_processor wanted = usual();
	unsigned int cpu = first_cpu(), i;
	struct rdt_sum sum = {};

	wanted.width = 32;
	defect = HYGON;
	if (!begin(ktap, &wanted)) {
		defect = SOUND;
		return;
	}
	set_rmid(cpu, 5);
	for (i = 0; i <= 10; i++) {
		struct rdt_reading reading = read_counter(cpu, 5, RDT_EVENT_TOTAL);

		rdt_sum_add(&sum, &rdt.features, &reading);
		pass(NSEC_PER_SEC);
	}
	KTAP_EXPECT(ktap, rdt.features.width == 32, "%u bits", rdt.features.width);
	KTAP_EXPECT(ktap, rdt_sum_bytes(&sum, &rdt.features, 5) == 10000000000, "%llu",
		    rdt_sum_bytes(&sum, &rdt.features, 5));
	end();
}

static void occupancy(struct ktap *ktap)
{
	static const struct {
		u32 rmid;
		u64 ns, bytes;
	} rows[] = {
		{5, 0, 0},
		{5, NSEC_PER_MSEC, 3000},
		{5, 2 * NSEC_PER_MSEC, 9000},
		{5, NSEC_PER_MSEC, 10000},
		{5, NSEC_PER_SEC, 10000},
		{6, NSEC_PER_MSEC, 8000},
		{6, 3 * NSEC_PER_MSEC, 2000},
		{5, NSEC_PER_MSEC, 5000},
		{0, NSEC_PER_SEC, 0},
		{0, NSEC_PER_SEC, 0},
	};
	struct rdt_sim_processor wanted = usual();
	unsigned int cpu = first_cpu();
	size_t i;
	u64 is;

	wanted.scale = 1000;
	wanted.rates = (struct rdt_sim_rates){.rise = 3000000, .fall = 2000000, .most = 10000};
	if (!begin(ktap, &wanted))
		return;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		set_rmid(cpu, rows[i].rmid);
		pass(rows[i].ns);
		is = value_of(ktap, cpu, 5, RDT_EVENT_OCCUPANCY);
		KTAP_EXPECT(ktap, is == rows[i].bytes, "row %zu: %llu", i, is);
	}
	end();
}

/* A counter that was unavailable begins at 0 again. */
static void unavailable_and_error(struct ktap *ktap)
{
	struct rdt_sim_processor wanted = usual();
	unsigned int cpu = first_cpu(), start = 1, i;

	wanted.unavailable_every = 3;
	wanted.error_every = 5;
	if (!begin(ktap, &wanted))
		return;
	set_rmid(cpu, 5);
	/* The first read was rdt_open()'s. */
	for (i = 2; i <= 30; i++) {
		struct rdt_reading is;
		enum rdt_state wanted_state = i % 5 == 0   ? RDT_ERROR
					      : i % 3 == 0 ? RDT_UNAVAILABLE
							   : RDT_VALUE;

		pass(NSEC_PER_MSEC);
		is = read_counter(cpu, 5, RDT_EVENT_TOTAL);
		KTAP_EXPECT(ktap, is.state == wanted_state, "read %u: state %d", i, is.state);
		if (wanted_state == RDT_UNAVAILABLE)
			start = i;
		KTAP_EXPECT(ktap,
			    is.value == (wanted_state == RDT_VALUE ? (i - start) * 1000000ULL : 0),
			    "read %u: %llu", i, is.value);
	}
	end();
}

static void events_not_there(struct ktap *ktap)
{
	static const u32 events[] = {RDT_EVENT_OCCUPANCY, RDT_EVENT_TOTAL, RDT_EVENT_LOCAL};
	unsigned int cpu = first_cpu();
	size_t missing, i;

	for (missing = 0; missing < ARRAY_SIZE(events); missing++) {
		struct rdt_sim_processor wanted = usual();

		wanted.occupancy = events[missing] != RDT_EVENT_OCCUPANCY;
		wanted.total = events[missing] != RDT_EVENT_TOTAL;
		wanted.local = events[missing] != RDT_EVENT_LOCAL;
		if (!begin(ktap, &wanted))
			continue;
		for (i = 0; i < ARRAY_SIZE(events); i++) {
			enum rdt_state is = read_counter(cpu, 5, events[i]).state;

			KTAP_EXPECT(ktap, is == (i == missing ? RDT_NOT_SUPPORTED : RDT_VALUE),
				    "without %u: event %u: state %d", events[missing], events[i],
				    is);
		}
		end();
	}
}

#define EVTSEL(rmid, event) ((u64)(rmid) << 32 | (event))

static void registers(struct ktap *ktap)
{
	static const struct {
		u32 msr;
		u64 value;
		int answer;
	} writes[] = {
		{RDT_MSR_PQR_ASSOC, 15, 0},
		{RDT_MSR_PQR_ASSOC, 7ULL << 32 | 3, 0},
		{RDT_MSR_PQR_ASSOC, 16, -EIO},
		{RDT_MSR_PQR_ASSOC, 1ULL << 31 | 3, -EIO},
		{RDT_MSR_QM_EVTSEL, EVTSEL(3, RDT_EVENT_TOTAL), 0},
		{RDT_MSR_QM_EVTSEL, EVTSEL(3, 0x100), -EIO},
		{RDT_MSR_QM_EVTSEL, EVTSEL(3, 1U << 31), -EIO},
		{RDT_MSR_QM_CTR, 0, -EIO},
		{0x10, 0, -EIO},
	};
	static const struct {
		u64 evtsel, value;
	} counters[] = {
		{EVTSEL(3, RDT_EVENT_TOTAL), 1000000},
		{EVTSEL(15, RDT_EVENT_TOTAL), 0},
		{EVTSEL(16, RDT_EVENT_TOTAL), CTR_ERROR},
		{EVTSEL(3, 0), CTR_ERROR},
		{EVTSEL(3, 4), CTR_ERROR},
		{EVTSEL(0xffffffff, RDT_EVENT_LOCAL), CTR_ERROR},
	};
	struct rdt_sim_processor wanted = usual();
	unsigned int cpu = first_cpu();
	struct access access;
	size_t i;

	if (!begin(ktap, &wanted))
		return;
	for (i = 0; i < ARRAY_SIZE(writes); i++) {
		access = (struct access){.msr = writes[i].msr, .value = writes[i].value};
		on(cpu, write_here, &access);
		KTAP_EXPECT(ktap, access.err == writes[i].answer, "row %zu: %d", i, access.err);
	}
	KTAP_EXPECT(ktap, pqr(cpu) == (7ULL << 32 | 3), "%llx", pqr(cpu));
	pass(NSEC_PER_MSEC);
	for (i = 0; i < ARRAY_SIZE(counters); i++) {
		access = (struct access){.msr = RDT_MSR_QM_EVTSEL, .value = counters[i].evtsel};
		on(cpu, write_here, &access);
		access.msr = RDT_MSR_QM_CTR;
		on(cpu, read_here, &access);
		KTAP_EXPECT(ktap, !access.err && access.value == counters[i].value,
			    "row %zu: %llx, error %d", i, access.value, access.err);
	}
	access.msr = 0x10;
	on(cpu, read_here, &access);
	KTAP_EXPECT(ktap, access.err == -EIO, "%d", access.err);
	end();
}

/* Either CPU of a domain reads what both have used. */
static void one_domain(struct ktap *ktap)
{
	unsigned int first = first_cpu(), second = second_cpu(ktap);
	struct rdt_sim_processor wanted = usual();
	u64 is;

	if (ktap->skip || !begin(ktap, &wanted))
		return;
	set_rmid(first, 5);
	pass(NSEC_PER_MSEC);
	set_rmid(second, 5);
	pass(NSEC_PER_MSEC);
	set_rmid(first, 6);
	pass(NSEC_PER_MSEC);
	set_rmid(second, 6);
	pass(NSEC_PER_MSEC);
	is = value_of(ktap, first, 5, RDT_EVENT_TOTAL);
	KTAP_EXPECT(ktap, is == 4000000, "%llu", is);
	is = value_of(ktap, second, 5, RDT_EVENT_TOTAL);
	KTAP_EXPECT(ktap, is == 4000000, "%llu", is);
	is = value_of(ktap, second, 6, RDT_EVENT_TOTAL);
	KTAP_EXPECT(ktap, is == 3000000, "%llu", is);
	end();
}

static void two_domains(struct ktap *ktap)
{
	static const struct rdt_sim_rates slow = {.total = 4000};
	unsigned int first = first_cpu(), second = second_cpu(ktap);
	struct rdt_sim_processor wanted = usual();
	u64 is;

	wanted.cpus_per_domain = 1;
	if (ktap->skip || !begin(ktap, &wanted))
		return;
	set_rmid(first, 5);
	set_rmid(second, 5);
	pass(NSEC_PER_MSEC);
	set_rmid(first, 6);
	pass(2 * NSEC_PER_MSEC);
	is = value_of(ktap, first, 5, RDT_EVENT_TOTAL);
	KTAP_EXPECT(ktap, is == 1000000, "%llu", is);
	is = value_of(ktap, second, 5, RDT_EVENT_TOTAL);
	KTAP_EXPECT(ktap, is == 3000000, "%llu", is);
	is = value_of(ktap, second, 6, RDT_EVENT_TOTAL);
	KTAP_EXPECT(ktap, is == 0, "%llu", is);
	rdt_sim_counters_program(rdt_sim_registers_counters(), 7, &slow);
	set_rmid(first, 7);
	set_rmid(second, 7);
	pass(NSEC_PER_SEC);
	is = value_of(ktap, first, 7, RDT_EVENT_TOTAL);
	KTAP_EXPECT(ktap, is == 4000, "%llu", is);
	is = value_of(ktap, second, 7, RDT_EVENT_TOTAL);
	KTAP_EXPECT(ktap, is == 4000, "%llu", is);
	end();
}

static void closid_is_kept(struct ktap *ktap)
{
	struct rdt_sim_processor wanted = usual();
	unsigned int cpu = first_cpu();

	wanted.closid = 3;
	if (!begin(ktap, &wanted))
		return;
	set_rmid(cpu, 5);
	KTAP_EXPECT(ktap, pqr(cpu) == (3ULL << 32 | 5), "%llx", pqr(cpu));
	rdt_sim_registers_closid(0xfffffff1);
	set_rmid(cpu, 6);
	KTAP_EXPECT(ktap, pqr(cpu) == (0xfffffff1ULL << 32 | 6), "%llx", pqr(cpu));
	set_rmid(cpu, 0);
	KTAP_EXPECT(ktap, pqr(cpu) == 0xfffffff1ULL << 32, "%llx", pqr(cpu));
	end();
}

static void rmid_is_asserted(struct ktap *ktap)
{
	struct rdt_sim_processor wanted = usual();
	unsigned int cpu = first_cpu();
	u64 writes;

	wanted.closid = 3;
	if (!begin(ktap, &wanted))
		return;
	set_rmid(cpu, 5);
	writes = rdt_sim_registers_cpu(cpu).writes;
	KTAP_EXPECT(ktap, !assert_rmid(cpu, 5), "is other");
	KTAP_EXPECT(ktap, rdt_sim_registers_cpu(cpu).writes == writes, "written all the same");
	KTAP_EXPECT(ktap, assert_rmid(cpu, 6), "is the same");
	KTAP_EXPECT(ktap, pqr(cpu) == (3ULL << 32 | 6), "%llx", pqr(cpu));
	/* Without knowing the CLOSID, nothing can be written. */
	defect = PQR_FAULTS;
	set_rmid(cpu, 7);
	assert_rmid(cpu, 7);
	KTAP_EXPECT(ktap, pqr(cpu) == (3ULL << 32 | 6), "%llx", pqr(cpu));
	end();
}

static void rmid_is_restored(struct ktap *ktap)
{
	struct rdt_sim_processor wanted = usual();
	unsigned int cpu = first_cpu();

	wanted.closid = 3;
	wanted.rmid = 2;
	if (!begin(ktap, &wanted))
		return;
	on(cpu, join_here, NULL);
	KTAP_EXPECT(ktap, pqr(cpu) == (3ULL << 32 | 2), "%llx", pqr(cpu));
	set_rmid(cpu, 5);
	rdt_sim_registers_closid(4);
	on(cpu, leave_here, NULL);
	KTAP_EXPECT(ktap, pqr(cpu) == (4ULL << 32 | 2), "%llx", pqr(cpu));
	end();
}

static void yield_zeroes_once(struct ktap *ktap)
{
	struct rdt_sim_processor wanted = usual();
	struct rdt_reading reading;
	struct rdt_sim_cpu before, after;
	unsigned int cpu;

	wanted.closid = 3;
	if (!begin(ktap, &wanted))
		return;
	for_each_online_cpu (cpu) {
		on(cpu, join_here, NULL);
		set_rmid(cpu, 5);
	}
	rdt_yield(&rdt);
	KTAP_EXPECT(ktap, !rdt_has_counters(&rdt), "%d", rdt_has_counters(&rdt));
	for_each_online_cpu (cpu) {
		before = rdt_sim_registers_cpu(cpu);
		KTAP_EXPECT(ktap, before.pqr == 3ULL << 32, "CPU %u: %llx", cpu, before.pqr);
		KTAP_EXPECT(ktap, before.writes == 2, "CPU %u: %llu", cpu, before.writes);
		set_rmid(cpu, 6);
		reading = read_counter(cpu, 5, RDT_EVENT_TOTAL);
		KTAP_EXPECT(ktap, reading.state == RDT_UNAVAILABLE, "state %d", reading.state);
		on(cpu, leave_here, NULL);
		after = rdt_sim_registers_cpu(cpu);
		KTAP_EXPECT(ktap, !memcmp(&before, &after, sizeof(before)),
			    "CPU %u: PQR_ASSOC %llx, %llu writes, %llu reads", cpu, after.pqr,
			    after.writes, after.reads);
	}
	end();
}

static const struct ktap_case cases[] = {
	{"features", features},
	{"caches", caches},
	{"what_is_taken", what_is_taken},
	{"what_is_shown_but_does_not_work", what_is_shown_but_does_not_work},
	{"bandwidth", bandwidth},
	{"rates_of_one_rmid", rates_of_one_rmid},
	{"wrap", wrap},
	{"hygon", hygon},
	{"occupancy", occupancy},
	{"unavailable_and_error", unavailable_and_error},
	{"events_not_there", events_not_there},
	{"registers", registers},
	{"one_domain", one_domain},
	{"two_domains", two_domains},
	{"closid_is_kept", closid_is_kept},
	{"rmid_is_asserted", rmid_is_asserted},
	{"rmid_is_restored", rmid_is_restored},
	{"yield_zeroes_once", yield_zeroes_once},
};

static int failed = -1;
KTAP_FAILED_PARAMETER(failed);

static int __init rdt_sim_test_init(void)
{
	failed = ktap_run(cases, ARRAY_SIZE(cases));
	return 0;
}

static void __exit rdt_sim_test_exit(void)
{
}

module_init(rdt_sim_test_init);
module_exit(rdt_sim_test_exit);
MODULE_DESCRIPTION("Memory Collector: tests of monitoring against a simulated processor");
MODULE_LICENSE("GPL");
