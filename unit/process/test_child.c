// SPDX-License-Identifier: GPL-2.0
/*
 * test_child.c - other programs start, end, and take all they started with them
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "memory_collector/child.h"
#include "process/scheduling.h"

#define SECOND 1000000000LL
/* Nothing below takes this long unless it is broken */
#define LONG_NS (120 * SECOND)

/* A shell that leaves a child in its group, one in a session of its own, and an orphan */
#define BROOD                                               \
	"sleep 600 & echo $!; setsid sleep 600 & echo $!; " \
	"setsid sh -c 'sleep 600 & echo $!; sleep 600 & echo $!'; echo end; "

static bool alive(pid_t pid)
{
	char path[64], state = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	fclose(file);
	return state && state != 'Z' && state != 'X';
}

static bool all_gone(const pid_t *pids, size_t n, int64_t within_ns)
{
	int64_t deadline = mc_now_ns() + within_ns;
	size_t i;

	for (;;) {
		for (i = 0; i < n && !alive(pids[i]); i++)
			;
		if (i == n)
			return true;
		if (mc_now_ns() > deadline)
			return false;
		usleep(5000);
	}
}

/* The pids that BROOD prints */
static size_t read_brood(FILE *from, pid_t *pids, size_t max)
{
	char line[64];
	size_t n = 0;

	while (fgets(line, sizeof(line), from) && strcmp(line, "end\n") && n < max)
		pids[n++] = atoi(line);
	return n;
}

static struct mc_child_config shell(const char *const *argv)
{
	struct mc_child_config config = {
		.argv = argv,
		.stdin_fd = -1,
		.stdout_fd = -1,
		.stderr_fd = -1,
		.user = (uid_t)-1,
	};

	return config;
}

/* Start a shell script with its output on a stream. */
static FILE *start_script(struct mc_child *child, const char *script)
{
	const char *argv[] = {"sh", "-c", script, NULL};
	struct mc_child_config config = shell(argv);
	struct mc_failure failure = {0};
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	config.stdout_fd = fds[1];
	assert_int_equal(mc_child_start(child, &config, &failure), 0);
	close(fds[1]);
	return fdopen(fds[0], "r");
}

static void test_ends(void **state)
{
	static const struct {
		const char *script;
		bool exited;
		int code;
	} rows[] = {
		{"exit 0", true, 0},
		{"exit 1", true, 1},
		{"exit 77", true, 77},
		{"exit 255", true, 255},
		{"kill -TERM $$", false, SIGTERM},
		{"kill -KILL $$", false, SIGKILL},
		{"kill -SEGV $$", false, SIGSEGV},
		{"kill -INT $$", false, SIGINT},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mc_child child;
		struct mc_child_end end = {0};
		FILE *out = start_script(&child, rows[i].script);

		assert_int_equal(mc_child_wait(&child, mc_now_ns() + LONG_NS, &end), 1);
		assert_int_equal(end.exited, rows[i].exited);
		assert_int_equal(end.code, rows[i].code);
		assert_int_equal(child.pid, -1);
		/* Again is harmless. */
		assert_int_equal(mc_child_wait(&child, 0, &end), 1);
		mc_child_stop(&child, SIGTERM, 0, &end);
		fclose(out);
	}
}

