#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# test-hangs.sh VM_RUN RUN_STRESS MODULES - guests that hang on purpose, side by side
#
# MODULES: the folder with hang_module.ko and sync_timer_benchmark_module.ko. Each time: the
# message names the kind of hang, and the function or the process.

set -u
# shellcheck source=unit/tap.sh
. "$(dirname "$0")/tap.sh"

usage='usage: test-hangs.sh VM_RUN RUN_STRESS MODULES'
vm_run=$(realpath "${1:?$usage}") || exit 1
run_stress=$(realpath "${2:?$usage}") || exit 1
modules=$(realpath "${3:?$usage}") || exit 1
work=$(mktemp -d) || exit 1
# In the environment of all that is started, and of what is to be stopped
all=MEMORY_COLLECTOR_TEST=$$-$(basename "$work")
mark=MEMORY_COLLECTOR_TEST_STOPPED=$$-$(basename "$work")
export "${all?}"
jobs=
end() {
	trap '' HUP INT TERM
	# shellcheck disable=SC2086 # a list of numbers
	[ -z "$jobs" ] || kill $jobs 2>/dev/null
	for path in $(grep -lzxF "$all" /proc/[0-9]*/environ 2>/dev/null); do
		kill -s KILL "$(echo "$path" | cut -d/ -f3)" 2>/dev/null
	done
	rm -rf "$work"
}
trap end EXIT
trap 'exit 1' HUP INT TERM
cache=$("$(dirname "$0")/../harness/fetch/cache-dir.sh") || exit 1
export TMPDIR="$work" XDG_CACHE_HOME="$work/cache"
mkdir -p "$work/cache/memory-collector"
# A cache of its own for the log, but the kernels and the QEMU that bootstrap has unpacked
ln -s "$cache/kernels" "$cache/qemu" "$cache/no-kvm" "$work/cache/memory-collector/"
for command in qemu-system-"$(uname -m)" insmod; do
	PATH=$PATH:/usr/sbin:/sbin command -v "$command" >/dev/null || {
		echo "1..0 # SKIP $command is not here; ./bootstrap test installs it"
		exit 0
	}
done
insmod=$(realpath "$(PATH=$PATH:/usr/sbin:/sbin command -v insmod)")

# ---- guests ----

# How long a guest takes until it hangs is for the machine to say: where it has not come so far
# by its deadline, another one gets twice the time. A CPU that loops takes the time of the others,
# so there are no more of them than are needed.
lives='5 10 20 40 80 160'
hung() { # LOG MARKER: in time
	sed '/^---- the guest is past its deadline/q' "$1" | grep -q "$2"
}

in_guest() { # NAME MARKER CPUS SCRIPT
	for seconds in $lives; do
		timeout -k 10 1500 "$vm_run" "$run_stress" "$modules/hang_module.ko" \
			--seconds $seconds --cpus "$3" --program /bin/sh=/bin/sh \
			--program "$insmod=/sbin/insmod" \
			--file "$modules/hang_module.ko=/hang_module.ko" \
			-- /bin/sh -c "$4" >"$work/$1" 2>&1
		hung "$work/$1" "$2" && return
	done
}

kept=cache/memory-collector/last-failed-kernel.log
# Its log is kept where people look for it.
in_run() {
	for seconds in $lives; do
		MEMORY_COLLECTOR_VM_APPEND=memory_collector.fault=hang \
			MEMORY_COLLECTOR_VM_DEADLINE=$seconds timeout -k 10 1500 "$run_stress" \
			--only baseline --cpus 1 --duration 100ms --no-plots --quiet \
			--module "$modules/sync_timer_benchmark_module.ko" \
			--results "$work/results" >"$work/idle" 2>&1
		hung "$work/$kept" 'init: hangs at' && return
	done
}

# The QEMUs with this word in their environment
qemus() { # WORD
	for path in $(grep -lzxF "$1" /proc/[0-9]*/environ 2>/dev/null); do
		case $(readlink "${path%environ}exe") in
		*/qemu-*) echo "$path" | cut -d/ -f3 ;;
		esac
	done
}

