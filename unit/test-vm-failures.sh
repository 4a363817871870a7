#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# test-vm-failures.sh RUN_STRESS MODULE [SECONDS] - what can go wrong with a VM does, for real
#
# Each time: the exit code, one line that says what went wrong, no process left (told by a
# variable in its environment), nothing under a final name, and no temporary folder, either,
# unless the run was killed; then a later one removes it.
#
# Each run has a folder of its own with its results, TMPDIR, cache and variable, so that two go
# side by side. Guests have one CPU, which is all that a failure needs: they boot sooner, and what
# QEMU before 8.1 does to several CPUs is not the matter here.
#
# Two seconds are what processes have to go away. On a machine that is busy with other things
# that is for "meson test --benchmark --suite ends" to say, which calls this with 2 SECONDS;
# otherwise they have ten minutes, and how long it took is a note.

set -u
# shellcheck source=unit/tap.sh
. "$(dirname "$0")/tap.sh"

usage='usage: test-vm-failures.sh RUN_STRESS MODULE [SECONDS]'
program=$(realpath "${1:?$usage}") || exit 1
module=$(realpath "${2:?$usage}") || exit 1
timed=${3:-}
patience=${timed:-600}
work=$(mktemp -d) || exit 1
mark=MEMORY_COLLECTOR_TEST=$$-$(basename "$work")

# What counts is what it prints: its exit code is that of an error as soon as a process ends
# meanwhile.
left() { # processes of a run: /proc/PID/environ
	grep -lzxF "$mark" /proc/[0-9]*/environ 2>/dev/null
}
kill_left() {
	for path in $(left); do
		kill -s KILL "$(echo "$path" | cut -d/ -f3)" 2>/dev/null
	done
}

