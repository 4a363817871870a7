// SPDX-License-Identifier: GPL-2.0
/*
 * vm_results.c - tar streams through libarchive
 */
#include "bench/vm_results.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILES_MAX 4096
#define SUMMARY_MAX (64L * 1024 * 1024)

static int broken(struct archive *archive, struct mc_failure *failure)
{
	const char *why = archive_error_string(archive);

	return mc_fail(failure, MC_EXIT_ENVIRONMENT, "the guest's results cannot be read: %s",
		       why ? why : "they end in the middle");
}

/* stress-ng/NAME.yaml, with nothing in NAME that could lead elsewhere */
static bool is_report(const char *name)
{
	static const char folder[] = "stress-ng/", ending[] = ".yaml";
	size_t length = strlen(name), middle;

	if (length <= strlen(folder) + strlen(ending) || length > strlen(folder) + MC_NAME_MAX ||
	    strncmp(name, folder, strlen(folder)) || strcmp(name + length - strlen(ending), ending))
		return false;
	middle = length - strlen(folder) - strlen(ending);
	return strspn(name + strlen(folder), "abcdefghijklmnopqrstuvwxyz0123456789_-") == middle;
}

static int copy(struct archive *archive, FILE *to, int64_t most, struct mc_failure *failure)
{
	char block[65536];
	la_ssize_t got;

	while ((got = archive_read_data(archive, block, sizeof(block))) > 0) {
		most -= got;
		if (most < 0)
			return mc_fail(failure, MC_EXIT_ENVIRONMENT,
				       "the guest's results have a file that is too large");
		if (fwrite(block, 1, got, to) != (size_t)got)
			return mc_fail(failure, MC_EXIT_ENVIRONMENT,
				       "writing the guest's results: %s", strerror(errno));
	}
	return got < 0 ? broken(archive, failure) : 0;
}

static int take_file(struct archive *archive, const char *name, const struct mc_result_dir *dir,
		     struct mc_failure *failure)
{
	FILE *file = mc_result_dir_open(dir, name, failure);

	if (!file)
		return -1;
	if (copy(archive, file, INT64_MAX, failure)) {
		fclose(file);
		return -1;
	}
	return mc_result_file_close(file, name, failure);
}

static struct mc_result *take_summary(struct archive *archive, struct mc_failure *failure)
{
	struct mc_result *result = NULL;
	FILE *file = tmpfile();

	if (!file) {
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "cannot make a temporary file: %s",
			strerror(errno));
		return NULL;
	}
	if (!copy(archive, file, SUMMARY_MAX, failure)) {
		rewind(file);
		result = mc_result_read_json(file, "the guest's summary.json", failure);
	}
	fclose(file);
	return result;
}

static int take_entry(struct archive *archive, struct archive_entry *entry,
		      const struct mc_result_dir *dir, struct mc_result **result,
		      struct mc_failure *failure)
{
	const char *name = archive_entry_pathname(entry);

	if (!name || archive_entry_filetype(entry) != AE_IFREG)
		return 0;
	if (!strcmp(name, "ticks.csv") || is_report(name))
		return take_file(archive, name, dir, failure);
	if (strcmp(name, "summary.json") || *result)
		return 0;
	*result = take_summary(archive, failure);
	return *result ? 0 : -1;
}

static int take_all(struct archive *archive, const struct mc_result_dir *dir,
		    struct mc_result **result, struct mc_failure *failure)
{
	struct archive_entry *entry;
	int files, status;

	for (files = 0; files < FILES_MAX; files++) {
		status = archive_read_next_header(archive, &entry);
		if (status == ARCHIVE_EOF)
			return 0;
		if (status != ARCHIVE_OK)
			return broken(archive, failure);
		if (take_entry(archive, entry, dir, result, failure))
			return -1;
	}
	return mc_fail(failure, MC_EXIT_ENVIRONMENT, "the guest's results have too many files");
}

struct mc_result *mc_vm_results_unpack(FILE *tar, const struct mc_result_dir *dir,
				       struct mc_failure *failure)
{
	struct archive *archive = archive_read_new();
	struct mc_result *result = NULL;
	int status;

	if (!archive) {
		mc_fail(failure, MC_EXIT_ENVIRONMENT, "out of memory");
		return NULL;
	}
	archive_read_support_format_tar(archive);
	rewind(tar);
	lseek(fileno(tar), 0, SEEK_SET);
	if (archive_read_open_FILE(archive, tar) != ARCHIVE_OK)
		status = broken(archive, failure);
	else
		status = take_all(archive, dir, &result, failure);
	archive_read_free(archive);
	if (!status && !result)
		status = mc_fail(failure, MC_EXIT_ENVIRONMENT,
				 "the guest's results have no summary.json");
	if (status) {
		mc_result_free(result);
		result = NULL;
	}
	return result;
}
