// SPDX-License-Identifier: GPL-2.0
/*
 * paths.c - the build folder, or an installed tree
 */
#include "base/paths.h"

#include <errno.h>
#include <libkmod.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "config.h"

static char *join(const char *dir, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", dir, name) < 0 ? NULL : path;
}

static char *module_file(const char *dir, const char *module)
{
	char *path;

	return asprintf(&path, "%s/%s.ko", dir, module) < 0 ? NULL : path;
}

/* Is @path below @dir, whose name may lead through symbolic links? */
static bool below(const char *path, const char *dir)
{
	char real[PATH_MAX];
	size_t length;

	if (!realpath(dir, real))
		return false;
	length = strlen(real);
	return !strncmp(path, real, length) && path[length] == '/';
}

/* Where the programs in @folder were built from. Return: false: it is no build folder's. */
static bool find_source(const char *folder, char source[PATH_MAX])
{
	char *path = join(folder, "source-folder");
	FILE *file = path ? fopen(path, "re") : NULL;
	bool found = file && fgets(source, PATH_MAX, file) && *source == '/';

	if (file)
		fclose(file);
	free(path);
	if (found)
		source[strcspn(source, "\n")] = '\0';
	return found;
}

static void in_build(struct mc_paths *paths, const char *module, const char *build,
		     const char *source)
{
	char *modules = join(build, "module");

	paths->matrix = join(source, "stress/default.ini");
	paths->scripts = join(source, "results");
	paths->module = modules ? module_file(modules, module) : NULL;
	free(modules);
	paths->kernels = join(build, "kernels");
	paths->results = below(build, source) ? join(source, "results") : strdup("results");
}

/* Does @text end with @end, a path that begins with '/'? Return: what is before, or -1. */
static int before(const char *text, const char *end)
{
	size_t length = strlen(text), cut = strlen(end);

	return length >= cut && !strcmp(text + length - cut, end) ? (int)(length - cut) : -1;
}

char *mc_paths_prefix(const char *self)
{
	const char *slash = strrchr(self, '/');
	int length = slash ? (int)(slash - self) : 0;
	char *folder = strndup(self, length);

	if (!folder)
		return NULL;
	length = before(folder, "/" MC_BIN_DIR);
	if (length >= 0) {
		folder[length] = '\0';
		return folder;
	}
	free(folder);
	return strdup(MC_PREFIX);
}

/* As modprobe would: from the index that depmod makes. Return: NULL: not there. */
static char *look_up(const char *folder, const char *name)
{
	static const char *const no_configuration[] = {NULL};
	struct kmod_ctx *context = kmod_new(folder, no_configuration);
	struct kmod_module *module = NULL;
	const char *path = NULL;
	char *found;

	if (context && !kmod_module_new_from_name(context, name, &module))
		path = kmod_module_get_path(module);
	found = path ? strdup(path) : NULL;
	kmod_module_unref(module);
	kmod_unref(context);
	return found;
}

/* @root: what DESTDIR was; usually empty */
static char *installed_module(const char *module, const char *root)
{
	struct utsname name;
	const char *const releases[] = {name.release, MC_KERNEL_RELEASE};
	char folder[PATH_MAX], *found = NULL;
	size_t i;

	uname(&name);
	for (i = 0; i < 2 && !found; i++) {
		if (*releases[i] &&
		    snprintf(folder, sizeof(folder), "%s" MC_MODULE_ROOT "/lib/modules/%s", root,
			     releases[i]) < (int)sizeof(folder))
			found = look_up(folder, module);
	}
	/* Its name, for the message that says it is missing */
	if (!found && snprintf(folder, sizeof(folder),
			       "%s" MC_MODULE_ROOT "/lib/modules/%s/updates/memory-collector", root,
			       name.release) < (int)sizeof(folder))
		found = module_file(folder, module);
	return found;
}

static void installed(struct mc_paths *paths, const char *module)
{
	char *prefix = mc_paths_prefix(paths->self), dir[PATH_MAX];
	int root;

	if (!prefix)
		return;
	if (snprintf(dir, sizeof(dir), "%s/" MC_DATA_DIR "/memory-collector", prefix) <
	    (int)sizeof(dir)) {
		paths->matrix = join(dir, "stress/default.ini");
		paths->scripts = join(dir, "results");
	}
	root = before(prefix, MC_PREFIX);
	prefix[root < 0 ? 0 : root] = '\0';
	paths->module = installed_module(module, prefix);
	paths->kernels = strdup("kernels");
	paths->results = strdup("results");
	free(prefix);
}

int mc_paths_find(struct mc_paths *paths, const char *module, struct mc_failure *failure)
{
	char self[PATH_MAX], source[PATH_MAX], *slash;
	ssize_t length;

	memset(paths, 0, sizeof(*paths));
	length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (length < 0)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "/proc/self/exe: %s; is /proc mounted?", strerror(errno));
	self[length] = '\0';
	paths->self = strdup(self);
	if (!paths->self)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
	/* The programs are in a folder of the build folder, and so is what says which it is. */
	slash = strrchr(self, '/');
	*slash = '\0';
	if (find_source(self, source) && (slash = strrchr(self, '/'))) {
		*slash = '\0';
		in_build(paths, module, self, source);
	} else {
		installed(paths, module);
	}
	if (paths->matrix && paths->scripts && paths->module && paths->kernels && paths->results)
		return 0;
	mc_paths_free(paths);
	return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
}

void mc_paths_free(struct mc_paths *paths)
{
	free(paths->self);
	free(paths->matrix);
	free(paths->scripts);
	free(paths->module);
	free(paths->kernels);
	free(paths->results);
	memset(paths, 0, sizeof(*paths));
}
