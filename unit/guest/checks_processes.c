// SPDX-License-Identifier: GPL-2.0
/*
 * checks_processes.c - who has which RMID, as events and the control file have it
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <tracefs.h>
#include <unistd.h>

#include "checks.h"
#include "crowd.h"
#include "tap.h"
#include "watch.h"

/* More than a machine with work of its own has processes that run */
#define MANY "max_rmid=4095"

/* ---- one process and its names ---- */

/* The names that one process had, one after the other */
struct names {
	int64_t tgid;
	char text[256];
	uint64_t rmid;
	bool same_rmid;
};

static void take_name(void *data, const struct mc_event *event)
{
	struct names *names = data;
	size_t used = strlen(names->text);

	if (event->tgid != names->tgid)
		return;
	if (event->kind == MC_RMID_ALLOC) {
		names->rmid = event->rmid;
		names->same_rmid = true;
	} else if (event->kind != MC_RMID_EXEC && event->kind != MC_RMID_FREE) {
		return;
	}
	names->same_rmid &= event->rmid == names->rmid;
	snprintf(names->text + used, sizeof(names->text) - used, "%s%s:%s", used ? " " : "",
		 event->kind == MC_RMID_ALLOC  ? "alloc"
		 : event->kind == MC_RMID_EXEC ? "exec"
					       : "free",
		 event->comm);
}

/* Started with a name of ours, so that all of its names are known */
static pid_t start(const char *const *argv)
{
	pid_t pid = fork();

	if (!pid) {
		execv(argv[0], (char *const *)argv);
		_exit(127);
	}
	return pid;
}

static void one_process(const char *what, const char *const *argv, const char *expected)
{
	static const struct watch_plan plan = {MANY, "", MC_KINDS_RMID, 4096};
	struct names names = {.text = ""};
	struct watch watch;

	if (!watch_begin(&watch, &plan))
		return;
	watch.also = take_name;
	watch.also_data = &names;
	names.tgid = start(argv);
	waitpid(names.tgid, NULL, 0);
	watch_judge(&watch);
	if (!tap_check(names.same_rmid && !strcmp(names.text, expected), "%s: %s", what, expected))
		tap_note("%s", names.text);
	watch_end(&watch);
}

/* ---- the control file ---- */

static void count_dump(void *data, const struct mc_event *event)
{
	*(unsigned int *)data += event->kind == MC_RMID_EXISTING;
}

static unsigned int dumps(struct mc_collector_trace *trace)
{
	struct mc_failure failure;
	unsigned int n = 0;

	if (mc_collector_trace_read(trace, count_dump, &n, &failure))
		tap_note("%s", failure.text);
	return n;
}

/* How many a dump may have: each RMID that was in use all the while, and none that never was */
struct bounds {
	uint64_t used, granted, freed;
};

/*
 * Of one moment: what is freed between two looks would be in use for one and gone before the
 * other. Return: UINT64_MAX are in use where they are not known.
 */
static struct bounds bounds_of(const struct mc_collector_stats *stats)
{
	struct bounds bounds;

	if (!mc_collector_stat(stats, "rmid_granted", &bounds.granted) ||
	    !mc_collector_stat(stats, "rmid_freed", &bounds.freed) ||
	    !mc_collector_stat(stats, "rmid_used", &bounds.used))
		bounds = (struct bounds){.used = UINT64_MAX};
	return bounds;
}

static struct bounds bounds_now(void)
{
	struct mc_collector_stats stats;
	struct mc_failure failure;
	struct bounds bounds;

	if (mc_collector_stats_read(&stats, &failure))
		tap_note("%s", failure.text);
	bounds = bounds_of(&stats);
	mc_collector_stats_free(&stats);
	return bounds;
}

static bool within(const struct bounds *begin, unsigned int times, unsigned int seen)
{
	struct bounds end = bounds_now();
	uint64_t come = end.granted - begin->granted;
	uint64_t gone = end.freed - begin->freed;

	if (begin->used != UINT64_MAX && end.used != UINT64_MAX &&
	    seen <= times * (begin->used + come) && seen + times * gone >= times * begin->used)
		return true;
	tap_note("%u dumped in %u times, %" PRIu64 " in use, then %" PRIu64 " given and %" PRIu64
		 " freed",
		 seen, times, begin->used, come, gone);
	return false;
}

static void control_rows(struct mc_collector_trace *trace)
{
	static const char binary[] = "dump\0dump\n", high[] = "\xff\xfe\n";
	static char too_long[8192];
	const struct {
		const char *what, *bytes;
		size_t size;
		int result;
		unsigned int times;
	} rows[] = {
		{"dump", "dump\n", 5, 0, 1},
		{"blanks around it", "  dump \t\n", 9, 0, 1},
		{"two lines", "dump\ndump\n", 10, 0, 2},
		{"an empty line", "\n", 1, 0, 0},
		{"an unknown word", "dumb\n", 5, -EINVAL, 0},
		{"half a word", "dum\n", 4, -EINVAL, 0},
		{"two words", "dump dump\n", 10, -EINVAL, 0},
		{"an unknown word after a known one", "dump\ndumb\n", 10, -EINVAL, 0},
		{"a zero byte", binary, sizeof(binary) - 1, -EINVAL, 0},
		{"bytes that are no text", high, sizeof(high) - 1, -EINVAL, 0},
		{"too long", too_long, sizeof(too_long), -EINVAL, 0},
	};
	size_t i;

	memset(too_long, ' ', sizeof(too_long));
	memcpy(too_long + sizeof(too_long) - 5, "dump\n", 5);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bounds begin = bounds_now();
		int result = mc_collector_command(rows[i].bytes, rows[i].size);

		if (!tap_check(within(&begin, rows[i].times, dumps(trace)) &&
				       result == rows[i].result,
			       "control file, %s: %s", rows[i].what,
			       rows[i].result ? "refused, no effect" : "taken"))
			tap_note("result %d", result);
	}
}

