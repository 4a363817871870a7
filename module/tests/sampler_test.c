// SPDX-License-Identifier: GPL-2.0
/*
 * sampler_test.c - tests of the sampler, against what was programmed
 *
 * Owns the module sampler_test_module. Registers are rdt_sim's, their time and all ticks
 * come from the test: what every sample has to say is known to the byte. What is real is
 * the interrupt, the allocator and CPUs that are told to join and leave.
 */
#define pr_fmt(fmt) "Memory Collector: " fmt

#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/time64.h>

#include "collector/memory_collector_trace.h"
#include "collector/rdt_hardware.h"
#include "sim/registers.h"
#include "tests/ktap.h"

/* Of the collector's events only this one, and without a format in tracefs. */
DEFINE_TRACE(rdt_sample, TP_PROTO(const struct rdt_sample *sample, u8 source),
	     TP_ARGS(sample, source));

#define MAX_RMID 15
#define MOST_SAMPLES 64
#define MOST_TIME U32_MAX
/* One tick, one megabyte */
#define TICK_NS NSEC_PER_MSEC
#define RATE 1000000000ULL
#define TICK_BYTES 1000000ULL

static struct rdt_sim_processor processor;
static struct rdt rdt;
static struct rmid_allocator allocator;
static struct sampler *sampler;
static u64 clock_ns;
static u64 ticks;
/* Called at the next look at the clock: while counters are being read */
static void (*meanwhile)(void);

static struct rdt_sample samples[MOST_SAMPLES];
static u32 n_samples;

static const struct rmid_allocator_events no_events;

/* What collector/rdt.c would ask collector/rdt_hardware.c for, which is not part of this module */
const struct rdt_registers *rdt_hardware_registers(void)
{
	return rdt_sim_registers_table();
}

static u64 clock_now(void)
{
	void (*happens)(void) = meanwhile;

	meanwhile = NULL;
	if (happens)
		happens();
	return READ_ONCE(clock_ns);
}

static void note_sample(void *data, const struct rdt_sample *sample, u8 source)
{
	if (n_samples < MOST_SAMPLES)
		samples[n_samples] = *sample;
	n_samples++;
}

/**
 * struct scene - what a test starts from
 * @processor: simulated
 * @rmids: as in the allocator
 * @sampling: of the sampler
 */
struct scene {
	struct rdt_sim_processor processor;
	struct rmid_policy rmids;
	struct sampler_policy sampling;
};

/* A unit is a byte, all CPUs share a cache, and an RMID is free as soon as its lines are gone. */
static struct scene usual(void)
{
	return (struct scene){
		.processor =
			{
				.max_rmid = MAX_RMID,
				.width = 62,
				.scale = 1,
				.cpus_per_domain = 4096,
				.cache_bytes = 1 << 20,
				.occupancy = true,
				.total = true,
				.local = true,
				.rates = {.total = RATE,
					  .local = RATE / 4,
					  .rise = 10000000,
					  .fall = 10000000,
					  .most = 1 << 20},
				.now = clock_now,
			},
		.rmids = {.by_occupancy = true, .clean_bytes = 1024},
		.sampling = {.budget_ns = MOST_TIME, .emit_all = true},
	};
}

static void end(void)
{
	sampler_destroy(sampler);
	sampler = NULL;
	rmid_allocator_destroy(&allocator);
	rdt_close(&rdt);
	rdt_sim_registers_exit();
}

static unsigned int first_cpu(void)
{
	return cpumask_first(cpu_online_mask);
}

/* No CPU has joined yet. */
static bool begin(struct ktap *ktap, const struct scene *scene)
{
	int err;

	processor = scene->processor;
	clock_ns = 12345;
	ticks = 1000;
	n_samples = 0;
	meanwhile = NULL;
	err = rdt_sim_registers_init(&processor);
	if (!err) {
		/* The CPU that it tries the registers on counts a read. */
		set_cpus_allowed_ptr(current, cpumask_of(first_cpu()));
		err = rdt_open(&rdt, RDT_CHOICE_ON);
		set_cpus_allowed_ptr(current, cpu_possible_mask);
	}
	if (!err)
		err = rmid_allocator_init(&allocator, rdt.features.max_rmid, &scene->rmids,
					  &no_events);
	if (!err) {
		sampler = sampler_create(&rdt, &allocator, &scene->sampling);
		err = PTR_ERR_OR_ZERO(sampler);
	}
	if (KTAP_EXPECT(ktap, !err, "error %d", err))
		return true;
	sampler = NULL;
	end();
	return false;
}

/* ---- CPUs ---- */

