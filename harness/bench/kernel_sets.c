// SPDX-License-Identifier: GPL-2.0
/*
 * kernel_sets.c - from names to folders, and what has to be in them
 */
#include "bench/kernel_sets.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/module.h"

/* A name becomes a part of scenarios' and files' names. */
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789._-"
#define NAME_LONGEST 20

static int check_name(const struct mc_kernel_sets *sets, const char *name,
		      struct mc_failure *failure)
{
	size_t i;

	if (!*name || *name == '.' || name[strspn(name, NAME_CHARACTERS)] ||
	    strlen(name) > NAME_LONGEST)
		return mc_fail(failure, MC_EXIT_USAGE,
			       "--kernels: '%.100s': a name has 1 to %d of a-z, 0-9, '.', '_', '-'",
			       name, NAME_LONGEST);
	for (i = 0; i < sets->n; i++) {
		if (!strcmp(sets->set[i].name, name))
			return mc_fail(failure, MC_EXIT_USAGE, "--kernels: '%s' is there twice",
				       name);
	}
	return 0;
}

static char *join(const char *folder, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

static int fill(struct mc_kernel_set *set, const char *name, const char *folder,
		struct mc_failure *failure)
{
	set->name = strdup(name);
	set->module = join(folder, "modules/" MC_BENCH_MODULE ".ko");
	set->root = join(folder, "root");
	if (!set->name || !set->module || !set->root)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
	if (access(set->root, F_OK)) {
		free(set->root);
		set->root = NULL;
	}
	if (!access(set->module, R_OK))
		return 0;
	return mc_fail(failure, MC_EXIT_ENVIRONMENT,
		       "--kernels: no kernel '%s' has been built in %s: ./bootstrap run --kernels "
		       "fetches stable, rt, backports, sid and arm64",
		       name, folder);
}

/* @word: a name or a path, of which trailing slashes are taken off */
static int add(struct mc_kernel_sets *sets, char *word, const char *parent,
	       struct mc_failure *failure)
{
	struct mc_kernel_set *grown;
	char *slash, *folder;
	int result;

	while (strlen(word) > 1 && word[strlen(word) - 1] == '/')
		word[strlen(word) - 1] = '\0';
	slash = strrchr(word, '/');
	if (check_name(sets, slash ? slash + 1 : word, failure))
		return -1;
	grown = reallocarray(sets->set, sets->n + 1, sizeof(*grown));
	if (!grown)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
	sets->set = grown;
	grown[sets->n] = (struct mc_kernel_set){0};
	folder = slash ? strdup(word) : join(parent, word);
	result = folder ? fill(&grown[sets->n++], slash ? slash + 1 : word, folder, failure)
			: mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
	free(folder);
	return result;
}

int mc_kernel_sets_find(struct mc_kernel_sets *sets, const char *list, const char *folder,
			struct mc_failure *failure)
{
	char *copy = strdup(list), *rest = copy, *word;
	int result = 0;

	*sets = (struct mc_kernel_sets){0};
	if (!copy)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
	while (!result && (word = strsep(&rest, ",")))
		result = add(sets, word, folder, failure);
	free(copy);
	if (result)
		mc_kernel_sets_free(sets);
	return result;
}

void mc_kernel_sets_free(struct mc_kernel_sets *sets)
{
	size_t i;

	for (i = 0; i < sets->n; i++) {
		free(sets->set[i].name);
		free(sets->set[i].module);
		free(sets->set[i].root);
	}
	free(sets->set);
	*sets = (struct mc_kernel_sets){0};
}
