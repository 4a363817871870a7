// SPDX-License-Identifier: GPL-2.0
/*
 * trace_instance.c - the kernel's ring buffers, as far as one run needs them
 *
 * Kept to what libtracefs 1.2 has. The events have to be read before the module
 * is unloaded: the kernel clears all buffers that had events of a module.
 */
#include "kernel/trace_instance.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <tracefs.h>
#include <unistd.h>

#include "base/nanoseconds.h"
#include "kernel/environment.h"
#include "memory_collector/pages.h"

#define EVENT_DIR "events/sync_timer_benchmark/tick"
/* An event has 52 bytes with its header; the rest is room for time stamps and page ends. */
#define EVENT_BYTES 64
/* Share of the available memory for the buffers of all CPUs */
#define MEMORY_SHARE 4

struct mc_trace {
	struct tracefs_instance *instance;
	struct mc_pages *pages;
	struct mc_analysis *analysis;
	size_t page_size;
	void *page;
	unsigned int n_cpus;
	const unsigned int *cpus;
	int *raw; /* [n_cpus] trace_pipe_raw */
	bool *done; /* [n_cpus] nothing more to read for now */
	bool threaded; /* the buffers do not hold everything */
	uint64_t round_ns; /* how often the thread reads */
	bool running;
	pthread_t thread;
	atomic_bool stop;
	int thread_result;
	struct mc_failure thread_failure;
};

/* ---- the instance ---- */

int mc_trace_check(struct mc_failure *failure)
{
	const char *dir = tracefs_tracing_dir();
	char path[4096];

	if (!dir)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "no tracefs: mount it (mount -t tracefs nodev /sys/kernel/tracing)");
	snprintf(path, sizeof(path), "%s/instances", dir);
	if (access(path, W_OK))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s: %s", path, strerror(errno));
	return 0;
}

static void instance_path(const char *name, char *path, size_t size)
{
	const char *dir = tracefs_tracing_dir();

	snprintf(path, size, "%s/instances/%s", dir ? dir : "", name);
}

bool mc_trace_exists(const char *name)
{
	char path[4096];

	instance_path(name, path, sizeof(path));
	return !access(path, F_OK);
}

int mc_trace_remove(const char *name, struct mc_failure *failure)
{
	char path[4096];

	instance_path(name, path, sizeof(path));
	if (!rmdir(path) || errno == ENOENT)
		return 0;
	return mc_fail(failure, MC_EXIT_ENVIRONMENT,
		       "cannot remove trace instance %s: %s; is something reading from it?", path,
		       strerror(errno));
}

struct mc_trace *mc_trace_new(struct mc_failure *failure)
{
	struct mc_trace *trace = calloc(1, sizeof(*trace));

	if (!trace) {
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "trace instance: out of memory");
		return NULL;
	}
	trace->instance = tracefs_instance_create(MC_TRACE_INSTANCE);
	if (!trace->instance) {
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "cannot make trace instance %s: %s",
			MC_TRACE_INSTANCE, strerror(errno));
		free(trace);
		return NULL;
	}
	if (!tracefs_instance_is_new(trace->instance)) {
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "trace instance %s is there already",
			MC_TRACE_INSTANCE);
		tracefs_instance_free(trace->instance);
		free(trace);
		return NULL;
	}
	trace->page_size = sysconf(_SC_PAGESIZE);
	return trace;
}

static int write_file(struct mc_trace *trace, const char *file, const char *text,
		      struct mc_failure *failure)
{
	if (tracefs_instance_file_write(trace->instance, file, text) >= 0)
		return 0;
	return mc_fail(failure, MC_EXIT_ENVIRONMENT, "trace instance %s: writing %s to %s: %s",
		       MC_TRACE_INSTANCE, text, file, strerror(errno));
}

/* ---- start ---- */

