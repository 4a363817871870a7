// SPDX-License-Identifier: GPL-2.0
/*
 * test_plots.c - the data files of the pictures, and gnuplot run over them
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "memory_collector/child.h"
#include "memory_collector/present.h"
#include "report/plot_data.h"
#include "result/synthetic_result.h"

#define SCRIPTS UNIT_DATA "/../../results"
/* A name that a shell, gnuplot's strings, formats and enhanced text all trip over */
#define EVIL "`touch pwned`$(touch pwned){/:Bold x}_2^3 %s%n @a \"\\n\033'&"
#define GNUPLOT_NS (600 * 1000000000LL)

static char parent[64];

/*
 * In the parent folder: the scripts, but with a ninth of a PNG's pixels, which are what takes the
 * time; and a gnuplot that is the one in PATH, but writes what it says into a file.
 */
#define PREPARE                                                                          \
	"cd \"$0\" && mkdir scripts bin && cp \"$1\"/*.gp scripts && "                   \
	"echo \"open_png = sprintf('set terminal pngcairo size %d,%d fontscale 0.4; ', " \
	"width / 2, height / 2).\\\"set output '\\\".picture.\\\".png'\\\"\" "           \
	">>scripts/style.gp && : >said && "                                              \
	"printf '#!/bin/sh\\nPATH=$REAL_PATH exec gnuplot \"$@\" >>%s/said 2>&1\\n' "    \
	"\"$0\" >bin/gnuplot && chmod +x bin/gnuplot"

static int make_parent(void **state)
{
	const char *const argv[] = {"sh", "-c", PREPARE, parent, SCRIPTS, NULL};
	struct mc_failure failure;
	char out[8];

	strcpy(parent, "/tmp/test-plots-XXXXXX");
	if (mkdtemp(parent) && !mc_child_output(argv, GNUPLOT_NS, out, sizeof(out), &failure))
		return 0;
	print_message("%s\n", failure.text);
	return -1;
}

static void remove_tree(const char *path)
{
	const char *const argv[] = {"rm", "-rf", "--", path, NULL};
	struct mc_failure failure;
	char out[8];

	assert_int_equal(mc_child_output(argv, GNUPLOT_NS, out, sizeof(out), &failure), 0);
}

static int remove_parent(void **state)
{
	remove_tree(parent);
	return 0;
}

/* A new folder in the parent; its name is no easy one either */
static char *new_folder(void)
{
	static unsigned int n;
	char *path;

	assert_true(asprintf(&path, "%s/it's a \"`folder`\" $n %u", parent, n++) > 0);
	assert_int_equal(mkdir(path, 0777), 0);
	return path;
}

/* All of a file, until the next call */
static const char *text_of(int folder, const char *name)
{
	static char text[1 << 16];
	int fd = openat(folder, name, O_RDONLY);
	ssize_t got;

	assert_true(fd >= 0);
	got = read(fd, text, sizeof(text) - 1);
	assert_true(got >= 0);
	text[got] = '\0';
	close(fd);
	return text;
}

static void assert_file(int folder, const char *name, const char *expected)
{
	assert_string_equal(text_of(folder, name), expected);
}

static void assert_file_has(int folder, const char *name, const char *expected)
{
	const char *text = text_of(folder, name);

	if (!strstr(text, expected))
		fail_msg("no '%s' in %s: '%s'", expected, name, text);
}

/* ---- data files ---- */

static void set_buckets(struct mc_buckets *buckets, const struct mc_bucket *from, size_t n)
{
	buckets->n = n;
	buckets->bucket = calloc(n, sizeof(*from));
	assert_non_null(buckets->bucket);
	memcpy(buckets->bucket, from, n * sizeof(*from));
}

static void set_timeline(struct mc_scenario_result *scenario, unsigned int n_cpus,
			 unsigned int n_bins)
{
	struct mc_timeline *timeline = &scenario->ticks.timeline;

	timeline->origin_ns = 900;
	timeline->bin_ns = 100;
	timeline->n_bins = n_bins;
	timeline->n_cpus = n_cpus;
	timeline->cpu_max = calloc((size_t)n_cpus * MC_TIMELINE_BINS, sizeof(int64_t));
	scenario->ticks.cpu = calloc(n_cpus, sizeof(*scenario->ticks.cpu));
	assert_true(timeline->cpu_max && scenario->ticks.cpu);
	scenario->ticks.n_cpus = n_cpus;
	for (unsigned int cpu = 0; cpu < n_cpus; cpu++) {
		scenario->ticks.cpu[cpu].cpu = 2 * cpu;
		for (unsigned int bin = 0; bin < MC_TIMELINE_BINS; bin++)
			timeline->cpu_max[cpu * MC_TIMELINE_BINS + bin] = MC_TIME_NONE;
	}
}

