// SPDX-License-Identifier: GPL-2.0
/*
 * figures.c - see figures.h
 *
 * Times in a virtual machine say little by themselves. So each is measured between two
 * of the same without the collector, and the spread of those two is told beside it.
 */
#include "figures.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/nanoseconds.h"
#include "crowd.h"
#include "memory_collector/child.h"
#include "tap.h"
#include "watch.h"

#define ROUNDS 11
#define FORKS 400
#define PINGS 4000

/* ---- what is measured: ns for one ---- */

static double fork_exit_wait(void)
{
	int64_t begin = mc_now_ns();

	if (!crowd_forks(FORKS))
		return -1;
	return (mc_now_ns() - begin) / (double)FORKS;
}

static void echo(int from, int to)
{
	char byte;

	while (read(from, &byte, 1) == 1 && write(to, &byte, 1) == 1)
		;
	_exit(0);
}

/* Two switches for one there and back */
static double ping_pong(void)
{
	int there[2], back[2], i;
	int64_t begin;
	double each = -1;
	pid_t pid;
	char byte = 0;

	if (pipe(there) || pipe(back))
		return -1;
	pid = fork();
	if (!pid) {
		close(there[1]);
		close(back[0]);
		echo(there[0], back[1]);
	}
	close(there[0]);
	close(back[1]);
	begin = mc_now_ns();
	for (i = 0; pid > 0 && i < PINGS; i++) {
		if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1)
			break;
	}
	if (i == PINGS)
		each = (mc_now_ns() - begin) / (double)PINGS;
	close(there[1]);
	close(back[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return each;
}

static const struct {
	const char *name;
	double (*measure)(void);
} costs[] = {
	{"fork + exit + wait", fork_exit_wait},
	{"pipe there and back", ping_pong},
};

/* ---- loaded against not ---- */

static int by_size(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

static double median(double *values)
{
	qsort(values, ROUNDS, sizeof(*values), by_size);
	return values[ROUNDS / 2];
}

/* Return: ns for one, negative where something went wrong */
static double measure_loaded(size_t cost, const char *simulation)
{
	struct mc_failure failure = {.text = ""};
	double each;

	if (mc_collector_load(watch_modules, simulation,
			      simulation ? "hardware=sim" : "hardware=emulated", &failure)) {
		tap_note("%s", failure.text);
		return -1;
	}
	each = costs[cost].measure();
	if (mc_collector_unload(&failure)) {
		tap_note("%s", failure.text);
		return -1;
	}
	return each;
}

static void compare(size_t cost, const char *simulation)
{
	double loaded[ROUNDS], without[ROUNDS], ratio[ROUNDS], spread[ROUNDS];
	bool good = true;
	int i;

	for (i = 0; i < ROUNDS && good; i++) {
		double first = costs[cost].measure(), second;

		loaded[i] = measure_loaded(cost, simulation);
		second = costs[cost].measure();
		good = first > 0 && second > 0 && loaded[i] > 0;
		without[i] = (first + second) / 2;
		ratio[i] = loaded[i] / without[i];
		spread[i] = second / first;
	}
	tap_check(good, "%s, %s: measured %d times", costs[cost].name,
		  simulation ? "simulated registers" : "emulated", ROUNDS);
	if (!good)
		return;
	tap_note("%.0f ns without, %.0f ns with it (medians); ratio %.3f, from %.3f to %.3f",
		 median(without), median(loaded), median(ratio), ratio[0], ratio[ROUNDS - 1]);
	tap_note("not loaded against not loaded: ratio %.3f, from %.3f to %.3f", median(spread),
		 spread[0], spread[ROUNDS - 1]);
}

void figures_cost(void)
{
	size_t i;

	tap_about("cost");
	for (i = 0; i < sizeof(costs) / sizeof(costs[0]); i++) {
		compare(i, NULL);
		compare(i, "max_rmid=255");
	}
}

/* ---- coverage ---- */

#define PARENTS 8
#define PATIENCE 600 /* in tenths of a second */
#define COUNTED_MS 2000
#define WHILES 10

static bool sleep_on(int ms)
{
	watch_sleep_ms(ms);
	return true;
}

/* Each parent has so many children that have run once and sleep. */
static int children_each;

static bool parent(int ms)
{
	struct crowd crowd;

	return crowd_start(&crowd, children_each, sleep_on, ms) && crowd_wait(&crowd);
}

static uint64_t ticks_grown(const struct watch *watch, const char *name)
{
	return mc_collector_stat_cpus(&watch->after, name) -
	       mc_collector_stat_cpus(&watch->before, name);
}

static bool reads_complete(const struct watch *watch)
{
	uint64_t due = watch_grown(watch, "samples_due"), done = watch_grown(watch, "samples_read");

	tap_note("%" PRIu64 " of %" PRIu64 " reads that were due are done", done, due);
	return due && done == due && !watch_grown(watch, "samples_overruns");
}

static bool ticks_complete(const struct watch *watch, unsigned int interval_ms, int64_t length_ns)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t boundaries = length_ns / (interval_ms * NS_PER_MS) * cpus;
	uint64_t missed = ticks_grown(watch, "ticks_missed");
	uint64_t ticks = ticks_grown(watch, "ticks_started") + missed;
	/* Reading takes its time, and a late tick is counted when it comes. */
	uint64_t slack = (100 / interval_ms + 2) * cpus;

	tap_note("%" PRIu64 " ticks, of which %" PRIu64 " are missed, at about %" PRIu64
		 " boundaries",
		 ticks, missed, boundaries);
	return ticks + slack >= boundaries && ticks <= boundaries + slack &&
	       !mc_collector_stat_cpus(&watch->after, "ticks_lost");
}

/*
 * Look at the counters twice. A host that takes the virtual CPU away in the middle of a
 * tick makes it late and its budget short: then what is asked for is not tried, and the
 * next while is looked at.
 */
static bool complete_for_a_while(struct watch *watch, unsigned int interval_ms)
{
	struct mc_failure failure;
	int64_t begin, length_ns;
	bool reads, ticks;

	mc_collector_stats_free(&watch->before);
	mc_collector_stats_free(&watch->after);
	begin = mc_now_ns();
	if (mc_collector_stats_read(&watch->before, &failure))
		return false;
	watch_sleep_ms(COUNTED_MS);
	if (mc_collector_stats_read(&watch->after, &failure))
		return false;
	length_ns = mc_now_ns() - begin;
	reads = reads_complete(watch);
	ticks = ticks_complete(watch, interval_ms, length_ns);
	return reads && ticks;
}

static void cover(unsigned int rmids, unsigned int interval_ms)
{
	char parameters[128];
	const struct watch_plan plan = {"max_rmid=511 cpus_per_domain=2", parameters,
					MC_KIND(MC_RDT_SAMPLE), 16384};
	struct crowd crowd;
	struct watch watch;
	bool good = false;
	int tries;

	snprintf(parameters, sizeof(parameters), "interval_ns=%" PRId64 " budget_ns=%" PRId64,
		 interval_ms * NS_PER_MS, interval_ms * NS_PER_MS / 2);
	children_each = rmids / PARENTS - 1;
	if (!watch_begin(&watch, &plan))
		return;
	crowd_start(&crowd, PARENTS, parent, 4 * 100 * PATIENCE);
	for (tries = 0; tries < PATIENCE && watch_stat("rmid_used") < rmids; tries++)
		watch_sleep_ms(100);
	tap_check(watch_stat("rmid_used") >= rmids, "at least %u RMIDs are in use", rmids);
	for (tries = 0; tries < WHILES && !good; tries++)
		good = complete_for_a_while(&watch, interval_ms);
	crowd_kill(&crowd);
	tap_check(good, "%u ms: all is read at every tick, and every boundary accounted for",
		  interval_ms);
	watch_end(&watch);
}

void figures_coverage(void)
{
	tap_about("coverage");
	cover(64, 1);
	cover(256, 10);
}
