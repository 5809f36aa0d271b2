/* SPDX-License-Identifier: MIT */
/*
 * Messages of several buffers, with control data, on streams and datagrams
 * alike. Built for a few buffers a call. The caller's message and iovecs are
 * never changed but for the answers; a header of our own is made for each try,
 * since recvmsg(2) writes into it.
 */
#include "socket/message.h"

#include "socket/connect.h"
#include "socket/layer.h"
#include "socket/parts.h"
#include "socket/stream.h"

#include <limits.h>
#include <sennit/message.h>

/* What a caller may ask; the kernel takes others that would keep the buffer
 * (MSG_ZEROCOPY), connect (MSG_FASTOPEN) or wait by themselves. */
#define SEND_FLAGS                                                             \
	(MSG_MORE | MSG_EOR | MSG_CONFIRM | MSG_DONTROUTE | MSG_NOSIGNAL)
#define RECV_FLAGS (MSG_PEEK | MSG_TRUNC | MSG_ERRQUEUE | MSG_CMSG_CLOEXEC)

/* How many buffers of a long list are handed to the kernel at a time. */
#define WINDOW 32

static int check(const struct snt_socket *socket,
		 const struct snt_message *message, int allowed,
		 const char *what)
{
	bool control = message->control != NULL && message->control_size > 0;
	int flags = message->flags;

	if (socket->kind == SNT__FILE)
		return snt__call_fail(socket, -ENOTSOCK, 0, what);
	if (flags & MSG_OOB)
		return snt__fail_text(
			-EOPNOTSUPP,
			"%s: urgent data (MSG_OOB) is not supported, RFC 6093 "
			"advises against it; receive it among the rest with "
			"snt_setsockopt SO_OOBINLINE",
			what);
	if (socket->kind == SNT__LAYERED && control)
		return snt__layer_refuse(socket, what);
	if (flags & ~allowed)
		return snt__fail_text(-EINVAL,
				      "%s: flag %#x is not possible here", what,
				      (unsigned)(flags & ~allowed));
	return 0;
}

/* Their size, or -EINVAL. */
static ptrdiff_t add_up(const struct snt_message *message, size_t most,
			const char *what)
{
	size_t size = 0;

	if (message->buffer_count > most)
		return snt__fail_text(-EINVAL,
				      "%s: %zu buffers, at most %zu at once",
				      what, message->buffer_count, most);
	if (message->control_size > INT_MAX)
		return snt__fail_text(-EINVAL,
				      "%s: more control data than any kernel "
				      "takes",
				      what);
	for (size_t i = 0; i < message->buffer_count; i++)
		if (__builtin_add_overflow(size, message->buffers[i].iov_len,
					   &size) ||
		    size > PTRDIFF_MAX)
			return snt__fail_text(-EINVAL,
					      "%s: more bytes than a count can "
					      "say",
					      what);
	return (ptrdiff_t)size;
}

static struct msghdr header_of(const struct snt_message *message)
{
	return (struct msghdr){
		.msg_iov = (struct iovec *)message->buffers,
		.msg_iovlen = (snt__buffer_count)message->buffer_count,
		.msg_control = message->control,
		.msg_controllen =
			(snt__control_size)(message->control != NULL
						    ? message->control_size
						    : 0),
	};
}

static ptrdiff_t try_sendmsg(struct snt_socket *socket,
			     struct snt__outgoing *out)
{
	struct snt__handle *handle = &socket->handle;
	ptrdiff_t n;

	if (socket->kind == SNT__LAYERED)
		return snt__layer_sendmsg(socket, &out->header);
	if (socket->kind != SNT__DATAGRAM && !(handle->ready & SNT__WRITE))
		return -EAGAIN;
	n = snt__io->sendmsg(handle->fd, &out->header, out->flags);
	/* The handle itself is open; and -EBADF would say that it is not. */
	if (n == -EBADF && out->header.msg_controllen > 0) {
		out->bad_fd = true;
		return -EINVAL;
	}
	if (n < 0 && n != -EAGAIN)
		return snt__remember(socket, n, out->size);
	if (n == -EAGAIN || (socket->kind == SNT__TCP && (size_t)n < out->size))
		handle->ready &= (uint8_t)~SNT__WRITE;
	return n;
}

ptrdiff_t snt__send_message(struct snt_socket *socket,
			    struct snt__outgoing *out,
			    const struct snt_addr *addr, int64_t *deadline)
{
	int64_t pause = SNT__ROOM_PAUSE;

	for (;;) {
		ptrdiff_t n = try_sendmsg(socket, out);

		if (n != -EAGAIN)
			return n;
		/* A full receiver's queue cannot be polled for room: unix(7). */
		if (addr != NULL && socket->family == AF_UNIX)
			n = snt__wait_for_room(socket, &pause, deadline);
		else
			n = snt__call_wait(socket, SNT__WRITE, deadline);
		if (n < 0)
			return n;
	}
}

