// SPDX-License-Identifier: GPL-2.0
/*
 * sync_timer_benchmark.c - how late the ticks of a sync_timer are
 *
 * Owns the module sync_timer_benchmark_module: a trace event per CPU and tick
 * while it is loaded, and per CPU the totals of one window of boundaries
 * [k0, k1), read from /proc/sync_timer_benchmark, by which a reader of the trace
 * can prove that it has seen all there was.
 *
 * The totals of a CPU are touched on that CPU with interrupts off only, by its
 * ticks and by calls sent to it; those of a CPU that does not tick by whoever
 * keeps it from coming online. So a tick takes no lock, and a window is set and
 * totals are read between two ticks, never in one.
 */
#define pr_fmt(fmt) "Memory Collector: sync_timer_benchmark: " fmt

#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/smp.h>

#include "timer/sync_timer.h"

#define CREATE_TRACE_POINTS
#include "benchmark/sync_timer_benchmark_trace.h"

/* A window must lie this far ahead, so that it can be set on all CPUs in time. */
#define WINDOW_AHEAD_NS 1000000ULL
/* Two numbers of 20 digits, a comma, a newline, and the end of the string. */
#define WINDOW_TEXT 43

/**
 * struct window - boundaries that count; none where both are 0
 * @k0: the first one
 * @k1: the first one after them
 */
struct window {
	u64 k0;
	u64 k1;
};

/**
 * struct totals - what one CPU made of the window
 * @window: this CPU's copy
 * @started: boundaries of the window that a callback was for
 * @missed: boundaries of the window that passed without one
 * @left: those of @missed that passed between the CPU's last tick and its leaving, so
 *	that no callback passed them
 * @offline: boundaries of the window that passed while the CPU was offline; does
 *	not include the time since it left
 * @spin_ns: what the callbacks of @started waited for their boundaries
 * @stolen_ns: part of @spin_ns in which something else had the CPU
 * @next: the first boundary that is not accounted for
 * @ticks: the CPU is online; else it has been offline since @next
 */
struct totals {
	struct window window;
	u64 started;
	u64 missed;
	u64 left;
	u64 offline;
	u64 spin_ns;
	u64 stolen_ns;
	u64 next;
	bool ticks;
};

static DEFINE_PER_CPU_ALIGNED(struct totals, totals);
static struct sync_timer timer __read_mostly;
/* Where it ticks, while the CPU is online */
static cpumask_var_t chosen;

/* Protects what follows, and one writer of the window from another. */
static DEFINE_MUTEX(window_mutex);
static struct window active;
static enum { LOADING, RUNNING, UNLOADING } state = LOADING;

static u64 interval_ns = 1000000;
module_param(interval_ns, ullong, 0444);
MODULE_PARM_DESC(interval_ns, "ns from tick to tick, 50000 to 10000000000; default 1000000");

static u64 phase_ns;
module_param(phase_ns, ullong, 0444);
MODULE_PARM_DESC(phase_ns, "ns from multiples of the interval to the ticks; default 0");

static char *lead = "off";
module_param(lead, charp, 0444);
MODULE_PARM_DESC(lead, "arm early and spin to the boundary: off (default), auto, fixed");

static unsigned int lead_max_ns;
module_param(lead_max_ns, uint, 0444);
MODULE_PARM_DESC(lead_max_ns, "ns by which at most; default 200000 or half an interval");

static unsigned int lead_budget_permille = LEAD_DEFAULT_BUDGET_PERMILLE;
module_param(lead_budget_permille, uint, 0444);
MODULE_PARM_DESC(lead_budget_permille,
		 "thousandths of each CPU that may be spun away, 1 to 500; default 5");

static char *cpus;
module_param(cpus, charp, 0444);
MODULE_PARM_DESC(cpus, "tick on these CPUs only, as in 0,2-5; default all");

/* How many boundaries of [from, to) lie in the window. */
static u64 within(const struct window *window, u64 from, u64 to)
{
	from = max(from, window->k0);
	to = min(to, window->k1);
	return from < to ? to - from : 0;
}

/* Context: hard interrupt, also on PREEMPT_RT. */
static enum hrtimer_restart benchmark_tick(struct hrtimer *hrtimer)
{
	const struct sync_timer_tick *tick = sync_timer_tick(hrtimer);
	struct totals *cpu = this_cpu_ptr(&totals);
	u64 after = tick->number + 1;

	if (within(&cpu->window, tick->number, after)) {
		cpu->started++;
		cpu->spin_ns += tick->spin_ns;
		cpu->stolen_ns += tick->stolen_ns;
	}
	cpu->missed += within(&cpu->window, after, after + tick->missed);
	cpu->next = after + tick->missed;
	trace_tick(tick);
	return sync_timer_restart(hrtimer, &timer);
}

/* Context: hotplug thread of this CPU, before its first tick. */
static void benchmark_joined(struct sync_timer *source, const struct sync_timer_period *period)
{
	struct totals *cpu = this_cpu_ptr(&totals);

	cpu->offline += within(&cpu->window, cpu->next, period->first);
	cpu->next = period->first;
	cpu->ticks = true;
}

