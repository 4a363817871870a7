// SPDX-License-Identifier: GPL-2.0
/*
 * place_vm.c - a small VM as the place to measure
 *
 * The guest runs this very program with --place host and sends back its result
 * folder; here it becomes the result of the run, with the facts about the VM.
 */
#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/nanoseconds.h"
#include "bench/clock.h"
#include "bench/module.h"
#include "bench/variants.h"
#include "bench/vm_results.h"
#include "config.h"
#include "kernel/environment.h"
#include "load/load.h"
#include "memory_collector/child.h"
#include "memory_collector/place.h"
#include "result/clock_verdict.h"
#include "vm/accelerator.h"
#include "vm/elf_needs.h"
#include "vm/files.h"
#include "vm/guest.h"
#include "vm/log.h"
#include "vm/program.h"
#include "vm/qemu.h"

/* Where the guest has things; the first scenario file is the program's default there */
#define GUEST_PROGRAM "/usr/" MC_BIN_DIR "/run-stress"
#define GUEST_STRESS_NG "/usr/bin/stress-ng"
#define GUEST_MATRIX "/usr/" MC_DATA_DIR "/memory-collector/stress/default.ini"
#define GUEST_MODULE "/lib/memory-collector/" MC_BENCH_MODULE ".ko"
#define FILES_MAX 64
#define NAMES_MAX 16384

/* Words for the guest's kernel, for those who try things out, and for tests */
#define APPEND_VARIABLE "MEMORY_COLLECTOR_VM_APPEND"
/* How many seconds the VM may take, in place of our own estimate */
#define DEADLINE_VARIABLE "MEMORY_COLLECTOR_VM_DEADLINE"
#define DEADLINE_MAX_S 10000000
/* Our own estimate: for the boot; for a load's beginning and end; the most that it can be */
#define BOOT_S 300
#define LOAD_ENDS_S 150
#define OWN_DEADLINE_MAX_S 2000000000LL

struct vm {
	const struct mc_job *job;
	struct mc_progress *progress;
	uint16_t machine;
	char *program, *init, *unpacked;
	char *stress_ng; /* NULL: no load runs, so that there is no disk for it, either */
	struct mc_vm_kernel kernel;
	struct mc_vm_folder folder;
	FILE *log, *tar;
	struct mc_vm_end end;
	double tsc_hz; /* of this machine, while the guest ran; negative: not known */
};

static int out_of_memory(struct mc_failure *failure)
{
	return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
}

static void report(struct vm *vm, enum mc_phase phase, const char *text)
{
	struct mc_step step = {.phase = phase, .left_s = -1};

	snprintf(step.text, sizeof(step.text), "%s", text);
	mc_progress_step(vm->progress, &step);
}

static void note(void *data, const char *text)
{
	mc_progress_note(data, "%s", text);
}

/* ---- before anything is touched ---- */

static const char *append_words(void)
{
	const char *words = getenv(APPEND_VARIABLE);

	return words ? words : "";
}

/* Return: seconds; 0: no word about it; -1: nonsense */
static long deadline_word(void)
{
	const char *word = getenv(DEADLINE_VARIABLE);
	char *end;
	long seconds;

	if (!word)
		return 0;
	seconds = strtol(word, &end, 10);
	return *end || seconds < 1 || seconds > DEADLINE_MAX_S ? -1 : seconds;
}

static int check_variables(struct mc_failure *failure)
{
	const char *at;

	if (deadline_word() < 0)
		return mc_fail(failure, MC_EXIT_USAGE,
			       DEADLINE_VARIABLE " '%s': it can be from 1 to %d seconds",
			       getenv(DEADLINE_VARIABLE), DEADLINE_MAX_S);

	for (at = append_words(); *at; at++) {
		if (*at < ' ' || *at > '~')
			return mc_fail(failure, MC_EXIT_USAGE,
				       APPEND_VARIABLE ": only printable characters can be on a "
						       "kernel's command line");
	}
	if (strlen(append_words()) > 1000)
		return mc_fail(failure, MC_EXIT_USAGE, APPEND_VARIABLE ": it is too long");
	return 0;
}

/* Of the system that the guest's programs are of; this one's is where PATH says. */
static char *in_root(const struct vm *vm, const char *path)
{
	char *whole;

	return asprintf(&whole, "%s%s", vm->job->root, path) < 0 ? NULL : whole;
}

