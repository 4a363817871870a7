// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - the module collector: parameters, and the order of things
 *
 * What each part is for is in its header; here they are put together, and taken apart in
 * reverse. Parameters show afterwards what came of them.
 */
#define pr_fmt(fmt) "Memory Collector: " fmt

#include <linux/ktime.h>
#include <linux/module.h>

#include "collector/processes.h"
#include "collector/procfs.h"
#include "collector/rdt.h"
#include "collector/resctrl_watch.h"
#include "collector/rmid_allocator.h"
#include "collector/sampler.h"
#include "collector/stats.h"
#include "collector/ticks.h"
#include "collector/tracepoints.h"

#define MIN_FREE_MOST_NS 60000000000ULL
#define BUDGET_LEAST_NS 1000
#define RECLAIM_IDLE_LEAST_MS 10
#define RECLAIM_IDLE_MOST_MS 86400000

static u64 interval_ns = 1000000;
module_param(interval_ns, ullong, 0444);
MODULE_PARM_DESC(interval_ns, "ns from tick to tick, 50000 to 10000000000; default 1000000");

static u64 phase_ns;
module_param(phase_ns, ullong, 0444);
MODULE_PARM_DESC(phase_ns,
		 "ns from multiples of interval_ns to boundaries, less than it; default 0");

static char lead[16] = "auto";
module_param_string(lead, lead, sizeof(lead), 0444);
MODULE_PARM_DESC(lead, "arm early and spin to the boundary: off, auto or fixed; default auto");

static u32 lead_max_ns;
module_param(lead_max_ns, uint, 0444);
MODULE_PARM_DESC(lead_max_ns,
		 "ns by which at most, up to 1000000; default 200000 or half an interval");

static u32 lead_budget_permille = LEAD_DEFAULT_BUDGET_PERMILLE;
module_param(lead_budget_permille, uint, 0444);
MODULE_PARM_DESC(lead_budget_permille,
		 "thousandths of each CPU that may be spun away, 1 to 500; default 5");

static u64 min_free_ns = 2000000;
module_param(min_free_ns, ullong, 0444);
MODULE_PARM_DESC(min_free_ns,
		 "ns an RMID rests between two processes, up to 60000000000; default 2000000");

#define CLEAN_BYTES_SHARE U64_MAX
static u64 clean_bytes = CLEAN_BYTES_SHARE;
module_param(clean_bytes, ullong, 0444);
MODULE_PARM_DESC(
	clean_bytes,
	"cache an RMID may still hold when it is reused, up to all of it; default: its share");

static u32 budget_ns = 20000;
module_param(budget_ns, uint, 0444);
MODULE_PARM_DESC(budget_ns,
		 "ns per tick and CPU for reading counters, 1000 to interval_ns; default 20000");

static char hardware[16] = "auto";
module_param_string(hardware, hardware, sizeof(hardware), 0444);
MODULE_PARM_DESC(hardware, "auto, on, emulated or sim; default auto");

static char emit[16] = "changed";
module_param_string(emit, emit, sizeof(emit), 0444);
MODULE_PARM_DESC(emit, "samples that are traced: changed or all; default changed");

static u32 max_processes = 65536;
module_param(max_processes, uint, 0444);
MODULE_PARM_DESC(max_processes, "processes followed at a time, 1 to 4194304; default 65536");

static u32 reclaim_idle_ms;
module_param(reclaim_idle_ms, uint, 0444);
MODULE_PARM_DESC(reclaim_idle_ms,
		 "take RMIDs from processes idle for this long, 10 to 86400000; default 0: never");

static u32 emulated_max_rmid = 4095;
module_param(emulated_max_rmid, uint, 0444);
MODULE_PARM_DESC(emulated_max_rmid, "highest RMID without hardware, 1 to 65535; default 4095");

static const char *const choices[] = {
	[RDT_CHOICE_AUTO] = "auto",
	[RDT_CHOICE_ON] = "on",
	[RDT_CHOICE_EMULATED] = "emulated",
	[RDT_CHOICE_SIM] = "sim",
};
static const char *const emissions[] = {"changed", "all"};

static struct rdt rdt;
static struct rmid_allocator allocator;
static struct sampler *sampler;
static struct processes *processes;

