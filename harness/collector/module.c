// SPDX-License-Identifier: GPL-2.0
/*
 * module.c - modules, control file and counters of the collector
 */
#include "collector/module.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file_text.h"
#include "kernel/module.h"

/* 200 bytes for each of 8192 CPUs, and the rest */
#define STATS_SIZE_MAX (2 * 1024 * 1024)
/* Share of the available memory for the buffers of all CPUs */
#define MEMORY_SHARE 4
#define BUFFER_KIB_MIN 64

/* ---- counters ---- */

static int add_stat(struct mc_collector_stats *stats, const char *name, uint64_t value)
{
	struct mc_collector_stat *grown = stats->stat;

	if (!(stats->n & (stats->n - 1)))
		grown = realloc(stats->stat, (stats->n ? 2 * stats->n : 1) * sizeof(*grown));
	if (!grown)
		return -1;
	stats->stat = grown;
	snprintf(grown[stats->n].name, sizeof(grown[stats->n].name), "%s", name);
	grown[stats->n++].value = value;
	return 0;
}

/* "NAME VALUE", where "source" alone has a word */
static int take_line(struct mc_collector_stats *stats, const char *line)
{
	char name[MC_STATS_NAME], word[MC_STATS_NAME], *end;
	uint64_t value;
	int used = 0;

	if (sscanf(line, "%47s %47s%n", name, word, &used) != 2 || line[used])
		return -1;
	if (!strcmp(name, "source")) {
		memcpy(stats->source, word, sizeof(word));
		return 0;
	}
	errno = 0;
	value = strtoull(word, &end, 10);
	if (errno || *end || word[0] < '0' || word[0] > '9')
		return -1;
	return add_stat(stats, name, value);
}

int mc_collector_stats_parse(const char *text, struct mc_collector_stats *stats,
			     struct mc_failure *failure)
{
	unsigned int number = 1;
	char line[128];

	*stats = (struct mc_collector_stats){.n = 0};
	for (; *text; number++) {
		size_t length = strcspn(text, "\n");

		if (!text[length] || length >= sizeof(line))
			break;
		memcpy(line, text, length);
		line[length] = '\0';
		if (take_line(stats, line))
			break;
		text += length + 1;
	}
	if (!*text && stats->source[0] && stats->n)
		return 0;
	mc_collector_stats_free(stats);
	return mc_fail(failure, MC_EXIT_ENVIRONMENT,
		       MC_STATS_FILE ":%u: not what the collector of this program writes", number);
}

int mc_collector_stats_read(struct mc_collector_stats *stats, struct mc_failure *failure)
{
	char *text = malloc(STATS_SIZE_MAX);
	int result;

	*stats = (struct mc_collector_stats){.n = 0};
	if (!text)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, MC_STATS_FILE ": out of memory");
	if (mc_file_text(MC_STATS_FILE, text, STATS_SIZE_MAX) < 0)
		result = mc_fail(failure, MC_EXIT_ENVIRONMENT,
				 MC_STATS_FILE ": %s; is debugfs mounted (mount -t debugfs nodev "
					       "/sys/kernel/debug)?",
				 strerror(errno));
	else
		result = mc_collector_stats_parse(text, stats, failure);
	free(text);
	return result;
}

void mc_collector_stats_free(struct mc_collector_stats *stats)
{
	free(stats->stat);
	stats->stat = NULL;
	stats->n = 0;
}

bool mc_collector_stat(const struct mc_collector_stats *stats, const char *name, uint64_t *value)
{
	size_t i;

	for (i = 0; i < stats->n; i++) {
		if (!strcmp(stats->stat[i].name, name)) {
			*value = stats->stat[i].value;
			return true;
		}
	}
	return false;
}

uint64_t mc_collector_stat_cpus(const struct mc_collector_stats *stats, const char *name)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < stats->n; i++) {
		unsigned int cpu;
		int used = 0;

		if (sscanf(stats->stat[i].name, "cpu%u_%n", &cpu, &used) == 1 && used &&
		    !strcmp(stats->stat[i].name + used, name))
			sum += stats->stat[i].value;
	}
	return sum;
}

/* ---- modules ---- */

static int check(const char *folder, const char *name, struct mc_failure *failure)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s.ko", folder, name);
	return mc_module_check(path, failure);
}

int mc_collector_check(const char *folder, bool simulation, struct mc_failure *failure)
{
	if (check(folder, MC_COLLECTOR_MODULE, failure))
		return -1;
	return simulation ? check(folder, MC_SIM_MODULE, failure) : 0;
}

static int load(const char *folder, const char *name, const char *parameters,
		struct mc_failure *failure)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s.ko", folder, name);
	return mc_kernel_module_load(path, parameters, failure);
}

int mc_collector_load(const char *folder, const char *simulation, const char *parameters,
		      struct mc_failure *failure)
{
	struct mc_failure second;

	if (simulation && load(folder, MC_SIM_MODULE, simulation, failure))
		return -1;
	if (!load(folder, MC_COLLECTOR_MODULE, parameters, failure))
		return 0;
	if (simulation)
		mc_kernel_module_unload(MC_SIM_MODULE, &second);
	return -1;
}

int mc_collector_unload(struct mc_failure *failure)
{
	if (mc_kernel_module_unload(MC_COLLECTOR_MODULE, failure))
		return -1;
	return mc_kernel_module_unload(MC_SIM_MODULE, failure);
}

/* ---- trace buffers ---- */

unsigned int mc_collector_buffer_kib(unsigned int wanted_kib, uint64_t available,
				     unsigned int n_cpus)
{
	uint64_t most = available / MEMORY_SHARE / (n_cpus ? n_cpus : 1) / 1024;

	if (most < BUFFER_KIB_MIN)
		most = BUFFER_KIB_MIN;
	return most < wanted_kib ? most : wanted_kib;
}

/* ---- the control file ---- */

int mc_collector_command(const void *bytes, size_t size)
{
	int fd = open(MC_CONTROL_FILE, O_WRONLY | O_CLOEXEC), result = 0;
	ssize_t put;

	if (fd < 0)
		return -errno;
	put = write(fd, bytes, size);
	if (put != (ssize_t)size)
		result = put < 0 ? -errno : -EIO;
	if (close(fd) && !result)
		result = -errno;
	return result;
}