/*
 * "one" with everything, on two CPUs; "bad", invalid with a timeline; "none",
 * skipped; "also", skipped for the same reason
 */
static struct mc_result *small_result(void)
{
	static const struct mc_bucket delta[] = {{0, 0, 1}, {10, 10, 6}, {128, 129, 3}};
	static const struct mc_bucket corrected[] = {{10, 10, 200}, {1000, 1015, 1}};
	static const struct mc_bucket skew[] = {{5, 5, 4}};
	struct mc_result *result = mc_result_new();
	struct mc_scenario_result *scenario = mc_result_add(result, "one");

	strcpy(result->environment.kernel, "6.1");
	strcpy(result->run.place, "host");
	strcpy(result->run.started_utc, "2026-11-24T07:01:02Z");
	result->environment.cpus_online = 2;
	result->interval_ns = 250000;
	result->run.duration_ns = 1500000000;
	scenario->status = MC_STATUS_OK;
	set_buckets(&scenario->ticks.delta_histogram, delta, 3);
	set_buckets(&scenario->ticks.corrected_histogram, corrected, 2);
	set_buckets(&scenario->ticks.skew_histogram, skew, 1);
	scenario->ticks.delta = (struct mc_stats){
		.count = 10, .p50 = 10, .p90 = 11, .p99 = 12, .p99_9 = 13, .p99_99 = 14, .max = 129};
	strcpy(scenario->lead.mode, "auto");
	scenario->ticks.entry = (struct mc_stats){.count = 10, .p50 = -20, .p90 = -3, .p99 = 9};
	scenario->ticks.spin.total_ns = 150;
	scenario->ticks.spin.stolen_ns = 30;
	scenario->ticks.expected_ticks = 11;
	scenario->ticks.corrected.max = 1001;
	scenario->ticks.skew.max = 5;
	scenario->marks.window_start_ns = 1000;
	scenario->marks.window_end_ns = 1200;
	scenario->marks.load_end_ns = 1150;
	set_timeline(scenario, 2, 3);
	scenario->ticks.timeline.count[0] = 2;
	scenario->ticks.timeline.mean[0] = 10.6;
	scenario->ticks.timeline.max[0] = 12;
	scenario->ticks.timeline.count[2] = 1;
	scenario->ticks.timeline.mean[2] = 129;
	scenario->ticks.timeline.max[2] = 129;
	scenario->ticks.timeline.cpu_max[0] = 12;
	scenario->ticks.timeline.cpu_max[2] = 129;
	scenario->ticks.timeline.cpu_max[MC_TIMELINE_BINS] = -3;

	scenario = mc_result_add(result, "bad");
	scenario->status = MC_STATUS_INVALID;
	strcpy(scenario->reason, "1 event lost");
	set_timeline(scenario, 1, 1);
	scenario->ticks.timeline.count[0] = 1;
	scenario->ticks.timeline.mean[0] = 7;
	scenario->ticks.timeline.max[0] = 7;
	scenario->ticks.timeline.cpu_max[0] = 7;

	scenario = mc_result_add(result, "none");
	scenario->status = MC_STATUS_SKIPPED;
	strcpy(scenario->reason, "no \"\\`%\n stressor");
	scenario = mc_result_add(result, "also");
	scenario->status = MC_STATUS_SKIPPED;
	strcpy(scenario->reason, "no \"\\`%\n stressor");
	return result;
}

#define SUBTITLE                                                              \
	"subtitle \"kernel 6.1, on the machine itself, 2 CPUs, a tick every " \
	"250 us for 1.5 s each, 2026-11-24T07:01:02Z\"\n"
#define NOT_SHOWN                                          \
	"note \"bad: not shown, invalid: 1 event lost\"\n" \
	"note \"none, also: not shown, skipped: no ????? stressor\"\n"

