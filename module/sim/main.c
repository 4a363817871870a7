// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - the module rdt_sim: a processor with monitoring, for machines without
 *
 * Owns the parameters. Loaded before the collector, which takes its register table with
 * hardware=sim and pins it. What can be seen and done while it runs is in files.h.
 */
#define pr_fmt(fmt) "Memory Collector: rdt_sim: SIMULATED: " fmt

#include <linux/cpumask.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/timekeeping.h>

#include "sim/audit.h"
#include "sim/files.h"
#include "sim/registers.h"

#define SCALE_MOST (1U << 30)
#define CPUS_PER_DOMAIN_MOST 4096
#define CACHE_MOST (1ULL << 40)

static struct rdt_sim_processor processor = {
	.max_rmid = 255,
	.width = 24,
	.scale = 65536,
	.cache_bytes = 32 << 20,
	.occupancy = true,
	.total = true,
	.local = true,
	.rates =
		{
			.total = 1000000000,
			.local = 750000000,
			.rise = 256 << 20,
			.fall = 1 << 30,
			.most = 1 << 20,
		},
	.now = ktime_get_ns,
};
static unsigned int audit_us;

module_param_named(max_rmid, processor.max_rmid, uint, 0444);
MODULE_PARM_DESC(max_rmid, "highest RMID, up to 65535; 0: no monitoring at all; default 255");
module_param_named(width, processor.width, uint, 0444);
MODULE_PARM_DESC(width, "bits of a bandwidth counter, 24 to 62; default 24");
module_param_named(scale, processor.scale, uint, 0444);
MODULE_PARM_DESC(scale, "bytes per unit of a counter; default 65536");
module_param_named(cpus_per_domain, processor.cpus_per_domain, uint, 0444);
MODULE_PARM_DESC(cpus_per_domain, "CPUs that share an L3 cache, a power of two; default 0: all");
module_param_named(cache_bytes, processor.cache_bytes, ullong, 0444);
MODULE_PARM_DESC(cache_bytes, "size of an L3 cache, a multiple of 1024; default 32 MiB");
module_param_named(rate, processor.rates.total, ullong, 0444);
MODULE_PARM_DESC(rate, "bytes per second from and to memory on each CPU; default 1000000000");
module_param_named(local_rate, processor.rates.local, ullong, 0444);
MODULE_PARM_DESC(local_rate, "those of them that are local; default 750000000");
module_param_named(occupancy_rise, processor.rates.rise, ullong, 0444);
MODULE_PARM_DESC(occupancy_rise, "bytes per second while an RMID is loaded; default 256 MiB");
module_param_named(occupancy_fall, processor.rates.fall, ullong, 0444);
MODULE_PARM_DESC(occupancy_fall, "bytes per second while it is not; default 1 GiB");
module_param_named(occupancy_most, processor.rates.most, ullong, 0444);
MODULE_PARM_DESC(occupancy_most, "bytes that an RMID gets at most; default 1 MiB");
module_param_named(unavailable_every, processor.unavailable_every, uint, 0444);
MODULE_PARM_DESC(unavailable_every,
		 "of so many reads of a CPU one is unavailable; default 0: none");
module_param_named(error_every, processor.error_every, uint, 0444);
MODULE_PARM_DESC(error_every, "of so many reads of a CPU one is an error; default 0: none");
module_param_named(occupancy, processor.occupancy, bool, 0444);
MODULE_PARM_DESC(occupancy, "there is an occupancy event; default Y");
module_param_named(total, processor.total, bool, 0444);
MODULE_PARM_DESC(total, "there is an event for total bandwidth; default Y");
module_param_named(local, processor.local, bool, 0444);
MODULE_PARM_DESC(local, "there is an event for local bandwidth; default Y");
module_param_named(rmid, processor.rmid, uint, 0444);
MODULE_PARM_DESC(rmid, "RMID of every CPU at the start; default 0");
module_param_named(resctrl, processor.resctrl, bool, 0644);
MODULE_PARM_DESC(resctrl, "resctrl is mounted; default N");
module_param(audit_us, uint, 0444);
MODULE_PARM_DESC(audit_us, "trace pqr_audit so often; default 0: never");

/* Comes before init for a value given at load. */
static int closid_set(const char *text, const struct kernel_param *param)
{
	int err = param_set_uint(text, param);

	if (!err)
		rdt_sim_registers_closid(processor.closid);
	return err;
}

