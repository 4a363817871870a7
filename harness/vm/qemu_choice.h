/* SPDX-License-Identifier: GPL-2.0 */
/*
 * qemu_choice.h - which QEMU runs the guest
 *
 * Before 8.1 QEMU translated code while another CPU was changing it, so that guests with several
 * emulated CPUs stand still now and then ("accel/tcg: Always lock pages before translation", 8.1);
 * life.h explains why newer versions do so, too, more rarely.
 */
#ifndef MEMORY_COLLECTOR_VM_QEMU_CHOICE_H
#define MEMORY_COLLECTOR_VM_QEMU_CHOICE_H

#include <limits.h>
#include <stdbool.h>

/**
 * struct mc_qemu - a QEMU
 * @program: its name, for PATH, or its path
 * @major: of its version; 0 where it does not say
 * @minor: likewise
 */
struct mc_qemu {
	char program[PATH_MAX];
	unsigned int major, minor;
};

/**
 * mc_qemu_choose - the one of PATH or, where that has the fault, one that was fetched
 * @name: e.g. qemu-system-x86_64
 * @cpus: of the guest: with one CPU there is no fault
 * @qemu: set
 *
 * harness/fetch/fetch-qemu.sh fetches; the libraries of what it fetched are those of the one that
 * is installed, so that there is no choice where PATH has none.
 */
void mc_qemu_choose(const char *name, unsigned int cpus, struct mc_qemu *qemu);

/* Several emulated CPUs may hang for no reason of the guest's. */
bool mc_qemu_is_faulty(const struct mc_qemu *qemu);

#endif
