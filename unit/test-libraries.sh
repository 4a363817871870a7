#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# test-libraries.sh SOURCE - the versions of libraries that the README asks for are what
# configuring insists on
#
# What pkg-config says of a library is the test's own; nothing is compiled with it.

set -u
# shellcheck source=unit/tap.sh
. "$(dirname "$0")/tap.sh"

project=$(realpath "${1:?usage: test-libraries.sh SOURCE}") || exit 1
for tool in meson ninja pkg-config; do
	command -v $tool >/dev/null || {
		echo "1..0 # SKIP $tool is not here; ./bootstrap test installs it"
		exit 0
	}
done
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
unset MAKEFLAGS MAKELEVEL DESTDIR

asked_for() { # NAME: its version in the README
	tr '\n' ' ' <"$project/README.md" | grep -oE "$1 [0-9]+(\.[0-9]+)+" | head -n 1 | cut -d ' ' -f 2
}
configure() { # NAME VERSION: with a library of that version
	rm -rf "$work/pc" "$work/build"
	mkdir "$work/pc"
	printf 'Name: %s\nDescription: none\nVersion: %s\n' "$1" "$2" >"$work/pc/$1.pc"
	PKG_CONFIG_PATH=$work/pc${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH} meson setup "$work/build" "$project" -Dmodule=disabled \
		>"$work/log" 2>&1 </dev/null
}
named() { # NAME
	[ -n "$(asked_for "$1")" ]
}
refused() { # NAME VERSION: older than the README's
	! configure "$1" "$2" &&
		grep -q "ERROR: .*$1 $(asked_for "$1") or newer is needed, and version $2 is here: install" "$work/log" || {
		cat "$work/log"
		return 1
	}
}
# Others' .pc files are out of sight; so is what they need.
missing() { # NAME
	! PKG_CONFIG_PATH='' PKG_CONFIG_LIBDIR=$work/none configure other 1 &&
		grep -q "ERROR: .*$1 .*is needed, and pkg-config does not find it: install" "$work/log" || {
		cat "$work/log"
		return 1
	}
}
taken() { # NAME VERSION
	configure "$1" "$2" || {
		cat "$work/log"
		return 1
	}
}
meson_is() {
	grep -qF "meson_version: '>= $(asked_for Meson)'" "$project/meson.build"
}

while read -r library older; do
	check "the README says which $library" named "$library"
	check "$library $older is refused" refused "$library" "$older"
done <<-'END'
	libtraceevent 0.99
	libtracefs 0.99
	json-c 0.13.1
END
check 'one that is not there, too' missing libtraceevent
check 'the oldest libtracefs that will do is taken' taken libtracefs "$(asked_for libtracefs).0"
check "the README's Meson is that of meson.build" meson_is
done_testing
