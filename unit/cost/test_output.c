// SPDX-License-Identifier: GPL-2.0
/*
 * test_output.c - what a guest's program may print
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "output.h"

#define KEY "kernel 6.1 #1 SMP\ncompiler gcc 12\n"

static int read_text(const char *text, const char *suffix, struct cost_measured *measured,
		     struct mc_failure *failure)
{
	FILE *file = tmpfile();
	int result;

	assert_non_null(file);
	fputs(text, file);
	result = cost_output_read(file, suffix, 8, measured, failure);
	fclose(file);
	return result;
}

static void test_good(void **state)
{
	static struct cost_measured measured;
	struct mc_failure failure = {0};
	const struct cost_figure *figure;

	assert_int_equal(read_text(KEY "figure a 80.0\nfigure b -8\nfigure a 88\n", "", &measured,
				   &failure),
			 0);
	assert_int_equal(read_text(KEY "figure a 800", "_8_cpus", &measured, &failure), 0);
	assert_string_equal(measured.kernel, "6.1 #1 SMP");
	assert_string_equal(measured.compiler, "gcc 12");
	assert_int_equal(measured.figures.n, 3);
	figure = cost_figures_find(&measured.figures, "a");
	assert_int_equal(figure->n, 2);
	assert_true(figure->value[0] == 10 && figure->value[1] == 11);
	assert_true(cost_figures_find(&measured.figures, "b")->value[0] == -1);
	assert_true(cost_figures_find(&measured.figures, "a_8_cpus")->value[0] == 100);
}

static void test_bad(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{"", "does not say"},
		{KEY, "does not say"},
		{"compiler gcc\nfigure a 1\n", "does not say"},
		{"kernel 6.1\nfigure a 1\n", "does not say"},
		{"\n" KEY, "says ''"},
		{KEY "figure\n", "says 'figure'"},
		{KEY "figure a\n", "says 'figure a'"},
		{KEY "figure a b\n", "says 'figure a b'"},
		{KEY "figure a 1 2\n", "says 'figure a 1 2'"},
		{KEY "figure a nan\n", "says 'figure a nan'"},
		{KEY "figure a inf\n", "says 'figure a inf'"},
		{KEY "figures a 1\n", "says 'figures a 1'"},
		{KEY "figure aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 1\n", "says"},
		{KEY "\x1b[2J\n", "says '?[2J'"},
	};
	static struct cost_measured measured;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mc_failure failure = {0};

		memset(&measured, 0, sizeof(measured));
		assert_int_equal(read_text(rows[i].text, "", &measured, &failure), -1);
		assert_int_equal(failure.exit_code, MC_EXIT_INVALID);
		if (!strstr(failure.text, rows[i].says))
			fail_msg("row %zu: %s", i, failure.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
