// SPDX-License-Identifier: GPL-2.0
/*
 * sync_timer_test.c - tests of sync_timer in a kernel
 *
 * Owns the module sync_timer_test_module. Every run records on each CPU what its
 * ticks said, and judges it by arithmetic only: which boundaries, in which order,
 * each accounted for once. How late a tick comes is up to the machine and fails
 * nothing.
 */
#define pr_fmt(fmt) "Memory Collector: " fmt

#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/percpu.h>

#include "sync_timer.h"
#include "tests/ktap.h"

#define RECORDED_TICKS 128
#define DEADLINE_SECONDS 30

/**
 * struct record - what the ticks of one CPU said; that CPU's until it has left
 * @ticks: the first ones of the run
 * @count: how many of @ticks are set
 * @started: all ticks
 * @missed: sum of what they missed
 * @periods: how often the CPU joined
 * @online: boundaries of all periods that are complete
 * @unsettled: those that no tick of these periods accounted for
 * @misplaced: ends of periods that are not where the test's own clock puts them
 * @late: ticks of a timer that was gone
 */
struct record {
	struct sync_timer_tick ticks[RECORDED_TICKS];
	unsigned int count;
	u64 started;
	u64 missed;
	u64 periods;
	u64 online;
	u64 unsettled;
	u64 misplaced;
	u64 late;
};

static struct record __percpu *records;
static struct sync_timer timer;
static bool timer_alive;
/* The run; @changed_ns is when CPUs last began to join or leave. */
static u64 interval_ns;
static u64 phase_ns;
static u64 changed_ns;
/* The tick of each run, counted from 0, that takes longer than an interval; none: 0. */
static unsigned int stall_at;
static u64 stall_ns;

/* Context: hard interrupt. */
static enum hrtimer_restart record_tick(struct hrtimer *hrtimer)
{
	const struct sync_timer_tick *tick = sync_timer_tick(hrtimer);
	struct record *record = this_cpu_ptr(records);
	u64 until = ktime_get_ns() + stall_ns;

	if (!READ_ONCE(timer_alive))
		record->late++;
	if (stall_at && record->started == stall_at)
		while (ktime_get_ns() < until)
			cpu_relax();
	if (record->count < RECORDED_TICKS) {
		record->ticks[record->count] = *tick;
		WRITE_ONCE(record->count, record->count + 1);
	}
	record->started++;
	record->missed += tick->missed;
	return sync_timer_restart(hrtimer, &timer);
}

static enum hrtimer_restart stop_at_once(struct hrtimer *hrtimer)
{
	this_cpu_ptr(records)->started++;
	return HRTIMER_NORESTART;
}

/* @number is the first boundary that was ahead at some time from @changed_ns till now. */
static bool in_place(u64 number)
{
	u64 boundary_ns = number * interval_ns + phase_ns;

	return boundary_ns > changed_ns && boundary_ns <= ktime_get_ns() + interval_ns;
}

static void record_joined(struct sync_timer *source, const struct sync_timer_period *period)
{
	struct record *record = this_cpu_ptr(records);

	record->periods++;
	record->misplaced += !in_place(period->first);
}

static void record_left(struct sync_timer *source, const struct sync_timer_period *period)
{
	struct record *record = this_cpu_ptr(records);

	record->online += period->end - period->first;
	record->unsettled += period->end - period->next;
	record->misplaced += !in_place(period->end);
}

static int start(u64 run_interval_ns, u64 run_phase_ns)
{
	struct sync_timer_options recording = {
		.phase_ns = run_phase_ns, .joined = record_joined, .left = record_left};
	int number, err;

	for_each_possible_cpu (number)
		memset(per_cpu_ptr(records, number), 0, sizeof(struct record));
	interval_ns = run_interval_ns;
	phase_ns = run_phase_ns;
	changed_ns = ktime_get_ns();
	WRITE_ONCE(timer_alive, true);
	err = sync_timer_init_options(&timer, record_tick, interval_ns, &recording);
	if (err)
		WRITE_ONCE(timer_alive, false);
	return err;
}

static void stop(void)
{
	changed_ns = ktime_get_ns();
	sync_timer_destroy(&timer);
	WRITE_ONCE(timer_alive, false);
}

static bool all_have(unsigned int ticks)
{
	bool all = true;
	int number;

	cpus_read_lock();
	for_each_online_cpu (number)
		if (READ_ONCE(per_cpu_ptr(records, number)->count) < ticks)
			all = false;
	cpus_read_unlock();
	return all;
}