static int send_failed(const struct snt_socket *socket,
		       const struct snt__outgoing *out, int code, size_t done,
		       const struct snt_message *message, const char *what)
{
	char text[SNT_ADDR_TEXT];

	if (out->bad_fd)
		return snt__fail_done(code, done,
				      "%s: a descriptor to send is not open",
				      what);
	if (message->addr == NULL)
		return snt__call_fail(socket, code, done, what);
	snt_addr_format(message->addr, text, sizeof text);
	return snt__fail_done(code, done, "%s %s", what, text);
}

ptrdiff_t snt_sendmsg(struct snt_socket *socket,
		      const struct snt_message *message)
{
	struct snt__outgoing out = { .header = header_of(message),
				     .flags = message->flags };
	struct snt_socket *part = socket;
	int64_t deadline = 0;
	size_t sent = 0;
	ptrdiff_t n = check(socket, message, SEND_FLAGS, "sendmsg");

	if (n == 0)
		n = add_up(message, IOV_MAX, "sendmsg");
	if (n < 0)
		return n;
	out.size = (size_t)n;
	if (message->addr != NULL) {
		out.header.msg_name = &message->addr->sa;
		out.header.msg_namelen = message->addr->size;
	}
	/* The first part stands for all of them. */
	n = snt__handle_claim(snt__thread_now(), &socket->handle);
	if (n == 0 && message->addr != NULL)
		part = snt__part_for(socket, message->addr);
	if (n == 0)
		n = snt__call_begin(part, SNT__WRITE);
	if (n == 0) {
		snt__begin_direction(part, SNT__WRITE);
		n = snt__send_message(part, &out, message->addr, &deadline);
	}
	if (n > 0) {
		sent = (size_t)n;
		n = snt__send_rest(part, &deadline);
	}
	if (n < 0)
		return send_failed(socket, &out, (int)n, sent, message,
				   "sendmsg to");
	snt__spend(snt__self);
	return (ptrdiff_t)sent;
}

/* What is left of a list of buffers, some of it at a time. */
struct rest {
	const struct iovec *next;
	size_t count;
	size_t skip; /* bytes of the first that have gone */
	struct iovec window[WINDOW];
};

static void fill_window(struct rest *rest, struct snt__outgoing *out)
{
	size_t count = rest->count < WINDOW ? rest->count : WINDOW;
	struct iovec *window = rest->window;
	size_t skip = rest->skip;

	out->header.msg_iov = window;
	out->header.msg_iovlen = (snt__buffer_count)count;
	out->size = 0;
	for (size_t i = 0; i < count; i++) {
		window[i].iov_base = (char *)rest->next[i].iov_base + skip;
		window[i].iov_len = rest->next[i].iov_len - skip;
		out->size += window[i].iov_len;
		skip = 0;
	}
}

static void advance(struct rest *rest, size_t sent)
{
	while (rest->count > 0 && sent >= rest->next->iov_len - rest->skip) {
		sent -= rest->next->iov_len - rest->skip;
		rest->skip = 0;
		rest->next++;
		rest->count--;
	}
	rest->skip += sent;
}

static ptrdiff_t send_rest(struct snt_socket *socket, struct rest *rest,
			   struct snt__outgoing *out, size_t size, size_t *done)
{
	int64_t deadline = 0;

	while (*done < size) {
		ptrdiff_t n;

		fill_window(rest, out);
		n = snt__send_message(socket, out, NULL, &deadline);
		if (n < 0)
			return n;
		*done += (size_t)n;
		advance(rest, (size_t)n);
		/* It went with the first byte. */
		out->header.msg_controllen = 0;
	}
	return snt__send_rest(socket, &deadline);
}

int snt_sendmsg_all(struct snt_socket *socket,
		    const struct snt_message *message)
{
	struct snt__outgoing out = { .header = header_of(message),
				     .flags = message->flags };
	struct rest rest = { .next = message->buffers,
			     .count = message->buffer_count };
	size_t size = 0, done = 0;
	ptrdiff_t n = check(socket, message, SEND_FLAGS, "sendmsg_all");

	if (n == 0 && socket->kind == SNT__DATAGRAM)
		return snt__fail_no_stream("sendmsg_all");
	if (n == 0 && message->addr != NULL)
		return snt__fail_text(-EINVAL,
				      "sendmsg_all: a stream has one peer, and "
				      "takes no address");
	if (n == 0)
		n = add_up(message, SIZE_MAX, "sendmsg_all");
	if (n == 0 && out.header.msg_controllen > 0)
		return snt__fail_text(-EINVAL,
				      "sendmsg_all: control data needs a byte "
				      "to go with");
	if (n < 0)
		return (int)n;
	size = (size_t)n;
	n = snt__call_begin(socket, SNT__WRITE);
	if (n == 0) {
		snt__begin_direction(socket, SNT__WRITE);
		advance(&rest, 0);
		n = send_rest(socket, &rest, &out, size, &done);
	}
	if (n < 0)
		return send_failed(socket, &out, (int)n, done, message,
				   "sendmsg_all to");
	snt__spend(snt__self);
	return 0;
}

