// SPDX-License-Identifier: GPL-2.0
/*
 * test_text.c - what may reach a terminal, and how numbers are written
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "memory_collector/failure.h"

struct clean_row {
	const char *text, *ascii, *utf8;
};

static const struct clean_row clean_rows[] = {
	{"", "", ""},
	{"io: ok ~", "io: ok ~", "io: ok ~"},
	{"\033[2J\r\n\t\a\x7f", "?[2J?????", "?[2J?????"},
	/* e acute, euro, an emoji */
	{"\xc3\xa9", "??", "\xc3\xa9"},
	{"\xe2\x82\xac", "???", "\xe2\x82\xac"},
	{"\xf0\x9f\x99\x82", "????", "\xf0\x9f\x99\x82"},
	/* U+009B is a terminal's CSI; U+202E turns the direction of text; a zero-width space */
	{"\xc2\x9b"
	 "2J",
	 "??2J", "??2J"},
	{"a\xe2\x80\xae"
	 "b",
	 "a???b", "a???b"},
	{"\xe2\x80\x8b", "???", "???"},
	/* overlong, surrogate, beyond Unicode, cut off, a lone continuation, never valid */
	{"\xc0\xaf", "??", "??"},
	{"\xe0\x80\xaf", "???", "???"},
	{"\xed\xa0\x80", "???", "???"},
	{"\xf4\x90\x80\x80", "????", "????"},
	{"\xe2\x82", "??", "??"},
	{"\xf0\x9f\x99", "???", "???"},
	{"\x82x", "?x", "?x"},
	{"\xff\xfe", "??", "??"},
};

static void clean_row_by_row(void **state)
{
	char out[64];

	for (size_t i = 0; i < sizeof(clean_rows) / sizeof(clean_rows[0]); i++) {
		setlocale(LC_CTYPE, "C");
		assert_string_equal(mc_text_clean(out, sizeof(out), clean_rows[i].text),
				    clean_rows[i].ascii);
		assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
		assert_string_equal(mc_text_clean(out, sizeof(out), clean_rows[i].text),
				    clean_rows[i].utf8);
	}
	setlocale(LC_CTYPE, "C");
}

static void long_text_ends_in_dots(void **state)
{
	char out[8];

	assert_string_equal(mc_text_clean(out, 8, "1234567"), "1234567");
	assert_string_equal(mc_text_clean(out, 8, "12345678"), "1234...");
	assert_string_equal(mc_text_clean(out, 4, "12345678"), "...");
	/* not in the middle of a character */
	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
	assert_string_equal(mc_text_clean(out, 8, "123\xe2\x82\xac\xe2\x82\xac"), "123...");
	setlocale(LC_CTYPE, "C");
}

/* Longer than any buffer, and what a terminal would obey at its end */
static void put_whole(void **state)
{
	char *text = NULL, given[5000];
	size_t size;
	FILE *to = open_memstream(&text, &size);

	memset(given, 'x', sizeof(given));
	strcpy(given + sizeof(given) - 8, "\033c\xc2\x9b\x9bz");
	mc_text_put(to, given);
	fclose(to);
	assert_int_equal(size, strlen(given));
	assert_string_equal(text + size - 8, "xx?c???z");
	free(text);
}

static void json(void **state)
{
	static const struct {
		const char *json, *put;
	} rows[] = {
		{"", ""},
		{"{\"a\": [1, \"\\u001b\"]}", "{\"a\": [1, \"\\u001b\"]}"},
		{"\"\xc2\x9b"
		 "2J\x7f\"",
		 "\"\\u009b2J\\u007f\""},
		/* U+0080, U+009F and their neighbours; e acute, and an emoji with a byte 0x9b */
		{"\xc2\x80\xc2\x9f\xc2\xa0\xc3\xa9\xf0\x9f\x9b\x91",
		 "\\u0080\\u009f\xc2\xa0\xc3\xa9\xf0\x9f\x9b\x91"},
		{"\xc2", "\xc2"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text = NULL;
		size_t size;
		FILE *to = open_memstream(&text, &size);

		mc_text_put_json(to, rows[i].json);
		fclose(to);
		assert_string_equal(text, rows[i].put);
		free(text);
	}
}

/* A message quotes what it is about, e.g. the name of a file. */
static void failures_are_clean(void **state)
{
	struct mc_failure failure;

	mc_fail(&failure, MC_EXIT_USAGE, "%s: no",
		"a\033[2J\xc2\x9b"
		"2J\x9b"
		"2J");
	assert_string_equal(failure.text, "a?[2J??2J?2J: no");
	mc_fail_prepend(&failure, "\xc2\x9b%s", "b");
	assert_string_equal(failure.text, "??b: a?[2J??2J?2J: no");
}

static void times(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} rows[] = {
		{0, "0 ns"},
		{1, "1 ns"},
		{999, "999 ns"},
		{1000, "1 us"},
		{50000, "50 us"},
		{1000000, "1 ms"},
		{1000001, "1.000001 ms"},
		{1500000000, "1.5 s"},
		{3600000000000, "3600 s"},
		{UINT64_MAX, "18446744073.7 s"},
	};
	char out[MC_TIME_TEXT];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(mc_text_time(out, rows[i].ns), rows[i].text);
}

static void counts(void **state)
{
	static const struct {
		uint64_t count;
		const char *text;
	} rows[] = {
		{0, "0"},
		{999, "999"},
		{1000, "1,000"},
		{12345, "12,345"},
		{1000000, "1,000,000"},
		{UINT64_MAX, "18,446,744,073,709,551,615"},
	};
	char out[MC_TIME_TEXT];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(mc_text_count(out, rows[i].count), rows[i].text);
}

static void columns_of_what_is_no_terminal(void **state)
{
	static const struct {
		const char *given;
		unsigned int columns;
	} rows[] = {{NULL, 120},
		    {"80", 80},
		    {"40", 40},
		    {"39", 120},
		    {"0", 120},
		    {"-80", 120},
		    {"x", 120},
		    {"", 120},
		    {"500", 500},
		    {"501", 120},
		    {"99999999999999999999", 120}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].given)
			setenv("COLUMNS", rows[i].given, 1);
		else
			unsetenv("COLUMNS");
		assert_int_equal(mc_text_columns(-1, 120), rows[i].columns);
	}
	unsetenv("COLUMNS");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clean_row_by_row),
		cmocka_unit_test(long_text_ends_in_dots),
		cmocka_unit_test(put_whole),
		cmocka_unit_test(json),
		cmocka_unit_test(failures_are_clean),
		cmocka_unit_test(times),
		cmocka_unit_test(counts),
		cmocka_unit_test(columns_of_what_is_no_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
