// SPDX-License-Identifier: GPL-2.0
/*
 * klog.c - see klog.h
 */
#include "klog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/log.h"
#include "tap.h"

static int fd = -1;
static char *text;
static char report[256];

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

void klog_begin(void)
{
	struct mc_failure failure;

	/* What is broken stays so. */
	if (fd >= 0)
		take();
	else
		fd = mc_kernel_log_open(&failure);
	free(text);
	text = NULL;
}

void klog_begin_of_child(void)
{
	close(fd);
	fd = -1;
	klog_begin();
}

bool klog_said(const char *words)
{
	take();
	return text && strstr(text, words);
}

bool klog_has(const char *words)
{
	if (klog_said(words))
		return true;
	tap_note("no '%s' in: %s", words, text ? text : "");
	return false;
}

bool klog_clean(void)
{
	take();
	if (report[0])
		tap_note("%s", report);
	if (fd < 0)
		tap_note("/dev/kmsg cannot be read");
	return fd >= 0 && !report[0];
}