const struct cmsghdr *snt__control_next(const struct msghdr *header,
					size_t *offset)
{
	size_t left = header->msg_controllen - *offset, space;
	const struct cmsghdr *item;

	if (left < CMSG_LEN(0))
		return NULL;
	item = (const void *)((const char *)header->msg_control + *offset);
	if (item->cmsg_len < CMSG_LEN(0) || item->cmsg_len > left)
		return NULL;
	space = CMSG_SPACE(item->cmsg_len - CMSG_LEN(0));
	*offset += space < left ? space : left;
	return item;
}

static ptrdiff_t try_recvmsg(struct snt_socket *part, void *arg)
{
	struct snt__incoming *in = arg;
	struct msghdr header = in->header;
	ptrdiff_t n;

	if (part->kind == SNT__LAYERED) {
		n = snt__layer_recvmsg(part, &header, in->flags);
		if (n >= 0)
			in->header = header;
		return n;
	}
	n = snt__io->recvmsg(part->handle.fd, &header, in->flags);
	if (snt__is_end(part, n)) {
		header.msg_namelen = 0;
		header.msg_controllen = 0;
		header.msg_flags = 0;
		n = 0;
	}
	if (n >= 0) {
		in->header = header;
		if (in->listener != NULL)
			in->listener->heard = part;
	}
	if (n > 0 && part->kind == SNT__TCP && (size_t)n < in->size &&
	    !part->handle.odd && !(in->flags & MSG_PEEK))
		part->handle.ready &= (uint8_t)~SNT__READ;
	return n > 0 ? n : snt__remember(part, n, in->size);
}

/* Never waits, and is in nobody's way. */
static ptrdiff_t take_error(struct snt_socket *socket, struct snt__incoming *in)
{
	struct snt__thread *thread = snt__thread_now();
	ptrdiff_t n = snt__enter(thread->current);

	if (n == 0)
		n = snt__handle_claim(thread, &socket->handle);
	return n < 0 ? n
		     : snt__io->recvmsg(socket->handle.fd, &in->header,
					in->flags);
}

ptrdiff_t snt__recv_message(struct snt_socket *socket, struct snt__incoming *in)
{
	int64_t deadline = 0;

	in->listener = snt__listener_of(socket);
	if (in->flags & MSG_ERRQUEUE)
		return take_error(socket, in);
	return snt__parts_try(socket, try_recvmsg, in, &deadline);
}

ptrdiff_t snt_recvmsg(struct snt_socket *socket, struct snt_message *message)
{
	struct snt__incoming in = { .header = header_of(message),
				    .flags = message->flags };
	struct snt_addr from = { .size = 0 };
	ptrdiff_t n = check(socket, message, RECV_FLAGS, "recvmsg");

	if (n == 0)
		n = add_up(message, IOV_MAX, "recvmsg");
	if (n >= 0 && (message->flags & MSG_TRUNC) &&
	    socket->kind != SNT__DATAGRAM)
		return snt__fail_text(-EINVAL,
				      "recvmsg: on a stream MSG_TRUNC would "
				      "throw bytes away");
	if (n < 0)
		return n;
	in.size = (size_t)n;
	if (message->addr != NULL) {
		in.header.msg_name = &from.sa;
		in.header.msg_namelen = sizeof from.sa;
	}
	n = snt__recv_message(socket, &in);
	if (n < 0)
		return snt__call_fail(socket, (int)n, 0, "recvmsg from");
	if (message->addr != NULL) {
		from.size = in.header.msg_namelen;
		*message->addr = from;
	}
	message->control_got = in.header.msg_controllen;
	message->told = in.header.msg_flags;
	snt__spend(snt__self);
	return n;
}

ptrdiff_t snt_peek(struct snt_socket *socket, void *buffer, size_t size)
{
	struct iovec all = { buffer, size };
	struct snt__incoming in = { .header = { .msg_iov = &all,
						.msg_iovlen = 1 },
				    .size = size,
				    .flags = MSG_PEEK };
	ptrdiff_t n = -EOPNOTSUPP;

	if (socket->kind != SNT__FILE)
		n = snt__recv_message(socket, &in);
	if (n >= 0 && (in.header.msg_flags & MSG_TRUNC))
		n = -EMSGSIZE;
	if (n < 0)
		return snt__call_fail(socket, (int)n, 0, "peek at");
	snt__spend(snt__self);
	return n;
}