/* Context: hotplug thread of this CPU, after its last tick. */
static void benchmark_left(struct sync_timer *source, const struct sync_timer_period *period)
{
	struct totals *cpu = this_cpu_ptr(&totals);
	u64 behind = within(&cpu->window, period->next, period->end);

	cpu->missed += behind;
	cpu->left += behind;
	cpu->next = period->end;
	cpu->ticks = false;
}

/**
 * struct window_request - a window on its way to all CPUs
 * @window: to set
 * @late: set where a CPU has already accounted for a boundary of it
 */
struct window_request {
	struct window window;
	bool late;
};

static void set_totals(struct totals *cpu, struct window_request *request)
{
	if (cpu->ticks && request->window.k1 && cpu->next > request->window.k0)
		WRITE_ONCE(request->late, true);
	*cpu = (struct totals){
		.window = request->window,
		.next = cpu->next,
		.ticks = cpu->ticks,
	};
}

/* Context: hard interrupt, or interrupts off on the calling CPU. */
static void set_totals_here(void *request)
{
	set_totals(this_cpu_ptr(&totals), request);
}

/* Context: holds window_mutex and cpus_read_lock(), so that no CPU joins or leaves. */
static void set_everywhere(struct window_request *request)
{
	int number;

	lockdep_assert_held(&window_mutex);
	on_each_cpu(set_totals_here, request, true);
	for_each_possible_cpu (number)
		if (!cpu_online(number))
			set_totals(per_cpu_ptr(&totals, number), request);
	active = request->window;
}

/* Refuses what could not be counted in full, or would drop a count in progress. */
static int check_window(const struct window *wanted)
{
	u64 now = ktime_get_ns();

	if (active.k1 && now < interval_boundary(&timer.interval, active.k1))
		return -EBUSY;
	if (interval_boundary(&timer.interval, wanted->k1) == S64_MAX)
		return -EINVAL;
	if (interval_boundary(&timer.interval, wanted->k0) < now + WINDOW_AHEAD_NS)
		return -ETIME;
	return 0;
}

static int set_window(const struct window *wanted)
{
	struct window_request request = {.window = *wanted};
	static struct window_request none;
	int err = 0;

	cpus_read_lock();
	if (wanted->k1)
		err = check_window(wanted);
	if (!err)
		set_everywhere(&request);
	if (request.late) {
		set_everywhere(&none);
		err = -ETIME;
	}
	cpus_read_unlock();
	return err;
}

/* "k0,k1" with k0 < k1, or nothing for none */
static int parse_window(const char *text, struct window *window)
{
	char copy[WINDOW_TEXT];
	char *second;

	if (strscpy(copy, text, sizeof(copy)) < 0)
		return -EINVAL;
	second = strim(copy);
	if (!*second) {
		*window = (struct window){};
		return 0;
	}
	strsep(&second, ",");
	if (!second || kstrtou64(strim(copy), 10, &window->k0) ||
	    kstrtou64(second, 10, &window->k1) || window->k0 >= window->k1)
		return -EINVAL;
	return 0;
}

/*
 * Called before init for a parameter given at load, and from sysfs, whose file is
 * there a little earlier and later than the timer.
 */
static int window_set(const char *text, const struct kernel_param *param)
{
	struct window wanted;
	int err = parse_window(text, &wanted);

	if (err)
		return err;
	mutex_lock(&window_mutex);
	if (state == LOADING)
		active = wanted;
	else if (state == RUNNING)
		err = set_window(&wanted);
	else
		err = -ENODEV;
	mutex_unlock(&window_mutex);
	return err;
}

static int window_get(char *buffer, const struct kernel_param *param)
{
	int length;

	mutex_lock(&window_mutex);
	if (active.k1)
		length = scnprintf(buffer, PAGE_SIZE, "%llu,%llu\n", active.k0, active.k1);
	else
		length = scnprintf(buffer, PAGE_SIZE, "\n");
	mutex_unlock(&window_mutex);
	return length;
}

static const struct kernel_param_ops window_ops = {
	.set = window_set,
	.get = window_get,
};
module_param_cb(window, &window_ops, NULL, 0644);
MODULE_PARM_DESC(window, "k0,k1: count boundaries k0 <= k < k1 from zero; k0 at least 1 ms ahead, "
			 "else ETIME; EBUSY before k1 of the last one; empty: none");

/* Context: hard interrupt, or interrupts off on the calling CPU. */
static void copy_totals_here(void *copy)
{
	*(struct totals *)copy = *this_cpu_ptr(&totals);
}

static void show_cpu(struct seq_file *file, int number)
{
	struct totals cpu;
	u64 ahead;

	if (smp_call_function_single(number, copy_totals_here, &cpu, true))
		cpu = *per_cpu_ptr(&totals, number);

	/* What is not accounted for is still to come, or goes by without this CPU. */
	ahead = within(&cpu.window, cpu.next, U64_MAX);
	seq_printf(file, "cpu %d started %llu missed %llu open %llu left %llu offline %llu", number,
		   cpu.started, cpu.missed, cpu.ticks ? ahead : 0, cpu.left,
		   cpu.offline + (cpu.ticks ? 0 : ahead));
	seq_printf(file, " spin_ns %llu stolen_ns %llu\n", cpu.spin_ns, cpu.stolen_ns);
}

