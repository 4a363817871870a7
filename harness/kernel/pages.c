// SPDX-License-Identifier: GPL-2.0
/*
 * pages.c - from raw ring-buffer pages to samples
 *
 * libtraceevent reads the format files and the records' headers; the loop over
 * a page is here, one record at a time, because kbuffer_load_subbuffer() and
 * kbuffer_next_event() believe every length they read and a damaged page sends
 * them round in circles. The ring buffer's time stamps are not used: a tick's
 * event holds its own.
 */
#include "memory_collector/pages.h"

#include <event-parse.h>
#include <inttypes.h>
#include <kbuffer.h>
#include <stdlib.h>
#include <string.h>

#define EVENT_SYSTEM "sync_timer_benchmark"
#define EVENT_NAME "tick"

/* In a page's commit word: events before the page are missing; the rest is flags or length */
#define PAGE_MISSED_EVENTS (1UL << 31)
#define PAGE_LENGTH_MASK ((1UL << 27) - 1)

/* A record's header, and the word that may follow: what is read before lengths are known */
#define RECORD_HEADER 4
#define RECORD_PEEK 8

#define PAGE_MIN 64
#define PAGE_MAX (64UL << 20)

enum { FIELD_TICK, FIELD_DELTA, FIELD_ENTRY, FIELD_MISSED, FIELD_STOLEN, N_FIELDS };

static const struct {
	const char *name;
	int size;
	bool is_signed;
	bool optional; /* 0 in the events of a module that has no such field */
} fields[N_FIELDS] = {
	[FIELD_TICK] = {"tick", 8, false, false},    [FIELD_DELTA] = {"delta", 8, true, false},
	[FIELD_ENTRY] = {"entry", 8, true, false},   [FIELD_MISSED] = {"missed", 8, false, false},
	[FIELD_STOLEN] = {"stolen", 4, false, true},
};

/**
 * struct mc_pages - what is known of pages and of the event
 * @kbuffer: reads records
 * @long_size: bytes of the page's commit word
 * @data: where in a page the records begin
 * @page_size: of a page
 * @copy: the page being decoded, and RECORD_PEEK bytes that may be read after it
 * @id: number of the event
 * @id_at: offset of the number in a record
 * @at: offsets of the fields in a record; 0: there is no such field
 * @event_size: a record of the event has at least this many bytes
 */
struct mc_pages {
	struct kbuffer *kbuffer;
	unsigned int long_size;
	size_t data;
	size_t page_size;
	uint8_t *copy;
	uint16_t id;
	size_t id_at;
	size_t at[N_FIELDS];
	size_t event_size;
};

static int read_header_page(struct mc_pages *pages, struct tep_handle *tep, const char *text,
			    size_t size, struct mc_failure *failure)
{
	char *copy = strndup(text, size);
	int timestamp_size, long_size;

	if (!copy)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "events/header_page: no memory");
	/* An empty text stands for the layout of kernels before 2.6.31: not what is meant here. */
	if (*copy)
		tep_parse_header_page(tep, copy, strlen(copy), sizeof(long));
	free(copy);
	timestamp_size = tep_get_header_timestamp_size(tep);
	long_size = tep_get_header_page_size(tep);
	if (timestamp_size != 8 || (long_size != 4 && long_size != 8) || tep_is_old_format(tep))
		return mc_fail(
			failure, MC_EXIT_ENVIRONMENT,
			"events/header_page: a time stamp of %d and a commit word of %d bytes "
			"are not those of a ring buffer that this program knows",
			timestamp_size, long_size);
	pages->long_size = (unsigned int)long_size;
	pages->data = 8 + pages->long_size;
	return 0;
}

static int find_field(struct mc_pages *pages, struct tep_event *event, unsigned int i,
		      struct mc_failure *failure)
{
	struct tep_format_field *field = tep_find_field(event, fields[i].name);
	const char *sign = fields[i].is_signed ? "signed" : "unsigned";

	if (!field && fields[i].optional)
		return 0;
	if (!field)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "event %s:%s has no field %s: the module is not of this version",
			       EVENT_SYSTEM, EVENT_NAME, fields[i].name);
	if (field->size != fields[i].size || field->offset < 0 || field->offset > UINT16_MAX ||
	    field->flags & (TEP_FIELD_IS_ARRAY | TEP_FIELD_IS_DYNAMIC | TEP_FIELD_IS_POINTER) ||
	    !(field->flags & TEP_FIELD_IS_SIGNED) == fields[i].is_signed)
		return mc_fail(
			failure, MC_EXIT_ENVIRONMENT,
			"event %s:%s: field %s at offset %d is \"%s\" of %d bytes, not %d bit "
			"%s: the module is not of this version",
			EVENT_SYSTEM, EVENT_NAME, fields[i].name, field->offset, field->type,
			field->size, 8 * fields[i].size, sign);
	pages->at[i] = (size_t)field->offset;
	if (pages->event_size < pages->at[i] + fields[i].size)
		pages->event_size = pages->at[i] + fields[i].size;
	return 0;
}

