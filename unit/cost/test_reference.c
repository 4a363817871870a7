// SPDX-License-Identifier: GPL-2.0
/*
 * test_reference.c - the cost suite's files, good and bad
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json_document.h"
#include "judge.h"
#include "process/tree.h"
#include "reference.h"

static char folder[] = "/tmp/memory-collector-cost-XXXXXX";
static char path[64];

static const struct cost_key key = {"6.1.0 #1", "QEMU 7.2", "12.2.0"};

static void put(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* Figures for all checks, each 1000 instructions but for what is taken off */
static struct cost_figures *all_figures(void)
{
	static struct cost_figures figures;
	unsigned int i, j;

	figures.n = 0;
	for (i = 0; i < cost_n_checks; i++) {
		for (j = 0; j < COST_CHECK_FIGURES && cost_checks[i].figure[j]; j++) {
			if (!cost_figures_find(&figures, cost_checks[i].figure[j]))
				cost_figures_add(&figures, cost_checks[i].figure[j], 1000);
		}
		if (cost_checks[i].less && !cost_figures_find(&figures, cost_checks[i].less))
			cost_figures_add(&figures, cost_checks[i].less, 1);
	}
	return &figures;
}

static void test_new_reference(void **state)
{
	static const struct cost_key others[] = {
		{"6.2.0 #1", "QEMU 7.2", "12.2.0"},
		{"6.1.0 #1", "QEMU 8.0", "12.2.0"},
		{"6.1.0 #1", "QEMU 7.2", "13.1.0"},
	};
	struct mc_failure failure = {0};
	struct cost_figures *figures = all_figures();
	json_object *references, *found;
	size_t i;

	unlink(path);
	references = cost_references_read(path, &failure);
	assert_non_null(references);
	assert_null(cost_references_find(references, &key));
	assert_int_equal(cost_references_set(references, &key, figures), 0);
	assert_int_equal(cost_write(references, path, &failure), 0);
	json_object_put(references);

	references = cost_references_read(path, &failure);
	assert_non_null(references);
	found = cost_references_find(references, &key);
	assert_non_null(found);
	assert_int_equal(json_object_object_length(found), figures->n);
	assert_true(json_object_get_double(
			    json_object_object_get(found, figures->figure[0].name)) == 1000.0);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_null(cost_references_find(references, &others[i]));

	/* Again: replaced, not added */
	cost_figures_add(figures, "new", 5);
	assert_int_equal(cost_references_set(references, &key, figures), 0);
	assert_int_equal(json_object_array_length(json_object_object_get(references, "references")),
			 1);
	found = cost_references_find(references, &key);
	assert_true(json_object_get_double(json_object_object_get(found, "new")) == 5.0);
	assert_int_equal(cost_references_set(references, &others[0], figures), 0);
	assert_int_equal(json_object_array_length(json_object_object_get(references, "references")),
			 2);
	json_object_put(references);
}

static void test_bad_references(void **state)
{
#define REFERENCE(figures)                                                                     \
	"{\"schema\": 1, \"references\": [{\"kernel\": \"a\", \"qemu\": \"b\", \"compiler\": " \
	"\"c\", \"instructions\": " figures "}]}"
	static const struct {
		const char *text, *says;
	} rows[] = {
		{"", "truncated"},
		{"[]", "not an object"},
		{"{", "truncated"},
		{"{}", "schema is not 1"},
		{"{\"schema\": 2, \"references\": []}", "schema is not 1"},
		{"{\"schema\": 1}", "needs the array references"},
		{"{\"schema\": 1, \"references\": {}}", "needs the array references"},
		{"{\"schema\": 1, \"references\": [1]}", "references[0] needs the texts"},
		{"{\"schema\": 1, \"references\": [null]}", "references[0] needs the texts"},
		{"{\"schema\": 1, \"references\": [{\"kernel\": 1, \"qemu\": \"b\", "
		 "\"compiler\": \"c\"}]}",
		 "references[0] needs the texts"},
		{"{\"schema\": 1, \"references\": [{\"kernel\": \"a\", \"qemu\": \"b\", "
		 "\"compiler\": \"c\"}]}",
		 "references[0] needs the object instructions"},
		{REFERENCE("[]"), "references[0] needs the object instructions"},
		{REFERENCE("{\"x\": \"1\"}"), "no number"},
		{REFERENCE("{\"x\": null}"), "no number"},
		{REFERENCE("{\"x\": 1}") "x", "something follows"},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mc_failure failure = {0};

		put(rows[i].text);
		assert_null(cost_references_read(path, &failure));
		assert_int_equal(failure.exit_code, MC_EXIT_USAGE);
		assert_non_null(strstr(failure.text, path));
		if (!strstr(failure.text, rows[i].says))
			fail_msg("row %zu: %s", i, failure.text);
	}
}

