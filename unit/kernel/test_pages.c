// SPDX-License-Identifier: GPL-2.0
/*
 * test_pages.c - pages that a kernel wrote, pages as it might write them, and
 * pages that no kernel would
 *
 * data/ring_buffer/ was read on a 6.1 kernel: the format files, one page of each
 * of two CPUs, and a page that follows a loss, all of an older module; in stolen/
 * format and page of one that knows of stolen time, in a guest that was busy.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "memory_collector/pages.h"
#include "raw_page.h"

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* libtraceevent forgets what it has of a field when the text ends in its middle. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:tep_parse_event\n";
}

static char header_page[1024], event_format[4096];

static size_t read_data(const char *name, void *bytes, size_t room)
{
	char path[1024];
	size_t size;
	FILE *file;

	snprintf(path, sizeof(path), "%s/ring_buffer/%s", UNIT_DATA, name);
	file = fopen(path, "re");
	if (!file)
		fail_msg("%s cannot be opened", path);
	size = fread(bytes, 1, room, file);
	fclose(file);
	assert_true(size > 0);
	return size;
}

static int read_texts(void **state)
{
	header_page[read_data("header_page", header_page, sizeof(header_page) - 1)] = '\0';
	event_format[read_data("format", event_format, sizeof(event_format) - 1)] = '\0';
	return 0;
}

static struct mc_pages *new_pages(const char *header, const char *format, size_t page_size,
				  struct mc_failure *failure)
{
	return mc_pages_new(header, strlen(header), format, strlen(format), page_size, failure);
}

static struct mc_pages *kernel_pages(void)
{
	struct mc_failure failure = {0};
	struct mc_pages *pages = new_pages(header_page, event_format, RAW_PAGE_SIZE, &failure);

	if (!pages)
		fail_msg("%s", failure.text);
	return pages;
}

/* In the place of the analysis: keeps what it is given, refuses one tick. */
#define REFUSED_TICK 666

struct mc_analysis {
	unsigned int n, cpu, holes;
	struct mc_sample sample[RAW_PAGE_SIZE / RAW_TICK_SIZE];
};

int mc_analysis_add(struct mc_analysis *analysis, unsigned int cpu, const struct mc_sample *sample,
		    struct mc_failure *failure)
{
	if (sample->tick == REFUSED_TICK)
		return mc_fail(failure, MC_EXIT_INVALID, "refused");
	assert_in_range(analysis->n, 0, ROWS(analysis->sample) - 1);
	analysis->cpu = cpu;
	analysis->sample[analysis->n++] = *sample;
	return 0;
}

void mc_analysis_hole(struct mc_analysis *analysis, unsigned int cpu)
{
	analysis->cpu = cpu;
	analysis->holes++;
}

/* Figures of the pages as another decoder gave them. The kernel's counters said an overrun. */
static void pages_of_a_kernel(void **state)
{
	static const struct {
		const char *name;
		uint64_t first;
		int64_t first_delta, last_delta, sum;
		unsigned int holes;
	} rows[] = {
		{"cpu0.page", 1877, 92461, 94567, 6283503, 0},
		{"cpu1.page", 1877, 120648, 75975, 7043052, 0},
		{"overrun.page", 3443, 115741, 71302, 8337656, 1},
	};
	struct mc_pages *pages = kernel_pages();

	for (unsigned int i = 0; i < ROWS(rows); i++) {
		struct mc_analysis got = {0};
		struct mc_failure failure = {0};
		uint8_t page[RAW_PAGE_SIZE];
		int64_t sum = 0;

		assert_int_equal(read_data(rows[i].name, page, sizeof(page)), RAW_PAGE_SIZE);
		assert_int_equal(mc_pages_decode(pages, page, sizeof(page), i, &got, &failure), 92);
		assert_int_equal(got.n, 92);
		assert_int_equal(got.cpu, i);
		assert_int_equal(got.holes, rows[i].holes);
		assert_int_equal(got.sample[0].delta_ns, rows[i].first_delta);
		assert_int_equal(got.sample[91].delta_ns, rows[i].last_delta);
		for (unsigned int n = 0; n < got.n; n++) {
			assert_int_equal(got.sample[n].tick, rows[i].first + n);
			assert_int_equal(got.sample[n].entry_ns, got.sample[n].delta_ns);
			assert_int_equal(got.sample[n].missed, 0);
			sum += got.sample[n].delta_ns;
		}
		assert_int_equal(sum, rows[i].sum);
	}
	mc_pages_free(pages);
}

