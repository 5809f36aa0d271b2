/* SPDX-License-Identifier: MIT */
/*
 * Waiting for any of several sockets. Built for a handful, given anew at each
 * call; a selector is for many. All that are ready are told, and the poller is
 * asked once in a call that need not wait too, so none can hide the others.
 * A handle that is known not to be ready costs no system call.
 */
#include "socket/parts.h"

#include "base/alloc.h"
#include "socket/layer.h"

#include <sennit/wait.h>

/* So many watches stand on the stack. */
#define FEW 8

static int check(const struct snt_wait *waits, size_t count)
{
	if (count == 0)
		return snt__fail_text(-EINVAL, "wait for any of no sockets");
	for (size_t i = 0; i < count; i++) {
		struct snt_socket *socket = waits[i].socket;
		unsigned events = waits[i].events;
		int code;

		if (socket == NULL)
			return snt__fail_text(
				-EINVAL, "wait for any: no socket in %zu", i);
		if (events == 0 ||
		    (events & ~(SNT_READABLE | SNT_WRITABLE)) != 0)
			return snt__fail_text(-EINVAL,
					      "wait for any: events 0x%x of "
					      "%zu are neither readable nor "
					      "writable",
					      events, i);
		code = snt__handle_claim(snt__self, &socket->handle);
		if (code == 0 && (((events & SNT_READABLE) &&
				   socket->handle.reader != NULL) ||
				  ((events & SNT_WRITABLE) &&
				   socket->handle.writer != NULL)))
			code = -EBUSY;
		if (code < 0)
			return snt__call_fail(socket, code, 0, "wait for any,");
	}
	return 0;
}

/* The watches stand in the order of waits, a server's one after the other. */
static void watch_all(const struct snt_wait *waits, size_t count,
		      struct snt__watch *watches)
{
	size_t total = 0;

	for (size_t i = 0; i < count; i++)
		total += snt__parts_watch(waits[i].socket, waits[i].events,
					  &watches[total]);
}

/* The poller is worth asking before the sockets are looked at. */
static bool any_may_be_ready(const struct snt__watch *watches, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (watches[i].handle->ready & watches[i].directions)
			return true;
	return false;
}

/* Nothing else runs between this and the return: what is told is true when the
 * caller reads it. 1: one of them is ready. Then what the handles say is true of all. */
static int look_at_all(const struct snt__watch *watches, size_t count)
{
	bool found = false;

	for (size_t i = 0; i < count; i++) {
		int code = snt__watch_look(&watches[i]);

		if (code < 0)
			return code;
		found |= code != 0;
	}
	return found;
}

/*
 * A layer may have to write before it can be read, or the other way round: then
 * its socket stands there once more, to wake us. Not where that direction has
 * its fiber, who does it. Returns how many watches there are.
 */
static size_t watch_layers(struct snt__watch *watches, size_t count)
{
	size_t total = count;

	for (size_t i = 0; i < count; i++) {
		struct snt__handle *handle = watches[i].handle;
		unsigned wants = snt__layer_wants(
			SNT__CONTAINER(handle, struct snt_socket, handle),
			watches[i].directions);

		if ((wants == SNT__READ && handle->reader == NULL) ||
		    (wants == SNT__WRITE && handle->writer == NULL))
			watches[total++] = (struct snt__watch){
				.handle = handle,
				.directions = (uint8_t)wants,
			};
	}
	return total;
}

static int wait_until_ready(struct snt__watch *watches, size_t count)
{
	int64_t deadline = any_may_be_ready(watches, count) ? 0 : SNT_FOREVER;
	size_t total = count;
	int code;

	do {
		if (deadline != 0)
			total = watch_layers(watches, count);
		code = snt__wait_any(watches, total, deadline);
		if (code == 0)
			code = look_at_all(watches, count);
		deadline = SNT_FOREVER;
	} while (code == 0);
	return code;
}

static int tell(struct snt_wait *waits, size_t count,
		const struct snt__watch *watches)
{
	int found = 0;

	for (size_t i = 0; i < count; i++) {
		waits[i].ready = 0;
		for (size_t n = snt__part_count(waits[i].socket); n > 0; n--)
			waits[i].ready |= watches++->handle->ready;
		waits[i].ready &= waits[i].events;
		found += waits[i].ready != 0;
	}
	return found;
}

int snt_wait_any(struct snt_wait *waits, size_t count)
{
	struct snt__watch few[FEW], *watches = few;
	struct snt__thread *thread = snt__thread_now();
	size_t total = 0, layered = 0;
	int code;

	code = snt__enter(thread->current);
	if (code < 0)
		return snt__fail(code, "wait for any of %zu", count);
	code = check(waits, count);
	if (code < 0)
		return code;
	for (size_t i = 0; i < count; i++) {
		total += snt__part_count(waits[i].socket);
		layered += waits[i].socket->kind == SNT__LAYERED;
	}
	if (total + layered > FEW)
		watches = snt__alloc_array(total + layered, sizeof *watches);
	if (watches == NULL)
		return snt__fail(-ENOMEM, "wait for any of %zu", count);
	watch_all(waits, count, watches);
	code = wait_until_ready(watches, total);
	if (code > 0)
		code = tell(waits, count, watches);
	if (watches != few)
		snt__free(watches);
	return code < 0 ? snt__fail(code, "wait for any of %zu", count) : code;
}
