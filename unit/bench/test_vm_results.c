// SPDX-License-Identifier: GPL-2.0
/*
 * test_vm_results.c - result folders from a guest that may send anything
 */
#include <archive.h>
#include <archive_entry.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench/vm_results.h"
#include "process/tree.h"
#include "result/synthetic_result.h"

static char folder[] = "/tmp/memory-collector-results-XXXXXX";
static char *summary;
static size_t summary_size;

struct stream {
	FILE *file;
	struct archive *archive;
};

static struct stream begin(void)
{
	struct stream stream = {tmpfile(), archive_write_new()};

	archive_write_set_format_pax(stream.archive);
	assert_int_equal(archive_write_open_FILE(stream.archive, stream.file), ARCHIVE_OK);
	return stream;
}

static void add(struct stream *stream, const char *name, unsigned int type, const char *text)
{
	struct archive_entry *entry = archive_entry_new();

	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, type);
	archive_entry_set_perm(entry, 0644);
	if (type == AE_IFLNK)
		archive_entry_set_symlink(entry, text);
	else
		archive_entry_set_size(entry, strlen(text));
	assert_int_equal(archive_write_header(stream->archive, entry), ARCHIVE_OK);
	if (type == AE_IFREG)
		archive_write_data(stream->archive, text, strlen(text));
	archive_entry_free(entry);
}

static FILE *end(struct stream *stream)
{
	archive_write_free(stream->archive);
	fflush(stream->file);
	return stream->file;
}

static struct mc_result *unpack(FILE *tar, const char *expected, struct mc_failure *failure)
{
	struct mc_result_dir dir;
	struct mc_result *result;
	char there[64] = "", path[512];
	static const char *const names[] = {"ticks.csv", "stress-ng/cpu.yaml", "kernel.log",
					    "summary.json", "stress-ng/x"};
	size_t i;

	assert_int_equal(mc_result_dir_create(&dir, folder, "test", NULL, failure), 0);
	result = mc_vm_results_unpack(tar, &dir, failure);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir.temporary, names[i]);
		strcat(there, access(path, F_OK) ? "-" : "+");
	}
	assert_string_equal(there, expected);
	mc_result_dir_end(&dir);
	fclose(tar);
	return result;
}

static void test_good(void **state)
{
	struct stream stream = begin();
	struct mc_failure failure = {0};
	struct mc_result *result;

	add(&stream, "kernel.log", AE_IFREG, "this side writes its own");
	add(&stream, "ticks.csv", AE_IFREG, "timestamp\n");
	add(&stream, "stress-ng", AE_IFDIR, "");
	add(&stream, "stress-ng/cpu.yaml", AE_IFREG, "---\n");
	add(&stream, "summary.json", AE_IFREG, summary);
	result = unpack(end(&stream), "++---", &failure);
	assert_non_null(result);
	assert_int_equal(result->n_scenarios, 2);
	mc_result_free(result);
}

/* Names that lead elsewhere, or are not a result's, are passed by. */
static void test_names(void **state)
{
	static const char *const names[] = {
		"../ticks.csv",
		"/tmp/memory-collector-escape",
		"./ticks.csv",
		"stress-ng/../../x.yaml",
		"stress-ng/.yaml",
		"stress-ng/a/b.yaml",
		"stress-ng/x",
		"stress-ng/A.yaml",
		"plots/x.png",
		"stress-ng//tmp/x.yaml",
		"",
	};
	struct stream stream = begin();
	struct mc_failure failure = {0};
	struct mc_result *result;
	size_t i;

	for (i = 0; *names[i]; i++)
		add(&stream, names[i], AE_IFREG, "hurt");
	add(&stream, "ticks.csv", AE_IFLNK, "/etc/passwd");
	add(&stream, "stress-ng", AE_IFLNK, "/tmp");
	add(&stream, "summary.json", AE_IFREG, summary);
	/* The first one counts. */
	add(&stream, "summary.json", AE_IFREG, "{}");
	result = unpack(end(&stream), "-----", &failure);
	assert_non_null(result);
	mc_result_free(result);
	assert_int_equal(access("/tmp/memory-collector-escape", F_OK), -1);
}

static FILE *stream_of(const char *name, const char *text)
{
	struct stream stream = begin();

	if (name)
		add(&stream, name, AE_IFREG, text);
	return end(&stream);
}

static FILE *raw_stream(const char *bytes, size_t size)
{
	FILE *file = tmpfile();

	fwrite(bytes, 1, size, file);
	fflush(file);
	return file;
}

static FILE *cut(FILE *file, long size)
{
	assert_int_equal(ftruncate(fileno(file), size), 0);
	return file;
}

static void test_refused(void **state)
{
	const struct {
		FILE *tar;
		const char *says;
	} rows[] = {
		{stream_of(NULL, NULL), "the guest's results have no summary.json"},
		{stream_of("ticks.csv", ""), "the guest's results have no summary.json"},
		{stream_of("summary.json", "{}"), "the guest's summary.json"},
		{stream_of("summary.json", ""), "the guest's summary.json"},
		{stream_of("summary.json", "{\"schema\": 1"), "the guest's summary.json"},
		{cut(stream_of("summary.json", summary), 4096),
		 "the guest's results cannot be read"},
		{raw_stream("garbage that is no archive, and longer than nothing", 52),
		 "the guest's results cannot be read"},
		{raw_stream("", 0), "the guest's results "},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mc_failure failure = {0};
		struct mc_result *result =
			unpack(rows[i].tar, i == 1 ? "+----" : "-----", &failure);

		assert_null(result);
		assert_int_equal(strncmp(failure.text, rows[i].says, strlen(rows[i].says)), 0);
	}
}

static void test_many(void **state)
{
	struct stream stream = begin();
	struct mc_failure failure = {0};
	int i;

	for (i = 0; i < 5000; i++)
		add(&stream, "other", AE_IFREG, "");
	assert_null(unpack(end(&stream), "-----", &failure));
	assert_string_equal(failure.text, "the guest's results have too many files");
}

static int set_up(void **state)
{
	struct mc_result *result = synthetic_result(2, 2, 100000000);
	FILE *to = open_memstream(&summary, &summary_size);
	struct mc_failure failure;

	if (!mkdtemp(folder) || mc_result_write_json(result, to, &failure))
		return -1;
	fclose(to);
	mc_result_free(result);
	return 0;
}

static int tear_down(void **state)
{
	free(summary);
	return mc_tree_remove(folder, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
