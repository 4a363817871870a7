// SPDX-License-Identifier: GPL-2.0
/*
 * checks_collect.c - collect on the machine itself: whatever ends it, nothing is left
 */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/nanoseconds.h"
#include "checks.h"
#include "crowd.h"
#include "kernel/log.h"
#include "kernel/module.h"
#include "memory_collector/child.h"
#include "sim_files.h"
#include "tap.h"
#include "watch.h"

#define TRACING "/sys/kernel/tracing"
#define INSTANCE TRACING "/instances/memory_collector_collect"
#define OTHER_INSTANCE TRACING "/instances/" WATCH_OTHER_INSTANCE
#define STATE "/run/memory-collector/collect"
#define TEXT_MAX 65536
#define TABLE "/collect-table"

/* What a run of collect is, what it said, and how it ended */
struct run {
	struct mc_child child;
	FILE *said;
	struct mc_child_end end;
	char text[TEXT_MAX];
};

static bool nothing_left(void)
{
	return !mc_kernel_module_loaded(MC_COLLECTOR_MODULE) &&
	       !mc_kernel_module_loaded(MC_SIM_MODULE) && access(INSTANCE, F_OK) &&
	       access(STATE, F_OK);
}

/*
 * @more: what follows "--place host --modules ..."; NULL at the end
 * @in, @out: its standard input and output; @out -1: with what it says
 */
static bool start_between(struct run *run, const char *const *more, int in, int out)
{
	const char *argv[24] = {watch_collect, "--place", "host", "--modules", watch_modules};
	struct mc_child_config config = {.argv = argv, .stdin_fd = in, .user = (uid_t)-1};
	struct mc_failure failure = {.text = "no temporary file"};
	int i;

	for (i = 0; more[i]; i++)
		argv[5 + i] = more[i];
	run->end = (struct mc_child_end){.exited = false, .code = -1};
	run->said = tmpfile();
	if (run->said) {
		config.stderr_fd = fileno(run->said);
		config.stdout_fd = out < 0 ? config.stderr_fd : out;
		if (!mc_child_start(&run->child, &config, &failure))
			return true;
		fclose(run->said);
	}
	tap_check(false, "started: %s", failure.text);
	return false;
}

static bool start(struct run *run, const char *const *more)
{
	return start_between(run, more, -1, -1);
}

/* Let it end by itself, or by a signal; then there is its text. */
static void finish(struct run *run, int signal)
{
	size_t got;

	if (signal)
		mc_child_stop(&run->child, signal, 60 * NS_PER_S, &run->end);
	else if (!mc_child_wait(&run->child, mc_now_ns() + 120 * NS_PER_S, &run->end))
		mc_child_stop(&run->child, SIGKILL, 0, NULL);
	rewind(run->said);
	got = fread(run->text, 1, sizeof(run->text) - 1, run->said);
	run->text[got] = '\0';
	fclose(run->said);
}

static bool ended(const struct run *run, bool exited, int code)
{
	if (run->end.exited == exited && run->end.code == code)
		return true;
	tap_note("exited %d, code %d: %.1500s", run->end.exited, run->end.code, run->text);
	return false;
}

static bool exited(const struct run *run, int code)
{
	return ended(run, true, code);
}

static bool says(const struct run *run, const char *words)
{
	if (strstr(run->text, words))
		return true;
	tap_note("no '%s' in: %.1500s", words, run->text);
	return false;
}

/* Until it records; it has its modules and its instance then. */
static bool wait_for_recording(void)
{
	int tries;

	for (tries = 0; tries < 600 && access(INSTANCE, F_OK); tries++)
		watch_sleep_ms(100);
	watch_sleep_ms(500);
	return !access(INSTANCE, F_OK);
}

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return good;
}

/* ---- ends ---- */

static const char *const for_long[] = {"--simulate", "--duration", "600s", NULL};
/* What it starts itself keeps all CPUs busy: here as often as its end differs. */
static const char *const with_demo[] = {"--simulate", "--demo", "--duration", "600s", NULL};

