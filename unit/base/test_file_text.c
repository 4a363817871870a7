// SPDX-License-Identifier: GPL-2.0
/*
 * test_file_text.c - small files
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file_text.h"

static void files(void **state)
{
	static const struct {
		const char *says, *text, *line;
	} rows[] = {
		{"", "", ""},
		{"word", "word", "word"},
		{"word\n", "word\n", "word"},
		{"one\ntwo\n", "one\ntwo\n", "one"},
		{"\n", "\n", ""},
		/* What has no room is left out. */
		{"0123456789abcdef", "0123456789abcde", "0123456789abcde"},
	};
	char path[] = "/tmp/memory-collector-text-XXXXXX", text[16];
	int fd = mkstemp(path);
	size_t i;

	assert_true(fd >= 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ssize_t length = strlen(rows[i].says);

		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(pwrite(fd, rows[i].says, length, 0), length);
		assert_int_equal(mc_file_text(path, text, sizeof(text)), strlen(rows[i].text));
		assert_string_equal(text, rows[i].text);
		assert_int_equal(mc_file_line(path, text, sizeof(text)), strlen(rows[i].line));
		assert_string_equal(text, rows[i].line);
	}
	close(fd);
	unlink(path);
}

/* More than one read() gives: a seq_file comes in pages at most. */
static void pieces(void **state)
{
	static char text[1 << 20];
	int dir = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(mc_file_text_at(dir, "maps", text, sizeof(text)) > 4096);
	assert_int_equal(text[strlen(text) - 1], '\n');
	close(dir);
}

static void cannot_be_read(void **state)
{
	char text[16] = "old";

	assert_int_equal(mc_file_text("/nonexistent", text, sizeof(text)), -1);
	assert_int_equal(errno, ENOENT);
	assert_string_equal(text, "");
	strcpy(text, "old");
	assert_int_equal(mc_file_line("/proc", text, sizeof(text)), -1);
	assert_int_equal(errno, EISDIR);
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files),
		cmocka_unit_test(pieces),
		cmocka_unit_test(cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
