// SPDX-License-Identifier: GPL-2.0
/*
 * test_judge.c - figures and thresholds
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "figures.h"
#include "judge.h"

/* ---- figures ---- */

static void test_median_and_spread(void **state)
{
	static const struct {
		double value[5];
		size_t n;
		double median, spread, of_most;
	} rows[] = {
		{{7}, 1, 7, 0, 0},
		{{4, 2}, 2, 3, 2 / 3.0, 2 / 3.0},
		{{9, 1, 5}, 3, 5, 8 / 5.0, 8 / 5.0},
		{{100, 100, 100, 10000}, 4, 100, 99, 99},
		{{100, 100, 100, 100, 10000}, 5, 100, 99, 0},
		{{100, 1, 102, 101, 103}, 5, 101, 102 / 101.0, 3 / 101.0},
		{{100, 1, 102, 101, 10000}, 5, 101, 9999 / 101.0, 101 / 101.0},
		{{-4, -2}, 2, -3, 2 / 3.0, 2 / 3.0},
		{{0, 0, 0}, 3, 0, 0, 0},
	};
	size_t i, j;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct cost_figures figures = {.n = 0};
		const struct cost_figure *figure;

		for (j = 0; j < rows[i].n; j++)
			assert_int_equal(cost_figures_add(&figures, "x", rows[i].value[j]), 0);
		figure = cost_figures_find(&figures, "x");
		assert_non_null(figure);
		assert_true(cost_figure_median(figure) == rows[i].median);
		assert_true(fabs(cost_figure_spread(figure) - rows[i].spread) < 1e-9);
		assert_true(fabs(cost_figure_spread_of_most(figure) - rows[i].of_most) < 1e-9);
	}
}

static void test_refused_figures(void **state)
{
	static struct cost_figures figures;
	char name[COST_NAME_SIZE + 1];
	int i;

	memset(name, 'a', sizeof(name));
	name[COST_NAME_SIZE] = '\0';
	assert_int_equal(cost_figures_add(&figures, name, 1), -1);
	assert_int_equal(cost_figures_add(&figures, "", 1), -1);
	assert_int_equal(cost_figures_add(&figures, "x", NAN), -1);
	assert_int_equal(cost_figures_add(&figures, "x", INFINITY), -1);
	assert_int_equal(figures.n, 0);
	assert_null(cost_figures_find(&figures, "x"));

	for (i = 0; i < COST_VALUES_MAX; i++)
		assert_int_equal(cost_figures_add(&figures, "x", i), 0);
	assert_int_equal(cost_figures_add(&figures, "x", i), -1);
	for (i = 1; i < COST_FIGURES_MAX; i++) {
		snprintf(name, sizeof(name), "x%d", i);
		assert_int_equal(cost_figures_add(&figures, name, i), 0);
	}
	assert_int_equal(cost_figures_add(&figures, "one more", 1), -1);
	assert_int_equal(figures.n, COST_FIGURES_MAX);
}

/* ---- thresholds ---- */

#define MISSING -1e9

static const struct row {
	enum cost_rule rule;
	double value[COST_CHECK_FIGURES]; /* of figures a, b, c */
	unsigned int n;
	double at[COST_CHECK_FIGURES], most;
	double result, slope;
	bool passed;
} rows[] = {
	{COST_RATIO, {1040, 1000}, 2, {0}, 1.15, 1.04, 0, true},
	{COST_RATIO, {1150, 1000}, 2, {0}, 1.15, 1.15, 0, true},
	{COST_RATIO, {1151, 1000}, 2, {0}, 1.15, 1.151, 0, false},
	{COST_RATIO, {500, 1000}, 2, {0}, 1.15, 0.5, 0, true},
	/* A cost of nothing is none. */
	{COST_RATIO, {1000, 0}, 2, {0}, 1.15, INFINITY, 0, false},
	{COST_RATIO, {0, 1000}, 2, {0}, 1.15, INFINITY, 0, false},
	{COST_RATIO, {-5, -5}, 2, {0}, 1.15, INFINITY, 0, false},
	{COST_FLAT, {100, 101, 102}, 3, {0}, 1.02, 1.02, 0, true},
	{COST_FLAT, {102, 100, 101}, 3, {0}, 1.02, 1.02, 0, true},
	{COST_FLAT, {100, 103, 100}, 3, {0}, 1.02, 1.03, 0, false},
	{COST_FLAT, {100, 0, 100}, 3, {0}, 1.02, INFINITY, 0, false},
	{COST_LINEAR, {1300, 5800, 20200}, 3, {1, 16, 64}, 1.05, 1, 300, true},
	{COST_LINEAR, {1300, 5800, 21640}, 3, {1, 16, 64}, 1.05, 1.1, 20340 / 63.0, false},
	{COST_LINEAR, {1300, 1300, 1300}, 3, {1, 16, 64}, 1.05, INFINITY, 0, false},
	{COST_LINEAR, {1300, 1000, 20200}, 3, {1, 16, 64}, 1.05, INFINITY, 300, false},
	{COST_FLAT, {100, MISSING, 100}, 3, {0}, 1.02, 0, 0, false},
	{COST_RATIO, {MISSING, 100}, 2, {0}, 1.02, 0, 0, false},
};