/* Seconds of an emulated guest go into what a load takes along: libraries, disk, modules. */
static char *find_stress_ng(const struct vm *vm)
{
	const struct mc_matrix *matrix = vm->job->matrix;
	char *path;
	size_t i;

	for (i = 0; i < matrix->n && !matrix->scenario[i].stressor[0]; i++)
		;
	if (i == matrix->n)
		return NULL;
	path = vm->job->root ? in_root(vm, GUEST_STRESS_NG) : mc_vm_find_program("stress-ng");
	if (path && !access(path, X_OK))
		return path;
	/* The scenarios with a load are skipped, and say so. */
	free(path);
	return NULL;
}

static int find_programs(struct vm *vm, struct mc_failure *failure)
{
	struct mc_elf elf;

	vm->program = vm->job->root ? in_root(vm, GUEST_PROGRAM) : strdup(vm->job->self);
	if (!vm->program)
		return out_of_memory(failure);
	if (mc_elf_read(&elf, vm->program, failure))
		return -1;
	vm->machine = elf.machine;
	mc_elf_free(&elf);
	vm->init = mc_vm_find_init(vm->program, failure);
	vm->stress_ng = find_stress_ng(vm);
	return vm->init ? 0 : -1;
}

static int find_qemu(const struct vm *vm, struct mc_failure *failure)
{
	const char *name = mc_vm_qemu(vm->machine);
	char *path;

	if (!name)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "%s is for a machine that there is no VM for; --place host measures "
			       "this machine itself",
			       vm->program);
	path = mc_vm_find_program(name);
	if (!path)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "the VM needs %s, which is not in PATH; install %s (./bootstrap "
			       "does), or use --place host",
			       name,
			       vm->machine == EM_X86_64 ? "qemu-system-x86" : "qemu-system-arm");
	free(path);
	return 0;
}

static int find_all(struct vm *vm, struct mc_failure *failure)
{
	char release[128];

	if (find_programs(vm, failure) || check_variables(failure) ||
	    mc_accel_check(vm->job->accel, failure) || find_qemu(vm, failure) ||
	    (vm->stress_ng && mc_vm_scratch_check(failure)) ||
	    mc_module_release(vm->job->module, release, sizeof(release), failure))
		return -1;
	return mc_vm_kernel_find(&vm->kernel, release, vm->job->kernel, failure);
}

static void free_vm(struct vm *vm)
{
	mc_vm_kernel_free(&vm->kernel);
	free(vm->program);
	free(vm->init);
	free(vm->stress_ng);
	free(vm->unpacked);
}

static int check(const struct mc_job *job, struct mc_progress *progress, struct mc_failure *failure)
{
	struct vm vm = {.job = job, .progress = progress};
	int result = find_all(&vm, failure);

	free_vm(&vm);
	return result;
}

/* ---- the guest's files ---- */

struct command {
	const char *argv[FILES_MAX];
	size_t n;
	struct mc_vm_file files[FILES_MAX];
	size_t n_files;
	char names[NAMES_MAX], interval[32], duration[32];
	char leads[64], phases[128], slices[16], lead_max[32], lead_budget[16];
	char scenario[FILES_MAX][128];
};

static void add(struct command *command, const char *option, const char *value)
{
	command->argv[command->n++] = option;
	if (value)
		command->argv[command->n++] = value;
}

static int join_names(struct command *command, const struct mc_matrix *matrix,
		      struct mc_failure *failure)
{
	size_t used = 0, i;

	for (i = 0; i < matrix->n; i++) {
		used += snprintf(command->names + used, sizeof(command->names) - used, "%s%s",
				 i ? "," : "", matrix->scenario[i].name);
		if (used >= sizeof(command->names))
			return mc_fail(failure, MC_EXIT_USAGE, "too many scenarios for one VM: %zu",
				       matrix->n);
	}
	return 0;
}

static int add_scenario_files(struct command *command, const struct mc_job *job,
			      struct mc_failure *failure)
{
	size_t i;

	for (i = 0; job->scenario_files[i]; i++) {
		/* Each takes two arguments. */
		if (command->n + 2 >= FILES_MAX || command->n_files + 2 >= FILES_MAX)
			return mc_fail(failure, MC_EXIT_USAGE, "too many scenario files: %zu", i);
		snprintf(command->scenario[i], sizeof(command->scenario[i]),
			 i ? "/stress/%zu.ini" : GUEST_MATRIX, i);
		command->files[command->n_files++] = (struct mc_vm_file){
			.from = job->scenario_files[i], .to = command->scenario[i]};
		if (i)
			add(command, "--scenarios", command->scenario[i]);
	}
	return 0;
}

