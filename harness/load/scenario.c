// SPDX-License-Identifier: GPL-2.0
/*
 * scenario.c - scenario files, and the argument vectors made from them
 *
 * inih takes lines apart. What it would let pass in silence (cut lines and
 * names, continuation lines, sections without keys, comments behind a value) is
 * looked at before it gets a line, so that every line is used as written or
 * refused.
 */
#include "memory_collector/scenario.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* inih cuts section names at 49 characters */
#define SECTION_MAX 48
#define FILE_LINES_MAX 10000
#define SCENARIOS_MAX 1000
#define ARG_MAX_CHARS 256
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* ---- one file on its way into the matrix ---- */

struct reader {
	FILE *file;
	const char *path;
	int line;
	struct mc_matrix *matrix;
	struct mc_scenario *now; /* the section that lines belong to */
	unsigned int seen; /* keys of it, one bit each */
	bool refused;
	struct mc_failure *failure;
};

static int refuse(struct reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The first refusal stands: later lines may only be its consequence. */
static int refuse(struct reader *reader, const char *format, ...)
{
	char text[sizeof(reader->failure->text)];
	va_list args;

	if (reader->refused)
		return -1;
	reader->refused = true;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return mc_fail(reader->failure, MC_EXIT_USAGE, "%s:%d: %s", reader->path, reader->line,
		       text);
}

/* ---- arguments ---- */

/*
 * What may stand in an argument. Nothing in here ever reaches a shell; but a
 * file with a shell's characters in it was written in the belief that one would,
 * and would not do what its author thinks.
 */
static bool plain_char(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("-_.,:/=%+@", c));
}

/* Forms of placeholders: a number from 1 to @max between @before and @after */
static const struct form {
	const char *before, *after;
	unsigned int max; /* 0: no number */
	bool memory;
} forms[] = {
	{"{cpus", "}", 0, false},
	{"{cpus*", "}", 100, false},
	{"{memory:", "%}", 100, true},
};

/* The placeholder at @text. Return: its length, or 0 where there is none that we know. */
static size_t placeholder(const char *text, const struct form **form, unsigned int *number)
{
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const char *at = text + strlen(forms[i].before);
		unsigned int value = forms[i].max ? 0 : 1;

		if (strncmp(text, forms[i].before, strlen(forms[i].before)))
			continue;
		while (forms[i].max && isdigit((unsigned char)*at) && value <= forms[i].max)
			value = value * 10 + (*at++ - '0');
		if (!value || (forms[i].max && value > forms[i].max) ||
		    strncmp(at, forms[i].after, strlen(forms[i].after)))
			continue;
		*form = &forms[i];
		*number = value;
		return at + strlen(forms[i].after) - text;
	}
	return 0;
}

/* What the harness itself sets or relies on; also abbreviated, as getopt_long() takes it. */
static int check_option(struct reader *reader, const char *arg)
{
	static const char *const reserved[] = {"--timeout", "--metrics-brief", "--yaml",
					       "--job",	    "--log-file",      "--dry-run",
					       "--quiet",   "--temp-path",     "--verbose"};
	size_t i, length = strcspn(arg, "=");

	if (arg[0] == '-' && isalpha((unsigned char)arg[1]))
		return refuse(reader, "'%s': short options cannot stand here, only long ones", arg);
	for (i = 0; length > 2 && i < sizeof(reserved) / sizeof(reserved[0]); i++) {
		if (!strncmp(arg, reserved[i], length))
			return refuse(reader, "'%s' is not for scenarios: run-stress decides on %s",
				      arg, reserved[i]);
	}
	return 0;
}

static int check_arg(struct reader *reader, const char *arg)
{
	const char *at = arg;
	const struct form *form;
	unsigned int number;
	size_t length;

	while (*at) {
		length = placeholder(at, &form, &number);
		if (*at == '{' && !length)
			return refuse(reader,
				      "'%s': unknown placeholder; known: {cpus}, {cpus*N}, "
				      "{memory:N%%}, with N from 1 to 100",
				      arg);
		if (!length && !plain_char(*at))
			return refuse(reader,
				      "'%s': the character '%c' cannot stand in an argument: "
				      "arguments go to stress-ng as they are, no shell reads them",
				      arg, *at);
		at += length ? length : 1;
	}
	return check_option(reader, arg);
}

