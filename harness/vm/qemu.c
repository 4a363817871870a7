// SPDX-License-Identifier: GPL-2.0
/*
 * qemu.c - QEMU's command line, and what comes out of the machine
 *
 * Everything the guest says is untrusted: lines and streams are bounded, and
 * nothing waits for it without a deadline.
 */
#include "vm/qemu.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/nanoseconds.h"
#include "kernel/log.h"
#include "kernel/tsc.h"
#include "memory_collector/child.h"
#include "process/given_time.h"
#include "vm/accelerator.h"
#include "vm/autopsy.h"
#include "vm/guest.h"
#include "vm/life.h"
#include "vm/memory.h"
#include "vm/qemu_choice.h"

/* With KVM a guest is up in a second or two; one that is not, hangs */
#define HELLO_KVM_NS (6 * NS_PER_S)
/* Emulated, on a machine that others use too. One that panics is not waited for. */
#define HELLO_TCG_NS (240 * NS_PER_S)
/* From the verdict to the end of QEMU */
#define POWER_OFF_NS (10 * NS_PER_S)
/* How long the rate of the host's counter is measured */
#define TSC_WINDOW_NS (NS_PER_S / 32)
/* Deadlines are in time that the machine gave QEMU: that is looked up at most so often. */
#define LOOK_MS 100
/*
 * The least that can be asked for: a guest's CPU whose tick is due waits no longer than this while
 * the guest's other CPUs use up the host's.
 */
#define SLICE_NS 100000
#define LOG_MAX (64UL * 1024 * 1024)
#define STREAM_BLOCK 65536
#define ARGS_MAX 64
/*
 * A guest's CPU stands still while its host has others to run, which is no fault of its
 * kernel's. One that hangs meets the deadline. The first two are the longest that the kernel takes.
 */
#define PATIENCE                                                 \
	"rcupdate.rcu_cpu_stall_timeout=300 watchdog_thresh=60 " \
	"sysctl.kernel.hung_task_timeout_secs=600 "

/* ---- machines ---- */

static const struct machine {
	uint16_t elf;
	const char *name; /* as uname -m */
	const char *qemu, *board, *console;
	const char *tcg_cpu, *tcg_append;
	bool tsc; /* it reads the host's time-stamp counter */
} machines[] = {
	{
		.elf = EM_X86_64,
		.name = "x86_64",
		.qemu = "qemu-system-x86_64",
		/* Without what is not used: each device takes its time at boot. */
		.board = "q35,sata=off,smbus=off",
		.console = "ttyS0",
		/*
		 * QEMU 7.2 computes wrong flags for cmpxchg16b, which 6.12 and later die of. And
		 * an emulated string instruction takes its time for each element: where bytes
		 * are said to be as good as words, that is eight times as long for each page
		 * that the kernel clears or copies.
		 */
		.tcg_cpu = "max,-cx16,-erms,-fsrm",
		/*
		 * Otherwise the guest reads a clock for which it is left every time. And
		 * measuring its delay loop takes it a third of a second: told the length,
		 * its delays are only longer than asked for below 4 GHz.
		 */
		.tcg_append = "tsc=reliable clocksource=tsc lpj=16000000",
		.tsc = true,
	},
	{
		.elf = EM_AARCH64,
		.name = "aarch64",
		.qemu = "qemu-system-aarch64",
		.board = "virt",
		.console = "ttyAMA0",
		.tcg_cpu = "max",
		.tcg_append = "",
	},
};

static const struct machine *machine_of(uint16_t elf)
{
	size_t i;

	for (i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		if (machines[i].elf == elf)
			return &machines[i];
	}
	return NULL;
}

const char *mc_vm_qemu(uint16_t elf_machine)
{
	const struct machine *machine = machine_of(elf_machine);

	return machine ? machine->qemu : NULL;
}