/* The guest makes the same variants of it. */
static void add_variants(struct command *command, const struct mc_job *job)
{
	size_t leads = 0, phases = 0;
	unsigned int i;

	for (i = 0; i < job->n_variants && !job->variant[i].repeat; i++) {
		const struct mc_variant *variant = &job->variant[i];
		const char *comma = i ? "," : "";

		if (!i || variant->lead != job->variant[0].lead)
			leads += snprintf(command->leads + leads, sizeof(command->leads) - leads,
					  "%s%s", comma, variant->lead);
		if (!i || variant->phase_ns != job->variant[0].phase_ns)
			phases += snprintf(command->phases + phases,
					   sizeof(command->phases) - phases, "%s%" PRIu64 "ns",
					   comma, variant->phase_ns);
	}
	snprintf(command->slices, sizeof(command->slices), "%u", job->slices);
	add(command, "--lead", command->leads);
	add(command, "--phase", command->phases);
	add(command, "--slices", command->slices);
	if (job->lead_max_ns) {
		snprintf(command->lead_max, sizeof(command->lead_max), "%uns", job->lead_max_ns);
		add(command, "--lead-max", command->lead_max);
	}
	if (job->lead_budget_permille) {
		snprintf(command->lead_budget, sizeof(command->lead_budget), "%u",
			 job->lead_budget_permille);
		add(command, "--lead-budget", command->lead_budget);
	}
	if (job->tick_cpus)
		add(command, "--tick-cpus", job->tick_cpus);
}

static int compose(struct command *command, const struct vm *vm, struct mc_failure *failure)
{
	const struct mc_job *job = vm->job;

	snprintf(command->interval, sizeof(command->interval), "%" PRIu64 "ns", job->interval_ns);
	snprintf(command->duration, sizeof(command->duration), "%" PRIu64 "ns", job->duration_ns);
	add(command, GUEST_PROGRAM, NULL);
	add(command, "--place", "host");
	add(command, "--only", command->names);
	add(command, "--interval", command->interval);
	add(command, "--duration", command->duration);
	add_variants(command, job);
	add(command, "--module", GUEST_MODULE);
	if (vm->stress_ng)
		add(command, "--scratch", MC_GUEST_SCRATCH);
	add(command, "--results", MC_GUEST_RESULTS);
	add(command, "--progress-records", MC_PORT_FOLDER MC_PORT_PROGRESS);
	add(command, "--no-plots", NULL);
	if (job->ticks_csv)
		add(command, "--ticks", NULL);
	command->files[command->n_files++] =
		(struct mc_vm_file){.from = job->module, .to = GUEST_MODULE};
	if (join_names(command, job->matrix, failure))
		return -1;
	return add_scenario_files(command, job, failure);
}

static int build_initramfs(struct vm *vm, struct mc_failure *failure)
{
	static const char *const no_tests[] = {NULL};
	const struct mc_vm_file programs[] = {
		{vm->program, GUEST_PROGRAM}, {vm->stress_ng, GUEST_STRESS_NG}, {NULL, NULL}};
	struct command *command = calloc(1, sizeof(*command));
	struct mc_vm_plan plan = {
		.sysroot = vm->job->root ? vm->job->root : "",
		.init = vm->init,
		.kernel = &vm->kernel,
		.programs = programs,
		.tests = no_tests,
		.scratch = vm->stress_ng,
	};
	int result;

	if (!command)
		return out_of_memory(failure);
	plan.argv = command->argv;
	plan.files = command->files;
	result = compose(command, vm, failure);
	if (!result)
		result = mc_vm_initramfs(&plan, &vm->folder, failure);
	free(command);
	return result;
}

static FILE *open_tar(struct vm *vm, struct mc_failure *failure)
{
	char *path = mc_vm_folder_file(&vm->folder, "results.tar");
	FILE *file = path ? fopen(path, "w+xe") : NULL;

	if (!file)
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s: %s", path ? path : "results.tar",
			strerror(errno));
	free(path);
	return file;
}

static int prepare(struct vm *vm, struct mc_result_dir *dir, struct mc_failure *failure)
{
	const struct mc_vm_listener listener = {.note = note, .data = vm->progress};

	report(vm, MC_PHASE_PREPARE, "");
	if (find_all(vm, failure) || mc_vm_folder_create(&vm->folder, &listener, failure))
		return -1;
	if (build_initramfs(vm, failure) || (vm->stress_ng && mc_vm_scratch(&vm->folder, failure)))
		return -1;
	vm->unpacked = mc_vm_folder_file(&vm->folder, "kernel");
	if (!vm->unpacked)
		return out_of_memory(failure);
	vm->tar = open_tar(vm, failure);
	if (!vm->tar)
		return -1;
	vm->log = mc_result_dir_open(dir, "kernel.log", failure);
	if (!vm->log)
		return -1;
	return mc_stop_requested() ? mc_fail(failure, MC_EXIT_ENVIRONMENT, "interrupted by SIG%s",
					     sigabbrev_np(mc_stop_signal()))
				   : 0;
}

