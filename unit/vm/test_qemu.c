// SPDX-License-Identifier: GPL-2.0
/*
 * test_qemu.c - guests that say what they like
 *
 * QEMU is played by this very program: found in PATH under QEMU's name, it takes the
 * descriptors from the command line and says what the row wants.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "kernel/tsc.h"
#include "memory_collector/child.h"
#include "process/tree.h"
#include "vm/guest.h"
#include "vm/qemu.h"

#define SECOND 1000000000LL
/* The deadline of those who say nothing in time anyway */
#define SHORT_S 3

static const struct row {
	const char *name;
	const char *console, *progress, *results, *verdict, *complaint;
	unsigned int repeat; /* how often the console's text is said; 0: once */
	int exit_code; /* -1: never ends; -2: stops; -3: all but the console comes too late */
	int result, code;
	const char *says; /* the failure; where it ends in *, only its beginning */
} rows[] = {
	{"good", "[    0.1] boot\r\n", "hello 5\nrecord\n", "tar", "exit 0 \n", "", 0, 0, 0, 0, ""},
	{"invalid", "", "hello 5\n", "", "exit 1 some words\n", "", 0, 0, 0, 1, ""},
	{"killed", "", "hello 5\n", "", "signal 9 words\n", "", 0, 0, -1, 0,
	 "in the guest, the program was killed by signal 9; it said last: words"},
	{"init", "", "", "", "init cannot load x: y\n", "", 0, 0, -1, 0,
	 "in the guest, init cannot load x: y"},
	{"garbage", "", "hello x\n\n\xff\n", "", "\x01\x1b[2J\xff\n", "", 0, 0, -1, 0,
	 "in the guest, ??[2J?"},
	{"beat", "", "hello 5\n", "", MC_GUEST_BEAT "\n" MC_GUEST_BEAT "\nexit 0 \n", "", 0, 0, 0,
	 0, ""},
	{"half a verdict", "", "hello 5\n", "", "exit", "", 0, 0, -1, 0, "in the guest, exit"},
	{"no number", "", "hello 5\n", "", "exit x y\n", "", 0, 0, -1, 0, "in the guest, exit x y"},
	{"no verdict", "[ 1.0] last words\n", "hello 5\n", "", "", "", 0, 0, -1, 0,
	 "the guest ended without a verdict; its last line: [ 1.0] last words"},
	{"first complaint", "", "", "", "", "qemu: no\nmore\n", 0, 1, -1, 0,
	 "qemu-system-x86_64 exited with 1: qemu: no"},
	{"flood", "0123456789abcdef0123456789abcdef", "hello 5\n", "", "exit 0 \n", "", 65536, 0, 0,
	 0, ""},
	{"too much", "", "hello 5\n", "0123456789abcdef0123456789abcdef0", "exit 0 \n", "", 0, 0,
	 -1, 0, "the guest's results: File too large"},
	{"warning", "[ 1.0] WARNING: CPU: 0\n[ 1.1] BUG: x\n", "hello 5\n", "", "exit 0 \n", "", 0,
	 0, -1, 0, "the guest's kernel reports: WARNING: CPU: 0"},
	{"lockdep", "[    1.0][  T12] WARNING: possible circular locking dependency detected\n",
	 "hello 5\n", "", "exit 0 \n", "", 0, 0, -1, 0, "the guest's kernel reports: *"},
	{"rcu", "[ 1.0] rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:\n", "hello 5\n", "",
	 "exit 0 \n", "", 0, 0, -1, 0, "the guest's kernel reports: rcu: INFO*"},
	{"not the kernel's", "WARNING: words of a program\n", "hello 5\n", "", "exit 0 \n", "", 0,
	 0, 0, 0, ""},
	{"panic", "[ 1.0] Kernel panic - not syncing: x\n", "hello 5\n", "", "", "", 0, 0, -1, 0,
	 "the guest's kernel panicked: Kernel panic - not syncing: x"},
	{"no word", "", "hello 5\n", "", "", "", 0, 0, -1, 0, "the guest ended without a verdict"},
	{"no room", "[ 1.0] Initramfs unpacking failed: write error\n[ 2.0] Kernel panic - x\n", "",
	 "", "", "", 0, 0, -1, 0, "the VM's 64 MiB of memory had no room to unpack its *"},
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

/* Those that keep one waiting, or do more than to say something; tests of their own run them. */
static const struct row others[] = {
	{"hang", "[ 1.0] so far\n", "hello 5\n", "", "", "", 0, -2, -1, 0,
	 "the guest did not finish within 10 s: QEMU is stopped (state T); its last line: [ 1.0] "
	 "so far"},
	{"silent", "[ 1.0] so far\n", "", "", "", "", 0, -1, -1, 0,
	 "the guest did not come up within 3 s: QEMU does not answer (state S*"},
	{"late", "", "hello 5\n", "", "exit 0 \n", "", 0, -3, -1, 0,
	 "the guest did not come up within 3 s: it is slow, and has finished since"},
	{"talks", "", "hello 5\n", "", "exit 0 \n", "", 0, -1, 0, 0, ""},
	{"starved", "", "", "", "", "", 0, -1, -1, 0, ""},
};

/* ---- QEMU ---- */

static int fd_of(char **argv, const char *name)
{
	char start[64];

	snprintf(start, sizeof(start), "socket,id=%s,fd=", name);
	for (; *argv; argv++) {
		if (!strncmp(*argv, start, strlen(start)))
			return atoi(*argv + strlen(start));
	}
	return -1;
}

static void put(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t done = write(fd, text, left);

		if (done <= 0)
			_exit(99);
		text += done;
		left -= done;
	}
}

