// SPDX-License-Identifier: GPL-2.0
/*
 * guest_sweep.c - the collector's tick, with no, 1, 16 and 64 RMIDs to read
 *
 * Figures: sweep_0 without registers; sweep_1, sweep_16, sweep_64, with registers in memory;
 * sweep_traced_1 and so on with an event for each RMID. This program has one of the RMIDs,
 * its sleeping children have the others.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#define INTERVAL_NS 10000000
#define TICKS 40
#define CHILDREN_MAX 63

static pid_t children[CHILDREN_MAX];
static unsigned int n_children;

/* A child that has written has run, and so has an RMID. */
static void start_child(void)
{
	int pipes[2];
	char byte = 0;
	pid_t pid;

	if (pipe(pipes))
		guest_fail("cannot make a pipe: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		guest_fail("cannot fork: %s", strerror(errno));
	if (!pid) {
		if (write(pipes[1], &byte, 1) == 1)
			pause();
		_exit(1);
	}
	if (read(pipes[0], &byte, 1) != 1)
		guest_fail("a child has not run");
	close(pipes[0]);
	close(pipes[1]);
	children[n_children++] = pid;
}

static void stop_children(void)
{
	while (n_children) {
		kill(children[--n_children], SIGKILL);
		waitpid(children[n_children], NULL, 0);
	}
}

/* A tick that did not read all of them would be a cheap one. */
static void measure_ticks(const char *name, unsigned int rmids)
{
	uint64_t reads = guest_status("samples_read"), used;
	char figure[32];

	snprintf(figure, sizeof(figure), "%s_%u", name, rmids);
	guest_figure(figure, guest_tick_cost(INTERVAL_NS, TICKS));
	reads = guest_status("samples_read") - reads;
	used = guest_status("rmid_used");
	if (used != rmids || reads < (uint64_t)TICKS * rmids)
		guest_fail("%" PRIu64 " RMIDs are in use, not %u; %" PRIu64 " reads in %d ticks",
			   used, rmids, reads, TICKS);
}

/*
 * A budget of all the time there is, an event whether a figure has changed or not, and no
 * lead, whose spin would be counted as well.
 */
static void measure(unsigned int rmids)
{
	guest_load("rdt_sim", "");
	guest_load("collector",
		   "hardware=sim interval_ns=10000000 budget_ns=10000000 emit=all lead=off");
	while (n_children < rmids - 1)
		start_child();
	measure_ticks("sweep", rmids);
	guest_trace_start("memory_collector/rdt_sample");
	measure_ticks("sweep_traced", rmids);
	guest_trace_stop(TICKS * rmids);
	stop_children();
	guest_unload("collector");
	guest_unload("rdt_sim");
}

/* The empty baseline: RMIDs are given out, and there is nothing to read. */
static void measure_nothing(void)
{
	guest_load("collector", "hardware=emulated interval_ns=10000000 lead=off");
	guest_figure("sweep_0", guest_tick_cost(INTERVAL_NS, TICKS));
	guest_unload("collector");
}

void guest_measure_sweeps(void)
{
	int round;

	for (round = 0; round < COST_ROUNDS; round++) {
		measure_nothing();
		measure(1);
		measure(16);
		measure(64);
	}
}
