// SPDX-License-Identifier: GPL-2.0
/*
 * test_rdt_counter.c - RDT counters against what the manuals and Linux's tables say
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/rdt_counter.h"

#define ROWS(rows) (sizeof(rows) / sizeof((rows)[0]))

static const struct rdt_cpuid intel = {0x16, 0x756e6547, 0x6c65746e, 0x49656e69};
static const struct rdt_cpuid amd = {0x10, 0x68747541, 0x444d4163, 0x69746e65};
static const struct rdt_cpuid hygon = {0xd, 0x6f677948, 0x656e6975, 0x6e65476e};
static const struct rdt_cpuid other = {0x10, 0x746e6543, 0x736c7561, 0x48727561};

static void processors(void **state)
{
	static const struct {
		const struct rdt_cpuid *vendor;
		u32 signature;
		struct rdt_processor is;
	} rows[] = {
		{&intel, 0x00050654, {true, false, false, 6, 0x55, 4}}, /* Skylake-SP */
		{&intel, 0x000406f1, {true, false, false, 6, 0x4f, 1}}, /* Broadwell-EP */
		{&intel, 0x000806f8, {true, false, false, 6, 0x8f, 8}}, /* Sapphire Rapids */
		{&intel, 0x00000f29, {true, false, false, 15, 0x02, 9}}, /* Pentium 4 */
		{&intel, 0x000206d7, {true, false, false, 6, 0x2d, 7}},
		/* no extended model in family 5 */
		{&intel, 0x00010543, {true, false, false, 5, 0x04, 3}},
		{&amd, 0x00830f10, {false, true, false, 0x17, 0x31, 0}},
		{&amd, 0x00a20f12, {false, true, false, 0x19, 0x21, 2}},
		{&hygon, 0x00900f01, {false, true, true, 0x18, 0x00, 1}},
		{&other, 0x000006fe, {false, false, false, 6, 0x0f, 14}},
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct rdt_cpuid leaf1 = {.eax = rows[i].signature};
		struct rdt_processor is = rdt_processor(rows[i].vendor, &leaf1);

		assert_int_equal(is.intel, rows[i].is.intel);
		assert_int_equal(is.amd, rows[i].is.amd);
		assert_int_equal(is.hygon, rows[i].is.hygon);
		assert_int_equal(is.family, rows[i].is.family);
		assert_int_equal(is.model, rows[i].is.model);
		assert_int_equal(is.stepping, rows[i].is.stepping);
	}
}

