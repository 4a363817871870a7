// SPDX-License-Identifier: GPL-2.0
/*
 * processes.c - an RMID for every process that runs
 *
 * Owns the entry of each process, from the first time one of its threads is met to the
 * final switch-out of the last, and what RMID each CPU has. A switch between threads that
 * have RMIDs takes no lock; everything else is settled under the lock of the process's
 * bucket, which nests inside the run-queue lock and outside the allocator's.
 */
#define pr_fmt(fmt) "Memory Collector: " fmt

#include "collector/processes.h"

#include <linux/err.h>
#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/percpu.h>
#include <linux/rculist.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/workqueue.h>

#include "collector/process_table.h"
#include "collector/scheduler_probes.h"

/* What a CPU that has not joined has: no RMID, so that a switch finds it different. */
#define NOT_JOINED U32_MAX

/**
 * struct processes_cpu - one CPU's part, written by it with interrupts off
 * @rmid: what it has, or NOT_JOINED
 * @joined: its register may be written
 * @without_since_ns: when it began to run a user process that was refused; 0: it does not
 *
 * The others are counters: see &struct processes_status.
 */
struct processes_cpu {
	u32 rmid;
	bool joined;
	u64 without_since_ns;
	u64 untracked;
	u64 refused;
	u64 without_ns;
	u64 switches;
	u64 reasserted;
};

/**
 * struct processes - all of them
 * @table: their entries
 * @cpus: per CPU
 * @rdt: whose RMID field is set
 * @allocator: where RMIDs come from
 * @policy: parameters
 * @open: entries may be made: all probes are in place
 * @wanted: somebody was refused since the last look for idle processes
 * @reclaimed: RMIDs taken from idle ones
 * @reclaim: looks for them
 */
struct processes {
	struct process_table table;
	struct processes_cpu __percpu *cpus;
	struct rdt *rdt;
	struct rmid_allocator *allocator;
	struct processes_policy policy;
	bool open;
	bool wanted;
	u64 reclaimed;
	struct delayed_work reclaim;
};

/*
 * The name of a process is its leader's. The lock of task->comm sleeps on PREEMPT_RT; a
 * name that is being changed can come out mixed, and exec tells the new one.
 *
 * Context: interrupts off or in an RCU read-side section, which keeps the leader's
 * task_struct while another thread's exec takes its place.
 */
static struct rmid_owner owner_of(struct task_struct *task)
{
	struct rmid_owner owner = {.tgid = task->tgid};

	strscpy(owner.comm, READ_ONCE(task->group_leader)->comm, sizeof(owner.comm));
	return owner;
}

/* Context: interrupts off, under the bucket's lock. */
static void ask(struct processes *processes, struct processes_cpu *cpu, struct process *process,
		struct task_struct *task)
{
	struct rmid_owner owner = owner_of(task);
	int err = rmid_allocator_get(processes->allocator, &owner, &process->grant);

	process->refused = err != 0;
	if (!err)
		return;
	cpu->refused++;
	/* Also where some are in limbo: they may be stuck there. */
	if (!READ_ONCE(processes->wanted))
		WRITE_ONCE(processes->wanted, true);
}

/*
 * The slow path: a process without an RMID, or one that is suspected to be idle and shows
 * here that it is not. A thread that exits gets no entry and no RMID any more, but runs on
 * with that of its process.
 *
 * Context: interrupts off.
 * Return: the RMID that @task may have.
 */
static noinline u32 settle(struct processes *processes, struct processes_cpu *cpu,
			   struct task_struct *task)
{
	struct process_bucket *bucket = process_table_bucket(&processes->table, task->signal);
	bool exiting = task->flags & PF_EXITING;
	struct process *process;
	u32 rmid = 0;

	if (!READ_ONCE(processes->open))
		return 0;
	raw_spin_lock(&bucket->lock);
	process = process_find(bucket, task->signal);
	if (!process && !exiting) {
		process = process_add(&processes->table, bucket, task->signal);
		if (!process)
			cpu->untracked++;
	}
	if (process) {
		if (!process->grant.rmid && !exiting)
			ask(processes, cpu, process, task);
		rmid = process->grant.rmid;
		process_publish(process, rmid);
	}
	raw_spin_unlock(&bucket->lock);

