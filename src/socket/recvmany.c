/* SPDX-License-Identifier: MIT */
/*
 * Datagrams received with their control items, one or many at a time. A batch
 * lives in the caller's buffer, laid out anew for every try: the kernel's
 * headers, then for each message a place for address and items, then the bytes.
 * So nothing is copied, nothing of it lies on a fiber's stack, and what was not
 * used was not touched but for its header.
 *
 * Built for tens of messages a call, or a few that are many datagrams each
 * (GRO); those are given apart in place.
 */
#include "socket/batch.h"
#include "socket/layer.h"
#include "socket/parts.h"

#include <limits.h>
#include <string.h>

/* Most that the kernel looks at in one call. */
#define ROOMS_MOST IOV_MAX
/* What came as one may be as long as IP allows. */
#define MERGED_MOST 65535
#define ALIGNMENT 16

/* What comes with one message. */
struct place {
	_Alignas(ALIGNMENT) char raw[SNT__CONTROL_ROOM];
	struct snt_control control;
	struct snt_addr from;
};

/* Beside the bytes of each. */
#define OVERHEAD                                                               \
	(sizeof(struct mmsghdr) + sizeof(struct iovec) + sizeof(struct place))
_Static_assert(OVERHEAD + 2 * (ALIGNMENT - 1) <= SNT_BATCH_EXTRA,
	       "SNT_BATCH_SIZE is enough wherever the buffer begins");
_Static_assert(sizeof(struct mmsghdr) % ALIGNMENT == 0 &&
		       sizeof(struct iovec) % ALIGNMENT == 0,
	       "what follows is aligned");

struct batch {
	struct snt__listener *listener;
	struct snt_socket *part; /* that it came from */
	char *buffer;
	size_t size;
	size_t count; /* of the caller's datagrams */
	/* As laid out: */
	size_t rooms, each;
	struct mmsghdr *headers;
	struct iovec *buffers;
	struct place *places;
};

/* 0 to SNT__SEGMENT_ANY - 1: none at all if the kernel does not know it. */
static int ask(const struct snt_socket *socket, int option, bool *known,
	       int *value)
{
	socklen_t size = sizeof *value;
	int code;

	*value = 0;
	code = snt__io->getsockopt(socket->handle.fd, IPPROTO_UDP, option,
				   value, &size);
	*known = code == 0;
	/* No UDP socket, or an old kernel. */
	return code == -ENOPROTOOPT || code == -EOPNOTSUPP ? 0 : code;
}

int snt__batch_probe(struct snt_socket *socket)
{
	int value = SOCK_DGRAM, code;
	socklen_t size = sizeof value;
	bool cuts = false, merges = false;

	if (socket->segment_bits != 0)
		return 0;
	if (socket->family == AF_INET || socket->family == AF_INET6) {
		code = ask(socket, UDP_SEGMENT, &cuts, &value);
		if (code == 0)
			code = ask(socket, UDP_GRO, &merges, &value);
		if (code < 0)
			return code;
		socket->merges = merges && value != 0;
	} else {
		/* At the end of a connection empty messages come for ever. */
		code = snt__io->getsockopt(socket->handle.fd, SOL_SOCKET,
					   SO_TYPE, &value, &size);
		if (code == 0 && value == SOCK_SEQPACKET)
			code = -EOPNOTSUPP;
		if (code < 0)
			return code;
	}
	socket->segment_bits = cuts ? SNT__SEGMENT_ANY : SNT__SEGMENT_NONE;
	return 0;
}

