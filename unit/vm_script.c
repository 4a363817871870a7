// SPDX-License-Identifier: GPL-2.0
/*
 * vm_script.c - run a shell script in the VM as root, with run-stress installed there
 *
 * usage: vm_script RUN_STRESS MODULE.ko SCRIPT ARGUMENT [APPEND]
 *
 * SCRIPT gets ARGUMENT and finds tap.sh beside it; what it prints is printed here.
 * MODULE.ko is where meson install would put it. APPEND goes on the command line
 * of the guest's kernel.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_module.h"
#include "memory_collector/child.h"
#include "vm_program.h"

#define NS_PER_S 1000000000LL
#define GUEST_SCRIPT "/test/script.sh"
#define PROGRAMS_MAX 16
#define PATH_SIZE 4096
#define OUTPUT_MAX (1024 * 1024)

/* Of this machine, under their own names there */
static const char *const tools[] = {"sh", "cat",       "grep",	   "sed",    "sleep",
				    "ls", "rm",	       "mkdir",	   "rmdir",  "setpriv",
				    "wc", "stress-ng", "modprobe", "depmod", "mount"};

#define N_TOOLS (sizeof(tools) / sizeof(tools[0]))

_Static_assert(N_TOOLS < PROGRAMS_MAX, "run-stress is one, too");

struct script {
	const char *program, *module, *path, *argument, *append;
	struct mc_vm_file programs[PROGRAMS_MAX + 1], files[5];
	char to[PROGRAMS_MAX][64], tap[PATH_SIZE], matrix[PATH_SIZE], module_to[256];
	FILE *log;
};

/* Return: whether all are here. */
static bool add_programs(struct script *script)
{
	size_t i;

	for (i = 0; i < N_TOOLS; i++) {
		snprintf(script->to[i], sizeof(script->to[i]), "/usr/bin/%s", tools[i]);
		script->programs[i] =
			(struct mc_vm_file){mc_vm_find_program(tools[i]), script->to[i]};
		if (!script->programs[i].from) {
			printf("1..0 # SKIP %s is not here; ./bootstrap test installs it\n",
			       tools[i]);
			return false;
		}
	}
	script->programs[i] = (struct mc_vm_file){strdup(script->program), "/usr/bin/run-stress"};
	return true;
}

/* The script stands in a folder of the project. */
static void add_files(struct script *script, const char *release)
{
	const char *slash = strrchr(script->path, '/');
	int length = slash ? (int)(slash - script->path) : 1;
	const char *folder = slash ? script->path : ".";

	snprintf(script->tap, sizeof(script->tap), "%.*s/tap.sh", length, folder);
	snprintf(script->matrix, sizeof(script->matrix), "%.*s/../stress/default.ini", length,
		 folder);
	snprintf(script->module_to, sizeof(script->module_to),
		 "/lib/modules/%s/updates/memory-collector/" MC_BENCH_MODULE ".ko", release);
	script->files[0] = (struct mc_vm_file){script->path, GUEST_SCRIPT};
	script->files[1] = (struct mc_vm_file){script->tap, "/test/tap.sh"};
	script->files[2] = (struct mc_vm_file){script->matrix,
					       "/usr/share/memory-collector/stress/default.ini"};
	script->files[3] = (struct mc_vm_file){script->module, script->module_to};
}

static int run(struct script *script, struct mc_failure *failure)
{
	const char *const argv[] = {"/usr/bin/sh", GUEST_SCRIPT, script->argument, NULL};
	const struct mc_vm_program program = {.self = script->program,
					      .module = script->module,
					      .programs = script->programs,
					      .files = script->files,
					      .argv = argv,
					      .cpus = 2,
					      .memory_mib = 512,
					      .append = script->append,
					      .deadline_ns = 1800 * NS_PER_S,
					      .output = stdout,
					      .output_max = OUTPUT_MAX,
					      .log = script->log};
	struct mc_progress *quiet = mc_progress_new(stderr, MC_PROGRESS_QUIET);
	struct mc_vm_end end = {};
	char release[128];
	int result;

	if (!quiet)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
	result = mc_module_release(script->module, release, sizeof(release), failure);
	if (!result) {
		add_files(script, release);
		result = mc_vm_program_run(&program, quiet, &end, failure);
	}
	mc_progress_free(quiet);
	if (!result && end.code)
		result = mc_fail(failure, MC_EXIT_INVALID, "the script exited with %d: %s",
				 end.code, end.text);
	return result;
}

static void show_log(FILE *log)
{
	char line[4096];

	rewind(log);
	while (fgets(line, sizeof(line), log))
		fputs(line, stderr);
}

static void end(struct script *script)
{
	size_t i;

	for (i = 0; i < PROGRAMS_MAX; i++)
		free((char *)script->programs[i].from);
	if (script->log)
		fclose(script->log);
}

int main(int argc, char **argv)
{
	struct script script = {.append = ""};
	struct mc_failure failure = {};
	int result = 0;

	if (argc < 5 || argc > 6) {
		fprintf(stderr, "usage: vm_script RUN_STRESS MODULE.ko SCRIPT ARGUMENT [APPEND]\n");
		return 2;
	}
	script.program = argv[1];
	script.module = argv[2];
	script.path = argv[3];
	script.argument = argv[4];
	if (argc > 5)
		script.append = argv[5];
	script.log = tmpfile();
	if (!script.log || mc_stop_install(&failure))
		result = 1;
	else if (add_programs(&script) && run(&script, &failure))
		result = 1;
	if (result) {
		if (script.log)
			show_log(script.log);
		fprintf(stderr, "vm_script: %s\n", failure.text);
	}
	end(&script);
	return result;
}