static int find_fields(struct mc_pages *pages, struct tep_event *event, struct mc_failure *failure)
{
	struct tep_format_field *type = tep_find_common_field(event, "common_type");

	if (!type || type->size != 2 || type->offset < 0 || type->offset > UINT16_MAX)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "event %s:%s: no field common_type of 2 bytes", EVENT_SYSTEM,
			       EVENT_NAME);
	if (event->id <= 0 || event->id > UINT16_MAX)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "event %s:%s: ID %d is not one of 1 to %d", EVENT_SYSTEM, EVENT_NAME,
			       event->id, UINT16_MAX);
	pages->id = (uint16_t)event->id;
	pages->id_at = (size_t)type->offset;
	pages->event_size = pages->id_at + 2;
	for (unsigned int i = 0; i < N_FIELDS; i++)
		if (find_field(pages, event, i, failure))
			return -1;
	return 0;
}

static int read_format(struct mc_pages *pages, struct tep_handle *tep, const char *text,
		       size_t size, struct mc_failure *failure)
{
	char *copy = strndup(text, size);
	struct tep_event *event = NULL;

	if (!copy)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "event format: no memory");
	if (!tep_parse_event(tep, copy, strlen(copy), EVENT_SYSTEM))
		event = tep_find_event_by_name(tep, EVENT_SYSTEM, EVENT_NAME);
	free(copy);
	if (!event)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "events/%s/%s/format: not the format of that event", EVENT_SYSTEM,
			       EVENT_NAME);
	return find_fields(pages, event, failure);
}

static int read_texts(struct mc_pages *pages, const char *header_page, size_t header_page_size,
		      const char *event_format, size_t event_format_size,
		      struct mc_failure *failure)
{
	struct tep_handle *tep = tep_alloc();
	int ret;

	if (!tep)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "libtraceevent: no memory");
	/* What is wrong is said through the failure, not by the library on stderr. */
	tep_set_loglevel(TEP_LOG_NONE);
	ret = read_header_page(pages, tep, header_page, header_page_size, failure);
	if (!ret)
		ret = read_format(pages, tep, event_format, event_format_size, failure);
	tep_free(tep);
	return ret;
}

struct mc_pages *mc_pages_new(const char *header_page, size_t header_page_size,
			      const char *event_format, size_t event_format_size, size_t page_size,
			      struct mc_failure *failure)
{
	struct mc_pages *pages = calloc(1, sizeof(*pages));

	if (!pages) {
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "ring-buffer pages: no memory");
		return NULL;
	}
	if (page_size < PAGE_MIN || page_size > PAGE_MAX) {
		mc_fail(failure, MC_EXIT_ENVIRONMENT,
			"ring-buffer pages of %zu bytes: not %u to %lu", page_size, PAGE_MIN,
			PAGE_MAX);
		goto err_free;
	}
	if (read_texts(pages, header_page, header_page_size, event_format, event_format_size,
		       failure))
		goto err_free;
	pages->page_size = page_size;
	pages->copy = calloc(1, page_size + RECORD_PEEK);
	pages->kbuffer = kbuffer_alloc(pages->long_size == 8 ? KBUFFER_LSIZE_8 : KBUFFER_LSIZE_4,
				       __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
					       ? KBUFFER_ENDIAN_BIG
					       : KBUFFER_ENDIAN_LITTLE);
	if (!pages->copy || !pages->kbuffer) {
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "ring-buffer pages: no memory");
		goto err_free;
	}
	return pages;

err_free:
	mc_pages_free(pages);
	return NULL;
}

void mc_pages_free(struct mc_pages *pages)
{
	if (!pages)
		return;
	if (pages->kbuffer)
		kbuffer_free(pages->kbuffer);
	free(pages->copy);
	free(pages);
}

static uint64_t commit_word(const struct mc_pages *pages, const uint8_t *page)
{
	uint32_t word4;
	uint64_t word8;

	if (pages->long_size == 4) {
		memcpy(&word4, page + 8, sizeof(word4));
		return word4;
	}
	memcpy(&word8, page + 8, sizeof(word8));
	return word8;
}

