// SPDX-License-Identifier: GPL-2.0
/*
 * test_scenario.c - scenario files, good and bad, and the vectors made from them
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "memory_collector/scenario.h"

/* UNIT_DATA is unit/data */
#define DEFAULT_MATRIX UNIT_DATA "/../../stress/default.ini"

#define GOOD "[one]\ntitle = One\nstressor = cpu\nargs = --cpu 1\n"
#define TEN "0123456789"
#define FIFTY TEN TEN TEN TEN TEN

static const char *write_file(const char *text, size_t size)
{
	static char path[] = "/tmp/unit-scenario-XXXXXX";
	int fd;

	strcpy(path, "/tmp/unit-scenario-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, size), size);
	close(fd);
	return path;
}

static int read_text(struct mc_matrix *matrix, const char *text, size_t size,
		     struct mc_failure *failure)
{
	const char *path = write_file(text, size);
	int result = mc_matrix_read(matrix, path, failure);

	unlink(path);
	return result;
}

static void good_file(void **state)
{
	static const char text[] =
		"# about it\n"
		"; too\n"
		"\n"
		"[idle]\n"
		"title = Nothing; at all\n"
		"stressor = none\n"
		"[disk]\r\n"
		"title = Disk\r\n"
		"stressor = hdd\r\n"
		"args =   --hdd {cpus}\t--hdd-opts direct,wr-seq --big {cpus*3}\r\n"
		"needs = block\r\n"
		"[root-vm]\n"
		"title=VM\n"
		"stressor=vm\n"
		"args=--vm 1 --vm-bytes {memory:75%}\n"
		"user=root\n"
		"why=because\n";
	const struct mc_scenario_scale scale = {.cpus = 64, .memory_bytes = 1000};
	static const char *const disk[] = {
		"stress-ng", "--hdd", "64",	     "--hdd-opts", "direct,wr-seq",
		"--big",     "192",   "--timeout",   "30s",	   "--metrics",
		"--yaml",    "/y",    "--temp-path", "/t",
	};
	struct mc_matrix matrix = {0};
	struct mc_failure failure;
	char **argv;
	size_t i;

	assert_int_equal(read_text(&matrix, text, sizeof(text) - 1, &failure), 0);
	assert_int_equal(matrix.n, 3);
	assert_string_equal(matrix.scenario[0].name, "idle");
	assert_string_equal(matrix.scenario[0].title, "Nothing; at all");
	assert_string_equal(matrix.scenario[0].stressor, "");
	assert_int_equal(matrix.scenario[1].line, 7);
	assert_true(matrix.scenario[1].needs_block);
	assert_false(matrix.scenario[1].as_root);
	assert_true(matrix.scenario[2].as_root);
	assert_string_equal(matrix.scenario[2].as_root_reason, "because");

	assert_int_equal(mc_scenario_command(&matrix.scenario[1], &scale, "/y", 30, "/t", &argv,
					     &failure),
			 0);
	for (i = 0; i < sizeof(disk) / sizeof(disk[0]); i++)
		assert_string_equal(argv[i], disk[i]);
	assert_null(argv[i]);
	free(argv);
	assert_int_equal(mc_scenario_command(&matrix.scenario[2], &scale, "/y", 30, "/t", &argv,
					     &failure),
			 0);
	assert_string_equal(argv[4], "750");
	free(argv);
	mc_matrix_free(&matrix);
}

/* What is wrong, the line that must be named, and a part of what must be said */
static const struct {
	const char *text;
	size_t size; /* 0: of the string */
	int line;
	const char *says;
} bad[] = {
	{"", 0, 0, "no scenario"},
	{"# nothing\n", 0, 1, "no scenario"},
	{"title = One\n", 0, 1, "before the first [section]"},
	{"what is this\n", 0, 1, "neither a [section] nor"},
	{GOOD "nonsense\n", 0, 5, "neither a [section] nor"},
	{GOOD "colour = red\n", 0, 5, "unknown key 'colour'"},
	{GOOD "title = Two\n", 0, 5, "title is given a second time"},
	{GOOD "  more\n", 0, 5, "begin with a blank"},
	{GOOD GOOD, 0, 5, "the name 'one' is taken by"},
	{"[one]\n[one]\n", 0, 1, "has no stressor"},
	{"[one]\ntitle = One\n", 0, 1, "has no stressor"},
	{"[one]\ntitle = One\nargs = --cpu 1\n", 0, 1, "has no stressor"},
	{"[one]\nstressor = none\n", 0, 1, "has no title"},
	{"[one]\ntitle =\n", 0, 2, "title is empty"},
	{"[one]\ntitle = a\nstressor = cpu\n", 0, 1, "has no args"},
	{"[one]\ntitle = a\nstressor = none\nargs = --cpu 1\n", 0, 1, "has no load"},
	{"[one]\ntitle = a\nstressor = none\nneeds = block\n", 0, 1, "has no load"},
	{"[one]\ntitle = a\nstressor = cpu\nargs = --vm 1\n", 0, 1, "must begin with --cpu"},
	{"[one]\ntitle = a\nstressor = cpu --all\n", 0, 3, "not a name of a stressor"},
	{GOOD "needs = disk\n", 0, 5, "needs 'disk' is not known"},
	{GOOD "user = admin\n", 0, 5, "user 'admin' is not known"},
	{GOOD "user = root\n", 0, 1, "go together"},
	{GOOD "why = fun\n", 0, 1, "go together"},
	{"[one\n", 0, 1, "a section is [name]"},
	{"[]\n", 0, 1, "a section is [name]"},
	{"[One]\n", 0, 1, "a section is [name]"},
	{"[a/../b]\n", 0, 1, "a section is [name]"},
	{"[-rf]\n", 0, 1, "not beginning with -"},
	{GOOD "[-]\n", 0, 5, "not beginning with -"},
	{"[one] ; comment\n", 0, 1, "a section is [name]"},
	{"[a" FIFTY "]\n", 0, 1, "1 to 48"},
	{"[one]\nargs = --cpu 1; rm -rf /\n", 0, 2, "the character ';'"},
	{"[one]\nargs = --cpu 1 ; rm -rf /\n", 0, 2, "';' cannot follow a value"},
	{"[one]\nargs = --cpu $(nproc)\n", 0, 2, "the character '$'"},
	{"[one]\nargs = --cpu `nproc`\n", 0, 2, "the character '`'"},
	{"[one]\nargs = --cpu 1 | cat\n", 0, 2, "the character '|'"},
	{"[one]\nargs = --cpu 1 && reboot\n", 0, 2, "the character '&'"},
	{"[one]\nargs = --cpu 1 > /etc/passwd\n", 0, 2, "the character '>'"},
	{"[one]\nargs = --cpu '1'\n", 0, 2, "the character '''"},
	{"[one]\nargs = --cpu *\n", 0, 2, "the character '*'"},
	{"[one]\nargs = --cpu {cores}\n", 0, 2, "unknown placeholder"},
	{"[one]\nargs = --cpu {cpus*0}\n", 0, 2, "unknown placeholder"},
	{"[one]\nargs = --cpu {cpus*101}\n", 0, 2, "unknown placeholder"},
	{"[one]\nargs = --cpu {cpus*99999999999999999999}\n", 0, 2, "unknown placeholder"},
	{"[one]\nargs = --vm {memory:75}\n", 0, 2, "unknown placeholder"},
	{"[one]\nargs = --vm {memory:\n", 0, 2, "unknown placeholder"},
	{"[one]\nargs = --cpu 1 --timeout 5\n", 0, 2, "run-stress decides on --timeout"},
	{"[one]\nargs = --cpu 1 --timeo=5\n", 0, 2, "run-stress decides on --timeout"},
	{"[one]\nargs = --cpu 1 --yaml /etc/passwd\n", 0, 2, "run-stress decides on --yaml"},
	{"[one]\nargs = --cpu 1 -t 5\n", 0, 2, "short options"},
	{"[one]\nargs = --c" FIFTY FIFTY FIFTY FIFTY "\n", 0, 2, "longer than"},
	{"[one]\nargs = 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3\n", 0, 2,
	 "more than 32 arguments"},
	{"[one]\ntitle = a\0b\n", 18, 2, "a NUL byte"},
	{"[one]\ntitle = \033[2J\n", 0, 2, "control character 0x1b"},
	{"[one]\ntitle = \xc2\x9b"
	 "2J\n",
	 0, 2, "title is not UTF-8, or has a control character in it"},
	{"[one]\ntitle = caf\xe9\n", 0, 2, "title is not UTF-8"},
	{GOOD "user = root\nwhy = caf\xe9\n", 0, 6, "why is not UTF-8"},
	/* A byte order mark in front of the first line alone */
	{"\n\xef\xbb\xbf" GOOD, 0, 3, "before the first [section]"},
	{"\xef\xbb\xbf", 0, 1, "no scenario"},
	{"\xff\xfe[\0o\0", 6, 1, "a NUL byte"},
};

static void bad_files(void **state)
{
	struct mc_matrix matrix = {0};
	struct mc_failure failure;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char where[16];
		const char *colon;

		failure.text[0] = '\0';
		if (read_text(&matrix, bad[i].text, bad[i].size ? bad[i].size : strlen(bad[i].text),
			      &failure) != -1)
			fail_msg("accepted: %s", bad[i].text);
		assert_int_equal(failure.exit_code, MC_EXIT_USAGE);
		snprintf(where, sizeof(where), ":%d: ", bad[i].line);
		colon = strstr(failure.text, where);
		if (!colon || !strstr(colon, bad[i].says))
			fail_msg("'%s' is refused with: %s", bad[i].text, failure.text);
		/* A refused file leaves nothing of itself. */
		assert_int_equal(matrix.n, 0);
	}
	mc_matrix_free(&matrix);
}

