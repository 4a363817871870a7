/* SPDX-License-Identifier: GPL-2.0 */
/*
 * life.h - whether a guest stands still, and what sets it going again
 *
 * A CPU that QEMU emulates can execute code that is no longer there. Before another CPU stores
 * into a page with code, QEMU drops the translations of what is there, and only then it stores
 * (notdirty_write() of accel/tcg/cputlb.c, all versions up to 10.0 at least): if its thread loses
 * the processor in between, the old bytes can be translated once more, and that translation stays.
 * Linux changes its code by way of a breakpoint. A CPU that has a stale one takes it, sees that
 * there is none, and goes back to it, for ever and with interrupts off; the others then wait for
 * that CPU.
 *
 * QEMU has other translations for a CPU that runs with other flags, and "log nochain" in its
 * monitor changes these. The guest then goes on, more slowly. If it stands still once more, "log
 * none" goes back to the first flags, whose stale translation has gone if the kernel has changed
 * that code again.
 */
#ifndef MEMORY_COLLECTOR_VM_LIFE_H
#define MEMORY_COLLECTOR_VM_LIFE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A guest that is silent for so long stands still. This is time that the machine gave to QEMU,
 * which is a tenth at least: its kernel would report it after 120 s by the clock.
 */
#define MC_LIFE_SILENCE_NS 8000000000LL
/* Until its first sign: a kernel says nothing before it has a console, which takes much less. */
#define MC_LIFE_FIRST_NS 30000000000LL

/**
 * struct mc_life - signs of life of one guest; any clock will do
 * @monitor: our end of QEMU's monitor, which speaks QMP; -1: this guest is not watched
 * @sign_ns: when the last sign came
 * @wake_ns: when it is woken next
 * @woken: how often it was since the last sign
 * @unchained: QEMU was told to chain no translations
 * @stood_ns: how long it has stood still in all
 */
struct mc_life {
	int monitor;
	int64_t sign_ns, wake_ns;
	unsigned int woken;
	bool unchained;
	int64_t stood_ns;
};

/* Begin to watch a guest that is started now. */
void mc_life_begin(struct mc_life *life, int monitor, int64_t now_ns);

/* It has said something: if it was woken, then it did stand still. */
void mc_life_sign(struct mc_life *life, int64_t now_ns);

/* Wake the guest if it is time to. What it has said is to be taken in before. */
void mc_life_look(struct mc_life *life, int64_t now_ns);

#endif
