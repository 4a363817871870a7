// SPDX-License-Identifier: GPL-2.0
/*
 * text.c - text that is safe to show, and numbers as people write them
 */
#include "base/text.h"

#include <inttypes.h>
#include <langinfo.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Narrower is not believed */
#define COLUMNS_MIN 40
#define COLUMNS_MAX 500

/*
 * Length of the character at @text where it is one that can be shown: printable
 * ASCII, or UTF-8 in its shortest form that is neither a control (U+0080 to
 * U+009F), nor a mark that turns the direction of text, nor a surrogate. Else 0.
 */
static size_t shown_length(const unsigned char *text, bool utf8)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length = *text < 0xe0 ? 2 : *text < 0xf0 ? 3 : 4;
	uint32_t code = *text & (0xff >> (length + 1));

	if (*text < 0x80)
		return *text >= 0x20 && *text != 0x7f;
	if (!utf8 || *text < 0xc2 || *text > 0xf4)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (text[i] & 0x3f);
	}
	if (code < least[length] || code < 0xa0 || code > 0x10ffff ||
	    (code >= 0xd800 && code <= 0xdfff) || (code >= 0x200b && code <= 0x200f) ||
	    (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069))
		return 0;
	return length;
}

static bool is_utf8(void)
{
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

char *mc_text_clean(char *out, size_t size, const char *text)
{
	bool utf8 = is_utf8();
	size_t used = 0, room = 0; /* room: where "..." can begin */

	while (*text) {
		size_t length = shown_length((const unsigned char *)text, utf8);
		size_t width = length ? length : 1;

		if (used + width >= size) {
			strcpy(out + room, "...");
			return out;
		}
		memcpy(out + used, length ? text : "?", width);
		text += width;
		used += width;
		if (used + 3 < size)
			room = used;
	}
	out[used] = '\0';
	return out;
}

bool mc_text_is_clean(const char *text)
{
	while (*text) {
		size_t length = shown_length((const unsigned char *)text, true);

		if (!length)
			return false;
		text += length;
	}
	return true;
}

void mc_text_put(FILE *to, const char *text)
{
	bool utf8 = is_utf8();

	while (*text) {
		size_t length = shown_length((const unsigned char *)text, utf8);

		fwrite(length ? text : "?", 1, length ? length : 1, to);
		text += length ? length : 1;
	}
}

void mc_text_put_json(FILE *to, const char *json)
{
	const unsigned char *at = (const unsigned char *)json;

	for (; *at; at++) {
		/* U+0080 to U+009F have two bytes in UTF-8. */
		if (at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0)
			fprintf(to, "\\u%04x", *++at);
		else if (*at == 0x7f)
			fputs("\\u007f", to);
		else
			putc(*at, to);
	}
}

char *mc_text_time(char *out, uint64_t ns)
{
	static const struct {
		uint64_t ns;
		const char *name;
	} units[] = {{1000000000, "s"}, {1000000, "ms"}, {1000, "us"}, {1, "ns"}};
	size_t i = 0;

	while (units[i].ns > 1 && ns < units[i].ns)
		i++;
	/* %g: no zeros behind the point */
	snprintf(out, MC_TIME_TEXT, "%.12g %s", (double)ns / units[i].ns, units[i].name);
	return out;
}

char *mc_text_count(char *out, uint64_t count)
{
	char digits[MC_TIME_TEXT];
	int n = snprintf(digits, sizeof(digits), "%" PRIu64, count);
	char *at = out;

	for (int i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0)
			*at++ = ',';
		*at++ = digits[i];
	}
	*at = '\0';
	return out;
}

unsigned int mc_text_columns(int fd, unsigned int otherwise)
{
	const char *given = getenv("COLUMNS");
	struct winsize size;
	unsigned long columns = 0;

	if (!ioctl(fd, TIOCGWINSZ, &size))
		columns = size.ws_col;
	if (!columns && given)
		columns = strtoul(given, NULL, 10);
	if (columns < COLUMNS_MIN || columns > COLUMNS_MAX)
		return otherwise;
	return columns;
}
