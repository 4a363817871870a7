// SPDX-License-Identifier: GPL-2.0
/*
 * plot_data.c - a result as the data files that the scripts in results/ draw
 *
 * Everything in a picture that depends on the result reaches its script as data,
 * in files of fixed names in gnuplot's working folder, so that no name or path is
 * ever part of a command. What the files hold is described in style.gp, ccdf.gp,
 * panels.gp and the scripts themselves.
 */
#include "report/plot_data.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

/* Longest note that fits the width of a picture */
#define NOTE_MAX 165
#define NOTES_MAX 8
/* Names that a note begins with end here, so that what is said of them has its place */
#define NOTE_NAMES 60
/* Longest name of a scenario that leaves room for the picture */
#define NAME_MAX_DRAWN 28
/* Large pixels are blurred at their edges by viewers, so that a CPU gets several rows */
#define HEATMAP_ROWS 16

struct span {
	int64_t from, to;
};

/**
 * struct picture - one picture
 * @name: of its script, its data files and the picture
 * @why_not: why a scenario cannot be drawn, NULL where it can
 * @span: extend a range by the scenario's values
 * @values: write the scenario's part of the data file
 * @panels: is made of panels: an invalid scenario is drawn, and marked
 * @below_zero: has room for values below 0
 * @optional: left out where no scenario can be drawn; others say then that there is nothing
 */
struct picture {
	const char *name;
	const char *(*why_not)(const struct mc_result *result,
			       const struct mc_scenario_result *scenario);
	void (*span)(const struct mc_scenario_result *scenario, struct span *span);
	void (*values)(const struct mc_result *result, const struct mc_scenario_result *scenario,
		       FILE *to);
	bool panels;
	bool below_zero;
	bool optional;
};

/* ---- small things ---- */

/* A string in a data file: what would end it, or mean something in a label, is replaced. */
static void put_text(FILE *to, const char *text)
{
	putc('"', to);
	for (; *text; text++)
		putc(*text < 0x20 || *text > 0x7e || strchr("\"\\%`", *text) ? '?' : *text, to);
	putc('"', to);
}

static void put_name(FILE *to, const char *test)
{
	char name[MC_NAME_MAX];

	if (strlen(test) <= NAME_MAX_DRAWN)
		snprintf(name, sizeof(name), "%s", test);
	else
		snprintf(name, sizeof(name), "%.*s...", NAME_MAX_DRAWN - 3, test);
	put_text(to, name);
}

static void include(struct span *span, int64_t value)
{
	if (value < span->from)
		span->from = value;
	if (value > span->to)
		span->to = value;
}

static uint64_t total_of(const struct mc_buckets *buckets)
{
	uint64_t total = 0;

	for (size_t i = 0; i < buckets->n; i++)
		total += buckets->bucket[i].count;
	return total;
}

/* Times may come from a file that says anything: they wrap instead of overflowing. */
static int64_t since(int64_t time, int64_t zero)
{
	return (int64_t)((uint64_t)time - (uint64_t)zero);
}

static int64_t rounded(double value)
{
	return fabs(value) < 9e18 ? llround(value) : 0;
}

static unsigned int bins_of(const struct mc_timeline *timeline)
{
	return timeline->n_bins < MC_TIMELINE_BINS ? timeline->n_bins : MC_TIMELINE_BINS;
}

/* ---- distributions ---- */

/* It has its place in the table and the files; twice the same line would only confuse. */
static const char *why_not_again(const struct mc_scenario_result *scenario)
{
	return scenario->repeat ? "the first variant again, see summary.csv" : NULL;
}

static const char *why_no_distribution(const struct mc_scenario_result *scenario,
				       const struct mc_buckets *buckets)
{
	if (why_not_again(scenario))
		return why_not_again(scenario);
	if (scenario->status != MC_STATUS_OK)
		return scenario->reason;
	return total_of(buckets) ? NULL : "no tick was measured";
}

