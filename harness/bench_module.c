// SPDX-License-Identifier: GPL-2.0
/*
 * bench_module.c - the measuring module through libkmod, /sys and /proc
 */
#include "bench_module.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libkmod.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "interval.h"
#include "memory_collector/child.h"

#define NS_PER_MS 1000000LL
#define NS_PER_S 1000000000LL
#define TOTALS_FILE "/proc/sync_timer_benchmark"
/* 64 bytes for each of MC_CPUS_MAX lines, twice */
#define TOTALS_SIZE_MAX (1024 * 1024)

/* ---- files of /sys ---- */

static int read_word(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	text[0] = '\0';
	if (fd < 0)
		return -1;
	length = read(fd, text, size - 1);
	close(fd);
	if (length < 0)
		return -1;
	text[length] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return 0;
}

/* ---- before loading ---- */

static int take_vermagic(struct kmod_module *module, char *release, size_t size)
{
	struct kmod_list *info = NULL, *entry;
	int result = -1;

	if (kmod_module_get_info(module, &info) < 0)
		return -1;
	for (entry = info; entry; entry = kmod_list_next(info, entry)) {
		if (strcmp(kmod_module_info_get_key(entry), "vermagic"))
			continue;
		snprintf(release, size, "%.*s",
			 (int)strcspn(kmod_module_info_get_value(entry), " "),
			 kmod_module_info_get_value(entry));
		result = 0;
	}
	kmod_module_info_free_list(info);
	return result;
}

int mc_module_release(const char *path, char *release, size_t size, struct mc_failure *failure)
{
	struct kmod_ctx *context;
	struct kmod_module *module = NULL;
	struct stat info;
	int result;

	if (stat(path, &info))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "module %s: %s; build it (meson compile), or name it with --module",
			       path, strerror(errno));
	context = kmod_new(NULL, NULL);
	if (!context)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "module %s: out of memory", path);
	result = kmod_module_new_from_path(context, path, &module);
	if (!result)
		result = take_vermagic(module, release, size);
	kmod_module_unref(module);
	kmod_unref(context);
	if (result)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "module %s: not a kernel module",
			       path);
	return 0;
}

int mc_module_check(const char *path, struct mc_failure *failure)
{
	char release[sizeof(((struct utsname *)0)->release)], text[256];
	struct utsname name;

	if (mc_module_release(path, release, sizeof(release), failure))
		return -1;
	uname(&name);
	if (strcmp(release, name.release))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "module %s is for kernel %s, but %s is running: configure the build "
			       "with -Dkernel_dir=/lib/modules/%s/build, or use --place vm",
			       path, release, name.release, name.release);
	read_word("/sys/kernel/security/lockdown", text, sizeof(text));
	if (text[0] && !strstr(text, "[none]"))
		return mc_fail(
			failure, MC_EXIT_ENVIRONMENT,
			"kernel lockdown is on (/sys/kernel/security/lockdown: %s), so this "
			"kernel loads no module of ours: use --place vm, or turn Secure Boot "
			"off",
			text);
	read_word("/sys/module/module/parameters/sig_enforce", text, sizeof(text));
	if (text[0] == 'Y')
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "this kernel loads signed modules only (module.sig_enforce): use "
			       "--place vm");
	return 0;
}

bool mc_module_loaded(void)
{
	return !access("/sys/module/" MC_BENCH_MODULE, F_OK);
}

/* ---- loading and unloading ---- */

static const char *why_not_loaded(int error)
{
	switch (error) {
	case EPERM:
		return "not permitted; are modules disabled (kernel.modules_disabled)?";
	case EKEYREJECTED:
		return "the kernel wants a signature";
	case ENOEXEC:
		return "it does not fit this kernel; the kernel log says more";
	case EEXIST:
		return "it is loaded already";
	case ENOENT:
		return "it needs a symbol that this kernel does not have; the kernel log says more";
	default:
		return strerror(error);
	}
}

