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
	{"", 0, 0, 0, 0, "there is no KTAP in the log"},
	{"[ 1.0] boot\n[ 1.1] KTAP version 1\n[ 1.2] 1..2\n[ 1.3] ok 1 a\n[ 1.4] other: words\n"
	 "[ 1.5] ok 2 b\n",
	 1, 2, 0, 0, ""},
	{"[ 1.1] X: y: KTAP version 1\n[ 1.2] X: y: 1..3\n[ 1.3] X: y: ok 1 a # SKIP no such\n"
	 "[ 1.4] ok 2 somebody else's\n[ 1.5] X: y: # why\n[ 1.6] X: y: not ok 2 b\n"
	 "[ 1.7] X: y: ok 3 c\n",
	 1, 1, 1, 1, ""},
	{"[ 1.1] KTAP version 1\n[ 1.2] 1..1\n[ 1.3] ok 1 a\n[ 2.1] p: KTAP version 1\n"
	 "[ 2.2] p: 1..1\n[ 2.3] p: ok 1 a\n",
	 2, 2, 0, 0, ""},
	/* A line that is not the kernel's */
	{"KTAP version 1\n1..1\nok 1 a\n", 0, 0, 0, 0, "there is no KTAP in the log"},
	{"[ 1.1] KTAP version 1\n[ 1.2] 1..2\n[ 1.3] ok 1 a\n", 1, 1, 0, 0,
	 "document 1 ends after 1 of 2 tests"},
	{"[ 1.1] KTAP version 1\n[ 1.2] 1..2\n[ 1.3] ok 1 a\n[ 2.1] KTAP version 1\n"
	 "[ 2.2] 1..1\n[ 2.3] ok 1 a\n",
	 2, 2, 0, 0, "document 1 ends after 1 of 2 tests"},
	{"[ 1.1] KTAP version 1\n[ 1.3] ok 1 a\n", 1, 1, 0, 0, "document 1 has no plan"},
	{"[ 1.1] KTAP version 1\n", 1, 0, 0, 0, "document 1 has no plan"},
	{"[ 1.1] KTAP version 1\n[ 1.2] 1..0\n", 1, 0, 0, 0, "document 1 plans no tests: 1..0"},
	{"[ 1.1] KTAP version 1\n[ 1.2] 1..x\n", 1, 0, 0, 0, "document 1 plans no tests: 1..x"},
	{"[ 1.1] KTAP version 1\n[ 1.2] 1..1\n[ 1.3] ok 1 a\n[ 1.4] ok 2 b\n", 1, 2, 0, 0,
	 "document 1 has more tests than its plan of 1"},
	{"[ 1.1] KTAP version 1\n[ 1.2] 1..2\n[ 1.3] ok 2 a\n[ 1.4] ok 1 b\n", 1, 2, 0, 0,
	 "document 1: test 2 where 1 should be"},
	{"[ 1.1] KTAP version 1\n[ 1.2] 1..1\n[ 1.3] ok a\n", 1, 1, 0, 0,
	 "document 1: test -1 where 1 should be"},
	{"[ 1.1] KTAP version 1\n[ 1.2] 1..1\n[ 1.3] 1..1\n[ 1.4] ok 1 a\n", 1, 1, 0, 0,
	 "document 1 has two plans"},
};

static void test_rows(void **state)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FILE *log = fmemopen((void *)(uintptr_t)(*rows[i].log ? rows[i].log : "\n"),
				     strlen(rows[i].log) + !*rows[i].log, "r");
		struct ktap_totals totals;

		assert_non_null(log);
		ktap_read(log, NULL, &totals);
		fclose(log);
		assert_string_equal(totals.broken, rows[i].broken);
		assert_int_equal(totals.documents, rows[i].documents);
		assert_int_equal(totals.passed, rows[i].passed);
		assert_int_equal(totals.failed, rows[i].failed);
		assert_int_equal(totals.skipped, rows[i].skipped);
	}
}

static void test_out(void **state)
{
	const char *log = rows[2].log;
	FILE *from = fmemopen((void *)(uintptr_t)log, strlen(log), "r");
	struct ktap_totals totals;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ktap_read(from, out, &totals);
	fclose(from);
	fclose(out);
	assert_string_equal(text, "1..3\nok 1 a # SKIP no such\n# why\nnot ok 2 b\n"
				  "ok 3 c\n");
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
