#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# test-install.sh SOURCE BUILD - what meson install installs works without the source
#
# Installs the build folder into a scratch root and works with what is there, in a mount
# namespace in which source and build folder are empty: the program, its library, the man
# pages. Then it is uninstalled, to the last file. Nothing is compiled but the programs once
# more, for another prefix.

set -u
# shellcheck source=unit/tap.sh
. "$(dirname "$0")/tap.sh"

usage='usage: test-install.sh SOURCE BUILD'
project=$(realpath "${1:?$usage}") || exit 1
build=$(realpath "${2:?$usage}") || exit 1
work=$(mktemp -d) || exit 1
# What the user has installed from this build folder can still be uninstalled afterwards.
log=$build/meson-logs/install-log.txt
[ ! -e "$log" ] || cp "$log" "$work/install-log"
end() {
	if [ -e "$work/install-log" ]; then
		cp "$work/install-log" "$log"
	else
		rm -f "$log"
	fi
	rm -rf "$work"
}
trap end EXIT
trap 'exit 1' HUP INT TERM
# Flags and a job server of a make that runs the tests are not for the builds in here.
unset MAKEFLAGS MAKELEVEL DESTDIR
cd "$work" || exit 1
PATH=$PATH:/usr/sbin:/sbin
root=$work/root
release=$(cat "$build/kernel.release")
benchmark=sync_timer_benchmark_module.ko

command -v depmod >/dev/null || {
	echo '1..0 # SKIP depmod is not here; package kmod has it'
	exit 0
}

# ---- from the build folder to the scratch root ----

# unshare as root, or as a user who may
namespace=
for flags in -m -rm; do
	if [ -z "$namespace" ] && unshare $flags true 2>/dev/null; then
		namespace=$flags
	fi
