/* SPDX-License-Identifier: MIT */
/*
 * Waiting in a simulated world. A handle is registered at its first wait and
 * told of edges from then on, as by epoll with EPOLLET: what sleeps for want of
 * an edge in the simulation would sleep on a kernel, too.
 *
 * Every wait, also one that only looks, gives the driver the chance to let
 * other threads run.
 */
#include "io/sim/poller.h"

#include "io/sim/links.h"

struct registration {
	struct snt__link in_file;
	struct snt__link in_thread;
	struct snt__link in_pending; /* of the thread, while told is not 0 */
	struct snt__sim_thread *thread;
	struct snt__handle *handle;
	unsigned asked;
	unsigned told;
};

void snt__sim_thread_init(struct snt__sim_thread *thread,
			  struct snt__sim_host *host)
{
	thread->host = host;
	thread->number = ++snt__sim_world->thread_count;
	snt__list_init(&thread->registrations);
	snt__list_init(&thread->pending);
	snt__list_append(&snt__sim_world->threads, &thread->in_world);
}

void snt__sim_wake(struct snt__sim_thread *thread)
{
	if (thread->awake)
		return;
	thread->awake = true;
	if (thread->host->paused)
		return;
	snt__list_append(&snt__sim_world->awake, &thread->in_awake);
	snt__sim_world->awake_count++;
}

static struct registration *find(const struct snt__sim_file *file,
				 const struct snt__handle *handle)
{
	for (struct snt__link *link = file->registrations.next;
	     link != &file->registrations; link = link->next) {
		struct registration *made =
			SNT__CONTAINER(link, struct registration, in_file);

		if (made->handle == handle)
			return made;
	}
	return NULL;
}

static void tell(struct registration *registration, unsigned directions)
{
	directions &= registration->asked | SNT__ODD;
	if ((directions & (SNT__READ | SNT__WRITE)) == 0)
		return;
	if (registration->told == 0)
		snt__list_append(&registration->thread->pending,
				 &registration->in_pending);
	registration->told |= directions;
	snt__sim_wake(registration->thread);
}

static void drop(struct registration *registration)
{
	snt__list_remove(&registration->in_file);
	snt__list_remove(&registration->in_thread);
	if (registration->told != 0)
		snt__list_remove(&registration->in_pending);
	snt__sim_free(registration);
}

void snt__sim_file_stir(struct snt__sim_file *file, unsigned directions)
{
	for (struct snt__link *link = file->registrations.next;
	     link != &file->registrations; link = link->next)
		tell(SNT__CONTAINER(link, struct registration, in_file),
		     directions);
}

void snt__sim_file_unwatch(struct snt__sim_file *file)
{
	struct snt__link *link;

	while ((link = snt__list_first(&file->registrations)) != NULL)
		drop(SNT__CONTAINER(link, struct registration, in_file));
}

static int sim_open(struct snt__poller *poller)
{
	poller->fd = -1;
	return 0;
}

static int sim_arm(struct snt__poller *poller, struct snt__handle *handle,
		   unsigned directions)
{
	struct snt__sim_file *file = snt__sim_fd_file(handle->fd);
	struct registration *made;

	(void)poller;
	/* Closed behind our back: the try tells. */
	if (file == NULL)
		return 1;
	if ((directions & ~(unsigned)handle->registered) == 0)
		return 0;
	made = find(file, handle);
	if (made == NULL) {
		made = snt__sim_alloc(sizeof *made);
		made->thread = snt__sim_world->thread;
		made->handle = handle;
		snt__list_append(&file->registrations, &made->in_file);
		snt__list_append(&made->thread->registrations,
				 &made->in_thread);
	}
	made->asked |= directions;
	handle->registered |= (uint8_t)directions;
	tell(made, file->ops->ready(file));
	return 0;
}

static void sim_disarm(struct snt__poller *poller, struct snt__handle *handle,
		       unsigned directions)
{
	(void)poller;
	(void)handle;
	(void)directions;
}

static void sim_forget(struct snt__poller *poller, struct snt__handle *handle)
{
	struct snt__sim_file *file = snt__sim_fd_file(handle->fd);
	struct registration *made = file != NULL ? find(file, handle) : NULL;

	(void)poller;
	if (made != NULL)
		drop(made);
	handle->registered = 0;
}

static int sim_wait(struct snt__poller *poller, int64_t deadline,
		    void (*fire)(struct snt__handle *handle,
				 unsigned directions))
{
	struct snt__sim_thread *thread = snt__sim_world->thread;
	struct snt__link *link;

	(void)poller;
	snt__sim_settle();
	snt__sim_world->driver->wait(
		snt__list_empty(&thread->pending) ? deadline : 0);
	while ((link = snt__list_first(&thread->pending)) != NULL) {
		struct registration *made =
			SNT__CONTAINER(link, struct registration, in_pending);
		unsigned told = made->told;

		snt__list_remove(link);
		made->told = 0;
		fire(made->handle, told);
	}
	return 0;
}

void snt__sim_thread_unwatch(struct snt__sim_thread *thread)
{
	struct snt__link *link;

	while ((link = snt__list_first(&thread->registrations)) != NULL)
		drop(SNT__CONTAINER(link, struct registration, in_thread));
}

static void sim_close(struct snt__poller *poller)
{
	(void)poller;
	snt__sim_thread_unwatch(snt__sim_world->thread);
}

const struct snt__poller_ops snt__sim_poller = {
	.name = "sim",
	.levels = false,
	.open = sim_open,
	.arm = sim_arm,
	.disarm = sim_disarm,
	.forget = sim_forget,
	.wait = sim_wait,
	.close = sim_close,
	.abandon = sim_close,
};
