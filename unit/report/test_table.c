// SPDX-License-Identifier: GPL-2.0
/*
 * test_table.c - the final table, line by line
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "memory_collector/present.h"

static struct mc_result *new_result(void)
{
	struct mc_result *result = mc_result_new();

	assert_non_null(result);
	result->interval_ns = 1000000;
	result->run.duration_ns = 5000000000;
	result->run.elapsed_s = 84.2;
	strcpy(result->run.started_utc, "2026-11-24T07:01:02Z");
	strcpy(result->run.place, "vm");
	strcpy(result->environment.kernel, "6.1.0-56-cloud-amd64");
	strcpy(result->environment.preemption, "voluntary");
	strcpy(result->environment.clocksource, "tsc");
	strcpy(result->environment.accelerator, "tcg");
	strcpy(result->environment.accelerator_reason, "/dev/kvm does not exist");
	strcpy(result->environment.cpu_model, "QEMU TCG CPU");
	result->environment.cpus_online = 2;
	return result;
}

static struct mc_scenario_result *add(struct mc_result *result, const char *test,
				      enum mc_status status, const char *reason)
{
	struct mc_scenario_result *scenario = mc_result_add(result, test);

	assert_non_null(scenario);
	scenario->status = status;
	snprintf(scenario->reason, sizeof(scenario->reason), "%s", reason);
	return scenario;
}

static void set_ticks(struct mc_scenario_result *scenario, uint64_t expected, uint64_t missed,
		      uint64_t lost)
{
	scenario->ticks.expected_ticks = expected;
	scenario->ticks.missed_ticks = missed;
	scenario->ticks.lost_events = lost;
	scenario->ticks.started_ticks = expected - missed;
	scenario->ticks.samples = expected - missed - lost;
}

static void set_stats(struct mc_stats *stats, int64_t p50, int64_t p90, int64_t p99, int64_t p99_9,
		      int64_t max)
{
	*stats = (struct mc_stats){.count = 1,
				   .p50 = p50,
				   .p90 = p90,
				   .p99 = p99,
				   .p99_9 = p99_9,
				   .p99_99 = max,
				   .max = max};
}

static struct mc_result *typical_result(void)
{
	struct mc_result *result = new_result();
	struct mc_scenario_result *scenario = add(result, "baseline", MC_STATUS_OK, "");

	set_ticks(scenario, 10000, 0, 0);
	set_stats(&scenario->ticks.delta, 94887, 143269, 215700, 512345, 2345678);
	set_stats(&scenario->ticks.corrected, 94887, 143300, 216000, 600000, 2345678);
	set_stats(&scenario->ticks.skew, 20500, 45000, 120000, 480000, 2100000);
	scenario = add(result, "memory", MC_STATUS_OK, "");
	set_ticks(scenario, 10000, 3, 0);
	set_stats(&scenario->ticks.delta, 118300, 208100, 1161900, 12452900, 25970000);
	set_stats(&scenario->ticks.corrected, 120000, 210000, 11326900, 20000000, 25970000);
	set_stats(&scenario->ticks.skew, 46000, 90000, 1934800, 9000000, 25820000);
	scenario = add(result, "io", MC_STATUS_INVALID, "no sector of vdb was written");
	set_ticks(scenario, 10000, 12, 345);
	set_stats(&scenario->ticks.delta, 114000, 211400, 1551700, 10997800, 25340000);
	set_stats(&scenario->ticks.corrected, 115000, 220000, 9338400, 11000000, 25340000);
	set_stats(&scenario->ticks.skew, 48300, 99000, 2980900, 9100000, 25250000);
	add(result, "lockbus", MC_STATUS_SKIPPED, "this processor cannot lock the bus");
	return result;
}

/* Print a table and end the result; free() frees the text. */
static char *print(struct mc_result *result, unsigned int columns, bool colour)
{
	struct mc_failure failure = {.exit_code = MC_EXIT_OK};
	char *text, number[16];
	size_t size;
	FILE *to = open_memstream(&text, &size);

	assert_non_null(to);
	snprintf(number, sizeof(number), "%u", columns);
	setenv("COLUMNS", number, 1);
	assert_int_equal(mc_table_print(result, to, colour, &failure), 0);
	fclose(to);
	unsetenv("COLUMNS");
	mc_result_free(result);
	return text;
}