static int take_args(struct reader *reader, const char *value)
{
	struct mc_scenario *scenario = reader->now;
	char arg[ARG_MAX_CHARS];

	for (;;) {
		size_t length;

		value += strspn(value, " \t");
		length = strcspn(value, " \t");
		if (!length)
			break;
		if (scenario->n_args == MC_SCENARIO_ARGS)
			return refuse(reader, "more than %d arguments", MC_SCENARIO_ARGS);
		if (length >= sizeof(arg))
			return refuse(reader, "an argument is longer than %zu characters",
				      sizeof(arg) - 1);
		memcpy(arg, value, length);
		arg[length] = '\0';
		if (check_arg(reader, arg))
			return -1;
		scenario->args[scenario->n_args] = strdup(arg);
		if (!scenario->args[scenario->n_args])
			return refuse(reader, "out of memory");
		scenario->n_args++;
		value += length;
	}
	return scenario->n_args ? 0 : refuse(reader, "args is empty");
}

/* ---- keys ---- */

static int copy_text(struct reader *reader, const char *key, const char *value, char *to,
		     size_t size)
{
	if (!*value)
		return refuse(reader, "%s is empty", key);
	if (strlen(value) >= size)
		return refuse(reader, "%s is longer than %zu characters", key, size - 1);
	/* It goes into results, which have to be UTF-8, and to terminals. */
	if (!mc_text_is_clean(value))
		return refuse(reader, "%s is not UTF-8, or has a control character in it", key);
	strcpy(to, value);
	return 0;
}

static int take_title(struct reader *reader, const char *value)
{
	return copy_text(reader, "title", value, reader->now->title, sizeof(reader->now->title));
}

static int take_stressor(struct reader *reader, const char *value)
{
	const char *c;

	if (!strcmp(value, "none"))
		return 0;
	for (c = value; *c; c++) {
		if (!isalnum((unsigned char)*c) && *c != '-')
			return refuse(reader, "stressor '%s' is not a name of a stressor", value);
	}
	return copy_text(reader, "stressor", value, reader->now->stressor,
			 sizeof(reader->now->stressor));
}

static int take_needs(struct reader *reader, const char *value)
{
	if (strcmp(value, "block"))
		return refuse(reader, "needs '%s' is not known; known: block", value);
	reader->now->needs_block = true;
	return 0;
}

static int take_user(struct reader *reader, const char *value)
{
	if (strcmp(value, "root") && strcmp(value, "nobody"))
		return refuse(reader, "user '%s' is not known; known: nobody, root", value);
	reader->now->as_root = !strcmp(value, "root");
	return 0;
}

static int take_why(struct reader *reader, const char *value)
{
	return copy_text(reader, "why", value, reader->now->as_root_reason,
			 sizeof(reader->now->as_root_reason));
}

static const struct key {
	const char *name;
	int (*take)(struct reader *reader, const char *value);
} keys[] = {
	{"title", take_title}, {"stressor", take_stressor}, {"args", take_args},
	{"needs", take_needs}, {"user", take_user},	    {"why", take_why},
};

#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

static bool has_key(const struct reader *reader, const char *name)
{
	size_t i;

	for (i = 0; i < N_KEYS; i++) {
		if (!strcmp(keys[i].name, name))
			return reader->seen & 1U << i;
	}
	return false;
}

/* inih's handler: 0 is an error to it */
static int take_key(void *data, const char *section, const char *name, const char *value)
{
	struct reader *reader = data;
	size_t i;

	if (reader->refused)
		return 0;
	if (!reader->now) {
		refuse(reader, "'%s' stands before the first [section]", name);
		return 0;
	}
	for (i = 0; i < N_KEYS; i++) {
		if (strcmp(keys[i].name, name))
			continue;
		if (reader->seen & 1U << i) {
			refuse(reader, "%s is given a second time in [%s]", name, section);
			return 0;
		}
		reader->seen |= 1U << i;
		return !keys[i].take(reader, value);
	}
	refuse(reader, "unknown key '%s'; known: title, stressor, args, needs, user, why", name);
	return 0;
}

/* ---- sections ---- */

/* What can only be said when all keys of a section have been seen. */
static int end_section(struct reader *reader)
{
	struct mc_scenario *scenario = reader->now;
	int line = reader->line;

	if (!scenario || reader->refused)
		return 0;
	reader->line = scenario->line;
	if (!has_key(reader, "stressor"))
		return refuse(reader, "[%s] has no stressor; a scenario without load says 'none'",
			      scenario->name);
	if (!has_key(reader, "title"))
		return refuse(reader, "[%s] has no title", scenario->name);
	if (!scenario->stressor[0] && (scenario->n_args || scenario->needs_block))
		return refuse(reader, "[%s] has no load, so args and needs cannot stand there",
			      scenario->name);
	if (scenario->stressor[0] && !scenario->n_args)
		return refuse(reader, "[%s] has no args", scenario->name);
	if (scenario->stressor[0] && (strncmp(scenario->args[0], "--", 2) ||
				      strcmp(scenario->args[0] + 2, scenario->stressor)))
		return refuse(reader, "[%s]: args must begin with --%s, the stressor's own option",
			      scenario->name, scenario->stressor);
	if (scenario->as_root != !!scenario->as_root_reason[0])
		return refuse(reader, "[%s]: 'user = root' and 'why' go together", scenario->name);
	reader->line = line;
	return 0;
}

