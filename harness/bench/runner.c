// SPDX-License-Identifier: GPL-2.0
/*
 * runner.c - the course of one scenario
 *
 * quiet ticks, load ramps up, lead-in, window, load ends, tail: all of it is traced,
 * for the picture over time; only the window counts, and it is chosen ahead of time
 * once the load is seen to run and leads are learned under it.
 *
 * Where several ways to arm the timer are compared, or one is measured in several
 * slices, the load goes on while the module is loaded anew for each slice: a trace and
 * a window of its own, held to account by itself. A variant's slices go through one
 * analysis, so that its result is of all of them.
 */
#include "bench/runner.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/nanoseconds.h"
#include "base/text.h"
#include "bench/clock.h"
#include "bench/module.h"
#include "bench/variants.h"
#include "core/interval.h"
#include "kernel/environment.h"
#include "kernel/trace_instance.h"
#include "load/load.h"
#include "load/stress_yaml.h"
#include "load/user.h"
#include "result/clock_verdict.h"

/* Before the load starts and after it has ended, so that both can be seen */
#define QUIET_NS (250 * NS_PER_MS)
#define TAIL_NS (200 * NS_PER_MS)
/* A load that does nothing for so long will not begin to, however busy the machine is */
#define RAMP_NS (180 * NS_PER_S)
/* Beginning and end of a load are in the picture as far as the buffers go */
#define RAMP_TRACED_NS (5 * NS_PER_S)
#define END_TRACED_NS (10 * NS_PER_S)
/* How long a boundary of the window may stay open after it */
#define OPEN_NS (2 * NS_PER_S)
/* What all this and the load's end may take at most, for the size of the buffers */
#define AROUND_NS (29 * NS_PER_S)
/* What usually comes to a slice's lead-in and window, and to a scenario's slices */
#define SLICE_OVERHEAD_S 0.3
#define OVERHEAD_S 1.5
/* CPU time is counted in steps of 10 ms: shorter windows need not show any */
#define CPU_TIME_WINDOW_NS NS_PER_S
#define YAML_MAX (16 * 1024 * 1024)

/* One way to arm the timer, over all its slices */
struct variant {
	const struct mc_variant *how;
	struct mc_scenario_result *out;
	struct mc_analysis *analysis;
	struct mc_clock_span clock;
};

/**
 * struct run - a scenario
 * @runner: shared by all scenarios
 * @scenario: what to run
 * @variant: [n_variants of the job]
 * @now: the variant whose slice it is
 * @slice: number of the slice, over all variants
 * @n_slices: how many there will be
 * @trace: of the slice
 * @module: the module is in
 * @interval: of the slice
 * @k0: window of the slice
 * @k1: window of the slice
 * @n_cpus: CPUs that may tick, the same in all slices
 * @cpus: their numbers
 * @lost: [n_cpus]
 * @loaded: the load was started
 * @load: it
 * @load_result: what it did
 * @marks: when it did
 * @died: it did so within a window
 * @idle: it used no CPU time in a window
 * @has_folder: the load's own may be there, in runner->work
 * @failure: filled on error
 */
struct run {
	struct mc_runner *runner;
	const struct mc_scenario *scenario;
	struct variant variant[MC_VARIANTS_MAX];
	struct variant *now;
	unsigned int slice, n_slices;
	struct mc_trace *trace;
	bool module;
	struct interval interval;
	uint64_t k0, k1;
	unsigned int n_cpus;
	unsigned int *cpus;
	uint64_t *lost;
	bool loaded;
	struct mc_load load;
	struct mc_load_result load_result;
	struct mc_marks marks;
	bool died, idle;
	bool has_folder;
	struct mc_failure *failure;
};

/* What a step returns: go on; the verdict is there; cannot go on, failure says why. */
enum { GO_ON = 0, DECIDED = 1, BROKEN = -1 };

