// SPDX-License-Identifier: GPL-2.0
/*
 * test_account.c - what was read against what the kernel counts, and what is said of it
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collector/account.h"

#define MS 1000000ULL

/* One tick per ms from 1 s on; the kernel counted others before. */
static void begin(struct mc_collect_account *account, const char *source, uint64_t emitted)
{
	struct mc_failure failure;
	char text[512];

	*account = (struct mc_collect_account){
		.usage = mc_usage_new(16),
		.recent = calloc(1, sizeof(*account->recent)),
		.begun_ns = 1000 * MS,
		.emitted_on = 1000,
		.emitted_off = 1000 + emitted,
	};
	snprintf(text, sizeof(text),
		 "source %s\nsamples_emitted 1000\nsamples_due 0\nsamples_read 0\n"
		 "cpu0_ticks_started 5\ncpu0_ticks_missed 0\n",
		 source);
	assert_int_equal(mc_collector_stats_parse(text, &account->before, &failure), 0);
	snprintf(text, sizeof(text),
		 "source %s\nsamples_emitted %llu\nsamples_due 100\nsamples_read 100\n"
		 "cpu0_ticks_started 105\ncpu0_ticks_missed 0\nprocesses_refused 3\n",
		 source, 1000ULL + emitted);
	assert_int_equal(mc_collector_stats_parse(text, &account->after, &failure), 0);
}

static void add_samples(struct mc_collect_account *account, unsigned int n, bool named)
{
	struct mc_event event = {.kind = MC_RMID_ALLOC, .rmid = 1, .generation = 1, .tgid = 7};

	if (named)
		mc_collect_account_event(account, &event);
	event.kind = MC_RDT_SAMPLE;
	for (event.tick = 1000; event.tick < 1000 + n; event.tick++) {
		event.boundary_ns = event.time_ns = event.tick * MS;
		mc_collect_account_event(account, &event);
	}
}

/* Print, compare, and end. */
static void judge(struct mc_collect_account *account, size_t row, int code, const char *says)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	struct mc_failure failure;
	int got;

	account->process = mc_usage_processes(account->usage, &account->n_processes, &failure);
	assert_non_null(account->process);
	got = mc_collect_account_print(account, 20, to);
	fclose(to);
	if (got != code || (says && !strstr(text, says)) ||
	    (code == MC_EXIT_OK && strstr(text, "not accounted for")) ||
	    !strstr(text, "\nincomplete: ") != (code == MC_EXIT_OK))
		fail_msg("row %zu: %d: %s", row, got, text);
	free(text);
	mc_collect_account_free(account);
}

static void samples(void **state)
{
	static const struct {
		unsigned int emitted, seen;
		int64_t lost;
		bool shared, unnamed;
		int code;
		const char *says;
		unsigned int on, off; /* counted while it was switched on, and off */
	} rows[] = {
		{100, 100, 0, false, false, MC_EXIT_OK, "lost      0 events", 0, 0},
		{0, 0, 0, false, false, MC_EXIT_OK, "refused   3 times", 0, 0},
		{101, 100, 0, false, false, MC_EXIT_INVALID,
		 "not accounted for: 100 samples came, but the kernel counts 101", 0, 0},
		{99, 100, 0, false, false, MC_EXIT_INVALID, "the kernel counts 99", 0, 0},
		{100, 0, 0, false, false, MC_EXIT_INVALID, "0 samples came", 0, 0},
		/* What is lost is never in order, but it is accounted for. */
		{110, 100, 10, false, false, MC_EXIT_INVALID, "lost      10 events", 0, 0},
		{111, 100, 10, false, false, MC_EXIT_INVALID, "not accounted for: 100", 0, 0},
		{101, 100, 0, true, false, MC_EXIT_OK,
		 "others record rdt_sample as well: of the 101 samples that the kernel counts, 100",
		 0, 0},
		{100, 100, 0, true, false, MC_EXIT_OK, "coverage", 0, 0},
		/* Of those that came while it was switched on or off nothing is known. */
		{103, 100, 0, false, false, MC_EXIT_OK, "coverage", 2, 1},
		{100, 100, 0, false, false, MC_EXIT_OK, "coverage", 2, 1},
		{104, 100, 0, false, false, MC_EXIT_INVALID, "the kernel counts 104", 2, 1},
		{113, 100, 10, false, false, MC_EXIT_INVALID, "\nlost      10 events", 2, 1},
		{114, 100, 10, false, false, MC_EXIT_INVALID, "the kernel counts 114", 2, 1},
		{99, 100, 0, true, false, MC_EXIT_INVALID, "the kernel counts 99", 0, 0},
		{100, 100, 0, false, true, MC_EXIT_INVALID,
		 "not accounted for: 100 samples of RMIDs that nobody was given", 0, 0},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mc_collect_account account;

		begin(&account, "hardware", rows[i].emitted);
		add_samples(&account, rows[i].seen, !rows[i].unnamed);
		account.lost = rows[i].lost;
		account.shared = rows[i].shared;
		account.emitted_on += rows[i].on;
		account.emitted_off -= rows[i].off;
		judge(&account, i, rows[i].code, rows[i].says);
	}
}

/* Noticed after half a second, of which it may have been mounted all the time */
static void resctrl(void **state)
{
	static const struct {
		uint64_t from_ms, to_ms;
		const char *says;
	} rows[] = {
		{1060, 1100,
		 "suspect   40 samples: resctrl was mounted between 0.06 s and 0.10 s from"},
		{900, 1200, "suspect   100 samples: resctrl was mounted between 0.00 s and 0.20 s"},
		{1500, 2000, "suspect   0 samples"},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mc_event event = {
			.kind = MC_RESCTRL_MOUNTED,
			.from_ns = rows[i].from_ms * MS,
			.to_ns = rows[i].to_ms * MS,
		};
		struct mc_collect_account account;

		begin(&account, "hardware", 100);
		add_samples(&account, 100, true);
		mc_collect_account_event(&account, &event);
		judge(&account, i, MC_EXIT_INVALID, rows[i].says);
	}
}

/* Nothing is sampled, so nothing is said of samples. */
static void emulated(void **state)
{
	struct mc_event event = {.kind = MC_RMID_ALLOC, .rmid = 1, .generation = 1};
	struct mc_collect_account account;

	begin(&account, "emulated", 0);
	mc_collect_account_event(&account, &event);
	event.kind = MC_RMID_EXISTING;
	event.rmid = 2;
	mc_collect_account_event(&account, &event);
	judge(&account, 0, MC_EXIT_OK, "; 2 processes had one\n\nticks     100 of 100 boundaries");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples),
		cmocka_unit_test(resctrl),
		cmocka_unit_test(emulated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
