/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cpuid.h - the CPUID instruction
 *
 * Its functions moved from asm/processor.h to asm/cpuid.h, which that one included, and
 * then to asm/cpuid/api.h, which nothing else brings along.
 */
#ifndef MEMORY_COLLECTOR_COMPAT_CPUID_H
#define MEMORY_COLLECTOR_COMPAT_CPUID_H

#include "have.h"

#ifdef HAVE_CPUID_API
#include <asm/cpuid/api.h>
#else
#include <asm/processor.h>
#endif

#endif
