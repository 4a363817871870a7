#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# test-bootstrap.sh - what bootstrap refuses, and which kernel images and QEMU it fetches
#
# Nothing is installed, built or downloaded: Meson, Ninja, apt and dpkg are stand-ins
# that write down how they were called.

set -u
# shellcheck source=unit/tap.sh
. "$(dirname "$0")/tap.sh"

project=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
release=9.9.9-test
export calls="$work/calls" release XDG_CACHE_HOME="$work/cache" \
	MEMORY_COLLECTOR_BUILD="$work/build" PATH="$work/bin:$PATH"
cached=$XDG_CACHE_HOME/memory-collector/kernels/$release
mkdir "$work/bin" "$work/build"
: >"$work/build/build.ninja"
echo $release >"$work/build/kernel.release"

stand_in() { # PROGRAM; what it does is on standard input
	{
		# shellcheck disable=SC2016 # for the stand-in
		printf '#!/bin/sh\necho "%s $*" >>"$calls"\n' "$1"
		cat
	} >"$work/bin/$1"
	chmod +x "$work/bin/$1"
}
for program in meson ninja sudo; do
	stand_in $program </dev/null
done
echo 'echo installed' | stand_in dpkg-query
echo 'case "$*" in *linux-binary-*) exit 0 ;; esac; exit 1' | stand_in apt-cache
echo 'case "$*" in *download*) : >image.deb ;; esac' | stand_in apt-get
stand_in dpkg-deb <<'END'
mkdir -p "$3/usr/lib/modules/$release/kernel" && echo new >"$3/usr/lib/modules/$release/vmlinuz"
END

