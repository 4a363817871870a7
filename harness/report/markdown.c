// SPDX-License-Identifier: GPL-2.0
/*
 * markdown.c - a result as a table for a page: pull requests, job summaries
 *
 * One unit throughout, since nobody reads such a table without the one before it.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "memory_collector/result_io.h"
#include "result/fields.h"

/* Times of the table, in us */
static const struct column {
	const char *name;
	size_t stats, value;
} columns[] = {
	{"delta p50", offsetof(struct mc_scenario_result, ticks.delta),
	 offsetof(struct mc_stats, p50)},
	{"p99", offsetof(struct mc_scenario_result, ticks.delta), offsetof(struct mc_stats, p99)},
	{"p99.9", offsetof(struct mc_scenario_result, ticks.delta),
	 offsetof(struct mc_stats, p99_9)},
	{"max", offsetof(struct mc_scenario_result, ticks.delta), offsetof(struct mc_stats, max)},
	{"corrected p99", offsetof(struct mc_scenario_result, ticks.corrected),
	 offsetof(struct mc_stats, p99)},
	{"skew p99", offsetof(struct mc_scenario_result, ticks.skew),
	 offsetof(struct mc_stats, p99)},
};

#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* Names and reasons may come from a file: none of it must become a link, a tag or a cell. */
static void print_text(const char *text, FILE *to)
{
	char clean[MC_TEXT_MAX];

	for (text = mc_text_clean(clean, sizeof(clean), text); *text; text++) {
		if (strchr("\\`*_{}[]<>()#|!~&@:", *text))
			fprintf(to, "&#%d;", *text);
		else
			fputc(*text, to);
	}
}

static void print_head(FILE *to)
{
	size_t i;

	fputs("| test | status | read | missed | lost |", to);
	for (i = 0; i < N_COLUMNS; i++)
		fprintf(to, " %s |", columns[i].name);
	fputs("\n|---|---|--:|--:|--:|", to);
	for (i = 0; i < N_COLUMNS; i++)
		fputs("--:|", to);
	fputc('\n', to);
}

static void print_counts(const struct mc_scenario_result *scenario, FILE *to)
{
	char text[MC_TIME_TEXT];

	if (!mc_scenario_measured(scenario)) {
		fputs(" | | |", to);
		return;
	}
	fprintf(to, " %s |", mc_text_count(text, scenario->ticks.samples));
	fprintf(to, " %s", mc_text_count(text, scenario->ticks.missed_ticks));
	if (scenario->ticks.missed_ticks && scenario->ticks.expected_ticks)
		fprintf(to, " (%.2f %%)",
			100.0 * scenario->ticks.missed_ticks / scenario->ticks.expected_ticks);
	fprintf(to, " | %s |", mc_text_count(text, scenario->ticks.lost_events));
}

static void print_row(const struct mc_scenario_result *scenario, FILE *to)
{
	size_t i;

	fputs("| ", to);
	print_text(scenario->test, to);
	fprintf(to, " | %s |", mc_status_name(scenario->status));
	print_counts(scenario, to);
	for (i = 0; i < N_COLUMNS; i++) {
		const char *stats = (const char *)scenario + columns[i].stats;
		int64_t value;

		memcpy(&value, stats + columns[i].value, sizeof(value));
		if (((const struct mc_stats *)stats)->count)
			fprintf(to, " %.1f |", value / 1e3);
		else
			fputs(" |", to);
	}
	fputc('\n', to);
}

static void print_run(const struct mc_result *result, FILE *to)
{
	const struct mc_environment *environment = &result->environment;
	char interval[MC_TIME_TEXT], duration[MC_TIME_TEXT], warning[MC_TEXT_MAX];

	fputs("**", to);
	print_text(environment->kernel, to);
	fputs("**, ", to);
	if (!strcmp(result->run.place, "vm")) {
		fputs("VM (", to);
		print_text(*environment->accelerator ? environment->accelerator : "?", to);
		fputc(')', to);
	} else {
		fputs("this machine", to);
	}
	fprintf(to, ", %u CPUs: a tick every %s for %s per scenario, times in µs\n\n",
		environment->cpus_online, mc_text_time(interval, result->interval_ns),
		mc_text_time(duration, result->run.duration_ns));
	if (*mc_result_warning(result, warning, sizeof(warning))) {
		fputs("**WARNING:** ", to);
		print_text(warning, to);
		fputs("\n\n", to);
	}
}

int mc_result_write_markdown(const struct mc_result *result, FILE *to, struct mc_failure *failure)
{
	bool reasons = false;
	size_t i;

	print_run(result, to);
	print_head(to);
	for (i = 0; i < result->n_scenarios; i++)
		print_row(&result->scenario[i], to);
	for (i = 0; i < result->n_scenarios; i++) {
		const struct mc_scenario_result *scenario = &result->scenario[i];

		if (!*scenario->reason)
			continue;
		fputs(reasons ? "- " : "\n- ", to);
		reasons = true;
		print_text(scenario->test, to);
		fprintf(to, " is %s: ", mc_status_name(scenario->status));
		print_text(scenario->reason, to);
		fputc('\n', to);
	}
	if (fflush(to) || ferror(to))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "cannot write the table: %s",
			       strerror(errno));
	return 0;
}
