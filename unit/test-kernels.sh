#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# test-kernels.sh BUILD SET[,SET...] - everything that depends on the kernel, on other kernels
#
# For each set of harness/fetch/kernel-set.sh: fetched, with the machine's packages as before; all
# modules built without a warning, and by DKMS; booted in the VM, and there every test
# module, what the collector promises, its storms and cycles, host mode as on a person's own
# machine, and the whole default matrix. Then one run across all of them, or of one and this
# build's own kernel. What cannot be had or done is skipped, with the reason; a report with
# versions and counts comes last.

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
: >"$work/skips"

# Anew, because a link that is not done again gives no warning again; those that were
# there stay where the kernel cannot be had now.
get() { # SET; its exit code is that of kernel-set.sh
	modules=$kernels/$1/modules
	rm -rf "$modules.before"
	[ ! -d "$modules" ] || mv "$modules" "$modules.before"
	code=0
	"$project/harness/fetch/kernel-set.sh" "$1" "$kernels" 2>"$work/said" || code=$?
	if [ -d "$modules.before" ] && [ ! -d "$modules" ]; then
		mv "$modules.before" "$modules"
	fi
	rm -rf "$modules.before"
	return $code
}

packages() {
	# shellcheck disable=SC2016 # dpkg's own variables
	dpkg-query -W -f '${Package} ${Version} ${Architecture} ${db:Status-Abbrev}\n'
	dpkg --print-foreign-architectures | sed 's/^/architecture /'
}

