/* SPDX-License-Identifier: GPL-2.0 */
/*
 * audit.h - looking, from outside, at what every CPU's PQR_ASSOC holds
 */
#ifndef MEMORY_COLLECTOR_TESTS_RDT_SIM_AUDIT_H
#define MEMORY_COLLECTOR_TESTS_RDT_SIM_AUDIT_H

/**
 * rdt_sim_audit_start - trace pqr_audit on every CPU from now on
 * @period_us: how often; 0: never
 *
 * Context: process, may sleep.
 * Return: 0, or as sync_timer_init().
 */
int rdt_sim_audit_start(unsigned int period_us);

/** rdt_sim_audit_stop - after rdt_sim_audit_start(), whether it succeeded or not */
void rdt_sim_audit_stop(void);

#endif