static const char *why_no_delay(const struct mc_result *result,
				const struct mc_scenario_result *scenario)
{
	return why_no_distribution(scenario, &scenario->ticks.delta_histogram);
}

static const char *why_no_corrected(const struct mc_result *result,
				    const struct mc_scenario_result *scenario)
{
	return why_no_distribution(scenario, &scenario->ticks.corrected_histogram);
}

static const char *why_no_skew(const struct mc_result *result,
			       const struct mc_scenario_result *scenario)
{
	if (why_not_again(scenario))
		return why_not_again(scenario);
	if (scenario->status == MC_STATUS_OK && scenario->ticks.n_cpus == 1)
		return "one CPU has no skew";
	if (scenario->status == MC_STATUS_OK && !total_of(&scenario->ticks.skew_histogram))
		return "no tick was started on all CPUs";
	return why_no_distribution(scenario, &scenario->ticks.skew_histogram);
}

/* The end of the last bucket's values */
static int64_t end_of(const struct mc_bucket *bucket, int64_t max)
{
	return max >= bucket->low && max <= bucket->high ? max : bucket->high;
}

/*
 * A distribution is drawn from where it leaves 100 %: what lies before is a level line, and
 * a corrected delay can be as short as one likes.
 */
static void span_buckets(const struct mc_buckets *buckets, const struct mc_stats *stats,
			 struct span *span)
{
	uint64_t total = total_of(buckets), below = 0;
	size_t i = 0;

	if (!total)
		return;
	while (i < buckets->n - 1 && below + buckets->bucket[i].count <= total / 100)
		below += buckets->bucket[i++].count;
	include(span, buckets->bucket[i].low);
	include(span, end_of(&buckets->bucket[buckets->n - 1], stats->max));
}

/* Delay and corrected delay share their axes, so that they can be compared. */
static void span_delay(const struct mc_scenario_result *scenario, struct span *span)
{
	span_buckets(&scenario->ticks.delta_histogram, &scenario->ticks.delta, span);
	span_buckets(&scenario->ticks.corrected_histogram, &scenario->ticks.corrected, span);
}

static void span_skew(const struct mc_scenario_result *scenario, struct span *span)
{
	span_buckets(&scenario->ticks.skew_histogram, &scenario->ticks.skew, span);
}

/*
 * Both ends of each bucket with the number of values at or above them. It is
 * exact at the lower end and just above the upper one; between buckets the line
 * is level, as it should be. At the largest value of all it is at least 1.
 */
static void put_distribution(const char *name, const struct mc_buckets *buckets,
			     const struct mc_stats *stats, FILE *to)
{
	uint64_t total = total_of(buckets), left = total;

	put_name(to, name);
	fputs("\n", to);
	for (size_t i = 0; i < buckets->n; i++) {
		const struct mc_bucket *bucket = &buckets->bucket[i];
		bool last = left == bucket->count;
		int64_t high = last ? end_of(bucket, stats->max) : bucket->high;

		if (!bucket->count)
			continue;
		fprintf(to, "%" PRId64 " %" PRIu64 " %" PRIu64 "\n", bucket->low, left, total);
		left -= bucket->count;
		if (high > bucket->low)
			fprintf(to, "%" PRId64 " %" PRIu64 " %" PRIu64 "\n", high, last ? 1 : left,
				total);
		if (last)
			break;
	}
	fputs("\n\n", to);
}

static void put_delay(const struct mc_result *result, const struct mc_scenario_result *scenario,
		      FILE *to)
{
	put_distribution(scenario->test, &scenario->ticks.delta_histogram, &scenario->ticks.delta,
			 to);
}

static void put_corrected(const struct mc_result *result, const struct mc_scenario_result *scenario,
			  FILE *to)
{
	put_distribution(scenario->test, &scenario->ticks.corrected_histogram,
			 &scenario->ticks.corrected, to);
}

static void put_skew(const struct mc_result *result, const struct mc_scenario_result *scenario,
		     FILE *to)
{
	put_distribution(scenario->test, &scenario->ticks.skew_histogram, &scenario->ticks.skew,
			 to);
}