int mc_module_load(const char *path, uint64_t interval_ns, struct mc_failure *failure)
{
	struct kmod_ctx *context = kmod_new(NULL, NULL);
	struct kmod_module *module = NULL;
	char parameters[64];
	int error;

	if (!context)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "module %s: out of memory", path);
	snprintf(parameters, sizeof(parameters), "interval_ns=%" PRIu64, interval_ns);
	error = kmod_module_new_from_path(context, path, &module);
	if (!error)
		error = kmod_module_insert_module(module, 0, parameters);
	kmod_module_unref(module);
	kmod_unref(context);
	if (error)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "cannot load module %s: %s", path,
			       why_not_loaded(-error));
	return 0;
}

int mc_module_unload(struct mc_failure *failure)
{
	int64_t deadline = mc_now_ns() + 5 * NS_PER_S;
	struct kmod_ctx *context = kmod_new(NULL, NULL);
	struct kmod_module *module = NULL;
	const struct timespec pause = {.tv_nsec = 20 * NS_PER_MS};
	int error = -ENOMEM;

	if (context)
		error = kmod_module_new_from_name(context, MC_BENCH_MODULE, &module);
	while (!error) {
		error = kmod_module_remove_module(module, O_NONBLOCK);
		/* In use: somebody has a file of it open, which may end. */
		if ((error != -EAGAIN && error != -EBUSY) || mc_now_ns() > deadline)
			break;
		nanosleep(&pause, NULL);
		error = 0;
	}
	kmod_module_unref(module);
	kmod_unref(context);
	if (error && error != -ENOENT)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "cannot unload module " MC_BENCH_MODULE ": %s; unload it with rmmod",
			       strerror(-error));
	return 0;
}

/* ---- the window ---- */

int mc_module_set_window(uint64_t k0, uint64_t k1, struct mc_failure *failure)
{
	static const char path[] = "/sys/module/" MC_BENCH_MODULE "/parameters/window";
	char text[64];
	int fd, length, error = 0;

	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s: %s", path, strerror(errno));
	length = snprintf(text, sizeof(text), "%" PRIu64 ",%" PRIu64, k0, k1);
	if (write(fd, text, length) != length)
		error = errno;
	close(fd);
	if (error == ETIME)
		return 1;
	if (error)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s: the window %s is refused: %s",
			       path, text, strerror(error));
	return 0;
}

/* ---- totals ---- */

static int add_cpu(struct mc_bench_totals *totals, const struct mc_totals *cpu)
{
	struct mc_totals *grown;

	if (totals->n_cpus == MC_CPUS_MAX ||
	    (totals->n_cpus && totals->cpu[totals->n_cpus - 1].cpu >= cpu->cpu))
		return -1;
	grown = realloc(totals->cpu, (totals->n_cpus + 1) * sizeof(*grown));
	if (!grown)
		return -1;
	totals->cpu = grown;
	grown[totals->n_cpus++] = *cpu;
	return 0;
}

/* A number at *text, followed by a blank or the end */
static int take_number(const char **text, uint64_t *number)
{
	const char *at = *text + strspn(*text, " ");
	size_t digits = strspn(at, "0123456789");
	char *end;

	if (!digits || (at[digits] && at[digits] != ' '))
		return -1;
	errno = 0;
	*number = strtoull(at, &end, 10);
	if (errno)
		return -1;
	*text = end;
	return 0;
}

static int take_word(const char **text, const char *word)
{
	const char *at = *text + strspn(*text, " ");
	size_t length = strlen(word);

	if (strncmp(at, word, length) || at[length] != ' ')
		return -1;
	*text = at + length;
	return 0;
}

static int take_cpu(struct mc_bench_totals *totals, const char **text)
{
	struct mc_totals cpu;
	uint64_t number;

	if (take_number(text, &number) || number >= MC_CPUS_MAX || take_word(text, "started") ||
	    take_number(text, &cpu.started) || take_word(text, "missed") ||
	    take_number(text, &cpu.missed) || take_word(text, "open") ||
	    take_number(text, &cpu.open))
		return -1;
	cpu.cpu = number;
	return add_cpu(totals, &cpu);
}

