/* SPDX-License-Identifier: MIT */
/*
 * Edge-triggered epoll(7).
 *
 * Built for many connections of which few are active at a time. A handle is
 * registered at its first wait, for reading only, since writers seldom wait;
 * a direction once asked for stays. Between two waits of the thread the whole
 * batch of events is turned into ready fibers before any fiber runs, so no
 * event is left that could name a handle closed meanwhile.
 */
#include "base/alloc.h"
#include "io/io.h"
#include "io/poller.h"
#include "io/system_call.h"

#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

/* More of them would leave the cache before their fibers ran. */
#define BATCH 64

/* How far ahead the handle, and then its reader, are called into the cache. */
#define AHEAD_HANDLE 8
#define AHEAD_READER 4

static int epoll_open(struct snt__poller *poller)
{
	poller->slots = snt__alloc_array(BATCH, sizeof(struct epoll_event));
	if (poller->slots == NULL)
		return -ENOMEM;
	poller->capacity = BATCH;
	poller->fd = epoll_create1(EPOLL_CLOEXEC);
	if (poller->fd < 0) {
		int code = -errno;

		snt__free(poller->slots);
		poller->slots = NULL;
		return code;
	}
	return 0;
}

static int epoll_arm(struct snt__poller *poller, struct snt__handle *handle,
		     unsigned directions)
{
	unsigned all = handle->registered | directions;
	struct epoll_event event = { .events = EPOLLET, .data.ptr = handle };
	int how = EPOLL_CTL_MOD, code;

	if (all == handle->registered)
		return 0;
	if (all & SNT__READ)
		event.events |= EPOLLIN | EPOLLRDHUP | EPOLLPRI;
	if (all & SNT__WRITE)
		event.events |= EPOLLOUT;
	if (handle->registered == 0)
		how = EPOLL_CTL_ADD;
	code = snt__call_epoll_ctl(poller->fd, how, handle->fd, &event);
	if (code < 0)
		return code == -EPERM ? 1 : code;
	handle->registered = (uint8_t)all;
	return 0;
}

/* Edges cost nothing while nobody waits. */
static void epoll_disarm(struct snt__poller *poller, struct snt__handle *handle,
			 unsigned directions)
{
	(void)poller;
	(void)handle;
	(void)directions;
}

/* Close alone would leave the registration behind wherever a forked child or
 * a duplicate keeps the file open. */
static void epoll_forget(struct snt__poller *poller, struct snt__handle *handle)
{
	if (handle->registered == 0)
		return;
	snt__call_epoll_ctl(poller->fd, EPOLL_CTL_DEL, handle->fd, NULL);
	handle->registered = 0;
}

static unsigned directions_of(uint32_t events)
{
	unsigned directions = 0;

	if (events & EPOLLIN)
		directions |= SNT__READ;
	if (events & EPOLLOUT)
		directions |= SNT__WRITE;
	if (events & (EPOLLRDHUP | EPOLLPRI))
		directions |= SNT__READ | SNT__ODD;
	if (events & (EPOLLERR | EPOLLHUP))
		directions |= SNT__READ | SNT__WRITE | SNT__ODD;
	return directions;
}

/* Never -EINTR: interrupted, it has found nothing. */
static int wait_for_events(struct snt__poller *poller, int64_t deadline)
{
	int64_t duration = 0;
	struct timespec left;
	int count;

	if (deadline != SNT_FOREVER && deadline > 0)
		duration = deadline - snt__io->now();
	if (deadline == SNT_FOREVER || duration <= 0) {
		count = snt__call_epoll_wait(poller->fd, poller->slots, BATCH,
					     deadline == SNT_FOREVER ? -1 : 0);
		return count == -EINTR ? 0 : count;
	}
#ifdef __GLIBC__
	left.tv_sec = duration / SNT_SECOND;
	left.tv_nsec = duration % SNT_SECOND;
	count = epoll_pwait2(poller->fd, poller->slots, BATCH, &left, NULL);
	if (count >= 0)
		return count;
	if (errno != ENOSYS && errno != EPERM)
		return errno == EINTR ? 0 : -errno;
#endif
	(void)left;
	/* Rounded up: waking early would only mean waiting twice. */
	duration = (duration + SNT_MILLISECOND - 1) / SNT_MILLISECOND;
	count = snt__call_epoll_wait(poller->fd, poller->slots, BATCH,
				     duration > INT32_MAX ? INT32_MAX
							  : (int)duration);
	return count == -EINTR ? 0 : count;
}

static int epoll_poll(struct snt__poller *poller, int64_t deadline,
		      void (*fire)(struct snt__handle *handle,
				   unsigned directions))
{
	const struct epoll_event *events = poller->slots;
	int count = wait_for_events(poller, deadline);

	if (count < 0)
		return count;
	for (int i = 0; i < count && i < AHEAD_HANDLE; i++)
		__builtin_prefetch(events[i].data.ptr);
	for (int i = 0; i < count; i++) {
		if (i + AHEAD_HANDLE < count)
			__builtin_prefetch(events[i + AHEAD_HANDLE].data.ptr);
		if (i + AHEAD_READER < count) {
			const struct snt__handle *soon =
				events[i + AHEAD_READER].data.ptr;

			__builtin_prefetch(soon->reader, 1);
		}
		fire(events[i].data.ptr, directions_of(events[i].events));
	}
	return 0;
}

static void epoll_close(struct snt__poller *poller)
{
	close(poller->fd);
	snt__free(poller->slots);
	poller->slots = NULL;
}

const struct snt__poller_ops snt__epoll_poller = {
	.name = "epoll",
	.open = epoll_open,
	.arm = epoll_arm,
	.disarm = epoll_disarm,
	.forget = epoll_forget,
	.wait = epoll_poll,
	.close = epoll_close,
	/* The set lives on in the parent, with all that is registered. */
	.abandon = epoll_close,
};
