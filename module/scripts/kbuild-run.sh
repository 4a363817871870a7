#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# kbuild-run.sh - one Kbuild run that builds all modules
#
# usage: kbuild-run.sh KERNEL_DIR SOURCE FARM [DEPFILE MODULE.ko...]
#
# Builds the modules of SOURCE/Kbuild in FARM, where they stay; this is all that
# module/Makefile needs. For Ninja, each MODULE.ko is then a copy of what FARM has
# under this name, touched only where Kbuild linked it anew, and DEPFILE says what
# all of them were made from.
#
# Kbuild decides what is out of date. Two things it cannot see are decided here, by
# starting from nothing: another kernel, and a run that was killed while it wrote.

set -eu

die() {
	echo "kbuild-run.sh: $*" >&2
	exit 1
}

[ $# -ge 3 ] || die 'usage: kbuild-run.sh KERNEL_DIR SOURCE FARM [DEPFILE MODULE.ko...]'
kernel=$1
source=$2
farm=$3
shift 3
here=$(cd "$(dirname "$0")" && pwd)

kernel=$("$here/kernel-dir.sh" "$kernel") || exit 1
"$here/kbuild-farm.sh" "$source" "$farm" || exit 1
farm=$(cd "$farm" && pwd)
log=$farm/kbuild.log
running=$farm/.running

# Kbuild's processes inherit the lock: where a build was killed but not its make,
# the next one waits until that has ended.
lock() {
	exec 9>>"$farm/.kbuild-farm"
	if command -v flock >/dev/null; then
		flock -w 300 9 || die "another build holds '$farm' for five minutes now: end it"
	fi
}

# Content and times: a package update brings files older than what was built, and a
# touched file says that somebody wants a new build.
kernel_identity() {
	readlink -f "$kernel"
	for file in .config Module.symvers include/generated/autoconf.h; do
		cksum <"$kernel/$file"
		stat -L -c %Y "$kernel/$file"
	done
}

# May be killed as well, so that it keeps the mark of a run that was.
forget() {
	: >"$running"
	find "$farm" -type f ! -name .kbuild-farm ! -name .running -exec rm -f {} +
}

# The compiler that the kernel was built with, where Kbuild would take another: gcc
# is not always the version that knows the kernel's flags. Debian's headers say it
# themselves, in .kernelvariables.
compiler() {
	[ ! -e "$kernel/.kernelvariables" ] || return 0
	if grep -q '^CONFIG_CC_IS_CLANG=y' "$kernel/.config"; then
		echo LLVM=1
		return
	fi
	name=$(sed -n 's/^CONFIG_CC_VERSION_TEXT="\([^ "]*\).*/\1/p' "$kernel/.config")
	if [ -n "$name" ] && command -v "$name" >/dev/null; then
		echo "CC=$name"
	fi
}

parent_of() {
	sed -n 's/^PPid:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null || true
}

# As many jobs as the ninja that this runs under was given; it has no job server to
# share before 1.13. Else one for each CPU.
jobs() {
	pid=$PPID
	while [ "${pid:-0}" -gt 1 ]; do
		case $(cat "/proc/$pid/comm" 2>/dev/null) in
		ninja | ninja-build | samu)
			given=$(tr '\0' '\n' <"/proc/$pid/cmdline" |
				sed -n '/^-j$/{n;p;}; s/^-j\([0-9][0-9]*\)$/\1/p' | tail -n 1)
			break
			;;
		esac
		pid=$(parent_of "$pid")
	done
	case ${given:-} in
	'' | 0 | *[!0-9]*) getconf _NPROCESSORS_ONLN ;;
	*) echo "$given" ;;
	esac
}

# Make's own variable holds user space's flags and targets as well; only a job server
# is for us.
job_flags() {
	for word in ${MAKEFLAGS:-}; do
		case $word in
		-j* | --jobserver*) flags="${flags:-} $word" ;;
		esac
	done
	case ${flags:-} in
	*--jobserver*) echo "$flags" ;;
	*) echo "-j$(jobs)" ;;
	esac
}

# For a kernel of another machine. Debian's headers say their ARCH themselves, but take
# the compiler for this machine's.
cross() {
	if grep -q '^CONFIG_ARM64=y' "$kernel/.config" && [ "$(uname -m)" != aarch64 ]; then
		echo ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-
	fi
}

# CC, CFLAGS, ARCH, KBUILD_... of the environment are for user space or for another
# kernel: Kbuild would obey them. What is built does not tell where.
kbuild() {
	compiler=$(compiler)
	# shellcheck disable=SC2046 # words
	env -i PATH="$PATH" HOME="${HOME:-/}" ${TMPDIR:+TMPDIR="$TMPDIR"} LC_ALL=C \
		MAKEFLAGS="$(job_flags)" make -s -C "$kernel" M="$farm" $(cross) \
		KCFLAGS="-ffile-prefix-map=$farm=memory-collector" ${compiler:+"$compiler"} modules
}

# A module that is no longer listed must not lie about as if it had been built.
remove_unlisted() {
	listed=" $(sed 's|.*/||; s|\.k*o$||' "$farm/modules.order" | tr '\n' ' ')"
	for path in "$farm"/*.ko; do
		[ -e "$path" ] || continue
		name=${path##*/}
		case $listed in
		*" ${name%.ko} "*) ;;
		*) rm -f "$path" ;;
		esac
	done
}

build() {
	identity=$(kernel_identity)
	if [ -e "$running" ] || [ "$identity" != "$(cat "$farm/.kernel" 2>/dev/null)" ]; then
		forget
		printf '%s\n' "$identity" >"$farm/.kernel"
	fi
	: >"$running"
	code=0
	kbuild >"$log" 2>&1 || code=$?
	if [ "$code" != 0 ]; then
		cat "$log" >&2
		# 2 is make's own word that it removed what was half made.
		[ "$code" != 2 ] || rm -f "$running"
		die "Kbuild failed for $kernel (see above)"
	fi
	grep -i warning "$log" >&2 || true
	remove_unlisted
	rm -f "$running"
}

# With the time at which Kbuild linked it: Ninja sees a new time where a module is
# new, and none where it is not.
copy_out() {
	made=$farm/${1##*/}
	[ -e "$made" ] || die "$source/Kbuild lists ${1##*/}, but Kbuild did not build it"
	if ! cmp -s "$made" "$1" || [ -n "$(find "$made" -newer "$1")" ]; then
		cp -p "$made" "$1.tmp"
		mv -f "$1.tmp" "$1"
	fi
}

lock
build
[ $# -gt 0 ] || exit 0

depfile=$1
shift
for module in "$@"; do
	copy_out "$module"
done
"$here/kbuild-depfile.sh" "$kernel" "$source" "$farm" "$1" >"$depfile.tmp"
mv -f "$depfile.tmp" "$depfile"