/* Room for so many messages, and how much for the bytes of each. */
static int divide(struct batch *batch, bool merges)
{
	size_t waste = (size_t) - (uintptr_t)batch->buffer & (ALIGNMENT - 1);
	size_t rooms = batch->count, share;

	if (batch->size < waste)
		return -EINVAL;
	batch->buffer += waste;
	share = batch->size - waste;
	if (merges) {
		rooms /= SNT_SEGMENTS_MAX;
		if (rooms > share / (OVERHEAD + MERGED_MOST + 1))
			rooms = share / (OVERHEAD + MERGED_MOST + 1);
	}
	if (rooms > ROOMS_MOST)
		rooms = ROOMS_MOST;
	if (rooms == 0 || share / rooms < OVERHEAD)
		return -EINVAL;
	batch->rooms = rooms;
	batch->each = (share / rooms - OVERHEAD) & ~(size_t)(ALIGNMENT - 1);
	return 0;
}

static void lay_out(struct batch *batch)
{
	size_t rooms = batch->rooms;
	char *at = batch->buffer;

	batch->headers = (void *)at;
	at += rooms * sizeof batch->headers[0];
	batch->buffers = (void *)at;
	at += rooms * sizeof batch->buffers[0];
	batch->places = (void *)at;
	at += rooms * sizeof batch->places[0];
	for (size_t i = 0; i < rooms; i++) {
		batch->buffers[i] =
			(struct iovec){ at + i * batch->each, batch->each };
		batch->headers[i].msg_hdr = (struct msghdr){
			.msg_name = &batch->places[i].from.sa,
			.msg_namelen = sizeof batch->places[i].from.sa,
			.msg_iov = &batch->buffers[i],
			.msg_iovlen = 1,
			.msg_control = batch->places[i].raw,
			.msg_controllen = sizeof batch->places[i].raw,
		};
	}
}

static ptrdiff_t try_recvmany(struct snt_socket *part, void *arg)
{
	struct batch *batch = arg;
	ptrdiff_t n;

	lay_out(batch);
	n = snt__io->recvmmsg(part->handle.fd, batch->headers,
			      (unsigned)batch->rooms, MSG_TRUNC);
	if (snt__is_end(part, n))
		return 0;
	batch->part = part;
	if (n >= 0 && batch->listener != NULL)
		batch->listener->heard = part;
	return n;
}

/*
 * One message as the datagrams that it is; how many. Should there be more than
 * room, which no kernel makes of one, the last stays a run of them.
 */
static size_t give_apart(const struct snt_datagram *whole, size_t segment,
			 struct snt_datagram *datagrams, size_t room)
{
	size_t at = 0, count = 0;

	while (at < whole->size && count < room) {
		size_t left = whole->size - at;
		size_t size =
			left > segment && count + 1 < room ? segment : left;

		datagrams[count] = *whole;
		datagrams[count].buffer = (char *)whole->buffer + at;
		datagrams[count].size = size;
		datagrams[count].real_size = size;
		at += size;
		count++;
	}
	if (count > 0 && datagrams[count - 1].size <= segment)
		whole->control->has &= ~SNT_CONTROL_SEGMENT;
	return count;
}

/* room is at least 1. */
static size_t deliver(const struct batch *batch, size_t i,
		      struct snt_datagram *datagrams, size_t room)
{
	struct msghdr *header = &batch->headers[i].msg_hdr;
	struct place *place = &batch->places[i];
	size_t real_size = batch->headers[i].msg_len, segment, count;
	struct snt_datagram whole = {
		.buffer = batch->buffers[i].iov_base,
		.size = real_size < batch->each ? real_size : batch->each,
		.real_size = real_size,
		.addr = &place->from,
		.control = &place->control,
	};

	place->from.size = header->msg_namelen;
	snt__control_read(batch->part, &place->control, header);
	segment = place->control.has & SNT_CONTROL_SEGMENT
			  ? place->control.segment
			  : 0;
	if (segment > 0 && whole.size == real_size && whole.size > segment) {
		count = give_apart(&whole, segment, datagrams, room);
	} else {
		place->control.has &= ~SNT_CONTROL_SEGMENT;
		datagrams[0] = whole;
		count = 1;
	}
	if (place->control.has == 0)
		for (size_t k = 0; k < count; k++)
			datagrams[k].control = NULL;
	return count;
}

