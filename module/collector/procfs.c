// SPDX-License-Identifier: GPL-2.0
/*
 * procfs.c - a control file in /proc: write-only, root only, commands of core/command
 *
 * Each open file has an unfinished line of its own, so that two writers never make a
 * command together.
 */
#define pr_fmt(fmt) "Memory Collector: " fmt

#include "collector/procfs.h"

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>

/**
 * struct writer - an open file
 * @mutex: protects @part from threads that share the file
 */
struct writer {
	struct procfs_control *control;
	struct mutex mutex;
	struct command_part part;
};

static int procfs_open(struct inode *inode, struct file *file)
{
	struct writer *writer = kzalloc(sizeof(*writer), GFP_KERNEL);

	if (!writer)
		return -ENOMEM;
	writer->control = pde_data(inode);
	mutex_init(&writer->mutex);
	file->private_data = writer;
	return nonseekable_open(inode, file);
}

static int procfs_release(struct inode *inode, struct file *file)
{
	struct writer *writer = file->private_data;

	if (writer->part.length)
		pr_warn("/proc/%pD: closed within a command, which was not run: end it with a newline\n",
			file);
	kfree(writer);
	return 0;
}

/* What is refused has no effect at all: nor may it end a command that comes later. */
static void forget_part(struct writer *writer)
{
	mutex_lock(&writer->mutex);
	writer->part.length = 0;
	mutex_unlock(&writer->mutex);
}

static ssize_t procfs_write(struct file *file, const char __user *user, size_t length,
			    loff_t *position)
{
	struct writer *writer = file->private_data;
	char *text;
	int err;

	if (length > COMMAND_TEXT_MOST) {
		forget_part(writer);
		return -EINVAL;
	}
	text = memdup_user(user, length);
	if (IS_ERR(text))
		return PTR_ERR(text);
	mutex_lock(&writer->mutex);
	err = command_write(&writer->control->set, &writer->part, text, length);
	mutex_unlock(&writer->mutex);
	kfree(text);
	return err ? err : length;
}

static const struct proc_ops procfs_ops = {
	.proc_open = procfs_open,
	.proc_write = procfs_write,
	.proc_release = procfs_release,
};

int procfs_control_create(struct procfs_control *control, const char *name)
{
	if (control->entry)
		return -EBUSY;
	control->entry = proc_create_data(name, 0200, NULL, &procfs_ops, control);
	return control->entry ? 0 : -ENOMEM;
}

void procfs_control_remove(struct procfs_control *control)
{
	proc_remove(control->entry);
	control->entry = NULL;
}
