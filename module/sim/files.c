// SPDX-License-Identifier: GPL-2.0
/*
 * files.c - debugfs rdt_sim/: what really was used, what CPUs have, what to do
 */
#include "sim/files.h"

#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "sim/registers.h"

/* Six numbers of 20 digits, and what separates them */
#define PROGRAM_TEXT 160

static struct dentry *folder;

/* Positions are counters, domain by domain. */
static void *rmids_at(loff_t position)
{
	const struct rdt_sim_counters *counters = rdt_sim_registers_counters();

	if (position >= (loff_t)counters->n_domains * counters->n_rmids)
		return NULL;
	return (void *)(uintptr_t)(position + 1);
}

static void *rmids_seq_start(struct seq_file *file, loff_t *position)
{
	return rmids_at(*position);
}

static void *rmids_seq_next(struct seq_file *file, void *item, loff_t *position)
{
	return rmids_at(++*position);
}

static void rmids_seq_stop(struct seq_file *file, void *item)
{
}

static int rmids_seq_show(struct seq_file *file, void *item)
{
	struct rdt_sim_counters *counters = rdt_sim_registers_counters();
	u64 position = (uintptr_t)item - 1;
	u32 domain = position / counters->n_rmids, rmid = position % counters->n_rmids;
	struct rdt_sim_use use = rdt_sim_counters_use(counters, domain, rmid);

	if (use.loaded_ns || use.cpus)
		seq_printf(file,
			   "domain %u rmid %u total_bytes %llu local_bytes %llu "
			   "occupancy_bytes %llu loaded_ns %llu cpus %u\n",
			   domain, rmid, use.total_bytes, use.local_bytes, use.occupancy_bytes,
			   use.loaded_ns, use.cpus);
	return 0;
}

static const struct seq_operations rmids_seq_ops = {
	.start = rmids_seq_start,
	.next = rmids_seq_next,
	.stop = rmids_seq_stop,
	.show = rmids_seq_show,
};

static int rmids_open(struct inode *inode, struct file *file)
{
	return seq_open(file, &rmids_seq_ops);
}

static const struct file_operations rmids_ops = {
	.owner = THIS_MODULE,
	.open = rmids_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = seq_release,
};

static int cpus_show(struct seq_file *file, void *unused)
{
	unsigned int number;

	for_each_possible_cpu (number) {
		struct rdt_sim_cpu cpu = rdt_sim_registers_cpu(number);

		seq_printf(file,
			   "cpu %u domain %u pqr 0x%016llx writes %llu reads %llu faults %llu\n",
			   number, rdt_sim_registers_domain(number), cpu.pqr, cpu.writes, cpu.reads,
			   cpu.faults);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(cpus);

/* Exactly @count numbers, separated by blanks; changes @text. */
static int parse_numbers(char *text, u64 *number, size_t count)
{
	size_t n = 0;
	char *word;
	int err;

	while ((word = strsep(&text, " \t\n"))) {
		if (!*word)
			continue;
		if (n == count)
			return -EINVAL;
		err = kstrtou64(word, 10, &number[n++]);
		if (err)
			return err;
	}
	return n == count ? 0 : -EINVAL;
}

static int program(char *text)
{
	struct rdt_sim_counters *counters = rdt_sim_registers_counters();
	struct rdt_sim_rates rates;
	u64 number[6];
	int err = parse_numbers(text, number, ARRAY_SIZE(number));

	if (err)
		return err;
	rates = (struct rdt_sim_rates){
		.total = number[1],
		.local = number[2],
		.rise = number[3],
		.fall = number[4],
		.most = number[5],
	};
	if (number[0] >= counters->n_rmids || rates.local > rates.total ||
	    max3(rates.total, rates.rise, rates.fall) > RDT_SIM_RATE_MOST)
		return -EINVAL;
	rdt_sim_counters_program(counters, number[0], &rates);
	return 0;
}

static ssize_t program_write(struct file *file, const char __user *from, size_t size,
			     loff_t *position)
{
	char *text;
	int err;

	if (size > PROGRAM_TEXT)
		return -EINVAL;
	text = memdup_user_nul(from, size);
	if (IS_ERR(text))
		return PTR_ERR(text);
	err = program(text);
	kfree(text);
	return err ? err : size;
}

static const struct file_operations program_ops = {
	.owner = THIS_MODULE,
	.open = nonseekable_open,
	.write = program_write,
};

int rdt_sim_files_create(void)
{
	const struct {
		const char *name;
		umode_t mode;
		const struct file_operations *ops;
	} files[] = {
		{"rmids", 0400, &rmids_ops},
		{"cpus", 0400, &cpus_fops},
		{"program", 0200, &program_ops},
	};
	struct dentry *made;
	size_t i;

	folder = debugfs_create_dir("rdt_sim", NULL);
	if (IS_ERR(folder))
		return PTR_ERR(folder);
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		made = debugfs_create_file(files[i].name, files[i].mode, folder, NULL,
					   files[i].ops);
		if (IS_ERR(made))
			return PTR_ERR(made);
	}
	return 0;
}

void rdt_sim_files_remove(void)
{
	debugfs_remove(folder);
}