const struct mc_qemu *mc_vm_qemu_chosen(uint16_t elf_machine, unsigned int cpus)
{
	/* For one CPU, and for several */
	static struct mc_qemu chosen[sizeof(machines) / sizeof(machines[0])][2];
	const struct machine *machine = machine_of(elf_machine);
	struct mc_qemu *qemu;

	if (!machine)
		return NULL;
	qemu = &chosen[machine - machines][cpus > 1];
	if (!*qemu->program)
		mc_qemu_choose(machine->qemu, cpus, qemu);
	return qemu;
}

/* ---- state ---- */

enum { CONSOLE, PROGRESS, RESULTS, VERDICT, MONITOR, COMPLAINTS, N_STREAMS };

/* A line on its way; what does not fit is dropped */
struct line {
	char text[1024];
	size_t used;
};

struct stream {
	int fd, theirs; /* our end; QEMU's, which it inherits under the same number */
	struct line line;
};

struct guest {
	const struct mc_vm *vm;
	const struct machine *machine;
	const struct mc_qemu *qemu;
	bool kvm;
	struct mc_vm_end *end;
	struct mc_child child;
	struct stream stream[N_STREAMS];
	uint64_t log_size, results_size;
	char verdict[1024]; /* empty: none yet */
	int64_t verdict_ns; /* as given_ns() counts */
	int64_t met_ns; /* when it met its deadline */
	char report[512], panic[512], last[512]; /* lines of the console */
	bool no_room; /* for the initramfs */
	char complaint[512]; /* QEMU's first */
	struct mc_life life; /* as given_ns() counts */
	int64_t sign_ns; /* of the last sign of life, as mc_now_ns() */
	struct mc_autopsy *autopsy; /* once the deadline has passed */
	int64_t listen_ns; /* until when it listens, as mc_now_ns(); 0: until its deadline */
	char hang[512]; /* what it has found */
	bool broken; /* failure says why */
	struct mc_failure *failure;
};

static void refuse(struct guest *guest, const char *what, int error)
{
	if (guest->broken)
		return;
	guest->broken = true;
	mc_fail(guest->failure, MC_EXIT_ENVIRONMENT, "%s: %s%s", what, strerror(error),
		error == ENOSPC ? "; make room, or set TMPDIR to a folder with more" : "");
}

/* ---- what comes out ---- */

static void keep(char *to, size_t size, const char *line)
{
	if (!*to)
		snprintf(to, size, "%s", line);
}

/* Since QEMU was started, without what it waited for a CPU */
static int64_t given_ns(const struct guest *guest)
{
	return mc_given_time(mc_now_ns() - guest->end->started_ns,
			     mc_given_waited(guest->child.group));
}

/* Several in a moment are one: it takes a look at QEMU's threads. */
static void note_sign(struct guest *guest)
{
	int64_t now = mc_now_ns();

	if (now < guest->sign_ns + LOOK_MS * 1000000LL && !guest->life.woken)
		return;
	guest->sign_ns = now;
	mc_life_sign(&guest->life, given_ns(guest));
}

/* The kernel's own lines begin with a time; any program may say anything else. */
static void on_console(struct guest *guest, const char *line)
{
	const char *message = *line == '[' ? strstr(line, "] ") : NULL;

	/* After hello only the beat is a sign of life, because all CPUs take part in it. */
	if (!guest->end->hello_ns)
		note_sign(guest);
	/* From then on the kernel says what it was asked for. */
	if (guest->autopsy) {
		mc_autopsy_console(guest->autopsy, line);
		return;
	}
	if (*line)
		snprintf(guest->last, sizeof(guest->last), "%.*s", (int)sizeof(guest->last) - 1,
			 line);
	if (!message)
		return;
	message += 2;
	if (strstr(message, "Initramfs unpacking failed: write error"))
		guest->no_room = true;
	if (strstr(message, "Kernel panic"))
		keep(guest->panic, sizeof(guest->panic), message);
	if (mc_kernel_log_is_report(message))
		keep(guest->report, sizeof(guest->report), message);
}

