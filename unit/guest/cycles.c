// SPDX-License-Identifier: GPL-2.0
/*
 * cycles.c - load and unload while processes come and go and a CPU goes off and on
 *
 * Owns the account of the kernel's memory. Everything that loads, unloads, records and judges
 * is done by a process that is gone when memory is looked at, so that nothing of its own is
 * counted as the kernel's.
 */
#include "cycles.h"

#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crowd.h"
#include "memory_collector/child.h"
#include "tap.h"
#include "watch.h"

#define WARM_UP 4
/* judge_kind() holds the second part against the first. */
#define PARTS 2
#define LOADED_MS 20
/* A CPU that goes or comes holds up whoever loads or unloads. */
#define HOTPLUG_PAUSE_MS 500
/* Every so many cycles all that happens is recorded and judged. */
#define JUDGED 20
/* In seconds: until memory has stopped to fall, at most, and for how long it has not */
#define PATIENCE 60
#define QUIET 3
/* Falls of less are not waited for. */
#define FALL_KIB 16

/* ---- memory ---- */

#define ROWS_MAX 96

/* /proc/meminfo, and what the CPUs keep free for themselves, which MemFree is without */
struct memory {
	size_t n;
	struct {
		char name[32];
		int64_t kib;
	} row[ROWS_MAX];
	int64_t kept_kib;
};

/*
 * What a module could leave behind, each by itself and all of it together: neither free nor
 * of a process nor of a file, which are the rows that are subtracted.
 *
 * A leak grows with the cycles, and so in every part of them; what else the kernel keeps grows
 * in one part and not in the next. So the part that grew least counts. Of what is measured so
 * where nothing leaks, one part and the next differ by some 60 KiB, one way or the other.
 */
static const struct kind {
	const char *name, *less[10];
	int64_t noise_kib;
} kinds[] = {
	{"the kernel's share",
	 {"MemFree", "Buffers", "Cached", "SwapCached", "AnonPages", "PageTables", "KernelStack",
	  "SReclaimable"},
	 96},
	{"SUnreclaim", {NULL}, 96},
	{"VmallocUsed", {NULL}, 48},
	{"Percpu", {NULL}, 16},
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	/* Where the kernel does not take it, there is more noise. */
	if (write(fd, text, strlen(text)) < 0)
		tap_note("%s takes no %s", path, text);
	close(fd);
}

/* What the kernel can do without, it is asked to give back. */
static void shrink(void)
{
	glob_t caches = {.gl_pathc = 0};
	size_t i;

	put("/proc/sys/vm/drop_caches", "3");
	/* Frees pages that only wait for a list of the CPU that let go of them, too. */
	put("/proc/sys/vm/compact_memory", "1");
	if (!glob("/sys/kernel/slab/*/shrink", GLOB_NOSORT, NULL, &caches)) {
		for (i = 0; i < caches.gl_pathc; i++)
			put(caches.gl_pathv[i], "1");
		globfree(&caches);
	}
	put("/proc/sys/vm/stat_refresh", "1");
}

static int64_t kept_kib(void)
{
	FILE *file = fopen("/proc/zoneinfo", "re");
	int64_t pages = 0, count;
	char line[128];

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, " count: %" SCNd64, &count) == 1)
			pages += count;
	}
	if (file)
		fclose(file);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void read_memory(struct memory *memory)
{
	FILE *file = fopen("/proc/meminfo", "re");
	char line[128];

	memory->n = 0;
	while (file && memory->n < ROWS_MAX && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%31[^:]: %" SCNd64, memory->row[memory->n].name,
			   &memory->row[memory->n].kib) == 2)
			memory->n++;
	}
	if (file)
		fclose(file);
	memory->kept_kib = kept_kib();
}

static int64_t row(const struct memory *memory, const char *name)
{
	size_t i;

	for (i = 0; i < memory->n; i++) {
		if (!strcmp(memory->row[i].name, name))
			return memory->row[i].kib;
	}
	return 0;
}

static int64_t of_kind(const struct memory *memory, const struct kind *kind)
{
	int64_t kib;
	size_t i;

	if (!kind->less[0])
		return row(memory, kind->name);
	kib = row(memory, "MemTotal") - memory->kept_kib;
	for (i = 0; kind->less[i]; i++)
		kib -= row(memory, kind->less[i]);
	return kib;
}

/* What is freed later takes its time: at rest is what has not fallen for a while. */
static void settled_memory(int64_t least[N_KINDS], struct memory *last)
{
	int tries, quiet;
	size_t i;

	for (tries = quiet = 0; tries < PATIENCE && quiet < QUIET; tries++) {
		shrink();
		watch_sleep_ms(1000);
		read_memory(last);
		quiet++;
		for (i = 0; i < N_KINDS; i++) {
			int64_t kib = of_kind(last, &kinds[i]);

			if (!tries || kib < least[i] - FALL_KIB)
				quiet = 0;
			if (!tries || kib < least[i])
				least[i] = kib;
		}
	}
}

