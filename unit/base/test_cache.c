// SPDX-License-Identifier: GPL-2.0
/*
 * test_cache.c - where the cache is, for the harness and for the scripts alike
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cache.h"
#include "memory_collector/child.h"

#define SCRIPT UNIT_DATA "/../../harness/fetch/cache-dir.sh"
#define STRANGER 61000
#define TIMEOUT_NS 60000000000LL

/* OTHERS stands for a folder of another user, HOME for what the user database has. */
#define OTHERS "others"
#define HOME "home"

static char others[] = "/tmp/mc-test-XXXXXX";

static const struct {
	const char *cache, *home, *in;
} rows[] = {
	{"/c", "/h", "/c"},	   {"/c", NULL, "/c"},
	{OTHERS, "/h", OTHERS}, /* It was asked for. */
	{NULL, "/h", "/h/.cache"}, {"", "/h", "/h/.cache"},
	{"c", "/h", "/h/.cache"},  {NULL, "/nonexistent/h", "/nonexistent/h/.cache"},
	{NULL, NULL, HOME},	   {NULL, "", HOME},
	{NULL, "h", HOME},	   {NULL, OTHERS, NULL}, /* HOME for root */
};

static void set(const char *name, const char *value)
{
	if (value && !strcmp(value, OTHERS))
		value = others;
	if (value)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

static void wanted(char *path, size_t size, const char *in)
{
	if (!in)
		in = geteuid() ? OTHERS : HOME;
	if (!strcmp(in, HOME))
		snprintf(path, size, "%s/.cache/memory-collector", getpwuid(geteuid())->pw_dir);
	else if (strcmp(in, OTHERS))
		snprintf(path, size, "%s/memory-collector", in);
	else
		snprintf(path, size, "%s/%smemory-collector", others,
			 getenv("XDG_CACHE_HOME") ? "" : ".cache/");
}

static int setup(void **state)
{
	if (!mkdtemp(others))
		return -1;
	return geteuid() ? 0 : chown(others, STRANGER, STRANGER);
}

static int teardown(void **state)
{
	return rmdir(others);
}

static void test_one_rule(void **state)
{
	static const char *const argv[] = {SCRIPT, NULL};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mc_failure failure = {0};
		char path[512], here[520], said[512];

		set("XDG_CACHE_HOME", rows[i].cache);
		set("HOME", rows[i].home);
		wanted(path, sizeof(path), rows[i].in);
		assert_true(mc_cache_path(here, sizeof(here), "x"));
		assert_int_equal(strncmp(here, path, strlen(path)), 0);
		assert_string_equal(here + strlen(path), "/x");
		if (mc_child_output(argv, TIMEOUT_NS, said, sizeof(said), &failure))
			fail_msg("%s", failure.text);
		said[strcspn(said, "\n")] = '\0';
		assert_string_equal(said, path);
	}
}

static void test_no_room(void **state)
{
	char path[25];

	setenv("XDG_CACHE_HOME", "/c", 1);
	assert_true(mc_cache_path(path, sizeof(path), "four"));
	assert_string_equal(path, "/c/memory-collector/four");
	assert_false(mc_cache_path(path, sizeof(path), "fives"));
}

/* A user without an entry, as in a container that was told a number */
static void test_no_home(void **state)
{
	char path[512];
	int status;
	pid_t pid;

	if (geteuid() || getpwuid(STRANGER))
		skip();
	unsetenv("XDG_CACHE_HOME");
	unsetenv("HOME");
	pid = fork();
	if (!pid)
		_exit(setresuid(STRANGER, STRANGER, STRANGER) ||
		      mc_cache_path(path, sizeof(path), "x"));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_rule),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_no_home),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
