/* SPDX-License-Identifier: GPL-2.0 */
/*
 * reports.h - the words by which a report of the kernel is known
 *
 * For log.c, which defines the two macros, and for unit/kernel-log.sh, which reads the
 * lines as they stand here: one to a line, plain words without a backslash or a quote.
 *
 * BEGINS: a record begins with it. The same words stand in the middle of harmless ones:
 * "Spectre V2 : WARNING: Unprivileged eBPF is enabled ...", "traps: x[7] general protection fault".
 * ANYWHERE: others put their name before it: "watchdog: BUG: soft lockup".
 */
BEGINS("WARNING:")
BEGINS("Kernel panic")
BEGINS("general protection fault")
BEGINS("UBSAN:")
BEGINS("INFO: task ")
BEGINS("INFO: trying to register non-static key")
BEGINS("unregister_netdevice: waiting for")
ANYWHERE("BUG:")
ANYWHERE("kernel BUG at")
ANYWHERE("Oops")
ANYWHERE("KASAN:")
ANYWHERE("KCSAN:")
ANYWHERE("new suspected memory leaks")
ANYWHERE("possible circular locking dependency")
ANYWHERE("possible recursive locking")
ANYWHERE("inconsistent lock state")
ANYWHERE("suspicious RCU usage")
ANYWHERE("bad unlock balance")
ANYWHERE("soft lockup")
ANYWHERE("hard LOCKUP")
ANYWHERE("rcu: INFO:")
ANYWHERE("self-detected stall")
ANYWHERE("detected stalls")
ANYWHERE("sleeping function called from invalid context")
ANYWHERE("scheduling while atomic")
