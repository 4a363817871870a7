// SPDX-License-Identifier: GPL-2.0
/*
 * vm_run.c - run a program in the VM as if it ran here
 *
 * usage: vm-run COLLECT MODULE.ko [OPTION...] -- PROGRAM [ARGUMENT...]
 *
 *   --program FROM=TO   a program that the guest has at TO, with its libraries
 *   --file FROM=TO      another file
 *   --root FOLDER       the system of another architecture that the programs are of
 *   --cpus N, --memory MIB, --seconds N
 *   --append WORDS      more for the command line of the guest's kernel
 *   --turns 1           see @in_turns of struct mc_vm
 *
 * MODULE says which kernel the guest has; guest-init is beside COLLECT. Its standard
 * output becomes ours, its exit code too; a report of the guest's kernel is a failure
 * whatever the program says. Where it fails, the console's log follows on standard error.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "memory_collector/child.h"
#include "vm_program.h"

#define NS_PER_S 1000000000LL
#define FILES_MAX 32
#define OUTPUT_MAX (16UL * 1024 * 1024)

struct request {
	struct mc_vm_program program;
	struct mc_vm_file programs[FILES_MAX + 1], files[FILES_MAX + 1];
	size_t n_programs, n_files;
};

static int add_file(struct mc_vm_file *files, size_t *n, char *word)
{
	char *to = strchr(word, '=');

	if (!to || *n == FILES_MAX)
		return -1;
	*to++ = '\0';
	files[(*n)++] = (struct mc_vm_file){word, to};
	return 0;
}

static int take_option(struct request *request, const char *name, char *value)
{
	int number = atoi(value);

	if (!strcmp(name, "--program"))
		return add_file(request->programs, &request->n_programs, value);
	if (!strcmp(name, "--file"))
		return add_file(request->files, &request->n_files, value);
	if (!strcmp(name, "--root")) {
		request->program.sysroot = value;
		return 0;
	}
	if (!strcmp(name, "--append")) {
		request->program.append = value;
		return 0;
	}
	if (number <= 0)
		return -1;
	if (!strcmp(name, "--cpus"))
		request->program.cpus = number;
	else if (!strcmp(name, "--turns"))
		request->program.in_turns = true;
	else if (!strcmp(name, "--memory"))
		request->program.memory_mib = number;
	else if (!strcmp(name, "--seconds"))
		request->program.deadline_ns = number * NS_PER_S;
	else
		return -1;
	return 0;
}

static int take_arguments(struct request *request, int argc, char **argv)
{
	int at;

	if (argc < 5)
		return -1;
	request->program = (struct mc_vm_program){
		.self = argv[1],
		.module = argv[2],
		.programs = request->programs,
		.files = request->files,
		.cpus = 2,
		.memory_mib = 1024,
		.append = "",
		.deadline_ns = 120 * NS_PER_S,
		.output_max = OUTPUT_MAX,
	};
	for (at = 3; at + 1 < argc && strcmp(argv[at], "--"); at += 2) {
		if (take_option(request, argv[at], argv[at + 1]))
			return -1;
	}
	if (at + 1 >= argc || strcmp(argv[at], "--"))
		return -1;
	request->program.argv = (const char *const *)argv + at + 1;
	return 0;
}

static void copy(FILE *from, FILE *to)
{
	char block[4096];
	size_t got;

	rewind(from);
	while ((got = fread(block, 1, sizeof(block), from)) > 0)
		fwrite(block, 1, got, to);
}

static int run(struct request *request, struct mc_failure *failure)
{
	struct mc_progress *quiet = mc_progress_new(stderr, MC_PROGRESS_QUIET);
	struct mc_vm_end end = {.code = 0};
	int result;

	request->program.output = tmpfile();
	request->program.log = tmpfile();
	if (!quiet || !request->program.output || !request->program.log)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "temporary files: %s",
			       strerror(errno));
	result = mc_vm_program_run(&request->program, quiet, &end, failure);
	copy(request->program.output, stdout);
	if (result || end.code)
		copy(request->program.log, stderr);
	fclose(request->program.output);
	fclose(request->program.log);
	mc_progress_free(quiet);
	return result ? result : end.code;
}

int main(int argc, char **argv)
{
	static struct request request;
	struct mc_failure failure;
	int result;

	if (take_arguments(&request, argc, argv)) {
		fprintf(stderr,
			"usage: vm-run COLLECT MODULE.ko [--program FROM=TO] [--file FROM=TO] "
			"[--root FOLDER] [--cpus N] [--memory MIB] [--seconds N] [--append WORDS] "
			"[--turns 1] -- PROGRAM [ARGUMENT...]\n");
		return 2;
	}
	result = mc_stop_install(&failure);
	if (!result)
		result = run(&request, &failure);
	if (result < 0) {
		fprintf(stderr, "vm-run: %s\n", failure.text);
		return 1;
	}
	return result;
}
