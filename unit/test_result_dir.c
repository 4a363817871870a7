// SPDX-License-Identifier: GPL-2.0
/*
 * test_result_dir.c - result folders: whole under a final name, or not there
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "memory_collector/result_io.h"
#include "tree.h"

static char parent[64];
static int notes;

static void count_note(const char *line)
{
	assert_non_null(strstr(line, "removed "));
	notes++;
}

static int setup(void **state)
{
	strcpy(parent, "/tmp/mc-test-XXXXXX");
	notes = 0;
	return mkdtemp(parent) ? 0 : -1;
}

static int teardown(void **state)
{
	return mc_tree_remove(parent, NULL);
}

static int entries(void)
{
	DIR *dir = opendir(parent);
	struct dirent *entry;
	int n = 0;

	while ((entry = readdir(dir)))
		n += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
	closedir(dir);
	return n;
}

static void put(const struct mc_result_dir *dir, const char *name)
{
	struct mc_failure failure = {};
	FILE *file = mc_result_dir_open(dir, name, &failure);

	if (!file)
		fail_msg("%s", failure.text);
	fputs("text\n", file);
	assert_int_equal(mc_result_file_close(file, name, &failure), 0);
}

static void test_commit(void **state)
{
	struct mc_failure failure = {};
	struct mc_result_dir dir;
	char *final, path[200];

	assert_int_equal(mc_result_dir_create(&dir, parent, "6.1/../x", count_note, &failure), 0);
	assert_null(strchr(dir.final + strlen(parent) + 1, '/'));
	put(&dir, "summary.json");
	put(&dir, "stress-ng/cpu.yaml");
	assert_int_equal(mc_result_dir_commit(&dir, &failure), 0);
	final = strdup(dir.final);
	mc_result_dir_end(&dir);
	snprintf(path, sizeof(path), "%s/stress-ng/cpu.yaml", final);
	assert_int_equal(access(path, R_OK), 0);
	assert_int_equal(entries(), 1);
	free(final);
}

static void test_end_without_commit(void **state)
{
	struct mc_failure failure = {};
	struct mc_result_dir dir;

	assert_int_equal(mc_result_dir_create(&dir, parent, "k", count_note, &failure), 0);
	put(&dir, "plots/delay.svg");
	mc_result_dir_end(&dir);
	assert_int_equal(entries(), 0);
}

static void test_names_taken(void **state)
{
	struct mc_failure failure = {};
	struct mc_result_dir dir[3];

	/* Some of these, at least, fall into the same second. */
	for (int i = 0; i < 3; i++)
		assert_int_equal(mc_result_dir_create(&dir[i], parent, "k", count_note, &failure),
				 0);
	for (int i = 0; i < 3; i++) {
		put(&dir[i], "x");
		assert_int_equal(mc_result_dir_commit(&dir[i], &failure), 0);
		mc_result_dir_end(&dir[i]);
	}
	assert_int_equal(entries(), 3);
	assert_int_equal(notes, 0);
}

static void test_dead_and_living_writer(void **state)
{
	struct mc_failure failure = {};
	struct mc_result_dir living, next;
	pid_t pid = fork();

	if (!pid) {
		struct mc_result_dir dead;

		if (mc_result_dir_create(&dead, parent, "k", NULL, &failure))
			_exit(1);
		fclose(mc_result_dir_open(&dead, "stress-ng/half", &failure));
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(entries(), 1);
	assert_int_equal(mc_result_dir_create(&living, parent, "k", count_note, &failure), 0);
	assert_int_equal(notes, 1);
	assert_int_equal(mc_result_dir_create(&next, parent, "k", count_note, &failure), 0);
	assert_int_equal(notes, 1);
	assert_int_equal(access(living.temporary, F_OK), 0);
	mc_result_dir_end(&living);
	mc_result_dir_end(&next);
	assert_int_equal(entries(), 0);
}

static void test_refused(void **state)
{
	static const char *const names[] = {"", "/etc/x", "../x", "a/../../x", "..", "a/.."};
	struct mc_failure failure = {};
	struct mc_result_dir dir;

	assert_int_equal(mc_result_dir_create(&dir, "/proc/none", "k", NULL, &failure), -1);
	assert_int_equal(failure.exit_code, MC_EXIT_ENVIRONMENT);
	assert_non_null(strstr(failure.text, "/proc/none"));
	assert_int_equal(mc_result_dir_create(&dir, "/dev/null/x", "k", NULL, &failure), -1);

	assert_int_equal(mc_result_dir_create(&dir, parent, "k", NULL, &failure), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_null(mc_result_dir_open(&dir, names[i], &failure));
	put(&dir, "twice");
	assert_null(mc_result_dir_open(&dir, "twice", &failure));
	mc_result_dir_end(&dir);
}

static void test_full_disk(void **state)
{
	struct mc_failure failure = {};
	FILE *full = fopen("/dev/full", "w");

	fputs("text", full);
	assert_int_equal(mc_result_file_close(full, "summary.csv", &failure), -1);
	assert_non_null(strstr(failure.text, "cannot write summary.csv: No space left"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_commit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_end_without_commit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names_taken, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dead_and_living_writer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test(test_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
