// SPDX-License-Identifier: GPL-2.0
/*
 * modules.c - modules by name, and what they need
 */
#include "vm/modules.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <libkmod.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A chain of modules that need each other is never this long */
#define DEPTH_MAX 32

/* What both lists of a kernel (modules.order, modules.builtin) are: paths of .ko files */
struct list {
	size_t n;
	char **path;
};

struct finder {
	const char *folder;
	struct list there, builtin;
	struct kmod_ctx *kmod;
	struct mc_vm_modules *found;
};

static void free_list(struct list *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		free(list->path[i]);
	free(list->path);
}

static int read_list(struct list *list, const char *folder, const char *name,
		     struct mc_failure *failure)
{
	char path[PATH_MAX], line[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "re");
	if (!file)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "%s: %s; this folder is not the kernel package's", path,
			       strerror(errno));
	while (fgets(line, sizeof(line), file)) {
		char **grown = realloc(list->path, (list->n + 1) * sizeof(*grown));

		line[strcspn(line, "\n")] = '\0';
		if (!grown)
			break;
		list->path = grown;
		list->path[list->n] = strdup(line);
		if (!list->path[list->n])
			break;
		list->n++;
	}
	fclose(file);
	return 0;
}

/* To the kernel, "-" and "_" are one. Return: the length of @name, or 0 where it does not begin so.
 */
static size_t begins(const char *text, const char *name)
{
	size_t i;

	for (i = 0; name[i]; i++) {
		if (text[i] != name[i] &&
		    !(strchr("-_", name[i]) && (text[i] == '-' || text[i] == '_')))
			return 0;
	}
	return i;
}

/* "kernel/drivers/x/virtio-rng.ko" is the module virtio_rng. */
static bool has_name(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');
	const char *file = slash ? slash + 1 : path;
	size_t length = begins(file, name);

	return length && !strncmp(file + length, ".ko", 3);
}

static const char *look_up(const struct list *list, const char *name)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		if (has_name(list->path[i], name))
			return list->path[i];
	}
	return NULL;
}

/* The lists say .ko, whatever the files are compressed with. */
static char *file_of(const struct finder *finder, const char *path)
{
	static const char *const endings[] = {"", ".xz", ".zst", ".gz"};
	char *file;
	size_t i;

	for (i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		if (asprintf(&file, "%s/%s%s", finder->folder, path, endings[i]) < 0)
			return NULL;
		if (!access(file, R_OK))
			return file;
		free(file);
	}
	return NULL;
}

static bool found_already(const struct finder *finder, const char *name)
{
	size_t i;

	for (i = 0; i < finder->found->n; i++) {
		const char *other = finder->found->module[i].name;

		if (strlen(other) == strlen(name) && begins(other, name))
			return true;
	}
	return false;
}

static int append(struct finder *finder, const char *name, const char *file,
		  struct mc_failure *failure)
{
	struct mc_vm_modules *found = finder->found;
	struct mc_vm_module *grown = realloc(found->module, (found->n + 1) * sizeof(*grown));

	if (!grown)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
	found->module = grown;
	grown[found->n] = (struct mc_vm_module){.name = strdup(name), .file = strdup(file)};
	found->n++;
	if (!grown[found->n - 1].name || !grown[found->n - 1].file)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
	return 0;
}

static int find(struct finder *finder, const char *wanted, int depth, struct mc_failure *failure);

/* Names with commas ("depends=a,b") or blanks between */
static int find_all(struct finder *finder, const char *names, bool optional, int depth,
		    struct mc_failure *failure)
{
	char name[128];

	while (*names) {
		size_t length = strcspn(names, ", ");

		if (length && length < sizeof(name) - 1) {
			snprintf(name, sizeof(name), "%s%.*s", optional ? "?" : "", (int)length,
				 names);
			if (find(finder, name, depth + 1, failure))
				return -1;
		}
		names += length + (names[length] != '\0');
	}
	return 0;
}

/* "pre: a b post: c": the first ones should be there before, if they are at all. */
static int find_soft(struct finder *finder, const char *value, int depth,
		     struct mc_failure *failure)
{
	char names[256];
	const char *at = strstr(value, "pre:"), *end;

	if (!at)
		return 0;
	at += strlen("pre:");
	end = strstr(at, "post:");
	snprintf(names, sizeof(names), "%.*s", end ? (int)(end - at) : (int)strlen(at), at);
	return find_all(finder, names, true, depth, failure);
}

