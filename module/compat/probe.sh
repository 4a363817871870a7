#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# probe.sh - ask a kernel by compiling which interfaces it has
#
# usage: probe.sh HEADER PROBE.c... -- COMPILER FLAG...; called by ../Kbuild with the
# flags that the modules are compiled with. Every probe x.c that compiles becomes
# "#define HAVE_X 1" in HEADER, which changes only as a whole. A version number
# cannot answer this for distribution kernels, which carry back-ports.

set -u

header=${1:?usage: probe.sh HEADER PROBE.c... -- COMPILER FLAG...}
shift
scratch=$header.probing
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch" || exit 1

probes=
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	probes="$probes $(basename "$1" .c)"
	folder=$(dirname "$1")
	shift
done
[ $# -gt 1 ] || {
	echo "probe.sh: $header: no compiler given after --" >&2
	exit 1
}
shift

compiles() {
	probe=$1
	shift
	"$@" -Werror -c -o "$scratch/$probe.o" "$folder/$probe.c" >"$scratch/$probe.log" 2>&1
}

fail() {
	sed 's/^/    /' "$scratch/$1.log" >&2
	echo "probe.sh: $folder/$1.c: $2; check the kernel headers and the compiler" >&2
	exit 1
}

compiles sanity "$@" || fail sanity 'does not compile, though every kernel has what it uses'
! compiles nonsense "$@" || fail nonsense 'compiles, though no kernel has what it uses'

{
	echo '/* Made by compat/probe.sh: what this kernel has. */'
	for probe in $probes; do
		case $probe in
		sanity | nonsense) continue ;;
		esac
		name=HAVE_$(echo "$probe" | tr '[:lower:]' '[:upper:]')
		if compiles "$probe" "$@"; then
			echo "#define $name 1"
		else
			echo "/* no $name */"
		fi
	done
} >"$scratch/have.h" && mv -f "$scratch/have.h" "$header"
