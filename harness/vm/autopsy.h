/* SPDX-License-Identifier: GPL-2.0 */
/*
 * autopsy.h - what a guest that does not end is doing
 */
#ifndef MEMORY_COLLECTOR_VM_AUTOPSY_H
#define MEMORY_COLLECTOR_VM_AUTOPSY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/*
 * What the guest's kernel has to be told at its start, so that it answers: to sysrq, and where
 * interrupts are off to an NMI. That goes to its first CPU, which panics; panic_print shows where
 * the others are, which would not be so if they got an NMI of their own at the same time. The
 * last word stops them by NMI, too: by an interrupt it takes an emulated guest 15 s.
 */
#define MC_AUTOPSY_WORDS \
	"sysrq_always_enabled unknown_nmi_panic panic_print=0x40 crash_kexec_post_notifiers "

/**
 * struct mc_autopsy_guest - who is asked
 * @monitor: our end of QEMU's monitor, which speaks QMP
 * @console: our end of the guest's first serial line, which QEMU calls "console"
 * @qemu: its process
 * @log: gets questions and answers
 * @listen: takes in what comes from QEMU until a time on CLOCK_MONOTONIC, and calls the functions
 *	below with it. Return: false where there is nothing more to hear: QEMU has ended, the
 *	guest is done, or we were asked to stop
 * @data: its argument
 */
struct mc_autopsy_guest {
	int monitor, console;
	pid_t qemu;
	FILE *log;
	bool (*listen)(void *data, int64_t until_ns);
	void *data;
};

struct mc_autopsy;

/* NULL: out of memory */
struct mc_autopsy *mc_autopsy_new(const struct mc_autopsy_guest *guest);
void mc_autopsy_free(struct mc_autopsy *autopsy);

/**
 * mc_autopsy_run - ask, for 30 s at most
 * @autopsy: autopsy
 * @text: set to which kind of hang it is, and where, as the end of a sentence
 * @size: of @text
 *
 * The guest is of no use afterwards: perhaps its kernel was made to panic.
 */
void mc_autopsy_run(struct mc_autopsy *autopsy, char *text, size_t size);

/* What has come from the monitor; a line of the console */
void mc_autopsy_monitor(struct mc_autopsy *autopsy, const char *bytes, size_t size);
void mc_autopsy_console(struct mc_autopsy *autopsy, const char *line);

#endif
