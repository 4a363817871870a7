// SPDX-License-Identifier: GPL-2.0
/*
 * test_report.c - what the cost suite says of its figures
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "judge.h"
#include "report.h"

static const struct cost_key key = {"6.1.0 #1", "QEMU 7.2", "12.2.0"};

struct said {
	struct cost_report report;
	char *text;
	size_t size;
};

static void begin(struct said *said)
{
	*said = (struct said){.text = NULL};
	said->report.to = open_memstream(&said->text, &said->size);
	assert_non_null(said->report.to);
}

static void end(struct said *said)
{
	assert_int_equal(fclose(said->report.to), 0);
}

static void assert_says(const struct said *said, const char *words)
{
	if (!strstr(said->text, words))
		fail_msg("no '%s' in:\n%s", words, said->text);
}

static void assert_silent(const struct said *said, const char *words)
{
	if (strstr(said->text, words))
		fail_msg("'%s' in:\n%s", words, said->text);
}

/* ---- rounds ---- */

static void test_rounds(void **state)
{
	static const struct {
		double value[3];
		size_t n;
		bool repeats;
	} rows[] = {
		{{1000, 1010, 1005}, 3, true},
		{{1000, 1011}, 2, false},
		/* One instruction of a few is more than a percent, and no matter. */
		{{31, 33}, 2, true},
		{{31, 34}, 2, false},
		{{375986.4, 379000, 383000}, 3, false},
	};
	size_t i, j;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		static struct cost_figures figures;
		struct said said;

		figures.n = 0;
		cost_figures_add(&figures, "good", 5);
		for (j = 0; j < rows[i].n; j++)
			cost_figures_add(&figures, "figure", rows[i].value[j]);
		begin(&said);
		cost_report_figures(&said.report, &figures);
		end(&said);
		assert_int_equal(said.report.points, 1);
		assert_int_equal(said.report.failed, !rows[i].repeats);
		if (rows[i].repeats) {
			assert_says(&said, "\nok 1 - all figures repeat to within 1 %\n");
			assert_silent(&said, "too much");
		} else {
			assert_says(&said, "\nnot ok 1 - all figures repeat to within 1 %\n");
			assert_says(&said, ", which is too much\n");
		}
		free(said.text);
	}
}

static void test_nothing_measured(void **state)
{
	static const struct cost_figures none;
	struct said said;

	begin(&said);
	cost_report_figures(&said.report, &none);
	cost_report_checks(&said.report, &none);
	cost_report_end(&said.report);
	end(&said);
	assert_int_equal(said.report.points, 1 + cost_n_checks);
	assert_int_equal(said.report.failed, said.report.points);
	assert_says(&said, "not ok 2 - a synchronised tick against an empty one: tick_sync was not "
			   "measured\n");
	free(said.text);
}

static void test_checks(void **state)
{
	static struct cost_figures figures;
	struct said said;

	figures.n = 0;
	cost_figures_add(&figures, "tick_empty", 1000);
	cost_figures_add(&figures, "tick_sync", 1150);
	cost_figures_add(&figures, "tick_sync_8_cpus", 1150);
	cost_figures_add(&figures, "tick_sync_64_cpus", 1200);
	cost_figures_add(&figures, "tick_sync_auto", 1301);
	begin(&said);
	cost_report_checks(&said.report, &figures);
	end(&said);
	assert_says(&said,
		    "ok 1 - a synchronised tick against an empty one: 1.150 times, at most 1.15\n");
	assert_says(&said, "not ok 2 - a synchronised tick, however many CPUs there may be: 1.043 "
			   "times, at most 1.02\n");
	assert_says(&said, "not ok 3 - a synchronised tick with a lead, less its spin, against an "
			   "empty one: 1.301 times, at most 1.30\n");
	assert_int_equal(said.report.failed, cost_n_checks - 1);
	free(said.text);
}

/* ---- references ---- */

static json_object *references_of(const struct cost_key *of, const struct cost_figures *figures)
{
	struct mc_failure failure = {0};
	json_object *references = cost_references_read("/nonexistent/reference.json", &failure);

	assert_non_null(references);
	assert_int_equal(cost_references_set(references, of, figures), 0);
	return references;
}

static void compare(struct said *said, const struct cost_figures *before,
		    const struct cost_figures *now)
{
	json_object *references = references_of(&key, before);

	begin(said);
	cost_report_reference(&said->report, now, &key, references);
	end(said);
	json_object_put(references);
	assert_int_equal(said->report.points, 1);
}

static void test_reference(void **state)
{
	static struct cost_figures before;
	static const struct {
		const char *name;
		double value;
		bool passed;
		const char *says;
	} rows[] = {
		{"a", 1020, true, ""},
		{"a", 1021, false, "# a is worse than the reference: 1021.0, was 1000.0\n"},
		{"a", 900, true, "# a is better than the reference, make it again: 900.0"},
		{"b", 1000, false,
		 "# a is in the reference (1000.0), but is not measured any more\n"},
		{"b", 1000, false, "# b is not in the reference; make it again\n"},
	};
	size_t i;

	before.n = 0;
	cost_figures_add(&before, "a", 1000);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		static struct cost_figures now;
		struct said said;

		now.n = 0;
		cost_figures_add(&now, rows[i].name, rows[i].value);
		compare(&said, &before, &now);
		assert_int_equal(said.report.failed, !rows[i].passed);
		assert_says(&said, rows[i].says);
		assert_says(&said,
			    rows[i].passed
				    ? "ok 1 - nothing is worse by more than 2 %, or missing\n"
				    : "not ok 1 - nothing is worse by more than 2 %, or "
				      "missing\n");
		free(said.text);
	}
}

static void test_no_reference(void **state)
{
	static const struct cost_key other = {"6.2.0 #1", "QEMU 7.2", "12.2.0"};
	static struct cost_figures figures;
	json_object *references;
	struct said said;

	figures.n = 0;
	cost_figures_add(&figures, "a", 1000);
	references = references_of(&other, &figures);
	begin(&said);
	cost_report_reference(&said.report, &figures, &key, references);
	cost_report_end(&said.report);
	end(&said);
	json_object_put(references);
	assert_int_equal(said.report.failed, 0);
	assert_string_equal(
		said.text,
		"# no reference for kernel 6.1.0 #1, QEMU 7.2, 12.2.0\n"
		"ok 1 - nothing is worse: no reference; make one with: meson compile -C BUILD "
		"cost-reference # SKIP no reference for this kernel, QEMU and compiler\n"
		"1..1\n");
	free(said.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rounds),	     cmocka_unit_test(test_nothing_measured),
		cmocka_unit_test(test_checks),	     cmocka_unit_test(test_reference),
		cmocka_unit_test(test_no_reference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
