/* SPDX-License-Identifier: GPL-2.0 */
/*
 * qemu.h - one guest from power on to its verdict
 */
#ifndef MEMORY_COLLECTOR_VM_QEMU_H
#define MEMORY_COLLECTOR_VM_QEMU_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "memory_collector/failure.h"
#include "vm/qemu_choice.h"

/**
 * struct mc_vm - a machine to run
 * @elf_machine: e_machine of the programs in it
 * @folder: private folder with the files below; QEMU's current one
 * @kernel: image, absolute or in @folder
 * @initramfs: name in @folder
 * @scratch: name of a disk image in @folder; NULL: no disk
 * @accel: auto, kvm or tcg; NULL: what the environment says, see accelerator.h
 * @cpus: how many
 * @instruction_ns: an instruction takes exactly this long, a power of two: time is
 *	counted, not measured, and the same from run to run. Emulates one CPU, because
 *	a second one would never start. 0: time is this machine's
 * @memory_mib: how much
 * @append: more words for the kernel's command line
 * @deadline_ns: how long it may run, from its start
 * @log: gets the console's output
 * @results: gets the guest's tar stream
 * @results_max: how long that may be at most
 * @on_record: called with each line of the progress port but hello; may be NULL
 * @on_record_data: its argument
 */
struct mc_vm {
	uint16_t elf_machine;
	const char *folder, *kernel, *initramfs, *scratch;
	const char *accel;
	unsigned int cpus, instruction_ns, memory_mib;
	const char *append;
	int64_t deadline_ns;
	FILE *log, *results;
	uint64_t results_max;
	void (*on_record)(void *data, const char *line);
	void *on_record_data;
};

/**
 * struct mc_vm_end - what became of it
 * @accelerator: kvm or tcg
 * @accelerator_reason: why not kvm; empty where it is
 * @started_ns: when QEMU was started, on this machine's CLOCK_MONOTONIC
 * @hello_ns: when init said hello, on this machine's clock; 0: it has not
 * @hello_guest_ns: the same on the guest's CLOCK_MONOTONIC
 * @stood_ns: how long it stood still because QEMU executed code that was no longer there; it was
 *	slower afterwards, see life.h
 * @code: exit code of the guest's program
 * @text: the last thing it said
 */
struct mc_vm_end {
	char accelerator[16], accelerator_reason[512];
	int64_t started_ns, hello_ns, hello_guest_ns;
	int64_t stood_ns;
	int code;
	char text[512];
};

/* QEMU's name for a machine, or NULL where guests of that machine are not supported */
const char *mc_vm_qemu(uint16_t elf_machine);

/* The one that mc_vm_run() takes for so many CPUs, found out once; NULL as above */
const struct mc_qemu *mc_vm_qemu_chosen(uint16_t elf_machine, unsigned int cpus);

/**
 * mc_vm_run - run a guest to its end
 * @vm: machine
 * @end: set
 * @failure: filled where there is no exit code of the guest's program: QEMU did not
 *	start, the guest did not come up or not finish in time, panicked, ended without
 *	a verdict, or its kernel reports a BUG or the like; also when asked to stop
 *
 * Where it is not chosen by hand, KVM is believed in once a guest has said hello under it, else
 * the guest is started again without. Nothing of it runs any more afterwards.
 */
int mc_vm_run(const struct mc_vm *vm, struct mc_vm_end *end, struct mc_failure *failure);

#endif
