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

#include "base/nanoseconds.h"
#include "collector/module.h"
#include "crowd.h"
#include "klog.h"
#include "memory_collector/child.h"
#include "sim_files.h"
#include "tap.h"
#include "watch.h"

#define TRACE_CMD "/usr/bin/trace-cmd"
#define TRACING "/sys/kernel/tracing/"
#define REPORT_MAX (64UL * 1024 * 1024)

/* What complaints look like, in any of its versions */
static const char *const complaints[] = {
	"warning", "Warning", "FAILED", "failed",  "error",	     "rror:",
	"unknown", "UNKNOWN", "bad op", "overrun", "EVENTS DROPPED",
};

static bool line_complains(const char *line, size_t length)
{
	size_t i;

	for (i = 0; i < sizeof(complaints) / sizeof(complaints[0]); i++) {
		if (memmem(line, length, complaints[i], strlen(complaints[i]))) {
			tap_note("'%s' in: %.*s", complaints[i], (int)length, line);
			return true;
		}
	}
	return false;
}

/* A process may be called as it likes: a line with the name of one is no complaint. */
static bool complains(const char *text)
{
	for (; *text; text += strspn(text, "\n")) {
		size_t length = strcspn(text, "\n");

		if (!memmem(text, length, "comm=", strlen("comm=")) && line_complains(text, length))
			return true;
		text += length;
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
	    !mc_child_wait(&child, mc_now_ns() + 240 * NS_PER_S, &end))
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
	static const char *const events[] = {"rmid_alloc:",    "rmid_free:",  "rmid_exec:",
					     "rmid_existing:", "rdt_sample:", "resctrl_mounted:"};
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

static bool file_has(const char *path, char what)
{
	FILE *file = fopen(path, "re");
	int first = file ? fgetc(file) : EOF;

	if (file)
		fclose(file);
	return first == what;
}

/* It switches events on while recording is off. */
static bool is_recording(void *unused)
{
	return file_has(TRACING "events/memory_collector/resctrl_mounted/enable", '1') &&
	       file_has(TRACING "events/memory_collector/rmid_existing/enable", '1') &&
	       file_has(TRACING "tracing_on", '1');
}

static bool has_sampled(void *unused)
{
	uint64_t samples = watch_stat("samples_emitted");

	return samples != UINT64_MAX && samples > 10;
}

static bool has_yielded(void *unused)
{
	return klog_said("resctrl was mounted");
}

static char folder[64], data[128], enough[128];

/*
 * Once it records: processes end, then resctrl takes over, then the recorded command may end.
 * Whoever records is told within a second what there is, and all this can take less: so that is
 * asked for.
 */
static bool take_over(int unused)
{
	FILE *file;
	bool good;

	klog_begin_of_child();
	good = watch_wait(is_recording, NULL) && !mc_collector_command("dump\n", 5) &&
	       crowd_forks(5) && watch_wait(has_sampled, NULL) && sim_set("resctrl", "Y") &&
	       watch_wait(has_yielded, NULL);
	file = fopen(enough, "we");
	return file && !fclose(file) && good;
}

static void record_and_report(char *output)
{
	static const char *const record[] = {TRACE_CMD,	  "record", "-e", "memory_collector",
					     "-b",	  "16384",  "-o", data,
					     watch_alpha, "chain",  "1",  watch_beta,
					     enough,	  NULL};
	static const char *const report[] = {TRACE_CMD, "report", "-i", data, NULL};
	struct crowd other;
	bool good;

	good = crowd_start(&other, 1, take_over, 0);
	good = run(record, output) && good;
	good = crowd_wait(&other) && good;
	tap_check(good && !complains(output), "record: without a warning");
	if (tap_check(run(report, output), "report"))
		check_report(output);
}

/*
 * With the clock that boundaries are on, as the documents have it. The command lives for longer
 * than the second within which a recorder is told what there is.
 */
static void record_mono(char *output)
{
	static const char *const record[] = {TRACE_CMD, "record", "-C",
					     "mono",	"-e",	  "memory_collector",
					     "-o",	data,	  watch_alpha,
					     "sleep",	"3000",	  NULL};
	static const char *const report[] = {TRACE_CMD, "report", "-i", data, NULL};

	bool good = run(record, output) && !complains(output) && run(report, output) &&
		    strstr(output, "comm=alpha") && !complains(output);

	if (!tap_check(good, "record -C mono, and report"))
		tap_note("%.2000s", output);
}

void trace_cmd_check(void)
{
	struct mc_failure failure;
	char *output;

	tap_about("trace-cmd");
	if (access(TRACE_CMD, X_OK)) {
		tap_skip("record and report",
			 "trace-cmd is not here; ./bootstrap test installs it");
		return;
	}
	output = malloc(REPORT_MAX);
	snprintf(folder, sizeof(folder), "/tmp/memory-collector-test-XXXXXX");
	if (!tap_check(output && mkdtemp(folder), "a place to record into")) {
		free(output);
		return;
	}
	snprintf(data, sizeof(data), "%s/trace.dat", folder);
	snprintf(enough, sizeof(enough), "%s/enough", folder);
	if (tap_check(!mc_collector_load(watch_modules, "max_rmid=4095",
					 "hardware=sim interval_ns=10000000", &failure),
		      "loaded")) {
		record_and_report(output);
		record_mono(output);
		tap_check(!mc_collector_unload(&failure), "unloaded");
	}
	unlink(enough);
	unlink(data);
	rmdir(folder);
	free(output);
}
