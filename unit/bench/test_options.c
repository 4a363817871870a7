// SPDX-License-Identifier: GPL-2.0
/*
 * test_options.c - the command line of run-stress
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench/options.h"

#define ARGS_MAX 24

/* Blanks separate; "" stands for an empty argument. */
static int parse(struct mc_options *options, const char *line, struct mc_failure *failure)
{
	static char copy[1024], empty[] = "";
	char *argv[ARGS_MAX] = {"run-stress"}, *word;
	int argc = 1;

	snprintf(copy, sizeof(copy), "%s", line);
	for (word = strtok(copy, " "); word; word = strtok(NULL, " "))
		argv[argc++] = strcmp(word, "\"\"") ? word : empty;
	return mc_options_parse(options, argc, argv, failure);
}

static void defaults(void **state)
{
	struct mc_options options;
	struct mc_failure failure;

	assert_int_equal(parse(&options, "", &failure), 0);
	assert_false(options.host || options.list || options.dry_run || options.ticks ||
		     options.format || options.no_plots || options.quiet || options.help ||
		     options.version);
	assert_true(options.interval_ns == 1000000 && options.duration_ns == 5000000000);
	assert_int_equal(options.cpus, 2);
	assert_null(options.scenarios[0]);
	assert_null(options.only);
	assert_true(options.n_leads == 1 && options.lead[0] == LEAD_OFF);
	assert_true(options.n_phases == 1 && options.phase_ns[0] == 0);
	assert_int_equal(options.slices, 0);
	assert_null(options.tick_cpus);
	mc_options_free(&options);
}

static void leads_and_phases(void **state)
{
	struct mc_options options;
	struct mc_failure failure;

	assert_int_equal(parse(&options,
			       "--lead auto,off,fixed --lead-max 0.5ms --lead-budget 500 "
			       "--slices 10 --phase 999us --tick-cpus 0,2-5",
			       &failure),
			 0);
	assert_int_equal(options.n_leads, 3);
	assert_true(options.lead[0] == LEAD_AUTO && options.lead[1] == LEAD_OFF &&
		    options.lead[2] == LEAD_FIXED);
	assert_int_equal(options.lead_max_ns, 500000);
	assert_int_equal(options.lead_budget, 500);
	assert_int_equal(options.slices, 10);
	assert_int_equal(options.phase_ns[0], 999000);
	assert_string_equal(options.tick_cpus, "0,2-5");
	mc_options_free(&options);

	/* The last one counts here, too. */
	assert_int_equal(
		parse(&options, "--phase 1us,2us --phase 0,500us,7ns --lead fixed", &failure), 0);
	assert_int_equal(options.n_phases, 3);
	assert_true(options.phase_ns[1] == 500000 && options.phase_ns[2] == 7);
	assert_true(options.n_leads == 1 && options.lead[0] == LEAD_FIXED);
	mc_options_free(&options);
}

static void everything(void **state)
{
	struct mc_options options;
	struct mc_failure failure;

	assert_int_equal(parse(&options,
			       "--place vm --only=a,b --scenarios x.ini --scenarios=y.ini --ticks "
			       "--cpus 16 --memory 4096 --accel kvm --kernel k --module m",
			       &failure),
			 0);
	assert_string_equal(options.only, "a,b");
	assert_string_equal(options.scenarios[0], "x.ini");
	assert_string_equal(options.scenarios[1], "y.ini");
	assert_null(options.scenarios[2]);
	assert_int_equal(options.cpus, 16);
	assert_int_equal(options.memory_mib, 4096);
	assert_string_equal(options.accel, "kvm");
	assert_string_equal(options.kernel, "k");
	assert_string_equal(options.module, "m");
	assert_true(options.ticks);
	mc_options_free(&options);

	assert_int_equal(parse(&options,
			       "--place host --scratch /s --results /r --format json --quiet "
			       "--no-plots --progress-records /p --dry-run --list",
			       &failure),
			 0);
	assert_int_equal(options.format, MC_FORMAT_JSON);
	assert_true(options.host && options.quiet && options.no_plots && options.dry_run &&
		    options.list);
	assert_string_equal(options.scratch, "/s");
	assert_string_equal(options.results, "/r");
	assert_string_equal(options.progress_records, "/p");
	mc_options_free(&options);

	/* The last one counts, so that a wrapper's options can be overridden. */
	assert_int_equal(parse(&options, "--format json --format table --from d", &failure), 0);
	assert_int_equal(options.format, MC_FORMAT_TABLE);
	assert_string_equal(options.from, "d");
	mc_options_free(&options);

	assert_int_equal(parse(&options, "--help --nonsense", &failure), 0);
	assert_true(options.help);
	mc_options_free(&options);
}

