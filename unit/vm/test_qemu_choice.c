// SPDX-License-Identifier: GPL-2.0
/*
 * test_qemu_choice.c - which QEMU, by what those of PATH and the cache say they are
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "process/tree.h"
#include "vm/qemu_choice.h"

#define NAME "qemu-system-test"

static char folder[] = "/tmp/memory-collector-choice-XXXXXX";

/* A program that says so; none where @says is NULL */
static void put_program(const char *path, const char *says)
{
	FILE *file;

	unlink(path);
	if (!says)
		return;
	file = fopen(path, "we");
	assert_non_null(file);
	fprintf(file, "#!/bin/sh\necho '%s'\n", says);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0755), 0);
}

static void choices(void **state)
{
	static const struct {
		const char *installed, *fetched;
		bool takes_fetched;
		unsigned int major, minor;
		bool faulty;
	} rows[] = {
		{"QEMU emulator version 7.2.22 (Debian 1:7.2)", "QEMU emulator version 10.0.2",
		 true, 10, 0, false},
		{"QEMU emulator version 7.2.22", NULL, false, 7, 2, true},
		{"QEMU emulator version 8.0.5", "QEMU emulator version 8.1.0", true, 8, 1, false},
		{"QEMU emulator version 8.1.0", "QEMU emulator version 10.0.2", false, 8, 1, false},
		{"QEMU emulator version 9.0.50", NULL, false, 9, 0, false},
		/* What was fetched is no better, or does not run any more */
		{"QEMU emulator version 7.2.22", "QEMU emulator version 7.0.0", false, 7, 2, true},
		{"QEMU emulator version 7.2.22", "no library", false, 7, 2, true},
		/* Without one in PATH there are no libraries for the other. */
		{NULL, "QEMU emulator version 10.0.2", false, 0, 0, true},
		{"something else", "QEMU emulator version 10.0.2", false, 0, 0, true},
	};
	char installed[128], fetched[128];

	snprintf(installed, sizeof(installed), "%s/" NAME, folder);
	snprintf(fetched, sizeof(fetched), "%s/memory-collector/qemu/" NAME, folder);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mc_qemu qemu;

		put_program(installed, rows[i].installed);
		put_program(fetched, rows[i].fetched);
		mc_qemu_choose(NAME, 2, &qemu);
		assert_string_equal(qemu.program, rows[i].takes_fetched ? fetched : NAME);
		assert_int_equal(qemu.major, rows[i].major);
		assert_int_equal(qemu.minor, rows[i].minor);
		assert_int_equal(mc_qemu_is_faulty(&qemu), rows[i].faulty);
		mc_qemu_choose(NAME, 1, &qemu);
		assert_string_equal(qemu.program, NAME);
	}
}

static int set_up(void **state)
{
	char path[128];

	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/memory-collector", folder);
	if (mkdir(path, 0755))
		return -1;
	snprintf(path, sizeof(path), "%s/memory-collector/qemu", folder);
	return mkdir(path, 0755) || setenv("PATH", folder, 1) ||
	       setenv("XDG_CACHE_HOME", folder, 1);
}

static int tear_down(void **state)
{
	return mc_tree_remove(folder, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(choices),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
