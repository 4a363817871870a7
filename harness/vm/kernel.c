// SPDX-License-Identifier: GPL-2.0
/*
 * kernel.c - where kernel images are, and what is in them
 */
#include "vm/kernel.h"

#include <archive.h>
#include <archive_entry.h>
#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cache.h"
#include "config.h"

/* ---- the image's own word for its release ---- */

/* The setup header of Documentation/arch/x86/boot.rst */
#define HEADER_MAGIC_AT 0x202
#define SETUP_SECTORS_AT 0x1f1
#define VERSION_AT 0x20e
#define PAYLOAD_OFFSET_AT 0x248
#define PAYLOAD_LENGTH_AT 0x24c
#define HEADER_SIZE 0x260

/* "6.1.0-56-cloud-amd64 (builder@host) ..." is at 0x200 + what VERSION_AT says. */
static bool release_of_image(const char *image, char *release, size_t size)
{
	unsigned char header[HEADER_SIZE];
	FILE *file = fopen(image, "re");
	uint16_t at;
	bool found = false;
	size_t length;

	if (!file)
		return false;
	if (fread(header, 1, sizeof(header), file) == sizeof(header) &&
	    !memcmp(header + HEADER_MAGIC_AT, "HdrS", 4)) {
		memcpy(&at, header + VERSION_AT, sizeof(at));
		if (at && !fseek(file, 0x200 + at, SEEK_SET)) {
			length = fread(release, 1, size - 1, file);
			release[length] = '\0';
			length = strcspn(release, " ");
			found = length > 0 && release[length] == ' ' && isdigit(release[0]);
			release[length] = '\0';
		}
	}
	fclose(file);
	return found;
}

/* ---- candidates ---- */

static bool is_folder(const char *path)
{
	struct stat info;

	return !stat(path, &info) && S_ISDIR(info.st_mode);
}

static bool has_modules(const char *folder)
{
	char path[PATH_MAX];

	return snprintf(path, sizeof(path), "%s/modules.order", folder) < (int)sizeof(path) &&
	       !access(path, R_OK);
}

/* Beside the image, in the tree that it is in, or installed */
static char *modules_of(const char *image, const char *release)
{
	const char *slash = strrchr(image, '/');
	int length = slash ? (int)(slash - image) : 1;
	const char *folder = slash ? image : ".";
	static const char *const above[] = {"/..", ""}, *const usr[] = {"", "/usr"};
	char path[PATH_MAX];
	size_t i, j;

	snprintf(path, sizeof(path), "%.*s", length, folder);
	if (has_modules(path))
		return strdup(path);
	for (i = 0; i < 2; i++) {
		for (j = 0; j < 2; j++) {
			if (snprintf(path, sizeof(path), "%.*s%s%s/lib/modules/%s", length, folder,
				     above[i], usr[j], release) < (int)sizeof(path) &&
			    has_modules(path))
				return strdup(path);
		}
	}
	snprintf(path, sizeof(path), "/lib/modules/%s", release);
	return has_modules(path) ? strdup(path) : NULL;
}

struct search {
	const char *release;
	struct mc_vm_kernel *kernel;
	char looked[800]; /* for the message */
};

static void note(struct search *search, const char *path, const char *why)
{
	size_t used = strlen(search->looked);

	snprintf(search->looked + used, sizeof(search->looked) - used, "%s%s%s%s%s",
		 used ? ", " : "", path, why ? " (" : "", why ? why : "", why ? ")" : "");
}

/* Return: whether this is the one. */
static bool try_image(struct search *search, const char *path)
{
	char release[128];
	char *modules;

	if (access(path, R_OK)) {
		note(search, path, errno == ENOENT ? NULL : strerror(errno));
		return false;
	}
	if (release_of_image(path, release, sizeof(release)) && strcmp(release, search->release)) {
		note(search, path, release);
		return false;
	}
	modules = modules_of(path, search->release);
	if (!modules) {
		note(search, path, "without its modules");
		return false;
	}
	search->kernel->image = strdup(path);
	search->kernel->modules = modules;
	search->kernel->release = strdup(search->release);
	return true;
}