/* @value: NULL: any */
static bool has(char **argv, const char *option, const char *value)
{
	for (; argv[0] && argv[1]; argv++) {
		if (!strcmp(argv[0], option) && (!value || !strcmp(argv[1], value)))
			return true;
	}
	return false;
}

static const struct row *find_row(const char *name)
{
	const struct row *row = rows;

	while (row < rows + N_ROWS && strcmp(row->name, name))
		row++;
	if (row < rows + N_ROWS)
		return row;
	for (row = others; strcmp(row->name, name); row++)
		;
	return row;
}

/* Verdicts without end; a file says that it was not ended. */
static void talk(int fd)
{
	int i;

	for (i = 0; i < 120; i++) {
		put(fd, "exit 1 again\n");
		sleep(1);
	}
	creat(getenv("OUTLIVED"), 0600);
}

static void *spin(void *unused)
{
	for (;;)
		;
	return NULL;
}

/*
 * Four threads that want one CPU each, and have one for all: each has a quarter of the time. Until
 * it is asked what it is doing: only these questions have numbers.
 */
static void starve(int monitor)
{
	char text[4096] = "";
	pthread_t thread;
	ssize_t got;
	cpu_set_t one;
	int i;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	for (i = 0; i < 4; i++)
		pthread_create(&thread, NULL, spin, NULL);
	while (!strstr(text, "\"id\"")) {
		got = read(monitor, text, sizeof(text) - 1);
		if (got <= 0)
			break;
		text[got] = '\0';
	}
	_exit(0);
}

/* The rate of the counter, before the words that may be meant to change it */
static bool tells_rate(char **argv)
{
	const char *rate, *words;

	while (argv[1] && strcmp(argv[0], "-append"))
		argv++;
	rate = argv[1] ? strstr(argv[1], " tsc_early_khz=") : NULL;
	words = argv[1] ? strstr(argv[1], " words of the user") : NULL;
	if (!words || (rate && rate > words))
		_exit(6);
	return rate != NULL;
}

static bool is_told(char **argv, const char *word)
{
	while (argv[1] && strcmp(argv[0], "-append"))
		argv++;
	return argv[1] && strstr(argv[1], word);
}

/* One line per start: how often it was tried */
__attribute__((noreturn)) static void play_kvm(char **argv)
{
	FILE *file = fopen(getenv("KVM_STARTS"), "ae");

	if (is_told(argv, MC_GUEST_BEAT_WORD))
		_exit(8);
	fputs("start\n", file);
	fclose(file);
	fputs("kvm: cannot set MSR\n", stderr);
	exit(3);
}

