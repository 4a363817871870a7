// SPDX-License-Identifier: GPL-2.0
/*
 * test_stress_yaml.c - what stress-ng writes, what later versions may write, and
 * what nobody should
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "load/stress_yaml.h"

#define HEAD "---\nsystem-info:\n      stress-ng-version: 0.15.06\n      hostname: vm\n\nmetrics:\n"
#define CPU "    - stressor: cpu\n      bogo-ops: 3780\n      user-time: 3.97\n\n"
#define END "...\n"

static int read_yaml(const char *text, size_t size, double *ops, struct mc_failure *failure)
{
	/* fmemopen() refuses an empty buffer */
	FILE *file = size ? fmemopen((void *)text, size, "r") : fopen("/dev/null", "r");
	int result;

	assert_non_null(file);
	result = mc_stress_yaml_read(file, "cpu.yaml", "cpu", ops, failure);
	fclose(file);
	return result;
}

static void good(void **state)
{
	static const struct {
		const char *text;
		double ops;
	} rows[] = {
		{HEAD CPU END, 3780},
		{HEAD "    - stressor: vm\n      bogo-ops: 1\n" CPU END, 3780},
		/* Keys in another order, and ones that are not known */
		{HEAD "    - bogo-ops: 12.5\n      new: [1, {a: b}]\n      stressor: cpu\n" END,
		 12.5},
		/* A nested list with keys of the same name */
		{HEAD "    - stressor: cpu\n      instances:\n        - stressor: cpu\n"
		      "          bogo-ops: 5\n        - bogo-ops: 7\n      bogo-ops: 12\n" END,
		 12},
		/* The same keys elsewhere do not count */
		{"---\nother:\n    - stressor: cpu\n      bogo-ops: 9\nmetrics:\n" CPU END, 3780},
		{HEAD "    - stressor: cpu\n      bogo-ops: 0\n" END, 0},
		{HEAD CPU CPU END, 7560},
		{"--- {metrics: [{stressor: cpu, bogo-ops: 4}]}\n...\n", 4},
	};
	struct mc_failure failure;
	double ops;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (read_yaml(rows[i].text, strlen(rows[i].text), &ops, &failure))
			fail_msg("%s: %s", rows[i].text, failure.text);
		assert_true(ops == rows[i].ops);
	}
}

/* As versions write it, with the names of a machine and a user that are no YAML */
static void versions(void **state)
{
	static const struct {
		const char *text;
		double ops;
	} rows[] = {
		/* Up to 0.19.01: nothing is quoted. */
		{"---\nsystem-info:\n      stress-ng-version: 0.18.06\n      run-by: o'brien: & sons\n"
		 "      hostname: *ci\n      nodename: *\n      version: #1 SMP %3 @0\n"
		 "      compiler: gcc: {13\n      domain: [x\n\nmetrics:\n" CPU END,
		 3780},
		/* From 0.19.02 on: in quotes, whatever is between them. */
		{"---\nsystem-info:\n      stress-ng-version: '0.19.02'\n      run-by: 'o'brien'\n"
		 "      hostname: '\xff\x9b'\nbuild-info:\n      cflags: '-DX='\"metrics:\"''\n\n"
		 "metrics:\n    - stressor: 'cpu'\n      bogo-ops: 42\n\n...\n",
		 42},
		/* From 0.21.04 to 0.22.00: each instance by itself as well */
		{"---\nsystem-info:\n      run-by: 'o'brien'\n\nmetrics:\n    - stressor: cpu\n"
		 "      bogo-ops: 30\n      instances:\n        - instance: 0\n"
		 "          bogo-ops: 10\n        - instance: 1\n          bogo-ops: 20\n\n"
		 "    - stressor: vm\n      bogo-ops: 7\n      instances:\n\n"
		 "    - stressor: cpu\n      instances:\n      bogo-ops: 3\n\n"
		 "exercised:\n    - stressor: cpu\n      bogo-ops: 1000\n      syscalls: *all\n"
		 "io-stats:\n    - dev: 'a'b'\n      bogo-ops: 1000\n\n...\n",
		 33},
	};
	struct mc_failure failure;
	double ops;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (read_yaml(rows[i].text, strlen(rows[i].text), &ops, &failure))
			fail_msg("row %zu: %s", i, failure.text);
		assert_true(ops == rows[i].ops);
	}
}

