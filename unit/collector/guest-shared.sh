#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# guest-shared.sh - module/test_module.sh --place host, as root on a machine where others
# work as well, which here is a guest
#
# /src is the source, /build a build folder in which everything is up to date: what would
# install packages or compile is played by programs that do nothing.

set -u
work=/tmp/work
mkdir -p "$work" /stubs
# shellcheck source=unit/tap.sh
. /src/unit/tap.sh
export MEMORY_COLLECTOR_BUILD=/build PATH=/stubs:/usr/bin:/bin
for name in cc make meson ninja pkg-config modinfo; do
	printf '#!/bin/sh\n' >/stubs/$name
done
chmod +x /stubs/* /src/bootstrap /src/module/test_module.sh
: >/build/build.ninja
cat /proc/sys/kernel/osrelease >/build/kernel.release

# What the others do: processes come and go, by fork and exec, and now and then a crowd. One
# is called alpha, as the test's own are.
while :; do
	/build/unit/collector/beta forks 10
	/build/unit/collector/beta together 4
	sleep 0.2
done &
others=$!
for ms in 1000001 1000002 1000003 1000004 1000005 1000006 1000007 1000008; do
	/build/unit/collector/beta sleep "$ms" &
	others="$others $!"
done
/build/unit/collector/alpha sleep 1000009 &
alpha=$!
others="$others $alpha"

nothing_left() {
	[ ! -e /sys/module/collector ] && [ ! -e /sys/module/rdt_sim ] &&
		[ -z "$(ls /sys/kernel/tracing/instances)" ]
}

all_pass() {
	/src/module/test_module.sh --place host >out 2>err
	code=$?
	[ "$code" = 0 ] && ! grep '^not ok' out && grep -q '^1\.\.[1-9]' out && nothing_left || {
		echo "exit code $code"
		grep '^not ok' -A 3 out
		cat err
		return 1
	}
}

# Sent to the program that bootstrap has become
stopped() { # SIGNAL NUMBER
	/src/module/test_module.sh --place host >out 2>err &
	running=$!
	steps=0
	until [ -e /sys/module/collector ]; do
		steps=$((steps + 1))
		[ $steps -le 600 ] && kill -0 $running || return 1
		sleep 0.1
	done
	kill -s "$1" $running
	wait $running
	code=$?
	[ $code = $((128 + $2)) ] && grep -q '^not ok .*stopped by signal' out && nothing_left || {
		echo "exit code $code"
		cat out err
		return 1
	}
}

alpha_lives() {
	read -r name </proc/$alpha/comm && [ "$name" = alpha ]
}

cd /tmp || exit 1
check 'all of it, beside others' all_pass
check 'and others that are called as its own still run' alpha_lives
check 'SIGTERM: a failed check, and nothing is left' stopped TERM 15
check 'SIGINT likewise' stopped INT 2
# shellcheck disable=SC2086 # a list of numbers
kill $others
done_testing
