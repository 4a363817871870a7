// SPDX-License-Identifier: GPL-2.0
/*
 * run_stress.c - the program: options in, a result folder and a table out
 */
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/paths.h"
#include "base/text.h"
#include "bench/kernel_sets.h"
#include "bench/module.h"
#include "bench/options.h"
#include "bench/variants.h"
#include "config.h"
#include "kernel/environment.h"
#include "load/load.h"
#include "memory_collector/child.h"
#include "memory_collector/place.h"
#include "memory_collector/present.h"

/* What everything below works on */
struct program {
	struct mc_options options;
	struct mc_paths paths;
	struct mc_matrix matrix;
	const char **files; /* of the matrix, NULL at the end */
	struct mc_kernel_sets kernels; /* none: that of the module */
	struct mc_progress *progress;
	FILE *records;
	char *command;
	int64_t started_ns;
	char started_utc[32];
};

/* For mc_result_dir_create(), whose note has no other way to it */
static struct mc_progress *note_to;

static void note(const char *line)
{
	mc_progress_note(note_to, "%s", line);
}

static const struct mc_place *place_of(const struct program *program)
{
	if (program->kernels.n > 1)
		return &mc_place_kernels;
	return program->options.host ? &mc_place_host : &mc_place_vm;
}

static const char *module_of(const struct program *program)
{
	if (program->kernels.n)
		return program->kernels.set[0].module;
	return program->options.module ? program->options.module : program->paths.module;
}

/* ---- the matrix ---- */

static int read_matrix(struct program *program, struct mc_failure *failure)
{
	const char **more = program->options.scenarios;
	size_t n = 0, i;

	while (more[n])
		n++;
	program->files = calloc(n + 2, sizeof(*program->files));
	if (!program->files)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
	program->files[0] = program->paths.matrix;
	memcpy(program->files + 1, more, n * sizeof(*more));
	for (i = 0; program->files[i]; i++) {
		if (mc_matrix_read(&program->matrix, program->files[i], failure))
			return -1;
	}
	if (program->options.only &&
	    mc_matrix_only(&program->matrix, program->options.only, failure))
		return -1;
	return 0;
}

static void list(const struct mc_matrix *matrix)
{
	size_t i;

	for (i = 0; i < matrix->n; i++) {
		const struct mc_scenario *scenario = &matrix->scenario[i];

		char title[sizeof(scenario->title)];

		printf("%-12s %-44s %s%s\n", scenario->name,
		       mc_text_clean(title, sizeof(title), scenario->title),
		       scenario->stressor[0] ? "stress-ng --" : "", scenario->stressor);
	}
}

/* ---- the plan ---- */

static struct mc_scenario_scale scale_of(const struct mc_options *options)
{
	if (options->host)
		return (struct mc_scenario_scale){mc_cpus_online(), mc_memory_available()};
	return (struct mc_scenario_scale){options->cpus, (uint64_t)options->memory_mib << 20};
}

static int print_command(const struct mc_scenario *scenario, const struct mc_options *options,
			 struct mc_failure *failure)
{
	struct mc_scenario_scale scale = scale_of(options);
	struct mc_job job = {.n_variants = 0};
	char **argv, **at;

	mc_variants_make(options, &job);
	if (!scenario->stressor[0]) {
		printf("%s: no load\n", scenario->name);
		return 0;
	}
	if (mc_scenario_command(scenario, &scale, "/tmp/load/stress-ng.yaml",
				mc_load_timeout_s(options->duration_ns,
						  job.n_variants * job.slices),
				"/tmp/load", &argv, failure))
		return -1;
	printf("%s:", scenario->name);
	for (at = argv; *at; at++)
		printf(" %s", *at);
	printf(" (as %s)\n", scenario->as_root ? "root" : "a user of its own");
	free(argv);
	return 0;
}

static void print_variants(const struct mc_options *options)
{
	struct mc_job job = {.n_variants = 0};
	unsigned int i;

	mc_variants_make(options, &job);
	if (job.n_variants == 1)
		return;
	printf("each %u times in turn:", job.slices);
	for (i = 0; i < job.n_variants; i++)
		printf(" %s%s", job.variant[i].name,
		       job.variant[i].repeat ? " (the first one again)" : "");
	printf("\n");
}

static void put_path(const char *before, const char *path)
{
	fputs(before, stdout);
	mc_text_put(stdout, path);
	putchar('\n');
}

