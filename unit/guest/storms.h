/* SPDX-License-Identifier: GPL-2.0 */
/*
 * storms.h - processes that come and go faster than anybody could look
 */
#ifndef MEMORY_COLLECTOR_UNIT_STORMS_H
#define MEMORY_COLLECTOR_UNIT_STORMS_H

#include <stdbool.h>

/**
 * storms_run - run one storm, or all
 * @name: of the storm; "all"
 * @full: at full size; else as much as a minute allows
 *
 * Return: false where there is no such storm.
 */
bool storms_run(const char *name, bool full);

#endif
