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
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_module.h"
#include "elf_needs.h"
#include "memory_collector/child.h"
#include "vm_files.h"
#include "vm_qemu.h"

#define NS_PER_S 1000000000LL
#define KTAP_PREFIX "Memory Collector: "

struct tally {
	unsigned long planned, passed, failed;
	unsigned int documents;
};

/* The KTAP of a log line: after the time stamp and the prefix; NULL where there is none */
static const char *ktap_of(const char *line)
{
	const char *at = strstr(line, KTAP_PREFIX);
	const char *colon;

	if (!at)
		return NULL;
	at += strlen(KTAP_PREFIX);
	/* The module's own name may follow the project's. */
	colon = strstr(at, "_test: ");
	if (colon && colon < at + strcspn(at, " "))
		at = colon + strlen("_test: ");
	return at;
}

static void count_line(const char *ktap, struct tally *tally)
{
	unsigned long number;

	if (!strncmp(ktap, "KTAP version", strlen("KTAP version")))
		tally->documents++;
	else if (sscanf(ktap, "1..%lu", &number) == 1)
		tally->planned = number;
	else if (sscanf(ktap, "ok %lu", &number) == 1)
		tally->passed += number == tally->passed + tally->failed + 1;
	else if (sscanf(ktap, "not ok %lu", &number) == 1)
		tally->failed++;
	else if (*ktap != '#')
		return;
	/* The version line is the kernel's dialect, which TAP readers refuse. */
	if (strncmp(ktap, "KTAP", strlen("KTAP")))
		fputs(ktap, stdout);
}

static int judge(FILE *log)
{
	struct tally tally = {};
	char line[4096];

	rewind(log);
	while (fgets(line, sizeof(line), log)) {
		const char *ktap = ktap_of(line);

		/* A serial console ends lines like a typewriter. */
		line[strcspn(line, "\r\n")] = '\0';
		strcat(line, "\n");
		if (ktap)
			count_line(ktap, &tally);
	}
	if (tally.documents == 1 && tally.planned && tally.passed == tally.planned)
		return 0;
	rewind(log);
	fprintf(stderr, "%lu of %lu tests passed in %u KTAP documents; the kernel log:\n",
		tally.passed, tally.planned, tally.documents);
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

/* Where the libraries of a guest of another architecture are; "" for one of ours. To be freed. */
static char *root_of(const char *self, uint16_t machine)
{
	static const char end[] = "/usr/bin/run-stress";
	size_t length = strlen(self);
	struct mc_failure unused;
	struct mc_elf here;
	bool other = false;

	if (!mc_elf_read(&here, "/proc/self/exe", &unused)) {
		other = here.machine != machine;
		mc_elf_free(&here);
	}
	if (!other || length < strlen(end) || strcmp(self + length - strlen(end), end))
		return strdup("");
	return strndup(self, length - strlen(end));
}

static int boot(const struct request *request, const struct mc_vm_kernel *kernel, const char *init,
		const struct mc_vm_folder *folder, FILE *log, struct mc_failure *failure)
{
	static const char *const no_argv[] = {NULL};
	const struct mc_vm_file none[] = {{NULL, NULL}};
	char name[64], test[256];
	const struct mc_vm_file files[] = {{request->module, name}, {NULL, NULL}};
	const char *const tests[] = {test, NULL};
	const char *slash = strrchr(request->module, '/');
	struct mc_vm_plan plan = {.init = init,
				  .kernel = kernel,
				  .programs = none,
				  .files = files,
				  .tests = tests,
				  .argv = no_argv};
	struct mc_vm vm = {.folder = folder->path,
			   .initramfs = MC_VM_INITRAMFS,
			   .cpus = request->cpus,
			   .memory_mib = 512,
			   .append = "",
			   .deadline_ns = request->seconds * NS_PER_S,
			   .log = log,
			   .results = log,
			   .results_max = 0};
	struct mc_vm_end end = {};
	char *image = NULL, *unpacked = NULL, *root = NULL;
	struct mc_elf elf;
	int ret = -1;

	snprintf(name, sizeof(name), "/%s", slash ? slash + 1 : request->module);
	snprintf(test, sizeof(test), "%s %s", name, request->parameters);
	if (mc_elf_read(&elf, init, failure))
		return -1;
	vm.elf_machine = elf.machine;
	mc_elf_free(&elf);
	root = root_of(request->self, vm.elf_machine);
	plan.sysroot = root;
	image = realpath(kernel->image, NULL);
	unpacked = mc_vm_folder_file(folder, "kernel");
	if (!image || !unpacked || !root)
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s: %s", kernel->image, strerror(errno));
	else if (!mc_vm_initramfs(&plan, folder, failure)) {
		vm.kernel = mc_vm_kernel_unpack(image, unpacked) ? "kernel" : image;
		ret = mc_vm_run(&vm, &end, failure);
	}
	free(image);
	free(unpacked);
	free(root);
	return ret ? ret : end.code;
}

static int run(const struct request *request, FILE *log, struct mc_failure *failure)
{
	struct mc_progress *quiet = mc_progress_new(stderr, MC_PROGRESS_QUIET);
	struct mc_vm_kernel kernel = {};
	struct mc_vm_folder folder;
	char release[128], *init = mc_vm_find_init(request->self, failure);
	int ret = -1;

	if (quiet && init &&
	    !mc_module_release(request->module, release, sizeof(release), failure) &&
	    !mc_vm_kernel_find(&kernel, release, NULL, failure) &&
	    !mc_vm_folder_create(&folder, quiet, failure)) {
		ret = boot(request, &kernel, init, &folder, log, failure);
		mc_vm_folder_remove(&folder);
	}
	mc_vm_kernel_free(&kernel);
	mc_progress_free(quiet);
	free(init);
	return ret;
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
