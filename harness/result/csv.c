// SPDX-License-Identifier: GPL-2.0
/*
 * csv.c - a result as summary.csv
 *
 * The check of an old file writes it anew and compares: what a column holds is
 * said once, in columns[].
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "memory_collector/result_io.h"
#include "result/fields.h"

#define CELL_MAX (2 * MC_TEXT_MAX)

enum kind {
	TEXT, /* char array */
	KERNEL, /* in a run of several kernels only */
	STATUS,
	COUNT, /* uint64_t, empty where nothing was measured */
	STAT_NS, /* int64_t in a struct mc_stats, empty where that is empty */
	STAT_REAL, /* double in a struct mc_stats */
};

struct column {
	const char *name;
	enum kind kind;
	size_t offset; /* in the scenario */
	size_t stat; /* in the distribution */
};

#define SCENARIO(name, member)                                                    \
	{                                                                         \
		name, COUNT, offsetof(struct mc_scenario_result, ticks.member), 0 \
	}
#define STAT(name, kind, distribution, member)                                       \
	{                                                                            \
		name, kind, offsetof(struct mc_scenario_result, ticks.distribution), \
			offsetof(struct mc_stats, member)                            \
	}

static const struct column columns[] = {
	{"test", TEXT, offsetof(struct mc_scenario_result, test), 0},
	SCENARIO("samples", samples),
	STAT("min_ns", STAT_NS, delta, min),
	STAT("max_ns", STAT_NS, delta, max),
	STAT("mean_ns", STAT_REAL, delta, mean),
	STAT("stddev_ns", STAT_REAL, delta, stddev),
	SCENARIO("missed_ticks", missed_ticks),
	STAT("p50_ns", STAT_NS, delta, p50),
	STAT("p90_ns", STAT_NS, delta, p90),
	STAT("p99_ns", STAT_NS, delta, p99),
	STAT("p99_9_ns", STAT_NS, delta, p99_9),
	STAT("skew_p50_ns", STAT_NS, skew, p50),
	STAT("skew_p99_ns", STAT_NS, skew, p99),
	STAT("skew_max_ns", STAT_NS, skew, max),
	SCENARIO("lost_events", lost_events),
	{"status", STATUS, 0, 0},
	STAT("p99_99_ns", STAT_NS, delta, p99_99),
	STAT("corrected_p99_ns", STAT_NS, corrected, p99),
	STAT("corrected_max_ns", STAT_NS, corrected, max),
	SCENARIO("expected_ticks", expected_ticks),
	SCENARIO("skew_incomplete", skew_incomplete),
	{"base", TEXT, offsetof(struct mc_scenario_result, base), 0},
	{"variant", TEXT, offsetof(struct mc_scenario_result, variant), 0},
	{"lead", TEXT, offsetof(struct mc_scenario_result, lead.mode), 0},
	SCENARIO("phase_ns", phase_ns),
	STAT("entry_p50_ns", STAT_NS, entry, p50),
	STAT("entry_p99_ns", STAT_NS, entry, p99),
	SCENARIO("spin_ns", spin.total_ns),
	SCENARIO("stolen_ns", spin.stolen_ns),
	{"kernel", KERNEL, 0, 0}, /* the last one */
};

/* What files of earlier versions end with */
#define FIRST_COLUMNS 21

#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void format_cell(const struct mc_scenario_result *scenario, const struct column *column,
			char *cell)
{
	static const struct mc_scenario_result nothing;
	bool measured = mc_scenario_measured(scenario);
	const char *member = (const char *)(measured ? scenario : &nothing) + column->offset;
	const struct mc_stats *stats = (const void *)member;
	const void *stat = member + column->stat;

	*cell = '\0';
	switch (column->kind) {
	case TEXT:
		snprintf(cell, CELL_MAX, "%s", (const char *)scenario + column->offset);
		break;
	case KERNEL:
		snprintf(cell, CELL_MAX, "%s", scenario->kernel);
		break;
	case STATUS:
		snprintf(cell, CELL_MAX, "%s", mc_status_name(scenario->status));
		break;
	case COUNT:
		if (measured)
			snprintf(cell, CELL_MAX, "%" PRIu64, *(const uint64_t *)member);
		break;
	case STAT_NS:
		if (stats->count)
			snprintf(cell, CELL_MAX, "%" PRId64, *(const int64_t *)stat);
		break;
	case STAT_REAL:
		/* A negative deviation stands for one that could not be computed. */
		if (stats->count &&
		    (column->stat != offsetof(struct mc_stats, stddev) || stats->stddev >= 0))
			snprintf(cell, CELL_MAX, "%.3f", *(const double *)stat);
		break;
	}
}

