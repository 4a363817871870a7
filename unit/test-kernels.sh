#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# test-kernels.sh BUILD SET[,SET...] - everything that depends on the kernel, on other kernels
#
# For each set of module/kernel-set.sh: fetched, all modules built without a warning,
# booted in the VM, and there every test module, what the collector promises, its storms
# as the default tests have them, run-stress --place host as on a person's own machine,
# and a few scenarios of the matrix. Then one run across two of them. A kernel that
# cannot be had is skipped, with the reason; a report with versions and counts comes last.

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
	"$project/module/kernel-set.sh" "$1" "$kernels" 2>"$work/said" || code=$?
	if [ -d "$modules.before" ] && [ ! -d "$modules" ]; then
		mv "$modules.before" "$modules"
	fi
	rm -rf "$modules.before"
	return $code
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

# What the guest lacks is skipped there, with a reason, which the report repeats.
count_points() { # SET
	points=$((points + $(grep -c '^ok' "$work/tap")))
	sed -n "s/^ok [0-9]* - \(.*# SKIP .*\)/$1 \1/p" "$work/tap" >>"$work/skips"
}

collector() { # SET WHAT...: what unit/collector has for the default kernel
	set_name=$1
	modules=$kernels/$1/modules
	root=$kernels/$1/root
	shift
	set -- -- /usr/bin/collector-guest "$@"
	if [ -d "$root" ]; then
		tools=$root/usr/bin guest=$tools steps=$tools collect=$tools/collect
		set -- --root "$root" "$@"
	else
		tools="" guest=$build/unit/collector steps=$guest collect=$build/harness/collect
	fi
	for tool in stress-ng trace-cmd; do
		path=${tools:+$tools/$tool}
		path=${path:-$(command -v $tool)} || continue
		set -- --program "$path=/usr/bin/$tool" "$@"
	done
	timeout 3100 "$build/unit/collector/vm-run" "$collect" "$modules/collector.ko" \
		--file "$modules/collector.ko=/modules/collector.ko" \
		--file "$modules/rdt_sim.ko=/modules/rdt_sim.ko" \
		--program "$guest/collector-guest=/usr/bin/collector-guest" \
		--program "$collect=/usr/bin/collect" \
		--program "$steps/alpha=/steps/alpha" --program "$steps/beta=/steps/beta" \
		--seconds 3000 "$@" >"$work/tap" || {
		cat "$work/tap"
		return 1
	}
	count_points "$set_name"
}

host_mode() { # SET
	timeout 2000 "$build/unit/vm-script" "$program" \
		"$kernels/$1/modules/sync_timer_benchmark_module.ko" "$project/unit/guest-host.sh" \
		plain >"$work/tap" && ! grep '^not ok' "$work/tap" || {
		cat "$work/tap"
		return 1
	}
	count_points "$1"
}

measure() { # SETS SCENARIOS DURATION OPTION...
	rm -rf "$work/results"
	names=$1 only=$2 duration=$3
	shift 3
	timeout 3600 "$program" --kernels "$names" --only "$only" --duration "$duration" --quiet \
		--results "$work/results" "$@"
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
	points=0
	for what in loading processes samples collect trace-cmd 'storm all'; do
		# shellcheck disable=SC2086 # words
		check "$name: collector, $what" collector "$1" $what
	done
	collector_points=$points
	points=0
	if [ -d "$kernels/$1/root" ]; then
		skip "$name: run-stress --place host" \
			"its guest has no shell: of another architecture there are only the harness, stress-ng and trace-cmd"
	else
		check "$name: run-stress --place host" host_mode "$1"
	fi
	check "$name: run-stress, baseline, cpu and io" measure "$1" baseline,cpu,io 1s --no-plots
	[ "$failed" = "$before" ] && state=passed || state=FAILED
	# shellcheck disable=SC2086 # a list of names
	printf '%-10s %s: %d cases in %d test modules, %d checks of the collector, %d of host mode, 3 scenarios; %s, %s\n' \
		"$1" "$state" "$cases" "$(set -- $tested && echo $#)" "$collector_points" "$points" \
		"$release" "$(built_when)" >>"$work/report"
	had="$had $1"
}

plots_whole() { # SET SET
	for plot in delay corrected percentiles timeline heatmap skew; do
		[ "$(head -c 4 "$work"/results/*/plots/$plot.png | tail -c 3)" = PNG ] || {
			echo "no plots/$plot.png"
			return 1
		}
		for scenario in "baseline@$1" "cpu@$1" "baseline@$2" "cpu@$2"; do
			grep -q "$scenario" "$work"/results/*/plots/$plot.svg || {
				echo "plots/$plot.svg has no $scenario"
				return 1
			}
		done
	done
}

# Every scenario on every kernel, named and in one table and one plot
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
	plots_whole "$1" "$2" || return
	"$project/results/validate.sh" "$work"/results/*/summary.json || return
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
sed 's/^/# /' "$work/skips" "$work/report"
exit $code
