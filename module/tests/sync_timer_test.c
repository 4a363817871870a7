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
#include <linux/interrupt.h>
#include <linux/jiffies.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/rtc.h>
#include <linux/suspend.h>
#include <linux/timekeeping.h>

#include "tests/ktap.h"
#include "timer/sync_timer.h"

#define RECORDED_TICKS 128
#define DEADLINE_SECONDS 30
#define PC_RTC_IRQ 8

static unsigned int cycles = 50;
module_param(cycles, uint, 0444);
MODULE_PARM_DESC(cycles, "how often a CPU goes off and on in cpu_off_and_on; default 50");

static unsigned int seconds = 2;
module_param(seconds, uint, 0444);
MODULE_PARM_DESC(seconds, "how long long_run takes; default 2");

static bool suspend;
module_param(suspend, bool, 0444);
MODULE_PARM_DESC(suspend, "whether to suspend the machine; default 0");

/**
 * struct record - what the ticks of one CPU said; that CPU's until it has left
 * @ticks: the first ones of the run
 * @count: how many of @ticks are set
 * @started: all ticks
 * @missed: sum of what they missed
 * @next: the boundary that must come next
 * @disordered: ticks that were for another one
 * @broken: ticks whose numbers do not go together
 * @early: callbacks that the test's own clock saw before their boundary, or before the
 *	start that the tick says
 * @elsewhere: callbacks that were not in hard interrupt
 * @spun: ticks that waited for their boundary
 * @charged_ns: time they spun, less what was stolen meanwhile
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
	u64 next;
	u64 disordered;
	u64 broken;
	u64 early;
	u64 elsewhere;
	u64 spun;
	u64 charged_ns;
	u64 periods;
	u64 online;
	u64 unsettled;
	u64 misplaced;
	u64 late;
};

static struct record __percpu *records;
static struct sync_timer timer;
static bool timer_alive;
/* The run; changed_ns is when CPUs last began to join or leave. */
static u64 interval_ns;
static u64 phase_ns;
static u64 started_ns;
static u64 changed_ns;
/* The tick of each run, counted from 0, that takes longer than an interval; none: 0. */
static unsigned int stall_at;
static u64 stall_ns;

/*
 * A tick by itself: not before its boundary, on it after an early entry, as many missed
 * as its delay says.
 */
static bool makes_sense(const struct sync_timer_tick *tick)
{
	u64 early_ns = tick->entry_ns < 0 ? -tick->entry_ns : 0;

	return tick->boundary_ns == tick->number * interval_ns + phase_ns && tick->delta_ns >= 0 &&
	       tick->delta_ns >= tick->entry_ns && (early_ns || tick->delta_ns == tick->entry_ns) &&
	       tick->spin_ns == early_ns && tick->stolen_ns <= tick->spin_ns &&
	       early_ns <= timer.lead.max_ns &&
	       tick->missed == div64_u64(tick->delta_ns, interval_ns);
}

/* Context: hard interrupt. */
static void account(struct record *record, const struct sync_timer_tick *tick, u64 now)
{
	u64 boundary_ns = tick->number * interval_ns + phase_ns;

	record->early += now < boundary_ns || now < boundary_ns + tick->delta_ns;
	record->elsewhere += !in_hardirq();
	record->broken += !makes_sense(tick);
	record->disordered += tick->number != record->next;
	record->next = tick->number + 1 + tick->missed;
	record->started++;
	record->missed += tick->missed;
	record->spun += tick->spin_ns > 0;
	record->charged_ns += tick->spin_ns - tick->stolen_ns;
}

/* Context: hard interrupt. */
static enum hrtimer_restart record_tick(struct hrtimer *hrtimer)
{
	u64 now = ktime_get_ns(), until = now + stall_ns;
	const struct sync_timer_tick *tick = sync_timer_tick(hrtimer);
	struct record *record = this_cpu_ptr(records);

	if (!READ_ONCE(timer_alive))
		record->late++;
	if (stall_at && record->started == stall_at)
		while (ktime_get_ns() < until)
			cpu_relax();
	if (record->count < RECORDED_TICKS) {
		record->ticks[record->count] = *tick;
		WRITE_ONCE(record->count, record->count + 1);
	}
	account(record, tick, now);
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
	record->next = period->first;
	record->misplaced += !in_place(period->first);
}

