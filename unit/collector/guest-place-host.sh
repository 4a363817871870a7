#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# guest-place-host.sh plain|unsigned - what loads modules on a person's own machine, which here
# is a guest: module/test_module.sh, collect, and the two fronts of run-stress
#
# plain      a kernel that loads our modules, which are installed for modprobe, too
# unsigned   one that loads signed modules only, for one of the reasons in refusal()
#
# A refusal is the exit code, one line, and nothing that was loaded or tested before it.

set -u
# shellcheck source=unit/collector/guest-build.sh
. /src/unit/collector/guest-build.sh
release=$(cat /build/kernel.release)
updates=/lib/modules/$release/updates/memory-collector
mkdir -p "$updates" /etc/modprobe.d /tmp/results
for name in collector rdt_sim procfs_test_module sync_timer_benchmark_module; do
	cat /build/module/$name.ko >"$updates/$name.ko"
done
depmod || exit 1
# It finds its matrix from where it is installed.
printf '#!/bin/sh\nexec /usr/bin/run-stress "$@"\n' >/build/harness/run-stress
chmod +x /build/harness/run-stress
# Whoever is not root has compiled it as well.
chmod 777 /build

as='' # a command that runs them as somebody else
test_module() {
	who=collector-guest
	$as /src/module/test_module.sh --place host >out 2>err
	code=$?
}
collect() {
	who=collect
	$as /build/harness/collect --place host --simulate --strict --modules /build/module \
		-- /build/unit/collector/alpha burn 300 >out 2>err
	code=$?
}
benchmark() {
	who=run-stress
	$as /src/module/benchmark_sync_timer.sh --place host --duration 200ms --no-plots --quiet \
		--results /tmp/results >out 2>err
	code=$?
}
benchmark_stress() {
	who=run-stress
	$as /src/module/benchmark_sync_timer_stress.sh --place host --only baseline \
		--duration 200ms --no-plots --quiet --results /tmp/results >out 2>err
	code=$?
}

said() {
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

# ---- a kernel that loads them ----

# Both of the collector's modules are looked at, although a build has them of one kernel.
other_kernel() { # PROGRAM MODULE
	LC_ALL=C sed 's/vermagic=[0-9]\./vermagic=0./' "$updates/$2.ko" >"/build/module/$2.ko"
	$1
	cat "$updates/$2.ko" >"/build/module/$2.ko"
	refused "module /build/module/$2.ko is for kernel 0.*, but $release is running: .*--place vm"
}
loaded_already() { # PROGRAM MODULE: and is left alone
	modprobe "$2" || return 1
	$1
	refuses "module $2 is loaded already, and not by $who: .*(rmmod $2)" &&
		[ -e "/sys/module/$2" ]
	result=$?
	modprobe -r "$2" && nothing_left && return $result
}
parameters() { # from the command line, and from modprobe's own files
	echo 'options collector emit=all interval_ns=3000000' >/etc/modprobe.d/collector.conf
	modprobe collector hardware=emulated interval_ns=2000000 || return 1
	given=$(cat /sys/module/collector/parameters/interval_ns \
		/sys/module/collector/parameters/emit /sys/module/collector/parameters/hardware)
	rm /etc/modprobe.d/collector.conf
	modprobe -r collector || return 1
	[ "$given" = "$(printf '2000000\nall\nemulated')" ] || {
		echo "$given"
		return 1
	}
	nothing_left
}
bad_parameter() { # is refused, and nothing is left
	! modprobe collector interval_ns=1 2>err && nothing_left
}
json_alone() {
	benchmark
	[ "$code" = 0 ] && grep -q '^{$' out && grep -q '"place": "host"' out &&
		[ "$(grep -c '"test": ' out)" = 1 ] && grep -q '"test": "baseline"' out || said &&
		nothing_left
}
table_of_one() {
	benchmark_stress
	[ "$code" = 0 ] && grep -q '^1 of 1 scenarios* ok' out || said && nothing_left
}
collects() {
	collect
	[ "$code" = 0 ] && [ ! -s out ] && grep -q '^SIMULATED: ' err || said && nothing_left
}

plain() {
	as='setpriv --reuid 65534 --regid 65534 --clear-groups'
	for program in test_module collect benchmark benchmark_stress; do
		$program
		check "$program: not root" refused 'needs root (sudo); --place vm does not'
	done
	as=
	for program in test_module collect; do
		for name in collector rdt_sim; do
			check "$program: $name of another kernel" other_kernel $program $name
			check "$program: $name is loaded already" loaded_already $program $name
		done
	done
	check 'test_module: its test module is loaded already' \
		loaded_already test_module procfs_test_module
	check 'modprobe: parameters are those given' parameters
	check 'modprobe: a parameter that is not possible' bad_parameter
	check 'benchmark_sync_timer.sh: one scenario, JSON alone' json_alone
	check 'benchmark_sync_timer_stress.sh: options are those of run-stress' table_of_one
	check 'collect: after all of this it works' collects
	echo 1 >/proc/sys/kernel/modules_disabled
	for program in test_module collect; do
		$program
		check "$program: loading of modules is turned off" refused \
			'kernel.modules_disabled is 1.*--place vm'
	done
}

# ---- kernels that refuse ----

by_hand_refused() {
	! modprobe collector 2>err && nothing_left
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

# A signature that is not of this file, from a module that has one
signature() { # MODULE
	# shellcheck disable=SC2046 # four numbers
	set -- "$1" $(tail -c 32 "$1" | head -c 4 | od -An -tu1)
	tail -c $((($4 * 256) + $5 + 12 + 28)) "$1"
}
signed() { # by whom, nobody but the kernel can say
	for name in collector rdt_sim; do
		signature /lib/modules/virtio_console.ko >>/build/module/$name.ko
	done
	wanted='cannot load module /build/module/rdt_sim.ko: the kernel wants a signature'
	case $(cat /proc/cmdline) in
	*lockdown=confidentiality*) wanted=$(refusal) ;; # whatever is signed
	esac
	test_module
	refused "$wanted" || return 1
	collect
	refused "$wanted"
}

unsigned() {
	check 'this kernel does not load the collector' by_hand_refused
	for program in test_module collect benchmark benchmark_stress; do
		$program
		check "$program: nothing is tried, without securityfs, too" refused_up_front
	done
	mount -t securityfs none /sys/kernel/security || exit 1
	for program in test_module collect benchmark benchmark_stress; do
		$program
		check "$program: nor with it" refused_up_front
	done
	if tail -c 28 /lib/modules/virtio_console.ko | grep -q 'Module signature appended'; then
		check 'signed, but not so that this kernel takes it' signed
	else
		skip 'signed, but not so that this kernel takes it' \
			'the guest has no signed module to take a signature from'
	fi
}

$1
done_testing
