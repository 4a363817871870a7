#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# fetch-qemu.sh - a QEMU without the fault that Debian 12's has, for the VM
#
# usage: fetch-qemu.sh
#
# Guests with several emulated CPUs hang now and then in QEMU before 8.1; harness/
# vm_qemu_choice.h says why. This fetches the one of Debian 12's backports into the cache
# folder, where run-stress finds it; nothing is installed. It runs with the libraries of the
# QEMU that is, and with those that it needs newer ones of.
#
# Exit codes: 0 there is nothing to do, or it is done; 77 it cannot be had; the last line on
# stderr says why.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-${HOME:?fetch-qemu: HOME is not set}/.cache}/memory-collector
name=qemu-system-$(uname -m)

me='fetch-qemu'

# shellcheck source=module/debian-archive.sh
. "$here/../module/debian-archive.sh"

is_good() { # PROGRAM
	"$1" --version 2>/dev/null | sed -n '1s/^QEMU emulator version \([0-9]*\)\.\([0-9]*\).*/\1 \2/p' |
		grep -Eq '^(8 [1-9]|9 |[1-9][0-9]+ )'
}

# On a machine where /dev/kvm works nobody emulates, but only a guest can tell.
command -v "$name" >/dev/null || exit 0
! is_good "$name" || exit 0
! is_good "$cache/qemu/$name" || exit 0

case $(uname -m) in
x86_64) native=amd64 package=qemu-system-x86 ;;
aarch64) native=arm64 package=qemu-system-arm ;;
*) cannot "there are guests of x86_64 and aarch64 only" ;;
esac
arch=$native suite=bookworm-backports
[ "$(os VERSION_CODENAME)" = bookworm ] ||
	cannot "$("$name" --version | head -n 1) lets guests hang now and then, and for $(os PRETTY_NAME) there is no newer one to fetch: install QEMU 8.1 or newer"

mkdir -p "$cache" 2>/dev/null || die "cannot make $cache: set XDG_CACHE_HOME to a folder of yours"
cache=$(cd "$cache" && pwd)
use_archive /var/lib/dpkg/status
lock qemu "$cache"
update
resolve "$package" >"$lists/wanted"
grep -q "^$package " "$lists/wanted" || cannot "$suite has no newer $package"
say "downloading $(wc -l <"$lists/wanted") packages for a QEMU that does not hang"
# shellcheck disable=SC2046 # names
unpack tree "$cache/qemu.new" $(cut -d ' ' -f 1 "$lists/wanted")

libraries=$(find "$cache/qemu.new" -name 'lib*.so*' -printf '%h\n' | sort -u | sed "s|^$cache/qemu.new|\$here|" | tr '\n' :)
# Those for other machines come along where they are installed, too.
for program in "$cache"/qemu.new/usr/bin/qemu-system-x86_64 "$cache"/qemu.new/usr/bin/qemu-system-aarch64; do
	[ -x "$program" ] || continue
	cat >"$cache/qemu.new/${program##*/}" <<-END
		#!/bin/sh
		# Made by fetch-qemu.sh
		here=\${0%/*}
		export LD_LIBRARY_PATH="$libraries\${LD_LIBRARY_PATH:-}"
		exec "\$here/usr/bin/\${0##*/}" -L "\$here/usr/share/qemu" -L "\$here/usr/share/seabios" -L /usr/share/qemu "\$@"
	END
	chmod +x "$cache/qemu.new/${program##*/}"
done
is_good "$cache/qemu.new/$name" || {
	why=$("$cache/qemu.new/$name" --version 2>&1 | tail -n 1)
	rm -rf "$cache/qemu.new"
	cannot "$package of $suite does not run here: $why"
}
rm -rf "$cache/qemu"
mv "$cache/qemu.new" "$cache/qemu"
say "fetched $("$cache/qemu/$name" --version | head -n 1)"
