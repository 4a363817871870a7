// SPDX-License-Identifier: GPL-2.0
/*
 * guest_init.c - PID 1 of the VM
 *
 * Makes a small Linux system out of a kernel and an initramfs, runs one program in
 * it, sends what that leaves behind, gives the verdict, and switches the machine
 * off. Needs the C library only. See guest.h for what it says to the host.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "vm/guest.h"

#define ARGS_MAX 64
#define TEXT_MAX 512
/* How long a device may take to appear, in steps of 2 ms: a minute, on a machine that is busy */
#define DEVICE_STEPS 30000

static int verdict_port = -1;

__attribute__((noreturn)) static void power_off(void)
{
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

static void write_all(int fd, const void *data, size_t size)
{
	const char *at = data;
	ssize_t put;

	while (size > 0) {
		put = write(fd, at, size);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return;
		at += put;
		size -= put;
	}
}

static void open_verdict_port(void)
{
	if (verdict_port < 0)
		verdict_port = open(MC_PORT_FOLDER MC_PORT_VERDICT, O_WRONLY | O_CLOEXEC);
}

__attribute__((noreturn, format(printf, 1, 2))) static void verdict(const char *format, ...)
{
	char line[2 * TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);
	line[strcspn(line, "\n")] = '\0';
	dprintf(STDERR_FILENO, "init: verdict: %s\n", line);
	strcat(line, "\n");
	umount(MC_GUEST_SCRATCH);
	open_verdict_port();
	write_all(verdict_port, line, strlen(line));
	power_off();
}

/* ---- a system ---- */

static void mount_all(void)
{
	static const struct {
		const char *type, *on, *options;
		bool optional;
	} mounts[] = {
		{"proc", "/proc", NULL, false},
		{"sysfs", "/sys", NULL, false},
		{"devtmpfs", "/dev", NULL, false},
		{"devpts", "/dev/pts", NULL, true},
		{"tmpfs", "/dev/shm", "mode=1777", false},
		{"tmpfs", "/run", "mode=755", false},
		{"tmpfs", "/tmp", "mode=1777", false},
		{"tracefs", "/sys/kernel/tracing", NULL, true},
		{"debugfs", "/sys/kernel/debug", NULL, true},
	};
	size_t i;

	for (i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		mkdir(mounts[i].on, 0755);
		if (mount(mounts[i].type, mounts[i].on, mounts[i].type, 0, mounts[i].options) &&
		    !mounts[i].optional)
			verdict("init cannot mount %s: %s", mounts[i].on, strerror(errno));
	}
	mkdir(MC_PORT_FOLDER, 0755);
	mkdir(MC_GUEST_RESULTS, 0755);
	mkdir(MC_GUEST_SCRATCH, 0755);
	sethostname("memory-collector", strlen("memory-collector"));
}

static void load(const char *file, const char *parameters)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || syscall(SYS_finit_module, fd, parameters, 0))
		verdict("init cannot load %s: %s", file, strerror(errno));
	close(fd);
}

static void unload(const char *file)
{
	const char *slash = strrchr(file, '/');
	char name[TEXT_MAX], *at;

	snprintf(name, sizeof(name), "%s", slash ? slash + 1 : file);
	name[strcspn(name, ".")] = '\0';
	for (at = name; *at; at++)
		*at = *at == '-' ? '_' : *at;
	if (syscall(SYS_delete_module, name, O_NONBLOCK))
		verdict("init cannot unload %s: %s", name, strerror(errno));
}

static void wait_for(const char *path)
{
	const struct timespec step = {.tv_nsec = 2000000};
	int i;

	for (i = 0; i < DEVICE_STEPS && access(path, F_OK); i++)
		nanosleep(&step, NULL);
}

/* The links that udev would make: ports have names, but devices only numbers. */
static void link_port(const char *name)
{
	static const char folder[] = "/sys/class/virtio-ports";
	char path[PATH_MAX], device[PATH_MAX], text[64];
	struct dirent *entry;
	DIR *ports = opendir(folder);

	while (ports && (entry = readdir(ports))) {
		ssize_t length = 0;
		int fd;

		snprintf(path, sizeof(path), "%s/%s/name", folder, entry->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0) {
			length = read(fd, text, sizeof(text) - 1);
			close(fd);
		}
		if (length <= 0)
			continue;
		text[length] = '\0';
		text[strcspn(text, "\n")] = '\0';
		snprintf(path, sizeof(path), MC_PORT_FOLDER "%s", name);
		snprintf(device, sizeof(device), "/dev/%s", entry->d_name);
		if (!strcmp(text, name) && symlink(device, path))
			break;
	}
	if (ports)
		closedir(ports);
}

