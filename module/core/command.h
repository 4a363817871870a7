/* SPDX-License-Identifier: GPL-2.0 */
/*
 * command.h - the language of the control file
 *
 * Commands are words of a fixed set, separated by newlines, with blanks around them
 * that do not matter; empty lines are nothing. A write takes effect as a whole or not
 * at all.
 *
 * A write may end within a line, and the next one go on with it, as the output of a
 * shell or of stdio does. So what follows the last newline is run at once if it is a
 * command (many leave out the last newline), kept if it may still become one, and
 * else refused.
 */
#ifndef MEMORY_COLLECTOR_CORE_COMMAND_H
#define MEMORY_COLLECTOR_CORE_COMMAND_H

#include "core/types.h"

/* The longest write; no set of commands is worth more. */
#define COMMAND_TEXT_MOST 512
/* The longest line that a write may leave unfinished. */
#define COMMAND_PART_MOST 64

/**
 * struct command_set - the words
 * @names: each not empty, of printable characters without blanks
 * @count: how many
 * @run: called for each command of a write, in order, with its index in @names; what it
 *	returns that is not 0 ends the write and is its result
 * @context: for @run
 */
struct command_set {
	const char *const *names;
	u32 count;
	int (*run)(u32 index, void *context);
	void *context;
};

/**
 * struct command_part - the unfinished last line of what one writer has written
 *
 * Starts zeroed.
 */
struct command_part {
	char text[COMMAND_PART_MOST];
	u32 length;
};

/**
 * command_write - run what was written
 * @set: the words
 * @part: this writer's; empty after an error
 * @text: what was written, any bytes
 * @length: of @text
 *
 * Return: 0, -EINVAL where something is no command or too long, and then nothing was
 * run; else what @set->run returned.
 */
int command_write(const struct command_set *set, struct command_part *part, const char *text,
		  size_t length);

#endif
