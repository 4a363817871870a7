#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# kbuild-farm.sh - the symbolic links that Kbuild builds in
#
# usage: kbuild-farm.sh SOURCE FARM
#
# Kbuild writes its products next to the sources. FARM gets the folders of SOURCE
# and a link to each file that Kbuild reads, so that SOURCE stays as it is and may
# be read-only. Real folders, because Kbuild and Ninja disagree on what ".." means
# behind a linked one. Run again, it adds what is new and removes what is gone.

set -eu

die() {
	echo "kbuild-farm.sh: $*" >&2
	exit 1
}

[ $# = 2 ] || die 'usage: kbuild-farm.sh SOURCE FARM'
source=$(cd "$1" && pwd) || exit 1
farm=$2

case $farm in
/*) ;;
*) farm=$PWD/$farm ;;
esac
# Refused here with a reason; Kbuild's own words do not name the folder.
case $farm in
*[!A-Za-z0-9_./+@~-]*)
	die "Kbuild cannot build in '$farm': it takes letters, digits and _./+@~- only; use another build folder"
	;;
esac

# Everything in a farm but the links may be deleted at any time, so that a folder
# must say that it is one.
if [ ! -e "$farm/.kbuild-farm" ]; then
	if [ -d "$farm" ] && [ -n "$(ls -A "$farm")" ]; then
		die "'$farm' is not empty and not made by this script: remove it, or use another build folder"
	fi
	mkdir -p "$farm" || die "cannot make '$farm'"
	: >"$farm/.kbuild-farm" || die "cannot write in '$farm'"
fi

# module/build is the farm of module/Makefile.
sources() {
	cd "$source"
	find . \( -path ./build -o -path "./${farm#"$source"/}" -o -name '.?*' \) -prune -o \
		\( -type f -o -type l \) \( -name '*.[chS]' -o -name '*.sh' -o -name 'Kbuild*' \) -print
}

# A dead link is a source that is gone: its object must not be linked again.
find "$farm" -type l ! -exec test -e {} \; -print | while IFS= read -r link; do
	object=${link%.[cS]}.o
	rm -f "$link" "$object" "${object%/*}/.${object##*/}.cmd"
done

sources | while IFS= read -r file; do
	file=${file#./}
	link=$farm/$file
	[ "$(readlink "$link")" != "$source/$file" ] || continue
	mkdir -p "${link%/*}"
	ln -sfn "$source/$file" "$link" || die "cannot make the link '$link'"
done
