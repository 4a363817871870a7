// SPDX-License-Identifier: GPL-2.0
/*
 * collect.c - the program: what every process used, here or in a VM
 */
#include "collector/collect.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/nanoseconds.h"
#include "base/paths.h"
#include "base/text.h"
#include "collector/module.h"
#include "config.h"
#include "memory_collector/progress.h"
#include "vm/log.h"
#include "vm/program.h"

#define OUTPUT_MAX (64UL * 1024 * 1024)
/* Where the guest has things */
#define GUEST_PROGRAM "/usr/bin/collect"
#define GUEST_STRESS_NG "/usr/bin/stress-ng"
#define GUEST_MODULES "/lib/memory-collector"

/* ---- where the table goes ---- */

/* @temporary: has it until it is whole; NULL: @to is no file that we make */
struct table {
	FILE *to;
	char *temporary;
};

static int refuse_out(const char *path, struct mc_failure *failure)
{
	return mc_fail(failure, MC_EXIT_ENVIRONMENT, "--out %s: %s", path, strerror(errno));
}

static int open_file(struct table *table, const char *path, struct mc_failure *failure)
{
	mode_t mask = umask(0);
	struct stat info;
	int fd;

	umask(mask);
	/* A pipe, a device and what a link leads to stay what they are. */
	if (!lstat(path, &info) && !S_ISREG(info.st_mode)) {
		table->to = fopen(path, "we");
		return table->to ? 0 : refuse_out(path, failure);
	}
	if (asprintf(&table->temporary, "%s.XXXXXX", path) < 0)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
	fd = mkostemp(table->temporary, O_CLOEXEC);
	if (fd >= 0 && !fchmod(fd, 0666 & ~mask))
		table->to = fdopen(fd, "w");
	if (table->to)
		return 0;
	refuse_out(path, failure);
	if (fd >= 0) {
		unlink(table->temporary);
		close(fd);
	}
	free(table->temporary);
	return -1;
}

static int open_table(struct table *table, const struct mc_collect_options *options,
		      struct mc_failure *failure)
{
	*table = (struct table){.to = NULL};
	if (options->out)
		return open_file(table, options->out, failure);
	table->to = *options->command ? stderr : stdout;
	return 0;
}

/* @whole: else nothing is left of it */
static int close_table(struct table *table, const char *path, bool whole,
		       struct mc_failure *failure)
{
	int result = 0;

	if (!path)
		return 0;
	if (fflush(table->to) || ferror(table->to) ||
	    (whole && table->temporary && rename(table->temporary, path)))
		result = whole ? refuse_out(path, failure) : -1;
	fclose(table->to);
	if (table->temporary && (result || !whole))
		unlink(table->temporary);
	free(table->temporary);
	return result;
}

/* ---- in a VM ---- */

struct arguments {
	char duration[32], interval[32], rmids[16], lines[16];
	const char *argv[24];
};

static void compose(struct arguments *arguments, const struct mc_collect_options *options)
{
	const char *const argv[] = {GUEST_PROGRAM,
				    "--place",
				    "host",
				    "--simulate",
				    "--demo",
				    "--modules",
				    GUEST_MODULES,
				    "--duration",
				    arguments->duration,
				    "--interval",
				    arguments->interval,
				    "--rmids",
				    arguments->rmids,
				    "--lines",
				    arguments->lines,
				    NULL};

	snprintf(arguments->duration, sizeof(arguments->duration), "%" PRIu64 "ns",
		 options->duration_ns);
	snprintf(arguments->interval, sizeof(arguments->interval), "%" PRIu64 "ns",
		 options->interval_ns);
	snprintf(arguments->rmids, sizeof(arguments->rmids), "%u", options->rmids);
	snprintf(arguments->lines, sizeof(arguments->lines), "%u", options->lines);
	_Static_assert(sizeof(argv) <= sizeof(arguments->argv), "room for all");
	memcpy(arguments->argv, argv, sizeof(argv));
}

/* What the guest printed, to the last byte */
static int pass_on(FILE *from, FILE *to, struct mc_failure *failure)
{
	char block[4096];
	size_t got;

	rewind(from);
	while ((got = fread(block, 1, sizeof(block), from)) > 0)
		fwrite(block, 1, got, to);
	return ferror(from)
		       ? mc_fail(failure, MC_EXIT_ENVIRONMENT,
				 "what the VM printed cannot be read again: %s", strerror(errno))
		       : 0;
}

/* The console's log is of use only where something went wrong. */
static void keep_log(FILE *log, struct mc_failure *failure)
{
	char path[64];

	fflush(log);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(log));
	if (!mc_stop_requested())
		mc_vm_log_keep(path, failure);
}

static void say(struct mc_progress *progress, enum mc_phase phase)
{
	struct mc_step step = {.phase = phase, .left_s = -1};

	mc_progress_step(progress, &step);
}

static void note(void *progress, const char *text)
{
	mc_progress_note(progress, "%s", text);
}

