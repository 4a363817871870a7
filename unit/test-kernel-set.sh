#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# test-kernel-set.sh - kernels that cannot be had, and how that is told
#
# Without network: what needs it is test-kernels.sh, of which this tests the skipping.

set -u
# shellcheck source=unit/tap.sh
. "$(dirname "$0")/tap.sh"

project=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
# A cache without lists, a proxy that nobody is behind, and no patience with it
export XDG_CACHE_HOME="$work/cache" TMPDIR="$work/tmp" APT_CONFIG="$work/apt.conf"
echo 'Acquire::Retries "0";' >"$APT_CONFIG"
export http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9
mkdir "$TMPDIR"

refuses() { # CODE PATTERN ARGUMENT...; nothing that was begun is left
	code=$1
	pattern=$2
	shift 2
	"$project/harness/fetch/kernel-set.sh" "$@" >"$work/out" 2>"$work/err"
	got=$?
	[ "$got" = "$code" ] && [ ! -s "$work/out" ] && tail -n 1 "$work/err" | grep -q "$pattern" || {
		echo "exit code $got"
		cat "$work/out" "$work/err"
		return 1
	}
	left=$(find "$work" -name '.fetch-*' -o -name release)
	[ -z "$left" ] || {
		echo "left: $left"
		return 1
	}
}

# In a build folder of the test's own: modules of what can be had are made anew.
skipped() {
	mkdir -p "$work/build/kernels/sid/modules" && : >"$work/build/kernels/sid/modules/before.ko" &&
		"$project/unit/test-kernels.sh" "$work/build" sid,rt >"$work/tap" 2>&1 &&
		grep -q '^ok 1 - sid # SKIP kernel-set: sid: ' "$work/tap" &&
		grep -q '^ok 2 - rt # SKIP kernel-set: rt: ' "$work/tap" &&
		grep -q '^1\.\.2$' "$work/tap" &&
		grep -q '^# sid  *skipped: kernel-set: sid: ' "$work/tap" &&
		[ -e "$work/build/kernels/sid/modules/before.ko" ] || {
		cat "$work/tap"
		return 1
	}
}

# One that should be had, but is not, fails.
fails() {
	mkdir -p "$work/broken/kernels" && : >"$work/broken/kernels/sid" &&
		! "$project/unit/test-kernels.sh" "$work/broken" sid >"$work/tap" 2>&1 &&
		grep -q '^not ok 1 - sid: is fetched and built' "$work/tap" &&
		grep -q '^# sid  *FAILED: kernel-set: sid: cannot make ' "$work/tap" || {
		cat "$work/tap"
		return 1
	}
}

# Another kernel's modules in the place of the build's own, and nothing else
substitutes() {
	"$project/unit/on-kernel.sh" '/a b/module' /other "$work/tap" printf '%s\n' \
		'/a b/module/x.ko' '/a b/modules/x' 'two words' '' >"$work/out" &&
		printf '%s\n' /other/x.ko '/a b/modules/x' 'two words' '' | cmp - "$work/out" &&
		cmp "$work/tap" "$work/out" &&
		! "$project/unit/on-kernel.sh" /a /b "$work/tap" true /c/x 2>/dev/null || return
	"$project/unit/on-kernel.sh" /a /b "$work/tap" sh -c 'exit 3' /a/x
	[ $? = 3 ]
}

check 'no set' refuses 2 usage
check 'no folder' refuses 2 usage sid
check 'a set that there is not' refuses 2 usage moon "$work/kernels"
check 'no archive' refuses 77 '^kernel-set: sid: ' sid "$work/kernels"
check 'a folder that cannot be made' refuses 1 'cannot make /dev/null/kernels/sid' sid \
	/dev/null/kernels
check 'tests on a kernel that cannot be had are skipped, with the reason' skipped
check 'where one cannot be built, they fail' fails
check "a test gets another kernel's modules, and keeps its exit code" substitutes
done_testing
