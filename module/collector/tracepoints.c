// SPDX-License-Identifier: GPL-2.0
/*
 * tracepoints.c - the collector's events, and rmid_existing for whoever switches it on
 *
 * The kernel calls a class's reg() when an instance enables an event. Ours notes the
 * recorder, and a work then writes the RMIDs in use to that recorder alone, again and
 * again until it took them all: an instance whose recording is still off takes none.
 */
#define pr_fmt(fmt) "Memory Collector: " fmt

#include "collector/tracepoints.h"

#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/trace_events.h>
#include <linux/workqueue.h>

/* Every class calls this; from here on the name means ours. */
static int register_event(struct trace_event_call *call, enum trace_reg type, void *data);

#define trace_event_reg register_event
#define CREATE_TRACE_POINTS
#include "collector/memory_collector_trace.h"
#undef trace_event_reg

/* The first attempt leaves time to enable what else is to be recorded. */
#define FIRST_PAUSE_MS 20
#define LONGEST_PAUSE_MS 1000
/* Attempts for a recorder that a filter hides from us, or that takes a part: 10 s in all */
#define MOST_ATTEMPTS 15
/*
 * Samples of what does not move, for a recorder of samples alone: it switches the event on
 * first and recording later, and takes no rmid_existing that would show when. 1.3 s in all
 */
#define SAMPLES_ATTEMPTS 6

/**
 * struct recorder - an instance in which rmid_existing is enabled
 * @list: in recorders
 * @file: the event in that instance
 * @attempts: dumps made for it
 * @told: it took one, nothing more is owed
 */
struct recorder {
	struct list_head list;
	struct trace_event_file *file;
	u32 attempts;
	bool told;
};

/**
 * struct dump - the one that is being written, with dump_mutex held
 * @file: to whom alone; NULL for everybody
 * @sent: RMIDs in use
 * @written: those that @file took
 */
struct dump {
	struct trace_event_file *file;
	u32 sent;
	u32 written;
};

/* Changes once, while events come: when resctrl takes the registers over. */
static u8 source;

/* Protects what follows. Nests inside the kernel's event_mutex. */
static DEFINE_MUTEX(dump_mutex);
static LIST_HEAD(recorders);
static struct rmid_allocator *allocator;
static struct sampler *sampler;
static bool closed;
static struct dump dump;
static u32 pause_ms;
static u32 samples_owed;

static void tell_recorders(struct work_struct *work);
static DECLARE_DELAYED_WORK(telling, tell_recorders);

static void given(u32 rmid, const struct rmid_info *info)
{
	trace_rmid_alloc(rmid, info, READ_ONCE(source));
}

static void freed(u32 rmid, const struct rmid_info *info)
{
	trace_rmid_free(rmid, info, READ_ONCE(source));
}

static void renamed(u32 rmid, const struct rmid_info *info)
{
	trace_rmid_exec(rmid, info, READ_ONCE(source));
}

/* Context: within rmid_allocator_dump(), with dump_mutex held and interrupts off. */
static void existing(u32 rmid, const struct rmid_info *info)
{
	dump.sent++;
	if (dump.file)
		trace_event_raw_event_rmid_existing(dump.file, rmid, info, READ_ONCE(source));
	else
		trace_rmid_existing(rmid, info, READ_ONCE(source));
}

const struct rmid_allocator_events tracepoints_rmid_events = {
	.given = given,
	.freed = freed,
	.renamed = renamed,
	.existing = existing,
};

/* Context: within existing(); also for recorders that @dump is not for. */
void tracepoints_existing_written(const void *recorder)
{
	if (recorder == dump.file)
		dump.written++;
}

static void write_dump(struct trace_event_file *file)
{
	lockdep_assert_held(&dump_mutex);
	dump = (struct dump){.file = file};
	rmid_allocator_dump(allocator);
}

static void tell_samples(void)
{
	lockdep_assert_held(&dump_mutex);
	if (sampler)
		sampler_tell_all(sampler);
}

void tracepoints_dump(void)
{
	mutex_lock(&dump_mutex);
	write_dump(NULL);
	tell_samples();
	mutex_unlock(&dump_mutex);
}

/*
 * The kernel fills in a record before it asks a filter, or finds that the event waits for
 * a trigger, and then drops it: what was filled in proves nothing.
 */
static bool took_all(const struct recorder *recorder)
{
	unsigned long flags = READ_ONCE(recorder->file->flags);

	if (flags & EVENT_FILE_FL_SOFT_DISABLED)
		return false;
	if (flags & EVENT_FILE_FL_FILTERED)
		return recorder->attempts >= MOST_ATTEMPTS;
	/* Some but not all: its buffer is too small, and trying for ever would keep it full. */
	if (dump.written && dump.written < dump.sent)
		return recorder->attempts >= MOST_ATTEMPTS;
	return dump.sent && dump.written == dump.sent;
}

