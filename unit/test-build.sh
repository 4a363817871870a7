#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# test-build.sh - does Ninja's and Kbuild's idea of "up to date" hold?
#
# usage: test-build.sh SOURCE_ROOT
#
# Works on a copy of module/ in a folder of its own, with the two timer modules, and
# changes there what people and package updates change. What counts is which modules
# get built, which stay, and that the run after it has nothing to do.

set -u

root=$(cd "$1" && pwd) || exit 1
timer=sync_timer_benchmark_module
tester=sync_timer_test_module
failed=0

# Flags and a job server of a make that runs the tests are not for the builds in here.
unset MAKEFLAGS MAKELEVEL

for tool in meson ninja make; do
	command -v $tool >/dev/null || {
		echo "SKIP: $tool is not here"
		exit 77
	}
done
headers=$("$root/module/scripts/kernel-dir.sh" 2>&1) || {
	echo "SKIP: $headers"
	exit 77
}
unset MEMORY_COLLECTOR_LIB_MODULES

top=$(mktemp -d) || exit 1
trap 'rm -rf "$top"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cd "$top" || exit 1
log=$top/log
source="$top/the source"
build=$top/build
farm=$build/module/kbuild

section() {
	printf '%s\n' "- $*"
}

check() {
	what=$1
	shift
	if "$@"; then
		printf 'ok    %s\n' "$what"
	else
		failed=$((failed + 1))
		printf 'FAIL  %s\n' "$what"
		[ ! -s "$log" ] || sed 's/^/      | /' "$log"
	fi
}

run() {
	"$@" >"$log" 2>&1
}

refused() {
	if run "$@"; then
		return 1
	fi
}

says() {
	grep -q -e "$1" "$log"
}

silent_on() {
	! says "$1"
}

same() {
	[ "$1" = "$2" ] || {
		printf 'got:  %s\nwant: %s\n' "$1" "$2" >>"$log"
		false
	}
}

copy_source() {
	mkdir -p "$1/module"
	(cd "$root/module" && tar -cf - --exclude=./build .) | (cd "$1/module" && tar -xf -)
	cp "$root/meson_options.txt" "$1"
	# All of the tree's modules would take longer and tell nothing new.
	sed -i -e "s/^modules := .*/modules := $timer $tester/" -e '/^modules += /d' "$1/module/Kbuild"
	cat >"$1/meson.build" <<-'END'
	project('build-test', meson_version: '>= 0.61')
	subdir('module')
	message('release=' + kernel_release + ' modules=' + ' '.join(module_names))
	END
}