static struct mc_sample sample_of(uint64_t tick)
{
	return (struct mc_sample){
		.tick = tick, .delta_ns = (int64_t)(tick % 1000), .entry_ns = -(int64_t)(tick % 7)};
}

static void add_tick(struct raw_page *page, uint64_t tick)
{
	struct mc_sample sample = sample_of(tick);

	assert_true(raw_page_tick(page, RAW_TICK_ID, &sample));
}

/* A tick in a record of type 0, whose length is a word of its own */
static void add_long_tick(struct raw_page *page, uint64_t tick, uint32_t size)
{
	struct mc_sample sample = sample_of(tick);
	uint8_t event[RAW_TICK_SIZE + 200] = {0};

	raw_tick(event, RAW_TICK_ID, &sample);
	assert_true(raw_page_words(page, 0, 5, size + 4));
	assert_true(raw_page_bytes(page, event, (size + 3) & ~3U));
}

static void add_foreign(struct raw_page *page, uint16_t id)
{
	struct mc_sample sample = sample_of(77);

	assert_true(raw_page_tick(page, id, &sample));
}

static void empty(struct raw_page *page)
{
}

static void one(struct raw_page *page)
{
	add_tick(page, 1000);
}

static void time_extends(struct raw_page *page)
{
	raw_page_words(page, RAW_TIME_EXTEND, 0x7ffffff, 0xffffffff);
	add_tick(page, 1000);
	raw_page_words(page, RAW_TIME_EXTEND, 1, 0);
	raw_page_words(page, RAW_TIME_STAMP, 1, 2);
	add_tick(page, 1001);
	raw_page_words(page, RAW_TIME_STAMP, 0, 0);
}

static void discarded(struct raw_page *page)
{
	static const uint8_t rest[36];

	add_tick(page, 1000);
	/* a record that was taken back: its length counts the length word */
	raw_page_words(page, RAW_PADDING, 1, sizeof(rest) + 4);
	raw_page_bytes(page, rest, sizeof(rest));
	raw_page_words(page, RAW_PADDING, 1, 4);
	add_tick(page, 1001);
}

static void null_padding(struct raw_page *page)
{
	add_tick(page, 1000);
	raw_page_words(page, RAW_PADDING, 0, 0xffffffff);
	add_tick(page, 1001); /* beyond the end of what counts */
}

static void padding_to_the_end(struct raw_page *page)
{
	add_tick(page, 1000);
	raw_page_words(page, RAW_PADDING, 1, (uint32_t)(RAW_PAGE_SIZE - page->used - 4));
	page->used = RAW_PAGE_SIZE;
}

static void header_at_the_end(struct raw_page *page)
{
	uint32_t null = RAW_PADDING;

	while (page->used + 4 + RAW_TICK_SIZE < RAW_PAGE_SIZE)
		add_tick(page, 1000 + page->used / (4 + RAW_TICK_SIZE));
	raw_page_words(page, RAW_PADDING, 1, (uint32_t)(RAW_PAGE_SIZE - page->used - 8));
	page->used = RAW_PAGE_SIZE - 4;
	assert_true(raw_page_bytes(page, &null, sizeof(null)));
}

static void long_records(struct raw_page *page)
{
	add_long_tick(page, 1000, RAW_TICK_SIZE);
	add_long_tick(page, 1001, RAW_TICK_SIZE + 197);
	add_tick(page, 1002);
}

static void foreign_events(struct raw_page *page)
{
	static const uint32_t short_event[3] = {2 | 9 << 5, 5, 0};

	add_foreign(page, 5);
	raw_page_bytes(page, short_event, sizeof(short_event));
	add_tick(page, 1000);
	add_foreign(page, 0xffff);
}

