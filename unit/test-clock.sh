#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# test-clock.sh RUN_STRESS PROJECT - a guest whose clock is wrong does not measure anything
#
# The kernel of a guest is told a rate of its TSC that is 5 % above the true one. It would only
# refine one that is wrong by up to 1 %.

set -u
# shellcheck source=unit/tap.sh
. "$(dirname "$0")/tap.sh"

program=$(realpath "${1:?usage: test-clock.sh RUN_STRESS PROJECT}") || exit 1
project=$(realpath "${2:?usage: test-clock.sh RUN_STRESS PROJECT}") || exit 1
skip_all() { # REASON
	echo "1..0 # SKIP $1"
	exit 0
}
[ "$(uname -m)" = x86_64 ] || skip_all "$(uname -m) has no TSC"
command -v qemu-system-x86_64 >/dev/null ||
	skip_all 'qemu-system-x86_64 is not here; ./bootstrap test installs it'
for flag in constant_tsc nonstop_tsc; do
	grep -qw $flag /proc/cpuinfo || skip_all "this processor's TSC has no constant rate: no $flag"
done
# What a guest under KVM believes of its TSC is not decided by a word on its command line.
export MEMORY_COLLECTOR_VM_ACCEL=tcg
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work" || exit 1

run() { # [WORD]: for the guest's kernel
	rm -rf results
	MEMORY_COLLECTOR_VM_APPEND=${1:-} "$program" --only baseline --duration 500ms --no-plots \
		--quiet --results "$work/results" >out 2>err
	code=$?
	set -- results/2*
	summary=$1/summary.json
}

show() {
	echo "exit code $code"
	cat out err
	sed -n '/"clock"/,/}/p' "$summary"
	return 1
}

number() { # KEY
	sed -n 's/^ *"'"$1"'": \(-*[0-9.e+-]*\),*$/\1/p' "$summary"
}

within() { # LOW HIGH: parts per million
	echo "$(number ppm) $1 $2" | awk 'NF == 3 && $2 <= $1 && $1 <= $3 { good = 1 }
		END { exit !good }'
}

is_right() {
	[ "$code" = 0 ] && within -5000 5000 && grep -q '"not_compared": null' "$summary" || show
}

is_invalid() {
	[ "$code" = 1 ] && within -48000 -47000 && grep -q '"status": "invalid"' "$summary" &&
		grep -q '^baseline: invalid: the guest.s clock ran 4.7[0-9]* % too slow: ' out || show
}

run
check "a guest's clock is compared with the host's" is_right
khz=$(echo "$(number host_tsc_hz)" | awk '{ printf "%.0f", $1 * 1.05 / 1000 }')
run "tsc_early_khz=$khz"
check 'one that is 5 % wrong makes the scenario invalid, and the exit code 1' is_invalid
check 'the summary is as its schema says' "$project/results/validate.sh" "$summary"
done_testing
