// SPDX-License-Identifier: GPL-2.0
/*
 * test_elf_needs.c - libraries of real programs, and of files made to hurt
 */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "process/tree.h"
#include "vm/elf_needs.h"

/* A program with all that is looked at, as small as it can be */
struct tiny {
	Elf64_Ehdr header;
	Elf64_Phdr load, interp, dynamic;
	Elf64_Dyn entry[6];
	char interpreter[16];
	char strings[64]; /* "\0liba.so\0libb.so\0/run/path\0" */
};

#define ADDRESS 0x400000
#define NAME_A 1
#define NAME_B 9
#define RUN_PATH 17

static struct tiny tiny_program(uint16_t machine)
{
	struct tiny tiny = {
		.header =
			{
				.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
					    ELFDATA2LSB, EV_CURRENT},
				.e_type = ET_DYN,
				.e_machine = machine,
				.e_phoff = offsetof(struct tiny, load),
				.e_phentsize = sizeof(Elf64_Phdr),
				.e_phnum = 3,
			},
		.load = {.p_type = PT_LOAD, .p_vaddr = ADDRESS, .p_filesz = sizeof(struct tiny)},
		.interp = {.p_type = PT_INTERP,
			   .p_offset = offsetof(struct tiny, interpreter),
			   .p_filesz = sizeof(tiny.interpreter)},
		.dynamic = {.p_type = PT_DYNAMIC,
			    .p_offset = offsetof(struct tiny, entry),
			    .p_filesz = sizeof(tiny.entry)},
		.entry = {{DT_NEEDED, {NAME_A}},
			  {DT_STRTAB, {ADDRESS + offsetof(struct tiny, strings)}},
			  {DT_STRSZ, {sizeof(tiny.strings)}},
			  {DT_NEEDED, {NAME_B}},
			  {DT_RUNPATH, {RUN_PATH}},
			  {DT_NULL, {0}}},
		.interpreter = "/lib/ld.so",
		.strings = "\0liba.so\0libb.so\0/run/path",
	};

	return tiny;
}

static void test_tiny(void **state)
{
	struct tiny tiny = tiny_program(EM_X86_64);
	struct mc_failure failure = {0};
	struct mc_elf elf;

	assert_int_equal(mc_elf_parse(&elf, &tiny, sizeof(tiny), "tiny", &failure), 0);
	assert_int_equal(elf.machine, EM_X86_64);
	assert_string_equal(elf.interpreter, "/lib/ld.so");
	assert_int_equal(elf.n_needed, 2);
	assert_string_equal(elf.needed[0], "liba.so");
	assert_string_equal(elf.needed[1], "libb.so");
	assert_string_equal(elf.run_path, "/run/path");
	mc_elf_free(&elf);
}

static void test_broken(void **state)
{
	static struct tiny at;
	/* What to overwrite */
	const struct {
		const void *field;
		size_t size;
		uint64_t value;
		const char *says;
	} rows[] = {
		{&at.header.e_ident[0], 1, 'M', "tiny: not an ELF file"},
		{&at.header.e_ident[EI_CLASS], 1, ELFCLASS32,
		 "tiny: not a 64-bit little-endian ELF file"},
		{&at.header.e_ident[EI_DATA], 1, ELFDATA2MSB,
		 "tiny: not a 64-bit little-endian ELF file"},
		{&at.header.e_type, 2, ET_REL, "tiny: neither a program nor a library"},
		{&at.header.e_phentsize, 2, 32, "tiny: its program headers have an unknown size"},
		{&at.header.e_phnum, 2, 0xffff, "tiny: its program headers are beyond its end"},
		{&at.header.e_phoff, 8, UINT64_MAX - 8,
		 "tiny: its program headers are beyond its end"},
		{&at.header.e_phoff, 8, sizeof(struct tiny),
		 "tiny: its program headers are beyond its end"},
		{&at.interp.p_offset, 8, sizeof(struct tiny),
		 "tiny: its interpreter's name is beyond its end"},
		{&at.interp.p_offset, 8, UINT64_MAX,
		 "tiny: its interpreter's name is beyond its end"},
		{&at.interp.p_filesz, 8, UINT64_MAX,
		 "tiny: its interpreter's name is beyond its end"},
		{&at.interp.p_filesz, 8, 4, "tiny: its interpreter's name is beyond its end"},
		{&at.dynamic.p_offset, 8, sizeof(struct tiny) - 8,
		 "tiny: its dynamic section is beyond its end"},
		{&at.dynamic.p_offset, 8, UINT64_MAX - 4,
		 "tiny: its dynamic section is beyond its end"},
		{&at.entry[1].d_un.d_ptr, 8, 0, "tiny: its table of names is beyond its end"},
		{&at.entry[1].d_un.d_ptr, 8, UINT64_MAX,
		 "tiny: its table of names is beyond its end"},
		{&at.entry[2].d_un.d_val, 8, UINT64_MAX,
		 "tiny: its table of names is beyond its end"},
		{&at.entry[2].d_un.d_val, 8, 4, "tiny: its table of names is beyond its end"},
		{&at.entry[0].d_un.d_val, 8, UINT64_MAX,
		 "tiny: its table of names is beyond its end"},
		{&at.entry[4].d_un.d_val, 8, sizeof(at.strings),
		 "tiny: its table of names is beyond its end"},
		{&at.load.p_filesz, 8, UINT64_MAX, "tiny: its table of names is beyond its end"},
		{&at.load.p_offset, 8, UINT64_MAX, "tiny: its table of names is beyond its end"},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tiny tiny = tiny_program(EM_X86_64);
		struct mc_failure failure = {0};
		struct mc_elf elf;

		memcpy((char *)&tiny + ((const char *)rows[i].field - (const char *)&at),
		       &rows[i].value, rows[i].size);
		assert_int_equal(mc_elf_parse(&elf, &tiny, sizeof(tiny), "tiny", &failure), -1);
		assert_string_equal(failure.text, rows[i].says);
		assert_null(elf.interpreter);
		assert_int_equal(elf.n_needed, 0);
	}
}

