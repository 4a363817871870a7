// SPDX-License-Identifier: GPL-2.0
/*
 * elf_needs.c - dynamic sections, and the search for libraries
 *
 * Every offset and length in a file is checked against the file's size before it
 * is used: files may be truncated, or made to hurt.
 */
#include "vm/elf_needs.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* More than any real program has; a loop in hostile data ends there */
#define NEEDED_MAX 256
#define FILES_MAX 1024
#define FOLDERS_MAX 64
#define INCLUDE_DEPTH_MAX 4

/* ---- one file ---- */

struct image {
	const unsigned char *bytes;
	size_t size;
	Elf64_Ehdr header;
};

/* Copy out: nothing in a file need be aligned. */
static bool take(const struct image *image, uint64_t offset, void *to, size_t length)
{
	if (offset > image->size || length > image->size - offset)
		return false;
	memcpy(to, image->bytes + offset, length);
	return true;
}

/* A copy of the text at an offset, or NULL where it does not end before @limit */
static char *take_text(const struct image *image, uint64_t offset, uint64_t limit)
{
	if (limit > image->size || offset >= limit ||
	    !memchr(image->bytes + offset, '\0', limit - offset))
		return NULL;
	return strdup((const char *)image->bytes + offset);
}

static bool program_header(const struct image *image, unsigned int index, Elf64_Phdr *header)
{
	uint64_t offset;

	if (__builtin_add_overflow(image->header.e_phoff, (uint64_t)index * sizeof(*header),
				   &offset))
		return false;
	return take(image, offset, header, sizeof(*header));
}

static bool find_header(const struct image *image, uint32_t type, Elf64_Phdr *header)
{
	unsigned int i;

	for (i = 0; i < image->header.e_phnum; i++) {
		if (program_header(image, i, header) && header->p_type == type)
			return true;
	}
	return false;
}

/* Where an address of the running program is in the file; @left: bytes from there on */
static bool file_offset(const struct image *image, uint64_t address, uint64_t *offset,
			uint64_t *left)
{
	Elf64_Phdr header;
	unsigned int i;

	for (i = 0; i < image->header.e_phnum; i++) {
		if (!program_header(image, i, &header) || header.p_type != PT_LOAD ||
		    address < header.p_vaddr || address - header.p_vaddr >= header.p_filesz)
			continue;
		*left = header.p_filesz - (address - header.p_vaddr);
		return !__builtin_add_overflow(header.p_offset, address - header.p_vaddr, offset) &&
		       *offset <= image->size && *left <= image->size - *offset;
	}
	return false;
}

/* What of the dynamic section matters */
struct dynamic {
	uint64_t needed[NEEDED_MAX], n_needed;
	uint64_t strings, strings_size, run_path, old_run_path;
	bool has_run_path, has_old_run_path;
};

static const char *scan_dynamic(const struct image *image, const Elf64_Phdr *header,
				struct dynamic *dynamic)
{
	uint64_t at;

	for (at = 0; at + sizeof(Elf64_Dyn) <= header->p_filesz; at += sizeof(Elf64_Dyn)) {
		uint64_t offset;
		Elf64_Dyn entry;

		if (__builtin_add_overflow(header->p_offset, at, &offset) ||
		    !take(image, offset, &entry, sizeof(entry)))
			return "its dynamic section is beyond its end";
		switch (entry.d_tag) {
		case DT_NULL:
			return NULL;
		case DT_NEEDED:
			if (dynamic->n_needed == NEEDED_MAX)
				return "it needs more libraries than any program does";
			dynamic->needed[dynamic->n_needed++] = entry.d_un.d_val;
			break;
		case DT_STRTAB:
			dynamic->strings = entry.d_un.d_ptr;
			break;
		case DT_STRSZ:
			dynamic->strings_size = entry.d_un.d_val;
			break;
		case DT_RUNPATH:
			dynamic->run_path = entry.d_un.d_val;
			dynamic->has_run_path = true;
			break;
		case DT_RPATH:
			dynamic->old_run_path = entry.d_un.d_val;
			dynamic->has_old_run_path = true;
			break;
		}
	}
	return NULL;
}

