// SPDX-License-Identifier: GPL-2.0
/*
 * program.c - kernel, initramfs and machine for one program
 */
#include "vm/program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/module.h"
#include "vm/accelerator.h"
#include "vm/elf_needs.h"

static int find_kernel(const struct mc_vm_program *program, struct mc_vm_kernel *kernel,
		       struct mc_failure *failure)
{
	char release[128];

	if (mc_module_release(program->module, release, sizeof(release), failure))
		return -1;
	return mc_vm_kernel_find(kernel, release, program->kernel, failure);
}

static int make_initramfs(const struct mc_vm_program *program, const struct mc_vm_kernel *kernel,
			  const struct mc_vm_folder *folder, struct mc_failure *failure)
{
	static const char *const no_tests[] = {NULL};
	char *init = mc_vm_find_init(program->self, failure);
	struct mc_vm_plan plan = {
		.sysroot = program->sysroot ? program->sysroot : "",
		.init = init,
		.kernel = kernel,
		.programs = program->programs,
		.files = program->files,
		.tests = program->tests ? program->tests : no_tests,
		.argv = program->argv,
		.output = true,
	};
	int result = init ? mc_vm_initramfs(&plan, folder, failure) : -1;

	free(init);
	return result;
}

static int read_machine(const char *self, uint16_t *machine, struct mc_failure *failure)
{
	struct mc_elf elf;

	if (mc_elf_read(&elf, self, failure))
		return -1;
	*machine = elf.machine;
	mc_elf_free(&elf);
	return 0;
}

static int run_in(const struct mc_vm_program *program, const struct mc_vm_kernel *kernel,
		  const struct mc_vm_folder *folder, struct mc_vm_end *end,
		  struct mc_failure *failure)
{
	char *image = realpath(kernel->image, NULL);
	char *unpacked = mc_vm_folder_file(folder, "kernel");
	struct mc_vm vm = {
		.folder = folder->path,
		.initramfs = MC_VM_INITRAMFS,
		.accel = program->accel,
		.cpus = program->cpus,
		.instruction_ns = program->instruction_ns,
		.memory_mib = program->memory_mib,
		.append = program->append,
		.deadline_ns = program->deadline_ns,
		.log = program->log,
		.results = program->output,
		.results_max = program->output_max,
	};
	int result = -1;

	if (!image || !unpacked) {
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "kernel %s: %s", kernel->image,
			strerror(errno));
	} else if (!read_machine(program->self, &vm.elf_machine, failure)) {
		vm.kernel = mc_vm_kernel_unpack(image, unpacked) ? "kernel" : image;
		result = mc_vm_run(&vm, end, failure);
	}
	free(image);
	free(unpacked);
	return result;
}

int mc_vm_program_run(const struct mc_vm_program *program, const struct mc_vm_listener *listener,
		      struct mc_vm_end *end, struct mc_failure *failure)
{
	struct mc_vm_folder folder = {.lock_fd = -1};
	struct mc_vm_kernel kernel = {.image = NULL};
	int result = -1;

	if (!mc_accel_check(program->accel, failure) && !find_kernel(program, &kernel, failure) &&
	    !mc_vm_folder_create(&folder, listener, failure) &&
	    !make_initramfs(program, &kernel, &folder, failure)) {
		if (listener && listener->boots)
			listener->boots(listener->data);
		result = run_in(program, &kernel, &folder, end, failure);
	}
	mc_vm_folder_remove(&folder);
	mc_vm_kernel_free(&kernel);
	return result;
}

int mc_vm_end_judge(const struct mc_vm_end *end, const char *program, struct mc_failure *failure)
{
	const char *text = end->text;
	size_t length = strlen(program);

	if (end->code == MC_EXIT_OK || end->code == MC_EXIT_INVALID)
		return end->code;
	if (!strncmp(text, program, length) && !strncmp(text + length, ": ", 2))
		text += length + 2;
	return mc_fail(failure, end->code == MC_EXIT_USAGE ? MC_EXIT_USAGE : MC_EXIT_ENVIRONMENT,
		       "in the VM: %s%s", *text ? text : program,
		       *text ? "" : " failed without a word");
}
