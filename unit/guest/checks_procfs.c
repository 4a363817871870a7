// SPDX-License-Identifier: GPL-2.0
/*
 * checks_procfs.c - what the control file's callback is called with, through the real file
 *
 * procfs_test_module has such a file, whose commands are first, second and fail (which ends
 * in an error), and says in a parameter which of them have run.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "checks.h"
#include "kernel/module.h"
#include "memory_collector/child.h"
#include "tap.h"
#include "watch.h"

#define MODULE CHECKS_PROCFS_MODULE
#define CONTROL "/proc/memory_collector_test"
#define RAN "/sys/module/" MODULE "/parameters/ran"
#define PARTS_MAX 6

struct part {
	const char *bytes;
	size_t size;
	int result; /* of this write */
};

#define PART(text, result)                      \
	{                                       \
		text, sizeof(text) - 1, result, \
	}

/* What one opening of the file writes, and what has run then: a digit for each command */
static const struct {
	const char *what;
	struct part part[PARTS_MAX];
	const char *ran;
} rows[] = {
	{"a command", {PART("first\n", 0)}, "0"},
	{"two lines and blanks", {PART(" first\t\n\n second \n", 0)}, "01"},
	{"no newline at the end", {PART("second", 0)}, "1"},
	{"in parts",
	 {PART("fi", 0), PART("rst", 0), PART("\n", 0), PART("sec", 0), PART("ond\n", 0)},
	 "01"},
	{"the last part without a newline", {PART("first\nsec", 0), PART("ond", 0)}, "01"},
	{"an unknown word", {PART("third\n", -EINVAL)}, ""},
	{"an unknown word behind a known one", {PART("first\nthird\n", -EINVAL)}, ""},
	{"a zero byte", {PART("first\0\n", -EINVAL)}, ""},
	{"bytes that are no text", {PART("\xff\xfe\n", -EINVAL)}, ""},
	{"a command that fails", {PART("fail\nfirst\n", -EIO)}, "2"},
};

static bool reads(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = -1;

	if (fd >= 0) {
		length = read(fd, text, size - 1);
		close(fd);
	}
	text[length > 0 ? length : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return length >= 0;
}

/* Return: whether every part had the result that it is said to have. */
static bool write_parts(const struct part *part, size_t n)
{
	int fd = open(CONTROL, O_WRONLY | O_CLOEXEC);
	bool good = fd >= 0;
	size_t i;

	for (i = 0; fd >= 0 && i < n && part[i].bytes; i++) {
		ssize_t put = write(fd, part[i].bytes, part[i].size);
		int result = put < 0 ? -errno : 0;

		if (result != part[i].result || (put >= 0 && put != (ssize_t)part[i].size)) {
			tap_note("part %zu: %zd, error %d", i, put, -result);
			good = false;
		}
	}
	if (fd >= 0)
		close(fd);
	return good;
}

/* What has run before stays written down. */
static void write_row(size_t row)
{
	char before[128], after[128];
	size_t length;
	bool good;

	good = reads(RAN, before, sizeof(before)) && write_parts(rows[row].part, PARTS_MAX) &&
	       reads(RAN, after, sizeof(after));
	length = strlen(before);
	if (!tap_check(good && !strncmp(after, before, length) &&
			       !strcmp(after + length, rows[row].ran),
		       "%s: '%s' is what the callback was called with", rows[row].what,
		       rows[row].ran))
		tap_note("'%s', then '%s'", before, after);
}

void checks_procfs(void)
{
	struct mc_failure failure = {.text = ""};
	char path[PATH_MAX];
	size_t i;

	tap_about("procfs");
	snprintf(path, sizeof(path), "%s/" MODULE ".ko", watch_modules);
	if (!tap_check(!mc_kernel_module_load(path, "", &failure), "loaded: %s", failure.text))
		return;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]) && !mc_stop_requested(); i++)
		write_row(i);
	tap_check(!mc_kernel_module_unload(MODULE, &failure) && access(CONTROL, F_OK),
		  "unloaded, and the file is gone");
}