# Others may install something in the time that this takes: ours would be kernels and newer
# Debians' tools, or need another architecture.
packages_as_before() {
	cache=$("$project/harness/fetch/cache-dir.sh") || return
	{
		grep -h '^linux-' "$cache"/archives/*/resolved
		cat "$cache"/roots/*-"$(dpkg --print-architecture)"/.packages 2>/dev/null
	} >"$work/fetched"
	diff "$work/packages" "$work/packages-now" | sed -n 's/^[<>] //p' >"$work/changed"
	! grep '^architecture ' "$work/changed" || return
	while read -r package version more; do
		! grep -qxF "$package $version" "$work/fetched" || {
			echo "$package $version $more: was fetched, and is installed or removed"
			return 1
		}
		echo "note: somebody else has installed or removed $package $version meanwhile"
	done <"$work/changed"
}

no_warning() { # SET
	! grep -i warning "$kernels/$1/modules/kbuild.log"
}

leave_out() { # TEXT REASON
	skip "$1" "$2"
	printf '%s: %s\n' "$1" "$2" >>"$work/skips"
}

# A test that prints TAP; without a plan, or without a point that is ok, it has not tested.
# What it skips is repeated at the end, also where that is all of it.
tap_test() { # SECONDS COMMAND...
	seconds=$1
	shift
	code=0
	: >"$work/tap"
	timeout "$seconds" "$@" >"$work/tap-said" 2>&1 || code=$?
	[ -s "$work/tap" ] || cp "$work/tap-said" "$work/tap"
	skipped_whole=$(sed -n 's/^1\.\.0 # SKIP //p' "$work/tap")
	if [ "$code" = 0 ] && [ -n "$skipped_whole" ]; then
		printf '%s: %s\n' "$text" "$skipped_whole" >>"$work/skips"
		echo "note: skipped: $skipped_whole"
		return
	fi
	found=$(grep '^ok ' "$work/tap" | grep -vc '# SKIP')
	[ "$code" = 0 ] && [ "$found" -gt 0 ] && grep -q '^1\.\.[1-9]' "$work/tap" &&
		! grep -q '^not ok' "$work/tap" || {
		echo "exit code $code"
		cat "$work/tap-said"
		# Meson leaves out what a test says beside its points.
		cmp -s "$work/tap" "$work/tap-said" || cat "$work/tap"
		return 1
	}
	points=$((points + found))
	sed -n "s/^ok [0-9]* -* *\(.*\) # SKIP /$name: \1: /p" "$work/tap" >>"$work/skips"
}

# In a guest that has the set's kernel; programs of another architecture are those of its root.
vm_run() { # SET SECONDS ARGUMENT...
	root=$kernels/$1/root
	modules=$kernels/$1/modules
	seconds=$2
	shift 2
	self=$program
	if [ -d "$root" ]; then
		self=$root/usr/bin/run-stress
		set -- --root "$root" "$@"
	fi
	# Three times at most, see there
	tap_test $((3 * seconds + 120)) "$build/unit/vm-run" "$self" "$modules/collector.ko" \
		--seconds "$seconds" "$@"
}

all_test_modules() { # SET
	kernel_set=$1
	shift
	for module in "$kernels/$kernel_set"/modules/*_test_module.ko; do
		set -- "$@" --test "$module"
	done
	vm_run "$kernel_set" 1800 "$@"
}

collector() { # SET WHAT...: what unit/guest has for the default kernel
	root=$kernels/$1/root
	modules=$kernels/$1/modules
	kernel_set=$1
	shift
	set -- -- /usr/bin/collector-guest "$@"
	if [ -d "$root" ]; then
		tools=$root/usr/bin guest=$tools collect=$tools/collect
	else
		tools="" guest=$build/unit/guest collect=$build/harness/collect
	fi
	for tool in stress-ng trace-cmd; do
		path=${tools:+$tools/$tool}
		path=${path:-$(command -v $tool)} || continue
		set -- --program "$path=/usr/bin/$tool" "$@"
	done
	for module in collector rdt_sim procfs_test_module; do
		set -- --file "$modules/$module.ko=/modules/$module.ko" "$@"
	done
	vm_run "$kernel_set" 3000 --program "$guest/collector-guest=/usr/bin/collector-guest" \
		--program "$collect=/usr/bin/collect" \
		--program "$guest/alpha=/steps/alpha" --program "$guest/beta=/steps/beta" "$@"
}

# For Meson, which takes a command apart as a shell does
quoted() { # WORD...
	for word; do
		printf "'%s' " "$(printf '%s\n' "$word" | sed "s/'/'\\\\''/g")"
	done
}

# A test of Meson's by its name; the time limits are its own.
as_meson_has_it() { # SET TEST
	tap_test 7200 meson test -C "$build" --no-rebuild --logbase kernels --verbose \
		--timeout-multiplier 3 --wrapper "$(quoted "$project/unit/on-kernel.sh" \
			"$build/module" "$kernels/$1/modules" "$work/tap")" "$2"
}

measure() { # SETS SCENARIOS DURATION OPTION...
	rm -rf "$work/results"
	names=$1 only=$2 duration=$3
	shift 3
	timeout 7200 "$program" --kernels "$names" --only "$only" --duration "$duration" --quiet \
		--results "$work/results" "$@"
}

# Of the last run: which scenarios are not ok for want of time alone, as on a busy machine
starved() {
	sed -n 's/^ *"\(test\|reason\)": "\(.*\)",$/\1 \2/p' "$work"/results/*/summary.json |
		awk '$1 == "test" { test = $2 }
			/^reason the load (did no work|used no CPU time|moved no sectors)/ {
				sub(/@.*/, "", test); print test }'
}

# Every scenario; those that had no time once more, with more of it
matrix() { # SET
	only=$(sed -n 's/^\[\(.*\)\]$/\1/p' "$project/stress/default.ini" | paste -sd ,)
	wanted=$(echo "$only" | tr , '\n' | wc -l)
	for seconds in 1 10 60; do
		code=0
		measure "$1" "$only" ${seconds}s --memory 512 --no-plots || code=$?
		[ -s "$(echo "$work"/results/*/summary.csv)" ] || return 1
		scenarios=$((scenarios + $(grep -c ',ok,' "$work"/results/*/summary.csv)))
		[ "$code" != 0 ] || break
		only=$(starved | paste -sd ,)
		[ -n "$only" ] || return 1
	done
	[ "$scenarios" = "$wanted" ] || {
		echo "ok are $scenarios of $wanted scenarios"
		return 1
	}
}

# What the guest's own kernel said it is: uname -v
built_when() {
	sed -n 's/^ *"kernel_version": "\(.*\)",$/\1/p' "$work"/results/*/summary.json 2>/dev/null
}

# ---- all of it, on one kernel ----

test_modules() { # SET
	modules_tested=$(find "$kernels/$1/modules/" -name '*_test_module.ko' | wc -l)
	points=0
	check "$name: test modules" all_test_modules "$1"
	cases=$points
}

test_collector() { # SET
	points=0
	for what in 'loading memory processes samples collect trace-cmd procfs' 'storm all cycles 10'; do
		# shellcheck disable=SC2086 # words
		check "$name: collector, $what" collector "$1" $what
	done
	collector_points=$points
}

test_host_mode() { # SET
	points=0
	for test in host host-lockdown host-confidential host-signed-only host-clock; do
		if [ -d "$kernels/$1/root" ]; then
			leave_out "$name: $test" \
				'its guest has no shell: of another architecture there are the harness, stress-ng and trace-cmd only'
		else
			check "$name: $test" as_meson_has_it "$1" "$test"
		fi
	done
	host_points=$points
}

test_dkms() { # SET
	points=0
	if [ -d "$kernels/$1/root" ]; then
		leave_out "$name: DKMS" "it builds for this machine's architecture, and on it"
	else
		check "$name: DKMS" tap_test 3600 "$project/unit/test-dkms.sh" "$project" "$release"
	fi
	dkms_points=$points
}

test_set() { # SET
	release=$(cat "$kernels/$1/release")
	name="$1 ($release)"
	# shellcheck disable=SC2154 # tap.sh counts it
	before=$failed
	check "$name: the machine's packages are as before" packages_as_before
	check "$name: modules are built without a warning" no_warning "$1"
	test_dkms "$1"
	test_modules "$1"
	scenarios=0
	check "$name: run-stress, the default matrix" matrix "$1"
	built=$(built_when)
	test_collector "$1"
	test_host_mode "$1"
	[ "$failed" = "$before" ] && state=passed || state=FAILED
	checks=$((collector_points + host_points + dkms_points))
	printf '%-10s %s: %d cases in %d test modules; %d checks: %d collector, %d host mode, %d DKMS; %d scenarios; %s, %s\n' \
		"$1" "$state" "$cases" "$modules_tested" "$checks" "$collector_points" \
		"$host_points" "$dkms_points" "$scenarios" "$release" "$built" >>"$work/report"
	had="$had $1"
}

# ---- one run across kernels ----

release_of() { # SET
	cat "$kernels/$1/release" 2>/dev/null || cat "$build/kernel.release"
}

plots_whole() { # SET...
	for plot in delay corrected percentiles timeline heatmap skew; do
		[ "$(head -c 4 "$work"/results/*/plots/$plot.png | tail -c 3)" = PNG ] || {
			echo "no plots/$plot.png"
			return 1
		}
		for set_name; do
			for scenario in "baseline@$set_name" "cpu@$set_name"; do
				grep -q "$scenario" "$work"/results/*/plots/$plot.svg || {
					echo "plots/$plot.svg has no $scenario"
					return 1
				}
			done
		done
	done
}

# Every scenario on every kernel, named and in one table and one plot
merged() { # SETS SET...
	measure "$1" baseline,cpu 1s || return
	shift
	cat "$work"/results/*/summary.csv
	for scenario in baseline cpu; do
		for set_name; do
			release=$(release_of "$set_name")
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
	plots_whole "$@" || return
	"$project/results/validate.sh" "$work"/results/*/summary.json || return
	"$program" --from "$work"/results/* --no-plots >"$work/table" || return
	for set_name; do
		grep -q "^cpu@$set_name " "$work/table" || {
			echo "the table has no cpu@$set_name"
			cat "$work/table"
			return 1
		}
	done
}

test_merged() { # SET...
	list=$(echo "$*" | tr ' ' ,)
	if [ $# = 1 ] && [ -s "$build/kernel.release" ]; then
		# This build's own, in a folder as kernel-set.sh makes it
		mkdir -p "$work/default" && ln -sfn "$build/module" "$work/default/modules"
		list=$work/default,$1
		set -- default "$1"
	fi
	if [ $# -lt 2 ]; then
		leave_out 'one run across kernels' 'there is one kernel only'
		return
	fi
	check "one run across $*" merged "$list" "$@"
	printf 'one run across %s: %s scenarios in one table\n' "$*" \
		"$(tail -n +2 "$work"/results/*/summary.csv 2>/dev/null | wc -l)" >>"$work/report"
}

had=
for set_name in $sets; do
	packages >"$work/packages" 2>/dev/null
	get "$set_name"
	code=$?
	packages >"$work/packages-now" 2>/dev/null
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
[ -z "$had" ] || test_merged $had
done_testing
code=$?
sed 's/^/# skipped: /' "$work/skips"
sed 's/^/# /' "$work/report"
exit $code
