// SPDX-License-Identifier: GPL-2.0
/*
 * test_kernel_sets.c - which lists of kernels are taken, and what is found for them
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/kernel_sets.h"
#include "process/tree.h"

#define MODULE "modules/sync_timer_benchmark_module.ko"

static char folder[] = "/tmp/memory-collector-test-XXXXXX";

static void make(const char *name, int is_file)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (!is_file) {
		assert_int_equal(mkdir(path, 0755), 0);
		return;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	close(fd);
}

static int set_up(void **state)
{
	assert_non_null(mkdtemp(folder));
	make("stable", 0);
	make("stable/modules", 0);
	make("stable/" MODULE, 1);
	make("arm64", 0);
	make("arm64/modules", 0);
	make("arm64/" MODULE, 1);
	make("arm64/root", 0);
	make("failed", 0);
	return 0;
}

static int tear_down(void **state)
{
	return mc_tree_remove(folder, NULL);
}

static void found(void **state)
{
	struct mc_kernel_sets sets;
	struct mc_failure failure;
	char list[PATH_MAX], path[PATH_MAX];

	snprintf(list, sizeof(list), "arm64,%s/stable//", folder);
	assert_int_equal(mc_kernel_sets_find(&sets, list, folder, &failure), 0);
	assert_int_equal(sets.n, 2);
	assert_string_equal(sets.set[0].name, "arm64");
	snprintf(path, sizeof(path), "%s/arm64/root", folder);
	assert_string_equal(sets.set[0].root, path);
	assert_string_equal(sets.set[1].name, "stable");
	snprintf(path, sizeof(path), "%s/stable/" MODULE, folder);
	assert_string_equal(sets.set[1].module, path);
	assert_null(sets.set[1].root);
	mc_kernel_sets_free(&sets);
}

static void refused(void **state)
{
	static const struct {
		const char *list, *says;
		enum mc_exit code;
	} rows[] = {
		{"", "'': a name has", MC_EXIT_USAGE},
		{"stable,", "'': a name has", MC_EXIT_USAGE},
		{",stable", "'': a name has", MC_EXIT_USAGE},
		{"/", "'': a name has", MC_EXIT_USAGE},
		{"..", "'..': a name has", MC_EXIT_USAGE},
		{"/etc/..", "'..': a name has", MC_EXIT_USAGE},
		{"sta ble", "'sta ble': a name has", MC_EXIT_USAGE},
		{"stable@x", "'stable@x': a name has", MC_EXIT_USAGE},
		{"a-name-of-21-letters-", "a name has 1 to 20", MC_EXIT_USAGE},
		{"stable,arm64,stable", "'stable' is there twice", MC_EXIT_USAGE},
		{"stable,/x/stable", "'stable' is there twice", MC_EXIT_USAGE},
		{"stable,none", "no kernel 'none' has been built", MC_EXIT_ENVIRONMENT},
		{"failed", "no kernel 'failed' has been built", MC_EXIT_ENVIRONMENT},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mc_failure failure = {0};
		struct mc_kernel_sets sets;

		if (mc_kernel_sets_find(&sets, rows[i].list, folder, &failure) != -1)
			fail_msg("accepted: %s", rows[i].list);
		assert_int_equal(failure.exit_code, rows[i].code);
		if (!strstr(failure.text, rows[i].says))
			fail_msg("%s: %s", rows[i].list, failure.text);
		assert_int_equal(sets.n, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
