#!/bin/sh
# shellcheck disable=SC2154 # what is of machine.sh
# SPDX-License-Identifier: GPL-2.0
#
# clock.sh - run-stress --place host where CPUs and clock are not as usual; for
# machine.sh, which sources it
#
# A CPU is offline since boot, and comes online in a window; timers have no high resolution; the
# clock source changes in a window. On a busy machine a change may come after its window: then
# a longer one follows.

cpu=/sys/devices/system/cpu/cpu1/online
clock=/sys/devices/system/clocksource/clocksource0

# Until the window is set; a run that ends before is judged like any other.
begin() { # SECONDS
	rm -rf /tmp/results/2*
	start baseline "$1s"
}

finish() { # sets code and summary
	wait "$running"
	code=$?
	set -- /tmp/results/2*
	summary=$1/summary.json
}

show() {
	echo "exit code $code"
	cat out err
	return 1
}

is_ok() {
	[ "$code" = 0 ] && grep -q '^1 of 1 scenarios* ok' out || show
}

of_cpu() { # KEY: of CPU 1
	sed -n '/"cpu": 1,/,/}/s/^ *"'"$1"'": \([0-9]*\),*$/\1/p' "$summary"
}

stays_offline() {
	begin 1
	finish
	is_ok && [ "$(of_cpu expected_ticks) $(of_cpu offline_ticks)" = '0 1000' ] || show
}

# Each run has a trace instance of its own, in which a CPU that is offline has no buffer yet.
comes_online() {
	for seconds in 3 30 120; do
		echo 0 >"$cpu"
		begin $seconds
		echo 1 >"$cpu"
		finish
		is_ok || return 1
		[ "$(of_cpu samples)" = 0 ] || break
	done
	echo "note: a window of $seconds s"
	[ "$(of_cpu samples)" -gt 0 ] && [ "$(of_cpu offline_ticks)" -gt 0 ] &&
		[ $(($(of_cpu expected_ticks) + $(of_cpu offline_ticks))) = $((seconds * 1000)) ] ||
		show
}

says_no_high_resolution() {
	grep -q '^WARNING .*no high-resolution timers.* every [0-9.]* ms' out &&
		grep -q '"timer_resolution_ns": [0-9]*000,' "$summary" || show
}

has_nothing_to_compare_with() {
	grep -q '"host_tsc_hz": null' "$summary" && grep -q '"ppm": null' "$summary" &&
		grep -q '"not_compared": "' "$summary" || show
}

another_source() {
	read -r now <"$clock/current_clocksource"
	for other in $(cat "$clock/available_clocksource"); do
		[ "$other" = "$now" ] || break
	done
	[ "$other" != "$now" ]
}

source_changes() {
	for seconds in 3 30 120; do
		echo "$now" >"$clock/current_clocksource"
		begin $seconds
		echo "$other" >"$clock/current_clocksource"
		finish
		[ $code = 0 ] || break
	done
	echo "note: a window of $seconds s"
	echo "$now" >"$clock/current_clocksource"
	[ $code = 1 ] && grep -q "^baseline: invalid: the clock source changed from $now to $other " \
		out && grep -q '"source_after": "'"$other"'"' "$summary" || show
}

check 'a CPU that is offline since boot' stays_offline
check 'it comes online in the window' comes_online
check 'table and result say that timers have no high resolution' says_no_high_resolution
check 'and that there is no other clock to compare with' has_nothing_to_compare_with
if another_source; then
	check 'the clock source changes in the window' source_changes
else
	skip 'the clock source changes in the window' "there is only $now here"
fi
