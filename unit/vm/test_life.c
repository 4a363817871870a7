// SPDX-License-Identifier: GPL-2.0
/*
 * test_life.c - guests that stand still
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "vm/life.h"

#define S 1000000000LL
#define SILENCE MC_LIFE_SILENCE_NS

static int set_up(void **state)
{
	static int fds[2];

	*state = fds;
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds);
}

static int tear_down(void **state)
{
	const int *fds = *state;

	return close(fds[0]) | close(fds[1]);
}

/* @log: what QEMU is told to log; empty: it is told nothing */
static void assert_told(int fd, const char *log)
{
	char text[1024], words[64];
	ssize_t got = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	text[got > 0 ? got : 0] = '\0';
	if (!*log) {
		assert_string_equal(text, "");
		return;
	}
	assert_memory_equal(text, "{\"execute\": \"qmp_capabilities\"}\n", 32);
	snprintf(words, sizeof(words), "\"command-line\": \"log %s\"", log);
	assert_non_null(strstr(text, words));
	assert_string_equal(strchr(strchr(text, '\n') + 1, '\n'), "\n");
}

static void alive(void **state)
{
	const int *fds = *state;
	struct mc_life life;
	int64_t now = 5 * S;
	int i;

	mc_life_begin(&life, fds[0], now);
	for (i = 0; i < 10; i++) {
		mc_life_look(&life, now + SILENCE - 1);
		now += SILENCE - 1;
		mc_life_sign(&life, now);
	}
	assert_told(fds[1], "");
	assert_int_equal(life.stood_ns, 0);
}

static void never_began(void **state)
{
	const int *fds = *state;
	struct mc_life life;

	mc_life_begin(&life, fds[0], 5 * S);
	mc_life_look(&life, 5 * S + MC_LIFE_FIRST_NS - 1);
	assert_told(fds[1], "");
	mc_life_look(&life, 5 * S + MC_LIFE_FIRST_NS);
	assert_told(fds[1], "nochain");
}

/* Other flags each time, of which there are two kinds */
static void stands_still(void **state)
{
	const int *fds = *state;
	struct mc_life life;
	int64_t now = 5 * S;

	mc_life_begin(&life, fds[0], now);
	mc_life_sign(&life, now);
	now += SILENCE;
	mc_life_look(&life, now);
	assert_told(fds[1], "nochain");
	mc_life_look(&life, now + S);
	assert_told(fds[1], "");
	now += SILENCE;
	mc_life_look(&life, now);
	assert_told(fds[1], "none");
	mc_life_sign(&life, now + S);
	assert_int_equal(life.stood_ns, 2 * SILENCE + S);
	mc_life_sign(&life, now + 2 * S);
	assert_int_equal(life.stood_ns, 2 * SILENCE + S);
	now += 2 * S + SILENCE;
	mc_life_look(&life, now);
	assert_told(fds[1], "nochain");
	mc_life_sign(&life, now);
	assert_int_equal(life.stood_ns, 3 * SILENCE + S);
}

/* QEMU has ended, and nobody has noticed yet: that kills nobody, and the guest did not stand still.
 */
static void no_monitor(void **state)
{
	const int *fds = *state;
	struct mc_life life;

	mc_life_begin(&life, fds[0], 0);
	shutdown(fds[1], SHUT_RDWR);
	mc_life_look(&life, MC_LIFE_FIRST_NS);
	mc_life_sign(&life, MC_LIFE_FIRST_NS + 1);
	assert_int_equal(life.stood_ns, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(alive, set_up, tear_down),
		cmocka_unit_test_setup_teardown(never_began, set_up, tear_down),
		cmocka_unit_test_setup_teardown(stands_still, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_monitor, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
