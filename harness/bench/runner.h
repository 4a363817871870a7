/* SPDX-License-Identifier: GPL-2.0 */
/*
 * runner.h - one scenario on this machine, from an empty trace to a verdict
 */
#ifndef MEMORY_COLLECTOR_RUNNER_H
#define MEMORY_COLLECTOR_RUNNER_H

#include <sys/types.h>

#include "load/work_folder.h"
#include "memory_collector/place.h"

/**
 * struct mc_runner - what the scenarios of a run share
 * @job: what to measure
 * @progress: told about every step
 * @dir: gets stress-ng's own figures
 * @ticks: ticks.csv with its header, or NULL
 * @work: folder of ours that is /tmp for the loads
 * @disk: block device that @work is on; 0: none
 * @no_disk: why there is none
 * @index: scenarios begun so far
 * @begun_ns: when the first one was begun
 * @ended_ns: when the last one that is over was
 */
struct mc_runner {
	const struct mc_job *job;
	struct mc_progress *progress;
	const struct mc_result_dir *dir;
	FILE *ticks;
	const struct mc_work *work;
	dev_t disk;
	char no_disk[MC_TEXT_MAX];
	unsigned int index;
	int64_t begun_ns, ended_ns;
};

/**
 * mc_runner_scenario - run one scenario, in all variants of the job
 * @runner: shared state
 * @scenario: what to run
 * @out: [n_variants] filled: the verdict, and whatever was measured
 * @failure: filled on error
 *
 * A scenario that cannot be measured is no error: it has a status and a reason.
 *
 * Return: 0, or -1 where going on makes no sense: asked to stop, or something
 * could not be undone. Apart from the latter, nothing is left either way.
 */
int mc_runner_scenario(struct mc_runner *runner, const struct mc_scenario *scenario,
		       struct mc_scenario_result *out, struct mc_failure *failure);

/* Tell about the verdict, once it stands. */
void mc_runner_report(const struct mc_runner *runner, const struct mc_scenario *scenario,
		      const struct mc_scenario_result *out);

#endif