	if (!rmid && !exiting)
		cpu->without_since_ns = ktime_get_ns();
	return rmid;
}

/* Context: interrupts off. */
static void end_without(struct processes_cpu *cpu)
{
	cpu->without_ns += ktime_get_ns() - cpu->without_since_ns;
	cpu->without_since_ns = 0;
}

/*
 * The RMID that @task may have, by whichever path.
 *
 * Context: interrupts off.
 */
static u32 rmid_of(struct processes *processes, struct processes_cpu *cpu, struct task_struct *task)
{
	u32 rmid;

	if (cpu->without_since_ns)
		end_without(cpu);
	if (task->flags & PF_KTHREAD)
		return 0;
	rmid = process_table_rmid(&processes->table, task->signal);
	return rmid ? rmid : settle(processes, cpu, task);
}

/* Context: interrupts off. */
static void set_rmid(struct processes *processes, struct processes_cpu *cpu, u32 rmid, u64 *counter)
{
	if (rmid == cpu->rmid || !cpu->joined)
		return;
	cpu->rmid = rmid;
	(*counter)++;
	rdt_set_rmid(processes->rdt, rmid);
}

/*
 * A thread that runs or will run again. Those between the decrement of signal->live and
 * sched_process_exit are not counted yet, but have no exit_state; those behind it are
 * counted. A thread that waits in exec for the others to die has no exit_state either.
 *
 * Not for_each_thread(): where the kernel checks walks of its lists (CONFIG_PROVE_RCU_LIST),
 * that names tasklist_lock, which modules cannot link to.
 *
 * Context: interrupts off, which keeps the list and its tasks as RCU does.
 */
static bool has_live_thread(struct task_struct *task)
{
	struct task_struct *thread;

	list_for_each_entry_rcu (thread, &task->signal->thread_head, thread_node)
		if (!READ_ONCE(thread->exit_state))
			return true;
	return false;
}

/* Context: under the bucket's lock, interrupts off. */
static void release(struct processes *processes, struct process_bucket *bucket,
		    struct process *process)
{
	if (process->grant.rmid)
		rmid_allocator_put(processes->allocator, &process->grant);
	process_remove(&processes->table, bucket, process);
}

/*
 * Of two last threads that exit at once on two CPUs the one that comes here last finds
 * nobody exiting and nobody alive.
 *
 * Threads that had passed sched_process_exit before their process was followed are not
 * counted: at load, or while the table was full. Their switch-out takes another's count,
 * so the RMID can be released while such another still runs its last instructions. The
 * next tick or switch takes the RMID off its CPU, and the RMID rests for its minimum free
 * time, which by default is longer than a tick.
 *
 * Context: under the run-queue lock, interrupts off.
 */
static noinline void final_switch_out(struct processes *processes, struct task_struct *task)
{
	struct process_bucket *bucket = process_table_bucket(&processes->table, task->signal);
	struct process *process;

	raw_spin_lock(&bucket->lock);
	process = process_find(bucket, task->signal);
	if (process) {
		if (process->exiting)
			process->exiting--;
		if (!process->exiting && !has_live_thread(task))
			release(processes, bucket, process);
	}
	raw_spin_unlock(&bucket->lock);
}

/* Context: under the run-queue lock, interrupts off. */
static noinline void switch_slowly(struct processes *processes, bool gone, struct task_struct *prev,
				   struct task_struct *next)
{
	struct processes_cpu *cpu = this_cpu_ptr(processes->cpus);

	set_rmid(processes, cpu, rmid_of(processes, cpu, next), &cpu->switches);
	/* Only now has this CPU lost the RMID that may be given back. */
	if (gone && !(prev->flags & PF_KTHREAD))
		final_switch_out(processes, prev);
}

/*
 * Every switch of the machine passes here, so this has nothing to save or restore, and
 * leaves to others whatever is not a comparison or a write of the register.
 */