/* ---- percentiles ---- */

static const char *why_no_percentiles(const struct mc_result *result,
				      const struct mc_scenario_result *scenario)
{
	if (why_not_again(scenario))
		return why_not_again(scenario);
	if (scenario->status != MC_STATUS_OK)
		return scenario->reason;
	return scenario->ticks.delta.count ? NULL : "no tick was measured";
}

static void span_percentiles(const struct mc_scenario_result *scenario, struct span *span)
{
	include(span, scenario->ticks.delta.p50);
	include(span, scenario->ticks.delta.max);
}

static void put_percentiles(const struct mc_result *result,
			    const struct mc_scenario_result *scenario, FILE *to)
{
	const struct mc_stats *delta = &scenario->ticks.delta;

	put_name(to, scenario->test);
	fprintf(to, " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 "\n",
		delta->p50, delta->p90, delta->p99, delta->p99_9, delta->p99_99, delta->max);
}

/* ---- entry beside delta ---- */

static bool has_lead(const struct mc_scenario_result *scenario)
{
	return *scenario->lead.mode && strcmp(scenario->lead.mode, "off");
}

/* Without a lead entry is delta: that is shown beside one with a lead, and nothing by itself. */
static const char *why_no_entry(const struct mc_result *result,
				const struct mc_scenario_result *scenario)
{
	if (why_no_percentiles(result, scenario))
		return why_no_percentiles(result, scenario);
	if (!scenario->ticks.entry.count)
		return "no entry was measured";
	for (size_t i = 0; i < result->n_scenarios; i++)
		if (has_lead(&result->scenario[i]))
			return NULL;
	return "the lead was off, so that entry is delta";
}

static void span_entry(const struct mc_scenario_result *scenario, struct span *span)
{
	include(span, scenario->ticks.entry.p50);
	include(span, scenario->ticks.delta.p99);
}

static void put_entry(const struct mc_result *result, const struct mc_scenario_result *scenario,
		      FILE *to)
{
	const struct mc_stats *entry = &scenario->ticks.entry, *delta = &scenario->ticks.delta;

	put_name(to, scenario->test);
	fprintf(to,
		" %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRIu64
		" %" PRIu64 "\n",
		entry->p50, entry->p90, entry->p99, delta->p50, delta->p90, delta->p99,
		scenario->ticks.spin.total_ns - scenario->ticks.spin.stolen_ns,
		scenario->ticks.expected_ticks * result->interval_ns);
}

/* ---- delay over time ---- */

static const char *why_no_timeline(const struct mc_result *result,
				   const struct mc_scenario_result *scenario)
{
	const struct mc_timeline *timeline = &scenario->ticks.timeline;

	if (why_not_again(scenario))
		return why_not_again(scenario);
	for (unsigned int i = 0; i < bins_of(timeline); i++) {
		if (timeline->count[i])
			return NULL;
	}
	return scenario->status == MC_STATUS_OK ? "no tick was measured" : scenario->reason;
}

static void span_timeline(const struct mc_scenario_result *scenario, struct span *span)
{
	const struct mc_timeline *timeline = &scenario->ticks.timeline;

	for (unsigned int i = 0; i < bins_of(timeline); i++) {
		if (!timeline->count[i])
			continue;
		include(span, rounded(timeline->mean[i]));
		include(span, timeline->max[i]);
	}
}

static void span_heatmap(const struct mc_scenario_result *scenario, struct span *span)
{
	const struct mc_timeline *timeline = &scenario->ticks.timeline;

	for (unsigned int cpu = 0; cpu < timeline->n_cpus; cpu++) {
		for (unsigned int i = 0; i < bins_of(timeline); i++) {
			int64_t max = timeline->cpu_max[(size_t)cpu * MC_TIMELINE_BINS + i];

			if (max != MC_TIME_NONE)
				include(span, max);
		}
	}
}

