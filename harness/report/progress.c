// SPDX-License-Identifier: GPL-2.0
/*
 * progress.c - steps of a run, as a line that is redrawn, as lines, or as records
 *
 * A record is a line of fields with tabs between them: "note" and a text, or "step",
 * phase, index, total, status, milliseconds left ("-": not known), test and text. In
 * texts "%" and control characters are written as "%" and two hexadecimal digits.
 *
 * Whatever is shown to people goes through mc_text_clean() or mc_text_put(), wherever it came from:
 * a guest's records must not be able to steer the user's terminal.
 */
#include "memory_collector/progress.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

#define WIDTH_OTHERWISE 80
/* Longer than any record that mc_progress_step() writes */
#define RECORD_MAX 4096
#define SCENARIOS_MAX 1000000
#define LEFT_MAX_MS (1000000000ULL * 1000)
#define CLEAR_LINE "\r\033[K"

struct mc_progress {
	FILE *to;
	enum mc_progress_style style;
	bool colour;
	/* MC_PROGRESS_TERMINAL: what the line that is redrawn says; empty: there is none */
	char line[MC_TEXT_MAX + 256];
	/* MC_PROGRESS_LINES: the last line, without the time left */
	char said[MC_TEXT_MAX + 256];
	unsigned int said_index;
};

static const struct phase {
	const char *word; /* in records */
	const char *text; /* for people */
} phases[] = {
	[MC_PHASE_PREPARE] = {"prepare", "preparing"},
	[MC_PHASE_BOOT] = {"boot", "booting the VM"},
	[MC_PHASE_LOAD] = {"load", "starting the load"},
	[MC_PHASE_SAMPLE] = {"sample", "measuring"},
	[MC_PHASE_COLLECT] = {"collect", "analysing"},
	[MC_PHASE_DONE] = {"done", "done"},
};

#define N_PHASES (sizeof(phases) / sizeof(phases[0]))
#define N_STATUSES (MC_STATUS_FAILED + 1)

enum mc_progress_style mc_progress_style_of(FILE *stream)
{
	const char *terminal = getenv("TERM");

	if (isatty(fileno(stream)) && terminal && *terminal && strcmp(terminal, "dumb"))
		return MC_PROGRESS_TERMINAL;
	return MC_PROGRESS_LINES;
}

struct mc_progress *mc_progress_new(FILE *to, enum mc_progress_style style)
{
	struct mc_progress *progress = calloc(1, sizeof(*progress));
	const char *no_colour = getenv("NO_COLOR");

	if (!progress)
		return NULL;
	progress->to = to;
	progress->style = style;
	progress->colour = style == MC_PROGRESS_TERMINAL && !(no_colour && *no_colour);
	return progress;
}

void mc_progress_free(struct mc_progress *progress)
{
	if (!progress)
		return;
	if (*progress->line) {
		fputs(CLEAR_LINE, progress->to);
		fflush(progress->to);
	}
	free(progress);
}

/* ---- records ---- */

static void put_field(FILE *to, const char *text)
{
	putc('\t', to);
	for (; *text; text++) {
		unsigned char c = *text;

		if (c < 0x20 || c == 0x7f || c == '%')
			fprintf(to, "%%%02x", c);
		else
			putc(c, to);
	}
}

static void record_step(FILE *to, const struct mc_step *step)
{
	fprintf(to, "step\t%s\t%u\t%u\t%s\t", phases[step->phase].word, step->index, step->total,
		mc_status_name(step->status));
	if (step->left_s >= 0 && step->left_s * 1000 <= LEFT_MAX_MS)
		fprintf(to, "%.0f", step->left_s * 1000);
	else
		fputs("-", to);
	put_field(to, step->test);
	put_field(to, step->text);
	putc('\n', to);
}

/* ---- lines for people ---- */

