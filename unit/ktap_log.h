/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap_log.h - KTAP documents in a kernel log
 */
#ifndef UNIT_KTAP_LOG_H
#define UNIT_KTAP_LOG_H

#include <stddef.h>
#include <stdio.h>

/**
 * struct ktap_totals - what the documents of a log say
 * @documents: how many began
 * @passed: test points "ok"
 * @failed: "not ok"
 * @skipped: "ok" with the directive SKIP
 * @broken: the first thing that is wrong with a document itself; empty: nothing is
 */
struct ktap_totals {
	unsigned int documents, passed, failed, skipped;
	char broken[256];
};

/**
 * ktap_read - read the documents of a kernel log
 * @log: lines of the kernel's, each with its time; documents may have a prefix that
 *	is the same in all lines, as pr_fmt() makes it
 * @out: gets the lines of the documents as TAP: without version, time and prefix; may
 *	be NULL
 * @totals: set
 *
 * A document is whole when every point of its plan is there, once, in order.
 */
void ktap_read(FILE *log, FILE *out, struct ktap_totals *totals);

#endif