static bool wait_for(unsigned int ticks)
{
	unsigned long deadline = jiffies + DEADLINE_SECONDS * HZ;

	while (!all_have(ticks)) {
		if (time_after(jiffies, deadline))
			return false;
		usleep_range(500, 1000);
	}
	return true;
}

/* Start, wait until every CPU has recorded so many ticks, stop. */
static bool run(struct ktap *ktap, u64 run_interval_ns, u64 run_phase_ns, unsigned int ticks)
{
	int err = start(run_interval_ns, run_phase_ns);
	bool complete;

	if (!KTAP_EXPECT(ktap, err == 0, "error %d at %llu ns", err, interval_ns))
		return false;
	complete = wait_for(ticks);
	stop();
	return KTAP_EXPECT(ktap, complete, "no %u ticks on all CPUs in %d s at %llu ns", ticks,
			   DEADLINE_SECONDS, interval_ns);
}

/* A tick by itself: on a boundary, not before it, as many missed as its delay says. */
static void check_tick(struct ktap *ktap, const struct sync_timer_tick *tick)
{
	u64 since = tick->boundary_ns - phase_ns;
	u64 rest;
	u64 number = div64_u64_rem(since, interval_ns, &rest);

	KTAP_EXPECT(ktap, rest == 0, "boundary %llu is %llu ns off", tick->boundary_ns, rest);
	KTAP_EXPECT(ktap, number == tick->number, "tick %llu is at boundary %llu", tick->number,
		    number);
	KTAP_EXPECT(ktap, tick->delta_ns >= 0, "%lld ns before the boundary", -tick->delta_ns);
	KTAP_EXPECT(ktap, tick->entry_ns <= tick->delta_ns, "entry %lld, delta %lld",
		    tick->entry_ns, tick->delta_ns);
	KTAP_EXPECT(ktap, tick->missed == div64_u64(tick->delta_ns, interval_ns),
		    "%llu missed at a delay of %lld ns", tick->missed, tick->delta_ns);
}

/* All ticks of one CPU in one period: no boundary twice, none left out. */
static void check_sequence(struct ktap *ktap, const struct record *record)
{
	const struct sync_timer_tick *last = NULL;
	unsigned int i;

	for (i = 0; i < record->count; i++) {
		const struct sync_timer_tick *tick = &record->ticks[i];

		check_tick(ktap, tick);
		if (last)
			KTAP_EXPECT(ktap, tick->number == last->number + 1 + last->missed,
				    "%llu after %llu with %llu missed", tick->number, last->number,
				    last->missed);
		last = tick;
	}
}

/* The totals of one CPU over all its periods, whose length comes from the clock. */
static void check_totals(struct ktap *ktap, const struct record *record, int number)
{
	KTAP_EXPECT(ktap, record->started + record->missed + record->unsettled == record->online,
		    "cpu %d: %llu started, %llu missed, %llu unsettled of %llu", number,
		    record->started, record->missed, record->unsettled, record->online);
	KTAP_EXPECT(ktap, record->misplaced == 0, "cpu %d: %llu of %llu", number, record->misplaced,
		    2 * record->periods);
	KTAP_EXPECT(ktap, record->late == 0, "cpu %d: %llu ticks after destroy", number,
		    record->late);
}

static void check_all(struct ktap *ktap)
{
	int number;

	for_each_possible_cpu (number) {
		check_sequence(ktap, per_cpu_ptr(records, number));
		check_totals(ktap, per_cpu_ptr(records, number), number);
	}
}

struct init_row {
	struct sync_timer *timer;
	enum hrtimer_restart (*fn)(struct hrtimer *hrtimer);
	u64 interval_ns;
	u64 phase_ns;
	int answer;
};

static const struct init_row init_rows[] = {
	{&timer, record_tick, 1000000, 0, 0},
	{&timer, record_tick, 1000000, 999999, 0},
	{&timer, record_tick, 50000, 0, 0},
	{&timer, record_tick, 10000000000, 0, 0},
	{NULL, record_tick, 1000000, 0, -EINVAL},
	{&timer, NULL, 1000000, 0, -EINVAL},
	{NULL, NULL, 0, 0, -EINVAL},
	{&timer, record_tick, 0, 0, -EINVAL},
	{&timer, record_tick, 1, 0, -EINVAL},
	{&timer, record_tick, 49999, 0, -EINVAL},
	{&timer, record_tick, 10000000001, 0, -EINVAL},
	{&timer, record_tick, 1ULL << 63, 0, -EINVAL},
	{&timer, record_tick, U64_MAX, 0, -EINVAL},
	{&timer, record_tick, 1000000, 1000000, -EINVAL},
	{&timer, record_tick, 1000000, U64_MAX, -EINVAL},
};

