// SPDX-License-Identifier: GPL-2.0
/*
 * table.c - the final table: columns that can be compared, and a line per scenario that is not ok
 *
 * Every column of times has one unit, chosen from its values. Where the terminal
 * is too narrow, columns are left out in a fixed order, and it says which. Plain
 * ASCII, except where names and reasons are not and the locale can show it.
 */
#include "memory_collector/present.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/compare.h"

#define WIDTH_OTHERWISE 120
/* Longest name of a scenario in the table; longer ones end in "..." */
#define NAME_SHOWN 24
#define CELL_MAX 48
#define GAP 2

enum kind { KIND_NAME, KIND_STATUS, KIND_COUNT, KIND_SHARE, KIND_TIME };

/**
 * struct column - one column
 * @group: stands over neighbours of the same group; empty: none
 * @name: its head
 * @kind: what its cells are made of
 * @drop: where there is no room, columns go in this order; 0: never
 * @stats: KIND_TIME: offset of the struct mc_stats in a scenario
 * @value: KIND_TIME: offset of the value in it; KIND_COUNT: offset in a scenario
 */
struct column {
	const char *group, *name;
	enum kind kind;
	unsigned int drop;
	size_t stats, value;
};

#define COUNT(name, member, drop)                                         \
	{                                                                 \
		"ticks", name, KIND_COUNT, drop, 0,                       \
			offsetof(struct mc_scenario_result, ticks.member) \
	}
#define TIME(group, name, member, percentile, drop)                                              \
	{                                                                                        \
		group, name, KIND_TIME, drop, offsetof(struct mc_scenario_result, ticks.member), \
			offsetof(struct mc_stats, percentile)                                    \
	}

static const struct column columns[] = {
	{"", "test", KIND_NAME, 0, 0, 0},
	{"", "status", KIND_STATUS, 0, 0, 0},
	COUNT("read", samples, 6),
	COUNT("missed", missed_ticks, 0),
	{"ticks", "", KIND_SHARE, 4, 0, 0},
	COUNT("lost", lost_events, 7),
	TIME("delta", "p50", delta, p50, 10),
	TIME("delta", "p90", delta, p90, 2),
	TIME("delta", "p99", delta, p99, 0),
	TIME("delta", "p99.9", delta, p99_9, 5),
	TIME("delta", "max", delta, max, 0),
	TIME("corrected", "p99", corrected, p99, 8),
	TIME("skew", "p50", skew, p50, 1),
	TIME("skew", "p99", skew, p99, 3),
	TIME("skew", "max", skew, max, 9),
};

#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))
#define N_DROPS 10

static const struct unit {
	double ns;
	const char *name;
	int decimals; /* at most */
} units[] = {{1, "ns", 0}, {1e3, "us", 1}, {1e6, "ms", 2}, {1e9, "s", 3}};

#define N_UNITS (sizeof(units) / sizeof(units[0]))

/**
 * struct table - the cells, before they are printed
 * @result: what they are made from
 * @colour: colour the statuses
 * @to: where they go
 * @unit: of each column of times; NULL: none of it was measured
 * @decimals: of each column of times
 * @width: of each column; 0: left out
 * @columns: how wide the table may be
 */
struct table {
	const struct mc_result *result;
	bool colour;
	FILE *to;
	const struct unit *unit[N_COLUMNS];
	int decimals[N_COLUMNS];
	size_t width[N_COLUMNS];
	size_t columns;
};

/* ---- values ---- */

static bool time_of(const struct mc_scenario_result *scenario, const struct column *column,
		    int64_t *value)
{
	const char *stats = (const char *)scenario + column->stats;

	if (!((const struct mc_stats *)stats)->count)
		return false;
	memcpy(value, stats + column->value, sizeof(*value));
	return true;
}

static bool was_measured(const struct mc_scenario_result *scenario)
{
	return scenario->ticks.expected_ticks || scenario->ticks.samples;
}

/* "0", "<0.01", "0.03" */
static void put_share(char *out, size_t size, uint64_t part, uint64_t whole)
{
	double percent = whole ? 100.0 * part / whole : 0;

	if (!part)
		snprintf(out, size, "0");
	else if (percent < 0.005)
		snprintf(out, size, "<0.01");
	else
		snprintf(out, size, "%.2f", percent);
}

/*
 * The largest unit in which the smallest value is at least 1; a larger one where
 * the largest value would take more than five digits before the point. Three
 * digits tell all there is to tell: percentiles are exact to 1/64.
 */
