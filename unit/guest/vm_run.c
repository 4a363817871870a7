// SPDX-License-Identifier: GPL-2.0
/*
 * vm_run.c - run a program in the VM as if it ran here, or test modules in one guest
 *
 * usage: vm-run SELF MODULE.ko [OPTION...] -- PROGRAM [ARGUMENT...]
 *        vm-run SELF MODULE.ko [OPTION...] --test 'MODULE.ko [PARAMETERS]'...
 *
 *   --program FROM=TO   a program that the guest has at TO, with its libraries
 *   --file FROM=TO      another file
 *   --root FOLDER       the system of another architecture that the programs are of
 *   --cpus N, --memory MIB, --seconds N
 *   --append WORDS      more for the command line of the guest's kernel
 *
 * MODULE.ko says which kernel the guest has; SELF is a program of ours, beside which guest-init
 * is. A program's standard output becomes ours, its exit code too. Modules to test are loaded
 * and unloaded one after the other, and the KTAP that they print becomes one TAP: passed
 * means that every module has printed a whole document, and no test of it is "not ok".
 *
 * A report of the guest's kernel is a failure in any case. Where it fails, the console's log
 * follows on standard error. A line says how long the guest stood still, where it did.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/nanoseconds.h"
#include "ktap_log.h"
#include "memory_collector/child.h"
#include "vm/program.h"

#define FILES_MAX 32
#define OUTPUT_MAX (16UL * 1024 * 1024)

struct request {
	struct mc_vm_program program;
	struct mc_vm_file programs[FILES_MAX + 1], files[FILES_MAX + 1];
	size_t n_programs, n_files;
	/* As the plan has them, and the names of these modules */
	const char *tests[KTAP_MODULES_MAX + 1], *names[KTAP_MODULES_MAX + 1];
	size_t n_tests;
};

static int add_file(struct mc_vm_file *files, size_t *n, const char *from, const char *to)
{
	if (!from || !to || *n == FILES_MAX)
		return -1;
	files[(*n)++] = (struct mc_vm_file){from, to};
	return 0;
}

static int add_pair(struct mc_vm_file *files, size_t *n, char *word)
{
	char *to = strchr(word, '=');

	if (to)
		*to++ = '\0';
	return add_file(files, n, word, to);
}

/* "FOLDER/NAME.ko PARAMETERS": the guest has it at /NAME.ko. */
static int add_test(struct request *request, const char *word)
{
	size_t length = strcspn(word, " "), n = request->n_tests;
	char *from = strndup(word, length), *slash = from ? strrchr(from, '/') : NULL;
	char *name, *to, *test;

	if (!slash || n == KTAP_MODULES_MAX)
		return -1;
	name = strndup(slash + 1, strcspn(slash + 1, "."));
	if (!name || asprintf(&to, "%s", slash) < 0 ||
	    asprintf(&test, "%s%s", slash, word + length) < 0)
		return -1;
	request->names[n] = name;
	request->tests[n] = test;
	request->n_tests++;
	return add_file(request->files, &request->n_files, from, to);
}

static int take_option(struct request *request, const char *name, char *value)
{
	int number = atoi(value);

	if (!strcmp(name, "--program"))
		return add_pair(request->programs, &request->n_programs, value);
	if (!strcmp(name, "--file"))
		return add_pair(request->files, &request->n_files, value);
	if (!strcmp(name, "--test"))
		return add_test(request, value);
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
	else if (!strcmp(name, "--memory"))
		request->program.memory_mib = number;
	else if (!strcmp(name, "--seconds"))
		request->program.deadline_ns = number * NS_PER_S;
	else
		return -1;
	return 0;
}

/* Return: 0 where there is a program to run or a module to test, and not both. */
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
		.tests = request->tests,
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
	if (at < argc && (at + 1 == argc || strcmp(argv[at], "--")))
		return -1;
	if (at < argc)
		at++;
	request->program.argv = (const char *const *)argv + at;
	return !*request->program.argv == !request->n_tests ? -1 : 0;
}

static void copy(FILE *from, FILE *to)
{
	char block[4096];
	size_t got;

	rewind(from);
	while ((got = fread(block, 1, sizeof(block), from)) > 0)
		fwrite(block, 1, got, to);
}

/* Return: 0 where every module's tests have passed. */
static int judge_tests(const struct request *request)
{
	struct ktap_totals totals;

	rewind(request->program.log);
	ktap_read(request->program.log, request->names, stdout, &totals);
	if (!totals.failed && !*totals.broken)
		return 0;
	fprintf(stderr, "%u tests passed, %u failed, %u skipped in %u KTAP documents%s%s\n",
		totals.passed, totals.failed, totals.skipped, totals.documents,
		*totals.broken ? "; " : "", totals.broken);
	return 1;
}

static int run(struct request *request, struct mc_failure *failure)
{
	struct mc_vm_end end = {.code = 0};
	int result;

	request->program.output = tmpfile();
	request->program.log = tmpfile();
	if (!request->program.output || !request->program.log)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "temporary files: %s",
			       strerror(errno));
	result = mc_vm_program_run(&request->program, NULL, &end, failure);
	if (end.stood_ns)
		printf("# the guest gave no sign of life for %.1f s\n", end.stood_ns / 1e9);
	copy(request->program.output, stdout);
	if (request->n_tests && judge_tests(request) && !end.code)
		end.code = 1;
	if (result || end.code)
		copy(request->program.log, stderr);
	fclose(request->program.output);
	fclose(request->program.log);
	return result ? result : end.code;
}

int main(int argc, char **argv)
{
	static struct request request;
	struct mc_failure failure;
	int result;

	if (take_arguments(&request, argc, argv)) {
		fprintf(stderr,
			"usage: vm-run SELF MODULE.ko [--program FROM=TO] [--file FROM=TO] "
			"[--root FOLDER] [--cpus N] [--memory MIB] [--seconds N] [--append WORDS] "
			"{-- PROGRAM [ARGUMENT...] | --test 'MODULE.ko [PARAMETERS]'...}\n");
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
