// SPDX-License-Identifier: GPL-2.0
/*
 * usage_table.c - what processes have used, for people
 */
#include <inttypes.h>

#include "base/text.h"
#include "collector/usage.h"

#define KIB 1024.0
#define MB 1e6

static double per_second(uint64_t bytes, uint64_t span_ns)
{
	return span_ns ? bytes / (span_ns / 1e9) : 0;
}

static void print_process(const struct mc_process_usage *process, FILE *to)
{
	char comm[MC_COMM_LENGTH + 4], samples[MC_TIME_TEXT];

	mc_text_clean(comm, sizeof(comm), process->comm[0] ? process->comm : "(unknown)");
	fprintf(to, "%8" PRId64 "  %-15s %6" PRIu64 " %9s %10.1f %10.1f %9.1f %9.1f%s\n",
		process->tgid, comm, process->rmid, mc_text_count(samples, process->samples),
		process->occupancy_mean / KIB, process->occupancy_max / KIB,
		per_second(process->total_bytes, process->span_ns) / MB,
		per_second(process->local_bytes, process->span_ns) / MB,
		process->gaps || process->unread ? "  gaps" : "");
}

static void print_others(const struct mc_usage_others *others, FILE *to)
{
	char n[MC_TIME_TEXT], samples[MC_TIME_TEXT];

	if (!others->n)
		return;
	fprintf(to, "%8s  and %s others that ended: %s samples, %.1f MB%s\n", "",
		mc_text_count(n, others->n), mc_text_count(samples, others->samples),
		others->total_bytes / MB, others->with_gaps ? "  gaps" : "");
}

void mc_usage_print(const struct mc_process_usage *process, size_t n,
		    const struct mc_usage_others *others, size_t most, bool simulated, FILE *to)
{
	size_t i;

	if (simulated)
		fprintf(to, "SIMULATED: the processes are real, cache and bandwidth figures are "
			    "rdt_sim's\n\n");
	fprintf(to, "%32s %9s   - cache, KiB -     -- memory, MB/s --\n", "", "");
	fprintf(to, "%8s  %-15s %6s %9s %10s %10s %9s %9s\n", "process", "name", "RMID", "samples",
		"mean", "max", "total", "local");
	for (i = 0; i < n && i < most; i++)
		print_process(&process[i], to);
	if (i < n)
		fprintf(to, "%8s  and %zu more with less traffic\n", "", n - i);
	print_others(others, to);
}
