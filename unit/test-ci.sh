#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# test-ci.sh - .ci/run ends with what failed, and why, and the counts
#
# Of a project of the test's own, in which bootstrap is a stand-in for ours.

set -u
# shellcheck source=unit/tap.sh
. "$(dirname "$0")/tap.sh"

project=$(cd "$(dirname "$0")/.." && pwd)
command -v git >/dev/null && command -v bash >/dev/null || {
	echo '1..0 # SKIP git and bash are not here'
	exit 0
}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
unset MEMORY_COLLECTOR_BUILD DESTDIR
export TMPDIR="$work/tmp"
mkdir -p "$TMPDIR" "$work/tree/.ci" "$work/tree/unit"
cp "$project/.ci/run" "$work/tree/.ci/"
cp "$project/unit/failed-tests.sh" "$work/tree/unit/"
cd "$work/tree" || exit 1

cat >meson.build <<'END'
project('tree', meson_version: '>= 0.61')
sh = find_program('sh')
test('good', sh, args: ['-c', 'echo fine'])
test('left-out', sh, args: ['-c', 'echo "1..0 # SKIP no moon here"'], protocol: 'tap')
if get_option('broken')
  test('bad', sh, suite: 'unit',
    args: ['-c', 'for i in $(seq 100); do echo line $i.; done; echo last words >&2; exit 1'])
  test('bad-tap', sh, args: ['-c', 'echo ok 1 - x; echo not ok 2 - y; ' +
    'echo "# as z"; for i in $(seq 100); do echo "# log $i."; done; echo 1..2'], protocol: 'tap')
endif
test('blow', sh, args: ['-c', 'exit ' + (get_option('broken') ? '3' : '0')], suite: 'storm')
add_test_setup('default', exclude_suites: ['storm'], is_default: true)
END
echo "option('broken', type: 'boolean', value: true)" >meson_options.txt
cat >bootstrap <<'END'
#!/bin/sh
set -eu
command=$1
shift
. ./state
case $command${2:-} in
"$dies")
	echo 'out of memory' >&2
	kill -s KILL $$
	;;
esac
case $command in
test)
	[ -d build ] || meson setup build -Dbroken=$broken >/dev/null
	meson test -C build --no-rebuild --print-errorlogs "$@"
	;;
lint)
	[ $broken = false ] || echo 'FAIL  spelling'
	echo "5 passed, $lint failed, 1 skipped"
	[ $lint = 0 ]
	;;
install)
	[ $broken = false ] || { echo 'disk full' >&2; exit 1; }
	mkdir -p "$DESTDIR/usr/local/bin"
	printf '#!/bin/sh\n' >"$DESTDIR/usr/local/bin/run-stress"
	chmod +x "$DESTDIR/usr/local/bin/run-stress"
	;;
esac
END
chmod +x bootstrap

run_ci() { # BROKEN LINT-FAILURES [COMMAND-THAT-DIES]
	echo "broken=$1 lint=$2 dies=${3:-none}" >state
	git init -q . && git add -A &&
		git -c user.name=test -c user.email=test@localhost commit -q -m "$*" || return 1
	.ci/run >"$work/out" 2>"$work/err"
	code=$?
	# What comes after the tests' own output; all of it where lint says nothing
	cp "$work/out" "$work/end"
	[ "${3:-}" = lint ] ||
		sed -n '/^[0-9]* passed, .* skipped$/,$p' "$work/out" | sed 1d >"$work/end"
}
ends_with() { # CODE LINE
	[ "$code" = "$1" ] && [ "$(tail -n 1 "$work/out")" = "$2" ] && [ -z "$(ls -A "$TMPDIR")" ] || {
		echo "exit code $code"
		cat "$work/out" "$work/err"
		return 1
	}
}
tells() { # PATTERN...: each in the end of what it said
	for pattern in "$@"; do
		grep -Eq "$pattern" "$work/end" || {
			echo "no $pattern"
			cat "$work/end"
			return 1
		}
	done
}
names_no_other() {
	! grep -E '^failed:.*(good|left-out)' "$work/end" && ! grep -Eq ' (line 1|log 50)\.' "$work/end"
}

run_ci true 1
check 'tests fail: the counts are the last line' ends_with 1 '6 passed, 5 failed, 2 skipped'
check 'names of those that failed' tells '^failed: tree:unit / bad +FAIL' \
	'^failed: tree / bad-tap +FAIL' '^failed: tree:storm / blow +FAIL' '^failed: static checks'
check 'the end of their logs' tells '^    line 100\.' '^    last words' '^    # log 100\.' \
	'^    FAIL  spelling'
check 'and the check that failed above that' tells '^    not ok 2 - y' '^    # as z'
check 'and that it could not be installed' tells '^failed: to install' '^    disk full'
check 'those that passed are not named' names_no_other
run_ci false 0
check 'all pass' ends_with 0 '7 passed, 0 failed, 2 skipped'
check 'what is skipped is named' tells 'left-out +SKIP'
run_ci true 1 teststorm
check 'the storms die: the counts are still the last line' ends_with 1 \
	'6 passed, 5 failed, 2 skipped'
check 'that is named, with its last words' tells \
	'^failed: the storm suite did not run to its summary' '^    out of memory'
check 'and so is all that failed beside it' tells '^failed: tree:unit / bad +FAIL' \
	'^failed: tree / bad-tap +FAIL' '^failed: static checks' '^failed: to install' 'left-out +SKIP'
run_ci true 1 test
check 'the tests die: the counts are the last line' ends_with 1 '5 passed, 4 failed, 1 skipped'
check 'that is named, and what failed beside it' tells \
	'^failed: the test suite did not run to its summary' '^failed: tree:storm / blow +FAIL' \
	'^failed: static checks'
run_ci true 0 lint
check 'lint dies: the counts are the last line' ends_with 1 '1 passed, 5 failed, 1 skipped'
check 'that is named, and what failed beside it' tells \
	'^failed: static checks did not run to its summary' '^    out of memory' \
	'^failed: tree:unit / bad +FAIL' '^failed: tree:storm / blow +FAIL' '^failed: to install'
done_testing
