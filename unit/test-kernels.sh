#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# test-kernels.sh BUILD SET[,SET...] - everything that depends on the kernel, on other kernels
#
# For each set of module/kernel-set.sh: fetched, all modules built without a warning,
# booted in the VM, every test module run there, and a few scenarios of the matrix.
# Then one run across two of them. A kernel that cannot be had is skipped, with the
# reason; a report with the versions comes last.

set -u
# shellcheck source=unit/tap.sh
. "$(dirname "$0")/tap.sh"

usage='usage: test-kernels.sh BUILD SET[,SET...]'
build=$(realpath "${1:?$usage}") || exit 1
sets=$(echo "${2:?$usage}" | tr , ' ')
project=$(cd "$(dirname "$0")/.." && pwd)
program=$build/harness/run-stress
kernels=$build/kernels
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
export TMPDIR="$work/tmp"
mkdir -p "$TMPDIR" "$kernels"
: >"$work/report"

# Anew, because a link that is not done again gives no warning again
get() { # SET; its exit code is that of kernel-set.sh
	rm -rf "${kernels:?}/$1/modules"
	"$project/module/kernel-set.sh" "$1" "$kernels" 2>"$work/said"
}

no_warning() { # SET
	! grep -i warning "$kernels/$1/modules/kbuild.log"
}

test_module() { # SET MODULE.ko: counts its tests
	guest=$kernels/$1/root/usr/bin/run-stress
	[ -x "$guest" ] || guest=$program
	timeout 960 "$build/unit/vm-ktap" "$guest" "$2" >"$work/tap" || return
	cases=$((cases + $(grep -c '^ok' "$work/tap")))
}

measure() { # SETS SCENARIOS DURATION
	rm -rf "$work/results"
	timeout 3600 "$program" --kernels "$1" --only "$2" --duration "$3" --quiet --no-plots \
		--results "$work/results"
}

# What the guest's own kernel said it is: uname -v
built_when() {
	sed -n 's/^ *"kernel_version": "\(.*\)",$/\1/p' "$work"/results/*/summary.json 2>/dev/null
}

test_set() { # SET
	release=$(cat "$kernels/$1/release")
	name="$1 ($release)"
	cases=0
	# shellcheck disable=SC2154 # tap.sh counts it
	before=$failed
	tested=
	check "$name: modules are built without a warning" no_warning "$1"
	for module in "$kernels/$1"/modules/*_test_module.ko; do
		tested="$tested $(basename "$module" .ko)"
		check "$name: $(basename "$module" .ko)" test_module "$1" "$module"
	done
	check "$name: run-stress, baseline, cpu and io" measure "$1" baseline,cpu,io 1s
	[ "$failed" = "$before" ] && state=passed || state=FAILED
	# shellcheck disable=SC2086 # a list of names
	printf '%-10s %s: %d cases in %d test modules, 3 scenarios; %s, %s\n' "$1" "$state" \
		"$cases" "$(set -- $tested && echo $#)" "$release" "$(built_when)" >>"$work/report"
	had="$had $1"
}

# Every scenario on every kernel, named and in one table
merged() { # SET SET
	measure "$1,$2" baseline,cpu 200ms || return
	cat "$work"/results/*/summary.csv
	for scenario in baseline cpu; do
		for set_name in "$1" "$2"; do
			release=$(cat "$kernels/$set_name/release")
			grep -q "^$scenario@$set_name,.*,$release\$" "$work"/results/*/summary.csv || {
				echo "no line for $scenario@$set_name with $release"
				return 1
			}
			[ -s "$(echo "$work"/results/*/"$set_name"/kernel.log)" ] || {
				echo "no kernel.log of $set_name"
				return 1
			}
		done
	done
	"$project/results/validate.sh" "$work"/results/*/summary.json
	"$program" --from "$work"/results/* --no-plots
}

had=
for set_name in $sets; do
	get "$set_name"
	code=$?
	case $code in
	0) test_set "$set_name" ;;
	77)
		reason=$(tail -n 1 "$work/said")
		skip "$set_name" "$reason"
		printf '%-10s skipped: %s\n' "$set_name" "$reason" >>"$work/report"
		;;
	*)
		# What it said is shown where check fails; that is now.
		cp "$work/said" "$work/why"
		check "$set_name: is fetched and built" sh -c 'cat "$1"; exit "$2"' sh "$work/why" "$code"
		printf '%-10s FAILED: %s\n' "$set_name" "$(tail -n 1 "$work/why")" >>"$work/report"
		;;
	esac
done
# shellcheck disable=SC2086 # a list of names
set -- $had
[ $# -lt 2 ] || check "one run across $1 and $2" merged "$1" "$2"
done_testing
code=$?
sed 's/^/# /' "$work/report"
exit $code
