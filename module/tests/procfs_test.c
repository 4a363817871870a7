// SPDX-License-Identifier: GPL-2.0
/*
 * procfs_test.c - tests of procfs in a kernel
 *
 * Owns the module procfs_test_module. Creation and removal are tested at load; then
 * /proc/memory_collector_test stays until unload, and what its callback was called with
 * is in /sys/module/procfs_test_module/parameters/ran, one digit per command: a file
 * whose writer is the kernel itself would not be the one that users write.
 */
#define pr_fmt(fmt) "Memory Collector: " fmt

#include <linux/mutex.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/stat.h>

#include "collector/procfs.h"
#include "tests/ktap.h"

#define NAME "memory_collector_test"

static const char *const names[] = {"first", "second", "fail"};
static char ran[64];
module_param_string(ran, ran, sizeof(ran), 0444);
MODULE_PARM_DESC(ran, "which commands ran, a digit each; for reading");
static DEFINE_MUTEX(ran_mutex);

static int note(u32 index, void *context)
{
	size_t length;

	mutex_lock(&ran_mutex);
	length = strlen(ran);
	if (length < sizeof(ran) - 1)
		ran[length] = '0' + index;
	mutex_unlock(&ran_mutex);
	return index == 2 ? -EIO : 0;
}

static struct procfs_control control = {
	.set = {.names = names, .count = ARRAY_SIZE(names), .run = note},
};

/* The mode of the file, or a negative error number */
static int mode(const char *path_name)
{
	struct path path;
	int err = kern_path(path_name, 0, &path);

	if (err)
		return err;
	err = d_inode(path.dentry)->i_mode;
	path_put(&path);
	return err;
}

static void creation_and_removal(struct ktap *ktap)
{
	int i, is;

	for (i = 0; i < 3; i++) {
		is = procfs_control_create(&control, NAME);
		KTAP_EXPECT(ktap, !is, "error %d", is);
		is = mode("/proc/" NAME);
		KTAP_EXPECT(ktap, is == (S_IFREG | 0200), "mode %o or error %d", is, is);
		is = procfs_control_create(&control, NAME);
		KTAP_EXPECT(ktap, is == -EBUSY, "%d", is);
		procfs_control_remove(&control);
		is = mode("/proc/" NAME);
		KTAP_EXPECT(ktap, is == -ENOENT, "%d", is);
		procfs_control_remove(&control);
	}
}

static void command_parsing(struct ktap *ktap)
{
	static const struct {
		const char *text;
		int answer;
		const char *ran;
	} rows[] = {
		{"first\nsecond\n", 0, "01"},
		{" second \n\nfirst", 0, "10"},
		{"fir", 0, ""},
		{"third\n", -EINVAL, ""},
		{"first\nx\n", -EINVAL, ""},
		{"\xff\n", -EINVAL, ""},
		{"fail\nfirst\n", -EIO, "2"},
	};
	size_t i;
	int is;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct command_part part = {};

		memset(ran, 0, sizeof(ran));
		is = command_write(&control.set, &part, rows[i].text, strlen(rows[i].text));
		KTAP_EXPECT(ktap, is == rows[i].answer, "row %zu: %d", i, is);
		KTAP_EXPECT(ktap, !strcmp(ran, rows[i].ran), "row %zu: %s", i, ran);
	}
	memset(ran, 0, sizeof(ran));
}

static const struct ktap_case cases[] = {
	{"creation_and_removal", creation_and_removal},
	{"command_parsing", command_parsing},
};

static int failed = -1;
KTAP_FAILED_PARAMETER(failed);

static int __init procfs_test_init(void)
{
	failed = ktap_run(cases, ARRAY_SIZE(cases));
	return procfs_control_create(&control, NAME);
}

static void __exit procfs_test_exit(void)
{
	procfs_control_remove(&control);
}

module_init(procfs_test_init);
module_exit(procfs_test_exit);
MODULE_DESCRIPTION("Memory Collector: tests of the control file");
MODULE_LICENSE("GPL");
