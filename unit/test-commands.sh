#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# test-commands.sh SOURCE BUILD - six commands of the README, as people type them
#
# In a copy of the source with BUILD as its build folder; shorter, where they measure. That
# all other commands of the documents name things that are there is a static check
# (lint-commands.sh).

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
export PATH="$work/bin:$PATH"
# Kernels that need not be fetched: the default one, under the names of others.
for name in stable sid; do
	mkdir -p sets/$name
	ln -s "$build/module" sets/$name/modules
done
# The example of the document is the file of the example.
awk '/^    \[matrix-small\]/ { on = 1 } on && !/^    / { exit } on { sub(/^    /, ""); print }' \
	docs/scenarios.md >my.ini

runs() { # COMMAND
	timeout 900 sh -ec "$1" </dev/null
}
from_formats() {
	runs './bootstrap run --from results/2* --no-plots --format markdown >summary' &&
		grep -q '^| baseline | ok |' summary &&
		runs './bootstrap run --from results/2* --no-plots --format benchmark >numbers' &&
		grep -q '"unit":"ns"' numbers && runs 'unit/kernel-log.sh results/2*/kernel.log'
}
kernels_in_one() {
	runs 'build/harness/run-stress --kernels sets/stable,sets/sid --only baseline --duration 1s --results other' &&
		merged=$(dirname "$(grep -l '^baseline@sid,' other/*/summary.csv)") &&
		grep -q '^baseline@stable,' "$merged/summary.csv" || return 1
	for plot in delay timeline heatmap skew; do
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

check './bootstrap run' runs './bootstrap run --duration 1s --ticks --only baseline,cpu --results results'
check './bootstrap run --from FOLDER, as the workflow does' from_formats
check './bootstrap run --scenarios my.ini --dry-run' runs './bootstrap run --scenarios my.ini --dry-run'
check './bootstrap run --kernels' kernels_in_one
check './bootstrap collect' runs './bootstrap collect --duration 1s'
check 'module/benchmark_sync_timer.sh' runs 'module/benchmark_sync_timer.sh --duration 1s --results other'
check 'a warning in a kernel log is found' finds_warnings
done_testing
