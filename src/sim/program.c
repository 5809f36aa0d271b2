/* SPDX-License-Identifier: MIT */
/* A host's program: started, told to stop, killed, and what it leaves behind. */
#include "sim/driver.h"

#include "fiber/group.h"
#include "io/sim/file.h"
#include "io/sim/links.h"

#include <sennit/addr.h>
#include <sennit/inspect.h>
#include <sennit/sync.h>
#include <stdio.h>
#include <string.h>

/* A main has room for more than a fiber has. */
#define MAIN_STACK ((size_t)256 * 1024)

static int run_fiber(void *arg)
{
	struct snt_sim_host *host = arg;

	host->result = host->fn(host->arg);
	return host->result;
}

/* As the host's own thread would, at once. */
static void cancel(struct snt_sim_host *host)
{
	struct snt__sim_stand before;

	if (host->group == NULL)
		return;
	snt__sim_stand_in(&before, host->runner);
	snt_group_cancel(host->group);
	snt__sim_stand_back(&before);
	snt__sim_wake(&host->runner->sim);
}

static void tell_left(void *arg, const struct snt_fiber_info *info)
{
	const struct snt_sim_host *host = arg;

	/* The thread's own runs just now. */
	if (strcmp(info->waits, "running") != 0)
		snt__sim_fail("leak",
			      "%s ended while its fiber %s waits for %s",
			      host->sim.name, info->name, info->waits);
}

/* The thread's own fiber only waits: so the program's can be cancelled, and
 * what it has opened ends before the thread does. */
static void run_program(void *arg)
{
	const struct snt_spawn_opts opts = { .name = "main",
					     .stack_size = MAIN_STACK };
	const struct snt_group_opts alone = { .keep_going = true };
	struct snt_sim_host *host = arg;
	struct snt_group *group;
	int code = snt_group_open(&group, &alone);

	if (code < 0)
		snt__sim_fail("memory", "no group for %s", host->sim.name);
	if (code == 0)
		host->result = code = snt__spawn(group, run_fiber, host, &opts);
	host->runner->sim.immune = false;
	host->group = group;
	if (host->stopped || host->killed)
		snt_group_cancel(group);
	if (code == 0)
		code = snt_group_wait(group);
	host->runner->sim.immune = true;
	host->group = NULL;
	snt_group_end(group);
	snt__sim_jobs_leave(&host->sim);
	if (code < 0 && !host->killed)
		snt__sim_fail("program", "%s: %s", host->sim.name,
			      snt_errmsg());
	snt_fibers(tell_left, host);
}

int snt_sim_start(struct snt_sim_host *host, int (*fn)(void *arg), void *arg)
{
	struct snt__sim_thread *thread;
	int code;

	if (host->running)
		return snt__fail_text(-EBUSY,
				      "start of a program on %s: one runs "
				      "there already",
				      host->sim.name);
	host->fn = fn;
	host->arg = arg;
	host->stopped = host->killed = false;
	host->result = 0;
	code = snt__sim_threads.start(&host->sim, &thread, run_program, host,
				      "main");
	if (code < 0)
		return snt__fail(code, "start of a program on %s",
				 host->sim.name);
	host->sim.up = host->sim.number > 0;
	host->sim.dying = host->sim.number == 0;
	host->runner = SNT__CONTAINER(thread, struct snt__sim_runner, sim);
	host->runner->sim.immune = true;
	host->runner->detached = true;
	host->started = host->running = true;
	snt_event_clear(host->ended);
	snt__sim_trace(&host->sim, "starts", 0, 0, " ");
	return 0;
}

int snt_sim_join(struct snt_sim_host *host, int *result)
{
	int code;

	if (!host->started)
		return snt__fail_text(-EINVAL,
				      "join of %s: nothing was started there",
				      host->sim.name);
	code = snt_event_wait(host->ended);
	if (code == 0 && result != NULL)
		*result = host->result;
	return code;
}

void snt_sim_stop(struct snt_sim_host *host)
{
	host->stopped = true;
	snt__sim_trace(&host->sim, "stopped", 0, 0, " ");
	cancel(host);
}

void snt_sim_kill(struct snt_sim_host *host)
{
	if (!host->running || host->killed || host->sim.number == 0)
		return;
	host->killed = true;
	snt__sim_host_kill(&host->sim);
	snt_sim_resume(host);
	cancel(host);
}

void snt_sim_signal(struct snt_sim_host *host, int number)
{
	if (!host->running || host->killed || host->sim.number == 0)
		return;
	snt__sim_trace(&host->sim, "signal", number, 0, "%d", number);
	if (snt__sim_signals_deliver(&host->sim, number))
		return;
	host->killed = true;
	snt__sim_host_crash(&host->sim);
	snt_sim_resume(host);
	cancel(host);
}