static bool try_format(struct search *search, const char *format, const char *folder)
	__attribute__((format(printf, 2, 0)));

static bool try_format(struct search *search, const char *format, const char *folder)
{
	char path[PATH_MAX];

	return snprintf(path, sizeof(path), format, folder, search->release) < (int)sizeof(path) &&
	       try_image(search, path);
}

/* An unpacked package, of which newer ones have the image among its modules */
static bool try_package(struct search *search, const char *folder)
{
	return try_format(search, "%s/boot/vmlinuz-%s", folder) ||
	       try_format(search, "%s/usr/lib/modules/%s/vmlinuz", folder);
}

/* One, or a folder with images */
static bool try_folder(struct search *search, const char *folder)
{
	return try_package(search, folder) || try_format(search, "%s/vmlinuz-%s", folder);
}

static bool try_cache(struct search *search)
{
	char folder[PATH_MAX], name[256];

	snprintf(name, sizeof(name), "kernels/%s", search->release);
	return mc_cache_path(folder, sizeof(folder), name) && try_package(search, folder);
}

static bool search_everywhere(struct search *search)
{
	if (MC_VM_KERNEL[0] && (is_folder(MC_VM_KERNEL) ? try_folder(search, MC_VM_KERNEL)
							: try_image(search, MC_VM_KERNEL)))
		return true;
	return try_format(search, "%s/boot/vmlinuz-%s", "") ||
	       try_format(search, "%s/lib/modules/%s/vmlinuz", "") || try_cache(search);
}

/* The user's own choice is taken or refused, never replaced. */
static int find_wanted(struct search *search, const char *wanted, struct mc_failure *failure)
{
	char release[128];

	if (access(wanted, R_OK))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "kernel %s: %s", wanted,
			       strerror(errno));
	if (is_folder(wanted) ? try_folder(search, wanted) : try_image(search, wanted))
		return 0;
	if (!is_folder(wanted) && release_of_image(wanted, release, sizeof(release)) &&
	    strcmp(release, search->release))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "kernel %s is %s, but the module is for %s: configure the build "
			       "with that kernel's headers (-Dkernel_dir), or choose another image",
			       wanted, release, search->release);
	return mc_fail(failure, MC_EXIT_ENVIRONMENT,
		       "kernel %s does not do for a module of %s: looked for %s; the modules are "
		       "expected in ../lib/modules/%s of the image's folder, as in an unpacked "
		       "package",
		       wanted, search->release, search->looked, search->release);
}

int mc_vm_kernel_find(struct mc_vm_kernel *kernel, const char *release, const char *wanted,
		      struct mc_failure *failure)
{
	struct search search = {.release = release, .kernel = kernel};

	memset(kernel, 0, sizeof(*kernel));
	if (wanted ? find_wanted(&search, wanted, failure) : !search_everywhere(&search)) {
		if (wanted)
			return -1;
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "no kernel image for %s, which the module is for: looked for %s; "
			       "./bootstrap run fetches it, or name one with --kernel",
			       release, search.looked);
	}
	if (kernel->image && kernel->modules && kernel->release)
		return 0;
	mc_vm_kernel_free(kernel);
	return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
}

void mc_vm_kernel_free(struct mc_vm_kernel *kernel)
{
	free(kernel->image);
	free(kernel->modules);
	free(kernel->release);
	memset(kernel, 0, sizeof(*kernel));
}

/* ---- the ELF kernel inside ---- */

/* Longest ELF kernel that is worth it */
#define ELF_MAX (512UL * 1024 * 1024)
/* Type of the note "Xen" that says where to enter (XEN_ELFNOTE_PHYS32_ENTRY) */
#define NOTE_PVH 18

static bool has_pvh_note(const unsigned char *note, size_t size)
{
	while (size >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr header;
		uint64_t length;

		memcpy(&header, note, sizeof(header));
		length = sizeof(header) + ((header.n_namesz + 3ULL) & ~3ULL) +
			 ((header.n_descsz + 3ULL) & ~3ULL);
		if (length > size)
			return false;
		if (header.n_type == NOTE_PVH && header.n_namesz == 4 &&
		    !memcmp(note + sizeof(header), "Xen", 4))
			return true;
		note += length;
		size -= length;
	}
	return false;
}