static const char *take_dynamic(struct mc_elf *elf, const struct image *image,
				const struct dynamic *dynamic)
{
	static const char broken[] = "its table of names is beyond its end";
	uint64_t start, left, limit, i;

	if (!dynamic->n_needed && !dynamic->has_run_path && !dynamic->has_old_run_path)
		return NULL;
	if (!file_offset(image, dynamic->strings, &start, &left) || dynamic->strings_size > left)
		return broken;
	limit = start + dynamic->strings_size;
	elf->needed = calloc(dynamic->n_needed + 1, sizeof(*elf->needed));
	if (!elf->needed)
		return "out of memory";
	for (i = 0; i < dynamic->n_needed; i++) {
		if (dynamic->needed[i] >= dynamic->strings_size)
			return broken;
		elf->needed[i] = take_text(image, start + dynamic->needed[i], limit);
		if (!elf->needed[i])
			return broken;
		elf->n_needed++;
	}
	if (dynamic->has_run_path || dynamic->has_old_run_path) {
		uint64_t at = dynamic->has_run_path ? dynamic->run_path : dynamic->old_run_path;

		if (at >= dynamic->strings_size)
			return broken;
		elf->run_path = take_text(image, start + at, limit);
		if (!elf->run_path)
			return broken;
	}
	return NULL;
}

static const char *parse(struct mc_elf *elf, struct image *image)
{
	const unsigned char *ident = image->header.e_ident;
	struct dynamic dynamic = {0};
	Elf64_Phdr header;
	const char *wrong;

	if (!take(image, 0, &image->header, sizeof(image->header)) ||
	    memcmp(ident, ELFMAG, SELFMAG))
		return "not an ELF file";
	if (ident[EI_CLASS] != ELFCLASS64 || ident[EI_DATA] != ELFDATA2LSB)
		return "not a 64-bit little-endian ELF file";
	if (image->header.e_type != ET_EXEC && image->header.e_type != ET_DYN)
		return "neither a program nor a library";
	if (image->header.e_phnum && image->header.e_phentsize != sizeof(Elf64_Phdr))
		return "its program headers have an unknown size";
	if (image->header.e_phnum && !program_header(image, image->header.e_phnum - 1, &header))
		return "its program headers are beyond its end";
	elf->machine = image->header.e_machine;
	if (find_header(image, PT_INTERP, &header)) {
		if (header.p_filesz <= image->size && header.p_offset <= image->size)
			elf->interpreter = take_text(image, header.p_offset,
						     header.p_offset + header.p_filesz);
		if (!elf->interpreter)
			return "its interpreter's name is beyond its end";
	}
	if (!find_header(image, PT_DYNAMIC, &header))
		return NULL;
	wrong = scan_dynamic(image, &header, &dynamic);
	return wrong ? wrong : take_dynamic(elf, image, &dynamic);
}

int mc_elf_parse(struct mc_elf *elf, const void *bytes, size_t size, const char *name,
		 struct mc_failure *failure)
{
	struct image image = {.bytes = bytes, .size = size};
	const char *wrong;

	memset(elf, 0, sizeof(*elf));
	wrong = parse(elf, &image);
	if (!wrong)
		return 0;
	mc_elf_free(elf);
	return mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s: %s", name, wrong);
}

void mc_elf_free(struct mc_elf *elf)
{
	size_t i;

	for (i = 0; i < elf->n_needed; i++)
		free(elf->needed[i]);
	free(elf->needed);
	free(elf->interpreter);
	free(elf->run_path);
	memset(elf, 0, sizeof(*elf));
}