__attribute__((noreturn)) static void play(char **argv)
{
	const char *name = getenv("ROW");
	const struct row *row;
	unsigned int i;

	if (!strcmp(argv[1], "--version")) {
		printf("QEMU emulator version %s (of a test)\n", getenv("QEMU_VERSION"));
		exit(0);
	}
	if (!has(argv, "-accel", NULL))
		_exit(3);
	if (has(argv, "-accel", "kvm"))
		play_kvm(argv);
	if (has(argv, "-icount", NULL) != (getenv("ICOUNT") != NULL) ||
	    (getenv("ICOUNT") && !has(argv, "-icount", getenv("ICOUNT"))))
		_exit(4);
	if (tells_rate(argv) != (getenv("RATE") != NULL))
		_exit(7);
	if (!has(argv, "-accel", "tcg,thread=multi") && !getenv("ICOUNT"))
		_exit(5);
	/* Where instructions are counted there is one CPU, and no beat. */
	if (is_told(argv, MC_GUEST_BEAT_WORD) == (getenv("ICOUNT") != NULL))
		_exit(8);
	row = find_row(name);
	for (i = 0; i < (row->repeat ? row->repeat : 1); i++)
		put(fd_of(argv, "console"), row->console);
	if (row->exit_code == -3)
		sleep(SHORT_S + 1);
	put(fd_of(argv, "progress"), row->progress);
	put(fd_of(argv, "results"), row->results);
	put(fd_of(argv, "verdict"), row->verdict);
	put(STDERR_FILENO, row->complaint);
	if (!strcmp(name, "talks"))
		talk(fd_of(argv, "verdict"));
	if (!strcmp(name, "starved"))
		starve(fd_of(argv, "monitor"));
	if (row->exit_code == -2)
		raise(SIGSTOP);
	while (row->exit_code < 0)
		pause();
	_exit(row->exit_code);
}

/* ---- the tests ---- */

static char folder[] = "/tmp/memory-collector-qemu-XXXXXX";

static void count_record(void *data, const char *line)
{
	unsigned int *count = data;

	*count += !strcmp(line, "record");
}

static struct mc_vm machine(FILE *log, FILE *results, unsigned int *records)
{
	struct mc_vm vm = {
		.elf_machine = EM_X86_64,
		.folder = folder,
		.kernel = "kernel",
		.initramfs = "initramfs",
		.scratch = "scratch",
		.cpus = 2,
		.memory_mib = 64,
		.append = "words of the user",
		.deadline_ns = 600 * SECOND,
		.log = log,
		.results = results,
		.results_max = 32,
		.on_record = count_record,
		.on_record_data = records,
	};

	return vm;
}

static void check_row(const struct row *row)
{
	FILE *log = tmpfile(), *results = tmpfile();
	unsigned int records = 0;
	struct mc_vm vm = machine(log, results, &records);
	struct mc_failure failure = {0};
	struct mc_vm_end end;
	size_t length = strlen(row->says);

	/* Long where it must not matter; here what it says must have come by then. */
	if (row->exit_code < 0)
		vm.deadline_ns = (row->exit_code == -2 ? 10 : SHORT_S) * SECOND;
	setenv("ROW", row->name, 1);
	assert_int_equal(mc_vm_run(&vm, &end, &failure), row->result);
	if (length && row->says[length - 1] == '*')
		assert_int_equal(strncmp(failure.text, row->says, length - 1), 0);
	else if (row->result)
		assert_string_equal(failure.text, row->says);
	else
		assert_int_equal(end.code, row->code);
	assert_string_equal(end.accelerator, "tcg");
	assert_true(end.accelerator_reason[0]);
	if (!strcmp(row->name, "good")) {
		assert_int_equal(end.hello_guest_ns, 5);
		assert_true(end.hello_ns >= end.started_ns);
		assert_int_equal(records, 1);
		assert_int_equal(ftell(results), 3);
		assert_int_equal(ftell(log), strlen("[    0.1] boot\n"));
	}
	if (!strcmp(row->name, "invalid"))
		assert_string_equal(end.text, "some words");
	fclose(log);
	fclose(results);
}

static void test_rows(void **state)
{
	size_t i;

	for (i = 0; i < N_ROWS; i++)
		check_row(&rows[i]);
}

static void test_hang(void **state)
{
	check_row(find_row("hang"));
}

static void test_silent(void **state)
{
	check_row(find_row("silent"));
}

static void test_late(void **state)
{
	check_row(find_row("late"));
}

static void test_full_disk(void **state)
{
	FILE *log = fopen("/dev/full", "w+"), *results = tmpfile();
	unsigned int records = 0;
	struct mc_vm vm = machine(log, results, &records);
	struct mc_failure failure = {0};
	struct mc_vm_end end;

	setenv("ROW", "flood", 1);
	assert_int_equal(mc_vm_run(&vm, &end, &failure), -1);
	assert_int_equal(failure.exit_code, MC_EXIT_ENVIRONMENT);
	assert_non_null(strstr(failure.text, "kernel.log"));
	assert_non_null(strstr(failure.text, strerror(ENOSPC)));
	fclose(log);
	fclose(results);
}