static void initialisation(struct ktap *ktap)
{
	struct sync_timer zeroed = {};
	size_t i;
	int err;

	for (i = 0; i < ARRAY_SIZE(init_rows); i++) {
		const struct init_row *row = &init_rows[i];
		struct sync_timer_options options = {.phase_ns = row->phase_ns};

		WRITE_ONCE(timer_alive, true);
		err = sync_timer_init_options(row->timer, row->fn, row->interval_ns, &options);
		KTAP_EXPECT(ktap, err == row->answer, "row %zu: %d, not %d", i, err, row->answer);
		KTAP_EXPECT(ktap, !err == !!timer.cpus, "row %zu: memory and answer differ", i);
		/* Harmless after a refusal, and twice. */
		stop();
		stop();
	}

	sync_timer_destroy(&zeroed);
	sync_timer_destroy(NULL);
}

static void second_initialisation(struct ktap *ktap)
{
	int err = start(1000000, 0);

	KTAP_EXPECT(ktap, err == 0, "error %d", err);
	err = sync_timer_init(&timer, record_tick, 1000000);
	KTAP_EXPECT(ktap, err == -EBUSY, "a timer that ticks: %d", err);
	KTAP_EXPECT(ktap, wait_for(2), "it ticks no more");
	stop();
	check_all(ktap);
}

/* Short intervals, so that the last ticks race with destroy. */
static void clean_up(struct ktap *ktap)
{
	unsigned int i;

	for (i = 0; i < 100; i++) {
		if (!run(ktap, 50000 + i, 0, i % 4))
			return;
		/* Time for a tick that destroy left behind. */
		usleep_range(200, 300);
		check_all(ktap);
	}
}

static void callback_stops(struct ktap *ktap)
{
	unsigned long deadline = jiffies + DEADLINE_SECONDS * HZ;
	struct record *record;
	int number, err;

	for_each_possible_cpu (number)
		memset(per_cpu_ptr(records, number), 0, sizeof(struct record));
	err = sync_timer_init(&timer, stop_at_once, 1000000);
	if (!KTAP_EXPECT(ktap, err == 0, "error %d", err))
		return;
	cpus_read_lock();
	for_each_online_cpu (number) {
		record = per_cpu_ptr(records, number);
		while (!READ_ONCE(record->started) && time_before(jiffies, deadline))
			usleep_range(500, 1000);
	}
	cpus_read_unlock();
	usleep_range(5000, 6000);
	sync_timer_destroy(&timer);
	for_each_online_cpu (number) {
		record = per_cpu_ptr(records, number);
		KTAP_EXPECT(ktap, record->started == 1, "cpu %d: %llu ticks", number,
			    record->started);
	}
}

static void synchronised_ticks(struct ktap *ktap)
{
	if (run(ktap, 1000000, 0, RECORDED_TICKS))
		check_all(ktap);
}

/*
 * A callback takes 2.5 intervals. The next tick is for the first boundary that was
 * ahead when it started, so it comes at least 1.5 intervals late, however long the
 * machine took besides.
 */
static void check_stall(struct ktap *ktap, const struct record *record, int number)
{
	const struct sync_timer_tick *after = &record->ticks[stall_at + 1];

	if (!KTAP_EXPECT(ktap, record->count > stall_at + 1, "cpu %d: %u ticks", number,
			 record->count))
		return;
	KTAP_EXPECT(ktap, after->delta_ns >= 1500000, "cpu %d: late by %lld ns", number,
		    after->delta_ns);
	KTAP_EXPECT(ktap, after->missed >= 1, "cpu %d: none missed", number);
}

static void missed_ticks(struct ktap *ktap)
{
	int number;

	stall_at = 5;
	stall_ns = 2500000;
	if (run(ktap, 1000000, 0, 2 * stall_at)) {
		check_all(ktap);
		for_each_online_cpu (number)
			check_stall(ktap, per_cpu_ptr(records, number), number);
	}
	stall_at = 0;
	stall_ns = 0;
}

static const struct sync_timer_tick *find_tick(const struct record *record, u64 number)
{
	unsigned int i;

	for (i = 0; i < record->count; i++)
		if (record->ticks[i].number == number)
			return &record->ticks[i];
	return NULL;
}

/*
 * The boundaries that all CPUs recorded: each is started or missed on every CPU, and
 * where it is started it has the same time.
 */
