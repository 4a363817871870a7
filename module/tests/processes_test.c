// SPDX-License-Identifier: GPL-2.0
/*
 * processes_test.c - tests of processes with threads that do as they are told
 *
 * The scheduler is played by this file: tasks that never run are switched in and out,
 * exit and exec in an order that is chosen, on the CPU that is chosen. So every order in
 * which two last threads can end is tried, which a storm only hopes for. Of the real
 * kernel are the locks, the allocator and the CPUs.
 */
#define pr_fmt(fmt) "Memory Collector: " fmt

#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/percpu.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "collector/processes.h"
#include "collector/scheduler_probes.h"
#include "tests/ktap.h"

#define MOST_THREADS 4

/* What processes wrote to each CPU's register */
static DEFINE_PER_CPU(u32, loaded);

void rdt_set_rmid(struct rdt *rdt, u32 rmid)
{
	this_cpu_write(loaded, rmid);
}

bool rdt_assert_rmid(struct rdt *rdt, u32 rmid)
{
	bool other = this_cpu_read(loaded) != rmid;

	this_cpu_write(loaded, rmid);
	return other;
}

/* Nobody but this file calls the probes. */
int scheduler_probes_register(struct processes *processes)
{
	return 0;
}

void scheduler_probes_unregister(struct processes *processes)
{
}

static const struct rmid_allocator_events no_events;

/**
 * struct scene - processes, and all they need
 */
struct scene {
	struct rdt rdt;
	struct rmid_allocator allocator;
	struct processes *processes;
};

/**
 * struct group - a process that does as it is told; threads[0] is its first leader
 */
struct group {
	struct signal_struct *signal;
	struct task_struct *threads[MOST_THREADS];
	u32 count;
};

static struct task_struct idle = {.flags = PF_KTHREAD, .comm = "idle"};

static bool scene_set(struct ktap *ktap, struct scene *scene, u32 max_rmid,
		      const struct processes_policy *policy)
{
	const struct rmid_policy rmid_policy = {};

	memset(scene, 0, sizeof(*scene));
	if (!KTAP_EXPECT(ktap,
			 !rmid_allocator_init(&scene->allocator, max_rmid, &rmid_policy,
					      &no_events),
			 "no memory"))
		return false;
	scene->processes = processes_create(&scene->rdt, &scene->allocator, policy);
	if (!KTAP_EXPECT(ktap, !IS_ERR(scene->processes), "%ld", PTR_ERR(scene->processes))) {
		rmid_allocator_destroy(&scene->allocator);
		return false;
	}
	processes_cpu_joined(scene->processes);
	return true;
}

/* After the end of a scene no RMID is used, and none was given back twice. */
static void scene_clear(struct ktap *ktap, struct scene *scene)
{
	struct rmid_status status;

	processes_cpu_left(scene->processes);
	processes_destroy(scene->processes);
	status = rmid_allocator_status(&scene->allocator);
	KTAP_EXPECT(ktap, !status.used, "%u RMIDs used", status.used);
	KTAP_EXPECT(ktap, !status.counters.refused_frees, "%llu frees refused",
		    status.counters.refused_frees);
	KTAP_EXPECT(ktap, status.counters.freed == status.counters.granted, "%llu of %llu freed",
		    status.counters.freed, status.counters.granted);
	rmid_allocator_destroy(&scene->allocator);
}

static void group_free(struct group *group)
{
	u32 i;

	for (i = 0; i < group->count; i++)
		kfree(group->threads[i]);
	kfree(group->signal);
	memset(group, 0, sizeof(*group));
}

static bool group_make(struct ktap *ktap, struct group *group, s32 tgid, u32 count)
{
	memset(group, 0, sizeof(*group));
	group->signal = kzalloc(sizeof(*group->signal), GFP_KERNEL);
	if (group->signal)
		INIT_LIST_HEAD(&group->signal->thread_head);
	for (; group->signal && group->count < count; group->count++) {
		struct task_struct *task = kzalloc(sizeof(*task), GFP_KERNEL);

		if (!task)
			break;
		group->threads[group->count] = task;
		task->signal = group->signal;
		task->group_leader = group->threads[0];
		task->tgid = tgid;
		snprintf(task->comm, sizeof(task->comm), "t%d.%u", tgid, group->count);
		list_add_tail_rcu(&task->thread_node, &group->signal->thread_head);
	}
	if (KTAP_EXPECT(ktap, group->count == count, "no memory"))
		return true;
	group_free(group);
	return false;
}

