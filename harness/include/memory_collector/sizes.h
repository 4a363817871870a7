/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sizes.h - how long names and texts may be
 */
#ifndef MEMORY_COLLECTOR_SIZES_H
#define MEMORY_COLLECTOR_SIZES_H

#define MC_NAME_MAX 80
#define MC_VARIANT_MAX 32
#define MC_TEXT_MAX 512

#endif
