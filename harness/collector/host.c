// SPDX-License-Identifier: GPL-2.0
/*
 * host.c - the machine that runs us, watched for a while
 */
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file_text.h"
#include "base/nanoseconds.h"
#include "base/text.h"
#include "collector/collect.h"
#include "collector/trace.h"
#include "kernel/environment.h"
#include "kernel/host_state.h"
#include "kernel/log.h"
#include "kernel/module.h"
#include "kernel/trace_instance.h"

#define INSTANCE "memory_collector_collect"
#define READ_EVERY_NS (100 * NS_PER_MS)
#define GRACE_NS (2000 * NS_PER_MS)
/* Holds what comes in ten reads, even of a thousand processes on a CPU */
#define BUFFER_KIB 16384
/* Processes that have ended, to be told apart; more where so many lines are wanted */
#define KEEP_MIN 1024

/* In the order of unloading */
enum { COLLECTOR = 1, SIMULATION = 2 };

const struct mc_host_use mc_collect_use = {
	.program = "collect",
	.doing = "collecting",
	.file = MC_COLLECT,
	.module = {MC_COLLECTOR_MODULE, MC_SIM_MODULE},
	.instance = {INSTANCE},
	.beside = MC_COLLECTOR_TEST,
};

struct collecting {
	const struct mc_collect_options *options;
	const char *self, *modules;
	struct mc_host_state host;
	struct mc_collector_trace *trace;
	bool has_command;
	struct mc_child command;
	struct mc_child_end command_end; /* exit code 0 unless it ends before its time is over */
	int64_t end_ns;
	struct mc_collect_account account;
};

/* ---- before anything is touched ---- */

static int check(const struct collecting *collecting, struct mc_failure *failure)
{
	if (mc_collector_check(collecting->modules, collecting->options->simulate, failure) ||
	    mc_trace_check(failure))
		return -1;
	return 0;
}

/* A simulation that somebody else has loaded is theirs, and is left alone. */
static int take_machine(struct collecting *collecting, struct mc_failure *failure)
{
	unsigned int modules = COLLECTOR | (collecting->options->simulate ? SIMULATION : 0);
	char note[512];
	int result = mc_host_take(&collecting->host, &mc_collect_use, modules, note, sizeof(note),
				  failure);

	if (*note) {
		fputs("collect: ", stderr);
		mc_text_put(stderr, note);
		fputc('\n', stderr);
	}
	if (result || !mc_host_write(&collecting->host, "", failure))
		return result;
	mc_host_release(&collecting->host);
	return -1;
}

/* ---- what is watched ---- */

static int load(const struct collecting *collecting, struct mc_failure *failure)
{
	const struct mc_collect_options *options = collecting->options;
	char simulation[64], parameters[128], budget[48] = "";

	snprintf(simulation, sizeof(simulation), "max_rmid=%u", options->rmids);
	/* An emulated processor takes its time for each of the simulated registers. */
	if (options->simulate)
		snprintf(budget, sizeof(budget), " budget_ns=%" PRIu64, options->interval_ns / 4);
	snprintf(parameters, sizeof(parameters), "hardware=%s emit=all interval_ns=%" PRIu64 "%s",
		 options->simulate ? "sim" : "auto", options->interval_ns, budget);
	return mc_collector_load(collecting->modules, options->simulate ? simulation : NULL,
				 parameters, failure);
}

static int unload(const struct collecting *collecting, struct mc_failure *failure)
{
	if (collecting->options->simulate)
		return mc_collector_unload(failure);
	return mc_kernel_module_unload(MC_COLLECTOR_MODULE, failure);
}

static void take(void *data, const struct mc_event *event)
{
	mc_collect_account_event(data, event);
}

static int read_all(struct collecting *collecting, struct mc_failure *failure)
{
	return mc_collector_trace_read(collecting->trace, take, &collecting->account, failure);
}

/* Return: whether the command has ended, if there is one. */
static bool command_ended(struct collecting *collecting, int64_t deadline_ns)
{
	return collecting->has_command &&
	       mc_child_wait(&collecting->command, deadline_ns, &collecting->command_end);
}

/* The time is over, or the command has ended. */
static bool over(void *data)
{
	struct collecting *collecting = data;
	struct mc_failure unused;
	int64_t now = mc_now_ns();

	if (command_ended(collecting, now))
		collecting->end_ns = now;
	if (now < collecting->end_ns)
		return false;
	/* Where that fails it will fail again, in finish(). */
	mc_collect_account_ending(&collecting->account, &unused);
	return true;
}

static int stopped(struct mc_failure *failure)
{
	return mc_stop_requested() ? mc_fail(failure, MC_EXIT_ENVIRONMENT, "interrupted by SIG%s",
					     sigabbrev_np(mc_stop_signal()))
				   : 0;
}

/* Until the time is over, the command has ended, or somebody wants us to stop */
static int watch(struct collecting *collecting, struct mc_failure *failure)
{
	uint64_t duration_ns = collecting->options->duration_ns;

	collecting->end_ns = duration_ns ? mc_now_ns() + (int64_t)duration_ns : INT64_MAX;
	mc_collector_trace_until(collecting->trace, over, collecting);
	while (!over(collecting) && !mc_stop_requested()) {
		int64_t next = mc_now_ns() + READ_EVERY_NS;

		if (next > collecting->end_ns)
			next = collecting->end_ns;
		if (collecting->has_command)
			command_ended(collecting, next);
		else
			mc_sleep_until(next);
		if (read_all(collecting, failure))
			return -1;
	}
	return stopped(failure);
}