static void unaligned_end(struct raw_page *page)
{
	add_tick(page, 1000);
	page->used += 2;
}

static void short_tick(struct raw_page *page)
{
	add_long_tick(page, 1000, RAW_TICK_SIZE - 4);
}

static void no_type(struct raw_page *page)
{
	raw_page_words(page, 0, 5, 4);
	add_tick(page, 1000);
}

static void length_zero(struct raw_page *page)
{
	raw_page_words(page, 0, 5, 0);
	add_tick(page, 1000);
}

static void length_negative(struct raw_page *page)
{
	add_tick(page, 1000);
	raw_page_words(page, 0, 5, (uint32_t)-40);
}

static void length_huge(struct raw_page *page)
{
	raw_page_words(page, 0, 5, 0x7fffffff);
	add_tick(page, 1000);
}

static void padding_backwards(struct raw_page *page)
{
	add_tick(page, 1000);
	raw_page_words(page, RAW_PADDING, 1, (uint32_t)-48);
}

static void padding_of_nothing(struct raw_page *page)
{
	for (unsigned int i = 0; i < 100; i++)
		raw_page_words(page, RAW_PADDING, 1, 0);
	add_tick(page, 1000);
}

static void padding_too_long(struct raw_page *page)
{
	raw_page_words(page, RAW_PADDING, 1, 60);
	add_tick(page, 1000);
}

static void cut_tick(struct raw_page *page)
{
	add_tick(page, 1000);
	add_tick(page, 1001);
	page->used -= 4;
}

static void cut_extend(struct raw_page *page)
{
	add_tick(page, 1000);
	raw_page_words(page, RAW_TIME_EXTEND, 0, 0);
	page->used -= 4;
}

static void refused_tick(struct raw_page *page)
{
	add_tick(page, 1000);
	add_tick(page, REFUSED_TICK);
	add_tick(page, 1001);
}

static void made_pages(void **state)
{
	static const struct {
		void (*make)(struct raw_page *page);
		int events;
		const char *text;
	} rows[] = {
		{empty, 0, NULL},
		{one, 1, NULL},
		{time_extends, 2, NULL},
		{discarded, 2, NULL},
		{null_padding, 1, NULL},
		{padding_to_the_end, 1, NULL},
		{header_at_the_end, 92, NULL},
		{long_records, 3, NULL},
		{foreign_events, 1, NULL},
		/* a word of zeros is of type 0, and of no length */
		{unaligned_end, -1, "offset 60"},
		{short_tick, -1, "a tick of 36 bytes, not 40"},
		{no_type, -1, "an event of 0 bytes has no type"},
		{length_zero, -1, "offset 16 has 4 bytes where 52 are left"},
		{length_negative, -1, "offset 60 has -36 bytes where 8 are left"},
		{length_huge, -1, "offset 16"},
		{padding_backwards, -1, "offset 60"},
		/* the length of 0 is what follows: records where none is */
		{padding_of_nothing, -1, "the record at offset"},
		{padding_too_long, -1, "offset 16 has 64 bytes where 52 are left"},
		{cut_tick, -1, "offset 60 has 44 bytes where 40 are left"},
		{cut_extend, -1, "offset 60 has 8 bytes where 4 are left"},
		{refused_tick, -1, "refused"},
	};
	struct mc_pages *pages = kernel_pages();

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct mc_failure failure = {0};
		struct mc_analysis got = {0};
		struct raw_page page;
		int events;

		raw_page_begin(&page);
		rows[i].make(&page);
		raw_page_end(&page, 0);
		events = mc_pages_decode(pages, page.bytes, page.used, 3, &got, &failure);
		if (events != rows[i].events)
			fail_msg("row %zu: %d, %s", i, events, failure.text);
		if (rows[i].text && !strstr(failure.text, rows[i].text))
			fail_msg("row %zu: %s", i, failure.text);
		for (int n = 0; n < events; n++) {
			struct mc_sample sample = sample_of(1000 + (uint64_t)n);

			assert_memory_equal(&got.sample[n], &sample, sizeof(sample));
		}
	}
	mc_pages_free(pages);
}

