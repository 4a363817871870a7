#!/bin/sh
# shellcheck disable=SC2034,SC2154 # what is of machine.sh, or for it
# SPDX-License-Identifier: GPL-2.0
#
# place-host.sh - what loads the collector on a person's own machine: module/test_module.sh,
# collect, and beside them the two fronts of run-stress; for machine.sh, which sources it

# ---- a kernel that loads them ----

# Both of the collector's modules are looked at, although a build has them of one kernel.
other_kernel() { # PROGRAM MODULE
	LC_ALL=C sed 's/vermagic=[0-9]\./vermagic=0./' "$updates/$2.ko" >"/build/module/$2.ko"
	$1
	cat "$updates/$2.ko" >"/build/module/$2.ko"
	refused "module /build/module/$2.ko is for kernel 0.*, but $release is running: .*--place vm"
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

place_host() {
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
}

# ---- kernels that refuse ----

# A signature that is not of this file, from a module that has one
signature() { # MODULE
	# shellcheck disable=SC2046 # four numbers
	set -- "$1" $(tail -c 32 "$1" | head -c 4 | od -An -tu1)
	tail -c $((($4 * 256) + $5 + 12 + 28)) "$1"
}
taken_for_signed() { # Only the kernel can tell whose signature it is.
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
signed() {
	if tail -c 28 /lib/modules/virtio_console.ko | grep -q 'Module signature appended'; then
		check 'signed, but not so that this kernel takes it' taken_for_signed
	else
		skip 'signed, but not so that this kernel takes it' \
			'the guest has no signed module to take a signature from'
	fi
}