static void byte_order_mark(void **state)
{
	static const char *const texts[] = {"\xef\xbb\xbf" GOOD, "\xef\xbb\xbf# mine\n" GOOD};
	struct mc_failure failure;

	for (size_t i = 0; i < 2; i++) {
		struct mc_matrix matrix = {0};

		if (read_text(&matrix, texts[i], strlen(texts[i]), &failure))
			fail_msg("%s", failure.text);
		assert_int_equal(matrix.n, 1);
		assert_string_equal(matrix.scenario[0].name, "one");
		assert_string_equal(matrix.scenario[0].args[0], "--cpu");
		mc_matrix_free(&matrix);
	}
}

static void two_files(void **state)
{
	struct mc_matrix matrix = {0};
	struct mc_failure failure;
	char first[256];

	assert_int_equal(read_text(&matrix, GOOD, strlen(GOOD), &failure), 0);
	snprintf(first, sizeof(first), "taken by %s:1", matrix.scenario[0].file);
	assert_int_equal(read_text(&matrix, "\n\n" GOOD, strlen(GOOD) + 2, &failure), -1);
	assert_non_null(strstr(failure.text, ":3: "));
	assert_non_null(strstr(failure.text, first));
	assert_int_equal(matrix.n, 1);
	assert_int_equal(mc_matrix_read(&matrix, "/nonexistent", &failure), -1);
	assert_non_null(strstr(failure.text, "/nonexistent: No such file"));
	assert_int_equal(mc_matrix_read(&matrix, "/", &failure), -1);
	assert_int_equal(matrix.n, 1);
	mc_matrix_free(&matrix);
}

