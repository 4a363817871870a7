// SPDX-License-Identifier: GPL-2.0
/*
 * qemu_choice.c - which QEMU runs the guest
 */
#include "vm/qemu_choice.h"

#include <stdio.h>
#include <unistd.h>

#include "base/cache.h"
#include "memory_collector/child.h"

#define VERSION_DEADLINE_NS 60000000000LL

/* Return: it could be run and says so; then @qemu is set. */
static bool ask(const char *program, struct mc_qemu *qemu)
{
	const char *const argv[] = {program, "--version", NULL};
	struct mc_failure unused;
	char out[256];

	*qemu = (struct mc_qemu){.major = 0};
	if (snprintf(qemu->program, sizeof(qemu->program), "%s", program) >=
	    (int)sizeof(qemu->program))
		return false;
	return !mc_child_output(argv, VERSION_DEADLINE_NS, out, sizeof(out), &unused) &&
	       sscanf(out, "QEMU emulator version %u.%u", &qemu->major, &qemu->minor) == 2;
}

bool mc_qemu_is_faulty(const struct mc_qemu *qemu)
{
	return qemu->major < 8 || (qemu->major == 8 && qemu->minor < 1);
}

void mc_qemu_choose(const char *name, unsigned int cpus, struct mc_qemu *qemu)
{
	char path[PATH_MAX], below[128];
	struct mc_qemu fetched;

	if (!ask(name, qemu) || !mc_qemu_is_faulty(qemu) || cpus < 2)
		return;
	snprintf(below, sizeof(below), "qemu/%s", name);
	if (mc_cache_path(path, sizeof(path), below) && !access(path, X_OK) &&
	    ask(path, &fetched) && !mc_qemu_is_faulty(&fetched))
		*qemu = fetched;
}