jobs=
end() {
	trap '' HUP INT TERM
	# shellcheck disable=SC2086 # a list of numbers
	[ -z "$jobs" ] || kill $jobs 2>/dev/null
	wait
	for folder in "$work"/*/results; do
		[ -d "$folder" ] || continue
		enter "$(basename "${folder%/results}")"
		kill_left
	done
	cd / && rm -rf "$work"
}
trap end EXIT
trap 'exit 1' HUP INT TERM
cache=$("$(dirname "$0")/../harness/fetch/cache-dir.sh") || exit 1
# That KVM brings no guest up is learned once for all.
mkdir "$work/no-kvm"
cp "$cache"/no-kvm/* "$work/no-kvm" 2>/dev/null
timeout=$(command -v timeout) || exit 1 # not found by a PATH that a test sets
for command in qemu-system-"$(uname -m)" mke2fs; do
	PATH=$PATH:/usr/sbin:/sbin command -v "$command" >/dev/null || {
		echo "1..0 # SKIP $command is not here; ./bootstrap test installs it"
		exit 0
	}
done

# ---- side by side ----

enter() { # NAME: the folder of a run
	here=$work/$1
	mark=MEMORY_COLLECTOR_TEST=$$-$(basename "$work")-$1
	export TMPDIR="$here/tmp" XDG_CACHE_HOME="$here/cache"
	if [ ! -d "$here" ]; then
		mkdir -p "$TMPDIR" "$here/results" "$here/cache/memory-collector"
		# A cache of its own, but the kernels and the QEMU that bootstrap has unpacked
		ln -s "$cache/kernels" "$cache/qemu" "$work/no-kvm" "$here/cache/memory-collector/"
	fi
	cd "$here" || exit 1
}

# Two may run; each takes a line from the pipe, and gives it back.
mkfifo "$work/turns" && exec 3<>"$work/turns" && printf '\n\n' >&3 || exit 1

start_check() { # NAME TEXT COMMAND...: in the folder NAME, as soon as it is its turn
	echo "$1:$2" >>"$work/checks"
	(
		read -r turn <&3
		trap 'printf "%s\n" "$turn" >&3' EXIT
		enter "$1"
		shift 2
		"$@" >said 2>&1
		echo $? >code
		kill_left
	) &
	jobs="$jobs $!"
}

outcome() { # NAME
	cat "$work/$1/said"
	[ "$(cat "$work/$1/code")" = 0 ] && return
	log=$work/$1/cache/memory-collector/last-failed-kernel.log
	[ ! -f "$log" ] || {
		echo "last lines of the guest's kernel:"
		tail -n 5 "$log"
	}
	return 1
}

end_checks() { # of all that were started, in their order
	wait
	jobs=
	while IFS=: read -r name text; do
		check "$text" outcome "$name"
	done <"$work/checks"
	rm "$work/checks"
}

# ---- a run ----

run() { # NAME=VALUE... [OPTION...]; fills out, err and code
	variables=
	while [ $# -gt 0 ] && [ "${1#*=}" != "$1" ] && [ "${1#-}" = "$1" ]; do
		variables="$variables $1"
		shift
	done
	# shellcheck disable=SC2086 # a list without blanks in its parts
	env "$mark" $variables "$timeout" -k 10 3600 "$program" --only baseline --duration 100ms \
		--cpus 1 --no-plots --quiet --results "$here/results" "$@" >out 2>err
	code=$?
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
	# It has the variable only when env has been started.
	steps=0
	until [ -n "$(left)" ] || [ $steps -gt 600 ]; do
		steps=$((steps + 1))
		sleep 0.1
	done
	gone_within 1
	seen=$?
	kill $busy $sleeper
	wait $busy $sleeper 2>/dev/null
	[ $seen = 1 ] && gone_within "$patience"
}

no_final() {
	[ -z "$(ls results)" ] || {
		echo "under a final name: $(ls results)"
		return 1
	}
}

no_folders() {
	[ -z "$(ls -A results)$(ls -A tmp)" ] || {
		echo "left: $(ls -A results tmp)"
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

refused() { # CODE PATTERN [NAME=VALUE...] [OPTION...]
	wanted=$1
	pattern=$2
	shift 2
	run "$@"
	said "$wanted" "$pattern"
}

# ---- interrupted ----

# Where a run must not end before it is interrupted, its window is longer than the test, also in a
# guest whose clock is far too fast, or its plots are drawn by a program that never ends.
mkdir "$work/slow"
printf '#!/bin/sh\nexec sleep 3600\n' >"$work/slow/gnuplot"
chmod +x "$work/slow/gnuplot"

start() { # OPTION..., in the background
	# Before it: what the one before has said must not be taken for its word.
	: >err
	env "$mark" PATH="$work/slow:$PATH" "$program" --only baseline --cpus 1 \
		--results "$here/results" "$@" >out 2>err &
	running=$!
}
wait_for() { # PATTERN in what it says; a run that ends has not come to it
	steps=0
	until grep -q "$1" err; do
		steps=$((steps + 1))
		if [ $steps -gt 9000 ] || ! kill -0 "$running" 2>/dev/null; then
			echo "has not come to '$1':"
			cat err
			return 1
		fi
		sleep 0.1
	done
}
interrupted() { # SIGNAL NUMBER STAGE OPTION...
	signal=$1
	expected=$((128 + $2))
	stage=$3
	shift 3
	start "$@"
	wait_for "$stage" && kill -s "$signal" $running && gone_within "$patience" || return 1
	wait $running
	code=$?
	[ $code = $expected ] || {
		echo "exit code $code"
		cat err
		return 1
	}
	no_final || return 1
	[ "$signal" = KILL ] || no_folders
}

kill_qemu() {
	start --duration 36000s --no-plots
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

# Where a killed run has left something, the next one ends early. This is SIGKILL at 'booting', too.
ends_after_a_killed_one() {
	interrupted KILL 9 booting --duration 36000s --no-plots || return 1
	[ -n "$(ls -A tmp)" ] || {
		echo 'there is nothing to remove'
		return 1
	}
	start --duration 100ms --no-plots
	wait $running
	code=$?
	grep -v '^run-stress: ' err >notes
	sed -i '/^run-stress: /!d' err
	said 3 'the guest ended without a verdict; its last line: '
}

# ---- a full disk ----

# unshare as root, or as a user who may
if unshare -rm true 2>/dev/null; then
	namespace=-rm
elif unshare -m true 2>/dev/null; then
	namespace=-m
else
	namespace=
fi

full() { # SIZE FOLDER PATTERN: a run with a file system of that size there, seen from there
	# shellcheck disable=SC2016 # for the inner shell
	env "$mark" unshare $namespace sh -c '
		mount -t tmpfs -o "size=$1" none "$2" || exit 125
		shift 2
		"$@" >out 2>err
		code=$?
		ls -A results tmp >>out
		exit $code' sh "$1" "$2" timeout -k 10 3600 "$program" --only baseline \
		--duration 100ms --cpus 1 --no-plots --quiet --results results
	code=$?
	printf 'results:\n\ntmp:\n' | cmp -s - out || {
		echo left:
		cat out
		return 1
	}
	said 3 "$3"
}

# ---- all of it ----

enter seen
check 'a process that is left is seen' one_is_seen
cd "$work" || exit 1
# A module of a kernel that there is not
LC_ALL=C sed 's/vermagic=[0-9]\./vermagic=0./' "$module" >other.ko
: >nothing

# What is missing
start_check qemu 'QEMU is missing' refused 3 \
	'the VM needs qemu-system-.*, which is not in PATH; install ' PATH=/nonexistent
start_check image 'no kernel image' refused 3 'no kernel image for 0\..*bootstrap.*--kernel' \
	"XDG_CACHE_HOME=$work/none" --module "$work/other.ko"
start_check no-image 'a kernel image that is not there' refused 3 \
	"kernel $work/none: No such file" --kernel "$work/none"
start_check no-kernel 'a kernel image that is none' refused 3 \
	"kernel $work/nothing does not do for a module of " --kernel "$work/nothing"
start_check deadline 'a deadline of nothing' refused 2 "MEMORY_COLLECTOR_VM_DEADLINE '0'" \
	MEMORY_COLLECTOR_VM_DEADLINE=0
start_check tmpdir 'no folder for temporary files' refused 3 \
	"cannot make a folder for the VM in $work/none: " "TMPDIR=$work/none"

# A guest that fails
fault=MEMORY_COLLECTOR_VM_APPEND=memory_collector.fault
start_check panic 'the guest panics' refused 3 "the guest's kernel panicked: " $fault=panic
start_check warn 'its kernel warns' refused 1 "the guest's kernel reports: WARNING: " $fault=warn
# On a machine that is too busy it has not even come up by then.
start_check hang 'it hangs' refused 3 'the guest did not \(finish\|come up\) within 12 s' \
	$fault=hang MEMORY_COLLECTOR_VM_DEADLINE=12
start_check silent 'it does not come up' refused 3 'the guest did not come up within 4 s' \
	$fault=silent MEMORY_COLLECTOR_VM_DEADLINE=4
start_check init 'it has no init' refused 3 "the guest's kernel panicked: " \
	MEMORY_COLLECTOR_VM_APPEND=rdinit=/nonexistent
export $fault=exit
start_check exit "SIGKILL at 'booting'; one that ends without a verdict" ends_after_a_killed_one
unset MEMORY_COLLECTOR_VM_APPEND

if [ -n "$namespace" ]; then
	start_check initramfs 'no room for the initramfs' full 1m tmp \
		'writing .*initramfs: No space left on device; make room, or set TMPDIR '
	start_check log 'no room for the kernel log' full 8k results \
		'writing kernel.log: No space left on device'
	start_check results 'no room for the results' full 32k results '.*: No space left on device'
fi

# INT and TERM take the same way out: one of them at each stage will do, where it is not timed. And
# while there is a guest, one stage will do, because whoever waits for it knows of no stages. The
# last one is that of plots, also where a busy machine had no time for a tick in the window.
other='TERM:15'
for stage in preparing booting 'starting the load' 'baseline: [oi]'; do
	[ -n "$timed" ] || [ "$stage" != booting ] || continue
	one=$other
	[ "$other" = INT:2 ] && other=TERM:15 || other=INT:2
	[ -z "$timed" ] || one='INT:2 TERM:15'
	for signal in $one KILL:9; do
		if [ "$stage" = 'baseline: [oi]' ]; then
			set -- --duration 100ms
		else
			set -- --duration 36000s --no-plots
		fi
		start_check "${signal%:*}-${stage%%[ :]*}" "SIG${signal%:*} at '${stage% \[*}'" \
			interrupted "${signal%:*}" "${signal#*:}" "$stage" "$@"
	done
done
start_check killed 'QEMU is killed' kill_qemu

end_checks
check "the panic's log is kept" \
	grep -q 'Kernel panic' panic/cache/memory-collector/last-failed-kernel.log
check 'a later run removes what killed ones left' \
	grep -q "removed $work/exit/tmp/memory-collector-vm-" exit/notes
if [ -z "$namespace" ]; then
	skip 'no room for the initramfs' 'unshare is not permitted here'
	skip 'no room for the kernel log' 'unshare is not permitted here'
	skip 'no room for the results' 'unshare is not permitted here'
fi
done_testing