/* Returns what the CPU has then, before an interrupt finds this thread on it. */
static u32 switch_to(struct scene *scene, struct task_struct *prev, struct task_struct *next,
		     unsigned int prev_state)
{
	unsigned long flags;
	u32 rmid;

	local_irq_save(flags);
	processes_switch(scene->processes, false, prev, next, prev_state);
	rmid = this_cpu_read(loaded);
	local_irq_restore(flags);
	return rmid;
}

static u32 run(struct scene *scene, struct task_struct *task)
{
	return switch_to(scene, &idle, task, TASK_RUNNING);
}

static void tick(struct scene *scene)
{
	unsigned long flags;

	local_irq_save(flags);
	processes_tick(scene->processes);
	local_irq_restore(flags);
}

/* The steps of a thread's end, in the order in which the kernel takes them */
enum step { TO_EXIT, EXIT_PROBE, NOTIFY, UNHASH, LAST_SWITCH, STEPS };

/* What tasklist_lock is to release_task() */
static DEFINE_SPINLOCK(unhash_lock);

static void take_step(struct scene *scene, struct task_struct *task, enum step step)
{
	switch (step) {
	case TO_EXIT:
		task->flags |= PF_EXITING;
		break;
	case EXIT_PROBE:
		processes_exit(scene->processes, task);
		break;
	case NOTIFY:
		WRITE_ONCE(task->exit_state, EXIT_DEAD);
		break;
	case UNHASH:
		spin_lock(&unhash_lock);
		list_del_rcu(&task->thread_node);
		spin_unlock(&unhash_lock);
		break;
	default:
		switch_to(scene, task, &idle, TASK_DEAD);
	}
}

static void end(struct scene *scene, struct task_struct *task)
{
	enum step step;

	for (step = TO_EXIT; step < STEPS; step++)
		take_step(scene, task, step);
}

static void end_all(struct scene *scene, struct group *group)
{
	u32 i;

	for (i = 0; i < group->count; i++)
		end(scene, group->threads[i]);
	group_free(group);
}

static bool is_used(struct scene *scene, u32 rmid)
{
	return rmid_allocator_view(&scene->allocator, rmid).state == RMID_USED;
}

static const struct processes_policy some = {.max = 64};

/* A child starts as a copy of its parent's task_struct, but for what fork replaces. */
static void fork_inherits_nothing(struct ktap *ktap)
{
	struct group parent, child;
	struct scene scene;
	u32 of_parent, of_child;

	if (!scene_set(ktap, &scene, 8, &some))
		return;
	if (group_make(ktap, &parent, 10, 1) && group_make(ktap, &child, 11, 1)) {
		of_parent = run(&scene, parent.threads[0]);
		KTAP_EXPECT(ktap, of_parent, "%u", of_parent);
		KTAP_EXPECT(ktap, rmid_allocator_status(&scene.allocator).used == 1,
			    "a process that never ran has an RMID");
		of_child = run(&scene, child.threads[0]);
		KTAP_EXPECT(ktap, of_child && of_child != of_parent, "%u and %u", of_parent,
			    of_child);
		end_all(&scene, &child);
		KTAP_EXPECT(ktap, is_used(&scene, of_parent) && !is_used(&scene, of_child),
			    "the child's end was the parent's");
		KTAP_EXPECT(ktap, run(&scene, parent.threads[0]) == of_parent, "lost it");
		end_all(&scene, &parent);
	}
	scene_clear(ktap, &scene);
}

static void threads_share(struct ktap *ktap)
{
	struct processes_status status;
	struct group group;
	struct scene scene;
	u32 rmid, i;

	if (!scene_set(ktap, &scene, 8, &some))
		return;
	if (group_make(ktap, &group, 20, MOST_THREADS)) {
		rmid = run(&scene, group.threads[2]);
		for (i = 0; i < group.count; i++)
			KTAP_EXPECT(ktap, run(&scene, group.threads[i]) == rmid, "thread %u", i);
		for (i = 0; i < group.count; i++) {
			KTAP_EXPECT(ktap, is_used(&scene, rmid), "gone before thread %u", i);
			end(&scene, group.threads[i]);
		}
		KTAP_EXPECT(ktap, !is_used(&scene, rmid), "outlives its process");
		status = processes_status(scene.processes);
		KTAP_EXPECT(ktap, !status.followed, "%llu followed", status.followed);
		group_free(&group);
	}
	scene_clear(ktap, &scene);
}

