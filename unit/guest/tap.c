// SPDX-License-Identifier: GPL-2.0
/*
 * tap.c - see tap.h
 */
#include "tap.h"

#include <stdarg.h>
#include <stdio.h>

static unsigned int number, failed;
static const char *about = "";

void tap_about(const char *what)
{
	about = what;
}

bool tap_check(bool good, const char *format, ...)
{
	va_list args;

	number++;
	failed += !good;
	printf("%sok %u - %s: ", good ? "" : "not ", number, about);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	return good;
}

void tap_skip(const char *text, const char *reason)
{
	printf("ok %u - %s: %s # SKIP %s\n", ++number, about, text, reason);
	fflush(stdout);
}

void tap_note(const char *format, ...)
{
	va_list args;

	printf("# ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
}

int tap_end(void)
{
	printf("1..%u\n", number);
	fflush(stdout);
	return failed || !number;
}
