// SPDX-License-Identifier: GPL-2.0
/*
 * test_load.c - is a load seen to run, and what its end is taken for
 *
 * Shell scripts stand for stress-ng: its first process is the shell, a worker is
 * what the shell starts.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/nanoseconds.h"
#include "load/load.h"

/* A worker that burns, and a first process that ends it when asked to */
#define BURN "trap 'kill $!; exit 0' INT; sh -c 'while :; do :; done' & wait"
/* Nothing is seen of a load for so long; whoever must be seen has PATIENCE_NS. */
#define SHORT_NS (600 * NS_PER_MS)
#define PATIENCE_NS (60000 * NS_PER_MS)

static const struct {
	const char *script;
	const char *not_running; /* NULL: it runs */
	enum mc_status status;
	const char *reason;
} scripts[] = {
	{BURN, NULL, MC_STATUS_OK, ""},
	/* Only the first process works: that is starting up, not a load. */
	{"trap 'exit 0' INT; echo ready; while :; do :; done", "no CPU time", MC_STATUS_OK, ""},
	{"exec sleep 1000", "no CPU time", MC_STATUS_INVALID, "had to be killed (signal 2)"},
	{"exit 0", "ended before", MC_STATUS_OK, ""},
	{"echo 'stress-ng: info: [7] fine'; echo 'bad option'; exit 1", "ended before",
	 MC_STATUS_INVALID, "(exit code 1): bad option"},
	{"echo 'stress-ng: fail:  [7] boom' >&2; exit 2", "ended before", MC_STATUS_INVALID,
	 "failed (exit code 2): boom"},
	{"exit 3", "ended before", MC_STATUS_SKIPPED, "lacks a resource"},
	{"echo 'stress-ng: info:  [7] rdt: no resctrl, skipping stressor'; exit 4", "ended before",
	 MC_STATUS_SKIPPED,
	 "is not implemented here (exit code 4): rdt: no resctrl, skipping stressor"},
	/* One that runs nothing and is content with that */
	{"echo 'stress-ng: info:  [7] setting to a 1 second run per stressor';"
	 "echo 'stress-ng: info:  [7] apparmor stressor will be skipped, AppArmor is not enabled';"
	 "echo 'stress-ng: error: [7] No stress workers invoked (one or more were unsupported)'",
	 "ended before", MC_STATUS_SKIPPED,
	 "declined: apparmor stressor will be skipped, AppArmor is not enabled"},
	{"echo 'stress-ng: info:  [7] 0 stressors started'", "ended before", MC_STATUS_SKIPPED,
	 "declined: 0 stressors started"},
	{"echo 'stress-ng: info:  [7] 10 stressors started';"
	 "echo 'stress-ng: info:  [7] skipped: 0'",
	 "ended before", MC_STATUS_OK, ""},
	{"exit 4", "ended before", MC_STATUS_SKIPPED, "not implemented"},
	{"exit 5", "ended before", MC_STATUS_INVALID, "killed by a signal"},
	{"exit 6", "ended before", MC_STATUS_INVALID, "exit code 6"},
	{"exit 7", "ended before", MC_STATUS_INVALID, "untrustworthy"},
	{"exit 99", "ended before", MC_STATUS_INVALID, "exit code 99"},
	{"kill -9 $$", "ended before", MC_STATUS_INVALID, "signal 9"},
};

/* A script that says so is waited for: a signal before its trap is set would kill it. */
static void wait_ready(struct mc_load *load, const char *script)
{
	int64_t deadline = mc_now_ns() + PATIENCE_NS;
	char text[8] = "";

	while (strstr(script, "echo ready") && strcmp(text, "ready\n")) {
		assert_true(mc_now_ns() < deadline);
		mc_sleep_until(mc_now_ns() + 10 * NS_PER_MS);
		assert_true(pread(load->messages_fd, text, sizeof(text) - 1, 0) >= 0);
	}
}

