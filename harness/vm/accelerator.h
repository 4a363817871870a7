/* SPDX-License-Identifier: GPL-2.0 */
/*
 * accelerator.h - KVM or TCG, and what is known of a KVM that runs no guest
 *
 * /dev/kvm may be there and writable, and guests still hang under it in early boot. That costs
 * seconds to find out, so it is remembered until the machine boots again, for this QEMU and
 * this processor.
 */
#ifndef MEMORY_COLLECTOR_VM_ACCELERATOR_H
#define MEMORY_COLLECTOR_VM_ACCELERATOR_H

#include <stdbool.h>

#include "base/option_table.h"
#include "memory_collector/failure.h"
#include "vm/qemu_choice.h"

/* Stands for --accel where there is no such option; the option wins. */
#define MC_ACCEL_VARIABLE "MEMORY_COLLECTOR_VM_ACCEL"

/* For a table of options: auto, kvm or tcg, into a const char * */
int mc_option_accel(void *options, const struct mc_option *option, const char *value,
		    struct mc_failure *failure);

/* Refuse nonsense in the variable, where @option is NULL. */
int mc_accel_check(const char *option, struct mc_failure *failure);

/**
 * struct mc_accel_guest - what is to run
 * @option: auto, kvm or tcg as chosen by hand; NULL: what the variable says, else auto
 * @machine: as uname -m calls it
 * @device: /dev/kvm
 * @counted: time is counted in instructions
 * @qemu: the QEMU that runs it
 */
struct mc_accel_guest {
	const char *option, *machine, *device;
	bool counted;
	const struct mc_qemu *qemu;
};

/**
 * struct mc_accel - what was chosen
 * @kvm: KVM, else TCG
 * @only: a guest that does not come up with it is not started again with the other one
 * @reason: why not KVM; empty where it is
 */
struct mc_accel {
	bool kvm, only;
	char reason[512];
};

/* Return: -1 where KVM is asked for and cannot be had, or the variable is nonsense. */
int mc_accel_choose(const struct mc_accel_guest *guest, struct mc_accel *accel,
		    struct mc_failure *failure);

/* No guest came up with KVM, and one with TCG did: @why is what went wrong. */
void mc_accel_remember(const struct mc_accel_guest *guest, const char *why);

/* A guest came up with KVM. */
void mc_accel_forget(const struct mc_accel_guest *guest);

#endif
