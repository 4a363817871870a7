// SPDX-License-Identifier: GPL-2.0
/*
 * test_command.c - the control file's language: what runs, what is refused whole
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/command.h"

#define ROWS(rows) (sizeof(rows) / sizeof((rows)[0]))

static const char *const names[] = {"dump", "reset", "dump-all", "fail"};
#define FAIL 3

/* Which commands ran, as digits */
static char ran[COMMAND_TEXT_MOST + COMMAND_PART_MOST];
static size_t n_ran;

static int note(u32 index, void *context)
{
	assert_ptr_equal(context, names);
	assert_in_range(index, 0, ROWS(names) - 1);
	ran[n_ran++] = '0' + index;
	ran[n_ran] = 0;
	return index == FAIL ? -EIO : 0;
}

static const struct command_set set = {names, ROWS(names), note, (void *)names};

static void start(struct command_part *part)
{
	memset(part, 0, sizeof(*part));
	n_ran = 0;
	ran[0] = 0;
}

static void single_writes(void **state)
{
	static const struct {
		const char *text;
		int ret;
		const char *ran;
	} rows[] = {
		{"dump\n", 0, "0"},
		{"dump", 0, "0"},
		{"", 0, ""},
		{"\n", 0, ""},
		{"  \t \n\n", 0, ""},
		{"  dump\t\r\n", 0, "0"},
		{"dump\nreset\n", 0, "01"},
		{"dump\n\n \nreset", 0, "01"},
		{"dump-all\ndump", 0, "20"},
		{"dump \n", 0, "0"},
		{"\n\ndump", 0, "0"},
		{"dump ", 0, "0"},
		{"du", 0, ""},
		{"  res", 0, ""},
		{"dump\nres", 0, "0"},
		{"Dump\n", -EINVAL, ""},
		{"dumps\n", -EINVAL, ""},
		{"du\n", -EINVAL, ""},
		{"du ", -EINVAL, ""},
		{"dump dump\n", -EINVAL, ""},
		{"dump\nx\n", -EINVAL, ""},
		{"dump\nx", -EINVAL, ""},
		{"x\ndump\n", -EINVAL, ""},
		{"dump\n\xff\n", -EINVAL, ""},
		{"dump\v\n", -EINVAL, ""},
		{"dump;reset\n", -EINVAL, ""},
		{"dump\nfail\nreset\n", -EIO, "03"},
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct command_part part;

		start(&part);
		assert_int_equal(command_write(&set, &part, rows[i].text, strlen(rows[i].text)),
				 rows[i].ret);
		assert_string_equal(ran, rows[i].ran);
		assert_true(!rows[i].ret || !part.length);
	}
}

static void zeroes_are_binary(void **state)
{
	struct command_part part;

	start(&part);
	assert_int_equal(command_write(&set, &part, "dump\0", 5), -EINVAL);
	assert_int_equal(command_write(&set, &part, "\0", 1), -EINVAL);
	assert_int_equal(command_write(&set, &part, "du\0mp\n", 6), -EINVAL);
	assert_int_equal(n_ran, 0);
}

/* What one command line makes of several writes to the same file */
static void several_writes(void **state)
{
	static const struct {
		const char *texts[4];
		int ret[4];
		const char *ran;
	} rows[] = {
		{{"du", "mp", "\n", ""}, {0, 0, 0, 0}, "0"},
		{{"d", "u", "m", "p\n"}, {0, 0, 0, 0}, "0"},
		{{"dump\nre", "set\n", "dump", "\n"}, {0, 0, 0, 0}, "010"},
		{{"  du", "mp  \n", "\n", ""}, {0, 0, 0, 0}, "0"},
		/* refused, forgotten, and the next write begins anew */
		{{"du", "ck\n", "dump\n", ""}, {0, -EINVAL, 0, 0}, "0"},
		{{"du", "\xff", "mp\n", "dump"}, {0, -EINVAL, -EINVAL, 0}, "0"},
		/* complete already, so that "-all" is another line */
		{{"dump", "-all\n", "", ""}, {0, -EINVAL, 0, 0}, "0"},
		{{"dump-", "all", "\n", ""}, {0, 0, 0, 0}, "2"},
		{{"fail", "reset", "", ""}, {-EIO, 0, 0, 0}, "31"},
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct command_part part;

		start(&part);
		for (size_t j = 0; j < ROWS(rows[i].texts); j++)
			assert_int_equal(command_write(&set, &part, rows[i].texts[j],
						       strlen(rows[i].texts[j])),
					 rows[i].ret[j]);
		assert_string_equal(ran, rows[i].ran);
	}
}