static void record_left(struct sync_timer *source, const struct sync_timer_period *period)
{
	struct record *record = this_cpu_ptr(records);

	record->online += period->end - period->first;
	record->unsettled += period->end - period->next;
	record->disordered += period->next != record->next;
	record->misplaced += !in_place(period->end);
}

static int start_with(u64 run_interval_ns, const struct sync_timer_options *wanted)
{
	struct sync_timer_options options = *wanted;
	int number, err;

	for_each_possible_cpu (number)
		memset(per_cpu_ptr(records, number), 0, sizeof(struct record));
	options.joined = record_joined;
	options.left = record_left;
	interval_ns = run_interval_ns;
	phase_ns = options.phase_ns;
	started_ns = ktime_get_ns();
	changed_ns = started_ns;
	WRITE_ONCE(timer_alive, true);
	err = sync_timer_init_options(&timer, record_tick, interval_ns, &options);
	if (err)
		WRITE_ONCE(timer_alive, false);
	return err;
}

static int start(u64 run_interval_ns, u64 run_phase_ns)
{
	struct sync_timer_options options = {.phase_ns = run_phase_ns};

	return start_with(run_interval_ns, &options);
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
static bool run_with(struct ktap *ktap, u64 run_interval_ns,
		     const struct sync_timer_options *options, unsigned int ticks)
{
	int err = start_with(run_interval_ns, options);
	bool complete;

	if (!KTAP_EXPECT(ktap, err == 0, "error %d at %llu ns", err, interval_ns))
		return false;
	complete = wait_for(ticks);
	stop();
	return KTAP_EXPECT(ktap, complete, "no %u ticks on all CPUs in %d s at %llu ns", ticks,
			   DEADLINE_SECONDS, interval_ns);
}

static bool run(struct ktap *ktap, u64 run_interval_ns, u64 run_phase_ns, unsigned int ticks)
{
	struct sync_timer_options options = {.phase_ns = run_phase_ns};

	return run_with(ktap, run_interval_ns, &options, ticks);
}

/* What makes_sense() says in one word, in several. */
static void check_tick(struct ktap *ktap, const struct sync_timer_tick *tick)
{
	KTAP_EXPECT(ktap, tick->boundary_ns == tick->number * interval_ns + phase_ns,
		    "tick %llu is at boundary %llu", tick->number, tick->boundary_ns);
	KTAP_EXPECT(ktap, tick->delta_ns >= 0, "%lld ns before the boundary", -tick->delta_ns);
	KTAP_EXPECT(ktap, tick->entry_ns <= tick->delta_ns, "entry %lld, delta %lld",
		    tick->entry_ns, tick->delta_ns);
	KTAP_EXPECT(ktap, tick->spin_ns == (tick->entry_ns < 0 ? -tick->entry_ns : 0),
		    "entry %lld, spin %u", tick->entry_ns, tick->spin_ns);
	KTAP_EXPECT(ktap, tick->stolen_ns <= tick->spin_ns, "%u of %u stolen", tick->stolen_ns,
		    tick->spin_ns);
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
	KTAP_EXPECT(ktap, record->disordered == 0, "cpu %d: %llu of %llu", number,
		    record->disordered, record->started);
	KTAP_EXPECT(ktap, record->broken == 0, "cpu %d: %llu of %llu", number, record->broken,
		    record->started);
	KTAP_EXPECT(ktap, record->early == 0, "cpu %d: %llu of %llu before their boundary", number,
		    record->early, record->started);
	KTAP_EXPECT(ktap, record->elsewhere == 0, "cpu %d: %llu of %llu not in hard interrupt",
		    number, record->elsewhere, record->started);
	KTAP_EXPECT(ktap, record->late == 0, "cpu %d: %llu ticks after destroy", number,
		    record->late);
}

/* Of a whole number of seconds, the one begun included */
static void check_budget(struct ktap *ktap, const struct record *record, int number)
{
	u64 whole_s = div64_u64(changed_ns - started_ns, NSEC_PER_SEC) + 1;

	KTAP_EXPECT(ktap,
		    record->charged_ns <= whole_s * NSEC_PER_MSEC * timer.lead.budget_permille,
		    "cpu %d: %llu ns in %llu s", number, record->charged_ns, whole_s);
}

static void check_all(struct ktap *ktap)
{
	int number;

	for_each_possible_cpu (number) {
		check_sequence(ktap, per_cpu_ptr(records, number));
		check_totals(ktap, per_cpu_ptr(records, number), number);
		check_budget(ktap, per_cpu_ptr(records, number), number);
	}
}

struct init_row {
	struct sync_timer *timer;
	enum hrtimer_restart (*fn)(struct hrtimer *hrtimer);
	u64 interval_ns;
	struct sync_timer_options options;
	int answer;
};

static const struct init_row init_rows[] = {
	{&timer, record_tick, 1000000, {}, 0},
	{&timer, record_tick, 1000000, {.phase_ns = 999999}, 0},
	{&timer, record_tick, 50000, {}, 0},
	{&timer, record_tick, 10000000000, {}, 0},
	{NULL, record_tick, 1000000, {}, -EINVAL},
	{&timer, NULL, 1000000, {}, -EINVAL},
	{NULL, NULL, 0, {}, -EINVAL},
	{&timer, record_tick, 0, {}, -EINVAL},
	{&timer, record_tick, 1, {}, -EINVAL},
	{&timer, record_tick, 49999, {}, -EINVAL},
	{&timer, record_tick, 10000000001, {}, -EINVAL},
	{&timer, record_tick, 1ULL << 63, {}, -EINVAL},
	{&timer, record_tick, U64_MAX, {}, -EINVAL},
	{&timer, record_tick, 1000000, {.phase_ns = 1000000}, -EINVAL},
	{&timer, record_tick, 1000000, {.phase_ns = U64_MAX}, -EINVAL},
	{&timer, record_tick, 1000000, {.lead = LEAD_AUTO}, 0},
	{&timer, record_tick, 50000, {.lead = LEAD_FIXED}, 0},
	{&timer, record_tick, 1000000, {.lead = LEAD_FIXED, .lead_max_ns = 500000}, 0},
	{&timer, record_tick, 1000000, {.lead = LEAD_AUTO, .lead_max_ns = 500001}, -EINVAL},
	{&timer, record_tick, 1000000, {.lead = LEAD_AUTO, .lead_budget_permille = 501}, -EINVAL},
	{&timer, record_tick, 1000000, {.lead = (enum lead_mode)3}, -EINVAL},
	{&timer, record_tick, 1000000, {.cpus = cpu_possible_mask}, 0},
	{&timer, record_tick, 1000000, {.cpus = cpu_none_mask}, -EINVAL},
};

static void initialisation(struct ktap *ktap)
{
	struct sync_timer zeroed = {};
	size_t i;
	int err;

	for (i = 0; i < ARRAY_SIZE(init_rows); i++) {
		const struct init_row *row = &init_rows[i];

		WRITE_ONCE(timer_alive, true);
		err = sync_timer_init_options(row->timer, row->fn, row->interval_ns, &row->options);
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

/* Wait until a CPU has ticked that often in all. */
static bool wait_started(const struct record *record, u64 ticks)
{
	unsigned long deadline = jiffies + DEADLINE_SECONDS * HZ;

	while (READ_ONCE(record->started) < ticks && time_before(jiffies, deadline))
		usleep_range(500, 1000);
	return READ_ONCE(record->started) >= ticks;
}

static bool go_off_and_on(struct ktap *ktap, int cpu)
{
	int err;

	changed_ns = ktime_get_ns();
	err = remove_cpu(cpu);
	if (!KTAP_EXPECT(ktap, err == 0, "cpu %d does not go: %d", cpu, err))
		return false;
	changed_ns = ktime_get_ns();
	err = add_cpu(cpu);
	return KTAP_EXPECT(ktap, err == 0, "cpu %d does not come: %d", cpu, err);
}

/* A CPU goes and comes: its totals add up over all its periods. */
static void cpu_off_and_on(struct ktap *ktap)
{
	struct sync_timer_options options = {.lead = LEAD_AUTO, .lead_budget_permille = 100};
	int cpu = removable_cpu();
	struct record *record;
	unsigned int i;
	int err, number;

	if (cpu < 0) {
		ktap->skip = "no CPU can go offline";
		return;
	}
	err = start_with(333333, &options);
	if (!KTAP_EXPECT(ktap, err == 0, "error %d", err))
		return;
	record = per_cpu_ptr(records, cpu);
	for (i = 0; i < cycles; i++) {
		u64 before = READ_ONCE(record->started);

		if (!go_off_and_on(ktap, cpu) ||
		    !KTAP_EXPECT(ktap, wait_started(record, before + 2), "cpu %d: no ticks", cpu))
			break;
	}
	stop();
	KTAP_EXPECT(ktap, record->periods == cycles + 1, "%llu periods", record->periods);
	for_each_possible_cpu (number) {
		check_totals(ktap, per_cpu_ptr(records, number), number);
		check_budget(ktap, per_cpu_ptr(records, number), number);
	}
}

/* On the chosen CPUs only, also when one of the others comes */
static void check_chosen(struct ktap *ktap, const struct cpumask *chosen)
{
	int number;

	for_each_possible_cpu (number) {
		const struct record *record = per_cpu_ptr(records, number);

		KTAP_EXPECT(ktap,
			    !record->started == !cpumask_test_cpu(number, chosen) ||
				    !cpu_online(number),
			    "cpu %d: %llu ticks", number, record->started);
		check_totals(ktap, record, number);
	}
}

static void chosen_cpus(struct ktap *ktap)
{
	const int chosen[] = {0, removable_cpu()};
	struct sync_timer_options options = {};
	size_t i;
	int err;

	if (chosen[1] < 0) {
		ktap->skip = "no CPU can go offline";
		return;
	}
	for (i = 0; i < ARRAY_SIZE(chosen); i++) {
		const struct record *record = per_cpu_ptr(records, chosen[i]);

		options.cpus = cpumask_of(chosen[i]);
		err = start_with(1000000, &options);
		if (!KTAP_EXPECT(ktap, err == 0, "error %d", err))
			return;
		KTAP_EXPECT(ktap, wait_started(record, 10), "cpu %d: no ticks", chosen[i]);
		if (go_off_and_on(ktap, chosen[1]))
			KTAP_EXPECT(ktap, wait_started(record, record->started + 10),
				    "cpu %d: no more ticks", chosen[i]);
		stop();
		check_chosen(ktap, options.cpus);
	}
}

static const struct {
	u64 interval_ns;
	struct sync_timer_options options;
} lead_rows[] = {
	{1000000, {.lead = LEAD_AUTO}},
	{1000000, {.lead = LEAD_FIXED}},
	{1000000, {.lead = LEAD_FIXED, .lead_max_ns = 400000, .lead_budget_permille = 500}},
	{1000000, {.lead = LEAD_AUTO, .lead_max_ns = 1, .lead_budget_permille = 1}},
	{1000000, {.lead = LEAD_AUTO, .lead_budget_permille = 100, .phase_ns = 999999}},
	{333333, {.lead = LEAD_AUTO, .lead_budget_permille = 100}},
	{50000, {.lead = LEAD_AUTO, .lead_budget_permille = 500}},
	{50000, {.lead = LEAD_FIXED, .lead_budget_permille = 100}},
};

static void leads(struct ktap *ktap)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lead_rows); i++)
		if (run_with(ktap, lead_rows[i].interval_ns, &lead_rows[i].options, RECORDED_TICKS))
			check_all(ktap);
}