# The kernel's build folder with files of our own where an update would bring others.
copy_kernel() {
	mkdir -p "$1/include/generated"
	for entry in "$headers"/* "$headers/.kernelvariables"; do
		[ ! -e "$entry" ] || [ "${entry##*/}" = include ] || ln -s "$entry" "$1"
	done
	for entry in "$headers"/include/*; do
		[ "${entry##*/}" = generated ] || ln -s "$entry" "$1/include"
	done
	for entry in "$headers"/include/generated/*; do
		ln -s "$entry" "$1/include/generated"
	done
	for file in .config Module.symvers include/generated/autoconf.h; do
		rm -f "$1/$file"
		cp "$headers/$file" "$1/$file"
	done
}

# Name, time and inode of each module: what a build changes.
modules_now() {
	# Ninja removes them when it is interrupted.
	(cd "$build/module" && stat -c '%n %y %i' -- *.ko 2>/dev/null | sort)
}

# Names of the modules that are not as modules_now said.
changed_since() {
	modules_now | while read -r line; do
		printf '%s\n' "$1" | grep -qxF "$line" || printf '%s ' "${line%%.ko *}"
	done
}

# usage: builds WHAT MODULES: Ninja builds exactly these, then has nothing to do
builds() {
	before=$(modules_now)
	check "$1: builds" run ninja -C "$build"
	check "$1: exactly '${2% }'" same "$(changed_since "$before")" "$2"
	run ninja -C "$build"
	check "$1: then there is no work to do" says 'no work to do'
}

both="$timer $tester "

first_build() {
	section 'first build, with an environment meant for user space'
	copy_source "$source"
	copy_kernel "$top/kernel"
	chmod -R a-w "$source"
	source_before=$(cd "$source" && find . -exec stat -c '%n %y %s' {} + | sort)
	check 'configures' run meson setup "$build" "$source" -Dkernel_dir="$top/kernel"
	check 'uses nothing newer than Meson 0.61' silent_on 'WARNING'
	check 'knows its modules' says "modules=$timer $tester\$"
	check 'builds' run env CC=false HOSTCC=false LD=false CFLAGS=-Wrong LDFLAGS=-Wrong \
		KCFLAGS=-Wrong KBUILD_CFLAGS=-Wrong MAKEFLAGS=-n ARCH=none CROSS_COMPILE=none- \
		LLVM=1 M=/ O=/none KBUILD_OUTPUT=/none KBUILD_EXTMOD=/none ninja -v -C "$build"
	check 'both modules are there' test -s "$build/module/$timer.ko" -a -s "$build/module/$tester.ko"
	run ninja -C "$build"
	check 'then there is no work to do' says 'no work to do'
	source_after=$(cd "$source" && find . -exec stat -c '%n %y %s' {} + | sort)
	check 'the source is as it was' same "$source_after" "$source_before"
	chmod -R u+w "$source"
}

changed_sources() {
	section 'changed sources'
	touch "$source/module/benchmark/sync_timer_benchmark_trace.h"
	builds 'header of one module' "$timer "
	touch "$source/module/core/interval.h"
	builds 'header of both' "$both"
	touch "$source/module/tests/sync_timer_test.c"
	builds 'source of one' "$tester "
	touch "$source/module/compat/probes/sanity.c"
	builds 'compile probe' "$both"

	cat >"$source/module/core/brand_new.h" <<-'END'
	/* SPDX-License-Identifier: GPL-2.0 */
	END
	echo '#include "core/brand_new.h"' >>"$source/module/tests/sync_timer_test.c"
	builds 'added #include' "$tester "
	touch "$source/module/core/brand_new.h"
	builds 'header that was added' "$tester "
	sed -i '/brand_new/d' "$source/module/tests/sync_timer_test.c"
	rm "$source/module/core/brand_new.h"
	builds 'removed header' "$tester "
	check 'its link is gone' test ! -L "$farm/core/brand_new.h"
}

changed_kbuild() {
	section 'changed Kbuild'
	cp "$source/module/Kbuild" "$top/Kbuild"
	cat >"$source/module/extra.c" <<-'END'
	// SPDX-License-Identifier: GPL-2.0
	#include <linux/module.h>
	#include "sync_timer.h"
	MODULE_LICENSE("GPL");
	MODULE_DESCRIPTION("Memory Collector build test");
	END
	# One line says that there is a module, one what it is made of.
	sed -i "s/^modules := .*/&\nmodules += extra_module\nextra_module-parts := extra/" \
		"$source/module/Kbuild"
	builds 'module added' 'extra_module '

	echo 'int extra_part(void); int extra_part(void) { return 0; }' >"$source/module/extra_part.c"
	sed -i 's/^extra_module-parts := .*/& extra_part/' "$source/module/Kbuild"
	builds 'source added to it' 'extra_module '
	touch "$source/module/extra_part.c"
	builds 'source that was added' 'extra_module '

	sed -i 's/^extra_module-parts := .*/extra_module-parts := extra/' "$source/module/Kbuild"
	rm "$source/module/extra_part.c"
	builds 'source removed from it' 'extra_module '

	cp "$top/Kbuild" "$source/module/Kbuild"
	rm "$source/module/extra.c"
	builds 'module removed' ''
	check 'and is gone' test ! -e "$build/module/extra_module.ko" -a ! -e "$farm/extra_module.ko"
}

failing_build() {
	section 'a build that fails'
	cp "$source/module/timer/sync_timer.c" "$top/sync_timer.c"
	echo 'static int unused_variable;' >>"$source/module/timer/sync_timer.c"
	check 'a warning is an error' refused ninja -C "$build"
	check 'and is shown' says 'unused_variable'
	cp "$top/sync_timer.c" "$source/module/timer/sync_timer.c"
	builds 'mended' "$both"
}

