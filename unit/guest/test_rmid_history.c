// SPDX-License-Identifier: GPL-2.0
/*
 * test_rmid_history.c - made-up lives of RMIDs, good ones and one for every broken rule
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rmid_history.h"

#define MS 1000000ULL
#define EVENTS_MAX 8
#define NONE MC_RMID_RULES

static const struct mc_rmid_terms terms = {
	.max_rmid = 8,
	.min_free_ns = 2 * MS,
	.source = MC_SOURCE_SIMULATED,
};

/* Events of a life, as short as they can be written; time in ms */
#define FROM(where, what, ms, who, r, g, name, ...)                                        \
	{                                                                                  \
		.kind = what, .time_ns = (ms)*MS, .tgid = who, .rmid = r, .generation = g, \
		.source = where, .comm = name, __VA_ARGS__                                 \
	}
#define CHANGE(...) FROM(MC_SOURCE_SIMULATED, __VA_ARGS__)
#define ALLOC(ms, who, r, g) CHANGE(MC_RMID_ALLOC, ms, who, r, g, "a", .given_ns = (ms)*MS)
#define FREE(ms, who, r, g) CHANGE(MC_RMID_FREE, ms, who, r, g, "a", .freed_ns = (ms)*MS)
#define EXEC(ms, who, r, g, name) CHANGE(MC_RMID_EXEC, ms, who, r, g, name)
#define DUMP(ms, who, r, g, name) CHANGE(MC_RMID_EXISTING, ms, who, r, g, name)
#define AUDIT(ms, who, r, ...)                                                                 \
	{                                                                                      \
		.kind = MC_PQR_AUDIT, .time_ns = (ms)*MS, .tgid = who, .pid = who, .value = r, \
		__VA_ARGS__                                                                    \
	}