int mc_elf_read(struct mc_elf *elf, const char *path, struct mc_failure *failure)
{
	struct stat info;
	void *bytes;
	int fd, result;

	memset(elf, 0, sizeof(*elf));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &info)) {
		result = mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return result;
	}
	if (!S_ISREG(info.st_mode) || !info.st_size) {
		close(fd);
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s: not an ELF file", path);
	}
	bytes = mmap(NULL, info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (bytes == MAP_FAILED)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s: %s", path, strerror(errno));
	result = mc_elf_parse(elf, bytes, info.st_size, path, failure);
	munmap(bytes, info.st_size);
	return result;
}

/* ---- where libraries are ---- */

/* Length of a path's folder, with the slash at its end */
static int folder_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (int)(slash - path) + 1 : 0;
}

struct search {
	const char *sysroot;
	uint16_t machine;
	size_t n_folders;
	char *folders[FOLDERS_MAX]; /* with the sysroot */
};

static void add_folder(struct search *search, const char *folder)
{
	char path[PATH_MAX];

	if (*folder != '/' || search->n_folders == FOLDERS_MAX ||
	    snprintf(path, sizeof(path), "%s%s", search->sysroot, folder) >= (int)sizeof(path))
		return;
	search->folders[search->n_folders] = strdup(path);
	if (search->folders[search->n_folders])
		search->n_folders++;
}

static void read_configuration(struct search *search, const char *path, int depth);

/* "include PATTERN", from the sysroot's root or the file's folder */
static void include(struct search *search, const char *file, const char *pattern, int depth)
{
	char full[PATH_MAX];
	glob_t found;
	size_t i;
	int length;

	if (*pattern == '/')
		length = snprintf(full, sizeof(full), "%s%s", search->sysroot, pattern);
	else
		length = snprintf(full, sizeof(full), "%.*s%s", folder_length(file), file, pattern);
	if (length >= (int)sizeof(full) || glob(full, 0, NULL, &found))
		return;
	for (i = 0; i < found.gl_pathc; i++)
		read_configuration(search, found.gl_pathv[i], depth + 1);
	globfree(&found);
}

static void read_configuration(struct search *search, const char *path, int depth)
{
	char line[PATH_MAX];
	FILE *file;

	if (depth > INCLUDE_DEPTH_MAX)
		return;
	file = fopen(path, "re");
	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		char *text = line + strspn(line, " \t");

		text[strcspn(text, "#\n")] = '\0';
		while (*text && strchr(" \t", text[strlen(text) - 1]))
			text[strlen(text) - 1] = '\0';
		if (!strncmp(text, "include", 7) && strchr(" \t", text[7]) && text[7])
			include(search, path, text + 7 + strspn(text + 7, " \t"), depth);
		else
			add_folder(search, text);
	}
	fclose(file);
}

static const char *triplet(uint16_t machine)
{
	switch (machine) {
	case EM_X86_64:
		return "x86_64-linux-gnu";
	case EM_AARCH64:
		return "aarch64-linux-gnu";
	default:
		return NULL;
	}
}