/* The lead as it is, which need not be what was asked for: see sync_timer_options. */
static void show_lead(struct seq_file *file)
{
	const struct lead_policy *policy = &timer.lead;

	seq_printf(file, "lead %s max_ns %u budget_permille %u\n", lead_mode_name(policy->mode),
		   policy->max_ns, policy->budget_permille);
}

static int totals_show(struct seq_file *file, void *unused)
{
	int number;

	mutex_lock(&window_mutex);
	cpus_read_lock();
	seq_printf(file, "interval_ns %llu\n", timer.interval.length_ns);
	seq_printf(file, "phase_ns %llu\n", timer.interval.phase_ns);
	show_lead(file);
	seq_printf(file, "window %llu %llu\n", active.k0, active.k1);
	seq_printf(file, "read_ns %llu\n", ktime_get_ns());
	for_each_cpu_and (number, chosen, cpu_present_mask)
		show_cpu(file, number);
	cpus_read_unlock();
	mutex_unlock(&window_mutex);
	return 0;
}

/* A window given at load is set like one that is written later. */
static int start_window(void)
{
	struct window wanted;
	int err = 0;

	mutex_lock(&window_mutex);
	wanted = active;
	active = (struct window){};
	if (wanted.k1)
		err = set_window(&wanted);
	if (!err)
		state = RUNNING;
	mutex_unlock(&window_mutex);
	if (err)
		pr_err("window %llu,%llu refused (error %d): it must begin at least 1 ms ahead\n",
		       wanted.k0, wanted.k1, err);
	return err;
}

static void stop_window(void)
{
	mutex_lock(&window_mutex);
	state = UNLOADING;
	mutex_unlock(&window_mutex);
}

static int __init choose_cpus(void)
{
	int err;

	if (!alloc_cpumask_var(&chosen, GFP_KERNEL))
		return -ENOMEM;
	cpumask_copy(chosen, cpu_possible_mask);
	err = cpus && *cpus ? cpulist_parse(cpus, chosen) : 0;
	if (!err && !cpumask_intersects(chosen, cpu_present_mask))
		err = -ENODEV;
	if (err) {
		pr_err("cpus=%s: %s\n", cpus,
		       err == -ENODEV ? "none of these CPUs is here" : "not a list like 0,2-5");
		free_cpumask_var(chosen);
	}
	return err;
}

static int __init start_timer(void)
{
	struct sync_timer_options options = {
		.phase_ns = phase_ns,
		.cpus = chosen,
		.lead_max_ns = lead_max_ns,
		.lead_budget_permille = lead_budget_permille,
		.joined = benchmark_joined,
		.left = benchmark_left,
	};
	int err;

	err = lead_mode_parse(lead, &options.lead);
	if (err) {
		pr_err("lead=%s: it can be off, auto or fixed\n", lead);
		return err;
	}
	/* To sync_timer that is its default, and not what somebody means who gives it. */
	if (!lead_budget_permille) {
		pr_err("lead_budget_permille=0: it can be 1 to %u; to spin nothing, lead=off\n",
		       LEAD_BUDGET_MAX_PERMILLE);
		return -EINVAL;
	}
	err = sync_timer_init_options(&timer, benchmark_tick, interval_ns, &options);
	if (err)
		pr_err("no timer at interval_ns=%llu phase_ns=%llu lead=%s lead_max_ns=%u lead_budget_permille=%u (error %d); possible: interval_ns %llu to %llu, phase_ns below it, lead_max_ns up to %u and half an interval, lead_budget_permille 1 to %u\n",
		       interval_ns, phase_ns, lead, lead_max_ns, lead_budget_permille, err,
		       INTERVAL_MIN_NS, INTERVAL_MAX_NS, LEAD_MAX_NS, LEAD_BUDGET_MAX_PERMILLE);
	return err;
}

static int __init benchmark_init(void)
{
	int err = choose_cpus();

	if (err)
		return err;
	err = start_timer();
	if (err)
		goto err_cpus;
	err = start_window();
	if (err)
		goto err_timer;
	if (!proc_create_single("sync_timer_benchmark", 0400, NULL, totals_show)) {
		pr_err("cannot create /proc/sync_timer_benchmark\n");
		err = -ENOMEM;
		goto err_window;
	}
	pr_info("loaded, a tick every %llu ns\n", interval_ns);
	return 0;

err_window:
	stop_window();
err_timer:
	sync_timer_destroy(&timer);
err_cpus:
	free_cpumask_var(chosen);
	return err;
}

static void __exit benchmark_exit(void)
{
	remove_proc_entry("sync_timer_benchmark", NULL);
	stop_window();
	sync_timer_destroy(&timer);
	free_cpumask_var(chosen);
	pr_info("unloaded\n");
}

module_init(benchmark_init);
module_exit(benchmark_exit);
MODULE_DESCRIPTION("Memory Collector: how late synchronised ticks are");
MODULE_LICENSE("GPL");
