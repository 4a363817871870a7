// SPDX-License-Identifier: GPL-2.0
/*
 * test_accelerator.c - KVM or TCG, by hand and by what is remembered
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cmocka.h>

#include "process/tree.h"
#include "vm/accelerator.h"

static char folder[] = "/tmp/memory-collector-accel-XXXXXX";
static struct utsname here;
static struct mc_qemu qemu = {.major = 10, .minor = 0};
static struct mc_accel_guest guest = {
	.machine = here.machine, .device = "/dev/null", .qemu = &qemu};
static char record[256];

static void by_hand(void **state)
{
	static const struct {
		const char *option, *variable, *machine, *device;
		bool counted;
		int result;
		bool kvm, only;
		const char *says; /* the reason, or the failure */
	} rows[] = {
		{NULL, NULL, NULL, "/dev/null", false, 0, true, false, ""},
		{"auto", NULL, NULL, "/dev/null", false, 0, true, false, ""},
		{"auto", "tcg", NULL, "/dev/null", false, 0, true, false, ""},
		{"tcg", NULL, NULL, "/dev/null", false, 0, false, true, "chosen by --accel tcg"},
		{"tcg", "kvm", NULL, "/dev/null", false, 0, false, true, "chosen by --accel tcg"},
		{NULL, "tcg", NULL, "/dev/null", false, 0, false, true,
		 "chosen by MEMORY_COLLECTOR_VM_ACCEL=tcg"},
		{"kvm", "tcg", NULL, "/dev/null", false, 0, true, true, ""},
		{NULL, "kvm", NULL, "/dev/null", false, 0, true, true, ""},
		{NULL, NULL, NULL, "/dev/null/x", false, 0, false, false,
		 "/dev/null/x: Not a directory"},
		{"kvm", NULL, NULL, "/dev/null/x", false, -1, false, false,
		 "--accel kvm: /dev/null/x: Not a directory"},
		{NULL, "kvm", NULL, "/dev/null", true, -1, false, false,
		 "MEMORY_COLLECTOR_VM_ACCEL=kvm: instructions can be counted only where they are "
		 "emulated"},
		{NULL, NULL, NULL, "/dev/null", true, 0, false, false,
		 "instructions can be counted only where they are emulated"},
		{NULL, NULL, "s390x", "/dev/null", false, 0, false, false, "the guest is s390x, *"},
		{NULL, "", NULL, "/dev/null", false, -1, false, false,
		 "MEMORY_COLLECTOR_VM_ACCEL '': it can be auto, kvm or tcg"},
		{NULL, "KVM", NULL, "/dev/null", false, -1, false, false,
		 "MEMORY_COLLECTOR_VM_ACCEL 'KVM': it can be auto, kvm or tcg"},
		{"tcg", "nonsense", NULL, "/dev/null", false, 0, false, true,
		 "chosen by --accel tcg"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mc_accel_guest row = guest;
		struct mc_failure failure = {};
		struct mc_accel accel;
		const char *said;
		size_t length = strlen(rows[i].says);

		row.option = rows[i].option;
		row.device = rows[i].device;
		row.counted = rows[i].counted;
		if (rows[i].machine)
			row.machine = rows[i].machine;
		unsetenv(MC_ACCEL_VARIABLE);
		if (rows[i].variable)
			setenv(MC_ACCEL_VARIABLE, rows[i].variable, 1);
		assert_int_equal(mc_accel_choose(&row, &accel, &failure), rows[i].result);
		said = rows[i].result ? failure.text : accel.reason;
		if (length && rows[i].says[length - 1] == '*')
			assert_int_equal(strncmp(said, rows[i].says, length - 1), 0);
		else
			assert_string_equal(said, rows[i].says);
		if (!rows[i].result) {
			assert_int_equal(accel.kvm, rows[i].kvm);
			assert_int_equal(accel.only, rows[i].only);
		}
	}
	unsetenv(MC_ACCEL_VARIABLE);
}

