#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# test-vm-arguments.sh VM_RUN COLLECT MODULE - arguments reach the guest's program as they are
#
# Long ones above all: --only with the names of a large matrix is one argument.

set -u
# shellcheck source=unit/tap.sh
. "$(dirname "$0")/tap.sh"

usage='usage: test-vm-arguments.sh VM_RUN COLLECT MODULE'
vm_run=$(realpath "${1:?$usage}") || exit 1
collect=$(realpath "${2:?$usage}") || exit 1
module=$(realpath "${3:?$usage}") || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
command -v qemu-system-"$(uname -m)" >/dev/null || {
	echo "1..0 # SKIP there is no QEMU here; ./bootstrap test installs it"
	exit 0
}

as_they_are() {
	set -- "$(printf '%016000d' 7)" ' two  blanks ' "\"it's\" %s \\n" last
	printf '<%s>\n' "$@" >"$work/should"
	"$vm_run" "$collect" "$module" --program /usr/bin/printf=/usr/bin/printf \
		--seconds 900 -- /usr/bin/printf '<%s>\n' "$@" >"$work/is" || return 1
	diff "$work/should" "$work/is"
}

check 'arguments, of 16,000 bytes and of odd characters' as_they_are
done_testing
