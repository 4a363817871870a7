// SPDX-License-Identifier: GPL-2.0
/*
 * test_progress.c - what each style writes, and records that come from anywhere
 */
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "memory_collector/progress.h"

/* A progress that writes to memory */
struct spy {
	struct mc_progress *progress;
	FILE *to;
	char *text;
	size_t size;
};

static void spy_begin(struct spy *spy, enum mc_progress_style style)
{
	spy->to = open_memstream(&spy->text, &spy->size);
	assert_non_null(spy->to);
	spy->progress = mc_progress_new(spy->to, style);
	assert_non_null(spy->progress);
}

/* What was written; spy_end() frees it. */
static const char *spy_text(struct spy *spy)
{
	mc_progress_free(spy->progress);
	fclose(spy->to);
	return spy->text;
}

static void spy_end(struct spy *spy)
{
	free(spy->text);
}

static const struct mc_step run[] = {
	{.phase = MC_PHASE_PREPARE, .text = "looking for a kernel image", .left_s = -1},
	{.phase = MC_PHASE_BOOT, .left_s = 90.4},
	{.phase = MC_PHASE_BOOT, .left_s = 89},
	{.phase = MC_PHASE_LOAD, .index = 1, .total = 10, .test = "cpu", .left_s = 83},
	{.phase = MC_PHASE_SAMPLE, .index = 1, .total = 10, .test = "cpu", .left_s = 59.6},
	{.phase = MC_PHASE_DONE,
	 .index = 1,
	 .total = 10,
	 .test = "cpu",
	 .status = MC_STATUS_OK,
	 .text = "cpu: ok, 10 of 10 ticks, none missed, none lost"},
	{.phase = MC_PHASE_COLLECT, .index = 10, .total = 10, .test = "io", .left_s = 1},
	{.phase = MC_PHASE_DONE,
	 .index = 10,
	 .total = 10,
	 .test = "io",
	 .status = MC_STATUS_INVALID,
	 .text = "io: invalid: no sector moved"},
};

static void play(struct mc_progress *progress)
{
	for (size_t i = 0; i < sizeof(run) / sizeof(run[0]); i++)
		mc_progress_step(progress, &run[i]);
	mc_progress_note(progress, "%s", "removed .old-1");
}

static const char *const lines = "looking for a kernel image\n"
				 "booting the VM, 1 min 30 s left\n"
				 "[ 1/10] cpu: starting the load, 1 min 23 s left\n"
				 "[ 1/10] cpu: ok, 10 of 10 ticks, none missed, none lost\n"
				 "[10/10] io: analysing, 1 s left\n"
				 "[10/10] io: invalid: no sector moved\n"
				 "removed .old-1\n";

#define AGAIN "\r\033[K"

static const char *const terminal = AGAIN
	"looking for a kernel image" AGAIN "booting the VM, 1 min 30 s left" AGAIN
	"booting the VM, 1 min 29 s left" AGAIN
	"[ 1/10] cpu: starting the load, 1 min 23 s left" AGAIN
	"[ 1/10] cpu: measuring, 1 min 00 s left" AGAIN
	"[ 1/10] cpu: \033[32mok\033[0m, 10 of 10 ticks, none missed, none lost\n" AGAIN
	"[10/10] io: analysing, 1 s left" AGAIN
	"[10/10] io: \033[31minvalid\033[0m: no sector moved\n"
	"removed .old-1\n";

static void each_style_writes_its_own(void **state)
{
	static const struct {
		enum mc_progress_style style;
		const char *const *text;
	} rows[] = {{MC_PROGRESS_LINES, &lines}, {MC_PROGRESS_TERMINAL, &terminal}};
	struct spy spy;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		spy_begin(&spy, rows[i].style);
		play(spy.progress);
		assert_string_equal(spy_text(&spy), *rows[i].text);
		spy_end(&spy);
	}
	spy_begin(&spy, MC_PROGRESS_QUIET);
	play(spy.progress);
	assert_string_equal(spy_text(&spy), "");
	spy_end(&spy);
}

