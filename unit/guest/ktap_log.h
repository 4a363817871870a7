/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap_log.h - KTAP documents of test modules in a kernel log, as one TAP
 */
#ifndef UNIT_KTAP_LOG_H
#define UNIT_KTAP_LOG_H

#include <stddef.h>
#include <stdio.h>

/* As many modules may be tested in one guest. */
#define KTAP_MODULES_MAX 16

/**
 * struct ktap_totals - what the documents of a log say
 * @documents: how many began
 * @passed: test points "ok"
 * @failed: "not ok"
 * @skipped: "ok" with the directive SKIP
 * @broken: the first thing that is wrong with a document itself, or the first one that is
 *	not there; empty: nothing is
 */
struct ktap_totals {
	unsigned int documents, passed, failed, skipped;
	char broken[256];
};

/**
 * ktap_read - read the documents of a kernel log
 * @log: lines of the kernel's, each with its time; documents may have a prefix that
 *	is the same in all lines, as pr_fmt() makes it
 * @modules: names of the modules that print one each; a NULL at the end
 * @out: gets all their test points as one TAP, with the module's name before each point's,
 *	and a point that is "not ok" for each thing that is broken; may be NULL
 * @totals: set
 *
 * A document says behind its version which module's it is ("# Subtest: NAME"). It is whole
 * when every point of its plan is there, once, in order.
 */
void ktap_read(FILE *log, const char *const *modules, FILE *out, struct ktap_totals *totals);

#endif