/* Return: nr_cpu_ids where there is one only. */
static unsigned int second_cpu(struct ktap *ktap)
{
	unsigned int cpu = cpumask_next(first_cpu(), cpu_online_mask);

	if (cpu >= nr_cpu_ids)
		ktap->skip = "one CPU is online";
	return cpu;
}

/* Context: as the hotplug thread's: on the CPU, may sleep. */
static void on_thread_of(unsigned int cpu, void (*run)(struct sampler *sampler))
{
	set_cpus_allowed_ptr(current, cpumask_of(cpu));
	migrate_disable();
	run(sampler);
	migrate_enable();
	set_cpus_allowed_ptr(current, cpu_possible_mask);
}

static void join(unsigned int cpu)
{
	on_thread_of(cpu, sampler_cpu_joined);
}

static void leave(unsigned int cpu)
{
	on_thread_of(cpu, sampler_cpu_left);
}

static void set_rmid_here(void *rmid)
{
	rdt_set_rmid(&rdt, *(u32 *)rmid);
}

static void load(unsigned int cpu, u32 rmid)
{
	smp_call_function_single(cpu, set_rmid_here, &rmid, true);
}

static void tick_here(void *tick)
{
	sampler_tick(sampler, tick);
}

/* The same tick on two CPUs, one after the other, or on one */
static void tick_on(unsigned int first, unsigned int second)
{
	const struct sync_timer_tick tick = {.number = ticks, .boundary_ns = ticks * TICK_NS};

	smp_call_function_single(first, tick_here, (void *)&tick, true);
	if (second != first)
		smp_call_function_single(second, tick_here, (void *)&tick, true);
	ticks++;
}

static void pass(u64 ns)
{
	WRITE_ONCE(clock_ns, clock_ns + ns);
}

/* ---- RMIDs and samples ---- */

static struct rmid_grant give(struct ktap *ktap, s32 tgid)
{
	const struct rmid_owner owner = {.tgid = tgid, .comm = "test"};
	struct rmid_grant grant = {};
	int err = rmid_allocator_get(&allocator, &owner, &grant);

	KTAP_EXPECT(ktap, !err, "tgid %d: error %d", tgid, err);
	return grant;
}

static void take_back(struct ktap *ktap, const struct rmid_grant *grant)
{
	KTAP_EXPECT(ktap, !rmid_allocator_put(&allocator, grant), "RMID %u", grant->rmid);
}

static enum rmid_state state_of(u32 rmid)
{
	return rmid_allocator_view(&allocator, rmid).state;
}

/* Return: the last sample; there have been @count. */
static const struct rdt_sample *last_of(struct ktap *ktap, u32 count)
{
	KTAP_EXPECT(ktap, n_samples == count, "%u samples instead of %u", n_samples, count);
	return &samples[n_samples ? min(n_samples, MOST_SAMPLES) - 1 : 0];
}

static struct rdt_sim_use use_of(u32 domain, u32 rmid)
{
	return rdt_sim_counters_use(rdt_sim_registers_counters(), domain, rmid);
}

/* ---- tests ---- */

/* With a counter of 24 bits that turns over every 17 ticks: as programmed all the same */
static void figures(struct ktap *ktap)
{
	struct scene scene = usual();
	unsigned int cpu = first_cpu(), i;
	const struct rdt_sample *is;
	struct rdt_sim_use start, use;
	struct rmid_grant grant;

	scene.processor.width = 24;
	if (!begin(ktap, &scene))
		return;
	join(cpu);
	grant = give(ktap, 77);
	start = use_of(0, grant.rmid);
	load(cpu, grant.rmid);
	pass(TICK_NS / 2);
	for (i = 0; i < 50; i++) {
		tick_on(cpu, cpu);
		use = use_of(0, grant.rmid);
		is = last_of(ktap, i + 1);
		KTAP_EXPECT(ktap, is->total_bytes == use.total_bytes - start.total_bytes,
			    "tick %u: %llu", i, is->total_bytes);
		KTAP_EXPECT(ktap, is->local_bytes == use.local_bytes - start.local_bytes,
			    "tick %u: %llu", i, is->local_bytes);
		KTAP_EXPECT(ktap, is->occupancy_bytes == use.occupancy_bytes, "tick %u: %llu", i,
			    is->occupancy_bytes);
		KTAP_EXPECT(ktap, is->tick == 1000 + i && is->boundary_ns == is->tick * TICK_NS,
			    "tick %llu", is->tick);
		KTAP_EXPECT(ktap,
			    is->rmid == grant.rmid && is->generation == grant.generation &&
				    is->tgid == 77 && is->domain == 0 && is->gaps == 0,
			    "RMID %u generation %u tgid %d domain %u gaps %u", is->rmid,
			    is->generation, is->tgid, is->domain, is->gaps);
		KTAP_EXPECT(ktap, !is->occupancy_state && !is->total_state && !is->local_state,
			    "states %u %u %u", is->occupancy_state, is->total_state,
			    is->local_state);
		pass(TICK_NS);
	}
	KTAP_EXPECT(ktap, is->total_bytes == 49 * TICK_BYTES + TICK_BYTES / 2, "%llu",
		    is->total_bytes);
	end();
}