/* Takes the host's threads that may run out of the queue, or back in. */
static void hold(struct snt_sim_host *host, bool paused)
{
	struct snt__sim_world *world = snt__sim_world;

	if (host->sim.paused == paused)
		return;
	snt__sim_trace(&host->sim, paused ? "paused" : "resumed", 0, 0, " ");
	host->sim.paused = paused;
	for (struct snt__link *link = world->threads.next;
	     link != &world->threads; link = link->next) {
		struct snt__sim_thread *thread =
			SNT__CONTAINER(link, struct snt__sim_thread, in_world);

		if (thread->host != &host->sim || !thread->awake)
			continue;
		if (paused) {
			snt__list_remove(&thread->in_awake);
			world->awake_count--;
		} else {
			thread->awake = false;
			snt__sim_wake(thread);
		}
	}
}

void snt_sim_pause(struct snt_sim_host *host)
{
	hold(host, true);
}

void snt_sim_resume(struct snt_sim_host *host)
{
	hold(host, false);
}

/* "tcp 10.0.0.1:80": what was left open. */
static void tell_file(struct snt__sim_file *file, char *text, size_t size)
{
	char name[SNT_ADDR_TEXT] = "";
	struct snt_addr addr;

	if (file->ops->getsockname != NULL &&
	    file->ops->getsockname(file, &addr) == 0)
		snt_addr_format(&addr, name, sizeof name);
	snprintf(text, size, "%s %s%s", file->ops->kind, name,
		 file->listening ? " (listening)" : "");
}

static void look_for_leaks(struct snt_sim_host *host)
{
	char text[SNT_ADDR_TEXT + 48] = "";

	if (host->sim.file_count > 0) {
		for (size_t i = 3; i < host->sim.file_room && !text[0]; i++)
			if (host->sim.files[i] != NULL)
				tell_file(host->sim.files[i], text,
					  sizeof text);
		snt__sim_fail("leak",
			      "%s ended with %zu descriptors open, first %s",
			      host->sim.name, host->sim.file_count, text);
	}
	if (host->sim.blocks != 0)
		snt__sim_fail("leak",
			      "%s ended and left %td blocks of the library's "
			      "memory (a handle, a group or the like was "
			      "not closed)",
			      host->sim.name, host->sim.blocks);
}

/* Whoever waits for it may be on any thread, and is told by letter: so any
 * that lives may post it. */
static void tell_joiners(struct snt_sim *sim, struct snt_sim_host *host)
{
	for (struct snt__link *link = sim->world.threads.next;
	     link != &sim->world.threads; link = link->next) {
		struct snt__sim_runner *runner = SNT__CONTAINER(
			SNT__CONTAINER(link, struct snt__sim_thread, in_world),
			struct snt__sim_runner, sim);
		struct snt__sim_stand before;

		if (runner->ended)
			continue;
		snt__sim_stand_in(&before, runner);
		snt_event_set(host->ended);
		snt__sim_stand_back(&before);
		snt__sim_wake(&runner->sim);
		return;
	}
}

static void stop_all(struct snt_sim *sim)
{
	for (struct snt__link *link = sim->world.hosts.next;
	     link != &sim->world.hosts; link = link->next) {
		struct snt_sim_host *host = snt__sim_host_of(
			SNT__CONTAINER(link, struct snt__sim_host, in_world));

		if (host->running && !host->stopped)
			snt_sim_stop(host);
		snt_sim_resume(host);
	}
}

void snt__sim_program_ended(struct snt_sim_host *host)
{
	struct snt_sim *sim = snt__sim_now_running();

	snt__sim_trace(&host->sim, "ended", host->result, 0, "%d",
		       host->result);
	if (!sim->world.failed)
		look_for_leaks(host);
	snt__sim_fd_close_all(&host->sim);
	host->sim.blocks = 0;
	host->runner = NULL;
	tell_joiners(sim, host);
	if (host == sim->director)
		stop_all(sim);
}

void snt__sim_kill_all(struct snt_sim *sim)
{
	for (struct snt__link *link = sim->world.hosts.next;
	     link != &sim->world.hosts; link = link->next) {
		struct snt_sim_host *host = snt__sim_host_of(
			SNT__CONTAINER(link, struct snt__sim_host, in_world));

		snt_sim_kill(host);
		snt_sim_resume(host);
	}
	sim->director->killed = true;
	cancel(sim->director);
}
