// SPDX-License-Identifier: GPL-2.0
/*
 * module.c - modules through libkmod
 */
#include "kernel/module.h"

#include <errno.h>
#include <fcntl.h>
#include <libkmod.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/file_text.h"
#include "base/nanoseconds.h"
#include "kernel/environment.h"
#include "kernel/lockdown.h"
#include "memory_collector/child.h"

/* ---- before loading ---- */

/* What a module file says of itself */
struct facts {
	char release[sizeof(((struct utsname *)0)->release)];
	bool has_release, is_signed;
};

static int take_facts(struct kmod_module *module, struct facts *facts)
{
	struct kmod_list *info = NULL, *entry;

	if (kmod_module_get_info(module, &info) < 0)
		return -1;
	for (entry = info; entry; entry = kmod_list_next(info, entry)) {
		const char *key = kmod_module_info_get_key(entry);
		const char *value = kmod_module_info_get_value(entry);

		if (!strcmp(key, "vermagic")) {
			snprintf(facts->release, sizeof(facts->release), "%.*s",
				 (int)strcspn(value, " "), value);
			facts->has_release = true;
		}
		/* Made by libkmod from the signature behind the module, never by the module. */
		if (!strcmp(key, "sig_id"))
			facts->is_signed = true;
	}
	kmod_module_info_free_list(info);
	return facts->has_release ? 0 : -1;
}

static int read_facts(const char *path, struct facts *facts, struct mc_failure *failure)
{
	struct kmod_ctx *context;
	struct kmod_module *module = NULL;
	struct stat info;
	int result;

	*facts = (struct facts){.is_signed = false};
	if (stat(path, &info))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "module %s: %s; build it (meson compile), or name it with --module",
			       path, strerror(errno));
	context = kmod_new(NULL, NULL);
	if (!context)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "module %s: out of memory", path);
	result = kmod_module_new_from_path(context, path, &module);
	if (!result)
		result = take_facts(module, facts);
	kmod_module_unref(module);
	kmod_unref(context);
	if (result)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "module %s: not a kernel module",
			       path);
	return 0;
}

int mc_module_release(const char *path, char *release, size_t size, struct mc_failure *failure)
{
	struct facts facts;

	if (read_facts(path, &facts, failure))
		return -1;
	snprintf(release, size, "%s", facts.release);
	return 0;
}

/* A VM within a VM that has no KVM would be emulated, which is no place to measure. */
static const char *or_place_vm(void)
{
	return mc_in_vm() && access("/dev/kvm", R_OK | W_OK) ? "" : "use --place vm, or ";
}

/* Of one that is signed, only the kernel can say whether it knows the key. */
static int check_lockdown(const char *path, bool is_signed, struct mc_failure *failure)
{
	enum mc_lockdown level = mc_lockdown_level();

	if (level == MC_LOCKDOWN_CONFIDENTIALITY)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "kernel lockdown is on (level confidentiality), at which there is "
			       "no tracing, and so nothing to measure with: %sboot without "
			       "lockdown",
			       or_place_vm());
	if (level == MC_LOCKDOWN_INTEGRITY && !is_signed)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "kernel lockdown is on (level integrity), and module %s is not "
			       "signed: %ssign it with a key that this kernel knows, or boot "
			       "without lockdown (Secure Boot turns it on)",
			       path, or_place_vm());
	return 0;
}

static int check_enforced(const char *path, bool is_signed, struct mc_failure *failure)
{
	char text[16];

	mc_file_line("/sys/module/module/parameters/sig_enforce", text, sizeof(text));
	if (text[0] != 'Y' || is_signed)
		return 0;
	return mc_fail(failure, MC_EXIT_ENVIRONMENT,
		       "this kernel loads signed modules only (module.sig_enforce), and module %s "
		       "is not: %ssign it with a key that this kernel knows, or boot without "
		       "module.sig_enforce",
		       path, or_place_vm());
}

int mc_module_check(const char *path, struct mc_failure *failure)
{
	struct facts facts;
	struct utsname name;
	char text[16];

	if (geteuid())
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "--place host loads a kernel module, which needs root (sudo); "
			       "--place vm does not");
	if (read_facts(path, &facts, failure))
		return -1;
	uname(&name);
	if (strcmp(facts.release, name.release))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "module %s is for kernel %s, but %s is running: configure the build "
			       "with -Dkernel_dir=/lib/modules/%s/build, or use --place vm",
			       path, facts.release, name.release, name.release);
	mc_file_line("/proc/sys/kernel/modules_disabled", text, sizeof(text));
	if (text[0] == '1')
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "this kernel loads no modules any more until it is booted again "
			       "(kernel.modules_disabled is 1): use --place vm");
	if (check_lockdown(path, facts.is_signed, failure))
		return -1;
	return check_enforced(path, facts.is_signed, failure);
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
		return "not permitted; the kernel log says more";
	case EKEYREJECTED:
		return "the kernel wants a signature of a key that it knows";
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