/* RMIDs 1 and 2 are used, 2 is loaded, 3 is free. */
static void what_is_emitted(struct ktap *ktap)
{
	static const struct {
		bool all;
		u32 samples;
	} rows[] = {{false, 2 + 4}, {true, 2 * 5}};
	unsigned int cpu = first_cpu(), tick;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct scene scene = usual();

		scene.sampling.emit_all = rows[i].all;
		if (!begin(ktap, &scene))
			return;
		join(cpu);
		give(ktap, 1);
		load(cpu, give(ktap, 2).rmid);
		for (tick = 0; tick < 5; tick++) {
			tick_on(cpu, cpu);
			pass(TICK_NS);
		}
		KTAP_EXPECT(ktap, n_samples == rows[i].samples, "row %zu: %u", i, n_samples);
		KTAP_EXPECT(ktap, sampler_status(sampler).samples == rows[i].samples,
			    "row %zu: %llu", i, sampler_status(sampler).samples);
		end();
	}
}

/* The owner's last part tick, and one who was there between two ticks only */
static void nothing_is_lost_in_between(struct ktap *ktap)
{
	struct scene scene = usual();
	unsigned int cpu = first_cpu();
	const struct rdt_sample *is;
	struct rmid_grant grant;

	scene.processor.max_rmid = 1;
	scene.processor.rates.rise = 0;
	scene.sampling.emit_all = false;
	if (!begin(ktap, &scene))
		return;
	join(cpu);
	grant = give(ktap, 1);
	tick_on(cpu, cpu);
	load(cpu, grant.rmid);
	pass(TICK_NS / 4);
	load(cpu, 0);
	take_back(ktap, &grant);
	tick_on(cpu, cpu);
	is = last_of(ktap, 2);
	KTAP_EXPECT(ktap, is->tgid == 1 && is->total_bytes == TICK_BYTES / 4, "tgid %d: %llu",
		    is->tgid, is->total_bytes);

	grant = give(ktap, 2);
	load(cpu, grant.rmid);
	pass(TICK_NS / 8);
	load(cpu, 0);
	take_back(ktap, &grant);
	tick_on(cpu, cpu);
	is = last_of(ktap, 3);
	KTAP_EXPECT(ktap, is->tgid == 2 && is->generation == grant.generation, "tgid %d", is->tgid);
	KTAP_EXPECT(ktap, is->total_bytes == TICK_BYTES / 8, "%llu", is->total_bytes);
	KTAP_EXPECT(ktap, is->local_bytes == TICK_BYTES / 32, "%llu", is->local_bytes);
	end();
}

/* What came before the CPU joined is nobody's; what came after is the first owner's. */
static void first_owner(struct ktap *ktap)
{
	struct scene scene = usual();
	unsigned int cpu = first_cpu();
	const struct rdt_sample *is;
	struct rmid_grant grant;

	if (!begin(ktap, &scene))
		return;
	load(cpu, 1);
	pass(NSEC_PER_SEC);
	load(cpu, 0);
	join(cpu);
	grant = give(ktap, 1);
	KTAP_EXPECT(ktap, grant.rmid == 1, "%u", grant.rmid);
	load(cpu, 1);
	pass(TICK_NS / 4);
	/* Shorter than a tick, and the first one all the same */
	load(cpu, 0);
	take_back(ktap, &grant);
	tick_on(cpu, cpu);
	is = last_of(ktap, 1);
	KTAP_EXPECT(ktap, is->total_bytes == TICK_BYTES / 4 && !is->gaps, "%llu, %u gaps",
		    is->total_bytes, is->gaps);
	end();
}

