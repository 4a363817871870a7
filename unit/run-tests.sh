#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# run-tests.sh - meson test, with how long it may still take
#
# usage: unit/run-tests.sh BUILD_FOLDER [OPTION...]; the options are those of meson test
#
# Meson's own lines pass unchanged; a test that has finished is followed by an estimate of the
# time left, and while nothing finishes a line says what is waited for. The estimate goes by
# the last run in this build folder, before that by unit/test-times: how long each test and
# all of them took. Exit code: meson's.

set -u

build=${1:?usage: unit/run-tests.sh BUILD_FOLDER [OPTION...]}
shift
here=$(dirname "$0")
for option in "$@"; do
	case $option in
	--list | --help | -h | --benchmark | --gdb | --repeat*)
		exec meson test -C "$build" --no-rebuild "$@"
		;;
	esac
done

work=$(mktemp -d) || exit 3
pulse=
trap '[ -z "$pulse" ] || kill "$pulse"; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
meson test -C "$build" --no-rebuild --list "$@" 2>/dev/null | grep ' / ' >"$work/tests"
times=$build/test-times
[ -s "$times" ] || times=$here/test-times
terminal=0
every=60
if [ -t 1 ]; then
	terminal=1
	every=5
fi

# What is waited for, as the filter below has last written it down
(
	trap 'kill "$nap"; exit 0' TERM
	began=$(date +%s)
	while :; do
		sleep $every &
		nap=$!
		wait $nap
		now=$(date +%s)
		read -r last ends waits <"$work/state" 2>/dev/null || continue
		[ $((now - last)) -ge $every ] || continue
		left=$((ends - now))
		[ $left -gt 0 ] || left=1
		text=$(printf '%d:%02d gone, about %d:%02d left; waiting for %s' $(((now - began) / 60)) \
			$(((now - began) % 60)) $((left / 60)) $((left % 60)) "$waits")
		if [ $terminal = 1 ]; then
			printf '\r\033[K%.78s' "$text"
		else
			printf '%s\n' "$text"
		fi
	done
) &
pulse=$!

# Left to itself, mawk waits for a whole block of input.
line_by_line=
case $(awk -W version 2>&1 </dev/null) in
mawk*) line_by_line='-W interactive' ;;
esac
mkfifo "$work/said" || exit 3
# What Meson does at a signal: it ends its tests, says so, and ends
meson=
stopped=
trap 'stopped=1; [ -z "$meson" ] || kill -s TERM "$meson"' HUP INT TERM
# A signal for all of us must not end this before Meson, which could say nothing then.
(
	trap '' HUP INT TERM
	# shellcheck disable=SC2086 # an option and its value
	exec awk $line_by_line -v times="$times" -v tests="$work/tests" -v state="$work/state" \
		-v terminal="$terminal" -v new="$build/test-times.new" '
		function seconds() {
			srand()
			return srand()
		}
		function clock(s) {
			return sprintf("%d:%02d", s / 60, s % 60)
		}
		# Longest first
		function waits(    list, n, name, best, taken) {
			for (n = 0; n < 4; n++) {
				best = ""
				for (name in left)
					if (!(name in taken) && (best == "" || cost[name] > cost[best]))
						best = name
				if (best == "")
					break
				taken[best] = 1
				list = list (n ? ", " : "") best
			}
			return list
		}
		function estimate(    now, share, slow) {
			now = seconds()
			share = all > 0 ? done / all : 1
			# The more has been seen of this machine, the more it is believed.
			slow = share > 0 ? 1 + share * ((now - began) / (share * expected) - 1) : 1
			remaining = (1 - share) * expected * slow
			printf "%d %d %s\n", now, now + remaining, waits() >state
			close(state)
		}
		BEGIN {
			ended = " (OK|FAIL|SKIP|TIMEOUT|ERROR|EXPECTEDFAIL|UNEXPECTEDPASS) +"
			while ((getline line <times) > 0) {
				split(line, part, " ")
				known[part[1]] = part[2]
			}
			while ((getline line <tests) > 0) {
				sub(/.* \/ /, "", line)
				left[line] = 1
				cost[line] = line in known ? known[line] : 0.3
				all += cost[line]
				n++
			}
			# Side by side they take less than one after the other.
			overlap = "together" in known ? known["together"] : 0.6
			expected = all * overlap
			began = seconds()
			if (n)
				printf "%d tests, about %s\n", n, clock(expected + 1)
			estimate()
			fflush()
		}
		terminal { printf "\r\033[K" }
		$0 ~ "^ *[0-9]+/[0-9]+ .* / .*" ended "[0-9.]+s" {
			name = $0
			sub(/^ *[0-9]+\/[0-9]+ .* \/ /, "", name)
			took = name
			sub(ended ".*", "", name)
			sub(/ +$/, "", name)
			sub("^.*" ended, "", took)
			sub(/s.*/, "", took)
			if (name in left) {
				delete left[name]
				done += cost[name]
				estimate()
				known[name] = took
				sum += took
				print $0 "   about " clock(remaining) " left"
				fflush()
				next
			}
		}
		{
			print
			fflush()
		}
		END {
			if (sum > 20)
				known["together"] = (seconds() - began) / sum
			for (name in known)
				if (known[name] >= 1 || name == "together")
					print name, known[name] >new
		}' <"$work/said"
) &
filter=$!
# Guests wait now and then; one test more than there are CPUs keeps these busy.
MESON_TESTTHREADS=${MESON_TESTTHREADS:-$(($(getconf _NPROCESSORS_ONLN) + 1))} \
	meson test -C "$build" --no-rebuild --print-errorlogs "$@" >"$work/said" 2>&1 &
meson=$!
[ -z "$stopped" ] || kill -s TERM "$meson"
code=0
wait "$meson" || code=$?
# A signal ends a wait, too.
while kill -0 "$meson" 2>/dev/null; do
	code=0
	wait "$meson" || code=$?
done
wait "$filter"
[ ! -s "$build/test-times.new" ] || mv "$build/test-times.new" "$build/test-times"
exit $code