static void boots(void *progress)
{
	say(progress, MC_PHASE_BOOT);
}

static int run_vm(struct mc_vm_program *program, FILE *to, struct mc_failure *failure)
{
	struct mc_progress *progress = mc_progress_new(stderr, mc_progress_style_of(stderr));
	const struct mc_vm_listener listener = {.note = note, .boots = boots, .data = progress};
	struct mc_vm_end end;
	int result;

	program->output = tmpfile();
	program->log = tmpfile();
	if (!progress || !program->output || !program->log) {
		result = mc_fail(failure, MC_EXIT_ENVIRONMENT, "temporary files: %s",
				 strerror(errno));
	} else {
		say(progress, MC_PHASE_PREPARE);
		result = mc_vm_program_run(program, &listener, &end, failure);
		if (result)
			keep_log(program->log, failure);
	}
	mc_progress_free(progress);
	if (!result)
		result = mc_vm_end_judge(&end, "collect", failure);
	if (result >= 0 && pass_on(program->output, to, failure))
		result = -1;
	if (program->output)
		fclose(program->output);
	if (program->log)
		fclose(program->log);
	return result;
}

static int collect_vm(const struct mc_collect_options *options, const char *self,
		      const char *modules, FILE *to, struct mc_failure *failure)
{
	char *stress_ng = mc_vm_find_program("stress-ng"), *collector = NULL, *sim = NULL;
	struct arguments arguments;
	int result = -1;

	compose(&arguments, options);
	if (asprintf(&collector, "%s/" MC_COLLECTOR_MODULE ".ko", modules) < 0 ||
	    asprintf(&sim, "%s/" MC_SIM_MODULE ".ko", modules) < 0) {
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
	} else {
		const struct mc_vm_file programs[] = {
			{self, GUEST_PROGRAM}, {stress_ng, GUEST_STRESS_NG}, {NULL, NULL}};
		const struct mc_vm_file files[] = {{collector,
						    GUEST_MODULES "/" MC_COLLECTOR_MODULE ".ko"},
						   {sim, GUEST_MODULES "/" MC_SIM_MODULE ".ko"},
						   {NULL, NULL}};
		struct mc_vm_program program = {
			.self = self,
			.module = collector,
			.accel = options->accel,
			.kernel = options->kernel,
			.programs = programs,
			.files = files,
			.argv = arguments.argv,
			.cpus = options->cpus,
			.memory_mib = options->memory_mib,
			.append = "",
			.deadline_ns = 300 * NS_PER_S + 2 * (int64_t)options->duration_ns,
			.output_max = OUTPUT_MAX,
		};

		result = run_vm(&program, to, failure);
	}
	free(stress_ng);
	free(collector);
	free(sim);
	return result;
}

/* ---- main ---- */

static int run(const struct mc_collect_options *options, struct mc_failure *failure)
{
	struct mc_paths paths;
	struct table table;
	const char *modules;
	int result = -1, command = 0;

	if (mc_stop_install(failure) || mc_paths_find(&paths, MC_COLLECTOR_MODULE, failure))
		return -1;
	if (open_table(&table, options, failure))
		goto out;
	/* rdt_sim stands beside the collector, wherever that is. */
	modules = options->modules ? options->modules : dirname(paths.module);
	if (options->host)
		result = mc_collect_host(options, paths.self, modules, table.to, &command, failure);
	else
		result = collect_vm(options, paths.self, modules, table.to, failure);
	if (close_table(&table, options->out, result >= 0, failure))
		result = -1;
	if (result == MC_EXIT_INVALID && options->out) {
		fputs("collect: incomplete, see ", stderr);
		mc_text_put(stderr, options->out);
		fputc('\n', stderr);
	}
	if (*options->command &&
	    (result == MC_EXIT_OK || (result == MC_EXIT_INVALID && !options->strict)))
		result = command;
out:
	mc_paths_free(&paths);
	return result;
}

int main(int argc, char **argv)
{
	struct mc_collect_options options;
	struct mc_failure failure = {0};
	int code;

	/* A reader that goes away is noticed as an error of stdout. */
	signal(SIGPIPE, SIG_IGN);
	setlocale(LC_CTYPE, "");
	code = mc_collect_options_parse(&options, argc, argv, &failure);
	if (!code && options.busy)
		mc_demo_busy(options.busy);
	if (!code && options.help)
		mc_collect_options_help(stdout);
	else if (!code && options.version)
		printf("collect %s\n", MC_VERSION);
	else if (!code)
		code = run(&options, &failure);
	if (code >= 0 && (fflush(stdout) || ferror(stdout)))
		code = mc_fail(&failure, MC_EXIT_ENVIRONMENT, "writing to standard output: %s",
			       strerror(errno));
	if (code < 0) {
		fprintf(stderr, "collect: %s\n", failure.text);
		code = failure.exit_code;
	}
	mc_stop_end();
	return code;
}
