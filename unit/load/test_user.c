// SPDX-License-Identifier: GPL-2.0
/*
 * test_user.c - a load's user is nobody else's
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "load/user.h"

#define FIRST MC_LOAD_USERS_RUN_STRESS

static const struct {
	const char *status;
	int result;
	unsigned int ids[8];
} rows[] = {
	{"Name:\tsh\nState:\tS (sleeping)\nUid:\t0\t1\t2\t3\nGid:\t4\t5\t6\t4294967295\nFDSize:\t64\n",
	 0,
	 {0, 1, 2, 3, 4, 5, 6, 4294967295U}},
	/* Within a line it is part of a name. */
	{"Name:\tUid:\t9\t9\t9\t9\nUid:\t1\t1\t1\t1\nGid:\t2\t2\t2\t2\n",
	 0,
	 {1, 1, 1, 1, 2, 2, 2, 2}},
	{"Name:\tsh\nUid:\t0\t1\t2\nGid:\t4\t5\t6\t7\n", -1, {0}},
	{"Name:\tsh\nUid:\t0\t1\t2\t3\n", -1, {0}},
	{"Name:\tsh\nGid:\t4\t5\t6\t7\n", -1, {0}},
	{"Name:\tsh\nUid:\t0\t1\t2\t3\nGid:\t4\t5", -1, {0}},
	{"", -1, {0}},
};

static void test_parse(void **state)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned int ids[8];

		assert_int_equal(mc_parse_process_users(rows[i].status, ids), rows[i].result);
		if (!rows[i].result)
			assert_memory_equal(ids, rows[i].ids, sizeof(ids));
	}
}

/* Sleeps as this user, or group, until it is killed. */
static pid_t start_as(uid_t user, gid_t group)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		if (setresgid(group, group, group) || setresuid(user, user, user) ||
		    write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void test_choice(void **state)
{
	struct mc_failure failure = {0};
	uid_t first, second, third;
	pid_t one, other;

	if (geteuid()) {
		assert_int_equal(mc_load_user(FIRST, MC_LOAD_USERS, &first, &failure), 0);
		assert_int_equal(first, (uid_t)-1);
		skip();
	}
	assert_int_equal(mc_load_user(FIRST, MC_LOAD_USERS, &first, &failure), 0);
	assert_true(first >= FIRST && first < FIRST + MC_LOAD_USERS);
	assert_null(getpwuid(first));
	assert_null(getgrgid(first));
	one = start_as(first, 0);
	assert_int_equal(mc_load_user(FIRST, MC_LOAD_USERS, &second, &failure), 0);
	assert_int_not_equal(second, first);
	other = start_as(0, second);
	assert_int_equal(mc_load_user(FIRST, MC_LOAD_USERS, &third, &failure), 0);
	assert_int_not_equal(third, first);
	assert_int_not_equal(third, second);
	end(one);
	end(other);
}

/* Root has both. */
static void test_none_left(void **state)
{
	struct mc_failure failure = {0};
	uid_t user;

	if (geteuid())
		skip();
	assert_int_equal(mc_load_user(0, 1, &user, &failure), -1);
	assert_int_equal(failure.exit_code, MC_EXIT_ENVIRONMENT);
	assert_non_null(strstr(failure.text, "each of 0 to 0 has a process or a name"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_none_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
