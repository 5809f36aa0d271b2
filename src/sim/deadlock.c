/* SPDX-License-Identifier: MIT */
/* Who waits for what will never come: each fiber of each thread, in a line. */
#include "sim/driver.h"

#include <sennit/inspect.h>
#include <stdio.h>

struct list {
	const struct snt__sim_host *host;
	const char *thread; /* whose own fiber comes next; NULL: none does */
	char text[512];
	size_t length;
};

/* A program's own thread only waits for its fiber. */
static void add(void *arg, const struct snt_fiber_info *info)
{
	struct list *list = arg;
	size_t left = sizeof list->text - list->length;
	const char *thread = list->thread;
	int length;

	list->thread = NULL;
	if (left < 2 || (thread != NULL && thread[0] == '\0'))
		return;
	length = snprintf(list->text + list->length, left,
			  "%s%s: %s waits for %s", list->length > 0 ? "; " : "",
			  list->host->name,
			  thread != NULL ? thread : info->name, info->waits);
	list->length += (size_t)length < left ? (size_t)length : left - 1;
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
		struct snt__sim_stand before;

		if (runner->ended)
			continue;
		list.host = thread->host;
		list.thread = runner->name;
		snt__sim_stand_in(&before, runner);
		if (thread->host->paused) {
			struct snt_fiber_info info = { .waits = "a resume" };

			list.thread = "everything";
			add(&list, &info);
		} else {
			if (runner == snt__sim_host_of(thread->host)->runner)
				list.thread = "";
			snt_fibers(add, &list);
		}
		snt__sim_stand_back(&before);
	}
	snt__sim_fail("deadlock", "%s", list.text);
}
