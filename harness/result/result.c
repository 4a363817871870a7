// SPDX-License-Identifier: GPL-2.0
/*
 * result.c - the life of a result in memory
 */
#include "memory_collector/result.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct mc_result *mc_result_new(void)
{
	struct mc_result *result = calloc(1, sizeof(*result));

	if (!result)
		return NULL;
	result->schema = MC_RESULT_SCHEMA;
	result->run.elapsed_s = -1;
	result->environment.boot_to_first_tick_s = -1;
	return result;
}

static void scenario_end(struct mc_scenario_result *scenario)
{
	free(scenario->ticks.delta_histogram.bucket);
	free(scenario->ticks.corrected_histogram.bucket);
	free(scenario->ticks.skew_histogram.bucket);
	free(scenario->ticks.slice);
	free(scenario->ticks.cpu);
	free(scenario->ticks.timeline.cpu_max);
}

void mc_result_free(struct mc_result *result)
{
	if (!result)
		return;
	for (size_t i = 0; i < result->n_scenarios; i++)
		scenario_end(&result->scenario[i]);
	free(result->scenario);
	free(result->run.command);
	free(result);
}

struct mc_scenario_result *mc_result_add(struct mc_result *result, const char *test)
{
	struct mc_scenario_result *scenario;

	scenario = reallocarray(result->scenario, result->n_scenarios + 1, sizeof(*scenario));
	if (!scenario)
		return NULL;
	result->scenario = scenario;
	scenario += result->n_scenarios++;
	*scenario = (struct mc_scenario_result){
		.status = MC_STATUS_FAILED,
		.load = {.exit_code = -1, .bogo_ops = -1, .sectors = -1},
		.marks = {MC_TIME_NONE, MC_TIME_NONE, MC_TIME_NONE, MC_TIME_NONE},
		.clock = {.tsc_hz = -1, .host_tsc_hz = -1, .ppm = NAN},
	};
	snprintf(scenario->test, sizeof(scenario->test), "%s", test);
	return scenario;
}

enum mc_exit mc_result_exit(const struct mc_result *result)
{
	bool any_ok = false;

	for (size_t i = 0; i < result->n_scenarios; i++) {
		switch (result->scenario[i].status) {
		case MC_STATUS_OK:
			any_ok = true;
			break;
		case MC_STATUS_SKIPPED:
			break;
		case MC_STATUS_INVALID:
		case MC_STATUS_FAILED:
			return MC_EXIT_INVALID;
		}
	}
	return any_ok ? MC_EXIT_OK : MC_EXIT_INVALID;
}

/* In a run of several kernels, every scenario's name ends in "@NAME". */
static const char *kernel_name(const struct mc_scenario_result *scenario)
{
	const char *at = strrchr(scenario->test, '@');

	return at && *scenario->kernel ? at + 1 : NULL;
}

char *mc_result_kernels(const struct mc_result *result, char *out, size_t size)
{
	size_t used = 0;

	*out = '\0';
	for (size_t i = 0; i < result->n_scenarios && used < size; i++) {
		const char *name = kernel_name(&result->scenario[i]);
		bool told = !name;

		for (size_t j = 0; j < i && !told; j++) {
			const char *other = kernel_name(&result->scenario[j]);

			told = other && !strcmp(other, name);
		}
		if (!told)
			used += snprintf(out + used, size - used, "%s%s %s", used ? ", " : "", name,
					 result->scenario[i].kernel);
	}
	return out;
}

char *mc_result_warning(const struct mc_result *result, char *out, size_t size)
{
	uint64_t resolution_ns = result->environment.timer_resolution_ns;
	char every[MC_TIME_TEXT];

	*out = '\0';
	/* Linux says 1, or the length of its tick. */
	if (resolution_ns > 1)
		snprintf(out, size,
			 "no high-resolution timers: this kernel's timers expire at its own tick "
			 "only, every %s (is highres=off on its command line?)",
			 mc_text_time(every, resolution_ns));
	return out;
}