/* The moment that a panel's time is counted from */
static int64_t zero_of(const struct mc_scenario_result *scenario)
{
	if (scenario->marks.window_start_ns != MC_TIME_NONE)
		return scenario->marks.window_start_ns;
	if (scenario->marks.load_start_ns != MC_TIME_NONE)
		return scenario->marks.load_start_ns;
	return scenario->ticks.timeline.origin_ns;
}

/*
 * How many bins from this one on belong to a time in which nothing was measured, as between the
 * windows of a scenario: longer than late ticks leave empty, and with ticks before and after it.
 */
static unsigned int gap_at(const struct mc_result *result, const struct mc_timeline *timeline,
			   unsigned int at)
{
	unsigned int n = bins_of(timeline), end = at;
	double length_ns;

	while (end < n && !timeline->count[end])
		end++;
	length_ns = (double)(end - at) * timeline->bin_ns;
	if (at == 0 || !timeline->count[at - 1] || end == n || end - at <= n / 16 ||
	    length_ns <= 4.0 * result->interval_ns)
		return 0;
	return end - at;
}

static void put_timeline(const struct mc_result *result, const struct mc_scenario_result *scenario,
			 FILE *to)
{
	const struct mc_timeline *timeline = &scenario->ticks.timeline;
	int64_t start = since(timeline->origin_ns, zero_of(scenario));

	for (unsigned int i = 0; i < bins_of(timeline); i++) {
		int64_t time = (int64_t)((uint64_t)start + i * (uint64_t)timeline->bin_ns);
		unsigned int gap = gap_at(result, timeline, i);

		if (gap) {
			fputs("\n", to);
			i += gap - 1;
		} else if (timeline->count[i]) {
			fprintf(to, "%" PRId64 " %" PRIu64 " %" PRId64 " %" PRId64 "\n", time,
				timeline->count[i], rounded(timeline->mean[i]), timeline->max[i]);
		} else {
			fprintf(to, "%" PRId64 " 0 ? ?\n", time);
		}
	}
	fputs("\n\n", to);
}

static unsigned int heatmap_rows(const struct mc_timeline *timeline)
{
	return timeline->n_cpus < HEATMAP_ROWS
		       ? (HEATMAP_ROWS + timeline->n_cpus - 1) / timeline->n_cpus
		       : 1;
}

/* A picture of one column is none for gnuplot. */
static unsigned int heatmap_columns(const struct mc_timeline *timeline)
{
	return bins_of(timeline) == 1 ? 2 : 1;
}

static void put_heatmap_row(const struct mc_timeline *timeline, unsigned int cpu, FILE *to)
{
	const int64_t *row = &timeline->cpu_max[(size_t)cpu * MC_TIMELINE_BINS];

	for (unsigned int i = 0; i < bins_of(timeline) * heatmap_columns(timeline); i++) {
		int64_t max = row[i / heatmap_columns(timeline)];

		if (max == MC_TIME_NONE)
			fputs("-1 ", to);
		else
			fprintf(to, "%" PRId64 " ", max > 0 ? max : 0);
	}
	fputs("\n", to);
}

static void put_heatmap(const struct mc_result *result, const struct mc_scenario_result *scenario,
			FILE *to)
{
	const struct mc_timeline *timeline = &scenario->ticks.timeline;

	for (unsigned int cpu = 0; cpu < timeline->n_cpus; cpu++) {
		for (unsigned int i = 0; i < heatmap_rows(timeline); i++)
			put_heatmap_row(timeline, cpu, to);
	}
	fputs("\n\n", to);
}

static const char *why_no_heatmap(const struct mc_result *result,
				  const struct mc_scenario_result *scenario)
{
	if (!scenario->ticks.timeline.n_cpus && !why_no_timeline(result, scenario))
		return "no CPU has a timeline";
	return why_no_timeline(result, scenario);
}

static void put_mark(int64_t mark, int64_t zero, FILE *to)
{
	if (mark == MC_TIME_NONE)
		fputs(" ?", to);
	else
		fprintf(to, " %" PRId64, since(mark, zero));
}

