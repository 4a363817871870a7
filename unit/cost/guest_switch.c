// SPDX-License-Identifier: GPL-2.0
/*
 * guest_switch.c - a byte there and a byte back: two context switches
 *
 * Figures: switch_same_* between two threads of a process, which have one RMID, and
 * switch_other_* between two processes, which have one each; without the collector and
 * with it, per switch.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#define TRIPS 500
#define SWITCHES (2 * TRIPS)

/* There and back; the other side reads from there[0] and writes to back[1]. */
struct pipes {
	int there[2], back[2];
};

static void echo(const struct pipes *pipes)
{
	char byte;

	while (read(pipes->there[0], &byte, 1) == 1 && write(pipes->back[1], &byte, 1) == 1)
		;
}

static void trip(void *data)
{
	const struct pipes *pipes = data;
	char byte = 0;

	if (write(pipes->there[1], &byte, 1) != 1 || read(pipes->back[0], &byte, 1) != 1)
		guest_fail("a pipe: %s", strerror(errno));
}

/* ---- the other side ---- */

struct other {
	struct pipes pipes;
	pthread_t thread;
	pid_t pid;
};

struct partner {
	const char *name;
	void (*start)(struct other *other);
	void (*stop)(struct other *other);
	bool other_rmid;
};

static void *thread_main(void *pipes)
{
	echo(pipes);
	return NULL;
}

static void start_thread(struct other *other)
{
	if (pthread_create(&other->thread, NULL, thread_main, &other->pipes))
		guest_fail("cannot make a thread");
}

static void stop_thread(struct other *other)
{
	close(other->pipes.there[1]);
	pthread_join(other->thread, NULL);
}

static void start_process(struct other *other)
{
	other->pid = fork();
	if (other->pid < 0)
		guest_fail("cannot fork: %s", strerror(errno));
	if (!other->pid) {
		close(other->pipes.there[1]);
		echo(&other->pipes);
		_exit(0);
	}
}

static void stop_process(struct other *other)
{
	close(other->pipes.there[1]);
	waitpid(other->pid, NULL, 0);
}

/* ---- measuring ---- */

static unsigned long context_switches(void)
{
	unsigned long count = 0;
	FILE *stat = fopen("/proc/stat", "re");
	char line[4096];

	while (stat && fgets(line, sizeof(line), stat) && sscanf(line, "ctxt %lu", &count) != 1)
		;
	if (stat)
		fclose(stat);
	return count;
}

static double measure(const struct partner *partner)
{
	struct other other;
	unsigned long before, switches;
	double cost;

	if (pipe(other.pipes.there) || pipe(other.pipes.back))
		guest_fail("cannot make a pipe: %s", strerror(errno));
	partner->start(&other);
	trip(&other.pipes);
	before = context_switches();
	cost = guest_cost(trip, &other.pipes, TRIPS);
	switches = context_switches() - before;
	/* Whatever else runs, now and then, is little. */
	if (switches < SWITCHES || switches > SWITCHES + SWITCHES / 4)
		guest_fail("%lu context switches in %d trips there and back", switches, TRIPS);
	partner->stop(&other);
	close(other.pipes.there[0]);
	close(other.pipes.back[0]);
	close(other.pipes.back[1]);
	return cost * TRIPS / SWITCHES;
}

/* A switch that the collector has not seen as what it is would be a cheap one. */
static void measure_partner(const struct partner *partner, const char *how, bool collector)
{
	uint64_t changes = collector ? guest_status("processes_switches") : 0;
	char name[64];

	snprintf(name, sizeof(name), "switch_%s_%s", partner->name, how);
	guest_figure(name, measure(partner));
	if (!collector)
		return;
	changes = guest_status("processes_switches") - changes;
	if (partner->other_rmid ? changes < SWITCHES : changes > SWITCHES / 4)
		guest_fail("%s: the RMID changed %" PRIu64 " times in %d switches", name, changes,
			   SWITCHES);
}

static void measure_both(const char *how, bool collector)
{
	static const struct partner thread = {"same", start_thread, stop_thread, false};
	static const struct partner process = {"other", start_process, stop_process, true};

	measure_partner(&thread, how, collector);
	measure_partner(&process, how, collector);
}

static void set_policy(int policy)
{
	const struct sched_param param = {.sched_priority = 0};

	if (sched_setscheduler(0, policy, &param))
		guest_fail("cannot set the scheduling policy: %s", strerror(errno));
}

/*
 * Who is woken does not take the CPU from a batch task, so that a trip is two switches,
 * not now two and now four, as PREEMPT_RT would have it.
 */
void guest_measure_switches(void)
{
	set_policy(SCHED_BATCH);
	guest_with_collectors(measure_both);
	set_policy(SCHED_OTHER);
}
