// SPDX-License-Identifier: GPL-2.0
/*
 * trace.c - the collector's events through libtracefs
 *
 * Kept to what libtracefs 1.2 has. The events have to be read before the modules are
 * unloaded: the kernel clears all buffers that had events of a module.
 */
#include "collector/trace.h"

#include <dirent.h>
#include <errno.h>
#include <event-parse.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tracefs.h>
#include <unistd.h>

#include "base/file_text.h"
#include "kernel/trace_instance.h"
#include "memory_collector/child.h"

/* ---- which events there are ---- */

#define COLLECTOR "memory_collector"
#define SIMULATION "rdt_sim"

static const struct {
	const char *system, *name;
} kinds[MC_EVENT_KINDS] = {
	[MC_RMID_ALLOC] = {COLLECTOR, "rmid_alloc"},
	[MC_RMID_FREE] = {COLLECTOR, "rmid_free"},
	[MC_RMID_EXEC] = {COLLECTOR, "rmid_exec"},
	[MC_RMID_EXISTING] = {COLLECTOR, "rmid_existing"},
	[MC_RDT_SAMPLE] = {COLLECTOR, "rdt_sample"},
	[MC_RESCTRL_MOUNTED] = {COLLECTOR, "resctrl_mounted"},
	[MC_PQR_AUDIT] = {SIMULATION, "pqr_audit"},
	[MC_PQR_WRITE] = {SIMULATION, "pqr_write"},
};

#define FIELD(field)                                     \
	{                                                \
#field, offsetof(struct mc_event, field) \
	}

/* Numbers, all of 8 bytes in struct mc_event; comm is apart */
static const struct {
	const char *name;
	size_t offset;
} fields[] = {
	FIELD(tgid),	    FIELD(pid),		  FIELD(rmid),	  FIELD(generation),
	FIELD(given_ns),    FIELD(freed_ns),	  FIELD(source),  FIELD(tick),
	FIELD(boundary_ns), FIELD(domain),	  FIELD(gaps),	  FIELD(occupancy_bytes),
	FIELD(total_bytes), FIELD(local_bytes),	  FIELD(value),	  FIELD(occupancy_state),
	FIELD(total_state), FIELD(local_state),	  FIELD(from_ns), FIELD(to_ns),
	FIELD(exiting),	    FIELD(kernel_thread),
};

#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

/* Where an event has its fields; NULL where it has no such field */
struct layout {
	int id;
	struct tep_format_field *field[N_FIELDS], *comm;
};

struct mc_collector_trace {
	struct tracefs_instance *instance;
	struct tep_handle *tep;
	unsigned int kinds;
	struct layout layout[MC_EVENT_KINDS];
	bool (*over)(void *data);
	void *over_data;
};

/* ---- making and removing ---- */

static int write_file(struct mc_collector_trace *trace, const char *file, const char *text,
		      struct mc_failure *failure)
{
	if (tracefs_instance_file_write(trace->instance, file, text) >= 0)
		return 0;
	return mc_fail(failure, MC_EXIT_ENVIRONMENT, "trace instance %s: writing %s to %s: %s",
		       tracefs_instance_get_name(trace->instance), text, file, strerror(errno));
}

static int set_event(struct mc_collector_trace *trace, int kind, const char *text,
		     struct mc_failure *failure)
{
	char path[128];

	if (!(trace->kinds & MC_KIND(kind)))
		return 0;
	snprintf(path, sizeof(path), "events/%s/%s/enable", kinds[kind].system, kinds[kind].name);
	return write_file(trace, path, text, failure);
}

/*
 * Those about owners begin and end at the same moment: an RMID whose owner leaves while
 * the one event is on and the other is not would look as if it were shared.
 */
static int record(struct mc_collector_trace *trace, bool on, struct mc_failure *failure)
{
	if (!(on ? tracefs_trace_on(trace->instance) : tracefs_trace_off(trace->instance)))
		return 0;
	return mc_fail(failure, MC_EXIT_ENVIRONMENT, "trace instance %s: cannot switch it %s: %s",
		       tracefs_instance_get_name(trace->instance), on ? "on" : "off",
		       strerror(errno));
}

/* Owners before samples and audits, and the other way round: none of those of nobody. */
static int events_on(struct mc_collector_trace *trace, struct mc_failure *failure)
{
	int kind, result = record(trace, false, failure);

	for (kind = 0; kind < MC_EVENT_KINDS && !result; kind++) {
		if (kind == MC_RDT_SAMPLE)
			result = record(trace, true, failure);
		if (!result)
			result = set_event(trace, kind, "1", failure);
	}
	return result;
}