/* An emulated guest reads this machine's counter: its kernel is told how fast that is. */
static int tell_rate(void)
{
	return mc_tsc_is_steady() ? setenv("RATE", "1", 1) : unsetenv("RATE");
}

static void test_counted_time(void **state)
{
	FILE *log = tmpfile(), *results = tmpfile();
	unsigned int records = 0;
	struct mc_vm vm = machine(log, results, &records);
	struct mc_failure failure = {0};
	struct mc_vm_end end;

	setenv("ROW", "good", 1);
	setenv("ICOUNT", "shift=3,sleep=off", 1);
	unsetenv("RATE");
	vm.instruction_ns = 8;
	assert_int_equal(mc_vm_run(&vm, &end, &failure), -1);
	assert_string_equal(failure.text, "time can be counted on one CPU only, not on 2");
	vm.cpus = 1;
	assert_int_equal(mc_vm_run(&vm, &end, &failure), 0);
	assert_string_equal(end.accelerator, "tcg");
	assert_string_equal(end.accelerator_reason,
			    "instructions can be counted only where they are emulated");
	unsetenv("ICOUNT");
	tell_rate();
	fclose(log);
	fclose(results);
}

static unsigned int kvm_starts(void)
{
	FILE *file = fopen(getenv("KVM_STARTS"), "re");
	unsigned int n = 0;
	char line[16];

	while (file && fgets(line, sizeof(line), file))
		n++;
	if (file)
		fclose(file);
	return n;
}

/* The rows above were remembered, too. */
static void forget_all(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/memory-collector/no-kvm", folder);
	mc_tree_remove(path, NULL);
	unlink(getenv("KVM_STARTS"));
}

static int run_row(const char *name, const char *accel, struct mc_vm_end *end,
		   struct mc_failure *failure)
{
	FILE *log = tmpfile(), *results = tmpfile();
	unsigned int records = 0;
	struct mc_vm vm = machine(log, results, &records);
	int result;

	vm.accel = accel;
	setenv("ROW", name, 1);
	result = mc_vm_run(&vm, end, failure);
	fclose(log);
	fclose(results);
	return result;
}

/* A KVM that fails is tried once, by hand always, and again only where TCG did no better. */
static void test_kvm_is_remembered(void **state)
{
	static const char why[] =
		"no guest came up with KVM: qemu-system-x86_64 exited with 3: kvm: cannot set MSR";
	struct mc_failure failure;
	struct mc_vm_end end;

	if (access("/dev/kvm", R_OK | W_OK))
		skip();
	forget_all();
	assert_int_equal(run_row("first complaint", NULL, &end, &failure), -1);
	assert_int_equal(run_row("good", NULL, &end, &failure), 0);
	assert_int_equal(kvm_starts(), 2);
	assert_string_equal(end.accelerator, "tcg");
	assert_string_equal(end.accelerator_reason, why);
	assert_int_equal(run_row("good", NULL, &end, &failure), 0);
	assert_int_equal(run_row("good", "auto", &end, &failure), 0);
	assert_int_equal(run_row("good", "tcg", &end, &failure), 0);
	assert_string_equal(end.accelerator_reason, "chosen by --accel tcg");
	assert_int_equal(kvm_starts(), 2);
	assert_int_equal(run_row("good", "kvm", &end, &failure), -1);
	assert_string_equal(failure.text, "qemu-system-x86_64 exited with 3: kvm: cannot set MSR");
	assert_string_equal(end.accelerator, "kvm");
	assert_int_equal(kvm_starts(), 3);
	assert_int_equal(run_row("good", NULL, &end, &failure), 0);
	assert_int_equal(kvm_starts(), 3);
	assert_int_equal(strncmp(end.accelerator_reason, why, strlen(why)), 0);
	assert_non_null(strstr(end.accelerator_reason, "--accel kvm tries it all the same"));
}

/* Only the first verdict counts, and the time since then. */
static void test_talks_for_ever(void **state)
{
	struct mc_failure failure;
	struct mc_vm_end end;

	assert_int_equal(run_row("talks", NULL, &end, &failure), 0);
	assert_int_equal(end.code, 0);
	assert_int_equal(access(getenv("OUTLIVED"), F_OK), -1);
}

