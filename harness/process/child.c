// SPDX-License-Identifier: GPL-2.0
/*
 * child.c - other programs, and the end of all they start
 *
 * Between us and each program stands a supervisor: a fork of ours that leads a
 * session of its own, adopts every orphan below it (PR_SET_CHILD_SUBREAPER) and
 * gets END_ALL from the kernel when we die, however we die. So nothing that the
 * program starts can get away, sessions of its own included: when the program
 * has ended, or END_ALL came, the supervisor kills what is left below it, and
 * then ends in the same way as the program did.
 */
#include "memory_collector/child.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file_text.h"
#include "base/nanoseconds.h"
#include "process/scheduling.h"

/* Asks a supervisor to kill everything below it; also its parent-death signal */
#define END_ALL SIGRTMIN
/*
 * How long SIGKILL may take before a process counts as stuck in the kernel: a large one gives its
 * memory back in its own time, of which a busy machine gives it little
 */
#define KILL_PATIENCE_NS (60 * NS_PER_S)

/* What the two forks tell mc_child_start(); end of file means that exec worked. */
enum stage {
	STAGE_STARTED,
	STAGE_FORK,
	STAGE_DESCRIPTORS,
	STAGE_TMP,
	STAGE_FOLDER,
	STAGE_USER,
	STAGE_EXEC
};

struct report {
	enum stage stage;
	int value; /* errno; with STAGE_STARTED the program's pid */
};

int64_t mc_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* ---- the request to stop ---- */

static volatile sig_atomic_t stop_signal;
static int stop_fd = -1;

static void on_stop(int signal)
{
	int saved_errno = errno;
	uint64_t one = 1;

	if (!stop_signal)
		stop_signal = signal;
	if (write(stop_fd, &one, sizeof(one)) < 0) {
		/* Full only after 2^64 signals, and then it is readable anyway. */
	}
	errno = saved_errno;
}

int mc_stop_install(struct mc_failure *failure)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = on_stop, .sa_flags = SA_RESTART};
	struct sigaction old;
	size_t i;

	if (stop_fd < 0)
		stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (stop_fd < 0)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "eventfd: %s", strerror(errno));
	sigemptyset(&action.sa_mask);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		/* nohup must keep its meaning */
		if (signals[i] == SIGHUP && !sigaction(SIGHUP, NULL, &old) &&
		    old.sa_handler == SIG_IGN)
			continue;
		if (sigaction(signals[i], &action, NULL))
			return mc_fail(failure, MC_EXIT_ENVIRONMENT, "sigaction: %s",
				       strerror(errno));
	}
	return 0;
}

bool mc_stop_requested(void)
{
	return stop_signal != 0;
}

int mc_stop_signal(void)
{
	return stop_signal;
}

void mc_stop_end(void)
{
	if (!stop_signal)
		return;
	signal(stop_signal, SIG_DFL);
	raise(stop_signal);
}

int mc_stop_fd(void)
{
	return stop_fd;
}

/*
 * Wait until a descriptor is readable. Return: 1 when it is, 0 at the deadline,
 * -1 when asked to stop and @stoppable.
 */
static int wait_readable(int fd, int64_t deadline_ns, bool stoppable)
{
	struct pollfd fds[2] = {
		{.fd = fd, .events = POLLIN},
		{.fd = stoppable ? stop_fd : -1, .events = POLLIN},
	};

	for (;;) {
		int64_t left = deadline_ns - mc_now_ns();
		struct timespec timeout = {0};

		if (left > 0) {
			timeout.tv_sec = left / NS_PER_S;
			timeout.tv_nsec = left % NS_PER_S;
		}
		if (ppoll(fds, 2, &timeout, NULL) < 0 && errno != EINTR)
			return 0;
		if (fds[0].revents)
			return 1;
		if (stoppable && mc_stop_requested())
			return -1;
		if (left <= 0)
			return 0;
		fds[0].revents = 0;
	}
}

int mc_sleep_until(int64_t deadline_ns)
{
	return wait_readable(-1, deadline_ns, true);
}

