// SPDX-License-Identifier: GPL-2.0
/*
 * stress_yaml.c - stress-ng's --yaml file, read as events
 *
 * Looked for is metrics[] -> {stressor, bogo-ops}. The file ends with "...":
 * one that does not was cut off, and a number at its end may be half a number.
 *
 * libyaml gets no more than that part and the marks of the document. What stands
 * before it (names of the machine, the user and the compiler) stress-ng writes as it
 * finds it: "hostname: *ci", which is an alias, or "run-by: 'o'brien'", which is no YAML.
 */
#include "load/stress_yaml.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* A file of stress-ng has 50 lines per stressor and is 4 levels deep. */
#define DEPTH_MAX 32
#define EVENTS_MAX 1000000

/**
 * struct part - the file on its way to libyaml
 * @from: the file
 * @piece: of it, a line or as much of one as there is room for
 * @length: of @piece
 * @used: what libyaml has of it
 * @inside: another piece of the same line follows
 * @metrics: among the lines below "metrics:"
 * @pass: the line is for libyaml; of others it gets the end alone, so that lines keep their numbers
 */
struct part {
	FILE *from;
	char piece[512];
	size_t length, used;
	bool inside, metrics, pass;
};

/* Levels: 1 the document's mapping, 2 the list under metrics, 3 one entry of it */
enum { LEVEL_TOP = 1, LEVEL_METRICS = 2, LEVEL_ENTRY = 3 };

struct reader {
	const char *name, *stressor;
	int depth;
	bool mapping[DEPTH_MAX + 1]; /* by depth: a mapping, else a list */
	bool key_next[DEPTH_MAX + 1]; /* by depth, in a mapping: a key comes next */
	char key[DEPTH_MAX + 1][32]; /* by depth, in a mapping: the key seen last */
	bool entry_matches;
	double entry_ops; /* negative: not seen */
	bool found;
	double ops;
	size_t line;
	struct mc_failure *failure;
};

static int refuse(struct reader *reader, const char *reason)
{
	return mc_fail(reader->failure, MC_EXIT_ENVIRONMENT, "%s:%zu: %s", reader->name,
		       reader->line, reason);
}

static bool begins(const struct part *part, const char *text)
{
	return part->length >= strlen(text) && !memcmp(part->piece, text, strlen(text));
}

/* What begins a line decides to what it belongs: a key there is one of the top level. */
static void begin_line(struct part *part)
{
	bool mark = begins(part, "---") || begins(part, "...");

	if (mark || !strchr(" \t\r\n#-", part->piece[0]))
		part->metrics = begins(part, "metrics:");
	part->pass = mark || part->metrics;
}

static void next_piece(struct part *part)
{
	int c = EOF;

	part->length = part->used = 0;
	while (part->length < sizeof(part->piece) && c != '\n' && (c = getc(part->from)) != EOF)
		part->piece[part->length++] = c;
	if (!part->inside && part->length)
		begin_line(part);
	part->inside = c != '\n';
	if (!part->pass && part->length) {
		part->length = !part->inside;
		part->piece[0] = '\n';
	}
}

/* For libyaml. Return: 1, as on success; 0 read is the end. */
static int feed(void *data, unsigned char *buffer, size_t size, size_t *got)
{
	struct part *part = data;

	while (part->used == part->length && !feof(part->from) && !ferror(part->from))
		next_piece(part);
	*got = part->length - part->used;
	if (*got > size)
		*got = size;
	memcpy(buffer, part->piece + part->used, *got);
	part->used += *got;
	return !ferror(part->from);
}

/* In an entry of the list under the top level's key "metrics"? */
static bool in_entry(const struct reader *reader)
{
	return reader->depth == LEVEL_ENTRY && reader->mapping[LEVEL_ENTRY] &&
	       !reader->mapping[LEVEL_METRICS] && reader->mapping[LEVEL_TOP] &&
	       !strcmp(reader->key[LEVEL_TOP], "metrics");
}

