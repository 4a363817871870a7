/* SPDX-License-Identifier: GPL-2.0 */
/*
 * account.h - what was seen, and whether that is all there was
 */
#ifndef MEMORY_COLLECTOR_COLLECT_ACCOUNT_H
#define MEMORY_COLLECTOR_COLLECT_ACCOUNT_H

#include <stdio.h>

#include "collector/module.h"
#include "collector/usage.h"
#include "collector/usage_recent.h"

/**
 * struct mc_collect_account - of one run; all 0 at first
 * @usage: sums of the processes
 * @recent: the latest samples
 * @before: the kernel's counters before the first event
 * @after: and after the last one
 * @emitted_on: how many samples the kernel had counted once recording was on
 * @emitted_off: and when it was about to be switched off
 * @ending: that is known
 * @begun_ns: when the first ones were read
 * @events: how many came, of each kind
 * @lost: how many the buffers dropped
 * @shared: samples are recorded by somebody else, too, before or after us
 * @resctrl_from_ns: where resctrl_mounted came: since when samples are suspect
 * @resctrl_to_ns: and when that was noticed
 * @process: what the table shows
 * @n_processes: how many
 */
struct mc_collect_account {
	struct mc_usage *usage;
	struct mc_recent *recent;
	struct mc_collector_stats before, after;
	uint64_t emitted_on, emitted_off;
	bool ending;
	uint64_t begun_ns;
	uint64_t events[MC_EVENT_KINDS];
	int64_t lost;
	bool shared;
	uint64_t resctrl_from_ns, resctrl_to_ns;
	struct mc_process_usage *process;
	size_t n_processes;
};

/* @keep: see mc_usage_new(); the collector is loaded and mc_collect_account_free() is due. */
int mc_collect_account_begin(struct mc_collect_account *account, size_t keep,
			     struct mc_failure *failure);
/* Recording has been switched on; it is about to be switched off, once or several times said */
int mc_collect_account_on(struct mc_collect_account *account, struct mc_failure *failure);
int mc_collect_account_ending(struct mc_collect_account *account, struct mc_failure *failure);

void mc_collect_account_event(struct mc_collect_account *account, const struct mc_event *event);
void mc_collect_account_free(struct mc_collect_account *account);

/**
 * mc_collect_account_print - table and account
 * @account: with all that it has
 * @lines: of the table at most
 * @to: where
 *
 * Return: MC_EXIT_OK, or MC_EXIT_INVALID where something is missing, unknown or suspect.
 */
enum mc_exit mc_collect_account_print(const struct mc_collect_account *account, size_t lines,
				      FILE *to);

#endif