static void test_unreadable(void **state)
{
	struct mc_failure failure = {0};

	assert_null(cost_references_read(folder, &failure));
	assert_int_equal(failure.exit_code, MC_EXIT_USAGE);
	assert_int_equal(cost_write(NULL, "/nowhere/at/all", &failure), -1);
	assert_int_equal(failure.exit_code, MC_EXIT_ENVIRONMENT);
	assert_non_null(strstr(failure.text, strerror(ENOENT)));
}

/* ---- the document ---- */

static json_object *member(json_object *object, const char *name)
{
	json_object *value = NULL;

	assert_true(json_object_object_get_ex(object, name, &value));
	return value;
}

static json_object *written(const struct cost_figures *figures)
{
	struct mc_failure failure = {0};
	json_object *document = cost_document(figures, &key), *again;
	FILE *file;

	assert_non_null(document);
	assert_int_equal(cost_write(document, path, &failure), 0);
	json_object_put(document);
	file = fopen(path, "r");
	assert_non_null(file);
	again = mc_json_document(file, path, &failure);
	fclose(file);
	assert_non_null(again);
	return again;
}

static void test_document(void **state)
{
	struct cost_figures *figures = all_figures();
	json_object *document, *checks, *figure;
	size_t i;

	cost_figures_add(figures, figures->figure[0].name, 1010);
	document = written(figures);
	assert_string_equal(json_object_get_string(member(document, "qemu")), key.qemu);
	figure = json_object_array_get_idx(member(document, "figures"), 0);
	assert_true(json_object_get_double(member(figure, "instructions")) == 1005.0);
	assert_int_equal(json_object_get_int(member(figure, "rounds")), 2);
	assert_true(json_object_get_double(member(figure, "spread")) == 0.01);
	checks = member(document, "checks");
	assert_int_equal(json_object_array_length(checks), cost_n_checks);
	for (i = 0; i < cost_n_checks; i++) {
		json_object *check = json_object_array_get_idx(checks, i);
		bool linear = cost_checks[i].rule == COST_LINEAR;

		/* Where everything costs the same there is no slope. */
		assert_int_equal(json_object_get_boolean(member(check, "passed")), !linear);
		assert_int_equal(member(check, "value") == NULL, linear);
	}
	json_object_put(document);
}

static void test_document_of_nothing(void **state)
{
	static const struct cost_figures none;
	json_object *document = written(&none), *checks = member(document, "checks");
	size_t i;

	assert_int_equal(json_object_array_length(member(document, "figures")), 0);
	for (i = 0; i < cost_n_checks; i++) {
		json_object *check = json_object_array_get_idx(checks, i);

		assert_null(member(check, "value"));
		assert_false(json_object_get_boolean(member(check, "passed")));
	}
	json_object_put(document);
}

static int set_up(void **state)
{
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/file.json", folder);
	return 0;
}

static int tear_down(void **state)
{
	return mc_tree_remove(folder, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new_reference),	    cmocka_unit_test(test_bad_references),
		cmocka_unit_test(test_unreadable),	    cmocka_unit_test(test_document),
		cmocka_unit_test(test_document_of_nothing),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
