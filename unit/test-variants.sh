#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# test-variants.sh RUN_STRESS PROJECT - leads, phases, chosen CPUs, and CPUs that come and go
#
# Short runs in two guests, side by side: leads, on two CPUs, one of which goes off and on; and
# phases, on sixteen of seventeen CPUs. Everything here is arithmetic: how late a tick is fails
# nothing.

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
	"$program" --no-plots --quiet --results "$work/results-$name" "$@" \
		>"$name.out" 2>"$name.err" || {
		cat "$name.out" "$name.err"
		return 1
	}
	mv "results-$name"/2* "$name"
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

# In the result of leads come three variants of baseline, then three of hotplug.
of_hotplug() { # KEY
	values "$1" leads >all
	tail -n $(($(wc -l <all) / 2)) all
}

# By CPU and variant: CPU 0 and CPU 1, three times
cpu_was_away() {
	of_hotplug offline_ticks | awk 'NR % 2 == 1 && $1 != 0 { bad = 1 }
		NR % 2 == 0 { away += $1 } END { exit bad || !away }'
}
# With 2 ms between ticks, a lead is learned for a second. On a busy machine a CPU can take longer
# to go than short windows last.
run_leads() {
	for slice_ms in 500 5000 20000; do
		rm -rf leads
		run leads --scenarios hotplug.ini --only baseline,hotplug --interval 2ms \
			--lead off,auto --slices 2 --duration "${slice_ms}ms" || return 1
		! cpu_was_away || break
	done
	echo "note: slices of $slice_ms ms"
	echo "$slice_ms" >slice_ms
}
run_phases() {
	run phases --only baseline --duration 300ms --cpus 17 --tick-cpus 1-16 \
		--phase 0,500us --slices 2 --lead fixed --lead-max 50us --lead-budget 100
}
run_both() {
	run_phases >phases.said &
	phases=$!
	run_leads
	leads_code=$?
	wait $phases
	phases_code=$?
	cat phases.said
	[ $leads_code = 0 ] && [ $phases_code = 0 ]
}

# Of each variant: all ticks, those of the two slices, and those of each CPU
every_boundary_is_somewhere() {
	values expected_ticks leads | awk 'NR % 5 == 4 || NR % 5 == 0' >expected
	values offline_ticks leads >offline
	paste expected offline | awk -v all="$(cat slice_ms)" '
		$1 + $2 != all { print; bad = 1 } END { exit bad || NR != 12 }'
}
leads() {
	same test leads baseline+off baseline+auto baseline+off-2 \
		hotplug+off hotplug+auto hotplug+off-2 &&
		same base leads baseline baseline baseline hotplug hotplug hotplug &&
		same repeat leads 0 0 1 0 0 1 &&
		same mode leads off auto off off auto off &&
		same status leads ok ok ok ok ok ok &&
		[ "$(values delta_p50_ns leads | wc -l)" = 12 ] &&
		[ "$(values k1 leads | sort -un | wc -l)" = 12 ]
}
within_budget() {
	# Of baseline, the first of each variant: two slices on each of two CPUs, in which 5
	# permille may be spun, and what was saved before. What was stolen from a spin is not
	# charged.
	values total_ns leads >spun
	values stolen_ns leads >stolen
	paste spun stolen | awk -v most=$((($(cat slice_ms) + 100) * 20000)) '
		NR == 1 || NR == 7 { if ($1 != 0) bad = 1 }
		NR == 4 { if ($1 - $2 > most) bad = 1 } { print } END { exit bad || NR != 18 }'
}
# 500 ticks for the lead in each slice: the first one has them from when the load has begun,
# the second from the end of the first one.
learned_under_load() {
	of_hotplug load_start_ns | head -n 1 >begun
	of_hotplug window_start_ns | head -n 2 >>begun
	awk -v slice=$(($(cat slice_ms) * 1000000)) '{ at[NR] = $1 }
		END {
			first = at[2] - at[1]
			second = at[3] - at[2] - slice
			print first, second
			exit NR != 3 || first < 1000000000 || second < 1000000000
		}' begun
}
table_compares() {
	grep -q "^How many times smaller than with off, medians of 2 slices of $(cat slice_ms) ms" \
		leads.out && [ "$(grep -c '^  A/A ' leads.out)" -ge 1 ]
}
from_again() {
	"$program" --from leads --no-plots --format json >again.json &&
		cmp again.json leads/summary.json
}

phases() {
	same test phases baseline+phase0us baseline+phase500us baseline+phase0us-2 &&
		same phase_ns phases 0 500000 0 && same status phases ok ok ok
}
sixteen() {
	cpus=$(seq 1 16)
	# shellcheck disable=SC2086 # a list of numbers
	same cpu phases $cpus $cpus $cpus &&
		values expected_ticks phases | awk '
			{ should = NR % 19 == 1 ? 9600 : NR % 19 == 2 || NR % 19 == 3 ? 4800 : 600 }
			$1 != should { print; bad = 1 } END { exit bad || NR != 57 }'
}
fixed() {
	same mode phases fixed fixed fixed && same budget_permille phases 100 100 100 &&
		[ "$(values max_ns phases | grep -cx 50000)" -ge 3 ]
}

check 'leads under CPUs that go off and on, and phases on sixteen CPUs' run_both
bail_out_if_failed 'there is no result to look at'
check 'every boundary of each CPU is expected or offline' every_boundary_is_somewhere
check 'CPU 1 was away, CPU 0 was not' cpu_was_away
check 'each lead and the first again, in slices of their own' leads
check 'nothing is spun when off, no more than the budget when auto' within_budget
check 'a lead is learned before the window, under the load' learned_under_load
check 'the table compares them' table_compares
check '--from reads it again' from_again
check 'each phase and the first again' phases
check 'sixteen chosen CPUs, and all of them accounted for' sixteen
check 'a fixed lead, its maximum and its budget' fixed
check 'all summaries are as the schema says' "$project/results/validate.sh" \
	leads/summary.json phases/summary.json
done_testing
