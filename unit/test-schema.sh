#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# test-schema.sh UNIT-RESULT-JSON VALIDATE - what the writer writes is what
# results/schema.json describes, and what it does not describe is refused

set -u
program=$1
validate=$2
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

"$program" "$work" || exit 1
"$validate" "$work"/*.json || exit $?

# A change to a valid document, each of which has to make it invalid
while IFS='|' read -r from to; do
	sed "0,/$from/s//$to/" "$work/mixed.json" >"$work/bad"
	if cmp -s "$work/bad" "$work/mixed.json"; then
		echo "nothing to change by '$from'"
		exit 1
	fi
	if "$validate" "$work/bad" >/dev/null 2>&1; then
		echo "the schema accepts '$from' changed to '$to'"
		exit 1
	fi
done <<END
"schema": 1|"schema": 2
"run": {|"walk": {
"test": "cpu"|"test": 7
"status": "ok"|"status": "fine"
"status": "ok"|"status": "failed"
"p50": |"p51": 1, "p50": 
"p99": [0-9]*,|
"lost_events": 0|"lost_events": -1
"mean": [0-9.]*|"mean": "much"
"accelerator": "tcg"|"accelerator": "abacus"
END