static const struct kernel_param_ops closid_ops = {
	.set = closid_set,
	.get = param_get_uint,
};
module_param_cb(closid, &closid_ops, &processor.closid, 0644);
MODULE_PARM_DESC(closid, "CLOSID of every CPU; default 0");

const struct rdt_registers *rdt_sim_registers(void)
{
	return rdt_sim_registers_table();
}
EXPORT_SYMBOL_GPL(rdt_sim_registers);

static int check_ranges(void)
{
	const struct {
		const char *name;
		u64 value, least, most;
	} rows[] = {
		{"max_rmid", processor.max_rmid, 0, RMID_MAX},
		{"width", processor.width, 24, 62},
		{"scale", processor.scale, 1, SCALE_MOST},
		{"cpus_per_domain", processor.cpus_per_domain, 1, CPUS_PER_DOMAIN_MOST},
		{"cache_bytes", processor.cache_bytes, RDT_SIM_CACHE_STEP, CACHE_MOST},
		{"rate", processor.rates.total, 0, RDT_SIM_RATE_MOST},
		{"local_rate", processor.rates.local, 0, processor.rates.total},
		{"occupancy_rise", processor.rates.rise, 0, RDT_SIM_RATE_MOST},
		{"occupancy_fall", processor.rates.fall, 0, RDT_SIM_RATE_MOST},
		{"occupancy_most", processor.rates.most, 0, processor.cache_bytes},
		{"rmid", processor.rmid, 0, processor.max_rmid},
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].value >= rows[i].least && rows[i].value <= rows[i].most)
			continue;
		pr_err("%s=%llu refused: %llu to %llu are possible\n", rows[i].name, rows[i].value,
		       rows[i].least, rows[i].most);
		return -EINVAL;
	}
	return 0;
}

static int check_parameters(void)
{
	int err;

	if (!processor.cpus_per_domain)
		processor.cpus_per_domain = roundup_pow_of_two(nr_cpu_ids);
	err = check_ranges();
	if (err)
		return err;
	if (!is_power_of_2(processor.cpus_per_domain)) {
		pr_err("cpus_per_domain=%u refused: it must be a power of two\n",
		       processor.cpus_per_domain);
		return -EINVAL;
	}
	if (processor.cache_bytes % RDT_SIM_CACHE_STEP) {
		pr_err("cache_bytes=%llu refused: it must be a multiple of %llu\n",
		       processor.cache_bytes, RDT_SIM_CACHE_STEP);
		return -EINVAL;
	}
	return 0;
}

/* The CLOSID may be written in sysfs by now. */
static int reset_processor(void)
{
	int err;

	kernel_param_lock(THIS_MODULE);
	err = rdt_sim_registers_init(&processor);
	kernel_param_unlock(THIS_MODULE);
	return err;
}

static int __init rdt_sim_init(void)
{
	int err = check_parameters();

	if (err)
		return err;
	err = reset_processor();
	if (err) {
		pr_err("no memory for the counters of %u RMIDs\n", processor.max_rmid + 1);
		return err;
	}
	err = rdt_sim_files_create();
	if (err) {
		pr_err("cannot create debugfs rdt_sim/ (error %d)\n", err);
		goto err_files;
	}
	err = rdt_sim_audit_start(audit_us);
	if (err) {
		pr_err("no audit at audit_us=%u: error %d%s\n", audit_us, err,
		       err == -EINVAL ? "; 50 to 10000000 are possible" : "");
		goto err_files;
	}
	pr_info("a processor with RMIDs up to %u, %u CPUs per L3 domain; no figure is real\n",
		processor.max_rmid, processor.cpus_per_domain);
	return 0;

err_files:
	rdt_sim_files_remove();
	rdt_sim_registers_exit();
	return err;
}

static void __exit rdt_sim_exit(void)
{
	rdt_sim_audit_stop();
	rdt_sim_files_remove();
	rdt_sim_registers_exit();
	pr_info("unloaded\n");
}

module_init(rdt_sim_init);
module_exit(rdt_sim_exit);
MODULE_DESCRIPTION("Memory Collector: SIMULATED cache and memory monitoring, for tests");
MODULE_LICENSE("GPL");
