/* SPDX-License-Identifier: MIT */
/*
 * From one handle to another, as a relay does it. Built for relays of which
 * most are idle: there is a buffer only while something is on its way. Nothing
 * is received before all of what came before has been sent: so a slow receiver
 * slows the sender down.
 *
 * The fiber stands in one handle's place while it waits on that; of the end of
 * the other it is told by a watch. No splice(2): it would need two descriptors
 * more for each relay, and bytes that are no longer ciphertext cannot be
 * spliced.
 */
#include "socket/stream.h"
#include "stream/stream.h"

#define SIZE ((size_t)64 * 1024)

struct copy {
	struct snt_socket *to;
	struct snt_socket *from;
	struct snt_copy_opts opts;
	struct snt__buffer buffer;
	struct snt__watch from_watch; /* its handle is NULL: it was closed */
	struct snt__watch to_watch;
	struct snt_fiber *fiber;
	int64_t copied;
	bool sending; /* so that a failure names the right end */
};

/* One of them has ended while the fiber may wait on the other, which goes on
 * to exist: so the code is not the one of a close. */
static void tell(struct snt__watch *watch)
{
	struct copy *copy = watch->owner;
	struct snt_fiber *fiber = copy->fiber;
	const struct snt__handle *handle = fiber->waits_on;

	if (handle == NULL || (handle != copy->from_watch.handle &&
			       handle != copy->to_watch.handle))
		return;
	if (!snt__wake(fiber, -ECANCELED))
		fiber->wake_code = -ECANCELED;
}

static void begin_watch(struct copy *copy, struct snt__watch *watch,
			struct snt_socket *socket)
{
	*watch = (struct snt__watch){ .handle = &socket->handle,
				      .tell = tell,
				      .owner = copy };
	snt__watch_add(watch);
}

static bool is_gone(const struct copy *copy)
{
	/* An echo has one handle, and one watch. */
	return copy->from_watch.handle == NULL ||
	       (copy->to != copy->from && copy->to_watch.handle == NULL);
}

static int begin(struct snt_socket *socket, unsigned direction)
{
	int code = snt__call_begin(socket, direction);

	if (code == 0)
		snt__begin_direction(socket, direction);
	return code;
}

static size_t size_of_piece(const struct copy *copy)
{
	size_t size = copy->opts.size > 0 ? copy->opts.size : SIZE;
	uint64_t left = (uint64_t)(copy->opts.limit - copy->copied);

	if (size > SNT__LIMIT_MAX)
		size = SNT__LIMIT_MAX;
	return copy->opts.limit > 0 && left < size ? (size_t)left : size;
}

static ptrdiff_t receive_piece(struct copy *copy)
{
	size_t size = size_of_piece(copy);
	int64_t deadline = 0;
	ptrdiff_t n;

	/* Nothing is received that could not be sent. */
	copy->sending = true;
	n = begin(copy->to, SNT__WRITE);
	if (n < 0)
		return n;
	copy->sending = false;
	n = begin(copy->from, SNT__READ);
	if (n == 0)
		n = snt__buffer_receive(&copy->buffer, copy->from, size, size,
					&deadline);
	return n;
}

static int send_piece(struct copy *copy)
{
	struct snt__buffer *buffer = &copy->buffer;

	copy->sending = true;
	while (snt__buffer_count(buffer) > 0) {
		int64_t deadline = 0;
		ptrdiff_t n = begin(copy->to, SNT__WRITE);

		if (n == 0)
			n = snt__send_some(copy->to, snt__buffer_data(buffer),
					   snt__buffer_count(buffer),
					   &deadline);
		if (n < 0)
			return (int)n;
		snt__buffer_take(buffer, (size_t)n);
		copy->copied += n;
	}
	return 0;
}

static int fail(const struct copy *copy, int code)
{
	const char *what = copy->sending ? "copy to" : "copy from";
	size_t done = (size_t)copy->copied;

	if (is_gone(copy))
		return snt__fail_done(-EBADF, done, "%s this handle",
				      copy->from_watch.handle == NULL
					      ? "copy from"
					      : "copy to");
	return snt__stream_call_fail(copy->sending ? copy->to : copy->from,
				     code, done, what);
}

/* The program's word for it stays, when it left one. */
static int stopped(const struct copy *copy, int code)
{
	struct snt__context *context = snt__context_now();
	size_t done = (size_t)copy->copied;

	if (context->code != code)
		return snt__fail_done(code, done,
				      "copy: stopped by its progress function");
	context->done = done;
	return code;
}

static int end(struct copy *copy)
{
	int code = copy->opts.end ? snt_shutdown(copy->to, SHUT_WR) : 0;

	return code < 0 ? snt__call_fail(copy->to, code, (size_t)copy->copied,
					 "end the copy to")
			: 0;
}

static int copy_all(struct copy *copy)
{
	while (copy->opts.limit == 0 || copy->copied < copy->opts.limit) {
		ptrdiff_t n = receive_piece(copy);

		if (n == 0 && !is_gone(copy))
			return end(copy);
		if (n > 0)
			n = send_piece(copy);
		if (n < 0 || is_gone(copy))
			return fail(copy, (int)n);
		if (copy->opts.progress != NULL)
			n = copy->opts.progress(copy->opts.arg, copy->copied);
		if (n < 0)
			return stopped(copy, (int)n);
		snt__yield_now(snt__self);
		if (is_gone(copy))
			return fail(copy, -EBADF);
	}
	return 0;
}

static int check(const struct copy *copy)
{
	if (copy->to->kind == SNT__DATAGRAM ||
	    copy->from->kind == SNT__DATAGRAM)
		return snt__fail_no_stream("copy");
	if (copy->to->listener != NULL || copy->from->listener != NULL)
		return snt__fail_text(-EOPNOTSUPP,
				      "copy: a listener has no peer; copy "
				      "what snt_accept gives");
	if (copy->opts.limit < 0)
		return snt__fail_text(-EINVAL,
				      "copy: the limit cannot be negative");
	if (copy->opts.end && copy->to->kind == SNT__FILE)
		return snt__fail_text(-EOPNOTSUPP,
				      "copy: only a socket can be ended by "
				      "itself; what is none, by closing it");
	return 0;
}

ptrdiff_t snt_copy(struct snt_socket *to, struct snt_socket *from,
		   const struct snt_copy_opts *opts)
{
	struct copy copy = { .to = to, .from = from };
	int code;

	if (opts != NULL)
		copy.opts = *opts;
	code = check(&copy);
	if (code < 0)
		return code;
	/* A watch can be put only onto a handle of this thread. */
	code = snt__call_begin(from, SNT__READ);
	if (code < 0)
		return snt__call_fail(from, code, 0, "copy from");
	code = snt__call_begin(to, SNT__WRITE);
	if (code < 0)
		return snt__call_fail(to, code, 0, "copy to");
	copy.fiber = snt__fiber_now();
	begin_watch(&copy, &copy.from_watch, from);
	if (to != from)
		begin_watch(&copy, &copy.to_watch, to);
	code = copy_all(&copy);
	snt__watch_remove(&copy.from_watch);
	snt__watch_remove(&copy.to_watch);
	snt__buffer_drop(&copy.buffer);
	return code < 0 ? code : (ptrdiff_t)copy.copied;
}