static void assert_table(struct mc_result *result, unsigned int columns, const char *expected)
{
	char *text = print(result, columns, false);

	assert_string_equal(text, expected);
	free(text);
}

#define FACTS                                                                              \
	"kernel    6.1.0-56-cloud-amd64, preemption voluntary, clock source tsc\n"         \
	"place     VM, emulated (TCG): compare its scenarios with each other only; "       \
	"no KVM: /dev/kvm does not exist\n"                                                \
	"CPUs      2, QEMU TCG CPU\n"                                                      \
	"measured  a tick every 1 ms for 5 s per scenario; started 2026-11-24T07:01:02Z, " \
	"took 84 s in all\n\n"

/* clang-format off */
static void typical(void **state)
{
	assert_table(typical_result(), 120, FACTS
"                   --------- ticks ----------  ----------- delta ------------  corrected  ----- skew ------\n"
"test      status     read  missed        lost    p50  p90   p99  p99.9    max        p99   p50   p99    max\n"
"                                      %           us   us    us     us     ms         us    us    us     ms\n"
"baseline  ok       10,000       0     0     0   94.9  143   216    512   2.35        216  20.5   120   2.10\n"
"memory    ok        9,997       3  0.03     0  118.3  208  1162  12453  25.97      11327  46.0  1935  25.82\n"
"io        invalid   9,643      12  0.12   345  114.0  211  1552  10998  25.34       9338  48.3  2981  25.25\n"
"lockbus   skipped       -       -     -     -      -    -     -      -      -          -     -     -      -\n"
"\n"
"io: invalid: no sector of vdb was written\n"
"lockbus: skipped: this processor cannot lock the bus\n"
"2 of 4 scenarios ok, 1 invalid, 1 skipped\n");
}

static void narrow(void **state)
{
	assert_table(typical_result(), 80, FACTS
"                   ------ ticks -------  ----- delta ------  corrected  skew\n"
"test      status     read  missed  lost    p50   p99    max        p99    max\n"
"                                            us    us     ms         us     ms\n"
"baseline  ok       10,000       0     0   94.9   216   2.35        216   2.10\n"
"memory    ok        9,997       3     0  118.3  1162  25.97      11327  25.82\n"
"io        invalid   9,643      12   345  114.0  1552  25.34       9338  25.25\n"
"lockbus   skipped       -       -     -      -     -      -          -      -\n"
"(left out, see summary.csv: ticks missed %, delta p90, delta p99.9, skew p50, skew p99)\n"
"\n"
"io: invalid: no sector of vdb was written\n"
"lockbus: skipped: this processor cannot lock the bus\n"
"2 of 4 scenarios ok, 1 invalid, 1 skipped\n");
}

static void all_skipped(void **state)
{
	struct mc_result *result = new_result();

	add(result, "cpu", MC_STATUS_SKIPPED, "stress-ng is not installed");
	add(result, "io", MC_STATUS_SKIPPED, "stress-ng is not installed");
	assert_table(result, 120, FACTS
"               ------- ticks -------  --------- delta ---------  corrected  --- skew ----\n"
"test  status   read  missed     lost  p50  p90  p99  p99.9  max        p99  p50  p99  max\n"
"                             %          -    -    -      -    -          -    -    -    -\n"
"cpu   skipped     -       -  -     -    -    -    -      -    -          -    -    -    -\n"
"io    skipped     -       -  -     -    -    -    -      -    -          -    -    -    -\n"
"\n"
"cpu: skipped: stress-ng is not installed\n"
"io: skipped: stress-ng is not installed\n"
"0 of 2 scenarios ok, 2 skipped\n");
}