static void link_ports(void)
{
	static const char *const names[] = {MC_PORT_VERDICT, MC_PORT_RESULTS, MC_PORT_PROGRESS};
	const struct timespec step = {.tv_nsec = 2000000};
	char path[PATH_MAX];
	size_t i;
	int steps;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), MC_PORT_FOLDER "%s", names[i]);
		for (steps = 0; steps < DEVICE_STEPS && access(path, F_OK); steps++) {
			link_port(names[i]);
			if (access(path, F_OK))
				nanosleep(&step, NULL);
		}
		if (access(path, F_OK))
			verdict("init has found no virtio port %s", names[i]);
	}
}

static void mount_scratch(void)
{
	wait_for("/dev/vda");
	if (mount("/dev/vda", MC_GUEST_SCRATCH, "ext4", MS_NOATIME, "noinit_itable"))
		verdict("init cannot mount the scratch disk /dev/vda: %s", strerror(errno));
	chmod(MC_GUEST_SCRATCH, 01777);
}

static void say_hello(void)
{
	int fd = open(MC_PORT_FOLDER MC_PORT_PROGRESS, O_WRONLY | O_CLOEXEC);
	struct timespec now;

	if (fd < 0)
		verdict("init cannot open the progress port: %s", strerror(errno));
	clock_gettime(CLOCK_MONOTONIC, &now);
	dprintf(fd, "hello %" PRId64 "\n", now.tv_sec * INT64_C(1000000000) + now.tv_nsec);
	close(fd);
}

/* Is it a word of the kernel's command line? */
static bool is_told(const char *word)
{
	char text[4096] = "", *rest = text, *one;
	int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		if (read(fd, text, sizeof(text) - 1) < 0)
			text[0] = '\0';
		close(fd);
	}
	while ((one = strsep(&rest, " \n"))) {
		if (!strcmp(one, word))
			return true;
	}
	return false;
}

/* ---- signs of life ---- */

/* Before all else that a CPU has to do: a guest with a load is alive, too. */
static void *beat(void *unused)
{
	const struct sched_param most = {.sched_priority = sched_get_priority_max(SCHED_FIFO)};
	const struct timespec pause = {.tv_sec = 1};
	long n = sysconf(_SC_NPROCESSORS_CONF), cpu;
	cpu_set_t one, all;

	sched_setscheduler(0, SCHED_FIFO, &most);
	sched_getaffinity(0, sizeof(all), &all);
	for (cpu = 0;; cpu = (cpu + 1) % n) {
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		/* It fails if that CPU is off line, and another one gives the beat. */
		sched_setaffinity(0, sizeof(one), &one);
		write_all(verdict_port, MC_GUEST_BEAT "\n", strlen(MC_GUEST_BEAT "\n"));
		/* The kernel's log would say each time that the CPU goes off line. */
		sched_setaffinity(0, sizeof(all), &all);
		nanosleep(&pause, NULL);
	}
	return NULL;
}

static void begin_beat(void)
{
	pthread_t thread;

	if (!is_told(MC_GUEST_BEAT_WORD))
		return;
	open_verdict_port();
	if (pthread_create(&thread, NULL, beat, NULL))
		verdict("init cannot start a thread");
}

/* ---- faults, see MC_GUEST_FAULT ---- */

static void put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0) {
		write_all(fd, text, strlen(text));
		close(fd);
	}
}

static void misbehave(void)
{
	if (is_told(MC_GUEST_FAULT "hang")) {
		dprintf(STDERR_FILENO, "init: hangs at a test's request\n");
		for (;;)
			pause();
	}
	if (is_told(MC_GUEST_FAULT "panic"))
		put_text("/proc/sysrq-trigger", "c");
	if (is_told(MC_GUEST_FAULT "warn"))
		put_text("/dev/kmsg", "<4>WARNING: CPU: 0 PID: 1 at a test's request\n");
	if (is_told(MC_GUEST_FAULT "exit"))
		power_off();
}

/* ---- the program ---- */

static void on_child(int signal)
{
}

