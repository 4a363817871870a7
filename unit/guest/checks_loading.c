// SPDX-License-Identifier: GPL-2.0
/*
 * checks_loading.c - what it finds and says when it is loaded, and what it refuses
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "checks.h"
#include "crowd.h"
#include "kernel/module.h"
#include "klog.h"
#include "memory_collector/child.h"
#include "tap.h"
#include "watch.h"

#ifdef __x86_64__
#define NO_HARDWARE "no hardware, this processor shows no L3 monitoring (CPUID leaf 0FH)"
#else
#define NO_HARDWARE "no hardware, RDT is a part of x86 processors, and this is another"
#endif

/* The log's words; and where it loads, what parameter hardware says then */
static const struct {
	const char *simulation, *parameters, *words, *hardware;
} rows[] = {
	{NULL, "", "RMIDs are emulated", "emulated"},
	{NULL, "hardware=auto", "RMIDs are emulated: " NO_HARDWARE, "emulated"},
	{NULL, "hardware=emulated emulated_max_rmid=1", "RMIDs 1 to 1 are emulated", "emulated"},
	{"max_rmid=31", "hardware=sim", "SIMULATED", "sim"},
	{"max_rmid=31", "hardware=sim", "RMIDs 1 to 31 (simulated)", "sim"},
	{"max_rmid=31", "hardware=auto", "RMIDs are emulated", "emulated"},
	{"max_rmid=31 resctrl=1", "hardware=sim", "resctrl is mounted", NULL},
	{NULL, "hardware=on", "hardware=on: " NO_HARDWARE, NULL},
	{NULL, "hardware=sim", "rdt_sim is not loaded", NULL},
	{NULL, "hardware=maybe", "parameter hardware=maybe: must be auto, on, emulated or sim",
	 NULL},
	{NULL, "emit=some", "parameter emit=some: must be changed or all", NULL},
	{NULL, "interval_ns=49999", "parameter interval_ns=49999: must be", NULL},
	{NULL, "interval_ns=10000000001", "parameter interval_ns=10000000001: must be", NULL},
	{NULL, "min_free_ns=60000000001", "parameter min_free_ns=60000000001: must be", NULL},
	{NULL, "budget_ns=0", "parameter budget_ns=0: must be", NULL},
	{NULL, "phase_ns=1000000", "parameter phase_ns=1000000: must be 0 to 999999", NULL},
	{"max_rmid=31 cache_bytes=1048576", "hardware=sim clean_bytes=1048577",
	 "parameter clean_bytes=1048577: must be 0 to 1048576", NULL},
	{NULL, "budget_ns=1000001", "parameter budget_ns=1000001: must be", NULL},
	{NULL, "max_processes=0", "parameter max_processes=0: must be", NULL},
	{NULL, "max_processes=4194305", "parameter max_processes=4194305: must be", NULL},
	{NULL, "emulated_max_rmid=0", "parameter emulated_max_rmid=0: must be", NULL},
	{NULL, "emulated_max_rmid=65536", "parameter emulated_max_rmid=65536: must be", NULL},
	{NULL, "reclaim_idle_ms=9", "parameter reclaim_idle_ms=9: must be", NULL},
	{NULL, "lead=never", "parameter lead=never: must be off, auto or fixed", NULL},
	{NULL, "lead=sometimes", "parameter lead=sometimes: must be off, auto or fixed", NULL},
	{NULL, "lead_max_ns=1000001", "parameter lead_max_ns=1000001: must be", NULL},
	{NULL, "lead_budget_permille=0", "parameter lead_budget_permille=0: must be", NULL},
	{NULL, "lead_budget_permille=501", "parameter lead_budget_permille=501: must be", NULL},
};

static bool parameter_is(const char *name, const char *value)
{
	char path[128], text[64] = "";
	ssize_t length = -1;
	int fd;

	snprintf(path, sizeof(path), "/sys/module/" MC_COLLECTOR_MODULE "/parameters/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		length = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	text[length > 0 ? length : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (strcmp(text, value))
		tap_note("%s: '%s', not '%s'", path, text, value);
	return !strcmp(text, value);
}

/* A machine with monitoring finds it, whatever these rows say. */
static bool has_hardware(void)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[8192];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file))
		found = strstr(line, " cqm_llc") != NULL;
	if (file)
		fclose(file);
	return found;
}

static bool asks_for_hardware(const char *parameters)
{
	return !*parameters || strstr(parameters, "=auto") || strstr(parameters, "=on");
}

static void load_as(size_t row)
{
	const char *simulation = rows[row].simulation ? rows[row].simulation : "no rdt_sim";
	struct mc_failure failure = {.text = ""};
	bool loaded, as_said;

	if (asks_for_hardware(rows[row].parameters) && has_hardware()) {
		tap_skip(rows[row].parameters, "this machine has hardware");
		return;
	}
	klog_begin();
	loaded = !mc_collector_load(watch_modules, rows[row].simulation, rows[row].parameters,
				    &failure);
	as_said = rows[row].hardware ? loaded && parameter_is("hardware", rows[row].hardware)
				     : !loaded;
	if (!tap_check(as_said && klog_has(rows[row].words), "%s: %s '%s'", simulation,
		       rows[row].hardware ? "takes" : "refuses", rows[row].parameters))
		tap_note("%s", failure.text);
	if (loaded)
		tap_check(!mc_collector_unload(&failure) && klog_has("unloaded"),
			  "unloaded, and says so");
	tap_check(!mc_kernel_module_loaded(MC_COLLECTOR_MODULE) &&
			  !mc_kernel_module_loaded(MC_SIM_MODULE) &&
			  access(MC_CONTROL_FILE, F_OK) && access(MC_STATS_FILE, F_OK),
		  "nothing is left");
}

