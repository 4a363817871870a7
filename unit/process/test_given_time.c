// SPDX-License-Identifier: GPL-2.0
/*
 * test_given_time.c - deadlines on a machine that is busy
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "memory_collector/child.h"
#include "process/given_time.h"

#define S 1000000000LL

static void given(void **state)
{
	static const struct {
		int64_t wall_ns, waited_ns, given_ns;
	} rows[] = {
		{0, 0, 0},
		/* A quiet machine, whether the guest sleeps or spins */
		{240 * S, 0, 240 * S},
		{240 * S, 1, 240 * S - 1},
		/* Half of the time; a twelfth, which the bound makes a tenth; none */
		{480 * S, 240 * S, 240 * S},
		{2400 * S, 2200 * S, 240 * S},
		{2400 * S, 2400 * S, 240 * S},
		/* Two threads that wait at the same time */
		{2400 * S, 2500 * S, 240 * S},
		/* The kernel does not tell. */
		{240 * S, -1, 240 * S},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(mc_given_time(rows[i].wall_ns, rows[i].waited_ns),
				 rows[i].given_ns);
}

static void schedstat(void **state)
{
	static const struct {
		const char *text;
		int64_t waited_ns;
	} rows[] = {
		{"0 1164894 1\n", 1164894},
		{"81364623415 230164 9051\n", 230164},
		{"0 0 0\n", 0},
		{"", -1},
		{"5\n", -1},
		{"5 -7 1\n", -1},
		{"words\n", -1},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(mc_parse_schedstat(rows[i].text), rows[i].waited_ns);
}

/* How long the first thread of a process has waited */
static int64_t first_waited(pid_t pid)
{
	char path[64], text[128] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/schedstat", pid);
	file = fopen(path, "re");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	return mc_parse_schedstat(text);
}

/* Two that share a CPU wait for each other; one that sleeps does not wait. */
static void this_machine(void **state)
{
	static const char spin[] = "while :; do :; done";
	const char *const spins[] = {"taskset", "-c", "0", "sh", "-c", spin, NULL};
	const char *const sleeps[] = {"sleep", "3600", NULL};
	struct mc_child_config config = {
		.argv = spins, .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1, .user = (uid_t)-1};
	struct mc_child spinning[2], sleeping;
	struct mc_failure failure;
	int64_t deadline = mc_now_ns() + 600 * S, waited;

	if (access("/proc/self/schedstat", R_OK))
		skip();
	assert_int_equal(mc_child_start(&spinning[0], &config, &failure), 0);
	assert_int_equal(mc_child_start(&spinning[1], &config, &failure), 0);
	config.argv = sleeps;
	assert_int_equal(mc_child_start(&sleeping, &config, &failure), 0);
	while (mc_given_waited(spinning[0].group) < S / 2 && mc_now_ns() < deadline)
		usleep(10000);
	waited = mc_given_waited(spinning[0].group);
	assert_true(waited >= S / 2);
	/* It is the only thread, and is counted once. */
	assert_true(waited <= first_waited(spinning[0].group));
	assert_true(mc_given_waited(sleeping.group) < mc_given_waited(spinning[0].group));
	mc_child_stop(&spinning[0], SIGKILL, 0, NULL);
	mc_child_stop(&spinning[1], SIGKILL, 0, NULL);
	mc_child_stop(&sleeping, SIGKILL, 0, NULL);
	/* There is no such process. */
	assert_int_equal(mc_given_waited(-1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(given),
		cmocka_unit_test(schedstat),
		cmocka_unit_test(this_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
