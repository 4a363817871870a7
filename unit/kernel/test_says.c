// SPDX-License-Identifier: GPL-2.0
/*
 * test_says.c - what the kernel says about itself, in files and in its log
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "kernel/environment.h"
#include "kernel/log.h"
#include "kernel/trace_instance.h"
#include "memory_collector/child.h"

static void trace_stats(void **state)
{
	static const struct {
		const char *text;
		int64_t lost;
	} rows[] = {
		{"entries: 1\noverrun: 2\ncommit overrun: 30\nbytes: 5\ndropped events: 400\n"
		 "read events: 7\n",
		 432},
		{"overrun: 0\ncommit overrun: 0\ndropped events: 0\n", 0},
		{"overrun: 0\ncommit overrun: 0\n", -1},
		{"overrun: -1\ncommit overrun: 0\ndropped events: 0\n", -1},
		{"overrun: x\ncommit overrun: 0\ndropped events: 0\n", -1},
		{"overrun: 9223372036854775807\ncommit overrun: 1\ndropped events: 0\n", -1},
		{"", -1},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(mc_parse_trace_stats(rows[i].text), rows[i].lost);
}

static void facts(void **state)
{
	static const char meminfo[] = "MemTotal:  100 kB\nMemAvailable:   50 kB\nBad: x kB\n"
				      "Huge: 18446744073709551615 kB\n";
	static const struct {
		const char *version, *sched, *preemption;
	} rows[] = {
		{"#1 SMP PREEMPT_RT Debian 6.1", "", "rt"},
		{"#1 SMP PREEMPT_DYNAMIC Debian 6.1", "none (voluntary) full \n", "voluntary"},
		{"#1 SMP PREEMPT_DYNAMIC Debian 6.1", "(none) voluntary full \n", "none"},
		{"#1 SMP PREEMPT_DYNAMIC Debian 6.1", "none voluntary (full) \n", "full"},
		{"#1 SMP PREEMPT_DYNAMIC Debian 7.2", "full (lazy) \n", "lazy"},
		{"#1 SMP PREEMPT_DYNAMIC Debian 6.1", "", ""},
		{"#1 SMP PREEMPT 2026", "", "full"},
		{"#1 SMP 2026", "", ""},
	};
	size_t i;

	assert_int_equal(mc_parse_meminfo(meminfo, "MemAvailable"), 51200);
	assert_int_equal(mc_parse_meminfo(meminfo, "Mem"), 0);
	assert_int_equal(mc_parse_meminfo(meminfo, "Bad"), 0);
	assert_int_equal(mc_parse_meminfo(meminfo, "Huge"), 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(mc_parse_preemption(rows[i].version, rows[i].sched),
				    rows[i].preemption);
}

/* How many lines unit/kernel-log.sh finds in a log of these messages */
static size_t script_finds(const char *const *message, size_t n)
{
	char log[] = "/tmp/kernel-log-XXXXXX";
	const char *const argv[] = {"sh", UNIT_DATA "/../kernel-log.sh", log, NULL};
	struct mc_child_config config = {
		.argv = argv, .stdin_fd = -1, .stderr_fd = STDERR_FILENO, .user = (uid_t)-1};
	FILE *lines = fdopen(mkstemp(log), "w"), *found = tmpfile();
	struct mc_failure failure;
	struct mc_child_end end;
	struct mc_child child;
	char line[1024];
	size_t count = 0;

	assert_true(lines && found);
	for (size_t i = 0; i < n; i++)
		fprintf(lines, "[    1.000000][  T12] %s\n", message[i]);
	assert_int_equal(fclose(lines), 0);
	config.stdout_fd = fileno(found);
	assert_int_equal(mc_child_start(&child, &config, &failure), 0);
	assert_int_equal(mc_child_wait(&child, mc_now_ns() + 300000000000, &end), 1);
	rewind(found);
	while (fgets(line, sizeof(line), found))
		count++;
	fclose(found);
	unlink(log);
	assert_true(end.exited);
	assert_int_equal(end.code, !!count);
	return count;
}

