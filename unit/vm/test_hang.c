// SPDX-License-Identifier: GPL-2.0
/*
 * test_hang.c - recorded logs of guests that hung, and texts that no kernel prints
 *
 * The logs in data/hang are what real guests left behind, with fewer lines.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vm/hang.h"

/* ---- a log as it is kept ---- */

enum section { OTHER, STATUS, REGISTERS };

static void end_section(struct mc_hang *hang, enum section section, char *text)
{
	if (section == STATUS)
		mc_hang_status(hang, text);
	else if (section == REGISTERS)
		mc_hang_registers(hang, text);
	*text = '\0';
}

static enum section section_of(const char *line)
{
	if (strstr(line, "QEMU: info status"))
		return STATUS;
	return strstr(line, "QEMU: info registers") ? REGISTERS : OTHER;
}

static void replay(struct mc_hang *hang, const char *name)
{
	char path[512], line[1024], text[65536] = "";
	enum section section = OTHER;
	FILE *file;

	snprintf(path, sizeof(path), UNIT_DATA "/hang/%s", name);
	file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		if (!strncmp(line, "---- ", 5)) {
			end_section(hang, section, text);
			section = section_of(line);
		} else if (*line == '[') {
			line[strcspn(line, "\n")] = '\0';
			mc_hang_line(hang, line);
		} else {
			strncat(text, line, sizeof(text) - strlen(text) - 1);
		}
	}
	end_section(hang, section, text);
	fclose(file);
}

#define ON_PURPOSE "hang_on_purpose [hang_module] < hang_init [hang_module] < do_one_initcall"

static const struct row {
	const char *log, *says;
} logs[] = {
	{"6.1-idle.log", "idle: sleep (pid 88) waits in do_nanosleep"},
	{"7.2-idle.log", "idle: sleep (pid 105) waits in do_nanosleep"},
	{"6.1-user.log", "CPU 1 loops in user space in sh (pid 87)"},
	/* sysrq has met ksoftirqd and an interrupt. */
	{"6.12-user.log", "CPU 1 loops in user space in sh (pid 131)"},
	/* From CPU to CPU */
	{"7.2-user.log", "CPU 1 loops in user space in sh (pid 105)"},
	{"6.1-on.log",
	 "CPU 1 hangs in the kernel with interrupts on in " ON_PURPOSE ", in insmod (pid 85)"},
	{"7.2-on.log", "CPU 1 hangs in the kernel with interrupts on in handle_softirqs < "
		       "__irq_exit_rcu < sysvec_apic_timer_interrupt, which interrupted " ON_PURPOSE
		       ", in insmod (pid 106)"},
	/* By NMI */
	{"6.1-off.log",
	 "CPU 1 hangs in the kernel with interrupts off in " ON_PURPOSE ", in insmod (pid 87)"},
	{"6.12-off.log",
	 "CPU 0 hangs in the kernel with interrupts off in " ON_PURPOSE ", in insmod (pid 131)"},
	{"7.2-off.log",
	 "CPU 1 hangs in the kernel with interrupts off in " ON_PURPOSE ", in insmod (pid 109)"},
};

static struct mc_hang *hang;
static char text[512];

static int set_up(void **state)
{
	hang = calloc(1, sizeof(*hang));
	return hang ? 0 : -1;
}

static int tear_down(void **state)
{
	free(hang);
	return 0;
}

static const char *explained(void)
{
	mc_hang_explain(hang, text, sizeof(text));
	return text;
}

static void test_logs(void **state)
{
	size_t i;

	for (i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		memset(hang, 0, sizeof(*hang));
		replay(hang, logs[i].log);
		assert_string_equal(explained(), logs[i].says);
		assert_true(mc_hang_is_clear(hang));
		assert_int_equal(mc_hang_deaf(hang), strstr(logs[i].log, "off") ? 1 : 0);
	}
}

/* ---- QEMU ---- */

#define THREAD(name, state, ticks) "1 (" name ") " state " 2 3 4 5 6 7 8 9 10 11 " #ticks " 0 16"

static void test_threads(void **state)
{
	mc_hang_thread(hang, THREAD("qemu) T (x", "S", 5), true);
	mc_hang_thread(hang, THREAD("CPU 0/TCG", "T", 5), false);
	assert_int_equal(hang->main_state, 'S');
	assert_int_equal(hang->stopped, 1);
	mc_hang_thread(hang, THREAD("qemu", "T", 5), true);
	mc_hang_thread(hang, THREAD("CPU 0/TCG", "T", 5), false);
	mc_hang_thread(hang, "no thread", false);
	assert_int_equal(hang->threads, 2);
	assert_string_equal(explained(), "QEMU is stopped (state T)");
}

