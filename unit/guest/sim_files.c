// SPDX-License-Identifier: GPL-2.0
/*
 * sim_files.c - see sim_files.h
 */
#include "sim_files.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

#define FOLDER "/sys/kernel/debug/rdt_sim/"

bool sim_read_use(uint64_t rmid, struct sim_use *use)
{
	FILE *file = fopen(FOLDER "rmids", "re");
	struct sim_use one;
	uint64_t number;
	char line[256];

	memset(use, 0, sizeof(*use));
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line,
			   "domain %*u rmid %" SCNu64 " total_bytes %" SCNu64
			   " local_bytes %" SCNu64 " occupancy_bytes %" SCNu64
			   " loaded_ns %" SCNu64,
			   &number, &one.total_bytes, &one.local_bytes, &one.occupancy_bytes,
			   &one.loaded_ns) != 5 ||
		    number != rmid)
			continue;
		use->total_bytes += one.total_bytes;
		use->local_bytes += one.local_bytes;
		use->occupancy_bytes += one.occupancy_bytes;
		use->loaded_ns += one.loaded_ns;
	}
	if (file)
		fclose(file);
	return file && use->loaded_ns;
}

/* Calls with every CPU's PQR_ASSOC and number of writes. Return: how many CPUs there are. */
static unsigned int
each_cpu(void (*see)(void *data, unsigned int cpu, uint64_t pqr, uint64_t writes), void *data)
{
	FILE *file = fopen(FOLDER "cpus", "re");
	unsigned int cpu, n = 0;
	uint64_t pqr, writes;
	char line[256];

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "cpu %u domain %*u pqr %" SCNx64 " writes %" SCNu64, &cpu, &pqr,
			   &writes) != 3)
			continue;
		see(data, cpu, pqr, writes);
		n++;
	}
	if (file)
		fclose(file);
	return n;
}

struct expected {
	uint64_t pqr;
	bool good;
};

static void compare(void *data, unsigned int cpu, uint64_t pqr, uint64_t writes)
{
	struct expected *expected = data;

	if (pqr == expected->pqr)
		return;
	tap_note("CPU %u has %#" PRIx64 ", not %#" PRIx64, cpu, pqr, expected->pqr);
	expected->good = false;
}

bool sim_pqr_is(uint64_t value)
{
	struct expected expected = {.pqr = value, .good = true};

	return each_cpu(compare, &expected) > 0 && expected.good;
}

static void sum(void *data, unsigned int cpu, uint64_t pqr, uint64_t writes)
{
	*(uint64_t *)data += writes;
}

uint64_t sim_writes(void)
{
	uint64_t writes = 0;

	each_cpu(sum, &writes);
	return writes;
}

static bool put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t done;

	if (fd < 0)
		return false;
	done = write(fd, text, strlen(text));
	close(fd);
	return done == (ssize_t)strlen(text);
}

bool sim_set(const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/rdt_sim/parameters/%s", name);
	return put(path, value);
}

bool sim_program(const char *text)
{
	return put(FOLDER "program", text);
}
