// SPDX-License-Identifier: GPL-2.0
/*
 * test_variants.c - which variants a command line asks for, and whose turn it is
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "bench/variants.h"
#include "core/lead.h"

static void made(void **state)
{
	static const struct {
		struct mc_options options;
		unsigned int n, slices;
		struct mc_variant variant[MC_VARIANTS_MAX];
	} rows[] = {
		{{.n_leads = 1, .n_phases = 1}, 1, 1, {{"", "off", 0, false}}},
		{{.lead = {LEAD_FIXED}, .phase_ns = {7}, .n_leads = 1, .n_phases = 1, .slices = 3},
		 1,
		 3,
		 {{"", "fixed", 7, false}}},
		{{.lead = {LEAD_OFF, LEAD_AUTO}, .phase_ns = {9}, .n_leads = 2, .n_phases = 1},
		 3,
		 5,
		 {{"off", "off", 9, false}, {"auto", "auto", 9, false}, {"off-2", "off", 9, true}}},
		{{.lead = {LEAD_AUTO, LEAD_FIXED, LEAD_OFF},
		  .n_leads = 3,
		  .n_phases = 1,
		  .slices = 10},
		 4,
		 10,
		 {{"auto", "auto", 0, false},
		  {"fixed", "fixed", 0, false},
		  {"off", "off", 0, false},
		  {"auto-2", "auto", 0, true}}},
		{{.lead = {LEAD_AUTO}, .phase_ns = {0, 500000, 1}, .n_leads = 1, .n_phases = 3},
		 4,
		 5,
		 {{"phase0us", "auto", 0, false},
		  {"phase500us", "auto", 500000, false},
		  {"phase1ns", "auto", 1, false},
		  {"phase0us-2", "auto", 0, true}}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mc_job job = {.n_variants = 0};

		mc_variants_make(&rows[i].options, &job);
		assert_int_equal(job.n_variants, rows[i].n);
		assert_int_equal(job.slices, rows[i].slices);
		for (unsigned int k = 0; k < job.n_variants; k++) {
			assert_string_equal(job.variant[k].name, rows[i].variant[k].name);
			assert_string_equal(job.variant[k].lead, rows[i].variant[k].lead);
			assert_int_equal(job.variant[k].phase_ns, rows[i].variant[k].phase_ns);
			assert_int_equal(job.variant[k].repeat, rows[i].variant[k].repeat);
		}
	}
}

static void names(void **state)
{
	const struct mc_variant none = {.name = ""}, automatic = {.name = "auto"};
	char test[MC_NAME_MAX];

	mc_variant_test(&none, "cpu", test, sizeof(test));
	assert_string_equal(test, "cpu");
	mc_variant_test(&automatic, "cpu", test, sizeof(test));
	assert_string_equal(test, "cpu+auto");
}

static void lead_in(void **state)
{
	static const struct {
		const char *lead[MC_VARIANTS_MAX];
		uint64_t interval_us;
		int64_t lead_in_ms;
	} rows[] = {
		{{"off"}, 50, 300},
		{{"off"}, 1000, 300},
		{{"off", "off", "off"}, 10000000, 300},
		{{"auto"}, 50, 500},
		{{"auto"}, 1000, 500},
		{{"fixed"}, 1000, 500},
		{{"auto"}, 1001, 501}, /* 500.5 */
		{{"off", "auto", "off"}, 2000, 1000},
		{{"off", "off", "fixed", "off"}, 4000, 2000},
		{{"auto"}, 9998, 4999},
		{{"auto"}, 10000, 5000},
		{{"auto"}, 10000000, 5000},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mc_job job = {.interval_ns = rows[i].interval_us * 1000};

		for (; job.n_variants < MC_VARIANTS_MAX && rows[i].lead[job.n_variants];
		     job.n_variants++)
			job.variant[job.n_variants].lead = rows[i].lead[job.n_variants];
		assert_int_equal((mc_variants_lead_in_ns(&job) + 500000) / 1000000,
				 rows[i].lead_in_ms);
	}
}

/* As far as the bounds let it: a CPU that is always late is met by then, whatever the interval. */
static void lead_in_teaches(void **state)
{
	static const uint64_t intervals_us[] = {50, 100, 1000, 3000, 10000};

	for (size_t i = 0; i < sizeof(intervals_us) / sizeof(intervals_us[0]); i++) {
		struct mc_job job = {
			.variant = {{.lead = "auto"}},
			.n_variants = 1,
			.interval_ns = intervals_us[i] * 1000,
		};
		int64_t ticks = mc_variants_lead_in_ns(&job) / job.interval_ns;
		struct lead_policy policy;
		struct lead lead;
		u32 late_ns;

		assert_int_equal(lead_policy_init(&policy, LEAD_AUTO, 0, LEAD_BUDGET_MAX_PERMILLE,
						  job.interval_ns),
				 0);
		late_ns = policy.max_ns / 8 * 7;
		lead_start(&lead, &policy);
		/* A third of the ticks may be missed meanwhile. */
		for (int64_t tick = 0; tick < ticks * 2 / 3; tick++)
			lead_learn(&lead, &policy, late_ns);
		assert_in_range(lead_next_ns(&lead, &policy), late_ns - late_ns / 256,
				policy.max_ns);
	}
}

/* Each variant once a round, and as often early in a round as late */
static void turns(void **state)
{
	for (unsigned int n = 1; n <= MC_VARIANTS_MAX; n++) {
		const struct mc_job job = {.n_variants = n, .slices = 10};
		unsigned int places[MC_VARIANTS_MAX] = {0};

		for (unsigned int round = 0; round < job.slices; round++) {
			unsigned int seen = 0;

			for (unsigned int turn = 0; turn < n; turn++) {
				unsigned int variant = mc_variant_of_slice(&job, round * n + turn);

				assert_in_range(variant, 0, n - 1);
				seen |= 1U << variant;
				places[variant] += turn;
			}
			assert_int_equal(seen, (1U << n) - 1);
		}
		for (unsigned int variant = 1; variant < n; variant++)
			assert_int_equal(places[variant], places[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made),	   cmocka_unit_test(names),
		cmocka_unit_test(lead_in), cmocka_unit_test(lead_in_teaches),
		cmocka_unit_test(turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
