// SPDX-License-Identifier: GPL-2.0
/*
 * checks_collect.c - collect on the machine itself: whatever ends it, nothing is left
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "checks.h"
#include "kernel_module.h"
#include "memory_collector/child.h"
#include "tap.h"
#include "watch.h"

#define NS_PER_S 1000000000LL
#define INSTANCE "/sys/kernel/tracing/instances/memory_collector_collect"

static bool nothing_left(void)
{
	return !mc_kernel_module_loaded(MC_COLLECTOR_MODULE) &&
	       !mc_kernel_module_loaded(MC_SIM_MODULE) && access(INSTANCE, F_OK);
}

static bool start(struct mc_child *child, const char *const *argv)
{
	const struct mc_child_config config = {
		.argv = argv,
		.stdin_fd = -1,
		.stdout_fd = -1,
		.stderr_fd = STDERR_FILENO,
		.user = (uid_t)-1,
	};
	struct mc_failure failure;

	if (!mc_child_start(child, &config, &failure))
		return true;
	tap_check(false, "started: %s", failure.text);
	return false;
}

/* Until it records; it has its modules and its instance then. */
static bool wait_for_recording(void)
{
	int tries;

	for (tries = 0; tries < 600 && access(INSTANCE, F_OK); tries++)
		watch_sleep_ms(100);
	watch_sleep_ms(500);
	return !access(INSTANCE, F_OK);
}

static void end_by(int number, const char *name)
{
	const char *const argv[] = {watch_collect, "--place", "host",	   "--simulate",  "--demo",
				    "--duration",  "600s",    "--modules", watch_modules, NULL};
	struct mc_child_end end = {.exited = true};
	struct mc_child child;

	if (!start(&child, argv))
		return;
	tap_check(wait_for_recording(), "it records");
	mc_child_stop(&child, number, 60 * NS_PER_S, &end);
	tap_check(!end.exited && end.code == number, "ended by %s, and says so", name);
	tap_check(nothing_left(), "nothing is left");
}

static void with_command(void)
{
	const char *const argv[] = {watch_collect, "--place",	 "host", "--simulate", "--modules",
				    watch_modules, "--duration", "600s", "--",	       watch_alpha,
				    "burn",	   "300",	 NULL};
	struct mc_child_end end = {.exited = false};
	struct mc_child child;

	if (!start(&child, argv))
		return;
	if (!mc_child_wait(&child, mc_now_ns() + 60 * NS_PER_S, &end))
		mc_child_stop(&child, SIGKILL, 0, NULL);
	tap_check(end.exited && !end.code, "ends with its command, all accounted for");
	tap_check(nothing_left(), "nothing is left");
}

void checks_collect(void)
{
	tap_about("collect");
	end_by(SIGINT, "SIGINT");
	end_by(SIGTERM, "SIGTERM");
	with_command();
}
