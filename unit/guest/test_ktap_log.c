// SPDX-License-Identifier: GPL-2.0
/*
 * test_ktap_log.c - documents that are whole, and those that are not
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ktap_log.h"

static const struct {
	const char *log;
	unsigned int documents, passed, failed, skipped;
	const char *broken;
} rows[] = {
	{"", 0, 0, 0, 0, "m: has printed no tests"},
	{"[ 1.0] boot\n[ 1.1] KTAP version 1\n[ 1.1] # Subtest: m\n[ 1.2] 1..2\n[ 1.3] ok 1 a\n"
	 "[ 1.4] other: words\n[ 1.5] ok 2 b\n",
	 1, 2, 0, 0, ""},
	{"[ 1.1] X: y: KTAP version 1\n[ 1.1] X: y: # Subtest: m\n[ 1.2] X: y: 1..3\n"
	 "[ 1.3] X: y: ok 1 a # SKIP no such\n[ 1.4] ok 2 somebody else's\n[ 1.5] X: y: # why\n"
	 "[ 1.6] X: y: not ok 2 b\n[ 1.7] X: y: ok 3 c\n",
	 1, 1, 1, 1, ""},
	/* A line that is not the kernel's */
	{"KTAP version 1\n# Subtest: m\n1..1\nok 1 a\n", 0, 0, 0, 0, "m: has printed no tests"},
	{"[ 1.1] KTAP version 1\n[ 1.1] # Subtest: m\n[ 1.2] 1..2\n[ 1.3] ok 1 a\n", 1, 1, 0, 0,
	 "m: ends after 1 of 2 tests"},
	{"[ 1.1] KTAP version 1\n[ 1.1] # Subtest: m\n[ 1.2] 1..2\n[ 1.3] ok 1 a\n"
	 "[ 2.1] KTAP version 1\n[ 2.1] # Subtest: m\n[ 2.2] 1..1\n[ 2.3] ok 1 a\n",
	 2, 2, 0, 0, "m: ends after 1 of 2 tests"},
	{"[ 1.1] KTAP version 1\n[ 1.1] # Subtest: m\n[ 1.2] 1..1\n[ 1.3] ok 1 a\n"
	 "[ 2.1] KTAP version 1\n[ 2.1] # Subtest: m\n[ 2.2] 1..1\n[ 2.3] ok 1 a\n",
	 2, 2, 0, 0, "m: has printed its tests 2 times"},
	{"[ 1.1] KTAP version 1\n[ 1.1] # Subtest: n\n[ 1.2] 1..1\n[ 1.3] ok 1 a\n", 1, 1, 0, 0,
	 "n: is no module that was to be tested"},
	{"[ 1.1] KTAP version 1\n[ 1.2] 1..1\n[ 1.3] ok 1 a\n", 1, 1, 0, 0,
	 "document 1: is no module that was to be tested"},
	{"[ 1.1] KTAP version 1\n[ 1.1] # Subtest: m\n[ 1.3] ok 1 a\n", 1, 1, 0, 0,
	 "m: has no plan"},
	{"[ 1.1] KTAP version 1\n[ 1.1] # Subtest: m\n", 1, 0, 0, 0, "m: has no plan"},
	{"[ 1.1] KTAP version 1\n[ 1.1] # Subtest: m\n[ 1.2] 1..0\n", 1, 0, 0, 0,
	 "m: plans no tests: 1..0"},
	{"[ 1.1] KTAP version 1\n[ 1.1] # Subtest: m\n[ 1.2] 1..x\n", 1, 0, 0, 0,
	 "m: plans no tests: 1..x"},
	{"[ 1.1] KTAP version 1\n[ 1.1] # Subtest: m\n[ 1.2] 1..1\n[ 1.3] ok 1 a\n[ 1.4] ok 2 b\n",
	 1, 2, 0, 0, "m: has more tests than its plan of 1"},
	{"[ 1.1] KTAP version 1\n[ 1.1] # Subtest: m\n[ 1.2] 1..2\n[ 1.3] ok 2 a\n[ 1.4] ok 1 b\n",
	 1, 2, 0, 0, "m: test 2 where 1 should be"},
	{"[ 1.1] KTAP version 1\n[ 1.1] # Subtest: m\n[ 1.2] 1..1\n[ 1.3] ok a\n", 1, 1, 0, 0,
	 "m: test -1 where 1 should be"},
	{"[ 1.1] KTAP version 1\n[ 1.1] # Subtest: m\n[ 1.2] 1..1\n[ 1.3] 1..1\n[ 1.4] ok 1 a\n", 1,
	 1, 0, 0, "m: has two plans"},
};

static FILE *open_log(const char *log)
{
	FILE *file = *log ? fmemopen((void *)(uintptr_t)log, strlen(log), "r")
			  : fopen("/dev/null", "re");

	assert_non_null(file);
	return file;
}

static void test_rows(void **state)
{
	static const char *const modules[] = {"m", NULL};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FILE *log = open_log(rows[i].log);
		struct ktap_totals totals;

		ktap_read(log, modules, NULL, &totals);
		fclose(log);
		assert_string_equal(totals.broken, rows[i].broken);
		assert_int_equal(totals.documents, rows[i].documents);
		assert_int_equal(totals.passed, rows[i].passed);
		assert_int_equal(totals.failed, rows[i].failed);
		assert_int_equal(totals.skipped, rows[i].skipped);
	}
}

/* One TAP of what several modules print, and those are named that do not */
static void test_out(void **state)
{
	static const char *const modules[] = {"m", "gone", "n", "cut", "never", NULL};
	FILE *from = open_log("[ 1.1] X: KTAP version 1\n[ 1.1] X: # Subtest: m\n[ 1.2] X: 1..2\n"
			      "[ 1.3] X: ok 1 a # SKIP no such\n[ 1.4] X: # why\n"
			      "[ 1.5] X: not ok 2 b\n[ 1.6] X: KTAP version 1\n"
			      "[ 1.6] X: # Subtest: n\n[ 1.7] X: 1..1\n[ 1.8] X: ok 1 a\n"
			      "[ 1.9] X: KTAP version 1\n[ 1.9] X: # Subtest: cut\n"
			      "[ 2.0] X: 1..2\n[ 2.1] X: ok 1 a\n[ 2.2] Oops\n");
	struct ktap_totals totals;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ktap_read(from, modules, out, &totals);
	fclose(from);
	fclose(out);
	assert_string_equal(text, "ok 1 - m: a # SKIP no such\n# why\nnot ok 2 - m: b\n"
				  "ok 3 - n: a\nok 4 - cut: a\n"
				  "not ok 5 - cut: ends after 1 of 2 tests\n"
				  "not ok 6 - gone: has printed no tests\n"
				  "not ok 7 - never: has printed no tests\n1..7\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
