#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# kernel-dir.sh - which kernel the modules are built for
#
# usage: kernel-dir.sh [KERNEL_DIR]
#
# Prints the kernel build folder: the one given; else the running kernel's where
# its headers are installed; else the newest installed. Meson and module/Makefile
# both ask here, so that they choose alike.
#
# MEMORY_COLLECTOR_LIB_MODULES: where kernels are installed, instead of /lib/modules.
# Exit codes: 1 the folder given cannot be used, 2 no headers are installed.

set -eu

lib_modules=${MEMORY_COLLECTOR_LIB_MODULES:-/lib/modules}

# Prints why a folder is no kernel build folder; nothing where it is one.
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
		echo "kernel_dir '$1' is no kernel build folder: $why; give a folder like $lib_modules/RELEASE/build, or none" >&2
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
echo "no kernel headers in $lib_modules; package linux-headers-cloud-$arch or linux-headers-$(uname -r) has them" >&2
exit 2