/* What was read may be less than a page, but not less than the page says. */
static void sizes(void **state)
{
	static const struct {
		size_t size;
		int events;
	} rows[] = {
		{0, -1},
		{8, -1},
		{15, -1},
		{16, -1},
		{16 + 87, -1},
		{16 + 88, 2},
		{16 + 89, 2},
		{RAW_PAGE_SIZE, 2},
		{RAW_PAGE_SIZE + 1, -1},
		{SIZE_MAX, -1},
	};
	struct mc_pages *pages = kernel_pages();

	for (size_t i = 0; i < ROWS(rows); i++) {
		size_t room = rows[i].size < RAW_PAGE_SIZE ? rows[i].size : RAW_PAGE_SIZE;
		uint8_t *exact = malloc(room + 1);
		struct mc_failure failure = {0};
		struct mc_analysis got = {0};
		struct raw_page page;

		assert_non_null(exact);
		raw_page_begin(&page);
		add_tick(&page, 1000);
		add_tick(&page, 1001);
		raw_page_end(&page, 0);
		memcpy(exact, page.bytes, room);
		assert_int_equal(mc_pages_decode(pages, exact, rows[i].size, 0, &got, &failure),
				 rows[i].events);
		assert_int_equal(failure.text[0] == '\0', rows[i].events >= 0);
		free(exact);
	}
	mc_pages_free(pages);
}

/* Replace one text in another. */
static char *replaced(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	char *changed;

	if (!at)
		fail_msg("no \"%s\" in the text", from);
	changed = calloc(1, strlen(text) + strlen(to) + 1);
	assert_non_null(changed);
	memcpy(changed, text, (size_t)(at - text));
	strcat(changed, to);
	strcat(changed, at + strlen(from));
	return changed;
}

static void changed_formats(void **state)
{
	static const struct {
		const char *from, *to, *text;
	} rows[] = {
		{"ID: 1392", "ID: 77", NULL},
		{"field:u64 tick;", "field:unsigned long tick;", NULL},
		{"name: tick", "name: tock", "not the format"},
		{"ID: 1392", "ID: x", "ID 0 is not one of 1 to 65535"},
		{"ID: 1392", "ID: 65536", "ID 65536 is not one of 1 to 65535"},
		{"field:u64 tick;", "field:u64 tack;", "no field tick"},
		{"field:u64 missed;", "field:u64 skipped;", "no field missed"},
		{"offset:8;\tsize:8;\tsigned:0;", "offset:8;\tsize:4;\tsigned:0;",
		 "field tick at offset 8"},
		{"offset:8;\tsize:8;\tsigned:0;", "offset:8;\tsize:8;\tsigned:1;",
		 "not 64 bit unsigned"},
		{"offset:16;\tsize:8;\tsigned:1;", "offset:16;\tsize:8;\tsigned:0;",
		 "field delta at offset 16 is \"s64\" of 8 bytes, not 64 bit signed"},
		{"offset:24;\tsize:8;", "offset:99999999;\tsize:8;", "field entry"},
		{"field:s64 delta;", "field:s64 delta[1];", "field delta"},
		{"offset:0;\tsize:2;", "offset:0;\tsize:4;", "common_type"},
		{"common_type", "common_kind", "common_type"},
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		char *format = replaced(event_format, rows[i].from, rows[i].to);
		struct mc_failure failure = {0};
		struct mc_pages *pages = new_pages(header_page, format, RAW_PAGE_SIZE, &failure);

		if (rows[i].text ? !strstr(failure.text, rows[i].text) : !pages)
			fail_msg("row %zu: %s", i, failure.text);
		assert_int_equal(pages == NULL, rows[i].text != NULL);
		mc_pages_free(pages);
		free(format);
	}
}