void processes_switch(void *data, bool preempt, struct task_struct *prev, struct task_struct *next,
		      unsigned int prev_state)
{
	struct processes *processes = data;
	struct processes_cpu *cpu = this_cpu_ptr(processes->cpus);
	u32 rmid = 0;

	if (unlikely(prev_state & TASK_DEAD || cpu->without_since_ns))
		goto slowly;
	if (!(next->flags & PF_KTHREAD)) {
		rmid = process_table_rmid(&processes->table, next->signal);
		if (unlikely(!rmid))
			goto slowly;
	}
	set_rmid(processes, cpu, rmid, &cpu->switches);
	return;
slowly:
	/* A dead task may be preempted on its way to the final switch; then it comes back. */
	switch_slowly(processes, !preempt && prev_state & TASK_DEAD, prev, next);
}

/*
 * Makes an entry as well, where all threads of a process that has not been met are about to
 * exit: it then counts each of them.
 */
void processes_exit(struct processes *processes, struct task_struct *task)
{
	struct process_bucket *bucket = process_table_bucket(&processes->table, task->signal);
	struct process *process;
	unsigned long flags;

	if (task->flags & PF_KTHREAD)
		return;
	raw_spin_lock_irqsave(&bucket->lock, flags);
	process = process_find(bucket, task->signal);
	if (!process && READ_ONCE(processes->open))
		process = process_add(&processes->table, bucket, task->signal);
	if (process)
		process->exiting++;
	raw_spin_unlock_irqrestore(&bucket->lock, flags);
}

void processes_exec(struct processes *processes, struct task_struct *task)
{
	struct process_bucket *bucket = process_table_bucket(&processes->table, task->signal);
	struct process *process;
	struct rmid_owner owner;
	unsigned long flags;

	raw_spin_lock_irqsave(&bucket->lock, flags);
	process = process_find(bucket, task->signal);
	if (process && process->grant.rmid) {
		owner = owner_of(task);
		rmid_allocator_rename(processes->allocator, &process->grant, &owner);
	}
	raw_spin_unlock_irqrestore(&bucket->lock, flags);
}

void processes_tick(struct processes *processes)
{
	struct processes_cpu *cpu = this_cpu_ptr(processes->cpus);
	u32 rmid = rmid_of(processes, cpu, current);

	if (!cpu->joined)
		return;
	/* Emulated RMIDs are in no register, but a late grant changes what the CPU has. */
	cpu->reasserted += rdt_assert_rmid(processes->rdt, rmid) || rmid != cpu->rmid;
	cpu->rmid = rmid;
}

void processes_cpu_joined(struct processes *processes)
{
	struct processes_cpu *cpu = this_cpu_ptr(processes->cpus);
	unsigned long flags;

	local_irq_save(flags);
	cpu->joined = true;
	set_rmid(processes, cpu, rmid_of(processes, cpu, current), &cpu->switches);
	local_irq_restore(flags);
}

void processes_cpu_left(struct processes *processes)
{
	struct processes_cpu *cpu = this_cpu_ptr(processes->cpus);
	unsigned long flags;

	local_irq_save(flags);
	cpu->joined = false;
	cpu->rmid = NOT_JOINED;
	local_irq_restore(flags);
}

/*
 * Idle processes
 *
 * One look suspects every process that has an RMID: it sends their switch-ins and ticks to
 * the slow path, which clears them. Who is still suspected at the next look has not been
 * switched in since, and if an interrupt on every CPU does not find it running either, it
 * has it loaded nowhere. So switches pay nothing for it but once per look.
 */

/* Context: under the bucket's lock. */
static bool is_suspected(const struct process *process)
{
	return process->grant.rmid && !process->rmid;
}

/**
 * struct look - what one look for idle processes does
 * @processes: processes
 * @refused: how many were refused an RMID since the last look
 * @take: how many RMIDs may still be taken
 */
struct look {
	struct processes *processes;
	u32 refused;
	u32 take;
};

/* Context: under the bucket's lock, interrupts off. */
static void count_refused(struct look *look, struct process *process)
{
	look->refused += process->refused;
	process->refused = false;
}

/* Context: as above. */
static void take_or_suspect(struct look *look, struct process *process)
{
	struct processes *processes = look->processes;

	if (is_suspected(process) && look->take) {
		rmid_allocator_put(processes->allocator, &process->grant);
		process->grant = (struct rmid_grant){};
		WRITE_ONCE(processes->reclaimed, processes->reclaimed + 1);
		look->take--;
	}
	process_publish(process, 0);
}