static void on_progress(struct guest *guest, const char *line)
{
	/* What comes too late does not change why the guest is ended. */
	if (guest->met_ns)
		return;
	if (!strncmp(line, "hello ", 6) && !guest->end->hello_ns) {
		guest->end->hello_ns = mc_now_ns();
		guest->end->hello_guest_ns = strtoll(line + 6, NULL, 10);
		note_sign(guest);
	} else if (guest->vm->on_record) {
		guest->vm->on_record(guest->vm->on_record_data, line);
	}
}

/* The first one counts, and so does its time: a guest that goes on talking is ended. */
static void on_verdict(struct guest *guest, const char *line)
{
	note_sign(guest);
	if (!strcmp(line, MC_GUEST_BEAT))
		return;
	if (guest->verdict[0] || !*line)
		return;
	keep(guest->verdict, sizeof(guest->verdict), line);
	guest->verdict_ns = given_ns(guest);
}

static void on_complaint(struct guest *guest, const char *line)
{
	keep(guest->complaint, sizeof(guest->complaint), line);
}

static void on_line(struct guest *guest, int index, const char *line)
{
	static void (*const on[N_STREAMS])(struct guest * guest, const char *line) = {
		[CONSOLE] = on_console,
		[PROGRESS] = on_progress,
		[VERDICT] = on_verdict,
		[COMPLAINTS] = on_complaint,
	};

	on[index](guest, line);
}

static void take_lines(struct guest *guest, int index, const char *bytes, size_t size)
{
	struct line *line = &guest->stream[index].line;
	size_t i;

	for (i = 0; i < size; i++) {
		if (bytes[i] == '\n') {
			line->text[line->used] = '\0';
			line->used = 0;
			on_line(guest, index, line->text);
		} else if (line->used < sizeof(line->text) - 1) {
			line->text[line->used++] = bytes[i] ? bytes[i] : '?';
		}
	}
}

/* A serial line ends in "\r\n". Return: what is left. */
static size_t drop_returns(char *bytes, size_t size)
{
	size_t kept = 0, i;

	for (i = 0; i < size; i++) {
		if (bytes[i] != '\r')
			bytes[kept++] = bytes[i];
	}
	return kept;
}

/* Beyond LOG_MAX a guest is only noise. */
static void write_log(struct guest *guest, const char *bytes, size_t size)
{
	guest->log_size += size;
	if (guest->log_size <= LOG_MAX && fwrite(bytes, 1, size, guest->vm->log) != size)
		refuse(guest, "writing kernel.log", errno);
}

static void write_results(struct guest *guest, const char *bytes, size_t size)
{
	guest->results_size += size;
	if (guest->results_size > guest->vm->results_max)
		refuse(guest, "the guest's results", EFBIG);
	else if (fwrite(bytes, 1, size, guest->vm->results) != size)
		refuse(guest, "writing the guest's results", errno);
}

/* Return: false at the end of the stream. */
static bool take(struct guest *guest, int index)
{
	char bytes[STREAM_BLOCK];
	ssize_t got = read(guest->stream[index].fd, bytes, sizeof(bytes));

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (got <= 0)
		return false;
	if (index == CONSOLE) {
		got = drop_returns(bytes, got);
		write_log(guest, bytes, got);
	}
	if (index == RESULTS)
		write_results(guest, bytes, got);
	else if (index == MONITOR && guest->autopsy)
		mc_autopsy_monitor(guest->autopsy, bytes, got);
	else if (index != MONITOR)
		take_lines(guest, index, bytes, got);
	return true;
}

/* What QEMU had written when it ended is still to be read. */
static void take_rest(struct guest *guest)
{
	int i;

	for (i = 0; i < N_STREAMS; i++) {
		while (guest->stream[i].fd >= 0 && !guest->broken) {
			struct pollfd fd = {.fd = guest->stream[i].fd, .events = POLLIN};

			if (poll(&fd, 1, 0) != 1 || !take(guest, i))
				break;
		}
		if (i != RESULTS && guest->stream[i].line.used)
			take_lines(guest, i, "\n", 1);
	}
}

