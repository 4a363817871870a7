#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# kernel-set.sh - one of Debian's kernels: fetched, and our modules built for it
#
# usage: kernel-set.sh SET FOLDER
#
#   SET         stable, rt, backports, sid: Debian's kernels for this machine;
#               arm64: stable's, cross-compiled
#   FOLDER/SET  then has release, modules/ and, where the kernel is for another
#               architecture, root/: the system that its programs run on
#
# Packages are downloaded with lists of their own, from the archive that this machine's
# apt is configured for, and unpacked in the cache folder: its package database and its
# lists stay as they are. A kernel of another Debian than this machine's is built with
# that one's compiler, because its headers come with programs for that one's C library:
# its /usr takes the place of ours, in a mount namespace.
#
# Exit codes: 1 the build failed, 2 usage, 77 the kernel cannot be had; the last line on
# stderr says why.

set -eu

usage='usage: kernel-set.sh stable|rt|backports|sid|arm64 FOLDER'
[ $# = 2 ] || {
	echo "$usage" >&2
	exit 2
}
set_name=$1
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../.." && pwd)
cache=$("$here/cache-dir.sh")

me="kernel-set: $set_name"

# shellcheck source=harness/fetch/debian-archive.sh
. "$here/debian-archive.sh"

machine=$(uname -m)
case $machine in
x86_64) native=amd64 ;;
aarch64) native=arm64 ;;
*) cannot "this is a $machine machine: there are kernels for x86_64 and aarch64 only" ;;
esac
arch=$native
case $set_name in
stable) suite=bookworm flavour=cloud-$arch ;;
rt) suite=bookworm flavour=rt-$arch ;;
backports) suite=bookworm-backports flavour=cloud-$arch ;;
sid) suite=sid flavour=cloud-$arch ;;
arm64)
	[ "$native" != arm64 ] || cannot 'this machine is one: its set stable is that kernel'
	arch=arm64 suite=bookworm flavour=cloud-arm64
	;;
*)
	echo "$usage" >&2
	exit 2
	;;
esac

mkdir -p "$2/$set_name" "$cache/kernels" 2>/dev/null || die "cannot make $2/$set_name and $cache/kernels"
folder=$(cd "$2/$set_name" && pwd)
cache=$(cd "$cache" && pwd)

# ---- headers and image ----

# Host programs are this machine's, whatever architecture the kernel is of.
kernel_packages() {
	# Not in a pipe, where a refusal would end the pipe's own shell only.
	resolve "linux-headers-$flavour" "linux-image-$flavour" >"$lists/resolved"
	cut -d ' ' -f 1 "$lists/resolved" | grep '^linux-' >"$lists/kernel"
	[ "$arch" = "$native" ] ||
		sed -i "/^linux-compiler-/d; /^linux-kbuild-/s/\$/:$native/" "$lists/kernel"
	cat "$lists/kernel"
}

# Headers name their folders from the root of the file system.
relocate_headers() { # FOLDER
	for file in "$1"/usr/src/linux-headers-*/Makefile; do
		sed -i "s|\([ =]\)/usr/src/|\1$1/usr/src/|" "$file"
	done
}

# Older kernels are one package and have /boot and /lib, newer ones are several below /usr.
has_image() { # FOLDER
	for image_file in "$1/boot/vmlinuz-$release" "$1/usr/lib/modules/$release/vmlinuz"; do
		for usr in '' /usr; do
			[ -r "$image_file" ] && [ -r "$1$usr/lib/modules/$release/modules.order" ] && return
		done
	done
	return 1
}

fetch_kernel() {
	names=$(kernel_packages) || exit
	release=$(printf '%s\n' "$names" | sed -n "s/^linux-headers-\([0-9].*-$flavour\)\$/\1/p")
	[ -n "$release" ] || cannot "linux-headers-$flavour of $suite names no kernel: $names"
	image=$cache/kernels/$release
	if ! has_image "$image"; then
		say "downloading the image of $release"
		# shellcheck disable=SC2046 # names
		unpack tree "$image" $(printf '%s\n' "$names" | grep -E "^linux-(image|binary|modules|base)-")
		has_image "$image" ||
			cannot "the archive's image for $flavour is not $release, as its headers are; try again when both have arrived"
	fi
	headers=$cache/headers/$release
	if [ ! -d "$headers" ]; then
		say "downloading the headers of $release"
		# shellcheck disable=SC2046 # names
		unpack tree "$headers.new" $(printf '%s\n' "$names" | grep -vE "^linux-(image|binary|modules|base)-")
		mv "$headers.new" "$headers"
	fi
	relocate_headers "$headers"
	kernel_dir=$headers/usr/src/linux-headers-$release
}

# ---- the modules ----

