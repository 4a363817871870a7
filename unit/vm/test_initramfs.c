// SPDX-License-Identifier: GPL-2.0
/*
 * test_initramfs.c - archives are read back, and refused where they cannot be whole
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

#include "process/tree.h"
#include "vm/initramfs.h"

static char folder[] = "/tmp/memory-collector-initramfs-XXXXXX";
static char path[256], source[256];

static void put_source(const char *text)
{
	FILE *file = fopen(source, "we");

	fputs(text, file);
	fclose(file);
}

static void test_round_trip(void **state)
{
	/* Folders come before what is in them, and once. */
	static const struct {
		const char *name, *data;
		unsigned int mode;
	} expected[] = {
		{"init", "source", AE_IFREG | 0755}, {"lib", NULL, AE_IFDIR | 0755},
		{"lib/a", NULL, AE_IFDIR | 0755},    {"lib/a/x", "", AE_IFREG | 0644},
		{"lib/a/y", "why", AE_IFREG | 0600}, {"tmp", NULL, AE_IFDIR | 01777},
	};
	struct mc_failure failure = {0};
	struct mc_initramfs *initramfs = mc_initramfs_new(path, &failure);
	struct archive *archive = archive_read_new();
	struct archive_entry *entry;
	char data[64];
	size_t i;

	put_source("source");
	assert_non_null(initramfs);
	assert_int_equal(mc_initramfs_file(initramfs, "/init", 0755, source, &failure), 0);
	assert_int_equal(mc_initramfs_data(initramfs, "/lib/a/x", 0644, "", 0, &failure), 0);
	assert_int_equal(mc_initramfs_data(initramfs, "/lib/a/y", 0600, "why", 3, &failure), 0);
	assert_int_equal(mc_initramfs_folder(initramfs, "/lib", 0700, &failure), 0);
	assert_int_equal(mc_initramfs_folder(initramfs, "/tmp", 01777, &failure), 0);
	assert_int_equal(mc_initramfs_close(initramfs, &failure), 0);

	archive_read_support_format_cpio(archive);
	assert_int_equal(archive_read_open_filename(archive, path, 512), ARCHIVE_OK);
	for (i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		assert_int_equal(archive_read_next_header(archive, &entry), ARCHIVE_OK);
		assert_string_equal(archive_entry_pathname(entry), expected[i].name);
		assert_int_equal(archive_entry_mode(entry), expected[i].mode);
		if (!expected[i].data)
			continue;
		memset(data, 0, sizeof(data));
		assert_int_equal(archive_read_data(archive, data, sizeof(data)),
				 strlen(expected[i].data));
		assert_string_equal(data, expected[i].data);
	}
	assert_int_equal(archive_read_next_header(archive, &entry), ARCHIVE_EOF);
	archive_read_free(archive);
}

static void test_refused(void **state)
{
	static const struct {
		const char *name, *from, *says;
	} rows[] = {
		{"/x", "/nonexistent", "/nonexistent: No such file or directory"},
		{"/x", "/tmp", "/tmp: not a regular file of at most 4 GiB"},
		{"/x", "/dev/null", "/dev/null: not a regular file of at most 4 GiB"},
		{"x", "/proc/self/exe", "cannot put x into "},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mc_failure failure = {0};
		struct mc_initramfs *initramfs = mc_initramfs_new(path, &failure);

		assert_int_equal(mc_initramfs_file(initramfs, rows[i].name, 0644, rows[i].from,
						   &failure),
				 -1);
		assert_int_equal(strncmp(failure.text, rows[i].says, strlen(rows[i].says)), 0);
		mc_initramfs_close(initramfs, NULL);
	}
}

static void test_nowhere(void **state)
{
	struct mc_failure failure = {0};

	assert_null(mc_initramfs_new("/nonexistent/x", &failure));
	assert_int_equal(strncmp(failure.text, "writing /nonexistent/x: ", 24), 0);
}

static void test_full(void **state)
{
	struct mc_failure failure = {0};
	struct mc_initramfs *initramfs = mc_initramfs_new("/dev/full", &failure);
	static const char block[1 << 20];
	int result = mc_initramfs_data(initramfs, "/x", 0644, block, sizeof(block), &failure);

	if (!result)
		result = mc_initramfs_close(initramfs, &failure);
	else
		mc_initramfs_close(initramfs, NULL);
	assert_int_equal(result, -1);
	assert_string_equal(failure.text,
			    "writing /dev/full: No space left on device; make room, or set TMPDIR "
			    "to a folder with more");
}

static int set_up(void **state)
{
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/archive", folder);
	snprintf(source, sizeof(source), "%s/source", folder);
	return 0;
}

static int tear_down(void **state)
{
	return mc_tree_remove(folder, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_nowhere),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
