// SPDX-License-Identifier: GPL-2.0
/*
 * klog.c - see klog.h
 */
#include "klog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel_log.h"
#include "tap.h"

static int fd = -1;
static char *text;
static char report[256];

void klog_begin(void)
{
	struct mc_failure failure;

	if (fd >= 0)
		close(fd);
	free(text);
	text = NULL;
	report[0] = '\0';
	fd = mc_kernel_log_open(&failure);
}

static void take(void)
{
	char *more = NULL, *both = NULL, first[sizeof(report)];
	size_t size = 0;
	FILE *memory = open_memstream(&more, &size);

	if (!memory)
		return;
	mc_kernel_log_copy(fd, memory, first, sizeof(first));
	fclose(memory);
	if (!report[0])
		memcpy(report, first, sizeof(report));
	if (asprintf(&both, "%s%s", text ? text : "", more) >= 0) {
		free(text);
		text = both;
	}
	free(more);
}

bool klog_has(const char *words)
{
	take();
	if (text && strstr(text, words))
		return true;
	tap_note("no '%s' in: %s", words, text ? text : "");
	return false;
}

bool klog_clean(void)
{
	take();
	if (report[0])
		tap_note("%s", report);
	return !report[0];
}