/* Nobody has read the domain for a while, and its counters may have begun anew. */
static void domain_without_cpus(struct ktap *ktap)
{
	struct scene scene = usual();
	unsigned int cpu = first_cpu();
	const struct rdt_sample *is;

	scene.sampling.emit_all = false;
	if (!begin(ktap, &scene))
		return;
	join(cpu);
	load(cpu, give(ktap, 1).rmid);
	pass(TICK_NS);
	tick_on(cpu, cpu);
	leave(cpu);
	pass(NSEC_PER_SEC);
	load(cpu, 0);
	join(cpu);
	/* The occupancy that is left was seen by join() already: it is told all the same. */
	tick_on(cpu, cpu);
	is = last_of(ktap, 2);
	KTAP_EXPECT(ktap, is->total_bytes == TICK_BYTES, "%llu", is->total_bytes);
	KTAP_EXPECT(ktap, is->gaps == 2, "%u gaps", is->gaps);
	end();
}

/* The owner had it before the domain's first CPU came: its sums begin there. */
static void owner_before_the_domain(struct ktap *ktap)
{
	struct scene scene = usual();
	unsigned int cpu = first_cpu();
	const struct rdt_sample *is;
	struct rmid_grant grant;
	u32 i;

	scene.processor.max_rmid = 1;
	if (!begin(ktap, &scene))
		return;
	/* Nobody reads, and so the RMID leaves limbo by time. */
	rmid_allocator_by_time(&allocator);
	for (i = 0; i < 5; i++) {
		grant = give(ktap, 1);
		take_back(ktap, &grant);
	}
	grant = give(ktap, 1);
	join(cpu);
	load(cpu, grant.rmid);
	pass(TICK_NS / 2);
	tick_on(cpu, cpu);
	is = last_of(ktap, 1);
	KTAP_EXPECT(ktap, is->generation == 6 && is->total_bytes == TICK_BYTES / 2 && !is->gaps,
		    "generation %u: %llu, %u gaps", is->generation, is->total_bytes, is->gaps);
	end();
}

/* Lines that are gone do not end the rest, which begins where the end is seen. */
static void clean_but_not_rested(struct ktap *ktap)
{
	struct scene scene = usual();
	unsigned int cpu = first_cpu(), tick;
	struct rmid_grant grant;

	scene.rmids.min_free_ns = 3 * TICK_NS;
	if (!begin(ktap, &scene))
		return;
	join(cpu);
	grant = give(ktap, 1);
	take_back(ktap, &grant);
	/* The allocator's clock is not this file's. */
	usleep_range(3 * TICK_NS / 1000 + 1000, 3 * TICK_NS / 1000 + 2000);
	for (tick = 0; tick < 3; tick++) {
		tick_on(cpu, cpu);
		KTAP_EXPECT(ktap, state_of(grant.rmid) == RMID_LIMBO, "tick %u", tick);
	}
	tick_on(cpu, cpu);
	KTAP_EXPECT(ktap, state_of(grant.rmid) == RMID_FREE, "%d", state_of(grant.rmid));
	end();
}

/* What does not move is told once to whoever begins to record. */
static void told_once_more(struct ktap *ktap)
{
	struct scene scene = usual();
	unsigned int cpu = first_cpu();

	scene.sampling.emit_all = false;
	if (!begin(ktap, &scene))
		return;
	join(cpu);
	give(ktap, 1);
	tick_on(cpu, cpu);
	tick_on(cpu, cpu);
	last_of(ktap, 1);
	sampler_tell_all(sampler);
	tick_on(cpu, cpu);
	tick_on(cpu, cpu);
	last_of(ktap, 2);
	end();
}

/**
 * struct model - a bandwidth sum as it should be, in ticks
 */
struct model {
	u64 sum;
	u64 previous;
	u32 gaps;
	bool primed;
};

static void model_add(struct model *model, enum rdt_state state, u64 now)
{
	if (state == RDT_UNAVAILABLE) {
		model->gaps += model->primed;
		model->primed = false;
	} else if (state == RDT_VALUE) {
		if (model->primed)
			model->sum += now - model->previous;
		model->previous = now;
		model->primed = true;
	}
}

/* What the simulation answers to read number @read */
static enum rdt_state answer_to(const struct rdt_sim_processor *processor, u32 read)
{
	if (processor->error_every && read % processor->error_every == 0)
		return RDT_ERROR;
	if (processor->unavailable_every && read % processor->unavailable_every == 0)
		return RDT_UNAVAILABLE;
	return RDT_VALUE;
}