static const struct mc_scenario *find(const struct mc_matrix *matrix, const char *name,
				      size_t length)
{
	size_t i;

	for (i = 0; i < matrix->n; i++) {
		if (strlen(matrix->scenario[i].name) == length &&
		    !memcmp(matrix->scenario[i].name, name, length))
			return &matrix->scenario[i];
	}
	return NULL;
}

static int begin_section(struct reader *reader, const char *header)
{
	struct mc_matrix *matrix = reader->matrix;
	size_t length = strspn(header + 1, "abcdefghijklmnopqrstuvwxyz0123456789-_");
	const struct mc_scenario *other;
	struct mc_scenario *grown;

	if (end_section(reader))
		return -1;
	reader->now = NULL;
	reader->seen = 0;
	/* With a '-' first it would be an option where it is a file's name or an argument. */
	if (!length || length > SECTION_MAX || header[1] == '-' || strcmp(header + 1 + length, "]"))
		return refuse(reader,
			      "'%s': a section is [name], of 1 to %d lower-case letters, digits, "
			      "- and _, not beginning with -, and nothing behind it",
			      header, SECTION_MAX);
	other = find(matrix, header + 1, length);
	if (other)
		return refuse(reader, "the name '%s' is taken by %s:%d", other->name, other->file,
			      other->line);
	if (matrix->n == SCENARIOS_MAX)
		return refuse(reader, "more than %d scenarios", SCENARIOS_MAX);
	grown = realloc(matrix->scenario, (matrix->n + 1) * sizeof(*grown));
	if (!grown)
		return refuse(reader, "out of memory");
	matrix->scenario = grown;
	reader->now = &grown[matrix->n];
	memset(reader->now, 0, sizeof(*reader->now));
	reader->now->file = strdup(reader->path);
	if (!reader->now->file)
		return refuse(reader, "out of memory");
	matrix->n++;
	memcpy(reader->now->name, header + 1, length);
	reader->now->line = reader->line;
	return 0;
}

/* ---- lines ---- */

static int check_line(struct reader *reader, const char *line)
{
	const char *c;

	if (++reader->line > FILE_LINES_MAX)
		return refuse(reader, "more than %d lines: not a scenario file", FILE_LINES_MAX);
	for (c = line; *c; c++) {
		if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7f)
			return refuse(reader, "control character 0x%02x: not a text file",
				      (unsigned char)*c);
	}
	if (*line == ';' || *line == '#' || !*line)
		return 0;
	if (isspace((unsigned char)*line) && line[strspn(line, " \t")])
		return refuse(reader, "a line cannot begin with a blank: one line per key");
	if (*line == '[')
		return begin_section(reader, line);
	for (c = line; (c = strchr(c, ';')); c++) {
		if (c[-1] == ' ' || c[-1] == '\t')
			return refuse(reader, "';' cannot follow a value: a comment has a line of "
					      "its own, and no shell reads this");
	}
	return 0;
}

/*
 * inih's reader. Only lines that passed are given to it, and after a refusal
 * none at all, so that its own limits are never what decides.
 */
static char *next_line(char *buffer, int size, void *data)
{
	struct reader *reader = data;
	size_t length = 0;
	int c = EOF;

	if (reader->refused)
		return NULL;
	while ((c = getc(reader->file)) != EOF && c != '\n') {
		/* inih needs room for a line end of its own */
		if (!c || length + 4 > (size_t)size) {
			reader->line++;
			if (c)
				refuse(reader, "the line is longer than %d characters", size - 4);
			else
				refuse(reader, "a NUL byte: not a text file");
			return NULL;
		}
		buffer[length++] = c;
	}
	if (c == EOF && !length)
		return NULL;
	while (length && strchr(" \t\r", buffer[length - 1]))
		length--;
	buffer[length] = '\0';
	/* Some editors begin a file with U+FEFF, to say that it is UTF-8. */
	if (!reader->line && !strncmp(buffer, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)))
		memmove(buffer, buffer + strlen(BYTE_ORDER_MARK),
			length + 1 - strlen(BYTE_ORDER_MARK));
	if (check_line(reader, buffer))
		return NULL;
	return buffer;
}

/* A refused file leaves nothing of itself in the matrix. */
static void shrink(struct mc_matrix *matrix, size_t n)
{
	while (matrix->n > n) {
		struct mc_scenario *scenario = &matrix->scenario[--matrix->n];

		while (scenario->n_args)
			free(scenario->args[--scenario->n_args]);
		free(scenario->file);
	}
}