static void reports(void **state)
{
	static const char *const bad[] = {
		"BUG: kernel NULL pointer dereference, address: 0000000000000000",
		"WARNING: CPU: 1 PID: 7 at kernel/time/hrtimer.c:1 x+0x1/0x2",
		"WARNING: possible circular locking dependency detected",
		"rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
		"watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [x:7]",
		"INFO: task x:7 blocked for more than 120 seconds.",
		"Oops: 0000 [#1] PREEMPT SMP",
		"Kernel panic - not syncing: x",
		"watchdog: Watchdog detected hard LOCKUP on cpu 1",
		"NMI watchdog: Watchdog detected hard LOCKUP on cpu 0",
		"BUG: KCSAN: data-race in x / y",
		"BUG: sleeping function called from invalid context at kernel/locking/mutex.c:1",
		"[ BUG: Invalid wait context ]",
		"WARNING: suspicious RCU usage",
		"WARNING: inconsistent lock state",
		"WARNING: kernel/time/hrtimer.c:1 at x+0x1/0x2, CPU#1: y/7",
		"rcu: INFO: rcu_preempt self-detected stall on CPU",
		"INFO: rcu_tasks detected stalls on tasks:",
		"kernel BUG at mm/slub.c:1!",
		"Internal error: Oops: 0000000096000004 [#1] PREEMPT SMP",
		"general protection fault, probably for non-canonical address 0x1: 0000 [#1] SMP",
		"UBSAN: array-index-out-of-bounds in x.c:1:2",
		"kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)",
	};
	static const char *const good[] = {
		"Memory Collector: sync_timer_benchmark: loaded, a tick every 1000000 ns",
		"sync_timer_benchmark_module: loading out-of-tree module taints kernel.",
		"rcu: Hierarchical RCU implementation.",
		"hrtimer: interrupt took 123456 ns",
		/* What processors with their faults make a kernel say at boot */
		"Speculative Return Stack Overflow: WARNING: See "
		"https://kernel.org/doc/html/latest/admin-guide/hw-vuln/srso.html for mitigation "
		"options.",
		"RETBleed: WARNING: Spectre v2 mitigation leaves CPU vulnerable to RETBleed "
		"attacks, data leaks possible!",
		"Spectre V2 : WARNING: Unprivileged eBPF is enabled with eIBRS on, data leaks "
		"possible via Spectre v2 BHB attacks!",
		/* A program's fault, not the kernel's */
		"traps: stress-ng[7] general protection fault ip:1 sp:2 error:0 in stress-ng[1+2]",
		"kmemleak: Kernel memory leak detector initialized (mem pool available: 15679)",
		"",
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_true(mc_kernel_log_is_report(bad[i]));
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_false(mc_kernel_log_is_report(good[i]) || mc_kernel_log_is_kill(good[i]));
	assert_int_equal(script_finds(bad, sizeof(bad) / sizeof(bad[0])),
			 sizeof(bad) / sizeof(bad[0]));
	assert_int_equal(script_finds(good, sizeof(good) / sizeof(good[0])), 0);
	assert_true(mc_kernel_log_is_kill(
		"Out of memory: Killed process 7 (stress-ng-vm) total-vm:1kB, anon-rss:1kB"));
}

/* One record per read, as /dev/kmsg gives them */
static void complaints(void **state)
{
	static const struct {
		const char *says, *record[6];
	} rows[] = {
		{"", {NULL}},
		{"", {"6,1,5,-;Memory Collector: rdt_sim: SIMULATED: a processor\n"}},
		{"Memory Collector: hardware=sim: why",
		 {"6,1,5,-;Memory Collector: rdt_sim: SIMULATED: a processor\n",
		  "6,2,6,-;Memory Collector: everything that follows is SIMULATED by rdt_sim\n",
		  "3,3,7,-;Memory Collector: hardware=sim: why\n SUBSYSTEM=x\n",
		  "3,4,8,-;Memory Collector: not loaded: error -22\n"}},
		/* An error says more than a warning before it. */
		{"Memory Collector: error",
		 {"4,1,5,-;Memory Collector: warning\n", "4,2,6,-;Memory Collector: another\n",
		  "2,3,7,-;Memory Collector: error\n", "0,4,8,-;Memory Collector: later\n"}},
		{"Memory Collector: warning",
		 {"5,1,5,-;Memory Collector: notice\n", "4,2,6,-;Memory Collector: warning\n",
		  "4,3,7,-;Memory Collector: another\n"}},
		/* Others' errors, a program's own line, and what is no record */
		{"",
		 {"3,1,5,-;usb: broken\n", "11,2,6,-;Memory Collector: from a program\n",
		  "nonsense\n", "3,3,7,-;about Memory Collector: no\n"}},
	};
	size_t i, j;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[256] = "old";
		int log[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, log), 0);
		for (j = 0; rows[i].record[j]; j++)
			assert_int_equal(write(log[1], rows[i].record[j],
					       strlen(rows[i].record[j])),
					 strlen(rows[i].record[j]));
		mc_kernel_log_complaint(log[0], text, sizeof(text));
		assert_string_equal(text, rows[i].says);
		close(log[0]);
		close(log[1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trace_stats),
		cmocka_unit_test(facts),
		cmocka_unit_test(reports),
		cmocka_unit_test(complaints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
