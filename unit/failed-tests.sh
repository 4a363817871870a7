#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# failed-tests.sh SAID LOG - the tests that failed, by name, each with the end of its log, and
# with the checks that failed above that: a kernel's log may be between
#
# SAID is what meson test printed, LOG the testlog.txt of the same run.

set -eu

usage='usage: failed-tests.sh SAID LOG'
said=${1:?$usage}
log=${2:?$usage}
lines=40

sed -n '/^Summary of Failures:/,/^Ok:/s/^ *\([0-9]*\/[0-9]*\) \(.*\)$/\1 \2/p' "$said" |
	while read -r number line; do
		echo "failed: $line"
		# From its headline in the log to the next one, without the command and what is above it
		output=$(awk -v number="$number" '
			/^=+ [0-9]+\/[0-9]+ =+$/ { on = $2 == number; next }
			on && /^-+ (stdout|stderr) -+$/ { output = 1 }
			!on { output = 0 }
			on && output && NF && !/^=+$/
		' "$log")
		{
			echo "$output" | head -n "-$lines" | grep -B 3 -A 12 '^not ok' | head -n "$lines"
			echo "$output" | tail -n "$lines"
		} | sed 's/^/    /'
	done