static void unavailable_and_error(struct ktap *ktap)
{
	static const struct {
		u32 unavailable_every, error_every;
	} rows[] = {{5, 0}, {0, 5}, {4, 7}, {2, 0}, {1, 0}, {0, 1}};
	unsigned int cpu = first_cpu(), tick, event;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		u32 unavailable = 0, errors = 0, reads = 0;
		struct model total = {}, local = {};
		struct scene scene = usual();
		const struct rdt_sample *is;

		scene.processor.unavailable_every = rows[i].unavailable_every;
		scene.processor.error_every = rows[i].error_every;
		if (!begin(ktap, &scene))
			return;
		join(cpu);
		/* One read was rdt_open()'s; all RMIDs were read when the CPU joined, 1 first. */
		model_add(&total, answer_to(&scene.processor, 3), 0);
		model_add(&local, answer_to(&scene.processor, 4), 0);
		/* Without a value there, the owner's sums begin late. */
		total.gaps = !total.primed;
		local.gaps = !local.primed;
		reads = 1 + 3 * scene.processor.max_rmid;
		load(cpu, give(ktap, 1).rmid);
		for (tick = 0; tick < 30; tick++) {
			enum rdt_state states[3];

			for (event = 0; event < 3; event++) {
				states[event] = answer_to(&scene.processor, ++reads);
				unavailable += states[event] == RDT_UNAVAILABLE;
				errors += states[event] == RDT_ERROR;
			}
			model_add(&total, states[1], tick);
			model_add(&local, states[2], tick);
			tick_on(cpu, cpu);
			is = last_of(ktap, tick + 1);
			KTAP_EXPECT(ktap,
				    is->occupancy_state == states[0] &&
					    is->total_state == states[1] &&
					    is->local_state == states[2],
				    "row %zu tick %u: states %u %u %u", i, tick,
				    is->occupancy_state, is->total_state, is->local_state);
			KTAP_EXPECT(ktap, is->total_bytes == total.sum * TICK_BYTES,
				    "row %zu tick %u: %llu", i, tick, is->total_bytes);
			KTAP_EXPECT(ktap, is->local_bytes == local.sum * TICK_BYTES / 4,
				    "row %zu tick %u: %llu", i, tick, is->local_bytes);
			KTAP_EXPECT(ktap, is->gaps == total.gaps + local.gaps,
				    "row %zu tick %u: %u gaps", i, tick, is->gaps);
			pass(TICK_NS);
		}
		KTAP_EXPECT(ktap,
			    sampler_status(sampler).unavailable == unavailable &&
				    sampler_status(sampler).errors == errors,
			    "row %zu: %llu %llu", i, sampler_status(sampler).unavailable,
			    sampler_status(sampler).errors);
		end();
	}
}

/* Where nobody could say what the counters were when the owner came, its sums are short. */
static void unavailable_before_the_owner(struct ktap *ktap)
{
	static const struct rdt_reading clean = {.state = RDT_VALUE};
	static const struct {
		bool at_load, in_limbo;
		u64 bytes;
		u32 gaps;
	} rows[] = {
		{false, false, TICK_BYTES, 0},
		{true, false, TICK_BYTES / 2, 2},
		{false, true, TICK_BYTES / 2, 2},
	};
	unsigned int cpu = first_cpu();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct scene scene = usual();
		const struct rdt_sample *is;
		struct rmid_grant grant;

		scene.processor.max_rmid = 1;
		scene.processor.unavailable_every = rows[i].at_load;
		if (!begin(ktap, &scene))
			return;
		join(cpu);
		if (!rows[i].at_load) {
			grant = give(ktap, 1);
			tick_on(cpu, cpu);
			take_back(ktap, &grant);
			processor.unavailable_every = rows[i].in_limbo;
			tick_on(cpu, cpu);
		}
		processor.unavailable_every = 0;
		if (state_of(1) == RMID_LIMBO)
			rmid_allocator_check(&allocator, 1, grant.generation, &clean);
		load(cpu, give(ktap, 2).rmid);
		pass(TICK_NS / 2);
		tick_on(cpu, cpu);
		pass(TICK_NS / 2);
		tick_on(cpu, cpu);
		is = &samples[n_samples - 1];
		KTAP_EXPECT(ktap, is->tgid == 2 && is->total_bytes == rows[i].bytes,
			    "row %zu: tgid %d: %llu", i, is->tgid, is->total_bytes);
		KTAP_EXPECT(ktap, is->gaps == rows[i].gaps, "row %zu: %u gaps", i, is->gaps);
		end();
	}
}

