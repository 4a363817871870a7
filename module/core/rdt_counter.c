// SPDX-License-Identifier: GPL-2.0
/*
 * rdt_counter.c - what the numbers of RDT monitoring mean
 */
#include "core/rdt_counter.h"

/* CPUID.7.0:EBX[12], CPUID.0FH.0:EDX[1] */
#define PQM (1U << 12)
#define L3_MONITORING (1U << 1)

/* CPUID.0FH.1:EAX and EDX */
#define WIDTH_OFFSET 0xffU
#define OVERFLOW_BIT (1U << 8)
#define HAS_OCCUPANCY (1U << 0)
#define HAS_TOTAL (1U << 1)
#define HAS_LOCAL (1U << 2)

/* Bits 61:0 are data: an offset that gives more width than that cannot be meant. */
#define WIDTH_BASE 24
#define WIDTH_MOST 62
#define WIDTH_AMD 44
#define WIDTH_HYGON 32

/* IA32_QM_CTR */
#define CTR_ERROR (1ULL << 63)
#define CTR_UNAVAILABLE (1ULL << 62)
#define CTR_OVERFLOW (1ULL << 61)
#define CTR_DATA ((1ULL << 62) - 1)

#define BROADWELL_X 0x4f
#define SKYLAKE_X 0x55

/*
 * Errata SKX99 and BDF102, as in Documentation/arch/x86/resctrl.rst of Linux, in its
 * order: for 1, 2, 3 ... 28 cores with eight RMIDs each. Where the table there says
 * factor 1, no RMID is corrected. Five cores are missing there, but not in Linux itself.
 */
#define FACTOR(millionths) ((u32)(((millionths) * (u64)RDT_CORRECTION_ONE + 500000) / 1000000))
#define NONE                                                     \
	{                                                        \
		.above_rmid = U32_MAX, .factor = FACTOR(1000000) \
	}
#define RMIDS_PER_CORE 8

static const struct rdt_correction corrections[] = {
	NONE,
	NONE,
	{15, FACTOR(969650)},
	NONE,
	{31, FACTOR(1066667)},
	{31, FACTOR(969650)},
	{47, FACTOR(1142857)},
	NONE,
	{63, FACTOR(1185115)},
	{63, FACTOR(1066553)},
	{79, FACTOR(1454545)},
	NONE,
	{95, FACTOR(1230769)},
	{95, FACTOR(1142857)},
	{95, FACTOR(1066667)},
	NONE,
	{127, FACTOR(1254863)},
	{127, FACTOR(1185255)},
	NONE,
	{127, FACTOR(1066667)},
	NONE,
	{159, FACTOR(1454334)},
	NONE,
	{127, FACTOR(969744)},
	{191, FACTOR(1280246)},
	{191, FACTOR(1230921)},
	NONE,
	{191, FACTOR(1143118)},
};

static bool vendor_is(const struct rdt_cpuid *leaf0, const char *name)
{
	return !memcmp(&leaf0->ebx, name, 4) && !memcmp(&leaf0->edx, name + 4, 4) &&
	       !memcmp(&leaf0->ecx, name + 8, 4);
}

struct rdt_processor rdt_processor(const struct rdt_cpuid *leaf0, const struct rdt_cpuid *leaf1)
{
	struct rdt_processor processor = {
		.intel = vendor_is(leaf0, "GenuineIntel"),
		.amd = vendor_is(leaf0, "AuthenticAMD") || vendor_is(leaf0, "HygonGenuine"),
		.hygon = vendor_is(leaf0, "HygonGenuine"),
		.family = leaf1->eax >> 8 & 0xf,
		.model = leaf1->eax >> 4 & 0xf,
		.stepping = leaf1->eax & 0xf,
	};

	/* The extended model counts for families 6 and 15, the extended family for 15. */
	if (processor.family == 6 || processor.family == 15)
		processor.model |= (leaf1->eax >> 16 & 0xf) << 4;
	if (processor.family == 15)
		processor.family += leaf1->eax >> 20 & 0xff;
	return processor;
}

/* As arch/x86/kernel/cpu/resctrl/core.c of Linux has it: Cascade Lake is stepping 5 and on. */
static bool is_distrusted(const struct rdt_processor *processor)
{
	return processor->intel && processor->family == 6 && processor->model == SKYLAKE_X &&
	       processor->stepping <= 4;
}

/* Some parts of AMD and all of Hygon give no offset: resctrl_cpu_detect() of Linux has theirs. */
static u32 counter_width(const struct rdt_processor *processor, u32 offset)
{
	if (!offset && processor->amd)
		return processor->hygon ? WIDTH_HYGON : WIDTH_AMD;
	return WIDTH_BASE + offset <= WIDTH_MOST ? WIDTH_BASE + offset : WIDTH_BASE;
}

