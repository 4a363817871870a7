/* SPDX-License-Identifier: GPL-2.0 */
/*
 * module.h - any kernel module: which kernel it is for, loaded, unloaded
 */
#ifndef MEMORY_COLLECTOR_KERNEL_MODULE_H
#define MEMORY_COLLECTOR_KERNEL_MODULE_H

#include <stdbool.h>
#include <stddef.h>

#include "memory_collector/failure.h"

/**
 * mc_module_release - the kernel that a module file is for
 * @path: module file
 * @release: set to the first word of its vermagic
 * @size: of @release
 * @failure: filled on error
 */
int mc_module_release(const char *path, char *release, size_t size, struct mc_failure *failure);

/**
 * mc_module_check - can we load this module into the running kernel?
 *
 * Refuses, with a reason, whoever is not root, a module of another kernel, and one that is not
 * signed where lockdown or the kernel's command line asks for signatures.
 */
int mc_module_check(const char *path, struct mc_failure *failure);

/* Is there a module of this name, loaded or on its way? */
bool mc_kernel_module_loaded(const char *name);

/* @parameters: as in "name=value other=value"; may be empty */
int mc_kernel_module_load(const char *path, const char *parameters, struct mc_failure *failure);

/* Unload; waits a little while it is in use. Fine where it is not loaded. */
int mc_kernel_module_unload(const char *name, struct mc_failure *failure);

#endif