static void no_color_is_honoured(void **state)
{
	struct spy spy;

	setenv("NO_COLOR", "1", 1);
	spy_begin(&spy, MC_PROGRESS_TERMINAL);
	unsetenv("NO_COLOR");
	play(spy.progress);
	spy_text(&spy);
	assert_null(strstr(spy.text, "\033[3"));
	assert_non_null(strstr(spy.text, "[10/10] io: invalid: no sector moved\n"));
	spy_end(&spy);
	/* empty means unset */
	setenv("NO_COLOR", "", 1);
	spy_begin(&spy, MC_PROGRESS_TERMINAL);
	unsetenv("NO_COLOR");
	play(spy.progress);
	spy_text(&spy);
	assert_non_null(strstr(spy.text, "\033[32m"));
	spy_end(&spy);
}

static void a_note_leaves_the_line_standing(void **state)
{
	struct spy spy;

	spy_begin(&spy, MC_PROGRESS_TERMINAL);
	mc_progress_step(spy.progress, &run[1]);
	mc_progress_note(spy.progress, "a note");
	/* and the end of all takes it away */
	assert_string_equal(spy_text(&spy),
			    AGAIN "booting the VM, 1 min 30 s left" AGAIN "a note\n" AGAIN
				  "booting the VM, 1 min 30 s left" AGAIN);
	spy_end(&spy);
}

static void the_line_never_wraps(void **state)
{
	struct mc_step step = {.phase = MC_PHASE_PREPARE, .left_s = -1};
	struct spy spy;

	memset(step.text, 'x', sizeof(step.text) - 1);
	setenv("COLUMNS", "50", 1);
	spy_begin(&spy, MC_PROGRESS_TERMINAL);
	mc_progress_step(spy.progress, &step);
	fflush(spy.to);
	unsetenv("COLUMNS");
	assert_int_equal(strlen(spy.text), strlen(AGAIN) + 49);
	spy_text(&spy);
	spy_end(&spy);
}

static void style_of_a_stream(void **state)
{
	FILE *pipe = tmpfile();

	assert_non_null(pipe);
	setenv("TERM", "xterm", 1);
	assert_int_equal(mc_progress_style_of(pipe), MC_PROGRESS_LINES);
	fclose(pipe);
}

static void style_of_a_terminal(void **state)
{
	static const struct {
		const char *term;
		enum mc_progress_style style;
	} rows[] = {{"xterm", MC_PROGRESS_TERMINAL},
		    {"dumb", MC_PROGRESS_LINES},
		    {"", MC_PROGRESS_LINES},
		    {NULL, MC_PROGRESS_LINES}};
	int fd = posix_openpt(O_RDWR | O_NOCTTY);
	FILE *stream;

	if (fd < 0) {
		print_message("SKIP: no pseudo-terminal here\n");
		skip();
	}
	stream = fdopen(fd, "w");
	assert_non_null(stream);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].term)
			setenv("TERM", rows[i].term, 1);
		else
			unsetenv("TERM");
		assert_int_equal(mc_progress_style_of(stream), rows[i].style);
	}
	fclose(stream);
}

/* ---- records ---- */

/* Write a step as a record, read it, and return what a reader of RECORDS writes again */
static void assert_round_trip(const struct mc_step *step)
{
	struct mc_failure failure = {.exit_code = MC_EXIT_OK};
	struct spy written, again;

	spy_begin(&written, MC_PROGRESS_RECORDS);
	mc_progress_step(written.progress, step);
	spy_text(&written);
	assert_int_equal(strchr(written.text, '\n') - written.text, written.size - 1);
	spy_begin(&again, MC_PROGRESS_RECORDS);
	assert_int_equal(mc_progress_parse(again.progress, written.text, &failure), 0);
	assert_string_equal(spy_text(&again), written.text);
	spy_end(&written);
	spy_end(&again);
}

static void steps_survive_as_records(void **state)
{
	struct mc_step step;

	for (size_t i = 0; i < sizeof(run) / sizeof(run[0]); i++)
		assert_round_trip(&run[i]);
	step = run[3];
	memset(step.test, '\n', sizeof(step.test) - 1);
	memset(step.text, '%', sizeof(step.text) - 1);
	for (unsigned int i = 0; i < 255; i++)
		step.text[i] = i + 1;
	assert_round_trip(&step);
	step.left_s = NAN;
	assert_round_trip(&step);
	step.left_s = INFINITY;
	assert_round_trip(&step);
	step.left_s = 1e9;
	assert_round_trip(&step);
	for (int phase = MC_PHASE_PREPARE; phase <= MC_PHASE_DONE; phase++) {
		for (int status = MC_STATUS_OK; status <= MC_STATUS_FAILED; status++) {
			step.phase = phase;
			step.status = status;
			assert_round_trip(&step);
		}
	}
}