static void small_model(void **state)
{
	static const struct {
		const char *name, *text;
	} files[] = {
		{"delay.dat", "\"one\"\n"
			      "0 10 10\n10 9 10\n128 3 10\n129 1 10\n\n\n"},
		{"delay.info", "shown 1\nfrom 0\nto 1001\n" SUBTITLE
			       "note \"Values below 1 ns are drawn at 1 ns.\"\n" NOT_SHOWN},
		{"corrected.dat", "\"one\"\n10 201 201\n1000 1 201\n1001 1 201\n\n\n"},
		{"skew.dat", "\"one\"\n5 4 4\n\n\n"},
		{"skew.info", "shown 1\nfrom 5\nto 5\n" SUBTITLE NOT_SHOWN},
		{"percentiles.dat", "\"one\" 10 11 12 13 14 129\n"},
		{"entry.dat", "\"one\" -20 -3 9 10 11 12 120 2750000\n"},
		{"entry.info", "shown 1\nfrom -20\nto 12\n" SUBTITLE NOT_SHOWN},
		{"timeline.dat", "-100 2 11 12\n0 0 ? ?\n100 1 129 129\n\n\n0 1 7 7\n\n\n"},
		{"timeline.info",
		 "shown 2\nfrom 7\nto 129\n" SUBTITLE "note \"bad: invalid: 1 event lost\"\n"
		 "note \"none, also: not shown, skipped: no ????? stressor\"\n"},
		{"timeline.panels", "\"one\" ok -100 100 3 ? 150 0 200 2 8 1 \"0 2\"\n"
				    "\"bad\" invalid 0 100 1 ? ? ? ? 1 16 2 \"0\"\n"},
	};
#define TIMES_4(x) x x x x
	static const char *const heatmap = TIMES_4("12 -1 129 \n12 -1 129 \n")
		TIMES_4("0 -1 -1 \n0 -1 -1 \n") "\n\n" TIMES_4(TIMES_4("7 7 \n")) "\n\n";
	struct mc_result *result = small_result();
	struct mc_failure failure;
	char *path = new_folder();
	int folder = open(path, O_RDONLY | O_DIRECTORY);

	assert_int_equal(mc_plot_data_write(result, folder, &failure), 0);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		assert_file(folder, files[i].name, files[i].text);
	assert_file(folder, "heatmap.dat", heatmap);
	/* what is there already is not overwritten */
	assert_int_equal(mc_plot_data_write(result, folder, &failure), -1);
	assert_string_equal(failure.text, "cannot create delay.info for the plots: File exists");
	close(folder);
	free(path);
	mc_result_free(result);
}

/* Without a lead entry is delta: worth a look only beside one with a lead. */
static void entry_needs_a_lead(void **state)
{
	static const struct {
		const char *mode[2], *dat, *info;
	} rows[] = {
		{{"off", "auto"},
		 "\"cpu+a\" 10 20 30 11 21 31 0 5000\n\"cpu+b\" 10 20 30 11 21 31 0 5000\n",
		 "shown 2\nfrom 10\nto 31\n"},
		/* else there is no such picture; of files from before there were leads, neither */
		{{"off", "off"}, NULL, NULL},
		{{"", ""}, NULL, NULL},
	};

	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		struct mc_result *result = mc_result_new();
		struct mc_failure failure;
		char *path = new_folder();
		int folder = open(path, O_RDONLY | O_DIRECTORY);

		result->interval_ns = 1000;
		for (size_t i = 0; i < 2; i++) {
			struct mc_scenario_result *scenario =
				mc_result_add(result, i ? "cpu+b" : "cpu+a");

			scenario->status = MC_STATUS_OK;
			strcpy(scenario->lead.mode, rows[row].mode[i]);
			scenario->ticks.expected_ticks = 5;
			scenario->ticks.entry =
				(struct mc_stats){.count = 5, .p50 = 10, .p90 = 20, .p99 = 30};
			scenario->ticks.delta =
				(struct mc_stats){.count = 5, .p50 = 11, .p90 = 21, .p99 = 31};
		}
		assert_int_equal(mc_plot_data_write(result, folder, &failure), 0);
		if (rows[row].dat) {
			assert_file(folder, "entry.dat", rows[row].dat);
			assert_file_has(folder, "entry.info", rows[row].info);
		} else {
			assert_int_equal(faccessat(folder, "entry.dat", F_OK, 0), -1);
			assert_int_equal(faccessat(folder, "entry.info", F_OK, 0), -1);
		}
		close(folder);
		free(path);
		mc_result_free(result);
	}
}