/* Context: process, may sleep. */
static void for_each_process_entry(struct look *look,
				   void (*fn)(struct look *look, struct process *process))
{
	struct process_table *table = &look->processes->table;
	struct process_bucket *bucket;
	struct signal_struct *signal;
	unsigned long flags;
	u32 i;

	for (i = 0; i < table->max; i++, cond_resched()) {
		signal = READ_ONCE(table->entries[i].signal);
		if (!signal)
			continue;
		bucket = process_table_bucket(table, signal);
		raw_spin_lock_irqsave(&bucket->lock, flags);
		if (table->entries[i].signal == signal)
			fn(look, &table->entries[i]);
		raw_spin_unlock_irqrestore(&bucket->lock, flags);
	}
}

/* Context: hard interrupt of every CPU. */
static void clear_running(void *processes)
{
	processes_tick(processes);
}

static void look_for_idle(struct work_struct *work)
{
	struct processes *processes =
		container_of(to_delayed_work(work), struct processes, reclaim);
	struct look look = {.processes = processes};

	if (READ_ONCE(processes->wanted)) {
		WRITE_ONCE(processes->wanted, false);
		for_each_process_entry(&look, count_refused);
		look.take = look.refused;
		on_each_cpu(clear_running, processes, true);
	}
	for_each_process_entry(&look, take_or_suspect);
	schedule_delayed_work(&processes->reclaim,
			      msecs_to_jiffies(processes->policy.reclaim_idle_ms));
}

/* Every process that still has an RMID gives it back; nobody else looks any more. */
static void give_all_back(struct processes *processes)
{
	struct process_table *table = &processes->table;
	u32 i;

	for (i = 0; i < table->max; i++)
		if (table->entries[i].signal && table->entries[i].grant.rmid)
			rmid_allocator_put(processes->allocator, &table->entries[i].grant);
}

static void free_memory(struct processes *processes)
{
	process_table_destroy(&processes->table);
	free_percpu(processes->cpus);
	kfree(processes);
}

struct processes *processes_create(struct rdt *rdt, struct rmid_allocator *allocator,
				   const struct processes_policy *policy)
{
	struct processes *processes;
	int err = -ENOMEM, number;

	if (!policy->max || policy->max > PROCESSES_MAX)
		return ERR_PTR(-EINVAL);
	processes = kzalloc(sizeof(*processes), GFP_KERNEL);
	if (!processes)
		return ERR_PTR(-ENOMEM);
	processes->rdt = rdt;
	processes->allocator = allocator;
	processes->policy = *policy;
	INIT_DELAYED_WORK(&processes->reclaim, look_for_idle);
	processes->cpus = alloc_percpu(struct processes_cpu);
	if (!processes->cpus || process_table_init(&processes->table, policy->max))
		goto err_free;
	for_each_possible_cpu (number)
		per_cpu_ptr(processes->cpus, number)->rmid = NOT_JOINED;

	err = scheduler_probes_register(processes);
	if (err)
		goto err_free;
	/* An entry is made only when no thread can slip past one of the probes any more. */
	WRITE_ONCE(processes->open, true);
	if (policy->reclaim_idle_ms)
		schedule_delayed_work(&processes->reclaim,
				      msecs_to_jiffies(policy->reclaim_idle_ms));
	return processes;

err_free:
	free_memory(processes);
	return ERR_PTR(err);
}

void processes_destroy(struct processes *processes)
{
	if (!processes)
		return;
	cancel_delayed_work_sync(&processes->reclaim);
	scheduler_probes_unregister(processes);
	give_all_back(processes);
	free_memory(processes);
}

struct processes_status processes_status(struct processes *processes)
{
	struct processes_status status = {
		.followed = READ_ONCE(processes->table.used),
		.reclaimed = READ_ONCE(processes->reclaimed),
	};
	const struct processes_cpu *cpu;
	int number;

	for_each_possible_cpu (number) {
		cpu = per_cpu_ptr(processes->cpus, number);
		status.untracked += READ_ONCE(cpu->untracked);
		status.refused += READ_ONCE(cpu->refused);
		status.without_ns += READ_ONCE(cpu->without_ns);
		status.switches += READ_ONCE(cpu->switches);
		status.reasserted += READ_ONCE(cpu->reasserted);
	}
	return status;
}