static void a_record_is_what_it_should_be(void **state)
{
	struct spy spy;

	spy_begin(&spy, MC_PROGRESS_RECORDS);
	mc_progress_step(spy.progress, &run[4]);
	mc_progress_step(spy.progress, &run[7]);
	mc_progress_note(spy.progress, "50 %%\tof\nit");
	assert_string_equal(spy_text(&spy),
			    "step\tsample\t1\t10\tok\t59600\tcpu\t\n"
			    "step\tdone\t10\t10\tinvalid\t0\tio\tio: invalid: no sector moved\n"
			    "note\t50 %25%09of%0ait\n");
	spy_end(&spy);
}

static void records_become_lines(void **state)
{
	struct mc_failure failure;
	struct spy records, spy;
	char *rest, *line;

	spy_begin(&records, MC_PROGRESS_RECORDS);
	play(records.progress);
	spy_text(&records);
	spy_begin(&spy, MC_PROGRESS_LINES);
	rest = records.text;
	while ((line = strsep(&rest, "\n")) && rest)
		assert_int_equal(mc_progress_parse(spy.progress, line, &failure), 0);
	assert_string_equal(spy_text(&spy), lines);
	spy_end(&spy);
	spy_end(&records);
}

static void a_guest_cannot_reach_the_terminal(void **state)
{
	static const char *const hostile[] = {
		("note\t%1b]0;owned%07%0d%0a\xc2\x9b"
		 "2J"),
		"note\t\033[2J",
		"step\tboot\t0\t0\tok\t-\t\t%1b[2J",
		"step\tdone\t1\t1\tok\t-\ta%1b[1mb\ta%1b[1mb: ok",
		"step\tdone\t1\t1\tok\t-\tio\tio: ok%1b[2J",
		"step\tdone\t1\t1\tok\t-\t%9b\t",
	};
	struct mc_failure failure;
	struct spy spy;

	setenv("NO_COLOR", "1", 1);
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		for (int style = MC_PROGRESS_LINES; style <= MC_PROGRESS_TERMINAL; style++) {
			const char *at;

			spy_begin(&spy, style);
			assert_int_equal(mc_progress_parse(spy.progress, hostile[i], &failure), 0);
			spy_text(&spy);
			for (at = spy.text; *at; at++) {
				if (!strncmp(at, AGAIN, strlen(AGAIN)))
					at += strlen(AGAIN) - 1;
				else
					assert_true((*at >= 0x20 && *at < 0x7f) || *at == '\n');
			}
			spy_end(&spy);
		}
	}
	unsetenv("NO_COLOR");
}

#define TEXT_OF_64 "0123456789012345678901234567890123456789012345678901234567890123"

static void bad_records_are_refused(void **state)
{
	static const struct {
		const char *line, *why;
	} rows[] = {
		{"", "neither a step nor a note"},
		{"\n", "neither a step nor a note"},
		{"note", "neither a step nor a note"},
		{"note\ta\tb", "neither a step nor a note"},
		{"Note\ta", "neither a step nor a note"},
		{"note\t%", "bad text"},
		{"note\t%4", "bad text"},
		{"note\t%4G", "bad text"},
		{"note\t%00", "bad text"},
		{"step\tboot\t0\t0\tok\t-\t", "neither a step nor a note"},
		{"step\tboot\t0\t0\tok\t-\t\t\t", "neither a step nor a note"},
		{"step\tboots\t0\t0\tok\t-\t\t", "unknown phase"},
		{"step\t\t0\t0\tok\t-\t\t", "unknown phase"},
		{"step\tboot\t\t0\tok\t-\t\t", "bad number of a scenario"},
		{"step\tboot\t-1\t0\tok\t-\t\t", "bad number of a scenario"},
		{"step\tboot\t 1\t1\tok\t-\t\t", "bad number of a scenario"},
		{"step\tboot\t1x\t1\tok\t-\t\t", "bad number of a scenario"},
		{"step\tboot\t2\t1\tok\t-\t\t", "bad number of a scenario"},
		{"step\tboot\t0\t1000001\tok\t-\t\t", "bad number of a scenario"},
		{"step\tboot\t0\t18446744073709551617\tok\t-\t\t", "bad number of a scenario"},
		{"step\tboot\t0\t0\tfine\t-\t\t", "unknown status"},
		{"step\tboot\t0\t0\tok\t\t\t", "bad time"},
		{"step\tboot\t0\t0\tok\t1e9\t\t", "bad time"},
		{"step\tboot\t0\t0\tok\tnan\t\t", "bad time"},
		{"step\tboot\t0\t0\tok\t1000000000001\t\t", "bad time"},
		{"step\tboot\t0\t0\tok\t-\t" TEXT_OF_64 "0123456789012345\t", "bad name of a test"},
		{"step\tboot\t0\t0\tok\t-\t\t" TEXT_OF_64 TEXT_OF_64 TEXT_OF_64 TEXT_OF_64
			 TEXT_OF_64 TEXT_OF_64 TEXT_OF_64 TEXT_OF_64,
		 "bad text"},
	};
	struct spy spy;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mc_failure failure = {.exit_code = MC_EXIT_OK};

		spy_begin(&spy, MC_PROGRESS_LINES);
		assert_int_equal(mc_progress_parse(spy.progress, rows[i].line, &failure), -1);
		assert_int_equal(failure.exit_code, MC_EXIT_ENVIRONMENT);
		assert_non_null(strstr(failure.text, rows[i].why));
		assert_string_equal(spy_text(&spy), "");
		spy_end(&spy);
	}
}