/* Figures as another decoder gave them. */
static void page_of_today(void **state)
{
	static char format[4096];
	struct mc_failure failure = {0};
	struct mc_analysis got = {0};
	uint8_t page[RAW_PAGE_SIZE];
	struct mc_pages *pages;
	int64_t sum = 0;

	format[read_data("stolen/format", format, sizeof(format) - 1)] = '\0';
	pages = new_pages(header_page, format, RAW_PAGE_SIZE, &failure);
	assert_non_null(pages);
	assert_int_equal(read_data("stolen/cpu0.page", page, sizeof(page)), RAW_PAGE_SIZE);
	assert_int_equal(mc_pages_decode(pages, page, sizeof(page), 0, &got, &failure), 78);
	for (unsigned int i = 0; i < got.n; i++) {
		assert_int_equal(got.sample[i].entry_ns, got.sample[i].delta_ns);
		assert_int_equal(got.sample[i].missed, got.sample[i].delta_ns / 1000000);
		assert_int_equal(got.sample[i].stolen_ns, 0);
		sum += got.sample[i].delta_ns;
	}
	assert_int_equal(got.sample[0].tick, 72970);
	assert_int_equal(got.sample[0].delta_ns, 5365976);
	assert_int_equal(got.sample[77].tick, 74671);
	assert_int_equal(got.sample[77].delta_ns, 37253411);
	assert_int_equal(sum, 1699609117);
	mc_pages_free(pages);
}

/* The format of a module that knows of stolen time; @offset: where the field should be */
static char *with_stolen(const char *offset)
{
	char field[128];

	snprintf(field, sizeof(field), "\tfield:u32 stolen;\t%s\n\nprint fmt", offset);
	return replaced(event_format, "\nprint fmt", field);
}

static void stolen_time(void **state)
{
	static const struct mc_sample sample = {
		.tick = 5, .delta_ns = 40, .entry_ns = -70000, .stolen_ns = 12345};
	char *format = with_stolen("offset:40;\tsize:4;\tsigned:0;");
	struct mc_failure failure = {0};
	struct mc_pages *pages = new_pages(header_page, format, RAW_PAGE_SIZE, &failure);
	struct mc_analysis got = {0};
	struct raw_page page;

	free(format);
	assert_non_null(pages);
	raw_page_begin(&page);
	assert_true(raw_page_stolen_tick(&page, RAW_TICK_ID, &sample));
	assert_true(raw_page_stolen_tick(&page, RAW_TICK_ID, &sample));
	raw_page_end(&page, 0);
	assert_int_equal(mc_pages_decode(pages, page.bytes, sizeof(page.bytes), 0, &got, &failure),
			 2);
	assert_memory_equal(&got.sample[1], &sample, sizeof(sample));

	/* An event that ends before the field */
	raw_page_begin(&page);
	assert_true(raw_page_tick(&page, RAW_TICK_ID, &sample));
	raw_page_end(&page, 0);
	assert_int_equal(mc_pages_decode(pages, page.bytes, sizeof(page.bytes), 0, &got, &failure),
			 -1);
	assert_non_null(strstr(failure.text, "a tick of 40 bytes, not 44"));
	mc_pages_free(pages);

	format = with_stolen("offset:40;\tsize:8;\tsigned:0;");
	pages = new_pages(header_page, format, RAW_PAGE_SIZE, &failure);
	free(format);
	assert_null(pages);
	assert_non_null(strstr(failure.text, "of 8 bytes, not 32 bit unsigned"));
}

/* Wherever a text ends early, it is refused, or nothing that is needed was cut off. */
static void truncated_texts(void **state)
{
	size_t fields = (size_t)(strstr(event_format, "missed;") - event_format);

	for (size_t size = 0; size < strlen(event_format); size++) {
		struct mc_failure failure = {0};
		struct mc_pages *pages = mc_pages_new(header_page, strlen(header_page),
						      event_format, size, RAW_PAGE_SIZE, &failure);

		if (size < fields)
			assert_null(pages);
		assert_int_equal(pages == NULL, failure.text[0] != '\0');
		mc_pages_free(pages);
	}
	for (size_t size = 0; size < strlen(header_page); size++) {
		struct mc_failure failure = {0};
		struct mc_pages *pages = mc_pages_new(header_page, size, event_format,
						      strlen(event_format), RAW_PAGE_SIZE,
						      &failure);

		if (size < (size_t)(strstr(header_page, "commit") - header_page))
			assert_null(pages);
		assert_int_equal(pages == NULL, failure.text[0] != '\0');
		mc_pages_free(pages);
	}
}