/* ---- in the supervisor: only async-signal-safe calls, the parent may have threads ---- */

static void send_report(int fd, enum stage stage, int value)
{
	struct report report = {.stage = stage, .value = value};

	if (write(fd, &report, sizeof(report)) < 0) {
		/* The parent is gone: END_ALL is on its way. */
	}
}

/* The parent in /proc/PID/stat: "PID (NAME) STATE PPID", where NAME may hold anything */
static pid_t parent_of(const char *pid)
{
	char path[64], text[512];
	const char *at;

	if (strlen(pid) > 16)
		return -1;
	strcpy(path, "/proc/");
	strcat(path, pid);
	strcat(path, "/stat");
	if (mc_file_text(path, text, sizeof(text)) <= 0)
		return -1;
	at = strrchr(text, ')');
	if (!at || strlen(at) < 5)
		return -1;
	return strtol(at + 4, NULL, 10);
}

/*
 * Kill all our children, adopted ones included. Their children become ours when
 * they die: the caller repeats until there are none. Only children of our own,
 * because nobody else can reap them and have their pids used again meanwhile.
 */
static void kill_children(pid_t self)
{
	char buffer[8192];
	ssize_t size, at;
	int fd;

	fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	while ((size = syscall(SYS_getdents64, fd, buffer, sizeof(buffer))) > 0) {
		for (at = 0; at < size;) {
			const struct dirent64 *entry = (const void *)(buffer + at);

			at += entry->d_reclen;
			if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
				continue;
			if (parent_of(entry->d_name) == self)
				kill(strtol(entry->d_name, NULL, 10), SIGKILL);
		}
	}
	close(fd);
}

/* Reap what has ended. Return: whether the program was among it. */
static bool reap(pid_t program, int *status, bool *childless)
{
	bool ended = false;
	int one;
	pid_t pid;

	while ((pid = waitpid(-1, &one, WNOHANG)) > 0) {
		if (pid == program) {
			*status = one;
			ended = true;
		}
	}
	*childless = pid < 0 && errno == ECHILD;
	return ended;
}

static void kill_all(pid_t program, bool ended, int *status)
{
	const struct timespec pause = {.tv_nsec = 2 * NS_PER_MS};
	int64_t deadline = mc_now_ns() + KILL_PATIENCE_NS;
	pid_t self = getpid();
	bool childless;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	/* The group at one stroke, so that it cannot fork faster than it is killed. */
	if (!ended)
		kill(-program, SIGKILL);
	for (;;) {
		reap(program, status, &childless);
		if (childless || mc_now_ns() > deadline)
			return;
		kill_children(self);
		sigtimedwait(&set, NULL, &pause);
	}
}

/* End as the program did, so that our parent's waitpid() shows how that was. */
__attribute__((noreturn)) static void end_like(int status)
{
	if (WIFSIGNALED(status)) {
		int number = WTERMSIG(status);
		sigset_t set;

		prctl(PR_SET_DUMPABLE, 0);
		signal(number, SIG_DFL);
		sigemptyset(&set);
		sigaddset(&set, number);
		kill(getpid(), number);
		sigprocmask(SIG_UNBLOCK, &set, NULL);
	}
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 125);
}

__attribute__((noreturn)) static void supervise(pid_t program, const sigset_t *all)
{
	bool childless, ended = false;
	int status = SIGKILL;

	for (;;) {
		int number = sigwaitinfo(all, NULL);

		if (number == END_ALL)
			break;
		if (number == SIGCHLD) {
			ended = reap(program, &status, &childless);
			if (ended)
				break;
		} else if (number > 0) {
			kill(-program, number);
		}
	}
	kill_all(program, ended, &status);
	end_like(status);
}

/* ---- in the program's process, up to exec ---- */

