// SPDX-License-Identifier: GPL-2.0
/*
 * test_log.c - a failed VM's log is kept in the cache, and nowhere else
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process/tree.h"
#include "vm/log.h"

#define KEPT "cache/memory-collector/last-failed-kernel.log"

static char folder[] = "/tmp/mc-test-XXXXXX";

static void path_of(char *path, size_t size, const char *name)
{
	assert_true(snprintf(path, size, "%s/%s", folder, name) < (int)size);
}

static void write_file(const char *name, const char *text)
{
	char path[512];
	FILE *file;

	path_of(path, sizeof(path), name);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void assert_file(const char *name, const char *text)
{
	char path[512], got[64] = "";
	FILE *file;

	path_of(path, sizeof(path), name);
	file = fopen(path, "re");
	assert_non_null(file);
	assert_non_null(fgets(got, sizeof(got), file));
	fclose(file);
	assert_string_equal(got, text);
}

static void keep(const char *text)
{
	struct mc_failure failure = {.text = "it failed"};
	char log[512];

	write_file("log", text);
	path_of(log, sizeof(log), "log");
	mc_vm_log_keep(log, &failure);
	assert_non_null(strstr(failure.text, "it failed; the kernel log is kept in "));
	assert_non_null(strstr(failure.text, KEPT));
	assert_file(KEPT, text);
}

static int setup(void **state)
{
	char cache[512];

	if (!mkdtemp(folder))
		return -1;
	path_of(cache, sizeof(cache), "cache");
	return setenv("XDG_CACHE_HOME", cache, 1);
}

static int teardown(void **state)
{
	return mc_tree_remove(folder, NULL);
}

static void test_newest(void **state)
{
	keep("one");
	keep("two");
}

static void test_links(void **state)
{
	char target[512], temporary[512], kept[512];

	keep("one");
	write_file("target", "precious");
	path_of(target, sizeof(target), "target");
	path_of(kept, sizeof(kept), KEPT);
	assert_true(snprintf(temporary, sizeof(temporary), "%s/" KEPT ".%ld", folder,
			     (long)getpid()) < (int)sizeof(temporary));
	assert_int_equal(unlink(kept), 0);
	assert_int_equal(symlink(target, kept), 0);
	assert_int_equal(symlink(target, temporary), 0);
	keep("two");
	assert_file("target", "precious");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_newest),
		cmocka_unit_test(test_links),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
