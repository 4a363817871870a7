// SPDX-License-Identifier: GPL-2.0
/*
 * load.c - stress-ng as a load that can be trusted to have run
 *
 * stress-ng says nothing while it runs, so whether it works is seen from
 * outside: CPU time of its workers, sectors of the disk, its exit code.
 */
#include "load/load.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/file_text.h"
#include "base/nanoseconds.h"

#define POLL_NS (50 * NS_PER_MS)
/*
 * stress-ng answers SIGINT within a fraction of a second, on a slow guest within some. Only
 * one that hangs is waited for longer, and how busy a machine is must decide nothing.
 */
#define STOP_NS (60 * NS_PER_S)
/*
 * Beyond all that is waited for, for a load, and for a window beside twice its length. In an
 * emulated guest whose load locks the bus, the module alone takes half a minute to be loaded.
 */
#define TIMEOUT_LOAD_S 360
#define TIMEOUT_WINDOW_S 60
/* No time that anybody waits for; stress-ng and the deadline above it can count so far. */
#define TIMEOUT_MAX_S 1000000000

/* ---- stress-ng itself ---- */

bool mc_load_available(void)
{
	const char *path = getenv("PATH");
	char file[4096];

	while (path && *path) {
		int length = strcspn(path, ":");

		snprintf(file, sizeof(file), "%.*s/stress-ng", length, path);
		if (!access(file, X_OK))
			return true;
		path += length + (path[length] == ':');
	}
	return false;
}

/* "stress-ng, version 0.15.06 (gcc ...)" */
void mc_load_version(char *version, size_t size)
{
	static const char *const argv[] = {"stress-ng", "--version", NULL};
	static const char before[] = "version ";
	struct mc_failure ignored;
	char text[512];
	const char *at;

	if (!mc_load_available() ||
	    mc_child_output(argv, 20 * NS_PER_S, text, sizeof(text), &ignored))
		return;
	at = strstr(text, before);
	if (at) {
		at += strlen(before);
		snprintf(version, size, "%.*s", (int)strcspn(at, " \n"), at);
	}
}

static bool has_word(const char *text, const char *word)
{
	size_t length = strlen(word);
	const char *at;

	for (at = text; (at = strstr(at, word)); at += length) {
		if ((at == text || isspace((unsigned char)at[-1])) &&
		    (!at[length] || isspace((unsigned char)at[length])))
			return true;
	}
	return false;
}

int mc_load_check(const struct mc_matrix *matrix, struct mc_failure *failure)
{
	static const char *const argv[] = {"stress-ng", "--stressors", NULL};
	static char known[64 * 1024];
	size_t i;

	if (!mc_load_available())
		return 0;
	known[0] = '\0';
	for (i = 0; i < matrix->n; i++) {
		const struct mc_scenario *scenario = &matrix->scenario[i];

		if (!scenario->stressor[0])
			continue;
		if (!known[0] &&
		    mc_child_output(argv, 120 * NS_PER_S, known, sizeof(known), failure))
			return -1;
		if (!has_word(known, scenario->stressor))
			return mc_fail(failure, MC_EXIT_USAGE,
				       "%s:%d: [%s]: this machine's stress-ng has no stressor '%s' "
				       "(stress-ng --stressors lists them)",
				       scenario->file, scenario->line, scenario->name,
				       scenario->stressor);
	}
	return 0;
}

unsigned int mc_load_timeout_s(uint64_t duration_ns, unsigned int n_windows)
{
	double window_s = 2 * (duration_ns / 1e9) + TIMEOUT_WINDOW_S;
	double timeout_s = n_windows * window_s + TIMEOUT_LOAD_S;

	return timeout_s < TIMEOUT_MAX_S ? (unsigned int)timeout_s : TIMEOUT_MAX_S;
}

int mc_load_start(struct mc_load *load, char *const *argv, uid_t user, const char *tmp,
		  struct mc_failure *failure)
{
	struct mc_child_config config = {
		.argv = (const char *const *)argv,
		.cwd = tmp ? "/tmp" : NULL,
		.tmp = tmp,
		.stdin_fd = -1,
		.user = user,
	};