static int set_descriptors(const struct mc_child_config *config)
{
	const int wanted[3] = {config->stdin_fd, config->stdout_fd, config->stderr_fd};
	int aside[3], i;

	/* First out of the way: a wanted one may have the number of another's target. */
	for (i = 0; i < 3; i++) {
		int fd = wanted[i] < 0 ? open("/dev/null", O_RDWR | O_CLOEXEC) : wanted[i];

		aside[i] = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);
		if (aside[i] < 0)
			return -1;
	}
	for (i = 0; i < 3; i++) {
		if (dup2(aside[i], i) < 0)
			return -1;
	}
	if (syscall(SYS_close_range, 3, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */))
		return -1;
	for (i = 0; config->keep_fds && config->keep_fds[i] >= 0; i++) {
		if (fcntl(config->keep_fds[i], F_SETFD, 0))
			return -1;
	}
	return 0;
}

static void reset_signals(void)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t none;
	int number;

	for (number = 1; number < NSIG; number++)
		sigaction(number, &action, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Private, or the parent would see the other /tmp as well */
static int set_tmp(const char *tmp)
{
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return -1;
	return mount(tmp, "/tmp", NULL, MS_BIND, NULL);
}

/* A policy that somebody else has chosen stays, and has no slices. */
static void set_slice(uint64_t slice_ns)
{
	struct mc_scheduling scheduling;

	if (mc_scheduling_get(0, &scheduling) || scheduling.policy != SCHED_OTHER)
		return;
	scheduling.runtime_ns = slice_ns;
	mc_scheduling_set(&scheduling);
}

__attribute__((noreturn)) static void become(const struct mc_child_config *config, pid_t supervisor,
					     int report_fd)
{
	enum stage stage = STAGE_DESCRIPTORS;

	setpgid(0, 0);
	if (set_descriptors(config))
		goto fail;
	stage = STAGE_TMP;
	if (config->tmp && set_tmp(config->tmp))
		goto fail;
	stage = STAGE_FOLDER;
	if (config->cwd && chdir(config->cwd))
		goto fail;
	stage = STAGE_USER;
	if (config->user != (uid_t)-1 &&
	    (setgroups(0, NULL) || setresgid(config->user, config->user, config->user) ||
	     setresuid(config->user, config->user, config->user)))
		goto fail;
	/* After the change of user, which clears it. Should the supervisor itself be killed. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != supervisor)
		_exit(125);
	reset_signals();
	if (config->slice_ns)
		set_slice(config->slice_ns);
	stage = STAGE_EXEC;
	if (config->env)
		execvpe(config->argv[0], (char *const *)config->argv, config->env);
	else
		execvp(config->argv[0], (char *const *)config->argv);
fail:
	send_report(report_fd, stage, errno);
	_exit(127);
}

__attribute__((noreturn)) static void run_supervisor(const struct mc_child_config *config,
						     pid_t parent, int report_fd)
{
	pid_t self = getpid(), program;
	sigset_t all;

	sigfillset(&all);
	prctl(PR_SET_PDEATHSIG, END_ALL);
	if (getppid() != parent)
		_exit(125);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_NAME, "mc-supervisor");
	/* No signal from the terminal, and no group of the parent's for anybody below to join */
	setsid();
	program = fork();
	if (!program)
		become(config, self, report_fd);
	if (program < 0) {
		send_report(report_fd, STAGE_FORK, errno);
		_exit(127);
	}
	/* Here too, so that the group exists whoever comes first. */
	setpgid(program, program);
	send_report(report_fd, STAGE_STARTED, program);
	/* A pipe must end when the program closes it. */
	syscall(SYS_close_range, 0, ~0U, 0);
	supervise(program, &all);
}

/* ---- in the parent ---- */

/* Pids can be used again while we look, so the way up may be endless. */
bool mc_process_descends(pid_t pid, pid_t top)
{
	char text[16];
	int steps;

	for (steps = 0; steps < 64 && pid > 0; steps++) {
		snprintf(text, sizeof(text), "%d", pid);
		pid = parent_of(text);
		if (pid == top)
			return true;
	}
	return false;
}

static int read_report(int fd, struct report *report)
{
	ssize_t size;

	do {
		size = read(fd, report, sizeof(*report));
	} while (size < 0 && errno == EINTR);
	return size == (ssize_t)sizeof(*report);
}

static int fail_start(struct mc_failure *failure, const struct mc_child_config *config,
		      const struct report *report)
{
	const char *program = config->argv[0];
	const char *why = strerror(report->value);

	switch (report->stage) {
	case STAGE_TMP:
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "cannot start %s with %s as /tmp: %s",
			       program, config->tmp, why);
	case STAGE_FOLDER:
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "cannot start %s in %s: %s", program,
			       config->cwd, why);
	case STAGE_USER:
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "cannot start %s as user %u: %s",
			       program, config->user, why);
	case STAGE_EXEC:
		if (report->value == ENOENT && !strchr(program, '/'))
			why = "not found in PATH; is it installed?";
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "cannot start %s: %s", program, why);
	default:
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "cannot start %s: %s failed: %s",
			       program,
			       report->stage == STAGE_FORK ? "fork" : "passing descriptors", why);
	}
}