/* ---- the command line ---- */

struct command {
	const char *argv[ARGS_MAX + 1];
	size_t n;
	char text[16][256]; /* those that are composed */
	size_t n_text;
	char append[2048];
};

static void add(struct command *command, const char *option, const char *value)
{
	command->argv[command->n++] = option;
	if (value)
		command->argv[command->n++] = value;
}

static void add_format(struct command *command, const char *option, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void add_format(struct command *command, const char *option, const char *format, ...)
{
	char *text = command->text[command->n_text++];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(command->text[0]), format, args);
	va_end(args);
	add(command, option, text);
}

static void add_port(struct command *command, const struct guest *guest, int index,
		     const char *name)
{
	add_format(command, "-chardev", "socket,id=%s,fd=%d", name, guest->stream[index].theirs);
	add_format(command, "-device", "virtserialport,chardev=%s,name=%s", name, name);
}

static void add_accelerator(struct command *command, const struct machine *machine, bool kvm)
{
	add(command, "-accel", kvm ? "kvm" : "tcg,thread=multi");
	add(command, "-cpu", kvm ? "host" : machine->tcg_cpu);
}

/*
 * Instructions are the only clock there is, and while the guest waits, its time jumps to
 * its next timer. What else could differ between two runs is fixed: the time of day and
 * random numbers.
 */
static void add_counted_time(struct command *command, const struct machine *machine,
			     unsigned int instruction_ns)
{
	add(command, "-accel", "tcg,thread=single");
	add(command, "-cpu", machine->tcg_cpu);
	add_format(command, "-icount", "shift=%d,sleep=off", __builtin_ctz(instruction_ns));
	add(command, "-rtc", "base=2000-01-01,clock=vm");
	add(command, "-seed", "1");
}

/*
 * The counter that an emulated guest reads is the host's. Its kernel would measure it against an
 * emulated PIT, and on a busy host be wrong by any factor. Not where instructions are counted.
 */
static void add_tsc_rate(struct command *command, const struct guest *guest)
{
	static double hz; /* 0: not measured yet; below: it cannot be */
	size_t used = strlen(command->append);

	if (!guest->machine->tsc || guest->kvm || guest->vm->instruction_ns)
		return;
	if (!hz && mc_tsc_measure(TSC_WINDOW_NS, &hz))
		hz = -1;
	if (hz > 0)
		snprintf(command->append + used, sizeof(command->append) - used,
			 " tsc_early_khz=%.0f", hz / 1000);
}

/* The last words win. */
static void add_words(struct command *command, const char *words)
{
	size_t used = strlen(command->append);

	snprintf(command->append + used, sizeof(command->append) - used, "%s%s", *words ? " " : "",
		 words);
}

/* Only where QEMU emulates several CPUs can one of them execute code that is no longer there. */
static bool beats(const struct guest *guest)
{
	return !guest->kvm && guest->vm->cpus > 1;
}

