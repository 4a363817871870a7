// SPDX-License-Identifier: GPL-2.0
/*
 * bench_analysis.c - how fast, and in how much memory, ticks become statistics
 *
 * usage: bench_analysis pages [SECONDS]
 *        bench_analysis stream CPUS HOURS
 *
 * "pages" decodes ring-buffer pages of two CPUs, made as the kernel makes them, over
 * and over for at least SECONDS: samples per second on one core. "stream" feeds the
 * analysis what CPUS would give in HOURS at 1 ms, made as it goes: peak memory. Each
 * prints a line of JSON, and exits with 1 where the figure is not what is promised.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel/raw_page.h"
#include "memory_collector/pages.h"
#include "memory_collector/sizes.h"

#define LENGTH 1000000ULL
#define FIRST_TICK 1000000ULL
#define EVENTS_PER_PAGE 78
#define PAGES_PER_CPU 8192
#define PAGES_CPUS 2
#define STREAM_CPUS 1024

#define PROMISED_PER_SECOND 5e6
#define PROMISED_MIB 64.0

static void die(const char *what)
{
	fprintf(stderr, "bench_analysis: %s\n", what);
	exit(1);
}

static double cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* getrusage() would count what the process was before it became this program. */
static double peak_mib(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	unsigned long kib = 0;
	char line[256];

	while (file && !kib && fgets(line, sizeof(line), file))
		sscanf(line, "VmHWM: %lu kB", &kib);
	if (!kib)
		die("no VmHWM in /proc/self/status");
	fclose(file);
	return (double)kib / 1024;
}

/* The ticks of one CPU: most a few us late, some much later, one of 2^14 stalls */
struct ticker {
	uint64_t random, next;
	struct mc_totals totals;
};

static inline void ticker_step(struct ticker *ticker, struct mc_sample *sample)
{
	uint64_t random = ticker->random;

	random ^= random << 13;
	random ^= random >> 7;
	random ^= random << 17;
	ticker->random = random;
	sample->tick = ticker->next;
	sample->delta_ns = (int64_t)(1500 + (random & 1023));
	if (!(random >> 58))
		sample->delta_ns += (int64_t)(random >> 32 & 0xffff);
	if (!(random >> 50))
		sample->delta_ns += (int64_t)(random & 0xffffff);
	sample->entry_ns = sample->delta_ns - 300 - (int64_t)(random >> 20 & 127);
	sample->missed = 0;
	sample->stolen_ns = 0;
	if (sample->delta_ns >= (int64_t)LENGTH)
		sample->missed = (uint64_t)sample->delta_ns / LENGTH;
	ticker->next += sample->missed + 1;
}

static void ticker_begin(struct ticker *ticker, unsigned int cpu)
{
	*ticker = (struct ticker){
		.random = 0x9e3779b97f4a7c15ULL * (cpu + 1),
		.next = FIRST_TICK,
		.totals.cpu = cpu,
	};
}

/* What the kernel's totals would be for a window that ends at @k1 */
static void ticker_count(struct ticker *ticker, const struct mc_sample *sample, uint64_t k1)
{
	uint64_t after = sample->tick + 1, to = after + sample->missed;

	ticker->totals.started++;
	ticker->totals.missed += (to < k1 ? to : k1) - after;
}

static struct mc_analysis *new_analysis(unsigned int n_cpus, const unsigned int *cpus, uint64_t k1)
{
	struct mc_analysis_config config = {
		.interval_ns = LENGTH,
		.k0 = FIRST_TICK,
		.k1 = k1,
		.n_cpus = n_cpus,
		.cpus = cpus,
	};
	struct mc_failure failure = {0};
	struct mc_analysis *analysis = mc_analysis_new(&config, &failure);

	if (!analysis)
		die(failure.text);
	return analysis;
}

