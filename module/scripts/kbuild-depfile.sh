#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# kbuild-depfile.sh - what the modules of a farm were made from, as a depfile
#
# usage: kbuild-depfile.sh KERNEL_DIR SOURCE FARM TARGET >DEPFILE
#
# Sources and headers come from the .cmd files that Kbuild keeps for each object.
# Only objects that are part of a module count: a file that Kbuild no longer uses
# must not cause a build, nor be missed when it is gone.

set -eu

[ $# = 4 ] || {
	echo 'usage: kbuild-depfile.sh KERNEL_DIR SOURCE FARM TARGET' >&2
	exit 1
}
kernel=$1
source=$2
farm=$3
target=$4

# The .cmd files of the objects of all modules. A .mod file names a module's objects,
# by absolute paths or from the farm; it may outlive its module.
cmd_files() {
	objects=$(
		for module in "$farm"/*.ko; do
			mod=${module%.ko}.mod
			printf '%s\n' "$mod.o"
			cat "$mod" || exit 1
		done
	) || return 1
	printf '%s\n' "$objects" | tr ' ' '\n' | sed -n "
		/\.o\$/!d
		s|^\./||
		/^\//!s|^|$farm/|
		s|\([^/]*\)\$|.\1.cmd|
		p" | sort -u
}

# Paths in them are absolute, or relative to where the compiler ran: the kernel's
# folder, since 6.13 the modules'. CONFIG_ options are in the kernel's .config.
objects_made_from() {
	printf '%s\n' "$cmd_files" | tr '\n' '\0' | xargs -0 awk -v farm="$farm" -v kernel="$kernel" '
		function there(path,    line, got) {
			got = (getline line < path) >= 0
			close(path)
			return got
		}
		function name(path) {
			if (path in seen)
				return
			seen[path] = 1
			if (path ~ /^\//)
				print path
			else
				print (there(farm "/" path) ? farm : kernel) "/" path
		}
		$1 ~ /^source_/ && $2 == ":=" && $3 !~ /\.mod\.c$/ { name($3) }
		$1 ~ /^deps_/ && $2 == ":=" { deps = 1; next }
		deps && NF == 0 { deps = 0 }
		deps && $1 !~ /^\$/ { name($1) }
	'
}

# Folders too: a package update puts older files in place, but gives the folder a
# new time.
kernel_files() {
	for file in . .config Module.symvers include/generated include/generated/autoconf.h; do
		printf '%s\n' "$kernel/$file"
	done
}

# What decides without being compiled into an object. The folder of the probes tells
# of a new one.
build_files() {
	find "$farm" -type l \( -name 'Kbuild*' -o -path '*/probes/*' -o -path '*/compat/*.sh' \)
	printf '%s\n' "$source/compat/probes"
}

# Each part on its own, since a pipe would hide that one failed: a depfile that lacks
# something makes every later "no work to do" a lie.
cmd_files=$(cmd_files)
objects_made_from=$(objects_made_from)
build_files=$(build_files)

printf '%s: \\\n' "$target"
{
	printf '%s\n' "$objects_made_from" "$build_files"
	kernel_files
} | sed 's/[ #\\]/\\&/g; s/\$/$$/g; s/.*/ & \\/'
echo