/* io_uring's workers are threads of their process that no fork event told of. */
static void kernel_threads_and_workers(struct ktap *ktap)
{
	struct group group, kernel;
	struct scene scene;
	u32 rmid;

	if (!scene_set(ktap, &scene, 8, &some))
		return;
	if (group_make(ktap, &group, 30, 2) && group_make(ktap, &kernel, 31, 1)) {
		kernel.threads[0]->flags = PF_KTHREAD;
		group.threads[1]->flags = PF_IO_WORKER;
		rmid = run(&scene, group.threads[0]);
		KTAP_EXPECT(ktap, !run(&scene, kernel.threads[0]), "a kernel thread has one");
		KTAP_EXPECT(ktap, run(&scene, group.threads[1]) == rmid, "a worker has another");
		end(&scene, kernel.threads[0]);
		end(&scene, group.threads[1]);
		KTAP_EXPECT(ktap, is_used(&scene, rmid), "went with the worker");
		KTAP_EXPECT(ktap, run(&scene, group.threads[0]) == rmid, "lost it");
		end(&scene, group.threads[0]);
		KTAP_EXPECT(ktap, !is_used(&scene, rmid), "outlives its process");
		group_free(&kernel);
		group_free(&group);
	}
	scene_clear(ktap, &scene);
}

/* One order of the steps of two threads: bit i set: step i of all is the second's. */
static void end_in_order(struct ktap *ktap, struct scene *scene, unsigned int order)
{
	enum step next[2] = {};
	struct group group;
	unsigned int i, who;
	u32 rmid;

	if (!group_make(ktap, &group, 40, 2))
		return;
	rmid = run(scene, group.threads[0]);
	for (i = 0; i < 2 * STEPS; i++) {
		KTAP_EXPECT(ktap, is_used(scene, rmid), "order %x: gone before step %u", order, i);
		who = order >> i & 1;
		take_step(scene, group.threads[who], next[who]++);
	}
	KTAP_EXPECT(ktap, !is_used(scene, rmid), "order %x: outlives its process", order);
	group_free(&group);
}

static void every_order_of_two_ends(struct ktap *ktap)
{
	struct scene scene;
	unsigned int order, orders = 0;

	if (!scene_set(ktap, &scene, 8, &some))
		return;
	for (order = 0; order < 1 << 2 * STEPS; order++) {
		if (hweight32(order) != STEPS)
			continue;
		end_in_order(ktap, &scene, order);
		orders++;
	}
	KTAP_EXPECT(ktap, orders == 252, "%u", orders);
	KTAP_EXPECT(ktap, rmid_allocator_status(&scene.allocator).counters.freed == orders,
		    "not once each");
	scene_clear(ktap, &scene);
}

/**
 * struct racer - ends one thread when the other racer is as far
 */
struct racer {
	struct scene *scene;
	struct task_struct *task;
	atomic_t *waiting;
	struct completion done;
};

static int race(void *argument)
{
	struct racer *racer = argument;

	processes_cpu_joined(racer->scene->processes);
	run(racer->scene, racer->task);
	atomic_dec(racer->waiting);
	while (atomic_read(racer->waiting))
		cpu_relax();
	end(racer->scene, racer->task);
	kthread_complete_and_exit(&racer->done, 0);
}

#define RACES 200

static void race_once(struct ktap *ktap, struct scene *scene, const unsigned int numbers[2])
{
	struct task_struct *threads[2];
	struct racer racers[2];
	struct group group;
	atomic_t waiting = ATOMIC_INIT(2);
	int i;

	if (!group_make(ktap, &group, 50, 2))
		return;
	for (i = 0; i < 2; i++) {
		racers[i] = (struct racer){scene, group.threads[i], &waiting};
		init_completion(&racers[i].done);
		threads[i] = kthread_create(race, &racers[i], "race/%d", i);
		if (!KTAP_EXPECT(ktap, !IS_ERR(threads[i]), "%ld", PTR_ERR(threads[i])))
			break;
		kthread_bind(threads[i], numbers[i]);
	}
	if (i < 2) {
		if (i)
			kthread_stop(threads[0]);
	} else {
		for (i = 0; i < 2; i++)
			wake_up_process(threads[i]);
		for (i = 0; i < 2; i++)
			wait_for_completion(&racers[i].done);
	}
	group_free(&group);
}