/* Files are named relative to the folder, because a comma in a path would need quoting. */
static void compose(struct command *command, const struct guest *guest)
{
	const struct machine *machine = guest->machine;
	const struct mc_vm *vm = guest->vm;

	add(command, guest->qemu->program, "-nodefaults");
	add(command, "-no-user-config", "-no-reboot");
	add(command, "-display", "none");
	add(command, "-machine", machine->board);
	if (vm->instruction_ns)
		add_counted_time(command, machine, vm->instruction_ns);
	else
		add_accelerator(command, machine, guest->kvm);
	add_format(command, "-smp", "%u", vm->cpus);
	add_format(command, "-m", "%u", vm->memory_mib);
	add_format(command, "-chardev", "socket,id=console,fd=%d", guest->stream[CONSOLE].theirs);
	add(command, "-serial", "chardev:console");
	add_format(command, "-chardev", "socket,id=monitor,fd=%d", guest->stream[MONITOR].theirs);
	add(command, "-mon", "chardev=monitor,mode=control");
	/* Threads with names */
	add(command, "-name", "memory-collector,debug-threads=on");
	add(command, "-device", "virtio-serial-pci");
	add_port(command, guest, PROGRESS, MC_PORT_PROGRESS);
	add_port(command, guest, RESULTS, MC_PORT_RESULTS);
	add_port(command, guest, VERDICT, MC_PORT_VERDICT);
	if (vm->scratch) {
		/* A full disk here must be an error there, not a pause. */
		add_format(command, "-drive",
			   "if=none,id=scratch,format=raw,cache=unsafe,file.locking=off,"
			   "werror=report,rerror=report,file=%s",
			   vm->scratch);
		add(command, "-device", "virtio-blk-pci,drive=scratch");
	}
	add(command, "-kernel", vm->kernel);
	add(command, "-initrd", vm->initramfs);
	/* The self-tests of the kernel's ciphers take a tenth of a second. */
	snprintf(command->append, sizeof(command->append),
		 "console=%s panic=-1 loglevel=7 cryptomgr.notests %s%s", machine->console,
		 vm->instruction_ns ? "" : PATIENCE MC_AUTOPSY_WORDS,
		 guest->kvm ? "" : machine->tcg_append);
	add_tsc_rate(command, guest);
	if (beats(guest))
		add_words(command, MC_GUEST_BEAT_WORD);
	add_words(command, vm->append);
	add(command, "-append", command->append);
}

/* ---- start and end ---- */

static void close_streams(struct guest *guest)
{
	int i;

	for (i = 0; i < N_STREAMS; i++) {
		if (guest->stream[i].fd >= 0)
			close(guest->stream[i].fd);
		if (guest->stream[i].theirs >= 0)
			close(guest->stream[i].theirs);
		guest->stream[i].fd = guest->stream[i].theirs = -1;
	}
}

static int open_streams(struct guest *guest, struct mc_failure *failure)
{
	int i, fds[2];

	for (i = 0; i < N_STREAMS; i++)
		guest->stream[i].fd = guest->stream[i].theirs = -1;
	for (i = 0; i < N_STREAMS; i++) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds)) {
			close_streams(guest);
			return mc_fail(failure, MC_EXIT_ENVIRONMENT, "socketpair: %s",
				       strerror(errno));
		}
		guest->stream[i].fd = fds[0];
		guest->stream[i].theirs = fds[1];
		fcntl(fds[0], F_SETFL, O_NONBLOCK);
	}
	return 0;
}

static int power_on(struct guest *guest)
{
	struct command command = {.n = 0};
	int keep_fds[N_STREAMS + 1], i;
	struct mc_child_config config = {
		.argv = command.argv,
		.cwd = guest->vm->folder,
		.stdin_fd = -1,
		.stdout_fd = -1,
		.keep_fds = keep_fds,
		.user = (uid_t)-1,
		.slice_ns = SLICE_NS,
	};
	int result;

	if (open_streams(guest, guest->failure))
		return -1;
	for (i = 0; i < COMPLAINTS; i++)
		keep_fds[i] = guest->stream[i].theirs;
	keep_fds[COMPLAINTS] = -1;
	config.stderr_fd = guest->stream[COMPLAINTS].theirs;
	compose(&command, guest);
	guest->end->started_ns = mc_now_ns();
	mc_life_begin(&guest->life, beats(guest) ? guest->stream[MONITOR].fd : -1, 0);
	result = mc_child_start(&guest->child, &config, guest->failure);
	for (i = 0; i < N_STREAMS; i++) {
		close(guest->stream[i].theirs);
		guest->stream[i].theirs = -1;
	}
	if (result)
		close_streams(guest);
	return result;
}

/* ---- the course of it ---- */

