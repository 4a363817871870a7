# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
#
# tap.sh - TAP for test scripts that source it; what a check says is shown where it fails,
# and its lines that begin with "note: " in any case
#
# $work: a folder of the script's own

number=0
failed=0

# shellcheck disable=SC2154 # work is the sourcing script's
check() { # TEXT COMMAND...
	text=$1
	shift
	number=$((number + 1))
	if "$@" >"$work/said" 2>&1; then
		echo "ok $number - $text"
		sed -n 's/^note: /# /p' "$work/said"
	else
		failed=$((failed + 1))
		echo "not ok $number - $text"
		sed 's/^/# /' "$work/said"
	fi
}

skip() { # TEXT REASON
	number=$((number + 1))
	echo "ok $number - $1 # SKIP $2"
}

# Where the rest would fail for the same reason
bail_out_if_failed() { # TEXT
	[ "$failed" = 0 ] || {
		echo "Bail out! $1"
		exit 1
	}
}

# The plan, which comes last; its exit code is the script's
done_testing() {
	echo "1..$number"
	[ "$failed" = 0 ]
}
