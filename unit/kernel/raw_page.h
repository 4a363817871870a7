/* SPDX-License-Identifier: GPL-2.0 */
/*
 * raw_page.h - write ring-buffer pages as the kernel does
 *
 * A page is a time stamp, a commit word (length and flags), and records. A
 * record begins with 32 bits: 5 of type, 27 of time since the record before.
 */
#ifndef UNIT_RAW_PAGE_H
#define UNIT_RAW_PAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "memory_collector/analysis.h"

#define RAW_PAGE_SIZE 4096
#define RAW_PAGE_DATA 16
#define RAW_PADDING 29
#define RAW_TIME_EXTEND 30
#define RAW_TIME_STAMP 31
#define RAW_MISSED_EVENTS (1ULL << 31)
#define RAW_MISSED_STORED (1ULL << 30)

/* The event as in data/ring_buffer/format: 8 bytes of common fields, then four of 8 each... */
#define RAW_TICK_ID 1392
#define RAW_TICK_SIZE 40
/* ...and as in data/ring_buffer/stolen/format, with one of 4 behind them, padded to 8 */
#define RAW_STOLEN_TICK_SIZE 48

struct raw_page {
	size_t used;
	uint8_t bytes[RAW_PAGE_SIZE];
};

static inline void raw_page_begin(struct raw_page *page)
{
	memset(page, 0, sizeof(*page));
	page->used = RAW_PAGE_DATA;
}

/* False where the page has no room left */
static inline bool raw_page_bytes(struct raw_page *page, const void *bytes, size_t size)
{
	if (size > RAW_PAGE_SIZE - page->used)
		return false;
	memcpy(page->bytes + page->used, bytes, size);
	page->used += size;
	return true;
}

static inline bool raw_page_words(struct raw_page *page, uint32_t type, uint32_t time,
				  uint32_t word)
{
	uint32_t words[2] = {type | time << 5, word};

	return raw_page_bytes(page, words, sizeof(words));
}

static inline void raw_tick(uint8_t *event, uint16_t id, const struct mc_sample *sample)
{
	memset(event, 0, 8);
	memcpy(event, &id, sizeof(id));
	memcpy(event + 8, &sample->tick, 8);
	memcpy(event + 16, &sample->delta_ns, 8);
	memcpy(event + 24, &sample->entry_ns, 8);
	memcpy(event + 32, &sample->missed, 8);
}

static inline bool raw_page_tick(struct raw_page *page, uint16_t id, const struct mc_sample *sample)
{
	uint8_t record[4 + RAW_TICK_SIZE];
	uint32_t header = RAW_TICK_SIZE / 4 | 1000000U << 5;

	memcpy(record, &header, sizeof(header));
	raw_tick(record + 4, id, sample);
	return raw_page_bytes(page, record, sizeof(record));
}

/* As of a module that knows of stolen time */
static inline bool raw_page_stolen_tick(struct raw_page *page, uint16_t id,
					const struct mc_sample *sample)
{
	uint8_t record[4 + RAW_STOLEN_TICK_SIZE] = {0};
	uint32_t header = RAW_STOLEN_TICK_SIZE / 4 | 1000000U << 5;
	uint32_t stolen = (uint32_t)sample->stolen_ns;

	memcpy(record, &header, sizeof(header));
	raw_tick(record + 4, id, sample);
	memcpy(record + 4 + RAW_TICK_SIZE, &stolen, sizeof(stolen));
	return raw_page_bytes(page, record, sizeof(record));
}

static inline void raw_page_end(struct raw_page *page, uint64_t flags)
{
	uint64_t commit = (page->used - RAW_PAGE_DATA) | flags;

	memcpy(page->bytes + 8, &commit, sizeof(commit));
}

#endif
