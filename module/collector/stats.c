// SPDX-License-Identifier: GPL-2.0
/*
 * stats.c - the live counters, in debugfs: memory_collector/stats, root only
 *
 * Names are for programs too: they stay, and new ones are added.
 */
#include "collector/stats.h"

#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "collector/ticks.h"

static struct stats_sources sources;
static struct dentry *folder;

static void show(struct seq_file *file, const char *name, u64 value)
{
	seq_printf(file, "%s %llu\n", name, value);
}

static void show_rmids(struct seq_file *file)
{
	struct rmid_status status = rmid_allocator_status(sources.allocator);

	show(file, "rmid_max", status.max_rmid);
	show(file, "rmid_free", status.free);
	show(file, "rmid_used", status.used);
	show(file, "rmid_limbo", status.limbo);
	show(file, "rmid_granted", status.counters.granted);
	show(file, "rmid_later", status.counters.later);
	show(file, "rmid_never", status.counters.never);
	show(file, "rmid_freed", status.counters.freed);
	show(file, "rmid_refused_frees", status.counters.refused_frees);
	show(file, "rmid_stuck", status.counters.stuck);
	show(file, "rmid_stuck_now", status.counters.stuck_now);
	show(file, "rmid_unreadable", status.counters.unreadable);
}

static void show_processes(struct seq_file *file)
{
	struct processes_status status = processes_status(sources.processes);

	show(file, "processes_followed", status.followed);
	show(file, "processes_untracked", status.untracked);
	show(file, "processes_refused", status.refused);
	show(file, "processes_without_ns", status.without_ns);
	show(file, "processes_reclaimed", status.reclaimed);
	show(file, "processes_switches", status.switches);
	show(file, "processes_reasserted", status.reasserted);
}

static void show_samples(struct seq_file *file)
{
	struct sampler_status status = sampler_status(sources.sampler);

	show(file, "samples_due", status.due);
	show(file, "samples_read", status.read);
	show(file, "samples_emitted", status.samples);
	show(file, "samples_overruns", status.overruns);
	show(file, "samples_unavailable", status.unavailable);
	show(file, "samples_errors", status.errors);
	show(file, "samples_paused", status.paused);
}

static void show_ticks(struct seq_file *file)
{
	struct ticks_status status;
	int number;

	for_each_possible_cpu (number) {
		status = ticks_status(number);
		seq_printf(file, "cpu%d_ticks_started %llu\n", number, status.started);
		seq_printf(file, "cpu%d_ticks_missed %llu\n", number, status.missed);
		seq_printf(file, "cpu%d_ticks_lost %llu\n", number, status.lost);
	}
}

static int stats_show(struct seq_file *file, void *unused)
{
	static const char *const names[] = {
		[RDT_SOURCE_HARDWARE] = "hardware",
		[RDT_SOURCE_EMULATED] = "emulated",
		[RDT_SOURCE_SIMULATED] = "simulated",
	};

	seq_printf(file, "source %s\n", names[sources.rdt->source]);
	show(file, "yielded_to_resctrl", READ_ONCE(sources.rdt->yielded));
	show_rmids(file);
	show_processes(file);
	if (sources.sampler)
		show_samples(file);
	show_ticks(file);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(stats);

void stats_create(const struct stats_sources *whose)
{
	sources = *whose;
	folder = debugfs_create_dir("memory_collector", NULL);
	debugfs_create_file("stats", 0400, folder, NULL, &stats_fops);
}

void stats_remove(void)
{
	debugfs_remove(folder);
	folder = NULL;
}
