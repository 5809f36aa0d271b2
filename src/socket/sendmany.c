/* SPDX-License-Identifier: MIT */
/*
 * Many datagrams in one call, runs of equal ones as one message (GSO). Built for
 * tens to some hundreds a call, most of them to few peers: messages are made up
 * window by window on the stack, some 4 KB of it, and bytes are never copied.
 *
 * GSO is no promise of the kernel: a segment may be too long for the way, or a
 * device may not count checksums. What is refused so goes one by one, and if
 * that works the handle remembers from which size on.
 */
#include "socket/batch.h"
#include "socket/connect.h"
#include "socket/parts.h"
#include "socket/stream.h"

#include <string.h>

#define MESSAGES 16
#define BUFFERS 128
#define CONTROL_BYTES 1024
/* Of one message: before Linux 6.9 64 were the most. */
#define SEGMENTS 64
#define BYTES_MOST 65507

struct window {
	struct mmsghdr messages[MESSAGES];
	uint8_t datagrams[MESSAGES]; /* in each */
	size_t message_count, buffer_count, control_used;
	struct iovec buffers[BUFFERS];
	_Alignas(struct cmsghdr) char control[CONTROL_BYTES];
};

/* A call on its way. */
struct sending {
	struct snt_socket *socket, *part;
	const struct snt_datagram *datagrams;
	size_t count, done;
	size_t limit; /* datagrams below it may go as one */
	bool begun;   /* part and limit are known */
	bool lowered; /* since the last that went */
};

static bool is_run(const struct snt_datagram *datagram)
{
	return datagram->control != NULL &&
	       (datagram->control->has & SNT_CONTROL_SEGMENT);
}

/* The kernel would send the run as a single one. */
static bool cannot_cut(const struct snt_socket *part,
		       const struct snt_datagram *datagram)
{
	return is_run(datagram) && part->segment_bits == SNT__SEGMENT_NONE;
}

static bool same_way(const struct snt_datagram *a, const struct snt_datagram *b)
{
	if (a->control != b->control)
		return false;
	if (a->addr == b->addr)
		return true;
	return a->addr != NULL && b->addr != NULL &&
	       a->addr->size == b->addr->size &&
	       a->addr->size <= sizeof a->addr->sa &&
	       memcmp(&a->addr->sa, &b->addr->sa, a->addr->size) == 0;
}

/* How many go as one, of count. */
static size_t run_of(const struct snt_datagram *first, size_t count,
		     size_t limit)
{
	size_t total = first->size, n = 1;

	if (first->size == 0 || first->size >= limit || is_run(first))
		return 1;
	if (count > SEGMENTS)
		count = SEGMENTS;
	while (n < count && first[n - 1].size == first->size &&
	       first[n].size > 0 && first[n].size <= first->size &&
	       total + first[n].size <= BYTES_MOST &&
	       same_way(first, &first[n]))
		total += first[n++].size;
	return n;
}

/* Neighbours in memory are one buffer. */
static size_t put_buffers(struct iovec *buffers,
			  const struct snt_datagram *datagrams, size_t count)
{
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		struct iovec *last = &buffers[used - (used > 0)];

		if (used > 0 && (char *)last->iov_base + last->iov_len ==
					(char *)datagrams[i].buffer)
			last->iov_len += datagrams[i].size;
		else
			buffers[used++] = (struct iovec){ datagrams[i].buffer,
							  datagrams[i].size };
	}
	return used;
}

static struct snt_socket *part_of(const struct sending *sending,
				  const struct snt_datagram *datagram)
{
	return datagram->addr != NULL
		       ? snt__part_for(sending->socket, datagram->addr)
		       : sending->socket;
}

/* One message of the next of them; how many. 0: the window is full. */
static size_t add_message(struct sending *sending, struct window *window,
			  const struct snt_datagram *next, size_t count)
{
	struct mmsghdr *message = &window->messages[window->message_count];
	size_t room = BUFFERS - window->buffer_count, n, used;
	char *control = window->control + window->control_used;

	if (window->message_count == MESSAGES || room == 0 ||
	    CONTROL_BYTES - window->control_used < SNT__CONTROL_SENT)
		return 0;
	n = run_of(next, count < room ? count : room, sending->limit);
	message->msg_hdr = (struct msghdr){
		.msg_iov = &window->buffers[window->buffer_count],
	};
	used = put_buffers(message->msg_hdr.msg_iov, next, n);
	message->msg_hdr.msg_iovlen = (snt__buffer_count)used;
	window->buffer_count += used;
	if (next->addr != NULL) {
		message->msg_hdr.msg_name = &next->addr->sa;
		message->msg_hdr.msg_namelen = next->addr->size;
	}
	if (next->control != NULL || n > 1) {
		used = snt__control_put(sending->part, next->control,
					n > 1 ? (uint16_t)next->size : 0,
					control);
		message->msg_hdr.msg_control = used > 0 ? control : NULL;
		message->msg_hdr.msg_controllen = (snt__control_size)used;
		window->control_used += used;
	}
	window->datagrams[window->message_count++] = (uint8_t)n;
	return n;
}

/* With those that leave by the same part. */
static void fill(struct sending *sending, struct window *window)
{
	size_t at = sending->done, n = 1;

	window->message_count = 0;
	window->buffer_count = 0;
	window->control_used = 0;
	while (at < sending->count && n > 0) {
		const struct snt_datagram *next = &sending->datagrams[at];

		if (at > sending->done &&
		    (part_of(sending, next) != sending->part ||
		     cannot_cut(sending->part, next)))
			break;
		n = add_message(sending, window, next, sending->count - at);
		at += n;
	}
}

