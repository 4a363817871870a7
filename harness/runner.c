// SPDX-License-Identifier: GPL-2.0
/*
 * runner.c - the course of one scenario
 *
 * quiet lead-in, load ramps up, window, load ends, tail: all of it is traced, for
 * the picture over time; only the window counts, and it is chosen ahead of time
 * once the load is seen to run.
 */
#include "runner.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench_module.h"
#include "environment.h"
#include "interval.h"
#include "load.h"
#include "stress_yaml.h"
#include "text.h"
#include "trace_instance.h"
#include "tree.h"

#define NS_PER_MS 1000000LL
#define NS_PER_S 1000000000LL

/* Before the load starts and after it has ended, so that both can be seen */
#define LEAD_IN_NS (250 * NS_PER_MS)
#define TAIL_NS (200 * NS_PER_MS)
/* A load that does nothing for so long will not begin to */
#define RAMP_NS (10 * NS_PER_S)
/* From the first sign of work until all workers are at it */
#define SETTLE_NS (300 * NS_PER_MS)
/* How long a boundary of the window may stay open after it */
#define OPEN_NS (2 * NS_PER_S)
/* What all this and the load's end may take at most, for the size of the buffers */
#define AROUND_NS (MC_LOAD_EXTRA_S * NS_PER_S)
/* What a scenario usually takes beyond its window, for the time left */
#define OVERHEAD_S 2.0
/* CPU time is counted in steps of 10 ms: shorter windows need not show any */
#define CPU_TIME_WINDOW_NS NS_PER_S
#define YAML_MAX (16 * 1024 * 1024)

struct run {
	struct mc_runner *runner;
	const struct mc_scenario *scenario;
	struct mc_scenario_result *out;
	struct mc_trace *trace;
	bool module, loaded; /* the module is in; the load was started */
	struct mc_load load;
	char folder[4096]; /* the load's own, below runner->work */
	bool died; /* the load, within the window */
	struct interval interval;
	unsigned int n_cpus;
	unsigned int *cpus;
	uint64_t *lost;
	struct mc_analysis *analysis;
	struct mc_failure *failure;
};

/* What a step returns: go on; the verdict is there; cannot go on, failure says why. */
enum { GO_ON = 0, DECIDED = 1, BROKEN = -1 };

