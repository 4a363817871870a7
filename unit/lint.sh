#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# lint.sh - formatting and static analysis of all that git tracks
#
# usage: unit/lint.sh BUILD_FOLDER; called by ./bootstrap lint. Exit code 1 where
# something is found.

set -u

build=${1:?usage: unit/lint.sh BUILD_FOLDER}
cd "$(dirname "$0")/.." || exit 3
passed=0
failed=0

check() {
	name=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
		printf 'ok    %s\n' "$name"
	else
		failed=$((failed + 1))
		printf 'FAIL  %s\n' "$name"
	fi
}

formatted() {
	# Trace event headers are macros that clang-format does not understand.
	git ls-files '*.c' '*.h' | grep -v 'trace\.h$' | xargs clang-format --dry-run -Werror
}

analysed() {
	git ls-files 'harness/*.c' 'module/core/*.c' |
		xargs cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr \
			--enable=warning,portability --suppress=missingIncludeSystem \
			--suppress=unknownMacro -D__x86_64__ -D__linux__ -D_GNU_SOURCE \
			-I harness/include -I module/core -I "$build/harness"
}

scripts() {
	git ls-files | while read -r file; do
		if head -n 1 "$file" | grep -qE '^#!.*\b(sh|bash)$'; then
			printf '%s\n' "$file"
		fi
	done | xargs shellcheck --severity=warning
}

check 'formatting (clang-format)' formatted
check 'static analysis (cppcheck)' analysed
check 'shell scripts (shellcheck)' scripts
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
