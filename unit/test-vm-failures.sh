#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# test-vm-failures.sh RUN_STRESS MODULE [SECONDS] - what can go wrong with a VM does, for real
#
# Each time: the exit code, one line that says what went wrong, no process left (told by a
# variable in its environment), nothing under a final name, and no temporary folder, either,
# unless the run was killed; then a later one removes it.
#
# Two seconds are what processes have to go away. On a machine that is busy with other things
# that is for "meson test --benchmark --suite ends" to say, which calls this with 2 SECONDS;
# otherwise they have five minutes, and how long it took is a note.

set -u
# shellcheck source=unit/tap.sh
. "$(dirname "$0")/tap.sh"

usage='usage: test-vm-failures.sh RUN_STRESS MODULE [SECONDS]'
program=$(realpath "${1:?$usage}") || exit 1
module=$(realpath "${2:?$usage}") || exit 1
patience=${3:-300}
work=$(mktemp -d) || exit 1
mark=MEMORY_COLLECTOR_TEST=$$-$(basename "$work")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cache=$("$(dirname "$0")/../module/cache-dir.sh") || exit 1
export TMPDIR="$work/tmp" XDG_CACHE_HOME="$work/cache"
mkdir -p "$TMPDIR" "$work/results" "$work/cache/memory-collector"
# A cache of its own, but the kernels and the QEMU that bootstrap has unpacked
ln -s "$cache/kernels" "$cache/qemu" "$work/cache/memory-collector/"
cd "$work" || exit 1
timeout=$(command -v timeout) || exit 1 # not found by a PATH that a test sets
for command in qemu-system-"$(uname -m)" mke2fs; do
	PATH=$PATH:/usr/sbin:/sbin command -v "$command" >/dev/null || {
		echo "1..0 # SKIP $command is not here; ./bootstrap test installs it"
		exit 0
	}
done