static int take_ops(struct reader *reader, const char *text)
{
	char *end;
	double ops;

	/* strtod() also knows blanks, signs, hexadecimal, infinity */
	if (strspn(text, "0123456789.eE+") != strlen(text) || !*text || *text == '+')
		return refuse(reader, "bogo-ops is not a number");
	ops = strtod(text, &end);
	if (*end || !isfinite(ops))
		return refuse(reader, "bogo-ops is not a number");
	if (reader->entry_ops >= 0)
		return refuse(reader, "bogo-ops is given twice");
	reader->entry_ops = ops;
	return 0;
}

/* A value has ended: the next scalar of the mapping around it is a key. */
static void value_done(struct reader *reader)
{
	reader->key_next[reader->depth] = true;
}

static int on_scalar(struct reader *reader, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	int depth = reader->depth;

	if (strlen(text) != event->data.scalar.length)
		return refuse(reader, "a NUL character in a value");
	if (!depth)
		return refuse(reader, "the document is not a mapping");
	if (!reader->mapping[depth])
		return 0;
	if (reader->key_next[depth]) {
		snprintf(reader->key[depth], sizeof(reader->key[depth]), "%s", text);
		reader->key_next[depth] = false;
		return 0;
	}
	value_done(reader);
	if (!in_entry(reader))
		return 0;
	if (!strcmp(reader->key[depth], "stressor"))
		reader->entry_matches = !strcmp(text, reader->stressor);
	else if (!strcmp(reader->key[depth], "bogo-ops"))
		return take_ops(reader, text);
	return 0;
}

static int on_start(struct reader *reader, bool mapping)
{
	if (reader->depth == DEPTH_MAX)
		return refuse(reader, "nested too deeply");
	if (reader->mapping[reader->depth] && reader->key_next[reader->depth])
		return refuse(reader, "a key is not a plain word");
	reader->depth++;
	reader->mapping[reader->depth] = mapping;
	reader->key_next[reader->depth] = mapping;
	reader->key[reader->depth][0] = '\0';
	if (in_entry(reader)) {
		reader->entry_matches = false;
		reader->entry_ops = -1;
	}
	return 0;
}

static int on_end(struct reader *reader)
{
	if (in_entry(reader) && reader->entry_matches && reader->entry_ops >= 0) {
		reader->found = true;
		reader->ops += reader->entry_ops;
	}
	reader->depth--;
	value_done(reader);
	return 0;
}

static int on_event(struct reader *reader, const yaml_event_t *event)
{
	reader->line = event->start_mark.line + 1;
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return on_scalar(reader, event);
	case YAML_MAPPING_START_EVENT:
		return on_start(reader, true);
	case YAML_SEQUENCE_START_EVENT:
		return on_start(reader, false);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		return on_end(reader);
	case YAML_ALIAS_EVENT:
		return refuse(reader, "an alias, which stress-ng does not write");
	case YAML_DOCUMENT_END_EVENT:
		if (event->data.document_end.implicit)
			return refuse(reader, "the file is cut off: it does not end with '...'");
		return 0;
	default:
		return 0;
	}
}

static int next_event(struct reader *reader, yaml_parser_t *parser, bool *end)
{
	yaml_event_t event;
	int result;

	if (!yaml_parser_parse(parser, &event)) {
		reader->line = parser->problem_mark.line + 1;
		return refuse(reader, parser->problem ? parser->problem : "not YAML");
	}
	result = on_event(reader, &event);
	*end = event.type == YAML_STREAM_END_EVENT;
	yaml_event_delete(&event);
	return result;
}

int mc_stress_yaml_read(FILE *from, const char *name, const char *stressor, double *bogo_ops,
			struct mc_failure *failure)
{
	struct reader reader = {.name = name, .stressor = stressor, .failure = failure};
	struct part part = {.from = from};
	yaml_parser_t parser;
	int events = 0, result = 0;
	bool end = false;

	if (!yaml_parser_initialize(&parser))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s: out of memory", name);
	yaml_parser_set_input(&parser, feed, &part);
	while (!result && !end) {
		result = next_event(&reader, &parser, &end);
		if (!result && ++events > EVENTS_MAX)
			result = refuse(&reader, "far too long for a file of stress-ng");
	}
	yaml_parser_delete(&parser);
	if (result)
		return -1;
	if (!reader.found)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "%s: no bogo-ops of the stressor '%s' in it", name, stressor);
	*bogo_ops = reader.ops;
	return 0;
}