# As soon as it is there; what its guest does is of no interest then.
stopped() {
	env "$mark" timeout -k 10 400 "$vm_run" "$run_stress" "$modules/hang_module.ko" \
		--seconds 3 --cpus 1 --program /bin/sh=/bin/sh -- /bin/sh -c : >"$work/stopped" 2>&1 &
	running=$!
	while kill -0 $running 2>/dev/null; do
		for pid in $(qemus "$mark"); do
			kill -s STOP "$pid"
		done
		sleep 0.1
	done
}

# A stand-in for a guest whose CPUs execute code that is no longer there: it is silent for longer than
# it may be, on a busy machine too, where a second can count as a tenth; and it goes on afterwards.
still() {
	env "$mark-still" "$run_stress" --accel tcg --only baseline --cpus 2 --duration 30s \
		--no-plots --module "$modules/sync_timer_benchmark_module.ko" \
		--results "$work/still-results" >"$work/still" 2>&1 &
	running=$!
	while kill -0 $running 2>/dev/null && ! grep -q 'baseline' "$work/still"; do
		sleep 0.1
	done
	qemu=$(qemus "$mark-still")
	[ -z "$qemu" ] || {
		kill -s STOP "$qemu"
		sleep 90
		kill -s CONT "$qemu"
	}
	wait $running
	echo "exit code $?" >>"$work/still"
}

beside() { # COMMAND...
	"$@" &
	jobs="$jobs $!"
}

beside stopped
beside still
beside in_guest off 'Collector: hangs with' 2 '/sbin/insmod /hang_module.ko irqs=off'
beside in_guest on 'Collector: hangs with' 1 '/sbin/insmod /hang_module.ko irqs=on'
beside in_guest user 'begins to loop' 1 'echo begins to loop >&2; while :; do :; done'
beside in_run
wait
jobs=

# ---- what is said of them ----

said() { # NAME PATTERN: in the message, its last line
	tail -n 1 "$work/$1" | grep -q "^[a-z-]*: the guest did not [a-z ]* within [0-9]* s[^:]*: $2" ||
		{
			grep -v '^\[' "$work/$1"
			return 1
		}
}
in_log() { # NAME PATTERN...
	log=$work/$1
	shift
	for pattern in "$@"; do
		grep -q -e "$pattern" "$log" || {
			echo "no '$pattern' in the log"
			grep -a '^----' "$log"
			return 1
		}
	done
}

off='hangs in the kernel with interrupts off in hang_on_purpose \[hang_module\] < '
check 'the kernel on each CPU, interrupts off' said off \
	"CPU 0 $off.* in [a-z_/0-9]* (pid [0-9]*); CPU 1 $off.* in [a-z_/0-9]* (pid [0-9]*); "
check 'the kernel on one CPU, interrupts on' said on "CPU [01] hangs in the kernel with interrupts \
on in .*hang_on_purpose \[hang_module\] < hang_init \[hang_module\] < .*, in insmod (pid [0-9]*); "
check 'user space' said user 'CPU [01] loops in user space in sh (pid [0-9]*); '
check 'nothing but waiting' said idle 'idle: init (pid 1) waits in [a-z_0-9]*pause; '
check 'one that was silent is woken, and invalid' in_log still \
	'invalid.*no sign of life for [0-9]* s' 'exit code 1'
check 'QEMU is stopped' said stopped 'QEMU is stopped (state T)'

check 'the kept log has what was asked' in_log $kept '^---- threads of QEMU' \
	'^---- QEMU: info registers -a' '^---- QEMU: info lapic' \
	'sysrq: Show backtrace of all active CPUs' 'sysrq: Show clockevent devices' \
	'sysrq: Show Blocked State' 'sysrq: Show State' 'task:init '
check 'where no CPU takes interrupts, an NMI asks' in_log off '^---- QEMU: nmi' \
	'Kernel panic - not syncing: NMI'
done_testing
