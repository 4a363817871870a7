#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# test-commands.sh SOURCE BUILD - the commands in the documents and the workflow work
#
# commands.txt says of each how that is known. Here: each is in the list, the list has
# no other, what it names as proof is there, and those marked so run, in a copy of the
# source with BUILD as its build folder.

set -u
# shellcheck source=unit/tap.sh
. "$(dirname "$0")/tap.sh"

project=$(realpath "${1:?usage: test-commands.sh SOURCE BUILD}") || exit 1
build=$(realpath "${2:?usage: test-commands.sh SOURCE BUILD}") || exit 1
for command in qemu-system-"$(uname -m)" stress-ng gnuplot; do
	command -v "$command" >/dev/null || {
		echo "1..0 # SKIP $command is not here; ./bootstrap test installs it"
		exit 0
	}
done
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
unset MAKEFLAGS MAKELEVEL DESTDIR MEMORY_COLLECTOR_BUILD
mkdir "$work/tree" "$work/bin"
(cd "$project" && tar -cf - --exclude='./build*' --exclude=./.git --exclude=./module/build \
	--exclude='./results/[0-9]*' .) | (cd "$work/tree" && tar -xf -)
cd "$work/tree" || exit 1
ln -s "$build" build

# A test installs nothing.
for command in apt-get sudo; do
	printf '#!/bin/sh\necho "a test must not call %s" >&2\nexit 1\n' $command >"$work/bin/$command"
	chmod +x "$work/bin/$command"
done
# What the commands take from around them
export PATH="$work/bin:$PATH" DURATION=1s GITHUB_WORKSPACE="$work/tree" \
	GITHUB_STEP_SUMMARY="$work/summary"
# Kernels that nobody has to fetch: the default one, under the names of others.
for name in stable sid; do
	mkdir -p sets/$name
	ln -s "$build/module" sets/$name/modules
done
# The example of the document is the file of the example.
awk '/^    \[matrix-small\]/ { on = 1 } on && !/^    / { exit } on { sub(/^    /, ""); print }' \
	docs/scenarios.md >my.ini

list=unit/commands.txt
sed -n '/^#/d; s/ => .*//p' $list | sort >"$work/listed"
unit/documented-commands.sh >"$work/documented"

all_listed() {
	comm -13 "$work/listed" "$work/documented" >"$work/missing"
	sed 's/^/not in commands.txt: /' "$work/missing"
	[ ! -s "$work/missing" ]
}
no_other() {
	comm -23 "$work/listed" "$work/documented" >"$work/gone"
	sed 's/^/in no document: /' "$work/gone"
	[ ! -s "$work/gone" ]
}
proof_there() { # FILE: WORDS
	grep -qF -- "${1#*: }" "${1%%: *}"
}
runs() { # COMMAND
	timeout 900 sh -ec "$1" </dev/null
}
summary_written() {
	grep -q '^| baseline | ok |' "$work/summary" && grep -q '"unit":"ns"' results/benchmark.json
}
kernels_in_one() {
	grep -lq '^baseline@stable,' other/*/summary.csv && grep -lq '^baseline@sid,' other/*/summary.csv &&
		merged=$(dirname "$(grep -l '^baseline@sid,' other/*/summary.csv)") &&
		for plot in delay percentiles timeline heatmap skew; do
			grep -q 'baseline@stable' "$merged/plots/$plot.svg" &&
				grep -q 'baseline@sid' "$merged/plots/$plot.svg" || {
				echo "$merged/plots/$plot.svg has not both kernels"
				return 1
			}
		done
}
finds_warnings() {
	echo '[    1.000000] WARNING: CPU: 0 PID: 1 at kernel/x.c:1' >log
	! unit/kernel-log.sh log && ! unit/kernel-log.sh no-log
}

check 'every command of the documents is in the list' all_listed
check 'and no other' no_other
while IFS= read -r line; do
	how=${line#* => }
	what=${line%% => *}
	case $line in
	'' | '#'*) ;;
	*' => run') check "$what" runs "$what" ;;
	*' => run '*) check "$what" runs "${how#run }" ;;
	*' => by '*) check "$what: ${how%%: *}" proof_there "${how#by }" ;;
	*' => not '*) skip "$what" "${how#not }" ;;
	*) check "a line that says how: $line" false ;;
	esac
done <$list
check "the job's summary has the table, and the numbers are there" summary_written
check 'one run across kernels is in one table and in its plots' kernels_in_one
check 'a warning in a kernel log is found' finds_warnings
done_testing