static void end_by(int number, const char *name, const char *const *more)
{
	static struct run run;

	if (!start(&run, more))
		return;
	tap_check(wait_for_recording(), "it records");
	finish(&run, number);
	tap_check(ended(&run, false, number), "ended by %s, and says so", name);
	if (!tap_check(nothing_left(), "nothing is left"))
		tap_note("%.1500s", run.text);
}

static void with_command(void)
{
	const char *const command[] = {"--simulate", "--strict", "--duration", "600s", "--",
				       watch_alpha,  "burn",	 "300",	       NULL};
	static struct run run;

	if (!start(&run, command))
		return;
	finish(&run, 0);
	tap_check(exited(&run, 0), "ends with its command, all accounted for");
	tap_check(nothing_left(), "nothing is left");
}

static bool read_back(FILE *file, char *text, size_t size)
{
	size_t got;

	if (!file)
		return false;
	rewind(file);
	got = fread(text, 1, size - 1, file);
	text[got] = '\0';
	fclose(file);
	return true;
}

/* As a command runs by itself: what it reads, writes and ends with, and nothing between it. */
static void streams_of_command(void)
{
	const char *const to_file[] = {"--simulate", "--out", TABLE, "--",
				       watch_alpha,  "copy",  "7",   NULL};
	const char *const to_error[] = {"--simulate", "--", watch_alpha, "copy", "0", NULL};
	FILE *in = tmpfile(), *out = tmpfile();
	static struct run run;
	static char text[TEXT_MAX];

	if (!tap_check(in && out && fputs("one\ntwo\n", in) >= 0 && !fflush(in), "has files"))
		return;
	rewind(in);
	if (!start_between(&run, to_file, fileno(in), fileno(out)))
		return;
	finish(&run, 0);
	tap_check(exited(&run, 7), "the exit code is the command's");
	tap_check(read_back(out, text, sizeof(text)) && !strcmp(text, "one\ntwo\n"),
		  "standard input and output are the command's, and nothing else is there");
	tap_check(says(&run, "copied\n") && !strstr(run.text, "coverage"),
		  "so is standard error, where the table is in a file");
	tap_check(read_back(fopen(TABLE, "re"), text, sizeof(text)) && strstr(text, "  alpha  ") &&
			  strstr(text, "\ncoverage "),
		  "there it is, whole");
	unlink(TABLE);
	rewind(in);
	out = tmpfile();
	if (!start_between(&run, to_error, fileno(in), fileno(out)))
		return;
	finish(&run, 0);
	tap_check(exited(&run, 0) && says(&run, "\ncoverage ") &&
			  read_back(out, text, sizeof(text)) && !strcmp(text, "one\ntwo\n"),
		  "without a file the table is on standard error");
	fclose(in);
	tap_check(nothing_left(), "nothing is left");
}

/* ---- reading what has no end ---- */

/* Events read when it shall end, and when it is clear that nothing ends it */
#define FED_UNTIL 1000
#define FED_MOST 10000

static struct watch fed;
static unsigned int n_fed, feed_next;
static bool fed_interrupts;

/*
 * A dump has an event for every RMID in use, and that is ours at least: half of its events
 * make the next one. Others come and go, so how many they are is looked at each time.
 */
static bool feed_more(void)
{
	feed_next = n_fed + (watch_stat("rmid_used") + 1) / 2;
	return !mc_collector_command("dump\n", 5);
}

static void feed(void *data, const struct mc_event *event)
{
	if (++n_fed >= feed_next && n_fed < FED_MOST)
		feed_more();
	if (n_fed == FED_UNTIL && fed_interrupts)
		raise(SIGTERM);
}

static bool fed_enough(void *data)
{
	return n_fed >= FED_UNTIL;
}

/* What is read of a CPU goes on as long as that one has events: it must not be changed. */
static bool feed_first(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	n_fed = 0;
	/* Two, so that one which others have left early is not the last */
	return !sched_setaffinity(0, sizeof(one), &one) && feed_more() && feed_more();
}

/* For crowd_start(), since the signal and the CPU are for all of a process */
static bool read_until_stopped(int unused)
{
	struct mc_failure failure;

	fed_interrupts = true;
	return feed_first() && !mc_collector_trace_read(fed.trace, feed, NULL, &failure) &&
	       mc_stop_requested() && n_fed < FED_MOST;
}