static void no_lead(struct ktap *ktap)
{
	int number;

	if (!run(ktap, 1000000, 0, RECORDED_TICKS))
		return;
	for_each_possible_cpu (number)
		KTAP_EXPECT(ktap, per_cpu_ptr(records, number)->spun == 0, "cpu %d: %llu", number,
			    per_cpu_ptr(records, number)->spun);
}

/* However late a CPU is entered, up to the maximum, some tick comes early in the end. */
static void lead_learns(struct ktap *ktap)
{
	struct sync_timer_options options = {
		.lead = LEAD_AUTO, .lead_max_ns = 500000, .lead_budget_permille = 500};
	unsigned long deadline = jiffies + DEADLINE_SECONDS * HZ;
	int number, err;

	err = start_with(1000000, &options);
	if (!KTAP_EXPECT(ktap, err == 0, "error %d", err))
		return;
	cpus_read_lock();
	for_each_online_cpu (number) {
		const struct record *record = per_cpu_ptr(records, number);

		while (!READ_ONCE(record->spun) && time_before(jiffies, deadline))
			usleep_range(500, 1000);
		KTAP_EXPECT(ktap, READ_ONCE(record->spun) > 0, "cpu %d: none in %d s", number,
			    DEADLINE_SECONDS);
	}
	cpus_read_unlock();
	stop();
	check_all(ktap);
}

