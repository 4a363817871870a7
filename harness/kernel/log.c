// SPDX-License-Identifier: GPL-2.0
/*
 * log.c - /dev/kmsg
 */
#include "kernel/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The kernel gives one record per read, at most this long */
#define RECORD_MAX 8192
/* What every message of our modules begins with */
#define OURS "Memory Collector: "
#define LEVEL_ERROR 3
#define LEVEL_WARNING 4

bool mc_kernel_log_is_report(const char *message)
{
#define BEGINS(words) {words, true},
#define ANYWHERE(words) {words, false},
	static const struct {
		const char *words;
		bool begins;
	} reports[] = {
#include "kernel/reports.h"
	};
#undef BEGINS
#undef ANYWHERE
	size_t i;

	for (i = 0; i < sizeof(reports) / sizeof(reports[0]); i++) {
		const char *at = strstr(message, reports[i].words);

		if (at && (at == message || !reports[i].begins))
			return true;
	}
	return false;
}

bool mc_kernel_log_is_kill(const char *message)
{
	return strstr(message, "Out of memory: Killed process");
}

/* Not a line of the kernel's */
static const char gap[] = "(the kernel has dropped messages here)";

bool mc_kernel_log_is_gap(const char *message)
{
	return !strcmp(message, gap);
}

int mc_kernel_log_open(struct mc_failure *failure)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "/dev/kmsg: %s", strerror(errno));
	lseek(fd, 0, SEEK_END);
	return fd;
}

/* "LEVEL,SEQUENCE,MICROSECONDS,FLAGS;MESSAGE\n KEY=VALUE\n..." Return: the message, or NULL. */
static char *split_record(char *record, unsigned int *level, uint64_t *us)
{
	char *message = strchr(record, ';');

	if (!message || sscanf(record, "%u,%*u,%" SCNu64, level, us) != 2)
		return NULL;
	message++;
	message[strcspn(message, "\n")] = '\0';
	return message;
}

static void copy_record(char *record, FILE *to, char *report, size_t size)
{
	unsigned int level;
	uint64_t us;
	const char *message = split_record(record, &level, &us);

	if (!message)
		return;
	fprintf(to, "[%5" PRIu64 ".%06" PRIu64 "] %s\n", us / 1000000, us % 1000000, message);
	/* Facility 0 is the kernel; anybody who may can write as another one. */
	if (level < 8 && !*report &&
	    (mc_kernel_log_is_report(message) || mc_kernel_log_is_kill(message)))
		snprintf(report, size, "%s", message);
}

void mc_kernel_log_copy(int fd, FILE *to, char *report, size_t size)
{
	char record[RECORD_MAX + 1];
	bool dropped = false;
	ssize_t length;

	*report = '\0';
	for (;;) {
		length = read(fd, record, RECORD_MAX);
		if (length > 0) {
			record[length] = '\0';
			copy_record(record, to, report, size);
		} else if (length < 0 && errno == EPIPE) {
			fprintf(to, "%s\n", gap);
			dropped = true;
		} else if (length == 0 || errno != EINTR) {
			break;
		}
	}
	if (dropped && !*report)
		snprintf(report, size, "%s", gap);
}

void mc_kernel_log_complaint(int fd, char *text, size_t size)
{
	unsigned int worst = LEVEL_WARNING + 1;
	char record[RECORD_MAX + 1];

	*text = '\0';
	for (;;) {
		ssize_t length = read(fd, record, RECORD_MAX);
		const char *message;
		unsigned int level;
		uint64_t us;

		/* EPIPE: the kernel has dropped messages */
		if (length < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (length <= 0)
			return;
		record[length] = '\0';
		message = split_record(record, &level, &us);
		if (!message || level >= worst || strncmp(message, OURS, strlen(OURS)))
			continue;
		worst = level > LEVEL_ERROR ? level : 0;
		snprintf(text, size, "%s", message);
	}
}