static int set_size(struct mc_trace *trace, uint64_t ticks, uint64_t interval_ns,
		    struct mc_failure *failure)
{
	uint64_t wanted = (ticks + 1) * EVENT_BYTES + 2 * trace->page_size;
	uint64_t limit = mc_memory_available() / MEMORY_SHARE / trace->n_cpus;
	char text[32];

	trace->threaded = wanted > limit;
	if (trace->threaded)
		wanted = limit;
	/* Eight times while the buffer fills once, but no busier than is of use. */
	trace->round_ns = wanted / EVENT_BYTES * interval_ns / 8;
	if (trace->round_ns > NS_PER_S)
		trace->round_ns = NS_PER_S;
	snprintf(text, sizeof(text), "%" PRIu64, wanted / 1024 + 1);
	return write_file(trace, "buffer_size_kb", text, failure);
}

static int new_pages(struct mc_trace *trace, struct mc_failure *failure)
{
	int page_size = 0, format_size = 0;
	char *page = tracefs_instance_file_read(NULL, "events/header_page", &page_size);
	char *format =
		tracefs_instance_file_read(trace->instance, EVENT_DIR "/format", &format_size);

	if (page && format)
		trace->pages = mc_pages_new(page, page_size, format, format_size, trace->page_size,
					    failure);
	else
		mc_fail(failure, MC_EXIT_ENVIRONMENT,
			"%s/" EVENT_DIR "/format: %s; is the module's trace event missing?",
			tracefs_tracing_dir(), strerror(errno));
	free(page);
	free(format);
	return trace->pages ? 0 : -1;
}

static int open_raw(struct mc_trace *trace, unsigned int index, struct mc_failure *failure)
{
	char name[64], *path;

	snprintf(name, sizeof(name), "per_cpu/cpu%u/trace_pipe_raw", trace->cpus[index]);
	path = tracefs_instance_get_file(trace->instance, name);
	if (path)
		trace->raw[index] = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	tracefs_put_tracing_file(path);
	if (trace->raw[index] < 0)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "trace instance %s: %s: %s",
			       MC_TRACE_INSTANCE, name, strerror(errno));
	return 0;
}

int mc_trace_start(struct mc_trace *trace, const unsigned int *cpus, unsigned int n_cpus,
		   uint64_t ticks, uint64_t interval_ns, struct mc_failure *failure)
{
	unsigned int i;

	trace->cpus = cpus;
	trace->raw = malloc(n_cpus * sizeof(*trace->raw));
	trace->done = calloc(n_cpus, sizeof(*trace->done));
	trace->page = malloc(trace->page_size);
	if (!trace->raw || !trace->done || !trace->page)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "trace instance: out of memory");
	for (i = 0; i < n_cpus; i++)
		trace->raw[i] = -1;
	trace->n_cpus = n_cpus;
	if (set_size(trace, ticks, interval_ns, failure) || new_pages(trace, failure))
		return -1;
	for (i = 0; i < n_cpus; i++) {
		if (open_raw(trace, i, failure))
			return -1;
	}
	return write_file(trace, EVENT_DIR "/enable", "1", failure);
}

/* ---- reading ---- */

/* Read one page of a CPU, or find that there is none for now. */
static int read_page(struct mc_trace *trace, int index, struct mc_failure *failure)
{
	ssize_t size = read(trace->raw[index], trace->page, trace->page_size);

	if (size < 0 && errno == EINTR)
		return 0;
	/* A CPU that has not been online since the instance was made has no buffer yet. */
	if (!size || (size < 0 && (errno == EAGAIN || errno == ENODEV))) {
		trace->done[index] = true;
		return 0;
	}
	if (size < 0)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "trace instance %s: reading the buffer of CPU %u: %s",
			       MC_TRACE_INSTANCE, trace->cpus[index], strerror(errno));
	return mc_pages_decode(trace->pages, trace->page, size, index, trace->analysis, failure) < 0
		       ? -1
		       : 0;
}