/* As a shell's echo -n and cat write it */
static void control_in_parts(struct mc_collector_trace *trace)
{
	static const char *const parts[] = {"du", "mp", "\n"};
	FILE *file = fopen(MC_CONTROL_FILE, "we");
	struct bounds begin = bounds_now();
	bool good = file != NULL;
	size_t i;

	if (file)
		setvbuf(file, NULL, _IONBF, 0);
	for (i = 0; file && i < sizeof(parts) / sizeof(parts[0]); i++)
		good &= fputs(parts[i], file) >= 0;
	if (file && fclose(file))
		good = false;
	tap_check(good && within(&begin, 1, dumps(trace)),
		  "control file, a word in three writes: taken");
}

/* What switching the event on brings, later; @begin: before it was */
struct arriving {
	struct mc_collector_trace *trace;
	struct bounds begin;
	unsigned int seen;
};

static bool all_arrived(void *data)
{
	struct arriving *arriving = data;

	arriving->seen += dumps(arriving->trace);
	return arriving->seen &&
	       arriving->seen + watch_stat("rmid_freed") - arriving->begin.freed >=
		       arriving->begin.used;
}

static void control_file(void)
{
	static const struct watch_plan plan = {MANY, "", MC_KIND(MC_RMID_EXISTING), 1024};
	struct stat info = {.st_mode = 0};
	struct arriving arriving;
	struct watch watch;

	if (!watch_begin(&watch, &plan))
		return;
	arriving = (struct arriving){.trace = watch.trace, .begin = bounds_of(&watch.before)};
	tap_check(watch_wait(all_arrived, &arriving),
		  "switching rmid_existing on says what there is");
	/* Dumps wait for each other: what that one has sent is all there behind the next one. */
	mc_collector_command("dump\n", 5);
	dumps(watch.trace);
	control_rows(watch.trace);
	control_in_parts(watch.trace);
	tap_check(!stat(MC_CONTROL_FILE, &info) && (info.st_mode & 07777) == 0200 && !info.st_uid,
		  "control file: root may write, nobody may read");
	tap_check(!stat(MC_STATS_FILE, &info) && (info.st_mode & 07777) == 0400 && !info.st_uid,
		  "counters: root may read");
	watch_end(&watch);
}

/* ---- recorders ---- */

static bool is_told(void *data)
{
	char *text = tracefs_instance_file_read(data, "trace", NULL);
	bool told = text && strstr(text, "rmid_existing:") && strstr(text, "comm=collector-guest");

	free(text);
	return told;
}

/* As trace-cmd does it: events on, then recording on */
static void late_recorder(void)
{
	static const struct watch_plan plan = {MANY, "", MC_KIND(MC_RMID_EXISTING), 1024};
	struct tracefs_instance *second;
	struct watch watch;

	if (!watch_begin(&watch, &plan))
		return;
	second = tracefs_instance_create(WATCH_SECOND_INSTANCE);
	if (second) {
		tracefs_instance_file_write(second, "tracing_on", "0");
		tracefs_instance_file_write(second, "events/memory_collector/rmid_existing/enable",
					    "1");
		watch_sleep_ms(500);
		tracefs_instance_file_write(second, "tracing_on", "1");
	}
	tap_check(second && watch_wait(is_told, second),
		  "a recorder that records later is told as well");
	if (second) {
		tracefs_instance_file_write(second, "events/memory_collector/rmid_existing/enable",
					    "0");
		tracefs_instance_destroy(second);
		tracefs_instance_free(second);
	}
	watch_end(&watch);
}

void checks_processes(void)
{
	static const char *const plain[] = {watch_alpha, "exit", NULL};
	static const char *const chain[] = {watch_alpha, "chain", "3", watch_beta, "0", NULL};
	static const char *const threads[] = {watch_alpha, "threads", "8", watch_beta, NULL};
	static const char *const together[] = {watch_alpha, "together", "8", NULL};

	tap_about("processes");
	one_process("exec", plain, "alloc:collector-guest exec:alpha free:alpha");
	one_process("a chain of execs", chain,
		    "alloc:collector-guest exec:alpha exec:beta exec:alpha exec:beta free:beta");
	one_process("exec by another thread than the leader", threads,
		    "alloc:collector-guest exec:alpha exec:beta free:beta");
	one_process("threads that end together", together,
		    "alloc:collector-guest exec:alpha free:alpha");
	control_file();
	late_recorder();
}
