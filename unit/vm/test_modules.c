// SPDX-License-Identifier: GPL-2.0
/*
 * test_modules.c - the order of modules in a package that was only unpacked
 */
#include <archive.h>
#include <archive_entry.h>
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "process/tree.h"
#include "vm/modules.h"

static char folder[] = "/tmp/memory-collector-modules-XXXXXX";

/* An ELF object with what libkmod reads of a module */
struct object {
	Elf64_Ehdr header;
	char names[32]; /* "\0.modinfo\0.shstrtab\0" */
	char modinfo[128];
	Elf64_Shdr section[3];
};

static void put_text(const char *name, const char *text)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "we");
	fputs(text, file);
	fclose(file);
}

/* @info: "key=value" of the module, with a zero byte after each */
static void put_module(const char *name, const char *info, size_t size)
{
	struct object object = {
		.header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
				       EV_CURRENT},
			   .e_type = ET_REL,
			   .e_machine = EM_X86_64,
			   .e_version = EV_CURRENT,
			   .e_shoff = offsetof(struct object, section),
			   .e_ehsize = sizeof(Elf64_Ehdr),
			   .e_shentsize = sizeof(Elf64_Shdr),
			   .e_shnum = 3,
			   .e_shstrndx = 2},
		.names = "\0.modinfo\0.shstrtab",
		.section = {[1] = {.sh_name = 1,
				   .sh_type = SHT_PROGBITS,
				   .sh_offset = offsetof(struct object, modinfo),
				   .sh_size = size},
			    [2] = {.sh_name = 10,
				   .sh_type = SHT_STRTAB,
				   .sh_offset = offsetof(struct object, names),
				   .sh_size = 20}},
	};
	char path[512];
	FILE *file;

	memcpy(object.modinfo, info, size);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "we");
	assert_int_equal(fwrite(&object, sizeof(object), 1, file), 1);
	fclose(file);
}

#define MODULE(name, info) put_module(name, info, sizeof(info))

static void test_order(void **state)
{
	static const struct {
		const char *wanted[4], *order; /* names, with blanks between */
	} rows[] = {
		{{NULL}, ""},
		{{"leaf", NULL}, "leaf "},
		{{"top", NULL}, "leaf mid_dle top "},
		/* Either spelling, and nothing twice */
		{{"mid-dle", "top", "leaf", NULL}, "leaf mid-dle top "},
		{{"inside", NULL}, ""},
		{{"?nothing", "leaf", NULL}, "leaf "},
		{{"soft", NULL}, "leaf soft "},
	};
	size_t i, j;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mc_failure failure = {0};
		struct mc_vm_modules modules;
		char order[256] = "";

		assert_int_equal(mc_vm_modules_find(&modules, folder, rows[i].wanted, &failure), 0);
		for (j = 0; j < modules.n; j++) {
			strcat(order, modules.module[j].name);
			strcat(order, " ");
			assert_int_equal(access(modules.module[j].file, R_OK), 0);
		}
		mc_vm_modules_free(&modules);
		assert_string_equal(order, rows[i].order);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *wanted, *says;
	} rows[] = {
		{"nothing", "has no module nothing, which the VM needs"},
		{"listed", "has no module listed, which the VM needs"},
		{"lacks", "has no module nothing, which the VM needs"},
		{"circle_a", "its dependencies have no end"},
		{"broken", "broken.ko: not a kernel module"},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *wanted[] = {rows[i].wanted, NULL};
		struct mc_failure failure = {0};
		struct mc_vm_modules modules;

		assert_int_equal(mc_vm_modules_find(&modules, folder, wanted, &failure), -1);
		assert_non_null(strstr(failure.text, rows[i].says));
		assert_int_equal(modules.n, 0);
	}
}

static void test_no_package(void **state)
{
	static const char *const wanted[] = {"leaf", NULL};
	struct mc_failure failure = {0};
	struct mc_vm_modules modules;

	assert_int_equal(mc_vm_modules_find(&modules, "/nonexistent", wanted, &failure), -1);
	assert_string_equal(failure.text,
			    "/nonexistent/modules.order: No such file or directory; this folder is "
			    "not the kernel package's");
}

/* ---- files that may be compressed ---- */

#define BYTES 1000000

static size_t put_compressed(const char *path)
{
	struct archive *archive = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	unsigned char *bytes = malloc(BYTES);
	struct stat info;
	size_t i;

	for (i = 0; i < BYTES; i++)
		bytes[i] = i * i >> 8;
	archive_write_add_filter_gzip(archive);
	archive_write_set_format_raw(archive);
	assert_int_equal(archive_write_open_filename(archive, path), ARCHIVE_OK);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_pathname(entry, "x");
	archive_write_header(archive, entry);
	assert_int_equal(archive_write_data(archive, bytes, BYTES), BYTES);
	archive_entry_free(entry);
	archive_write_free(archive);
	free(bytes);
	assert_int_equal(stat(path, &info), 0);
	return info.st_size;
}

static void test_read(void **state)
{
	struct mc_failure failure = {0};
	unsigned char *bytes;
	char path[512];
	size_t size, compressed;
	void *read;

	snprintf(path, sizeof(path), "%s/file.gz", folder);
	compressed = put_compressed(path);
	assert_true(compressed < BYTES);
	assert_int_equal(mc_vm_read(path, BYTES, &read, &size, &failure), 0);
	bytes = read;
	assert_int_equal(size, BYTES);
	assert_int_equal(bytes[BYTES - 1], (unsigned char)((BYTES - 1UL) * (BYTES - 1UL) >> 8));
	free(read);
	assert_int_equal(mc_vm_read(path, BYTES - 1, &read, &size, &failure), -1);
	assert_non_null(strstr(failure.text, "file.gz: larger than 999999 bytes"));
	assert_int_equal(truncate(path, compressed / 2), 0);
	assert_int_equal(mc_vm_read(path, BYTES, &read, &size, &failure), -1);
	assert_non_null(strstr(failure.text, "file.gz: "));
	assert_int_equal(mc_vm_read("/nonexistent", BYTES, &read, &size, &failure), -1);
}

static int set_up(void **state)
{
	char path[512];

	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/kernel", folder);
	if (mkdir(path, 0755))
		return -1;
	put_text("modules.order",
		 "kernel/leaf.ko\nkernel/mid-dle.ko\nkernel/top.ko\nkernel/listed.ko\n"
		 "kernel/lacks.ko\nkernel/circle_a.ko\nkernel/circle_b.ko\nkernel/broken.ko\n"
		 "kernel/soft.ko\n");
	put_text("modules.builtin", "kernel/inside.ko\n");
	MODULE("kernel/leaf.ko", "license=GPL\0depends=");
	MODULE("kernel/mid-dle.ko", "depends=leaf,inside");
	MODULE("kernel/top.ko", "depends=mid_dle,leaf");
	MODULE("kernel/lacks.ko", "depends=nothing");
	MODULE("kernel/circle_a.ko", "depends=circle_b");
	MODULE("kernel/circle_b.ko", "depends=circle_a");
	MODULE("kernel/soft.ko", "softdep=pre: leaf nothing post: top\0depends=");
	put_text("kernel/broken.ko", "not ELF");
	return 0;
}

static int tear_down(void **state)
{
	return mc_tree_remove(folder, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_package),
		cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
