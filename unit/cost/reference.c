// SPDX-License-Identifier: GPL-2.0
/*
 * reference.c - JSON of the cost suite
 *
 * A reference file is {"schema": 1, "references": [{"kernel", "qemu", "compiler",
 * "instructions": {NAME: NUMBER}}]}.
 */
#include "reference.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json_document.h"
#include "judge.h"

#define SCHEMA 1
#define FORMAT (JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE)

/* ---- writing ---- */

/* An object takes over its member, also where memory is short. */
static int add(json_object *object, const char *name, json_object *value)
{
	if (value && !json_object_object_add(object, name, value))
		return 0;
	json_object_put(value);
	return -1;
}

static json_object *text(const char *value)
{
	return json_object_new_string(value);
}

/* A tenth of an instruction is more than a figure is good for. */
static json_object *number(double value, int digits)
{
	char printed[64];
	double unit = pow(10, digits);

	snprintf(printed, sizeof(printed), "%.*f", digits, round(value * unit) / unit);
	return json_object_new_double_s(value, printed);
}

static int add_key(json_object *object, const struct cost_key *key)
{
	return add(object, "kernel", text(key->kernel)) || add(object, "qemu", text(key->qemu)) ||
	       add(object, "compiler", text(key->compiler));
}

static json_object *figure_object(const struct cost_figure *figure)
{
	json_object *object = json_object_new_object();

	if (object && !add(object, "name", text(figure->name)) &&
	    !add(object, "instructions", number(cost_figure_median(figure), 1)) &&
	    !add(object, "rounds", json_object_new_int(figure->n)) &&
	    !add(object, "spread", number(cost_figure_spread(figure), 4)))
		return object;
	json_object_put(object);
	return NULL;
}

static json_object *check_object(const struct cost_check *check, const struct cost_figures *figures)
{
	struct cost_verdict verdict = cost_judge(check, figures);
	json_object *object = json_object_new_object();
	bool known = !verdict.missing && isfinite(verdict.value);

	/* What is not known is null in JSON. */
	if (object && !add(object, "name", text(check->name)) &&
	    !add(object, "most", number(check->most, 2)) &&
	    !json_object_object_add(object, "value", known ? number(verdict.value, 4) : NULL) &&
	    !add(object, "passed", json_object_new_boolean(verdict.passed)) &&
	    (check->rule != COST_LINEAR ||
	     !json_object_object_add(object, "instructions_for_one_more",
				     known ? number(verdict.slope, 1) : NULL)))
		return object;
	json_object_put(object);
	return NULL;
}

static json_object *figures_array(const struct cost_figures *figures)
{
	json_object *array = json_object_new_array();
	size_t i;

	for (i = 0; array && i < figures->n; i++) {
		json_object *object = figure_object(&figures->figure[i]);

		if (object && !json_object_array_add(array, object))
			continue;
		json_object_put(object);
		json_object_put(array);
		array = NULL;
	}
	return array;
}

static json_object *checks_array(const struct cost_figures *figures)
{
	json_object *array = json_object_new_array();
	unsigned int i;

	for (i = 0; array && i < cost_n_checks; i++) {
		json_object *object = check_object(&cost_checks[i], figures);

		if (object && !json_object_array_add(array, object))
			continue;
		json_object_put(object);
		json_object_put(array);
		array = NULL;
	}
	return array;
}

json_object *cost_document(const struct cost_figures *figures, const struct cost_key *key)
{
	json_object *document = json_object_new_object();

	if (document && !add(document, "schema", json_object_new_int(SCHEMA)) &&
	    !add_key(document, key) && !add(document, "figures", figures_array(figures)) &&
	    !add(document, "checks", checks_array(figures)))
		return document;
	json_object_put(document);
	return NULL;
}

int cost_write(json_object *document, const char *path, struct mc_failure *failure)
{
	char temporary[PATH_MAX];
	FILE *file;
	int bad;

	if (snprintf(temporary, sizeof(temporary), "%s.tmp", path) >= (int)sizeof(temporary))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s: %s", path,
			       strerror(ENAMETOOLONG));
	file = fopen(temporary, "we");
	bad = !file || fprintf(file, "%s\n", json_object_to_json_string_ext(document, FORMAT)) < 0;
	if (file && fclose(file))
		bad = 1;
	if (!bad && !rename(temporary, path))
		return 0;
	mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s: %s", path, strerror(errno));
	unlink(temporary);
	return -1;
}

/* ---- references ---- */

