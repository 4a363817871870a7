#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# cache-dir.sh - print the folder for what can be fetched again: kernels, a QEMU
#
# The rule is that of harness/cache.c, which looks there. Nothing is made.

case ${XDG_CACHE_HOME:-} in
/*) printf '%s\n' "$XDG_CACHE_HOME/memory-collector" ;;
*)
	[ -n "${HOME:-}" ] || {
		echo 'cache-dir: neither XDG_CACHE_HOME nor HOME is set: there is no folder for what is fetched' >&2
		exit 1
	}
	printf '%s\n' "$HOME/.cache/memory-collector"
	;;
esac