static void compose(char *out, size_t size, const struct mc_step *step, bool with_left)
{
	const char *what = *step->text ? step->text : phases[step->phase].text;
	char scenario[MC_NAME_MAX + 32] = "", left[64] = "", digits[16];
	int width = snprintf(digits, sizeof(digits), "%u", step->total);

	if (step->index)
		snprintf(scenario, sizeof(scenario), "[%*u/%u] %s%s", width, step->index,
			 step->total, step->phase == MC_PHASE_DONE ? "" : step->test,
			 step->phase == MC_PHASE_DONE || !*step->test ? "" : ": ");
	if (with_left && step->left_s >= 0 && step->left_s * 1000 <= LEFT_MAX_MS) {
		unsigned long seconds = lround(step->left_s);

		if (seconds >= 60)
			snprintf(left, sizeof(left), ", %lu min %02lu s left", seconds / 60,
				 seconds % 60);
		else
			snprintf(left, sizeof(left), ", %lu s left", seconds);
	}
	snprintf(out, size, "%s%s%s", scenario, what, left);
}

/* The verdict of a scenario: "<test>: <status>..." with the status in its colour */
static void put_done(struct mc_progress *progress, const struct mc_step *step)
{
	static const char *const colours[] = {
		[MC_STATUS_OK] = "\033[32m",
		[MC_STATUS_INVALID] = "\033[31m",
		[MC_STATUS_SKIPPED] = "\033[33m",
		[MC_STATUS_FAILED] = "\033[31m",
	};
	const char *status = mc_status_name(step->status);
	char text[MC_TEXT_MAX + 256], start[MC_NAME_MAX + 16];
	struct mc_step done = *step;
	char *at;

	snprintf(start, sizeof(start), "%s: ", step->test);
	if (!*step->text)
		snprintf(done.text, sizeof(done.text), "%s%s", start, status);
	compose(text, sizeof(text), &done, false);
	at = strstr(text, start);
	if (!progress->colour || !at || strncmp(at + strlen(start), status, strlen(status))) {
		mc_text_put(progress->to, text);
	} else {
		at += strlen(start);
		*at = '\0'; /* what stands before the status */
		mc_text_put(progress->to, text);
		fprintf(progress->to, "%s%s\033[0m", colours[step->status], status);
		mc_text_put(progress->to, at + strlen(status));
	}
	putc('\n', progress->to);
}

static void redraw(struct mc_progress *progress)
{
	unsigned int columns = mc_text_columns(fileno(progress->to), WIDTH_OTHERWISE);
	char clean[512];

	/* Bytes are at least as many as columns, so that it cannot wrap. */
	if (columns > sizeof(clean))
		columns = sizeof(clean);
	fprintf(progress->to, CLEAR_LINE "%s", mc_text_clean(clean, columns, progress->line));
}

static void step_on_terminal(struct mc_progress *progress, const struct mc_step *step)
{
	if (step->phase == MC_PHASE_DONE) {
		if (*progress->line)
			fputs(CLEAR_LINE, progress->to);
		*progress->line = '\0';
		if (step->index)
			put_done(progress, step);
		return;
	}
	compose(progress->line, sizeof(progress->line), step, true);
	redraw(progress);
}

/* A line per scenario when it begins and when it ends, and for each step outside of one */
static void step_in_lines(struct mc_progress *progress, const struct mc_step *step)
{
	char text[MC_TEXT_MAX + 256];

	if (step->phase == MC_PHASE_DONE) {
		if (step->index)
			put_done(progress, step);
		return;
	}
	compose(text, sizeof(text), step, false);
	if (step->index ? step->index == progress->said_index : !strcmp(text, progress->said))
		return;
	memcpy(progress->said, text, sizeof(text));
	progress->said_index = step->index;
	compose(text, sizeof(text), step, true);
	mc_text_put(progress->to, text);
	putc('\n', progress->to);
}

void mc_progress_step(struct mc_progress *progress, const struct mc_step *step)
{
	switch (progress->style) {
	case MC_PROGRESS_QUIET:
		return;
	case MC_PROGRESS_LINES:
		step_in_lines(progress, step);
		break;
	case MC_PROGRESS_TERMINAL:
		step_on_terminal(progress, step);
		break;
	case MC_PROGRESS_RECORDS:
		record_step(progress->to, step);
		break;
	}
	fflush(progress->to);
}