/* No line is drawn over the time between two windows; over a tick that came late one is. */
static void timeline_is_broken_between_windows(void **state)
{
	struct mc_result *result = small_result();
	struct mc_scenario_result *scenario = &result->scenario[0];
	struct mc_failure failure;
	char *path = new_folder();
	int folder = open(path, O_RDONLY | O_DIRECTORY);

	result->scenario[1].ticks.timeline.count[0] = 0;
	scenario->ticks.timeline.n_bins = 9;
	scenario->ticks.timeline.count[8] = 3;
	scenario->ticks.timeline.mean[8] = 5;
	scenario->ticks.timeline.max[8] = 6;
	/* five empty bins of 100 ns are more than four intervals, and one is not */
	result->interval_ns = 120;
	assert_int_equal(mc_plot_data_write(result, folder, &failure), 0);
	assert_file(folder, "timeline.dat",
		    "-100 2 11 12\n0 0 ? ?\n100 1 129 129\n\n700 3 5 6\n\n\n");
	close(folder);
	free(path);
	mc_result_free(result);
}

/* Their names would not fit above the picture. */
static void several_kernels(void **state)
{
	struct mc_result *result = small_result();
	struct mc_failure failure;
	char *path = new_folder();
	int folder = open(path, O_RDONLY | O_DIRECTORY);

	strcpy(result->scenario[0].test, "one@rt");
	strcpy(result->scenario[0].kernel, "6.1-rt");
	strcpy(result->scenario[1].test, "bad@sid");
	strcpy(result->scenario[1].kernel, "7.2");
	assert_int_equal(mc_plot_data_write(result, folder, &failure), 0);
	assert_file_has(folder, "delay.info",
			"subtitle \"kernels as named below, on the machine itself");
	assert_file_has(folder, "delay.info", "note \"Kernels: rt 6.1-rt, sid 7.2\"\n");
	close(folder);
	free(path);
	mc_result_free(result);
}

/* Long reasons and many of them: cut, and the rest counted */
static void notes_are_limited(void **state)
{
	struct mc_result *result = mc_result_new();
	struct mc_failure failure;
	char *path = new_folder(), name[32], *text = NULL;
	int folder = open(path, O_RDONLY | O_DIRECTORY);
	size_t size = 0, notes = 0, longest = 0;
	ssize_t length;
	FILE *info;

	for (unsigned int i = 0; i < 20; i++) {
		struct mc_scenario_result *scenario;

		snprintf(name, sizeof(name), "test-%u", i);
		scenario = mc_result_add(result, name);
		scenario->status = MC_STATUS_FAILED;
		memset(scenario->reason, 'a' + i, sizeof(scenario->reason) - 1);
	}
	assert_int_equal(mc_plot_data_write(result, folder, &failure), 0);
	info = fdopen(openat(folder, "delay.info", O_RDONLY), "r");
	assert_non_null(info);
	while ((length = getline(&text, &size, info)) > 0) {
		notes += !strncmp(text, "note ", 5);
		if ((size_t)length > longest)
			longest = length;
	}
	fclose(info);
	assert_int_equal(notes, 9);
	assert_in_range(longest, 100, 180);
	free(text);
	close(folder);
	free(path);
	mc_result_free(result);
}

/* ---- pictures ---- */

static bool has_gnuplot(void)
{
	const char *const argv[] = {"gnuplot", "--version", NULL};
	struct mc_failure failure;
	char version[64];

	if (!mc_child_output(argv, GNUPLOT_NS, version, sizeof(version), &failure))
		return true;
	print_message("SKIP: no pictures drawn: %s\n", failure.text);
	return false;
}

/* What must be true of each picture's file */
static void assert_picture(int folder, const char *name, const char *extension, const char *begins,
			   off_t least)
{
	char file[64], head[16] = "";
	struct stat status;
	int fd;

	snprintf(file, sizeof(file), "%s.%s", name, extension);
	fd = openat(folder, file, O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &status), 0);
	assert_true(status.st_size > least);
	assert_true(read(fd, head, strlen(begins)) == (ssize_t)strlen(begins));
	assert_memory_equal(head, begins, strlen(begins));
	close(fd);
}

