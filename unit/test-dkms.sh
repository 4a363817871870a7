#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# test-dkms.sh SOURCE [RELEASE] - DKMS builds, installs and removes the modules
#
# From the source as meson install leaves it, for every kernel of this architecture
# whose headers are installed, and for the newest that harness/fetch/kernel-set.sh has fetched
# and this machine's compiler can build for; or for RELEASE alone, which it has fetched,
# and then without a warning. DKMS works in trees of the test's own: nothing of the
# machine's changes.

set -u
# shellcheck source=unit/tap.sh
. "$(dirname "$0")/tap.sh"

project=$(realpath "${1:?usage: test-dkms.sh SOURCE [RELEASE]}") || exit 1
only=${2:-}
PATH=$PATH:/usr/sbin:/sbin
unset MAKEFLAGS MAKELEVEL DESTDIR
command -v dkms >/dev/null || {
	echo '1..0 # SKIP dkms is not here; package dkms has it'
	exit 0
}
[ "$(id -u)" = 0 ] || {
	echo '1..0 # SKIP DKMS wants root'
	exit 0
}

work=$(mktemp -d) || exit 1
# On its first use DKMS makes a key to sign with, wherever its trees are.
key=
[ -e /var/lib/dkms/mok.key ] || key='/var/lib/dkms/mok.key /var/lib/dkms/mok.pub'
# shellcheck disable=SC2086 # a list of files
trap 'rm -rf "$work" $key' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$work/src" "$work/dkms" "$work/modules"

case $(uname -m) in
x86_64) architecture=CONFIG_X86_64=y ;;
aarch64) architecture=CONFIG_ARM64=y ;;
*) architecture=none ;;
esac

# Releases with headers that this machine's compiler can build for; dkms.conf excludes
# those before 6.1.
kernels=
too_old=
take() { # RELEASE HEADERS
	release=$1
	headers=$2
	if [ "$(printf '6.1\n%s\n' "$release" | sort -V | head -n 1)" = 6.1 ]; then
		kernels="$kernels $release"
	else
		too_old="$too_old $release"
	fi
	mkdir "$work/modules/$release"
	ln -s "$headers" "$work/modules/$release/build"
}
for headers in /lib/modules/*/build; do
	if [ -z "$only" ] && grep -qs "^$architecture" "$headers/.config"; then
		take "$(basename "$(dirname "$headers")")" "$headers"
	fi
done

# A newer Debian's headers want its compiler, and the programs among them its C library;
# where they come with a vmlinux, Kbuild calls pahole.
usable() { # HEADERS
	compiler=$(sed -n 's/^CC = .*)\(gcc-[0-9]*\)$/\1/p' "$1/.kernelvariables" 2>/dev/null)
	if [ -n "$compiler" ] && ! command -v "$compiler" >/dev/null; then
		why="its headers want $compiler, which is not here"
	elif "$1/scripts/basic/fixdep" 2>&1 | grep -q 'GLIBC_'; then
		why="programs of its headers want a newer C library than this machine's"
	elif [ -e "$1/vmlinux" ] && ! command -v pahole >/dev/null; then
		why='its headers want pahole, which is not here'
	else
		return 0
	fi
	return 1
}
fetched=
why='its headers have not been fetched'
cache=$("$(dirname "$0")/../harness/fetch/cache-dir.sh" 2>/dev/null)/headers
for folder in $(ls -d "$cache/$only"* 2>/dev/null | sort -V); do
	release=$(basename "$folder")
	headers=$folder/usr/src/linux-headers-$release
	if grep -qs "^$architecture" "$headers/.config" && [ ! -e "$work/modules/$release" ] &&
		usable "$headers"; then
		fetched=$headers
	fi
done
[ -z "$fetched" ] || take "${fetched##*/linux-headers-}" "$fetched"
[ -z "$only" ] || [ -n "$fetched" ] || {
	echo "1..0 # SKIP $why"
	exit 0
}
[ -n "$kernels$too_old" ] || {
	echo '1..0 # SKIP no kernel headers are installed'
	exit 0
}