enum { HAS_INTERVAL = 1, HAS_PHASE = 2, HAS_WINDOW = 4, HAS_READ = 8, HAS_ALL = 15 };

static int take_line(struct mc_bench_totals *totals, const char *line, unsigned int *has)
{
	uint64_t first, second;

	if (!take_word(&line, "cpu"))
		return take_cpu(totals, &line) || *line ? -1 : 0;
	if (!take_word(&line, "offline")) {
		if (take_number(&line, &first) || first >= MC_CPUS_MAX ||
		    take_number(&line, &second) || *line)
			return -1;
		totals->offline_cpu = first;
		return 0;
	}
	if (!take_word(&line, "interval_ns")) {
		*has |= HAS_INTERVAL;
		return take_number(&line, &totals->interval_ns) || *line ? -1 : 0;
	}
	if (!take_word(&line, "phase_ns")) {
		*has |= HAS_PHASE;
		return take_number(&line, &totals->phase_ns) || *line ? -1 : 0;
	}
	if (!take_word(&line, "window")) {
		*has |= HAS_WINDOW;
		return take_number(&line, &totals->k0) || take_number(&line, &totals->k1) || *line
			       ? -1
			       : 0;
	}
	if (!take_word(&line, "read_ns")) {
		*has |= HAS_READ;
		if (take_number(&line, &first) || first > INT64_MAX || *line)
			return -1;
		totals->read_ns = first;
		return 0;
	}
	/* What a later module adds is not ours to judge. */
	return *line ? 0 : -1;
}

static bool plausible(const struct mc_bench_totals *totals)
{
	struct interval interval;

	return !interval_init(&interval, totals->interval_ns, totals->phase_ns) &&
	       totals->k0 <= totals->k1 && totals->n_cpus;
}

int mc_bench_totals_parse(const char *text, struct mc_bench_totals *totals,
			  struct mc_failure *failure)
{
	unsigned int number = 1, has = 0;
	char line[256];

	*totals = (struct mc_bench_totals){.offline_cpu = -1};
	for (; *text; number++) {
		size_t length = strcspn(text, "\n");

		if (!text[length] || length >= sizeof(line))
			goto refuse;
		memcpy(line, text, length);
		line[length] = '\0';
		if (take_line(totals, line, &has))
			goto refuse;
		text += length + 1;
	}
	if (has == HAS_ALL && plausible(totals))
		return 0;
refuse:
	mc_bench_totals_free(totals);
	return mc_fail(failure, MC_EXIT_ENVIRONMENT,
		       TOTALS_FILE ":%u: not what the measuring module of this program writes",
		       number);
}

/* A seq_file comes in pieces, but of one state: the module writes it at one stroke. */
int mc_module_read_totals(struct mc_bench_totals *totals, struct mc_failure *failure)
{
	char *text = malloc(TOTALS_SIZE_MAX);
	size_t used = 0;
	ssize_t got = -1;
	int fd, result;

	if (!text)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, TOTALS_FILE ": out of memory");
	fd = open(TOTALS_FILE, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && (got = read(fd, text + used, TOTALS_SIZE_MAX - 1 - used)) > 0)
		used += got;
	if (got < 0) {
		result = mc_fail(failure, MC_EXIT_ENVIRONMENT, TOTALS_FILE ": %s", strerror(errno));
	} else {
		text[used] = '\0';
		result = mc_bench_totals_parse(text, totals, failure);
	}
	if (fd >= 0)
		close(fd);
	free(text);
	return result;
}

void mc_bench_totals_free(struct mc_bench_totals *totals)
{
	free(totals->cpu);
	totals->cpu = NULL;
	totals->n_cpus = 0;
}
