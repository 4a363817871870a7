// SPDX-License-Identifier: GPL-2.0
/*
 * files.c - from a plan to files
 */
#include "vm/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/paths.h"
#include "config.h"
#include "vm/elf_needs.h"
#include "vm/guest.h"
#include "vm/initramfs.h"
#include "vm/modules.h"

#define PROGRAMS_MAX 32
#define MODULE_MAX (64UL * 1024 * 1024)
/* Room for what the loads write; a guest that fills it gets an error there */
#define SCRATCH_BYTES (2LL * 1024 * 1024 * 1024)
#define MAKE_TIMEOUT_NS (300LL * 1000000000)

/* ---- the plan, as init reads it ---- */

struct text {
	char *bytes;
	size_t size;
	FILE *to;
};

static int begin_text(struct text *text, struct mc_failure *failure)
{
	text->to = open_memstream(&text->bytes, &text->size);
	return text->to ? 0 : mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
}

/* A line break in it would be another order to init. */
static int put_line(struct text *text, const char *key, const char *value,
		    struct mc_failure *failure)
{
	if (strchr(value, '\n'))
		return mc_fail(failure, MC_EXIT_USAGE, "a line break in '%s'", value);
	fprintf(text->to, "%s%s%s\n", key, *value ? " " : "", value);
	return 0;
}

/* ---- what goes in ---- */

static int add_libraries(struct mc_initramfs *initramfs, const struct mc_vm_plan *plan,
			 struct mc_failure *failure)
{
	/* Loaded by the C library when a thread ends, and named by no program */
	static const char *const optional[] = {"libgcc_s.so.1", NULL};
	const char *programs[PROGRAMS_MAX + 2] = {plan->init};
	struct mc_elf_needs needs;
	size_t n, i;
	int result = 0;

	for (n = 0; n < PROGRAMS_MAX && plan->programs[n].from; n++)
		programs[n + 1] = plan->programs[n].from;
	if (plan->programs[n].from)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "the VM takes no more than %d programs, and %s is one more",
			       PROGRAMS_MAX, plan->programs[n].from);
	if (mc_elf_needs(&needs, plan->sysroot, programs, optional, failure))
		return -1;
	for (i = 0; i < needs.n && !result; i++)
		result = mc_initramfs_file(initramfs, needs.file[i].to, 0755, needs.file[i].from,
					   failure);
	mc_elf_needs_free(&needs);
	return result;
}

static int add_files(struct mc_initramfs *initramfs, const struct mc_vm_file *files,
		     unsigned int mode, struct mc_failure *failure)
{
	for (; files->from; files++) {
		if (mc_initramfs_file(initramfs, files->to, mode, files->from, failure))
			return -1;
	}
	return 0;
}

/* Decompressed here, where that takes no time. */
static int add_module(struct mc_initramfs *initramfs, struct text *text,
		      const struct mc_vm_module *module, struct mc_failure *failure)
{
	char to[PATH_MAX];
	void *bytes;
	size_t size;
	int result;

	if (mc_vm_read(module->file, MODULE_MAX, &bytes, &size, failure))
		return -1;
	snprintf(to, sizeof(to), "/lib/modules/%s.ko", module->name);
	result = mc_initramfs_data(initramfs, to, 0644, bytes, size, failure);
	free(bytes);
	return result ? result : put_line(text, "module", to, failure);
}

static int add_modules(struct mc_initramfs *initramfs, struct text *text,
		       const struct mc_vm_plan *plan, struct mc_failure *failure)
{
	static const char *const always[] = {"?virtio_pci", "virtio_console", NULL};
	static const char *const with_scratch[] = {
		"?virtio_pci", "virtio_console", "virtio_blk", "?crc32c_generic", "ext4", NULL};
	struct mc_vm_modules modules;
	int result = 0;
	size_t i;

	if (mc_vm_modules_find(&modules, plan->kernel->modules,
			       plan->scratch ? with_scratch : always, failure))
		return -1;
	for (i = 0; i < modules.n && !result; i++)
		result = add_module(initramfs, text, &modules.module[i], failure);
	mc_vm_modules_free(&modules);
	return result;
}

static int add_plan(struct mc_initramfs *initramfs, struct text *text,
		    const struct mc_vm_plan *plan, struct mc_failure *failure)
{
	const char *const *at;

	if (plan->scratch && put_line(text, "scratch", "", failure))
		return -1;
	for (at = plan->tests; *at; at++) {
		if (put_line(text, "test", *at, failure))
			return -1;
	}
	if (plan->output && put_line(text, "output", "", failure))
		return -1;
	for (at = plan->argv; *at; at++) {
		if (put_line(text, "arg", *at, failure))
			return -1;
	}
	if (fflush(text->to))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
	return mc_initramfs_data(initramfs, MC_GUEST_PLAN, 0644, text->bytes, text->size, failure);
}