static int dry_run(const struct program *program, struct mc_failure *failure)
{
	const struct mc_options *options = &program->options;
	char interval[MC_TIME_TEXT], duration[MC_TIME_TEXT], ticks[MC_TIME_TEXT];
	size_t i;

	if (options->host)
		printf("place: this machine, %u CPUs\n", mc_cpus_online());
	else
		printf("place: a VM with %u CPUs and %u MiB", options->cpus, options->memory_mib);
	if (!options->host)
		put_path(", kernel image ",
			 options->kernel ? options->kernel : "to be found for the module");
	for (i = 0; i < program->kernels.n; i++) {
		printf("kernel %s", program->kernels.set[i].name);
		put_path(": ", program->kernels.set[i].module);
	}
	if (!program->kernels.n)
		put_path("module: ", module_of(program));
	put_path("results: a new folder in ",
		 options->results ? options->results : program->paths.results);
	printf("%zu scenarios, %s each, a tick every %s: %s ticks per CPU\n", program->matrix.n,
	       mc_text_time(duration, options->duration_ns),
	       mc_text_time(interval, options->interval_ns),
	       mc_text_count(ticks, options->duration_ns / options->interval_ns));
	print_variants(options);
	printf("arguments, with /tmp a folder of their own%s:\n",
	       options->host ? "" : ", memory less what the guest itself needs");
	for (i = 0; i < program->matrix.n; i++) {
		if (print_command(&program->matrix.scenario[i], options, failure))
			return -1;
	}
	return 0;
}

/* ---- the result ---- */

static bool colour_wanted(void)
{
	const char *no_colour = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no_colour && *no_colour);
}

static int show(const struct program *program, const struct mc_result *result, const char *folder,
		struct mc_failure *failure)
{
	static int (*const alone[])(const struct mc_result *result, FILE *to,
				    struct mc_failure *failure) = {
		[MC_FORMAT_JSON] = mc_result_write_json,
		[MC_FORMAT_MARKDOWN] = mc_result_write_markdown,
		[MC_FORMAT_BENCHMARK] = mc_result_write_benchmark,
	};

	if (program->options.format != MC_FORMAT_TABLE)
		return alone[program->options.format](result, stdout, failure);
	if (mc_table_print(result, stdout, colour_wanted(), failure))
		return -1;
	put_path("\nresults: ", folder);
	return 0;
}

static int interrupted(struct mc_failure *failure)
{
	return mc_fail(failure, MC_EXIT_ENVIRONMENT, "interrupted by SIG%s",
		       sigabbrev_np(mc_stop_signal()));
}

/* A run whose pictures cannot be drawn is still a good run. */
static void draw(const struct program *program, const struct mc_result *result, const char *folder)
{
	struct mc_failure failure;

	if (program->options.no_plots)
		return;
	if (mc_plots_make(result, program->paths.scripts, folder, &failure))
		mc_progress_note(program->progress, "no plots: %s", failure.text);
}

/* ---- a run ---- */

static int describe_run(const struct program *program, struct mc_result *result,
			struct mc_failure *failure)
{
	struct mc_run *run = &result->run;

	snprintf(run->started_utc, sizeof(run->started_utc), "%s", program->started_utc);
	snprintf(run->place, sizeof(run->place), "%s", place_of(program)->name);
	snprintf(run->version, sizeof(run->version), "%s", MC_VERSION);
	run->duration_ns = program->options.duration_ns;
	result->interval_ns = program->options.interval_ns;
	run->command = strdup(program->command);
	return run->command ? 0 : mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
}

/* From an empty folder to one with its final name */
static int fill_folder(struct program *program, const struct mc_job *job, struct mc_result_dir *dir,
		       struct mc_result *result, struct mc_failure *failure)
{
	if (describe_run(program, result, failure) ||
	    place_of(program)->run(job, program->progress, dir, result, failure))
		return -1;
	result->run.elapsed_s = (mc_now_ns() - program->started_ns) / 1e9;
	if (mc_result_write(result, dir, failure))
		return -1;
	draw(program, result, dir->temporary);
	if (mc_stop_requested())
		return interrupted(failure);
	return mc_result_dir_commit(dir, failure);
}

static int measure_into(struct program *program, const struct mc_job *job,
			struct mc_result_dir *dir, struct mc_failure *failure)
{
	struct mc_result *result = mc_result_new();
	int code;

	if (!result)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
	code = fill_folder(program, job, dir, result, failure);
	mc_progress_free(program->progress);
	program->progress = NULL;
	if (!code)
		code = show(program, result, dir->final, failure);
	if (!code)
		code = mc_result_exit(result);
	mc_result_free(result);
	return code;
}

/* What the run's folder is named after */
static int name_kernel(const struct program *program, char *name, size_t size,
		       struct mc_failure *failure)
{
	if (program->kernels.n > 1) {
		snprintf(name, size, "%zu-kernels", program->kernels.n);
		return 0;
	}
	return mc_module_release(module_of(program), name, size, failure);
}

