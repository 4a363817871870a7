// SPDX-License-Identifier: GPL-2.0
/*
 * guest.c - the program that the cost suite runs in its guest
 *
 * usage: cost-guest GROUP... ; a group is a set of figures that are compared
 *
 * Prints what its figures depend on, after a "#", and a line "figure NAME NS" for every value
 * measured.
 */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define PATH_SIZE 256

static FILE *figures;
static char *figures_text;
static size_t figures_size;

int64_t guest_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

void guest_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

void guest_figure(const char *name, double ns)
{
	fprintf(figures, "figure %s %.3f\n", name, ns);
}

void guest_send(void)
{
	if (fflush(figures) || fwrite(figures_text, 1, figures_size, stdout) < figures_size ||
	    fflush(stdout))
		guest_fail("cannot print the figures: %s", strerror(errno));
}

/* ---- files and modules ---- */

void guest_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		guest_fail("%s: %s", path, strerror(errno));
	close(fd);
}

void guest_read(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, text, size - 1);

	if (got < 0)
		guest_fail("%s: %s", path, strerror(errno));
	close(fd);
	text[got] = '\0';
	text[strcspn(text, "\n")] = '\0';
}

void guest_load(const char *name, const char *options)
{
	char path[PATH_SIZE];
	int fd;

	snprintf(path, sizeof(path), COST_MODULES "%s.ko", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || syscall(SYS_finit_module, fd, options, 0))
		guest_fail("cannot load %s %s: %s", name, options, strerror(errno));
	close(fd);
}

void guest_unload(const char *name)
{
	if (syscall(SYS_delete_module, name, O_NONBLOCK))
		guest_fail("cannot unload %s: %s", name, strerror(errno));
}

void guest_parameter(const char *module, const char *name, char *text, size_t size)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s", module, name);
	guest_read(path, text, size);
}

uint64_t guest_parameter_number(const char *module, const char *name)
{
	char text[64], *end;
	uint64_t number;

	guest_parameter(module, name, text, sizeof(text));
	number = strtoull(text, &end, 10);
	if (end == text || *end)
		guest_fail("%s: parameter %s is '%s', not a number", module, name, text);
	return number;
}

/* ---- what the figures depend on ---- */

/* Any other clock would be asked outside, and not be a count of instructions. */
static void check_clock(void)
{
	char source[64];

	guest_read("/sys/devices/system/clocksource/clocksource0/current_clocksource", source,
		   sizeof(source));
	if (strcmp(source, "tsc") && strcmp(source, "arch_sys_counter"))
		guest_fail("the clock source is %s: its time does not count instructions", source);
}

static void describe(void)
{
	struct utsname name;
	char compiler[128];

	uname(&name);
	guest_load("timer_cost_module", "timer=empty");
	guest_parameter("timer_cost_module", "compiler", compiler, sizeof(compiler));
	guest_unload("timer_cost_module");
	fprintf(figures, "# kernel %s %s, modules by %s\n", name.release, name.version, compiler);
}

static const struct group {
	const char *name;
	void (*measure)(void);
} groups[] = {
	{"ticks", guest_measure_ticks},		{"rmids", guest_measure_rmids},
	{"registers", guest_measure_registers}, {"switches", guest_measure_switches},
	{"forks", guest_measure_forks},		{"sweeps", guest_measure_sweeps},
};

static void measure(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		if (!strcmp(groups[i].name, name)) {
			groups[i].measure();
			return;
		}
	}
	guest_fail("there is no group '%s'", name);
}

int main(int argc, char **argv)
{
	int i;

	figures = open_memstream(&figures_text, &figures_size);
	if (!figures)
		guest_fail("out of memory");
	check_clock();
	describe();
	for (i = 1; i < argc; i++)
		measure(argv[i]);
	guest_send();
	return 0;
}