static void fill_folders(struct search *search)
{
	static const char *const usual[] = {"/lib64", "/usr/lib64", "/lib", "/usr/lib"};
	const char *name = triplet(search->machine);
	char path[PATH_MAX];
	size_t i;

	if (snprintf(path, sizeof(path), "%s/etc/ld.so.conf", search->sysroot) < (int)sizeof(path))
		read_configuration(search, path, 0);
	if (name) {
		snprintf(path, sizeof(path), "/lib/%s", name);
		add_folder(search, path);
		snprintf(path, sizeof(path), "/usr/lib/%s", name);
		add_folder(search, path);
	}
	for (i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		add_folder(search, usual[i]);
}

/* Is there a library of our machine? Its path, or NULL; others' are passed by. */
static char *try_folder(const struct search *search, const char *folder, const char *name,
			struct mc_elf *elf)
{
	struct mc_failure unused;
	char *path;

	if (asprintf(&path, "%s/%s", folder, name) < 0)
		return NULL;
	if (!mc_elf_read(elf, path, &unused)) {
		if (elf->machine == search->machine)
			return path;
		mc_elf_free(elf);
	}
	free(path);
	return NULL;
}

/* One entry of a run path, in which $ORIGIN is the folder of whoever has it */
static char *try_run_path(const struct search *search, const char *entry, size_t length,
			  const char *owner, const char *name, struct mc_elf *elf)
{
	static const char *const origins[] = {"$ORIGIN", "${ORIGIN}"};
	const char *slash = strrchr(owner, '/');
	char folder[PATH_MAX];
	size_t i;

	for (i = 0; i < 2; i++) {
		size_t skip = strlen(origins[i]);

		if (length < skip || strncmp(entry, origins[i], skip))
			continue;
		if (snprintf(folder, sizeof(folder), "%.*s%.*s", slash ? (int)(slash - owner) : 1,
			     slash ? owner : ".", (int)(length - skip),
			     entry + skip) >= (int)sizeof(folder))
			return NULL;
		return try_folder(search, folder, name, elf);
	}
	if (*entry != '/' || snprintf(folder, sizeof(folder), "%s%.*s", search->sysroot,
				      (int)length, entry) >= (int)sizeof(folder))
		return NULL;
	return try_folder(search, folder, name, elf);
}

static char *find_library(const struct search *search, const char *name, const char *owner,
			  const char *run_path, struct mc_elf *elf)
{
	const char *at = run_path;
	char *path;
	size_t i;

	if (strchr(name, '/'))
		return NULL;
	while (at && *at) {
		size_t length = strcspn(at, ":");

		path = try_run_path(search, at, length, owner, name, elf);
		if (path)
			return path;
		at += length + (at[length] == ':');
	}
	for (i = 0; i < search->n_folders; i++) {
		path = try_folder(search, search->folders[i], name, elf);
		if (path)
			return path;
	}
	return NULL;
}

/* ---- everything that programs need ---- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static struct mc_elf_file *known(const struct mc_elf_needs *needs, const char *name)
{
	size_t i;

	for (i = 0; i < needs->n; i++) {
		if (!strcmp(base_name(needs->file[i].from), name))
			return &needs->file[i];
	}
	return NULL;
}

/* Takes over @from. */
static int add_file(struct mc_elf_needs *needs, char *from, const char *to,
		    struct mc_failure *failure)
{
	struct mc_elf_file *grown = NULL;
	char *copy = to ? strdup(to) : NULL;

	if (needs->n < FILES_MAX && (copy || !to))
		grown = realloc(needs->file, (needs->n + 1) * sizeof(*grown));
	if (!grown) {
		free(from);
		free(copy);
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       needs->n < FILES_MAX ? "out of memory"
						    : "the programs need too many libraries");
	}
	needs->file = grown;
	needs->file[needs->n++] = (struct mc_elf_file){.from = from, .to = copy};
	return 0;
}

static int add_needed(struct mc_elf_needs *needs, const struct search *search, const char *owner,
		      const struct mc_elf *elf, struct mc_failure *failure);

/* By name, from the folders or from a run path; depth is bounded by FILES_MAX. */
static int add_library(struct mc_elf_needs *needs, const struct search *search, const char *name,
		       const char *owner, const char *run_path, struct mc_failure *failure)
{
	struct mc_elf elf;
	char *path;
	int result;

	if (known(needs, base_name(name)))
		return 0;
	path = find_library(search, name, owner, run_path, &elf);
	if (!path)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "%s needs the library %s, which is not in %s/etc/ld.so.conf's "
			       "folders nor the usual ones",
			       owner, name, search->sysroot);
	result = add_file(needs, path, NULL, failure);
	if (!result)
		result = add_needed(needs, search, path, &elf, failure);
	mc_elf_free(&elf);
	return result;
}