kernel_update() {
	section 'kernel update'
	for file in .config Module.symvers include/generated/autoconf.h; do
		touch "$top/kernel/$file"
		builds "touched $file" "$both"
	done
	# As a package manager does it: another content, older than what was built.
	sed 's/^CONFIG_CC_VERSION_TEXT=.*/CONFIG_CC_VERSION_TEXT="none"/' "$headers/.config" >"$top/.config"
	touch -d '2001-01-01' "$top/.config"
	mv -f "$top/.config" "$top/kernel/.config"
	builds 'older .config moved into place' "$both"

	check 'other kernel_dir' run meson configure "$build" -Dkernel_dir="$headers"
	builds 'other kernel_dir' "$both"
	check 'back again' run meson configure "$build" -Dkernel_dir="$top/kernel"
	builds 'back again' "$both"

	mv "$top/kernel" "$top/kernel.away"
	check 'a kernel folder that went away is an error' refused ninja -C "$build"
	check 'that names it' says "'$top/kernel'.*does not exist"
	mv "$top/kernel.away" "$top/kernel"
	check 'and is forgotten when it is back' run ninja -C "$build"
}

# The compiler and the number of jobs are what make was called with.
kernel_compiler() {
	section "the kernel's compiler, ninja's jobs"
	mkdir -p "$top/bin"
	compiler=$(command -v "$(sed -n 's/^CONFIG_CC_VERSION_TEXT="\([^ "]*\).*/\1/p' \
		"$headers/.config")" || command -v gcc)
	printf '#!/bin/sh\nexec "%s" "$@"\n' "$compiler" >"$top/bin/kernel-cc"
	printf '#!/bin/sh\necho "%s" >>"%s/flags"\nexec "%s" "$@"\n' "\$MAKEFLAGS" "$top" \
		"$(command -v make)" >"$top/bin/make"
	chmod +x "$top/bin/kernel-cc" "$top/bin/make"
	rm -f "$top/kernel/.kernelvariables"
	sed -i 's/^CONFIG_CC_VERSION_TEXT=.*/CONFIG_CC_VERSION_TEXT="kernel-cc (none) 1"/' \
		"$top/kernel/.config"
	: >"$top/flags"
	check 'builds' run env PATH="$top/bin:$PATH" ninja -j 3 -C "$build"
	check "with the kernel's compiler" grep -q 'kernel-cc' \
		"$farm/objects/$timer/timer/.sync_timer.o.cmd"
	check 'with -j3' same "$(head -n 1 "$top/flags")" '-j3'
	rm -rf "$top/kernel"
	copy_kernel "$top/kernel"
	builds "Debian's compiler again" "$both"
}

# A compiler that takes nothing of what it is asked, then one that takes anything: what
# the probes would say of the kernel is wrong, and nothing must be built of it.
wrong_probes() {
	section 'probes that answer wrongly'
	mkdir -p "$top/wrong"
	have=$farm/compat/have.h
	cp "$have" "$top/have.h"
	for answer in 'false:sanity.c: does not compile' 'true:nonsense.c: compiles'; do
		cat >"$top/wrong/${compiler##*/}" <<-END
		#!/bin/sh
		case "\$*" in
		*.probing/*) exec ${answer%%:*} ;;
		esac
		exec "$compiler" "\$@"
		END
		chmod +x "$top/wrong/${compiler##*/}"
		touch "$source/module/compat/probes/sanity.c"
		check "always ${answer%%:*}: no build" refused env PATH="$top/wrong:$PATH" ninja -C "$build"
		check 'one line says why' same "$(grep -c "probe\.sh: .*/${answer#*:}.*check the kernel headers" \
			"$log")" 1
		check 'what the kernel has stays as it was' cmp -s "$have" "$top/have.h"
		check 'and nothing of the question is left' test ! -e "$have.probing"
	done
	builds "Debian's compiler again" "$both"
}

# Starts a build whose compiler stands still in the middle of it while $top/hold
# exists, for a minute at most. Sets ninja to its process.
start_held_build() {
	mkdir -p "$top/held"
	cat >"$top/held/${compiler##*/}" <<-END
	#!/bin/sh
	case "\$*" in
	*/objects/*)
		: >"$top/at-work"
		tries=0
		while [ -e "$top/hold" ] && [ \$tries -lt 600 ]; do
			tries=\$((tries + 1))
			sleep 0.1
		done
		;;
	esac
	exec "$compiler" "\$@"
	END
	chmod +x "$top/held/${compiler##*/}"
	touch "$top/hold" "$source/module/core/types.h"
	rm -f "$top/at-work"
	PATH="$top/held:$PATH" setsid ninja -C "$build" >/dev/null 2>&1 &
	ninja=$!
	tries=0
	until [ -e "$top/at-work" ] || [ $tries = 600 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
	check 'Kbuild is at work' test -e "$top/at-work" -a -e "$farm/.running"
}

# Ninja gives each command a process group of its own; the session is the same. A
# process that ends meanwhile is an error to sed only.
session() {
	sed -n "s/^\([0-9]*\) (.*) [^Z] [0-9]* [0-9]* $1 .*/\1/p" /proc/[0-9]*/stat 2>/dev/null
}

kill_session() {
	while members=$(session "$1"); [ -n "$members" ]; do
		# shellcheck disable=SC2086 # a list of numbers
		kill -KILL $members 2>/dev/null
	done
}

killed_build() {
	section 'killed builds'
	cp "$build/module/$timer.ko" "$top/whole.ko"

	start_held_build
	kill_session "$ninja"
	wait "$ninja" 2>/dev/null
	# The worst that it can have left: half an object, newer than its source.
	for object in "$farm/objects/$timer/timer/sync_timer.o" "$farm/$timer.o" "$farm/$timer.ko"; do
		echo half >"$object"
	done
	builds 'after everything was killed' "$both"
	check 'the module is whole' cmp -s "$build/module/$timer.ko" "$top/whole.ko"

	start_held_build
	kill -KILL "$ninja"
	wait "$ninja" 2>/dev/null
	check 'while its make lives on, the next build waits' refused timeout 5 ninja -C "$build"
	check 'without harm' silent_on 'FAILED'
	rm "$top/hold"
	builds 'and then builds' "$both"
	check 'the module is whole' cmp -s "$build/module/$timer.ko" "$top/whole.ko"
}

no_headers() {
	section 'no kernel headers'
	mkdir -p "$top/none"
	export MEMORY_COLLECTOR_LIB_MODULES="$top/none"
	check 'auto configures' run meson setup "$top/auto" "$source"
	check 'and names the package' says 'not built *: no kernel headers.*linux-headers-'
	check 'without modules' says 'release= modules=$'
	check 'and builds' run ninja -C "$top/auto"
	check 'enabled is refused' refused meson setup "$top/enabled" "$source" -Dmodule=enabled
	check 'and names the package' says 'ERROR: .*linux-headers-'
	check 'disabled configures' run meson setup "$top/disabled" "$source" -Dmodule=disabled
	check 'silently' silent_on 'headers'
	unset MEMORY_COLLECTOR_LIB_MODULES
}

wrong_kernel_dir() {
	section 'wrong kernel_dir'
	mkdir -p "$top/empty" "$top/a kernel"
	check 'nothing there: refused' refused meson setup "$top/w1" "$source" -Dkernel_dir="$top/nowhere"
	check 'and says so' says "ERROR: .*'$top/nowhere' cannot be used: it does not exist"
	check 'empty: refused' refused "$root/module/scripts/kernel-dir.sh" "$top/empty"
	check 'and says so' says "'$top/empty'.* it has no readable Makefile"
	check 'with a blank: refused' refused "$root/module/scripts/kernel-dir.sh" "$top/a kernel"
	check 'and says so' says "'$top/a kernel'.*a character that Kbuild cannot handle"
	check 'relative: refused' refused meson setup "$top/w2" "$source" -Dkernel_dir=empty
	check 'and says so' says "ERROR: .*'empty'.*absolute"
}

# usage: kernels LIB_MODULES RELEASE...: makes what looks like their headers
kernels() {
	lib=$1
	shift
	for release in "$@"; do
		mkdir -p "$lib/$release/build/include/generated"
		for file in Makefile .config Module.symvers include/generated/autoconf.h; do
			: >"$lib/$release/build/$file"
		done
		printf '#define UTS_RELEASE "%s"\n' "$release" \
			>"$lib/$release/build/include/generated/utsrelease.h"
	done
}

choice() {
	MEMORY_COLLECTOR_LIB_MODULES=$1 "$root/module/scripts/kernel-dir.sh" 2>"$log"
}

kernel_choice() {
	section 'choice of the kernel'
	lib=$top/lib
	kernels "$lib" 6.1.0-9-test 6.1.0-10-test 5.19.0-99-test
	check 'the newest' same "$(choice "$lib")" "$lib/6.1.0-10-test/build"
	mkdir -p "$lib/6.2.0-test"
	ln -s /none "$lib/6.2.0-test/build"
	kernels "$lib" 6.3.0-test
	rm "$lib/6.3.0-test/build/Module.symvers"
	check 'the newest that is complete' same "$(choice "$lib")" "$lib/6.1.0-10-test/build"
	kernels "$lib" "$(uname -r)"
	check 'the running one first' same "$(choice "$lib")" "$lib/$(uname -r)/build"
}

# Those of Ubuntu 22.04's first kernel, with which nothing compiles
old_kernels() {
	section 'kernels that are too old'
	lib=$top/old
	kernels "$lib" 5.15.0-91-generic 6.0.19-test
	check 'none is taken' same "$(choice "$lib")" ''
	check 'and what is missing is said' says "^no kernel headers of Linux 6.1 or later in $lib; package "
	kernels "$lib" 6.1.0-rc1-test 6.10.0-test
	check 'they are passed over' same "$(choice "$lib")" "$lib/6.10.0-test/build"
	rm -rf "$lib/6.10.0-test"
	check 'not the oldest that will do' same "$(choice "$lib")" "$lib/6.1.0-rc1-test/build"
	check 'given by hand: refused' refused meson setup "$top/w3" "$source" \
		-Dkernel_dir="$lib/5.15.0-91-generic/build"
	check 'and one line says why' \
		says "ERROR: .*kernel_dir '.*' cannot be used: it is of Linux 5.15.0-91-generic, and the modules need 6.1 or later"
	: >"$lib/6.1.0-rc1-test/build/include/generated/utsrelease.h"
	check 'one that does not say: refused' refused "$root/module/scripts/kernel-dir.sh" \
		"$lib/6.1.0-rc1-test/build"
	check 'and says so' says 'utsrelease.h names no release'
}

odd_folders() {
	section 'odd folders'
	check 'build folder with a blank: refused' refused meson setup "$top/a blank" "$source" \
		-Dkernel_dir="$headers"
	check 'and says so' says 'ERROR: .*Kbuild cannot build in .*use another build folder'
	for name in 'a:colon' 'per%cent' "quo'te" "dol\$lar" 'com,ma' 'equals='; do
		check "farm '$name': refused" refused "$root/module/scripts/kbuild-farm.sh" \
			"$source/module" "$top/$name"
		check 'and is not made' test ! -e "$top/$name"
	done
	check 'build folder with other signs: configures' run meson setup "$top/b+1@y~_-" \
		"$source" -Dkernel_dir="$headers"
	check 'and builds' run ninja -C "$top/b+1@y~_-"
	mkdir "$top/full"
	: >"$top/full/mine"
	check 'a folder with files in it is no farm' refused "$root/module/scripts/kbuild-farm.sh" \
		"$source/module" "$top/full"
	check 'and says so' says "'$top/full' is not empty"
	check 'and keeps its files' test -e "$top/full/mine"
}

without_meson() {
	section 'module/Makefile'
	copy_source "$top/plain"
	check 'builds' run make -C "$top/plain/module" -j2 KERNEL_DIR="$headers"
	check 'in peace with the job server' silent_on 'jobserver'
	check 'the modules are in build/' test -s "$top/plain/module/build/$timer.ko" -a \
		-s "$top/plain/module/build/$tester.ko"
	before=$(cd "$top/plain/module/build" && stat -c '%n %y' -- *.ko)
	check 'builds again' run make -C "$top/plain/module" KERNEL_DIR="$headers"
	check 'nothing' same "$(cd "$top/plain/module/build" && stat -c '%n %y' -- *.ko)" "$before"
	check 'refuses a wrong kernel' refused make -C "$top/plain/module" KERNEL_DIR="$top/empty"
	check 'and says why' says 'it has no readable Makefile'
	check 'cleans' run make -C "$top/plain/module" clean
	check 'all of it' test ! -e "$top/plain/module/build"
}

first_build
if [ "$failed" -gt 0 ]; then
	echo 'the rest would fail for the same reason'
	exit 1
fi
changed_sources
changed_kbuild
failing_build
kernel_update
kernel_compiler
wrong_probes
killed_build
no_headers
wrong_kernel_dir
kernel_choice
old_kernels
odd_folders
without_meson

echo "$failed checks failed"
[ "$failed" = 0 ]