static void test_mute(void **state)
{
	mc_hang_thread(hang, THREAD("qemu", "D", 5), true);
	strcpy(hang->main_wait, "io_schedule");
	hang->mute = true;
	assert_string_equal(explained(), "QEMU does not answer (state D, in io_schedule)");
}

static void test_status(void **state)
{
	mc_hang_status(hang, "VM status: running (single step mode)\r\n");
	assert_string_equal(hang->status, "");
	mc_hang_status(hang, "VM status: paused (internal-error)\r\n");
	assert_string_equal(explained(), "QEMU does not run it: paused (internal-error)");
}

/* ---- CPUs ---- */

#define CPU(index, pc, flags, level, halted)                                          \
	"\nCPU#" index "\nRAX=0 RBX=0\nRIP=" pc " RFL=" flags " [-------] CPL=" level \
	" II=0 A20=1 SMM=0 HLT=" halted "\nCS =0010\n"

static void look(int times, const char *registers)
{
	while (times-- > 0)
		mc_hang_registers(hang, registers);
}

static void test_nothing_is_known(void **state)
{
	look(2, "garbage\nCPU#\nCPU#99999\nRIP=1\n");
	assert_false(mc_hang_is_clear(hang));
	assert_string_equal(explained(), "QEMU does not say what it does");
}

static void test_no_answer(void **state)
{
	look(5, CPU("0", "ffffffff81a17a0b", "00000202", "0", "1"));
	assert_false(mc_hang_is_clear(hang));
	assert_string_equal(explained(), "idle, and its kernel does not answer to an interrupt");
}

static void test_dead(void **state)
{
	look(5, CPU("0", "ffffffff81a17a0b", "00000002", "0", "1"));
	assert_string_equal(explained(), "every CPU is halted with interrupts off");
}

/* One that is off line is no news; a tick is seen now and then. */
static void test_blocked(void **state)
{
	look(4, CPU("0", "ffffffff81a17a0b", "00000202", "0", "1")
			CPU("1", "fff0", "00000002", "0", "1"));
	look(1, CPU("0", "ffffffff81a27a0b", "00000002", "0", "0")
			CPU("1", "fff0", "00000002", "0", "1"));
	mc_hang_line(hang, "[    1.0][    C0] sysrq: Show State");
	mc_hang_line(hang, "[    1.0][    C0] task:a b  state:D stack:0 pid:7 ppid:1 flags:0");
	mc_hang_line(hang, "[    1.0][    C0]  ? stale+0x1/0x2");
	mc_hang_line(hang, "[    1.0][    C0]  io_schedule+0x1/0x2");
	mc_hang_line(hang, "[    1.0][    C0]  jbd2_wait+0x1/0x2 [jbd2 0123456789]");
	mc_hang_line(hang, "[    1.0][    C0]  above+0x1/0x2");
	mc_hang_line(hang, "[    1.0][    C0] task:c state:S stack:0 pid:9 ppid:7 flags:0");
	mc_hang_line(hang, "[    1.0][    C0] task:kworker state:D stack:0 pid:10 ppid:2 flags:0");
	assert_true(mc_hang_is_clear(hang));
	assert_string_equal(explained(), "idle: a b (pid 7) waits in jbd2_wait [jbd2], which "
					 "cannot be interrupted");
}

static void test_all_cpus_are_deaf(void **state)
{
	look(5, CPU("0", "ffffffff81000010", "00000046", "0", "0")
			CPU("1", "ffffffff82000010", "00000046", "0", "0"));
	assert_int_equal(mc_hang_deaf(hang), 2);
	assert_false(mc_hang_is_clear(hang));
	assert_string_equal(explained(),
			    "CPU 0 hangs in the kernel with interrupts off at ffffffff81000010; "
			    "CPU 1 hangs in the kernel with interrupts off at ffffffff82000010");
}

/* It works: each time it is somewhere else. */
static void test_it_moves(void **state)
{
	look(1, CPU("0", "ffffffff81000010", "00000246", "0", "0"));
	look(1, CPU("0", "ffffffff82000010", "00000246", "0", "0"));
	look(1, CPU("0", "ffffffff83000010", "00000246", "0", "0"));
	assert_string_equal(explained(),
			    "CPU 0 is in the kernel with interrupts on at ffffffff83000010");
}