static void last_two_on_two_cpus(struct ktap *ktap)
{
	struct rmid_status status;
	struct scene scene;
	unsigned int numbers[2], i;

	cpus_read_lock();
	numbers[0] = cpumask_first(cpu_online_mask);
	numbers[1] = cpumask_next(numbers[0], cpu_online_mask);
	if (numbers[1] >= nr_cpu_ids) {
		ktap->skip = "needs 2 CPUs";
	} else if (scene_set(ktap, &scene, 8, &some)) {
		for (i = 0; i < RACES; i++)
			race_once(ktap, &scene, numbers);
		status = rmid_allocator_status(&scene.allocator);
		KTAP_EXPECT(ktap, status.counters.freed == RACES, "%llu", status.counters.freed);
		scene_clear(ktap, &scene);
	}
	cpus_read_unlock();
}

/* The others die, the leader's task_struct too; process, tgid and RMID go on. */
static void exec_by_another_than_the_leader(struct ktap *ktap)
{
	struct rmid_info before = {}, after = {};
	struct group group;
	struct scene scene;
	u32 rmid;

	if (!scene_set(ktap, &scene, 8, &some))
		return;
	if (group_make(ktap, &group, 60, 3)) {
		rmid = run(&scene, group.threads[0]);
		rmid_allocator_info(&scene.allocator, rmid, &before);
		KTAP_EXPECT(ktap, !strcmp(before.owner.comm, "t60.0"), "%s", before.owner.comm);
		end(&scene, group.threads[1]);
		end(&scene, group.threads[0]);
		group.threads[2]->group_leader = group.threads[2];
		strscpy(group.threads[2]->comm, "other", sizeof(group.threads[2]->comm));
		processes_exec(scene.processes, group.threads[2]);
		KTAP_EXPECT(ktap, run(&scene, group.threads[2]) == rmid, "another RMID");
		rmid_allocator_info(&scene.allocator, rmid, &after);
		KTAP_EXPECT(ktap,
			    after.owner.tgid == 60 && after.generation == before.generation &&
				    !strcmp(after.owner.comm, "other"),
			    "tgid %d, generation %u, name %s", after.owner.tgid, after.generation,
			    after.owner.comm);
		end(&scene, group.threads[2]);
		KTAP_EXPECT(ktap, !is_used(&scene, rmid), "outlives its process");
		group_free(&group);
	}
	scene_clear(ktap, &scene);
}

/* A dead task that is preempted before its final switch comes back. */
static void preempted_in_death(struct ktap *ktap)
{
	struct group group;
	struct scene scene;
	unsigned long flags;
	u32 rmid;

	if (!scene_set(ktap, &scene, 8, &some))
		return;
	if (group_make(ktap, &group, 70, 1)) {
		rmid = run(&scene, group.threads[0]);
		take_step(&scene, group.threads[0], TO_EXIT);
		take_step(&scene, group.threads[0], EXIT_PROBE);
		take_step(&scene, group.threads[0], NOTIFY);
		local_irq_save(flags);
		processes_switch(scene.processes, true, group.threads[0], &idle, TASK_DEAD);
		local_irq_restore(flags);
		KTAP_EXPECT(ktap, is_used(&scene, rmid), "gone before the final switch");
		KTAP_EXPECT(ktap, run(&scene, group.threads[0]) == rmid, "lost it");
		take_step(&scene, group.threads[0], UNHASH);
		take_step(&scene, group.threads[0], LAST_SWITCH);
		KTAP_EXPECT(ktap, !is_used(&scene, rmid), "outlives its process");
		group_free(&group);
	}
	scene_clear(ktap, &scene);
}

/*
 * A thread past sched_process_exit when its process is met for the first time: its final
 * switch-out takes the count of the other. What is left is bounded by the next tick.
 */
