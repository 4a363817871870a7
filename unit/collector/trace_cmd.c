// SPDX-License-Identifier: GPL-2.0
/*
 * trace_cmd.c - every event through trace-cmd, without a word of complaint
 */
#include "trace_cmd.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector.h"
#include "memory_collector/child.h"
#include "tap.h"
#include "watch.h"

#define NS_PER_S 1000000000LL
#define TRACE_CMD "/usr/bin/trace-cmd"
#define DATA "/tmp/trace.dat"
#define REPORT_MAX (64UL * 1024 * 1024)

/* What complaints look like, in any of its versions */
static const char *const complaints[] = {
	"warning", "Warning", "FAILED", "failed",  "error",	     "rror:",
	"unknown", "UNKNOWN", "bad op", "overrun", "EVENTS DROPPED",
};

static bool complains(const char *text)
{
	size_t i;

	for (i = 0; i < sizeof(complaints) / sizeof(complaints[0]); i++) {
		const char *at = strstr(text, complaints[i]);

		if (at) {
			tap_note("'%s' in: %.*s", complaints[i], (int)strcspn(at, "\n"), at);
			return true;
		}
	}
	return false;
}

/* Standard error goes into the output, too. */
static bool run(const char *const *argv, char *output)
{
	struct mc_child_config config = {.argv = argv, .stdin_fd = -1, .user = (uid_t)-1};
	struct mc_child_end end = {.exited = false};
	struct mc_failure failure = {.text = ""};
	FILE *file = tmpfile();
	struct mc_child child;
	size_t got;

	if (!file)
		return false;
	config.stdout_fd = config.stderr_fd = fileno(file);
	if (!mc_child_start(&child, &config, &failure) &&
	    !mc_child_wait(&child, mc_now_ns() + 60 * NS_PER_S, &end))
		mc_child_stop(&child, SIGKILL, 0, NULL);
	rewind(file);
	got = fread(output, 1, REPORT_MAX - 1, file);
	output[got] = '\0';
	fclose(file);
	if (!end.exited || end.code)
		tap_note("%s: %s, code %d: %.2000s", argv[0], failure.text, end.code, output);
	return end.exited && !end.code;
}

/* The recorded command becomes alpha and then beta, so that there are an exec and names. */
static void check_report(const char *report)
{
	static const char *const events[] = {
		"rmid_alloc:", "rmid_free:", "rmid_exec:", "rmid_existing:", "rdt_sample:"};
	size_t i;

	tap_check(!complains(report), "report: without a warning");
	for (i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		tap_check(strstr(report, events[i]) != NULL, "report: has %.*s",
			  (int)strlen(events[i]) - 1, events[i]);
	tap_check(strstr(report, "comm=alpha") && strstr(report, "comm=beta") &&
			  strstr(report, "comm=collector-guest"),
		  "report: names of new processes and of old ones");
	tap_check(strstr(report, "(value)") && strstr(report, "source=simulated") &&
			  !strstr(report, "source=hardware"),
		  "report: states and source in words");
}

void trace_cmd_check(void)
{
	static const char *const record[] = {TRACE_CMD,	  "record", "-e", "memory_collector",
					     "-b",	  "16384",  "-o", DATA,
					     watch_alpha, "chain",  "1",  watch_beta,
					     "1500",	  NULL};
	static const char *const report[] = {TRACE_CMD, "report", "-i", DATA, NULL};
	struct mc_failure failure;
	char *output = malloc(REPORT_MAX);

	tap_about("trace-cmd");
	if (access(TRACE_CMD, X_OK)) {
		tap_skip("record and report",
			 "trace-cmd is not here; ./bootstrap test installs it");
		free(output);
		return;
	}
	if (!tap_check(output && !mc_collector_load(watch_modules, "max_rmid=63",
						    "hardware=sim interval_ns=10000000", &failure),
		       "loaded")) {
		free(output);
		return;
	}
	tap_check(run(record, output) && !complains(output), "record: without a warning");
	if (tap_check(run(report, output), "report"))
		check_report(output);
	tap_check(!mc_collector_unload(&failure), "unloaded");
	unlink(DATA);
	free(output);
}
