/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ktap.h - tests in a module, reported as KTAP in the kernel log
 *
 * Loading the module runs its tests; it loads whether they pass or not, so that
 * the log can be read and the module unloaded alike. The verdict is in the log,
 * and the number of failed tests in /sys/module/<name>/parameters/failed.
 *
 * To be included by one file per module, after pr_fmt() is defined: every line has
 * the same prefix, which KTAP parsers remove.
 */
#ifndef MEMORY_COLLECTOR_TESTS_KTAP_H
#define MEMORY_COLLECTOR_TESTS_KTAP_H

#include <linux/kernel.h>
#include <linux/module.h>

/* A test that goes wrong for every tick shall not flood the log. */
#define KTAP_MOST_REASONS 8

/**
 * struct ktap - the test that runs
 * @failures: expectations that did not hold
 * @skip: why it cannot run here; NULL when it does
 */
struct ktap {
	unsigned int failures;
	const char *skip;
};

/**
 * struct ktap_case - a test
 * @name: one word
 * @run: the test
 */
struct ktap_case {
	const char *name;
	void (*run)(struct ktap *ktap);
};

/**
 * KTAP_EXPECT - what has to hold; the test goes on where it does not
 * @ktap: the test
 * @condition: what has to hold
 * @format: how it was instead, for printk
 *
 * Return: @condition.
 */
#define KTAP_EXPECT(ktap, condition, format, ...)                                                 \
	({                                                                                        \
		bool holds = (condition);                                                         \
                                                                                                  \
		if (!holds && (ktap)->failures++ < KTAP_MOST_REASONS)                             \
			pr_info("# %s line %d: %s: " format "\n", __func__, __LINE__, #condition, \
				##__VA_ARGS__);                                                   \
		holds;                                                                            \
	})

/* Runs all tests and prints the document; returns how many failed. */
static inline int ktap_run(const struct ktap_case *cases, size_t count)
{
	int failed = 0;
	size_t i;

	pr_info("KTAP version 1\n");
	pr_info("# Subtest: " KBUILD_MODNAME "\n");
	pr_info("1..%zu\n", count);
	for (i = 0; i < count; i++) {
		struct ktap ktap = {};

		cases[i].run(&ktap);
		if (ktap.failures)
			failed++;
		pr_info("%s %zu %s%s%s\n", ktap.failures ? "not ok" : "ok", i + 1, cases[i].name,
			ktap.skip ? " # SKIP " : "", ktap.skip ? ktap.skip : "");
	}
	return failed;
}

static inline int ktap_refuse_set(const char *text, const struct kernel_param *param)
{
	return -EPERM;
}

/* The parameter "failed", for reading only: also at load */
#define KTAP_FAILED_PARAMETER(variable)                               \
	static const struct kernel_param_ops ktap_failed_ops = {      \
		.set = ktap_refuse_set,                               \
		.get = param_get_int,                                 \
	};                                                            \
	module_param_cb(failed, &ktap_failed_ops, &(variable), 0444); \
	MODULE_PARM_DESC(failed, "number of tests that failed")

#endif