static void times(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} rows[] =
		{
			{"--interval 50us", 50000},
			{"--interval 50000ns", 50000},
			{"--interval 0.05ms", 50000},
			{"--interval 1ms", 1000000},
			{"--interval 1.5ms", 1500000},
			{"--interval 333333ns", 333333},
			{"--interval 10s --duration 1000s", 10000000000},
			{"--interval 0.000123456s", 123456},
		},
	  durations[] = {
		  {"--duration 10ms", 10000000},
		  {"--duration 5", 5000000000},
		  {"--duration 0.5", 500000000},
		  {"--duration 604800s", 604800000000000},
	  };
	struct mc_options options;
	struct mc_failure failure;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (parse(&options, rows[i].text, &failure))
			fail_msg("%s: %s", rows[i].text, failure.text);
		assert_true(options.interval_ns == rows[i].ns);
		mc_options_free(&options);
	}
	for (i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
		if (parse(&options, durations[i].text, &failure))
			fail_msg("%s: %s", durations[i].text, failure.text);
		assert_true(options.duration_ns == durations[i].ns);
		mc_options_free(&options);
	}
}

static void refusals(void **state)
{
	static const struct {
		const char *line, *says;
	} rows[] = {
		{"--nonsense", "unknown option '--nonsense'"},
		{"-h", "unknown option '-h'"},
		{"--inter 1ms", "unknown option '--inter'"},
		{"--", "unknown option '--'"},
		{"cpu", "unexpected argument 'cpu'"},
		{"--interval", "--interval needs a value"},
		{"--interval 0", "too small"},
		{"--interval 0ms", "too small"},
		{"--interval 49999ns", "too small"},
		{"--interval 1ns", "too small"},
		{"--interval 10.000000001s", "too large"},
		{"--interval 11s", "too large"},
		{"--interval -1ms", "negative"},
		{"--interval -0", "negative"},
		{"--interval +1ms", "not a number"},
		{"--interval abc", "not a number"},
		{"--interval ms", "not a number"},
		{"--interval \"\"", "empty"},
		{"--interval 1", "no unit"},
		{"--interval 1e3", "not a number with a unit"},
		{"--interval 1e3us", "not a number with a unit"},
		{"--interval 0x10ms", "not a number with a unit"},
		{"--interval 1msx", "not a number with a unit"},
		{"--interval 1.ms", "not a number"},
		{"--interval .5ms", "not a number"},
		{"--interval 1,5ms", "not a number with a unit"},
		{"--interval 1.0000000001s", "more than nine"},
		{"--interval 100000.5ns", "finer than a nanosecond"},
		{"--interval nan", "not a number"},
		{"--interval inf", "not a number"},
		{"--interval 18446744073709551615s", "too large"},
		{"--interval 18446744073709551616", "too large"},
		{"--interval 18446744073709551616ns", "too large"},
		{"--interval 99999999999999999999999999999999ns", "too large"},
		{"--duration 0", "cannot be empty"},
		{"--duration 0s", "cannot be empty"},
		{"--duration -5s", "negative"},
		{"--duration five", "not a number"},
		{"--duration 604801s", "too large"},
		{"--duration 18446744073709551616", "too large"},
		{"--duration 9ms", "at least 10 intervals"},
		{"--interval 10s", "at least 10 intervals"},
		{"--cpus 0", "from 1 to 255"},
		{"--cpus 256", "from 1 to 255"},
		{"--cpus 4294967298", "from 1 to 255"},
		{"--cpus two", "not a number"},
		{"--cpus 2.5", "not a whole number"},
		{"--cpus -1", "negative"},
		{"--accel x", "auto, kvm or tcg"},
		{"--accel tcg --place host", "means nothing with --place host"},
		{"--memory 1G", "not a whole number"},
		{"--memory 271", "from 272"},
		{"--memory 18446744073709551616", "too large"},
		{"--place moon", "vm or host"},
		{"--place \"\"", "vm or host"},
		{"--format xml", "table, json, markdown or benchmark"},
		{"--only=", "empty"},
		{"--scenarios \"\"", "empty"},
		{"--results \"\"", "empty"},
		{"--quiet=yes", "takes no value"},
		{"--place host --cpus 4", "--cpus means nothing with --place host"},
		{"--kernel k --place host", "--kernel means nothing with --place host"},
		{"--kernels a,b --place host", "--kernels means nothing with --place host"},
		{"--kernels a --kernel k", "--kernel means nothing with --kernels"},
		{"--module m --kernels a", "--module means nothing with --kernels"},
		{"--kernels \"\"", "empty"},
		{"--scratch /tmp", "--scratch means nothing with --place vm"},
		{"--lead on", "it can be off, auto or fixed"},
		{"--lead \"\"", "it can be off, auto or fixed"},
		{"--lead off,", "it can be off, auto or fixed"},
		{"--lead off,auto,off", "one of them twice"},
		{"--lead off,auto,fixed,off", "one of them twice"},
		{"--lead-max 0ns", "from 1ns to 1ms"},
		{"--lead-max 1001us", "from 1ns to 1ms"},
		{"--lead-max 501us", "more than half of the interval"},
		{"--lead-max 5", "no unit"},
		{"--lead-budget 0", "from 1 to 500"},
		{"--lead-budget 501", "from 1 to 500"},
		{"--slices 0", "from 1 to 1000"},
		{"--slices 1001", "from 1 to 1000"},
		{"--phase 1ms", "not less than the interval"},
		{"--phase 0,1ms", "not less than the interval"},
		{"--phase 0,,1us", "it is empty"},
		{"--phase 5us,5000ns", "one of them twice"},
		{"--phase 1us,2us,3us,4us", "more than three"},
		{"--phase x", "not a number"},
		{"--phase 1us,2us --lead off,auto", "only one of them can be a list"},
		{"--tick-cpus \"\"", "not a list of CPUs"},
		{"--tick-cpus 0;reboot", "not a list of CPUs"},
		{"--from d --lead auto", "--lead means nothing with --from"},
		{"--from d --only cpu", "--only means nothing with --from"},
		{"--from d --interval 1ms", "--interval means nothing with --from"},
	};
	struct mc_options options;
	struct mc_failure failure;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		failure.text[0] = '\0';
		if (parse(&options, rows[i].line, &failure) != -1)
			fail_msg("accepted: %s", rows[i].line);
		assert_int_equal(failure.exit_code, MC_EXIT_USAGE);
		if (!strstr(failure.text, rows[i].says))
			fail_msg("%s: %s", rows[i].line, failure.text);
	}
}

static void help_fits(void **state)
{
	char *text = NULL, *line;
	size_t size = 0, lines = 0;
	FILE *to = open_memstream(&text, &size);

	mc_options_help(to);
	fclose(to);
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n"), lines++)
		assert_true(strlen(line) < 80);
	assert_in_range(lines, 10, 32);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),   cmocka_unit_test(leads_and_phases),
		cmocka_unit_test(everything), cmocka_unit_test(times),
		cmocka_unit_test(refusals),   cmocka_unit_test(help_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
