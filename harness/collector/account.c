// SPDX-License-Identifier: GPL-2.0
/*
 * account.c - what was seen, and whether that is all there was
 */
#include "collector/account.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "memory_collector/child.h"

/* ---- while events come ---- */

int mc_collect_account_begin(struct mc_collect_account *account, size_t keep,
			     struct mc_failure *failure)
{
	account->usage = mc_usage_new(keep);
	account->recent = calloc(1, sizeof(*account->recent));
	if (!account->usage || !account->recent)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
	account->begun_ns = mc_now_ns();
	return mc_collector_stats_read(&account->before, failure);
}

static int read_emitted(uint64_t *emitted, struct mc_failure *failure)
{
	struct mc_collector_stats stats;

	if (mc_collector_stats_read(&stats, failure))
		return -1;
	*emitted = 0;
	mc_collector_stat(&stats, "samples_emitted", emitted);
	mc_collector_stats_free(&stats);
	return 0;
}

int mc_collect_account_on(struct mc_collect_account *account, struct mc_failure *failure)
{
	return read_emitted(&account->emitted_on, failure);
}

int mc_collect_account_ending(struct mc_collect_account *account, struct mc_failure *failure)
{
	if (account->ending)
		return 0;
	if (read_emitted(&account->emitted_off, failure))
		return -1;
	account->ending = true;
	return 0;
}

/* It comes after the samples that it makes suspect. */
static void note_resctrl(struct mc_collect_account *account, const struct mc_event *event)
{
	account->resctrl_from_ns = event->from_ns;
	account->resctrl_to_ns = event->to_ns;
}

void mc_collect_account_event(struct mc_collect_account *account, const struct mc_event *event)
{
	account->events[event->kind]++;
	if (event->kind == MC_RESCTRL_MOUNTED)
		note_resctrl(account, event);
	if (event->kind == MC_RDT_SAMPLE)
		mc_recent_add(account->recent, event->boundary_ns);
	mc_usage_event(account->usage, event);
}

void mc_collect_account_free(struct mc_collect_account *account)
{
	mc_collector_stats_free(&account->before);
	mc_collector_stats_free(&account->after);
	mc_usage_free(account->usage);
	free(account->recent);
	free(account->process);
}

/* ---- afterwards ---- */

static uint64_t grown(const struct mc_collect_account *account, const char *name)
{
	uint64_t before = 0, after = 0;

	mc_collector_stat(&account->before, name, &before);
	mc_collector_stat(&account->after, name, &after);
	return after - before;
}

static uint64_t grown_on_cpus(const struct mc_collect_account *account, const char *name)
{
	return mc_collector_stat_cpus(&account->after, name) -
	       mc_collector_stat_cpus(&account->before, name);
}

static void print_share(FILE *to, const char *what, uint64_t done, uint64_t of, const char *unit)
{
	char first[MC_TIME_TEXT], second[MC_TIME_TEXT];

	fprintf(to, "%-9s %s of %s %s (%.2f %%)\n", what, mc_text_count(first, done),
		mc_text_count(second, of), unit, of ? 100.0 * done / of : 100.0);
}

/*
 * What it was at load: once resctrl has taken the registers over, events say emulated, but the
 * samples until then are still to be accounted for.
 */
static bool emulated(const struct mc_collect_account *account)
{
	return !strcmp(account->after.source, "emulated");
}

/*
 * Samples that the kernel counts while an event is being switched on or off may not have been
 * for us: that is done at several places of its code, one after the other.
 */
static uint64_t at_the_edges(const struct mc_collect_account *account)
{
	uint64_t before = 0, after = 0;

	mc_collector_stat(&account->before, "samples_emitted", &before);
	mc_collector_stat(&account->after, "samples_emitted", &after);
	return account->emitted_on - before + after - account->emitted_off;
}

/*
 * Every sample that the kernel emitted was read or lost. It counts those of all who record,
 * so with somebody else before or after us it cannot be said how many were for us.
 *
 * Return: whether that is in order, as far as it can be known
 */