/* Read until all buffers are empty; the CPU that is behind comes first, for the skew. */
static int read_round(struct mc_trace *trace, struct mc_failure *failure)
{
	int index;

	memset(trace->done, 0, trace->n_cpus * sizeof(*trace->done));
	while ((index = mc_analysis_behind(trace->analysis, trace->done)) >= 0) {
		if (read_page(trace, index, failure))
			return -1;
	}
	return 0;
}

static void *read_thread(void *data)
{
	struct mc_trace *trace = data;
	struct timespec pause = {
		.tv_sec = trace->round_ns / NS_PER_S,
		.tv_nsec = trace->round_ns % NS_PER_S,
	};

	while (!atomic_load(&trace->stop) && !trace->thread_result) {
		trace->thread_result = read_round(trace, &trace->thread_failure);
		nanosleep(&pause, NULL);
	}
	return NULL;
}

int mc_trace_read(struct mc_trace *trace, struct mc_analysis *analysis, struct mc_failure *failure)
{
	int error;

	trace->analysis = analysis;
	if (!trace->threaded)
		return 0;
	error = pthread_create(&trace->thread, NULL, read_thread, trace);
	if (error)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "cannot start the reader: %s",
			       strerror(error));
	trace->running = true;
	return 0;
}

static void join(struct mc_trace *trace)
{
	if (!trace->running)
		return;
	atomic_store(&trace->stop, true);
	pthread_join(trace->thread, NULL);
	trace->running = false;
}

int mc_trace_stop(struct mc_trace *trace, struct mc_failure *failure)
{
	if (write_file(trace, EVENT_DIR "/enable", "0", failure))
		return -1;
	return write_file(trace, "tracing_on", "0", failure);
}

/* ---- what was lost ---- */

int64_t mc_parse_trace_stats(const char *text)
{
	static const char *const names[] = {"overrun: ", "commit overrun: ", "dropped events: "};
	int64_t lost = 0;
	size_t i, found = 0;

	while (*text) {
		for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			const char *number = text + strlen(names[i]);
			int64_t value;

			if (strncmp(text, names[i], strlen(names[i])))
				continue;
			if (sscanf(number, "%" SCNd64, &value) != 1 || value < 0 ||
			    __builtin_add_overflow(lost, value, &lost))
				return -1;
			found++;
		}
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return found == sizeof(names) / sizeof(names[0]) ? lost : -1;
}

static int read_lost(struct mc_trace *trace, unsigned int index, uint64_t *lost,
		     struct mc_failure *failure)
{
	char name[64], *text;
	int64_t value = -1;

	snprintf(name, sizeof(name), "per_cpu/cpu%u/stats", trace->cpus[index]);
	text = tracefs_instance_file_read(trace->instance, name, NULL);
	if (text)
		value = mc_parse_trace_stats(text);
	free(text);
	if (value < 0)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "trace instance %s: %s does not say what was lost",
			       MC_TRACE_INSTANCE, name);
	*lost = value;
	return 0;
}

int mc_trace_finish(struct mc_trace *trace, uint64_t *lost, struct mc_failure *failure)
{
	unsigned int i;

	join(trace);
	if (trace->thread_result) {
		*failure = trace->thread_failure;
		return -1;
	}
	if (read_round(trace, failure))
		return -1;
	for (i = 0; i < trace->n_cpus; i++) {
		if (read_lost(trace, i, &lost[i], failure))
			return -1;
	}
	return 0;
}

int mc_trace_free(struct mc_trace *trace, struct mc_failure *failure)
{
	struct mc_failure ignored;
	unsigned int i;
	int result;

	if (!trace)
		return 0;
	join(trace);
	for (i = 0; i < trace->n_cpus; i++) {
		if (trace->raw[i] >= 0)
			close(trace->raw[i]);
	}
	tracefs_instance_free(trace->instance);
	result = mc_trace_remove(MC_TRACE_INSTANCE, failure ? failure : &ignored);
	mc_pages_free(trace->pages);
	free(trace->raw);
	free(trace->done);
	free(trace->page);
	free(trace);
	return result;
}
