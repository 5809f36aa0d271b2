/* SPDX-License-Identifier: MIT */
/* Who waits for what will never come: each fiber of each thread, in a line. */
#include "sim/driver.h"

#include <sennit/inspect.h>
#include <stdio.h>

struct list {
	const struct snt__sim_host *host;
	char text[512];
	size_t length;
};

static void add(void *arg, const struct snt_fiber_info *info)
{
	struct list *list = arg;
	size_t left = sizeof list->text - list->length;
	int length;

	/* The thread's own fiber only waits for the program's. */
	if (info == NULL || left < 2)
		return;
	length = snprintf(list->text + list->length, left,
			  "%s%s: %s waits for %s", list->length > 0 ? "; " : "",
			  list->host->name, info->name, info->waits);
	list->length += (size_t)length < left ? (size_t)length : left - 1;
}

static void add_but_first(void *arg, const struct snt_fiber_info *info)
{
	struct list **list = arg;

	/* The first is the thread's own. */
	if (list[1] != NULL)
		add(list[0], info);
	list[1] = list[0];
}

void snt__sim_tell_deadlock(struct snt_sim *sim)
{
	struct list list = { .length = 0 };

	for (struct snt__link *link = sim->world.threads.next;
	     link != &sim->world.threads; link = link->next) {
		struct snt__sim_thread *thread =
			SNT__CONTAINER(link, struct snt__sim_thread, in_world);
		struct snt__sim_runner *runner =
			SNT__CONTAINER(thread, struct snt__sim_runner, sim);
		struct list *lists[2] = { &list, NULL };
		struct snt__sim_stand before;

		if (runner->ended)
			continue;
		list.host = thread->host;
		snt__sim_stand_in(&before, runner);
		if (thread->host->paused) {
			struct snt_fiber_info info = { .name = "everything",
						       .waits = "a resume" };

			add(&list, &info);
		} else if (runner == snt__sim_host_of(thread->host)->runner) {
			snt_fibers(add_but_first, lists);
		} else {
			snt_fibers(add, &list);
		}
		snt__sim_stand_back(&before);
	}
	snt__sim_fail("deadlock", "%s", list.text);
}
