// SPDX-License-Identifier: GPL-2.0
/*
 * cycles.c - load and unload while processes come and go and a CPU goes off and on
 */
#include "cycles.h"

#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crowd.h"
#include "klog.h"
#include "tap.h"
#include "watch.h"

#define WARM_UP 4
#define LOADED_MS 20
/* Every so many cycles all that happens is recorded and judged. */
#define JUDGED 20

/* ---- memory ---- */

/* What a module could leave behind, and how much the rest of the system moves by itself */
static const struct {
	const char *name;
	int64_t noise_kib;
	bool less; /* it is the less that counts */
} kinds[] = {
	{"MemFree", 8192, true},
	{"Slab", 3072, false},
	{"VmallocUsed", 512, false},
	{"Percpu", 512, false},
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct memory {
	int64_t kib[N_KINDS];
};

static void drop_caches(void)
{
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, "3", 1) != 1)
		tap_note("caches could not be dropped");
	close(fd);
}

static struct memory read_memory(void)
{
	struct memory memory = {.kib = {0}};
	FILE *file = fopen("/proc/meminfo", "re");
	char line[128], name[64];
	int64_t value;
	size_t i;

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63[^:]: %" SCNd64, name, &value) != 2)
			continue;
		for (i = 0; i < N_KINDS; i++) {
			if (!strcmp(name, kinds[i].name))
				memory.kib[i] = value;
		}
	}
	if (file)
		fclose(file);
	return memory;
}

static int64_t grown(const struct memory *before, const struct memory *after, size_t kind)
{
	int64_t kib = after->kib[kind] - before->kib[kind];

	return kinds[kind].less ? -kib : kib;
}

static bool is_noise(const struct memory *before, const struct memory *after)
{
	size_t i;

	for (i = 0; i < N_KINDS; i++) {
		if (grown(before, after, i) > kinds[i].noise_kib)
			return false;
	}
	return true;
}

/* At rest. What CPUs keep free for themselves, and what is freed later, takes its time. */
static struct memory settled_memory(const struct memory *before)
{
	struct memory memory;
	int tries;

	for (tries = 0; tries < (before ? 10 : 3); tries++) {
		malloc_trim(0);
		drop_caches();
		watch_sleep_ms(1000);
		memory = read_memory();
		if (before && is_noise(before, &memory))
			break;
	}
	return memory;
}

static void compare_memory(const struct memory *before, const struct memory *after)
{
	size_t i;

	for (i = 0; i < N_KINDS; i++)
		tap_check(before->kib[i] > 0 && grown(before, after, i) <= kinds[i].noise_kib,
			  "memory: %s has moved by %" PRId64 " KiB of %" PRId64 ", at most %" PRId64
			  " are noise",
			  kinds[i].name, grown(before, after, i), before->kib[i],
			  kinds[i].noise_kib);
}

/* ---- cycles ---- */

static bool cycle(unsigned int number, struct mc_failure *failure)
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

static bool cycles(unsigned int times)
{
	struct mc_failure failure = {.text = ""};
	unsigned int i;

	for (i = 0; i < times; i++) {
		if (i % JUDGED ? !cycle(i, &failure) : !judged_cycle()) {
			tap_note("cycle %u: %s", i, failure.text);
			return false;
		}
	}
	return true;
}

static bool under_load(unsigned int times)
{
	struct crowd forks, hotplug = {.n = 0};
	bool good;

	if (!crowd_start(&forks, 3, crowd_forks, 0))
		return false;
	if (crowd_can_hotplug())
		crowd_start(&hotplug, 1, crowd_hotplug, 100);
	good = cycles(times);
	crowd_kill(&hotplug);
	crowd_kill(&forks);
	crowd_all_online();
	return good;
}

void cycles_run(unsigned int times)
{
	struct memory before, after;

	tap_about("load and unload");
	klog_begin();
	tap_check(under_load(WARM_UP), "%d times, to begin with", WARM_UP);
	before = settled_memory(NULL);
	tap_check(under_load(times), "%u times under load", times);
	after = settled_memory(&before);
	compare_memory(&before, &after);
	tap_check(klog_clean(), "the kernel has nothing to complain of");
}