static int events_off(struct mc_collector_trace *trace, struct mc_failure *failure)
{
	int kind, result = 0;

	for (kind = MC_EVENT_KINDS - 1; kind >= 0 && !result; kind--) {
		result = set_event(trace, kind, "0", failure);
		if (kind == MC_RDT_SAMPLE && !result)
			result = record(trace, false, failure);
	}
	return result;
}

static void find_layout(struct layout *layout, struct tep_event *event)
{
	size_t i;

	layout->id = event->id;
	layout->comm = tep_find_field(event, "comm");
	for (i = 0; i < N_FIELDS; i++)
		layout->field[i] = tep_find_field(event, fields[i].name);
}

/* Return: the event, NULL where there is none or it cannot be read. */
static struct tep_event *read_format(struct tep_handle *tep, int kind)
{
	const char *system = kinds[kind].system, *name = kinds[kind].name;
	char path[128], *text;
	int size = 0;
	bool good;

	snprintf(path, sizeof(path), "events/%s/%s/format", system, name);
	text = tracefs_instance_file_read(NULL, path, &size);
	good = text && !tep_parse_event(tep, text, size, system);
	free(text);
	return good ? tep_find_event_by_name(tep, system, name) : NULL;
}

/*
 * Of those that are recorded only: what libtracefs has for a whole system reads every symbol
 * of the kernel as well, which takes a guest a second and nothing here asks for.
 */
static int read_formats(struct mc_collector_trace *trace, struct mc_failure *failure)
{
	int kind, size = 0;
	char *page = tracefs_instance_file_read(NULL, "events/header_page", &size);

	trace->tep = tep_alloc();
	if (!page || !trace->tep || tep_parse_header_page(trace->tep, page, size, sizeof(long))) {
		free(page);
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "%s/events/header_page: cannot be read, or says nothing",
			       tracefs_tracing_dir());
	}
	free(page);
	for (kind = 0; kind < MC_EVENT_KINDS; kind++) {
		struct tep_event *event;

		if (!(trace->kinds & MC_KIND(kind)))
			continue;
		event = read_format(trace->tep, kind);
		if (!event)
			return mc_fail(failure, MC_EXIT_ENVIRONMENT,
				       "%s/events/%s/%s: there is no such event, or it cannot be "
				       "read; is the module loaded?",
				       tracefs_tracing_dir(), kinds[kind].system, kinds[kind].name);
		find_layout(&trace->layout[kind], event);
	}
	return 0;
}

static int start(struct mc_collector_trace *trace, unsigned int kib, struct mc_failure *failure)
{
	char size[32];

	snprintf(size, sizeof(size), "%u", kib);
	/* One clock for all CPUs, and the one that the events themselves speak of */
	if (write_file(trace, "trace_clock", "mono", failure) ||
	    write_file(trace, "buffer_size_kb", size, failure) || read_formats(trace, failure))
		return -1;
	return events_on(trace, failure);
}

struct mc_collector_trace *mc_collector_trace_new(const char *name, unsigned int wanted,
						  unsigned int kib, struct mc_failure *failure)
{
	struct mc_collector_trace *trace;

	if (mc_trace_check(failure))
		return NULL;
	trace = calloc(1, sizeof(*trace));
	if (!trace) {
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "trace instance: out of memory");
		return NULL;
	}
	trace->kinds = wanted;
	trace->instance = tracefs_instance_create(name);
	if (!trace->instance) {
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "cannot make trace instance %s: %s", name,
			strerror(errno));
	} else if (!tracefs_instance_is_new(trace->instance)) {
		mc_fail(failure, MC_EXIT_ENVIRONMENT,
			"there is a trace instance %s already: if nobody else is collecting, "
			"remove it (rmdir %s/instances/%s)",
			name, tracefs_tracing_dir(), name);
		tracefs_instance_free(trace->instance);
	} else if (!start(trace, kib, failure)) {
		return trace;
	} else {
		mc_collector_trace_free(trace);
		return NULL;
	}
	free(trace);
	return NULL;
}

int mc_collector_trace_stop(struct mc_collector_trace *trace, struct mc_failure *failure)
{
	return events_off(trace, failure);
}

/* @folder: of tracefs or of an instance */
static bool switched_on(const char *folder, int kind)
{
	char path[4096 + 256], state[8];

	snprintf(path, sizeof(path), "%s/events/%s/%s/enable", folder, kinds[kind].system,
		 kinds[kind].name);
	/* "1", or "1*" where a trigger can switch it off */
	return mc_file_text(path, state, sizeof(state)) > 0 && *state == '1';
}