/* As a person would: run the script in the folder. It must not have anything to say. */
static void assert_silent_by_hand(const char *plots, const char *name)
{
	char script[512], said[512];
	const char *const argv[] = {"gnuplot", script, NULL};
	int output = memfd_create("output", MFD_CLOEXEC);
	struct mc_child_config config = {.argv = argv,
					 .cwd = plots,
					 .stdin_fd = -1,
					 .stdout_fd = output,
					 .stderr_fd = output,
					 .user = (uid_t)-1};
	struct mc_child_end end;
	struct mc_failure failure;
	struct mc_child child;
	ssize_t got;

	snprintf(script, sizeof(script), "%s/%s.gp", SCRIPTS, name);
	assert_int_equal(mc_child_start(&child, &config, &failure), 0);
	assert_int_equal(mc_child_wait(&child, mc_now_ns() + GNUPLOT_NS, &end), 1);
	got = pread(output, said, sizeof(said) - 1, 0);
	assert_true(got >= 0);
	said[got] = '\0';
	assert_string_equal(said, "");
	assert_true(end.exited);
	assert_int_equal(end.code, 0);
	close(output);
}

/* Of a picture in which nothing is to be seen, but that it is so */
static off_t least_of(int folder, const char *name, off_t least)
{
	char info[64];

	snprintf(info, sizeof(info), "%s.info", name);
	return strncmp(text_of(folder, info), "shown 0\n", 8) ? least : 1000;
}

/* By the gnuplot that is overheard */
static void make_silently(const struct mc_result *result, const char *scripts, const char *path)
{
	char *saved = strdup(getenv("PATH")), *overheard;
	int folder = open(parent, O_RDONLY | O_DIRECTORY);
	struct mc_failure failure = {.text = ""};

	assert_true(saved && folder >= 0);
	assert_true(asprintf(&overheard, "%s/bin:%s", parent, saved) > 0);
	setenv("REAL_PATH", saved, 1);
	setenv("PATH", overheard, 1);
	if (mc_plots_make(result, scripts, path, &failure))
		fail_msg("%s; gnuplot said: '%s'", failure.text, text_of(folder, "said"));
	setenv("PATH", saved, 1);
	assert_file(folder, "said", "");
	close(folder);
	free(overheard);
	free(saved);
}

/* @by_hand: with the scripts as they are, and each once more as a person would do it */
static void assert_drawn_by(struct mc_result *result, off_t least, bool by_hand)
{
	char *path = new_folder(), *plots, *scripts;
	int folder;

	assert_true(asprintf(&plots, "%s/plots", path) > 0);
	assert_true(asprintf(&scripts, "%s/scripts", parent) > 0);
	make_silently(result, by_hand ? SCRIPTS : scripts, path);
	folder = open(plots, O_RDONLY | O_DIRECTORY);
	assert_true(folder >= 0);
	for (unsigned int i = 0; mc_plot_name(i); i++) {
		const char *name = mc_plot_name(i);
		off_t size;

		if (!strcmp(name, "entry") && faccessat(folder, "entry.info", F_OK, 0)) {
			assert_int_equal(faccessat(folder, "entry.svg", F_OK, 0), -1);
			continue;
		}
		size = least_of(folder, name, least);
		if (by_hand)
			assert_silent_by_hand(plots, name);
		assert_picture(folder, name, "svg", "<?xml", size);
		assert_picture(folder, name, "png", "\x89PNG\r\n", by_hand ? size : size / 4);
	}
	assert_int_equal(faccessat(folder, "pwned", F_OK, 0), -1);
	assert_int_equal(faccessat(folder, "../.plots.new", F_OK, 0), -1);
	close(folder);
	remove_tree(path);
	free(scripts);
	free(plots);
	free(path);
	mc_result_free(result);
}

static void assert_drawn(struct mc_result *result, off_t least)
{
	assert_drawn_by(result, least, false);
}

static void pictures_of_ten_scenarios(void **state)
{
	if (!has_gnuplot())
		skip();
	assert_drawn_by(synthetic_result(10, 2, 100000000), 10000, true);
}

/* As of a profile, but most ticks meet their boundary: what is late is late, all the same. */
static const struct synthetic_profile *with_lead(const struct synthetic_profile *profile)
{
	static struct synthetic_profile lead;

	lead = *profile;
	lead.median_ns = 300;
	lead.sigma = 0.6;
	lead.tail += 0.08;
	lead.tail_ns = 4e3;
	return &lead;
}

/* With a lead of twice what most ticks need, these are as early as they would be late. */
static void set_lead(struct mc_scenario_result *scenario, const struct synthetic_profile *profile,
		     const char *mode)
{
	int64_t median_ns = profile->median_ns;

	strcpy(scenario->lead.mode, mode);
	scenario->ticks.entry = scenario->ticks.delta;
	if (!strcmp(mode, "off"))
		return;
	scenario->ticks.entry.p50 = -median_ns;
	scenario->ticks.entry.p90 = median_ns * (exp(1.3 * profile->sigma) - 2);
	scenario->ticks.spin.total_ns = scenario->ticks.expected_ticks * median_ns;
}

