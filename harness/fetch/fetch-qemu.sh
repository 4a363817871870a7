#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# fetch-qemu.sh - a QEMU without the fault that Debian 12's has, for the VM
#
# usage: fetch-qemu.sh
#
# Guests with several emulated CPUs hang now and then in QEMU before 8.1;
# harness/vm/qemu_choice.h says why. This fetches the one of Debian 12's backports into the cache
# folder, where run-stress finds it; nothing is installed. It runs with the libraries of the
# QEMU that is, and with those that it needs newer ones of.
#
# Exit codes: 0 there is nothing to do, or it is done; 77 it cannot be had, which is not tried
# again that day; 1 it could not be written. The last line on stderr says why.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
me='fetch-qemu'

# shellcheck source=harness/fetch/debian-archive.sh
. "$here/debian-archive.sh"

is_good() { # PROGRAM
	"$1" --version 2>/dev/null | sed -n '1s/^QEMU emulator version \([0-9]*\)\.\([0-9]*\).*/\1 \2/p' |
		grep -Eq '^(8 [1-9]|9 |[1-9][0-9]+ )'
}

# Those of this machine that have the fault, and what the cache has not made up for
missing() {
	for name in qemu-system-x86_64 qemu-system-aarch64; do
		! command -v "$name" >/dev/null || is_good "$name" ||
			is_good "$cache/qemu/$name" || echo "$name"
	done
}

packages_of() { # PROGRAM...
	for name in "$@"; do
		case $name in
		*x86_64) echo qemu-system-x86 ;;
		*) echo qemu-system-arm ;;
		esac
	done
}

cache=$("$here/cache-dir.sh") || exit 77
names=$(missing)
[ -n "$names" ] || exit 0

case $(uname -m) in
x86_64) native=amd64 ;;
aarch64) native=arm64 ;;
*) cannot "there are guests of x86_64 and aarch64 only" ;;
esac
arch=$native suite=bookworm-backports
[ "$(os VERSION_CODENAME)" = bookworm ] ||
	cannot "the QEMU that is installed lets guests hang now and then, and for $(os PRETTY_NAME) there is no newer one to fetch: install 8.1 or newer"

mkdir -p "$cache" 2>/dev/null || die "cannot make $cache: set XDG_CACHE_HOME to a folder of yours"
cache=$(cd "$cache" && pwd)
tried=$cache/qemu.tried
[ -z "$(find "$tried" -mmin -1440 2>/dev/null)" ] || {
	cat "$tried" >&2
	exit 77
}
use_archive /var/lib/dpkg/status
lock qemu "$cache"
# Another one may have fetched it meanwhile.
names=$(missing)
[ -n "$names" ] || exit 0

# Whatever ends this early is not tried again at each call.
give_up() {
	code=$?
	[ "$code" = 0 ] || printf '%s: no newer QEMU could be had when it was tried (%s); removing %s tries again\n' \
		"$me" "$(date -u '+%F %R')" "$tried" >"$tried"
	rm -rf "$cache/qemu.new" "$cache/qemu.old"
	exit "$code"
}
trap give_up EXIT

update
# shellcheck disable=SC2046 # names
resolve $(packages_of $names) >"$lists/wanted"
for package in $(packages_of $names); do
	grep -q "^$package " "$lists/wanted" || cannot "$suite has no newer $package"
done
say "downloading $(wc -l <"$lists/wanted") packages for a QEMU that does not hang"
# In a shell of its own: it has a trap, too.
# shellcheck disable=SC2046 # names
(unpack tree "$cache/qemu.new" $(cut -d ' ' -f 1 "$lists/wanted"))

libraries=$(find "$cache/qemu.new" -name 'lib*.so*' -printf '%h\n' | sort -u |
	sed "s|^$cache/qemu.new|\$here|" | paste -s -d :)
[ -z "$libraries" ] || libraries="export LD_LIBRARY_PATH=\"$libraries\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}\""
for program in "$cache"/qemu.new/usr/bin/qemu-system-x86_64 "$cache"/qemu.new/usr/bin/qemu-system-aarch64; do
	[ -x "$program" ] || continue
	cat >"$cache/qemu.new/${program##*/}" <<-END
		#!/bin/sh
		# Made by fetch-qemu.sh
		here=\${0%/*}
		$libraries
		exec "\$here/usr/bin/\${0##*/}" -L "\$here/usr/share/qemu" -L "\$here/usr/share/seabios" -L /usr/share/qemu "\$@"
	END
	chmod +x "$cache/qemu.new/${program##*/}"
done
for name in $names; do
	is_good "$cache/qemu.new/$name" ||
		cannot "$name of $suite does not run here, or is no better: $("$cache/qemu.new/$name" --version 2>&1 | head -n 1)"
done
# Who looks finds the old one, or the new one; what uses the old one goes on with open files.
rm -rf "$cache/qemu.old"
[ ! -e "$cache/qemu" ] || mv "$cache/qemu" "$cache/qemu.old"
mv "$cache/qemu.new" "$cache/qemu"
rm -f "$tried"
for name in $names; do
	say "fetched $("$cache/qemu/$name" --version | head -n 1)"
done
