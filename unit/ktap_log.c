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

struct reader {
	struct ktap_totals *totals;
	FILE *out;
	bool inside;
	char prefix[128];
	long planned, seen; /* -1: no plan yet */
};

static void broken(struct reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void broken(struct reader *reader, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (!reader->totals->broken[0])
		vsnprintf(reader->totals->broken, sizeof(reader->totals->broken), format, args);
	va_end(args);
}

static void end_document(struct reader *reader)
{
	if (!reader->inside)
		return;
	if (reader->planned < 0)
		broken(reader, "document %u has no plan", reader->totals->documents);
	else if (reader->seen < reader->planned)
		broken(reader, "document %u ends after %ld of %ld tests", reader->totals->documents,
		       reader->seen, reader->planned);
	reader->inside = false;
}

static void begin_document(struct reader *reader, const char *line, const char *version)
{
	end_document(reader);
	reader->inside = true;
	reader->planned = -1;
	reader->seen = 0;
	reader->totals->documents++;
	snprintf(reader->prefix, sizeof(reader->prefix), "%.*s", (int)(version - line), line);
}

static void take_plan(struct reader *reader, const char *line)
{
	char *end;

	if (reader->planned >= 0)
		broken(reader, "document %u has two plans", reader->totals->documents);
	reader->planned = strtol(line + 3, &end, 10);
	if (*end || reader->planned < 1)
		broken(reader, "document %u plans no tests: %s", reader->totals->documents, line);
}

/* "NUMBER NAME # SKIP REASON" */
static void take_point(struct reader *reader, const char *text, bool ok)
{
	char *end;
	long number = strtol(text, &end, 10);

	reader->seen++;
	if (end == text || number != reader->seen)
		broken(reader, "document %u: test %ld where %ld should be",
		       reader->totals->documents, end == text ? -1 : number, reader->seen);
	if (reader->planned >= 0 && reader->seen > reader->planned)
		broken(reader, "document %u has more tests than its plan of %ld",
		       reader->totals->documents, reader->planned);
	if (!ok)
		reader->totals->failed++;
	else if (strstr(end, "# SKIP"))
		reader->totals->skipped++;
	else
		reader->totals->passed++;
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
	else if (*line != '#')
		return;
	if (reader->out)
		fprintf(reader->out, "%s\n", line);
}

void ktap_read(FILE *log, FILE *out, struct ktap_totals *totals)
{
	struct reader reader = {.totals = totals, .out = out};
	char line[1024];

	memset(totals, 0, sizeof(*totals));
	while (fgets(line, sizeof(line), log)) {
		const char *message = *line == '[' ? strstr(line, "] ") : NULL;

		line[strcspn(line, "\n")] = '\0';
		if (message)
			take_line(&reader, message + 2);
	}
	end_document(&reader);
	if (!totals->documents)
		broken(&reader, "there is no KTAP in the log");
}