	memset(load, 0, sizeof(*load));
	load->messages_fd = memfd_create("messages of a load", MFD_CLOEXEC);
	if (load->messages_fd < 0)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "memfd_create: %s", strerror(errno));
	config.stdout_fd = load->messages_fd;
	config.stderr_fd = load->messages_fd;
	if (mc_child_start(&load->child, &config, failure)) {
		close(load->messages_fd);
		return -1;
	}
	load->leader = syscall(SYS_pidfd_open, load->child.group, 0);
	load->alive = true;
	return 0;
}

bool mc_load_alive(struct mc_load *load)
{
	if (load->alive && mc_child_wait(&load->child, 0, &load->end) == 1)
		load->alive = false;
	return load->alive;
}

/* ---- CPU time ---- */

int mc_parse_process_stat(const char *text, struct mc_process *process)
{
	unsigned long long user, system;
	long long children_user, children_system;
	const char *rest = strrchr(text, ')'); /* a name may hold anything, ") " included */

	if (!rest || sscanf(text, "%d (", &process->pid) != 1 || process->pid < 1)
		return -1;
	if (sscanf(rest, ") %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %lld %lld",
		   &process->parent, &user, &system, &children_user, &children_system) != 5)
		return -1;
	process->ticks = user + system + children_user + children_system;
	return 0;
}

struct processes {
	size_t n, room;
	struct mc_process *process; /* sorted by pid */
};

static int by_pid(const void *a, const void *b)
{
	const struct mc_process *one = a, *other = b;

	return (one->pid > other->pid) - (one->pid < other->pid);
}

static int add_process(struct processes *all, const struct mc_process *process)
{
	struct mc_process *grown;

	if (all->n == all->room) {
		grown = realloc(all->process, (2 * all->room + 64) * sizeof(*grown));
		if (!grown)
			return -1;
		all->process = grown;
		all->room = 2 * all->room + 64;
	}
	all->process[all->n++] = *process;
	return 0;
}