static void only(void **state)
{
	static const char text[] = "[a]\ntitle=a\nstressor=none\n[b]\ntitle=b\nstressor=none\n"
				   "[c]\ntitle=c\nstressor=none\n";
	static const struct {
		const char *names, *kept; /* kept NULL: refused */
	} rows[] = {
		{"a", "a"},  {"c,a", "ac"}, {"a,b,c", "abc"}, {"b,b", "b"},
		{"", NULL},  {"d", NULL},   {"a,", NULL},     {",a", NULL},
		{"A", NULL}, {"ab", NULL},  {"a b", NULL},    {"a,,b", NULL},
	};
	struct mc_failure failure;
	size_t i, k;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mc_matrix matrix = {0};

		assert_int_equal(read_text(&matrix, text, sizeof(text) - 1, &failure), 0);
		assert_int_equal(mc_matrix_only(&matrix, rows[i].names, &failure),
				 rows[i].kept ? 0 : -1);
		if (!rows[i].kept) {
			assert_int_equal(failure.exit_code, MC_EXIT_USAGE);
			assert_non_null(strstr(failure.text, "known: a, b, c"));
			assert_int_equal(matrix.n, 3);
		}
		for (k = 0; rows[i].kept && k < matrix.n; k++)
			assert_int_equal(matrix.scenario[k].name[0], rows[i].kept[k]);
		if (rows[i].kept)
			assert_int_equal(matrix.n, strlen(rows[i].kept));
		mc_matrix_free(&matrix);
	}
}

static void default_matrix(void **state)
{
	static const char *const names[] = {"baseline",	 "cpu", "scheduler", "memory",	"cache",
					    "interrupt", "io",	"syscall",   "lockbus", "mutex"};
	struct mc_matrix matrix = {0};
	struct mc_failure failure;
	size_t i;

	if (mc_matrix_read(&matrix, DEFAULT_MATRIX, &failure))
		fail_msg("%s", failure.text);
	assert_int_equal(matrix.n, sizeof(names) / sizeof(names[0]));
	for (i = 0; i < matrix.n; i++) {
		assert_string_equal(matrix.scenario[i].name, names[i]);
		assert_false(matrix.scenario[i].as_root);
		assert_int_equal(matrix.scenario[i].needs_block, !strcmp(names[i], "io"));
		assert_int_equal(!matrix.scenario[i].stressor[0], !i);
	}
	mc_matrix_free(&matrix);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_file),
		cmocka_unit_test(bad_files),
		cmocka_unit_test(byte_order_mark),
		cmocka_unit_test(two_files),
		cmocka_unit_test(only),
		cmocka_unit_test(default_matrix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