static void choose_unit(struct table *table, size_t at)
{
	double smallest = 0, largest = 0;
	const struct unit *unit = units;
	bool any = false;

	for (size_t i = 0; i < table->result->n_scenarios; i++) {
		double size;
		int64_t value;

		if (!time_of(&table->result->scenario[i], &columns[at], &value))
			continue;
		any = true;
		size = value < 0 ? -(double)value : value;
		if (size > 0 && (!smallest || size < smallest))
			smallest = size;
		if (size > largest)
			largest = size;
	}
	while (unit < units + N_UNITS - 1 && (smallest >= unit[1].ns || largest >= 1e5 * unit->ns))
		unit++;
	table->unit[at] = any ? unit : NULL;
	table->decimals[at] = smallest >= 100 * unit->ns			? 0
			      : smallest >= 10 * unit->ns && unit->decimals > 1 ? 1
										: unit->decimals;
}

static void put_cell(const struct table *table, const struct mc_scenario_result *scenario,
		     size_t at, char *out)
{
	const struct column *column = &columns[at];
	uint64_t count;
	int64_t value;

	strcpy(out, "-");
	switch (column->kind) {
	case KIND_NAME:
		mc_text_clean(out, NAME_SHOWN + 1, scenario->test);
		break;
	case KIND_STATUS:
		snprintf(out, CELL_MAX, "%s", mc_status_name(scenario->status));
		break;
	case KIND_COUNT:
		memcpy(&count, (const char *)scenario + column->value, sizeof(count));
		if (was_measured(scenario))
			mc_text_count(out, count);
		break;
	case KIND_SHARE:
		if (was_measured(scenario))
			put_share(out, CELL_MAX, scenario->ticks.missed_ticks,
				  scenario->ticks.expected_ticks);
		break;
	case KIND_TIME:
		if (time_of(scenario, column, &value))
			snprintf(out, CELL_MAX, "%.*f", table->decimals[at],
				 value / table->unit[at]->ns);
		break;
	}
}

static const char *unit_of(const struct table *table, size_t at)
{
	if (columns[at].kind == KIND_SHARE)
		return "%";
	if (columns[at].kind != KIND_TIME)
		return "";
	return table->unit[at] ? table->unit[at]->name : "-";
}

/* ---- widths ---- */

