// SPDX-License-Identifier: GPL-2.0
/*
 * kernel_module.c - modules through libkmod
 */
#include "kernel_module.h"

#include <errno.h>
#include <fcntl.h>
#include <libkmod.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "memory_collector/child.h"

#define NS_PER_MS 1000000LL
#define NS_PER_S 1000000000LL

/* ---- files of /sys ---- */

static int read_word(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	text[0] = '\0';
	if (fd < 0)
		return -1;
	length = read(fd, text, size - 1);
	close(fd);
	if (length < 0)
		return -1;
	text[length] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return 0;
}

/* ---- before loading ---- */

static int take_vermagic(struct kmod_module *module, char *release, size_t size)
{
	struct kmod_list *info = NULL, *entry;
	int result = -1;

	if (kmod_module_get_info(module, &info) < 0)
		return -1;
	for (entry = info; entry; entry = kmod_list_next(info, entry)) {
		if (strcmp(kmod_module_info_get_key(entry), "vermagic"))
			continue;
		snprintf(release, size, "%.*s",
			 (int)strcspn(kmod_module_info_get_value(entry), " "),
			 kmod_module_info_get_value(entry));
		result = 0;
	}
	kmod_module_info_free_list(info);
	return result;
}

int mc_module_release(const char *path, char *release, size_t size, struct mc_failure *failure)
{
	struct kmod_ctx *context;
	struct kmod_module *module = NULL;
	struct stat info;
	int result;

	if (stat(path, &info))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "module %s: %s; build it (meson compile), or name it with --module",
			       path, strerror(errno));
	context = kmod_new(NULL, NULL);
	if (!context)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "module %s: out of memory", path);
	result = kmod_module_new_from_path(context, path, &module);
	if (!result)
		result = take_vermagic(module, release, size);
	kmod_module_unref(module);
	kmod_unref(context);
	if (result)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "module %s: not a kernel module",
			       path);
	return 0;
}

int mc_module_check(const char *path, struct mc_failure *failure)
{
	char release[sizeof(((struct utsname *)0)->release)], text[256];
	struct utsname name;

	if (mc_module_release(path, release, sizeof(release), failure))
		return -1;
	uname(&name);
	if (strcmp(release, name.release))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "module %s is for kernel %s, but %s is running: configure the build "
			       "with -Dkernel_dir=/lib/modules/%s/build, or use --place vm",
			       path, release, name.release, name.release);
	read_word("/sys/kernel/security/lockdown", text, sizeof(text));
	if (text[0] && !strstr(text, "[none]"))
		return mc_fail(
			failure, MC_EXIT_ENVIRONMENT,
			"kernel lockdown is on (/sys/kernel/security/lockdown: %s), so this "
			"kernel loads no module of ours: use --place vm, or turn Secure Boot "
			"off",
			text);
	read_word("/proc/sys/kernel/modules_disabled", text, sizeof(text));
	if (text[0] == '1')
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "this kernel loads no modules any more until it is booted again "
			       "(kernel.modules_disabled is 1): use --place vm");
	read_word("/sys/module/module/parameters/sig_enforce", text, sizeof(text));
	if (text[0] == 'Y')
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "this kernel loads signed modules only (module.sig_enforce): use "
			       "--place vm");
	return 0;
}

bool mc_kernel_module_loaded(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	return !access(path, F_OK);
}

/* ---- loading and unloading ---- */

static const char *why_not_loaded(int error)
{
	switch (error) {
	case EPERM:
		return "not permitted; is this kernel locked down (Secure Boot)?";
	case EKEYREJECTED:
		return "the kernel wants a signature";
	case ENOEXEC:
		return "it does not fit this kernel; the kernel log says more";
	case EEXIST:
		return "it is loaded already";
	case EINVAL:
		return "it does not take these values; the kernel log says which are possible";
	case ENOENT:
		return "it needs a symbol that this kernel does not have; the kernel log says more";
	default:
		return strerror(error);
	}
}

int mc_kernel_module_load(const char *path, const char *parameters, struct mc_failure *failure)
{
	struct kmod_ctx *context = kmod_new(NULL, NULL);
	struct kmod_module *module = NULL;
	int error;

	if (!context)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "module %s: out of memory", path);
	error = kmod_module_new_from_path(context, path, &module);
	if (!error)
		error = kmod_module_insert_module(module, 0, parameters);
	kmod_module_unref(module);
	kmod_unref(context);
	if (error)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "cannot load module %s: %s", path,
			       why_not_loaded(-error));
	return 0;
}

int mc_kernel_module_unload(const char *name, struct mc_failure *failure)
{
	const struct timespec pause = {.tv_nsec = 20 * NS_PER_MS};
	int64_t deadline = mc_now_ns() + 5 * NS_PER_S;
	struct kmod_module *module = NULL;
	struct kmod_ctx *context;
	int error = -ENOMEM;

	if (!mc_kernel_module_loaded(name))
		return 0;
	context = kmod_new(NULL, NULL);
	if (context)
		error = kmod_module_new_from_name(context, name, &module);
	while (!error) {
		error = kmod_module_remove_module(module, O_NONBLOCK);
		/* In use: somebody has a file of it open, which may end. */
		if ((error != -EAGAIN && error != -EBUSY) || mc_now_ns() > deadline)
			break;
		nanosleep(&pause, NULL);
		error = 0;
	}
	kmod_module_unref(module);
	kmod_unref(context);
	if (error && error != -ENOENT)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "cannot unload module %s: %s; unload it with rmmod", name,
			       strerror(-error));
	return 0;
}