/* As given_ns() counts */
static int64_t deadline_of(const struct guest *guest)
{
	int64_t end = guest->vm->deadline_ns;
	int64_t hello = guest->kvm ? HELLO_KVM_NS : HELLO_TCG_NS;

	if (guest->verdict[0])
		return guest->verdict_ns + POWER_OFF_NS;
	if (!guest->end->hello_ns && hello < end)
		return hello;
	return end;
}

/*
 * @moment_ns: as given_ns() counts. As long as less time has passed than that, it cannot have been
 * given as much: no need to look.
 */
static int ms_until(const struct guest *guest, int64_t moment_ns)
{
	int64_t left = moment_ns - (mc_now_ns() - guest->end->started_ns);

	if (left <= 0)
		left = moment_ns - given_ns(guest);
	left /= 1000000;
	return left > 60000 ? 60000 : left > 0 && left < LOOK_MS ? LOOK_MS : (int)left;
}

static int left_ms(const struct guest *guest)
{
	if (guest->listen_ns)
		return (guest->listen_ns - mc_now_ns()) / 1000000;
	return ms_until(guest, deadline_of(guest));
}

/* How long it may be silent. One that is done, or is examined, is not woken. */
static int silence_ms(const struct guest *guest)
{
	if (guest->life.monitor < 0 || guest->autopsy || guest->verdict[0])
		return INT_MAX;
	return ms_until(guest, guest->life.wake_ns);
}

/* Until QEMU ends, or must. Return: whether it has ended by itself. */
static bool follow(struct guest *guest)
{
	struct pollfd fds[N_STREAMS + 2];
	int i;

	while (!guest->broken && !mc_stop_requested()) {
		int left = left_ms(guest), silence = silence_ms(guest), ready;

		if (left <= 0) {
			guest->met_ns = guest->met_ns ? guest->met_ns : mc_now_ns();
			return false;
		}
		for (i = 0; i < N_STREAMS; i++)
			fds[i] = (struct pollfd){.fd = guest->stream[i].fd, .events = POLLIN};
		fds[i++] = (struct pollfd){.fd = guest->child.pidfd, .events = POLLIN};
		fds[i] = (struct pollfd){.fd = mc_stop_fd(), .events = POLLIN};
		ready = poll(fds, N_STREAMS + 2,
			     silence < left ? (silence > 0 ? silence : 0) : left);
		if (ready < 0)
			continue;
		if (!ready && silence < left)
			mc_life_look(&guest->life, given_ns(guest));
		for (i = 0; i < N_STREAMS; i++) {
			if (fds[i].revents && !take(guest, i)) {
				close(guest->stream[i].fd);
				guest->stream[i].fd = -1;
				if (i == MONITOR)
					guest->life.monitor = -1;
			}
		}
		if (fds[N_STREAMS].revents)
			return true;
	}
	return false;
}

/* ---- where it does not end ---- */

static bool listen_until(void *data, int64_t until_ns)
{
	struct guest *guest = data;

	guest->listen_ns = until_ns;
	return !follow(guest) && !guest->broken && !guest->verdict[0] && !mc_stop_requested();
}

/* One that gets another try without KVM is not worth the time. */
static void examine(struct guest *guest)
{
	const struct mc_autopsy_guest who = {.monitor = guest->stream[MONITOR].fd,
					     .console = guest->stream[CONSOLE].fd,
					     .qemu = guest->child.group,
					     .log = guest->vm->log,
					     .listen = listen_until,
					     .data = guest};

	if (guest->broken || mc_stop_requested() || guest->verdict[0] ||
	    (guest->kvm && !guest->end->hello_ns))
		return;
	guest->autopsy = mc_autopsy_new(&who);
	if (guest->autopsy)
		mc_autopsy_run(guest->autopsy, guest->hang, sizeof(guest->hang));
	else
		snprintf(guest->hang, sizeof(guest->hang), "not examined, out of memory");
	guest->listen_ns = 0;
	if (guest->verdict[0])
		snprintf(guest->hang, sizeof(guest->hang), "it is slow, and has finished since");
	guest->verdict[0] = '\0';
}

