#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# kernel-log.sh - errors and warnings in kernel logs
#
# usage: unit/kernel-log.sh [LOG...]
#
# A LOG is a kernel.log of a result; without any, the log of this machine's kernel is
# taken. Prints what the kernel itself reports (BUG, WARNING, lockdep, RCU, hung tasks;
# harness/kernel/reports.h has the words) and what our modules complain of. Exit codes: 0
# nothing found, 1 something found, 3 a log cannot be read.

set -u

# What the harness takes for a report, as one expression; a time stands before each record.
list=$(dirname "$0")/../harness/kernel/reports.h
reports=$(sed -n -e 's/^BEGINS("\(.*\)")$/^(\\[[^]]*\\] *)*\1/p' -e 's/^ANYWHERE("\(.*\)")$/\1/p' \
	"$list" | paste -sd '|')
[ -n "$reports" ] || {
	echo "kernel-log.sh: $list has no list of reports" >&2
	exit 3
}
# A trace that comes with none of them is worth a look as well.
reports="$reports|Call [Tt]race:"
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