static uint64_t field_u64(const struct mc_pages *pages, const uint8_t *event, unsigned int i)
{
	uint64_t value;

	memcpy(&value, event + pages->at[i], sizeof(value));
	return value;
}

static uint32_t optional_u32(const struct mc_pages *pages, const uint8_t *event, unsigned int i)
{
	uint32_t value = 0;

	if (pages->at[i])
		memcpy(&value, event + pages->at[i], sizeof(value));
	return value;
}

/* Return: 1 for a tick, 0 for an event of another kind, -1 on error */
static int decode_event(const struct mc_pages *pages, const uint8_t *event, size_t size,
			unsigned int cpu, struct mc_analysis *analysis, struct mc_failure *failure)
{
	struct mc_sample sample;
	uint16_t id;

	if (size < pages->id_at + sizeof(id))
		return mc_fail(failure, MC_EXIT_INVALID,
			       "ring-buffer page: an event of %zu bytes has no type", size);
	memcpy(&id, event + pages->id_at, sizeof(id));
	if (id != pages->id)
		return 0;
	if (size < pages->event_size)
		return mc_fail(failure, MC_EXIT_INVALID,
			       "ring-buffer page: a tick of %zu bytes, not %zu", size,
			       pages->event_size);
	sample.tick = field_u64(pages, event, FIELD_TICK);
	sample.delta_ns = (int64_t)field_u64(pages, event, FIELD_DELTA);
	sample.entry_ns = (int64_t)field_u64(pages, event, FIELD_ENTRY);
	sample.missed = field_u64(pages, event, FIELD_MISSED);
	sample.stolen_ns = optional_u32(pages, event, FIELD_STOLEN);
	return mc_analysis_add(analysis, cpu, &sample, failure) ? -1 : 1;
}

/* Size of a record with its header; 0 where it is nothing but the unused rest of the page. */
static int64_t record_size(const struct kbuffer_raw_info *record, const uint8_t *at)
{
	if (record->type == KBUFFER_TYPE_PADDING)
		return record->delta ? RECORD_HEADER + (int64_t)(uint32_t)record->length : 0;
	/* libtraceevent before 1.5 took an absolute time stamp for 16 bytes. */
	if (record->type == KBUFFER_TYPE_TIME_STAMP)
		return RECORD_PEEK;
	return (const uint8_t *)record->next - at;
}

static int decode_records(struct mc_pages *pages, size_t end, unsigned int cpu,
			  struct mc_analysis *analysis, struct mc_failure *failure)
{
	size_t at = pages->data;
	int events = 0;

	while (at < end) {
		uint8_t *start = pages->copy + at;
		struct kbuffer_raw_info record = {.next = start};
		int64_t size;
		int ret;

		if (!kbuffer_raw_get(pages->kbuffer, pages->copy, &record))
			break;
		size = record_size(&record, start);
		if (!size)
			break;
		if (size < RECORD_HEADER || size > (int64_t)(end - at) || record.length < 0 ||
		    record.length > size)
			return mc_fail(failure, MC_EXIT_INVALID,
				       "ring-buffer page: the record at offset %zu has %" PRId64
				       " bytes where %zu are left",
				       at, size, end - at);
		at += (size_t)size;
		if (record.type >= KBUFFER_TYPE_PADDING)
			continue;
		ret = decode_event(pages, pages->copy + at - record.length, (size_t)record.length,
				   cpu, analysis, failure);
		if (ret < 0)
			return -1;
		events += ret;
	}
	return events;
}

int mc_pages_decode(struct mc_pages *pages, void *page, size_t size, unsigned int cpu,
		    struct mc_analysis *analysis, struct mc_failure *failure)
{
	uint64_t commit;
	size_t end;

	if (size < pages->data || size > pages->page_size)
		return mc_fail(failure, MC_EXIT_INVALID,
			       "ring-buffer page: %zu bytes were read, not %zu to %zu", size,
			       pages->data, pages->page_size);
	commit = commit_word(pages, page);
	end = pages->data + (commit & PAGE_LENGTH_MASK);
	if (end > size)
		return mc_fail(failure, MC_EXIT_INVALID,
			       "ring-buffer page: %zu bytes were read, it says it has %zu", size,
			       end);
	if (commit & PAGE_MISSED_EVENTS)
		mc_analysis_hole(analysis, cpu);
	/* A header at the very end makes kbuffer look past it: the copy has room for that. */
	memcpy(pages->copy, page, end);
	memset(pages->copy + end, 0, RECORD_PEEK);
	return decode_records(pages, end, cpu, analysis, failure);
}