static void huge_numbers(void **state)
{
	struct mc_result *result = new_result();
	struct mc_scenario_result *scenario = add(result, "day", MC_STATUS_OK, "");

	set_ticks(scenario, UINT64_MAX, 1, 0);
	set_stats(&scenario->ticks.delta, 1, 999, 99999, 100000, INT64_MAX);
	scenario = add(result, "negative", MC_STATUS_OK, "");
	set_ticks(scenario, 1000, 1000, 0);
	set_stats(&scenario->ticks.delta, -1, 0, -100, 3000000000, INT64_MIN);
	assert_table(result, 160, FACTS
"                  -------------------- ticks ---------------------  --------------- delta ---------------  corrected  --- skew ----\n"
"test      status                        read  missed          lost  p50  p90    p99    p99.9          max        p99  p50  p99  max\n"
"                                                           %         ns   ns     ns       ms            s          -    -    -    -\n"
"day       ok      18,446,744,073,709,551,614       1   <0.01     0    1  999  99999     0.10   9223372037          -    -    -    -\n"
"negative  ok                               0   1,000  100.00     0   -1    0   -100  3000.00  -9223372037          -    -    -    -\n"
"\n"
"2 of 2 scenarios ok\n");
}
/* clang-format on */

static void no_scenario(void **state)
{
	assert_table(new_result(), 120, FACTS "0 of 0 scenarios ok\n");
}