static void features(void **state)
{
	static const struct rdt_processor is_intel = {.intel = true, .family = 6, .model = 0x8f};
	static const struct rdt_processor is_skylake = {
		.intel = true, .family = 6, .model = 0x55, .stepping = 4};
	static const struct rdt_processor is_cascade_lake = {
		.intel = true, .family = 6, .model = 0x55, .stepping = 5};
	static const struct rdt_processor is_amd = {.amd = true, .family = 0x19, .model = 1};
	static const struct rdt_processor is_hygon = {.amd = true, .hygon = true, .family = 0x18};
	static const struct {
		const struct rdt_processor *processor;
		u32 leaf7_ebx, leaf_f0_edx;
		struct rdt_cpuid leaf_f1;
		int ret;
		struct rdt_features is;
	} rows[] = {
		{&is_intel,
		 1 << 12,
		 2,
		 {0, 65536, 223, 7},
		 0,
		 {223, 65536, 24, true, true, true, false, {}, false}},
		{&is_intel,
		 1 << 12,
		 2,
		 {8, 106496, 447, 7},
		 0,
		 {447, 106496, 32, true, true, true, false, {}, false}},
		{&is_intel,
		 1 << 12,
		 2,
		 {0x108, 1, 447, 1},
		 0,
		 {447, 1, 32, true, false, false, true, {}, false}},
		{&is_intel,
		 1 << 12,
		 2,
		 {38, 64, 15, 4},
		 0,
		 {15, 64, 62, false, false, true, false, {}, false}},
		/* wider than the data field: cannot be meant */
		{&is_intel,
		 1 << 12,
		 2,
		 {39, 64, 15, 2},
		 0,
		 {15, 64, 24, false, true, false, false, {}, false}},
		{&is_intel,
		 1 << 12,
		 2,
		 {0, 0, 0x12345678, 7},
		 0,
		 {65535, 1, 24, true, true, true, false, {}, false}},
		{&is_amd,
		 1 << 12,
		 2,
		 {0, 64, 255, 7},
		 0,
		 {255, 64, 44, true, true, true, false, {}, false}},
		{&is_amd,
		 1 << 12,
		 2,
		 {20, 64, 255, 7},
		 0,
		 {255, 64, 44, true, true, true, false, {}, false}},
		{&is_amd,
		 1 << 12,
		 2,
		 {8, 64, 255, 7},
		 0,
		 {255, 64, 32, true, true, true, false, {}, false}},
		/*
		 * Linux, "x86/resctrl: Fix memory bandwidth counter width for Hygon": 32 bits, and
		 * no leaf that says so. What a leaf does say holds.
		 */
		{&is_hygon,
		 1 << 12,
		 2,
		 {0, 64, 255, 7},
		 0,
		 {255, 64, 32, true, true, true, false, {}, false}},
		{&is_hygon,
		 1 << 12,
		 2,
		 {20, 64, 255, 7},
		 0,
		 {255, 64, 44, true, true, true, false, {}, false}},
		/* 28 cores of 8 RMIDs would be corrected, 30 are not. */
		{&is_skylake,
		 1 << 12,
		 2,
		 {0, 65536, 239, 7},
		 0,
		 {239, 65536, 24, true, true, true, false, {}, true}},
		{&is_cascade_lake,
		 1 << 12,
		 2,
		 {0, 65536, 239, 7},
		 0,
		 {239, 65536, 24, true, true, true, false, {}, false}},
		{&is_intel, 0, 2, {0, 65536, 223, 7}, -ENODEV, {}},
		{&is_intel, ~(1U << 12), 2, {0, 65536, 223, 7}, -ENODEV, {}},
		{&is_intel, 1 << 12, 1, {0, 65536, 223, 7}, -ENODEV, {}},
		{&is_intel, 1 << 12, 2, {0, 65536, 0, 7}, -ENODEV, {}},
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct rdt_cpuid leaf7 = {.ebx = rows[i].leaf7_ebx};
		struct rdt_cpuid leaf_f0 = {.edx = rows[i].leaf_f0_edx};
		struct rdt_features is = {.max_rmid = 77};

		assert_int_equal(rdt_features(rows[i].processor, &leaf7, &leaf_f0, &rows[i].leaf_f1,
					      &is),
				 rows[i].ret);
		if (rows[i].ret) {
			assert_int_equal(is.max_rmid, 77);
			continue;
		}
		assert_int_equal(is.max_rmid, rows[i].is.max_rmid);
		assert_int_equal(is.scale, rows[i].is.scale);
		assert_int_equal(is.width, rows[i].is.width);
		assert_int_equal(is.occupancy, rows[i].is.occupancy);
		assert_int_equal(is.total, rows[i].is.total);
		assert_int_equal(is.local, rows[i].is.local);
		assert_int_equal(is.overflow_bit, rows[i].is.overflow_bit);
		assert_int_equal(is.correction.factor, RDT_CORRECTION_ONE);
		assert_int_equal(is.distrusted, rows[i].is.distrusted);
	}
}

/* core count, RMID threshold (0: none) and factor in Documentation/arch/x86/resctrl.rst */
static void correction_table(void **state)
{
	static const struct {
		u32 cores, threshold;
		double factor;
	} rows[] = {
		{1, 0, 1.000000},
		{2, 0, 1.000000},
		{3, 15, 0.969650},
		{4, 0, 1.000000},
		{6, 31, 0.969650},
		{7, 47, 1.142857},
		{8, 0, 1.000000},
		{9, 63, 1.185115},
		{10, 63, 1.066553},
		{11, 79, 1.454545},
		{12, 0, 1.000000},
		{13, 95, 1.230769},
		{14, 95, 1.142857},
		{15, 95, 1.066667},
		{16, 0, 1.000000},
		{17, 127, 1.254863},
		{18, 127, 1.185255},
		{19, 0, 1.000000},
		{20, 127, 1.066667},
		{21, 0, 1.000000},
		{22, 159, 1.454334},
		{23, 0, 1.000000},
		{24, 127, 0.969744},
		{25, 191, 1.280246},
		{26, 191, 1.230921},
		{27, 0, 1.000000},
		{28, 191, 1.143118},
		/* not in the documentation: five cores, and more than there were */
		{5, 31, 1.066667},
		{29, 0, 1.000000},
	};
	static const struct rdt_processor broken[] = {
		{.intel = true, .family = 6, .model = 0x55},
		{.intel = true, .family = 6, .model = 0x4f},
	};
	static const struct rdt_processor sound[] = {
		{.intel = true, .family = 6, .model = 0x8f},
		{.intel = true, .family = 15, .model = 0x55},
		{.amd = true, .family = 6, .model = 0x55},
		{.family = 6, .model = 0x55},
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct rdt_features features = {.scale = 1, .width = 24};
		u32 max_rmid = rows[i].cores * 8 - 1;
		u32 threshold = rows[i].threshold ? rows[i].threshold : max_rmid;
		struct rdt_sum sum = {.units = 1000000};

		for (size_t j = 0; j < ROWS(broken); j++) {
			features.correction = rdt_correction(&broken[j], max_rmid);
			assert_int_equal(rdt_sum_bytes(&sum, &features, threshold), 1000000);
			if (rows[i].threshold)
				assert_in_range(rdt_sum_bytes(&sum, &features, threshold + 1),
						1000000 * rows[i].factor - 1,
						1000000 * rows[i].factor + 1);
		}
		for (size_t j = 0; j < ROWS(sound); j++) {
			features.correction = rdt_correction(&sound[j], max_rmid);
			assert_int_equal(rdt_sum_bytes(&sum, &features, max_rmid), 1000000);
		}
	}
}