static int run_command(u32 index, void *context)
{
	tracepoints_dump();
	return 0;
}

static const char *const commands[] = {"dump"};
static struct procfs_control control = {
	.set = {.names = commands, .count = ARRAY_SIZE(commands), .run = run_command},
};

static bool __init within(const char *name, u64 value, u64 least, u64 most)
{
	if (value >= least && value <= most)
		return true;
	pr_err("parameter %s=%llu: must be %llu to %llu\n", name, value, least, most);
	return false;
}

static bool __init numbers_valid(void)
{
	return within("interval_ns", interval_ns, INTERVAL_MIN_NS, INTERVAL_MAX_NS) &&
	       within("phase_ns", phase_ns, 0, interval_ns - 1) &&
	       within("lead_max_ns", lead_max_ns, 0, min_t(u64, LEAD_MAX_NS, interval_ns / 2)) &&
	       within("lead_budget_permille", lead_budget_permille, 1, LEAD_BUDGET_MAX_PERMILLE) &&
	       within("min_free_ns", min_free_ns, 0, MIN_FREE_MOST_NS) &&
	       within("budget_ns", budget_ns, BUDGET_LEAST_NS, interval_ns) &&
	       within("max_processes", max_processes, 1, PROCESSES_MAX) &&
	       within("emulated_max_rmid", emulated_max_rmid, 1, RMID_MAX) &&
	       (!reclaim_idle_ms || within("reclaim_idle_ms", reclaim_idle_ms,
					   RECLAIM_IDLE_LEAST_MS, RECLAIM_IDLE_MOST_MS));
}

/* Return: the index of @word, or -EINVAL, and then the log says so. */
static int __init choose(const char *name, const char *word, const char *const *words, size_t count,
			 const char *in_words)
{
	int index = match_string(words, count, word);

	if (index < 0)
		pr_err("parameter %s=%s: must be %s\n", name, word, in_words);
	return index;
}

static int __init open_rdt(enum rdt_choice choice)
{
	static const char *const came_of_it[] = {
		[RDT_SOURCE_HARDWARE] = "on",
		[RDT_SOURCE_EMULATED] = "emulated",
		[RDT_SOURCE_SIMULATED] = "sim",
	};
	int err = rdt_open(&rdt, choice);

	if (!err)
		strscpy(hardware, came_of_it[rdt.source], sizeof(hardware));
	return err;
}

static int __init init_allocator(void)
{
	u32 max_rmid = rdt.registers ? rdt.features.max_rmid : emulated_max_rmid;
	u64 cache_bytes = rdt_cache_bytes(&rdt);
	struct rmid_policy policy = {
		.min_free_ns = min_free_ns,
		.by_occupancy = rdt.features.occupancy,
	};

	/* By default what each RMID would have if all had the same, as resctrl has it. */
	if (clean_bytes == CLEAN_BYTES_SHARE)
		clean_bytes = max_t(u64, div_u64(cache_bytes, max_rmid + 1), rdt.features.scale);
	else if (policy.by_occupancy && !within("clean_bytes", clean_bytes, 0, cache_bytes))
		return -EINVAL;
	policy.clean_bytes = clean_bytes;
	return rmid_allocator_init(&allocator, max_rmid, &policy, &tracepoints_rmid_events);
}

static int __init create_sampler(bool emit_all)
{
	const struct sampler_policy policy = {.budget_ns = budget_ns, .emit_all = emit_all};

	if (!rdt_has_counters(&rdt))
		return 0;
	sampler = sampler_create(&rdt, &allocator, &policy);
	return PTR_ERR_OR_ZERO(sampler);
}

static int __init create_processes(void)
{
	const struct processes_policy policy = {
		.max = max_processes,
		.reclaim_idle_ms = reclaim_idle_ms,
	};

	processes = processes_create(&rdt, &allocator, &policy);
	if (PTR_ERR_OR_ZERO(processes) == -ENOMEM)
		pr_err("parameter max_processes=%u: there is no memory to follow so many; give a lower number\n",
		       max_processes);
	return PTR_ERR_OR_ZERO(processes);
}

/* As it is, which need not be what was asked for: see &struct sync_timer_options. */
static void __init show_lead(void)
{
	const struct lead_policy *policy = ticks_lead();

	strscpy(lead, lead_mode_name(policy->mode), sizeof(lead));
	lead_max_ns = policy->max_ns;
}

