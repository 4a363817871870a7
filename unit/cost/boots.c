// SPDX-License-Identifier: GPL-2.0
/*
 * boots.c - which guests are booted, and what they say
 */
#include "boots.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/nanoseconds.h"
#include "memory_collector/child.h"
#include "vm/elf_needs.h"
#include "vm/program.h"

/* A boot takes some 20 s on a machine with nothing else to do. */
#define DEADLINE_NS (600 * NS_PER_S)
#define MEMORY_MIB 512
/*
 * 125 million instructions a virtual second: enough for a tick of 1 ms to be far from
 * the next one, and few enough for a second to be over in a second.
 */
#define INSTRUCTION_NS 8
#define OUTPUT_MAX 65536
/* Where the guest has them */
#define GUEST_PROGRAM "/cost-guest"
#define GUEST_MODULES "/modules/"

static const char *const module_names[] = {"timer_cost_module", "rmid_cost_module",
					   "rdt_cost_module",	"sync_timer_benchmark_module",
					   "collector",		"rdt_sim"};
#define N_MODULES (sizeof(module_names) / sizeof(module_names[0]))

/* How many CPUs the kernel must be ready for, and what is measured then */
static const struct boot {
	unsigned int possible_cpus;
	const char *suffix;
	const char *argv[8];
} boots[] = {
	{1, "", {GUEST_PROGRAM, "ticks", "rmids", "registers", "switches", "forks", "sweeps", NULL}},
	{8, "_8_cpus", {GUEST_PROGRAM, "ticks", NULL}},
	{64, "_64_cpus", {GUEST_PROGRAM, "ticks", NULL}},
};
#define N_BOOTS (sizeof(boots) / sizeof(boots[0]))

/* ---- a boot ---- */

static int run(const struct cost_files *files, const struct boot *boot, FILE *output, FILE *log,
	       struct mc_failure *failure)
{
	char from[N_MODULES][PATH_MAX], to[N_MODULES][128], append[128];
	const struct mc_vm_file programs[] = {{files->guest, GUEST_PROGRAM}, {NULL, NULL}};
	struct mc_vm_file modules[N_MODULES + 1] = {{NULL, NULL}};
	const struct mc_vm_program program = {
		.self = files->run_stress,
		.module = from[0],
		.programs = programs,
		.files = modules,
		.argv = boot->argv,
		.cpus = 1,
		.instruction_ns = INSTRUCTION_NS,
		.memory_mib = MEMORY_MIB,
		.append = append,
		.deadline_ns = DEADLINE_NS,
		.output = output,
		.output_max = OUTPUT_MAX,
		.log = log,
	};
	struct mc_vm_end end;
	int result;
	size_t i;

	for (i = 0; i < N_MODULES; i++) {
		snprintf(from[i], sizeof(from[i]), "%s/%s.ko", files->modules, module_names[i]);
		snprintf(to[i], sizeof(to[i]), GUEST_MODULES "%s.ko", module_names[i]);
		modules[i] = (struct mc_vm_file){from[i], to[i]};
	}
	/* The same addresses every time: they decide on collisions in hash tables. */
	snprintf(append, sizeof(append), "nokaslr norandmaps possible_cpus=%u",
		 boot->possible_cpus);
	result = mc_vm_program_run(&program, NULL, &end, failure);
	if (!result && end.code)
		result = mc_fail(failure, MC_EXIT_INVALID, "in the guest: %s", end.text);
	return result;
}

static void show(FILE *log)
{
	char line[1024];

	rewind(log);
	while (fgets(line, sizeof(line), log))
		fputs(line, stderr);
}

static int boot_and_take(const struct cost_files *files, const struct boot *boot,
			 struct cost_figures *figures, struct mc_failure *failure)
{
	FILE *log = tmpfile(), *output = tmpfile();
	int result = -1;

	if (!log || !output)
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "cannot make a temporary file: %s",
			strerror(errno));
	else if (!run(files, boot, output, log, failure))
		result = cost_output_read(output, boot->suffix, INSTRUCTION_NS, figures, stdout,
					  failure);
	if (result && log)
		show(log);
	if (log)
		fclose(log);
	if (output)
		fclose(output);
	return result;
}

/* ---- all of them ---- */

int cost_boot_all(const struct cost_files *files, struct cost_figures *figures,
		  struct mc_failure *failure)
{
	size_t i;

	for (i = 0; i < N_BOOTS; i++) {
		if (boot_and_take(files, &boots[i], figures, failure))
			return mc_fail_prepend(failure, "with %u possible CPUs",
					       boots[i].possible_cpus);
	}
	return 0;
}
