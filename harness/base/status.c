// SPDX-License-Identifier: GPL-2.0
/*
 * status.c - the words for what became of a scenario
 */
#include "memory_collector/status.h"

const char *mc_status_name(enum mc_status status)
{
	static const char *const names[] = {
		[MC_STATUS_OK] = "ok",
		[MC_STATUS_INVALID] = "invalid",
		[MC_STATUS_SKIPPED] = "skipped",
		[MC_STATUS_FAILED] = "failed",
	};

	return names[status];
}