static void two_domains(struct ktap *ktap)
{
	unsigned int first = first_cpu(), second = second_cpu(ktap), tick;
	struct scene scene = usual();
	const struct rdt_sample *is;
	u32 rmid, domains[2];

	scene.processor.cpus_per_domain = 1;
	if (ktap->skip || !begin(ktap, &scene))
		return;
	domains[0] = rdt_sim_registers_domain(first);
	domains[1] = rdt_sim_registers_domain(second);
	join(first);
	join(second);
	rmid = give(ktap, 1).rmid;
	tick_on(first, second);
	load(first, rmid);
	pass(TICK_NS);
	load(second, rmid);
	for (tick = 1; tick < 5; tick++) {
		pass(TICK_NS);
		tick_on(first, second);
		is = last_of(ktap, 2 * tick + 2);
		KTAP_EXPECT(ktap, is[-1].domain == domains[0] && is[0].domain == domains[1],
			    "%u and %u", is[-1].domain, is[0].domain);
		KTAP_EXPECT(ktap, is[-1].total_bytes == (tick + 1) * TICK_BYTES, "%llu",
			    is[-1].total_bytes);
		KTAP_EXPECT(ktap, is[0].total_bytes == tick * TICK_BYTES, "%llu",
			    is[0].total_bytes);
	}
	KTAP_EXPECT(ktap, sampler_status(sampler).domains >= 2, "%u",
		    sampler_status(sampler).domains);
	end();
}

/* Each RMID once, and sums go on whoever reads. */
static void cpus_come_and_go(struct ktap *ktap)
{
	unsigned int first = first_cpu(), second = second_cpu(ktap), tick, i;
	struct scene scene = usual();
	u32 seen;

	if (ktap->skip || !begin(ktap, &scene))
		return;
	join(first);
	for (i = 1; i <= MAX_RMID; i++)
		give(ktap, i);
	load(first, 1);
	load(second, 2);
	for (tick = 0; tick < 8; tick++) {
		if (tick == 2 || tick == 6)
			join(second);
		if (tick == 4)
			leave(second);
		if (tick == 7)
			leave(first);
		n_samples = 0;
		seen = 0;
		tick_on(first, second);
		last_of(ktap, MAX_RMID);
		for (i = 0; i < min_t(u32, n_samples, MAX_RMID); i++) {
			u64 wanted = samples[i].rmid <= 2 ? tick * TICK_BYTES : 0;

			seen |= 1U << samples[i].rmid;
			KTAP_EXPECT(ktap, samples[i].total_bytes == wanted, "tick %u RMID %u: %llu",
				    tick, samples[i].rmid, samples[i].total_bytes);
		}
		KTAP_EXPECT(ktap, seen == GENMASK(MAX_RMID, 1), "tick %u: %x", tick, seen);
		pass(TICK_NS);
	}
	end();
}

/* There is always time for one; the next tick begins with the one that is due. */
static void budget(struct ktap *ktap)
{
	unsigned int cpu = first_cpu(), tick;
	struct scene scene = usual();
	struct sampler_status status;

	scene.sampling.budget_ns = 0;
	if (!begin(ktap, &scene))
		return;
	join(cpu);
	for (tick = 0; tick < 5; tick++)
		give(ktap, tick + 1);
	for (tick = 0; tick < 20; tick++) {
		tick_on(cpu, cpu);
		KTAP_EXPECT(ktap, last_of(ktap, tick + 1)->rmid == tick % 5 + 1, "tick %u: %u",
			    tick, last_of(ktap, tick + 1)->rmid);
	}
	status = sampler_status(sampler);
	KTAP_EXPECT(ktap, status.read == 20 && status.due == 100 && status.overruns == 20,
		    "%llu of %llu, %llu overruns", status.read, status.due, status.overruns);
	end();
}

/* Due is what is not read too, wherever in the words of a large map it begins. */
static void coverage(struct ktap *ktap)
{
	static const struct {
		u32 rmids, ticks, budget_ns;
	} rows[] = {{1, 3, 0},	 {63, 70, 0},  {64, 70, 0},	   {65, 70, 0},
		    {300, 2, 0}, {300, 70, 0}, {300, 3, MOST_TIME}};
	unsigned int cpu = first_cpu(), tick, rmid;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		u32 read = rows[i].budget_ns ? rows[i].rmids : 1;
		struct sampler_status status;
		struct scene scene = usual();

		scene.processor.max_rmid = 400;
		scene.sampling.budget_ns = rows[i].budget_ns;
		if (!begin(ktap, &scene))
			return;
		join(cpu);
		for (rmid = 1; rmid <= rows[i].rmids; rmid++)
			give(ktap, rmid);
		for (tick = 0; tick < rows[i].ticks; tick++)
			tick_on(cpu, cpu);
		status = sampler_status(sampler);
		KTAP_EXPECT(ktap, status.read == (u64)rows[i].ticks * read, "row %zu: %llu", i,
			    status.read);
		KTAP_EXPECT(ktap, status.due == (u64)rows[i].ticks * rows[i].rmids, "row %zu: %llu",
			    i, status.due);
		KTAP_EXPECT(ktap, status.overruns == (read < rows[i].rmids ? rows[i].ticks : 0),
			    "row %zu: %llu", i, status.overruns);
		end();
	}
}