# Old versions leave the answer to the terminal; there is none.
run_dkms() {
	action=$1
	shift
	timeout 3000 dkms "$action" --sourcetree "$work/src" --dkmstree "$work/dkms" \
		--installtree "$work/modules" "$@" </dev/null
}
source_installs() {
	meson setup "$work/build" "$project" -Dmodule=disabled &&
		DESTDIR="$work/root" meson install -C "$work/build" --no-rebuild --tags dkms &&
		find "$work/root" -type f ! -path '*/src/memory-collector-*' >"$work/beside" &&
		[ ! -s "$work/beside" ]
}
lists_what_kbuild_lists() {
	sed -n 's/^modules [:+]= //p' "$tree/Kbuild" | tr ' ' '\n' | grep -Ev '_(test|cost)_module$|^hang_module$' |
		sort >"$work/listed"
	sed -n 's/^BUILT_MODULE_NAME.*"\(.*\)"$/\1/p' "$tree/dkms.conf" | sort | diff - "$work/listed"
}
adds() {
	run_dkms add "$tree"
}
# Where DKMS cannot find them by itself
headers_of() { # RELEASE
	[ "$1" != "${fetched##*/linux-headers-}" ] || echo "--kernelsourcedir $fetched"
}
builds() {
	# shellcheck disable=SC2046 # an option and its value
	run_dkms build -m memory-collector -v "$version" -k "$1" $(headers_of "$1") || {
		cat "$work/dkms/memory-collector/$version/build/make.log"
		return 1
	}
}
no_warning() { # RELEASE
	log=$(find "$work/dkms/memory-collector/$version/$1" -name make.log)
	[ -s "$log" ] && ! grep -i warning "$log"
}
# Depmod would index the machine's own modules, whatever the tree.
installs() {
	# shellcheck disable=SC2046 # an option and its value
	run_dkms install --no-depmod -m memory-collector -v "$version" -k "$1" $(headers_of "$1")
}
modules_there() {
	while read -r name; do
		file=$(find "$work/modules/$1/" -name "$name.ko*")
		[ -n "$file" ] && [ "$(modinfo -F vermagic "$file" | cut -d ' ' -f 1)" = "$1" ] || {
			echo "$name: ${file:-not there}"
			return 1
		}
	done <"$work/listed"
}
excludes() {
	! run_dkms build -m memory-collector -v "$version" -k "$1" >"$work/excluded" 2>&1 &&
		grep -q BUILD_EXCLUSIVE "$work/excluded"
}
removes() {
	run_dkms remove --no-depmod -m memory-collector -v "$version" --all
}
nothing_left() {
	find "$work/modules" -type f >"$work/left"
	[ ! -e "$work/dkms/memory-collector" ] || echo "$work/dkms/memory-collector" >>"$work/left"
	cat "$work/left"
	[ ! -s "$work/left" ]
}

check 'the source, and nothing else, installs alone' source_installs
bail_out_if_failed 'there is nothing for DKMS'
tree=$(echo "$work"/root/usr/local/src/memory-collector-*)
version=${tree##*/memory-collector-}
check 'dkms.conf has the modules of Kbuild but the tests' lists_what_kbuild_lists
check 'dkms add' adds
for release in $kernels; do
	check "dkms build for $release" builds "$release"
	# Of others it is not known that they were built with this machine's compiler.
	[ -z "$only" ] || check "without a warning" no_warning "$release"
	check "dkms install for $release" installs "$release"
	check "the modules are there and for $release" modules_there "$release"
done
[ -n "$fetched" ] || skip 'dkms for a kernel that is not installed' \
	"none is in $cache that this machine can build for; ./bootstrap test --kernels backports fetches one"
for release in $too_old; do
	check "dkms does not build for $release" excludes "$release"
done
check 'dkms remove' removes
check 'to the last file' nothing_left
done_testing