static void loads(void **state)
{
	size_t i;

	for (i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		char *argv[] = {"sh", "-c", (char *)scripts[i].script, NULL};
		struct mc_failure failure;
		struct mc_load load;
		char reason[256] = "";
		const char *why = scripts[i].not_running;
		int64_t patience = why && strstr(why, "no CPU time") ? SHORT_NS : PATIENCE_NS;

		assert_int_equal(mc_load_start(&load, argv, (uid_t)-1, NULL, &failure), 0);
		wait_ready(&load, scripts[i].script);
		if (mc_load_wait(&load, 0, mc_now_ns() + patience, &failure)) {
			if (!scripts[i].not_running ||
			    !strstr(failure.text, scripts[i].not_running))
				fail_msg("%s: %s", scripts[i].script, failure.text);
		} else if (scripts[i].not_running) {
			fail_msg("%s: seen to run", scripts[i].script);
		} else {
			assert_true(mc_load_alive(&load));
			assert_true(mc_load_cpu_time(&load) > 0);
		}
		mc_load_stop(&load);
		assert_false(mc_load_alive(&load));
		assert_int_equal(mc_load_verdict(&load, reason, sizeof(reason)), scripts[i].status);
		if (!strstr(reason, scripts[i].reason))
			fail_msg("%s: %s", scripts[i].script, reason);
		mc_load_free(&load);
	}
}

/* One that does not end in time goes on until it does: nothing is killed, no figure lost. */
static void end_takes_long(void **state)
{
	/* Asked to end, it stops until it is told to go on. */
	char script[] =
		"trap 'kill -STOP $$; exit 0' INT; echo ready; while :; do sleep 0.05; done";
	char *argv[] = {"sh", "-c", script, NULL};
	struct mc_failure failure;
	struct mc_load load;
	char reason[256] = "";

	assert_int_equal(mc_load_start(&load, argv, (uid_t)-1, NULL, &failure), 0);
	wait_ready(&load, script);
	assert_false(mc_load_end(&load, mc_now_ns() + SHORT_NS));
	assert_true(mc_load_alive(&load));
	assert_int_equal(kill(load.child.group, SIGCONT), 0);
	assert_true(mc_load_end(&load, mc_now_ns() + PATIENCE_NS));
	assert_int_equal(mc_load_verdict(&load, reason, sizeof(reason)), MC_STATUS_OK);
	mc_load_free(&load);
}

