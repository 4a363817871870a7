// SPDX-License-Identifier: GPL-2.0
/*
 * command.c - the language of the control file
 *
 * A write is gone through twice, first only to check it.
 */
#include "core/command.h"

#define NOT_FOUND U32_MAX

/**
 * struct line - part of a text
 */
struct line {
	const char *start;
	size_t length;
};

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct line trim_front(struct line line)
{
	while (line.length && blank(line.start[0])) {
		line.start++;
		line.length--;
	}
	return line;
}

static struct line trim(struct line line)
{
	line = trim_front(line);
	while (line.length && blank(line.start[line.length - 1]))
		line.length--;
	return line;
}

static u32 find(const struct command_set *set, struct line line)
{
	u32 i;

	for (i = 0; i < set->count; i++)
		if (strlen(set->names[i]) == line.length &&
		    !memcmp(set->names[i], line.start, line.length))
			return i;
	return NOT_FOUND;
}

static bool begins_one(const struct command_set *set, struct line line)
{
	u32 i;

	for (i = 0; i < set->count; i++)
		if (strlen(set->names[i]) > line.length &&
		    !memcmp(set->names[i], line.start, line.length))
			return true;
	return false;
}

/* Takes the first line, without its newline, off @rest; false when it has no newline. */
static bool next_line(struct line *rest, struct line *line)
{
	const char *newline = memchr(rest->start, '\n', rest->length);

	*line = *rest;
	if (!newline)
		return false;
	line->length = newline - rest->start;
	rest->start = newline + 1;
	rest->length -= line->length + 1;
	return true;
}

/* Checks all commands of @text, or runs them; leaves in @rest what is unfinished. */
static int go_through(const struct command_set *set, struct line text, bool run, struct line *rest)
{
	struct line line;
	bool complete;
	u32 index;
	int err = 0;

	do {
		complete = next_line(&text, &line);
		*rest = trim_front(line);
		line = trim(line);
		if (!line.length)
			continue;
		index = find(set, line);
		if (index == NOT_FOUND)
			return !complete && begins_one(set, *rest) ? 0 : -EINVAL;
		if (run)
			err = set->run(index, set->context);
	} while (complete && !err);

	rest->length = 0;
	return err;
}

int command_write(const struct command_set *set, struct command_part *part, const char *text,
		  size_t length)
{
	char joined[COMMAND_PART_MOST + COMMAND_TEXT_MOST];
	struct line whole = {.start = joined, .length = part->length + length};
	struct line rest = {};
	int err = -EINVAL;

	if (length <= COMMAND_TEXT_MOST) {
		memcpy(joined, part->text, part->length);
		memcpy(joined + part->length, text, length);
		err = go_through(set, whole, false, &rest);
	}
	if (!err && rest.length > sizeof(part->text))
		err = -EINVAL;
	if (!err)
		err = go_through(set, whole, true, &rest);

	part->length = err ? 0 : rest.length;
	memcpy(part->text, rest.start ? rest.start : joined, part->length);
	return err;
}