# Can a mount be ours alone? In a chroot, "private" cannot be asked for, and it depends on
# how the machine around it is mounted: a copy of /usr over itself does no harm there.
is_private() { # OPTION OF UNSHARE...
	before=$(grep -c ' /usr ' /proc/self/mountinfo)
	unshare "$@" mount --bind /usr /usr 2>/dev/null || return
	[ "$(grep -c ' /usr ' /proc/self/mountinfo)" = "$before" ] || {
		umount -l /usr
		return 1
	}
}

find_namespace() {
	for namespace in -m -rm '-m --propagation=unchanged'; do
		# shellcheck disable=SC2086 # options
		if is_private $namespace; then
			return
		fi
	done
	cannot "$suite's compiler has to run in a mount namespace, which is not permitted here (unshare -rm)"
}

# Where its compiler is this machine's, nothing more is needed.
fetch_tools() {
	tools=
	case $(os VERSION_CODENAME) in
	"$base") return ;;
	esac
	[ "$arch" = "$native" ] ||
		cannot "it is cross-compiled with the compiler of $suite, and this is $(os PRETTY_NAME)"
	find_namespace
	[ "$(readlink -f /bin)$(readlink -f /lib)" = /usr/bin/usr/lib ] ||
		cannot "$suite's compiler needs a machine on which /bin and /lib are links to /usr"
	tools=$cache/roots/$suite-$arch
	unpack_root "$tools" '?essential' gcc make mawk pahole "linux-headers-$flavour"
	# The one name that nobody has but who installs packages
	ln -sf mawk "$tools/usr/bin/awk"
}

with_tools() { # COMMAND ARGUMENT...
	if [ -z "$tools" ]; then
		"$@"
	else
		# shellcheck disable=SC2016,SC2086 # for the inner shell; options
		unshare $namespace sh -c 'mount --bind "$1/usr" /usr && shift && exec "$@"' \
			sh "$tools" "$@"
	fi
}

# ---- a system of the kernel's architecture ----

# What the harness is linked with, and what the guest runs
system_packages='libc6-dev libtracefs-dev libtraceevent-dev libjson-c-dev libyaml-dev
	libinih-dev libkmod-dev libarchive-dev libcmocka-dev stress-ng trace-cmd'

# Ours: the harness, and what the collector's tests run in the guest
system_programs='harness/run-stress harness/collect unit/guest/collector-guest
	unit/guest/alpha unit/guest/beta'

cross_file() { # SYSTEM
	cat <<-END
		[binaries]
		c = 'aarch64-linux-gnu-gcc'
		ar = 'aarch64-linux-gnu-ar'
		strip = 'aarch64-linux-gnu-strip'
		pkgconfig = 'pkg-config'
		[properties]
		sys_root = '$1'
		pkg_config_libdir = '$1/usr/lib/aarch64-linux-gnu/pkgconfig'
		[built-in options]
		c_args = ['--sysroot=$1']
		c_link_args = ['--sysroot=$1']
		[host_machine]
		system = 'linux'
		cpu_family = 'aarch64'
		cpu = 'aarch64'
		endian = 'little'
	END
}

# What is ours is copied, everything else is links to what was unpacked.
build_root() {
	[ "$arch" != "$native" ] || return 0
	system=$cache/roots/$suite-$arch
	# shellcheck disable=SC2086 # names
	unpack_root "$system" $system_packages
	cross_file "$system" >"$folder/cross.new"
	if ! cmp -s "$folder/cross.new" "$folder/cross.ini" || [ ! -f "$folder/build/build.ninja" ]; then
		rm -rf "$folder/build"
		mv "$folder/cross.new" "$folder/cross.ini"
		meson setup "$folder/build" "$project" --cross-file "$folder/cross.ini" \
			-Dmodule=disabled -Dwerror=true >"$folder/log" 2>&1 8>&- || {
			cat "$folder/log" >&2
			die "meson setup for $arch failed (see above)"
		}
	fi
	# shellcheck disable=SC2086 # names
	ninja -C "$folder/build" harness/guest-init $system_programs >"$folder/log" 2>&1 8>&- || {
		cat "$folder/log" >&2
		die "the build for $arch failed (see above)"
	}
	mkdir -p "$folder/root/usr/bin" "$folder/root/usr/libexec/memory-collector"
	for path in $system_programs; do
		cp "$folder/build/$path" "$folder/root/usr/bin/"
	done
	cp "$folder/build/harness/guest-init" "$folder/root/usr/libexec/memory-collector/"
	for path in lib etc usr/lib usr/bin/stress-ng usr/bin/trace-cmd; do
		ln -sfn "$system/$path" "$folder/root/$path"
	done
}

use_archive ''
lock kernels "$cache/kernels" "$cache/headers" "$cache/roots"
update
fetch_kernel
fetch_tools
with_tools "$project/module/scripts/kbuild-run.sh" "$kernel_dir" "$project/module" \
	"$folder/modules" 8>&-
build_root
printf '%s\n' "$release" >"$folder/release"
