// SPDX-License-Identifier: GPL-2.0
/*
 * place_host.c - the machine that runs us, as the place to measure
 *
 * Owns what makes that safe: refusals before anything is touched, and that kernel/host_state.c
 * knows what there will be to undo before a module is loaded.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/module.h"
#include "bench/runner.h"
#include "bench/variants.h"
#include "kernel/environment.h"
#include "kernel/host_state.h"
#include "kernel/log.h"
#include "kernel/trace_instance.h"
#include "load/load.h"
#include "load/work_folder.h"
#include "memory_collector/place.h"

static const struct mc_host_use use = {
	.program = "run-stress",
	.doing = "measuring",
	.file = "host",
	.module = {MC_BENCH_MODULE},
	.instance = {MC_TRACE_INSTANCE},
	.folder = MC_WORK_PREFIX,
};

static int take_machine(struct mc_host_state *state, struct mc_progress *progress,
			struct mc_failure *failure)
{
	char note[PATH_MAX + 256];
	int result = mc_host_take(state, &use, 1, note, sizeof(note), failure);

	if (*note)
		mc_progress_note(progress, "%s", note);
	return result;
}

/* ---- check ---- */

static const char *scratch_of(const struct mc_job *job)
{
	return job->scratch ? job->scratch : "/tmp";
}

static int check(const struct mc_job *job, struct mc_progress *progress, struct mc_failure *failure)
{
	struct mc_failure not_open;
	struct mc_host_state state;
	struct stat info;
	int log;

	if (mc_module_check(job->module, failure))
		return -1;
	if (stat(scratch_of(job), &info))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "scratch folder %s: %s",
			       scratch_of(job), strerror(errno));
	if (!S_ISDIR(info.st_mode))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "scratch folder %s: not a folder",
			       scratch_of(job));
	if (mc_trace_check(failure))
		return -1;
	log = mc_kernel_log_open(&not_open);
	if (log < 0) {
		*failure = not_open;
		return -1;
	}
	close(log);
	if (take_machine(&state, progress, failure))
		return -1;
	mc_host_release(&state);
	return 0;
}

/* ---- run ---- */

struct host {
	struct mc_runner runner;
	struct mc_host_state state;
	struct mc_work work;
	FILE *ticks, *log;
	int log_fd;
};

static int make_work(struct host *host, const struct mc_job *job, struct mc_failure *failure)
{
	if (mc_work_create(&host->work, scratch_of(job), failure))
		return -1;
	return mc_host_write(&host->state, host->work.path, failure);
}

static void find_disk(struct host *host)
{
	struct mc_failure none;

	if (mc_disk_of(host->work.path, &host->runner.disk, &none)) {
		host->runner.disk = 0;
		snprintf(host->runner.no_disk, sizeof(host->runner.no_disk), "%.500s", none.text);
	}
}

static int open_files(struct host *host, const struct mc_job *job, const struct mc_result_dir *dir,
		      struct mc_failure *failure)
{
	host->log_fd = mc_kernel_log_open(failure);
	if (host->log_fd < 0)
		return -1;
	host->log = mc_result_dir_open(dir, "kernel.log", failure);
	if (!host->log)
		return -1;
	if (!job->ticks_csv)
		return 0;
	host->ticks = mc_result_dir_open(dir, "ticks.csv", failure);
	return host->ticks ? mc_ticks_csv_begin(host->ticks, failure) : -1;
}

static int prepare(struct host *host, const struct mc_job *job, const struct mc_result_dir *dir,
		   struct mc_failure *failure)
{
	if (make_work(host, job, failure))
		return -1;
	find_disk(host);
	return open_files(host, job, dir, failure);
}

/*
 * A report of the kernel while a scenario ran is worse than whatever was measured. Where
 * there may have been one, nobody knows.
 */
static void judge_log(struct host *host, struct mc_scenario_result *out, unsigned int n)
{
	char report[MC_TEXT_MAX];
	unsigned int i;

	mc_kernel_log_copy(host->log_fd, host->log, report, sizeof(report));
	for (i = 0; *report && i < n; i++) {
		if (mc_kernel_log_is_gap(report)) {
			out[i].status = MC_STATUS_INVALID;
			snprintf(
				out[i].reason, sizeof(out[i].reason),
				"the kernel's log was overwritten before it could be read, so that "
				"it may have held a report");
			continue;
		}
		out[i].status = mc_kernel_log_is_kill(report) ? MC_STATUS_INVALID
							      : MC_STATUS_FAILED;
		snprintf(out[i].reason, sizeof(out[i].reason), "the kernel reports: %.480s",
			 report);
	}
}

/* Places for all variants of a scenario, in a row */
static struct mc_scenario_result *add_results(struct mc_result *result, const struct mc_job *job,
					      const struct mc_scenario *scenario)
{
	size_t first = result->n_scenarios;
	unsigned int i;

	for (i = 0; i < job->n_variants; i++) {
		char test[MC_NAME_MAX];

		mc_variant_test(&job->variant[i], scenario->name, test, sizeof(test));
		if (!mc_result_add(result, test))
			return NULL;
	}
	return &result->scenario[first];
}

static int run_matrix(struct host *host, const struct mc_job *job, struct mc_result *result,
		      struct mc_failure *failure)
{
	unsigned int variant;
	size_t i;

	for (i = 0; i < job->matrix->n; i++) {
		const struct mc_scenario *scenario = &job->matrix->scenario[i];
		struct mc_scenario_result *out = add_results(result, job, scenario);

		if (!out)
			return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
		if (mc_runner_scenario(&host->runner, scenario, out, failure))
			return -1;
		judge_log(host, out, job->n_variants);
		for (variant = 0; variant < job->n_variants; variant++)
			mc_runner_report(&host->runner, scenario, &out[variant]);
	}
	return 0;
}

static int close_files(struct host *host, struct mc_failure *failure)
{
	int result = 0;

	if (host->log && mc_result_file_close(host->log, "kernel.log", failure))
		result = -1;
	if (host->ticks && mc_result_file_close(host->ticks, "ticks.csv", failure))
		result = -1;
	if (host->log_fd >= 0)
		close(host->log_fd);
	return result;
}

static int run(const struct mc_job *job, struct mc_progress *progress, struct mc_result_dir *dir,
	       struct mc_result *result, struct mc_failure *failure)
{
	struct host host = {.log_fd = -1};
	struct mc_failure second;
	int status;

	if (take_machine(&host.state, progress, failure))
		return -1;
	host.runner = (struct mc_runner){.job = job, .progress = progress, .dir = dir};
	status = prepare(&host, job, dir, failure);
	host.runner.work = &host.work;
	host.runner.ticks = host.ticks;
	if (!status)
		status = run_matrix(&host, job, result, failure);
	/* Takes a moment, which nobody should wait for before the first tick. */
	if (!status) {
		mc_environment_read(&result->environment);
		mc_load_version(result->environment.stress_ng,
				sizeof(result->environment.stress_ng));
	}
	/* The first failure is the one to tell of. */
	if (close_files(&host, status ? &second : failure))
		status = -1;
	if (mc_work_remove(&host.work, status ? &second : failure))
		status = -1;
	mc_host_release(&host.state);
	return status;
}

const struct mc_place mc_place_host = {
	.name = "host",
	.check = check,
	.run = run,
};