/* Its thread has not run, so that it could not but stay where it was. */
static void test_it_is_starved(void **state)
{
	mc_hang_thread(hang, THREAD("CPU 0/TCG", "R", 100), true);
	look(5, CPU("0", "ffffffff81000010", "00000046", "0", "0"));
	mc_hang_thread(hang, THREAD("CPU 0/TCG", "R", 101), true);
	assert_string_equal(explained(), "CPU 0 is at work at ffffffff81000010");
	mc_hang_thread(hang, THREAD("CPU 0/TCG", "R", 120), true);
	assert_string_equal(explained(),
			    "CPU 0 hangs in the kernel with interrupts off at ffffffff81000010");
}

static void test_it_talks(void **state)
{
	mc_hang_line(hang, "[    1.0] virtio: still coming up");
	look(5, CPU("0", "ffffffff81a17a0b", "00000202", "0", "1"));
	assert_string_equal(explained(), "idle, and its kernel does not answer to an interrupt; it "
					 "still writes to its console");
}

static void test_many_cpus(void **state)
{
	char registers[16384] = "";
	int i;

	for (i = 0; i < 100; i++) {
		size_t used = strlen(registers);

		snprintf(registers + used, sizeof(registers) - used,
			 "CPU#%d\nRIP=1 RFL=2 CPL=0 HLT=0\n", i);
	}
	look(2, registers);
	assert_non_null(strstr(explained(), "CPU 3 hangs"));
	assert_null(strstr(text, "CPU 4"));
	assert_non_null(strstr(text, "; so it is with 96 more CPUs"));
}

/* On arm64 only its thread says that it waits; then interrupts are off, too. */
static void test_arm64(void **state)
{
	static const char registers[] =
		"\nCPU#0\n PC=ffff800081000010 X00=0 X01=0\nPSTATE=600003c5 -ZC- EL1h\n"
		"\nCPU#1\n PC=0000aaaac0000010 X00=0\nPSTATE=80001000 N--- EL0t\n";

	mc_hang_thread(hang, THREAD("CPU 0/TCG", "S", 100), true);
	mc_hang_thread(hang, THREAD("CPU 1/TCG", "R", 100), false);
	look(5, registers);
	mc_hang_thread(hang, THREAD("CPU 1/TCG", "R", 200), true);
	mc_hang_line(hang, "[    1.0] sysrq: Show backtrace of all active CPUs");
	mc_hang_line(hang, "[    1.0] CPU: 1 PID: 12 Comm: awk Not tainted 6.1");
	mc_hang_line(hang, "[    1.0] pc : 0000aaaac0000010");
	assert_string_equal(explained(), "CPU 1 loops in user space in awk (pid 12)");
}

/* ---- bounds ---- */

static void test_bounds(void **state)
{
	char line[4096];
	int i;

	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	mc_hang_line(hang, line);
	mc_hang_registers(hang, line);
	mc_hang_status(hang, line);
	for (i = 0; i < 5000; i++) {
		snprintf(line, sizeof(line), "task:x state:S pid:%d ppid:%d", i, i - 1);
		mc_hang_line(hang, line);
		snprintf(line, sizeof(line), "CPU: %d PID: %d Comm: %0100d", i, i, i);
		mc_hang_line(hang, line);
		mc_hang_line(hang, "RIP: 0010:f+0x1/0x2");
		mc_hang_line(hang, " g+0x1/0x2");
	}
	for (i = 0; i < 100; i++)
		mc_hang_line(hang, "RIP: 0010:f+0x1/0x2");
	/* Cut short */
	mc_hang_line(hang, "CPU: 0 PID: 1 Comm: x");
	mc_hang_line(hang, "RIP: 0010");
	assert_int_equal(hang->n_tasks, MC_HANG_TASKS);
	mc_hang_explain(hang, text, 8);
	assert_int_equal(strlen(text), 7);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_logs),
		TEST(test_threads),
		TEST(test_mute),
		TEST(test_status),
		TEST(test_nothing_is_known),
		TEST(test_no_answer),
		TEST(test_dead),
		TEST(test_blocked),
		TEST(test_all_cpus_are_deaf),
		TEST(test_it_moves),
		TEST(test_it_is_starved),
		TEST(test_it_talks),
		TEST(test_many_cpus),
		TEST(test_arm64),
		TEST(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
