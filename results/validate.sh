#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# validate.sh FILE... - hold summary.json files against schema.json
# Exit code 0: all valid; 1: one is not; 2: no file named; 77: no validator here.
[ $# -gt 0 ] || {
	echo 'usage: validate.sh FILE...' >&2
	exit 2
}
command -v jsonschema >/dev/null 2>&1 || {
	echo 'SKIP: no jsonschema command here; package python3-jsonschema has it'
	exit 77
}
schema=$(dirname "$0")/schema.json
# Starting it takes longer than what it does.
left=$#
for file in "$@"; do
	set -- "$@" -i "$file"
done
shift "$left"
jsonschema "$@" "$schema" >/dev/null 2>&1 && exit 0
# One by one, which says whose an error is
while [ $# -gt 0 ]; do
	file=$2
	shift 2
	jsonschema -i "$file" "$schema" || {
		echo "validate: $file is not what $schema describes (see above)" >&2
		exit 1
	}
done
