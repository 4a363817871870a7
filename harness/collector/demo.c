// SPDX-License-Identifier: GPL-2.0
/*
 * demo.c - real processes of different kinds, for a look at what they use
 */
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "base/nanoseconds.h"
#include "collector/collect.h"
#include "load/user.h"
#include "vm/files.h"

#define PERIOD_NS (20 * NS_PER_MS)

/* As a user of their own and without files: nothing is left of them. */
static const char *const loads[][10] = {
	{"stress-ng", "--vm", "1", "--vm-bytes", "16m", "--temp-path", "/tmp", NULL},
	{"stress-ng", "--cache", "1", "--temp-path", "/tmp", NULL},
	{"stress-ng", "--switch", "1", "--temp-path", "/tmp", NULL},
};

static const char *const busy[] = {"100", "50", "10"};

static int start(struct mc_demo *demo, const char *const *argv, uid_t user,
		 struct mc_failure *failure)
{
	struct mc_child_config config = {
		.argv = argv,
		.stdin_fd = -1,
		.stdout_fd = -1,
		.stderr_fd = -1,
		.user = user,
	};

	if (mc_child_start(&demo->child[demo->n], &config, failure))
		return -1;
	demo->n++;
	return 0;
}

int mc_demo_start(struct mc_demo *demo, const char *self, struct mc_failure *failure)
{
	uid_t user;
	int result = mc_load_user(MC_LOAD_USERS_COLLECT, MC_LOAD_USERS, &user, failure);
	char *stress_ng = mc_vm_find_program("stress-ng");
	size_t i;

	demo->n = 0;
	for (i = 0; stress_ng && i < sizeof(loads) / sizeof(loads[0]) && !result; i++)
		result = start(demo, loads[i], user, failure);
	for (i = 0; i < sizeof(busy) / sizeof(busy[0]) && !result; i++) {
		const char *const argv[] = {self, "--busy", busy[i], NULL};

		result = start(demo, argv, user, failure);
	}
	free(stress_ng);
	if (result)
		mc_demo_stop(demo);
	return result;
}

void mc_demo_stop(struct mc_demo *demo)
{
	while (demo->n > 0)
		mc_child_stop(&demo->child[--demo->n], SIGKILL, 0, NULL);
}

void mc_demo_busy(unsigned int percent)
{
	static volatile char memory[256 * 1024];
	int64_t period = mc_now_ns();
	size_t at = 0;

	for (;;) {
		int64_t end = period + PERIOD_NS * percent / 100;
		struct timespec pause;

		while (mc_now_ns() < end) {
			memory[at]++;
			at = (at + 64) % sizeof(memory);
		}
		period += PERIOD_NS;
		/* Who could not run in time does not make up for it. */
		if (period < end)
			period = end;
		pause.tv_sec = period / 1000000000;
		pause.tv_nsec = period % 1000000000;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &pause, NULL);
	}
}
