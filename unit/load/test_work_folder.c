// SPDX-License-Identifier: GPL-2.0
/*
 * test_work_folder.c - the folder of loads, also while others exchange what has its name
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "load/work_folder.h"
#include "process/tree.h"

#define PATH_SIZE 512
#define STRANGER 61000

static char scratch[64];
static struct mc_work work;

static void path_of(char *path, size_t size, const char *name)
{
	assert_true(snprintf(path, size, "%s/%s", scratch, name) < (int)size);
}

static void make_folder(const char *name)
{
	char path[PATH_SIZE];

	path_of(path, sizeof(path), name);
	assert_int_equal(mkdir(path, 0755), 0);
}

static void make_file(const char *name, const char *text)
{
	char path[PATH_SIZE];
	FILE *file;

	path_of(path, sizeof(path), name);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static bool there(const char *name)
{
	char path[PATH_SIZE];
	struct stat info;

	path_of(path, sizeof(path), name);
	return !lstat(path, &info);
}

static void make(uid_t user)
{
	struct mc_failure failure = {0};

	if (mc_work_create(&work, scratch, &failure) || mc_work_add_load(&work, user, &failure))
		fail_msg("%s", failure.text);
}

static int setup(void **state)
{
	strcpy(scratch, "/tmp/mc-test-XXXXXX");
	return mkdtemp(scratch) ? 0 : -1;
}

static int teardown(void **state)
{
	return mc_tree_remove(scratch, NULL);
}

static void test_life(void **state)
{
	uid_t user = geteuid() ? (uid_t)-1 : STRANGER;
	struct mc_failure failure = {0};
	struct stat info;

	make(user);
	assert_int_equal(strncmp(work.path, scratch, strlen(scratch)), 0);
	assert_int_equal(fstat(work.fd, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0755);
	assert_int_equal(info.st_uid, geteuid());
	assert_int_equal(fstatat(work.fd, MC_WORK_LOAD, &info, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(info.st_mode & 07777, 0700);
	assert_int_equal(info.st_uid, geteuid() ? geteuid() : STRANGER);
	/* There is one at a time. */
	assert_int_equal(mc_work_add_load(&work, user, &failure), -1);
	assert_non_null(strstr(failure.text, "/load: File exists"));
	assert_int_equal(mc_work_remove_load(&work, &failure), 0);
	assert_int_equal(mc_work_remove_load(&work, &failure), 0);
	assert_int_equal(mc_work_add_load(&work, user, &failure), 0);
	assert_int_equal(mc_work_remove(&work, &failure), 0);
	assert_int_equal(mc_work_remove(&work, &failure), 0);
	assert_int_equal(rmdir(scratch), 0);
	assert_int_equal(mc_work_create(&work, scratch, &failure), -1);
	assert_non_null(strstr(failure.text, "scratch folder /tmp/mc-test-"));
	assert_non_null(strstr(failure.text, ": No such file"));
	assert_int_equal(mc_work_remove(&work, &failure), 0);
}

static void test_files(void **state)
{
	static const char *const refused[] = {"fifo", "link", "folder", "long", "missing"};
	struct mc_failure failure = {0};
	char text[16] = "";
	FILE *file;
	size_t i;
	int fd;

	make((uid_t)-1);
	fd = openat(work.fd, MC_WORK_LOAD, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	make_file("outside", "text\n");
	assert_int_equal(mkfifoat(fd, "fifo", 0600), 0);
	assert_int_equal(symlinkat("../../outside", fd, "link"), 0);
	assert_int_equal(mkdirat(fd, "folder", 0700), 0);
	for (i = 0; i < 2; i++) {
		int one = openat(fd, i ? "long" : "fine", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

		assert_int_equal(write(one, "12345678", i ? 8 : 7), i ? 8 : 7);
		close(one);
	}
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_null(mc_work_open(&work, refused[i], 7));
	file = mc_work_open(&work, "fine", 7);
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	assert_string_equal(text, "1234567");
	fclose(file);
	close(fd);
	assert_int_equal(mc_work_remove(&work, &failure), 0);
	assert_true(there("outside"));
}

/* Who owns the scratch folder moves ours away and puts a link to another one in its place. */
static void test_exchanged(void **state)
{
	struct mc_failure failure = {0};
	char away[PATH_SIZE], outside[PATH_SIZE];
	struct stat info;

	assert_int_equal(mc_work_create(&work, scratch, &failure), 0);
	path_of(away, sizeof(away), "away");
	path_of(outside, sizeof(outside), "outside");
	make_folder("outside");
	assert_int_equal(rename(work.path, away), 0);
	assert_int_equal(symlink(outside, work.path), 0);
	assert_int_equal(mc_work_add_load(&work, geteuid() ? (uid_t)-1 : STRANGER, &failure), 0);
	assert_true(there("away/load"));
	assert_false(there("outside/load"));
	make_folder("outside/load");
	make_file("outside/load/stress-ng.yaml", "theirs\n");
	assert_null(mc_work_open(&work, "stress-ng.yaml", 100));
	assert_int_equal(mc_work_remove_load(&work, &failure), 0);
	assert_false(there("away/load"));
	assert_true(there("outside/load/stress-ng.yaml"));
	assert_int_equal(stat(outside, &info), 0);
	assert_int_equal(info.st_uid, geteuid());
	assert_int_equal(mc_work_remove(&work, &failure), -1);
	assert_non_null(strstr(failure.text, "Not a directory"));
	assert_true(there("outside/load/stress-ng.yaml"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_life, setup, teardown),
		cmocka_unit_test_setup_teardown(test_files, setup, teardown),
		cmocka_unit_test_setup_teardown(test_exchanged, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
