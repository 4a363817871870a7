// SPDX-License-Identifier: GPL-2.0
/*
 * test_rdt_cache.c - L3 caches as processors describe them in CPUID
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/rdt_cache.h"

#define ROWS(rows) (sizeof(rows) / sizeof((rows)[0]))

static void which_is_l3(void **state)
{
	static const struct {
		u32 eax;
		int answer;
	} rows[] = {
		{0x1c004121, 0}, /* data, level 1 */
		{0x1c004122, 0}, /* instructions, level 1 */
		{0x1c004143, 0}, /* unified, level 2 */
		{0x1c03c163, 1}, /* unified, level 3 */
		{0x1c03c161, 1}, /* data, level 3 */
		{0x1c03c162, 0}, /* instructions, level 3 */
		{0x1c03c183, 0}, /* unified, level 4 */
		{0x1c03c160, -ENOENT}, /* type 0 ends the list whatever else it says */
		{0, -ENOENT},
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct rdt_cpuid leaf = {.eax = rows[i].eax};

		assert_int_equal(rdt_cache_is_l3(&leaf), rows[i].answer);
	}
}

/* EAX of a unified L3 cache that so many logical CPUs share, as CPUID counts them */
static u32 shared_by(u32 cpus)
{
	return (cpus - 1) << 14 | 0x63;
}

static void domains(void **state)
{
	static const struct {
		u32 sharing, apic_id, domain;
	} rows[] = {
		{1, 0, 0},	 {1, 7, 7},
		{2, 1, 0},	 {2, 2, 1},
		{16, 15, 0},	 {16, 16, 1},
		{12, 15, 0},	 {12, 16, 1}, /* ids leave gaps up to a power of two */
		{64, 127, 1},	 {64, 128, 2},
		{4096, 4095, 0}, {4096, U32_MAX, U32_MAX >> 12}, /* the most that fits the field */
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct rdt_cpuid leaf = {.eax = shared_by(rows[i].sharing)};

		assert_int_equal(rdt_cache_read(&leaf, rows[i].apic_id).domain, rows[i].domain);
	}
}

static void sizes(void **state)
{
	static const struct {
		u32 ebx, ecx;
		u64 bytes;
	} rows[] = {
		{0x02c0003f, 0x00007fff, 25165824}, /* 12 ways, 32,768 sets, lines of 64: 24 MiB */
		{0x03c0003f, 0x00007fff, 33554432}, /* 16 ways: 32 MiB */
		{0x0280003f, 0x0000dfff, 40370176}, /* 11 ways, 57,344 sets: 38.5 MiB */
		{0x0000003f, 0, 64}, /* one line */
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct rdt_cpuid leaf = {
			.eax = shared_by(1), .ebx = rows[i].ebx, .ecx = rows[i].ecx};

		assert_true(rdt_cache_read(&leaf, 0).bytes == rows[i].bytes);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(which_is_l3),
		cmocka_unit_test(domains),
		cmocka_unit_test(sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