static void check_row(const struct row *row)
{
	static const char *const names[] = {"a", "b", "c"};
	struct cost_check check = {.name = "row", .rule = row->rule, .most = row->most};
	static struct cost_figures figures;
	struct cost_verdict verdict;
	const char *missing = NULL;
	unsigned int i;

	figures.n = 0;
	for (i = 0; i < row->n; i++) {
		check.figure[i] = names[i];
		check.at[i] = row->at[i];
		if (row->value[i] != MISSING)
			cost_figures_add(&figures, names[i], row->value[i]);
		else if (!missing)
			missing = names[i];
	}
	verdict = cost_judge(&check, &figures);
	assert_int_equal(verdict.passed, row->passed);
	if (missing) {
		assert_string_equal(verdict.missing, missing);
		return;
	}
	assert_null(verdict.missing);
	if (isinf(row->result))
		assert_true(isinf(verdict.value));
	else
		assert_true(fabs(verdict.value - row->result) < 1e-9);
	assert_true(fabs(verdict.slope - row->slope) < 1e-9);
}

static void test_rows(void **state)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(&rows[i]);
}

static void test_less(void **state)
{
	static const struct cost_check ratio = {
		.rule = COST_RATIO, .figure = {"a", "b"}, .less = "less", .most = 1.03};
	static const struct cost_check linear = {.rule = COST_LINEAR,
						 .figure = {"b", "a", "c"},
						 .less = "less",
						 .at = {1, 2, 3},
						 .most = 1.03};
	static struct cost_figures figures;
	struct cost_verdict verdict;

	cost_figures_add(&figures, "a", 1100);
	cost_figures_add(&figures, "b", 1000);
	cost_figures_add(&figures, "c", 1200);
	verdict = cost_judge(&ratio, &figures);
	assert_string_equal(verdict.missing, "less");
	assert_false(verdict.passed);

	cost_figures_add(&figures, "less", 80);
	verdict = cost_judge(&ratio, &figures);
	assert_null(verdict.missing);
	assert_true(fabs(verdict.value - 1.02) < 1e-9);
	assert_true(verdict.passed);
	verdict = cost_judge(&linear, &figures);
	assert_true(fabs(verdict.value - 1) < 1e-9);
	assert_true(fabs(verdict.slope - 20) < 1e-9);
	assert_true(verdict.passed);
}

/* A threshold that nothing can break, or that compares nothing, is a mistake in the table. */
static void test_table(void **state)
{
	unsigned int i, n;

	for (i = 0; i < cost_n_checks; i++) {
		const struct cost_check *check = &cost_checks[i];

		for (n = 0; n < COST_CHECK_FIGURES && check->figure[n]; n++) {
			if (check->rule == COST_LINEAR && n)
				assert_true(check->at[n] > check->at[n - 1]);
		}
		assert_true(n >= (check->rule == COST_LINEAR ? 3 : 2));
		assert_true(check->rule != COST_RATIO || n == 2);
		assert_true(check->most >= 1 && check->most < 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_median_and_spread),
		cmocka_unit_test(test_refused_figures),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_less),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