bootstrap() {
	: >"$calls"
	"$project/bootstrap" "$@" >"$work/out" 2>"$work/err"
}
refuses() { # WORDS ARGUMENT...: before anything is installed or built
	words=$1
	shift
	bootstrap "$@"
	code=$?
	[ $code = 2 ] && [ ! -s "$work/out" ] && [ "$(wc -l <"$work/err")" = 1 ] &&
		grep -qF -- "$words" "$work/err" && [ ! -s "$calls" ] || {
		echo "exit code $code"
		cat "$work/out" "$work/err" "$calls"
		return 1
	}
}
goes_on() { # ARGUMENT...: to the tests
	bootstrap "$@" && grep -q '^meson test' "$calls" || {
		cat "$work/err" "$calls"
		return 1
	}
}
place_given() { # ARGUMENT...: taken out of what Meson gets
	goes_on "$@" && grep -q '^meson test .*--suite module --verbose$' "$calls" || {
		cat "$calls"
		return 1
	}
}
# Loads modules as root, where it is not a stand-in that runs.
place_host() { # ARGUMENT...
	echo 'exit 5' | stand_in collector-guest
	mkdir -p "$MEMORY_COLLECTOR_BUILD/unit/guest"
	mv "$work/bin/collector-guest" "$MEMORY_COLLECTOR_BUILD/unit/guest/"
	bootstrap "$@"
	[ $? = 5 ] && grep -qx "collector-guest --build $MEMORY_COLLECTOR_BUILD loading processes samples collect trace-cmd procfs" "$calls"
}
other_kernel() {
	(
		export MEMORY_COLLECTOR_BUILD="$work/build-other"
		MEMORY_COLLECTOR_KERNEL_DIR=/lib/modules/8.8/build bootstrap test
	)
	grep -q "^meson setup $work/build-other $project .*-Dkernel_dir=/lib/modules/8.8/build\$" "$calls" &&
		grep -q "^meson test -C $work/build-other " "$calls" || {
		cat "$work/err" "$calls"
		return 1
	}
}
sanitizes() { # in a folder of its own
	(
		export MEMORY_COLLECTOR_BUILD="$work/build-sanitize"
		bootstrap sanitize --verbose
	)
	grep -q "^meson setup $work/build-sanitize .*-Db_sanitize=address,undefined" "$calls" &&
		grep -q "^meson test -C $work/build-sanitize .*--suite cli --suite unit --suite vm --verbose\$" "$calls" || {
		cat "$work/err" "$calls"
		return 1
	}
}
# The container's own packages are those that nothing here needs: no list is there twice.
container_complete() {
	docker=$project/Dockerfile.devcontainer
	echo 'exit 1' | stand_in dpkg-query
	bootstrap packages
	echo 'echo installed' | stand_in dpkg-query
	sed -n 's/.* install --no-install-recommends //p' "$calls" | tr ' ' '\n' | sort -u >"$work/ours"
	sed -n 's/^\t\([a-z][a-z0-9-]*\) \\$/\1/p' "$docker" | sort -u >"$work/containers"
	for package in stress-ng gnuplot-nox trace-cmd qemu-system; do
		grep -q "^$package" "$work/ours" || echo "bootstrap packages: no $package"
	done >"$work/wrong"
	for package in clang golang libbpf-dev llvm; do
		grep -qx $package "$work/containers" || echo "the container: no $package"
	done >>"$work/wrong"
	comm -12 "$work/ours" "$work/containers" | sed 's/$/: listed twice/' >>"$work/wrong"
	grep -q '/bootstrap packages ' "$docker" || echo 'the container does not call bootstrap' >>"$work/wrong"
	cat "$work/wrong"
	[ ! -s "$work/wrong" ]
}
image_at() { # PATH in the folder of the cache
	rm -rf "$cached"
	mkdir -p "$(dirname "$cached/$1")" "$cached/${2:-}lib/modules/$release/kernel"
	echo old >"$cached/$1"
}
not_fetched() { # PATH...: an image there is taken
	image_at "$@"
	goes_on test && ! grep 'download' "$calls" && [ "$(cat "$cached/$1")" = old ]
}
fetched() { # whatever is in the cache is replaced, not added to
	goes_on test || return 1
	grep -q "^apt-get .*download linux-image-$release linux-binary-$release\$" "$calls" || {
		cat "$calls"
		return 1
	}
	find "$XDG_CACHE_HOME" >"$work/found"
	cat "$work/found"
	[ "$(cat "$cached/usr/lib/modules/$release/vmlinuz")" = new ] && [ ! -e "$cached/tree" ] &&
		! grep -q '/\.fetch-' "$work/found"
}
without_vm() { # PROGRAM COMMAND OPTION...: nothing is fetched that only a VM needs
	program=$1
	shift
	rm -rf "$cached"
	mkdir -p "$MEMORY_COLLECTOR_BUILD/harness"
	stand_in "$program" </dev/null
	mv "$work/bin/$program" "$MEMORY_COLLECTOR_BUILD/harness/"
	bootstrap "$@"
	command=$1
	shift
	grep -qx "$program $*" "$calls" && ! grep apt-get "$calls" || {
		cat "$work/err" "$calls"
		return 1
	}
	# As it is without that option
	bootstrap "$command" && grep -q '^apt-get .*download linux-image' "$calls"
}
fetched_anew() { # from a folder that has no image
	rm -rf "$cached"
	mkdir -p "$cached/boot"
	fetched && [ ! -e "$cached/boot" ]
}
no_image_in_it() {
	rm -rf "$cached"
	echo "mkdir -p \"\$3/usr\"" | stand_in dpkg-deb
	bootstrap test
	[ $? = 3 ] && grep -q "no image and modules of $release" "$work/err" && [ ! -e "$cached" ]
}

# ---- QEMU: one that hangs now and then is replaced, in the cache ----

qemu=qemu-system-$(uname -m)
of_the_cache=$XDG_CACHE_HOME/memory-collector/qemu/$qemu
# The one for other machines, where it is installed, is none of this test's.
for name in qemu-system-x86_64 qemu-system-aarch64; do
	echo "echo 'QEMU emulator version 10.0.2'" | stand_in $name
done
qemu_is() { # VERSION
	echo "echo 'QEMU emulator version $1 (Debian)'" | stand_in "$qemu"
}
archive_has() { # VERSION: of QEMU
	mkdir -p "$work/tree/usr/bin"
	printf '#!/bin/sh\necho "QEMU emulator version %s"\n' "$1" >"$work/tree/usr/bin/$qemu"
	chmod +x "$work/tree/usr/bin/$qemu"
	mkdir -p "$work/tree/usr/lib/x"
	: >"$work/tree/usr/lib/x/libx.so.1"
	stand_in apt-get <<-'END'
		case "$*" in
		*indextargets*) echo 'http://archive.invalid/ bookworm' ;;
		*install*) printf 'Inst %s [1] (2 archive [all])\n' qemu-system-x86 qemu-system-arm ;;
		*download*) : >qemu.deb ;;
		esac
	END
	echo "tar -C '$work/tree' -c ." | stand_in dpkg-deb
}
nothing_fetched() {
	goes_on test && ! grep 'apt-get' "$calls"
}
qemu_fetched() {
	goes_on test && [ "$("$of_the_cache" --version)" = 'QEMU emulator version 10.0.2' ] || {
		cat "$work/err"
		return 1
	}
}
not_tried_again() {
	goes_on test && ! grep 'apt-get' "$calls" && grep -q 'removing .*qemu.tried tries again' "$work/err"
}
finds_its_libraries() { # and nothing in the current folder
	grep -qxF 'export LD_LIBRARY_PATH="$here/usr/lib/x${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"' "$of_the_cache" || {
		cat "$of_the_cache"
		return 1
	}
}
cache_is() { # FOLDER: with XDG_CACHE_HOME and HOME as they are
	[ "$("$project/harness/fetch/cache-dir.sh")" = "$1" ]
}
qemu_stays() { # WORDS: why none is fetched
	rm -rf "${of_the_cache%/*}" "${of_the_cache%/*}.tried"
	goes_on test && grep -q 'going on with the QEMU that is installed' "$work/err" &&
		grep -q -- "$1" "$work/err" && [ ! -e "$of_the_cache" ] &&
		[ ! -e "${of_the_cache%/*}.new" ] || {
		cat "$work/err"
		return 1
	}
}

