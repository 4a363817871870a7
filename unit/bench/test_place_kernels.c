// SPDX-License-Identifier: GPL-2.0
/*
 * test_place_kernels.c - several kernels in one result; the VM is one of this file's own
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/kernel_sets.h"
#include "memory_collector/child.h"
#include "memory_collector/place.h"
#include "process/tree.h"

static char folder[] = "/tmp/memory-collector-test-XXXXXX";
static struct mc_scenario scenarios[] = {{.name = "baseline"}, {.name = "cpu"}};
static struct mc_matrix matrix = {.n = 2, .scenario = scenarios};

/* ---- a VM that measures nothing: its kernel is named as the module is ---- */

static int vm_check(const struct mc_job *job, struct mc_progress *progress,
		    struct mc_failure *failure)
{
	if (!strcmp(job->module, "missing"))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "no such module");
	return 0;
}

static int vm_run(const struct mc_job *job, struct mc_progress *progress, struct mc_result_dir *dir,
		  struct mc_result *result, struct mc_failure *failure)
{
	struct mc_environment *environment = &result->environment;
	FILE *log = mc_result_dir_open(dir, "kernel.log", failure);
	size_t i;

	assert_null(job->kernels);
	assert_non_null(log);
	if (mc_result_file_close(log, "kernel.log", failure))
		return -1;
	if (!strcmp(job->module, "panics"))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "the guest's kernel panicked");
	snprintf(environment->kernel, sizeof(environment->kernel), "%s", job->module);
	snprintf(environment->machine, sizeof(environment->machine), "%s",
		 job->root ? "aarch64" : "x86_64");
	strcpy(environment->accelerator, "tcg");
	environment->cpus_online = 2;
	environment->memory_bytes = 1000 + strlen(job->module);
	environment->boot_to_first_tick_s = strlen(job->module);
	for (i = 0; i < job->matrix->n; i++) {
		struct mc_scenario_result *scenario =
			mc_result_add(result, job->matrix->scenario[i].name);

		assert_non_null(scenario);
		scenario->status = MC_STATUS_SKIPPED;
		snprintf(scenario->reason, sizeof(scenario->reason), "on %s", job->module);
	}
	return 0;
}

const struct mc_place mc_place_vm = {.name = "vm", .check = vm_check, .run = vm_run};

void mc_progress_note(struct mc_progress *progress, const char *format, ...)
{
}

int64_t mc_now_ns(void)
{
	return 0;
}

/* ---- tests ---- */

static int set_up(void **state)
{
	return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
	return mc_tree_remove(folder, NULL);
}

static struct mc_result *new_whole(void)
{
	struct mc_result *whole = mc_result_new();

	assert_non_null(whole);
	whole->interval_ns = 1000000;
	whole->run.command = strdup("run-stress --kernels");
	strcpy(whole->run.place, "vm");
	return whole;
}

static void together(void **state)
{
	struct mc_kernel_set set[] = {{"old", "6.1", NULL}, {"arm64", "6.12", "/root"}};
	struct mc_kernel_sets sets = {.n = 2, .set = set};
	struct mc_job job = {.matrix = &matrix, .kernels = &sets};
	static const struct {
		const char *test, *kernel, *reason;
	} rows[] = {
		{"baseline@old", "6.1", "on 6.1"},
		{"baseline@arm64", "6.12", "on 6.12"},
		{"cpu@old", "6.1", "on 6.1"},
		{"cpu@arm64", "6.12", "on 6.12"},
	};
	struct mc_result *whole = new_whole(), *one;
	struct mc_result_dir dir = {.temporary = folder, .lock_fd = -1};
	struct mc_failure failure;
	char text[256], path[PATH_MAX];
	size_t i;

	assert_int_equal(mc_place_kernels.check(&job, NULL, &failure), 0);
	assert_int_equal(mc_place_kernels.run(&job, NULL, &dir, whole, &failure), 0);
	assert_int_equal(whole->n_scenarios, 4);
	for (i = 0; i < 4; i++) {
		assert_string_equal(whole->scenario[i].test, rows[i].test);
		assert_string_equal(whole->scenario[i].kernel, rows[i].kernel);
		assert_string_equal(whole->scenario[i].reason, rows[i].reason);
	}
	assert_string_equal(mc_result_kernels(whole, text, sizeof(text)), "old 6.1, arm64 6.12");
	/* What they agree on, and what they do not */
	assert_string_equal(whole->environment.accelerator, "tcg");
	assert_int_equal(whole->environment.cpus_online, 2);
	assert_string_equal(whole->environment.kernel, "");
	assert_string_equal(whole->environment.machine, "");
	assert_int_equal(whole->environment.memory_bytes, 0);
	assert_true(whole->environment.boot_to_first_tick_s < 0);
	mc_result_free(whole);

	/* Each can be read again alone. */
	snprintf(path, sizeof(path), "%s/arm64", folder);
	one = mc_result_read(path, &failure);
	assert_non_null(one);
	assert_string_equal(one->environment.kernel, "6.12");
	assert_string_equal(one->scenario[1].test, "cpu");
	assert_string_equal(one->scenario[1].kernel, "");
	assert_string_equal(mc_result_kernels(one, text, sizeof(text)), "");
	mc_result_free(one);
}

static void one_fails(void **state)
{
	struct mc_kernel_set set[] = {{"good", "6.1", NULL}, {"bad", "panics", NULL}};
	struct mc_kernel_sets sets = {.n = 2, .set = set};
	struct mc_job job = {.matrix = &matrix, .kernels = &sets};
	struct mc_result_dir dir = {.temporary = folder, .lock_fd = -1};
	struct mc_result *whole = new_whole();
	struct mc_failure failure;

	assert_int_equal(mc_place_kernels.run(&job, NULL, &dir, whole, &failure), -1);
	assert_string_equal(failure.text, "kernel 'bad': the guest's kernel panicked");
	assert_int_equal(failure.exit_code, MC_EXIT_ENVIRONMENT);
	mc_result_free(whole);

	set[0].module = "missing";
	assert_int_equal(mc_place_kernels.check(&job, NULL, &failure), -1);
	assert_string_equal(failure.text, "kernel 'good': no such module");
}

static void long_names(void **state)
{
	struct mc_scenario scenario = {};
	struct mc_matrix one = {.n = 1, .scenario = &scenario};
	struct mc_kernel_set set[] = {{"old", "6.1", NULL}};
	struct mc_kernel_sets sets = {.n = 1, .set = set};
	struct mc_job job = {.matrix = &one, .kernels = &sets};
	struct mc_failure failure;

	memset(scenario.name, 'n', MC_NAME_MAX - 4);
	assert_int_equal(mc_place_kernels.check(&job, NULL, &failure), -1);
	assert_non_null(strstr(failure.text, "its name is too long to stand with that of the "
					     "kernel 'old'"));
	scenario.name[MC_NAME_MAX - 5] = '\0';
	assert_int_equal(mc_place_kernels.check(&job, NULL, &failure), 0);

	/* The longest variant stands between the two. */
	job.n_variants = 2;
	strcpy(job.variant[0].name, "off");
	strcpy(job.variant[1].name, "auto");
	assert_int_equal(mc_place_kernels.check(&job, NULL, &failure), -1);
	scenario.name[MC_NAME_MAX - 10] = '\0';
	assert_int_equal(mc_place_kernels.check(&job, NULL, &failure), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(together),
		cmocka_unit_test(one_fails),
		cmocka_unit_test(long_names),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