void mc_progress_note(struct mc_progress *progress, const char *format, ...)
{
	char text[2 * MC_TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (progress->style == MC_PROGRESS_QUIET)
		return;
	if (progress->style == MC_PROGRESS_RECORDS) {
		fputs("note", progress->to);
		put_field(progress->to, text);
		putc('\n', progress->to);
	} else {
		if (*progress->line)
			fputs(CLEAR_LINE, progress->to);
		mc_text_put(progress->to, text);
		putc('\n', progress->to);
		if (*progress->line)
			redraw(progress);
	}
	fflush(progress->to);
}

/* ---- reading records ---- */

/* Digits alone, up to a limit */
static bool parse_number(const char *text, uint64_t limit, uint64_t *value)
{
	size_t digits = strspn(text, "0123456789");

	if (!digits || text[digits] || digits > 19)
		return false;
	*value = strtoull(text, NULL, 10);
	return *value <= limit;
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Undo put_field(); a text that does not fit is refused, not cut. */
static bool parse_text(const char *from, char *to, size_t size)
{
	size_t used = 0;

	for (; *from; from++) {
		int c = (unsigned char)*from;

		if (*from == '%') {
			int high = hex_digit(from[1]);
			int low = high < 0 ? -1 : hex_digit(from[2]);

			if (low < 0 || !(high | low))
				return false;
			c = high << 4 | low;
			from += 2;
		}
		if (used + 1 >= size)
			return false;
		to[used++] = c;
	}
	to[used] = '\0';
	return true;
}

static const char *phase_word(unsigned int i)
{
	return phases[i].word;
}

static const char *status_word(unsigned int i)
{
	return mc_status_name(i);
}

static bool parse_word(const char *text, const char *(*word)(unsigned int), unsigned int n,
		       unsigned int *value)
{
	for (*value = 0; *value < n; ++*value) {
		if (!strcmp(text, word(*value)))
			return true;
	}
	return false;
}

/* Return: what is wrong, NULL where nothing is */
static const char *parse_step(char *const *field, struct mc_step *step)
{
	uint64_t index, total, left;
	unsigned int phase, status;

	if (!parse_word(field[0], phase_word, N_PHASES, &phase))
		return "unknown phase";
	if (!parse_number(field[1], SCENARIOS_MAX, &index) ||
	    !parse_number(field[2], SCENARIOS_MAX, &total) || index > total)
		return "bad number of a scenario";
	if (!parse_word(field[3], status_word, N_STATUSES, &status))
		return "unknown status";
	step->left_s = -1;
	if (strcmp(field[4], "-")) {
		if (!parse_number(field[4], LEFT_MAX_MS, &left))
			return "bad time";
		step->left_s = left / 1000.0;
	}
	if (!parse_text(field[5], step->test, sizeof(step->test)))
		return "bad name of a test";
	if (!parse_text(field[6], step->text, sizeof(step->text)))
		return "bad text";
	step->phase = phase;
	step->status = status;
	step->index = index;
	step->total = total;
	return NULL;
}

static const char *parse_record(struct mc_progress *progress, char *line)
{
	char *field[9], *rest = line, note[2 * MC_TEXT_MAX];
	struct mc_step step = {.index = 0};
	const char *wrong;
	size_t n = 0;

	while (rest && n < sizeof(field) / sizeof(field[0]))
		field[n++] = strsep(&rest, "\t");
	if (n == 2 && !strcmp(field[0], "note")) {
		if (!parse_text(field[1], note, sizeof(note)))
			return "bad text";
		mc_progress_note(progress, "%s", note);
		return NULL;
	}
	if (n != 8 || strcmp(field[0], "step"))
		return "neither a step nor a note";
	wrong = parse_step(field + 1, &step);
	if (!wrong)
		mc_progress_step(progress, &step);
	return wrong;
}

int mc_progress_parse(struct mc_progress *progress, const char *line, struct mc_failure *failure)
{
	char copy[RECORD_MAX], excerpt[64];
	size_t length = strnlen(line, sizeof(copy));
	const char *wrong = "too long";

	if (length < sizeof(copy)) {
		memcpy(copy, line, length);
		/* A console on the way may have made \r\n of the end. */
		while (length && (copy[length - 1] == '\n' || copy[length - 1] == '\r'))
			length--;
		copy[length] = '\0';
		wrong = parse_record(progress, copy);
	}
	if (!wrong)
		return 0;
	return mc_fail(failure, MC_EXIT_ENVIRONMENT, "progress record \"%s\": %s",
		       mc_text_clean(excerpt, sizeof(excerpt), line), wrong);
}
