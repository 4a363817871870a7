// SPDX-License-Identifier: GPL-2.0
/*
 * test_kernel.c - images that fit, those that do not, and what is in them
 */
#include <archive.h>
#include <archive_entry.h>
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "process/tree.h"
#include "vm/kernel.h"

/* No distribution has it, so none of this machine's own kernels is ever found. */
#define RELEASE "0.7.0-memory-collector"
#define OTHER "0.8.0-memory-collector"
#define IMAGE_SIZE 8192
#define PAYLOAD_AT 4096

static char folder[] = "/tmp/memory-collector-kernel-XXXXXX";

static void put_file(const char *name, const void *bytes, size_t size)
{
	char path[512], *slash;
	FILE *file;

	snprintf(path, sizeof(path), "%s%s", folder, name);
	for (slash = strchr(path + strlen(folder) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
	file = fopen(path, "we");
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	fclose(file);
}

/* The setup header of an x86 image, see harness/vm/kernel.c, and a payload */
static void make_image(unsigned char *image, const char *release, const void *payload, size_t size)
{
	uint16_t version = 0x400 - 0x200;
	uint32_t offset = PAYLOAD_AT - 5 * 512, length = size;

	memset(image, 0, IMAGE_SIZE);
	memcpy(image + 0x202, "HdrS", 4);
	image[0x1f1] = 4;
	memcpy(image + 0x20e, &version, sizeof(version));
	memcpy(image + 0x248, &offset, sizeof(offset));
	memcpy(image + 0x24c, &length, sizeof(length));
	sprintf((char *)image + 0x400, "%s (builder@host) #1 SMP", release);
	memcpy(image + PAYLOAD_AT, payload, size);
}

static void put_image(const char *name, const char *release)
{
	unsigned char image[IMAGE_SIZE];

	make_image(image, release, "", 0);
	put_file(name, image, sizeof(image));
}

static void make_tree(void)
{
	put_image("/good/boot/vmlinuz-" RELEASE, RELEASE);
	put_file("/good/lib/modules/" RELEASE "/modules.order", "", 0);
	put_image("/usr/boot/vmlinuz-" RELEASE, RELEASE);
	put_file("/usr/usr/lib/modules/" RELEASE "/modules.order", "", 0);
	put_image("/fedora/lib/modules/" RELEASE "/vmlinuz", RELEASE);
	put_file("/fedora/lib/modules/" RELEASE "/modules.order", "", 0);
	put_image("/sid/usr/lib/modules/" RELEASE "/vmlinuz", RELEASE);
	put_file("/sid/usr/lib/modules/" RELEASE "/modules.order", "", 0);
	put_image("/other/boot/vmlinuz-" RELEASE, OTHER);
	put_file("/other/lib/modules/" RELEASE "/modules.order", "", 0);
	put_image("/bare/boot/vmlinuz-" RELEASE, RELEASE);
	/* No header that we know: the kernel itself is trusted to refuse wrong modules */
	put_file("/arm/boot/vmlinuz-" RELEASE, "MZ", 2);
	put_file("/arm/lib/modules/" RELEASE "/modules.order", "", 0);
	put_image("/cache/memory-collector/kernels/" RELEASE "/boot/vmlinuz-" RELEASE, RELEASE);
	put_file("/cache/memory-collector/kernels/" RELEASE "/lib/modules/" RELEASE
		 "/modules.order",
		 "", 0);
}

static void test_wanted(void **state)
{
	static const struct {
		const char *wanted, *image, *modules, *says;
	} rows[] = {
		{"/good/boot/vmlinuz-" RELEASE, "/good/boot/vmlinuz-" RELEASE,
		 "/good/boot/../lib/modules/" RELEASE, NULL},
		{"/good", "/good/boot/vmlinuz-" RELEASE, "/good/boot/../lib/modules/" RELEASE,
		 NULL},
		{"/good/boot", "/good/boot/vmlinuz-" RELEASE, "/good/boot/../lib/modules/" RELEASE,
		 NULL},
		{"/usr", "/usr/boot/vmlinuz-" RELEASE, "/usr/boot/../usr/lib/modules/" RELEASE,
		 NULL},
		{"/fedora/lib/modules/" RELEASE "/vmlinuz",
		 "/fedora/lib/modules/" RELEASE "/vmlinuz", "/fedora/lib/modules/" RELEASE, NULL},
		{"/arm", "/arm/boot/vmlinuz-" RELEASE, "/arm/boot/../lib/modules/" RELEASE, NULL},
		{"/other/boot/vmlinuz-" RELEASE, NULL, NULL,
		 "is " OTHER ", but the module is for " RELEASE},
		{"/other", NULL, NULL, "does not do for a module of " RELEASE},
		{"/bare/boot/vmlinuz-" RELEASE, NULL, NULL, "without its modules"},
		{"/nothing", NULL, NULL, "/nothing: No such file or directory"},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mc_failure failure = {0};
		struct mc_vm_kernel kernel;
		char wanted[512];
		int result;

		snprintf(wanted, sizeof(wanted), "%s%s", folder, rows[i].wanted);
		result = mc_vm_kernel_find(&kernel, RELEASE, wanted, &failure);
		if (rows[i].says) {
			assert_int_equal(result, -1);
			assert_int_equal(failure.exit_code, MC_EXIT_ENVIRONMENT);
			assert_non_null(strstr(failure.text, rows[i].says));
			continue;
		}
		assert_int_equal(result, 0);
		assert_string_equal(kernel.image + strlen(folder), rows[i].image);
		assert_string_equal(kernel.modules + strlen(folder), rows[i].modules);
		assert_string_equal(kernel.release, RELEASE);
		mc_vm_kernel_free(&kernel);
	}
}

static void test_cache(void **state)
{
	struct mc_failure failure = {0};
	struct mc_vm_kernel kernel;
	char cache[512];

	snprintf(cache, sizeof(cache), "%s/cache", folder);
	setenv("XDG_CACHE_HOME", cache, 1);
	assert_int_equal(mc_vm_kernel_find(&kernel, RELEASE, NULL, &failure), 0);
	assert_int_equal(strncmp(kernel.image, cache, strlen(cache)), 0);
	mc_vm_kernel_free(&kernel);

	assert_int_equal(mc_vm_kernel_find(&kernel, OTHER, NULL, &failure), -1);
	assert_non_null(strstr(failure.text, "no kernel image for " OTHER));
	assert_non_null(strstr(failure.text, "/boot/vmlinuz-" OTHER ", "));
	assert_non_null(strstr(failure.text, "--kernel"));
}

/* ---- unpacking ---- */

struct elf {
	Elf64_Ehdr header;
	Elf64_Phdr load, note;
	struct {
		Elf64_Nhdr header;
		char name[4];
		uint32_t entry;
	} pvh;
};

static struct elf make_elf(uint32_t note_type)
{
	struct elf elf = {
		.header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB},
			   .e_machine = EM_X86_64,
			   .e_phoff = offsetof(struct elf, load),
			   .e_phentsize = sizeof(Elf64_Phdr),
			   .e_phnum = 2},
		.load = {.p_type = PT_LOAD, .p_filesz = sizeof(struct elf)},
		.note = {.p_type = PT_NOTE,
			 .p_offset = offsetof(struct elf, pvh),
			 .p_filesz = sizeof(elf.pvh)},
		.pvh = {.header = {.n_namesz = 4, .n_descsz = 4, .n_type = note_type},
			.name = "Xen"},
	};

	return elf;
}