/* Lines fall by 10,000 bytes a tick; 1,024 are clean enough. */
static void limbo_in_one_domain(struct ktap *ktap)
{
	unsigned int cpu = first_cpu(), tick;
	struct scene scene = usual();
	struct rmid_grant grant;

	if (!begin(ktap, &scene))
		return;
	join(cpu);
	grant = give(ktap, 1);
	load(cpu, grant.rmid);
	pass(5 * TICK_NS);
	load(cpu, 0);
	take_back(ktap, &grant);
	for (tick = 0; tick < 5; tick++) {
		tick_on(cpu, cpu);
		KTAP_EXPECT(ktap, state_of(grant.rmid) == RMID_LIMBO, "tick %u", tick);
		pass(TICK_NS);
	}
	tick_on(cpu, cpu);
	KTAP_EXPECT(ktap, state_of(grant.rmid) == RMID_FREE, "%d", state_of(grant.rmid));
	end();
}

/* Its lines are in the cache of @dirty only. */
static void limbo_with_lines_in(struct ktap *ktap, unsigned int dirty, unsigned int clean)
{
	struct scene scene = usual();
	struct rmid_grant grant;
	unsigned int tick;

	scene.processor.cpus_per_domain = 1;
	if (!begin(ktap, &scene))
		return;
	join(first_cpu());
	join(second_cpu(ktap));
	grant = give(ktap, 1);
	load(dirty, grant.rmid);
	pass(2 * TICK_NS);
	take_back(ktap, &grant);
	tick_on(clean, clean);
	KTAP_EXPECT(ktap, state_of(grant.rmid) == RMID_LIMBO, "one domain did not know");
	load(dirty, 0);
	for (tick = 0; tick < 2; tick++) {
		tick_on(dirty, clean);
		KTAP_EXPECT(ktap, state_of(grant.rmid) == RMID_LIMBO, "tick %u", tick);
		pass(TICK_NS);
	}
	tick_on(dirty, clean);
	KTAP_EXPECT(ktap, state_of(grant.rmid) == RMID_FREE, "%d", state_of(grant.rmid));
	end();
}

static void limbo_in_two_domains(struct ktap *ktap)
{
	unsigned int first = first_cpu(), second = second_cpu(ktap);

	if (ktap->skip)
		return;
	limbo_with_lines_in(ktap, first, second);
	limbo_with_lines_in(ktap, second, first);
}

/* A domain without CPUs has nobody to ask. */
static void limbo_without_a_domain(struct ktap *ktap)
{
	unsigned int first = first_cpu(), second = second_cpu(ktap);
	struct scene scene = usual();
	struct rmid_grant grant;

	scene.processor.cpus_per_domain = 1;
	if (ktap->skip || !begin(ktap, &scene))
		return;
	join(first);
	join(second);
	grant = give(ktap, 1);
	take_back(ktap, &grant);
	tick_on(first, first);
	KTAP_EXPECT(ktap, state_of(grant.rmid) == RMID_LIMBO, "%d", state_of(grant.rmid));
	leave(second);
	tick_on(first, first);
	KTAP_EXPECT(ktap, state_of(grant.rmid) == RMID_FREE, "%d", state_of(grant.rmid));
	end();
}

/* Told some four times a second, not a thousand times */
static void limbo_unreadable(struct ktap *ktap)
{
	unsigned int cpu = first_cpu(), tick;
	struct scene scene = usual();
	struct rmid_grant grant;
	u64 unreadable;

	scene.processor.error_every = 1;
	if (!begin(ktap, &scene))
		return;
	join(cpu);
	grant = give(ktap, 1);
	take_back(ktap, &grant);
	for (tick = 0; tick < 1000; tick++)
		tick_on(cpu, cpu);
	unreadable = rmid_allocator_status(&allocator).counters.unreadable;
	KTAP_EXPECT(ktap, state_of(grant.rmid) == RMID_LIMBO, "%d", state_of(grant.rmid));
	KTAP_EXPECT(ktap, unreadable >= 4 && unreadable <= 5, "%llu", unreadable);
	end();
}

/* ---- another owner, while the counters are read ---- */

static struct rmid_grant present;

