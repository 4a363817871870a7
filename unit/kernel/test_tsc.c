// SPDX-License-Identifier: GPL-2.0
/*
 * test_tsc.c - the rate of the time-stamp counter
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/tsc.h"

static void flags(void **state)
{
	static const struct {
		const char *line;
		bool steady;
	} rows[] = {
		{"flags\t\t: fpu tsc constant_tsc nonstop_tsc cpuid\n", true},
		{"flags\t\t: nonstop_tsc constant_tsc\n", true},
		{"flags\t\t:constant_tsc nonstop_tsc", true},
		{"flags\t\t: fpu tsc constant_tsc cpuid\n", false},
		{"flags\t\t: fpu tsc nonstop_tsc cpuid\n", false},
		{"flags\t\t: xconstant_tsc nonstop_tsc\n", false},
		{"flags\t\t: constant_tsc nonstop_tsc_s3\n", false},
		{"flags\t\t: constant_tsc_x constant_tsc nonstop_tsc_s3 nonstop_tsc\n", true},
		{"bugs\t\t: constant_tsc nonstop_tsc\n", false},
		{"flags", false},
		{"", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(mc_tsc_flags_are_steady(rows[i].line), rows[i].steady);
}

static void rates(void **state)
{
	static const struct {
		struct mc_tsc_moment from, to;
		double hz, doubt;
	} rows[] = {
		{{1000, 1000000, 46}, {2300001000, 1001000000, 46}, 2.3e9, 2e-8},
		{{0, 0, 0}, {23000000, 10000000, 4600}, 2.3e9, 1e-4},
		/* Beyond 53 bits of a count since power on */
		{{UINT64_C(1) << 60, 5, 0}, {(UINT64_C(1) << 60) + 2000, 1005, 2}, 2e9, 5e-4},
		{{1000, 7, 1}, {2000, 7, 1}, 0, 0},
		{{1000, 7, 1}, {2000, 6, 1}, 0, 0},
		{{2000, 7, 1}, {1000, 8, 1}, 0, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double doubt = 0, hz = mc_tsc_hz(&rows[i].from, &rows[i].to, &doubt);

		assert_float_equal(hz, rows[i].hz, 1);
		assert_float_equal(doubt, rows[i].doubt, 1e-12);
		assert_true(mc_tsc_hz(&rows[i].from, &rows[i].to, NULL) == hz);
	}
}

/* Twice, by windows of different lengths: one that is wrong by chance is not so twice. */
static void this_machine(void **state)
{
	struct mc_tsc_moment moment;
	double first, second;

	if (!mc_tsc_is_steady()) {
		assert_int_equal(mc_tsc_measure(20000000, &first), -1);
		skip();
	}
	assert_true(mc_tsc_moment(&moment));
	assert_true(moment.tsc && moment.monotonic_ns > 0 && moment.doubt);
	assert_int_equal(mc_tsc_measure(20000000, &first), 0);
	assert_int_equal(mc_tsc_measure(50000000, &second), 0);
	assert_true(first > 1e8 && first < 1e11);
	assert_float_equal(first / second, 1, 1e-3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flags),
		cmocka_unit_test(rates),
		cmocka_unit_test(this_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
