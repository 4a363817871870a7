// SPDX-License-Identifier: GPL-2.0
/*
 * write.c - a result as the files of its folder
 */
#include "memory_collector/result_io.h"

int mc_result_write(const struct mc_result *result, const struct mc_result_dir *dir,
		    struct mc_failure *failure)
{
	static const struct {
		const char *name;
		int (*write)(const struct mc_result *result, FILE *to, struct mc_failure *failure);
	} files[] = {{"summary.json", mc_result_write_json}, {"summary.csv", mc_result_write_csv}};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		FILE *file = mc_result_dir_open(dir, files[i].name, failure);

		if (!file)
			return -1;
		if (files[i].write(result, file, failure)) {
			fclose(file);
			return -1;
		}
		if (mc_result_file_close(file, files[i].name, failure))
			return -1;
	}
	return 0;
}