static void test_refused(void **state)
{
	static const char *const missing[] = {"memory-collector-no-such-program", NULL};
	static const char *const not_a_program[] = {"/dev/null", NULL};
	static const char *const no_folder[] = {"true", NULL};
	struct {
		const char *const *argv;
		const char *cwd, *says;
	} rows[] = {
		{missing, NULL,
		 "cannot start memory-collector-no-such-program: not found in PATH; "
		 "is it installed?"},
		{not_a_program, NULL, "cannot start /dev/null: Permission denied"},
		{no_folder, "/nonexistent",
		 "cannot start true in /nonexistent: No such file or directory"},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mc_child_config config = shell(rows[i].argv);
		struct mc_failure failure = {0};
		struct mc_child child;

		config.cwd = rows[i].cwd;
		assert_int_equal(mc_child_start(&child, &config, &failure), -1);
		assert_string_equal(failure.text, rows[i].says);
		assert_int_equal(failure.exit_code, MC_EXIT_ENVIRONMENT);
		assert_int_equal(child.pid, -1);
		assert_int_equal(child.pidfd, -1);
	}
	/* No supervisor is left either. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void test_deadline(void **state)
{
	struct mc_child child;
	struct mc_child_end end = {0};
	FILE *out = start_script(&child, "exec sleep 600");
	int64_t before = mc_now_ns();

	assert_int_equal(mc_child_wait(&child, before + SECOND / 10, &end), 0);
	assert_true(mc_now_ns() - before >= SECOND / 10);
	mc_child_stop(&child, SIGTERM, LONG_NS, &end);
	assert_false(end.exited);
	assert_int_equal(end.code, SIGTERM);
	fclose(out);
}

/* A program that ends leaves nothing behind, whatever it did with sessions and orphans. */
static void test_end_takes_all(void **state)
{
	struct mc_child child;
	struct mc_child_end end = {0};
	FILE *out = start_script(&child, BROOD "exit 3");
	pid_t pids[8];
	size_t n = read_brood(out, pids, 8);

	assert_int_equal(n, 4);
	assert_int_equal(mc_child_wait(&child, mc_now_ns() + LONG_NS, &end), 1);
	assert_true(end.exited);
	assert_int_equal(end.code, 3);
	assert_true(all_gone(pids, n, 0));
	fclose(out);
}

/* Orphans and those in a session of their own included */
static void test_descends(void **state)
{
	struct mc_child child;
	FILE *out = start_script(&child, BROOD "sleep 600");
	pid_t pids[8];
	size_t i, n = read_brood(out, pids, 8);

	assert_int_equal(n, 4);
	for (i = 0; i < n; i++) {
		assert_true(mc_process_descends(pids[i], child.pid));
		assert_true(mc_process_descends(pids[i], getpid()));
		assert_false(mc_process_descends(child.pid, pids[i]));
	}
	assert_true(mc_process_descends(child.group, child.pid));
	assert_false(mc_process_descends(child.pid, child.pid));
	assert_false(mc_process_descends(getppid(), getpid()));
	mc_child_stop(&child, SIGKILL, 0, NULL);
	assert_false(mc_process_descends(pids[0], getpid()));
	fclose(out);
}

/* A program that ignores the first signal is killed after the grace, with all it started. */
static void test_stop_takes_all(void **state)
{
	struct mc_child child;
	struct mc_child_end end = {0};
	FILE *out = start_script(&child, "trap '' TERM; " BROOD "while :; do sleep 1; done");
	pid_t pids[8];
	size_t n = read_brood(out, pids, 8);
	int64_t before = mc_now_ns(), took;

	assert_int_equal(n, 4);
	mc_child_stop(&child, SIGTERM, SECOND / 5, &end);
	took = mc_now_ns() - before;
	print_message("ended after %.3f s\n", took / 1e9);
	assert_true(took >= SECOND / 5);
	assert_true(took < LONG_NS);
	assert_false(end.exited);
	assert_int_equal(end.code, SIGKILL);
	assert_true(all_gone(pids, n, 0));
	fclose(out);
}

/* One of the group is asked: the signal reaches all of it. */
static void test_signal_reaches_group(void **state)
{
	struct mc_child child;
	struct mc_child_end end = {0};
	/* Both traps are set when the inner shell says that it is ready. */
	FILE *out = start_script(&child, "trap 'wait; echo outer; exit 5' USR1; "
					 "sh -c 'trap \"echo inner; exit 0\" USR1; echo ready; "
					 "while :; do sleep 0.05; done' & wait");
	char line[32];

	assert_string_equal(fgets(line, sizeof(line), out), "ready\n");
	mc_child_stop(&child, SIGUSR1, LONG_NS, &end);
	assert_string_equal(fgets(line, sizeof(line), out), "inner\n");
	assert_string_equal(fgets(line, sizeof(line), out), "outer\n");
	assert_true(end.exited);
	assert_int_equal(end.code, 5);
	fclose(out);
}

/* A parent that starts a brood, says who is in it, and waits to be killed */
__attribute__((noreturn)) static void doomed_parent(int fd)
{
	const char *argv[] = {"sh", "-c", "trap '' TERM; " BROOD "sleep 600", NULL};
	struct mc_child_config config = shell(argv);
	struct mc_failure failure;
	struct mc_child child;
	pid_t pids[2];

	config.stdout_fd = fd;
	if (mc_child_start(&child, &config, &failure))
		_exit(1);
	pids[0] = child.pid;
	pids[1] = child.group;
	dprintf(fd, "%d\n%d\n", pids[0], pids[1]);
	pause();
	_exit(1);
}

static void test_killed_parent(void **state)
{
	pid_t parent, pids[8];
	int64_t before;
	size_t n = 0;
	int fds[2];
	FILE *out;
	char line[64];

	/* Orphans come to us, so that we see their end and not init's sloth. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	parent = fork();
	if (!parent)
		doomed_parent(fds[1]);
	close(fds[1]);
	out = fdopen(fds[0], "r");
	while (n < 6 && fgets(line, sizeof(line), out)) {
		if (strcmp(line, "end\n"))
			pids[n++] = atoi(line);
	}
	assert_int_equal(n, 6);
	kill(parent, SIGKILL);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	before = mc_now_ns();
	assert_true(all_gone(pids, n, LONG_NS));
	print_message("all gone after %.3f s\n", (mc_now_ns() - before) / 1e9);
	fclose(out);
	while (waitpid(-1, NULL, 0) > 0)
		;
	prctl(PR_SET_CHILD_SUBREAPER, 0);
}

static void test_descriptors(void **state)
{
	static const char *const argv[] = {
		"sh", "-c",
		"ls /proc/self/fd | sort -n | tr '\\n' ' '; head -c 2 <&9; echo >&2 err", NULL};
	struct mc_child_config config = shell(argv);
	struct mc_failure failure = {0};
	struct mc_child child;
	char text[128] = "";
	int out[2], err[2], kept[2], keep[2] = {9, -1};
	size_t used = 0;
	ssize_t size;

	assert_int_equal(pipe2(kept, O_CLOEXEC), 0);
	assert_int_equal(dup3(kept[0], 9, O_CLOEXEC), 9);
	assert_int_equal(pipe2(out, 0), 0);
	assert_int_equal(pipe2(err, 0), 0);
	assert_int_equal(write(kept[1], "ok", 2), 2);
	config.stdout_fd = out[1];
	config.stderr_fd = err[1];
	config.keep_fds = keep;
	assert_int_equal(mc_child_start(&child, &config, &failure), 0);
	close(out[1]);
	close(err[1]);
	assert_int_equal(mc_child_wait(&child, mc_now_ns() + LONG_NS, NULL), 1);
	while ((size = read(out[0], text + used, sizeof(text) - 1 - used)) > 0)
		used += size;
	/* 3 is the folder that ls itself reads. */
	assert_string_equal(text, "0 1 2 3 9 ok");
	assert_int_equal(read(err[0], text, sizeof(text)), 4);
	close(out[0]);
	close(err[0]);
	close(kept[0]);
	close(kept[1]);
	close(9);
}

static void test_user(void **state)
{
	static const char *const argv[] = {"sh", "-c", "id -u; id -g; id -G", NULL};
	struct mc_child_config config = shell(argv);
	struct mc_failure failure = {0};
	struct mc_child child;
	char text[64] = "";
	int out[2];

	if (geteuid())
		skip();
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	config.stdout_fd = out[1];
	config.user = 65534;
	assert_int_equal(mc_child_start(&child, &config, &failure), 0);
	close(out[1]);
	assert_int_equal(mc_child_wait(&child, mc_now_ns() + LONG_NS, NULL), 1);
	assert_true(read(out[0], text, sizeof(text) - 1) > 0);
	assert_string_equal(text, "65534\n65534\n65534\n");
	close(out[0]);
}

/* Does this machine let a process and its children have such a slice? Tried in one of our own. */
static bool takes_slice(uint64_t slice_ns)
{
	struct mc_scheduling scheduling;
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		if (mc_scheduling_get(0, &scheduling) || scheduling.policy != SCHED_OTHER)
			_exit(1);
		scheduling.runtime_ns = slice_ns;
		if (mc_scheduling_set(&scheduling))
			_exit(1);
		pid = fork();
		if (!pid)
			_exit(mc_scheduling_get(0, &scheduling) ||
			      scheduling.runtime_ns != slice_ns);
		_exit(waitpid(pid, &status, 0) != pid || status);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return !status;
}

/* The program runs whether the kernel knows slices or not, and what it starts has it, too. */
static void test_slice(void **state)
{
	static const char *const argv[] = {"sh", "-c", "sleep 600 & echo $!; wait", NULL};
	static const uint64_t slices_ns[] = {100000, 7000000};

	for (size_t i = 0; i < sizeof(slices_ns) / sizeof(slices_ns[0]); i++) {
		struct mc_child_config config = shell(argv);
		struct mc_failure failure = {0};
		struct mc_scheduling ours, program, started;
		bool known = takes_slice(slices_ns[i]);
		struct mc_child child;
		char text[32] = "";
		int out[2];

		assert_int_equal(pipe2(out, O_CLOEXEC), 0);
		config.stdout_fd = out[1];
		config.slice_ns = slices_ns[i];
		assert_int_equal(mc_child_start(&child, &config, &failure), 0);
		close(out[1]);
		assert_true(read(out[0], text, sizeof(text) - 1) > 0);
		if (known) {
			assert_int_equal(mc_scheduling_get(0, &ours), 0);
			assert_int_equal(mc_scheduling_get(child.group, &program), 0);
			assert_int_equal(mc_scheduling_get(atoi(text), &started), 0);
			assert_int_equal(program.runtime_ns, slices_ns[i]);
			assert_int_equal(started.runtime_ns, slices_ns[i]);
			assert_int_equal(program.policy, ours.policy);
			assert_int_equal(program.nice, ours.nice);
		} else {
			print_message("no slice of %d ns here\n", (int)slices_ns[i]);
		}
		mc_child_stop(&child, SIGKILL, 0, NULL);
		close(out[0]);
	}
}

static void test_output(void **state)
{
	static const struct {
		const char *script;
		int64_t timeout_ns;
		size_t size;
		int ret;
		const char *out, *says;
	} rows[] = {
		{"echo hello", LONG_NS, 64, 0, "hello\n", ""},
		{"true", LONG_NS, 64, 0, "", ""},
		{"echo 123456789", LONG_NS, 5, 0, "1234", ""},
		{"echo 123456789", LONG_NS, 1, 0, "", ""},
		/* More than a pipe holds, all but the first bytes dropped */
		{"dd if=/dev/zero bs=1M count=2 2>/dev/null | tr '\\0' x", LONG_NS, 4, 0, "xxx",
		 ""},
		{"echo out; echo why it failed >&2; echo more >&2; exit 4", LONG_NS, 64, -1,
		 "out\n", "sh exited with 4: why it failed"},
		{"exit 4", LONG_NS, 64, -1, "", "sh exited with 4"},
		{"kill -9 $$", LONG_NS, 64, -1, "", "sh was killed by signal 9"},
		{"exec >/dev/null 2>&1; sleep 600", SECOND / 2, 64, -1, "",
		 "sh did not end within 0.5 s"},
		/* One that keeps the pipe open after the program's end ends with it. */
		{"setsid sleep 600 & echo done", LONG_NS, 64, 0, "done\n", ""},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *argv[] = {"sh", "-c", rows[i].script, NULL};
		struct mc_failure failure = {0};
		char out[64];

		assert_int_equal(mc_child_output(argv, rows[i].timeout_ns, out, rows[i].size,
						 &failure),
				 rows[i].ret);
		assert_string_equal(out, rows[i].out);
		assert_string_equal(failure.text, rows[i].says);
	}
}

/* What a program has said by its deadline; a busy machine gets a later one. */
static void test_output_so_far(void **state)
{
	static const struct {
		const char *script, *out;
		size_t size;
	} rows[] = {{"echo early; sleep 600", "early\n", 64}, {"yes", "y\ny", 4}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *argv[] = {"sh", "-c", rows[i].script, NULL};
		char out[64] = "", says[64];

		for (int64_t timeout_ns = SECOND / 2;
		     timeout_ns < LONG_NS && strcmp(out, rows[i].out); timeout_ns *= 4) {
			struct mc_failure failure = {0};

			assert_int_equal(
				mc_child_output(argv, timeout_ns, out, rows[i].size, &failure), -1);
			snprintf(says, sizeof(says), "sh did not end within %.1f s",
				 timeout_ns / 1e9);
			assert_string_equal(failure.text, says);
		}
		assert_string_equal(out, rows[i].out);
	}
}

/*
 * Runs in a process of its own, because the request to stop stays. Exits with the
 * number of the step that went wrong.
 */
__attribute__((noreturn)) static void stopped_process(void)
{
	static const char *const sleeper[] = {"sleep", "600", NULL};
	struct mc_child_config config = shell(sleeper);
	struct mc_failure failure = {0};
	struct mc_child_end end = {0};
	struct mc_child child;
	struct pollfd stop;
	char out[8];

	if (mc_stop_install(&failure) || mc_stop_requested() || mc_stop_signal())
		_exit(1);
	if (mc_child_start(&child, &config, &failure))
		_exit(2);
	if (mc_sleep_until(mc_now_ns() + SECOND / 100))
		_exit(3);
	kill(getpid(), SIGTERM);
	kill(getpid(), SIGINT);
	stop = (struct pollfd){.fd = mc_stop_fd(), .events = POLLIN};
	if (!mc_stop_requested() || mc_stop_signal() != SIGTERM || poll(&stop, 1, 0) != 1)
		_exit(4);
	if (mc_sleep_until(mc_now_ns() + LONG_NS) != -1)
		_exit(5);
	if (mc_child_wait(&child, mc_now_ns() + LONG_NS, &end) != 0)
		_exit(6);
	if (mc_child_output(sleeper, LONG_NS, out, sizeof(out), &failure) != -1 ||
	    strcmp(failure.text, "stopped by signal 15 while sleep ran"))
		_exit(7);
	/* Stopping still gives the child its grace. */
	mc_child_stop(&child, SIGINT, LONG_NS, &end);
	if (end.exited || end.code != SIGINT)
		_exit(8);
	_exit(0);
}

static void test_stop_request(void **state)
{
	int64_t before = mc_now_ns();
	int status;
	pid_t pid = fork();

	if (!pid)
		stopped_process();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_true(mc_now_ns() - before < LONG_NS);
}

static void test_sleep(void **state)
{
	int64_t until = mc_now_ns() + SECOND / 50;

	assert_int_equal(mc_sleep_until(until), 0);
	assert_true(mc_now_ns() >= until);
	assert_int_equal(mc_sleep_until(0), 0);
	assert_int_equal(mc_sleep_until(INT64_MIN / 2), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends),	       cmocka_unit_test(test_refused),
		cmocka_unit_test(test_deadline),       cmocka_unit_test(test_end_takes_all),
		cmocka_unit_test(test_stop_takes_all), cmocka_unit_test(test_signal_reaches_group),
		cmocka_unit_test(test_killed_parent),  cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_user),	       cmocka_unit_test(test_output),
		cmocka_unit_test(test_stop_request),   cmocka_unit_test(test_sleep),
		cmocka_unit_test(test_descends),       cmocka_unit_test(test_slice),
		cmocka_unit_test(test_output_so_far),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