/*
 * What has to wait for a CPU has more time, and the message says so. On a busy machine the process
 * may begin to starve only when most of its time has passed: then a longer one follows.
 */
static void test_starved(void **state)
{
	static const int seconds[] = {1, 4, 16};
	struct mc_failure failure = {0};
	char words[96];
	size_t i;

	if (access("/proc/self/schedstat", R_OK))
		skip();
	setenv("ROW", "starved", 1);
	for (i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
		FILE *log = tmpfile(), *results = tmpfile();
		unsigned int records = 0;
		struct mc_vm vm = machine(log, results, &records);
		struct mc_vm_end end;

		vm.deadline_ns = seconds[i] * SECOND;
		snprintf(words, sizeof(words),
			 "did not come up within %d s of its own, which took ", seconds[i]);
		assert_int_equal(mc_vm_run(&vm, &end, &failure), -1);
		fclose(log);
		fclose(results);
		if (!strstr(failure.text, words))
			continue;
		assert_true(mc_now_ns() - end.started_ns > 2 * vm.deadline_ns);
		return;
	}
	fail_msg("%s", failure.text);
}

/* Before anything is started */
static void test_too_little_memory(void **state)
{
	unsigned int records = 0;
	struct mc_vm vm = machine(NULL, NULL, &records);
	struct mc_failure failure = {0};
	struct mc_vm_end end;
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, vm.initramfs);
	assert_int_equal(close(creat(path, 0600)), 0);
	assert_int_equal(truncate(path, 6 << 20), 0);
	assert_int_equal(mc_vm_run(&vm, &end, &failure), -1);
	assert_non_null(strstr(failure.text, "needs 66 MiB to unpack them"));
	assert_true(!end.started_ns);
	unlink(path);
}

static void test_unknown_machine(void **state)
{
	unsigned int records = 0;
	struct mc_vm vm = machine(NULL, NULL, &records);
	struct mc_failure failure = {0};
	struct mc_vm_end end;

	vm.elf_machine = EM_S390;
	assert_null(mc_vm_qemu(EM_S390));
	assert_int_equal(mc_vm_run(&vm, &end, &failure), -1);
	assert_string_equal(failure.text, "no VM for programs of this machine");
}

static int set_up(void **state)
{
	char self[4096], link[4096], starts[4096], outlived[4096];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (length < 0 || !mkdtemp(folder))
		return -1;
	self[length] = '\0';
	snprintf(link, sizeof(link), "%s/%s", folder, mc_vm_qemu(EM_X86_64));
	snprintf(outlived, sizeof(outlived), "%s/outlived", folder);
	snprintf(starts, sizeof(starts), "%s/kvm-starts", folder);
	unsetenv("MEMORY_COLLECTOR_VM_ACCEL");
	return symlink(self, link) || setenv("KVM_STARTS", starts, 1) ||
	       setenv("PATH", folder, 1) || setenv("XDG_CACHE_HOME", folder, 1) ||
	       setenv("QEMU_VERSION", "7.2.22", 1) || setenv("OUTLIVED", outlived, 1) ||
	       tell_rate();
}

static int tear_down(void **state)
{
	return mc_tree_remove(folder, NULL);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_counted_time),
		cmocka_unit_test(test_kvm_is_remembered),
		cmocka_unit_test(test_too_little_memory),
		cmocka_unit_test(test_unknown_machine),
	};
	/* These wait for deadlines: side by side, each in a process and a folder of its own. */
	const struct CMUnitTest waiting[][1] = {
		{cmocka_unit_test(test_hang)},	  {cmocka_unit_test(test_silent)},
		{cmocka_unit_test(test_late)},	  {cmocka_unit_test(test_talks_for_ever)},
		{cmocka_unit_test(test_starved)},
	};
	pid_t pid[sizeof(waiting) / sizeof(waiting[0])];
	int failed, status;
	size_t i;

	if (!strncmp(argv[0], "qemu-system-", strlen("qemu-system-")))
		play(argv);
	for (i = 0; i < sizeof(waiting) / sizeof(waiting[0]); i++) {
		pid[i] = fork();
		if (!pid[i])
			return cmocka_run_group_tests(waiting[i], set_up, tear_down);
	}
	failed = cmocka_run_group_tests(tests, set_up, tear_down);
	for (i = 0; i < sizeof(waiting) / sizeof(waiting[0]); i++) {
		if (pid[i] < 0 || waitpid(pid[i], &status, 0) != pid[i] || status)
			failed++;
	}
	return failed;
}