static void a_place_is_named(void **state)
{
	static const struct {
		const char *place, *accelerator, *reason, *virtualization, *line;
	} rows[] = {
		{"vm", "kvm", "", "kvm", "\nplace     VM under KVM\n"},
		{"vm", "", "", "", "\nplace     VM\n"},
		{"vm", "tcg", "", "tcg",
		 "\nplace     VM, emulated (TCG): compare its scenarios with each other only\n"},
		{"host", "", "", "none", "\nplace     this machine, virtualization: none\n"},
		{"host", "", "", "", "\nplace     this machine\n"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mc_result *result = new_result();
		char *text;

		strcpy(result->run.place, rows[i].place);
		strcpy(result->environment.accelerator, rows[i].accelerator);
		strcpy(result->environment.accelerator_reason, rows[i].reason);
		strcpy(result->environment.virtualization, rows[i].virtualization);
		text = print(result, 120, false);
		assert_non_null(strstr(text, rows[i].line));
		free(text);
	}
}

static void a_bad_machine_is_one(void **state)
{
	static const struct {
		uint64_t resolution_ns;
		const char *says; /* NULL: no warning */
	} rows[] = {
		{0, NULL},
		{1, NULL},
		{4000000,
		 "\nWARNING   no high-resolution timers: this kernel's timers expire at its "
		 "own tick only, every 4 ms (is highres=off on its command line?)\n"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mc_result *result = new_result();
		char *text;

		result->environment.timer_resolution_ns = rows[i].resolution_ns;
		text = print(result, 120, false);
		assert_true(rows[i].says ? !!strstr(text, rows[i].says) : !strstr(text, "WARNING"));
		free(text);
	}
}

static void colour_comes_with_the_word(void **state)
{
	char *plain = print(typical_result(), 120, false);
	char *text = print(typical_result(), 120, true);
	static const char *const parts[] = {
		"baseline  \033[32mok\033[0m       10,000",
		"io        \033[31minvalid\033[0m  ",
		"lockbus   \033[33mskipped\033[0m  ",
		"\nio: \033[31minvalid\033[0m: no sector",
		"\n\033[31m2 of 4 scenarios ok\033[0m,",
	};
	char *from, *to;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		assert_non_null(strstr(text, parts[i]));
	/* without its colours it is the plain one */
	for (from = to = text; *from;) {
		if (*from == '\033')
			from = strchr(from, 'm') + 1;
		else
			*to++ = *from++;
	}
	*to = '\0';
	assert_string_equal(text, plain);
	free(plain);
	free(text);
}

/* Every width: no line of the table is wider, and none ends in a blank */
static void every_width_is_kept(void **state)
{
	for (unsigned int columns = 50; columns <= 200; columns++) {
		char *text = print(typical_result(), columns, false);
		char *rest = strstr(text, "\n\n") + 2, *line;

		while ((line = strsep(&rest, "\n")) && *line) {
			if (*line != '(')
				assert_in_range(strlen(line), 1, columns);
			assert_int_not_equal(line[strlen(line) - 1], ' ');
		}
		free(text);
	}
}

static void a_name_cannot_reach_the_terminal(void **state)
{
	struct mc_result *result = new_result();
	struct mc_scenario_result *scenario;
	char *text, name[MC_NAME_MAX];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	scenario = add(result, name, MC_STATUS_OK, "");
	set_ticks(scenario, 10, 0, 0);
	add(result, "\033[2Jx", MC_STATUS_FAILED, "\033]0;owned\007\nbaseline: ok");
	strcpy(result->environment.kernel, "6.1\r\033[31m");
	text = print(result, 120, false);
	for (const char *at = text; *at; at++)
		assert_true((*at >= 0x20 && *at < 0x7f) || *at == '\n');
	assert_non_null(strstr(text, "\nnnnnnnnnnnnnnnnnnnnnn...  ok"));
	assert_non_null(strstr(text, "\n?[2Jx: failed: ?]0;owned??baseline: ok\n"));
	free(text);
}

static void a_variant_cannot_either(void **state)
{
	struct mc_result *result = new_result();
	char *text;

	for (size_t i = 0; i < 2; i++) {
		struct mc_scenario_result *scenario =
			add(result, i ? "cpu+b" : "cpu+a", MC_STATUS_OK, "");

		set_ticks(scenario, 10, 0, 0);
		strcpy(scenario->base, "cpu");
		strcpy(scenario->variant, "\033[2J\xc2\x9b");
	}
	text = print(result, 120, false);
	assert_non_null(strstr(text, "smaller than with ?[2J??, medians of 1 slice"));
	assert_null(strchr(text, '\033'));
	assert_null(strchr(text, '\xc2'));
	free(text);
}

static void several_kernels(void **state)
{
	static const struct {
		const char *test, *kernel;
	} rows[] = {{"cpu@rt", "6.1-rt"}, {"cpu@sid", "7.2"}, {"io@rt", "6.1-rt"}};
	struct mc_result *result = new_result();
	char *text;

	for (size_t i = 0; i < 3; i++)
		strcpy(add(result, rows[i].test, MC_STATUS_OK, "")->kernel, rows[i].kernel);
	text = print(result, 120, false);
	assert_non_null(strstr(text, "kernels   rt 6.1-rt, sid 7.2\n"));
	assert_non_null(strstr(text, "\ncpu@sid  ok"));
	free(text);
}

static void a_full_disk_is_told(void **state)
{
	struct mc_failure failure = {.exit_code = MC_EXIT_OK};
	struct mc_result *result = typical_result();
	FILE *to = fopen("/dev/full", "w");

	assert_non_null(to);
	assert_int_equal(mc_table_print(result, to, false, &failure), -1);
	assert_int_equal(failure.exit_code, MC_EXIT_ENVIRONMENT);
	assert_string_equal(failure.text, "cannot write the table: No space left on device");
	fclose(to);
	mc_result_free(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(typical),
		cmocka_unit_test(narrow),
		cmocka_unit_test(all_skipped),
		cmocka_unit_test(huge_numbers),
		cmocka_unit_test(no_scenario),
		cmocka_unit_test(a_place_is_named),
		cmocka_unit_test(a_bad_machine_is_one),
		cmocka_unit_test(colour_comes_with_the_word),
		cmocka_unit_test(every_width_is_kept),
		cmocka_unit_test(a_name_cannot_reach_the_terminal),
		cmocka_unit_test(a_variant_cannot_either),
		cmocka_unit_test(several_kernels),
		cmocka_unit_test(a_full_disk_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