static bool account_emitted(const struct mc_collect_account *account, FILE *to)
{
	uint64_t emitted = grown(account, "samples_emitted");
	uint64_t seen = account->events[MC_RDT_SAMPLE];

	if (seen <= emitted && emitted <= seen + account->lost + at_the_edges(account))
		return true;
	if (seen <= emitted && account->shared) {
		fprintf(to,
			"others record rdt_sample as well: of the %" PRIu64
			" samples that the kernel counts, %" PRIu64 " came here\n",
			emitted, seen);
		return true;
	}
	fprintf(to,
		"not accounted for: %" PRIu64 " samples came, but the kernel counts %" PRIu64 "\n",
		seen, emitted);
	return false;
}

static double seconds_into(const struct mc_collect_account *account, uint64_t ns)
{
	return ns > account->begun_ns ? (ns - account->begun_ns) / 1e9 : 0;
}

/* Return: whether it is in order */
static bool account_resctrl(const struct mc_collect_account *account, FILE *to)
{
	char text[MC_TIME_TEXT];

	if (!account->events[MC_RESCTRL_MOUNTED])
		return true;
	fprintf(to,
		"suspect   %s samples: resctrl was mounted between %.2f s and %.2f s from the "
		"start, and took the registers over\n",
		mc_text_count(text, mc_recent_since(account->recent, account->resctrl_from_ns)),
		seconds_into(account, account->resctrl_from_ns),
		seconds_into(account, account->resctrl_to_ns));
	return false;
}

/* Return: whether it is in order */
static bool account_samples(const struct mc_collect_account *account, FILE *to)
{
	uint64_t unknown = mc_usage_unknown(account->usage);
	bool good;

	print_share(to, "coverage", grown(account, "samples_read"), grown(account, "samples_due"),
		    "reads that were due");
	good = account_emitted(account, to);
	if (unknown) {
		fprintf(to,
			"not accounted for: %" PRIu64 " samples of RMIDs that nobody was given\n",
			unknown);
		good = false;
	}
	return account_resctrl(account, to) && good;
}

static enum mc_exit print_account(const struct mc_collect_account *account, FILE *to)
{
	uint64_t started = grown_on_cpus(account, "ticks_started");
	uint64_t missed = grown_on_cpus(account, "ticks_missed");
	char text[MC_TIME_TEXT];
	bool good = true;

	fprintf(to, "\n");
	print_share(to, "ticks", started, started + missed, "boundaries");
	if (!emulated(account))
		good = account_samples(account, to);
	fprintf(to, "%-9s %s events\n", "lost", mc_text_count(text, account->lost));
	fprintf(to, "%-9s %s times no RMID was to be had\n", "refused",
		mc_text_count(text, grown(account, "processes_refused")));
	if (grown_on_cpus(account, "ticks_lost")) {
		fprintf(to, "not accounted for: %" PRIu64 " ticks\n",
			grown_on_cpus(account, "ticks_lost"));
		good = false;
	}
	if (good && !account->lost)
		return MC_EXIT_OK;
	fprintf(to, "incomplete: the table is not all there was; the lines above say what is "
		    "missing\n");
	return MC_EXIT_INVALID;
}

enum mc_exit mc_collect_account_print(const struct mc_collect_account *account, size_t lines,
				      FILE *to)
{
	struct mc_usage_others others = mc_usage_others(account->usage);
	char text[MC_TIME_TEXT];

	if (emulated(account))
		fprintf(to,
			"no hardware: RMIDs are emulated and nothing counts cache or bandwidth; %s "
			"processes had one\n",
			mc_text_count(text, account->events[MC_RMID_EXISTING] +
						    account->events[MC_RMID_ALLOC]));
	else
		mc_usage_print(account->process, account->n_processes, &others, lines,
			       !strcmp(account->after.source, "simulated"), to);
	return print_account(account, to);
}