/* Context: within a read of a counter, interrupts off. */
static void change_owner(void)
{
	static const struct rdt_reading clean = {.state = RDT_VALUE};
	const struct rmid_owner owner = {.tgid = 2, .comm = "next"};

	rmid_allocator_put(&allocator, &present);
	rmid_allocator_check(&allocator, present.rmid, present.generation, &clean);
	rmid_allocator_get(&allocator, &owner, &present);
}

static void owner_changes_while_reading(struct ktap *ktap)
{
	struct scene scene = usual();
	unsigned int cpu = first_cpu();
	const struct rdt_sample *is;

	scene.processor.max_rmid = 1;
	if (!begin(ktap, &scene))
		return;
	join(cpu);
	present = give(ktap, 1);
	load(cpu, 1);
	tick_on(cpu, cpu);
	pass(TICK_NS);
	meanwhile = change_owner;
	tick_on(cpu, cpu);
	KTAP_EXPECT(ktap, present.generation == 2, "%u", present.generation);
	last_of(ktap, 1);
	pass(TICK_NS);
	tick_on(cpu, cpu);
	is = last_of(ktap, 2);
	KTAP_EXPECT(ktap, is->tgid == 2 && is->generation == 2, "tgid %d generation %u", is->tgid,
		    is->generation);
	KTAP_EXPECT(ktap, is->total_bytes == 0 && is->gaps == 2, "%llu, %u gaps", is->total_bytes,
		    is->gaps);
	pass(TICK_NS);
	tick_on(cpu, cpu);
	KTAP_EXPECT(ktap, last_of(ktap, 3)->total_bytes == TICK_BYTES, "%llu",
		    samples[2].total_bytes);
	end();
}

static void nothing_after_yield(struct ktap *ktap)
{
	struct scene scene = usual();
	unsigned int cpu = first_cpu();
	u64 reads;

	if (!begin(ktap, &scene))
		return;
	join(cpu);
	give(ktap, 1);
	tick_on(cpu, cpu);
	rdt_yield(&rdt);
	reads = rdt_sim_registers_cpu(cpu).reads;
	tick_on(cpu, cpu);
	last_of(ktap, 1);
	KTAP_EXPECT(ktap, rdt_sim_registers_cpu(cpu).reads == reads, "%llu",
		    rdt_sim_registers_cpu(cpu).reads);
	end();
}

static void nothing_before_joining(struct ktap *ktap)
{
	struct scene scene = usual();
	unsigned int cpu = first_cpu();

	if (!begin(ktap, &scene))
		return;
	give(ktap, 1);
	tick_on(cpu, cpu);
	last_of(ktap, 0);
	KTAP_EXPECT(ktap, sampler_status(sampler).paused == 1, "%llu",
		    sampler_status(sampler).paused);
	end();
}

static const struct ktap_case cases[] = {
	{"figures", figures},
	{"what_is_emitted", what_is_emitted},
	{"nothing_is_lost_in_between", nothing_is_lost_in_between},
	{"first_owner", first_owner},
	{"domain_without_cpus", domain_without_cpus},
	{"owner_before_the_domain", owner_before_the_domain},
	{"told_once_more", told_once_more},
	{"clean_but_not_rested", clean_but_not_rested},
	{"unavailable_and_error", unavailable_and_error},
	{"unavailable_before_the_owner", unavailable_before_the_owner},
	{"two_domains", two_domains},
	{"cpus_come_and_go", cpus_come_and_go},
	{"budget", budget},
	{"coverage", coverage},
	{"limbo_in_one_domain", limbo_in_one_domain},
	{"limbo_in_two_domains", limbo_in_two_domains},
	{"limbo_without_a_domain", limbo_without_a_domain},
	{"limbo_unreadable", limbo_unreadable},
	{"owner_changes_while_reading", owner_changes_while_reading},
	{"nothing_after_yield", nothing_after_yield},
	{"nothing_before_joining", nothing_before_joining},
};

static int failed = -1;
KTAP_FAILED_PARAMETER(failed);

static int __init sampler_test_init(void)
{
	int err = register_trace_rdt_sample(note_sample, NULL);

	if (err)
		return err;
	failed = ktap_run(cases, ARRAY_SIZE(cases));
	unregister_trace_rdt_sample(note_sample, NULL);
	tracepoint_synchronize_unregister();
	return 0;
}

static void __exit sampler_test_exit(void)
{
}

module_init(sampler_test_init);
module_exit(sampler_test_exit);
MODULE_DESCRIPTION("Memory Collector: tests of the sampler against a simulated processor");
MODULE_LICENSE("GPL");
