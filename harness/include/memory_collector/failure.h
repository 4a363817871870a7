/* SPDX-License-Identifier: GPL-2.0 */
/*
 * failure.h - how a part of the harness says that it could not do its work
 *
 * A function that can fail takes a struct mc_failure, fills it through
 * mc_fail() and returns -1. Nothing below main() prints an error: the one who
 * decides what to do about it has the text and the exit code. The text is one
 * line: what failed, where, why, and what to do about it.
 */
#ifndef MEMORY_COLLECTOR_FAILURE_H
#define MEMORY_COLLECTOR_FAILURE_H

/* Exit codes of run-stress, documented in its --help */
enum mc_exit {
	MC_EXIT_OK = 0, /* every scenario is valid */
	MC_EXIT_INVALID = 1, /* a scenario is invalid or failed */
	MC_EXIT_USAGE = 2, /* wrong options, scenario files or result files */
	MC_EXIT_ENVIRONMENT = 3, /* the machine lacks something or refused something */
};

/**
 * struct mc_failure - one refusal or error
 * @exit_code: what the process should exit with because of it
 * @text: one line without a newline; empty where nothing failed
 */
struct mc_failure {
	enum mc_exit exit_code;
	char text[1024];
};

/**
 * mc_fail - record a failure
 * @failure: filled; an earlier text is replaced
 * @exit_code: see &struct mc_failure
 * @format: printf format of the one line; what mc_text_clean() does not let
 *	through is replaced, so that input quoted in it can hurt no terminal
 *
 * Return: -1, so that callers can write "return mc_fail(...)".
 */
int mc_fail(struct mc_failure *failure, enum mc_exit exit_code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * mc_fail_prepend - say where a failure happened
 * @failure: holds a text already
 * @format: printf format of what goes before it, ": " is added
 *
 * Return: -1
 */
int mc_fail_prepend(struct mc_failure *failure, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