/* Exit code 5 after it was asked to end: whose fault that is depends on the version. */
static void asked_and_signalled(void **state)
{
	static const struct {
		const char *version;
		enum mc_status status;
	} rows[] = {
		{"stress-ng, version 0.15.06 (gcc 12.2.0, x86_64 Linux)", MC_STATUS_OK},
		{"stress-ng, version 0.18.01 (gcc 14)", MC_STATUS_OK},
		{"stress-ng, version 0.18.02 (gcc 14)", MC_STATUS_INVALID},
		{"stress-ng, version 0.19.00 (gcc 14)", MC_STATUS_INVALID},
		{"stress-ng, version 1.00.00", MC_STATUS_INVALID},
		{"stress-ng", MC_STATUS_INVALID},
	};
	char script[] = "trap 'exit 5' INT; echo ready; while :; do sleep 0.05; done";
	char *argv[] = {"sh", "-c", script, NULL};
	char folder[] = "/tmp/unit-load-XXXXXX", file[64], path[4096];
	char *before = strdup(getenv("PATH"));

	assert_non_null(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/stress-ng", folder);
	snprintf(path, sizeof(path), "%s:%s", folder, before);
	setenv("PATH", path, 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FILE *fake = fopen(file, "w");
		struct mc_failure failure;
		struct mc_load load;
		char reason[256] = "";

		fprintf(fake, "#!/bin/sh\necho '%s'\n", rows[i].version);
		fclose(fake);
		assert_int_equal(chmod(file, 0755), 0);
		assert_int_equal(mc_load_start(&load, argv, (uid_t)-1, NULL, &failure), 0);
		wait_ready(&load, script);
		mc_load_stop(&load);
		if (mc_load_verdict(&load, reason, sizeof(reason)) != rows[i].status)
			fail_msg("%s: %s", rows[i].version, reason);
		mc_load_free(&load);
	}
	setenv("PATH", before, 1);
	free(before);
	unlink(file);
	rmdir(folder);
}

/* Beyond what all windows take, and the waits around them */
static void timeout(void **state)
{
	assert_int_equal(mc_load_timeout_s(5000 * NS_PER_MS, 1), 10 + 60 + 360);
	assert_int_equal(mc_load_timeout_s(300 * NS_PER_MS, 1), 60 + 360);
	assert_int_equal(mc_load_timeout_s(3000 * NS_PER_MS, 30), 30 * (6 + 60) + 360);
	/* The most that can be asked for: a week, 1000 slices, four variants */
	assert_int_equal(mc_load_timeout_s(7 * 86400000LL * NS_PER_MS, 4000), 1000000000);
}

static void cannot_start(void **state)
{
	char *argv[] = {"/nonexistent/stress-ng", NULL};
	struct mc_failure failure;
	struct mc_load load;

	assert_int_equal(mc_load_start(&load, argv, (uid_t)-1, NULL, &failure), -1);
	assert_non_null(strstr(failure.text, "/nonexistent/stress-ng"));
}

static void process_stat(void **state)
{
	static const struct {
		const char *text;
		int result;
		pid_t pid, parent;
		int64_t ticks;
	} rows[] = {
		{"7 (stress-ng) S 5 7 7 0 -1 4194304 100 200 0 0 10 20 3 4 20 0 1 0 5 6 7\n", 0, 7,
		 5, 37},
		{"7 (a) b) R 1 (c) R 5 7 7 0 -1 4194304 100 200 0 0 1 2 3 4 20 0 1\n", 0, 7, 5, 10},
		{"7 () Z 0 7 7 0 -1 4194304 100 200 0 0 0 0 0 0", 0, 7, 0, 0},
		{"7 (stress-ng) S 5 7 7 0 -1 4194304 100 200 0 0 10 20", -1, 0, 0, 0},
		{"7 stress-ng S 5 7 7 0 -1 4194304 100 200 0 0 10 20 3 4", -1, 0, 0, 0},
		{"0 (x) S 5 7 7 0 -1 4194304 100 200 0 0 10 20 3 4", -1, 0, 0, 0},
		{"", -1, 0, 0, 0},
		{")", -1, 0, 0, 0},
	};
	struct mc_process process;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(mc_parse_process_stat(rows[i].text, &process), rows[i].result);
		if (rows[i].result)
			continue;
		assert_int_equal(process.pid, rows[i].pid);
		assert_int_equal(process.parent, rows[i].parent);
		assert_int_equal(process.ticks, rows[i].ticks);
	}
}

static void disk_stat(void **state)
{
	assert_int_equal(mc_parse_disk_stat("  1 2 3 4  5 6 7000 8 9 10 11\n"), 7003);
	assert_int_equal(mc_parse_disk_stat("1 2 3 4 5 6"), -1);
	assert_int_equal(mc_parse_disk_stat(""), -1);
	assert_int_equal(mc_parse_disk_stat("a b c d e f g"), -1);
}

static void no_disk(void **state)
{
	struct mc_failure failure;
	dev_t disk;

	assert_int_equal(mc_disk_of("/proc", &disk, &failure), -1);
	assert_non_null(strstr(failure.text, "/proc is on proc, not on a block device"));
	assert_int_equal(mc_disk_of("/nonexistent", &disk, &failure), -1);
	assert_int_equal(mc_disk_sectors(0), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loads),
		cmocka_unit_test(end_takes_long),
		cmocka_unit_test(asked_and_signalled),
		cmocka_unit_test(timeout),
		cmocka_unit_test(cannot_start),
		cmocka_unit_test(process_stat),
		cmocka_unit_test(disk_stat),
		cmocka_unit_test(no_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
