#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# test-schema.sh UNIT-RESULT-JSON VALIDATE - what the writer writes is what
# results/schema.json describes, and what it does not describe is refused

set -u
program=$1
validate=$2
python3 -c 'import jsonschema' 2>/dev/null || {
	echo 'SKIP: python3 has no jsonschema here; package python3-jsonschema has it'
	exit 77
}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

"$program" "$work" || exit 1
"$validate" "$work"/*.json "$(dirname "$validate")/sample/summary.json" || exit $?

# A change to a valid document each: after it, the document must not be valid
cat >"$work/changes" <<'END'
"schema": 1|"schema": 2
"schema": 1|"schema": 1, "more": 1
"run": {|"walk": {
"run": {|"run": { "more": 1,
"started_utc": "2026-|"started_utc": "26-
"place": "vm"|"place": "moon"
"elapsed_s": |"elapsed_s": -
"environment": {|"environment": { "more": 1,
"kernel": |"colonel": 
"kernel": "[^"]*"|"kernel": ""
"cpus_online": [0-9]*|"cpus_online": 0
"accelerator": "tcg"|"accelerator": "abacus"
"interval_ns": [0-9]*|"interval_ns": 49999
"interval_ns": [0-9]*|"interval_ns": null
"test": "cpu"|"test": 7
"test": "cpu"|"test": ""
"test": "cpu"|"test": "cpu", "more": 1
"status": "ok"|"status": "fine"
"status": "ok"|"status": "failed"
"status": "ok"|"status": "skipped", "reason": "not here"
"reason": null|"reason": "none"
"window": {|"window": null, "x": {
"k0": [0-9]*|"k0": null
"samples": [0-9]*|"samples": null
"samples": null|"samples": 0
"lost_events": 0|"lost_events": -1
"lost_events": 0|"lost_events": 1
"p50": |"p51": 1, "p50": 
"p99": [0-9]*,|
"mean": [0-9.]*|"mean": "much"
"stddev": |"stddev": -
"ticks": [0-9]*|"ticks": 0.5
"command": "stress|"command": 7, "x": "stress
"window_start_ns": |"window_start_ns": -
"cpu": 0|"cpu": "0"
"cpu": 0|"cpu": 0, "more": 1
"open_ticks": 0,|
"offline_ticks": 0|"offline_ticks": -1
"stolen_ns": 0|"stolen_ns": null
"repeat": 0|"repeat": 2
"phase_ns": 0|"phase_ns": null
"mode": "auto"|"mode": "on"
"max_ns": 200000|"max_ns": 1000001
"lead": {|"lead": 7, "x": {
"clock": {|"clock": 7, "x": {
"tsc_hz": |"tsc_hz": -
"ppm": 0.01,|
"ppm": 0.01|"ppm": "0.01"
"source": "tsc"|"source": ""
"timer_resolution_ns": null|"timer_resolution_ns": 0
"skew_p50_ns": 49|"skew_p50_ns": -1
"delta_p90_ns": 47,|
"delta_p90_ns": null|"delta_p90_ns": "none"
"corrected_p99_ns": 46|"corrected_p99_ns": 4.6
"k1": 41|"k1": 0
"delta": \[\[|"delta": [[1, 2], [
"delta": \[\[|"delta": [[1, 2, 3, 4], [
"delta": \[\[|"delta": [[1, 2, 0], [
"skew": \[\[|"twist": [[
"bin_ns": [0-9]*|"bin_ns": 0
"events": \[|"events": [null, 
"cpu_max_ns": \[|"cpu_max_ns": [1, 
END

mkdir "$work/bad" || exit 1
n=100
while IFS='|' read -r from to; do
	n=$((n + 1))
	sed "0,/$from/s//$to/" "$work/mixed.json" >"$work/bad/$n"
	if cmp -s "$work/bad/$n" "$work/mixed.json"; then
		echo "nothing to change by '$from'"
		exit 1
	fi
done <"$work/changes"

# All in one process: starting a validator takes most of its time.
python3 - "$(dirname "$validate")/schema.json" "$work"/bad/* >"$work/accepted" <<'END' || exit 1
import json
import sys

import jsonschema

with open(sys.argv[1]) as file:
    schema = json.load(file)
validator = jsonschema.validators.validator_for(schema)(schema)
for path in sys.argv[2:]:
    with open(path) as file:
        try:
            document = json.load(file)
        except ValueError:
            sys.exit(path + " is not JSON")
    if validator.is_valid(document):
        print(path)
END

n=100
failed=0
while IFS='|' read -r from to; do
	n=$((n + 1))
	if grep -qxF "$work/bad/$n" "$work/accepted"; then
		echo "the schema does not refuse '$from' changed to '$to'"
		failed=1
	fi
done <"$work/changes"
exit $failed