static void put_panel(const struct mc_scenario_result *scenario, FILE *to)
{
	const struct mc_timeline *timeline = &scenario->ticks.timeline;
	const struct mc_marks *marks = &scenario->marks;
	int64_t zero = zero_of(scenario);

	put_name(to, scenario->test);
	fprintf(to, " %s %" PRId64 " %" PRId64 " %u", mc_status_name(scenario->status),
		since(timeline->origin_ns, zero), timeline->bin_ns, bins_of(timeline));
	put_mark(marks->load_start_ns, zero, to);
	put_mark(marks->load_end_ns, zero, to);
	put_mark(marks->window_start_ns, zero, to);
	put_mark(marks->window_end_ns, zero, to);
	fprintf(to, " %u %u %u \"", timeline->n_cpus, timeline->n_cpus ? heatmap_rows(timeline) : 0,
		heatmap_columns(timeline));
	for (unsigned int i = 0; i < timeline->n_cpus; i++)
		fprintf(to, "%s%u", i ? " " : "",
			i < scenario->ticks.n_cpus ? scenario->ticks.cpu[i].cpu : i);
	fputs("\"\n", to);
}

static const struct picture pictures[] = {
	{"delay", why_no_delay, span_delay, put_delay, false, false, false},
	{"corrected", why_no_corrected, span_delay, put_corrected, false, false, false},
	{"skew", why_no_skew, span_skew, put_skew, false, false, false},
	{"percentiles", why_no_percentiles, span_percentiles, put_percentiles, false, false, false},
	{"entry", why_no_entry, span_entry, put_entry, false, true, true},
	{"timeline", why_no_timeline, span_timeline, put_timeline, true, false, false},
	{"heatmap", why_no_heatmap, span_heatmap, put_heatmap, true, false, false},
};

#define N_PICTURES (sizeof(pictures) / sizeof(pictures[0]))

const char *mc_plot_name(unsigned int i)
{
	return i < N_PICTURES ? pictures[i].name : NULL;
}

/* ---- what is said around a picture ---- */

static bool is_drawn(const struct mc_result *result, const struct picture *picture,
		     const struct mc_scenario_result *scenario)
{
	return !picture->why_not(result, scenario);
}

static bool is_wanted(const struct mc_result *result, const struct picture *picture)
{
	if (!picture->optional)
		return true;
	for (size_t i = 0; i < result->n_scenarios; i++) {
		if (is_drawn(result, picture, &result->scenario[i]))
			return true;
	}
	return false;
}

bool mc_plot_is_wanted(const struct mc_result *result, unsigned int i)
{
	return is_wanted(result, &pictures[i]);
}

static const char *place_name(const struct mc_result *result)
{
	const char *accelerator = result->environment.accelerator;

	if (strcmp(result->run.place, "vm"))
		return "on the machine itself";
	return !strcmp(accelerator, "kvm")   ? "VM (KVM)"
	       : !strcmp(accelerator, "tcg") ? "VM (TCG, emulated)"
					     : "VM";
}

static void put_subtitle(const struct mc_result *result, FILE *to)
{
	const struct mc_environment *environment = &result->environment;
	char interval[MC_TIME_TEXT], duration[MC_TIME_TEXT], kernels[256], text[512];
	const char *kernel = "unknown";
	size_t used;

	if (*mc_result_kernels(result, kernels, sizeof(kernels)))
		kernel = "s as named below";
	else if (*environment->kernel)
		kernel = environment->kernel;
	used = snprintf(text, sizeof(text), "kernel%s%s, %s, ", *kernels ? "" : " ", kernel,
			place_name(result));
	if (environment->cpus_online)
		used += snprintf(text + used, sizeof(text) - used, "%u CPU%s, ",
				 environment->cpus_online,
				 environment->cpus_online == 1 ? "" : "s");
	snprintf(text + used, sizeof(text) - used, "a tick every %s for %s each, %s",
		 mc_text_time(interval, result->interval_ns),
		 mc_text_time(duration, result->run.duration_ns), result->run.started_utc);
	fputs("subtitle ", to);
	put_text(to, text);
	fputs("\n", to);
}