/* Every length of a good file: refused or taken, never read beyond its end (ASan sees to it). */
static void test_truncated(void **state)
{
	struct tiny tiny = tiny_program(EM_X86_64);
	size_t size;

	for (size = 0; size < sizeof(tiny); size++) {
		struct mc_failure failure = {0};
		char *copy = malloc(size + 1);
		struct mc_elf elf;

		memcpy(copy, &tiny, size);
		copy = realloc(copy, size ? size : 1);
		assert_int_equal(mc_elf_parse(&elf, copy, size, "tiny", &failure), -1);
		free(copy);
	}
}

/* Garbage in every place, from a generator that is the same every time */
static void test_garbage(void **state)
{
	uint64_t random = 88172645463325252ULL;
	int round;

	for (round = 0; round < 50000; round++) {
		struct tiny *tiny = malloc(sizeof(*tiny));
		struct mc_failure failure = {0};
		struct mc_elf elf;
		int changes;

		*tiny = tiny_program(EM_X86_64);
		for (changes = 0; changes < 1 + round % 6; changes++) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			((unsigned char *)tiny)[4 + random % (sizeof(*tiny) - 4)] = random >> 56;
		}
		if (!mc_elf_parse(&elf, tiny, sizeof(*tiny), "tiny", &failure))
			mc_elf_free(&elf);
		free(tiny);
	}
}

static const char *find(const struct mc_elf_needs *needs, const char *ending)
{
	size_t i;

	for (i = 0; i < needs->n; i++) {
		const char *to = needs->file[i].to;

		if (strlen(to) >= strlen(ending) &&
		    !strcmp(to + strlen(to) - strlen(ending), ending))
			return needs->file[i].from;
	}
	return NULL;
}

/* This very program: its libraries are where they are, and its loader where it says. */
static void test_ourselves(void **state)
{
	static const char *const programs[] = {"/proc/self/exe", NULL};
	static const char *const optional[] = {"libmemory-collector-no-such.so.1", NULL};
	struct mc_failure failure = {0};
	struct mc_elf_needs needs;
	struct mc_elf elf;
	size_t i;

	assert_int_equal(mc_elf_needs(&needs, "", programs, optional, &failure), 0);
	assert_non_null(find(&needs, "/libc.so.6"));
	assert_non_null(find(&needs, "/libcmocka.so.0"));
	assert_int_equal(mc_elf_read(&elf, "/proc/self/exe", &failure), 0);
	assert_non_null(find(&needs, elf.interpreter));
	mc_elf_free(&elf);
	for (i = 0; i < needs.n; i++)
		assert_int_equal(access(needs.file[i].from, R_OK), 0);
	mc_elf_needs_free(&needs);
}

/* ---- a sysroot of our own ---- */

static char root[] = "/tmp/memory-collector-elf-XXXXXX";

