/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trace_cmd.h - record and report, as everybody does it
 */
#ifndef MEMORY_COLLECTOR_UNIT_TRACE_CMD_H
#define MEMORY_COLLECTOR_UNIT_TRACE_CMD_H

void trace_cmd_check(void);

#endif
