/* SPDX-License-Identifier: GPL-2.0 */
/*
 * klog.h - what the kernel has said since
 */
#ifndef MEMORY_COLLECTOR_UNIT_KLOG_H
#define MEMORY_COLLECTOR_UNIT_KLOG_H

#include <stdbool.h>

/* From now on */
void klog_begin(void);
/* Likewise, in a forked child, which must not take messages that its parent waits for */
void klog_begin_of_child(void);

/* Is there a message with these words since klog_begin()? */
bool klog_said(const char *words);
/* Likewise; where there is none, what there is is noted. */
bool klog_has(const char *words);

/* Has the kernel reported something broken since the first klog_begin()? It is noted. */
bool klog_clean(void);

#endif