static void make_file(const char *name, const void *bytes, size_t size)
{
	char path[256], *slash;
	FILE *file;

	snprintf(path, sizeof(path), "%s%s", root, name);
	for (slash = strchr(path + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	fclose(file);
}

static void make_elf(const char *name, uint16_t machine, const char *needed_a, const char *needed_b,
		     const char *run_path, bool program)
{
	struct tiny tiny = tiny_program(machine);
	size_t used = 1;

	memset(tiny.strings, 0, sizeof(tiny.strings));
	tiny.entry[0].d_tag = needed_a ? DT_NEEDED : DT_DEBUG;
	tiny.entry[3].d_tag = needed_b ? DT_NEEDED : DT_DEBUG;
	tiny.entry[4].d_tag = run_path ? DT_RUNPATH : DT_DEBUG;
	tiny.interp.p_type = program ? PT_INTERP : PT_NULL;
	if (needed_a) {
		tiny.entry[0].d_un.d_val = used;
		used += strlen(strcpy(tiny.strings + used, needed_a)) + 1;
	}
	if (needed_b) {
		tiny.entry[3].d_un.d_val = used;
		used += strlen(strcpy(tiny.strings + used, needed_b)) + 1;
	}
	if (run_path) {
		tiny.entry[4].d_un.d_val = used;
		strcpy(tiny.strings + used, run_path);
	}
	make_file(name, &tiny, sizeof(tiny));
}

static void make_sysroot(void)
{
	static const char conf[] = "# folders\ninclude /etc/ld.so.conf.d/*.conf\n\n/opt/wrong\n";
	static const char more[] = "  /opt/lib \t\nrelative\n";

	make_file("/etc/ld.so.conf", conf, strlen(conf));
	make_file("/etc/ld.so.conf.d/a.conf", more, strlen(more));
	make_elf("/lib/ld.so", EM_AARCH64, NULL, NULL, NULL, false);
	make_elf("/lib/aarch64-linux-gnu/libc.so.6", EM_AARCH64, "ld.so", NULL, NULL, false);
	/* Another machine's comes first and is passed by. */
	make_elf("/opt/wrong/libx.so", EM_X86_64, NULL, NULL, NULL, false);
	make_elf("/opt/lib/libx.so", EM_AARCH64, "libc.so.6", NULL, NULL, false);
	/* Found next to its user only; a circle */
	make_elf("/srv/app/liby.so", EM_AARCH64, "libx.so", "liby.so", NULL, false);
	make_elf("/srv/bin/app", EM_AARCH64, "liby.so", "libc.so.6", "$ORIGIN/../app", true);
	make_elf("/srv/bin/lost", EM_AARCH64, "libz.so", NULL, NULL, true);
	make_elf("/srv/bin/path", EM_AARCH64, "../app/liby.so", NULL, NULL, true);
	make_elf("/srv/bin/other", EM_X86_64, NULL, NULL, NULL, true);
	make_elf("/srv/bin/static", EM_AARCH64, NULL, NULL, NULL, false);
	make_file("/srv/bin/script", "#!/bin/sh\n", 10);
	make_file("/srv/bin/empty", "", 0);
}

static void expect_needs(const char *program, const char *const *expected)
{
	char path[256], from[256];
	const char *programs[] = {path, NULL};
	static const char *const optional[] = {NULL};
	struct mc_failure failure = {0};
	struct mc_elf_needs needs;
	size_t i;

	snprintf(path, sizeof(path), "%s%s", root, program);
	assert_int_equal(mc_elf_needs(&needs, root, programs, optional, &failure), 0);
	for (i = 0; expected[2 * i]; i++) {
		assert_true(i < needs.n);
		snprintf(from, sizeof(from), "%s%s", root, expected[2 * i]);
		assert_string_equal(needs.file[i].from, from);
		assert_string_equal(needs.file[i].to, expected[2 * i + 1]);
	}
	assert_int_equal(needs.n, i);
	mc_elf_needs_free(&needs);
}

static void test_sysroot(void **state)
{
	const char *app[] = {NULL,
			     "/lib/aarch64-linux-gnu/liby.so",
			     "/opt/lib/libx.so",
			     "/lib/aarch64-linux-gnu/libx.so",
			     "/lib/aarch64-linux-gnu/libc.so.6",
			     "/lib/aarch64-linux-gnu/libc.so.6",
			     "/lib/ld.so",
			     "/lib/ld.so",
			     NULL};
	static const char *const none[] = {NULL};

	app[0] = "/srv/bin/../app/liby.so";
	expect_needs("/srv/bin/app", app);
	expect_needs("/srv/bin/static", none);
}

static void test_refused(void **state)
{
	static const struct {
		const char *first, *second, *says;
	} rows[] = {
		{"/srv/bin/lost", NULL,
		 "/srv/bin/lost needs the library libz.so, which is not in "},
		{"/srv/bin/path", NULL, "/srv/bin/path needs the library ../app/liby.so, "},
		{"/srv/bin/script", NULL, "/srv/bin/script: not an ELF file"},
		{"/srv/bin/empty", NULL, "/srv/bin/empty: not an ELF file"},
		{"/srv/bin", NULL, "/srv/bin: not an ELF file"},
		{"/srv/bin/nothing", NULL, "/srv/bin/nothing: No such file or directory"},
		{"/srv/bin/app", "/srv/bin/other", "/srv/bin/other is for another machine"},
	};
	static const char *const optional[] = {NULL};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char first[256], second[256];
		const char *programs[] = {first, rows[i].second ? second : NULL, NULL};
		struct mc_failure failure = {0};
		struct mc_elf_needs needs;

		snprintf(first, sizeof(first), "%s%s", root, rows[i].first);
		snprintf(second, sizeof(second), "%s%s", root,
			 rows[i].second ? rows[i].second : "");
		assert_int_equal(mc_elf_needs(&needs, root, programs, optional, &failure), -1);
		assert_int_equal(strncmp(failure.text, root, strlen(root)), 0);
		assert_int_equal(strncmp(failure.text + strlen(root), rows[i].says,
					 strlen(rows[i].says)),
				 0);
		assert_int_equal(needs.n, 0);
	}
}

static int set_up(void **state)
{
	if (!mkdtemp(root))
		return -1;
	make_sysroot();
	return 0;
}

static int tear_down(void **state)
{
	return mc_tree_remove(root, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tiny),	  cmocka_unit_test(test_broken),
		cmocka_unit_test(test_truncated), cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_ourselves), cmocka_unit_test(test_sysroot),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