/* Before anything goes, so that a mistake of the caller's is told at once. */
static int check(const struct sending *sending)
{
	bool several = snt__part_count(sending->socket) > 1;
	const struct snt_control *last = NULL;
	int code = 0;

	for (size_t i = 0; code == 0 && i < sending->count; i++) {
		const struct snt_datagram *datagram = &sending->datagrams[i];
		bool seen = datagram->control == last && !several;

		last = datagram->control;
		if (last != NULL && !seen)
			code = snt__control_check(part_of(sending, datagram),
						  last);
	}
	return code;
}

/* Whether what was refused may go one by one; then the limit is lower. */
static bool can_fall_back(struct sending *sending, const struct window *window,
			  int code)
{
	if (window->datagrams[0] < 2 ||
	    (code != -EIO && code != -EINVAL && code != -EMSGSIZE))
		return false;
	sending->limit = sending->datagrams[sending->done].size;
	if (code == -EIO)
		sending->limit = 1;
	sending->lowered = true;
	return true;
}

/* So it was for being one message that they were refused. */
static void remember(struct sending *sending)
{
	struct snt_socket *part = sending->part;

	while (part->segment_bits > SNT__SEGMENT_NONE &&
	       snt__segment_limit(part) > sending->limit)
		part->segment_bits--;
	sending->lowered = false;
}

/* Sends once; how many messages, or why not. 0: they can be tried again. */
static ptrdiff_t try_sendmany(struct sending *sending, struct window *window)
{
	int n;

	fill(sending, window);
	n = snt__io->sendmmsg(sending->part->handle.fd, window->messages,
			      (unsigned)window->message_count, 0);
	for (int i = 0; i < n; i++)
		sending->done += window->datagrams[i];
	if (n > 0 && sending->lowered)
		remember(sending);
	return n < 0 && can_fall_back(sending, window, n) ? 0 : n;
}

static int wait_for_room(struct sending *sending, int64_t *pause,
			 int64_t *deadline)
{
	/* A full receiver's queue cannot be polled for room: unix(7). */
	if (sending->part->family == AF_UNIX &&
	    sending->datagrams[sending->done].addr != NULL)
		return snt__wait_for_room(sending->part, pause, deadline);
	return snt__call_wait(sending->part, SNT__WRITE, deadline);
}

/* Looks at the way of the next of them. */
static int choose_part(struct sending *sending)
{
	const struct snt_datagram *next = &sending->datagrams[sending->done];
	struct snt_socket *part = part_of(sending, next);
	bool many = sending->count - sending->done > 1 || is_run(next);
	int code;

	if (sending->begun && part == sending->part)
		return cannot_cut(part, next) ? -EOPNOTSUPP : 0;
	sending->part = part;
	sending->begun = true;
	sending->limit = 1;
	code = snt__call_begin(part, SNT__WRITE);
	if (code == 0 && many && part->family != AF_UNIX) {
		code = snt__batch_probe(part);
		if (code == 0)
			sending->limit = snt__segment_limit(part);
	}
	return code == 0 && cannot_cut(part, next) ? -EOPNOTSUPP : code;
}

static ptrdiff_t send_some(struct sending *sending)
{
	int64_t deadline = 0, pause = SNT__ROOM_PAUSE;
	struct window window;
	ptrdiff_t n = 0;

	window.message_count = 0;
	while (n >= 0 && sending->done < sending->count) {
		n = choose_part(sending);
		if (n == 0)
			n = try_sendmany(sending, &window);
		if (n == -EAGAIN && sending->done == 0)
			n = wait_for_room(sending, &pause, &deadline);
		/* Asked again, the kernel would tell what stopped it, and the
		 * next call would not hear of it. */
		else if (n > 0 && (size_t)n < window.message_count &&
			 window.datagrams[n] < 2)
			break;
	}
	return sending->done > 0 ? (ptrdiff_t)sending->done : n;
}

static ptrdiff_t send_failed(const struct sending *sending, int code)
{
	char text[SNT_ADDR_TEXT];

	if (sending->datagrams[0].addr == NULL)
		return snt__call_fail(sending->socket, code, 0, "sendmany to");
	snt_addr_format(sending->datagrams[0].addr, text, sizeof text);
	return snt__fail(code, "sendmany to %s", text);
}

ptrdiff_t snt_sendmany(struct snt_socket *socket,
		       const struct snt_datagram *datagrams, size_t count)
{
	struct sending sending = { .socket = socket,
				   .datagrams = datagrams,
				   .count = count };
	ptrdiff_t n = snt__check_datagram(socket, "sendmany");

	if (n == 0)
		n = check(&sending);
	if (n < 0)
		return n;
	/* The first part stands for all of them. */
	n = snt__handle_claim(snt__thread_now(), &socket->handle);
	if (n == 0)
		n = send_some(&sending);
	if (n < 0)
		return send_failed(&sending, (int)n);
	snt__spend(snt__self);
	return n;
}

ptrdiff_t snt_send_datagram(struct snt_socket *socket,
			    const struct snt_datagram *datagram)
{
	ptrdiff_t n = snt_sendmany(socket, datagram, 1);

	return n < 0 ? n : (ptrdiff_t)datagram->size;
}
