/* SPDX-License-Identifier: GPL-2.0 */
/*
 * nanoseconds.h - the unit of all times
 */
#ifndef MEMORY_COLLECTOR_NANOSECONDS_H
#define MEMORY_COLLECTOR_NANOSECONDS_H

#include <stdint.h>

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

#endif