/* Finish and check: a benchmark of wrong results would show nothing. */
static uint64_t finish(struct mc_analysis *analysis, const struct ticker *tickers,
		       unsigned int n_cpus, uint64_t k1)
{
	static struct mc_totals totals[STREAM_CPUS];
	static uint64_t lost[STREAM_CPUS];
	struct mc_ticks *result = calloc(1, sizeof(*result));
	char reason[MC_TEXT_MAX];
	struct mc_failure failure = {0};
	uint64_t samples;

	if (!result)
		die("no memory");
	for (unsigned int cpu = 0; cpu < n_cpus; cpu++)
		totals[cpu] = tickers[cpu].totals;
	if (mc_analysis_settle(analysis, totals, lost, (int64_t)(k1 * LENGTH), &failure) ||
	    mc_analysis_finish(analysis, result, reason, sizeof(reason), &failure))
		die(failure.text);
	mc_analysis_free(analysis);
	samples = result->samples;
	if (*reason)
		die(reason);
	if (result->corrected.count != result->expected_ticks || !result->skew.count)
		die("the result does not hold what was put in");
	free(result->delta_histogram.bucket);
	free(result->corrected_histogram.bucket);
	free(result->skew_histogram.bucket);
	free(result->cpu);
	free(result->timeline.cpu_max);
	free(result);
	return samples;
}

static void read_text(const char *name, char *text, size_t room)
{
	char path[1024];
	FILE *file;

	snprintf(path, sizeof(path), "%s/ring_buffer/%s", UNIT_DATA, name);
	file = fopen(path, "re");
	if (!file)
		die(path);
	text[fread(text, 1, room - 1, file)] = '\0';
	fclose(file);
}

static struct mc_pages *new_pages(void)
{
	static char header_page[1024], event_format[4096];
	struct mc_failure failure = {0};
	struct mc_pages *pages;

	read_text("header_page", header_page, sizeof(header_page));
	read_text("stolen/format", event_format, sizeof(event_format));
	pages = mc_pages_new(header_page, strlen(header_page), event_format, strlen(event_format),
			     RAW_PAGE_SIZE, &failure);
	if (!pages)
		die(failure.text);
	return pages;
}

static void make_pages(struct raw_page *page, struct ticker *ticker)
{
	struct mc_sample sample;

	for (unsigned int n = 0; n < PAGES_PER_CPU; n++, page++) {
		raw_page_begin(page);
		for (unsigned int i = 0; i < EVENTS_PER_PAGE; i++) {
			ticker_step(ticker, &sample);
			ticker_count(ticker, &sample, UINT64_MAX);
			if (!raw_page_stolen_tick(page, RAW_TICK_ID, &sample))
				die("a page is too small");
		}
		raw_page_end(page, 0);
	}
}

static uint64_t decode_all(struct mc_pages *pages, struct raw_page *page[], uint64_t k1,
			   const struct ticker *tickers)
{
	static const unsigned int cpus[PAGES_CPUS] = {0, 1};
	struct mc_analysis *analysis = new_analysis(PAGES_CPUS, cpus, k1);
	unsigned int at[PAGES_CPUS] = {0};
	bool done[PAGES_CPUS] = {false};
	struct mc_failure failure = {0};
	int cpu;

	while ((cpu = mc_analysis_behind(analysis, done)) >= 0) {
		struct raw_page *next = &page[cpu][at[cpu]++];

		if (mc_pages_decode(pages, next->bytes, sizeof(next->bytes), (unsigned int)cpu,
				    analysis, &failure) < 0)
			die(failure.text);
		done[cpu] = at[cpu] == PAGES_PER_CPU;
	}
	return finish(analysis, tickers, PAGES_CPUS, k1);
}

