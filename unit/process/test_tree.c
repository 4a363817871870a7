// SPDX-License-Identifier: GPL-2.0
/*
 * test_tree.c - folders are removed whole, and nothing outside of them
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/tree.h"

#define PATH_SIZE 512
#define DEEP 2000
#define FILES 200
#define ROUNDS 10
/* Has no process here */
#define STRANGER 65534

static char folder[64], tree[128], outside[128];

static void path_of(char *path, size_t size, const char *in, const char *name)
{
	assert_true(snprintf(path, size, "%s/%s", in, name) < (int)size);
}

static void make_folder(const char *in, const char *name)
{
	char path[PATH_SIZE];

	path_of(path, sizeof(path), in, name);
	assert_int_equal(mkdir(path, 0755), 0);
}

static void make_file(const char *in, const char *name)
{
	char path[PATH_SIZE];
	int fd;

	path_of(path, sizeof(path), in, name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	close(fd);
}

static void make_link(const char *to, const char *in, const char *name)
{
	char path[PATH_SIZE];

	path_of(path, sizeof(path), in, name);
	assert_int_equal(symlink(to, path), 0);
}

static bool there(const char *in, const char *name)
{
	char path[PATH_SIZE];
	struct stat info;

	path_of(path, sizeof(path), in, name);
	return !lstat(path, &info);
}

/* Below /tmp, with a tree to remove and a folder that has to stay */
static int setup(void **state)
{
	strcpy(folder, "/tmp/mc-test-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	path_of(tree, sizeof(tree), folder, "tree");
	path_of(outside, sizeof(outside), folder, "outside");
	make_folder(folder, "tree");
	make_folder(folder, "outside");
	make_file(outside, "file");
	return 0;
}

static int teardown(void **state)
{
	return mc_tree_remove(folder, NULL);
}

static void test_all_kinds(void **state)
{
	struct mc_failure failure = {0};
	char path[PATH_SIZE];

	make_file(tree, "file");
	make_file(tree, ".hidden");
	make_link(outside, tree, "link");
	make_link("nowhere", tree, "dangling");
	make_folder(tree, "empty");
	make_folder(tree, "full");
	make_file(tree, "full/file");
	make_link(outside, tree, "full/link");
	path_of(path, sizeof(path), tree, "full/fifo");
	assert_int_equal(mkfifo(path, 0600), 0);
	path_of(path, sizeof(path), tree, "unreadable");
	assert_int_equal(mkdir(path, 0), 0);
	if (mc_tree_remove(tree, &failure))
		fail_msg("%s", failure.text);
	assert_false(there(folder, "tree"));
	assert_true(there(outside, "file"));
	/* No longer there, which is what was wanted */
	assert_int_equal(mc_tree_remove(tree, &failure), 0);
}

static void test_no_folder(void **state)
{
	static const struct {
		const char *name, *says;
	} rows[] = {
		{"file", "file: Not a directory"},
		{"link", "link: Not a directory"},
		{"dangling", "dangling: Not a directory"},
		{"file/below", "file/below: Not a directory"},
	};
	char path[PATH_SIZE];
	size_t i;

	make_file(tree, "file");
	make_link(outside, tree, "link");
	make_link("nowhere", tree, "dangling");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mc_failure failure = {0};

		path_of(path, sizeof(path), tree, rows[i].name);
		assert_int_equal(mc_tree_remove(path, &failure), -1);
		assert_int_equal(mc_tree_remove(path, NULL), -1);
		assert_non_null(strstr(failure.text, "cannot remove "));
		assert_non_null(strstr(failure.text, rows[i].says));
	}
	assert_true(there(tree, "file") && there(tree, "link") && there(outside, "file"));
}

/* As stress-ng's dirdeep makes it; a path to its end has no room in PATH_MAX. */
static void test_deep(void **state)
{
	struct rlimit limit, few;
	struct mc_failure failure = {0};
	int fd = open(tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC), i;

	for (i = 0; i < DEEP; i++) {
		int below;

		assert_int_equal(mkdirat(fd, "folder", 0755), 0);
		below = openat(fd, "folder", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_true(below >= 0);
		close(fd);
		fd = below;
	}
	close(fd);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	few = (struct rlimit){.rlim_cur = 128, .rlim_max = limit.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	if (mc_tree_remove(tree, &failure))
		fail_msg("%s", failure.text);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_false(there(folder, "tree"));
}

/* A folder that was looked at is emptied, whatever has its name by then. */
static void test_open(void **state)
{
	struct mc_failure failure = {0};
	char away[PATH_SIZE];
	int fd = open(tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	make_file(tree, "file");
	path_of(away, sizeof(away), folder, "away");
	assert_int_equal(rename(tree, away), 0);
	make_link(outside, folder, "tree");
	assert_int_equal(mc_tree_remove_open(fd, AT_FDCWD, tree, &failure), -1);
	assert_non_null(strstr(failure.text, "tree: Not a directory"));
	assert_false(there(away, "file"));
	assert_true(there(outside, "file"));
	close(fd);
}

/* ---- while another process is at work in it ---- */

/* A folder and a link to one outside change places until the end. */
__attribute__((noreturn)) static void swap(void)
{
	int fd = open(tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (!geteuid() &&
	    (setresgid(STRANGER, STRANGER, STRANGER) || setresuid(STRANGER, STRANGER, STRANGER)))
		_exit(1);
	for (;;)
		renameat2(fd, "folder", fd, "link", RENAME_EXCHANGE);
}

static void make_swapped(void)
{
	char name[32], path[PATH_SIZE];
	int i;

	make_folder(tree, "folder");
	make_link(outside, tree, "link");
	for (i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "folder/%d", i);
		make_file(tree, name);
	}
	path_of(path, sizeof(path), tree, "folder");
	if (!geteuid())
		assert_int_equal(chown(tree, STRANGER, STRANGER) || chown(path, STRANGER, STRANGER),
				 0);
}

static int count_outside(void)
{
	char name[32];
	int i, n = 0;

	for (i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "%d", i);
		n += there(outside, name);
	}
	return n;
}

static void test_swapped(void **state)
{
	struct mc_failure failure = {0};
	char name[32];
	int i, status, result;
	pid_t pid;

	for (i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "%d", i);
		make_file(outside, name);
	}
	for (i = 0; i < ROUNDS; i++) {
		if (i)
			make_folder(folder, "tree");
		make_swapped();
		assert_int_equal(chmod(folder, 0755), 0);
		pid = fork();
		if (!pid)
			swap();
		/* As a pid, -1 is every process. */
		assert_true(pid > 0);
		usleep(1000);
		result = mc_tree_remove(tree, &failure);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(count_outside(), FILES);
		if (result)
			fail_msg("%s", failure.text);
		assert_false(there(folder, "tree"));
	}
}

/* ---- mounts ---- */

static bool write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t size = strlen(text), put;

	if (fd < 0)
		return false;
	put = write(fd, text, size);
	close(fd);
	return put == size;
}

/* In a namespace of our own. Return: whether this user may. */
static bool may_mount(void)
{
	uid_t user = geteuid();
	gid_t group = getegid();
	char users[64], groups[64];

	snprintf(users, sizeof(users), "0 %u 1", user);
	snprintf(groups, sizeof(groups), "0 %u 1", group);
	if (unshare(user ? CLONE_NEWUSER | CLONE_NEWNS : CLONE_NEWNS))
		return false;
	if (user &&
	    (!write_to("/proc/self/uid_map", users) || !write_to("/proc/self/setgroups", "deny") ||
	     !write_to("/proc/self/gid_map", groups)))
		return false;
	return !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

static void test_mounted(void **state)
{
	struct mc_failure failure = {0};
	char on[PATH_SIZE];

	if (!may_mount())
		skip();
	make_folder(tree, "folder");
	make_folder(tree, "folder/other");
	make_folder(tree, "folder/same");
	path_of(on, sizeof(on), tree, "folder/other");
	assert_int_equal(mount("none", on, "tmpfs", 0, NULL), 0);
	make_file(on, "file");
	path_of(on, sizeof(on), tree, "folder/same");
	assert_int_equal(mount(outside, on, NULL, MS_BIND, NULL), 0);
	assert_int_equal(mc_tree_remove(tree, &failure), -1);
	assert_non_null(strstr(failure.text, "tree: Device or resource busy"));
	assert_true(there(tree, "folder/other/file") && there(tree, "folder/same/file"));
	assert_int_equal(umount(on), 0);
	path_of(on, sizeof(on), tree, "folder/other");
	assert_int_equal(umount(on), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_all_kinds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_folder, setup, teardown),
		cmocka_unit_test_setup_teardown(test_deep, setup, teardown),
		cmocka_unit_test_setup_teardown(test_open, setup, teardown),
		cmocka_unit_test_setup_teardown(test_swapped, setup, teardown),
		/* The last one: it leaves this process where it may mount. */
		cmocka_unit_test_setup_teardown(test_mounted, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