/* ---- the judgement ---- */

static int judge_verdict(struct guest *guest)
{
	const char *verdict = guest->verdict;
	struct mc_vm_end *end = guest->end;
	int text = 0;

	if (sscanf(verdict, "exit %d %n", &end->code, &text) == 1 && text) {
		snprintf(end->text, sizeof(end->text), "%.500s", verdict + text);
		return 0;
	}
	if (sscanf(verdict, "signal %d %n", &end->code, &text) == 1 && text)
		return mc_fail(guest->failure, MC_EXIT_ENVIRONMENT,
			       "in the guest, the program was killed by signal %d%s%s", end->code,
			       verdict[text] ? "; it said last: " : "", verdict + text);
	return mc_fail(guest->failure, MC_EXIT_ENVIRONMENT, "in the guest, %s", verdict);
}

/* The last line of the console, where there was one */
static const char *last_line(const struct guest *guest, char *text, size_t size)
{
	snprintf(text, size, "%s%.500s", *guest->last ? "; its last line: " : "", guest->last);
	return text;
}

/* A deadline that was met, and how long that took where it was much longer */
static const char *within(const struct guest *guest, char *text, size_t size)
{
	double deadline_s = deadline_of(guest) / 1e9;
	double took_s = (guest->met_ns - guest->end->started_ns) / 1e9;

	snprintf(text, size, "%.0f s", deadline_s);
	if (took_s > 2 * deadline_s)
		snprintf(text, size, "%.0f s of its own, which took %.0f s on a busy machine",
			 deadline_s, took_s);
	return text;
}

/* What went wrong, by what there is of it: the first that applies is the cause of the rest. */
static int judge(struct guest *guest, bool ended, const struct mc_child_end *qemu)
{
	struct mc_failure *failure = guest->failure;
	char last[sizeof(guest->last) + 32], time[128];

	if (guest->broken)
		return -1;
	if (mc_stop_requested())
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "interrupted by SIG%s",
			       sigabbrev_np(mc_stop_signal()));
	if (guest->no_room)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       "the VM's %u MiB of memory had no room to unpack its programs and "
			       "libraries; choose more with --memory",
			       guest->vm->memory_mib);
	if (guest->panic[0])
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "the guest's kernel panicked: %s",
			       guest->report);
	if (guest->report[0])
		return mc_fail(failure, MC_EXIT_INVALID, "the guest's kernel reports: %s",
			       guest->report);
	if (guest->verdict[0] && !guest->hang[0])
		return judge_verdict(guest);
	last_line(guest, last, sizeof(last));
	if (!ended)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "the guest did not %s within %s%s%s%s",
			       guest->end->hello_ns ? "finish" : "come up",
			       within(guest, time, sizeof(time)), guest->hang[0] ? ": " : "",
			       guest->hang, last);
	if (!qemu->exited || qemu->code)
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "%s %s %d%s%s", guest->machine->qemu,
			       qemu->exited ? "exited with" : "was killed by signal", qemu->code,
			       guest->complaint[0] ? ": " : "", guest->complaint);
	return mc_fail(failure, MC_EXIT_ENVIRONMENT, "the guest ended without a verdict%s", last);
}

static int run_once(struct guest *guest)
{
	struct mc_child_end qemu = {.exited = true};
	bool ended;
	int result;

	guest->end->hello_ns = guest->end->hello_guest_ns = 0;
	snprintf(guest->end->accelerator, sizeof(guest->end->accelerator), "%s",
		 guest->kvm ? "kvm" : "tcg");
	if (power_on(guest))
		return -1;
	ended = follow(guest);
	if (!ended)
		examine(guest);
	/* It holds nothing that would be worth a gentle end. */
	mc_child_stop(&guest->child, SIGKILL, 0, &qemu);
	take_rest(guest);
	guest->end->stood_ns = guest->life.stood_ns;
	result = judge(guest, ended, &qemu);
	mc_autopsy_free(guest->autopsy);
	close_streams(guest);
	if (fflush(guest->vm->log) && !result)
		result = mc_fail(guest->failure, MC_EXIT_ENVIRONMENT, "writing kernel.log: %s",
				 strerror(errno));
	return result;
}