static int bench_pages(double seconds)
{
	struct mc_pages *pages = new_pages();
	struct raw_page *page[PAGES_CPUS];
	struct ticker tickers[PAGES_CPUS];
	double begin, elapsed, per_second;
	uint64_t samples = 0, k1 = 0;

	for (unsigned int cpu = 0; cpu < PAGES_CPUS; cpu++) {
		page[cpu] = calloc(PAGES_PER_CPU, sizeof(*page[cpu]));
		if (!page[cpu])
			die("no memory for pages");
		ticker_begin(&tickers[cpu], cpu);
		make_pages(page[cpu], &tickers[cpu]);
		if (tickers[cpu].next > k1)
			k1 = tickers[cpu].next;
	}
	/* The CPU whose last tick is the earlier has the rest of the window open. */
	for (unsigned int cpu = 0; cpu < PAGES_CPUS; cpu++)
		tickers[cpu].totals.open = k1 - tickers[cpu].next;
	begin = cpu_seconds();
	do {
		samples += decode_all(pages, page, k1, tickers);
		elapsed = cpu_seconds() - begin;
	} while (elapsed < seconds);
	per_second = (double)samples / elapsed;
	printf("{\"benchmark\": \"pages\", \"samples\": %" PRIu64 ", \"cpu_seconds\": %.3f, "
	       "\"samples_per_second\": %.0f, \"promised\": %.0f}\n",
	       samples, elapsed, per_second, PROMISED_PER_SECOND);
	for (unsigned int cpu = 0; cpu < PAGES_CPUS; cpu++)
		free(page[cpu]);
	mc_pages_free(pages);
	return per_second >= PROMISED_PER_SECOND ? 0 : 1;
}

/* A page's worth of ticks of the CPU that is behind */
static bool feed(struct mc_analysis *analysis, unsigned int cpu, struct ticker *ticker, uint64_t k1)
{
	struct mc_failure failure = {0};
	struct mc_sample sample;

	for (unsigned int i = 0; i < EVENTS_PER_PAGE && ticker->next < k1; i++) {
		ticker_step(ticker, &sample);
		ticker_count(ticker, &sample, k1);
		if (mc_analysis_add(analysis, cpu, &sample, &failure))
			die(failure.text);
	}
	return ticker->next >= k1;
}

static int bench_stream(unsigned int n_cpus, double hours)
{
	static struct ticker tickers[STREAM_CPUS];
	static unsigned int cpus[STREAM_CPUS];
	static bool done[STREAM_CPUS];
	uint64_t k1 = FIRST_TICK + (uint64_t)(hours * 3600e9) / LENGTH;
	struct mc_analysis *analysis;
	double elapsed, mib;
	uint64_t samples;
	int cpu;

	for (unsigned int i = 0; i < n_cpus; i++) {
		ticker_begin(&tickers[i], i);
		cpus[i] = i;
	}
	analysis = new_analysis(n_cpus, cpus, k1);
	while ((cpu = mc_analysis_behind(analysis, done)) >= 0)
		done[cpu] = feed(analysis, (unsigned int)cpu, &tickers[cpu], k1);
	samples = finish(analysis, tickers, n_cpus, k1);
	elapsed = cpu_seconds();
	mib = peak_mib();
	printf("{\"benchmark\": \"stream\", \"cpus\": %u, \"hours\": %.4f, \"samples\": %" PRIu64
	       ", \"cpu_seconds\": %.1f, \"peak_rss_mib\": %.1f, \"promised_mib\": %.0f}\n",
	       n_cpus, hours, samples, elapsed, mib, PROMISED_MIB);
	return mib < PROMISED_MIB ? 0 : 1;
}

static double positive(const char *text, double max)
{
	char *end;
	double value = strtod(text, &end);

	if (*end || end == text || !(value > 0 && value <= max))
		die("usage: bench_analysis pages [SECONDS] | stream CPUS HOURS");
	return value;
}

int main(int argc, char **argv)
{
	if (argc >= 2 && argc <= 3 && !strcmp(argv[1], "pages"))
		return bench_pages(argc > 2 ? positive(argv[2], 3600) : 5);
	if (argc == 4 && !strcmp(argv[1], "stream"))
		return bench_stream((unsigned int)positive(argv[2], STREAM_CPUS),
				    positive(argv[3], 1000));
	die("usage: bench_analysis pages [SECONDS] | stream CPUS HOURS");
}
