// SPDX-License-Identifier: GPL-2.0
/*
 * test_lockdown.c - what the kernel says of its lockdown
 *
 * What is done about it is tested in guests, by unit/guest/host.sh and
 * unit/guest/place-host.sh.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/lockdown.h"

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		enum mc_lockdown level;
	} rows[] = {
		{"[none] integrity confidentiality\n", MC_LOCKDOWN_NONE},
		{"none [integrity] confidentiality\n", MC_LOCKDOWN_INTEGRITY},
		{"none integrity [confidentiality]\n", MC_LOCKDOWN_CONFIDENTIALITY},
		/* Whatever may come between them */
		{"none [other] integrity confidentiality\n", MC_LOCKDOWN_INTEGRITY},
		{"", MC_LOCKDOWN_NONE},
		{"none integrity confidentiality\n", MC_LOCKDOWN_NONE},
		{"[", MC_LOCKDOWN_INTEGRITY},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(mc_parse_lockdown(rows[i].text), rows[i].level);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
