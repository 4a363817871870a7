#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# on-kernel.sh MODULES OTHERS TAP COMMAND ARGUMENT... - a test as Meson has it, but with the
# modules of another kernel; its guest has the kernel that they are for
#
# For meson test --wrapper. What begins with folder MODULES begins with OTHERS then. What
# the test prints is in TAP, too.

set -u

usage='usage: on-kernel.sh MODULES OTHERS TAP COMMAND ARGUMENT...'
modules=${1:?$usage}
others=${2:?$usage}
tap=${3:?$usage}
shift 3

left=$#
replaced=0
while [ $left -gt 0 ]; do
	case $1 in
	"$modules"/*)
		set -- "$@" "$others${1#"$modules"}"
		replaced=1
		;;
	*) set -- "$@" "$1" ;;
	esac
	shift
	left=$((left - 1))
done
# It would be a test of the kernel that it always has.
[ $replaced = 1 ] || {
	echo "on-kernel: no argument is in $modules: $*" >&2
	exit 1
}

code=0
"$@" >"$tap" || code=$?
cat "$tap"
exit $code