static void decoding(void **state)
{
	static const struct {
		bool overflow_bit;
		u64 qm_ctr;
		struct rdt_reading is;
	} rows[] = {
		{false, 0, {RDT_VALUE, 0, false}},
		{false, 12345, {RDT_VALUE, 12345, false}},
		{false, (1ULL << 62) - 1, {RDT_VALUE, (1ULL << 62) - 1, false}},
		{false, 1ULL << 62, {RDT_UNAVAILABLE, 0, false}},
		{false, 1ULL << 62 | 99, {RDT_UNAVAILABLE, 0, false}},
		{false, 1ULL << 63, {RDT_ERROR, 0, false}},
		{false, 3ULL << 62 | 99, {RDT_ERROR, 0, false}},
		{false, U64_MAX, {RDT_ERROR, 0, false}},
		{true, 1ULL << 61 | 7, {RDT_VALUE, 7, true}},
		{true, 7, {RDT_VALUE, 7, false}},
		{true, (1ULL << 61) - 1, {RDT_VALUE, (1ULL << 61) - 1, false}},
		{true, 3ULL << 61 | 7, {RDT_UNAVAILABLE, 0, false}},
		{true, 5ULL << 61 | 7, {RDT_ERROR, 0, false}},
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct rdt_features features = {.overflow_bit = rows[i].overflow_bit};
		struct rdt_reading is = rdt_decode(&features, rows[i].qm_ctr);

		assert_int_equal(is.state, rows[i].is.state);
		assert_int_equal(is.value, rows[i].is.value);
		assert_int_equal(is.overflow, rows[i].is.overflow);
	}
}

static void occupancy_in_bytes(void **state)
{
	static const struct {
		u32 scale;
		u64 qm_ctr;
		enum rdt_state state;
		u64 bytes;
	} rows[] = {
		{65536, 0, RDT_VALUE, 0},
		{65536, 100, RDT_VALUE, 6553600},
		{106496, 3, RDT_VALUE, 319488},
		{106496, 1ULL << 61, RDT_VALUE, U64_MAX},
		{65536, 1ULL << 62 | 100, RDT_UNAVAILABLE, 0},
		{65536, 1ULL << 63 | 100, RDT_ERROR, 0},
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct rdt_features features = {.scale = rows[i].scale};
		struct rdt_reading is = rdt_occupancy(&features, rows[i].qm_ctr);

		assert_int_equal(is.state, rows[i].state);
		assert_int_equal(is.value, rows[i].bytes);
	}
}

#define U (1ULL << 62)
#define E (1ULL << 63)
#define O (1ULL << 61)

