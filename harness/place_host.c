// SPDX-License-Identifier: GPL-2.0
/*
 * place_host.c - the machine that runs us, as the place to measure
 *
 * Owns what makes that safe: refusals before anything is touched, one run at a
 * time, and a state file from which a later run learns what one that was killed
 * has left behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench_module.h"
#include "environment.h"
#include "kernel_log.h"
#include "load.h"
#include "memory_collector/place.h"
#include "runner.h"
#include "trace_instance.h"
#include "tree.h"
#include "variants.h"

#define STATE_DIR "/run/memory-collector"
/* Locked while somebody measures; holds "PID WORK_FOLDER\n" while something of theirs is there */
#define STATE_FILE STATE_DIR "/host"
#define WORK_PREFIX "memory-collector-"

/* ---- the state file ---- */

struct state {
	int fd;
	long pid; /* of the run that wrote it; 0: it left nothing */
	char work[PATH_MAX];
};

static void read_state(struct state *state)
{
	char text[PATH_MAX + 32];
	ssize_t length = pread(state->fd, text, sizeof(text) - 1, 0);
	char *end;

	state->pid = 0;
	state->work[0] = '\0';
	if (length <= 0)
		return;
	text[length] = '\0';
	state->pid = strtol(text, &end, 10);
	if (*end == ' ') {
		snprintf(state->work, sizeof(state->work), "%.*s", (int)strcspn(end + 1, "\n"),
			 end + 1);
	}
}

static int write_state(struct state *state, const char *work, struct mc_failure *failure)
{
	char text[PATH_MAX + 32];
	int length = snprintf(text, sizeof(text), "%ld %s\n", (long)getpid(), work);

	if (ftruncate(state->fd, 0) || pwrite(state->fd, text, length, 0) != length)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s: %s", STATE_FILE, strerror(errno));
	return 0;
}

/* The file may have been removed by its last holder between our open() and flock(). */
static bool still_there(int fd)
{
	struct stat ours, there;

	return !fstat(fd, &ours) && !stat(STATE_FILE, &there) && ours.st_ino == there.st_ino &&
	       ours.st_dev == there.st_dev;
}

static int lock_state(struct state *state, struct mc_failure *failure)
{
	int tries;

	mkdir("/run", 0755);
	for (tries = 0; tries < 100; tries++) {
		if (mkdir(STATE_DIR, 0700) && errno != EEXIST)
			break;
		state->fd = open(STATE_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (state->fd < 0)
			break;
		if (flock(state->fd, LOCK_EX | LOCK_NB)) {
			read_state(state);
			close(state->fd);
			return mc_fail(failure, MC_EXIT_ENVIRONMENT,
				       "another run-stress (pid %ld) is measuring on this machine: "
				       "wait for it or end it",
				       state->pid);
		}
		if (still_there(state->fd)) {
			read_state(state);
			return 0;
		}
		close(state->fd);
	}
	return mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s: %s", STATE_FILE, strerror(errno));
}

/* Only when nothing of ours is left. */
static void remove_state(struct state *state)
{
	unlink(STATE_FILE);
	close(state->fd);
	rmdir(STATE_DIR);
}

/* ---- what a killed run left ---- */

/* The state file is root's alone; still nothing is removed that we would not have made. */
static bool our_work(const char *work)
{
	const char *name = strrchr(work, '/');

	return *work == '/' && name && !strncmp(name + 1, WORK_PREFIX, strlen(WORK_PREFIX));
}

static int remove_leftovers(struct state *state, struct mc_progress *progress,
			    struct mc_failure *failure)
{
	bool module = mc_module_loaded(), trace = mc_trace_exists();
	bool work = our_work(state->work) && !access(state->work, F_OK);

	if (!state->pid)
		return 0;
	if (mc_module_unload(failure) || mc_trace_remove(failure) ||
	    (work && mc_tree_remove(state->work, failure)))
		return mc_fail_prepend(failure, "what run-stress (pid %ld) left when it was killed",
				       state->pid);
	mc_progress_note(progress, "run-stress (pid %ld) was killed; removed what it left:%s%s%s%s",
			 state->pid, module ? " module " MC_BENCH_MODULE : "",
			 trace ? " trace instance " MC_TRACE_INSTANCE : "", work ? " folder " : "",
			 work ? state->work : "");
	state->pid = 0;
	return ftruncate(state->fd, 0) ? mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s: %s", STATE_FILE,
						 strerror(errno))
				       : 0;
}