static int measure(struct program *program, struct mc_failure *failure)
{
	const struct mc_options *options = &program->options;
	struct mc_job job = {
		.matrix = &program->matrix,
		.interval_ns = options->interval_ns,
		.duration_ns = options->duration_ns,
		.module = module_of(program),
		.lead_max_ns = options->lead_max_ns,
		.lead_budget_permille = options->lead_budget,
		.tick_cpus = options->tick_cpus,
		.ticks_csv = options->ticks,
		.scratch = options->scratch,
		.cpus = options->cpus,
		.memory_mib = options->memory_mib,
		.accel = options->accel,
		.kernel = options->kernel,
		.self = program->paths.self,
		.root = program->kernels.n ? program->kernels.set[0].root : NULL,
		.kernels = &program->kernels,
		.scenario_files = program->files,
	};
	char release[sizeof(((struct utsname *)0)->release)];
	struct mc_result_dir dir;
	int code;

	mc_variants_make(options, &job);
	if (name_kernel(program, release, sizeof(release), failure) ||
	    place_of(program)->check(&job, program->progress, failure) ||
	    mc_result_dir_create(&dir, options->results ? options->results : program->paths.results,
				 release, note, failure))
		return -1;
	code = measure_into(program, &job, &dir, failure);
	mc_result_dir_end(&dir);
	return code;
}

/* ---- an old result ---- */

static int reread(struct program *program, struct mc_failure *failure)
{
	const char *folder = program->options.from;
	struct mc_result *result = mc_result_read(folder, failure);
	int code = 0;

	if (!result)
		return -1;
	draw(program, result, folder);
	mc_progress_free(program->progress);
	program->progress = NULL;
	if (mc_stop_requested())
		code = interrupted(failure);
	if (!code)
		code = show(program, result, folder, failure);
	if (!code)
		code = mc_result_exit(result);
	mc_result_free(result);
	return code;
}

/* ---- main ---- */

static int start_progress(struct program *program, struct mc_failure *failure)
{
	const char *path = program->options.progress_records;
	enum mc_progress_style style = mc_progress_style_of(stderr);

	if (path) {
		program->records = fopen(path, "we");
		if (!program->records)
			return mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s: %s", path,
				       strerror(errno));
	}
	if (program->options.quiet)
		style = MC_PROGRESS_QUIET;
	program->progress = mc_progress_new(path ? program->records : stderr,
					    path ? MC_PROGRESS_RECORDS : style);
	note_to = program->progress;
	return program->progress ? 0 : mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
}

static int note_start(struct program *program, int argc, char **argv, struct mc_failure *failure)
{
	time_t now = time(NULL);
	struct tm utc;
	size_t size = 0;
	FILE *memory;
	int i;

	program->started_ns = mc_now_ns();
	gmtime_r(&now, &utc);
	strftime(program->started_utc, sizeof(program->started_utc), "%Y-%m-%dT%H:%M:%SZ", &utc);
	memory = open_memstream(&program->command, &size);
	for (i = 0; memory && i < argc; i++)
		fprintf(memory, "%s%s", i ? " " : "", argv[i]);
	if (!memory || fclose(memory))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
	return 0;
}

/* Return: an exit code, or -1 with the failure filled. */
static int run_program(struct program *program, struct mc_failure *failure)
{
	const struct mc_options *options = &program->options;

	if (options->help || options->version) {
		if (options->help)
			mc_options_help(stdout);
		else
			printf("run-stress %s\n", MC_VERSION);
		return 0;
	}
	if (mc_paths_find(&program->paths, MC_BENCH_MODULE, failure) || mc_stop_install(failure) ||
	    start_progress(program, failure))
		return -1;
	if (options->from)
		return reread(program, failure);
	if (options->kernels && mc_kernel_sets_find(&program->kernels, options->kernels,
						    program->paths.kernels, failure))
		return -1;
	if (read_matrix(program, failure))
		return -1;
	if (options->list) {
		list(&program->matrix);
		return 0;
	}
	/* For a guest, its host has asked the very same stress-ng. */
	if (!options->progress_records && mc_load_check(&program->matrix, failure))
		return -1;
	return options->dry_run ? dry_run(program, failure) : measure(program, failure);
}

static void end_program(struct program *program)
{
	mc_progress_free(program->progress);
	if (program->records)
		fclose(program->records);
	mc_matrix_free(&program->matrix);
	mc_kernel_sets_free(&program->kernels);
	mc_paths_free(&program->paths);
	mc_options_free(&program->options);
	free(program->files);
	free(program->command);
}

int main(int argc, char **argv)
{
	struct program program = {0};
	struct mc_failure failure = {0};
	int code;

	/* A reader that goes away is noticed as an error of stdout. */
	signal(SIGPIPE, SIG_IGN);
	setlocale(LC_CTYPE, "");
	code = mc_options_parse(&program.options, argc, argv, &failure);
	if (!code)
		code = note_start(&program, argc, argv, &failure);
	if (!code)
		code = run_program(&program, &failure);
	end_program(&program);
	if (code >= 0 && (fflush(stdout) || ferror(stdout)))
		code = mc_fail(&failure, MC_EXIT_ENVIRONMENT, "writing to standard output: %s",
			       strerror(errno));
	if (code < 0) {
		fprintf(stderr, "run-stress: %s\n", failure.text);
		code = failure.exit_code;
	}
	mc_stop_end();
	return code;
}