static bool read_until_over(int unused)
{
	struct mc_failure failure;

	mc_collector_trace_until(fed.trace, fed_enough, NULL);
	return feed_first() && !mc_collector_trace_read(fed.trace, feed, NULL, &failure) &&
	       fed_enough(NULL) && n_fed < FED_MOST;
}

static void events_without_end(void)
{
	static const struct watch_plan plan = {NULL, "", MC_KINDS_RMID, 16384};
	struct crowd crowd;
	uint64_t woken;

	if (!watch_begin(&fed, &plan))
		return;
	tap_check(crowd_start(&crowd, 1, read_until_stopped, 0) && crowd_wait(&crowd),
		  "a signal ends the reading");
	/* The other process has woken us as well. */
	if (read(mc_stop_fd(), &woken, sizeof(woken)) < 0)
		tap_note("nothing to be woken by");
	tap_check(crowd_start(&crowd, 1, read_until_over, 0) && crowd_wait(&crowd),
		  "and so does the end of the time, all being read");
	watch_end(&fed);
}

/* ---- others, before and beside it ---- */

static void killed(void)
{
	const char *const next[] = {"--simulate", "--strict", "--", watch_alpha,
				    "burn",	  "300",      NULL};
	static struct run run;

	if (!start(&run, with_demo))
		return;
	tap_check(wait_for_recording(), "it records");
	finish(&run, SIGKILL);
	tap_check(mc_kernel_module_loaded(MC_COLLECTOR_MODULE) && !access(INSTANCE, F_OK) &&
			  !access(STATE, F_OK),
		  "killed, it leaves modules, instance and a list of them");
	if (!start(&run, next))
		return;
	finish(&run, 0);
	tap_check(exited(&run, 0) && says(&run, " was killed; removed what it left: module "
						"collector module rdt_sim trace instance "
						"memory_collector_collect\n"),
		  "the next one removes them, says so, and runs");
	tap_check(nothing_left(), "nothing is left");
}

static void two_at_once(void)
{
	static struct run first, second;

	if (!start(&first, for_long))
		return;
	tap_check(wait_for_recording(), "it records");
	if (start(&second, for_long)) {
		finish(&second, 0);
		tap_check(exited(&second, 3) && says(&second, "collect: another collect (pid ") &&
				  says(&second, ") is collecting on this machine"),
			  "another one is refused");
	}
	tap_check(mc_kernel_module_loaded(MC_COLLECTOR_MODULE) && !access(STATE, F_OK),
		  "which touches nothing");
	finish(&first, SIGINT);
	tap_check(nothing_left(), "nothing is left");
}

static bool is_called_alpha(const char *pid)
{
	char path[64], comm[16] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%.16s/comm", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (!fgets(comm, sizeof(comm), file))
		comm[0] = '\0';
	fclose(file);
	return !strcmp(comm, "alpha\n");
}

/*
 * The process called alpha that a run has started: it will be killed, and what others have
 * that is called so must not be. Return: 0: there is none.
 */
static pid_t find_alpha(const struct run *run)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	pid_t found = 0;

	while (processes && !found && (entry = readdir(processes))) {
		pid_t pid = atoi(entry->d_name);

		if (pid > 0 && is_called_alpha(entry->d_name) &&
		    mc_process_descends(pid, run->child.pid))
			found = pid;
	}
	if (processes)
		closedir(processes);
	return found;
}

/* The command is run once all that is to be recorded is switched on. Return: as above */
static pid_t wait_for_alpha(const struct run *run)
{
	pid_t alpha = 0;
	int tries;

	for (tries = 0; tries < 600 && !alpha; tries++) {
		watch_sleep_ms(100);
		alpha = find_alpha(run);
	}
	return alpha;
}

/* Its exit code is that of the command then, or 1. */
static const char *const until_killed[] = {"--simulate", "--strict", "--duration", "600s", "--",
					   watch_alpha,	 "burn",     "600000",	   NULL};

