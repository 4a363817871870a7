#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# test-cli.sh - what run-stress refuses, and how
#
# usage: test-cli.sh RUN_STRESS
# Each refusal: the exit code, one line on standard error that says what is wrong,
# nothing on standard output, nothing left in the folder. No VM is started and no
# module loaded: everything here is refused before that, or only asked for.

set -u

program=$(realpath "${1:?usage: test-cli.sh RUN_STRESS}") || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$work/here" "$work/files" || exit 1
cd "$work/here" || exit 1
number=0
failed=0

result() { # TEXT PROBLEM
	number=$((number + 1))
	if [ -z "$2" ]; then
		echo "ok $number - $1"
	else
		failed=$((failed + 1))
		echo "not ok $number - $1"
		echo "# $2"
	fi
}

refused() { # CODE WORDS ARGUMENT...
	code=$1
	words=$2
	shift 2
	timeout 60 "$program" "$@" >"$work/out" 2>"$work/err"
	got=$?
	problem=
	if [ "$got" != "$code" ]; then
		problem="exit code $got instead of $code"
	elif [ "$(wc -l <"$work/err")" != 1 ]; then
		problem="$(wc -l <"$work/err") lines on standard error"
	elif ! grep -q '^run-stress: ' "$work/err" || ! grep -qF -- "$words" "$work/err"; then
		problem="says '$(cat "$work/err")', not '$words'"
	elif [ -s "$work/out" ]; then
		problem='something on standard output'
	elif [ -n "$(ls -A .)" ]; then
		problem="left behind: $(ls -A .)"
	fi
	rm -rf ./* ./.[!.]*
	result "refuses $*" "$problem"
}

accepted() { # WORDS ARGUMENT...
	words=$1
	shift
	timeout 60 "$program" "$@" >"$work/out" 2>"$work/err"
	got=$?
	problem=
	if [ "$got" != 0 ]; then
		problem="exit code $got: $(cat "$work/err")"
	elif [ -s "$work/err" ]; then
		problem="says '$(cat "$work/err")'"
	elif ! grep -qF -- "$words" "$work/out"; then
		problem="does not say '$words'"
	elif [ -n "$(ls -A .)" ]; then
		problem="left behind: $(ls -A .)"
	fi
	result "accepts $*" "$problem"
}

file() { # NAME LINE...
	name=$1
	shift
	printf '%s\n' "$@" >"$work/files/$name"
}

# Options
refused 2 "unknown option '--nonsense'" --nonsense
refused 2 "unexpected argument 'cpu'" cpu
refused 2 "--interval needs a value" --interval
refused 2 "too small" --interval 0
refused 2 "negative" --interval -1ms
refused 2 "too small" --interval 10us
refused 2 "not a number" --interval often
refused 2 "not a number" --interval 1e3
refused 2 "too large" --interval 18446744073709551616
refused 2 "too large" --interval 18446744073709551616ns
refused 2 "cannot be empty" --duration 0
refused 2 "negative" --duration -1s
refused 2 "at least 10 intervals" --duration 5ms
refused 2 "from 1 to" --cpus 0
refused 2 "from 272" --memory 256
refused 2 "off, auto or fixed" --lead on
refused 2 "twice" --lead off,off
refused 2 "not less than the interval" --phase 1ms
refused 2 "half of the interval" --interval 50us --lead-max 26us
refused 2 "only one of them" --lead off,auto --phase 0,5us
refused 2 "not a list of CPUs" --tick-cpus all
refused 2 "vm or host" --place cloud
refused 2 "table, json, markdown or benchmark" --format yaml
refused 2 "means nothing with --place host" --place host --kernel x
refused 2 "means nothing with --from" --from x --only cpu
refused 2 "no scenario is called 'cpus'; known: baseline, cpu," --only cpus
refused 2 "no scenario is called ''" --only ,

# Scenario files
refused 2 "/missing.ini: No such file" --scenarios "$work/files/missing.ini"
refused 2 "scenario file $work/files" --scenarios "$work/files"
file key '[mine]' 'title = Mine' 'stressor = cpu' 'args = --cpu 1' 'colour = red'
refused 2 "/key:5: unknown key 'colour'" --scenarios "$work/files/key"
file shell '[mine]' 'title = Mine' 'stressor = cpu' 'args = --cpu 1; touch x'
refused 2 "/shell:4: " --scenarios "$work/files/shell"
# shellcheck disable=SC2016 # it is not to be expanded
file substitution '[mine]' 'title = Mine' 'stressor = cpu' 'args = --cpu $(touch x)'
refused 2 "/substitution:4: " --scenarios "$work/files/substitution"
file duplicate '[cpu]' 'title = Mine' 'stressor = cpu' 'args = --cpu 1'
refused 2 "/duplicate:1: the name 'cpu' is taken by" --scenarios "$work/files/duplicate"
file no-stressor '[mine]' 'title = Mine'
refused 2 "/no-stressor:1: [mine] has no stressor" --scenarios "$work/files/no-stressor"
head -c 4096 /dev/zero >"$work/files/binary"
refused 2 "/binary:1: " --scenarios "$work/files/binary"
file unknown '[mine]' 'title = Mine' 'stressor = warp' 'args = --warp 9'
if command -v stress-ng >/dev/null; then
	refused 2 "/unknown:1: [mine]: this machine's stress-ng has no stressor 'warp'" \
		--scenarios "$work/files/unknown"
else
	number=$((number + 1))
	echo "ok $number - refuses a stressor that stress-ng does not have # SKIP no stress-ng here"
fi

# The machine
refused 3 "module /nonexistent.ko" --module /nonexistent.ko
refused 3 "module /dev/null" --module /dev/null
if [ "$(id -u)" = 0 ]; then
	refused 3 "module /nonexistent.ko" --place host --module /nonexistent.ko
fi

# Old results
refused 2 "$work/files/none" --from "$work/files/none"
mkdir "$work/files/newer" "$work/files/broken" "$work/files/cut"
echo '{"schema": 999}' >"$work/files/newer/summary.json"
refused 2 "summary.json" --from "$work/files/newer"
echo '{"schema": 0}' >"$work/files/newer/summary.json"
refused 2 "summary.json" --from "$work/files/newer"
echo 'not JSON' >"$work/files/broken/summary.json"
refused 2 "summary.json" --from "$work/files/broken"
echo '{"schema": 1, "run": {' >"$work/files/cut/summary.json"
refused 2 "summary.json" --from "$work/files/cut"

# What is only asked for
accepted "usage: run-stress" --help
problem=
if [ "$("$program" --help | wc -l)" -gt 32 ] || "$program" --help | grep -q '.\{80\}'; then
	problem='it needs more than 32 lines of 80 characters'
fi
result 'the help fits a screen' "$problem"
accepted "run-stress " --version
accepted "--cpu-method matrixprod" --dry-run --only cpu
accepted "500 ticks per CPU" --dry-run --interval 10ms
accepted "each 5 times in turn: off auto off-2 (the first one again)" --dry-run --lead off,auto
accepted "each 2 times in turn: phase0us phase500us" --dry-run --phase 0,500us --slices 2
accepted "--timeout 430s" --dry-run --only cpu
accepted "--timeout 2340s" --dry-run --only cpu --lead off,auto --slices 10 --duration 3s
accepted "baseline" --list
file mine '[mine]' 'title = Mine' 'stressor = cpu' 'args = --cpu {cpus*3}'
accepted "mine: stress-ng --cpu 12 --timeout" --dry-run --cpus 4 --scenarios "$work/files/mine"

problem=
if [ -w /dev/full ] && "$program" --list >/dev/full 2>"$work/err"; then
	problem='a full standard output goes unnoticed'
fi
result 'notices that it cannot write' "$problem"

echo "1..$number"
[ "$failed" = 0 ]