static int decide(struct run *run, enum mc_status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int decide(struct run *run, enum mc_status status, const char *format, ...)
{
	va_list args;

	run->out->status = status;
	va_start(args, format);
	vsnprintf(run->out->reason, sizeof(run->out->reason), format, args);
	va_end(args);
	return DECIDED;
}

static int interrupted(struct run *run)
{
	return mc_fail(run->failure, MC_EXIT_ENVIRONMENT, "interrupted by SIG%s",
		       sigabbrev_np(mc_stop_signal()));
}

/* ---- progress ---- */

/* What a scenario takes: a guess before the first one has ended, then their mean */
static double each_s(const struct mc_runner *runner)
{
	if (runner->index > 1)
		return (runner->ended_ns - runner->begun_ns) / 1e9 / (runner->index - 1);
	return runner->job->duration_ns / 1e9 + OVERHEAD_S;
}

static void report_step(const struct mc_runner *runner, const struct mc_scenario *scenario,
			struct mc_step *step, double here_s)
{
	step->index = runner->index;
	step->total = runner->job->matrix->n;
	step->left_s = (step->total - step->index) * each_s(runner) + here_s;
	snprintf(step->test, sizeof(step->test), "%s", scenario->name);
	mc_progress_step(runner->progress, step);
}

static void report(const struct run *run, enum mc_phase phase, double here_s)
{
	struct mc_step step = {.phase = phase};

	report_step(run->runner, run->scenario, &step, here_s);
}

void mc_runner_report(const struct mc_runner *runner, const struct mc_scenario *scenario,
		      const struct mc_scenario_result *out)
{
	struct mc_step step = {.phase = MC_PHASE_DONE, .status = out->status};
	char expected[MC_TIME_TEXT], missed[MC_TIME_TEXT];

	if (out->status == MC_STATUS_OK)
		snprintf(step.text, sizeof(step.text),
			 "%s: ok, %s ticks, %s missed, p50 %.1f us, p99 %.1f us", scenario->name,
			 mc_text_count(expected, out->expected_ticks),
			 mc_text_count(missed, out->missed_ticks), out->delta.p50 / 1e3,
			 out->delta.p99 / 1e3);
	else
		snprintf(step.text, sizeof(step.text), "%s: %s, %.420s", scenario->name,
			 mc_status_name(out->status), out->reason);
	report_step(runner, scenario, &step, 0);
}

/* ---- before the load ---- */

static int check_needs(struct run *run)
{
	if (!run->scenario->stressor[0])
		return GO_ON;
	if (!mc_load_available())
		return decide(run, MC_STATUS_SKIPPED, "stress-ng is not installed here");
	if (run->scenario->needs_block && !run->runner->disk)
		return decide(run, MC_STATUS_SKIPPED, "%s", run->runner->no_disk);
	return GO_ON;
}

static int take_cpus(struct run *run)
{
	struct mc_bench_totals totals;
	unsigned int i;

	if (mc_module_read_totals(&totals, run->failure))
		return BROKEN;
	run->n_cpus = totals.n_cpus;
	run->cpus = calloc(totals.n_cpus, sizeof(*run->cpus));
	run->lost = calloc(totals.n_cpus, sizeof(*run->lost));
	for (i = 0; run->cpus && i < totals.n_cpus; i++)
		run->cpus[i] = totals.cpu[i].cpu;
	mc_bench_totals_free(&totals);
	if (!run->cpus || !run->lost)
		return mc_fail(run->failure, MC_EXIT_ENVIRONMENT, "out of memory");
	if (totals.interval_ns != run->runner->job->interval_ns)
		return mc_fail(run->failure, MC_EXIT_ENVIRONMENT,
			       "the module ticks every %" PRIu64 " ns instead of %" PRIu64,
			       totals.interval_ns, run->runner->job->interval_ns);
	return interval_init(&run->interval, totals.interval_ns, totals.phase_ns);
}

static int start_ticks(struct run *run)
{
	const struct mc_job *job = run->runner->job;
	uint64_t ticks = (job->duration_ns + AROUND_NS) / job->interval_ns;

	run->trace = mc_trace_new(run->failure);
	if (!run->trace || mc_module_load(job->module, job->interval_ns, run->failure))
		return BROKEN;
	run->module = true;
	if (take_cpus(run) || mc_trace_start(run->trace, run->cpus, run->n_cpus, ticks,
					     job->interval_ns, run->failure))
		return BROKEN;
	return GO_ON;
}

/* ---- the load ---- */

static int make_folder(struct run *run, uid_t user)
{
	snprintf(run->folder, sizeof(run->folder), "%s/load", run->runner->work);
	if (mkdir(run->folder, 0700) || (user != (uid_t)-1 && chown(run->folder, user, user)))
		return mc_fail(run->failure, MC_EXIT_ENVIRONMENT, "%s: %s", run->folder,
			       strerror(errno));
	return GO_ON;
}

static void note_command(struct mc_load_result *load, char *const *argv)
{
	size_t used = 0;

	for (; *argv && used < sizeof(load->command); argv++)
		used += snprintf(load->command + used, sizeof(load->command) - used, "%s%s",
				 used ? " " : "", *argv);
}

static int start_load(struct run *run)
{
	const struct mc_scenario *scenario = run->scenario;
	struct mc_scenario_scale scale = {
		.cpus = mc_cpus_online(),
		.memory_bytes = mc_memory_available(),
	};
	unsigned int timeout_s = run->runner->job->duration_ns / NS_PER_S + MC_LOAD_EXTRA_S;
	uid_t user = scenario->as_root ? (uid_t)-1 : mc_load_user();
	char **argv;
	int result;

	/* As the load sees it: its /tmp is our work folder. */
	if (make_folder(run, user) ||
	    mc_scenario_command(scenario, &scale, "/tmp/load/stress-ng.yaml", timeout_s,
				"/tmp/load", &argv, run->failure))
		return BROKEN;
	run->out->load.present = true;
	note_command(&run->out->load, argv);
	run->out->marks.load_start_ns = mc_now_ns();
	result = mc_load_start(&run->load, argv, user, run->runner->work, run->failure);
	free(argv);
	run->loaded = !result;
	return result;
}

/* The verdict on a load that is over before it should be, or never worked */
static int decide_not_run(struct run *run, const char *what)
{
	char reason[MC_TEXT_MAX / 2];
	bool alive = mc_load_alive(&run->load);
	enum mc_status status;

	mc_load_stop(&run->load);
	status = mc_load_verdict(&run->load, reason, sizeof(reason));
	if (alive || status == MC_STATUS_OK)
		return decide(run, MC_STATUS_INVALID, "%.250s", what);
	return decide(run, status, "%s", reason);
}

static int ramp_up(struct run *run)
{
	dev_t disk = run->scenario->needs_block ? run->runner->disk : 0;

	if (!run->scenario->stressor[0])
		return GO_ON;
	report(run, MC_PHASE_LOAD, run->runner->job->duration_ns / 1e9 + OVERHEAD_S);
	if (start_load(run))
		return BROKEN;
	if (mc_load_wait(&run->load, disk, mc_now_ns() + RAMP_NS, run->failure)) {
		if (mc_stop_requested())
			return interrupted(run);
		return decide_not_run(run, run->failure->text);
	}
	return mc_sleep_until(mc_now_ns() + SETTLE_NS) ? interrupted(run) : GO_ON;
}

/* ---- the window ---- */

static int write_tick(void *data, const struct mc_tick_summary *tick, struct mc_failure *failure)
{
	const struct run *run = data;

	return mc_ticks_csv_add(run->runner->ticks, tick, run->scenario->name, failure);
}

/* Ahead by a margin that grows when the machine was too busy to set the window in time */
static int set_window(struct run *run)
{
	static const int64_t margins_ns[] = {20 * NS_PER_MS, 200 * NS_PER_MS, 2 * NS_PER_S};
	uint64_t ticks = run->runner->job->duration_ns / run->interval.length_ns;
	int result = 1;
	size_t i;

	for (i = 0; result == 1 && i < sizeof(margins_ns) / sizeof(margins_ns[0]); i++) {
		run->out->k0 = interval_ahead(&run->interval, mc_now_ns() + margins_ns[i]);
		run->out->k1 = run->out->k0 + ticks;
		result = mc_module_set_window(run->out->k0, run->out->k1, run->failure);
	}
	if (result == 1)
		return mc_fail(run->failure, MC_EXIT_ENVIRONMENT,
			       "the machine is too busy to choose a window 2 s ahead");
	return result;
}

static int choose_window(struct run *run)
{
	struct mc_analysis_config config = {
		.n_cpus = run->n_cpus,
		.cpus = run->cpus,
		.on_tick = run->runner->ticks ? write_tick : NULL,
		.on_tick_data = run,
	};

	if (set_window(run))
		return BROKEN;
	run->out->marks.window_start_ns = interval_boundary(&run->interval, run->out->k0);
	run->out->marks.window_end_ns = interval_boundary(&run->interval, run->out->k1);
	config.interval_ns = run->interval.length_ns;
	config.phase_ns = run->interval.phase_ns;
	config.k0 = run->out->k0;
	config.k1 = run->out->k1;
	run->analysis = mc_analysis_new(&config, run->failure);
	return run->analysis ? mc_trace_read(run->trace, run->analysis, run->failure) : BROKEN;
}

static int sleep_through(struct run *run)
{
	int64_t end = run->out->marks.window_end_ns, next;

	for (next = mc_now_ns(); next < end; next += NS_PER_S) {
		report(run, MC_PHASE_SAMPLE, (end - next) / 1e9 + OVERHEAD_S / 2);
		if (mc_sleep_until(next + NS_PER_S < end ? next + NS_PER_S : end))
			return interrupted(run);
	}
	return GO_ON;
}

static int sample(struct run *run)
{
	struct mc_load_result *load = &run->out->load;
	int64_t sectors = 0;

	if (run->loaded) {
		load->cpu_time_before_ns = mc_load_cpu_time(&run->load);
		sectors = mc_disk_sectors(run->runner->disk);
	}
	if (choose_window(run) || sleep_through(run))
		return BROKEN;
	if (!run->loaded)
		return GO_ON;
	load->cpu_time_ns = mc_load_cpu_time(&run->load);
	if (run->runner->disk && sectors >= 0)
		load->sectors = mc_disk_sectors(run->runner->disk) - sectors;
	run->died = !mc_load_alive(&run->load);
	return GO_ON;
}

/* ---- after the window ---- */

/* A callback that is still to come settles the window's last boundaries. */
static int wait_settled(struct run *run)
{
	int64_t deadline = mc_now_ns() + OPEN_NS + 2 * run->interval.length_ns;
	struct mc_bench_totals totals;
	bool open = true;
	unsigned int i;

	while (open && mc_now_ns() < deadline) {
		if (mc_sleep_until(mc_now_ns() + 5 * NS_PER_MS))
			return interrupted(run);
		if (mc_module_read_totals(&totals, run->failure))
			return BROKEN;
		open = false;
		for (i = 0; i < totals.n_cpus; i++)
			open |= totals.cpu[i].open > 0;
		mc_bench_totals_free(&totals);
	}
	return GO_ON;
}

static int same_cpus(struct run *run, const struct mc_bench_totals *totals)
{
	unsigned int i;

	if (totals->offline_cpu >= 0)
		return mc_fail(run->failure, MC_EXIT_ENVIRONMENT,
			       "CPU %d was offline during the window", totals->offline_cpu);
	for (i = 0; i < totals->n_cpus && totals->n_cpus == run->n_cpus; i++) {
		if (totals->cpu[i].cpu != run->cpus[i])
			break;
	}
	if (i < totals->n_cpus || totals->n_cpus != run->n_cpus)
		return mc_fail(run->failure, MC_EXIT_ENVIRONMENT,
			       "a CPU went offline or came online during the scenario");
	return GO_ON;
}

/* Events first: unloading the module clears the buffers. */
static int account(struct run *run)
{
	struct mc_bench_totals totals;
	int result;

	if (mc_trace_stop(run->trace, run->failure) || mc_module_read_totals(&totals, run->failure))
		return BROKEN;
	result = same_cpus(run, &totals);
	if (!result)
		result = mc_trace_finish(run->trace, run->lost, run->failure);
	if (!result)
		result = mc_analysis_finish(run->analysis, totals.cpu, run->lost, totals.read_ns,
					    run->out, run->failure);
	mc_bench_totals_free(&totals);
	return result;
}

/* ---- what the load says it did ---- */

static int copy_yaml(struct run *run, FILE *from)
{
	char name[MC_NAME_MAX + 32], block[16384];
	size_t length, all = 0;
	FILE *to;

	snprintf(name, sizeof(name), "stress-ng/%s.yaml", run->scenario->name);
	to = mc_result_dir_open(run->runner->dir, name, run->failure);
	if (!to)
		return BROKEN;
	while ((length = fread(block, 1, sizeof(block), from)) && (all += length) <= YAML_MAX)
		fwrite(block, 1, length, to);
	rewind(from);
	return mc_result_file_close(to, name, run->failure);
}

/* Written by the load into a folder of its own, where it can put anything. */
static FILE *open_yaml(const struct run *run)
{
	char path[sizeof(run->folder) + 32];
	struct stat info;
	FILE *file = NULL;
	int fd;

	snprintf(path, sizeof(path), "%s/stress-ng.yaml", run->folder);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	if (!fstat(fd, &info) && S_ISREG(info.st_mode) && info.st_size <= YAML_MAX)
		file = fdopen(fd, "r");
	if (!file)
		close(fd);
	return file;
}

static int take_bogo_ops(struct run *run)
{
	struct mc_load_result *load = &run->out->load;
	struct mc_failure why;
	FILE *file = open_yaml(run);
	char name[MC_NAME_MAX + 32];
	int result;

	if (!file)
		return decide(run, MC_STATUS_INVALID, "stress-ng left no report of its work");
	if (copy_yaml(run, file)) {
		fclose(file);
		return BROKEN;
	}
	snprintf(name, sizeof(name), "stress-ng/%s.yaml", run->scenario->name);
	result = mc_stress_yaml_read(file, name, run->scenario->stressor, &load->bogo_ops, &why);
	fclose(file);
	if (result)
		return decide(run, MC_STATUS_INVALID, "%.400s", why.text);
	if (load->bogo_ops <= 0)
		return decide(run, MC_STATUS_INVALID,
			      "the load did no work: stress-ng reports 0 bogo-ops");
	return GO_ON;
}

static int judge_load(struct run *run)
{
	struct mc_load_result *load = &run->out->load;
	char reason[MC_TEXT_MAX];
	enum mc_status status = mc_load_verdict(&run->load, reason, sizeof(reason));

	load->exit_code = run->load.end.exited ? run->load.end.code : -1;
	if (status != MC_STATUS_OK)
		return decide(run, status, "%s", reason);
	if (run->died)
		return decide(run, MC_STATUS_INVALID, "the load ended within the window");
	if (run->runner->job->duration_ns >= CPU_TIME_WINDOW_NS &&
	    load->cpu_time_ns <= load->cpu_time_before_ns)
		return decide(run, MC_STATUS_INVALID, "the load used no CPU time in the window");
	if (run->scenario->needs_block && load->sectors <= 0)
		return decide(run, MC_STATUS_INVALID,
			      "the load moved no sectors of the block device in the window");
	return take_bogo_ops(run);
}

static int collect(struct run *run)
{
	int result;

	report(run, MC_PHASE_COLLECT, OVERHEAD_S / 4);
	if (wait_settled(run))
		return BROKEN;
	if (run->loaded) {
		mc_load_stop(&run->load);
		run->out->marks.load_end_ns = mc_now_ns();
		if (mc_sleep_until(mc_now_ns() + TAIL_NS))
			return interrupted(run);
	}
	result = account(run);
	/* What the accounting says comes first: without it no number means anything. */
	if (!result && run->out->status == MC_STATUS_OK && run->loaded)
		result = judge_load(run);
	return result;
}

/* ---- all of it ---- */

static int measure(struct run *run)
{
	int result = check_needs(run);

	if (!result)
		result = start_ticks(run);
	if (!result && mc_sleep_until(mc_now_ns() + LEAD_IN_NS))
		result = interrupted(run);
	if (!result)
		result = ramp_up(run);
	if (!result)
		result = sample(run);
	if (!result)
		result = collect(run);
	return result;
}

/* The mirror of measure(). Return: 0, or -1 where something stays behind. */
static int undo(struct run *run, struct mc_failure *failure)
{
	int result = 0;

	if (run->loaded) {
		mc_load_stop(&run->load);
		mc_load_free(&run->load);
	}
	if (run->folder[0] && mc_tree_remove(run->folder, failure))
		result = -1;
	if (run->module && mc_module_unload(failure))
		result = -1;
	if (mc_trace_free(run->trace, failure))
		result = -1;
	mc_analysis_free(run->analysis);
	free(run->cpus);
	free(run->lost);
	return result;
}

int mc_runner_scenario(struct mc_runner *runner, const struct mc_scenario *scenario,
		       struct mc_scenario_result *out, struct mc_failure *failure)
{
	struct run run = {
		.runner = runner,
		.scenario = scenario,
		.out = out,
		.failure = failure,
	};
	int result;

	snprintf(out->title, sizeof(out->title), "%s", scenario->title);
	snprintf(out->stressor, sizeof(out->stressor), "%s", scenario->stressor);
	if (!runner->index++)
		runner->begun_ns = mc_now_ns();
	report(&run, MC_PHASE_LOAD, runner->job->duration_ns / 1e9 + OVERHEAD_S);
	result = measure(&run);
	if (result == BROKEN)
		decide(&run, MC_STATUS_FAILED, "%.500s", failure->text);
	if (undo(&run, failure))
		return -1;
	if (mc_stop_requested())
		return interrupted(&run);
	runner->ended_ns = mc_now_ns();
	return 0;
}
