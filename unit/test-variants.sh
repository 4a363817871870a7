#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# test-variants.sh RUN_STRESS PROJECT - leads, phases, chosen CPUs, and CPUs that come and go
#
# Short runs in the VM. Everything here is arithmetic: how late a tick is fails nothing.

set -u
# shellcheck source=unit/tap.sh
. "$(dirname "$0")/tap.sh"

program=$(realpath "${1:?usage: test-variants.sh RUN_STRESS PROJECT}") || exit 1
project=$(realpath "${2:?usage: test-variants.sh RUN_STRESS PROJECT}") || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
export TMPDIR="$work/tmp"
mkdir "$TMPDIR"
cd "$work" || exit 1
for command in qemu-system-"$(uname -m)" stress-ng; do
	command -v "$command" >/dev/null || {
		echo "1..0 # SKIP $command is not here; ./bootstrap test installs it"
		exit 0
	}
done

run() { # NAME OPTION...; its folder is $work/NAME
	name=$1
	shift
	"$program" --no-plots --quiet --results "$work/results" "$@" >"$name.out" 2>"$name.err" || {
		cat "$name.out" "$name.err"
		return 1
	}
	mv results/2* "$work/$name"
}

values() { # KEY FILE: of every line with this key, in order
	sed -n "s/^ *\"$1\": \"*\([^\",]*\)\"*,*\$/\1/p" "$2/summary.json"
}

lines() { # TEXT...: the same, written down
	printf '%s\n' "$@"
}

same() { # KEY FOLDER TEXT...
	key=$1
	folder=$2
	shift 2
	values "$key" "$folder" >is
	lines "$@" >should
	diff should is
}

# A scenario that takes a CPU off and on, again and again
cat >hotplug.ini <<'END'
[hotplug]
title = CPUs that go off and on
stressor = cpu-online
args = --cpu-online 1 --pathological
user = root
why = nobody else may take a CPU away
END

cpu_was_away() {
	[ "$(values offline_ticks hotplug | head -n 1)" = 0 ] &&
		[ "$(values offline_ticks hotplug | tail -n 1)" -gt 0 ]
}
# On a busy machine a CPU can take longer to go than a short window lasts.
run_hotplug() {
	for seconds in 3 30 120; do
		rm -rf hotplug
		run hotplug --scenarios hotplug.ini --only hotplug --duration "${seconds}s" \
			--lead auto || return 1
		! cpu_was_away || break
	done
	echo "note: a window of $seconds s"
}
every_boundary_is_somewhere() {
	values expected_ticks hotplug | tail -n +2 >expected
	values offline_ticks hotplug >offline
	paste expected offline |
		awk -v all=$((seconds * 1000)) '$1 + $2 != all { print; bad = 1 } END { exit bad }'
}
compared() {
	same test compared baseline+off baseline+auto baseline+off-2 &&
		same base compared baseline baseline baseline &&
		same repeat compared 0 0 1 &&
		same mode compared off auto off &&
		[ "$(values delta_p50_ns compared | wc -l)" = 6 ] &&
		[ "$(values k1 compared | sort -un | wc -l)" = 6 ]
}
within_budget() {
	# The first of each scenario: 600 ms on two CPUs, of at most a second each. What was
	# stolen from a spin is not charged.
	values total_ns compared >spun
	values stolen_ns compared >stolen
	paste spun stolen | awk 'NR == 1 || NR == 7 { if ($1 != 0) bad = 1 }
		NR == 4 { if ($1 - $2 > 10000000) bad = 1 } { print } END { exit bad }'
}
phases() {
	same test phases baseline+phase0us baseline+phase500us baseline+phase0us-2 &&
		same phase_ns phases 0 500000 0 && same mode phases off off off &&
		same status phases ok ok ok &&
		same expected_ticks phases 1200 600 600 600 600 1200 600 600 600 600 1200 600 600 600 600
}
table_compares() {
	grep -q '^How many times smaller than with off, medians of 2 slices of 300 ms' \
		compared.out && grep -q '^  A/A ' compared.out
}
from_again() {
	"$program" --from compared --no-plots --format json >again.json &&
		cmp again.json compared/summary.json
}
chosen() {
	same cpu chosen 1 && same mode chosen fixed &&
		values max_ns chosen | grep -qx 50000 &&
		same budget_permille chosen 100 && same phase_ns chosen 500000
}
# 500 ticks for the lead, from when the load has begun: the first slice, in whose time it begins
learned_under_load() {
	same status learned ok || return
	values load_start_ns learned | head -n 1 >begun
	values window_start_ns learned >windows
	paste begun windows | awk 'NR == 1 { print $2 - $1; bad = $2 - $1 < 5000000000 }
		END { exit bad }'
}
sixteen() {
	[ "$(values cpu sixteen | wc -l)" = 16 ] && same status sixteen ok
}

check 'a run in which a CPU goes off and on' run_hotplug
check 'every boundary of each CPU is expected or offline' every_boundary_is_somewhere
check 'CPU 1 was away, CPU 0 was not' cpu_was_away
check 'leads side by side' \
	run compared --only baseline --lead off,auto --slices 2 --duration 300ms
check 'each lead and the first again, in slices of their own' compared
check 'nothing is spun when off, no more than the budget when auto' within_budget
check 'the table compares them' table_compares
check '--from reads it again' from_again
check 'a chosen CPU, a phase, a fixed lead' run chosen --only baseline --duration 300ms \
	--tick-cpus 1 --phase 500us --lead fixed --lead-max 50us --lead-budget 100
check 'the result says so' chosen
check 'phases side by side' \
	run phases --only baseline --phase 0,500us --slices 2 --duration 300ms
check 'each phase and the first again' phases
check 'a lead under a load, with few ticks a second' run learned --only cpu --duration 300ms \
	--interval 10ms --lead auto --slices 2
check 'it is learned before the window, under the load' learned_under_load
check 'sixteen CPUs' run sixteen --only baseline --duration 300ms --cpus 16
check 'all of them accounted for' sixteen
check 'all summaries are as the schema says' "$project/results/validate.sh" \
	hotplug/summary.json compared/summary.json chosen/summary.json phases/summary.json \
	learned/summary.json sixteen/summary.json
done_testing