/**
 * struct notes - the lines below a picture
 * @to: where they go
 * @n: how many there are
 * @more: scenarios that found no place any more
 */
struct notes {
	FILE *to;
	unsigned int n, more;
};

static void put_note(struct notes *notes, const char *text)
{
	char line[NOTE_MAX + 1];

	if (strlen(text) <= NOTE_MAX)
		snprintf(line, sizeof(line), "%s", text);
	else
		snprintf(line, sizeof(line), "%.*s...", NOTE_MAX - 3, text);
	fputs("note ", notes->to);
	put_text(notes->to, line);
	fputs("\n", notes->to);
	notes->n++;
}

/* What is wrong with a scenario in this picture, NULL where nothing is */
static const char *remark_of(const struct mc_result *result, const struct picture *picture,
			     const struct mc_scenario_result *scenario)
{
	const char *why = picture->why_not(result, scenario);

	return !why && scenario->status != MC_STATUS_OK ? scenario->reason : why;
}

static bool same_remark(const struct mc_result *result, const struct picture *picture,
			const struct mc_scenario_result *one,
			const struct mc_scenario_result *other)
{
	const char *a = remark_of(result, picture, one), *b = remark_of(result, picture, other);

	return a && b && one->status == other->status &&
	       is_drawn(result, picture, one) == is_drawn(result, picture, other) && !strcmp(a, b);
}

/* One note for all scenarios of which the same is to be said, at the first of them */
static void put_remark(const struct mc_result *result, const struct picture *picture, size_t at,
		       struct notes *notes)
{
	const struct mc_scenario_result *scenario = &result->scenario[at];
	char text[2 * NOTE_MAX] = "";
	unsigned int more = 0;
	size_t used = 0;

	for (size_t i = 0; i < at; i++) {
		if (same_remark(result, picture, &result->scenario[i], scenario))
			return;
	}
	if (notes->n == NOTES_MAX) {
		notes->more++;
		return;
	}
	for (size_t i = at; i < result->n_scenarios; i++) {
		if (!same_remark(result, picture, &result->scenario[i], scenario))
			continue;
		if (used > NOTE_NAMES)
			more++;
		else
			used += snprintf(text + used, sizeof(text) - used, "%s%s", used ? ", " : "",
					 result->scenario[i].test);
	}
	if (more)
		used += snprintf(text + used, sizeof(text) - used, " and %u more", more);
	snprintf(text + used, sizeof(text) - used, ": %s%s%s%s",
		 is_drawn(result, picture, scenario) ? "" : "not shown, ",
		 scenario->status == MC_STATUS_OK ? "" : mc_status_name(scenario->status),
		 scenario->status == MC_STATUS_OK ? "" : ": ",
		 remark_of(result, picture, scenario));
	put_note(notes, text);
}

static void put_notes(const struct mc_result *result, const struct picture *picture,
		      const struct span *span, FILE *to)
{
	struct notes notes = {.to = to};
	char kernels[256], line[320];

	if (*mc_result_kernels(result, kernels, sizeof(kernels))) {
		snprintf(line, sizeof(line), "Kernels: %s", kernels);
		put_note(&notes, line);
	}
	if (span->from < 1 && !picture->below_zero)
		put_note(&notes, "Values below 1 ns are drawn at 1 ns.");
	for (size_t i = 0; i < result->n_scenarios; i++) {
		if (remark_of(result, picture, &result->scenario[i]))
			put_remark(result, picture, i, &notes);
	}
	if (notes.more) {
		char text[64];

		snprintf(text, sizeof(text), "and %u more, see summary.json", notes.more);
		put_note(&notes, text);
	}
}

/* ---- variants ---- */

/* How long the name is that a scenario shares with its variants and with other kernels'; 0: none */
static size_t shared_name(const struct mc_scenario_result *scenario, const char **name)
{
	const char *end = strrchr(scenario->test, '@');

	*name = scenario->base;
	if (**name || !*scenario->kernel || !end)
		return strlen(*name);
	*name = scenario->test;
	return end - scenario->test;
}