/* Characters, not bytes: names may be UTF-8 */
static size_t width_of(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

static bool is_left(size_t at)
{
	return columns[at].kind == KIND_NAME || columns[at].kind == KIND_STATUS;
}

/* First column at or after @at that is shown */
static size_t next_shown(const struct table *table, size_t at)
{
	while (at < N_COLUMNS && !table->width[at])
		at++;
	return at;
}

/* The first column after those that stand under the same group as @at */
static size_t group_end(const struct table *table, size_t at, size_t *width)
{
	size_t end = at;

	*width = 0;
	for (; end < N_COLUMNS && !strcmp(columns[end].group, columns[at].group); end++) {
		if (table->width[end])
			*width += table->width[end] + (*width ? GAP : 0);
	}
	return end;
}

static size_t total_width(const struct table *table)
{
	size_t total = 0;

	for (size_t at = 0; at < N_COLUMNS; at++) {
		if (table->width[at])
			total += table->width[at] + (total ? GAP : 0);
	}
	return total;
}

static void widen(size_t *width, size_t to)
{
	if (*width < to)
		*width = to;
}

static void measure_columns(struct table *table)
{
	char cell[CELL_MAX];

	for (size_t at = 0; at < N_COLUMNS; at++) {
		if (columns[at].kind == KIND_TIME)
			choose_unit(table, at);
		widen(&table->width[at], strlen(columns[at].name));
		for (size_t i = 0; i < table->result->n_scenarios; i++) {
			put_cell(table, &table->result->scenario[i], at, cell);
			widen(&table->width[at], width_of(cell));
		}
	}
}

/* A group of one column must be as wide as its name; more only where it stays alone. */
static void widen_groups(struct table *table)
{
	size_t width, end;

	for (size_t at = next_shown(table, 0); at < N_COLUMNS; at = next_shown(table, end)) {
		end = group_end(table, at, &width);
		if (width < strlen(columns[at].group))
			table->width[at] += strlen(columns[at].group) - width;
	}
}

static void drop_columns(struct table *table)
{
	for (unsigned int drop = 0; drop <= N_DROPS; drop++) {
		for (size_t at = 0; at < N_COLUMNS; at++) {
			if (drop && columns[at].drop == drop)
				table->width[at] = 0;
		}
		widen_groups(table);
		if (total_width(table) <= table->columns)
			return;
	}
}

/* ---- printing ---- */

static void put_spaces(FILE *to, size_t n)
{
	fprintf(to, "%*s", (int)n, "");
}

static const char *colour_of(enum mc_status status)
{
	return status == MC_STATUS_OK	     ? "\033[32m"
	       : status == MC_STATUS_SKIPPED ? "\033[33m"
					     : "\033[31m";
}

/* One row of cells; nothing follows the last one, so that lines do not end in blanks. */
static void put_padded(const struct table *table, size_t at, const char *text, const char *colour)
{
	size_t pad = table->width[at] - width_of(text);
	bool last = next_shown(table, at + 1) == N_COLUMNS;

	if (!is_left(at))
		put_spaces(table->to, pad);
	fprintf(table->to, "%s%s%s", colour ? colour : "", text, colour ? "\033[0m" : "");
	if (is_left(at) && !last)
		put_spaces(table->to, pad);
	if (last)
		putc('\n', table->to);
	else
		put_spaces(table->to, GAP);
}

static void put_row(const struct table *table, const struct mc_scenario_result *scenario)
{
	char cell[CELL_MAX];

	for (size_t at = next_shown(table, 0); at < N_COLUMNS; at = next_shown(table, at + 1)) {
		put_cell(table, scenario, at, cell);
		put_padded(table, at, cell,
			   table->colour && columns[at].kind == KIND_STATUS
				   ? colour_of(scenario->status)
				   : NULL);
	}
}

/* "------ delta ------" over the columns of a group */
static void put_groups(const struct table *table)
{
	size_t pending = 0, width, end;

	for (size_t at = next_shown(table, 0); at < N_COLUMNS; at = next_shown(table, end)) {
		const char *name = columns[at].group;
		size_t dashes;

		end = group_end(table, at, &width);
		if (!*name) {
			pending += width + GAP;
			continue;
		}
		put_spaces(table->to, pending);
		dashes = width > strlen(name) + 2 ? width - strlen(name) - 2 : 0;
		for (size_t i = 0; i < dashes / 2; i++)
			putc('-', table->to);
		fprintf(table->to, dashes ? " %s " : "%s", name);
		for (size_t i = dashes / 2; i < dashes; i++)
			putc('-', table->to);
		pending = GAP + width - (dashes ? dashes + strlen(name) + 2 : strlen(name));
	}
	putc('\n', table->to);
}

static void put_heads(const struct table *table)
{
	put_groups(table);
	for (size_t at = next_shown(table, 0); at < N_COLUMNS; at = next_shown(table, at + 1))
		put_padded(table, at, columns[at].name, NULL);
	for (size_t at = next_shown(table, 0); at < N_COLUMNS; at = next_shown(table, at + 1))
		put_padded(table, at, unit_of(table, at), NULL);
}

static void put_left_out(const struct table *table)
{
	bool any = false;

	for (size_t at = 0; at < N_COLUMNS; at++) {
		if (table->width[at])
			continue;
		fprintf(table->to, "%s%s %s%s",
			any ? ", " : "(left out, see summary.csv: ", columns[at].group,
			columns[at].name, columns[at].kind == KIND_SHARE ? "missed %" : "");
		any = true;
	}
	if (any)
		fputs(")\n", table->to);
}

/* ---- around the table ---- */

static void put_fact(FILE *to, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void put_fact(FILE *to, const char *name, const char *format, ...)
{
	char text[2 * MC_TEXT_MAX], clean[2 * MC_TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(to, "%-8s  %s\n", name, mc_text_clean(clean, sizeof(clean), text));
}

static void put_place(const struct mc_result *result, FILE *to)
{
	const struct mc_environment *environment = &result->environment;

	if (strcmp(result->run.place, "vm"))
		put_fact(to, "place", "this machine%s%s",
			 *environment->virtualization ? ", virtualization: " : "",
			 environment->virtualization);
	else if (!strcmp(environment->accelerator, "kvm"))
		put_fact(to, "place", "VM under KVM");
	else if (!strcmp(environment->accelerator, "tcg"))
		put_fact(to, "place",
			 "VM, emulated (TCG): compare its scenarios with each other only%s%s",
			 *environment->accelerator_reason ? "; no KVM: " : "",
			 environment->accelerator_reason);
	else
		put_fact(to, "place", "VM");
}

static void put_facts(const struct mc_result *result, FILE *to)
{
	const struct mc_environment *environment = &result->environment;
	const struct mc_run *run = &result->run;
	char interval[MC_TIME_TEXT], duration[MC_TIME_TEXT], elapsed[32] = "";
	char kernels[MC_TEXT_MAX], slices[32] = "", warning[MC_TEXT_MAX];

	if (*mc_result_kernels(result, kernels, sizeof(kernels)))
		put_fact(to, "kernels", "%s", kernels);
	else
		put_fact(to, "kernel", "%s%s%s%s%s",
			 *environment->kernel ? environment->kernel : "unknown",
			 *environment->preemption ? ", preemption " : "", environment->preemption,
			 *environment->clocksource ? ", clock source " : "",
			 environment->clocksource);
	put_place(result, to);
	if (environment->cpus_online)
		put_fact(to, "CPUs", "%u%s%s", environment->cpus_online,
			 *environment->cpu_model ? ", " : "", environment->cpu_model);
	if (run->elapsed_s > 0)
		snprintf(elapsed, sizeof(elapsed), ", took %.0f s in all", run->elapsed_s);
	if (result->n_scenarios && result->scenario->ticks.n_slices)
		snprintf(slices, sizeof(slices), "%zu x ", result->scenario->ticks.n_slices);
	if (*mc_result_warning(result, warning, sizeof(warning)))
		put_fact(to, "WARNING", "%s", warning);
	put_fact(to, "measured", "a tick every %s for %s%s per %s; started %s%s",
		 mc_text_time(interval, result->interval_ns), slices,
		 mc_text_time(duration, run->duration_ns),
		 result->n_scenarios && *result->scenario->base ? "scenario and variant"
								: "scenario",
		 run->started_utc, elapsed);
}

static void put_verdict(const struct table *table, const struct mc_scenario_result *scenario)
{
	mc_text_put(table->to, scenario->test);
	fprintf(table->to, ": %s%s%s: ", table->colour ? colour_of(scenario->status) : "",
		mc_status_name(scenario->status), table->colour ? "\033[0m" : "");
	mc_text_put(table->to, scenario->reason);
	putc('\n', table->to);
}

static void put_overall(const struct table *table)
{
	const struct mc_result *result = table->result;
	size_t n[MC_STATUS_FAILED + 1] = {0};
	enum mc_status worst = mc_result_exit(result) == MC_EXIT_OK ? MC_STATUS_OK
								    : MC_STATUS_FAILED;

	for (size_t i = 0; i < result->n_scenarios; i++)
		n[result->scenario[i].status]++;
	fprintf(table->to, "%s%zu of %zu scenario%s ok%s", table->colour ? colour_of(worst) : "",
		n[MC_STATUS_OK], result->n_scenarios, result->n_scenarios == 1 ? "" : "s",
		table->colour ? "\033[0m" : "");
	for (int status = MC_STATUS_OK + 1; status <= MC_STATUS_FAILED; status++) {
		if (n[status])
			fprintf(table->to, ", %zu %s", n[status], mc_status_name(status));
	}
	putc('\n', table->to);
}

int mc_table_print(const struct mc_result *result, FILE *to, bool colour,
		   struct mc_failure *failure)
{
	struct table table = {
		.result = result,
		.colour = colour,
		.to = to,
		.columns = mc_text_columns(fileno(to), WIDTH_OTHERWISE),
	};

	put_facts(result, to);
	putc('\n', to);
	if (result->n_scenarios) {
		measure_columns(&table);
		drop_columns(&table);
		put_heads(&table);
		for (size_t i = 0; i < result->n_scenarios; i++)
			put_row(&table, &result->scenario[i]);
		put_left_out(&table);
		putc('\n', to);
		mc_compare_print(result, to);
		/* Of those that are ok, the table says everything. */
		for (size_t i = 0; i < result->n_scenarios; i++) {
			if (result->scenario[i].status != MC_STATUS_OK)
				put_verdict(&table, &result->scenario[i]);
		}
	}
	put_overall(&table);
	if (fflush(to) || ferror(to))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "cannot write the table: %s",
			       strerror(errno));
	return 0;
}
