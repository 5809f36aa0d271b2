/* SPDX-License-Identifier: MIT */
/* Looked through from end to end: only for what is rare. */
#include "fiber/registry.h"

#include <pthread.h>

static struct {
	pthread_mutex_t lock;
	struct snt__link threads;
	uint64_t last;
} registry = { .lock = PTHREAD_MUTEX_INITIALIZER,
	       .threads = { &registry.threads, &registry.threads } };

void snt__registry_join(struct snt__thread *thread)
{
	pthread_mutex_lock(&registry.lock);
	thread->id = ++registry.last;
	snt__list_append(&registry.threads, &thread->in_registry);
	pthread_mutex_unlock(&registry.lock);
}

void snt__registry_leave(struct snt__thread *thread)
{
	pthread_mutex_lock(&registry.lock);
	snt__list_remove(&thread->in_registry);
	pthread_mutex_unlock(&registry.lock);
}

void snt__registry_begin_anew(void)
{
	/* Another thread of the parent's may have held it. */
	pthread_mutex_init(&registry.lock, NULL);
	snt__list_init(&registry.threads);
}

/* With the lock held. */
static struct snt__thread *find(uint64_t id)
{
	struct snt__link *link;

	for (link = registry.threads.next; link != &registry.threads;
	     link = link->next) {
		struct snt__thread *thread =
			SNT__CONTAINER(link, struct snt__thread, in_registry);

		if (thread->id == id)
			return thread;
	}
	return NULL;
}

bool snt__registry_has(uint64_t id)
{
	bool has;

	pthread_mutex_lock(&registry.lock);
	has = find(id) != NULL;
	pthread_mutex_unlock(&registry.lock);
	return has;
}

bool snt__registry_post(uint64_t id, struct snt__letter *letter,
			void (*asleep)(struct snt__letter *letter))
{
	struct snt__thread *thread;

	pthread_mutex_lock(&registry.lock);
	thread = find(id);
	if (thread != NULL && !snt__mailbox_post(&thread->mailbox, letter) &&
	    asleep != NULL)
		asleep(letter);
	pthread_mutex_unlock(&registry.lock);
	return thread != NULL;
}

void snt__registry_pass(void)
{
	pthread_mutex_lock(&registry.lock);
	pthread_mutex_unlock(&registry.lock);
}
