#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# depmod.sh - make modprobe and run-stress find modules that were installed or removed
#
# usage: depmod.sh MODULE_ROOT RELEASE; called by meson install, and by bootstrap
# uninstall. DESTDIR as there: depmod then works in that tree, and nowhere else.

set -eu

[ $# = 2 ] || {
	echo 'usage: depmod.sh MODULE_ROOT RELEASE' >&2
	exit 1
}
root=${DESTDIR:-}$1
release=$2
PATH=$PATH:/usr/sbin:/sbin

command -v depmod >/dev/null || {
	echo "depmod.sh: depmod is not here; install kmod, then: depmod -b '$root' $release" >&2
	exit 1
}
# Where nothing is left but the index, it goes, too; modules.order is the kernel's own.
folder=$root/lib/modules/$release
if [ ! -e "$folder/modules.order" ] && [ -z "$(find "$folder" -name '*.ko*' 2>/dev/null)" ]; then
	rm -f "$folder"/modules.*
	rmdir "$folder" 2>/dev/null || true
	exit 0
fi

# It warns of a tree that has no modules but ours; as an error it tells why.
said=$(depmod -b "$root" "$release" 2>&1) || {
	printf '%s\n' "$said" >&2
	echo "depmod.sh: depmod failed in '$root' (see above); modprobe does not find the modules" >&2
	exit 1
}
