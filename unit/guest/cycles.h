/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cycles.h - loaded and unloaded again and again, under load
 */
#ifndef MEMORY_COLLECTOR_UNIT_CYCLES_H
#define MEMORY_COLLECTOR_UNIT_CYCLES_H

void cycles_run(unsigned int times);

#endif