/* Fork the supervisor with every signal blocked, so that none finds it half made. */
static pid_t fork_supervisor(const struct mc_child_config *config, int report_fd)
{
	pid_t parent = getpid(), pid;
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pid = fork();
	if (!pid)
		run_supervisor(config, parent, report_fd);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return pid;
}

int mc_child_start(struct mc_child *child, const struct mc_child_config *config,
		   struct mc_failure *failure)
{
	struct report report = {.stage = STAGE_FORK, .value = EAGAIN};
	int pipe_fds[2], above = -1;
	bool started = false;

	*child = (struct mc_child){.pid = -1, .group = -1, .pidfd = -1};
	if (pipe2(pipe_fds, O_CLOEXEC))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "cannot start %s: pipe: %s",
			       config->argv[0], strerror(errno));
	/* Above the standard ones, which the program's process replaces */
	above = fcntl(pipe_fds[1], F_DUPFD_CLOEXEC, 3);
	if (above >= 0)
		child->pid = fork_supervisor(config, above);
	report.value = errno;
	close(above);
	close(pipe_fds[1]);
	if (child->pid > 0) {
		started = read_report(pipe_fds[0], &report) && report.stage == STAGE_STARTED;
		child->group = started ? report.value : -1;
		if (started && read_report(pipe_fds[0], &report))
			started = false;
	}
	close(pipe_fds[0]);
	if (started) {
		child->pidfd = syscall(SYS_pidfd_open, child->pid, 0);
		if (child->pidfd >= 0)
			return 0;
		report = (struct report){.stage = STAGE_DESCRIPTORS, .value = errno};
	}
	mc_child_stop(child, SIGKILL, 0, NULL);
	return fail_start(failure, config, &report);
}

static void take_end(struct mc_child *child, struct mc_child_end *end)
{
	int status = 0;
	pid_t pid;

	do {
		pid = waitpid(child->pid, &status, 0);
	} while (pid < 0 && errno == EINTR);
	if (end) {
		end->exited = pid > 0 && WIFEXITED(status);
		end->code = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
	}
	if (child->pidfd >= 0)
		close(child->pidfd);
	child->pid = -1;
	child->pidfd = -1;
}

int mc_child_wait(struct mc_child *child, int64_t deadline_ns, struct mc_child_end *end)
{
	if (child->pid < 0)
		return 1;
	if (wait_readable(child->pidfd, deadline_ns, true) != 1)
		return 0;
	take_end(child, end);
	return 1;
}

void mc_child_stop(struct mc_child *child, int signal, int64_t grace_ns, struct mc_child_end *end)
{
	if (child->pid < 0)
		return;
	/* Sent to the supervisor, whose pid cannot be anybody else's until we reap it. */
	if (signal != SIGKILL) {
		kill(child->pid, signal);
		if (wait_readable(child->pidfd, mc_now_ns() + grace_ns, false) == 1) {
			take_end(child, end);
			return;
		}
	}
	kill(child->pid, END_ALL);
	if (child->pidfd >= 0 &&
	    wait_readable(child->pidfd, mc_now_ns() + KILL_PATIENCE_NS + NS_PER_S, false) != 1)
		kill(child->pid, SIGKILL);
	take_end(child, end);
}