/* ---- once, or twice ---- */

/* What the guest that did not come up has written is not this one's. */
static int empty(FILE *file)
{
	if (ftell(file) <= 0)
		return 0;
	rewind(file);
	return ftruncate(fileno(file), 0);
}

/*
 * KVM did not bring the guest up. If TCG does, then KVM is at fault, and not the guest or the
 * machine's load.
 */
static int run_without_kvm(struct guest *guest, const struct mc_accel_guest *choice)
{
	const struct mc_vm *vm = guest->vm;
	struct mc_vm_end *end = guest->end;
	struct mc_failure *failure = guest->failure;
	char why[sizeof(failure->text)];
	int result;

	snprintf(why, sizeof(why), "%s", failure->text);
	snprintf(end->accelerator_reason, sizeof(end->accelerator_reason),
		 "no guest came up with KVM: %.450s", why);
	*guest = (struct guest){.vm = vm,
				.machine = guest->machine,
				.qemu = guest->qemu,
				.end = end,
				.failure = failure};
	if (empty(vm->log) || empty(vm->results))
		return mc_fail(failure, MC_EXIT_ENVIRONMENT, "kernel.log: %s", strerror(errno));
	result = run_once(guest);
	if (end->hello_ns)
		mc_accel_remember(choice, why);
	return result;
}

static int check_memory(const struct mc_vm *vm, struct mc_failure *failure)
{
	char initramfs[PATH_MAX];

	snprintf(initramfs, sizeof(initramfs), "%s/%s", vm->folder, vm->initramfs);
	return mc_vm_memory_check(initramfs, vm->memory_mib, failure);
}

static int run_chosen(struct guest *guest)
{
	const struct mc_accel_guest choice = {.option = guest->vm->accel,
					      .machine = guest->machine->name,
					      .device = "/dev/kvm",
					      .counted = guest->vm->instruction_ns > 0,
					      .qemu = guest->qemu};
	struct mc_accel accel;
	int result;

	if (mc_accel_choose(&choice, &accel, guest->failure))
		return -1;
	snprintf(guest->end->accelerator_reason, sizeof(guest->end->accelerator_reason), "%s",
		 accel.reason);
	guest->kvm = accel.kvm;
	result = run_once(guest);
	if (guest->kvm && guest->end->hello_ns)
		mc_accel_forget(&choice);
	else if (guest->kvm && !accel.only && !guest->broken && !mc_stop_requested())
		result = run_without_kvm(guest, &choice);
	return result;
}

int mc_vm_run(const struct mc_vm *vm, struct mc_vm_end *end, struct mc_failure *failure)
{
	struct guest *guest = calloc(1, sizeof(*guest));
	const struct machine *machine = machine_of(vm->elf_machine);
	int result;

	memset(end, 0, sizeof(*end));
	if (!guest || !machine) {
		free(guest);
		return mc_fail(failure, MC_EXIT_ENVIRONMENT,
			       machine ? "out of memory" : "no VM for programs of this machine");
	}
	if (vm->instruction_ns && vm->cpus > 1) {
		free(guest);
		return mc_fail(failure, MC_EXIT_USAGE,
			       "time can be counted on one CPU only, not on %u", vm->cpus);
	}
	*guest = (struct guest){.vm = vm,
				.machine = machine,
				.qemu = mc_vm_qemu_chosen(vm->elf_machine, vm->cpus),
				.end = end,
				.failure = failure};
	result = check_memory(vm, failure) ? -1 : run_chosen(guest);
	free(guest);
	return result;
}