static bool chooses_kvm(const char *option)
{
	struct mc_accel_guest row = guest;
	struct mc_failure failure;
	struct mc_accel accel;

	row.option = option;
	assert_int_equal(mc_accel_choose(&row, &accel, &failure), 0);
	return accel.kvm;
}

static void is_remembered(void **state)
{
	struct mc_failure failure;
	struct mc_accel accel;

	assert_true(chooses_kvm(NULL));
	mc_accel_remember(&guest, "it \x1b[2J hung\nfor ever");
	assert_int_equal(mc_accel_choose(&guest, &accel, &failure), 0);
	assert_false(accel.kvm);
	assert_string_equal(
		accel.reason,
		"no guest came up with KVM: it ?[2J hung?for ever; remembered until this "
		"machine boots again (--accel kvm tries it all the same)");
	assert_true(chooses_kvm("kvm"));
	assert_false(chooses_kvm("auto"));
	mc_accel_forget(&guest);
	assert_true(chooses_kvm(NULL));
}

/* What the file says, with @from replaced by @to, and @more behind it */
static void spoil(const char *from, const char *to, const char *more)
{
	char text[8192];
	FILE *file = fopen(record, "re");
	size_t length = fread(text, 1, sizeof(text) - 1, file);
	char *at;

	fclose(file);
	text[length] = '\0';
	at = strstr(text, from);
	assert_non_null(at);
	file = fopen(record, "we");
	fprintf(file, "%.*s%s%s%s", (int)(at - text), text, to, at + strlen(from), more);
	assert_int_equal(fclose(file), 0);
}

static void another_is_ignored(void **state)
{
	static const struct {
		const char *from, *to, *more;
		bool kvm;
	} rows[] = {
		{"boot ", "boot ", "", false},
		{"boot ", "boot 0", "", true},
		{"qemu 10.0", "qemu 10.1", "", true},
		{" bytes of", "0 bytes of", "", true},
		{"processor ", "processor another ", "", true},
		{"Memory Collector", "Something else", "", true},
		{"hung\n", "hung", "", true},
		{"hung\n", "\n", "", true},
		{"hung\n", "", "", true},
		{"hung\n", "hung\n", "more\n", true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		mc_accel_remember(&guest, "hung");
		assert_false(chooses_kvm(NULL));
		spoil(rows[i].from, rows[i].to, rows[i].more);
		assert_int_equal(chooses_kvm(NULL), rows[i].kvm);
	}
	mc_accel_remember(&guest, "hung");
	assert_int_equal(truncate(record, 10), 0);
	assert_true(chooses_kvm(NULL));
	assert_int_equal(truncate(record, 1 << 20), 0);
	assert_true(chooses_kvm(NULL));
	/* A link could lead anywhere. */
	mc_accel_remember(&guest, "hung");
	assert_int_equal(symlink("elsewhere", record), -1);
	assert_int_equal(unlink(record), 0);
	assert_int_equal(symlink("elsewhere", record), 0);
	assert_true(chooses_kvm(NULL));
	mc_accel_remember(&guest, "hung");
	assert_false(chooses_kvm(NULL));
	assert_int_equal(chmod(qemu.program, 0755), 0);
	assert_int_equal(truncate(qemu.program, 11), 0);
	assert_true(chooses_kvm(NULL));
	mc_accel_forget(&guest);
}

static int set_up(void **state)
{
	FILE *file;

	uname(&here);
	if (!mkdtemp(folder) || setenv("XDG_CACHE_HOME", folder, 1))
		return -1;
	snprintf(qemu.program, sizeof(qemu.program), "%s/qemu-system-test", folder);
	snprintf(record, sizeof(record), "%s/memory-collector/no-kvm/qemu-system-test-10.0",
		 folder);
	file = fopen(qemu.program, "we");
	return !file || fclose(file);
}

static int tear_down(void **state)
{
	return mc_tree_remove(folder, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_hand),
		cmocka_unit_test(is_remembered),
		cmocka_unit_test(another_is_ignored),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
