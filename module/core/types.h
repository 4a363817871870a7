/* SPDX-License-Identifier: GPL-2.0 */
/*
 * types.h - the one header of module/core/ that knows where it is compiled
 *
 * Files of module/core/ are compiled unchanged into the kernel modules, the
 * harness and the unit tests. They include this header and nothing else that
 * differs between the three. They take time, memory and randomness from their
 * caller and hold no locks.
 */
#ifndef MEMORY_COLLECTOR_CORE_TYPES_H
#define MEMORY_COLLECTOR_CORE_TYPES_H

#ifdef __KERNEL__

#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/string.h>
#include <linux/types.h>

/* A 64-bit division by a 64-bit number, which arm and x86-32 cannot write as "/". */
#define core_div_u64(dividend, divisor) div64_u64(dividend, divisor)

#else

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

#define U16_MAX UINT16_MAX
#define U32_MAX UINT32_MAX
#define U64_MAX UINT64_MAX
#define S64_MAX INT64_MAX
#define S64_MIN INT64_MIN

#define core_div_u64(dividend, divisor) ((u64)(dividend) / (u64)(divisor))

#endif

#endif