/* Scenarios with a lead off, auto, and off again, on each of some kernels */
static struct mc_result *compared_result(size_t n_scenarios, unsigned int n_cpus,
					 const char *const *kernels)
{
	static const char *const variants[] = {"off", "auto", "off-2"};
	struct mc_result *result = synthetic_result(0, n_cpus, 100000000);
	struct mc_scenario_result *scenario;

	for (size_t i = 0; i < n_scenarios * 3; i++) {
		const struct synthetic_profile *profile = &synthetic_profiles[i / 3];

		for (const char *const *kernel = kernels; *kernel; kernel++) {
			char test[MC_NAME_MAX];

			snprintf(test, sizeof(test), "%s+%s%s", profile->name, variants[i % 3],
				 *kernel);
			scenario = mc_result_add(result, test);
			assert_non_null(scenario);
			scenario->status = MC_STATUS_OK;
			strcpy(scenario->base, profile->name);
			strcpy(scenario->variant, variants[i % 3]);
			strcpy(scenario->kernel, **kernel ? "6.1.0-56-cloud-amd64" : "");
			scenario->repeat = i % 3 == 2;
			scenario->marks.window_start_ns = SYNTHETIC_START_NS;
			synthetic_fill(scenario, i % 3 == 1 ? with_lead(profile) : profile, n_cpus,
				       100000000);
			set_lead(scenario, profile, i % 3 == 1 ? "auto" : "off");
		}
	}
	return result;
}

/* Each of some kernels */
static struct mc_result *merged_result(size_t n_scenarios)
{
	static const char *const names[] = {"stable", "sid"};
	static const char *const releases[] = {"6.1.0-56-cloud-amd64", "7.2.13+deb14-cloud-amd64"};
	struct mc_result *result = synthetic_result(0, 2, 100000000);

	for (size_t i = 0; i < 2 * n_scenarios; i++) {
		const struct synthetic_profile *profile = &synthetic_profiles[i / 2];
		struct mc_scenario_result *scenario;
		char test[MC_NAME_MAX];

		snprintf(test, sizeof(test), "%s@%s", profile->name, names[i % 2]);
		scenario = mc_result_add(result, test);
		assert_non_null(scenario);
		scenario->status = MC_STATUS_OK;
		strcpy(scenario->kernel, releases[i % 2]);
		scenario->marks.window_start_ns = SYNTHETIC_START_NS;
		synthetic_fill(scenario, profile, 2, 100000000);
	}
	return result;
}

static void assert_info(struct mc_result *result, const char *const *lines)
{
	struct mc_failure failure;
	char *path = new_folder();
	int folder = open(path, O_RDONLY | O_DIRECTORY);

	assert_int_equal(mc_plot_data_write(result, folder, &failure), 0);
	for (; *lines; lines++)
		assert_file_has(folder, "delay.info", *lines);
	close(folder);
	free(path);
	mc_result_free(result);
}

/* A colour for each scenario, a line for each variant and kernel; what is not drawn is said. */
static void compared_scenarios_share_a_colour(void **state)
{
	static const char *const here[] = {"", NULL}, *const two[] = {"@stable", "@sid", NULL};
	static const char *const leads[] = {
		"style 0 0\nstyle 0 1\nstyle 1 0\nstyle 1 1\n",
		"note \"baseline+off-2, cpu+off-2, scheduler+off-2, memory+off-2, "
		"cache-contention+off-2 and 5 more: not shown, the first variant again, "
		"see summary.csv\"\n",
		NULL};
	static const char *const both[] = {
		"style 0 0\nstyle 0 1\nstyle 0 2\nstyle 0 3\nstyle 1 0\nstyle 1 1\n", NULL};
	static const char *const kernels[] = {"style 0 0\nstyle 0 1\nstyle 1 0\nstyle 1 1\n",
					      "note \"Kernels: stable 6.1.0-56-cloud-amd64, sid ",
					      NULL};

	assert_info(compared_result(10, 2, here), leads);
	assert_info(compared_result(2, 2, two), both);
	assert_info(merged_result(2), kernels);
}

