// SPDX-License-Identifier: GPL-2.0
/*
 * rdt_cache.c - which L3 cache a CPU has, and how large it is
 */
#include "core/rdt_cache.h"

/* EAX of a subleaf: type in bits 4:0, level in 7:5, sharing logical CPUs - 1 in 25:14. */
#define TYPE_NONE 0
#define TYPE_INSTRUCTION 2
#define LEVEL_3 3

static u32 bits(u32 value, u32 high, u32 low)
{
	return value >> low & ((1U << (high - low + 1)) - 1);
}

int rdt_cache_is_l3(const struct rdt_cpuid *leaf)
{
	u32 type = bits(leaf->eax, 4, 0);

	if (type == TYPE_NONE)
		return -ENOENT;
	return type != TYPE_INSTRUCTION && bits(leaf->eax, 7, 5) == LEVEL_3;
}

/* The ids of those that share it differ below this bit; their number is rounded up to it. */
static u32 sharing_bits(u32 sharing)
{
	u32 count = 0;

	while (1U << count < sharing)
		count++;
	return count;
}

struct rdt_cache rdt_cache_read(const struct rdt_cpuid *leaf, u32 apic_id)
{
	u64 line = bits(leaf->ebx, 11, 0) + 1;
	u64 partitions = bits(leaf->ebx, 21, 12) + 1;
	u64 ways = bits(leaf->ebx, 31, 22) + 1;
	u64 sets = (u64)leaf->ecx + 1;

	return (struct rdt_cache){
		.domain = apic_id >> sharing_bits(bits(leaf->eax, 25, 14) + 1),
		.bytes = line * partitions * ways * sets,
	};
}