/* Return: something is still owed. */
static bool tell(struct recorder *recorder)
{
	if (recorder->told)
		return false;
	write_dump(recorder->file);
	recorder->attempts++;
	recorder->told = took_all(recorder);
	/* Now that it is known to record: what does not move, once */
	if (recorder->told)
		tell_samples();
	return !recorder->told;
}

static void tell_soon(void)
{
	lockdep_assert_held(&dump_mutex);
	pause_ms = FIRST_PAUSE_MS;
	/* Not mod_delayed_work(): the queue it has to name has another name on later kernels. */
	cancel_delayed_work(&telling);
	schedule_delayed_work(&telling, msecs_to_jiffies(pause_ms));
}

static void tell_recorders(struct work_struct *work)
{
	struct recorder *recorder;
	bool owed = false;

	mutex_lock(&dump_mutex);
	if (allocator) {
		list_for_each_entry (recorder, &recorders, list)
			owed |= tell(recorder);
		if (samples_owed) {
			tell_samples();
			owed |= --samples_owed > 0;
		}
	}
	if (owed) {
		pause_ms = min(2 * pause_ms, LONGEST_PAUSE_MS);
		schedule_delayed_work(&telling, msecs_to_jiffies(pause_ms));
	}
	mutex_unlock(&dump_mutex);
}

static void owe_samples(void)
{
	mutex_lock(&dump_mutex);
	samples_owed = SAMPLES_ATTEMPTS;
	if (allocator)
		tell_soon();
	mutex_unlock(&dump_mutex);
}

static int add_recorder(struct trace_event_file *file)
{
	struct recorder *recorder = kzalloc(sizeof(*recorder), GFP_KERNEL);

	if (!recorder)
		return -ENOMEM;
	recorder->file = file;
	mutex_lock(&dump_mutex);
	if (closed) {
		kfree(recorder);
	} else {
		list_add_tail(&recorder->list, &recorders);
		if (allocator)
			tell_soon();
	}
	mutex_unlock(&dump_mutex);
	return 0;
}

/* NULL: all of them */
static void remove_recorders(const struct trace_event_file *file)
{
	struct recorder *recorder, *next;

	lockdep_assert_held(&dump_mutex);
	list_for_each_entry_safe (recorder, next, &recorders, list) {
		if (file && recorder->file != file)
			continue;
		list_del(&recorder->list);
		kfree(recorder);
	}
}

static void remove_recorder(const struct trace_event_file *file)
{
	mutex_lock(&dump_mutex);
	remove_recorders(file);
	mutex_unlock(&dump_mutex);
}

/*
 * Context: process, under the kernel's event_mutex; also before tracepoints_open() and after
 * tracepoints_close(), as long as the module is there.
 */
static int register_event(struct trace_event_call *call, enum trace_reg type, void *data)
{
	bool watched = !strcmp(trace_event_name(call), "rmid_existing");
	bool sample = !strcmp(trace_event_name(call), "rdt_sample");
	int err;

	if (watched && type == TRACE_REG_UNREGISTER)
		remove_recorder(data);
	err = trace_event_reg(call, type, data);
	if (!err && watched && type == TRACE_REG_REGISTER) {
		err = add_recorder(data);
		if (err)
			trace_event_reg(call, TRACE_REG_UNREGISTER, data);
	}
	if (!err && sample && (type == TRACE_REG_REGISTER || type == TRACE_REG_PERF_REGISTER))
		owe_samples();
	return err;
}

void tracepoints_source(enum rdt_source from)
{
	WRITE_ONCE(source, from);
}

void tracepoints_open(struct rmid_allocator *from, struct sampler *samples)
{
	mutex_lock(&dump_mutex);
	allocator = from;
	sampler = samples;
	if (!list_empty(&recorders) || samples_owed)
		tell_soon();
	mutex_unlock(&dump_mutex);
}

/*
 * The kernel switches the events of a module off when it is unloaded, but not one that a
 * trigger (stacktrace, snapshot) waits on: it never takes that recorder back, so this does.
 */
void tracepoints_close(void)
{
	mutex_lock(&dump_mutex);
	allocator = NULL;
	sampler = NULL;
	closed = true;
	remove_recorders(NULL);
	mutex_unlock(&dump_mutex);
	cancel_delayed_work_sync(&telling);
}