static void note_moved(const struct memory *before, const struct memory *after)
{
	size_t i;

	for (i = 0; i < after->n; i++) {
		int64_t kib = row(before, after->row[i].name);

		if (kib != after->row[i].kib)
			tap_note("%s: %" PRId64 " KiB, %+" PRId64, after->row[i].name, kib,
				 after->row[i].kib - kib);
	}
	tap_note("kept free by CPUs: %" PRId64 " KiB, %+" PRId64, before->kept_kib,
		 after->kept_kib - before->kept_kib);
}

static bool judge_kind(int64_t kib[PARTS + 1][N_KINDS], size_t kind, unsigned int cycles)
{
	int64_t first = kib[1][kind] - kib[0][kind], second = kib[2][kind] - kib[1][kind];
	int64_t least = first < second ? first : second;

	tap_note("%s: %" PRId64 " KiB, %+" PRId64 " in %u cycles, %+" PRId64 " in as many more",
		 kinds[kind].name, kib[0][kind], first, cycles, second);
	return tap_check(kib[0][kind] > 0 && least <= kinds[kind].noise_kib,
			 "memory: %s has grown by %" PRId64 " KiB or more in %u cycles, twice; "
			 "at most %" PRId64 " are noise",
			 kinds[kind].name, least, cycles, kinds[kind].noise_kib);
}

/* ---- cycles ---- */

static bool cycle(int number, struct mc_failure *failure)
{
	const char *simulation = number % 2 ? "max_rmid=63 audit_us=1000" : NULL;

	if (mc_collector_load(watch_modules, simulation,
			      simulation ? "hardware=sim" : "hardware=emulated", failure))
		return false;
	watch_sleep_ms(LOADED_MS);
	return !mc_collector_unload(failure);
}

/* Events and counters are not of one moment here: others go on all the while. */
static bool judged_cycle(void)
{
	static const struct watch_plan plan = {"max_rmid=63 audit_us=1000", "",
					       MC_KINDS_RMID | MC_KIND(MC_PQR_AUDIT), 4096};
	struct mc_failure failure;
	struct watch watch;
	bool good;

	if (!watch_begin(&watch, &plan))
		return false;
	watch_sleep_ms(LOADED_MS);
	good = watch_stop(&watch, &failure) && !watch.lost &&
	       !mc_rmid_history_broken(watch.history);
	if (!good)
		watch_note_broken(&watch);
	watch_end_quietly(&watch);
	return good;
}

static bool cycles(int times)
{
	struct mc_failure failure = {.text = ""};
	int i;

	for (i = 0; i < times && !mc_stop_requested(); i++) {
		if (i % JUDGED ? !cycle(i, &failure) : !judged_cycle()) {
			tap_note("cycle %d: %s", i, failure.text);
			return false;
		}
	}
	return true;
}

/* ---- load ---- */

static const struct {
	bool (*work)(int times);
	int n;
} loads[] = {
	{crowd_forks, 1},
	{crowd_chains, 1},
	{crowd_execs_by_thread, 1},
	{crowd_ends_together, 1},
};

#define N_LOADS (sizeof(loads) / sizeof(loads[0]))

/*
 * So often, and not as long as the cycles take: the kernel keeps something whenever a CPU
 * goes and comes, without any module, and on a slow machine that would look like a leak.
 */
static bool hotplugs(int times)
{
	while (times-- > 0) {
		if (!crowd_hotplug_once(HOTPLUG_PAUSE_MS))
			return false;
	}
	return true;
}

static bool under_load(int times)
{
	struct crowd crowds[N_LOADS] = {{.n = 0}}, hotplug = {.n = 0};
	bool good = true;
	size_t i;

	for (i = 0; i < N_LOADS; i++)
		good &= crowd_start(&crowds[i], loads[i].n, loads[i].work, 0);
	if (crowd_can_hotplug())
		good &= crowd_start(&hotplug, 1, hotplugs, (times + 1) / 2);
	good = good && cycles(times);
	crowd_kill(&hotplug);
	for (i = 0; i < N_LOADS; i++)
		crowd_kill(&crowds[i]);
	crowd_all_online();
	return good;
}

static bool by_another_process(int times)
{
	struct crowd child;

	return crowd_start(&child, 1, under_load, times) && crowd_wait(&child);
}

void cycles_run(unsigned int times)
{
	unsigned int each = (times + PARTS - 1) / PARTS;
	static struct memory first, last;
	int64_t kib[PARTS + 1][N_KINDS];
	bool good = true;
	size_t kind;
	int part;

	tap_about("load and unload");
	tap_check(by_another_process(WARM_UP), "%d times, to begin with", WARM_UP);
	settled_memory(kib[0], &first);
	for (part = 1; part <= PARTS; part++) {
		tap_check(by_another_process(each), "%u times under load", each);
		settled_memory(kib[part], &last);
	}
	for (kind = 0; kind < N_KINDS; kind++)
		good &= judge_kind(kib, kind, each);
	if (!good)
		note_moved(&first, &last);
}
