/* SPDX-License-Identifier: GPL-2.0 */
/*
 * guest.h - what the two sides of the VM agree on
 *
 * Three virtio-serial ports go from the guest to the host:
 *   progress  "hello NS\n" from init, NS being the guest's CLOCK_MONOTONIC; then the
 *             program's own records (progress.h)
 *   results   a tar stream of the program's result folder, or what it prints
 *   verdict   one line, the last thing of all: "exit CODE TEXT", "signal NUMBER TEXT"
 *             or "init TEXT" where init itself failed; TEXT is the program's last line.
 *             Before it a beat each second where that is asked for, as a sign of life
 */
#ifndef MEMORY_COLLECTOR_VM_GUEST_H
#define MEMORY_COLLECTOR_VM_GUEST_H

#define MC_PORT_PROGRESS "progress"
#define MC_PORT_RESULTS "results"
#define MC_PORT_VERDICT "verdict"
/* Where the guest has them */
#define MC_PORT_FOLDER "/dev/virtio-ports/"

/*
 * Tells init what to do, a line each, in this order:
 *   module FILE   load a module of the kernel's
 *   scratch       mount the disk on MC_GUEST_SCRATCH
 *   test FILE [PARAMETERS]
 *                 load a module, then unload it
 *   output        the results port is the program's standard output
 *   arg TEXT      an argument of the program to run, beginning with its path
 */
#define MC_GUEST_PLAN "/etc/memory-collector.plan"
#define MC_GUEST_SCRATCH "/scratch"
/* The program's result folders; the one that has its final name is sent */
#define MC_GUEST_RESULTS "/results"

/*
 * The beat, and the word of the kernel's command line that asks for it. One CPU after the other
 * gives it, so that it stops when any CPU stands still; with many CPUs, when it is that one's turn.
 */
#define MC_GUEST_BEAT "alive"
#define MC_GUEST_BEAT_WORD "memory_collector.beat"

/*
 * A test aid: a word of the kernel's command line that makes init misbehave.
 *   silent  say nothing, for ever
 *   hang    say hello, and then nothing but the beat, for ever
 *   panic   make the kernel panic
 *   warn    put a line like a kernel's warning into the log
 *   exit    end without a verdict
 */
#define MC_GUEST_FAULT "memory_collector.fault="

#endif