static int fill(struct mc_initramfs *initramfs, struct text *text, const struct mc_vm_plan *plan,
		struct mc_failure *failure)
{
	const struct mc_vm_file init[] = {{plan->init, "/init"}, {NULL, NULL}};

	if (add_files(initramfs, init, 0755, failure) || add_libraries(initramfs, plan, failure) ||
	    add_files(initramfs, plan->programs, 0755, failure) ||
	    add_files(initramfs, plan->files, 0644, failure) ||
	    add_modules(initramfs, text, plan, failure))
		return -1;
	return add_plan(initramfs, text, plan, failure);
}

int mc_vm_initramfs(const struct mc_vm_plan *plan, const struct mc_vm_folder *folder,
		    struct mc_failure *failure)
{
	char *path = mc_vm_folder_file(folder, MC_VM_INITRAMFS);
	struct mc_initramfs *initramfs;
	struct text text = {0};
	int result;

	if (!path)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
	initramfs = mc_initramfs_new(path, failure);
	free(path);
	if (!initramfs)
		return -1;
	result = begin_text(&text, failure);
	if (!result)
		result = fill(initramfs, &text, plan, failure);
	if (text.to)
		fclose(text.to);
	free(text.bytes);
	/* Closing a broken one would only replace the reason. */
	if (mc_initramfs_close(initramfs, result ? NULL : failure))
		result = -1;
	return result;
}

/* ---- the disk ---- */

char *mc_vm_find_program(const char *name)
{
	/* Users' PATH often lacks the latter, where mke2fs is. */
	const char *own = getenv("PATH");
	char *folders, *folder, *save = NULL, *path = NULL;

	if (asprintf(&folders, "%s:/usr/sbin:/sbin", own ? own : "/usr/bin:/bin") < 0)
		return NULL;
	for (folder = strtok_r(folders, ":", &save); folder; folder = strtok_r(NULL, ":", &save)) {
		if (asprintf(&path, "%s/%s", folder, name) < 0)
			path = NULL;
		if (path && !access(path, X_OK))
			break;
		free(path);
		path = NULL;
	}
	free(folders);
	return path;
}

int mc_vm_scratch_check(struct mc_failure *failure)
{
	char *program = mc_vm_find_program("mke2fs");

	free(program);
	return program ? 0
		       : mc_fail(failure, MC_EXIT_ENVIRONMENT,
				 "mke2fs, which makes the VM's scratch disk, is not in PATH; "
				 "install e2fsprogs");
}

static int make_sparse(const char *path, struct mc_failure *failure)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || ftruncate(fd, SCRATCH_BYTES)) {
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	close(fd);
	return 0;
}

int mc_vm_scratch(const struct mc_vm_folder *folder, struct mc_failure *failure)
{
	char *path = mc_vm_folder_file(folder, MC_VM_SCRATCH), *program, out[256];
	int result;

	if (!path)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
	program = mc_vm_find_program("mke2fs");
	result = program ? make_sparse(path, failure) : mc_vm_scratch_check(failure);
	if (!result) {
		/* Sparse as it is; without a journal, so that all writes are the load's. */
		const char *const argv[] = {program,	    "-q",   "-F",
					    "-t",	    "ext4", "-O",
					    "^has_journal", "-E",   "lazy_itable_init=1,nodiscard",
					    path,	    NULL};

		result = mc_child_output(argv, MAKE_TIMEOUT_NS, out, sizeof(out), failure);
	}
	free(program);
	free(path);
	return result;
}

/* ---- init ---- */

char *mc_vm_find_init(const char *self, struct mc_failure *failure)
{
	const char *slash = strrchr(self, '/'), *path;
	char *prefix = mc_paths_prefix(self), *found;
	char beside[PATH_MAX], installed[PATH_MAX];

	snprintf(beside, sizeof(beside), "%.*s/guest-init", slash ? (int)(slash - self) : 1,
		 slash ? self : ".");
	snprintf(installed, sizeof(installed), "%s/" MC_LIBEXEC_DIR "/memory-collector/guest-init",
		 prefix ? prefix : "");
	free(prefix);
	path = access(beside, X_OK) ? installed : beside;
	if (access(path, X_OK)) {
		mc_fail(failure, MC_EXIT_ENVIRONMENT,
			"the VM's first program is neither %s nor %s; build or install again",
			beside, installed);
		return NULL;
	}
	found = strdup(path);
	if (!found)
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
	return found;
}