/* Reads one after the other, and what the sum then is */
static void sums(void **state)
{
	static const struct {
		u32 width;
		bool overflow_bit;
		u64 reads[6];
		u64 units;
		u32 gaps;
	} rows[] = {
		/* the first read only sets the start */
		{24, false, {500, 500, 500, 500, 500, 500}, 0, 0},
		{24, false, {500, 600, 600, 700, 1000, 1001}, 501, 0},
		/* wraps */
		{24, false, {0xffffff, 0, 1, 1, 1, 1}, 2, 0},
		{24, false, {0xfffff0, 0x10, 0xfffff0, 0x10, 0x10, 0x10}, 0x1000020, 0},
		{32, false, {0xfffffff0, 0x10, 0x10, 0x10, 0x10, 0x10}, 0x20, 0},
		{44, false, {(1ULL << 44) - 1, 5, 5, 5, 5, 5}, 6, 0},
		{62, false, {(1ULL << 62) - 1, 5, 5, 5, 5, 5}, 6, 0},
		{24, false, {5, 4, 4, 4, 4, 4}, 0xffffff, 0},
		/* bits beyond the width are not part of the counter */
		{24, false, {0x1000000, 0x3000005, 5, 5, 5, 5}, 5, 0},
		/* unavailable: restarted or not, neither a jump nor a made-up amount */
		{24, false, {1000, 1100, U, 50, 80, 80}, 130, 1},
		{24, false, {1000, 1100, U, 1200, 1300, 1300}, 200, 1},
		{24, false, {1000, 1100, U, U, U | 7, 1200}, 100, 1},
		{24, false, {1000, U, 0, U, 0, 10}, 10, 2},
		{24, false, {U, U, 1000, 1010, 1010, 1010}, 10, 0},
		/* an error says nothing about the counter */
		{24, false, {1000, 1100, E, E, 1200, 1200}, 200, 0},
		{24, false, {E, E | U, 1000, 1001, E, 1002}, 2, 0},
		/* overflow bit: one turn is counted, more are missing */
		{24, true, {0xffffff, O | 4, 4, 4, 4, 4}, 5, 0},
		{24, true, {100, O | 200, 200, 200, 200, 200}, 100, 1},
		{24, true, {O | 100, 200, 200, 200, 200, 200}, 100, 0},
	};

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct rdt_features features = {
			.scale = 64,
			.width = rows[i].width,
			.overflow_bit = rows[i].overflow_bit,
			.correction = {U32_MAX, RDT_CORRECTION_ONE},
		};
		struct rdt_sum sum = {0};
		u64 before = 0;

		for (size_t j = 0; j < ROWS(rows[i].reads); j++) {
			struct rdt_reading reading = rdt_decode(&features, rows[i].reads[j]);

			rdt_sum_add(&sum, &features, &reading);
			assert_true(rdt_sum_bytes(&sum, &features, 1) >= before);
			before = rdt_sum_bytes(&sum, &features, 1);
		}
		assert_int_equal(sum.units, rows[i].units);
		assert_int_equal(sum.gaps, rows[i].gaps);
		assert_int_equal(before, rows[i].units * 64);
	}
}

static void sums_of_the_next_owner(void **state)
{
	static const struct {
		u64 before[2];
		bool goes_on;
		u64 after[2];
		u64 units;
		u32 gaps;
	} rows[] = {
		{{100, 200}, true, {250, 300}, 100, 0},
		{{100, 200}, false, {250, 300}, 50, 1}, /* the first read only sets the start */
		{{100, 200}, false, {U, 300}, 0, 1}, /* one gap, however long it is */
		{{100, 200}, false, {U, U}, 0, 1}, /* said without a single value, too */
		{{100, 200}, false, {E, 300}, 0, 1},
		{{100, U}, true, {250, 300}, 50, 1}, /* nothing to go on from */
		{{100, U}, true, {250, U}, 0, 2},
		{{100, U}, false, {250, 300}, 50, 1},
		{{U, U}, true, {250, 300}, 50, 1},
		{{E, E}, true, {250, 300}, 50, 1},
		{{U, 200}, true, {250, 300}, 100, 0}, /* available again before the owner came */
		{{100, 0xffffff}, true, {1, 2}, 3, 0}, /* wraps in between */
		{{100, 200}, true, {U, 300}, 0, 1}, /* its own gap, not the last owner's */
		{{100, E}, true, {250, 300}, 200, 0},
	};
	const struct rdt_features features = {.width = 24};

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct rdt_sum sum = {0};
		struct rdt_reading reading;

		for (size_t j = 0; j < ROWS(rows[i].before); j++) {
			reading = rdt_decode(&features, rows[i].before[j]);
			rdt_sum_add(&sum, &features, &reading);
		}
		rdt_sum_restart(&sum, rows[i].goes_on);
		assert_int_equal(sum.units, 0);
		assert_int_equal(sum.gaps, 0);
		for (size_t j = 0; j < ROWS(rows[i].after); j++) {
			reading = rdt_decode(&features, rows[i].after[j]);
			rdt_sum_add(&sum, &features, &reading);
		}
		assert_int_equal(sum.units, rows[i].units);
		assert_int_equal(sum.gaps, rows[i].gaps);
	}
}

