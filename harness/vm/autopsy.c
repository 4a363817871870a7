// SPDX-License-Identifier: GPL-2.0
/*
 * autopsy.c - questions to QEMU and to the guest's kernel
 *
 * From what changes nothing to what ends the guest: QEMU's threads, the CPUs' registers and
 * interrupt controllers, the kernel's own lists by sysrq, a panic by NMI. The last one is only
 * asked for where the others have not named what hangs.
 */
#include "vm/autopsy.h"

#include <dirent.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file_text.h"
#include "base/nanoseconds.h"
#include "memory_collector/child.h"
#include "vm/hang.h"

/*
 * In all; for one answer; until a kernel has begun to answer, and where that CPU may be one with
 * interrupts off; until it has ended; for its panic
 */
#define TOTAL_NS (30000 * NS_PER_MS)
#define ANSWER_NS (5000 * NS_PER_MS)
#define BEGIN_NS (5000 * NS_PER_MS)
#define BEGIN_DEAF_NS (1000 * NS_PER_MS)
#define PRINT_NS (6000 * NS_PER_MS)
#define PANIC_NS (10000 * NS_PER_MS)
/* So long without a word, and it has said all */
#define QUIET_NS (300 * NS_PER_MS)
/* How often we look whether there is an answer */
#define STEP_NS (20 * NS_PER_MS)
/* Looks at the registers, and how far they are apart */
#define LOOKS 5
#define LOOK_NS (100 * NS_PER_MS)
/* Until each CPU that works has had so much processor time (in ticks), but no longer than that */
#define LOOK_TICKS 2
#define LOOK_MOST_NS (800 * NS_PER_MS)
/* The registers of 256 CPUs have no more */
#define ANSWER_MAX (2UL * 1024 * 1024)
/* Of more CPUs the registers have to do. */
#define LAPIC_MAX 8

struct mc_autopsy {
	struct mc_autopsy_guest guest;
	struct mc_hang hang;
	int64_t end_ns, heard_ns;
	bool over; /* nothing more to hear */
	char *said; /* by the monitor, up to a line's end */
	size_t used;
	int asked; /* number of the question */
	char *answer; /* to it; NULL: none yet */
};

struct mc_autopsy *mc_autopsy_new(const struct mc_autopsy_guest *guest)
{
	struct mc_autopsy *autopsy = calloc(1, sizeof(*autopsy));

	if (!autopsy)
		return NULL;
	autopsy->guest = *guest;
	autopsy->said = malloc(ANSWER_MAX);
	if (!autopsy->said) {
		free(autopsy);
		return NULL;
	}
	return autopsy;
}

void mc_autopsy_free(struct mc_autopsy *autopsy)
{
	if (!autopsy)
		return;
	free(autopsy->said);
	free(autopsy->answer);
	free(autopsy);
}

/* ---- what is heard ---- */

/* {"return": "TEXT", "id": 1}, {"return": {}, "id": 1}, {"error": {"desc": "TEXT"}, "id": 1} */
static void take_answer(struct mc_autopsy *autopsy, const char *line)
{
	struct json_object *all = json_tokener_parse(line), *id, *text, *error;

	if (json_object_object_get_ex(all, "id", &id) && !autopsy->answer &&
	    json_object_get_int(id) == autopsy->asked) {
		if (json_object_object_get_ex(all, "error", &error) &&
		    json_object_object_get_ex(error, "desc", &text))
			autopsy->answer = strdup(json_object_get_string(text));
		else if (json_object_object_get_ex(all, "return", &text))
			autopsy->answer = strdup(json_object_get_string(text));
	}
	json_object_put(all);
}

void mc_autopsy_monitor(struct mc_autopsy *autopsy, const char *bytes, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++) {
		if (bytes[i] == '\n') {
			autopsy->said[autopsy->used] = '\0';
			autopsy->used = 0;
			take_answer(autopsy, autopsy->said);
		} else if (autopsy->used < ANSWER_MAX - 1) {
			autopsy->said[autopsy->used++] = bytes[i];
		}
	}
}

