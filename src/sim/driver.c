/* SPDX-License-Identifier: MIT */
/*
 * Whose turn it is. A thread gives its turn away only where it asks its poller,
 * so between two such places it is alone in the world, as a fiber is on its
 * thread.
 */
#include "sim/driver.h"

#include "base/alloc.h"
#include "fiber/registry.h"
#include "fiber/switch.h"
#include "io/sim/links.h"
#include "io/sim/poller.h"

#include <stdio.h>
#include <string.h>

/* A thread that only looks, and finds that nobody else may run, has so many
 * looks before each takes a while: whoever waits by looking gets there, too. */
#define LOOKS 1000
#define LOOK SNT_MICROSECOND

static struct snt__sim_runner *runner_of(struct snt__sim_thread *thread)
{
	return SNT__CONTAINER(thread, struct snt__sim_runner, sim);
}

static void set_now(struct snt__sim_world *world, int64_t now)
{
	if (now > world->now) {
		world->now = now;
		world->calls_now = 0;
	}
}

/* Which of the ready fibers runs next, and none other after it without
 * asking again. */
static void shuffle(struct snt__thread *thread)
{
	struct snt_sim *sim = snt__sim_now_running();
	struct snt_fiber *before = NULL, *chosen = thread->ready;
	uint64_t skip;

	thread->turn = 1;
	if (thread->ready_count < 2)
		return;
	for (skip = snt__sim_below(&sim->dice, thread->ready_count); skip > 0;
	     skip--) {
		before = chosen;
		chosen = chosen->next;
	}
	if (before == NULL)
		return;
	before->next = chosen->next;
	if (thread->ready_last == chosen)
		thread->ready_last = before;
	chosen->next = thread->ready;
	thread->ready = chosen;
}

/* Blocks of memory are counted for the host whose code runs. */
static ptrdiff_t blocks_now(const struct snt_sim *sim)
{
	return snt__alloc_balance() - (ptrdiff_t)sim->world.blocks;
}

static void enter(struct snt_sim *sim, struct snt__sim_runner *runner)
{
	struct snt__thread *thread = &runner->fibers;

	sim->world.thread = &runner->sim;
	snt__self = thread;
	snt__context = &thread->current->context;
	sim->began = blocks_now(sim);
}

static void leave(struct snt_sim *sim, struct snt__sim_runner *runner)
{
	runner->sim.host->blocks += blocks_now(sim) - sim->began;
	sim->world.thread = NULL;
	snt__self = sim->home;
	snt__context = &sim->caller->context;
}

void snt__sim_stand_in(struct snt__sim_stand *before,
		       struct snt__sim_runner *runner)
{
	before->self = snt__self;
	before->context = snt__context;
	before->thread = snt__sim_world->thread;
	snt__self = &runner->fibers;
	snt__context = &runner->fibers.current->context;
	snt__sim_world->thread = &runner->sim;
}

void snt__sim_stand_back(const struct snt__sim_stand *before)
{
	snt__self = before->self;
	snt__context = before->context;
	snt__sim_world->thread = before->thread;
}

/* From the loop to a thread, which comes back by step_out. */
static void step_in(struct snt_sim *sim, struct snt__sim_runner *runner)
{
	enter(sim, runner);
#ifdef SNT__SANITIZER
	snt__sanitizer_leave(&sim->caller->sanitizer,
			     &runner->fibers.current->sanitizer, 0);
#endif
	snt__switch(&sim->place, runner->place);
#ifdef SNT__SANITIZER
	snt__sanitizer_arrive(&sim->caller->sanitizer,
			      &runner->fibers.current->sanitizer);
#endif
	leave(sim, runner);
}

static void step_out(struct snt_sim *sim, struct snt__sim_runner *runner,
		     bool ends)
{
	(void)ends;
#ifdef SNT__SANITIZER
	snt__sanitizer_leave(&runner->fibers.current->sanitizer,
			     &sim->caller->sanitizer, ends);
#endif
	snt__switch(&runner->place, sim->place);
#ifdef SNT__SANITIZER
	snt__sanitizer_arrive(&runner->fibers.current->sanitizer,
			      &sim->caller->sanitizer);
#endif
}

static void ring(struct snt__sim_event *event)
{
	snt__sim_wake(SNT__CONTAINER(event, struct snt__sim_thread, alarm));
}