static int no_room(const struct batch *batch, bool merges)
{
	return snt__fail_text(
		-EINVAL,
		merges ? "recvmany: %zu bytes for %zu datagrams: with SEGMENT "
			 "it takes SNT_BATCH_SIZE(1, 65535) bytes and "
			 "SNT_SEGMENTS_MAX datagrams at least"
		       : "recvmany: %zu bytes for %zu datagrams: "
			 "SNT_BATCH_SIZE tells how many it takes",
		batch->size, batch->count);
}

/* What is wrong with the call is told before it waits. Words its failure. */
static int prepare(struct snt_socket *socket, struct batch *batch)
{
	int code = snt__check_datagram(socket, "recvmany");
	struct snt_socket *part;
	bool merges = false;

	if (code < 0)
		return code;
	code = snt__call_begin(socket, SNT__READ);
	for (size_t n = 0;
	     code == 0 && (part = snt__socket_part(socket, n)) != NULL; n++) {
		code = snt__batch_probe(part);
		merges = merges || part->merges;
	}
	if (code < 0)
		return snt__call_fail(socket, code, 0, "recvmany from");
	return divide(batch, merges) < 0 ? no_room(batch, merges) : 0;
}

ptrdiff_t snt_recvmany(struct snt_socket *socket, void *buffer, size_t size,
		       struct snt_datagram *datagrams, size_t count)
{
	struct batch batch = { .listener = snt__listener_of(socket),
			       .buffer = buffer,
			       .size = size,
			       .count = count };
	int64_t deadline = 0;
	size_t given = 0;
	ptrdiff_t n = prepare(socket, &batch);

	if (n < 0)
		return n;
	n = snt__parts_try(socket, try_recvmany, &batch, &deadline);
	if (n < 0)
		return snt__call_fail(socket, (int)n, 0, "recvmany from");
	/* One is kept for each of those that follow. */
	for (size_t i = 0; i < (size_t)n; i++)
		given += deliver(&batch, i, datagrams + given,
				 count - given - ((size_t)n - i - 1));
	snt__spend(snt__self);
	return (ptrdiff_t)given;
}

ptrdiff_t snt_recv_datagram(struct snt_socket *socket,
			    struct snt_datagram *datagram)
{
	_Alignas(ALIGNMENT) char raw[SNT__CONTROL_ROOM];
	struct iovec all = { datagram->buffer, datagram->size };
	struct snt_addr from = { .size = 0 };
	struct snt__incoming in = { .header = { .msg_iov = &all,
						.msg_iovlen = 1 },
				    .size = datagram->size,
				    .flags = MSG_TRUNC };
	ptrdiff_t n = snt__check_datagram(socket, "recv_datagram");

	if (n == 0 && socket->merges && datagram->control == NULL)
		return snt__fail_text(
			-EINVAL, "recv_datagram: SEGMENT is asked for, and "
				 "there is no .control to tell it in");
	if (n < 0)
		return n;
	if (datagram->addr != NULL) {
		in.header.msg_name = &from.sa;
		in.header.msg_namelen = sizeof from.sa;
	}
	if (datagram->control != NULL) {
		in.header.msg_control = raw;
		in.header.msg_controllen = sizeof raw;
	}
	n = snt__recv_message(socket, &in);
	if (n < 0)
		return snt__call_fail(socket, (int)n, 0, "recv_datagram from");
	datagram->real_size = (size_t)n;
	if ((size_t)n < datagram->size)
		datagram->size = (size_t)n;
	from.size = in.header.msg_namelen;
	if (datagram->addr != NULL)
		*datagram->addr = from;
	if (datagram->control != NULL)
		snt__control_read(in.listener != NULL ? in.listener->heard
						      : socket,
				  datagram->control, &in.header);
	snt__spend(snt__self);
	return (ptrdiff_t)datagram->size;
}