void mc_autopsy_console(struct mc_autopsy *autopsy, const char *line)
{
	autopsy->heard_ns = mc_now_ns();
	mc_hang_line(&autopsy->hang, line);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Return: whether there is time for more */
static bool listen_until(struct mc_autopsy *autopsy, int64_t until_ns)
{
	if (!autopsy->over &&
	    !autopsy->guest.listen(autopsy->guest.data, earlier(until_ns, autopsy->end_ns)))
		autopsy->over = true;
	return !autopsy->over && mc_now_ns() < autopsy->end_ns;
}

/* ---- questions ---- */

static void send_text(int fd, const char *text)
{
	/* It does not fit only where nothing reads it. */
	if (send(fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return;
}

/* @arguments: JSON, or empty. Return: the answer, valid until the next question; NULL: none. */
static const char *ask(struct mc_autopsy *autopsy, const char *command, const char *arguments)
{
	int64_t until = mc_now_ns() + ANSWER_NS;
	char line[512];

	free(autopsy->answer);
	autopsy->answer = NULL;
	snprintf(line, sizeof(line), "{\"execute\": \"%s\"%s%s, \"id\": %d}\n", command,
		 *arguments ? ", \"arguments\": " : "", arguments, ++autopsy->asked);
	send_text(autopsy->guest.monitor, line);
	while (!autopsy->answer && mc_now_ns() < until &&
	       listen_until(autopsy, mc_now_ns() + STEP_NS))
		;
	return autopsy->answer;
}

/* Vectors say nothing about a hang, and are most of it. */
static void log_answer(FILE *log, const char *text)
{
	static const char *const vectors[] = {"FPR", "XMM", "YMM", "ZMM", "Opmask"};
	size_t i, n = sizeof(vectors) / sizeof(vectors[0]);

	while (*text) {
		size_t length = strcspn(text, "\n");

		for (i = 0; i < n && strncmp(text, vectors[i], strlen(vectors[i])); i++)
			;
		length += text[length] == '\n';
		if (i == n)
			fwrite(text, 1, length, log);
		text += length;
	}
}

/* A command of the monitor for people. Return: as ask(), and it is in the log. */
static const char *ask_hmp(struct mc_autopsy *autopsy, const char *command, unsigned int cpu)
{
	char arguments[256];
	const char *answer;

	snprintf(arguments, sizeof(arguments), "{\"command-line\": \"%s\", \"cpu-index\": %u}",
		 command, cpu);
	answer = ask(autopsy, "human-monitor-command", arguments);
	fprintf(autopsy->guest.log, "\n---- QEMU: %s", command);
	if (cpu)
		fprintf(autopsy->guest.log, " of CPU %u", cpu);
	fputs("\n", autopsy->guest.log);
	log_answer(autopsy->guest.log, answer ? answer : "(no answer)\n");
	return answer;
}

/* ---- QEMU's threads ---- */

static bool read_file(pid_t pid, const char *tid, const char *name, char *text, size_t size)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/%d/task/%.16s/%s", pid, tid, name);
	return mc_file_line(path, text, size) > 0;
}

/* The 14th and the 15th field: ticks in user space and in the kernel */
static void log_thread(FILE *log, const char *stat, const char *wait)
{
	const char *end = strrchr(stat, ')');
	unsigned long user = 0, kernel = 0;
	double tick_s = 1.0 / sysconf(_SC_CLK_TCK);

	if (!end || sscanf(end + 1, "%*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lu %lu", &user,
			   &kernel) != 2)
		return;
	fprintf(log, "%.*s %c, %.2f s in user space, %.2f s in the kernel%s%s\n",
		(int)(end + 1 - stat), stat, end[2], user * tick_s, kernel * tick_s,
		*wait ? ", waits in " : "", wait);
}

/* @logged: into the log, too */
static void look_at_threads(struct mc_autopsy *autopsy, bool logged)
{
	char path[64], stat[1024], wait[64];
	bool first = true;
	struct dirent *entry;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%d/task", autopsy->guest.qemu);
	folder = opendir(path);
	if (logged)
		fprintf(autopsy->guest.log, "\n---- threads of QEMU\n");
	while (folder && (entry = readdir(folder))) {
		if (*entry->d_name == '.' ||
		    !read_file(autopsy->guest.qemu, entry->d_name, "stat", stat, sizeof(stat)))
			continue;
		/* "0" where it does not wait, or that is not for us to read */
		if (!read_file(autopsy->guest.qemu, entry->d_name, "wchan", wait, sizeof(wait)) ||
		    !strcmp(wait, "0"))
			*wait = '\0';
		mc_hang_thread(&autopsy->hang, stat, first);
		if (first)
			snprintf(autopsy->hang.main_wait, sizeof(wait), "%s", wait);
		if (logged)
			log_thread(autopsy->guest.log, stat, wait);
		first = false;
	}
	if (folder)
		closedir(folder);
}

static bool is_stopped(const struct mc_autopsy *autopsy)
{
	return autopsy->hang.threads && autopsy->hang.stopped == autopsy->hang.threads;
}

/* ---- the CPUs ---- */

static void look_at_interrupts(struct mc_autopsy *autopsy)
{
	unsigned int i;

	for (i = 0; i < autopsy->hang.n_cpus && i < LAPIC_MAX && !autopsy->over; i++)
		ask_hmp(autopsy, "info lapic", i);
}

static bool have_worked(const struct mc_hang *hang, const unsigned long *ticks)
{
	unsigned int i;

	for (i = 0; i < hang->n_cpus; i++) {
		if (!hang->cpu[i].asleep && hang->cpu[i].ticks < ticks[i] + LOOK_TICKS)
			return false;
	}
	return true;
}

/* On a busy machine, a CPU that did not come to work in the meantime would be where it was. */
static void let_them_work(struct mc_autopsy *autopsy)
{
	int64_t least = mc_now_ns() + LOOK_NS, most = mc_now_ns() + LOOK_MOST_NS;
	unsigned long ticks[MC_HANG_CPUS];
	unsigned int i;

	for (i = 0; i < MC_HANG_CPUS; i++)
		ticks[i] = autopsy->hang.cpu[i].ticks;
	while (listen_until(autopsy, mc_now_ns() + STEP_NS) && mc_now_ns() < most) {
		look_at_threads(autopsy, false);
		if (mc_now_ns() > least && have_worked(&autopsy->hang, ticks))
			break;
	}
}

/*
 * The first look is at CPUs that run, because stopping them wakes up what waits for something that
 * QEMU has lost. An emulated CPU that runs has old registers, however, so at the others it does not.
 */
static void look_at_cpus(struct mc_autopsy *autopsy)
{
	const char *answer;
	int look;

	for (look = 0; look < LOOKS && !autopsy->over; look++) {
		let_them_work(autopsy);
		if (look)
			ask_hmp(autopsy, "stop", 0);
		answer = ask_hmp(autopsy, "info registers -a", 0);
		if (answer)
			mc_hang_registers(&autopsy->hang, answer);
		if (!look || look == LOOKS - 1)
			look_at_interrupts(autopsy);
		if (look)
			ask_hmp(autopsy, "cont", 0);
	}
}

/* ---- the kernel ---- */

/*
 * A BREAK on the console and a letter, which is there on every machine, with a keyboard or
 * without. Return: false where the kernel does not begin to answer.
 */
static bool press(struct mc_autopsy *autopsy, char letter)
{
	unsigned int before = autopsy->hang.answers;
	bool deaf = mc_hang_deaf(&autopsy->hang) > 0;
	int64_t begin = mc_now_ns() + (deaf ? BEGIN_DEAF_NS : BEGIN_NS);
	int64_t end = mc_now_ns() + PRINT_NS;
	const char text[] = {letter, '\0'};

	if (!ask_hmp(autopsy, "chardev-send-break console", 0))
		return false;
	send_text(autopsy->guest.console, text);
	while (autopsy->hang.answers == before && mc_now_ns() < begin &&
	       listen_until(autopsy, mc_now_ns() + STEP_NS))
		;
	while (autopsy->hang.answers > before && mc_now_ns() < end &&
	       mc_now_ns() < autopsy->heard_ns + QUIET_NS &&
	       listen_until(autopsy, mc_now_ns() + STEP_NS))
		;
	return autopsy->hang.answers > before;
}

/* Backtraces of all CPUs, timers, what is blocked, all tasks: one that fails is the last. */
static void ask_kernel(struct mc_autopsy *autopsy)
{
	static const char letters[] = "lqwt";
	size_t i;

	for (i = 0; letters[i] && press(autopsy, letters[i]); i++)
		;
}

static void make_it_panic(struct mc_autopsy *autopsy)
{
	int64_t until = mc_now_ns() + PANIC_NS;

	if (!ask_hmp(autopsy, "nmi", 0))
		return;
	/* It ends QEMU. */
	while (mc_now_ns() < until && listen_until(autopsy, mc_now_ns() + STEP_NS))
		;
}

static void ask_all(struct mc_autopsy *autopsy)
{
	const char *status;

	if (!ask(autopsy, "qmp_capabilities", "")) {
		autopsy->hang.mute = !autopsy->over;
		return;
	}
	status = ask_hmp(autopsy, "info status", 0);
	if (status)
		mc_hang_status(&autopsy->hang, status);
	look_at_cpus(autopsy);
	if (*autopsy->hang.status || autopsy->over)
		return;
	if (mc_hang_deaf(&autopsy->hang) < autopsy->hang.n_cpus)
		ask_kernel(autopsy);
	look_at_threads(autopsy, true);
	if (!mc_hang_is_clear(&autopsy->hang) && !autopsy->over)
		make_it_panic(autopsy);
}

void mc_autopsy_run(struct mc_autopsy *autopsy, char *text, size_t size)
{
	autopsy->end_ns = mc_now_ns() + TOTAL_NS;
	fprintf(autopsy->guest.log, "\n---- the guest is past its deadline: what is it doing?\n");
	look_at_threads(autopsy, true);
	if (!is_stopped(autopsy))
		ask_all(autopsy);
	/* Stopped meanwhile? */
	if (autopsy->hang.mute)
		look_at_threads(autopsy, true);
	mc_hang_explain(&autopsy->hang, text, size);
	fprintf(autopsy->guest.log, "\n---- %s\n", text);
}