/* RFC 4180, 2.6 and 2.7 */
static void print_cell(const char *cell, FILE *to)
{
	if (!strpbrk(cell, ",\"\r\n")) {
		fputs(cell, to);
		return;
	}
	fputc('"', to);
	for (; *cell; cell++) {
		if (*cell == '"')
			fputc('"', to);
		fputc(*cell, to);
	}
	fputc('"', to);
}

static size_t columns_of(const struct mc_result *result)
{
	for (size_t i = 0; i < result->n_scenarios; i++)
		if (*result->scenario[i].kernel)
			return N_COLUMNS;
	return N_COLUMNS - 1;
}

static int write_columns(const struct mc_result *result, size_t n_columns, FILE *to,
			 struct mc_failure *failure)
{
	char cell[CELL_MAX];

	for (size_t column = 0; column < n_columns; column++)
		fprintf(to, "%s%s", column ? "," : "", columns[column].name);
	fputc('\n', to);
	for (size_t i = 0; i < result->n_scenarios; i++) {
		for (size_t column = 0; column < n_columns; column++) {
			if (column)
				fputc(',', to);
			format_cell(&result->scenario[i], &columns[column], cell);
			print_cell(cell, to);
		}
		fputc('\n', to);
	}
	if (fflush(to) || ferror(to))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "cannot write the CSV: %s",
			       strerror(errno));
	return 0;
}

int mc_result_write_csv(const struct mc_result *result, FILE *to, struct mc_failure *failure)
{
	return write_columns(result, columns_of(result), to, failure);
}

/* What a file can have at most, generously */
static size_t csv_size(const struct mc_result *result)
{
	return (result->n_scenarios + 1) * N_COLUMNS * CELL_MAX;
}

/*
 * All of a file, without the carriage returns that a spreadsheet may have added; one
 * that is longer than @size is cut off behind the difference.
 */
static char *slurp(FILE *from, size_t size, const char *name, struct mc_failure *failure)
{
	size_t length, kept = 0;
	char *text = malloc(size);

	if (!text) {
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s: out of memory", name);
		return NULL;
	}
	length = fread(text, 1, size - 1, from);
	if (ferror(from) || memchr(text, '\0', length)) {
		mc_fail(failure, MC_EXIT_USAGE, "%s: %s", name,
			ferror(from) ? strerror(errno) : "holds a NUL byte: it is damaged");
		free(text);
		return NULL;
	}
	for (size_t i = 0; i < length; i++)
		if (text[i] != '\r' || i + 1 == length || text[i + 1] != '\n')
			text[kept++] = text[i];
	text[kept] = '\0';
	return text;
}

/* Where two texts part, counted in what both have */
struct position {
	size_t line, column;
};

static struct position parting(const char *a, const char *b)
{
	struct position at = {1, 0};
	bool quoted = false;

	for (; *a && *a == *b; a++, b++) {
		quoted ^= *a == '"';
		at.line += *a == '\n';
		if (!quoted && *a == '\n')
			at.column = 0;
		else if (!quoted && *a == ',' && at.column + 1 < N_COLUMNS)
			at.column++;
	}
	return at;
}

static int compare(const char *text, const char *expected, const char *name,
		   struct mc_failure *failure)
{
	struct position at = parting(text, expected);
	size_t length = strlen(text);

	if (!strcmp(text, expected))
		return 0;
	if (!strncmp(text, expected, length))
		return mc_fail(failure, MC_EXIT_USAGE,
			       "%s:%zu: ends here, but summary.json goes on: the file is truncated",
			       name, at.line);
	if (!strncmp(text, expected, strlen(expected)))
		return mc_fail(failure, MC_EXIT_USAGE,
			       "%s:%zu: more lines than summary.json has scenarios", name, at.line);
	return mc_fail(failure, MC_EXIT_USAGE, "%s:%zu: column %s does not agree with summary.json",
		       name, at.line, columns[at.column].name);
}

/* As an earlier version wrote it, with fewer columns? */
static bool is_older(const char *text)
{
	size_t n = 1;

	for (; *text && *text != '\n'; text++)
		n += *text == ',';
	return n == FIRST_COLUMNS;
}

static int check_text(const struct mc_result *result, const char *text, const char *name,
		      struct mc_failure *failure)
{
	char *expected = NULL;
	size_t size;
	FILE *to = open_memstream(&expected, &size);
	int ret;

	if (!to)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s: out of memory", name);
	ret = write_columns(result, is_older(text) ? FIRST_COLUMNS : columns_of(result), to,
			    failure);
	fclose(to);
	if (!ret)
		ret = compare(text, expected, name, failure);
	free(expected);
	return ret;
}

int mc_result_check_csv(const struct mc_result *result, FILE *from, const char *name,
			struct mc_failure *failure)
{
	char *text = slurp(from, csv_size(result), name, failure);
	int ret = text ? check_text(result, text, name, failure) : -1;

	free(text);
	return ret;
}
