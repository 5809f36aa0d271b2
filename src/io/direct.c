/* SPDX-License-Identifier: MIT */
/*
 * poll(2) over the handles that are waited for now.
 *
 * Built for a lone thread, which waits for one or two descriptors at a time:
 * then there is nothing to set up and nothing to take down, and the pollfds
 * stand on the stack. With many fibers it stays right and is O(n) a wait; a
 * thread that has many moves to epoll. Reports levels, not edges: what it
 * reports is ready now.
 *
 * One thing is no level that a try could clear: the error queue of a socket
 * with IP_RECVERR, MSG_ZEROCOPY or time stamps (POLLERR until the program has
 * read it with MSG_ERRQUEUE). poll(2) has no way not to ask for POLLERR, so such
 * a handle would spin. At its second bare POLLERR in a row it goes to an
 * edge-triggered epoll set, made then, whose descriptor is polled in its place.
 */
#include "base/alloc.h"
#include "io/io.h"
#include "io/poller.h"
#include "io/system_call.h"

#include <poll.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

/* As many as one connection race waits for at a time. */
#define FEW 16

static int direct_open(struct snt__poller *poller)
{
	poller->armed_count = 0;
	poller->fd = -1;
	poller->slots = NULL;
	poller->capacity = 0;
	snt__list_init(&poller->armed);
	return 0;
}

/* Room is taken here, where there is somebody to tell that there is none. */
static int make_room(struct snt__poller *poller)
{
	/* One more, for the set of edges. */
	size_t wanted = poller->armed_count + 2;
	struct pollfd *slots;

	if (wanted <= FEW + 1 || wanted <= poller->capacity)
		return 0;
	slots = snt__realloc_array(poller->slots, 2 * wanted, sizeof *slots);
	if (slots == NULL)
		return -ENOMEM;
	poller->slots = slots;
	poller->capacity = 2 * wanted;
	return 0;
}

static int direct_arm(struct snt__poller *poller, struct snt__handle *handle,
		      unsigned directions)
{
	if (handle->wanted == 0) {
		int code = make_room(poller);

		if (code < 0)
			return code;
		poller->armed_count++;
		snt__list_append(&poller->armed, &handle->link);
	}
	handle->wanted |= (uint8_t)directions;
	return 0;
}

static void direct_disarm(struct snt__poller *poller,
			  struct snt__handle *handle, unsigned directions)
{
	if (handle->wanted == 0)
		return;
	handle->wanted &= (uint8_t)~directions;
	if (handle->wanted == 0) {
		poller->armed_count--;
		snt__list_remove(&handle->link);
	}
}

static void direct_forget(struct snt__poller *poller,
			  struct snt__handle *handle)
{
	direct_disarm(poller, handle, SNT__READ | SNT__WRITE);
	if (handle->odd & SNT__ERRORS) {
		handle->odd &= (uint8_t)~SNT__ERRORS;
		snt__call_epoll_ctl(poller->fd, EPOLL_CTL_DEL, handle->fd,
				    NULL);
	}
}

static short poll_events(unsigned wanted)
{
	short events = 0;

	if (wanted & SNT__READ)
		events |= POLLIN | POLLRDHUP;
	if (wanted & SNT__WRITE)
		events |= POLLOUT;
	return events;
}

static unsigned directions_of(short revents)
{
	unsigned directions = 0;

	if (revents & POLLIN)
		directions |= SNT__READ;
	if (revents & POLLOUT)
		directions |= SNT__WRITE;
	if (revents & (POLLRDHUP | POLLPRI))
		directions |= SNT__READ | SNT__ODD;
	/* Whoever tries will be told what happened. POLLNVAL: closed behind our
	 * back; the try answers -EBADF. */
	if (revents & (POLLERR | POLLHUP | POLLNVAL))
		directions |= SNT__READ | SNT__WRITE | SNT__ODD;
	return directions;
}