static void read_back(void)
{
	static const struct {
		const char *name, *value;
	} parameters[] = {
		{"interval_ns", "2000000"},    {"min_free_ns", "3000000"}, {"budget_ns", "40000"},
		{"max_processes", "1000"},     {"reclaim_idle_ms", "50"},  {"emit", "all"},
		{"emulated_max_rmid", "77"},   {"lead", "fixed"},	   {"lead_max_ns", "30000"},
		{"lead_budget_permille", "7"}, {"phase_ns", "500000"},	   {"clean_bytes", "4096"},
	};
	char all[512] = "";
	struct mc_failure failure;
	size_t i, used = 0;

	for (i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++)
		used += snprintf(all + used, sizeof(all) - used, "%s=%s ", parameters[i].name,
				 parameters[i].value);
	if (!tap_check(!mc_collector_load(watch_modules, NULL, all, &failure), "takes '%s'", all))
		return;
	for (i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++)
		tap_check(parameter_is(parameters[i].name, parameters[i].value),
			  "%s reads back as it was given", parameters[i].name);
	tap_check(watch_stat("rmid_max") == 77, "as many RMIDs as were asked for");
	tap_check(!mc_collector_unload(&failure), "unloaded");
}

/* What a parameter shows that was not given, or could not be had as it was */
static void what_came_of_it(void)
{
	static const struct {
		const char *given, *name, *value;
	} outcomes[] = {
		{"", "lead", "auto"},
		{"", "lead_max_ns", "200000"},
		{"interval_ns=100000 budget_ns=20000", "lead_max_ns", "50000"},
		{"lead=off", "lead_max_ns", "0"},
		{"", "lead_budget_permille", "5"},
	};
	struct mc_failure failure;
	size_t i;

	for (i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
		if (!tap_check(!mc_collector_load(watch_modules, NULL, outcomes[i].given, &failure),
			       "takes '%s'", outcomes[i].given))
			continue;
		tap_check(parameter_is(outcomes[i].name, outcomes[i].value), "%s has come to be %s",
			  outcomes[i].name, outcomes[i].value);
		tap_check(!mc_collector_unload(&failure), "unloaded");
	}
}

static bool is_at_work(void *unused)
{
	uint64_t used = watch_stat("rmid_used");

	return used > 0 && used != UINT64_MAX;
}

/* Twice is refused by the kernel itself; the first one goes on. */
static void not_twice(void)
{
	struct mc_failure failure;

	if (!tap_check(!mc_collector_load(watch_modules, NULL, "", &failure), "loaded"))
		return;
	tap_check(mc_collector_load(watch_modules, NULL, "", &failure) &&
			  strstr(failure.text, "loaded already"),
		  "not a second time");
	tap_check(watch_wait(is_at_work, NULL), "and the first one is at work");
	tap_check(!mc_collector_unload(&failure), "unloaded");
}

/* ---- little memory ---- */

/* The most processes that may be asked for take twice as much. */
#define LEFT_MIB 160
#define KIB_PER_MIB 1024

static uint64_t available_mib(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	uint64_t kib = 0;
	char line[128];

	while (file && fgets(line, sizeof(line), file) &&
	       sscanf(line, "MemAvailable: %" SCNu64, &kib) != 1)
		;
	if (file)
		fclose(file);
	return kib / KIB_PER_MIB;
}

/* For crowd_start(): until killed */
static bool hold(int mib)
{
	void *memory = mmap(NULL, (size_t)mib * KIB_PER_MIB * 1024, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	while (memory != MAP_FAILED)
		pause();
	return false;
}

static bool is_short(void *unused)
{
	return available_mib() <= LEFT_MIB + LEFT_MIB / 4;
}

/* Who holds the most is whom the kernel would kill for it. */
static void refused_for_memory(void)
{
	static const char *const most = "max_processes=4194304";
	struct mc_failure failure;
	struct crowd others;
	bool loaded;

	if (!tap_check(crowd_start(&others, 1, hold, available_mib() - LEFT_MIB) &&
			       watch_wait(is_short, NULL),
		       "a process holds all memory but %d MiB", LEFT_MIB)) {
		crowd_kill(&others);
		return;
	}
	klog_begin();
	loaded = !mc_collector_load(watch_modules, NULL, most, &failure);
	tap_check(!loaded && klog_has("parameter max_processes=4194304: there is no memory"),
		  "refuses '%s', and says why", most);
	tap_check(!waitpid(others.pid[0], NULL, WNOHANG) && !klog_said("Out of memory"),
		  "and nobody was killed for it");
	crowd_kill(&others);
	if (loaded)
		mc_collector_unload(&failure);
	tap_check(!mc_kernel_module_loaded(MC_COLLECTOR_MODULE), "nothing is left");
}

void checks_memory(void)
{
	tap_about("little memory");
	if (available_mib() < 2 * LEFT_MIB)
		tap_skip("memory", "there is too little of it already");
	else
		refused_for_memory();
}

void checks_loading(void)
{
	size_t i;

	tap_about("loading");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]) && !mc_stop_requested(); i++)
		load_as(i);
	if (!mc_stop_requested())
		read_back();
	if (!mc_stop_requested())
		what_came_of_it();
	if (!mc_stop_requested())
		not_twice();
}
