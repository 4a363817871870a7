/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tap.h - TAP from a program: a line per check, the plan at the end
 */
#ifndef MEMORY_COLLECTOR_UNIT_TAP_H
#define MEMORY_COLLECTOR_UNIT_TAP_H

#include <stdbool.h>

/* What the following checks are about; goes before their texts */
void tap_about(const char *what);

/* Return: @good */
bool tap_check(bool good, const char *format, ...) __attribute__((format(printf, 2, 3)));
void tap_skip(const char *text, const char *reason);

/* Something to know, good or bad */
void tap_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The plan. Return: the exit code. */
int tap_end(void);

#endif
