// SPDX-License-Identifier: GPL-2.0
/*
 * host_state.c - the lock and the list of things in /run/memory-collector
 *
 * The file has a line "PID FOLDER", and the name of a module in each line that follows.
 */
#include "kernel/host_state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/module.h"
#include "kernel/trace_instance.h"
#include "memory_collector/child.h"
#include "process/tree.h"

#define STATE_DIR "/run/memory-collector"
#define STATE_MAX (PATH_MAX + 512)

static void state_path(const char *file, char *path, size_t size)
{
	snprintf(path, size, STATE_DIR "/%s", file);
}

static int fail(const struct mc_host_state *state, struct mc_failure *failure)
{
	return mc_fail(failure, MC_EXIT_ENVIRONMENT, STATE_DIR "/%s: %s", state->use->file,
		       strerror(errno));
}

/* ---- what the file says ---- */

static void take_module(struct mc_host_state *state, const char *line, size_t length)
{
	unsigned int i;

	for (i = 0; state->use->module[i]; i++) {
		if (strlen(state->use->module[i]) == length &&
		    !memcmp(state->use->module[i], line, length))
			state->modules |= 1U << i;
	}
}

static void read_state(struct mc_host_state *state)
{
	char text[STATE_MAX], *line;
	ssize_t length = pread(state->fd, text, sizeof(text) - 1, 0);

	state->pid = 0;
	state->modules = 0;
	state->folder[0] = '\0';
	if (length <= 0)
		return;
	text[length] = '\0';
	state->pid = strtol(text, &line, 10);
	if (*line == ' ')
		snprintf(state->folder, sizeof(state->folder), "%.*s", (int)strcspn(line + 1, "\n"),
			 line + 1);
	for (line += strcspn(line, "\n"); *line; line += strcspn(line, "\n")) {
		line++;
		take_module(state, line, strcspn(line, "\n"));
	}
}

int mc_host_write(struct mc_host_state *state, const char *folder, struct mc_failure *failure)
{
	char text[STATE_MAX];
	int length = snprintf(text, sizeof(text), "%ld %s\n", (long)getpid(), folder);
	unsigned int i;

	for (i = 0; state->use->module[i] && length < (int)sizeof(text); i++) {
		if (state->modules & 1U << i)
			length += snprintf(text + length, sizeof(text) - length, "%s\n",
					   state->use->module[i]);
	}
	if (length >= (int)sizeof(text)) {
		errno = ENAMETOOLONG;
		return fail(state, failure);
	}
	if (ftruncate(state->fd, 0) || pwrite(state->fd, text, length, 0) != length)
		return fail(state, failure);
	state->pid = getpid();
	snprintf(state->folder, sizeof(state->folder), "%s", folder);
	return 0;
}

/* ---- the lock ---- */

/* The file may have been removed by its last holder between our open() and flock(). */
static bool still_there(const struct mc_host_state *state, const char *path)
{
	struct stat ours, there;

	return !fstat(state->fd, &ours) && !stat(path, &there) && ours.st_ino == there.st_ino &&
	       ours.st_dev == there.st_dev;
}

static int lock_state(struct mc_host_state *state, struct mc_failure *failure)
{
	char path[PATH_MAX];
	int tries;

	state_path(state->use->file, path, sizeof(path));
	mkdir("/run", 0755);
	for (tries = 0; tries < 100; tries++) {
		if (mkdir(STATE_DIR, 0700) && errno != EEXIST)
			break;
		state->fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		/* The last one out removes the folder, too. */
		if (state->fd < 0 && errno == ENOENT)
			continue;
		if (state->fd < 0)
			break;
		if (flock(state->fd, LOCK_EX | LOCK_NB)) {
			read_state(state);
			close(state->fd);
			return mc_fail(failure, MC_EXIT_ENVIRONMENT,
				       "another %s (pid %ld) is %s on this machine: wait for it or "
				       "end it",
				       state->use->program, state->pid, state->use->doing);
		}
		if (still_there(state, path)) {
			read_state(state);
			return 0;
		}
		close(state->fd);
	}
	return fail(state, failure);
}

/*
 * Both take their own lock before they look at the other's: of two that start at the same
 * moment one sees the other at least.
 */
static int refuse_beside(const struct mc_host_state *state, struct mc_failure *failure)
{
	const char *other = state->use->beside;
	char path[PATH_MAX], text[32] = "";
	bool held;
	pid_t pid;
	int fd;

	state_path(other, path, sizeof(path));
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0
				       : mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s: %s", path,
						 strerror(errno));
	held = flock(fd, LOCK_SH | LOCK_NB);
	if (pread(fd, text, sizeof(text) - 1, 0) < 0)
		text[0] = '\0';
	close(fd);
	pid = atoi(text);
	if (!held || (pid > 0 && mc_process_descends(getpid(), pid)))
		return 0;
	return mc_fail(failure, MC_EXIT_ENVIRONMENT,
		       "%s (pid %d) loads the same modules on this machine: wait for it or end it",
		       other, pid);
}

