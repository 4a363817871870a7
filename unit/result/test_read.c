// SPDX-License-Identifier: GPL-2.0
/*
 * test_read.c - result folders read again, as --from does
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

#include "memory_collector/result_io.h"
#include "process/tree.h"
#include "synthetic_result.h"

static char dir[64];

static char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void write_folder(void)
{
	struct mc_result *result = synthetic_result(2, 2, 100000000);
	struct mc_failure failure;
	FILE *file = fopen(path_of("summary.json"), "w");

	assert_int_equal(mc_result_write_json(result, file, &failure), 0);
	fclose(file);
	file = fopen(path_of("summary.csv"), "w");
	assert_int_equal(mc_result_write_csv(result, file, &failure), 0);
	fclose(file);
	mc_result_free(result);
}

static int setup(void **state)
{
	strcpy(dir, "/tmp/mc-test-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	write_folder();
	return 0;
}

static int teardown(void **state)
{
	return mc_tree_remove(dir, NULL);
}

static void test_good(void **state)
{
	struct mc_failure failure = {};
	struct mc_result *result = mc_result_read(dir, &failure);

	if (!result)
		fail_msg("%s", failure.text);
	assert_int_equal(result->n_scenarios, 2);
	mc_result_free(result);
}

static void make_fifo(const char *path)
{
	assert_int_equal(mkfifo(path, 0600), 0);
}

static void make_folder(const char *path)
{
	assert_int_equal(mkdir(path, 0700), 0);
}

static void make_empty(const char *path)
{
	fclose(fopen(path, "w"));
}

static void make_loop(const char *path)
{
	assert_int_equal(symlink(path, path), 0);
}

static void make_nothing(const char *path)
{
}

static void make_other(const char *path)
{
	FILE *file = fopen(path, "w");

	fputs("test,samples\n", file);
	fclose(file);
}

static void test_refused(void **state)
{
	static const struct {
		const char *name;
		void (*make)(const char *path); /* in its place */
		const char *says;
	} rows[] = {
		{"summary.json", make_nothing, "cannot open: No such file"},
		{"summary.json", make_fifo, "not a file"},
		{"summary.json", make_folder, "not a file"},
		{"summary.json", make_loop, "cannot open: Too many levels"},
		{"summary.json", make_empty, "truncated"},
		{"summary.json", make_other, "not JSON"},
		{"summary.csv", make_nothing, "cannot open: No such file"},
		{"summary.csv", make_fifo, "not a file"},
		{"summary.csv", make_folder, "not a file"},
		{"summary.csv", make_empty, ":1: ends here"},
		{"summary.csv", make_other, ":1: column samples does not agree"},
	};
	struct mc_failure failure;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *path = path_of(rows[i].name);

		unlink(path);
		rows[i].make(path);
		failure = (struct mc_failure){};
		assert_null(mc_result_read(dir, &failure));
		assert_int_equal(failure.exit_code, MC_EXIT_USAGE);
		if (strncmp(failure.text, path, strlen(path)) ||
		    !strstr(failure.text, rows[i].says))
			fail_msg("row %zu: '%s' does not say '%s'", i, failure.text, rows[i].says);
		remove(path);
		write_folder();
	}
	assert_null(mc_result_read("/proc/none", &failure));
	assert_non_null(strstr(failure.text, "/proc/none/summary.json"));
}

/* A summary.json that is fine with the CSV of another run */
static void test_not_of_each_other(void **state)
{
	struct mc_result *result = synthetic_result(2, 2, 100000000);
	struct mc_failure failure = {};
	FILE *file = fopen(path_of("summary.csv"), "w");

	result->scenario[1].ticks.missed_ticks += 1;
	assert_int_equal(mc_result_write_csv(result, file, &failure), 0);
	fclose(file);
	mc_result_free(result);
	assert_null(mc_result_read(dir, &failure));
	assert_non_null(strstr(failure.text, "summary.csv:3: column missed_ticks"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_good, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_of_each_other, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