/* A step of the wall clock is none of CLOCK_MONOTONIC, whose boundaries go on. */
static void wall_clock_steps(struct ktap *ktap)
{
	static const s64 steps_s[] = {3600, -7200, 86400, -82800};
	const struct record *record = per_cpu_ptr(records, 0);
	struct timespec64 now;
	size_t i;
	int err = start(1000000, 0);

	if (!KTAP_EXPECT(ktap, err == 0, "error %d", err))
		return;
	for (i = 0; i < ARRAY_SIZE(steps_s); i++) {
		ktime_get_real_ts64(&now);
		now.tv_sec += steps_s[i];
		err = do_settimeofday64(&now);
		KTAP_EXPECT(ktap, err == 0, "step by %lld s: error %d", steps_s[i], err);
		KTAP_EXPECT(ktap, wait_started(record, record->started + 20), "no ticks");
	}
	stop();
	check_all(ktap);
	KTAP_EXPECT(ktap, record->started + record->missed < 1000ULL * DEADLINE_SECONDS,
		    "%llu boundaries", record->started + record->missed);
}

static int set_alarm(struct rtc_device *rtc, unsigned int after_s)
{
	struct rtc_wkalrm alarm = {.enabled = 1};
	struct rtc_time now;
	int err = rtc_read_time(rtc, &now);

	if (err)
		return err;
	rtc_time64_to_tm(rtc_tm_to_time64(&now) + after_s, &alarm.time);
	return rtc_set_alarm(rtc, &alarm);
}

