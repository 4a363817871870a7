// SPDX-License-Identifier: GPL-2.0
/*
 * ktap_log.c - KTAP as modules print it (Documentation/dev-tools/ktap.rst), one level
 */
#include "ktap_log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define VERSION "KTAP version 1"
#define SUBTEST "# Subtest: "

struct reader {
	struct ktap_totals *totals;
	const char *const *modules;
	FILE *out;
	bool inside;
	char prefix[128], name[64];
	long planned, seen; /* -1: no plan yet */
	unsigned int printed, of_module[KTAP_MODULES_MAX];
};

static void broken(struct reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void broken(struct reader *reader, const char *format, ...)
{
	char text[sizeof(reader->totals->broken)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (!reader->totals->broken[0])
		strcpy(reader->totals->broken, text);
	if (reader->out)
		fprintf(reader->out, "not ok %u - %s\n", ++reader->printed, text);
}

static void count_document(struct reader *reader)
{
	size_t i;

	for (i = 0; reader->modules[i]; i++) {
		if (!strcmp(reader->modules[i], reader->name)) {
			reader->of_module[i]++;
			return;
		}
	}
	broken(reader, "%s: is no module that was to be tested", reader->name);
}

static void end_document(struct reader *reader)
{
	if (!reader->inside)
		return;
	count_document(reader);
	if (reader->planned < 0)
		broken(reader, "%s: has no plan", reader->name);
	else if (reader->seen < reader->planned)
		broken(reader, "%s: ends after %ld of %ld tests", reader->name, reader->seen,
		       reader->planned);
	reader->inside = false;
}

/* Until it says whose it is, it has a number. */
static void begin_document(struct reader *reader, const char *line, const char *version)
{
	end_document(reader);
	reader->inside = true;
	reader->planned = -1;
	reader->seen = 0;
	reader->totals->documents++;
	snprintf(reader->prefix, sizeof(reader->prefix), "%.*s", (int)(version - line), line);
	snprintf(reader->name, sizeof(reader->name), "document %u", reader->totals->documents);
}

static void take_plan(struct reader *reader, const char *line)
{
	char *end;

	if (reader->planned >= 0)
		broken(reader, "%s: has two plans", reader->name);
	reader->planned = strtol(line + 3, &end, 10);
	if (*end || reader->planned < 1)
		broken(reader, "%s: plans no tests: %s", reader->name, line);
}

/* "NUMBER NAME # SKIP REASON" */
static void take_point(struct reader *reader, const char *text, bool ok)
{
	char *end;
	long number = strtol(text, &end, 10);

	reader->seen++;
	if (!ok)
		reader->totals->failed++;
	else if (strstr(end, "# SKIP"))
		reader->totals->skipped++;
	else
		reader->totals->passed++;
	if (reader->out)
		fprintf(reader->out, "%sok %u - %s: %s\n", ok ? "" : "not ", ++reader->printed,
			reader->name, end + strspn(end, " -"));
	if (end == text || number != reader->seen)
		broken(reader, "%s: test %ld where %ld should be", reader->name,
		       end == text ? -1 : number, reader->seen);
	if (reader->planned >= 0 && reader->seen > reader->planned)
		broken(reader, "%s: has more tests than its plan of %ld", reader->name,
		       reader->planned);
}

static void take_line(struct reader *reader, const char *message)
{
	const char *version = strstr(message, VERSION), *line;

	if (version)
		begin_document(reader, message, version);
	if (!reader->inside || strncmp(message, reader->prefix, strlen(reader->prefix)))
		return;
	line = message + strlen(reader->prefix);
	if (!strncmp(line, "1..", 3))
		take_plan(reader, line);
	else if (!strncmp(line, "ok ", 3))
		take_point(reader, line + 3, true);
	else if (!strncmp(line, "not ok ", 7))
		take_point(reader, line + 7, false);
	else if (!strncmp(line, SUBTEST, strlen(SUBTEST)))
		snprintf(reader->name, sizeof(reader->name), "%s", line + strlen(SUBTEST));
	else if (*line == '#' && reader->out)
		fprintf(reader->out, "%s\n", line);
}

static void judge_modules(struct reader *reader)
{
	size_t i;

	for (i = 0; reader->modules[i]; i++) {
		if (!reader->of_module[i])
			broken(reader, "%s: has printed no tests", reader->modules[i]);
		else if (reader->of_module[i] > 1)
			broken(reader, "%s: has printed its tests %u times", reader->modules[i],
			       reader->of_module[i]);
	}
}

void ktap_read(FILE *log, const char *const *modules, FILE *out, struct ktap_totals *totals)
{
	struct reader reader = {.totals = totals, .modules = modules, .out = out};
	char line[1024];

	memset(totals, 0, sizeof(*totals));
	while (fgets(line, sizeof(line), log)) {
		const char *message = *line == '[' ? strstr(line, "] ") : NULL;

		line[strcspn(line, "\n")] = '\0';
		if (message)
			take_line(&reader, message + 2);
	}
	end_document(&reader);
	judge_modules(&reader);
	if (out)
		fprintf(out, "1..%u\n", reader.printed);
}
