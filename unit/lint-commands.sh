#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# lint-commands.sh - what the commands of the documents and the workflow name is there
#
# usage: unit/lint-commands.sh BUILD_FOLDER; from the project's folder. Of each command: the
# command of bootstrap, options of run-stress and collect, suites of the tests, files and folders
# of the project. Exit code 1 where one is not there.

set -u

build=${1:?usage: unit/lint-commands.sh BUILD_FOLDER}
status=0
wrong() { # WHAT COMMAND
	echo "$1: $2"
	status=1
}

run_stress=$("$build/harness/run-stress" --help) || exit 1
collect=$("$build/harness/collect" --help) || exit 1
suites=$(meson introspect --tests --benchmarks "$build" | grep -o 'memory-collector:[a-z-]*' |
	sed 's/.*://' | sort -u)

has_option() { # HELP OPTION
	printf '%s\n' "$1" | grep -q -e "$2\\([^a-z-]\\|\$\\)"
}

take() { # COMMAND
	help=
	before=
	set -f
	# shellcheck disable=SC2086 # its words
	set -- "$1" $1
	line=$1
	shift
	for word in "$@"; do
		case $word in
		run-stress | */run-stress | module/benchmark_sync_timer*) help=$run_stress ;;
		collect | */collect) help=$collect ;;
		-- | '|' | '&&' | '||') help= ;;
		esac
		case $before in
		./bootstrap | ../bootstrap)
			grep -q "^$word)\$\\|^$word |\|| $word)\$" bootstrap || wrong "bootstrap has no $word" "$line"
			[ "$word" != run ] || help=$run_stress
			[ "$word" != collect ] || help=$collect
			;;
		--suite)
			printf '%s\n' "$suites" | grep -qx "$word" || wrong "there is no suite $word" "$line"
			;;
		esac
		case $word in
		--*)
			[ -z "$help" ] || has_option "$help" "${word%%=*}" || wrong "no option ${word%%=*}" "$line"
			;;
		results/2* | results/FOLDER | results/benchmark.json | module/build*) ;;
		./bootstrap | unit/* | module/* | docs/* | results/* | stress/* | .ci/*)
			[ -e "$word" ] || wrong "there is no $word" "$line"
			;;
		build/harness/* | build/module/*)
			[ -e "$build/${word#build/}" ] || wrong "there is no $word" "$line"
			;;
		esac
		before=$word
	done
	set +f
}

unit/documented-commands.sh >"$build/documented-commands"
[ -s "$build/documented-commands" ] || wrong 'no commands were found' unit/documented-commands.sh
while IFS= read -r command; do
	take "$command"
done <"$build/documented-commands"
exit $status
