# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
#
# guest-build.sh - the guest as a machine on which people build, for scripts that source it
#
# /src is the source, /build a build folder in which everything is up to date: what would
# install packages or compile is played by programs that do nothing. Works in $work.

work=/tmp/work
mkdir -p "$work" /stubs
# shellcheck source=unit/tap.sh
. /src/unit/tap.sh
export MEMORY_COLLECTOR_BUILD=/build PATH=/stubs:/usr/bin:/bin
for name in cc make meson ninja pkg-config modinfo mke2fs gnuplot xz stress-ng \
	qemu-system-"$(uname -m)"; do
	command -v $name >/dev/null || printf '#!/bin/sh\n' >/stubs/$name
done
chmod +x /stubs/* /src/bootstrap /src/module/*.sh
: >/build/build.ninja
cat /proc/sys/kernel/osrelease >/build/kernel.release
cd "$work" || exit 1

nothing_left() {
	left=$(ls -d /sys/module/collector /sys/module/rdt_sim /sys/module/procfs_test_module \
		/sys/module/sync_timer_benchmark_module /run/memory-collector \
		/sys/kernel/tracing/instances/* 2>/dev/null)
	[ -z "$left" ] || {
		echo "left: $left"
		return 1
	}
}
