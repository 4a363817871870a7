/* SPDX-License-Identifier: GPL-2.0 */
/*
 * msr.h - reading and writing an MSR that may not be there
 *
 * Linux 6.16 renamed the 64-bit accessors from rdmsrl_safe() and wrmsrl_safe() to
 * rdmsrq_safe() and wrmsrq_safe().
 */
#ifndef MEMORY_COLLECTOR_COMPAT_MSR_H
#define MEMORY_COLLECTOR_COMPAT_MSR_H

#include <asm/msr.h>

#include "have.h"

static inline int compat_rdmsr_safe(u32 msr, u64 *value)
{
#ifdef HAVE_RDMSRQ_SAFE
	return rdmsrq_safe(msr, value);
#else
	return rdmsrl_safe(msr, value);
#endif
}

static inline int compat_wrmsr_safe(u32 msr, u64 value)
{
#ifdef HAVE_RDMSRQ_SAFE
	return wrmsrq_safe(msr, value);
#else
	return wrmsrl_safe(msr, value);
#endif
}

#endif