/* The clock of who only looks: to the next event at most. */
static void pass_a_look(struct snt__sim_world *world)
{
	const struct snt__heap_node *next = snt__heap_first(&world->events);
	int64_t now = world->now + LOOK;

	if (++world->calls_now < LOOKS)
		return;
	world->now = next != NULL && next->key < now ? next->key : now;
}

static void wait(int64_t deadline)
{
	struct snt_sim *sim = snt__sim_now_running();
	struct snt__sim_world *world = &sim->world;
	struct snt__sim_runner *self = runner_of(world->thread);

	if (deadline <= world->now) {
		if (!self->sim.awake && world->awake_count == 0)
			pass_a_look(world);
		snt__sim_wake(&self->sim);
	} else if (!self->sim.awake && deadline != SNT_FOREVER) {
		snt__sim_at(&self->sim.alarm, deadline, ring);
	}
	step_out(sim, self, false);
	snt__sim_not(&self->sim.alarm);
}

static uint64_t fiber(const char **name)
{
	const struct snt_fiber *current = snt__self->current;

	*name = current == &snt__self->main
			? runner_of(snt__sim_world->thread)->name
			: current->name;
	return current->number & ((UINT64_C(1) << 40) - 1);
}

/* The last of a thread, on its own stack; its poller and mailbox are the
 * library's, and go as they do on any thread. */
static void end_thread(struct snt_sim *sim, struct snt__sim_runner *self)
{
	struct snt_sim_host *host = snt__sim_host_of(self->sim.host);

	snt__context_reset(&self->fibers.main.context);
	snt__thread_take_down();
	self->ended = true;
	snt__self = &self->fibers;
	if (self->joiner != NULL)
		snt__sim_wake(&self->joiner->sim);
	if (--host->threads == 0)
		host->running = false;
	sim->alive--;
	step_out(sim, self, true);
	__builtin_unreachable();
}

static void run_thread(void *arg)
{
	struct snt__sim_runner *self = arg;
	struct snt_sim *sim = snt__sim_now_running();

#ifdef SNT__SANITIZER
	snt__sanitizer_arrive(&self->fibers.main.sanitizer,
			      &sim->caller->sanitizer);
#endif
	self->fn(self->arg);
	end_thread(sim, self);
}

/* What lies between a new thread and its first step: its scheduler, with the
 * poller open, so that even its first sleep is the world's. */
static int set_up(struct snt__sim_runner *made)
{
	struct snt__sim_stand before = { snt__self, snt__context,
					 snt__sim_world->thread };
	int code;

	snt__sim_world->thread = &made->sim;
	snt__thread_set_up(&made->fibers);
	if (!snt__sim_now_running()->opts->in_order)
		made->fibers.shuffle = shuffle;
	code = snt__thread_open_poller(&made->fibers);
	snt__sim_stand_back(&before);
	return code;
}

static int start(struct snt__sim_host *host, struct snt__sim_thread **thread,
		 void (*fn)(void *arg), void *arg, const char *name)
{
	struct snt_sim *sim = snt__sim_now_running();
	struct snt__sim_runner *made = snt__sim_alloc(sizeof *made);
	int code;

	made->fn = fn;
	made->arg = arg;
	snprintf(made->name, sizeof made->name, "%s", name);
	snt__sim_own_begin(sim);
	code = snt__stack_take(&sim->stacks, 0, &made->stack);
	snt__sim_own_end(sim);
	if (code < 0) {
		snt__sim_free(made);
		return -ENOMEM;
	}
	made->place = snt__switch_prepare(snt__stack_top(&made->stack) - 64,
					  run_thread, made);
	snt__sim_thread_init(&made->sim, host);
	if (set_up(made) < 0)
		snt__sim_fail("memory", "no poller for a thread of %s",
			      host->name);
	made->fibers.main.stack = made->stack;
#ifdef SNT__SANITIZER
	snt__sanitizer_create(&made->fibers.main.sanitizer, &made->stack);
#endif
	snt__sim_host_of(host)->threads++;
	sim->alive++;
	snt__sim_wake(&made->sim);
	*thread = &made->sim;
	return 0;
}