/* A process that ends meanwhile is left out: its parent has its time then. */
static void list_processes(struct processes *all)
{
	DIR *proc = opendir("/proc");
	struct mc_process process;
	const struct dirent *entry;
	char path[64], text[1024];

	while (proc && (entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%.16s/stat", entry->d_name);
		if (mc_file_text(path, text, sizeof(text)) <= 0 ||
		    mc_parse_process_stat(text, &process))
			continue;
		if (add_process(all, &process))
			break;
	}
	if (proc)
		closedir(proc);
	if (all->n)
		qsort(all->process, all->n, sizeof(*all->process), by_pid);
}

/* Below @top by way of its parents? Pids can be used again, so the way may be endless. */
static bool descends(const struct processes *all, const struct mc_process *process, pid_t top)
{
	int steps;

	for (steps = 0; process && steps < 64; steps++) {
		struct mc_process key = {.pid = process->parent};

		if (process->parent == top)
			return true;
		process = bsearch(&key, all->process, all->n, sizeof(key), by_pid);
	}
	return false;
}

int64_t mc_load_cpu_time(const struct mc_load *load)
{
	struct processes all = {0};
	int64_t ticks = 0;
	size_t i;

	list_processes(&all);
	for (i = 0; i < all.n; i++) {
		const struct mc_process *process = &all.process[i];

		if (process->pid != load->child.group && descends(&all, process, load->child.pid))
			ticks += process->ticks;
	}
	free(all.process);
	return ticks * (NS_PER_S / sysconf(_SC_CLK_TCK));
}

/* ---- disks ---- */

int64_t mc_parse_disk_stat(const char *text)
{
	uint64_t sectors_read, sectors_written;

	if (sscanf(text, "%*u %*u %" SCNu64 " %*u %*u %*u %" SCNu64, &sectors_read,
		   &sectors_written) != 2)
		return -1;
	return (int64_t)((sectors_read + sectors_written) & INT64_MAX);
}

int64_t mc_disk_sectors(dev_t disk)
{
	char path[64], text[512];

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/stat", major(disk), minor(disk));
	return mc_file_text(path, text, sizeof(text)) <= 0 ? -1 : mc_parse_disk_stat(text);
}

/*
 * Some file systems (btrfs, overlay) have device numbers of their own, which are
 * no disk's: what they are mounted from may be one.
 */
static dev_t mounted_from(dev_t number, char *type, size_t size)
{
	char line[4096], source[2048], kind[64];
	unsigned int major_number, minor_number;
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	dev_t disk = 0;
	struct stat info;

	while (mounts && !disk && fgets(line, sizeof(line), mounts)) {
		const char *rest = strstr(line, " - ");

		if (!rest || sscanf(line, "%*u %*u %u:%u", &major_number, &minor_number) != 2 ||
		    makedev(major_number, minor_number) != number ||
		    sscanf(rest, " - %63s %2047s", kind, source) != 2)
			continue;
		snprintf(type, size, "%s", kind);
		if (!stat(source, &info) && S_ISBLK(info.st_mode))
			disk = info.st_rdev;
	}
	if (mounts)
		fclose(mounts);
	return disk;
}

int mc_disk_of(const char *folder, dev_t *disk, struct mc_failure *failure)
{
	char type[64] = "an unknown file system";
	struct stat info;

	if (stat(folder, &info))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s: %s", folder, strerror(errno));
	*disk = info.st_dev;
	if (!major(*disk))
		*disk = mounted_from(info.st_dev, type, sizeof(type));
	else
		strcpy(type, "a device without counters");
	if (*disk && mc_disk_sectors(*disk) >= 0)
		return 0;
	return mc_fail(failure, MC_EXIT_ENVIRONMENT,
		       "%s is on %s, not on a block device (choose a folder with --scratch)",
		       folder, type);
}

/* ---- does it run? ---- */

int mc_load_wait(struct mc_load *load, dev_t disk, int64_t deadline_ns, struct mc_failure *failure)
{
	int64_t before = 0, now, sectors = disk ? mc_disk_sectors(disk) : 0;
	int grown = 0;

	for (;;) {
		if (mc_sleep_until(mc_now_ns() + POLL_NS))
			return mc_fail(failure, MC_EXIT_ENVIRONMENT, "interrupted");
		if (!mc_load_alive(load))
			return mc_fail(failure, MC_EXIT_INVALID,
				       "the load ended before sampling began");
		now = mc_load_cpu_time(load);
		grown += now > before;
		before = now;
		load->ran = grown >= 2;
		if (load->ran && (!disk || mc_disk_sectors(disk) > sectors))
			return 0;
		if (mc_now_ns() > deadline_ns)
			break;
	}
	if (load->ran)
		return mc_fail(failure, MC_EXIT_INVALID,
			       "the load moved no sectors of block device %u:%u before sampling",
			       major(disk), minor(disk));
	return mc_fail(failure, MC_EXIT_INVALID, "the load used no CPU time before sampling");
}

/* ---- the end ---- */

bool mc_load_end(struct mc_load *load, int64_t deadline_ns)
{
	if (!mc_load_alive(load))
		return true;
	if (!load->asked)
		syscall(SYS_pidfd_send_signal, load->leader, SIGINT, NULL, 0);
	load->asked = true;
	load->alive = mc_child_wait(&load->child, deadline_ns, &load->end) != 1;
	return !load->alive;
}

void mc_load_stop(struct mc_load *load)
{
	if (mc_load_end(load, mc_now_ns() + STOP_NS))
		return;
	mc_child_stop(&load->child, SIGKILL, 0, &load->end);
	load->alive = false;
}

static bool is_remark(const char *line)
{
	static const char *const kinds[] = {"info:", "metrc:", "debug:", "dbg:", "warn:"};
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strstr(line, kinds[i]))
			return true;
	}
	return false;
}