/* Whole up to its last segment (what follows are relocations), and with a way in? */
static bool bootable(const unsigned char *elf, size_t size)
{
	Elf64_Ehdr header;
	Elf64_Phdr segment;
	bool entry = false;
	unsigned int i;

	if (size < sizeof(header))
		return false;
	memcpy(&header, elf, sizeof(header));
	if (memcmp(header.e_ident, ELFMAG, SELFMAG) || header.e_machine != EM_X86_64 ||
	    header.e_phentsize != sizeof(segment) || header.e_phoff > size ||
	    header.e_phnum > (size - header.e_phoff) / sizeof(segment))
		return false;
	for (i = 0; i < header.e_phnum; i++) {
		memcpy(&segment, elf + header.e_phoff + i * sizeof(segment), sizeof(segment));
		if (segment.p_offset > size || segment.p_filesz > size - segment.p_offset)
			return false;
		if (segment.p_type == PT_NOTE)
			entry |= has_pvh_note(elf + segment.p_offset, segment.p_filesz);
	}
	return entry;
}

/* The payload has some bytes behind its end, which a decompressor may complain about. */
static unsigned char *decompress(const unsigned char *payload, size_t size, size_t *elf_size)
{
	struct archive *archive = archive_read_new();
	struct archive_entry *entry;
	size_t room = 64UL * 1024 * 1024, used = 0;
	unsigned char *elf = malloc(room), *grown;
	la_ssize_t got;

	if (!archive || !elf)
		goto out;
	archive_read_support_filter_all(archive);
	archive_read_support_format_raw(archive);
	if (archive_read_open_memory(archive, payload, size) != ARCHIVE_OK ||
	    archive_read_next_header(archive, &entry) != ARCHIVE_OK)
		goto out;
	while ((got = archive_read_data(archive, elf + used, room - used)) > 0) {
		used += got;
		if (used < room)
			continue;
		grown = room < ELF_MAX ? realloc(elf, room * 2) : NULL;
		if (!grown)
			break;
		elf = grown;
		room *= 2;
	}
out:
	archive_read_free(archive);
	*elf_size = used;
	return elf;
}

static bool write_file(const char *path, const unsigned char *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t put = 0;

	if (fd < 0)
		return false;
	while (size > 0 && (put = write(fd, bytes, size)) > 0) {
		bytes += put;
		size -= put;
	}
	if (close(fd) || size > 0) {
		unlink(path);
		return false;
	}
	return true;
}

static bool unpack(const unsigned char *image, size_t size, const char *to)
{
	uint32_t offset, length;
	unsigned int sectors;
	unsigned char *elf;
	size_t start, elf_size;
	bool done;

	if (size < HEADER_SIZE || memcmp(image + HEADER_MAGIC_AT, "HdrS", 4))
		return false;
	sectors = image[SETUP_SECTORS_AT] ? image[SETUP_SECTORS_AT] : 4;
	memcpy(&offset, image + PAYLOAD_OFFSET_AT, sizeof(offset));
	memcpy(&length, image + PAYLOAD_LENGTH_AT, sizeof(length));
	start = (sectors + 1) * 512UL + offset;
	if (start > size || length > size - start)
		return false;
	elf = decompress(image + start, length, &elf_size);
	done = elf && bootable(elf, elf_size) && write_file(to, elf, elf_size);
	free(elf);
	return done;
}

bool mc_vm_kernel_unpack(const char *image, const char *to)
{
	int fd = open(image, O_RDONLY | O_CLOEXEC);
	struct stat info;
	bool done = false;
	void *bytes;

	if (fd < 0)
		return false;
	if (!fstat(fd, &info) && S_ISREG(info.st_mode) && info.st_size > 0) {
		bytes = mmap(NULL, info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (bytes != MAP_FAILED) {
			done = unpack(bytes, info.st_size, to);
			munmap(bytes, info.st_size);
		}
	}
	close(fd);
	return done;
}
