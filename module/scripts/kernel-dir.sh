#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# kernel-dir.sh - which kernel the modules are built for
#
# usage: kernel-dir.sh [KERNEL_DIR]
#
# Prints the kernel build folder: the one given; else the running kernel's where
# its headers are installed; else the newest installed. Kernels that the modules do
# not compile for are passed over. Meson and module/Makefile both ask here, so that
# they choose alike.
#
# MEMORY_COLLECTOR_LIB_MODULES: where kernels are installed, instead of /lib/modules.
# Exit codes: 1 the folder given cannot be used, 2 no headers are installed that can.

set -eu

lib_modules=${MEMORY_COLLECTOR_LIB_MODULES:-/lib/modules}
oldest=6.1

# The release that the folder's headers are of
release_of() {
	sed -n 's/^#define UTS_RELEASE "\([^"]*\)".*/\1/p' "$1/include/generated/utsrelease.h"
}

too_old() {
	[ "$(printf '%s\n' "$oldest" "$1" | sort -V | head -n 1)" != "$oldest" ]
}

# Prints why a folder cannot be used; nothing where it can.
problem() {
	if [ ! -e "$1" ]; then
		echo 'it does not exist'
		return
	fi
	case $1$(readlink -f "$1") in
	*[!A-Za-z0-9_./+@~-]*)
		echo "its path has a character that Kbuild cannot handle"
		return
		;;
	esac
	# What building for it reads, and what a source tree without a build lacks.
	for file in Makefile .config Module.symvers include/generated/autoconf.h \
		include/generated/utsrelease.h; do
		if [ ! -r "$1/$file" ]; then
			echo "it has no readable $file"
			return
		fi
	done
	release=$(release_of "$1")
	if [ -z "$release" ]; then
		echo 'its include/generated/utsrelease.h names no release'
	elif too_old "$release"; then
		echo "it is of Linux $release, and the modules need $oldest or later"
	fi
}

usable() {
	[ -e "$1" ] && [ -z "$(problem "$1")" ]
}

# The releases that have a build folder, the newest first.
installed() {
	for build in "$lib_modules"/*/build; do
		[ -e "$build" ] || continue
		release=${build%/build}
		printf '%s\n' "${release##*/}"
	done | sort -rV
}

if [ -n "${1:-}" ]; then
	why=$(problem "$1")
	if [ -n "$why" ]; then
		echo "kernel_dir '$1' cannot be used: $why; give a folder like $lib_modules/RELEASE/build, or none" >&2
		exit 1
	fi
	cd "$1"
	pwd
	exit 0
fi

# A release has no blanks, so that words will do.
for release in $(uname -r) $(installed); do
	if usable "$lib_modules/$release/build"; then
		echo "$lib_modules/$release/build"
		exit 0
	fi
done

case $(uname -m) in
x86_64) arch=amd64 ;;
aarch64) arch=arm64 ;;
*) arch=$(uname -m) ;;
esac
echo "no kernel headers of Linux $oldest or later in $lib_modules; package linux-headers-cloud-$arch or linux-headers-$(uname -r) has them" >&2
exit 2