static int decide(struct run *run, enum mc_status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Of all variants, but those whose own accounts do not agree: no number of these means anything. */
static int decide(struct run *run, enum mc_status status, const char *format, ...)
{
	char reason[MC_TEXT_MAX];
	unsigned int i;
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	for (i = 0; i < run->runner->job->n_variants; i++) {
		struct mc_scenario_result *out = run->variant[i].out;

		if (out->status == MC_STATUS_INVALID)
			continue;
		out->status = status;
		memcpy(out->reason, reason, sizeof(reason));
	}
	return DECIDED;
}

static int interrupted(struct run *run)
{
	return mc_fail(run->failure, MC_EXIT_ENVIRONMENT, "interrupted by SIG%s",
		       sigabbrev_np(mc_stop_signal()));
}

/* ---- progress ---- */

static double slice_s(const struct mc_job *job)
{
	return (job->duration_ns + mc_variants_lead_in_ns(job)) / 1e9 + SLICE_OVERHEAD_S;
}

/* What a scenario takes: a guess before the first one has ended, then their mean */
static double each_s(const struct mc_runner *runner)
{
	if (runner->index > 1)
		return (runner->ended_ns - runner->begun_ns) / 1e9 / (runner->index - 1);
	return runner->job->n_variants * runner->job->slices * slice_s(runner->job) + OVERHEAD_S;
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

/* @here_s: what is left of the slice */
static void report(const struct run *run, enum mc_phase phase, double here_s)
{
	unsigned int after = run->n_slices - run->slice - 1;
	struct mc_step step = {.phase = phase};

	report_step(run->runner, run->scenario, &step,
		    here_s + after * slice_s(run->runner->job) + OVERHEAD_S);
}

void mc_runner_report(const struct mc_runner *runner, const struct mc_scenario *scenario,
		      const struct mc_scenario_result *out)
{
	struct mc_step step = {.phase = MC_PHASE_DONE, .status = out->status};
	char expected[MC_TIME_TEXT], missed[MC_TIME_TEXT];

	if (out->status == MC_STATUS_OK)
		snprintf(step.text, sizeof(step.text),
			 "%s: ok, %s ticks, %s missed, p50 %.1f us, p99 %.1f us", out->test,
			 mc_text_count(expected, out->ticks.expected_ticks),
			 mc_text_count(missed, out->ticks.missed_ticks), out->ticks.delta.p50 / 1e3,
			 out->ticks.delta.p99 / 1e3);
	else
		snprintf(step.text, sizeof(step.text), "%s: %s, %.380s", out->test,
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

static int take_numbers(struct run *run, const struct mc_bench_totals *totals)
{
	unsigned int i;

	run->n_cpus = totals->n_cpus;
	run->cpus = calloc(totals->n_cpus, sizeof(*run->cpus));
	run->lost = calloc(totals->n_cpus, sizeof(*run->lost));
	if (!run->cpus || !run->lost)
		return mc_fail(run->failure, MC_EXIT_ENVIRONMENT, "out of memory");
	for (i = 0; i < totals->n_cpus; i++)
		run->cpus[i] = totals->cpu[i].cpu;
	return 0;
}

/* CPUs may go offline and come online, but a new one has no place in what was begun. */
static int same_cpus(struct run *run, const struct mc_bench_totals *totals)
{
	unsigned int i = 0;

	while (i < totals->n_cpus && i < run->n_cpus && totals->cpu[i].cpu == run->cpus[i])
		i++;
	if (i < totals->n_cpus || i < run->n_cpus)
		return mc_fail(
			run->failure, MC_EXIT_ENVIRONMENT,
			"a CPU was added to the machine, or taken away, during the scenario");
	return 0;
}

static int take_totals(struct run *run, const struct mc_bench_totals *totals)
{
	const struct mc_job *job = run->runner->job;

	if (run->cpus ? same_cpus(run, totals) : take_numbers(run, totals))
		return BROKEN;
	if (totals->interval_ns != job->interval_ns || totals->phase_ns != run->now->how->phase_ns)
		return mc_fail(run->failure, MC_EXIT_ENVIRONMENT,
			       "the module ticks every %" PRIu64 " ns with a phase of %" PRIu64
			       " ns instead of %" PRIu64 " and %" PRIu64,
			       totals->interval_ns, totals->phase_ns, job->interval_ns,
			       run->now->how->phase_ns);
	run->now->out->lead = totals->lead;
	return interval_init(&run->interval, totals->interval_ns, totals->phase_ns);
}

static int load_module(struct run *run)
{
	const struct mc_job *job = run->runner->job;
	const struct mc_bench_parameters parameters = {
		.interval_ns = job->interval_ns,
		.phase_ns = run->now->how->phase_ns,
		.lead = run->now->how->lead,
		.lead_max_ns = job->lead_max_ns,
		.lead_budget_permille = job->lead_budget_permille,
		.cpus = job->tick_cpus,
	};
	struct mc_bench_totals totals;
	int result;

	if (mc_module_load(job->module, &parameters, run->failure))
		return BROKEN;
	run->module = true;
	if (mc_module_read_totals(&totals, run->failure))
		return BROKEN;
	result = take_totals(run, &totals);
	mc_bench_totals_free(&totals);
	return result;
}

static int start_ticks(struct run *run)
{
	const struct mc_job *job = run->runner->job;
	uint64_t traced_ns = job->duration_ns + mc_variants_lead_in_ns(job) + AROUND_NS;

	run->trace = mc_trace_new(run->failure);
	if (!run->trace || load_module(run) ||
	    mc_trace_start(run->trace, run->cpus, run->n_cpus, traced_ns / job->interval_ns,
			   job->interval_ns, run->failure))
		return BROKEN;
	return GO_ON;
}

/* The mirror of start_ticks(). @failure: may be another than the run's */
static int stop_ticks(struct run *run, struct mc_failure *failure)
{
	int result = GO_ON;

	if (run->module && mc_module_unload(failure))
		result = BROKEN;
	run->module = false;
	if (mc_trace_free(run->trace, failure))
		result = BROKEN;
	run->trace = NULL;
	return result;
}

/* ---- the load ---- */

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
	unsigned int timeout_s = mc_load_timeout_s(run->runner->job->duration_ns, run->n_slices);
	uid_t user = (uid_t)-1;
	char **argv;
	int result;

	if (!scenario->as_root &&
	    mc_load_user(MC_LOAD_USERS_RUN_STRESS, MC_LOAD_USERS, &user, run->failure))
		return BROKEN;
	run->has_folder = true;
	/* As the load sees it: its /tmp is our work folder. */
	if (mc_work_add_load(run->runner->work, user, run->failure) ||
	    mc_scenario_command(scenario, &scale, "/tmp/load/stress-ng.yaml", timeout_s,
				"/tmp/load", &argv, run->failure))
		return BROKEN;
	run->load_result.present = true;
	note_command(&run->load_result, argv);
	run->marks.load_start_ns = mc_now_ns();
	result = mc_load_start(&run->load, argv, user, run->runner->work->path, run->failure);
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

/*
 * Of a load that took long to begin, there is more in the buffers than they have room for. And
 * a slice that others follow begins as they do, under the load.
 */
static int begin_under_load(struct run *run)
{
	bool long_ramp = mc_now_ns() - run->marks.load_start_ns > RAMP_TRACED_NS;

	if (run->n_slices == 1 && !long_ramp)
		return GO_ON;
	return stop_ticks(run, run->failure) ? BROKEN : start_ticks(run);
}

static int ramp_up(struct run *run)
{
	dev_t disk = run->scenario->needs_block ? run->runner->disk : 0;

	if (mc_sleep_until(mc_now_ns() + QUIET_NS))
		return interrupted(run);
	report(run, MC_PHASE_LOAD, slice_s(run->runner->job));
	if (start_load(run))
		return BROKEN;
	if (mc_load_wait(&run->load, disk, mc_now_ns() + RAMP_NS, run->failure)) {
		if (mc_stop_requested())
			return interrupted(run);
		return decide_not_run(run, run->failure->text);
	}
	return begin_under_load(run);
}

static int lead_in(struct run *run)
{
	int64_t end_ns = mc_now_ns() + mc_variants_lead_in_ns(run->runner->job);

	return mc_sleep_until(end_ns) ? interrupted(run) : GO_ON;
}

/* ---- the window ---- */

static int write_tick(void *data, const struct mc_tick_summary *tick, struct mc_failure *failure)
{
	const struct run *run = data;

	return mc_ticks_csv_add(run->runner->ticks, tick, run->now->out->test, failure);
}

/* Ahead by a margin that grows when the machine was too busy to set the window in time */
static int set_window(struct run *run)
{
	static const int64_t margins_ns[] = {20 * NS_PER_MS, 200 * NS_PER_MS, 2 * NS_PER_S,
					     8 * NS_PER_S};
	uint64_t ticks = run->runner->job->duration_ns / run->interval.length_ns;
	int result = 1;
	size_t i;

	for (i = 0; result == 1 && i < sizeof(margins_ns) / sizeof(margins_ns[0]); i++) {
		run->k0 = interval_ahead(&run->interval, mc_now_ns() + margins_ns[i]);
		run->k1 = run->k0 + ticks;
		result = mc_module_set_window(run->k0, run->k1, run->failure);
	}
	if (result == 1)
		return mc_fail(run->failure, MC_EXIT_ENVIRONMENT,
			       "the machine is too busy to choose a window 8 s ahead");
	return result;
}

static int new_analysis(struct run *run)
{
	const struct mc_analysis_config config = {
		.interval_ns = run->interval.length_ns,
		.phase_ns = run->interval.phase_ns,
		.k0 = run->k0,
		.k1 = run->k1,
		.n_cpus = run->n_cpus,
		.cpus = run->cpus,
		.on_tick = run->runner->ticks ? write_tick : NULL,
		.on_tick_data = run,
		.slices = run->runner->job->slices > 1,
	};

	run->now->analysis = mc_analysis_new(&config, run->failure);
	return run->now->analysis ? GO_ON : BROKEN;
}

static int choose_window(struct run *run)
{
	struct mc_marks *marks = &run->now->out->marks;

	if (set_window(run))
		return BROKEN;
	if (marks->window_start_ns == MC_TIME_NONE)
		marks->window_start_ns = interval_boundary(&run->interval, run->k0);
	marks->window_end_ns = interval_boundary(&run->interval, run->k1);
	if (run->now->analysis
		    ? mc_analysis_window(run->now->analysis, run->k0, run->k1, run->failure)
		    : new_analysis(run))
		return BROKEN;
	return mc_trace_read(run->trace, run->now->analysis, run->failure);
}

static int sleep_through(struct run *run)
{
	int64_t end = run->now->out->marks.window_end_ns, next;

	for (next = mc_now_ns(); next < end; next += NS_PER_S) {
		report(run, MC_PHASE_SAMPLE, (end - next) / 1e9);
		if (mc_sleep_until(next + NS_PER_S < end ? next + NS_PER_S : end))
			return interrupted(run);
	}
	return GO_ON;
}

static int sample(struct run *run)
{
	struct mc_load_result *load = &run->load_result;
	int64_t sectors = 0, cpu_time = 0;

	if (run->loaded) {
		cpu_time = mc_load_cpu_time(&run->load);
		sectors = mc_disk_sectors(run->runner->disk);
		if (!run->slice)
			load->cpu_time_before_ns = cpu_time;
	}
	if (choose_window(run))
		return BROKEN;
	mc_clock_start(&run->now->clock);
	if (sleep_through(run))
		return BROKEN;
	mc_clock_end(&run->now->clock);
	if (!run->loaded)
		return GO_ON;
	load->cpu_time_ns = mc_load_cpu_time(&run->load);
	run->idle |= load->cpu_time_ns <= cpu_time;
	if (run->runner->disk && sectors >= 0)
		load->sectors = (load->sectors > 0 ? load->sectors : 0) +
				mc_disk_sectors(run->runner->disk) - sectors;
	run->died |= !mc_load_alive(&run->load);
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
		result = mc_analysis_settle(run->now->analysis, totals.cpu, run->lost,
					    totals.read_ns, run->failure);
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

static int take_bogo_ops(struct run *run)
{
	struct mc_load_result *load = &run->load_result;
	struct mc_failure why;
	FILE *file = mc_work_open(run->runner->work, "stress-ng.yaml", YAML_MAX);
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
	struct mc_load_result *load = &run->load_result;
	char reason[MC_TEXT_MAX];
	enum mc_status status;

	mc_load_stop(&run->load);
	status = mc_load_verdict(&run->load, reason, sizeof(reason));
	load->exit_code = run->load.end.exited ? run->load.end.code : -1;
	if (status != MC_STATUS_OK)
		return decide(run, status, "%s", reason);
	if (run->died)
		return decide(run, MC_STATUS_INVALID, "the load ended within the window");
	if (run->runner->job->duration_ns >= CPU_TIME_WINDOW_NS && run->idle)
		return decide(run, MC_STATUS_INVALID, "the load used no CPU time in the window");
	if (run->scenario->needs_block && load->sectors <= 0)
		return decide(run, MC_STATUS_INVALID,
			      "the load moved no sectors of the block device in the window");
	return take_bogo_ops(run);
}

/* One that takes longer is waited for when no more ticks come in. */
static int end_load(struct run *run)
{
	mc_load_end(&run->load, mc_now_ns() + END_TRACED_NS);
	run->marks.load_end_ns = mc_now_ns();
	return mc_sleep_until(mc_now_ns() + TAIL_NS) ? interrupted(run) : GO_ON;
}

static int collect(struct run *run)
{
	bool last = run->slice + 1 == run->n_slices;
	int result;

	report(run, MC_PHASE_COLLECT, SLICE_OVERHEAD_S);
	result = wait_settled(run);
	if (!result && last && run->loaded)
		result = end_load(run);
	return result ? result : account(run);
}

/* ---- all of it ---- */

static int measure_slice(struct run *run)
{
	int result;

	run->now = &run->variant[mc_variant_of_slice(run->runner->job, run->slice)];
	result = start_ticks(run);
	if (!result && !run->slice && run->scenario->stressor[0])
		result = ramp_up(run);
	if (!result)
		result = lead_in(run);
	if (!result)
		result = sample(run);
	if (!result)
		result = collect(run);
	return result ? result : stop_ticks(run, run->failure);
}

static int finish_variants(struct run *run)
{
	unsigned int i;

	for (i = 0; i < run->runner->job->n_variants; i++) {
		struct variant *variant = &run->variant[i];
		struct mc_scenario_result *out = variant->out;

		if (mc_analysis_finish(variant->analysis, &out->ticks, out->reason,
				       sizeof(out->reason), run->failure))
			return BROKEN;
		out->status = *out->reason ? MC_STATUS_INVALID : MC_STATUS_OK;
		mc_clock_settle(&variant->clock, &out->clock);
	}
	return GO_ON;
}

/* Delays by one clock do not compare with those by another, within a variant or between two. */
static void judge_clock(struct run *run)
{
	const struct mc_clock_span *first = &run->variant[0].clock;
	unsigned int i;

	for (i = 0; i < run->runner->job->n_variants; i++) {
		const char *after = run->variant[i].clock.source_after;

		if (!mc_clock_changed(first->source, after))
			continue;
		decide(run, MC_STATUS_INVALID,
		       "the clock source changed from %s to %s while it was measured; the kernel's "
		       "log may say why",
		       *first->source ? first->source : "an unknown one",
		       *after ? after : "an unknown one");
		return;
	}
}

static int measure(struct run *run)
{
	int result = check_needs(run);

	for (run->slice = 0; !result && run->slice < run->n_slices; run->slice++)
		result = measure_slice(run);
	if (!result)
		result = finish_variants(run);
	if (!result)
		judge_clock(run);
	if (!result && run->loaded)
		result = judge_load(run);
	return result;
}

/* What was the same for all variants */
static void share(const struct run *run)
{
	unsigned int i;

	for (i = 0; i < run->runner->job->n_variants; i++) {
		struct mc_scenario_result *out = run->variant[i].out;

		out->load = run->load_result;
		out->marks.load_start_ns = run->marks.load_start_ns;
		out->marks.load_end_ns = run->marks.load_end_ns;
	}
}

/* The mirror of measure(). Return: 0, or -1 where something stays behind. */
static int undo(struct run *run, struct mc_failure *failure)
{
	unsigned int i;
	int result = 0;

	if (run->loaded) {
		mc_load_stop(&run->load);
		mc_load_free(&run->load);
	}
	if (run->has_folder && mc_work_remove_load(run->runner->work, failure))
		result = -1;
	if (stop_ticks(run, failure))
		result = -1;
	for (i = 0; i < run->runner->job->n_variants; i++)
		mc_analysis_free(run->variant[i].analysis);
	free(run->cpus);
	free(run->lost);
	return result;
}

static void begin(struct run *run, struct mc_scenario_result *out)
{
	const struct mc_job *job = run->runner->job;
	const struct mc_scenario *scenario = run->scenario;
	unsigned int i;

	run->n_slices = job->n_variants * job->slices;
	run->load_result = out->load;
	run->marks = out->marks;
	for (i = 0; i < job->n_variants; i++, out++) {
		run->variant[i].how = &job->variant[i];
		run->variant[i].out = out;
		snprintf(out->title, sizeof(out->title), "%s", scenario->title);
		snprintf(out->stressor, sizeof(out->stressor), "%s", scenario->stressor);
		out->ticks.phase_ns = job->variant[i].phase_ns;
		if (job->n_variants == 1)
			continue;
		snprintf(out->base, sizeof(out->base), "%s", scenario->name);
		snprintf(out->variant, sizeof(out->variant), "%s", job->variant[i].name);
		out->repeat = job->variant[i].repeat;
	}
}

int mc_runner_scenario(struct mc_runner *runner, const struct mc_scenario *scenario,
		       struct mc_scenario_result *out, struct mc_failure *failure)
{
	struct run run = {
		.runner = runner,
		.scenario = scenario,
		.failure = failure,
	};
	int result;

	begin(&run, out);
	if (!runner->index++)
		runner->begun_ns = mc_now_ns();
	report(&run, MC_PHASE_LOAD, slice_s(runner->job));
	result = measure(&run);
	if (result == BROKEN)
		decide(&run, MC_STATUS_FAILED, "%.500s", failure->text);
	share(&run);
	if (undo(&run, failure))
		return -1;
	if (mc_stop_requested())
		return interrupted(&run);
	runner->ended_ns = mc_now_ns();
	return 0;
}