/* ---- a short program's output ---- */

struct capture {
	int fd;
	char *text;
	size_t size, used;
};

/* Take what is there; what does not fit is dropped. Return: false at the end of file. */
static bool capture_more(struct capture *capture)
{
	char buffer[4096];
	ssize_t got = read(capture->fd, buffer, sizeof(buffer));
	size_t take;

	if (got < 0)
		return errno == EINTR || errno == EAGAIN;
	take = got;
	if (take > capture->size - 1 - capture->used)
		take = capture->size - 1 - capture->used;
	memcpy(capture->text + capture->used, buffer, take);
	capture->used += take;
	capture->text[capture->used] = '\0';
	return got > 0;
}

/* Return: 0 when both have ended, -1 at the deadline or when asked to stop. */
static int capture_both(struct capture capture[2], int64_t deadline_ns)
{
	while (capture[0].fd >= 0 || capture[1].fd >= 0) {
		struct pollfd fds[3] = {
			{.fd = capture[0].fd, .events = POLLIN},
			{.fd = capture[1].fd, .events = POLLIN},
			{.fd = stop_fd, .events = POLLIN},
		};
		int64_t left_ms = (deadline_ns - mc_now_ns()) / NS_PER_MS;
		int i;

		if (left_ms <= 0 || mc_stop_requested())
			return -1;
		if (poll(fds, 3, left_ms > 1000 ? 1000 : (int)left_ms) < 0)
			continue;
		for (i = 0; i < 2; i++) {
			if (fds[i].revents && !capture_more(&capture[i])) {
				close(capture[i].fd);
				capture[i].fd = -1;
			}
		}
	}
	return 0;
}

static int judge_output(const char *program, bool in_time, int64_t timeout_ns,
			const struct mc_child_end *end, char *said, struct mc_failure *failure)
{
	said[strcspn(said, "\n")] = '\0';
	if (mc_stop_requested() && !in_time)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "stopped by signal %d while %s ran",
			       mc_stop_signal(), program);
	if (!in_time)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s did not end within %.1f s",
			       program, timeout_ns / 1e9);
	if (!end->exited)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s was killed by signal %d", program,
			       end->code);
	if (end->code)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s exited with %d%s%s", program,
			       end->code, *said ? ": " : "", said);
	return 0;
}

int mc_child_output(const char *const *argv, int64_t timeout_ns, char *out, size_t size,
		    struct mc_failure *failure)
{
	int64_t deadline_ns = mc_now_ns() + timeout_ns;
	int out_pipe[2] = {-1, -1}, err_pipe[2] = {-1, -1};
	char said[256] = "";
	struct capture capture[2] = {
		{.text = out, .size = size},
		{.text = said, .size = sizeof(said)},
	};
	struct mc_child_config config = {.argv = argv, .stdin_fd = -1, .user = (uid_t)-1};
	struct mc_child child;
	struct mc_child_end end = {0};
	bool in_time = false;
	int ret = -1;

	out[0] = '\0';
	if (pipe2(out_pipe, O_CLOEXEC) || pipe2(err_pipe, O_CLOEXEC)) {
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "cannot start %s: pipe: %s", argv[0],
			strerror(errno));
	} else {
		config.stdout_fd = out_pipe[1];
		config.stderr_fd = err_pipe[1];
		ret = mc_child_start(&child, &config, failure);
	}
	close(out_pipe[1]);
	close(err_pipe[1]);
	capture[0].fd = out_pipe[0];
	capture[1].fd = err_pipe[0];
	if (!ret) {
		in_time = !capture_both(capture, deadline_ns) &&
			  mc_child_wait(&child, deadline_ns, &end);
		mc_child_stop(&child, SIGKILL, 0, NULL);
		ret = judge_output(argv[0], in_time, timeout_ns, &end, said, failure);
	}
	if (capture[0].fd >= 0)
		close(capture[0].fd);
	if (capture[1].fd >= 0)
		close(capture[1].fd);
	return ret;
}
