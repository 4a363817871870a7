#!/bin/sh
# shellcheck disable=SC2034,SC2154 # what is of machine.sh, or for it
# SPDX-License-Identifier: GPL-2.0
#
# host.sh - run-stress --place host, as a person uses it: as root, on the machine itself;
# for machine.sh, which sources it
#
# Each time: the exit code, one line that says what is wrong, and nothing left loaded,
# running or half written, but where a run was killed; then the next one says so and
# cleans up.

bench=sync_timer_benchmark_module
module=$updates/$bench.ko
trace=/sys/kernel/tracing/instances/memory_collector_benchmark

loaded() {
	[ -d "/sys/module/$bench" ]
}

# Of a run that was killed: the kernel sees to it that its load ends, too, soon.
no_load() {
	steps=0
	while left=$(loads) || :; [ -n "$left" ]; do
		steps=$((steps + 1))
		[ $steps -le 600 ] || {
			echo "left: $left"
			return 1
		}
		sleep 0.1
	done
	echo "note: no load after $steps steps of 100 ms"
}

finished() { # of the last run
	[ "$code" = 0 ] && grep -q '^1 of 1 scenarios* ok' out || {
		said
		return
	}
	rm -r /tmp/results/2*
	nothing_left
}

# ---- refusals ----

# The log is read up to a line of our own, since it has no end.
zero_budget() { # is no word for the default
	! modprobe "$bench" lead_budget_permille=0 2>said-modprobe && ! loaded || return 1
	echo 'guest-host: so far' >/dev/kmsg
	sed '/guest-host: so far/q' /dev/kmsg >said-kernel
	grep -q 'lead_budget_permille=0: it can be 1 to 500' said-kernel
}

host_refusals() {
	host --module /nonexistent.ko
	check 'a module that is not there' refused 'module /nonexistent.ko: No such file'
	LC_ALL=C sed 's/vermagic=[0-9]\./vermagic=0./' "$module" >other.ko
	host --module other.ko
	check "another kernel's module" refused \
		"other.ko is for kernel 0.*, but $release is running: .*-Dkernel_dir"
	host --scratch /nonexistent
	check 'a scratch folder that is not there' refused 'scratch folder /nonexistent: No such'
	check 'modprobe with a budget of 0' zero_budget
	check 'host: its module is loaded already' loaded_already host $bench
	mkdir "$trace"
	host
	rmdir "$trace"
	check 'a trace instance of that name' refused 'there is a trace instance .* already'
}

# ---- runs ----

whole_run() {
	run-stress --place host --only baseline,cpu --duration 2s --no-plots --quiet \
		--results /tmp/results >out 2>err
	code=$?
	[ "$code" = 0 ] && grep -q '^2 of 2 scenarios ok' out || {
		cat out err
		return 1
	}
	set -- /tmp/results/2*
	grep -q '"place": "host"' "$1/summary.json" && [ -s "$1/kernel.log" ] &&
		[ -s "$1/stress-ng/cpu.yaml" ] || return 1
	rm -r "$1"
	nothing_left
}

# In the background, far longer than anybody waits unless told otherwise; until it measures
start() { # SCENARIO [DURATION]
	: >err
	run-stress --place host --only "$1" --duration "${2:-600s}" --no-plots \
		--results /tmp/results >out 2>err &
	running=$!
	steps=0
	until grep -q '^window [1-9]' /proc/sync_timer_benchmark 2>/dev/null; do
		steps=$((steps + 1))
		[ $steps -le 6000 ] && kill -0 $running || {
			echo 'has not come to its window'
			cat err
			return 1
		}
		sleep 0.1
	done
	sleep 0.3
}

stop() { # SIGNAL NUMBER
	kill -s "$1" $running
	wait $running
	code=$?
	[ $code = $((128 + $2)) ] || {
		echo "exit code $code"
		cat err
		return 1
	}
}

interrupted() { # SIGNAL NUMBER SCENARIO
	start "$3" && stop "$1" "$2" && nothing_left && [ -z "$(ls /tmp/results)" ]
}

# Not the user nobody, as which others may run, too
user_of_its_own() {
	start cpu || return 1
	n=0
	for name_of in $(loads); do
		user=$(sed -n 's/^Uid:\t\([0-9]*\)\t.*/\1/p' "${name_of%comm}status") || continue
		[ "$user" -ge 60706 ] && [ "$user" -le 60833 ] || {
			echo "${name_of%/comm} runs as user $user"
			return 1
		}
		n=$((n + 1))
	done
	[ $n -gt 0 ] && stop INT 2 && nothing_left
}

second_refused() {
	start baseline || return 1
	host
	refuses "another run-stress (pid $running) is measuring" && loaded && stop INT 2 && nothing_left
}

killed_under_load() { # SCENARIO: what cannot be undone then is left, but no load
	start "$1" && stop KILL 9 && loaded && [ -d "$trace" ] && [ -e /run/memory-collector ] ||
		return 1
	no_load
}

next_run_cleans() {
	run-stress --place host --only baseline --duration 2s --no-plots \
		--results /tmp/results >out 2>err
	code=$?
	grep -q "run-stress (pid $running) was killed; removed what it left: module $bench" err || {
		cat err
		return 1
	}
	finished
}

# More messages than the log holds, while the run cannot read them
log_overwritten() {
	start baseline 10s && kill -s STOP $running || return 1
	echo on >/proc/sys/kernel/printk_devkmsg
	lines=0
	while [ $lines -lt 4000 ]; do
		lines=$((lines + 1))
		printf '<7>%0900d\n' $lines
	done >/dev/kmsg
	kill -s CONT $running
	wait $running
	code=$?
	[ "$code" = 1 ] && grep -q "^baseline: invalid: the kernel's log was overwritten" out || {
		echo "exit code $code"
		cat out err
		return 1
	}
	rm -r /tmp/results/2*
	nothing_left
}

# Whoever has another event switch one of the module's on, holds the module.
held() {
	start baseline || return 1
	trigger=/sys/kernel/tracing/events/sched/sched_process_exec/trigger
	echo enable_event:sync_timer_benchmark:tick >"$trigger" || return 1
	kill -s INT $running
	wait $running
	code=$?
	grep -q '^run-stress: .*cannot unload module .*rmmod' err && loaded || {
		echo "exit code $code"
		cat err
		return 1
	}
	echo '!enable_event:sync_timer_benchmark:tick' >"$trigger"
}

host_runs() {
	if [ -e /stubs/stress-ng ]; then
		skip 'host: runs' 'stress-ng is not here; ./bootstrap test installs it'
		return
	fi
	check 'a run: results, and nothing left' whole_run
	check 'a load runs as a user of its own' user_of_its_own
	check 'a second run meanwhile' second_refused
	check 'the kernel log is overwritten meanwhile' log_overwritten
	check 'SIGINT while it measures' interrupted INT 2 baseline
	check 'SIGTERM under load' interrupted TERM 15 cpu
	check 'SIGKILL under load' killed_under_load cpu
	check 'the next run cleans up, and says so' next_run_cleans
	check 'SIGINT while somebody holds the module' held
	check 'the next run cleans up after that, too' next_run_cleans
}