static void other_layouts(void **state)
{
	static const struct {
		const char *from, *to;
		size_t page_size;
		bool ok;
	} rows[] = {
		{"timestamp", "timestamp", 4096, true},
		{"timestamp", "timestamp", 65536, true},
		{"timestamp", "timestamp", 0, false},
		{"timestamp", "timestamp", 16, false},
		{"timestamp", "timestamp", 1UL << 27, false},
		{"timestamp", "timestamp", SIZE_MAX, false},
		{"offset:0;\tsize:8", "offset:0;\tsize:4", 4096, false},
		{"offset:8;\tsize:8", "offset:8;\tsize:16", 4096, false},
		{"offset:8;\tsize:8", "offset:8;\tsize:0", 4096, false},
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		char *header = replaced(header_page, rows[i].from, rows[i].to);
		struct mc_failure failure = {0};
		struct mc_pages *pages =
			new_pages(header, event_format, rows[i].page_size, &failure);

		if ((pages != NULL) != rows[i].ok)
			fail_msg("row %zu: %s", i, failure.text);
		assert_int_equal(failure.text[0] == '\0', rows[i].ok);
		mc_pages_free(pages);
		free(header);
	}
}

static uint64_t random_state = 362436069;

static uint64_t random_u64(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* Change some bytes; the commit word gets more than its share. */
static void mutate(uint8_t *page)
{
	unsigned int changes = (unsigned int)(random_u64() % 8 + 1);

	while (changes--) {
		size_t at = random_u64() % 4 ? random_u64() % RAW_PAGE_SIZE : 8 + random_u64() % 4;

		if (random_u64() % 2)
			page[at] = (uint8_t)random_u64();
		else
			page[at] ^= (uint8_t)(1U << random_u64() % 8);
	}
}

/*
 * 100,000 damaged pages, and 1,000 of noise: each is decoded or refused. The
 * page lies in memory of exactly the size that is said, which ASan watches.
 */
static void damaged_pages(void **state)
{
	static const char *const names[] = {"cpu0.page", "cpu1.page", "overrun.page"};
	struct mc_pages *pages = kernel_pages();
	unsigned int refused = 0, decoded = 0;
	uint8_t original[3][RAW_PAGE_SIZE];

	for (size_t i = 0; i < 3; i++)
		read_data(names[i], original[i], RAW_PAGE_SIZE);
	for (unsigned int i = 0; i < 101000; i++) {
		size_t size = random_u64() % 8 ? RAW_PAGE_SIZE : random_u64() % RAW_PAGE_SIZE;
		uint8_t *page = malloc(size ? size : 1);
		struct mc_failure failure = {0};
		struct mc_analysis got = {0};
		uint8_t whole[RAW_PAGE_SIZE];
		int events;

		assert_non_null(page);
		memcpy(whole, original[i % 3], sizeof(whole));
		mutate(whole);
		for (size_t at = 0; i >= 100000 && at < sizeof(whole); at++)
			whole[at] = (uint8_t)random_u64();
		memcpy(page, whole, size);
		events = mc_pages_decode(pages, page, size, 0, &got, &failure);
		assert_in_range(events + 1, 0, 1 + ROWS(got.sample));
		assert_int_equal(events < 0, failure.text[0] != '\0');
		if (events >= 0)
			assert_int_equal(events, got.n);
		refused += events < 0;
		decoded += events >= 0;
		free(page);
	}
	assert_true(refused > 1000);
	assert_true(decoded > 1000);
	mc_pages_free(pages);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_of_a_kernel),
		cmocka_unit_test(made_pages),
		cmocka_unit_test(sizes),
		cmocka_unit_test(changed_formats),
		cmocka_unit_test(page_of_today),
		cmocka_unit_test(stolen_time),
		cmocka_unit_test(truncated_texts),
		cmocka_unit_test(other_layouts),
		cmocka_unit_test(damaged_pages),
	};

	return cmocka_run_group_tests(tests, read_texts, NULL);
}