static void pictures_of_leads_compared(void **state)
{
	static const char *const here[] = {"", NULL}, *const two[] = {"@stable", "@sid", NULL};

	if (!has_gnuplot())
		skip();
	assert_drawn(compared_result(1, 2, here), 1000);
	assert_drawn(compared_result(10, 2, here), 10000);
	assert_drawn(compared_result(3, 2, two), 10000);
}

static void pictures_of_kernels_compared(void **state)
{
	if (!has_gnuplot())
		skip();
	assert_drawn(merged_result(2), 1000);
	assert_drawn(merged_result(10), 10000);
}

static void pictures_of_sixteen_cpus(void **state)
{
	if (!has_gnuplot())
		skip();
	assert_drawn(synthetic_result(10, 16, 100000000), 10000);
}

static void pictures_of_one_scenario_on_one_cpu(void **state)
{
	if (!has_gnuplot())
		skip();
	assert_drawn(synthetic_result(1, 1, 100000000), 1000);
}

static void pictures_of_a_few_ticks(void **state)
{
	if (!has_gnuplot())
		skip();
	assert_drawn(small_result(), 1000);
}

static void pictures_of_nothing(void **state)
{
	struct mc_result *result;

	if (!has_gnuplot())
		skip();
	result = mc_result_new();
	strcpy(mc_result_add(result, "cpu")->reason, "the module does not load");
	assert_drawn(result, 1000);
	assert_drawn(mc_result_new(), 1000);
}

static void pictures_of_hostile_names(void **state)
{
	struct mc_result *result;

	if (!has_gnuplot())
		skip();
	result = synthetic_result(3, 2, 50000000);
	assert_true(sizeof(EVIL) < MC_NAME_MAX);
	strcpy(result->scenario[0].test, EVIL);
	strcpy(result->scenario[1].reason, EVIL);
	result->scenario[1].status = MC_STATUS_INVALID;
	memset(result->scenario[2].test, '{', MC_NAME_MAX - 1);
	strcpy(result->environment.kernel, EVIL);
	assert_drawn(result, 1000);
}

/* Values that no run leaves, as a file could have them */
static void pictures_of_hostile_values(void **state)
{
	static const struct mc_bucket buckets[] = {
		{INT64_MIN, -1, 1}, {0, 0, 0}, {1, INT64_MAX, UINT64_MAX - 7}};
	struct mc_result *result;
	struct mc_scenario_result *scenario;

	if (!has_gnuplot())
		skip();
	result = mc_result_new();
	scenario = mc_result_add(result, "hostile");
	scenario->status = MC_STATUS_OK;
	set_buckets(&scenario->ticks.delta_histogram, buckets, 3);
	set_buckets(&scenario->ticks.corrected_histogram, buckets, 3);
	set_buckets(&scenario->ticks.skew_histogram, buckets, 1);
	scenario->ticks.delta = (struct mc_stats){.count = 1, .p50 = INT64_MIN, .max = INT64_MAX};
	strcpy(scenario->lead.mode, "auto");
	scenario->ticks.entry = (struct mc_stats){.count = 1, .p50 = INT64_MIN, .p99 = INT64_MAX};
	scenario->ticks.spin.total_ns = UINT64_MAX;
	scenario->marks.window_start_ns = INT64_MAX;
	scenario->marks.load_start_ns = INT64_MIN + 1;
	set_timeline(scenario, 3, UINT_MAX);
	scenario->ticks.timeline.origin_ns = INT64_MIN;
	scenario->ticks.timeline.bin_ns = INT64_MAX;
	scenario->ticks.timeline.count[0] = UINT64_MAX;
	scenario->ticks.timeline.mean[0] = NAN;
	scenario->ticks.timeline.max[0] = INT64_MAX;
	scenario->ticks.timeline.cpu_max[1] = INT64_MAX;
	assert_drawn(result, 1000);
}

/* ---- refusals ---- */

static void assert_refused(const struct mc_result *result, const char *scripts, const char *path,
			   const char *why)
{
	struct mc_failure failure = {.exit_code = MC_EXIT_OK};
	char *temporary;

	assert_int_equal(mc_plots_make(result, scripts, path, &failure), -1);
	assert_int_equal(failure.exit_code, MC_EXIT_ENVIRONMENT);
	if (!strstr(failure.text, why))
		fail_msg("\"%s\" has no \"%s\"", failure.text, why);
	assert_true(asprintf(&temporary, "%s/.plots.new", path) > 0);
	assert_int_equal(access(temporary, F_OK), -1);
	free(temporary);
}