static int find_needed(struct finder *finder, const char *file, int depth,
		       struct mc_failure *failure)
{
	struct kmod_list *info = NULL, *entry;
	struct kmod_module *module = NULL;
	int result = 0;

	if (kmod_module_new_from_path(finder->kmod, file, &module) < 0 ||
	    kmod_module_get_info(module, &info) < 0) {
		kmod_module_unref(module);
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s: not a kernel module", file);
	}
	for (entry = info; entry && !result; entry = kmod_list_next(info, entry)) {
		const char *key = kmod_module_info_get_key(entry);
		const char *value = kmod_module_info_get_value(entry);

		if (!strcmp(key, "depends"))
			result = find_all(finder, value, false, depth, failure);
		else if (!strcmp(key, "softdep"))
			result = find_soft(finder, value, depth, failure);
	}
	kmod_module_info_free_list(info);
	kmod_module_unref(module);
	return result;
}

/* Depth first: what a module needs is loaded before it. */
static int find(struct finder *finder, const char *wanted, int depth, struct mc_failure *failure)
{
	bool optional = *wanted == '?';
	const char *name = wanted + optional;
	const char *path;
	char *file;
	int result;

	if (found_already(finder, name) || look_up(&finder->builtin, name))
		return 0;
	path = look_up(&finder->there, name);
	file = path ? file_of(finder, path) : NULL;
	if (!file && optional)
		return 0;
	if (!file)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "%s has no module %s, which the VM needs", finder->folder, name);
	if (depth > DEPTH_MAX)
		result = mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s: its dependencies have no end",
				 file);
	else
		result = find_needed(finder, file, depth, failure);
	if (!result && !found_already(finder, name))
		result = append(finder, name, file, failure);
	free(file);
	return result;
}

int mc_vm_modules_find(struct mc_vm_modules *modules, const char *folder, const char *const *wanted,
		       struct mc_failure *failure)
{
	/* Nothing of this machine's own configuration is wanted. */
	static const char *const no_configuration[] = {NULL};
	struct finder finder = {.folder = folder, .found = modules};
	int result;

	memset(modules, 0, sizeof(*modules));
	finder.kmod = kmod_new(folder, no_configuration);
	if (!finder.kmod)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
	result = read_list(&finder.there, folder, "modules.order", failure);
	if (!result)
		result = read_list(&finder.builtin, folder, "modules.builtin", failure);
	for (; *wanted && !result; wanted++)
		result = find(&finder, *wanted, 0, failure);
	free_list(&finder.there);
	free_list(&finder.builtin);
	kmod_unref(finder.kmod);
	if (result)
		mc_vm_modules_free(modules);
	return result;
}

void mc_vm_modules_free(struct mc_vm_modules *modules)
{
	size_t i;

	for (i = 0; i < modules->n; i++) {
		free(modules->module[i].name);
		free(modules->module[i].file);
	}
	free(modules->module);
	memset(modules, 0, sizeof(*modules));
}

/* ---- files that may be compressed ---- */

/* Return: 0; -1 on error, without a text in @archive where memory is short */
static int read_all(struct archive *archive, size_t most, void **bytes, size_t *size)
{
	size_t room = 256 * 1024, used = 0;
	char *text = malloc(room), *grown;
	la_ssize_t got = 0;

	while (text && (got = archive_read_data(archive, text + used, room - used)) > 0) {
		used += got;
		if (used > most) {
			archive_set_error(archive, EFBIG, "larger than %zu bytes", most);
			got = -1;
			break;
		}
		if (used < room)
			continue;
		room *= 2;
		grown = realloc(text, room);
		if (!grown)
			free(text);
		text = grown;
	}
	if (!text || got < 0) {
		free(text);
		return -1;
	}
	*bytes = text;
	*size = used;
	return 0;
}

int mc_vm_read(const char *path, size_t most, void **bytes, size_t *size,
	       struct mc_failure *failure)
{
	struct archive *archive = archive_read_new();
	struct archive_entry *entry;
	int result = -1;

	if (!archive)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
	archive_read_support_filter_all(archive);
	archive_read_support_format_raw(archive);
	if (archive_read_open_filename(archive, path, 65536) == ARCHIVE_OK &&
	    archive_read_next_header(archive, &entry) == ARCHIVE_OK)
		result = read_all(archive, most, bytes, size);
	if (result)
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s: %s", path,
			archive_error_string(archive) ? archive_error_string(archive)
						      : "out of memory");
	archive_read_free(archive);
	return result;
}
