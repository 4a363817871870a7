/* SPDX-License-Identifier: GPL-2.0 */
/*
 * text.h - text that is safe to show, and numbers as people write them
 */
#ifndef MEMORY_COLLECTOR_TEXT_H
#define MEMORY_COLLECTOR_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Room for a time or a number from the functions below */
#define MC_TIME_TEXT 32

/**
 * mc_text_clean - copy text that may come from anywhere for a terminal or a log
 * @out: filled, always terminated; longer text ends in "..."
 * @size: of @out, at least 4
 * @text: copied; control characters (a terminal obeys some), and bytes that
 *	are not UTF-8 or that the locale cannot show, become "?"
 *
 * Return: @out
 */
char *mc_text_clean(char *out, size_t size, const char *text);

/* Is it UTF-8 throughout, and nothing in it that mc_text_clean() would replace? */
bool mc_text_is_clean(const char *text);

/* Print text as mc_text_clean() makes it, however long it is. */
void mc_text_put(FILE *to, const char *text);

/*
 * Print JSON: what a terminal might obey in it, which can only be in a string, is escaped as
 * JSON's own writers do not.
 */
void mc_text_put_json(FILE *to, const char *json);

/**
 * mc_text_time - a length of time in the unit that fits, e.g. "250 us", "1.5 s"
 * @out: [MC_TIME_TEXT]
 * @ns: in ns
 *
 * Return: @out
 */
char *mc_text_time(char *out, uint64_t ns);

/**
 * mc_text_count - a number with its thousands apart, e.g. "10,000"
 * @out: [MC_TIME_TEXT]
 * @count: the number
 *
 * Return: @out
 */
char *mc_text_count(char *out, uint64_t count);

/* Columns of a terminal: what it says, else COLUMNS, else @otherwise */
unsigned int mc_text_columns(int fd, unsigned int otherwise);

#endif