static void exiting_at_load(struct ktap *ktap)
{
	struct group group;
	struct scene scene;
	u32 rmid;

	if (!scene_set(ktap, &scene, 8, &some))
		return;
	if (group_make(ktap, &group, 80, 2)) {
		take_step(&scene, group.threads[0], TO_EXIT);
		KTAP_EXPECT(ktap, !run(&scene, group.threads[0]), "one that exits was given one");
		take_step(&scene, group.threads[0], NOTIFY);
		rmid = run(&scene, group.threads[1]);
		KTAP_EXPECT(ktap, rmid, "the other has none");
		take_step(&scene, group.threads[0], UNHASH);
		take_step(&scene, group.threads[0], LAST_SWITCH);
		KTAP_EXPECT(ktap, is_used(&scene, rmid), "went with one that never had it");
		end(&scene, group.threads[1]);
		KTAP_EXPECT(ktap, !is_used(&scene, rmid), "outlives its process");
		KTAP_EXPECT(ktap, !processes_status(scene.processes).followed, "still followed");
		group_free(&group);
	}
	scene_clear(ktap, &scene);
}

static void more_processes_than_entries(struct ktap *ktap)
{
	const struct processes_policy one = {.max = 1};
	struct processes_status status;
	struct group groups[2];
	struct scene scene;

	if (!scene_set(ktap, &scene, 8, &one))
		return;
	if (group_make(ktap, &groups[0], 90, 1) && group_make(ktap, &groups[1], 91, 1)) {
		KTAP_EXPECT(ktap, run(&scene, groups[0].threads[0]), "the first has none");
		KTAP_EXPECT(ktap, !run(&scene, groups[1].threads[0]), "the second has one");
		status = processes_status(scene.processes);
		KTAP_EXPECT(ktap, status.untracked == 1 && status.followed == 1,
			    "%llu untracked, %llu followed", status.untracked, status.followed);
		end_all(&scene, &groups[0]);
		KTAP_EXPECT(ktap, run(&scene, groups[1].threads[0]), "the entry is not used");
		end_all(&scene, &groups[1]);
	}
	scene_clear(ktap, &scene);
}

static void more_processes_than_rmids(struct ktap *ktap)
{
	struct processes_status status;
	struct group groups[2];
	struct scene scene;

	if (!scene_set(ktap, &scene, 1, &some))
		return;
	if (group_make(ktap, &groups[0], 100, 1) && group_make(ktap, &groups[1], 101, 1)) {
		KTAP_EXPECT(ktap, run(&scene, groups[0].threads[0]) == 1, "the first has none");
		KTAP_EXPECT(ktap, !run(&scene, groups[1].threads[0]), "the second has one");
		udelay(100);
		switch_to(&scene, groups[1].threads[0], groups[0].threads[0], TASK_RUNNING);
		status = processes_status(scene.processes);
		KTAP_EXPECT(ktap, status.refused == 1, "%llu refused", status.refused);
		KTAP_EXPECT(ktap, status.without_ns >= 100000, "%llu ns without",
			    status.without_ns);
		end_all(&scene, &groups[0]);
		KTAP_EXPECT(ktap, run(&scene, groups[1].threads[0]) == 1, "does not ask again");
		end_all(&scene, &groups[1]);
	}
	scene_clear(ktap, &scene);
}

/* This runs in a kernel thread: that is what a tick finds. */
static void a_tick_reasserts(struct ktap *ktap)
{
	struct processes_status status;
	struct group group;
	struct scene scene;

	if (!scene_set(ktap, &scene, 8, &some))
		return;
	if (group_make(ktap, &group, 110, 1)) {
		run(&scene, group.threads[0]);
		tick(&scene);
		KTAP_EXPECT(ktap, !this_cpu_read(loaded), "%u", this_cpu_read(loaded));
		tick(&scene);
		status = processes_status(scene.processes);
		KTAP_EXPECT(ktap, status.reasserted == 1, "%llu", status.reasserted);
		/* Somebody else has written the register, and nothing is switched. */
		this_cpu_write(loaded, 99);
		tick(&scene);
		KTAP_EXPECT(ktap, !this_cpu_read(loaded), "%u", this_cpu_read(loaded));
		status = processes_status(scene.processes);
		KTAP_EXPECT(ktap, status.reasserted == 2, "%llu", status.reasserted);
		end_all(&scene, &group);
	}
	scene_clear(ktap, &scene);
}

/* As if this thread were a user process that the tick interrupts; returns what it has then. */
static u32 tick_meets_user(struct scene *scene)
{
	unsigned long flags;
	u32 rmid;

	local_irq_save(flags);
	current->flags &= ~PF_KTHREAD;
	processes_tick(scene->processes);
	rmid = this_cpu_read(loaded);
	current->flags |= PF_KTHREAD;
	local_irq_restore(flags);
	return rmid;
}