check 'run --kernels with nothing' refuses '--kernels needs a value' run --kernels
check "run --kernels ''" refuses '--kernels needs a value' run --kernels ''
check 'run --kernels=' refuses '--kernels needs a value' run --kernels=
check "test --kernels ''" refuses '--kernels needs a value' test --kernels ''
check 'a set that there is not' refuses "'moon' is none of" test --kernels stable,moon
check 'a set without a name' refuses "'' is none of" run --kernels stable,
check 'a pattern' refuses "'*' is none of" run --kernels '*'
check 'all and another one' refuses "'all' is none of" run --kernels all,stable
check 'a folder for test' refuses "'../x' is a folder" test --kernels ../x
check 'options beside test --kernels' refuses 'takes no other options' test --kernels rt --verbose
check 'test-module at a place that there is not' refuses "--place 'moon': it can be" \
	test-module --place moon
check 'test-module --place' refuses "--place '': it can be" test-module --place
check 'test-module --place host and more' refuses 'no other options: --verbose' \
	test-module --place host --verbose
check 'test-module --place=host and more' refuses 'no other options: --verbose' \
	test-module --place=host --verbose
check 'test-module --place vm' place_given test-module --place vm --verbose
check 'test-module --place=vm' place_given test-module --place=vm --verbose
check 'test-module --place host' place_host test-module --place host
check 'test-module --place=host' place_host test-module --place=host
check 'run --place host' without_vm run-stress run --only cpu --place host
check 'collect --place=host' without_vm collect collect --place=host -- true
check 'another kernel, in another build folder' other_kernel
check 'the sanitizers, too' sanitizes
check 'packages are those of the development container' container_complete
check 'an image in /boot of the cache is taken' not_fetched boot/vmlinuz-$release
check 'and one among the modules' not_fetched usr/lib/modules/$release/vmlinuz usr/
rm -rf "$cached"
check 'an image is fetched' fetched
check 'and takes the place of a folder without one' fetched_anew
check 'a package without an image' no_image_in_it

image_at boot/vmlinuz-$release
archive_has 10.0.2
for version in 8.1.0 9.2.1 10.0.2; do
	qemu_is $version
	check "QEMU $version is good enough" nothing_fetched
done
qemu_is 7.2.22
if grep -qx 'VERSION_CODENAME=bookworm' /etc/os-release; then
	check 'QEMU 7.2.22 is not: a newer one is fetched' qemu_fetched
	check 'once' nothing_fetched
	check 'with the libraries that came along' finds_its_libraries
	archive_has 7.2.23
	check 'what is no better is not taken' qemu_stays 'does not run here'
	echo 'exit 1' | stand_in apt-get
	check 'without an archive' qemu_stays 'not configured for an archive'
	check 'which is not tried again on that day' not_tried_again
else
	check 'elsewhere than on Debian 12' qemu_stays 'there is no newer one to fetch'
fi

check 'the cache folder: an absolute one' cache_is "$XDG_CACHE_HOME/memory-collector"
check "a relative one is none: below HOME" eval \
	'(XDG_CACHE_HOME=somewhere HOME=/h cache_is /h/.cache/memory-collector)'
echo 'exit 2' | stand_in getent
check 'a user without a home folder' eval \
	'! (unset XDG_CACHE_HOME HOME; "$project/harness/fetch/cache-dir.sh" 2>/dev/null)'
done_testing