int rdt_features(const struct rdt_processor *processor, const struct rdt_cpuid *leaf7,
		 const struct rdt_cpuid *leaf_f0, const struct rdt_cpuid *leaf_f1,
		 struct rdt_features *features)
{
	if (!(leaf7->ebx & PQM) || !(leaf_f0->edx & L3_MONITORING) || !leaf_f1->ecx)
		return -ENODEV;

	features->max_rmid = leaf_f1->ecx < RMID_MAX ? leaf_f1->ecx : RMID_MAX;
	features->scale = leaf_f1->ebx ? leaf_f1->ebx : 1;
	features->width = counter_width(processor, leaf_f1->eax & WIDTH_OFFSET);
	features->occupancy = leaf_f1->edx & HAS_OCCUPANCY;
	features->total = leaf_f1->edx & HAS_TOTAL;
	features->local = leaf_f1->edx & HAS_LOCAL;
	features->distrusted = is_distrusted(processor);
	features->overflow_bit = leaf_f1->eax & OVERFLOW_BIT;
	features->correction = rdt_correction(processor, leaf_f1->ecx);
	return 0;
}

struct rdt_correction rdt_correction(const struct rdt_processor *processor, u32 max_rmid)
{
	static const struct rdt_correction none = NONE;
	u32 cores = (max_rmid + 1) / RMIDS_PER_CORE;

	if (!processor->intel || processor->family != 6 ||
	    (processor->model != BROADWELL_X && processor->model != SKYLAKE_X))
		return none;
	if (cores < 1 || cores > sizeof(corrections) / sizeof(corrections[0]))
		return none;
	return corrections[cores - 1];
}

struct rdt_reading rdt_decode(const struct rdt_features *features, u64 qm_ctr)
{
	struct rdt_reading reading = {.state = RDT_VALUE};

	if (qm_ctr & CTR_ERROR) {
		reading.state = RDT_ERROR;
	} else if (qm_ctr & CTR_UNAVAILABLE) {
		reading.state = RDT_UNAVAILABLE;
	} else if (features->overflow_bit) {
		reading.value = qm_ctr & (CTR_DATA >> 1);
		reading.overflow = qm_ctr & CTR_OVERFLOW;
	} else {
		reading.value = qm_ctr & CTR_DATA;
	}
	return reading;
}

/* Stays at the end of the range instead of starting again. */
static u64 multiply(u64 a, u64 b)
{
	u64 product;

	return __builtin_mul_overflow(a, b, &product) ? U64_MAX : product;
}

static u64 add(u64 a, u64 b)
{
	return a + b < a ? U64_MAX : a + b;
}

struct rdt_reading rdt_occupancy(const struct rdt_features *features, u64 qm_ctr)
{
	struct rdt_reading reading = rdt_decode(features, qm_ctr);

	reading.value = multiply(reading.value, features->scale);
	return reading;
}

void rdt_sum_add(struct rdt_sum *sum, const struct rdt_features *features,
		 const struct rdt_reading *reading)
{
	u32 unused = 64 - features->width;
	u64 delta;

	if (reading->state == RDT_NOT_SUPPORTED)
		return;
	sum->gaps += sum->late;
	sum->late = false;
	if (reading->state == RDT_UNAVAILABLE) {
		sum->gaps += sum->primed;
		sum->primed = false;
	}
	if (reading->state != RDT_VALUE)
		return;

	if (sum->primed) {
		delta = ((reading->value << unused) - (sum->previous << unused)) >> unused;
		sum->units = add(sum->units, delta);
		/* It wrapped and got past where it was: at least a whole turn is missing. */
		if (reading->overflow && reading->value >= sum->previous)
			sum->gaps++;
	}
	sum->previous = reading->value;
	sum->primed = true;
}

void rdt_sum_restart(struct rdt_sum *sum, bool goes_on)
{
	bool primed = sum->primed && goes_on;

	*sum = (struct rdt_sum){
		.previous = sum->previous,
		.primed = primed,
		.late = !primed,
	};
}

u64 rdt_sum_bytes(const struct rdt_sum *sum, const struct rdt_features *features, u32 rmid)
{
	u64 factor = features->correction.factor;
	u64 units = sum->units;

	/* Corrects the whole sum, in two parts that cannot overflow, so that no rest is lost. */
	if (rmid > features->correction.above_rmid)
		units = add(multiply(units / RDT_CORRECTION_ONE, factor),
			    units % RDT_CORRECTION_ONE * factor / RDT_CORRECTION_ONE);
	return multiply(units, features->scale);
}