/* What has run since before load is never switched in. */
static void a_tick_settles_who_runs_already(struct ktap *ktap)
{
	struct rmid_info info = {};
	struct scene scene;
	u32 rmid;

	if (!scene_set(ktap, &scene, 8, &some))
		return;
	rmid = tick_meets_user(&scene);
	rmid_allocator_info(&scene.allocator, rmid, &info);
	KTAP_EXPECT(ktap, rmid && info.owner.tgid == current->tgid, "RMID %u of %d", rmid,
		    info.owner.tgid);
	KTAP_EXPECT(ktap, tick_meets_user(&scene) == rmid, "another one at the next tick");
	tick(&scene);
	KTAP_EXPECT(ktap, !this_cpu_read(loaded), "%u", this_cpu_read(loaded));
	scene_clear(ktap, &scene);
}

static void a_tick_gives_to_who_was_refused(struct ktap *ktap)
{
	struct processes_status status;
	struct group group;
	struct scene scene;

	if (!scene_set(ktap, &scene, 1, &some))
		return;
	if (group_make(ktap, &group, 115, 1)) {
		KTAP_EXPECT(ktap, run(&scene, group.threads[0]) == 1, "the first has none");
		KTAP_EXPECT(ktap, !tick_meets_user(&scene), "there is a second one");
		status = processes_status(scene.processes);
		KTAP_EXPECT(ktap, status.refused == 1, "%llu refused", status.refused);
		end_all(&scene, &group);
		KTAP_EXPECT(ktap, tick_meets_user(&scene) == 1, "does not ask at a tick");
		status = processes_status(scene.processes);
		KTAP_EXPECT(ktap, status.without_ns, "no time without");
	}
	scene_clear(ktap, &scene);
}

static void only_joined_cpus_are_written(struct ktap *ktap)
{
	struct group group;
	struct scene scene;

	if (!scene_set(ktap, &scene, 8, &some))
		return;
	if (group_make(ktap, &group, 120, 1)) {
		processes_cpu_left(scene.processes);
		this_cpu_write(loaded, 77);
		run(&scene, group.threads[0]);
		tick(&scene);
		KTAP_EXPECT(ktap, this_cpu_read(loaded) == 77, "%u", this_cpu_read(loaded));
		processes_cpu_joined(scene.processes);
		KTAP_EXPECT(ktap, !this_cpu_read(loaded), "%u", this_cpu_read(loaded));
		KTAP_EXPECT(ktap, run(&scene, group.threads[0]), "none after coming back");
		end_all(&scene, &group);
	}
	scene_clear(ktap, &scene);
}

#define IDLE_MS 500
/* Looks are so far apart at least; a jiffy less, which may be 10 ms. */
#define LOOKS_APART_NS ((IDLE_MS - 10) * NSEC_PER_MSEC)
#define RECLAIMED_WITHIN_NS (60 * NSEC_PER_SEC)

/*
 * Two processes want the RMID of one that idles; who runs all the while keeps its own. Where
 * this thread itself did not run for so long, none ran all the while, and nothing is shown.
 *
 * Return: whether it was shown.
 */
static bool reclaim_from_idler(struct ktap *ktap, struct scene *scene, struct group *busy,
			       struct group *newcomer, struct group *idler)
{
	u64 begin_ns = ktime_get_ns(), ran_ns = begin_ns, now_ns;
	u32 of_busy, of_newcomer = 0, rmid;

	KTAP_EXPECT(ktap, run(scene, idler->threads[0]), "no RMID to begin with");
	of_busy = run(scene, busy->threads[0]);
	do {
		usleep_range(1000, 2000);
		now_ns = ktime_get_ns();
		rmid = run(scene, busy->threads[0]);
		of_newcomer = run(scene, newcomer->threads[0]);
		if (ktime_get_ns() - ran_ns >= LOOKS_APART_NS)
			return false;
		ran_ns = now_ns;
		KTAP_EXPECT(ktap, rmid == of_busy, "was taken");
	} while (!of_newcomer && now_ns - begin_ns < RECLAIMED_WITHIN_NS);
	KTAP_EXPECT(ktap, of_newcomer, "never reclaimed");
	KTAP_EXPECT(ktap, processes_status(scene->processes).reclaimed == 1, "%llu",
		    processes_status(scene->processes).reclaimed);
	rmid = run(scene, idler->threads[0]);
	if (ktime_get_ns() - ran_ns >= LOOKS_APART_NS)
		return false;
	KTAP_EXPECT(ktap, !rmid, "two have one RMID");
	return true;
}

