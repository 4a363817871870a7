// SPDX-License-Identifier: GPL-2.0
/*
 * test_dir.c - result folders: whole under a final name, or not there
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
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "memory_collector/result_io.h"
#include "process/tree.h"

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

static int exists(const char *dir, const char *name)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return !access(path, F_OK);
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
	static const struct {
		const char *kernel, *ends;
	} rows[] = {
		{"6.1.0-56-cloud-amd64", "Z-6.1.0-56-cloud-amd64"},
		{"6.1+rt_x~y", "Z-6.1+rt_x~y"},
		{"6.1/../../etc", "Z-6.1_.._.._etc"},
		{"a b\n$(c)", "Z-a_b___c_"},
		{"", "Z-"},
	};
	struct mc_failure failure = {};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mc_result_dir dir;
		const char *name;

		assert_int_equal(mc_result_dir_create(&dir, parent, rows[i].kernel, count_note,
						      &failure),
				 0);
		name = strrchr(dir.temporary, '/') + 1;
		assert_int_equal(*name, '.');
		put(&dir, "summary.json");
		put(&dir, "stress-ng/cpu.yaml");
		assert_int_equal(exists(dir.final, ""), 0);
		assert_int_equal(mc_result_dir_commit(&dir, &failure), 0);
		name = strrchr(dir.final, '/') + 1;
		/* 20261124T070102Z-... */
		assert_int_equal(strspn(name, "0123456789"), 8);
		assert_int_equal(name[8], 'T');
		assert_int_equal(strspn(name + 9, "0123456789"), 6);
		assert_string_equal(name + 15, rows[i].ends);
		assert_int_equal(exists(dir.final, "stress-ng/cpu.yaml"), 1);
		assert_int_equal(entries(), i + 1);
		mc_result_dir_end(&dir);
		assert_int_equal(entries(), i + 1);
	}
	assert_int_equal(notes, 0);
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

/* The third run in a second finds the first two's names taken; nothing of theirs changes. */
static void test_same_second(void **state)
{
	struct mc_failure failure = {};
	struct mc_result_dir dir[3];
	char *wanted, *expected;

	for (int i = 0; i < 3; i++) {
		assert_int_equal(mc_result_dir_create(&dir[i], parent, "k", count_note, &failure),
				 0);
		free(dir[i].final);
		dir[i].final = NULL;
		assert_true(asprintf(&dir[i].final, "%s/20261124T070102Z-k", parent) > 0);
	}
	wanted = strdup(dir[0].final);
	for (int i = 0; i < 3; i++) {
		put(&dir[i], i ? "later" : "first");
		assert_int_equal(mc_result_dir_commit(&dir[i], &failure), 0);
		if (asprintf(&expected, i ? "%s-%d" : "%s", wanted, i + 1) < 0)
			abort();
		assert_string_equal(dir[i].final, expected);
		assert_int_equal(exists(expected, i ? "later" : "first"), 1);
		free(expected);
		mc_result_dir_end(&dir[i]);
	}
	assert_int_equal(exists(wanted, "later"), 0);
	assert_int_equal(entries(), 3);
	free(wanted);
}

/* An empty folder, a file and a symbolic link that leads nowhere keep their names, too. */
static void test_name_taken_by_others(void **state)
{
	struct mc_failure failure = {};

	for (int i = 0; i < 3; i++) {
		struct mc_result_dir dir;
		struct stat before, after;
		char *taken;

		assert_int_equal(mc_result_dir_create(&dir, parent, "k", count_note, &failure), 0);
		taken = strdup(dir.final);
		if (i == 0)
			assert_int_equal(mkdir(taken, 0700), 0);
		else if (i == 1)
			fclose(fopen(taken, "w"));
		else
			assert_int_equal(symlink("nowhere", taken), 0);
		assert_int_equal(lstat(taken, &before), 0);
		assert_int_equal(mc_result_dir_commit(&dir, &failure), 0);
		assert_int_equal(lstat(taken, &after), 0);
		assert_int_equal(before.st_ino, after.st_ino);
		assert_string_not_equal(dir.final, taken);
		assert_int_equal(access(dir.final, R_OK), 0);
		mc_result_dir_end(&dir);
		assert_int_equal(mc_tree_remove(parent, NULL), 0);
		assert_int_equal(mkdir(parent, 0700), 0);
		free(taken);
	}
}

