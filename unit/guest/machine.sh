#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# machine.sh plain|unsigned|clock [WORD...] - a guest as a person's own machine, on which
# people build, measure and collect as root; the WORDs are those of unit/meson.build
#
# plain      a kernel that loads our modules, which are installed for modprobe, too
# unsigned   one that loads signed modules only, for one of the reasons in refusal()
# clock      one with maxcpus=1 highres=off: CPUs and clock are not as usual (clock.sh)
#
# /src is the source, /build a build folder in which everything is up to date: what would
# install packages or compile is played by programs that do nothing. What is tested there is in
# host.sh (run-stress), and in place-host.sh and shared.sh (test_module.sh, collect, and their
# neighbours).
# A refusal is the exit code, one line, and nothing that was loaded or tested before it.

set -u
work=/tmp/work
release=$(cat /proc/sys/kernel/osrelease)
updates=/lib/modules/$release/updates/memory-collector
mkdir -p "$work" /stubs /tmp/results "$updates" /etc/modprobe.d
# shellcheck source=unit/tap.sh
. /src/unit/tap.sh
export MEMORY_COLLECTOR_BUILD=/build PATH=/stubs:/usr/bin:/bin
for name in cc make meson ninja pkg-config modinfo mke2fs gnuplot xz stress-ng \
	qemu-system-"$(uname -m)"; do
	command -v $name >/dev/null || printf '#!/bin/sh\n' >/stubs/$name
done
chmod +x /stubs/* /src/bootstrap /src/module/*.sh
: >/build/build.ninja
echo "$release" >/build/kernel.release
for name in collector rdt_sim procfs_test_module sync_timer_benchmark_module; do
	cat /build/module/$name.ko >"$updates/$name.ko"
done
depmod || exit 1
# It finds its matrix from where it is installed.
printf '#!/bin/sh\nexec /usr/bin/run-stress "$@"\n' >/build/harness/run-stress
chmod +x /build/harness/run-stress
# Whoever is not root has compiled it as well.
chmod 777 /build
cd "$work" || exit 1

# What counts is what it prints, since processes end meanwhile
loads() {
	grep -l '^stress-ng' /proc/[0-9]*/comm 2>/dev/null
}

# Results are, where they are whole.
nothing_left() {
	left=$(
		ls -d /sys/module/collector /sys/module/rdt_sim /sys/module/procfs_test_module \
			/sys/module/sync_timer_benchmark_module /run/memory-collector \
			/sys/kernel/tracing/instances/* /tmp/memory-collector-* \
			/tmp/results/.[!.]* 2>/dev/null
		loads
	)
	[ -z "$left" ] || {
		echo "left: $left"
		return 1
	}
}

# ---- what runs here: each fills out, err and code, and says in $who which program speaks ----

as='' # a command that runs them as somebody else
host() { # OPTION...
	who=run-stress
	$as run-stress --place host --only baseline --duration 2s --no-plots --quiet \
		--results /tmp/results "$@" >out 2>err
	code=$?
}
test_module() {
	who=collector-guest
	$as /src/module/test_module.sh --place host >out 2>err
	code=$?
}
collect() {
	who=collect
	$as /build/harness/collect --place host --simulate --strict --modules /build/module \
		-- /build/unit/guest/alpha burn 300 >out 2>err
	code=$?
}
benchmark() {
	who=run-stress
	$as /src/module/benchmark_sync_timer.sh --place host --duration 2s --no-plots --quiet \
		--results /tmp/results >out 2>err
	code=$?
}
benchmark_stress() {
	who=run-stress
	$as /src/module/benchmark_sync_timer_stress.sh --place host --only baseline \
		--duration 2s --no-plots --quiet --results /tmp/results >out 2>err
	code=$?
}

said() { # for a check that fails
	echo "exit code $code"
	cat out err
	return 1
}
refuses() { # PATTERN
	[ "$code" = 3 ] && [ ! -s out ] && [ "$(wc -l <err)" = 1 ] && grep -q "^$who: .*$1" err ||
		said
}
refused() { # PATTERN
	refuses "$1" && nothing_left
}
loaded_already() { # PROGRAM MODULE: and is left alone
	modprobe "$2" || return 1
	$1
	refuses "module $2 is loaded already, and not by $who: .*(rmmod $2)" &&
		[ -e "/sys/module/$2" ]
	result=$?
	modprobe -r "$2" && nothing_left && return $result
}
by_hand_refused() { # MODULE
	! modprobe "$1" 2>err && nothing_left
}

# ---- all of it ----

# Long ones above all: --only with the names of a large matrix is one argument.
arguments_as_they_are() { # WORD...
	long=x
	while [ ${#long} -lt 16384 ]; do
		long=$long$long
	done
	[ $# = 4 ] && [ "$1" = $long ] && [ "$2" = ' two  blanks ' ] &&
		[ "$3" = "\"it's\" %s \\n" ] && [ "$4" = last ] || {
		printf '<%s>\n' "$@"
		return 1
	}
}

all_refuse() { # WHEN PATTERN PROGRAM...
	when=$1
	pattern=$2
	shift 2
	for program; do
		$program
		check "$program: $when" refused "$pattern"
	done
}

plain() {
	as='setpriv --reuid 65534 --regid 65534 --clear-groups'
	all_refuse 'not root' 'needs root (sudo); --place vm does not' \
		host test_module collect benchmark benchmark_stress
	as=
	host_refusals
	host_runs
	place_host
	shared
	echo 1 >/proc/sys/kernel/modules_disabled
	all_refuse 'loading of modules is turned off' 'kernel.modules_disabled is 1.*--place vm' \
		host test_module collect
}

refusal() {
	case $(cat /proc/cmdline) in
	*lockdown=confidentiality*) echo '(level confidentiality), .* no tracing.*: boot' ;;
	*lockdown=integrity*) echo '(level integrity), and module .* is not signed: sign' ;;
	*) echo '(module.sig_enforce), and module .* is not: sign' ;;
	esac
}
# No VM is proposed: it would be one in this VM, which has no KVM.
refused_up_front() {
	refused "$(refusal)" && ! grep -- '--place vm' err
}

unsigned() {
	for module in $bench collector; do
		check "this kernel does not load $module" by_hand_refused $module
	done
	for securityfs in without with; do
		[ $securityfs = without ] || mount -t securityfs none /sys/kernel/security || exit 1
		for program in host test_module collect benchmark benchmark_stress; do
			$program
			check "$program: nothing is tried, $securityfs securityfs" refused_up_front
		done
	done
	signed
}

clock() {
	# shellcheck source=unit/guest/clock.sh
	. /src/unit/guest/clock.sh
}

# shellcheck source=unit/guest/host.sh
. /src/unit/guest/host.sh
# shellcheck source=unit/guest/place-host.sh
. /src/unit/guest/place-host.sh
# shellcheck source=unit/guest/shared.sh
. /src/unit/guest/shared.sh
kernel=$1
shift
check 'arguments, of 16,384 bytes and of odd characters' arguments_as_they_are "$@"
$kernel
done_testing