static void cross_cpu_synchronisation(struct ktap *ktap)
{
	u64 from = 0, to = U64_MAX, number;
	unsigned int common = 0;
	int cpu;

	if (!run(ktap, 5000000, 0, RECORDED_TICKS / 2))
		return;
	check_all(ktap);
	for_each_online_cpu (cpu) {
		const struct record *record = per_cpu_ptr(records, cpu);

		if (!KTAP_EXPECT(ktap, record->count > 0, "cpu %d: no ticks", cpu))
			return;
		from = max(from, record->ticks[0].number);
		to = min(to, record->ticks[record->count - 1].number);
	}
	KTAP_EXPECT(ktap, from < to, "%llu to %llu", from, to);

	for (number = from; number <= to; number++) {
		bool everywhere = true;

		for_each_online_cpu (cpu) {
			const struct sync_timer_tick *tick =
				find_tick(per_cpu_ptr(records, cpu), number);

			if (!tick)
				everywhere = false;
			else
				KTAP_EXPECT(ktap, tick->boundary_ns == number * interval_ns,
					    "cpu %d: tick %llu at %llu", cpu, number,
					    tick->boundary_ns);
		}
		common += everywhere;
	}
	KTAP_EXPECT(ktap, common > 0, "no tick started on all CPUs");
}

static const struct {
	u64 interval_ns;
	u64 phase_ns;
} odd_rows[] = {
	{50000, 0},	   {50001, 0},	     {333333, 0},     {999999, 0},
	{1000001, 0},	   {1234567, 0},     {1000000, 1},    {1000000, 500000},
	{1000000, 999999}, {333333, 333332}, {7777777, 1234}, {50000, 49999},
};

static void odd_intervals(struct ktap *ktap)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(odd_rows); i++)
		if (run(ktap, odd_rows[i].interval_ns, odd_rows[i].phase_ns, 30))
			check_all(ktap);
}

/* The last CPU that may go offline; -1 where none may. */
static int removable_cpu(void)
{
	int number, last = -1;

	for_each_online_cpu (number)
		if (number != 0 && cpu_is_hotpluggable(number))
			last = number;
	return last;
}

/* A CPU goes and comes: its totals add up over all its periods. */
static void cpu_off_and_on(struct ktap *ktap)
{
	const int cycles = 10;
	int cpu = removable_cpu();
	struct record *record;
	int i, err;

	if (cpu < 0) {
		ktap->skip = "no CPU can go offline";
		return;
	}
	err = start(333333, 0);
	if (!KTAP_EXPECT(ktap, err == 0, "error %d", err))
		return;
	record = per_cpu_ptr(records, cpu);
	for (i = 0; i < cycles; i++) {
		u64 before = READ_ONCE(record->started);
		unsigned long deadline = jiffies + DEADLINE_SECONDS * HZ;

		changed_ns = ktime_get_ns();
		err = remove_cpu(cpu);
		if (!KTAP_EXPECT(ktap, err == 0, "cpu %d does not go: %d", cpu, err))
			break;
		changed_ns = ktime_get_ns();
		err = add_cpu(cpu);
		if (!KTAP_EXPECT(ktap, err == 0, "cpu %d does not come: %d", cpu, err))
			break;
		while (READ_ONCE(record->started) < before + 2 && time_before(jiffies, deadline))
			usleep_range(500, 1000);
		KTAP_EXPECT(ktap, READ_ONCE(record->started) >= before + 2, "cpu %d: no ticks",
			    cpu);
	}
	stop();
	KTAP_EXPECT(ktap, record->periods == cycles + 1, "%llu periods", record->periods);
	for_each_possible_cpu (i)
		check_totals(ktap, per_cpu_ptr(records, i), i);
}

static const struct ktap_case cases[] = {
	{"initialisation", initialisation},
	{"second_initialisation", second_initialisation},
	{"clean_up", clean_up},
	{"callback_stops", callback_stops},
	{"synchronised_ticks", synchronised_ticks},
	{"missed_ticks", missed_ticks},
	{"cross_cpu_synchronisation", cross_cpu_synchronisation},
	{"odd_intervals", odd_intervals},
	{"cpu_off_and_on", cpu_off_and_on},
};

static int failed = -1;
KTAP_FAILED_PARAMETER(failed);

static int __init sync_timer_test_init(void)
{
	records = alloc_percpu(struct record);
	if (!records)
		return -ENOMEM;
	failed = ktap_run(cases, ARRAY_SIZE(cases));
	free_percpu(records);
	return 0;
}

static void __exit sync_timer_test_exit(void)
{
}

module_init(sync_timer_test_init);
module_exit(sync_timer_test_exit);
MODULE_DESCRIPTION("Memory Collector: tests of the synchronised timer");
MODULE_LICENSE("GPL");