/* A name longer than what is read at once; and the number of a line is still that of the file. */
static void long_names(void **state)
{
	static const size_t lengths[] = {480, 492, 493, 494, 505, 1024, 5000, 70000};
	struct mc_failure failure;
	double ops;

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		char *text = calloc(1, lengths[i] + 256), *at;

		at = text + sprintf(text, "---\nsystem-info:\n      hostname: ");
		memset(at, '*', lengths[i]);
		strcpy(at + lengths[i], "\nmetrics:\n" CPU END);
		assert_int_equal(read_yaml(text, strlen(text), &ops, &failure), 0);
		assert_true(ops == 3780);
		strcpy(at + lengths[i], "\nmetrics:\n    - stressor: cpu\n      bogo-ops: x\n" END);
		assert_int_equal(read_yaml(text, strlen(text), &ops, &failure), -1);
		assert_string_equal(failure.text, "cpu.yaml:6: bogo-ops is not a number");
		free(text);
	}
}

static void bad(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{"", "no bogo-ops"},
		{"---\n...\n", "not a mapping"},
		{"just a text\n...\n", "cpu.yaml:2: "},
		{"--- just a text\n...\n", "not a mapping"},
		{HEAD END, "no bogo-ops"},
		{HEAD "    - stressor: vm\n      bogo-ops: 1\n" END,
		 "no bogo-ops of the stressor 'cpu'"},
		{HEAD "    - stressor: cpu\n" END, "no bogo-ops"},
		/* Those of the instances are no substitute. */
		{HEAD "    - stressor: cpu\n      instances:\n        - instance: 0\n"
		      "          bogo-ops: 5\n" END,
		 "no bogo-ops"},
		{HEAD "    - bogo-ops: 3\n" END, "no bogo-ops"},
		{HEAD "    - stressor: cpu\n      bogo-ops: many\n" END, "not a number"},
		{HEAD "    - stressor: cpu\n      bogo-ops: -1\n" END, "not a number"},
		{HEAD "    - stressor: cpu\n      bogo-ops: nan\n" END, "not a number"},
		{HEAD "    - stressor: cpu\n      bogo-ops: inf\n" END, "not a number"},
		{HEAD "    - stressor: cpu\n      bogo-ops: 1e999\n" END, "not a number"},
		{HEAD "    - stressor: cpu\n      bogo-ops: 0x10\n" END, "not a number"},
		{HEAD "    - stressor: cpu\n      bogo-ops: 1.2.3\n" END, "not a number"},
		{HEAD "    - stressor: cpu\n      bogo-ops: ''\n" END, "not a number"},
		{HEAD "    - stressor: cpu\n      bogo-ops: \"1\\0002\"\n" END, "NUL"},
		{HEAD "    - stressor: cpu\n      bogo-ops: 1\n      bogo-ops: 2\n" END, "twice"},
		{HEAD "    - &a [1]\n    - *a\n" END, "alias"},
		{HEAD "    - [cpu: {\n", "cpu.yaml:"},
		{HEAD "    - {stressor: cpu, {}: 1}\n" END, "not a plain word"},
		{HEAD "\tbogo-ops: 1\n" END, "cpu.yaml:"},
		{"\xff\xfe\x00\x00", "cpu.yaml:"},
	};
	struct mc_failure failure;
	double ops;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		failure.text[0] = '\0';
		if (read_yaml(rows[i].text, strlen(rows[i].text), &ops, &failure) != -1)
			fail_msg("accepted: %s", rows[i].text);
		if (!strstr(failure.text, rows[i].says))
			fail_msg("%s: %s", rows[i].text, failure.text);
	}
}

/* Cut after every single byte: never a number from half a file. */
static void truncated(void **state)
{
	static const char text[] = HEAD CPU END;
	struct mc_failure failure;
	double ops = 0;
	size_t size;

	for (size = 0; size < strlen(text) - strlen("\n"); size++) {
		/* Without its line end, "..." is still an end. */
		if (size == strlen(text) - 1)
			continue;
		if (read_yaml(text, size, &ops, &failure) != -1)
			fail_msg("accepted %zu of %zu bytes", size, strlen(text));
	}
}

static void deep_and_long(void **state)
{
	size_t size = 4 * 1024 * 1024, used;
	char *text = malloc(size + 8);
	struct mc_failure failure;
	double ops;

	memset(text, '[', size);
	memcpy(text, "metrics: ", strlen("metrics: "));
	assert_int_equal(read_yaml(text, size, &ops, &failure), -1);
	assert_non_null(strstr(failure.text, "nested too deeply"));

	used = snprintf(text, size, "---\nmetrics:\n");
	while (used + 8 < size) {
		memcpy(text + used, "- a\n", 4);
		used += 4;
	}
	assert_int_equal(read_yaml(text, used, &ops, &failure), -1);
	assert_non_null(strstr(failure.text, "far too long"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),	      cmocka_unit_test(versions),
		cmocka_unit_test(long_names), cmocka_unit_test(bad),
		cmocka_unit_test(truncated),  cmocka_unit_test(deep_and_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