done
alone() { # COMMAND...: without source and build folder
	[ -n "$namespace" ] || {
		"$@"
		return
	}
	# shellcheck disable=SC2016 # for the inner shell
	unshare $namespace sh -c 'mount -t tmpfs none "$1" &&
		{ [ ! -d "$2" ] || mount -t tmpfs none "$2"; } && shift 2 && exec "$@"' \
		sh "$project" "$build" "$@"
}
is_alone() {
	alone sh -c '[ ! -e "$1/meson.build" ] && [ ! -e "$2/build.ninja" ]' sh "$project" "$build"
}
# With a umask that lets no one else read what is made
installs() {
	(umask 077 && DESTDIR=$root meson install -C "$build" --no-rebuild --quiet) &&
		here=$(find "$root" -path '*/bin/run-stress') && here=${here%/bin/run-stress}
}
readable() {
	! find "$root"/* ! -type l '(' ! -perm -o=r -o -type d ! -perm -o=x ')' | grep .
}
# Neither programs and libraries nor modules and what depmod makes
build_not_told() {
	! grep -rlF -e "$build/" -e "$project/harness" -e "$project/module" -e "$project/results" \
		-e "$project/stress" "$root"
}
nothing_elsewhere() {
	find "$root" ! -type d ! -path "$here/*" ! -path "$root/lib/modules/$release/*" >elsewhere
	cat elsewhere
	[ ! -s elsewhere ]
}
other_prefix() {
	meson setup "$work/build" "$project" --prefix=/opt/collector -Dmodule=disabled \
		-Dbuildtype=plain && ninja -C "$work/build" bench harness/collect &&
		DESTDIR=$work/other meson install -C "$work/build" --no-rebuild --quiet &&
		[ "$(echo "$work"/other/*)" = "$work/other/opt" ] &&
		alone "$work/other/opt/collector/bin/run-stress" --list | grep -q baseline
}

# ---- the program ----

runs_alone() { # WORDS ARGUMENT...
	words=$1
	shift
	alone "$program" "$@" >out 2>err && grep -q -- "$words" out || {
		cat out err
		return 1
	}
}
module_found() {
	runs_alone "^module: $root/lib/modules/$release/updates/memory-collector/" --dry-run --only cpu
}
# DKMS puts it elsewhere; only the index knows.
module_found_elsewhere() {
	modules=$root/lib/modules/$release
	mkdir -p "$modules/extra" &&
		mv "$modules/updates/memory-collector/$benchmark" "$modules/extra/" &&
		depmod -b "$root" "$release" &&
		runs_alone "^module: $modules/extra/" --dry-run --only cpu
	code=$?
	mv "$modules/extra/$benchmark" "$modules/updates/memory-collector/"
	rmdir "$modules/extra"
	depmod -b "$root" "$release"
	return $code
}
reads_sample() {
	cp -r "$doc/results/sample" sample &&
		runs_alone 'scenarios ok' --from sample || return 1
	command -v gnuplot >/dev/null || return 0
	[ -s sample/plots/delay.svg ]
}
collects() {
	alone "$here/bin/collect" --duration 1s >out 2>err && grep -q SIMULATED out || {
		cat out err
		return 1
	}
}
runs_vm() {
	runs_alone '^1 of 1 scenario ok' --only baseline --duration 1s --no-plots \
		--results "$work/results"
}
no_vm() {
	for command in qemu-system-"$(uname -m)" mke2fs; do
		command -v "$command" >/dev/null || {
			echo "$command is not here; ./bootstrap test installs it"
			return
		}
	done
}

# ---- what others build on ----

# With the installed files alone: every header by itself, and a program with the library
library_usable() {
	cat >reader.c <<-'END'
		#include <memory_collector/result_io.h>
		#include <stdio.h>
		int main(int argc, char **argv)
		{
			struct mc_failure failure;
			struct mc_result *result = mc_result_read(argv[1], &failure);

			if (!result)
				return 1;
			printf("%zu scenarios\n", result->n_scenarios);
			mc_result_free(result);
			return 0;
		}
	END
	pc=$(dirname "$(find "$here/lib" -name memory-collector.pc)")
	export PKG_CONFIG_PATH="$pc" PKG_CONFIG_SYSROOT_DIR=
	flags=$(pkg-config --define-variable=prefix="$here" --cflags memory-collector) &&
		libs=$(pkg-config --define-variable=prefix="$here" --libs memory-collector) || return 1
	for header in "$here"/include/memory_collector/*.h; do
		# shellcheck disable=SC2086 # a list of flags
		echo "#include <memory_collector/${header##*/}>" |
			cc -D_GNU_SOURCE -Wall -Werror $flags -fsyntax-only -x c - || return 1
	done
	# shellcheck disable=SC2086 # lists of flags
	cc -D_GNU_SOURCE -Wall -Werror $flags -o reader reader.c $libs &&
		./reader "$doc/results/sample" | grep '^[1-9][0-9]* scenarios$'
}
pages_clean() {
	for page in "$here"/share/man/man*/*; do
		if command -v mandoc >/dev/null; then
			mandoc -T lint -W warning "$page" || return 1
		else
			said=$(groff -ww -man -T utf8 "$page" 2>&1 >/dev/null)
			[ -z "$said" ] || {
				echo "$said"
				return 1
			}
		fi
	done
}
# Of ours each is there; others' come with what bootstrap installs.
pages_lead() {
	sed -n 's/\\-/-/g; s/^\.BR \([^ ]*\) (\([1-9]\)).*/\1 \2/p' "$here"/share/man/man*/* >page-names
	[ -s page-names ] || return 1
	while read -r name section; do
		[ -s "$here/share/man/man$section/$name.$section" ] ||
			grep -q "command:$name\$" "$project/bootstrap" || {
			echo "there is no page $name($section)"
			return 1
		}
	done <page-names
}
# Relative links of all documents; one to a heading is spelt as GitHub spells it.
links_lead() {
	find "$doc" -name '*.md' | while read -r text; do
		grep -o ']([^)]*)' "$text" | sed 's/^](//; s/)$//' | while read -r link; do
			case $link in
			*://*) continue ;;
			'#'*) leads_to=$text ;;
			*) leads_to=$(dirname "$text")/${link%%#*} ;;
			esac
			[ -e "$leads_to" ] || echo "${text#"$doc/"}: $link is not installed"
			case $link in
			*'#'*)
				sed -n 's/^##* //p' "$leads_to" | tr '[:upper:] ' '[:lower:]-' |
					tr -cd 'a-z0-9_\n-' | grep -qx -- "${link#*#}" ||
					echo "${text#"$doc/"}: $link is no heading"
				;;
			esac
			echo "$link" >>links
		done
	done >dead-links
	cat dead-links
	[ -s links ] && [ ! -s dead-links ]
}
sample_valid() {
	schema=$here/share/memory-collector/results/schema.json
	sample=$doc/results/sample/summary.json
	jsonschema -i "$sample" "$schema" || return 1
	sed 's/"schema": 1/"schema": 2/' "$sample" >changed.json
	! jsonschema -i changed.json "$schema" >/dev/null 2>&1
}
# A program's page and its --help name the same options.
pages_complete() {
	for one in "$here"/bin/*; do
		"$one" --help | grep -o -e '--[a-z][a-z-]*' | sort -u >in-help
		sed 's/\\-/-/g' "$here/share/man/man1/${one##*/}.1" | grep -o -e '--[a-z][a-z-]*' |
			sort -u >in-page
		diff in-help in-page || return 1
	done
}
# What works with the rest of the project only, or on its machine, is not there.
source_clean() {
	tree=$(echo "$here"/src/memory-collector-*)
	[ -s "$tree/scripts/kbuild-run.sh" ] || return 1
	for one in "$tree"/*.sh "$tree"/scripts/*; do
		[ -e "$one" ] || continue
		cat "$tree"/Makefile "$tree"/Kbuild "$tree"/dkms.conf "$tree"/scripts/kbuild-*.sh |
			grep -qF "${one##*/}" || {
			echo "nothing calls ${one##*/}"
			return 1
		}
	done
}
# ---- and back ----