static const struct life {
	const char *what;
	struct mc_event event[EVENTS_MAX];
	enum mc_rmid_rule rule; /* the one that is broken, once */
	int64_t dead; /* a process that is gone at the end */
} lives[] = {
	{"nothing happens", {}, .rule = NONE},
	{"given, freed, given again",
	 {ALLOC(1, 10, 1, 1), FREE(2, 10, 1, 1), ALLOC(4, 11, 1, 2)},
	 .rule = NONE},
	{"the end of a life, unseen before", {FREE(1, 10, 1, 7), ALLOC(3, 11, 1, 8)}, .rule = NONE},
	{"the middle of a life", {EXEC(1, 10, 1, 7, "b"), DUMP(2, 10, 1, 7, "b")}, .rule = NONE},
	{"exec, dump, free under the new name",
	 {ALLOC(1, 10, 1, 1), EXEC(2, 10, 1, 1, "b"), DUMP(3, 10, 1, 1, "b"),
	  CHANGE(MC_RMID_FREE, 4, 10, 1, 1, "b", .freed_ns = 4 * MS)},
	 .rule = NONE},
	{"the same id again, after the first one has ended",
	 {ALLOC(1, 10, 1, 1), FREE(2, 10, 1, 1), ALLOC(3, 10, 2, 1)},
	 .rule = NONE},
	{"RMID 0", {ALLOC(1, 10, 0, 1)}, .rule = MC_RULE_RANGE},
	{"beyond the highest", {ALLOC(1, 10, 9, 1)}, .rule = MC_RULE_RANGE},
	{"the highest", {ALLOC(1, 10, 8, 1)}, .rule = NONE},
	{"two owners", {ALLOC(1, 10, 1, 1), ALLOC(9, 11, 1, 2)}, .rule = MC_RULE_SHARED},
	{"two owners, the first one from a dump",
	 {DUMP(1, 10, 1, 1, "a"), ALLOC(9, 11, 1, 2)},
	 .rule = MC_RULE_SHARED},
	{"one nanosecond too early",
	 {FREE(1, 10, 1, 1), CHANGE(MC_RMID_ALLOC, 3, 11, 1, 2, "a", .given_ns = 3 * MS - 1)},
	 .rule = MC_RULE_EARLY},
	{"the same generation twice",
	 {ALLOC(1, 10, 1, 1), FREE(2, 10, 1, 1), ALLOC(4, 11, 1, 1)},
	 .rule = MC_RULE_GENERATION},
	{"generation 0", {ALLOC(1, 10, 1, 0)}, .rule = MC_RULE_GENERATION},
	{"two RMIDs", {ALLOC(1, 10, 1, 1), ALLOC(2, 10, 2, 1)}, .rule = MC_RULE_DOUBLE},
	{"freed twice",
	 {ALLOC(1, 10, 1, 1), FREE(2, 10, 1, 1), FREE(3, 10, 1, 1)},
	 .rule = MC_RULE_FREE},
	{"freed by another one", {ALLOC(1, 10, 1, 1), FREE(2, 11, 1, 1)}, .rule = MC_RULE_FREE},
	{"freed under an older generation",
	 {ALLOC(1, 10, 1, 2), FREE(2, 10, 1, 1)},
	 .rule = MC_RULE_FREE},
	{"exec by another one", {ALLOC(1, 10, 1, 1), EXEC(2, 11, 1, 1, "b")}, .rule = MC_RULE_NAME},
	{"exec after the end", {FREE(1, 10, 1, 1), EXEC(2, 10, 1, 1, "b")}, .rule = MC_RULE_NAME},
	{"another name without exec",
	 {ALLOC(1, 10, 1, 1), CHANGE(MC_RMID_FREE, 4, 10, 1, 1, "b", .freed_ns = 4 * MS)},
	 .rule = MC_RULE_NAME},
	{"a dump with the old name",
	 {ALLOC(1, 10, 1, 1), EXEC(2, 10, 1, 1, "b"), DUMP(3, 10, 1, 1, "a")},
	 .rule = MC_RULE_EXISTING},
	{"a dump of what is free",
	 {FREE(1, 10, 1, 1), DUMP(3, 10, 1, 1, "a")},
	 .rule = MC_RULE_EXISTING},
	{"said to be real",
	 {FROM(MC_SOURCE_HARDWARE, MC_RMID_ALLOC, 1, 10, 1, 1, "a")},
	 .rule = MC_RULE_SOURCE},
	{"leaked", {ALLOC(1, 10, 1, 1), ALLOC(1, 11, 2, 1)}, .rule = MC_RULE_LEAKED, .dead = 11},
	{"dead and freed", {ALLOC(1, 11, 1, 1), FREE(2, 11, 1, 1)}, .rule = NONE, .dead = 11},
	{"its own RMID, with a CLOSID",
	 {ALLOC(1, 10, 1, 1), AUDIT(2, 10, 1 | 3ULL << 32)},
	 .rule = NONE},
	{"another's", {ALLOC(1, 10, 1, 1), AUDIT(2, 11, 1)}, .rule = MC_RULE_PQR_FOREIGN},
	{"another's, while it exits",
	 {ALLOC(1, 10, 1, 1), AUDIT(2, 11, 1, .exiting = 1)},
	 .rule = MC_RULE_PQR_FOREIGN},
	{"one that is free", {FREE(1, 10, 1, 1), AUDIT(2, 10, 1)}, .rule = MC_RULE_PQR_FOREIGN},
	{"one that was its own, while it exits",
	 {FREE(1, 10, 1, 1), AUDIT(2, 10, 1, .exiting = 1)},
	 .rule = NONE},
	{"one that there is not", {AUDIT(2, 10, 9)}, .rule = MC_RULE_PQR_FOREIGN},
	{"nobody knows whose", {AUDIT(2, 10, 1)}, .rule = NONE},
	{"a kernel thread with one",
	 {ALLOC(1, 10, 1, 1), AUDIT(2, 99, 1, .kernel_thread = 1)},
	 .rule = MC_RULE_PQR_KERNEL},
	{"a kernel thread without", {AUDIT(2, 99, 0, .kernel_thread = 1)}, .rule = NONE},
	{"none, and it has none", {AUDIT(2, 10, 0)}, .rule = NONE},
	{"not yet", {ALLOC(1, 10, 1, 1), AUDIT(2, 10, 0), AUDIT(99, 10, 0)}, .rule = NONE},
	{"not at the third look",
	 {ALLOC(1, 10, 1, 1), AUDIT(2, 10, 0), AUDIT(3, 10, 0), AUDIT(4, 10, 0)},
	 .rule = MC_RULE_PQR_MISSING},
	{"not on two CPUs, but in turns",
	 {ALLOC(1, 10, 1, 1), AUDIT(2, 10, 0), AUDIT(2, 10, 0, .cpu = 1), AUDIT(3, 10, 0),
	  AUDIT(3, 10, 0, .cpu = 1)},
	 .rule = NONE},
	{"not at first, then with it, then not",
	 {ALLOC(1, 10, 1, 1), AUDIT(2, 10, 0), AUDIT(3, 10, 0), AUDIT(4, 10, 1), AUDIT(5, 10, 0)},
	 .rule = NONE},
	{"another process between",
	 {ALLOC(1, 10, 1, 1), AUDIT(2, 10, 0), AUDIT(3, 10, 0), AUDIT(4, 11, 0), AUDIT(5, 10, 0)},
	 .rule = NONE},
	{"a kernel thread between",
	 {ALLOC(1, 10, 1, 1), AUDIT(2, 10, 0), AUDIT(3, 10, 0), AUDIT(4, 99, 0, .kernel_thread = 1),
	  AUDIT(5, 10, 0)},
	 .rule = NONE},
	{"two processes that have one, in turns",
	 {ALLOC(1, 10, 1, 1), ALLOC(1, 11, 2, 1), AUDIT(2, 10, 0), AUDIT(3, 10, 0), AUDIT(4, 11, 0),
	  AUDIT(5, 10, 0), AUDIT(6, 10, 0)},
	 .rule = NONE},
	{"a new RMID meanwhile",
	 {ALLOC(1, 10, 1, 1), AUDIT(2, 10, 0), AUDIT(3, 10, 0), FREE(4, 10, 1, 1),
	  ALLOC(5, 10, 2, 1), AUDIT(6, 10, 0)},
	 .rule = NONE},
	{"none any more, while it exits",
	 {ALLOC(1, 10, 1, 1), AUDIT(2, 10, 0, .exiting = 1), AUDIT(3, 10, 0, .exiting = 1),
	  AUDIT(4, 10, 0, .exiting = 1)},
	 .rule = NONE},
};