static json_object *empty_references(void)
{
	json_object *references = json_object_new_object();

	if (references && !add(references, "schema", json_object_new_int(SCHEMA)) &&
	    !add(references, "references", json_object_new_array()))
		return references;
	json_object_put(references);
	return NULL;
}

static bool is_key(json_object *reference, const char *name)
{
	json_object *value;

	return json_object_object_get_ex(reference, name, &value) &&
	       json_object_is_type(value, json_type_string);
}

static const char *check_reference(json_object *reference)
{
	json_object *figures;

	if (!json_object_is_type(reference, json_type_object) || !is_key(reference, "kernel") ||
	    !is_key(reference, "qemu") || !is_key(reference, "compiler"))
		return "needs the texts kernel, qemu and compiler";
	if (!json_object_object_get_ex(reference, "instructions", &figures) ||
	    !json_object_is_type(figures, json_type_object))
		return "needs the object instructions";
	json_object_object_foreach (figures, name, value) {
		if (!*name || (!json_object_is_type(value, json_type_double) &&
			       !json_object_is_type(value, json_type_int)))
			return "has an instructions member that is no number";
	}
	return NULL;
}

static int check(json_object *document, const char *path, struct mc_failure *failure)
{
	json_object *schema, *array;
	size_t i;

	if (!json_object_object_get_ex(document, "schema", &schema) ||
	    !json_object_is_type(schema, json_type_int) || json_object_get_int(schema) != SCHEMA)
		return mc_fail(failure, MC_EXIT_USAGE, "%s: schema is not %d; make it again", path,
			       SCHEMA);
	if (!json_object_object_get_ex(document, "references", &array) ||
	    !json_object_is_type(array, json_type_array))
		return mc_fail(failure, MC_EXIT_USAGE, "%s: needs the array references", path);
	for (i = 0; i < json_object_array_length(array); i++) {
		const char *wrong = check_reference(json_object_array_get_idx(array, i));

		if (wrong)
			return mc_fail(failure, MC_EXIT_USAGE, "%s: references[%zu] %s", path, i,
				       wrong);
	}
	return 0;
}

json_object *cost_references_read(const char *path, struct mc_failure *failure)
{
	FILE *file = fopen(path, "re");
	json_object *document;

	if (!file && errno == ENOENT) {
		document = empty_references();
		if (!document)
			mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
		return document;
	}
	if (!file) {
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s: %s", path, strerror(errno));
		return NULL;
	}
	document = mc_json_document(file, path, failure);
	fclose(file);
	if (document && check(document, path, failure)) {
		json_object_put(document);
		document = NULL;
	}
	return document;
}

static bool matches(json_object *reference, const struct cost_key *key)
{
	const struct {
		const char *name, *value;
	} parts[] = {
		{"kernel", key->kernel},
		{"qemu", key->qemu},
		{"compiler", key->compiler},
	};
	json_object *value = NULL;
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		json_object_object_get_ex(reference, parts[i].name, &value);
		if (strcmp(json_object_get_string(value), parts[i].value))
			return false;
	}
	return true;
}

/* Return: NULL where the key has none. */
static json_object *find(json_object *array, const struct cost_key *key)
{
	size_t i;

	for (i = 0; i < json_object_array_length(array); i++) {
		json_object *reference = json_object_array_get_idx(array, i);

		if (matches(reference, key))
			return reference;
	}
	return NULL;
}

json_object *cost_references_find(json_object *references, const struct cost_key *key)
{
	json_object *array = json_object_object_get(references, "references");
	json_object *reference = find(array, key);

	return reference ? json_object_object_get(reference, "instructions") : NULL;
}

static json_object *instructions(const struct cost_figures *figures)
{
	json_object *object = json_object_new_object();
	size_t i;

	for (i = 0; object && i < figures->n; i++) {
		const struct cost_figure *figure = &figures->figure[i];

		if (add(object, figure->name, number(cost_figure_median(figure), 1))) {
			json_object_put(object);
			object = NULL;
		}
	}
	return object;
}

int cost_references_set(json_object *references, const struct cost_key *key,
			const struct cost_figures *figures)
{
	json_object *array = json_object_object_get(references, "references");
	json_object *reference = find(array, key);

	if (reference)
		return add(reference, "instructions", instructions(figures));
	reference = json_object_new_object();
	if (reference && !add_key(reference, key) &&
	    !add(reference, "instructions", instructions(figures)) &&
	    !json_object_array_add(array, reference))
		return 0;
	json_object_put(reference);
	return -1;
}