static void a_huge_record_is_refused(void **state)
{
	static char line[1 << 20];
	struct mc_failure failure;
	struct spy spy;

	memset(line, '\033', sizeof(line) - 1);
	memcpy(line, "note\t", 5);
	spy_begin(&spy, MC_PROGRESS_LINES);
	assert_int_equal(mc_progress_parse(spy.progress, line, &failure), -1);
	assert_non_null(strstr(failure.text, "too long"));
	assert_null(strchr(failure.text, '\033'));
	assert_string_equal(spy_text(&spy), "");
	spy_end(&spy);
}

/* Valid records with some bytes changed, cut or repeated: refused or shown, never more */
static void damaged_records_do_no_harm(void **state)
{
	static const char bytes[16] = {'\t',   '%', '\n', '0', '1',  '-', '\033', '\xc2',
				       '\xff', ' ', 'z',  'a', '\r', 'n', '\x9b', '9'};
	struct mc_failure failure;
	struct spy records, spy;
	uint32_t seed = 12345;
	size_t taken = 0, refused = 0;

	spy_begin(&records, MC_PROGRESS_RECORDS);
	play(records.progress);
	spy_text(&records);
	for (unsigned int i = 0; i < 20000; i++) {
		char *text = strdup(records.text), *line = text, *next;

		assert_non_null(text);
		for (unsigned int k = 0; k < 1 + i % 8; k++) {
			seed = seed * 1664525 + 1013904223;
			text[(seed >> 8) % records.size] = bytes[seed >> 28];
		}
		spy_begin(&spy, i & 1 ? MC_PROGRESS_LINES : MC_PROGRESS_RECORDS);
		while (line) {
			next = strchr(line, '\n');
			if (next)
				*next++ = '\0';
			if (mc_progress_parse(spy.progress, line, &failure))
				refused++;
			else
				taken++;
			line = next;
		}
		spy_text(&spy);
		assert_null(strchr(spy.text, '\033'));
		spy_end(&spy);
		free(text);
	}
	assert_true(taken > 1000);
	assert_true(refused > 1000);
	spy_end(&records);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_style_writes_its_own),
		cmocka_unit_test(no_color_is_honoured),
		cmocka_unit_test(a_note_leaves_the_line_standing),
		cmocka_unit_test(the_line_never_wraps),
		cmocka_unit_test(style_of_a_stream),
		cmocka_unit_test(style_of_a_terminal),
		cmocka_unit_test(steps_survive_as_records),
		cmocka_unit_test(a_record_is_what_it_should_be),
		cmocka_unit_test(records_become_lines),
		cmocka_unit_test(a_guest_cannot_reach_the_terminal),
		cmocka_unit_test(bad_records_are_refused),
		cmocka_unit_test(a_huge_record_is_refused),
		cmocka_unit_test(damaged_records_do_no_harm),
	};

	unsetenv("NO_COLOR");
	unsetenv("COLUMNS");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
