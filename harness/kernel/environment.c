// SPDX-License-Identifier: GPL-2.0
/*
 * environment.c - what the kernel and the processor say about themselves
 *
 * What they do not say stays empty: nothing here is a guess.
 */
#include "kernel/environment.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#ifdef __x86_64__
#include <cpuid.h>
#endif

#include "base/file_text.h"
#include "base/nanoseconds.h"

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%.*s", (int)strcspn(from, "\n"), from);
}

uint64_t mc_parse_meminfo(const char *text, const char *key)
{
	size_t length = strlen(key);
	uint64_t kib;

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		if (strncmp(text, key, length) || text[length] != ':')
			continue;
		if (sscanf(text + length + 1, "%" SCNu64 " kB", &kib) != 1)
			return 0;
		return kib > UINT64_MAX / 1024 ? 0 : kib * 1024;
	}
	return 0;
}

static uint64_t meminfo(const char *key)
{
	char text[8192];

	mc_file_text("/proc/meminfo", text, sizeof(text));
	return mc_parse_meminfo(text, key);
}

uint64_t mc_memory_available(void)
{
	return meminfo("MemAvailable");
}

unsigned int mc_cpus_online(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	return cpus > 0 ? cpus : 1;
}

void mc_clocksource(char *name, size_t size)
{
	char text[64];

	mc_file_text("/sys/devices/system/clocksource/clocksource0/current_clocksource", text,
		     sizeof(text));
	copy(name, size, text);
}

/* In ns; 0: not known. POSIX speaks of a clock's own timers, Linux has one figure for all. */
static uint64_t timer_resolution(void)
{
	struct timespec resolution;

	if (clock_getres(CLOCK_MONOTONIC, &resolution))
		return 0;
	return resolution.tv_sec * NS_PER_S + resolution.tv_nsec;
}

const char *mc_parse_preemption(const char *version, const char *sched_preempt)
{
	if (strstr(version, "PREEMPT_RT"))
		return "rt";
	if (strstr(sched_preempt, "(none)"))
		return "none";
	if (strstr(sched_preempt, "(voluntary)"))
		return "voluntary";
	if (strstr(sched_preempt, "(full)"))
		return "full";
	if (strstr(sched_preempt, "(lazy)"))
		return "lazy";
	/* With PREEMPT_DYNAMIC it is what the command line says, or a default of the build. */
	if (strstr(version, "PREEMPT_DYNAMIC"))
		return "";
	if (strstr(version, " PREEMPT "))
		return "full";
	return "";
}

#ifdef __x86_64__
static const char *hypervisor(void)
{
	static const struct {
		const char *signature, *name;
	} known[] = {
		{"KVMKVMKVM", "kvm"},	       {"TCGTCGTCGTCG", "tcg"}, {"Microsoft Hv", "hyperv"},
		{"VMwareVMware", "vmware"},    {"XenVMMXenVMM", "xen"}, {"bhyve bhyve ", "bhyve"},
		{" lrpepyh  vr", "parallels"},
	};
	unsigned int eax, ebx, ecx, edx, text[4] = {0};
	size_t i;

	/* Intel SDM vol. 2, CPUID: leaf 1 ECX[31] is always 0 on a processor */
	if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx))
		return "";
	if (!(ecx & 1U << 31))
		return "none";
	__cpuid(0x40000000, eax, text[0], text[1], text[2]);
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!strncmp((const char *)text, known[i].signature, 12))
			return known[i].name;
	}
	return "";
}
#else
static const char *hypervisor(void)
{
	return "";
}
#endif

bool mc_in_vm(void)
{
	const char *name = hypervisor();

	return *name && strcmp(name, "none");
}

void mc_cpu_model(char *model, size_t size)
{
	static const char key[] = "model name";
	char line[512];
	FILE *file = fopen("/proc/cpuinfo", "re");

	*model = '\0';
	while (file && !*model && fgets(line, sizeof(line), file)) {
		const char *value = strchr(line, ':');

		if (!strncmp(line, key, strlen(key)) && value)
			copy(model, size, value + 1 + strspn(value + 1, " "));
	}
	if (file)
		fclose(file);
}

void mc_environment_read(struct mc_environment *environment)
{
	char preempt[128];
	struct utsname name;

	uname(&name);
	copy(environment->kernel, sizeof(environment->kernel), name.release);
	copy(environment->kernel_version, sizeof(environment->kernel_version), name.version);
	copy(environment->machine, sizeof(environment->machine), name.machine);
	mc_cpu_model(environment->cpu_model, sizeof(environment->cpu_model));
	environment->cpus_online = mc_cpus_online();
	environment->memory_bytes = meminfo("MemTotal");
	mc_clocksource(environment->clocksource, sizeof(environment->clocksource));
	environment->timer_resolution_ns = timer_resolution();
	mc_file_text("/sys/kernel/debug/sched/preempt", preempt, sizeof(preempt));
	copy(environment->preemption, sizeof(environment->preemption),
	     mc_parse_preemption(name.version, preempt));
	copy(environment->virtualization, sizeof(environment->virtualization), hypervisor());
}
