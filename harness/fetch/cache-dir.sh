#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# cache-dir.sh - print the folder for what can be fetched again: kernels, a QEMU
#
# The rule is that of harness/base/cache.c, which looks there and gives the reasons. Nothing is
# made.

home=${HOME:-}
case $home in
/*)
	if [ "$(id -u)" = 0 ] && [ "$(stat -L -c %u "$home" 2>/dev/null || echo 0)" != 0 ]; then
		home=
	fi
	;;
*) home= ;;
esac
[ -n "$home" ] || home=$(getent passwd "$(id -u)" | cut -d : -f 6)

case ${XDG_CACHE_HOME:-} in
/*) printf '%s\n' "$XDG_CACHE_HOME/memory-collector" ;;
*)
	case $home in
	/*) printf '%s\n' "$home/.cache/memory-collector" ;;
	*)
		echo 'cache-dir: XDG_CACHE_HOME is not set, and this user has no home folder: there is no folder for what is fetched' >&2
		exit 1
		;;
	esac
	;;
esac