/* A child that dies with its folder half written */
static void leave_dead(void)
{
	struct mc_failure failure = {};
	struct mc_result_dir dead;
	pid_t pid = fork();

	if (!pid) {
		if (mc_result_dir_create(&dead, parent, "k", NULL, &failure))
			_exit(1);
		fclose(mc_result_dir_open(&dead, "stress-ng/half", &failure));
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void test_dead_and_living_writer(void **state)
{
	struct mc_failure failure = {};
	struct mc_result_dir living, next;

	leave_dead();
	assert_int_equal(entries(), 1);
	assert_int_equal(mc_result_dir_create(&living, parent, "k", count_note, &failure), 0);
	assert_int_equal(notes, 1);
	put(&living, "half");
	assert_int_equal(mc_result_dir_create(&next, parent, "k", count_note, &failure), 0);
	assert_int_equal(notes, 1);
	assert_int_equal(exists(living.temporary, "half"), 1);
	assert_int_equal(mc_result_dir_commit(&living, &failure), 0);
	assert_int_equal(exists(living.final, "half"), 1);
	mc_result_dir_end(&living);
	mc_result_dir_end(&next);
	assert_int_equal(entries(), 1);
}

/* Other people's folders and files, whose names are nearly ours */
static void test_not_ours(void **state)
{
	static const char *const names[] = {
		".memory-collector-run-",      ".memory-collector-run-1",
		".memory-collector-run-1-",    ".memory-collector-run-1-2x",
		".memory-collector-run--2",    ".memory-collector-run-a-2",
		".memory-collector-run-1-2-3", "memory-collector-run-1-2",
		"20261124T070102Z-k",
	};
	size_t n = sizeof(names) / sizeof(names[0]);
	char path[200], away[] = "/tmp/mc-test-away-XXXXXX";
	struct mc_failure failure = {};
	struct mc_result_dir dir;

	assert_non_null(mkdtemp(away));
	for (size_t i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", parent, names[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	snprintf(path, sizeof(path), "%s/.memory-collector-run-1-2", parent);
	assert_int_equal(symlink(away, path), 0);
	snprintf(path, sizeof(path), "%s/.memory-collector-run-1-3", parent);
	fclose(fopen(path, "w"));
	assert_int_equal(mc_result_dir_create(&dir, parent, "k", count_note, &failure), 0);
	mc_result_dir_end(&dir);
	assert_int_equal(notes, 0);
	assert_int_equal(entries(), n + 2);
	assert_int_equal(rmdir(away), 0);
}

/* Many runs that begin and end in one folder at once */
static void test_crowd(void **state)
{
	enum { RUNS = 8, ROUNDS = 20 };

	for (int i = 0; i < RUNS; i++) {
		if (fork())
			continue;
		for (int round = 0; round < ROUNDS; round++) {
			struct mc_failure failure = {};
			struct mc_result_dir dir;
			FILE *file;

			if (mc_result_dir_create(&dir, parent, "k", NULL, &failure))
				_exit(1);
			file = mc_result_dir_open(&dir, "stress-ng/cpu.yaml", &failure);
			if (!file || mc_result_file_close(file, "cpu.yaml", &failure) ||
			    (round % 2 && mc_result_dir_commit(&dir, &failure)))
				_exit(2);
			mc_result_dir_end(&dir);
		}
		_exit(0);
	}
	for (int i = 0; i < RUNS; i++) {
		int status;

		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(entries(), RUNS * ROUNDS / 2);
}

static void test_refused_parents(void **state)
{
	static const struct {
		const char *parent, *says;
	} rows[] = {
		{"/proc/none", "/proc/none: No such file or directory"},
		{"/proc/none/deeper", "/proc/none/deeper: No such file or directory"},
		{"/dev/null", "/dev/null: Not a directory"},
		{"/dev/null/x", "/dev/null/x: Not a directory"},
		{"", ": No such file or directory"},
	};
	struct mc_failure failure = {};
	struct mc_result_dir dir;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(mc_result_dir_create(&dir, rows[i].parent, "k", NULL, &failure),
				 -1);
		assert_int_equal(failure.exit_code, MC_EXIT_ENVIRONMENT);
		if (!strstr(failure.text, rows[i].says) || !strstr(failure.text, "--results DIR"))
			fail_msg("row %zu: '%s' does not say '%s'", i, failure.text, rows[i].says);
		mc_result_dir_end(&dir);
	}
}

/* As somebody who may not write there; root may write everywhere. */
static void test_no_permission(void **state)
{
	struct mc_failure failure = {};
	struct mc_result_dir dir;
	char deeper[100];
	uid_t user = geteuid();

	snprintf(deeper, sizeof(deeper), "%s/a/b", parent);
	assert_int_equal(chmod(parent, 0555), 0);
	if (!user)
		assert_int_equal(seteuid(65534), 0);
	assert_int_equal(mc_result_dir_create(&dir, parent, "k", NULL, &failure), -1);
	assert_non_null(strstr(failure.text, ": Permission denied; "));
	assert_int_equal(mc_result_dir_create(&dir, deeper, "k", NULL, &failure), -1);
	assert_non_null(strstr(failure.text, ": Permission denied; "));
	assert_int_equal(seteuid(user), 0);
	assert_int_equal(chmod(parent, 0755), 0);
	assert_int_equal(entries(), 0);
}

static void test_refused_names(void **state)
{
	static const char *const names[] = {"", "/etc/x", "../x", "a/../../x", "..", "a/.."};
	struct mc_failure failure = {};
	struct mc_result_dir dir;

	assert_int_equal(mc_result_dir_create(&dir, parent, "k", NULL, &failure), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_null(mc_result_dir_open(&dir, names[i], &failure));
		assert_non_null(strstr(failure.text, "it would not be in the results folder"));
	}
	put(&dir, "twice");
	assert_null(mc_result_dir_open(&dir, "twice", &failure));
	assert_non_null(strstr(failure.text, "File exists"));
	assert_null(mc_result_dir_open(&dir, "twice/x", &failure));
	assert_non_null(strstr(failure.text, "Not a directory"));
	mc_result_dir_end(&dir);
	assert_int_equal(entries(), 0);
}

static void test_full_disk(void **state)
{
	struct mc_failure failure = {};
	FILE *full = fopen("/dev/full", "w");

	fputs("text", full);
	assert_int_equal(mc_result_file_close(full, "summary.csv", &failure), -1);
	assert_non_null(strstr(failure.text, "cannot write summary.csv: No space left"));
	assert_int_equal(failure.exit_code, MC_EXIT_ENVIRONMENT);
}

/* A limit on the size of files stands for a disk that is full in the middle of one. */
static void test_full_in_the_middle(void **state)
{
	struct rlimit before, limit;
	struct mc_failure failure = {};
	struct mc_result_dir dir;
	FILE *file;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = 100000;
	assert_int_equal(mc_result_dir_create(&dir, parent, "k", count_note, &failure), 0);
	file = mc_result_dir_open(&dir, "ticks.csv", &failure);
	assert_non_null(file);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (int i = 0; i < 200000; i++)
		fputc('x', file);
	assert_int_equal(mc_result_file_close(file, "ticks.csv", &failure), -1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_non_null(strstr(failure.text, "cannot write ticks.csv: File too large"));
	mc_result_dir_end(&dir);
	assert_int_equal(entries(), 0);
}

/* The folder was removed under the run's feet. */
static void test_folder_gone(void **state)
{
	struct mc_failure failure = {};
	struct mc_result_dir dir;

	assert_int_equal(mc_result_dir_create(&dir, parent, "k", count_note, &failure), 0);
	assert_int_equal(mc_tree_remove(dir.temporary, &failure), 0);
	assert_int_equal(mc_result_dir_commit(&dir, &failure), -1);
	assert_non_null(strstr(failure.text, "No such file or directory"));
	mc_result_dir_end(&dir);
	assert_int_equal(entries(), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_commit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_end_without_commit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_same_second, setup, teardown),
		cmocka_unit_test_setup_teardown(test_name_taken_by_others, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dead_and_living_writer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_ours, setup, teardown),
		cmocka_unit_test_setup_teardown(test_crowd, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused_parents, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_permission, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused_names, setup, teardown),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test_setup_teardown(test_full_in_the_middle, setup, teardown),
		cmocka_unit_test_setup_teardown(test_folder_gone, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