/* ---- the run ---- */

/* A record that cannot be read costs a line on the terminal, not the run. */
static void on_record(void *data, const char *line)
{
	struct vm *vm = data;
	struct mc_failure unused;

	mc_progress_parse(vm->progress, line, &unused);
}

/*
 * Far beyond what is usual: a machine may be slow, but not without end. More than the sum of
 * what the guest itself waits for: a load that is not ended in time must be the guest's to
 * report.
 */
static int64_t deadline_ns(const struct mc_job *job)
{
	int64_t load_s = mc_load_timeout_s(job->duration_ns, job->n_variants * job->slices);
	int64_t own_s = BOOT_S + (int64_t)job->matrix->n * (load_s + LOAD_ENDS_S);

	if (deadline_word() > 0)
		return deadline_word() * NS_PER_S;
	return (own_s < OWN_DEADLINE_MAX_S ? own_s : OWN_DEADLINE_MAX_S) * NS_PER_S;
}

static uint64_t results_max(const struct mc_job *job)
{
	uint64_t lines = job->ticks_csv ? job->duration_ns / job->interval_ns : 0;

	lines *= job->n_variants * job->slices;
	return 256UL * 1024 * 1024 + job->matrix->n * lines * 256;
}

static int run_guest(struct vm *vm, struct mc_failure *failure)
{
	struct mc_vm machine = {
		.elf_machine = vm->machine,
		.folder = vm->folder.path,
		.kernel = vm->kernel.image,
		.initramfs = MC_VM_INITRAMFS,
		.scratch = vm->stress_ng ? MC_VM_SCRATCH : NULL,
		.accel = vm->job->accel,
		.cpus = vm->job->cpus,
		.memory_mib = vm->job->memory_mib,
		.append = append_words(),
		.deadline_ns = deadline_ns(vm->job),
		.log = vm->log,
		.results = vm->tar,
		.results_max = results_max(vm->job),
		.on_record = on_record,
		.on_record_data = vm,
	};
	char *image = realpath(vm->kernel.image, NULL);
	struct mc_tsc_moment first, last;
	bool steady;
	int result;

	if (!image)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "kernel %s: %s", vm->kernel.image,
			       strerror(errno));
	machine.kernel = mc_vm_kernel_unpack(image, vm->unpacked) ? "kernel" : image;
	report(vm, MC_PHASE_BOOT, "");
	vm->tsc_hz = -1;
	steady = mc_tsc_is_steady() && mc_tsc_moment(&first);
	result = mc_vm_run(&machine, &vm->end, failure);
	if (steady && mc_tsc_moment(&last))
		vm->tsc_hz = mc_clock_tsc_hz(&first, &last);
	free(image);
	if (!result && mc_vm_end_judge(&vm->end, "run-stress", failure) < 0)
		result = -1;
	return result;
}

/* ---- the result ---- */

static void read_qemu(const struct vm *vm, char *version, size_t size)
{
	const char *const argv[] = {mc_vm_qemu_chosen(vm->machine, vm->job->cpus)->program,
				    "--version", NULL};
	struct mc_failure unused;
	char out[256];

	if (mc_child_output(argv, 60 * NS_PER_S, out, sizeof(out), &unused))
		return;
	snprintf(version, size, "%.*s", (int)strcspn(out, "\n"), out);
}

/*
 * From the start of QEMU to the first tick of the first scenario. The guest's clock is
 * set against ours by its hello, which was on its way for less than a millisecond.
 */
static double boot_to_first_tick(const struct vm *vm, const struct mc_result *guest)
{
	const struct mc_timeline *timeline;

	if (!guest->n_scenarios)
		return -1;
	timeline = &guest->scenario[0].ticks.timeline;
	if (!timeline->n_bins || !timeline->count[0])
		return -1;
	return (timeline->origin_ns - vm->end.hello_guest_ns + vm->end.hello_ns -
		vm->end.started_ns) /
	       1e9;
}

static void describe(const struct vm *vm, struct mc_environment *environment)
{
	struct mc_environment *here = calloc(1, sizeof(*here));

	snprintf(environment->accelerator, sizeof(environment->accelerator), "%s",
		 vm->end.accelerator);
	snprintf(environment->accelerator_reason, sizeof(environment->accelerator_reason), "%s",
		 vm->end.accelerator_reason);
	read_qemu(vm, environment->qemu, sizeof(environment->qemu));
	if (!here)
		return;
	mc_environment_read(here);
	snprintf(environment->host_kernel, sizeof(environment->host_kernel), "%s", here->kernel);
	snprintf(environment->host_cpu_model, sizeof(environment->host_cpu_model), "%s",
		 here->cpu_model);
	environment->host_cpus_online = here->cpus_online;
	free(here);
}