static int add_needed(struct mc_elf_needs *needs, const struct search *search, const char *owner,
		      const struct mc_elf *elf, struct mc_failure *failure)
{
	size_t i;

	for (i = 0; i < elf->n_needed; i++) {
		if (add_library(needs, search, elf->needed[i], owner, elf->run_path, failure))
			return -1;
	}
	return 0;
}

/* To the path that is written in the program; in a sysroot that may be a link out of it. */
static int add_interpreter(struct mc_elf_needs *needs, const struct search *search,
			   const char *owner, const char *interpreter, struct mc_failure *failure)
{
	struct mc_elf_file *file = known(needs, base_name(interpreter));
	struct mc_elf elf;
	char *path;

	if (file && file->to)
		return 0;
	if (!file) {
		path = find_library(search, base_name(interpreter), owner, NULL, &elf);
		if (!path)
			return mc_fail(failure, MC_EXIT_ENVIRONMENT,
				       "%s needs %s%s, which is missing", owner, search->sysroot,
				       interpreter);
		mc_elf_free(&elf);
		return add_file(needs, path, interpreter, failure);
	}
	file->to = strdup(interpreter);
	return file->to ? 0 : mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
}

static int add_program(struct mc_elf_needs *needs, struct search *search, const char *program,
		       struct mc_failure *failure)
{
	struct mc_elf elf;
	int result = 0;

	if (mc_elf_read(&elf, program, failure))
		return -1;
	if (!search->n_folders) {
		search->machine = elf.machine;
		fill_folders(search);
	}
	if (elf.machine != search->machine)
		result = mc_fail(failure, MC_EXIT_ENVIRONMENT,
				 "%s is for another machine than the other programs", program);
	if (!result)
		result = add_needed(needs, search, program, &elf, failure);
	if (!result && elf.interpreter)
		result = add_interpreter(needs, search, program, elf.interpreter, failure);
	mc_elf_free(&elf);
	return result;
}

static int place_libraries(struct mc_elf_needs *needs, const char *sysroot,
			   struct mc_failure *failure)
{
	struct mc_elf_file *c_library = known(needs, "libc.so.6");
	const char *folder;
	size_t i;

	if (!needs->n)
		return 0;
	if (!c_library)
		return mc_fail(
			failure, MC_EXIT_ENVIRONMENT,
			"the programs use no libc.so.6; only the GNU C library is supported");
	folder = c_library->from + strlen(sysroot);
	for (i = 0; i < needs->n; i++) {
		struct mc_elf_file *file = &needs->file[i];

		if (!file->to && asprintf(&file->to, "%.*s%s", folder_length(folder), folder,
					  base_name(file->from)) < 0) {
			file->to = NULL;
			return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
		}
	}
	return 0;
}

int mc_elf_needs(struct mc_elf_needs *needs, const char *sysroot, const char *const *programs,
		 const char *const *optional, struct mc_failure *failure)
{
	struct search search = {.sysroot = sysroot};
	struct mc_failure unused;
	int result = 0;
	size_t i;

	memset(needs, 0, sizeof(*needs));
	for (i = 0; !result && programs[i]; i++)
		result = add_program(needs, &search, programs[i], failure);
	for (i = 0; !result && needs->n && optional[i]; i++)
		add_library(needs, &search, optional[i], programs[0], NULL, &unused);
	if (!result)
		result = place_libraries(needs, sysroot, failure);
	for (i = 0; i < search.n_folders; i++)
		free(search.folders[i]);
	if (result)
		mc_elf_needs_free(needs);
	return result;
}

void mc_elf_needs_free(struct mc_elf_needs *needs)
{
	size_t i;

	for (i = 0; i < needs->n; i++) {
		free(needs->file[i].from);
		free(needs->file[i].to);
	}
	free(needs->file);
	memset(needs, 0, sizeof(*needs));
}
