#!/bin/sh
# shellcheck disable=SC2034,SC2154 # what is of machine.sh, or for it
# SPDX-License-Identifier: GPL-2.0
#
# shared.sh - the collector's tests with --place host on a machine where others work as
# well: they pass beside them, touch nothing of theirs, and whatever ends one, nothing of it is
# left; for machine.sh, which sources it

# What the others do: processes come and go, by fork and exec, and now and then a crowd. One
# is called alpha, as the test's own are.
start_others() {
	while :; do
		/build/unit/guest/beta forks 10
		/build/unit/guest/beta together 4
		sleep 0.2
	done &
	others=$!
	for ms in 1000001 1000002 1000003 1000004 1000005 1000006 1000007 1000008; do
		/build/unit/guest/beta sleep "$ms" &
		others="$others $!"
	done
	/build/unit/guest/alpha sleep 1000009 &
	alpha=$!
	others="$others $alpha"
}

# A part is enough where it matters only that one runs.
part() { # NAME...
	/build/unit/guest/collector-guest --build /build "$@" >out 2>err
	code=$?
}

# Those that count processes which are not theirs, and those that look for one by its name: what
# the others check would be the same without company.
pass_beside_others() {
	part processes collect
	[ "$code" = 0 ] && ! grep '^not ok' out && grep -q '^1\.\.[1-9]' out && nothing_left || {
		echo "exit code $code"
		grep '^not ok' -B 3 -A 3 out
		cat err
		return 1
	}
}

# Sent to the program that bootstrap has become
stopped() { # SIGNAL NUMBER
	/src/module/test_module.sh --place host >out 2>err &
	running=$!
	steps=0
	until [ -e /sys/module/collector ]; do
		steps=$((steps + 1))
		[ $steps -le 600 ] && kill -0 $running || return 1
		sleep 0.1
	done
	kill -s "$1" $running
	wait $running
	code=$?
	[ $code = $((128 + $2)) ] && grep -q '^not ok .*stopped by signal' out && nothing_left || {
		echo "exit code $code"
		cat out err
		return 1
	}
}

instance=/sys/kernel/tracing/instances/memory_collector_test
records() {
	[ -e /sys/module/collector ] && [ -d $instance ]
}

# Halted: what it has loaded then, it has until it goes on.
halted() {
	kill -s STOP $running
	tries=0
	until [ "$(sed 's/.*) \(.\).*/\1/' /proc/$running/stat)" = T ]; do
		tries=$((tries + 1))
		[ $tries -le 600 ] || return 1
		sleep 0.1
	done
	records || {
		kill -s CONT $running
		return 1
	}
}

halted_while_recording() {
	/build/unit/guest/collector-guest --build /build processes >said 2>&1 &
	running=$!
	steps=0
	until records && halted; do
		steps=$((steps + 1))
		[ $steps -le 6000 ] && kill -0 $running || {
			cat said
			return 1
		}
		sleep 0.01
	done
}

refused_beside_test() { # PROGRAM: for that one, which has its things still
	who=$1
	refuses "collector-guest (pid $running) loads the same modules on this machine" && records
}

# Children that it has forked end with it, but later.
test_killed() {
	kill -s KILL $running
	wait $running
	[ $? = 137 ] && records && [ -e /run/memory-collector/collector-guest ] || return 1
	steps=0
	while grep -q '^collector-guest' /proc/[0-9]*/comm 2>/dev/null; do
		steps=$((steps + 1))
		[ $steps -le 600 ] || return 1
		sleep 0.1
	done
}

next_test_cleans() {
	[ "$code" = 0 ] && nothing_left && grep -q "^collector-guest: collector-guest (pid $running) \
was killed; removed what it left: module collector module rdt_sim trace instance ${instance##*/}$" \
		err || {
		echo "exit code $code"
		cat out err
		return 1
	}
}

# And the other way round; the file says who it is as soon as it has the lock.
refused_beside_collect() {
	/build/harness/collect --place host --simulate --modules /build/module --duration 600s \
		>said 2>&1 &
	running=$!
	steps=0
	until [ -s /run/memory-collector/collect ]; do
		steps=$((steps + 1))
		[ $steps -le 600 ] && kill -0 $running || {
			cat said
			return 1
		}
		sleep 0.1
	done
	part procfs
	kill -s INT $running
	wait $running
	[ "$code" = 3 ] && [ ! -s out ] && nothing_left && grep -q \
		"^collector-guest: another collect (pid $running) is collecting on this machine" err || {
		echo "exit code $code"
		cat said out err
		return 1
	}
}

alpha_lives() {
	read -r name </proc/$alpha/comm && [ "$name" = alpha ]
}

shared() {
	start_others
	check 'processes and collect pass, beside others' pass_beside_others
	check 'and others that are called as its own still run' alpha_lives
	check 'SIGTERM: a failed check, and nothing is left' stopped TERM 15
	check 'SIGINT likewise' stopped INT 2
	check 'a test while collect collects' refused_beside_collect
	check 'it runs, and is halted' halted_while_recording
	collect
	check 'collect meanwhile' refused_beside_test collect
	part procfs
	check 'a second test meanwhile' refused_beside_test collector-guest
	check 'SIGKILL: what cannot be undone then is left' test_killed
	part procfs
	check 'the next one removes that, says so, and runs' next_test_cleans
	# shellcheck disable=SC2086 # a list of numbers
	kill $others
}