/* Whoever the owner is, what no counter counts cannot be missing. */
static void no_gaps_without_a_counter(void **state)
{
	static const struct rdt_reading reading = {.state = RDT_NOT_SUPPORTED};
	const struct rdt_features features = {.width = 24};
	struct rdt_sum sum = {0};

	for (size_t i = 0; i < 4; i++) {
		rdt_sum_add(&sum, &features, &reading);
		assert_int_equal(sum.gaps, 0);
		rdt_sum_restart(&sum, i % 2);
	}
}

/* From CPUID to bytes: with 44 bits, as AMD's, this would be 1,125,625,028,937,728 bytes. */
static void hygon_wraps(void **state)
{
	static const struct rdt_cpuid leaf1 = {.eax = 0x00900f01};
	static const struct rdt_cpuid leaf7 = {.ebx = 1 << 12};
	static const struct rdt_cpuid leaf_f0 = {.edx = 2};
	static const struct rdt_cpuid leaf_f1 = {.ebx = 64, .ecx = 255, .edx = 7};
	static const u64 reads[] = {0xfffffff0, 0x10};
	struct rdt_processor processor = rdt_processor(&hygon, &leaf1);
	struct rdt_features features;
	struct rdt_sum sum = {0};

	assert_int_equal(rdt_features(&processor, &leaf7, &leaf_f0, &leaf_f1, &features), 0);
	for (size_t i = 0; i < ROWS(reads); i++) {
		struct rdt_reading reading = rdt_decode(&features, reads[i]);

		rdt_sum_add(&sum, &features, &reading);
	}
	assert_int_equal(rdt_sum_bytes(&sum, &features, 1), 2048);
}

static void sums_never_wrap(void **state)
{
	static const struct {
		u64 units;
		u32 scale, factor;
		u64 bytes;
	} rows[] = {
		{0, 65536, 1495184, 0},
		{1ULL << 47, 65536, RDT_CORRECTION_ONE, 1ULL << 63},
		{1ULL << 48, 65536, RDT_CORRECTION_ONE, U64_MAX},
		{U64_MAX, 1, RDT_CORRECTION_ONE, U64_MAX},
		{U64_MAX, 1, RDT_CORRECTION_ONE * 2 - 1, U64_MAX},
		{U64_MAX, U32_MAX, U32_MAX, U64_MAX},
		/* beyond 2^43 units a plain product with the factor would not fit */
		{1ULL << 50, 1, RDT_CORRECTION_ONE * 3 / 2, 3ULL << 49},
		{3, 1, RDT_CORRECTION_ONE * 3 / 2, 4},
	};
	struct rdt_features features = {.width = 62};
	struct rdt_sum sum = {.units = U64_MAX - 5, .primed = true};
	struct rdt_reading reading = {.state = RDT_VALUE, .value = 10};

	for (size_t i = 0; i < ROWS(rows); i++) {
		struct rdt_sum at = {.units = rows[i].units};

		features.scale = rows[i].scale;
		features.correction = (struct rdt_correction){0, rows[i].factor};
		assert_true(rdt_sum_bytes(&at, &features, 1) == rows[i].bytes);
	}
	rdt_sum_add(&sum, &features, &reading);
	assert_true(sum.units == U64_MAX);
}

/* A counter of every width, read now and then, against the amount put into it */
static void random_amounts(void **state)
{
	u64 random = 88172645463325252ULL;

	for (u32 width = 24; width <= 62; width++) {
		struct rdt_features features = {.scale = 1, .width = width};
		u64 mask = (1ULL << width) - 1;
		struct rdt_sum sum = {0};
		u64 counter = random & mask, amount = 0;

		features.correction = (struct rdt_correction){U32_MAX, RDT_CORRECTION_ONE};
		for (size_t i = 0; i < 1000; i++) {
			struct rdt_reading reading = rdt_decode(&features, counter & mask);
			u64 step;

			rdt_sum_add(&sum, &features, &reading);
			assert_true(sum.units == amount);
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			step = random & mask;
			if (amount + step < amount)
				break;
			counter += step;
			amount += step;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(processors),
		cmocka_unit_test(features),
		cmocka_unit_test(correction_table),
		cmocka_unit_test(decoding),
		cmocka_unit_test(occupancy_in_bytes),
		cmocka_unit_test(sums),
		cmocka_unit_test(sums_of_the_next_owner),
		cmocka_unit_test(no_gaps_without_a_counter),
		cmocka_unit_test(hygon_wraps),
		cmocka_unit_test(sums_never_wrap),
		cmocka_unit_test(random_amounts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
