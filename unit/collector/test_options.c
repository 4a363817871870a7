// SPDX-License-Identifier: GPL-2.0
/*
 * test_options.c - command lines of collect, and what comes of them
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "collector/options.h"

#define ARGS_MAX 8

static int parse(struct mc_collect_options *options, const char *const *args,
		 struct mc_failure *failure)
{
	static char *argv[ARGS_MAX + 2];
	int argc = 1;

	argv[0] = (char *)"collect";
	while (args[argc - 1]) {
		argv[argc] = (char *)args[argc - 1];
		argc++;
	}
	argv[argc] = NULL;
	return mc_collect_options_parse(options, argc, argv, failure);
}

static void defaults(void **state)
{
	static const char *const args[] = {NULL};
	struct mc_collect_options options;
	struct mc_failure failure;

	assert_int_equal(parse(&options, args, &failure), 0);
	assert_false(options.host || options.simulate || options.demo || options.help);
	assert_int_equal(options.duration_ns, 5000000000);
	assert_int_equal(options.interval_ns, 1000000);
	assert_int_equal(options.rmids, 255);
	assert_null(options.kernel);
	assert_null(options.modules);
	assert_null(options.command[0]);
}

static void taken(void **state)
{
	static const char *const host[] = {"--place",	 "host",    "--duration=1.5s",
					   "--simulate", "--lines", "7",
					   "--",	 "--place", NULL};
	static const char *const vm[] = {"--rmids", "8",	"--cpus=4", "--interval",
					 "10ms",    "--kernel", "/k",	    NULL};
	static const char *const simulated[] = {"--place", "host",	 "--rmids",
						"8",	   "--simulate", NULL};
	static const char *const command[] = {"--place=host", "--strict", "--out=/t", "--",
					      "sleep",	      "9",	  NULL};
	struct mc_collect_options options;
	struct mc_failure failure;

	assert_int_equal(parse(&options, host, &failure), 0);
	assert_true(options.host && options.simulate);
	assert_int_equal(options.duration_ns, 1500000000);
	assert_int_equal(options.lines, 7);
	assert_string_equal(options.command[0], "--place");
	assert_null(options.command[1]);
	assert_false(options.strict);
	assert_int_equal(parse(&options, command, &failure), 0);
	assert_true(options.strict);
	assert_string_equal(options.out, "/t");
	/* Until it ends, however long that takes */
	assert_int_equal(options.duration_ns, 0);
	assert_int_equal(parse(&options, vm, &failure), 0);
	assert_int_equal(options.rmids, 8);
	assert_int_equal(options.cpus, 4);
	assert_int_equal(options.interval_ns, 10000000);
	assert_string_equal(options.kernel, "/k");
	assert_int_equal(parse(&options, simulated, &failure), 0);
	assert_int_equal(options.rmids, 8);
}

static void refused(void **state)
{
	static const struct {
		const char *args[ARGS_MAX], *words;
	} rows[] = {
		{{"--frobnicate"}, "unknown option '--frobnicate'"},
		{{"--dur", "1s"}, "unknown option '--dur'"},
		{{"sleep"}, "unexpected argument 'sleep'"},
		{{"--place", "mars"}, "it can be vm or host"},
		{{"--place"}, "--place needs a value"},
		{{"--simulate=1", "--place=host"}, "--simulate takes no value"},
		{{"--simulate"}, "--simulate means nothing with --place vm"},
		{{"--place", "host", "--cpus", "2"}, "--cpus means nothing with --place host"},
		{{"--place", "host", "--rmids", "8"},
		 "--rmids means nothing with --place host without --simulate"},
		{{"--duration", "0s"}, "it can be from 1 to"},
		{{"--duration", "5"}, "no unit"},
		{{"--duration", "99999h"}, "not a number with a unit"},
		{{"--interval", "49us"}, "it can be from 50000 to 10000000000 ns"},
		{{"--interval", "1s", "--duration", "9s"}, "too short for ten intervals"},
		{{"--rmids", "65536"}, "it can be from 1 to 65535"},
		{{"--rmids", "-1"}, "negative"},
		{{"--rmids", "8x"}, "not a whole number"},
		{{"--kernel", ""}, "it is empty"},
		{{"--", "sleep", "1"}, "--place host only"},
		{{"--strict"}, "--strict means nothing with --place vm"},
		{{"--place", "host", "--strict"}, "--strict means nothing without a command"},
		{{"--out", ""}, "it is empty"},
		{{"--place=host", "--interval=1s", "--duration=9s", "--", "x"},
		 "too short for ten intervals"},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mc_collect_options options;
		struct mc_failure failure = {0};

		if (parse(&options, rows[i].args, &failure) != -1)
			fail_msg("row %zu: taken", i);
		assert_int_equal(failure.exit_code, MC_EXIT_USAGE);
		if (!strstr(failure.text, rows[i].words))
			fail_msg("row %zu: %s", i, failure.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(taken),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
