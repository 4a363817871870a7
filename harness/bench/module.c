// SPDX-License-Identifier: GPL-2.0
/*
 * module.c - the measuring module through /sys and /proc
 */
#include "bench/module.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file_text.h"
#include "core/interval.h"
#include "core/lead.h"

#define TOTALS_FILE "/proc/sync_timer_benchmark"
/* A line of at most 256 bytes for each of MC_CPUS_MAX */
#define TOTALS_SIZE_MAX (2 * 1024 * 1024)

/* ---- loading and unloading ---- */

int mc_module_load(const char *path, const struct mc_bench_parameters *parameters,
		   struct mc_failure *failure)
{
	unsigned int budget = parameters->lead_budget_permille;
	char text[1024];

	if (!budget)
		budget = LEAD_DEFAULT_BUDGET_PERMILLE;
	snprintf(text, sizeof(text),
		 "interval_ns=%" PRIu64 " phase_ns=%" PRIu64
		 " lead=%s lead_max_ns=%u lead_budget_permille=%u%s%s",
		 parameters->interval_ns, parameters->phase_ns, parameters->lead,
		 parameters->lead_max_ns, budget, parameters->cpus ? " cpus=" : "",
		 parameters->cpus ? parameters->cpus : "");
	return mc_kernel_module_load(path, text, failure);
}

int mc_module_unload(struct mc_failure *failure)
{
	return mc_kernel_module_unload(MC_BENCH_MODULE, failure);
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
	struct mc_totals cpu = {0};
	const struct {
		const char *name;
		uint64_t *count;
	} counts[] = {
		{"started", &cpu.started},     {"missed", &cpu.missed},	  {"open", &cpu.open},
		{"left", &cpu.left},	       {"offline", &cpu.offline}, {"spin_ns", &cpu.spin_ns},
		{"stolen_ns", &cpu.stolen_ns},
	};
	uint64_t number;
	size_t i;

	if (take_number(text, &number) || number >= MC_CPUS_MAX)
		return -1;
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		if (take_word(text, counts[i].name) || take_number(text, counts[i].count))
			return -1;
	}
	cpu.cpu = number;
	return add_cpu(totals, &cpu);
}

/* "auto max_ns 200000 budget_permille 5" */
static int take_lead(struct mc_lead_result *lead, const char **text)
{
	const char *mode = *text + strspn(*text, " ");
	size_t length = strcspn(mode, " ");

	if (!length || length >= sizeof(lead->mode))
		return -1;
	memcpy(lead->mode, mode, length);
	lead->mode[length] = '\0';
	*text = mode + length;
	return take_word(text, "max_ns") || take_number(text, &lead->max_ns) ||
			       take_word(text, "budget_permille") ||
			       take_number(text, &lead->budget_permille)
		       ? -1
		       : 0;
}

enum { HAS_INTERVAL = 1, HAS_PHASE = 2, HAS_WINDOW = 4, HAS_READ = 8, HAS_LEAD = 16, HAS_ALL = 31 };

static int take_line(struct mc_bench_totals *totals, const char *line, unsigned int *has)
{
	uint64_t number;

	if (!take_word(&line, "cpu"))
		return take_cpu(totals, &line) || *line ? -1 : 0;
	if (!take_word(&line, "interval_ns")) {
		*has |= HAS_INTERVAL;
		return take_number(&line, &totals->interval_ns) || *line ? -1 : 0;
	}
	if (!take_word(&line, "phase_ns")) {
		*has |= HAS_PHASE;
		return take_number(&line, &totals->phase_ns) || *line ? -1 : 0;
	}
	if (!take_word(&line, "lead")) {
		*has |= HAS_LEAD;
		return take_lead(&totals->lead, &line) || *line ? -1 : 0;
	}
	if (!take_word(&line, "window")) {
		*has |= HAS_WINDOW;
		return take_number(&line, &totals->k0) || take_number(&line, &totals->k1) || *line
			       ? -1
			       : 0;
	}
	if (!take_word(&line, "read_ns")) {
		*has |= HAS_READ;
		if (take_number(&line, &number) || number > INT64_MAX || *line)
			return -1;
		totals->read_ns = number;
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
	char line[512];

	*totals = (struct mc_bench_totals){0};
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

/* It is of one state: the module writes it at one stroke. */
int mc_module_read_totals(struct mc_bench_totals *totals, struct mc_failure *failure)
{
	char *text = malloc(TOTALS_SIZE_MAX);
	int result;

	if (!text)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, TOTALS_FILE ": out of memory");
	if (mc_file_text(TOTALS_FILE, text, TOTALS_SIZE_MAX) < 0)
		result = mc_fail(failure, MC_EXIT_ENVIRONMENT, TOTALS_FILE ": %s", strerror(errno));
	else
		result = mc_bench_totals_parse(text, totals, failure);
	free(text);
	return result;
}

void mc_bench_totals_free(struct mc_bench_totals *totals)
{
	free(totals->cpu);
	totals->cpu = NULL;
	totals->n_cpus = 0;
}