static void lengths(void **state)
{
	char text[COMMAND_TEXT_MOST + 1];
	struct command_part part;

	memset(text, ' ', sizeof(text));
	memcpy(text, "dump", 4);
	start(&part);
	assert_int_equal(command_write(&set, &part, text, sizeof(text)), -EINVAL);
	assert_string_equal(ran, "");
	assert_int_equal(command_write(&set, &part, text, SIZE_MAX), -EINVAL);
	assert_int_equal(command_write(&set, &part, text, COMMAND_TEXT_MOST), 0);
	assert_string_equal(ran, "0");

	memset(text, 'd', sizeof(text));
	assert_int_equal(command_write(&set, &part, text, COMMAND_TEXT_MOST), -EINVAL);
	assert_int_equal(part.length, 0);
}

/* A name that does not fit a part is a command only when it is written at once. */
static void long_names(void **state)
{
	char name[COMMAND_PART_MOST + 3];
	const char *const long_name[] = {name};
	const struct command_set one = {long_name, 1, note, (void *)names};
	struct command_part part;

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	start(&part);
	assert_int_equal(command_write(&one, &part, name, COMMAND_PART_MOST), 0);
	assert_int_equal(part.length, COMMAND_PART_MOST);
	assert_int_equal(command_write(&one, &part, "n", 1), -EINVAL);
	assert_int_equal(part.length, 0);
	assert_int_equal(command_write(&one, &part, name, strlen(name)), 0);
	assert_string_equal(ran, "0");
}

static u64 random_state = 88172645463325252ULL;

static u64 random_below(u64 limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % limit;
}

/* Any bytes: never more than 0 or -EINVAL or -EIO, no effect with -EINVAL, no overrun */
static void any_bytes(void **state)
{
	struct command_part part;

	start(&part);
	for (size_t i = 0; i < 200000; i++) {
		size_t length = random_below(40);
		char *text = malloc(length + 1);
		int ret;

		assert_non_null(text);
		for (size_t j = 0; j < length; j++)
			text[j] = "dumpreset-al \t\n\n\nfi"[random_below(19)];
		if (!random_below(4) && length)
			text[random_below(length)] = random_below(256);
		n_ran = 0;
		ret = command_write(&set, &part, text, length);
		assert_true(ret == 0 || ret == -EINVAL || ret == -EIO);
		assert_true(ret != -EINVAL || !n_ran);
		assert_in_range(part.length, 0, COMMAND_PART_MOST);
		free(text);
	}
}

/* Commands cut into writes at random: each runs once, in order, wherever the cuts are */
static void any_cuts(void **state)
{
	static const char *const words[] = {"reset", "dump-all"};
	static const char digits[] = "12";

	for (size_t i = 0; i < 20000; i++) {
		char text[256] = "", expected[16] = "";
		struct command_part part;
		size_t at = 0, length;

		for (size_t word = 0; word < 10; word++) {
			size_t which = random_below(2);

			strcat(text, words[which]);
			strcat(text, random_below(3) ? "\n" : " \t\n\n ");
			expected[word] = digits[which];
		}
		start(&part);
		for (length = strlen(text); at < length;) {
			size_t piece = 1 + random_below(length - at);

			/* "dump" of "dump-all" alone is a command: no cut right behind it */
			if (at + piece >= 4 && !memcmp(text + at + piece - 4, "dump", 4))
				piece++;
			assert_int_equal(command_write(&set, &part, text + at, piece), 0);
			at += piece;
		}
		assert_string_equal(ran, expected);
		assert_int_equal(part.length, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(single_writes),  cmocka_unit_test(zeroes_are_binary),
		cmocka_unit_test(several_writes), cmocka_unit_test(lengths),
		cmocka_unit_test(long_names),	  cmocka_unit_test(any_bytes),
		cmocka_unit_test(any_cuts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