bool mc_collector_trace_elsewhere(const struct mc_collector_trace *trace, int kind)
{
	const char *ours = tracefs_instance_get_name(trace->instance);
	bool found = switched_on(tracefs_tracing_dir(), kind);
	char path[2048];
	struct dirent *entry;
	DIR *instances;

	snprintf(path, sizeof(path), "%s/instances", tracefs_tracing_dir());
	instances = opendir(path);
	while (instances && !found && (entry = readdir(instances))) {
		char folder[4096];

		if (entry->d_name[0] == '.' || !strcmp(entry->d_name, ours))
			continue;
		snprintf(folder, sizeof(folder), "%s/%s", path, entry->d_name);
		found = switched_on(folder, kind);
	}
	if (instances)
		closedir(instances);
	return found;
}

void mc_collector_trace_free(struct mc_collector_trace *trace)
{
	struct mc_failure unused;

	if (!trace)
		return;
	events_off(trace, &unused);
	tracefs_instance_destroy(trace->instance);
	tracefs_instance_free(trace->instance);
	tep_free(trace->tep);
	free(trace);
}

/* ---- reading ---- */

/* How many events are decoded between two looks at whether that is to go on */
#define LOOK_EVERY 256

struct reading {
	struct mc_collector_trace *trace;
	void (*take)(void *data, const struct mc_event *event);
	void *data;
	unsigned int n;
	bool stopped; /* by us, not by an error or for want of events */
	struct mc_failure *failure;
};

static void decode(const struct reading *reading, const struct layout *layout,
		   const struct tep_record *record, struct mc_event *event)
{
	size_t i;

	for (i = 0; i < N_FIELDS; i++) {
		struct tep_format_field *field = layout->field[i];
		unsigned long long value;

		if (!field || tep_read_number_field(field, record->data, &value))
			continue;
		if (field->flags & TEP_FIELD_IS_SIGNED && field->size == 4)
			value = (int64_t)(int32_t)value;
		memcpy((char *)event + fields[i].offset, &value, sizeof(uint64_t));
	}
	if (layout->comm && layout->comm->size <= MC_COMM_LENGTH)
		memcpy(event->comm, (const char *)record->data + layout->comm->offset,
		       layout->comm->size);
	event->comm[MC_COMM_LENGTH - 1] = '\0';
}

/*
 * Where events come as fast as they are decoded, reading would never come to an end: so it
 * is from within it that recording is switched off, and what is left then has an end.
 *
 * Return: not 0 to stop here.
 */
static int look(struct reading *reading)
{
	struct mc_collector_trace *trace = reading->trace;

	if (++reading->n % LOOK_EVERY)
		return 0;
	reading->stopped = mc_stop_requested();
	if (!reading->stopped && trace->over && trace->over(trace->over_data)) {
		trace->over = NULL;
		reading->stopped = events_off(trace, reading->failure);
	}
	return reading->stopped;
}

static int on_record(struct tep_event *tep_event, struct tep_record *record, int cpu, void *data)
{
	struct reading *reading = data;
	const struct mc_collector_trace *trace = reading->trace;
	int kind;

	for (kind = 0; kind < MC_EVENT_KINDS; kind++) {
		struct mc_event event = {.kind = kind, .cpu = cpu, .time_ns = record->ts};

		if (!(trace->kinds & MC_KIND(kind)) || trace->layout[kind].id != tep_event->id)
			continue;
		decode(reading, &trace->layout[kind], record, &event);
		reading->take(reading->data, &event);
		break;
	}
	return look(reading);
}

void mc_collector_trace_until(struct mc_collector_trace *trace, bool (*over)(void *data),
			      void *data)
{
	trace->over = over;
	trace->over_data = data;
}

int mc_collector_trace_read(struct mc_collector_trace *trace,
			    void (*take)(void *data, const struct mc_event *event), void *data,
			    struct mc_failure *failure)
{
	struct reading reading = {.trace = trace, .take = take, .data = data, .failure = failure};
	int result;

	failure->text[0] = '\0';
	result = tracefs_iterate_raw_events(trace->tep, trace->instance, NULL, 0, on_record,
					    &reading);
	if (reading.stopped)
		return failure->text[0] ? -1 : 0;
	if (result < 0)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "trace instance %s: reading: %s",
			       tracefs_instance_get_name(trace->instance), strerror(errno));
	return 0;
}

int64_t mc_collector_trace_lost(struct mc_collector_trace *trace, struct mc_failure *failure)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF), cpu;
	int64_t lost = 0;

	for (cpu = 0; cpu < cpus; cpu++) {
		char name[64], *text;
		int64_t value;

		snprintf(name, sizeof(name), "per_cpu/cpu%ld/stats", cpu);
		text = tracefs_instance_file_read(trace->instance, name, NULL);
		value = text ? mc_parse_trace_stats(text) : -1;
		free(text);
		if (value < 0)
			return mc_fail(failure, MC_EXIT_ENVIRONMENT,
				       "trace instance %s: %s does not say what was lost",
				       tracefs_instance_get_name(trace->instance), name);
		lost += value;
	}
	return lost;
}