static void what_is_missing_is_named(void **state)
{
	struct mc_result *result = small_result();
	char *path = new_folder(), *saved = strdup(getenv("PATH"));

	assert_non_null(saved);
	assert_refused(result, "/nonexistent", path,
		       "cannot find the plot scripts in /nonexistent");
	assert_refused(result, SCRIPTS, "/nonexistent", "/nonexistent/.plots.new");
	setenv("PATH", "/nonexistent", 1);
	assert_refused(result, SCRIPTS, path, "gnuplot-nox");
	setenv("PATH", saved, 1);
	free(saved);
	free(path);
	mc_result_free(result);
}

static void write_script(const char *folder, const char *text)
{
	char *path;
	FILE *file;

	assert_true(asprintf(&path, "%s/delay.gp", folder) > 0);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	free(path);
}

/* A script that fails, one that draws nothing and one that draws a half */
static void failures_of_gnuplot_are_told(void **state)
{
	static const struct {
		const char *script, *why;
	} rows[] = {
		{"set nonsense\n", "exit code 1"},
		{"print 1\n", "gnuplot left no delay.svg"},
		{"set print 'delay.svg'\nprint '<?xml'\n", "gnuplot left only a part of delay.svg"},
	};
	struct mc_result *result;
	char *path, *scripts;

	if (!has_gnuplot())
		skip();
	result = small_result();
	path = new_folder();
	scripts = new_folder();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		write_script(scripts, rows[i].script);
		assert_refused(result, scripts, path, rows[i].why);
	}
	free(scripts);
	free(path);
	mc_result_free(result);
}

/* What a killed run left goes; what is there and what another is drawing stays. */
static void old_pictures_are_safe(void **state)
{
	struct mc_failure failure;
	struct mc_result *result;
	char *path, *plots, *old, *temporary, *broken, *scripts;
	int fd;

	if (!has_gnuplot())
		skip();
	result = small_result();
	path = new_folder();
	broken = new_folder();
	write_script(broken, "set nonsense\n");
	assert_true(asprintf(&scripts, "%s/scripts", parent) > 0);
	assert_true(asprintf(&plots, "%s/plots", path) > 0 && mkdir(plots, 0777) == 0);
	assert_true(asprintf(&old, "%s/mine.png", plots) > 0);
	assert_true(asprintf(&temporary, "%s/.plots.new", path) > 0 && mkdir(temporary, 0777) == 0);
	fd = open(old, O_WRONLY | O_CREAT, 0666);
	assert_true(fd >= 0);
	close(fd);
	fd = open(temporary, O_RDONLY | O_DIRECTORY);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(mc_plots_make(result, scripts, path, &failure), -1);
	assert_non_null(strstr(failure.text, "another run-stress"));
	close(openat(fd, "delay.info", O_WRONLY | O_CREAT, 0666));
	close(fd);
	assert_refused(result, broken, path, "exit code");
	assert_int_equal(mc_plots_make(result, scripts, path, &failure), 0);
	assert_int_equal(access(old, F_OK), 0);
	assert_int_equal(access(temporary, F_OK), -1);
	/* and again, over those that are there now */
	assert_int_equal(mc_plots_make(result, scripts, path, &failure), 0);
	free(plots);
	free(old);
	free(temporary);
	free(broken);
	free(scripts);
	free(path);
	mc_result_free(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_model),
		cmocka_unit_test(entry_needs_a_lead),
		cmocka_unit_test(timeline_is_broken_between_windows),
		cmocka_unit_test(several_kernels),
		cmocka_unit_test(notes_are_limited),
		cmocka_unit_test(pictures_of_ten_scenarios),
		cmocka_unit_test(compared_scenarios_share_a_colour),
		cmocka_unit_test(pictures_of_leads_compared),
		cmocka_unit_test(pictures_of_kernels_compared),
		cmocka_unit_test(pictures_of_sixteen_cpus),
		cmocka_unit_test(pictures_of_one_scenario_on_one_cpu),
		cmocka_unit_test(pictures_of_a_few_ticks),
		cmocka_unit_test(pictures_of_nothing),
		cmocka_unit_test(pictures_of_hostile_names),
		cmocka_unit_test(pictures_of_hostile_values),
		cmocka_unit_test(what_is_missing_is_named),
		cmocka_unit_test(failures_of_gnuplot_are_told),
		cmocka_unit_test(old_pictures_are_safe),
	};

	return cmocka_run_group_tests(tests, make_parent, remove_parent);
}
