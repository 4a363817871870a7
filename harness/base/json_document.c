// SPDX-License-Identifier: GPL-2.0
/*
 * json_document.c - a file as a tree of values, whatever is in the file
 */
#include "base/json_document.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/*
 * Far above what a thousand CPUs and ten scenarios need. A value takes some 80
 * bytes once it is parsed and as few as two in the file, so both are limited.
 */
#define FILE_MAX ((size_t)64 << 20)
#define VALUES_MAX ((size_t)4 << 20)
#define DEPTH_MAX 16

/* The whole text, or NULL */
static char *slurp(FILE *from, const char *name, size_t *length, struct mc_failure *failure)
{
	size_t size = 1 << 16;
	char *text = malloc(size), *larger;

	*length = 0;
	while (text) {
		*length += fread(text + *length, 1, size - *length, from);
		if (*length < size || size > FILE_MAX)
			break;
		size *= 2;
		larger = realloc(text, size);
		if (!larger)
			free(text);
		text = larger;
	}
	if (!text)
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s: out of memory", name);
	else if (ferror(from))
		mc_fail(failure, MC_EXIT_USAGE, "%s: cannot read: %s", name, strerror(errno));
	else if (*length > FILE_MAX)
		mc_fail(failure, MC_EXIT_USAGE,
			"%s: larger than %zu MiB: not a result of this program", name,
			FILE_MAX >> 20);
	else
		return text;
	free(text);
	return NULL;
}

static size_t line_of(const char *text, size_t at)
{
	size_t line = 1;

	for (size_t i = 0; i < at; i++)
		line += text[i] == '\n';
	return line;
}

static const char *after_string(const char *at, const char *end)
{
	for (at++; at < end && *at != '"'; at++)
		at += *at == '\\';
	return at < end ? at + 1 : end;
}

/* Whether an integer of this many digits fits; a json_object takes the nearest that does. */
static bool fits(const char *digits, size_t n, bool negative)
{
	const char *limit = negative ? "9223372036854775808" : "18446744073709551615";

	return n < strlen(limit) || (n == strlen(limit) && strncmp(digits, limit, n) <= 0);
}

/* At a number: an integer must fit, a fraction is rounded anyway. */
static const char *after_number(const char *at, const char *end, bool *good)
{
	bool negative = *at == '-';
	const char *digits = at + negative;

	for (at = digits; at < end && isdigit((unsigned char)*at); at++)
		;
	*good = (at < end && strchr(".eE", *at)) || fits(digits, at - digits, negative);
	while (at < end && (isalnum((unsigned char)*at) || strchr("+-.", *at)))
		at++;
	return at;
}

/* What the parser would not refuse: more values than memory is for, and too large integers. */
static int check_text(const char *text, size_t length, const char *name, struct mc_failure *failure)
{
	const char *at = text, *end = text + length;
	size_t values = 1;
	bool good = true;

	while (at < end && good && values <= VALUES_MAX) {
		const char *token = at;

		values += *at == ',' || *at == '[' || *at == '{';
		if (*at == '"')
			at = after_string(at, end);
		else if (*at == '-' || isdigit((unsigned char)*at))
			at = after_number(token, end, &good);
		else
			at++;
		if (!good)
			return mc_fail(failure, MC_EXIT_USAGE,
				       "%s:%zu: the integer %.*s does not fit into 64 bits", name,
				       line_of(text, token - text),
				       (int)(at - token > 40 ? 40 : at - token), token);
	}
	if (values > VALUES_MAX)
		return mc_fail(failure, MC_EXIT_USAGE,
			       "%s: more than %zu values: not a result of this program", name,
			       VALUES_MAX);
	return 0;
}

/* Says what is wrong with a text; a character after the document is @at. */
static void fail_parse(struct mc_failure *failure, const char *name, const char *text, size_t at,
		       enum json_tokener_error error)
{
	if (error == json_tokener_continue)
		mc_fail(failure, MC_EXIT_USAGE, "%s: ends too early: the file is truncated", name);
	else
		mc_fail(failure, MC_EXIT_USAGE, "%s:%zu: not JSON as this program writes it: %s",
			name, line_of(text, at),
			error == json_tokener_success ? "something follows the document"
						      : json_tokener_error_desc(error));
}

static json_object *parse(const char *text, size_t length, const char *name,
			  struct mc_failure *failure)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
	enum json_tokener_error error;
	json_object *object;
	size_t end;

	if (!tokener) {
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s: out of memory", name);
		return NULL;
	}
	/* Strict: no comments, no quotes of other kinds. */
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS |
						JSON_TOKENER_VALIDATE_UTF8);
	object = json_tokener_parse_ex(tokener, text, (int)length);
	error = json_tokener_get_error(tokener);
	end = json_tokener_get_parse_end(tokener);
	json_tokener_free(tokener);
	while (error == json_tokener_success && end < length && text[end] &&
	       strchr(" \t\r\n", text[end]))
		end++;
	if (error != json_tokener_success || end < length)
		fail_parse(failure, name, text, end, error);
	else if (!json_object_is_type(object, json_type_object))
		mc_fail(failure, MC_EXIT_USAGE, "%s: not an object", name);
	else
		return object;
	json_object_put(object);
	return NULL;
}

json_object *mc_json_document(FILE *from, const char *name, struct mc_failure *failure)
{
	json_object *object = NULL;
	size_t length;
	char *text = slurp(from, name, &length, failure);

	if (!text)
		return NULL;
	if (!check_text(text, length, name, failure))
		object = parse(text, length, name, failure);
	free(text);
	return object;
}
