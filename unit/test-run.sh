#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# test-run.sh RUN_STRESS PROJECT - the whole matrix, end to end, in the VM
#
# A short run of every scenario; then everything it left is held against what is
# documented: JSON against the schema, CSV against the JSON, counts against each
# other, plots, kernel log, and nothing beside them.

set -u
# shellcheck source=unit/tap.sh
. "$(dirname "$0")/tap.sh"

program=$(realpath "${1:?usage: test-run.sh RUN_STRESS PROJECT}") || exit 1
project=$(realpath "${2:?usage: test-run.sh RUN_STRESS PROJECT}") || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
export TMPDIR="$work/tmp"
mkdir "$TMPDIR"
cd "$work" || exit 1
for command in qemu-system-"$(uname -m)" stress-ng gnuplot; do
	command -v "$command" >/dev/null || {
		echo "1..0 # SKIP $command is not here; ./bootstrap test installs it"
		exit 0
	}
done

# With little memory, which a load that fills it can do within the window on any machine
"$program" --duration 1s --memory 512 --ticks --results "$work/results" >table 2>progress
code=$?
folder=$(find results -mindepth 1 -maxdepth 1 -name '2*')
[ -n "$folder" ] || {
	echo "Bail out! no result folder; run-stress exited with $code and said:"
	sed 's/^/# /' progress
	exit 1
}

scenarios='baseline cpu scheduler memory cache interrupt io syscall lockbus mutex'
all_ok() {
	[ "$code" = 0 ] || {
		cat table
		return 1
	}
}
in_order() {
	# shellcheck disable=SC2086 # a list of names
	printf '%s\n' $scenarios | cmp - names
}
fields_ok() {
	awk -F, 'NR > 1 && ($16 != "ok" || $15 != 0 || $20 != 2000 || $2 + $7 != $20 || $2 < 1) {
		print; bad = 1 } END { exit bad }' "$folder/summary.csv"
}
ticks_counted() {
	# samples of ticks.csv, summed over a scenario, are the samples of the summary
	awk -F, 'NR == FNR { if (FNR > 1) sum[$9] += $7; next }
		FNR > 1 && sum[$1] != $2 { print $1, sum[$1], $2; bad = 1 } END { exit bad }' \
		"$folder/ticks.csv" "$folder/summary.csv"
}
as_planned() {
	"$program" --duration 1s --memory 512 --dry-run >plan
	for name in $scenarios; do
		sed -n "s/^$name: stress-ng.* --timeout \([^ ]*\) .*/\1/p" plan
	done >planned
	sed -n 's/^ *"command": "stress-ng.* --timeout \([^ ]*\) .*/\1/p' "$folder/summary.json" |
		cmp - planned && [ "$(wc -l <planned)" = 9 ]
}
log_clean() {
	grep -q 'Memory Collector: .*unloaded' "$folder/kernel.log" &&
		"$project/unit/kernel-log.sh" "$folder/kernel.log"
}
plots_whole() {
	for plot in delay corrected percentiles timeline heatmap skew; do
		[ "$(head -c 4 "$folder/plots/$plot.png" | tail -c 3)" = PNG ] &&
			tail -n 3 "$folder/plots/$plot.svg" | grep -q '</svg>' || {
			echo "$plot"
			return 1
		}
	done
}
yaml_kept() {
	for name in $scenarios; do
		[ "$name" = baseline ] || grep -q bogo-ops: "$folder/stress-ng/$name.yaml" || return 1
	done
}
nothing_else() {
	[ "$(ls -A results)" = "$(basename "$folder")" ] && [ -z "$(ls -A "$TMPDIR")" ] || {
		ls -A results "$TMPDIR"
		return 1
	}
}
from_again() {
	rm -r "$folder/plots" &&
		"$program" --from "$folder" >again 2>said-again && plots_whole &&
		grep -q '^10 of 10 scenarios ok' again
}
json_alone() {
	"$program" --from "$folder" --format json --no-plots >again.json &&
		cmp again.json "$folder/summary.json"
}
refuses() { # FILE CHANGE WORDS
	rm -rf copy
	cp -r "$folder" copy
	sed -i "$2" "copy/$1"
	"$program" --from copy >said-out 2>said-err
	[ $? = 2 ] && [ ! -s said-out ] && [ "$(wc -l <said-err)" = 1 ] && grep -q "$3" said-err || {
		cat said-out said-err
		return 1
	}
}

cut -d, -f1 "$folder/summary.csv" | tail -n +2 >names
check 'exit code 0: every scenario is ok' all_ok
check 'the default matrix, in its order' in_order
check 'every CPU and boundary is accounted for' fields_ok
check 'ticks.csv has what the summary counts' ticks_counted
check 'summary.json is as its schema says' "$project/results/validate.sh" "$folder/summary.json"
check 'loads run as long as --dry-run says' as_planned
check 'kernel log: loaded, unloaded, no report' log_clean
check 'all plots, SVG and PNG' plots_whole
check "stress-ng's own reports are kept" yaml_kept
check 'nothing else is left' nothing_else
check '--from prints and draws it again' from_again
check '--from --format json prints the same JSON' json_alone
check 'a newer summary.json is refused' refuses summary.json 's/"schema": 1/"schema": 2/' 'schema.*2'
check 'an older summary.json is refused' refuses summary.json 's/"schema": 1/"schema": 0/' 'schema.*0'
check 'a truncated CSV is refused' refuses summary.csv '5,$d' 'summary.csv:5: .*truncated'
check 'a cut JSON is refused' refuses summary.json '100,$d' 'truncated'
done_testing