/* What was only renamed (prctl) has its name from the kernel itself. */
static void refresh_name(struct mc_process_usage *process)
{
	char path[64], comm[MC_COMM_LENGTH];

	snprintf(path, sizeof(path), "/proc/%" PRId64 "/comm", process->tgid);
	if (mc_file_line(path, comm, sizeof(comm)) > 0)
		memcpy(process->comm, comm, sizeof(process->comm));
}

/* Who has ended has another's id now, or nobody's. */
static void refresh_names(struct mc_collect_account *account)
{
	size_t i;

	for (i = 0; i < account->n_processes; i++) {
		if (!account->process[i].ended)
			refresh_name(&account->process[i]);
	}
}

static int finish(struct collecting *collecting, struct mc_failure *failure)
{
	struct mc_collect_account *account = &collecting->account;

	if (mc_collect_account_ending(account, failure) ||
	    mc_collector_trace_stop(collecting->trace, failure) ||
	    mc_collector_stats_read(&account->after, failure))
		return -1;
	account->shared |= mc_collector_trace_elsewhere(collecting->trace, MC_RDT_SAMPLE);
	if (read_all(collecting, failure) || stopped(failure))
		return -1;
	account->lost = mc_collector_trace_lost(collecting->trace, failure);
	if (account->lost < 0)
		return -1;
	account->process = mc_usage_processes(account->usage, &account->n_processes, failure);
	if (!account->process)
		return -1;
	refresh_names(account);
	return 0;
}

static int watch_with_command(struct collecting *collecting, struct mc_failure *failure)
{
	const struct mc_child_config config = {
		.argv = (const char *const *)collecting->options->command,
		.stdin_fd = STDIN_FILENO,
		.stdout_fd = STDOUT_FILENO,
		.stderr_fd = STDERR_FILENO,
		.user = (uid_t)-1,
	};
	int result;

	if (mc_child_start(&collecting->command, &config, failure))
		return -1;
	collecting->has_command = true;
	result = watch(collecting, failure);
	if (!result)
		result = finish(collecting, failure);
	mc_child_stop(&collecting->command, SIGTERM, GRACE_NS, NULL);
	return result;
}

static int watch_with_demo(struct collecting *collecting, struct mc_failure *failure)
{
	struct mc_demo demo = {.n = 0};
	int result;

	if (collecting->options->demo && mc_demo_start(&demo, collecting->self, failure))
		return -1;
	result = watch(collecting, failure);
	if (!result)
		result = finish(collecting, failure);
	mc_demo_stop(&demo);
	return result;
}

static int collect(struct collecting *collecting, struct mc_failure *failure)
{
	const struct mc_collect_options *options = collecting->options;
	struct mc_collect_account *account = &collecting->account;
	unsigned int kib =
		mc_collector_buffer_kib(BUFFER_KIB, mc_memory_available(), mc_cpus_online());
	int result;

	if (mc_collect_account_begin(account, options->lines > KEEP_MIN ? options->lines : KEEP_MIN,
				     failure))
		return -1;
	collecting->trace = mc_collector_trace_new(INSTANCE, MC_KINDS_COLLECTOR, kib, failure);
	if (!collecting->trace)
		return -1;
	account->shared = mc_collector_trace_elsewhere(collecting->trace, MC_RDT_SAMPLE);
	result = mc_collect_account_on(account, failure);
	if (!result)
		result = *options->command ? watch_with_command(collecting, failure)
					   : watch_with_demo(collecting, failure);
	mc_collector_trace_free(collecting->trace);
	return result;
}

/* ---- all of it ---- */

static int run(struct collecting *collecting, int log, FILE *to, struct mc_failure *failure)
{
	struct mc_failure second;
	char complaint[256];
	int result;

	if (load(collecting, failure)) {
		/* The kernel's own words say more about a refusal than its error number does. */
		mc_kernel_log_complaint(log, complaint, sizeof(complaint));
		return *complaint ? mc_fail_prepend(failure, "%s", complaint) : -1;
	}
	result = collect(collecting, failure);
	if (unload(collecting, result ? &second : failure))
		result = -1;
	return result ? result
		      : (int)mc_collect_account_print(&collecting->account,
						      collecting->options->lines, to);
}

int mc_collect_host(const struct mc_collect_options *options, const char *self, const char *modules,
		    FILE *to, int *command, struct mc_failure *failure)
{
	struct collecting collecting = {.options = options,
					.self = self,
					.modules = modules,
					.command_end = {.exited = true}};
	int result, log;

	if (check(&collecting, failure))
		return -1;
	log = mc_kernel_log_open(failure);
	if (log < 0)
		return -1;
	result = take_machine(&collecting, failure);
	if (!result) {
		result = run(&collecting, log, to, failure);
		mc_host_release(&collecting.host);
	}
	close(log);
	mc_collect_account_free(&collecting.account);
	*command = collecting.command_end.code + (collecting.command_end.exited ? 0 : 128);
	return result;
}