/* The guest's word for what it ran is checked against what it was asked. */
static int check_asked(const struct mc_job *job, const struct mc_result *guest,
		       struct mc_failure *failure)
{
	size_t n = job->matrix->n * job->n_variants, i;
	char test[MC_NAME_MAX];

	if (guest->n_scenarios != n || guest->interval_ns != job->interval_ns)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "the guest's results are not those of this run: %zu scenarios "
			       "instead of %zu",
			       guest->n_scenarios, n);
	for (i = 0; i < n; i++) {
		mc_variant_test(&job->variant[i % job->n_variants],
				job->matrix->scenario[i / job->n_variants].name, test,
				sizeof(test));
		if (strcmp(guest->scenario[i].test, test))
			return mc_fail(failure, MC_EXIT_ENVIRONMENT,
				       "the guest's results are not those of this run: %s instead "
				       "of %s",
				       guest->scenario[i].test, test);
	}
	return 0;
}

/* A TSC that ticks as the processor pleases tells nothing of another clock. */
static void compare_clocks(const struct vm *vm, struct mc_result *guest)
{
	size_t i;

	for (i = 0; i < guest->n_scenarios; i++)
		mc_clock_compare(
			&guest->scenario[i], vm->tsc_hz,
			"the host's processor has no TSC of a constant rate (constant_tsc, "
			"nonstop_tsc)");
}

/* A guest that stood still was slower afterwards, too: what it measured is not valid. */
static void check_standstill(const struct vm *vm, struct mc_result *guest)
{
	size_t i;

	for (i = 0; i < guest->n_scenarios && vm->end.stood_ns; i++) {
		struct mc_scenario_result *scenario = &guest->scenario[i];

		if (scenario->status != MC_STATUS_OK)
			continue;
		scenario->status = MC_STATUS_INVALID;
		snprintf(scenario->reason, sizeof(scenario->reason),
			 "the guest gave no sign of life for %.0f s, until QEMU was made to "
			 "translate its code anew; run it again",
			 vm->end.stood_ns / 1e9);
	}
}

static int take_results(struct vm *vm, const struct mc_result_dir *dir, struct mc_result *result,
			struct mc_failure *failure)
{
	struct mc_result *guest = mc_vm_results_unpack(vm->tar, dir, failure);

	if (!guest)
		return -1;
	if (check_asked(vm->job, guest, failure)) {
		mc_result_free(guest);
		return -1;
	}
	compare_clocks(vm, guest);
	check_standstill(vm, guest);
	result->environment = guest->environment;
	result->environment.boot_to_first_tick_s = boot_to_first_tick(vm, guest);
	describe(vm, &result->environment);
	result->scenario = guest->scenario;
	result->n_scenarios = guest->n_scenarios;
	guest->scenario = NULL;
	guest->n_scenarios = 0;
	mc_result_free(guest);
	return 0;
}

/* The folder with the log goes away, and without it there is no telling what happened. */
static void keep_log(struct vm *vm, const struct mc_result_dir *dir, struct mc_failure *failure)
{
	char path[PATH_MAX];

	if (mc_stop_requested())
		return;
	fflush(vm->log);
	if (snprintf(path, sizeof(path), "%s/kernel.log", dir->temporary) < (int)sizeof(path))
		mc_vm_log_keep(path, failure);
}

static int close_log(struct vm *vm, struct mc_failure *failure)
{
	FILE *log = vm->log;

	vm->log = NULL;
	return mc_result_file_close(log, "kernel.log", failure);
}

static int run(const struct mc_job *job, struct mc_progress *progress, struct mc_result_dir *dir,
	       struct mc_result *result, struct mc_failure *failure)
{
	struct vm vm = {.job = job, .progress = progress, .folder = {.lock_fd = -1}};
	int status = prepare(&vm, dir, failure);

	if (!status) {
		status = run_guest(&vm, failure);
		if (status)
			keep_log(&vm, dir, failure);
	}
	if (!status)
		status = close_log(&vm, failure);
	if (!status)
		status = take_results(&vm, dir, result, failure);
	if (vm.log)
		fclose(vm.log);
	if (vm.tar)
		fclose(vm.tar);
	mc_vm_folder_remove(&vm.folder);
	free_vm(&vm);
	return status;
}

const struct mc_place mc_place_vm = {
	.name = "vm",
	.check = check,
	.run = run,
};
