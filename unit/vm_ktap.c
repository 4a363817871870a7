// SPDX-License-Identifier: GPL-2.0
/*
 * vm_ktap.c - run a test module in the VM and judge what it says
 *
 * usage: vm_ktap RUN_STRESS MODULE.ko [CPUS [SECONDS [PARAMETERS]]]
 *
 * A RUN_STRESS of another architecture is ROOT/usr/bin/run-stress, and ROOT has its libraries.
 *
 * The guest loads the module, with parameters, and unloads it, within so many seconds; its KTAP
 * lines are taken from the kernel log and printed as TAP. Passed means: the plan is complete,
 * nothing is "not ok", the module could be unloaded, and the kernel reported nothing.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "elf_needs.h"
#include "ktap_log.h"
#include "memory_collector/child.h"
#include "vm_program.h"

#define NS_PER_S 1000000000LL
static int judge(FILE *log)
{
	struct ktap_totals totals;
	char line[4096];

	rewind(log);
	ktap_read(log, stdout, &totals);
	if (totals.documents == 1 && !totals.failed && !*totals.broken)
		return 0;
	rewind(log);
	fprintf(stderr, "%u tests passed, %u failed, %u skipped in %u KTAP documents%s%s; ",
		totals.passed, totals.failed, totals.skipped, totals.documents,
		*totals.broken ? "; " : "", totals.broken);
	fprintf(stderr, "the kernel log:\n");
	while (fgets(line, sizeof(line), log))
		fputs(line, stderr);
	return 1;
}

/* What is to be tested, and how */
struct request {
	const char *self, *module;
	unsigned int cpus, seconds;
	const char *parameters;
};

/* Where the libraries of a guest of another architecture are; NULL for one of ours. To be freed. */
static char *root_of(const char *self)
{
	static const char end[] = "/usr/bin/run-stress";
	size_t length = strlen(self);
	struct mc_failure unused;
	struct mc_elf here, there;
	bool other = false;

	if (!mc_elf_read(&here, "/proc/self/exe", &unused)) {
		if (!mc_elf_read(&there, self, &unused)) {
			other = here.machine != there.machine;
			mc_elf_free(&there);
		}
		mc_elf_free(&here);
	}
	if (!other || length < strlen(end) || strcmp(self + length - strlen(end), end))
		return NULL;
	return strndup(self, length - strlen(end));
}

static int run(const struct request *request, FILE *log, struct mc_failure *failure)
{
	static const char *const no_argv[] = {NULL};
	static const struct mc_vm_file none[] = {{NULL, NULL}};
	const char *slash = strrchr(request->module, '/');
	struct mc_progress *quiet = mc_progress_new(stderr, MC_PROGRESS_QUIET);
	char name[64], test[256], *root = root_of(request->self);
	const struct mc_vm_file files[] = {{request->module, name}, {NULL, NULL}};
	const char *const tests[] = {test, NULL};
	const struct mc_vm_program program = {.self = request->self,
					      .sysroot = root,
					      .module = request->module,
					      .programs = none,
					      .files = files,
					      .tests = tests,
					      .argv = no_argv,
					      .cpus = request->cpus,
					      .memory_mib = 512,
					      .append = "",
					      .deadline_ns = request->seconds * NS_PER_S,
					      .output = log,
					      .log = log};
	struct mc_vm_end end = {};
	int ret = -1;

	snprintf(name, sizeof(name), "/%s", slash ? slash + 1 : request->module);
	snprintf(test, sizeof(test), "%s %s", name, request->parameters);
	if (quiet)
		ret = mc_vm_program_run(&program, quiet, &end, failure);
	else
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
	mc_progress_free(quiet);
	free(root);
	return ret ? ret : end.code;
}

int main(int argc, char **argv)
{
	struct request request = {.cpus = 2, .seconds = 900, .parameters = ""};
	struct mc_failure failure = {};
	FILE *log = tmpfile();
	int ret;

	if (argc < 3 || argc > 6 || !log) {
		fprintf(stderr,
			"usage: vm_ktap RUN_STRESS MODULE.ko [CPUS [SECONDS [PARAMETERS]]]\n");
		return 2;
	}
	request.self = argv[1];
	request.module = argv[2];
	if (argc > 3)
		request.cpus = atoi(argv[3]);
	if (argc > 4)
		request.seconds = atoi(argv[4]);
	if (argc > 5)
		request.parameters = argv[5];
	if (mc_stop_install(&failure) || run(&request, log, &failure)) {
		judge(log);
		fprintf(stderr, "vm_ktap: %s\n", failure.text);
		return 1;
	}
	ret = judge(log);
	fclose(log);
	return ret;
}