static bool is_complaint(const char *line)
{
	return *line && !is_remark(line);
}

/* Whether nothing ran, for which stress-ng has these words; newer ones count "skipped: 0", too. */
static bool is_refusal(const char *line)
{
	return (strstr(line, "skip") && !strstr(line, "skipped: 0")) ||
	       strstr(line, "No stress workers invoked") || strstr(line, " 0 stressors started");
}

/* The first line of what it printed that is one of those, after @before and without its prefix */
static void find_line(const struct mc_load *load, bool (*is_one)(const char *line),
		      const char *before, char *line, size_t size)
{
	FILE *messages = fdopen(dup(load->messages_fd), "r");
	char text[240];

	line[0] = '\0';
	if (!messages)
		return;
	rewind(messages);
	while (!line[0] && fgets(text, sizeof(text), messages)) {
		const char *what = strstr(text, "] ");

		text[strcspn(text, "\n")] = '\0';
		if (is_one(text))
			snprintf(line, size, "%s%s", before, what ? what + 2 : text);
	}
	fclose(messages);
}

/*
 * Up to 0.18.01 a worker that our signal reached where it did not expect it returned 5, and then
 * so did stress-ng. Its report says whether the load has worked.
 */
static bool ended_by_our_signal(const struct mc_load *load)
{
	static const unsigned int mended[] = {0, 18, 2};
	char version[32] = "";
	unsigned int is[3];
	size_t i = 0;

	if (load->end.code != 5 || !load->asked)
		return false;
	mc_load_version(version, sizeof(version));
	if (sscanf(version, "%u.%u.%u", &is[0], &is[1], &is[2]) != 3)
		return false;
	while (i < 2 && is[i] == mended[i])
		i++;
	return is[i] < mended[i];
}

enum mc_status mc_load_verdict(const struct mc_load *load, char *reason, size_t size)
{
	/* The exit codes of stress-ng(1) */
	static const struct {
		enum mc_status status;
		const char *text;
	} codes[] = {
		[1] = {MC_STATUS_INVALID, "did not understand its arguments"},
		[2] = {MC_STATUS_INVALID, "failed"},
		[3] = {MC_STATUS_SKIPPED, "lacks a resource here"},
		[4] = {MC_STATUS_SKIPPED, "is not implemented here"},
		[5] = {MC_STATUS_INVALID, "was killed by a signal"},
		[6] = {MC_STATUS_INVALID, "ended in a way of its own"},
		[7] = {MC_STATUS_INVALID, "calls its own figures untrustworthy"},
	};
	char said[MC_TEXT_MAX / 2];

	if (load->end.exited && !load->end.code) {
		find_line(load, is_refusal, "", said, sizeof(said));
		if (load->ran || load->asked || !*said)
			return MC_STATUS_OK;
		snprintf(reason, size, "the load declined: %s", said);
		return MC_STATUS_SKIPPED;
	}
	if (load->end.exited && ended_by_our_signal(load))
		return MC_STATUS_OK;
	find_line(load, is_complaint, ": ", said, sizeof(said));
	if (!load->end.exited) {
		snprintf(reason, size, "the load had to be killed (signal %d)%s", load->end.code,
			 said);
		return MC_STATUS_INVALID;
	}
	if ((size_t)load->end.code < sizeof(codes) / sizeof(codes[0])) {
		if (!*said && codes[load->end.code].status == MC_STATUS_SKIPPED)
			find_line(load, is_refusal, ": ", said, sizeof(said));
		snprintf(reason, size, "the load %s (exit code %d)%s", codes[load->end.code].text,
			 load->end.code, said);
		return codes[load->end.code].status;
	}
	snprintf(reason, size, "the load ended with exit code %d%s", load->end.code, said);
	return MC_STATUS_INVALID;
}

void mc_load_free(struct mc_load *load)
{
	close(load->messages_fd);
	if (load->leader >= 0)
		close(load->leader);
	load->messages_fd = -1;
	load->leader = -1;
}