run() { # NAME=VALUE... [OPTION...]; fills out, err and code
	variables=
	while [ $# -gt 0 ] && [ "${1#*=}" != "$1" ] && [ "${1#-}" = "$1" ]; do
		variables="$variables $1"
		shift
	done
	# shellcheck disable=SC2086 # a list without blanks in its parts
	env "$mark" $variables "$timeout" -k 10 3600 "$program" --only baseline --duration 100ms \
		--no-plots --quiet --results "$work/results" "$@" >out 2>err
	code=$?
}

# What counts is what it prints: its exit code is that of an error as soon as a process ends
# meanwhile.
left() { # processes of a run: /proc/PID/environ
	grep -lzxF "$mark" /proc/[0-9]*/environ 2>/dev/null
}

gone_within() { # SECONDS
	began=$(date +%s%N)
	while remains=$(left) || :; [ -n "$remains" ]; do
		[ $(($(date +%s%N) - began)) -lt $(($1 * 1000000000)) ] || {
			echo "left after $1 seconds:"
			for path in $remains; do
				tr '\0' ' ' <"${path%environ}cmdline"
			done
			return 1
		}
		sleep 0.05
	done
	echo "note: gone after $((($(date +%s%N) - began) / 1000000)) ms"
}

# This check can fail, also while other processes come and go.
one_is_seen() {
	env "$mark" sleep 600 &
	sleeper=$!
	(while :; do /bin/true; done) &
	busy=$!
	gone_within 1
	seen=$?
	kill $busy $sleeper
	wait $busy $sleeper 2>/dev/null
	[ $seen = 1 ] && gone_within "$patience"
}
check 'a process that is left is seen' one_is_seen

no_final() {
	[ -z "$(ls "$work/results")" ] || {
		echo "under a final name: $(ls "$work/results")"
		return 1
	}
}

no_folders() {
	[ -z "$(ls -A "$work/results")$(ls -A "$TMPDIR")" ] || {
		echo "left: $(ls -A "$work/results" "$TMPDIR")"
		return 1
	}
}

said() { # CODE PATTERN: of the last run, which must have left nothing
	if [ "$code" != "$1" ] || [ "$(wc -l <err)" != 1 ] || ! grep -q "^run-stress: $2" err; then
		echo "exit code $code"
		cat err
		return 1
	fi
	gone_within "$patience" && no_final && no_folders
}

# ---- what is missing ----

run PATH=/nonexistent
check 'QEMU is missing' said 3 'the VM needs qemu-system-.*, which is not in PATH; install '

# A module of a kernel that there is not
LC_ALL=C sed 's/vermagic=[0-9]\./vermagic=0./' "$module" >other.ko
run "XDG_CACHE_HOME=$work/none" --module "$work/other.ko"
check 'no kernel image' said 3 'no kernel image for 0\..*bootstrap.*--kernel'
run --kernel "$work/none"
check 'a kernel image that is not there' said 3 "kernel $work/none: No such file"
: >empty
run --kernel "$work/empty"
check 'a kernel image that is none' said 3 "kernel $work/empty does not do for a module of "

run MEMORY_COLLECTOR_VM_DEADLINE=0
check 'a deadline of nothing' said 2 "MEMORY_COLLECTOR_VM_DEADLINE '0'"
run TMPDIR="$work/none"
check 'no folder for temporary files' said 3 "cannot make a folder for the VM in $work/none: "

# ---- a guest that fails ----

run MEMORY_COLLECTOR_VM_APPEND=memory_collector.fault=panic
check 'the guest panics' said 3 "the guest's kernel panicked: "
check 'its log is kept' grep -q 'Kernel panic' "$work/cache/memory-collector/last-failed-kernel.log"
run MEMORY_COLLECTOR_VM_APPEND=memory_collector.fault=warn
check 'its kernel warns' said 1 "the guest's kernel reports: WARNING: "
run MEMORY_COLLECTOR_VM_APPEND=memory_collector.fault=exit
check 'it ends without a verdict' said 3 'the guest ended without a verdict; its last line: '
run MEMORY_COLLECTOR_VM_APPEND=memory_collector.fault=hang MEMORY_COLLECTOR_VM_DEADLINE=12
# On a machine that is too busy it has not even come up by then.
check 'it hangs' said 3 'the guest did not \(finish\|come up\) within 12 s'
run MEMORY_COLLECTOR_VM_APPEND=memory_collector.fault=silent MEMORY_COLLECTOR_VM_DEADLINE=4
check 'it does not come up' said 3 'the guest did not come up within 4 s'
run MEMORY_COLLECTOR_VM_APPEND=rdinit=/nonexistent
check 'it has no init' said 3 "the guest's kernel panicked: "

# ---- a full disk ----

# unshare as root, or as a user who may
if unshare -rm true 2>/dev/null; then
	namespace=-rm
elif unshare -m true 2>/dev/null; then
	namespace=-m
else
	namespace=
fi

run_on_small() { # SIZE FOLDER: a run with a file system of that size there
	# shellcheck disable=SC2016 # for the inner shell
	env "$mark" unshare $namespace sh -c '
		mount -t tmpfs -o "size=$1" none "$2" || exit 125
		shift 2
		"$@" >out 2>err
		code=$?
		ls -A results tmp >>out
		exit $code' sh "$1" "$2" timeout -k 10 3600 "$program" --only baseline \
		--duration 100ms --no-plots --quiet --results results
	code=$?
}
said_full() { # PATTERN: as said(), looked at in the namespace
	printf 'results:\n\ntmp:\n' | cmp -s - out || {
		echo left:
		cat out
		return 1
	}
	said 3 "$1"
}

if [ -n "$namespace" ]; then
	run_on_small 1m "$TMPDIR"
	check 'no room for the initramfs' said_full \
		'writing .*initramfs: No space left on device; make room, or set TMPDIR '
	run_on_small 8k results
	check 'no room for the kernel log' said_full 'writing kernel.log: No space left on device'
	run_on_small 40k results
	check 'no room for the results' said_full '.*: No space left on device'
else
	skip 'no room for the initramfs' 'unshare is not permitted here'
	skip 'no room for the kernel log' 'unshare is not permitted here'
	skip 'no room for the results' 'unshare is not permitted here'
fi

# ---- interrupted ----

# Where a run must not end before it is interrupted, its window is longer than the test, or
# its plots are drawn by one who never ends.
mkdir slow
printf '#!/bin/sh\nexec sleep 3600\n' >slow/gnuplot
chmod +x slow/gnuplot

start() { # OPTION..., in the background
	# Before it: what the one before has said must not be taken for its word.
	: >err
	env "$mark" PATH="$work/slow:$PATH" "$program" --only baseline --results "$work/results" \
		"$@" >out 2>err &
	running=$!
}
wait_for() { # PATTERN in what it says
	steps=0
	until grep -q "$1" err 2>/dev/null; do
		steps=$((steps + 1))
		[ $steps -le 18000 ] && kill -0 $running 2>/dev/null || return 1
		sleep 0.1
	done
}
interrupted() { # SIGNAL NUMBER STAGE
	wait_for "$3" || {
		echo "has not come to '$3':"
		cat err
		return 1
	}
	kill -s "$1" $running || return 1
	gone_within "$patience" || return 1
	wait $running
	code=$?
	[ $code = $((128 + $2)) ] || {
		echo "exit code $code"
		return 1
	}
	no_final || return 1
	[ "$1" = KILL ] || no_folders
}

for stage in preparing booting 'starting the load' 'baseline: ok'; do
	for signal in INT:2 TERM:15 KILL:9; do
		if [ "$stage" = 'baseline: ok' ]; then
			start --duration 100ms
		else
			start --duration 600s --no-plots
		fi
		check "SIG${signal%:*} at '$stage'" interrupted "${signal%:*}" "${signal#*:}" "$stage"
		kill -s KILL $running 2>/dev/null
	done
done

kill_qemu() {
	wait_for 'starting the load' || return 1
	for path in $(left); do
		case $(readlink "${path%environ}exe") in
		*/qemu-*) kill -s KILL "$(echo "$path" | cut -d/ -f3)" ;;
		esac
	done
	wait $running
	code=$?
	tail -n 1 err >last
	mv last err
	said 3 'qemu-system-.* was killed by signal 9'
}
remove_folders() { # of the killed ones, by a run that fails early
	[ -n "$(ls -A "$TMPDIR")" ] || {
		echo 'there is nothing to remove'
		return 1
	}
	env "$mark" MEMORY_COLLECTOR_VM_APPEND=memory_collector.fault=exit "$program" \
		--only baseline --duration 100ms --no-plots --results "$work/results" >out 2>err
	grep -q "removed $TMPDIR/memory-collector-vm-" err || {
		cat err
		return 1
	}
	no_folders
}
check 'a later run removes what killed ones left' remove_folders
start --duration 600s --no-plots
check 'QEMU is killed' kill_qemu
done_testing