/* What the program complains of goes to the console, and so into the log; keep its last line. */
static bool pass_on(int fd, char *last)
{
	static char line[TEXT_MAX];
	static size_t used;
	char block[1024];
	ssize_t got = read(fd, block, sizeof(block)), i;

	if (got <= 0)
		return got < 0 && (errno == EINTR || errno == EAGAIN);
	write_all(STDERR_FILENO, block, got);
	for (i = 0; i < got; i++) {
		if (block[i] != '\n') {
			if (used < sizeof(line) - 1)
				line[used++] = block[i];
			continue;
		}
		line[used] = '\0';
		if (used)
			strcpy(last, line);
		used = 0;
	}
	return true;
}

/* As PID 1 we reap whatever ends; wakes up only when there is something to do. */
static int wait_for_program(pid_t program, int output, const sigset_t *with_child, char *last)
{
	struct pollfd fds = {.fd = output, .events = POLLIN};
	int status = 0, one;
	bool running = true;
	pid_t pid;

	while (running) {
		if (ppoll(&fds, 1, NULL, with_child) > 0 && !pass_on(output, last))
			fds.fd = -1;
		while ((pid = waitpid(-1, &one, WNOHANG)) > 0) {
			if (pid == program) {
				status = one;
				running = false;
			}
		}
	}
	fcntl(output, F_SETFL, O_NONBLOCK);
	while (fds.fd >= 0 && poll(&fds, 1, 0) > 0 && pass_on(output, last))
		;
	return status;
}

/*
 * Only wait_for_program() takes it, where it waits. A thread that does not block it would take it
 * in between, and there would be nothing to wake up for any more.
 */
static void block_child_signal(void)
{
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
}

static int run(char **argv, int output, char *last)
{
	static char *const env[] = {"PATH=/usr/bin:/bin:/usr/sbin:/sbin", "HOME=/root", "LANG=C",
				    "TMPDIR=/tmp", NULL};
	struct sigaction action = {.sa_handler = on_child};
	sigset_t none;
	int fds[2], status;
	pid_t pid;

	sigemptyset(&none);
	sigaction(SIGCHLD, &action, NULL);
	if (pipe2(fds, O_CLOEXEC))
		verdict("init cannot make a pipe: %s", strerror(errno));
	pid = fork();
	if (!pid) {
		sigprocmask(SIG_SETMASK, &none, NULL);
		signal(SIGCHLD, SIG_DFL);
		setsid();
		dup2(output, STDOUT_FILENO);
		dup2(fds[1], STDERR_FILENO);
		execve(argv[0], argv, env);
		dprintf(STDERR_FILENO, "init: %s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	close(fds[1]);
	if (pid < 0)
		verdict("init cannot fork: %s", strerror(errno));
	status = wait_for_program(pid, fds[0], &none, last);
	close(fds[0]);
	return status;
}

/* ---- its results ---- */

/* A tar header as POSIX.1 has it, for names and sizes that fit it */
struct tar_header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100];
	char magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155], rest[12];
};

_Static_assert(sizeof(struct tar_header) == 512, "a tar header has 512 bytes");

static void send_header(int port, const char *name, off_t size)
{
	struct tar_header header = {.type = '0', .magic = "ustar", .version = {'0', '0'}};
	const unsigned char *bytes = (const unsigned char *)&header;
	unsigned int sum = 0, i;

	memcpy(header.name, name, strlen(name));
	strcpy(header.mode, "0000644");
	strcpy(header.uid, "0000000");
	strcpy(header.gid, "0000000");
	snprintf(header.size, sizeof(header.size), "%011" PRIo64, (uint64_t)size);
	strcpy(header.mtime, "00000000000");
	memset(header.checksum, ' ', sizeof(header.checksum));
	for (i = 0; i < sizeof(header); i++)
		sum += bytes[i];
	snprintf(header.checksum, sizeof(header.checksum), "%06o", sum & 0777777);
	write_all(port, &header, sizeof(header));
}

/* As many bytes as the header says, whatever happens to the file. */
static void send_file(int port, const char *path, const char *name)
{
	static char block[65536];
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat info;
	off_t left;

	if (fd < 0 || fstat(fd, &info) || !S_ISREG(info.st_mode) || info.st_size >= 1LL << 33 ||
	    strlen(name) > 100)
		verdict("init cannot send %s", path);
	send_header(port, name, info.st_size);
	for (left = (info.st_size + 511) & ~511LL; left > 0;) {
		size_t most = left < (off_t)sizeof(block) ? (size_t)left : sizeof(block);
		ssize_t got = read(fd, block, most);

		if (got < (ssize_t)most)
			memset(block + (got > 0 ? got : 0), 0, most - (got > 0 ? got : 0));
		write_all(port, block, most);
		left -= most;
	}
	close(fd);
}