static void resctrl_comes(void)
{
	char text[256] = "";
	static struct run run;
	struct mc_failure failure;
	pid_t alpha;
	int tries, log;

	if (!start(&run, until_killed))
		return;
	log = mc_kernel_log_open(&failure);
	alpha = wait_for_alpha(&run);
	tap_check(alpha && sim_set("resctrl", "Y"), "resctrl is mounted meanwhile");
	/* The kernel says so after the event. */
	for (tries = 0; tries < 600 && !strstr(text, "resctrl was mounted"); tries++) {
		watch_sleep_ms(100);
		mc_kernel_log_complaint(log, text, sizeof(text));
	}
	tap_check(alpha && !kill(alpha, SIGTERM) && strstr(text, "resctrl"), "which is noticed");
	finish(&run, 0);
	tap_check(exited(&run, 1) && says(&run, "\nsuspect   ") &&
			  says(&run, " samples: resctrl was mounted between ") &&
			  says(&run, "\nincomplete: "),
		  "samples since then are called suspect, and the exit code says so");
	close(log);
	tap_check(nothing_left(), "nothing is left");
}

/* The kernel counts the other's samples, too. */
static void beside_another_recording(void)
{
	static struct run run;
	pid_t alpha;

	if (!start(&run, until_killed))
		return;
	alpha = wait_for_alpha(&run);
	tap_check(alpha && !mkdir(OTHER_INSTANCE, 0700) &&
			  write_file(OTHER_INSTANCE "/events/memory_collector/rdt_sample/enable",
				     "1"),
		  "somebody else records samples, and goes on");
	if (alpha)
		kill(alpha, SIGTERM);
	finish(&run, 0);
	tap_check(exited(&run, 128 + SIGTERM), "that is not taken for samples that are missing");
	rmdir(OTHER_INSTANCE);
	tap_check(nothing_left(), "nothing is left");
}

/* ---- without registers ---- */

static bool counts(void)
{
	char line[8192];
	bool found = false;
	FILE *file = fopen("/proc/cpuinfo", "re");

	while (file && fgets(line, sizeof(line), file))
		found |= strstr(line, " cqm ") != NULL;
	if (file)
		fclose(file);
	return found;
}

static void emulated(void)
{
	const char *const command[] = {"--strict", "--", watch_alpha, "burn", "300", NULL};
	static struct run run;
	struct mc_failure failure;
	char path[PATH_MAX];
	uint64_t n = 0;
	char *at;

	if (counts()) {
		tap_skip("without registers", "this processor has some");
		return;
	}
	snprintf(path, sizeof(path), "%s/" MC_SIM_MODULE ".ko", watch_modules);
	if (!tap_check(!mc_kernel_module_load(path, "", &failure), "rdt_sim is loaded by hand") ||
	    !start(&run, command))
		return;
	finish(&run, 0);
	at = strstr(run.text, "no hardware: RMIDs are emulated and nothing counts cache or "
			      "bandwidth; ");
	if (at)
		sscanf(strchr(at, ';'), "; %" SCNu64 " processes had one", &n);
	tap_check(exited(&run, 0) && n > 0, "says that nothing counts, and how many had an RMID");
	tap_check(!strstr(run.text, "coverage"), "and nothing about samples");
	tap_check(mc_kernel_module_loaded(MC_SIM_MODULE), "what it has not loaded, it leaves");
	tap_check(!mc_kernel_module_unload(MC_SIM_MODULE, &failure) && nothing_left(),
		  "nothing else is left");
}

void checks_collect(void)
{
	tap_about("collect");
	end_by(SIGINT, "SIGINT", with_demo);
	end_by(SIGTERM, "SIGTERM", for_long);
	with_command();
	tap_about("collect, as its command");
	streams_of_command();
	tap_about("collect, events without end");
	events_without_end();
	tap_about("collect, killed");
	killed();
	tap_about("collect, two at once");
	two_at_once();
	tap_about("collect, resctrl");
	resctrl_comes();
	tap_about("collect, beside another recording");
	beside_another_recording();
	tap_about("collect, emulated");
	emulated();
}