uninstalls() {
	MEMORY_COLLECTOR_BUILD=$build DESTDIR=$root "$project/bootstrap" uninstall
}
nothing_left() {
	find "$root" ! -type d >left
	cat left
	[ ! -s left ]
}

check 'installs into a scratch root' installs
bail_out_if_failed 'not installed'
program=$here/bin/run-stress
doc=$here/share/doc/memory-collector
check 'nothing beside the prefix and the modules' nothing_elsewhere
check 'with umask 077 as well, all can be read by others' readable
check 'nothing tells where it was built' build_not_told
if [ -n "$namespace" ]; then
	check 'source and build folder are out of sight' is_alone
else
	skip 'source and build folder are out of sight' 'unshare is not permitted here'
fi
check '--list' runs_alone baseline --list
check '--dry-run finds the module' module_found
check 'and where DKMS would have put it' module_found_elsewhere
check 'the sample of the documents, with plots' reads_sample
reason=$(no_vm)
if [ -n "$reason" ]; then
	skip 'a run in the VM' "$reason"
	skip 'the collector in the VM' "$reason"
else
	check 'a run in the VM' runs_vm
	check 'the collector in the VM' collects
fi
check 'library and headers for others' library_usable
if command -v mandoc >/dev/null || command -v groff >/dev/null; then
	check 'man pages without a warning' pages_clean
else
	skip 'man pages without a warning' 'neither mandoc nor groff is here'
fi
check 'man pages have the options of --help' pages_complete
check 'what man pages refer to is there' pages_lead
check 'and what the documents link to' links_lead
if command -v jsonschema >/dev/null; then
	check 'the schema describes the sample' sample_valid
else
	skip 'the schema describes the sample' 'jsonschema is not here; package python3-jsonschema has it'
fi
check "the modules' source has no other scripts than its own" source_clean
check 'uninstalls' uninstalls
check 'to the last file' nothing_left
check 'another prefix' other_prefix
done_testing