/* Of the variants of a scenario, on whichever kernel, the one that comes first */
static size_t first_variant(const struct mc_result *result, size_t at)
{
	const char *name, *other;
	size_t length = shared_name(&result->scenario[at], &name);

	for (size_t i = 0; length && i < at; i++)
		if (shared_name(&result->scenario[i], &other) == length &&
		    !memcmp(other, name, length))
			return i;
	return at;
}

/* Which of all scenarios, and which variant of it, counted from 0 */
static void place_of(const struct mc_result *result, size_t at, unsigned int *scenario,
		     unsigned int *variant)
{
	size_t first = first_variant(result, at);

	*scenario = *variant = 0;
	for (size_t i = 0; i < first; i++)
		*scenario += first_variant(result, i) == i;
	for (size_t i = first; i < at; i++)
		*variant += first_variant(result, i) == first && !result->scenario[i].repeat;
}

/* Variants of a scenario share its colour. */
static void put_styles(const struct mc_result *result, const struct picture *picture, FILE *to)
{
	unsigned int scenario, variant;

	for (size_t i = 0; i < result->n_scenarios; i++) {
		if (!is_drawn(result, picture, &result->scenario[i]))
			continue;
		place_of(result, i, &scenario, &variant);
		fprintf(to, "style %u %u\n", scenario, variant);
	}
}

/* ---- data files ---- */

static void write_info(const struct mc_result *result, const struct picture *picture, FILE *to)
{
	struct span span = {.from = INT64_MAX, .to = INT64_MIN};
	unsigned int shown = 0;
	const char *name;

	for (size_t i = 0; i < result->n_scenarios; i++) {
		if (!is_drawn(result, picture, &result->scenario[i]))
			continue;
		shown++;
		picture->span(&result->scenario[i], &span);
	}
	if (!shown)
		span = (struct span){.from = 1, .to = 1};
	fprintf(to, "shown %u\nfrom %" PRId64 "\nto %" PRId64 "\n", shown, span.from, span.to);
	if (result->n_scenarios && shared_name(result->scenario, &name))
		put_styles(result, picture, to);
	put_subtitle(result, to);
	put_notes(result, picture, &span, to);
}

static void write_values(const struct mc_result *result, const struct picture *picture, FILE *to)
{
	for (size_t i = 0; i < result->n_scenarios; i++) {
		if (is_drawn(result, picture, &result->scenario[i]))
			picture->values(result, &result->scenario[i], to);
	}
}

static void write_panels(const struct mc_result *result, const struct picture *picture, FILE *to)
{
	for (size_t i = 0; i < result->n_scenarios; i++) {
		if (is_drawn(result, picture, &result->scenario[i]))
			put_panel(&result->scenario[i], to);
	}
}

typedef void (*write_fn)(const struct mc_result *result, const struct picture *picture, FILE *to);

static int write_file(const struct mc_result *result, const struct picture *picture, int folder,
		      const char *extension, write_fn write, struct mc_failure *failure)
{
	char name[64];
	FILE *file;
	int fd;

	snprintf(name, sizeof(name), "%s.%s", picture->name, extension);
	fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file) {
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "cannot create %s for the plots: %s", name,
			strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	write(result, picture, file);
	if (ferror(file) | fclose(file))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "cannot write %s for the plots: %s",
			       name, strerror(errno));
	return 0;
}

int mc_plot_data_write(const struct mc_result *result, int folder, struct mc_failure *failure)
{
	for (const struct picture *picture = pictures; picture < pictures + N_PICTURES; picture++) {
		if (!is_wanted(result, picture))
			continue;
		if (write_file(result, picture, folder, "info", write_info, failure) ||
		    write_file(result, picture, folder, "dat", write_values, failure) ||
		    (picture->panels &&
		     write_file(result, picture, folder, "panels", write_panels, failure)))
			return -1;
	}
	return 0;
}
