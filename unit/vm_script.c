// SPDX-License-Identifier: GPL-2.0
/*
 * vm_script.c - run a shell script in the VM as root, with run-stress installed there
 *
 * usage: vm_script RUN_STRESS MODULE.ko SCRIPT ARGUMENT [APPEND]
 *
 * SCRIPT gets ARGUMENT and finds tap.sh beside it; what it writes to $TAP is printed here
 * line by line. MODULE.ko is where make modules_install would put it. APPEND goes on the
 * command line of the guest's kernel.
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
#include "vm_guest.h"
#include "vm_qemu.h"

#define NS_PER_S 1000000000LL
#define GUEST_SCRIPT "/test/script.sh"
#define PROGRAMS_MAX 16
#define PATH_SIZE 4096

/* Of this machine, under their own names there */
static const char *const tools[] = {"cat",   "grep",  "sed",   "sleep",	  "ls", "rm",
				    "mkdir", "rmdir", "mount", "setpriv", "wc", "stress-ng"};
/* One program that looks at its name */
static const char *const kmods[] = {"modprobe", "depmod"};

struct script {
	const char *program, *module, *path, *argument, *append;
	struct mc_vm_kernel kernel;
	struct mc_vm_folder folder;
	struct mc_vm_file programs[PROGRAMS_MAX + 1], files[5];
	char to[PROGRAMS_MAX][64], tap[PATH_SIZE], matrix[PATH_SIZE], module_to[256];
	char *init;
	FILE *log, *unused;
	uint16_t machine;
};

/* Return: whether it is here. */
static bool add_program(struct script *script, size_t at, const char *name)
{
	script->programs[at] = (struct mc_vm_file){mc_vm_find_program(name), script->to[at]};
	snprintf(script->to[at], sizeof(script->to[at]), "/usr/bin/%s", name);
	if (script->programs[at].from)
		return true;
	printf("1..0 # SKIP %s is not here; ./bootstrap test installs it\n", name);
	return false;
}

static bool add_programs(struct script *script)
{
	size_t n = 0, i;

	for (i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
		if (!add_program(script, n++, tools[i]))
			return false;
	}
	for (i = 0; i < sizeof(kmods) / sizeof(kmods[0]); i++) {
		if (!add_program(script, n++, kmods[i]))
			return false;
	}
	script->programs[n++] = (struct mc_vm_file){strdup(script->program), "/usr/bin/run-stress"};
	script->programs[n++] = (struct mc_vm_file){strdup("/bin/sh"), "/bin/sh"};
	return true;
}

/* @project: the script stands in a folder of it */
static void add_files(struct script *script)
{
	const char *slash = strrchr(script->path, '/');
	int length = slash ? (int)(slash - script->path) : 1;
	const char *folder = slash ? script->path : ".";

	snprintf(script->tap, sizeof(script->tap), "%.*s/tap.sh", length, folder);
	snprintf(script->matrix, sizeof(script->matrix), "%.*s/../stress/default.ini", length,
		 folder);
	snprintf(script->module_to, sizeof(script->module_to),
		 "/lib/modules/%s/updates/" MC_BENCH_MODULE ".ko", script->kernel.release);
	script->files[0] = (struct mc_vm_file){script->path, GUEST_SCRIPT};
	script->files[1] = (struct mc_vm_file){script->tap, "/test/tap.sh"};
	script->files[2] = (struct mc_vm_file){script->matrix,
					       "/usr/share/memory-collector/stress/default.ini"};
	script->files[3] = (struct mc_vm_file){script->module, script->module_to};
}

static void on_record(void *data, const char *line)
{
	puts(line);
	fflush(stdout);
}

static int build_initramfs(struct script *script, struct mc_failure *failure)
{
	static const char *const no_tests[] = {NULL};
	const char *const argv[] = {"/bin/sh", GUEST_SCRIPT, script->argument, NULL};
	struct mc_vm_plan plan = {.sysroot = "",
				  .init = script->init,
				  .kernel = &script->kernel,
				  .programs = script->programs,
				  .files = script->files,
				  .tests = no_tests,
				  .argv = argv};

	return mc_vm_initramfs(&plan, &script->folder, failure);
}

static int boot(struct script *script, struct mc_failure *failure)
{
	struct mc_vm vm = {.elf_machine = script->machine,
			   .folder = script->folder.path,
			   .initramfs = MC_VM_INITRAMFS,
			   .cpus = 2,
			   .memory_mib = 512,
			   .append = script->append,
			   .deadline_ns = 240 * NS_PER_S,
			   .log = script->log,
			   .results = script->unused,
			   .results_max = 65536,
			   .on_record = on_record};
	char *image = realpath(script->kernel.image, NULL);
	char *unpacked = mc_vm_folder_file(&script->folder, "kernel");
	struct mc_vm_end end = {};
	int result = -1;

	if (!image || !unpacked) {
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s: %s", script->kernel.image,
			strerror(errno));
	} else if (!build_initramfs(script, failure)) {
		vm.kernel = mc_vm_kernel_unpack(image, unpacked) ? "kernel" : image;
		result = mc_vm_run(&vm, &end, failure);
	}
	free(image);
	free(unpacked);
	if (!result && end.code)
		result = mc_fail(failure, MC_EXIT_INVALID, "the script exited with %d: %s",
				 end.code, end.text);
	return result;
}

static int find(struct script *script, struct mc_failure *failure)
{
	char release[128];
	struct mc_elf elf;

	if (mc_elf_read(&elf, script->program, failure))
		return -1;
	script->machine = elf.machine;
	mc_elf_free(&elf);
	script->init = mc_vm_find_init(script->program, failure);
	if (!script->init || mc_module_release(script->module, release, sizeof(release), failure))
		return -1;
	return mc_vm_kernel_find(&script->kernel, release, NULL, failure);
}

static int run(struct script *script, struct mc_failure *failure)
{
	struct mc_progress *quiet = mc_progress_new(stderr, MC_PROGRESS_QUIET);
	int result = -1;

	if (!quiet)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
	if (!find(script, failure) && !mc_vm_folder_create(&script->folder, quiet, failure)) {
		add_files(script);
		result = boot(script, failure);
		mc_vm_folder_remove(&script->folder);
	}
	mc_progress_free(quiet);
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
	mc_vm_kernel_free(&script->kernel);
	free(script->init);
	if (script->log)
		fclose(script->log);
	if (script->unused)
		fclose(script->unused);
}

int main(int argc, char **argv)
{
	struct script script = {.folder = {.lock_fd = -1}, .append = ""};
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
	script.unused = tmpfile();
	if (!script.log || !script.unused || mc_stop_install(&failure))
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
