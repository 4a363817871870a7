// SPDX-License-Identifier: GPL-2.0
/*
 * lockdown.c - how far the running kernel is locked down
 *
 * The file that says so is in securityfs, which small systems and containers do not mount. A
 * mount of our own without a place in the tree shows it all the same, and needs no undoing.
 */
#include "kernel/lockdown.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

enum mc_lockdown mc_parse_lockdown(const char *text)
{
	const char *level = strchr(text, '[');

	if (!level || !strncmp(level, "[none]", 6))
		return MC_LOCKDOWN_NONE;
	if (!strncmp(level, "[confidentiality]", 17))
		return MC_LOCKDOWN_CONFIDENTIALITY;
	return MC_LOCKDOWN_INTEGRITY;
}

/* Return: a descriptor, or -1. */
static int open_detached(void)
{
	int context = syscall(SYS_fsopen, "securityfs", FSOPEN_CLOEXEC), mount = -1, fd = -1;

	if (context < 0)
		return -1;
	if (!syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		mount = syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
	if (mount >= 0) {
		fd = openat(mount, "lockdown", O_RDONLY | O_CLOEXEC);
		close(mount);
	}
	close(context);
	return fd;
}

enum mc_lockdown mc_lockdown_level(void)
{
	int fd = open("/sys/kernel/security/lockdown", O_RDONLY | O_CLOEXEC);
	char text[128];
	ssize_t length;

	if (fd < 0)
		fd = open_detached();
	if (fd < 0)
		return MC_LOCKDOWN_NONE;
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[length > 0 ? length : 0] = '\0';
	return mc_parse_lockdown(text);
}
