// SPDX-License-Identifier: GPL-2.0
/*
 * test_output.c - what a guest's program may print
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "output.h"

#define NOTE "# kernel 6.1 #1 SMP\n"

/* @notes: what its comments have to be */
static int read_text(const char *text, const char *suffix, struct cost_figures *figures,
		     const char *notes, struct mc_failure *failure)
{
	FILE *file = tmpfile(), *to;
	char *noted = NULL;
	size_t size;
	int result;

	to = open_memstream(&noted, &size);
	assert_true(file && to);
	fputs(text, file);
	result = cost_output_read(file, suffix, 8, figures, to, failure);
	fclose(file);
	fclose(to);
	assert_string_equal(noted, notes);
	free(noted);
	return result;
}

static void test_good(void **state)
{
	static struct cost_figures figures;
	struct mc_failure failure = {0};
	const struct cost_figure *figure;

	assert_int_equal(read_text(NOTE "figure a 80.0\nfigure b -8\nfigure a 88\n", "", &figures,
				   NOTE, &failure),
			 0);
	assert_int_equal(read_text("figure a 800", "_8_cpus", &figures, "", &failure), 0);
	assert_int_equal(figures.n, 3);
	figure = cost_figures_find(&figures, "a");
	assert_int_equal(figure->n, 2);
	assert_true(figure->value[0] == 10 && figure->value[1] == 11);
	assert_true(cost_figures_find(&figures, "b")->value[0] == -1);
	assert_true(cost_figures_find(&figures, "a_8_cpus")->value[0] == 100);
}

static void test_bad(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{"", "has no figures"},
		{"# a note\n", "has no figures"},
		{"\n", "says ''"},
		{"figure\n", "says 'figure'"},
		{"figure a\n", "says 'figure a'"},
		{"figure a b\n", "says 'figure a b'"},
		{"figure a 1 2\n", "says 'figure a 1 2'"},
		{"figure a nan\n", "says 'figure a nan'"},
		{"figure a inf\n", "says 'figure a inf'"},
		{"figures a 1\n", "says 'figures a 1'"},
		{"figure aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 1\n", "says"},
		{"\x1b[2J\n", "says '?[2J'"},
	};
	static struct cost_figures figures;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *text = rows[i].text;
		struct mc_failure failure = {0};

		memset(&figures, 0, sizeof(figures));
		assert_int_equal(read_text(text, "", &figures, *text == '#' ? text : "", &failure),
				 -1);
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