/* poll(2) counts milliseconds, ppoll(2) nanoseconds. */
static int poll_until(struct pollfd *slots, size_t count, int64_t deadline)
{
	struct timespec time = { 0 };
	int64_t left;

	if (deadline == SNT_FOREVER)
		return ppoll(slots, count, NULL, NULL);
	left = deadline - snt__io->now();
	if (left > 0) {
		time.tv_sec = left / SNT_SECOND;
		time.tv_nsec = left % SNT_SECOND;
	}
	return ppoll(slots, count, &time, NULL);
}

/* How long to stay away from a handle that cannot be watched for edges. */
#define PAUSE (10 * SNT_MILLISECOND)

/* The event that is there already comes as an edge too, and does no harm. */
static void watch_edges(struct snt__poller *poller, struct snt__handle *handle)
{
	struct epoll_event event = { .events = EPOLLET | EPOLLIN | EPOLLOUT |
					       EPOLLRDHUP | EPOLLPRI,
				     .data.ptr = handle };
	int code = -EBADF;

	if (poller->fd < 0)
		poller->fd = epoll_create1(EPOLL_CLOEXEC);
	if (poller->fd >= 0)
		code = snt__call_epoll_ctl(poller->fd, EPOLL_CTL_ADD,
					   handle->fd, &event);
	if (code == 0)
		handle->odd |= SNT__ERRORS;
	else
		poll_until(NULL, 0, snt__io->now() + PAUSE);
}

static void fire_edges(struct snt__poller *poller,
		       void (*fire)(struct snt__handle *handle,
				    unsigned directions))
{
	struct epoll_event events[FEW] = { 0 };
	int count = snt__call_epoll_wait(poller->fd, events, FEW, 0);

	/* Both kinds of events are the same bits. */
	for (int i = 0; i < count; i++)
		fire(events[i].data.ptr,
		     directions_of((short)events[i].events));
}

static size_t fill_slots(const struct snt__poller *poller, struct pollfd *slots)
{
	size_t count = 0;

	for (const struct snt__link *link = poller->armed.next;
	     link != &poller->armed; link = link->next) {
		const struct snt__handle *handle =
			SNT__CONTAINER(link, struct snt__handle, link);

		/* poll(2) passes a negative one over. */
		slots[count++] = (struct pollfd){
			.fd = handle->odd & SNT__ERRORS ? -1 : handle->fd,
			.events = poll_events(handle->wanted)
		};
	}
	if (poller->fd >= 0)
		slots[count++] =
			(struct pollfd){ .fd = poller->fd, .events = POLLIN };
	return count;
}

static int direct_wait(struct snt__poller *poller, int64_t deadline,
		       void (*fire)(struct snt__handle *handle,
				    unsigned directions))
{
	struct pollfd few[FEW + 1], *slots = few;
	struct snt__link *link = poller->armed.next;
	size_t count;
	int fired;

	if (poller->armed_count > FEW)
		slots = poller->slots;
	count = fill_slots(poller, slots);
	fired = poll_until(slots, count, deadline);
	if (fired < 0)
		return errno == EINTR ? 0 : -errno;
	/* fire may disarm nothing: the list stands still until fibers run. */
	for (size_t i = 0; link != &poller->armed; i++, link = link->next) {
		struct snt__handle *handle =
			SNT__CONTAINER(link, struct snt__handle, link);

		if (slots[i].revents == 0)
			continue;
		if (slots[i].revents != POLLERR)
			handle->odd &= (uint8_t)~SNT__ERROR;
		else if (handle->odd & SNT__ERROR)
			watch_edges(poller, handle);
		else
			handle->odd |= SNT__ERROR;
		fire(handle, directions_of(slots[i].revents));
	}
	if (poller->fd >= 0 && slots[count - 1].fd == poller->fd &&
	    slots[count - 1].revents != 0)
		fire_edges(poller, fire);
	return 0;
}

static void direct_close(struct snt__poller *poller)
{
	snt__free(poller->slots);
	poller->slots = NULL;
	poller->capacity = 0;
	if (poller->fd >= 0)
		close(poller->fd);
}

const struct snt__poller_ops snt__direct_poller = {
	.name = "direct",
	.levels = true,
	.open = direct_open,
	.arm = direct_arm,
	.disarm = direct_disarm,
	.forget = direct_forget,
	.wait = direct_wait,
	.close = direct_close,
	.abandon = direct_close,
};
