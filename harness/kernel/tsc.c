// SPDX-License-Identifier: GPL-2.0
/*
 * tsc.c - how fast the time-stamp counter counts, by CLOCK_MONOTONIC
 */
#include "kernel/tsc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef __x86_64__
#include <x86intrin.h>
#endif

#include "memory_collector/child.h"

/* So often the two clocks are read together: at least one reading is not interrupted. */
#define TRIES 16
#define MEASURE_TRIES 3
#define DOUBT_MAX 1e-4

uint64_t mc_tsc_read(void)
{
#ifdef __x86_64__
	/* Not before what stands before it has been done: Intel SDM vol. 2, RDTSC */
	_mm_lfence();
	return __rdtsc();
#else
	return 0;
#endif
}

/* Is it one of the words of a line? */
static bool has_word(const char *line, const char *word)
{
	size_t length = strlen(word);
	const char *at = line;

	while ((at = strstr(at, word))) {
		if (at > line && strchr(" \t:", at[-1]) && strchr(" \n", at[length]))
			return true;
		at += length;
	}
	return false;
}

bool mc_tsc_flags_are_steady(const char *line)
{
	return !strncmp(line, "flags", 5) && has_word(line, "constant_tsc") &&
	       has_word(line, "nonstop_tsc");
}

bool mc_tsc_is_steady(void)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	bool steady = false;
	char *line = NULL;
	size_t size = 0;

	/* The first CPU's line speaks for all. */
	while (file && getline(&line, &size, file) > 0) {
		if (strncmp(line, "flags", 5))
			continue;
		steady = mc_tsc_flags_are_steady(line);
		break;
	}
	free(line);
	if (file)
		fclose(file);
	return steady;
}

bool mc_tsc_moment(struct mc_tsc_moment *moment)
{
	int i;

	moment->doubt = UINT64_MAX;
	for (i = 0; i < TRIES; i++) {
		uint64_t before = mc_tsc_read();
		int64_t ns = mc_now_ns();
		uint64_t after = mc_tsc_read();

		/* It can go backwards where the counters of two CPUs differ. */
		if (after <= before || after - before >= moment->doubt)
			continue;
		moment->tsc = before + (after - before) / 2;
		moment->monotonic_ns = ns;
		moment->doubt = after - before;
	}
	return moment->doubt != UINT64_MAX;
}

double mc_tsc_hz(const struct mc_tsc_moment *from, const struct mc_tsc_moment *to, double *doubt)
{
	double counts = to->tsc - from->tsc;

	if (to->tsc <= from->tsc || to->monotonic_ns <= from->monotonic_ns)
		return 0;
	if (doubt)
		*doubt = (from->doubt + to->doubt) / 2.0 / counts;
	return counts * 1e9 / (to->monotonic_ns - from->monotonic_ns);
}

int mc_tsc_measure(int64_t window_ns, double *hz)
{
	const struct timespec window = {window_ns / 1000000000, window_ns % 1000000000};
	struct mc_tsc_moment from, to;
	double doubt = 0;
	int i;

	if (!mc_tsc_is_steady())
		return -1;
	for (i = 0; i < MEASURE_TRIES; i++) {
		if (!mc_tsc_moment(&from))
			return -1;
		nanosleep(&window, NULL);
		if (!mc_tsc_moment(&to))
			return -1;
		*hz = mc_tsc_hz(&from, &to, &doubt);
		if (*hz > 0 && doubt <= DOUBT_MAX)
			return 0;
	}
	return -1;
}
