// SPDX-License-Identifier: GPL-2.0
/*
 * place_kernels.c - several kernels as the place to measure: a VM for each, in turn
 *
 * Each kernel's own result stands in a sub-folder of its name, as a run with it alone
 * would leave it. The result of the run has them all: scenario "cpu" is "cpu@rt" for
 * the kernel "rt" there, and what the kernels' environments do not agree on is not
 * known of the whole.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/kernel_sets.h"
#include "memory_collector/child.h"
#include "memory_collector/place.h"
#include "result/fields.h"

static struct mc_job job_of(const struct mc_job *job, const struct mc_kernel_set *set)
{
	struct mc_job one = *job;

	one.kernels = NULL;
	one.module = set->module;
	one.root = set->root;
	return one;
}

static size_t longest_variant(const struct mc_job *job)
{
	size_t i, length, longest = 0;

	for (i = 0; i < job->n_variants; i++) {
		length = strlen(job->variant[i].name);
		if (length && 1 + length > longest)
			longest = 1 + length;
	}
	return longest;
}

/* "cpu+auto@rt" must be a scenario's name, too. */
static int check_names(const struct mc_job *job, const struct mc_kernel_set *set,
		       struct mc_failure *failure)
{
	size_t i;

	for (i = 0; i < job->matrix->n; i++) {
		const char *name = job->matrix->scenario[i].name;

		if (strlen(name) + longest_variant(job) + 1 + strlen(set->name) >= MC_NAME_MAX)
			return mc_fail(failure, MC_EXIT_USAGE,
				       "scenario '%s': its name is too long to stand with that of "
				       "the kernel '%s'",
				       name, set->name);
	}
	return 0;
}

static int check(const struct mc_job *job, struct mc_progress *progress, struct mc_failure *failure)
{
	size_t i;

	for (i = 0; i < job->kernels->n; i++) {
		const struct mc_kernel_set *set = &job->kernels->set[i];
		struct mc_job one = job_of(job, set);

		if (check_names(job, set, failure) || mc_place_vm.check(&one, progress, failure))
			return mc_fail_prepend(failure, "kernel '%s'", set->name);
	}
	return 0;
}

/* ---- one kernel ---- */

static struct mc_result *new_result(const struct mc_result *whole, struct mc_failure *failure)
{
	struct mc_result *result = mc_result_new();

	if (result) {
		result->interval_ns = whole->interval_ns;
		result->run = whole->run;
		result->run.command = strdup(whole->run.command);
		if (result->run.command)
			return result;
	}
	mc_result_free(result);
	mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
	return NULL;
}

static int run_into(const struct mc_job *job, struct mc_progress *progress,
		    struct mc_result_dir *dir, struct mc_result *result, struct mc_failure *failure)
{
	int64_t start_ns = mc_now_ns();

	if (mkdir(dir->temporary, 0755))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s: %s", dir->temporary,
			       strerror(errno));
	if (mc_place_vm.run(job, progress, dir, result, failure))
		return -1;
	result->run.elapsed_s = (mc_now_ns() - start_ns) / 1e9;
	return mc_result_write(result, dir, failure);
}

/* Return: the kernel's own result, or NULL. */
static struct mc_result *run_one(const struct mc_job *job, const struct mc_kernel_set *set,
				 struct mc_progress *progress, const struct mc_result_dir *dir,
				 const struct mc_result *whole, struct mc_failure *failure)
{
	struct mc_result *result = new_result(whole, failure);
	struct mc_result_dir below = {.lock_fd = -1};
	struct mc_job one = job_of(job, set);

	if (!result)
		return NULL;
	if (asprintf(&below.temporary, "%s/%s", dir->temporary, set->name) < 0) {
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
		mc_result_free(result);
		return NULL;
	}
	if (run_into(&one, progress, &below, result, failure)) {
		mc_fail_prepend(failure, "kernel '%s'", set->name);
		mc_result_free(result);
		result = NULL;
	}
	free(below.temporary);
	return result;
}

/* ---- all of them ---- */

/* What is not the same everywhere becomes what it is in a new result: not known. */
static void agree(struct mc_environment *whole, const struct mc_environment *other,
		  const struct mc_environment *unknown)
{
	const struct mc_field *field;

	for (field = mc_environment_fields; field->key; field++) {
		char *ours = (char *)whole + field->offset;
		const char *theirs = (const char *)other + field->offset;
		bool same = field->type == MC_FIELD_TEXT ? !strcmp(ours, theirs)
							 : !memcmp(ours, theirs, field->size);

		if (!same)
			memcpy(ours, (const char *)unknown + field->offset, field->size);
	}
}

/* What @name of a kernel's own result is called among others; it has @size bytes. */
static void append_kernel(char *name, size_t size, const struct mc_kernel_set *set)
{
	size_t length = strlen(name);

	snprintf(name + length, size - length, "@%s", set->name);
}

/* Moves scenario @index of a kernel's result, whose owner the whole is then. */
static int take_scenario(struct mc_result *whole, const struct mc_kernel_set *set,
			 struct mc_result *from, size_t index, struct mc_failure *failure)
{
	struct mc_scenario_result *to, *scenario = &from->scenario[index];

	to = mc_result_add(whole, scenario->test);
	if (!to)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
	*to = *scenario;
	*scenario = (struct mc_scenario_result){.ticks.n_cpus = 0};
	append_kernel(to->test, sizeof(to->test), set);
	/* Variants are compared on the same kernel only. */
	if (*to->base)
		append_kernel(to->base, sizeof(to->base), set);
	snprintf(to->kernel, sizeof(to->kernel), "%s", from->environment.kernel);
	return 0;
}

/* Scenario by scenario, so that the kernels stand together. */
static int merge(struct mc_result *whole, const struct mc_kernel_sets *sets,
		 struct mc_result **results, struct mc_failure *failure)
{
	struct mc_environment unknown = whole->environment;
	size_t scenario, i;

	whole->environment = results[0]->environment;
	for (i = 1; i < sets->n; i++)
		agree(&whole->environment, &results[i]->environment, &unknown);
	for (scenario = 0; scenario < results[0]->n_scenarios; scenario++) {
		for (i = 0; i < sets->n; i++) {
			if (take_scenario(whole, &sets->set[i], results[i], scenario, failure))
				return -1;
		}
	}
	return 0;
}

static int run_all(const struct mc_job *job, struct mc_progress *progress,
		   const struct mc_result_dir *dir, struct mc_result *whole,
		   struct mc_result **results, struct mc_failure *failure)
{
	const struct mc_kernel_sets *sets = job->kernels;
	size_t i;

	for (i = 0; i < sets->n; i++) {
		mc_progress_note(progress, "kernel %zu of %zu: %s", i + 1, sets->n,
				 sets->set[i].name);
		results[i] = run_one(job, &sets->set[i], progress, dir, whole, failure);
		if (!results[i])
			return -1;
	}
	return merge(whole, sets, results, failure);
}

static int run(const struct mc_job *job, struct mc_progress *progress, struct mc_result_dir *dir,
	       struct mc_result *result, struct mc_failure *failure)
{
	struct mc_result **results = calloc(job->kernels->n, sizeof(struct mc_result *));
	int status;
	size_t i;

	if (!results)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
	status = run_all(job, progress, dir, result, results, failure);
	for (i = 0; i < job->kernels->n; i++)
		mc_result_free(results[i]);
	free(results);
	return status;
}

const struct mc_place mc_place_kernels = {
	.name = "vm",
	.check = check,
	.run = run,
};
