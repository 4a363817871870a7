/* SPDX-License-Identifier: GPL-2.0 */
/*
 * guest.h - what the measurements of the cost suite share, inside the guest
 *
 * The guest has one CPU, and its clock counts instructions (see docs/cost.md). So a
 * span of time is a number of instructions, and nothing here need be repeated for
 * accuracy: rounds alternate between what is compared to show that nothing drifts.
 *
 * Whatever goes wrong ends the program, and with it the guest.
 */
#ifndef COST_GUEST_H
#define COST_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COST_ROUNDS 5
#define COST_MODULES "/modules/"

/* CLOCK_MONOTONIC in ns */
int64_t guest_clock(void);

/* Say why on the console and end with exit code 1. */
__attribute__((noreturn, format(printf, 1, 2))) void guest_fail(const char *format, ...);

/*
 * One value of a figure, in ns. Kept in memory until guest_send(), because sending means
 * interrupts at times of this machine's choice.
 */
void guest_figure(const char *name, double ns);
void guest_send(void);

/* Load the module COST_MODULES NAME.ko, unload it, read one of its parameters. */
void guest_load(const char *name, const char *options);
void guest_unload(const char *name);
void guest_parameter(const char *module, const char *name, char *text, size_t size);
uint64_t guest_parameter_number(const char *module, const char *name);

/* Write and read a file of the kernel's; the text is without its last newline. */
void guest_write(const char *path, const char *text);
void guest_read(const char *path, char *text, size_t size);

/**
 * guest_tick_cost - spin, and see what is lost to each tick of a timer
 * @interval_ns: there is a tick at each multiple of it
 * @ticks: how many
 *
 * Return: ns that an ordinary one takes.
 */
double guest_tick_cost(int64_t interval_ns, unsigned int ticks);

/**
 * guest_tick_losses - the same, tick by tick
 * @interval_ns: as there
 * @ticks: how many
 * @lost: of each, in ns
 *
 * Return: the number of the first one's boundary.
 */
int64_t guest_tick_losses(int64_t interval_ns, unsigned int ticks, int64_t *lost);

/* What an ordinary one of them is. Sorts them. */
double guest_midmean(int64_t *values, unsigned int n);

/**
 * guest_cost - what an operation takes
 * @operate: operation
 * @data: its argument
 * @times: how often
 *
 * Return: ns that an ordinary one takes.
 */
double guest_cost(void (*operate)(void *data), void *data, unsigned int times);

/**
 * guest_with_collectors - COST_ROUNDS rounds without and with the collector
 * @measure: called with the ending of its figures' names: without; emulated, that is
 *	without registers; simulated, that is with registers in memory; and whether the
 *	collector is loaded
 */
void guest_with_collectors(void (*measure)(const char *how, bool collector));

/* Record an event, until as many were written at least. */
void guest_trace_start(const char *event);
void guest_trace_stop(unsigned int least);

/* A number that the loaded collector counts */
uint64_t guest_status(const char *name);

/* The measurements */
void guest_measure_ticks(void);
void guest_measure_switches(void);
void guest_measure_forks(void);
void guest_measure_sweeps(void);
void guest_measure_rmids(void);
void guest_measure_registers(void);

#endif