#define TRIES 20

static void idle_processes_are_reclaimed(struct ktap *ktap)
{
	const struct processes_policy reclaim = {.max = 64, .reclaim_idle_ms = IDLE_MS};
	struct group idler, busy, newcomer;
	struct scene scene;
	bool shown = false;
	int i;

	for (i = 0; i < TRIES && !shown; i++) {
		if (!scene_set(ktap, &scene, 2, &reclaim))
			return;
		if (group_make(ktap, &idler, 130, 1) && group_make(ktap, &busy, 131, 1) &&
		    group_make(ktap, &newcomer, 132, 1)) {
			shown = reclaim_from_idler(ktap, &scene, &busy, &newcomer, &idler);
			end_all(&scene, &newcomer);
			end_all(&scene, &busy);
			end_all(&scene, &idler);
		}
		scene_clear(ktap, &scene);
	}
	if (!shown)
		ktap->skip = "this machine stands still for half a second at a time";
}

/* What is still there when the module goes is given back. */
static void destroyed_with_processes_alive(struct ktap *ktap)
{
	struct group group;
	struct scene scene;

	if (!scene_set(ktap, &scene, 8, &some))
		return;
	if (group_make(ktap, &group, 140, 2))
		run(&scene, group.threads[1]);
	scene_clear(ktap, &scene);
	group_free(&group);
}

static void bad_policies(struct ktap *ktap)
{
	static const u32 rows[] = {0, PROCESSES_MAX + 1, U32_MAX};
	struct processes_policy policy = {};
	struct processes *processes;
	struct scene scene = {};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		policy.max = rows[i];
		processes = processes_create(&scene.rdt, &scene.allocator, &policy);
		KTAP_EXPECT(ktap, processes == ERR_PTR(-EINVAL), "row %zu: %p", i, processes);
	}
}

static const struct ktap_case cases[] = {
	{"fork_inherits_nothing", fork_inherits_nothing},
	{"threads_share", threads_share},
	{"kernel_threads_and_workers", kernel_threads_and_workers},
	{"every_order_of_two_ends", every_order_of_two_ends},
	{"last_two_on_two_cpus", last_two_on_two_cpus},
	{"exec_by_another_than_the_leader", exec_by_another_than_the_leader},
	{"preempted_in_death", preempted_in_death},
	{"exiting_at_load", exiting_at_load},
	{"more_processes_than_entries", more_processes_than_entries},
	{"more_processes_than_rmids", more_processes_than_rmids},
	{"a_tick_reasserts", a_tick_reasserts},
	{"a_tick_settles_who_runs_already", a_tick_settles_who_runs_already},
	{"a_tick_gives_to_who_was_refused", a_tick_gives_to_who_was_refused},
	{"only_joined_cpus_are_written", only_joined_cpus_are_written},
	{"idle_processes_are_reclaimed", idle_processes_are_reclaimed},
	{"destroyed_with_processes_alive", destroyed_with_processes_alive},
	{"bad_policies", bad_policies},
};

static int failed = -1;
KTAP_FAILED_PARAMETER(failed);

static int run_cases(void *done)
{
	failed = ktap_run(cases, ARRAY_SIZE(cases));
	kthread_complete_and_exit(done, 0);
}

/* On one CPU, and as a kernel thread: who loads a module is a process with an RMID. */
static int __init processes_test_init(void)
{
	DECLARE_COMPLETION_ONSTACK(done);
	struct task_struct *thread = kthread_create(run_cases, &done, "processes_test");

	if (IS_ERR(thread))
		return PTR_ERR(thread);
	kthread_bind(thread, cpumask_first(cpu_online_mask));
	wake_up_process(thread);
	wait_for_completion(&done);
	return 0;
}

static void __exit processes_test_exit(void)
{
}

module_init(processes_test_init);
module_exit(processes_test_exit);
MODULE_DESCRIPTION("Memory Collector: tests of the RMIDs of processes");
MODULE_LICENSE("GPL");