/*
 * Suspend to idle, until the RTC wakes the machine. Where the processor's idle state
 * stops CLOCK_MONOTONIC no boundary passes meanwhile, elsewhere the ticks go on: in
 * either case all of them are accounted for.
 */
static void suspend_to_idle(struct ktap *ktap)
{
	struct sync_timer_options options = {.lead = LEAD_AUTO, .lead_budget_permille = 100};
	const struct record *record = per_cpu_ptr(records, 0);
	/* A kernel without RTCs has none of their functions either. */
	struct rtc_device *rtc = IS_ENABLED(CONFIG_RTC_CLASS) && suspend ? rtc_class_open("rtc0")
									 : NULL;
	int err;

	if (!rtc) {
		ktap->skip = suspend ? "no RTC to wake the machine" : "suspend=1 was not given";
		return;
	}
	err = start_with(1000000, &options);
	if (!KTAP_EXPECT(ktap, err == 0, "error %d", err))
		goto out;
	KTAP_EXPECT(ktap, wait_started(record, 20), "no ticks before");
	/* A PC's firmware is to do this, and that of a VM does not. */
	if (IS_ENABLED(CONFIG_X86))
		irq_set_irq_wake(PC_RTC_IRQ, 1);
	err = set_alarm(rtc, 2);
	if (KTAP_EXPECT(ktap, err == 0, "alarm: error %d", err))
		err = pm_suspend(PM_SUSPEND_TO_IDLE);
	KTAP_EXPECT(ktap, err == 0, "error %d", err);
	if (IS_ENABLED(CONFIG_X86))
		irq_set_irq_wake(PC_RTC_IRQ, 0);
	KTAP_EXPECT(ktap, wait_started(record, record->started + 20), "no ticks after");
	stop();
	check_all(ktap);
out:
	rtc_class_close(rtc);
}

/* As short as it can be, for a while */
static void long_run(struct ktap *ktap)
{
	struct sync_timer_options options = {.lead = LEAD_AUTO, .lead_budget_permille = 50};
	int err = start_with(50000, &options);

	if (!KTAP_EXPECT(ktap, err == 0, "error %d", err))
		return;
	msleep(seconds * 1000);
	stop();
	check_all(ktap);
	KTAP_EXPECT(ktap, per_cpu_ptr(records, 0)->online >= seconds * 20000ULL, "%llu boundaries",
		    per_cpu_ptr(records, 0)->online);
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
	{"no_lead", no_lead},
	{"leads", leads},
	{"lead_learns", lead_learns},
	{"chosen_cpus", chosen_cpus},
	{"cpu_off_and_on", cpu_off_and_on},
	{"wall_clock_steps", wall_clock_steps},
	{"suspend_to_idle", suspend_to_idle},
	{"long_run", long_run},
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