int mc_matrix_read(struct mc_matrix *matrix, const char *path, struct mc_failure *failure)
{
	struct reader reader = {.path = path, .matrix = matrix, .failure = failure};
	size_t before = matrix->n;
	int result;

	reader.file = fopen(path, "re");
	if (!reader.file)
		return mc_fail(failure, MC_EXIT_USAGE, "scenario file %s: %s", path,
			       strerror(errno));
	result = ini_parse_stream(next_line, &reader, take_key, &reader);
	if (!reader.refused && ferror(reader.file)) {
		reader.refused = true;
		mc_fail(failure, MC_EXIT_USAGE, "scenario file %s: %s", path, strerror(errno));
	}
	if (!reader.refused && result > 0) {
		reader.line = result;
		refuse(&reader, "neither a [section] nor key = value");
	}
	if (!reader.refused && result < 0)
		refuse(&reader, "out of memory");
	end_section(&reader);
	if (!reader.refused && matrix->n == before)
		refuse(&reader, "the file has no scenario in it");
	fclose(reader.file);
	if (reader.refused)
		shrink(matrix, before);
	return reader.refused ? -1 : 0;
}

void mc_matrix_free(struct mc_matrix *matrix)
{
	shrink(matrix, 0);
	free(matrix->scenario);
	matrix->scenario = NULL;
}

/* ---- --only ---- */

static int unknown_name(const struct mc_matrix *matrix, const char *name, size_t length,
			struct mc_failure *failure)
{
	char known[sizeof(failure->text)] = "";
	size_t i, used = 0;

	for (i = 0; i < matrix->n && used < sizeof(known); i++)
		used += snprintf(known + used, sizeof(known) - used, "%s%s", i ? ", " : "",
				 matrix->scenario[i].name);
	return mc_fail(failure, MC_EXIT_USAGE,
		       "--only: no scenario is called '%.*s'; known: %.700s",
		       length > 64 ? 64 : (int)length, name, known);
}

int mc_matrix_only(struct mc_matrix *matrix, const char *names, struct mc_failure *failure)
{
	bool *keep = calloc(matrix->n + 1, sizeof(*keep));
	const struct mc_scenario *found;
	size_t i, length, kept = 0;

	if (!keep)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
	for (;; names += length + 1) {
		length = strcspn(names, ",");
		found = find(matrix, names, length);
		if (!found) {
			free(keep);
			return unknown_name(matrix, names, length, failure);
		}
		keep[found - matrix->scenario] = true;
		if (!names[length])
			break;
	}
	for (i = 0; i < matrix->n; i++) {
		struct mc_scenario scenario = matrix->scenario[i];

		if (!keep[i])
			continue;
		matrix->scenario[i] = matrix->scenario[kept];
		matrix->scenario[kept++] = scenario;
	}
	shrink(matrix, kept);
	free(keep);
	return 0;
}

/* ---- argument vectors ---- */

static void replace(const char *arg, const struct mc_scenario_scale *scale, FILE *to)
{
	const struct form *form = NULL;
	unsigned int number = 0;
	size_t length;

	while (*arg) {
		length = placeholder(arg, &form, &number);
		if (!length)
			fputc(*arg++, to);
		else if (form->memory)
			fprintf(to, "%" PRIu64, scale->memory_bytes / 100 * number);
		else
			fprintf(to, "%u", scale->cpus * number);
		arg += length;
	}
	fputc('\0', to);
}

/* The vector and its strings in one piece, so that one free() is enough. */
static char **to_vector(const char *strings, size_t size, size_t n)
{
	size_t head = (n + 1) * sizeof(char *);
	char **vector = malloc(head + size);
	char *at;
	size_t i;

	if (!vector)
		return NULL;
	at = memcpy((char *)vector + head, strings, size);
	for (i = 0; i < n; i++, at += strlen(at) + 1)
		vector[i] = at;
	vector[n] = NULL;
	return vector;
}

int mc_scenario_command(const struct mc_scenario *scenario, const struct mc_scenario_scale *scale,
			const char *yaml, unsigned int timeout_s, const char *scratch, char ***argv,
			struct mc_failure *failure)
{
	char *strings = NULL;
	size_t size = 0;
	unsigned int i;
	FILE *memory;
	bool broken;

	*argv = NULL;
	memory = open_memstream(&strings, &size);
	if (!memory)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
	fprintf(memory, "stress-ng%c", 0);
	for (i = 0; i < scenario->n_args; i++)
		replace(scenario->args[i], scale, memory);
	fprintf(memory, "--timeout%c%us%c--metrics%c--yaml%c%s%c--temp-path%c%s%c", 0, timeout_s, 0,
		0, 0, yaml, 0, 0, scratch, 0);
	broken = ferror(memory);
	if (!fclose(memory) && !broken)
		*argv = to_vector(strings, size, scenario->n_args + 8);
	free(strings);
	return *argv ? 0 : mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
}
