// SPDX-License-Identifier: GPL-2.0
/* HAVE_RDMSRQ_SAFE: the 64-bit MSR accessors end in q */
#include <asm/msr.h>

int probe(u32 msr, u64 *value);
int probe(u32 msr, u64 *value)
{
	return rdmsrq_safe(msr, value) + wrmsrq_safe(msr, *value);
}