static size_t compress(const void *bytes, size_t size, void *to, size_t room)
{
	struct archive *archive = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	size_t used = 0;

	archive_write_add_filter_gzip(archive);
	archive_write_set_format_raw(archive);
	archive_write_set_bytes_per_block(archive, 0);
	assert_int_equal(archive_write_open_memory(archive, to, room, &used), ARCHIVE_OK);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_pathname(entry, "x");
	archive_write_header(archive, entry);
	assert_int_equal(archive_write_data(archive, bytes, size), size);
	archive_entry_free(entry);
	archive_write_free(archive);
	return used;
}

/* Is an image with this ELF kernel unpacked? @payload_size, @length: 0: as they should be */
static bool unpacks(const struct elf *elf, size_t size, size_t payload_size, uint32_t length)
{
	unsigned char image[IMAGE_SIZE], payload[2048];
	char path[512], to[512];
	size_t used = compress(elf, size, payload, sizeof(payload) - 4);

	/* Behind the payload comes its size, as the kernel's build puts it there. */
	memset(payload + used, 0x55, 4);
	make_image(image, RELEASE, payload, payload_size ? payload_size : used + 4);
	if (length)
		memcpy(image + 0x24c, &length, sizeof(length));
	put_file("/packed", image, sizeof(image));
	snprintf(path, sizeof(path), "%s/packed", folder);
	snprintf(to, sizeof(to), "%s/unpacked", folder);
	unlink(to);
	if (!mc_vm_kernel_unpack(path, to)) {
		assert_int_equal(access(to, F_OK), -1);
		return false;
	}
	assert_int_equal(access(to, F_OK), 0);
	return true;
}

static void test_unpack(void **state)
{
	struct elf good = make_elf(18), no_pvh = make_elf(17), other = make_elf(18);
	struct elf beyond = make_elf(18), many = make_elf(18), hurt = make_elf(18);

	other.header.e_machine = EM_AARCH64;
	beyond.load.p_filesz = UINT64_MAX;
	many.header.e_phnum = UINT16_MAX;
	hurt.pvh.header.n_namesz = UINT32_MAX;
	assert_true(unpacks(&good, sizeof(good), 0, 0));
	assert_false(unpacks(&no_pvh, sizeof(no_pvh), 0, 0));
	assert_false(unpacks(&other, sizeof(other), 0, 0));
	assert_false(unpacks(&beyond, sizeof(beyond), 0, 0));
	assert_false(unpacks(&many, sizeof(many), 0, 0));
	assert_false(unpacks(&hurt, sizeof(hurt), 0, 0));
	assert_false(unpacks(&good, sizeof(good) / 2, 0, 0));
	assert_false(unpacks(&good, sizeof(good), 20, 0));
	assert_false(unpacks(&good, sizeof(good), 0, UINT32_MAX));
	assert_false(unpacks(&good, 0, 0, 0));
}

static void test_not_an_image(void **state)
{
	char to[512];

	snprintf(to, sizeof(to), "%s/unpacked-2", folder);
	assert_false(mc_vm_kernel_unpack("/proc/self/exe", to));
	assert_false(mc_vm_kernel_unpack("/dev/null", to));
	assert_false(mc_vm_kernel_unpack("/nonexistent", to));
	assert_int_equal(access(to, F_OK), -1);
}

static int set_up(void **state)
{
	if (!mkdtemp(folder))
		return -1;
	make_tree();
	return 0;
}

static int tear_down(void **state)
{
	return mc_tree_remove(folder, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wanted),
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_unpack),
		cmocka_unit_test(test_not_an_image),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
