// SPDX-License-Identifier: GPL-2.0
/*
 * test_memory.c - guests that have no room for their programs
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "vm/memory.h"

#define MIB (1024UL * 1024)

static void least(void **state)
{
	static const struct {
		uint64_t bytes, mib;
	} rows[] = {
		{0, 48},
		{1, 49},
		{72952UL * 1024, 262}, /* 256 MiB were too few for it, 272 were enough */
		{100 * MIB, 348},
		{4096 * MIB, 12336},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(mc_vm_memory_least(rows[i].bytes), rows[i].mib);
}

static void refused(void **state)
{
	char path[] = "/tmp/memory-collector-memory-XXXXXX";
	struct mc_failure failure = {};
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 100 * MIB - 10), 0);
	assert_int_equal(mc_vm_memory_check(path, 348, &failure), 0);
	assert_int_equal(mc_vm_memory_check(path, 347, &failure), -1);
	assert_int_equal(failure.exit_code, MC_EXIT_ENVIRONMENT);
	assert_string_equal(failure.text,
			    "the VM's 347 MiB of memory have no room for its programs and "
			    "libraries, 100 MiB: it needs 348 MiB to unpack them; choose more with "
			    "--memory");
	close(fd);
	unlink(path);
	assert_int_equal(mc_vm_memory_check(path, 1, &failure), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(least),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
