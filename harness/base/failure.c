// SPDX-License-Identifier: GPL-2.0
/*
 * failure.c - the one line that says why something could not be done
 */
#include "memory_collector/failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

int mc_fail(struct mc_failure *failure, enum mc_exit exit_code, const char *format, ...)
{
	char text[sizeof(failure->text)];
	va_list args;

	/* Formatted aside, so that the old text may be among the arguments. */
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	failure->exit_code = exit_code;
	mc_text_clean(failure->text, sizeof(failure->text), text);
	return -1;
}

int mc_fail_prepend(struct mc_failure *failure, const char *format, ...)
{
	char where[sizeof(failure->text) / 2];
	char text[sizeof(failure->text) * 2];
	va_list args;

	va_start(args, format);
	vsnprintf(where, sizeof(where), format, args);
	va_end(args);
	/* What does not fit is the end of the older text. */
	snprintf(text, sizeof(text), "%s: %s", where, failure->text);
	mc_text_clean(failure->text, sizeof(failure->text), text);
	return -1;
}