static int __init start_ticks(enum lead_mode mode)
{
	const struct ticks_users users = {
		.rdt = &rdt,
		.allocator = &allocator,
		.processes = processes,
		.sampler = sampler,
	};
	const struct sync_timer_options options = {
		.phase_ns = phase_ns,
		.lead = mode,
		.lead_max_ns = lead_max_ns,
		.lead_budget_permille = lead_budget_permille,
	};
	int err = ticks_start(&users, interval_ns, &options);

	if (!err)
		show_lead();
	return err;
}

static void __init create_stats(void)
{
	const struct stats_sources sources = {
		.rdt = &rdt,
		.allocator = &allocator,
		.processes = processes,
		.sampler = sampler,
	};

	stats_create(&sources);
}

static void __init say_loaded(void)
{
	const struct rdt_features *features = &rdt.features;

	if (!rdt.registers)
		pr_info("loaded: RMIDs 1 to %u are emulated, there are no samples; a tick every %llu ns\n",
			emulated_max_rmid, interval_ns);
	else
		pr_info("loaded: RMIDs 1 to %u%s, events%s%s%s in %u L3 domains, a sample every %llu ns\n",
			features->max_rmid,
			rdt.source == RDT_SOURCE_SIMULATED ? " (simulated)" : "",
			features->occupancy ? " occupancy" : "", features->total ? " total" : "",
			features->local ? " local" : "", sampler_status(sampler).domains,
			interval_ns);
}

/* From now on RMIDs are numbers, and nobody reads what is left in the cache. */
static void yielded(void)
{
	tracepoints_source(RDT_SOURCE_EMULATED);
	rmid_allocator_by_time(&allocator);
}

static int __init parse_lead(enum lead_mode *mode)
{
	int err = lead_mode_parse(lead, mode);

	if (err)
		pr_err("parameter lead=%s: must be off, auto or fixed\n", lead);
	return err;
}

static int __init start(void)
{
	enum lead_mode lead_mode;
	int choice = choose("hardware", hardware, choices, ARRAY_SIZE(choices),
			    "auto, on, emulated or sim");
	int emission = choose("emit", emit, emissions, ARRAY_SIZE(emissions), "changed or all");
	u64 before_open_ns = ktime_get_ns();
	int err;

	if (choice < 0 || emission < 0 || parse_lead(&lead_mode) || !numbers_valid())
		return -EINVAL;
	err = open_rdt(choice);
	if (err)
		return err;
	tracepoints_source(rdt.source);
	err = init_allocator();
	if (err)
		goto err_rdt;
	err = create_sampler(emission);
	if (err)
		goto err_allocator;
	err = create_processes();
	if (err)
		goto err_sampler;
	err = start_ticks(lead_mode);
	if (err)
		goto err_processes;
	tracepoints_open(&allocator, sampler);
	err = procfs_control_create(&control, "memory_collector");
	if (err)
		goto err_tracepoints;
	create_stats();
	resctrl_watch_start(&rdt, before_open_ns, yielded);
	say_loaded();
	return 0;

err_tracepoints:
	tracepoints_close();
	ticks_stop();
err_processes:
	processes_destroy(processes);
err_sampler:
	sampler_destroy(sampler);
err_allocator:
	rmid_allocator_destroy(&allocator);
err_rdt:
	rdt_close(&rdt);
	pr_err("not loaded: error %d\n", err);
	return err;
}

/*
 * Events can be switched on as soon as the module is there, before init has ended. Where init
 * fails, no recorder of them may be kept.
 */
static int __init collector_init(void)
{
	int err = start();

	if (err)
		tracepoints_close();
	return err;
}

static void __exit collector_exit(void)
{
	resctrl_watch_stop();
	stats_remove();
	procfs_control_remove(&control);
	tracepoints_close();
	ticks_stop();
	processes_destroy(processes);
	sampler_destroy(sampler);
	rmid_allocator_destroy(&allocator);
	rdt_close(&rdt);
	pr_info("unloaded\n");
}

module_init(collector_init);
module_exit(collector_exit);
MODULE_DESCRIPTION(
	"Memory Collector: cache and memory bandwidth of every process, every millisecond");
MODULE_LICENSE("GPL");
