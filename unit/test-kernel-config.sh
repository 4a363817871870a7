#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# test-kernel-config.sh - do the modules link where the kernel is configured differently?
#
# usage: test-kernel-config.sh SOURCE KERNEL_DIR
#
# Compiles them for a kernel that is there, but with headers as another configuration or a
# later version makes them, and looks at what they would need of that kernel. Nothing that
# comes out is ever loaded.

set -u
# shellcheck source=unit/tap.sh
. "$(dirname "$0")/tap.sh"

source=$(realpath "${1:?usage: test-kernel-config.sh SOURCE KERNEL_DIR}") || exit 1
kernel=${2:?usage: test-kernel-config.sh SOURCE KERNEL_DIR}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
unset MAKEFLAGS MAKELEVEL

for tool in make nm; do
	command -v $tool >/dev/null || {
		echo "1..0 # SKIP $tool is not here; ./bootstrap test installs it"
		exit 0
	}
done

# CONFIG_PROVE_RCU_LIST, with which for_each_thread() of later kernels looks at a lock that is
# not exported, and no CONFIG_RTC_CLASS: a header behind the kernel's own.
other_kernel() {
	cat <<-'END'
	#include <linux/sched/task.h>
	#undef CONFIG_RTC_CLASS
	#undef __for_each_thread
	#define __for_each_thread(signal, t)                                                   \
		for (READ_ONCE(*(char *)&tasklist_lock),                                       \
		     t = list_entry_rcu((signal)->thread_head.next, typeof(*t), thread_node);  \
		     &t->thread_node != &(signal)->thread_head;                                \
		     t = list_entry_rcu(t->thread_node.next, typeof(*t), thread_node))
	END
}

# usage: include_last HEADER SOURCE
include_last() {
	sed -i "$(grep -n '^#include' "$2" | tail -n 1 | cut -d : -f 1)a #include \"$1\"" "$2"
}

# The two that are concerned; collector.ko has the same parts as the first.
builds() {
	mkdir "$work/module" &&
		(cd "$source/module" && tar -cf - --exclude=./build .) | (cd "$work/module" && tar -xf -) &&
		other_kernel >"$work/module/other_kernel.h" &&
		include_last other_kernel.h "$work/module/collector/processes.c" &&
		include_last other_kernel.h "$work/module/tests/sync_timer_test.c" &&
		sed -i -e 's/^modules := .*/modules := processes_test_module sync_timer_test_module/' \
			-e '/^modules += /d' "$work/module/Kbuild" &&
		make -C "$work/module" KERNEL_DIR="$kernel"
}

# The kernel here has them, so that Kbuild has nothing to say.
needs_no_rtc() {
	undefined=$(nm -u "$work/module/build/sync_timer_test_module.ko") || return
	# It has to be a whole module: one that needs nothing at all would prove nothing.
	printf '%s\n' "$undefined" | grep -q ' _printk$' || {
		echo "it does not even need _printk: $undefined"
		return 1
	}
	! printf '%s\n' "$undefined" | grep rtc_
}

check 'the modules link where walks of lists are checked' builds
bail_out_if_failed 'there is nothing to look at'
check 'and need no function that a kernel without RTCs lacks' needs_no_rtc
done_testing
