/* SPDX-License-Identifier: GPL-2.0 */
/*
 * quantity.h - numbers as people type them, for options
 */
#ifndef MEMORY_COLLECTOR_QUANTITY_H
#define MEMORY_COLLECTOR_QUANTITY_H

#include <stdint.h>

/* A whole number. Return: NULL, or what is wrong with it. */
const char *mc_quantity_number(const char *text, uint64_t *number);

/**
 * mc_quantity_time - a length of time
 * @text: e.g. "250us", "1.5s"
 * @bare_unit: ns that a number without a unit counts; 0: it needs one
 * @ns: set
 *
 * Return: NULL, or what is wrong with it.
 */
const char *mc_quantity_time(const char *text, uint64_t bare_unit, uint64_t *ns);

#endif