/* Lock, clean up after a killed run, and see that nobody else has what we need. */
static int take_machine(struct state *state, struct mc_progress *progress,
			struct mc_failure *failure)
{
	int result;

	if (lock_state(state, failure))
		return -1;
	result = remove_leftovers(state, progress, failure);
	if (!result && mc_module_loaded())
		result = mc_fail(failure, MC_EXIT_ENVIRONMENT,
				 "module %s is loaded already, and not by run-stress: unload it "
				 "first (rmmod %s)",
				 MC_BENCH_MODULE, MC_BENCH_MODULE);
	if (!result && mc_trace_exists())
		result = mc_fail(failure, MC_EXIT_ENVIRONMENT,
				 "there is a trace instance %s already, and not from run-stress: "
				 "remove it first (rmdir)",
				 MC_TRACE_INSTANCE);
	if (!result)
		return 0;
	/* A state that could not be cleaned up stays for the next try. */
	if (state->pid)
		close(state->fd);
	else
		remove_state(state);
	return -1;
}

/* ---- check ---- */

static const char *scratch_of(const struct mc_job *job)
{
	return job->scratch ? job->scratch : "/tmp";
}

static int check(const struct mc_job *job, struct mc_progress *progress, struct mc_failure *failure)
{
	struct mc_failure not_open;
	struct state state;
	struct stat info;
	int log;

	if (geteuid())
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "--place host loads a kernel module, which needs root (sudo); "
			       "--place vm does not");
	if (stat(scratch_of(job), &info))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "scratch folder %s: %s",
			       scratch_of(job), strerror(errno));
	if (!S_ISDIR(info.st_mode))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "scratch folder %s: not a folder",
			       scratch_of(job));
	if (mc_module_check(job->module, failure) || mc_trace_check(failure))
		return -1;
	log = mc_kernel_log_open(&not_open);
	if (log < 0) {
		*failure = not_open;
		return -1;
	}
	close(log);
	if (take_machine(&state, progress, failure))
		return -1;
	remove_state(&state);
	return 0;
}

/* ---- run ---- */

struct host {
	struct mc_runner runner;
	struct state state;
	char work[PATH_MAX];
	FILE *ticks, *log;
	int log_fd;
};

/* Others may pass through it, but only we write in it: it is /tmp for the loads. */
static int make_work(struct host *host, const struct mc_job *job, struct mc_failure *failure)
{
	char real[PATH_MAX];

	if (!realpath(scratch_of(job), real) ||
	    snprintf(host->work, sizeof(host->work), "%s/" WORK_PREFIX "XXXXXX", real) >=
		    (int)sizeof(host->work) ||
	    !mkdtemp(host->work)) {
		host->work[0] = '\0';
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "scratch folder %s: %s",
			       scratch_of(job), strerror(errno));
	}
	if (chmod(host->work, 0755))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s: %s", host->work, strerror(errno));
	return write_state(&host->state, host->work, failure);
}

static void find_disk(struct host *host)
{
	struct mc_failure none;

	if (mc_disk_of(host->work, &host->runner.disk, &none)) {
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

/* A report of the kernel while a scenario ran is worse than whatever was measured. */
static void judge_log(struct host *host, struct mc_scenario_result *out, unsigned int n)
{
	char report[MC_TEXT_MAX];
	unsigned int i;

	mc_kernel_log_copy(host->log_fd, host->log, report, sizeof(report));
	for (i = 0; *report && i < n; i++) {
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
	host.runner.work = host.work;
	host.runner.ticks = host.ticks;
	if (!status)
		status = run_matrix(&host, job, result, failure);
	/* Takes a moment, which nobody should wait for before the first tick. */
	if (!status)
		mc_environment_read(&result->environment);
	/* The first failure is the one to tell of. */
	if (close_files(&host, status ? &second : failure))
		status = -1;
	if (host.work[0] && mc_tree_remove(host.work, status ? &second : failure))
		status = -1;
	if (mc_module_loaded() || mc_trace_exists() || (host.work[0] && !access(host.work, F_OK)))
		close(host.state.fd);
	else
		remove_state(&host.state);
	return status;
}

const struct mc_place mc_place_host = {
	.name = "host",
	.check = check,
	.run = run,
};
