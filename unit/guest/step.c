// SPDX-License-Identifier: GPL-2.0
/*
 * step.c - a small static program for storms: it starts in no time
 *
 * The guest has it under several names, so that an exec changes the name.
 *
 *   NAME exit               exit at once
 *   NAME sleep MS           sleep
 *   NAME burn MS            be busy; where MS is a path, until there is such a file
 *   NAME forks N            have N children, one after the other; 0: until killed
 *   NAME chain N OTHER MS   become OTHER, which becomes NAME, N times in all; then have a
 *                           child that is busy as above
 *   NAME threads N OTHER    start N threads, of which the last one, not the leader,
 *                           becomes OTHER
 *   NAME copy CODE          copy standard input to standard output, say so on standard error
 *   NAME together N         N threads, the first one included, end at the same moment
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS_MAX 256
#define STACK_BYTES (64 * 1024)

static char **arguments;
static int threads;
static atomic_int arrived;

static long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void burn(const char *until)
{
	long long end = now_ns() + atoi(until) * 1000000LL;

	if (*until == '/') {
		while (access(until, F_OK))
			;
	}
	while (now_ns() < end)
		;
}

static void rest(int ms)
{
	struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

	nanosleep(&time, NULL);
}

static int copy(int code)
{
	char bytes[256];
	ssize_t got;

	while ((got = read(STDIN_FILENO, bytes, sizeof(bytes))) > 0) {
		if (write(STDOUT_FILENO, bytes, got) != got)
			return 1;
	}
	fputs("copied\n", stderr);
	return code;
}

static int forks(int times)
{
	int i, status;

	for (i = 0; !times || i < times; i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
			return 1;
	}
	return 0;
}

static int with_child(const char *until)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		burn(until);
		_exit(0);
	}
	return pid < 0 || waitpid(pid, &status, 0) != pid || status;
}

static int chain(int left, const char *self, const char *other, const char *ms)
{
	char text[16];

	if (!left)
		return with_child(ms);
	snprintf(text, sizeof(text), "%d", left - 1);
	execl(other, other, "chain", text, self, ms, NULL);
	return 1;
}

static void start(void *(*run)(void *data), long index)
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	if (pthread_create(&thread, &attributes, run, (void *)index))
		_exit(1);
}

/* All but the last wait to be ended by its exec. */
static void *wait_or_exec(void *data)
{
	if ((long)data == threads - 1) {
		execl(arguments[3], arguments[3], "exit", NULL);
		_exit(1);
	}
	for (;;)
		pause();
}

static void *end_together(void *data)
{
	atomic_fetch_add(&arrived, 1);
	while (atomic_load(&arrived) < threads)
		sched_yield();
	syscall(SYS_exit, 0);
	return NULL;
}

static int with_threads(void *(*run)(void *data), int n)
{
	long i;

	threads = n < THREADS_MAX ? n : THREADS_MAX;
	for (i = 1; i < threads; i++)
		start(run, i);
	run(NULL);
	return 1;
}

int main(int argc, char **argv)
{
	int number = argc > 2 ? atoi(argv[2]) : 0;
	const char *what = argc > 1 ? argv[1] : "";

	arguments = argv;
	if (!strcmp(what, "sleep"))
		rest(number);
	else if (!strcmp(what, "burn"))
		burn(argc > 2 ? argv[2] : "0");
	else if (!strcmp(what, "copy"))
		return copy(number);
	else if (!strcmp(what, "forks") && argc == 3)
		return forks(number);
	else if (!strcmp(what, "chain") && argc == 5)
		return chain(number, argv[0], argv[3], argv[4]);
	else if (!strcmp(what, "threads") && argc == 4)
		return with_threads(wait_or_exec, number);
	else if (!strcmp(what, "together"))
		return with_threads(end_together, number);
	else if (strcmp(what, "exit"))
		return 2;
	return 0;
}