/* @name: of the folder in the archive, empty for the topmost */
static void send_folder(int port, const char *path, const char *name)
{
	DIR *folder = opendir(path);
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		char below[PATH_MAX], below_name[PATH_MAX];
		struct stat info;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
		snprintf(below_name, sizeof(below_name), "%s%s%s", name, *name ? "/" : "",
			 entry->d_name);
		if (lstat(below, &info))
			continue;
		if (S_ISDIR(info.st_mode))
			send_folder(port, below, below_name);
		else
			send_file(port, below, below_name);
	}
	if (folder)
		closedir(folder);
}

/* All result folders with a final name, without that name; there is one, or none. */
static void send_results(int port)
{
	static const char end[1024];
	DIR *results = opendir(MC_GUEST_RESULTS);
	struct dirent *entry;
	char path[PATH_MAX];

	while (results && (entry = readdir(results))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), MC_GUEST_RESULTS "/%s", entry->d_name);
		send_folder(port, path, "");
	}
	write_all(port, end, sizeof(end));
	if (results)
		closedir(results);
}

/* ---- the plan ---- */

struct plan {
	char *argv[ARGS_MAX + 1];
	size_t n_args;
	bool output; /* standard output is what it sends */
	bool ready; /* the ports are there, and hello has been said */
};

/* Modules come first, because the ports and the disk are devices of theirs. */
static void get_ready(struct plan *plan)
{
	if (plan->ready)
		return;
	if (is_told(MC_GUEST_FAULT "silent")) {
		for (;;)
			pause();
	}
	link_ports();
	say_hello();
	begin_beat();
	misbehave();
	plan->ready = true;
}

/* "FILE PARAMETERS" */
static void test(char *file)
{
	char *parameters = file + strcspn(file, " ");

	if (*parameters)
		*parameters++ = '\0';
	load(file, parameters);
	unload(file);
}

static void follow(struct plan *plan, char *line)
{
	char *value = line + strcspn(line, " ");

	if (*value)
		*value++ = '\0';
	if (strcmp(line, "module"))
		get_ready(plan);
	if (!strcmp(line, "module")) {
		load(value, "");
	} else if (!strcmp(line, "scratch")) {
		mount_scratch();
	} else if (!strcmp(line, "test")) {
		test(value);
	} else if (!strcmp(line, "output")) {
		plan->output = true;
	} else if (!strcmp(line, "arg") && plan->n_args < ARGS_MAX) {
		plan->argv[plan->n_args] = strdup(value);
		plan->n_args++;
	} else {
		verdict("init cannot follow its plan: %s", line);
	}
}

static void follow_plan(struct plan *plan)
{
	FILE *file = fopen(MC_GUEST_PLAN, "re");
	char *line = NULL; /* of any length: a matrix has many names */
	size_t room = 0;

	if (!file)
		verdict("init has no plan: %s", strerror(errno));
	while (getline(&line, &room, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		follow(plan, line);
	}
	free(line);
	fclose(file);
	get_ready(plan);
}

static int run_plan(struct plan *plan, char *last)
{
	int port = open(MC_PORT_FOLDER MC_PORT_RESULTS, O_WRONLY | O_CLOEXEC), null, status;

	if (port < 0)
		verdict("init cannot open the results port: %s", strerror(errno));
	if (plan->output) {
		status = run(plan->argv, port, last);
	} else {
		/* Its table for people has no reader here. */
		null = open("/dev/null", O_WRONLY | O_CLOEXEC);
		status = run(plan->argv, null, last);
		send_results(port);
	}
	close(port);
	return status;
}

int main(void)
{
	static struct plan plan;
	char last[TEXT_MAX] = "";
	int status = 0;

	/* Before there is a second thread, which inherits it */
	block_child_signal();
	mount_all();
	follow_plan(&plan);
	if (plan.n_args)
		status = run_plan(&plan, last);
	if (WIFSIGNALED(status))
		verdict("signal %d %s", WTERMSIG(status), last);
	verdict("exit %d %s", WEXITSTATUS(status), last);
}