static bool alive(void *data, int64_t tgid, uint64_t since_ns)
{
	if (tgid != *(const int64_t *)data)
		return true;
	assert_int_equal(since_ns, 1 * MS);
	return false;
}

static bool is_event(const struct mc_event *event)
{
	return event->time_ns != 0;
}

static void rules(void **state)
{
	size_t i, j;

	for (i = 0; i < sizeof(lives) / sizeof(lives[0]); i++) {
		struct mc_rmid_history *history = mc_rmid_history_new(&terms);
		const struct mc_rmid_findings *findings = mc_rmid_history_findings(history);
		int64_t dead = lives[i].dead;
		int rule;

		for (j = 0; j < EVENTS_MAX && is_event(&lives[i].event[j]); j++)
			mc_rmid_history_event(history, &lives[i].event[j]);
		mc_rmid_history_end(history, alive, &dead);
		for (rule = 0; rule < MC_RMID_RULES; rule++) {
			if (findings->broken[rule] != (rule == (int)lives[i].rule) ||
			    !findings->first[rule][0] != (rule != (int)lives[i].rule))
				fail_msg("%s: '%s' broken %d times: %s", lives[i].what,
					 mc_rmid_rule_name(rule), (int)findings->broken[rule],
					 findings->first[rule]);
		}
		assert_int_equal(mc_rmid_history_broken(history), lives[i].rule != NONE);
		mc_rmid_history_free(history);
	}
}

static void counts(void **state)
{
	static const struct mc_event events[] = {
		ALLOC(1, 10, 1, 1),	ALLOC(1, 11, 2, 1), AUDIT(2, 10, 1),	AUDIT(2, 11, 0),
		{.kind = MC_PQR_WRITE}, FREE(3, 10, 1, 1),  ALLOC(5, 12, 3, 1),
	};
	struct mc_rmid_history *history = mc_rmid_history_new(&terms);
	const struct mc_rmid_findings *findings = mc_rmid_history_findings(history);
	size_t i;

	for (i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		mc_rmid_history_event(history, &events[i]);
	assert_int_equal(findings->events[MC_RMID_ALLOC], 3);
	assert_int_equal(findings->events[MC_RMID_FREE], 1);
	assert_int_equal(findings->events[MC_PQR_AUDIT], 2);
	assert_int_equal(findings->events[MC_PQR_WRITE], 1);
	assert_int_equal(findings->used, 2);
	assert_int_equal(findings->most_used, 2);
	assert_int_equal(findings->audits_with_rmid, 1);
	assert_int_equal(findings->audits_late, 1);
	assert_string_equal(mc_rmid_history_name(history, 11), "a");
	assert_null(mc_rmid_history_name(history, 10));
	assert_null(mc_rmid_history_name(history, -1));
	assert_null(mc_rmid_history_name(history, INT64_MAX));
	assert_int_equal(mc_rmid_history_broken(history), 0);
	mc_rmid_history_free(history);
}

/* How often counts on, but the words are those of the first time. */
static void first_words(void **state)
{
	static const struct mc_event events[] = {AUDIT(2, 10, 9), AUDIT(3, 10, 10)};
	struct mc_rmid_history *history = mc_rmid_history_new(&terms);
	const struct mc_rmid_findings *findings = mc_rmid_history_findings(history);

	mc_rmid_history_event(history, &events[0]);
	mc_rmid_history_event(history, &events[1]);
	assert_int_equal(findings->broken[MC_RULE_PQR_FOREIGN], 2);
	assert_string_equal(findings->first[MC_RULE_PQR_FOREIGN],
			    "at 2.000000 ms, CPU 0: there is no RMID 9");
	mc_rmid_history_free(history);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules),
		cmocka_unit_test(counts),
		cmocka_unit_test(first_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
