#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# kernel-log.sh - errors and warnings in kernel logs
#
# usage: unit/kernel-log.sh [LOG...]
#
# A LOG is a kernel.log of a result; without any, the log of this machine's kernel is
# taken. Prints what the kernel itself reports (BUG, WARNING, lockdep, RCU, hung tasks)
# and what our modules complain of. Exit codes: 0 nothing found, 1 something found,
# 3 a log cannot be read.

set -u

reports='BUG:|WARNING:|Oops|Kernel panic|general protection fault|kernel BUG at|Call Trace:'
reports="$reports|UBSAN:|KASAN:|KCSAN:|kmemleak:|INFO: task |non-static key|circular locking"
reports="$reports|recursive locking|inconsistent lock state|suspicious RCU|bad unlock balance"
reports="$reports|rcu: INFO:|rcu_.*(self-detected stall|detected stalls)|soft lockup|hard LOCKUP"
reports="$reports|invalid context|scheduling while atomic"
ours='Memory Collector: .*([Ee]rror|[Ww]arning|[Ff]ailed|cannot )'

status=0
look() { # NAME
	found=$(grep -aE "$reports|$ours")
	[ -z "$found" ] && return
	status=1
	printf '%s\n' "$found" | sed "s|^|$1: |"
}

if [ $# -eq 0 ]; then
	log=$(dmesg) || {
		echo 'kernel-log.sh: dmesg failed (see above): run this as root, or name a log' >&2
		exit 3
	}
	look 'kernel log' <<-END
	$log
	END
fi
for file in "$@"; do
	[ -r "$file" ] || {
		echo "kernel-log.sh: $file: cannot be read" >&2
		exit 3
	}
	look "$file" <"$file"
done
exit $status
