// SPDX-License-Identifier: GPL-2.0
/*
 * accelerator.c - the choice, and a file of the cache folder for each QEMU whose KVM failed
 *
 * The file says for what it holds: boot of the machine, program with its size, time and version,
 * processor. Where anything of it differs, or it is another's or broken, it is as if there were
 * none: the worst that can happen is that a KVM which hangs is tried once more.
 */
#include "vm/accelerator.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cache.h"
#include "base/text.h"
#include "kernel/environment.h"
#include "vm/files.h"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define FIRST_LINE "Memory Collector: no guest comes up with KVM\n"
#define WHY_MAX 400
/* First line, facts and reason */
#define FILE_MAX (PATH_MAX + 1024)

/* ---- by hand ---- */

static bool is_word(const char *word)
{
	return !strcmp(word, "auto") || !strcmp(word, "kvm") || !strcmp(word, "tcg");
}

int mc_option_accel(void *options, const struct mc_option *option, const char *value,
		    struct mc_failure *failure)
{
	if (!is_word(value))
		return mc_option_refuse(failure, option, value, "it can be auto, kvm or tcg");
	return mc_option_text(options, option, value, failure);
}

int mc_accel_check(const char *option, struct mc_failure *failure)
{
	const char *word = option ? NULL : getenv(MC_ACCEL_VARIABLE);

	if (word && !is_word(word))
		return mc_fail(failure, MC_EXIT_USAGE,
			       MC_ACCEL_VARIABLE " '%.100s': it can be auto, kvm or tcg", word);
	return 0;
}

/* ---- what is remembered ---- */

static bool file_of(const struct mc_accel_guest *guest, char *path, size_t size)
{
	const char *slash = strrchr(guest->qemu->program, '/');
	char name[128];

	snprintf(name, sizeof(name), "no-kvm/%.80s-%u.%u", slash ? slash + 1 : guest->qemu->program,
		 guest->qemu->major, guest->qemu->minor);
	return mc_cache_file(path, size, name);
}

static bool read_boot_id(char id[64])
{
	FILE *file = fopen(BOOT_ID, "re");
	bool got = file && fgets(id, 64, file);

	if (file)
		fclose(file);
	id[strcspn(id, "\n")] = '\0';
	return got;
}

/* The beginning of the file. Return: false where the machine does not tell enough. */
static bool facts_of(const struct mc_accel_guest *guest, char *text, size_t size)
{
	char boot[64] = "", model[128] = "";
	const char *name = guest->qemu->program;
	char *program = strchr(name, '/') ? strdup(name) : mc_vm_find_program(name);
	struct stat stat_of;
	int length = -1;

	mc_cpu_model(model, sizeof(model));
	if (program && !stat(program, &stat_of) && read_boot_id(boot))
		length = snprintf(text, size,
				  FIRST_LINE "boot %s\nqemu %u.%u, %jd bytes of %jd.%09ld, %s\n"
					     "processor %s\n",
				  boot, guest->qemu->major, guest->qemu->minor,
				  (intmax_t)stat_of.st_size, (intmax_t)stat_of.st_mtim.tv_sec,
				  stat_of.st_mtim.tv_nsec, program, model);
	free(program);
	return length > 0 && (size_t)length < size;
}

/* A whole file of ours. Return: its length, or 0. */
static size_t read_own(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat stat_of;
	ssize_t length = 0;

	if (fd < 0)
		return 0;
	if (!fstat(fd, &stat_of) && S_ISREG(stat_of.st_mode) && stat_of.st_uid == geteuid())
		length = read(fd, text, size - 1);
	close(fd);
	if (length < 0 || (size_t)length == size - 1)
		length = 0;
	text[length] = '\0';
	return strlen(text) == (size_t)length ? length : 0;
}

/* Return: whether it is known that no guest comes up; then @why is the line that says how. */
static bool remembered(const struct mc_accel_guest *guest, char why[WHY_MAX])
{
	char path[PATH_MAX], facts[FILE_MAX], text[FILE_MAX];
	size_t length, lines;

	if (!file_of(guest, path, sizeof(path)) || !facts_of(guest, facts, sizeof(facts)))
		return false;
	length = strlen(facts);
	if (read_own(path, text, sizeof(text)) <= length || memcmp(text, facts, length))
		return false;
	lines = strcspn(text + length, "\n");
	/* Nothing but one line more */
	if (!lines || !text[length + lines] || text[length + lines + 1])
		return false;
	text[length + lines] = '\0';
	mc_text_clean(why, WHY_MAX, text + length);
	return true;
}

void mc_accel_remember(const struct mc_accel_guest *guest, const char *why)
{
	char path[PATH_MAX], temporary[PATH_MAX + 16], facts[FILE_MAX], line[WHY_MAX];
	FILE *file;
	bool done;

	if (!file_of(guest, path, sizeof(path)) || !facts_of(guest, facts, sizeof(facts)))
		return;
	snprintf(temporary, sizeof(temporary), "%s.%ld", path, (long)getpid());
	unlink(temporary);
	file = fopen(temporary, "wxe");
	if (!file)
		return;
	done = fprintf(file, "%s%s\n", facts, mc_text_clean(line, sizeof(line), why)) > 0;
	if (fclose(file))
		done = false;
	if (!done || rename(temporary, path))
		unlink(temporary);
}

void mc_accel_forget(const struct mc_accel_guest *guest)
{
	char path[PATH_MAX];

	if (file_of(guest, path, sizeof(path)))
		unlink(path);
}

/* ---- the choice ---- */

/* Return: whether there is a KVM for such a guest; else @reason says why not. */
static bool possible(const struct mc_accel_guest *guest, char *reason, size_t size)
{
	struct utsname name;

	if (guest->counted) {
		snprintf(reason, size, "instructions can be counted only where they are emulated");
		return false;
	}
	uname(&name);
	if (strcmp(name.machine, guest->machine)) {
		snprintf(reason, size, "the guest is %s, this machine %s", guest->machine,
			 name.machine);
		return false;
	}
	if (access(guest->device, R_OK | W_OK)) {
		snprintf(reason, size, "%s: %s", guest->device, strerror(errno));
		return false;
	}
	return true;
}

int mc_accel_choose(const struct mc_accel_guest *guest, struct mc_accel *accel,
		    struct mc_failure *failure)
{
	const char *variable = getenv(MC_ACCEL_VARIABLE);
	const char *word = guest->option ? guest->option : variable ? variable : "auto";
	const char *by = guest->option ? "--accel " : MC_ACCEL_VARIABLE "=";
	char why[WHY_MAX];

	*accel = (struct mc_accel){.kvm = false};
	if (mc_accel_check(guest->option, failure))
		return -1;
	if (!possible(guest, accel->reason, sizeof(accel->reason))) {
		if (!strcmp(word, "kvm"))
			return mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s%s: %s", by, word,
				       accel->reason);
		return 0;
	}
	accel->only = strcmp(word, "auto") != 0;
	if (!strcmp(word, "tcg"))
		snprintf(accel->reason, sizeof(accel->reason), "chosen by %s%s", by, word);
	else if (!accel->only && remembered(guest, why))
		snprintf(accel->reason, sizeof(accel->reason),
			 "no guest came up with KVM: %s; remembered until this machine boots again "
			 "(--accel kvm tries it all the same)",
			 why);
	else
		accel->kvm = true;
	return 0;
}