/* Only when nothing of ours is left. */
static void remove_state(struct mc_host_state *state)
{
	char path[PATH_MAX];

	state_path(state->use->file, path, sizeof(path));
	unlink(path);
	close(state->fd);
	rmdir(STATE_DIR);
}

/* ---- what is there ---- */

/* The state file is root's alone; still nothing is removed that we would not have made. */
static bool our_folder(const struct mc_host_state *state)
{
	const char *name = strrchr(state->folder, '/'), *begins = state->use->folder;

	return begins && *state->folder == '/' && name &&
	       !strncmp(name + 1, begins, strlen(begins));
}

static bool module_there(const struct mc_host_state *state, unsigned int i)
{
	return state->modules & 1U << i && mc_kernel_module_loaded(state->use->module[i]);
}

/*
 * What has its name now may be another's, where others may rename it. Return: a descriptor of
 * one that is ours, or -1.
 */
static int open_folder(const struct mc_host_state *state)
{
	struct stat info;
	int fd;

	if (!our_folder(state))
		return -1;
	fd = open(state->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || (!fstat(fd, &info) && info.st_uid == geteuid()))
		return fd;
	close(fd);
	return -1;
}

static bool folder_there(const struct mc_host_state *state)
{
	int fd = open_folder(state);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Return: the first of its instances that is there, NULL: none is. */
static const char *instance_there(const struct mc_host_use *use)
{
	unsigned int i;

	for (i = 0; use->instance[i]; i++) {
		if (mc_trace_exists(use->instance[i]))
			return use->instance[i];
	}
	return NULL;
}

static bool anything_there(const struct mc_host_state *state)
{
	unsigned int i;

	for (i = 0; state->use->module[i]; i++) {
		if (module_there(state, i))
			return true;
	}
	return folder_there(state) || instance_there(state->use);
}

/* Modules first: events that are on end with them, and a tick writes no more. */
static int undo(const struct mc_host_state *state, FILE *said, struct mc_failure *failure)
{
	const struct mc_host_use *use = state->use;
	unsigned int i;
	int fd, result;

	for (i = 0; use->module[i]; i++) {
		if (!module_there(state, i))
			continue;
		if (mc_kernel_module_unload(use->module[i], failure))
			return -1;
		fprintf(said, " module %s", use->module[i]);
	}
	for (i = 0; use->instance[i]; i++) {
		if (!mc_trace_exists(use->instance[i]))
			continue;
		if (mc_trace_remove(use->instance[i], failure))
			return -1;
		fprintf(said, " trace instance %s", use->instance[i]);
	}
	fd = open_folder(state);
	if (fd < 0)
		return 0;
	result = mc_tree_remove_open(fd, AT_FDCWD, state->folder, failure);
	close(fd);
	if (!result)
		fprintf(said, " folder %s", state->folder);
	return result;
}

static int undo_and_say(const struct mc_host_state *state, char *note, size_t size,
			struct mc_failure *failure)
{
	FILE *said = fmemopen(note, size - 1, "w");
	int result;

	if (!said)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
	fprintf(said, "%s (pid %ld) was killed; removed what it left:", state->use->program,
		state->pid);
	result = undo(state, said, failure);
	fclose(said);
	note[result ? 0 : size - 1] = '\0';
	return result;
}

static int remove_leftovers(struct mc_host_state *state, char *note, size_t size,
			    struct mc_failure *failure)
{
	if (state->pid && anything_there(state) && undo_and_say(state, note, size, failure))
		return mc_fail_prepend(failure, "what %s (pid %ld) left when it was killed",
				       state->use->program, state->pid);
	state->pid = 0;
	state->folder[0] = '\0';
	return ftruncate(state->fd, 0) ? fail(state, failure) : 0;
}

static int refuse_others(const struct mc_host_state *state, struct mc_failure *failure)
{
	const struct mc_host_use *use = state->use;
	const char *instance = instance_there(use);
	unsigned int i;

	for (i = 0; use->module[i]; i++) {
		if (module_there(state, i))
			return mc_fail(failure, MC_EXIT_ENVIRONMENT,
				       "module %s is loaded already, and not by %s: unload it "
				       "first (rmmod %s)",
				       use->module[i], use->program, use->module[i]);
	}
	if (instance)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "there is a trace instance %s already, and not from %s: remove it "
			       "first (rmdir)",
			       instance, use->program);
	return 0;
}

/* ---- all of it ---- */

int mc_host_take(struct mc_host_state *state, const struct mc_host_use *use, unsigned int modules,
		 char *note, size_t size, struct mc_failure *failure)
{
	*state = (struct mc_host_state){.use = use, .fd = -1};
	note[0] = '\0';
	if (lock_state(state, failure))
		return -1;
	if ((use->beside && refuse_beside(state, failure)) ||
	    remove_leftovers(state, note, size, failure)) {
		/* What is not cleaned up stays for the next try. */
		mc_host_release(state);
		return -1;
	}
	state->modules = modules;
	if (!refuse_others(state, failure))
		return 0;
	remove_state(state);
	return -1;
}

void mc_host_release(struct mc_host_state *state)
{
	if (state->pid && anything_there(state))
		close(state->fd);
	else
		remove_state(state);
}
