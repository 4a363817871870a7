// SPDX-License-Identifier: GPL-2.0
/* HAVE_CPUID_API: CPUID has a header of its own, asm/cpuid/api.h */
#include <asm/cpuid/api.h>

unsigned int probe(void);
unsigned int probe(void)
{
	return cpuid_eax(0);
}
