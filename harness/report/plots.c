// SPDX-License-Identifier: GPL-2.0
/*
 * plots.c - gnuplot, run over a result
 *
 * Data files and pictures are made in a folder of their own and moved into
 * plots/ when all of them are whole, so that drawing an old result again cannot
 * spoil what is there.
 */
#include "memory_collector/present.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory_collector/child.h"
#include "report/plot_data.h"

/* For all pictures together; they take a few seconds */
#define DEADLINE_NS (600 * 1000000000LL)
#define GRACE_NS 500000000LL
#define FINAL "plots"
#define TEMPORARY ".plots.new"

/* ---- gnuplot ---- */

/* The last line that gnuplot printed: its reason for giving up */
static void last_line(int fd, char *line, size_t size)
{
	char text[4096];
	ssize_t got = pread(fd, text, sizeof(text) - 1, 0);
	char *start;

	text[got > 0 ? got : 0] = '\0';
	while (*text && strchr("\n ", text[strlen(text) - 1]))
		text[strlen(text) - 1] = '\0';
	start = strrchr(text, '\n');
	snprintf(line, size, "%.400s", start ? start + 1 : *text ? text : "no message");
}

static int run_gnuplot(const char *script, const char *folder, int output, int64_t deadline_ns,
		       struct mc_failure *failure)
{
	/* -d: without the user's own settings, which would change the pictures */
	const char *const argv[] = {"gnuplot", "-d", script, NULL};
	struct mc_child_config config = {.argv = argv,
					 .cwd = folder,
					 .stdin_fd = -1,
					 .stdout_fd = output,
					 .stderr_fd = output,
					 .user = (uid_t)-1};
	struct mc_child_end end = {.exited = false};
	struct mc_child child;
	char line[512];

	if (mc_child_start(&child, &config, failure)) {
		mc_fail_prepend(failure, "cannot draw the plots (Debian: gnuplot-nox)");
		return -1;
	}
	if (!mc_child_wait(&child, deadline_ns, &end)) {
		mc_child_stop(&child, SIGTERM, GRACE_NS, NULL);
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "gnuplot %s: %s", script,
			       mc_stop_requested() ? "stopped" : "took too long, was ended");
	}
	if (end.exited && !end.code)
		return 0;
	last_line(output, line, sizeof(line));
	return mc_fail(failure, MC_EXIT_ENVIRONMENT, "gnuplot %s: %s %d: %s", script,
		       end.exited ? "exit code" : "signal", end.code, line);
}

/* gnuplot does not look at write errors: a whole picture ends as its format does. */
static int check_picture(int folder, const char *name, const char *extension, const char *ending,
			 struct mc_failure *failure)
{
	char file[64], tail[64];
	off_t size;
	ssize_t got;
	int fd;

	snprintf(file, sizeof(file), "%s.%s", name, extension);
	fd = openat(folder, file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "gnuplot left no %s: %s", file,
			       strerror(errno));
	size = lseek(fd, 0, SEEK_END);
	got = pread(fd, tail, sizeof(tail), size > (off_t)sizeof(tail) ? size - sizeof(tail) : 0);
	close(fd);
	if (got <= 0 || !memmem(tail, got, ending, strlen(ending)))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "gnuplot left only a part of %s; is the disk full?", file);
	return 0;
}

static int draw(const struct mc_result *of, const char *scripts, const char *path, int folder,
		struct mc_failure *failure)
{
	int64_t deadline_ns = mc_now_ns() + DEADLINE_NS;
	int output = memfd_create("gnuplot", MFD_CLOEXEC), result = 0;
	char script[PATH_MAX + 64];

	if (output < 0)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "cannot draw the plots: memfd: %s",
			       strerror(errno));
	for (unsigned int i = 0; mc_plot_name(i) && !result; i++) {
		const char *name = mc_plot_name(i);

		if (!mc_plot_is_wanted(of, i))
			continue;
		snprintf(script, sizeof(script), "%s/%s.gp", scripts, name);
		if (ftruncate(output, 0) || lseek(output, 0, SEEK_SET))
			result = mc_fail(failure, MC_EXIT_ENVIRONMENT,
					 "cannot draw the plots: memfd: %s", strerror(errno));
		else if (run_gnuplot(script, path, output, deadline_ns, failure) ||
			 check_picture(folder, name, "svg", "</svg>", failure) ||
			 check_picture(folder, name, "png", "IEND", failure))
			result = -1;
	}
	close(output);
	return result;
}

/* ---- the folder ---- */

static int for_each_file(int folder, int (*fn)(int folder, const char *name, int argument),
			 int argument)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), result = 0;
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!stream) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	while (!result && (entry = readdir(stream))) {
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			result = fn(folder, entry->d_name, argument);
	}
	closedir(stream);
	return result;
}

static int remove_file(int folder, const char *name, int unused)
{
	return unlinkat(folder, name, 0);
}

static int move_file(int folder, const char *name, int final)
{
	return renameat(folder, name, final, name);
}

/* The working folder, empty and ours alone; what a killed run left in it goes. */
static int open_temporary(const char *dir, const char *path, struct mc_failure *failure)
{
	int folder;

	if (mkdir(path, 0777) && errno != EEXIST)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "cannot make %s for the plots: %s",
			       path, strerror(errno));
	folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "cannot open %s: %s", path,
			       strerror(errno));
	if (flock(folder, LOCK_EX | LOCK_NB)) {
		close(folder);
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "plots of %s are being drawn by another run-stress", dir);
	}
	if (for_each_file(folder, remove_file, 0)) {
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "cannot empty %s: %s", path, strerror(errno));
		close(folder);
		return -1;
	}
	return folder;
}

static int move_all(int folder, const char *final, struct mc_failure *failure)
{
	int to = -1, result = 0;

	if ((mkdir(final, 0777) && errno != EEXIST) ||
	    (to = open(final, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0 ||
	    for_each_file(folder, move_file, to))
		result = mc_fail(failure, MC_EXIT_ENVIRONMENT, "cannot write the plots to %s: %s",
				 final, strerror(errno));
	if (to >= 0)
		close(to);
	return result;
}

int mc_plots_make(const struct mc_result *result, const char *scripts, const char *dir,
		  struct mc_failure *failure)
{
	char path[PATH_MAX], final[PATH_MAX], absolute[PATH_MAX];
	int folder, status;

	if (!realpath(scripts, absolute))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "cannot find the plot scripts in %s: %s", scripts, strerror(errno));
	if ((size_t)snprintf(path, sizeof(path), "%s/" TEMPORARY, dir) >= sizeof(path) ||
	    (size_t)snprintf(final, sizeof(final), "%s/" FINAL, dir) >= sizeof(final))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s: the path is too long for plots",
			       dir);
	folder = open_temporary(dir, path, failure);
	if (folder < 0)
		return -1;
	status = mc_plot_data_write(result, folder, failure) ||
		 draw(result, absolute, path, folder, failure) || move_all(folder, final, failure);
	for_each_file(folder, remove_file, 0);
	close(folder);
	rmdir(path);
	return status ? -1 : 0;
}
