/* SPDX-License-Identifier: GPL-2.0 */
/*
 * result_io.h - results as files
 *
 * A result folder is written under a temporary name in the folder it will
 * stand in and renamed when it is complete. One writer and one reader per
 * format; results/schema.json describes the JSON.
 */
#ifndef MEMORY_COLLECTOR_RESULT_IO_H
#define MEMORY_COLLECTOR_RESULT_IO_H

#include <stdio.h>

#include "memory_collector/analysis.h"
#include "memory_collector/result.h"

int mc_result_write_json(const struct mc_result *result, FILE *to, struct mc_failure *failure);
int mc_result_write_csv(const struct mc_result *result, FILE *to, struct mc_failure *failure);

/* A table for a page, and named numbers for services that draw them over time */
int mc_result_write_markdown(const struct mc_result *result, FILE *to, struct mc_failure *failure);
int mc_result_write_benchmark(const struct mc_result *result, FILE *to, struct mc_failure *failure);

struct mc_result_dir;

/* Write summary.json and summary.csv into a result folder. */
int mc_result_write(const struct mc_result *result, const struct mc_result_dir *dir,
		    struct mc_failure *failure);

/**
 * mc_result_read - read a result folder again
 * @dir: folder with summary.json and summary.csv
 * @failure: names the file, the line or key, and the reason
 *
 * The JSON must have a schema version that this program knows; the CSV must
 * be whole and agree with it.
 *
 * Return: the result, or NULL.
 */
struct mc_result *mc_result_read(const char *dir, struct mc_failure *failure);

/* As mc_result_read(), of a summary.json alone; @name is for messages. */
struct mc_result *mc_result_read_json(FILE *from, const char *name, struct mc_failure *failure);

/* Check that a summary.csv is whole and agrees with a result; @name is for messages. */
int mc_result_check_csv(const struct mc_result *result, FILE *from, const char *name,
			struct mc_failure *failure);

/* ticks.csv: the header line, then one line per tick; @experiment is the scenario's name */
int mc_ticks_csv_begin(FILE *to, struct mc_failure *failure);
int mc_ticks_csv_add(FILE *to, const struct mc_tick_summary *tick, const char *experiment,
		     struct mc_failure *failure);

/**
 * struct mc_result_dir - a result folder on its way
 * @parent: folder that it will stand in
 * @temporary: path while it is written; its name begins with a dot and holds
 *	the writer's pid, so that a later run can tell a dead writer's
 * @final: path it gets
 */
struct mc_result_dir {
	char *parent, *temporary, *final;
	int lock_fd;
};

/**
 * mc_result_dir_create - make the temporary folder
 * @dir: set
 * @parent: made where it does not exist
 * @kernel: for the name: <UTC time>-<kernel>
 * @note: if not NULL, called with one line for each dead writer's folder that
 *	was found and removed
 * @failure: filled on error
 */
int mc_result_dir_create(struct mc_result_dir *dir, const char *parent, const char *kernel,
			 void (*note)(const char *line), struct mc_failure *failure);

/* Flush everything and rename to the final name. */
int mc_result_dir_commit(struct mc_result_dir *dir, struct mc_failure *failure);

/* Remove the temporary folder and free; after a commit only frees. */
void mc_result_dir_end(struct mc_result_dir *dir);

/* Open a file for writing in the temporary folder; sub-folders of @name are made. */
FILE *mc_result_dir_open(const struct mc_result_dir *dir, const char *name,
			 struct mc_failure *failure);

/* Flush, check for write errors, and close. */
int mc_result_file_close(FILE *file, const char *name, struct mc_failure *failure);

#endif
