/* SPDX-License-Identifier: GPL-2.0 */
/*
 * rdt_cache.h - which L3 cache a CPU has, and how large it is
 *
 * From CPUID alone, as it answers on that CPU: the deterministic cache parameters of
 * leaf 4 (Intel SDM volume 2, CPUID) or 8000001DH (AMD APM volume 3, appendix E), and
 * the x2APIC id of leaf 0BH. CPUs whose ids differ in the low bits only, as many as the
 * cache has room for, share it.
 */
#ifndef MEMORY_COLLECTOR_CORE_RDT_CACHE_H
#define MEMORY_COLLECTOR_CORE_RDT_CACHE_H

#include "core/rdt_counter.h"

/**
 * struct rdt_cache - a CPU's L3 cache
 * @domain: its number, the same for all CPUs that share it
 * @bytes: its size
 */
struct rdt_cache {
	u32 domain;
	u64 bytes;
};

/**
 * rdt_cache_is_l3 - is this the cache wanted?
 * @leaf: a subleaf of the cache parameters
 *
 * Return: 1, 0 where it is another cache, -ENOENT where there are no more.
 */
int rdt_cache_is_l3(const struct rdt_cpuid *leaf);

/**
 * rdt_cache_read - what the L3 cache's subleaf says
 * @leaf: for which rdt_cache_is_l3() is 1
 * @apic_id: the CPU's x2APIC id, or its 8-bit one
 */
struct rdt_cache rdt_cache_read(const struct rdt_cpuid *leaf, u32 apic_id);

#endif
