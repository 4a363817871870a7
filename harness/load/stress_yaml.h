/* SPDX-License-Identifier: GPL-2.0 */
/*
 * stress_yaml.h - what stress-ng says about its own work
 */
#ifndef MEMORY_COLLECTOR_STRESS_YAML_H
#define MEMORY_COLLECTOR_STRESS_YAML_H

#include <stdio.h>

#include "memory_collector/failure.h"

/**
 * mc_stress_yaml_read - find the work of a stressor in stress-ng's --yaml file
 * @from: the file; written by a program under stress, so nothing in it is trusted
 * @name: of the file, for messages
 * @stressor: stress-ng's name of the stressor
 * @bogo_ops: set to its bogo-ops
 * @failure: filled on error: not YAML, cut off, or without the stressor
 *
 * Keys and lists that are not known, which later versions of stress-ng add, are
 * passed over.
 */
int mc_stress_yaml_read(FILE *from, const char *name, const char *stressor, double *bogo_ops,
			struct mc_failure *failure);

#endif
