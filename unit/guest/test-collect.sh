#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# test-collect.sh COLLECT - collect, end to end: its table, its account, its refusals

set -u
# shellcheck source=unit/tap.sh
. "$(dirname "$0")/../tap.sh"

program=$(realpath "${1:?usage: test-collect.sh COLLECT}") || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
export TMPDIR="$work/tmp"
mkdir "$TMPDIR"
command -v qemu-system-"$(uname -m)" >/dev/null || {
	echo "1..0 # SKIP there is no QEMU here; ./bootstrap test installs it"
	exit 0
}

"$program" --duration 2s >"$work/table" 2>"$work/progress"
code=$?

shows() { # PATTERN
	grep -Eq "$1" "$work/table" || {
		cat "$work/table" "$work/progress"
		return 1
	}
}
# The simulation's rates: 1000 MB/s on each of two CPUs, three quarters of them local
in_proportion() {
	awk '$2 == "collect" && NF >= 8 && $7 > 0 {
			share = $8 / $7
			if ($7 > 2000 || share < 0.74 || share > 0.76) bad = 1
			n++
		}
		END { exit bad || n < 3 }' "$work/table" || {
		cat "$work/table"
		return 1
	}
}
nothing_left() {
	[ -z "$(ls -A "$TMPDIR")" ] || {
		ls -A "$TMPDIR"
		return 1
	}
}
refuses() { # CODE WORDS ARGUMENT...
	expected=$1
	words=$2
	shift 2
	"$program" "$@" >"$work/out" 2>"$work/err"
	[ $? = "$expected" ] && [ ! -s "$work/out" ] && grep -q "$words" "$work/err" || {
		cat "$work/out" "$work/err"
		return 1
	}
}

check 'exit code 0: everything is accounted for' [ "$code" = 0 ]
check 'says that it is simulated' shows '^SIMULATED: '
check 'processes with names' shows '^ *[0-9]+  collect '
check 'ticks' shows '^ticks +[0-9,]+ of [0-9,]+ boundaries'
check 'coverage' shows '^coverage +[0-9,]+ of [0-9,]+ reads'
check 'nothing is lost' shows '^lost +0 events$'
check 'bandwidth is what was simulated' in_proportion
check 'nothing else is left' nothing_left
check 'an option that is none' refuses 2 'unknown option' --frobnicate
check 'a command in the VM' refuses 2 'place host only' -- true
check 'modules that are not there' refuses 3 'No such file' --modules "$work"
if [ "$(id -u)" != 0 ]; then
	check 'this machine, without root' refuses 3 'needs root' --place host
fi
done_testing