static void free_runner(struct snt_sim *sim, struct snt__sim_runner *runner)
{
	snt__list_remove(&runner->sim.in_world);
#ifdef SNT__SANITIZER
	snt__sanitizer_destroy(&runner->fibers.main.sanitizer);
#endif
	snt__sim_own_begin(sim);
	snt__stack_give(&sim->stacks, &runner->stack);
	snt__sim_own_end(sim);
	snt__sim_free(runner);
}

static void join(struct snt__sim_thread *thread)
{
	struct snt_sim *sim = snt__sim_now_running();
	struct snt__sim_runner *runner = runner_of(thread);

	runner->joiner = runner_of(sim->world.thread);
	while (!runner->ended)
		wait(SNT_FOREVER);
	free_runner(sim, runner);
}

static void detach(struct snt__sim_thread *thread)
{
	runner_of(thread)->detached = true;
}

const struct snt__sim_driver snt__sim_threads = {
	.wait = wait,
	.start = start,
	.join = join,
	.detach = detach,
	.fiber = fiber,
};

static struct snt__sim_runner *choose(struct snt_sim *sim)
{
	struct snt__link *link = sim->world.awake.next;
	uint64_t skip = 0;

	if (sim->world.awake_count > 1 && !sim->opts->in_order)
		skip = snt__sim_below(&sim->dice, sim->world.awake_count);
	while (skip-- > 0)
		link = link->next;
	return runner_of(
		SNT__CONTAINER(link, struct snt__sim_thread, in_awake));
}

static void run_one(struct snt_sim *sim)
{
	struct snt__sim_runner *runner = choose(sim);
	struct snt_sim_host *host = snt__sim_host_of(runner->sim.host);

	snt__list_remove(&runner->sim.in_awake);
	sim->world.awake_count--;
	runner->sim.awake = false;
	if (!runner->ended)
		step_in(sim, runner);
	if (!runner->ended)
		return;
	if (runner->sim.awake) {
		snt__list_remove(&runner->sim.in_awake);
		sim->world.awake_count--;
	}
	if (runner->detached)
		free_runner(sim, runner);
	if (host->runner != NULL && !host->running)
		snt__sim_program_ended(host);
}

/* After every event, between the programs' steps. */
static void check_all(struct snt_sim *sim)
{
	for (struct snt__link *link = sim->checks.next;
	     link != &sim->checks && !sim->world.failed; link = link->next) {
		struct snt__sim_check *check =
			SNT__CONTAINER(link, struct snt__sim_check, link);

		if (!check->check(check->arg))
			snt__sim_fail(check->name, "the check does not hold");
	}
}

static bool go_on(struct snt_sim *sim)
{
	struct snt__sim_world *world = &sim->world;
	const struct snt__heap_node *next = snt__heap_first(&world->events);

	if (next == NULL) {
		snt__sim_tell_deadlock(sim);
		return false;
	}
	set_now(world, next->key);
	if (world->now <= sim->time_limit)
		return true;
	snt__sim_fail("time limit", "it still goes on");
	return false;
}

void snt__sim_turn(struct snt_sim *sim)
{
	struct snt__sim_world *world = &sim->world;
	bool was_failed = world->failed;

	while (sim->alive > 0 && world->failed == was_failed) {
		if (world->awake_count > 0)
			run_one(sim);
		else if (!go_on(sim))
			break;
		snt__sim_settle();
		check_all(sim);
		if (++world->event_count > sim->event_limit) {
			snt__sim_fail("event limit", "it still goes on");
			break;
		}
	}
}

void snt__sim_abandon(struct snt_sim *sim)
{
	for (struct snt__link *link = sim->world.threads.next;
	     link != &sim->world.threads; link = link->next) {
		struct snt__sim_runner *runner = runner_of(
			SNT__CONTAINER(link, struct snt__sim_thread, in_world));

		if (runner->ended)
			continue;
		snt__registry_leave(&runner->fibers);
		snt__stacks_release(&runner->fibers.stacks);
	}
}

void snt__sim_free_abandoned(struct snt_sim *sim)
{
	struct snt__link *link;

	while ((link = snt__list_first(&sim->world.threads)) != NULL) {
		snt__list_remove(link);
		snt__sim_free(runner_of(SNT__CONTAINER(
			link, struct snt__sim_thread, in_world)));
	}
}
