/* SPDX-License-Identifier: GPL-2.0 */
/*
 * log.h - the kernel's messages during a run, and whether one is a report
 * of something broken
 */
#ifndef MEMORY_COLLECTOR_KERNEL_LOG_H
#define MEMORY_COLLECTOR_KERNEL_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "memory_collector/failure.h"

/**
 * mc_kernel_log_open - begin to follow the kernel's messages
 * @failure: filled on error
 *
 * Return: a descriptor that has the messages from now on, or -1.
 */
int mc_kernel_log_open(struct mc_failure *failure);

/**
 * mc_kernel_log_copy - take the messages that have come
 * @fd: from mc_kernel_log_open()
 * @to: gets them, a line each
 * @report: set to the first of them that is a report or a kill, see below; else where
 *	messages were dropped before they could be read to a gap; else empty
 * @size: of @report
 */
void mc_kernel_log_copy(int fd, FILE *to, char *report, size_t size);

/**
 * mc_kernel_log_complaint - what our modules have complained about
 * @fd: from mc_kernel_log_open(); the messages are taken
 * @text: set to the first of their errors, where there is none to the first of their
 *	warnings, else empty
 * @size: of @text
 *
 * What they say besides is no reason of anything.
 */
void mc_kernel_log_complaint(int fd, char *text, size_t size);

/* Is a message of the kernel a BUG, WARNING, lockdep or RCU report or alike? */
bool mc_kernel_log_is_report(const char *message);

/* Is it no message, but stands for some that nobody has read, reports perhaps? */
bool mc_kernel_log_is_gap(const char *message);

/* Does it say that a process was killed for want of memory? Nothing broke then, but the load. */
bool mc_kernel_log_is_kill(const char *message);

#endif
