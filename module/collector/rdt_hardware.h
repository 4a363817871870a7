/* SPDX-License-Identifier: GPL-2.0 */
/*
 * rdt_hardware.h - the registers of a real processor
 */
#ifndef MEMORY_COLLECTOR_RDT_HARDWARE_H
#define MEMORY_COLLECTOR_RDT_HARDWARE_H

#include "collector/rdt_registers.h"

/**
 * rdt_hardware_registers - this machine's own; whether they have monitoring is for CPUID
 *
 * Return: NULL where the architecture has none.
 */
const struct rdt_registers *rdt_hardware_registers(void);

#endif
