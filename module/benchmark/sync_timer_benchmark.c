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
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/smp.h>

#include "sync_timer.h"

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
 * @offline: boundaries of the window that passed while the CPU was offline; does
 *	not include the time since it left
 * @next: the first boundary that is not accounted for
 * @ticks: the CPU is online; else it has been offline since @next
 */
struct totals {
	struct window window;
	u64 started;
	u64 missed;
	u64 offline;
	u64 next;
	bool ticks;
};

static DEFINE_PER_CPU_ALIGNED(struct totals, totals);
static struct sync_timer timer __read_mostly;

/* Protects what follows, and one writer of the window from another. */
static DEFINE_MUTEX(window_mutex);
static struct window active;
static enum { LOADING, RUNNING, UNLOADING } state = LOADING;

static u64 interval_ns = 1000000;
module_param(interval_ns, ullong, 0444);
MODULE_PARM_DESC(interval_ns, "ns from tick to tick, 50000 to 10000000000; default 1000000");

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

	cpu->started += within(&cpu->window, tick->number, after);
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

	cpu->missed += within(&cpu->window, period->next, period->end);
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
	cpu->window = request->window;
	cpu->started = 0;
	cpu->missed = 0;
	cpu->offline = 0;
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
	u64 open, offline;

	if (smp_call_function_single(number, copy_totals_here, &cpu, true))
		cpu = *per_cpu_ptr(&totals, number);

	open = cpu.ticks ? within(&cpu.window, cpu.next, U64_MAX) : 0;
	offline = cpu.offline + (cpu.ticks ? 0 : within(&cpu.window, cpu.next, U64_MAX));
	if (!cpu.ticks && !cpu.started && !cpu.missed)
		return;
	seq_printf(file, "cpu %d started %llu missed %llu open %llu\n", number, cpu.started,
		   cpu.missed, open);
	if (offline)
		seq_printf(file, "offline %d %llu\n", number, offline);
}

static int totals_show(struct seq_file *file, void *unused)
{
	int number;

	mutex_lock(&window_mutex);
	cpus_read_lock();
	seq_printf(file, "interval_ns %llu\n", timer.interval.length_ns);
	seq_printf(file, "phase_ns %llu\n", timer.interval.phase_ns);
	seq_printf(file, "window %llu %llu\n", active.k0, active.k1);
	seq_printf(file, "read_ns %llu\n", ktime_get_ns());
	for_each_possible_cpu (number)
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

static int __init benchmark_init(void)
{
	static const struct sync_timer_options options = {
		.joined = benchmark_joined,
		.left = benchmark_left,
	};
	int err;

	err = sync_timer_init_options(&timer, benchmark_tick, interval_ns, &options);
	if (err) {
		pr_err("no timer at interval_ns=%llu (error %d): %llu to %llu are possible\n",
		       interval_ns, err, INTERVAL_MIN_NS, INTERVAL_MAX_NS);
		return err;
	}
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
	return err;
}

static void __exit benchmark_exit(void)
{
	remove_proc_entry("sync_timer_benchmark", NULL);
	stop_window();
	sync_timer_destroy(&timer);
	pr_info("unloaded\n");
}

module_init(benchmark_init);
module_exit(benchmark_exit);
MODULE_DESCRIPTION("Memory Collector: how late synchronised ticks are");
MODULE_LICENSE("GPL");
