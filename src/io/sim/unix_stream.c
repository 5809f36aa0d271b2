/* SPDX-License-Identifier: MIT */
/*
 * Unix sockets with connections: listeners, their queues of connections to
 * accept, and streams of bytes. A connection is one as soon as it is queued: what
 * is sent before it is accepted waits at the socket that accept will give.
 *
 * A stream is a queue of pieces, since what goes with a message (descriptors,
 * who sent it) ends a read.
 */
#include "io/sim/cost.h"
#include "io/sim/unix_message.h"

#include <string.h>

/* The largest piece, and what of it Linux puts into a block, not in pages. */
#define PIECE_MAX 36544
#define BLOCK_MAX 3776

int snt__sim_unix_listen(struct snt__sim_file *file, int backlog)
{
	struct snt__sim_unix *sock = snt__sim_unix_of(file);
	unsigned most = (unsigned)file->host->limits.backlog;

	if (file->type == SOCK_DGRAM)
		return -EOPNOTSUPP;
	if (sock->name == NULL || sock->state == SNT__SIM_UNIX_CONNECTED)
		return -EINVAL;
	sock->backlog = (unsigned)backlog < most ? (unsigned)backlog : most;
	sock->state = SNT__SIM_UNIX_LISTENS;
	sock->has_peer_credentials = true;
	return 0;
}

int snt__sim_unix_accept(struct snt__sim_file *file,
			 struct snt__sim_file **made, struct snt_addr *peer)
{
	struct snt__sim_unix *sock = snt__sim_unix_of(file);
	struct snt__link *link = snt__list_first(&sock->pending);
	struct snt__sim_unix *conn;

	if (file->type == SOCK_DGRAM)
		return -EOPNOTSUPP;
	if (sock->state != SNT__SIM_UNIX_LISTENS)
		return -EINVAL;
	if (link == NULL)
		return -EAGAIN;
	snt__list_remove(link);
	sock->pending_count--;
	conn = SNT__CONTAINER(link, struct snt__sim_unix, in_pending);
	snt__sim_unix_addr(conn->peer, peer);
	*made = &conn->file;
	return 0;
}

int snt__sim_unix_connect(struct snt__sim_unix *sock,
			  const struct snt_addr *addr)
{
	struct snt__sim_host *host = sock->file.host;
	struct snt__sim_unix *listener, *conn;
	int code;

	if (sock->passes_credentials && addr->sa.any.sa_family == AF_UNIX)
		snt__sim_unix_autobind(sock);
	code = snt__sim_unix_find(host, addr, sock->file.type, &listener);
	if (code < 0)
		return code;
	if (listener->state != SNT__SIM_UNIX_LISTENS ||
	    (listener->shut & (SHUT_RD + 1)))
		return -ECONNREFUSED;
	if (listener->pending_count > listener->backlog)
		return -EAGAIN;
	if (sock->state != SNT__SIM_UNIX_FRESH)
		return sock->state == SNT__SIM_UNIX_CONNECTED ? -EISCONN
							      : -EINVAL;
	conn = snt__sim_unix_make(host, sock->file.type);
	conn->name = listener->name;
	conn->name->refs++;
	conn->passes_credentials = listener->passes_credentials;
	conn->state = sock->state = SNT__SIM_UNIX_CONNECTED;
	conn->has_peer_credentials = sock->has_peer_credentials = true;
	snt__sim_unix_set_peer(sock, conn);
	snt__sim_unix_set_peer(conn, sock);
	snt__list_append(&listener->pending, &conn->in_pending);
	listener->pending_count++;
	snt__sim_file_stir(&listener->file, SNT__READ);
	return 0;
}

/* A piece of what is to be sent, and what it costs. */
static size_t piece_of(const struct snt__sim_unix *sock, size_t left,
		       size_t *cost)
{
	size_t most = (size_t)sock->file.options.sndbuf / 2 - 64;
	size_t size = left < most ? left : most, pages = 0;

	if (size > PIECE_MAX)
		size = PIECE_MAX;
	if (size > BLOCK_MAX)
		pages = snt__sim_cost_pages(size - BLOCK_MAX);
	if (pages > size)
		pages = size;
	*cost = snt__sim_unix_cost(size - pages, pages);
	return size;
}

static int may_send(const struct snt__sim_unix *sock,
		    const struct msghdr *message, int flags)
{
	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (message->msg_name != NULL && message->msg_namelen > 0)
		return sock->state == SNT__SIM_UNIX_CONNECTED ? -EISCONN
							      : -EOPNOTSUPP;
	if (sock->peer == NULL)
		return -ENOTCONN;
	return sock->shut & (SHUT_WR + 1) ? -EPIPE : 0;
}

/* Room for more, and somebody to read it. */
static int may_go_on(struct snt__sim_unix *sock)
{
	const struct snt__sim_unix *peer = sock->peer;
	int code = snt__sim_unix_error(sock);

	if (code == 0 && sock->under_way >= (size_t)sock->file.options.sndbuf)
		code = -EAGAIN;
	if (code == 0 && (peer->gone || (peer->shut & (SHUT_RD + 1))))
		code = -EPIPE;
	return code;
}

ptrdiff_t snt__sim_unix_send_stream(struct snt__sim_unix *sock,
				    const struct msghdr *message, int flags)
{
	size_t size = snt__sim_message_size(message), done = 0, cost;
	struct snt__sim_unix_control control = { .count = 0 };
	int code = snt__sim_unix_take_control(&control, sock, message);

	if (code < 0)
		return code;
	code = may_send(sock, message, flags);
	while (code == 0 && done < size) {
		struct snt__sim_unix_message *piece;
		size_t next = piece_of(sock, size - done, &cost);

		code = may_go_on(sock);
		if (code < 0)
			break;
		piece = snt__sim_unix_message(sock, message, done, next, cost);
		snt__sim_unix_attach(piece, &control, sock->peer);
		snt__sim_unix_push(sock->peer, piece);
		done += next;
	}
	if (done > 0)
		snt__sim_file_stir(&sock->peer->file, SNT__READ);
	snt__sim_unix_drop_control(&control);
	return done > 0 ? (ptrdiff_t)done : code;
}

/* Reading goes on from one piece to the next while they may be one. */
struct reading {
	struct snt__sim_unix *sock;
	struct msghdr *message;
	struct snt__sim_told told;
	size_t size, done;
	bool peek, credentials; /* of the first piece */
};

/* Whether there may be more. A read of nothing takes part in one piece. */
static bool read_piece(struct reading *reading,
		       struct snt__sim_unix_message *piece)
{
	size_t left = piece->size - piece->taken;
	size_t room = reading->size - reading->done;
	size_t count = left < room ? left : room;
	bool first = reading->done == 0, with_files = piece->file_count > 0;

	if (!first && reading->sock->passes_credentials &&
	    piece->has_credentials != reading->credentials)
		return false;
	reading->credentials = piece->has_credentials;
	snt__sim_scatter(reading->message, reading->done,
			 piece->bytes + piece->taken, count);
	reading->done += count;
	if (first)
		snt__sim_unix_tell_sender(&reading->told, reading->sock, piece);
	if (with_files)
		snt__sim_unix_tell_files(&reading->told, piece, reading->peek);
	if (!reading->peek) {
		piece->taken += count;
		if (piece->taken < piece->size)
			return false;
		snt__sim_unix_take_out(reading->sock, piece);
	}
	return !with_files && reading->done < reading->size;
}

/* The end, unless there is an error to be told, or more to come. */
static int nothing_to_read(struct snt__sim_unix *sock, struct msghdr *message)
{
	int code = snt__sim_unix_error(sock);

	if (code < 0)
		return code;
	if (!(sock->shut & (SHUT_RD + 1)))
		return -EAGAIN;
	snt__sim_unix_tell_nothing(message);
	return 0;
}

ptrdiff_t snt__sim_unix_recv_stream(struct snt__sim_unix *sock,
				    struct msghdr *message, int flags)
{
	struct reading reading = { .sock = sock,
				   .message = message,
				   .told = snt__sim_told(message),
				   .size = snt__sim_message_size(message),
				   .peek = flags & MSG_PEEK };
	struct snt__link *at, *next = sock->queue.next;

	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (sock->state != SNT__SIM_UNIX_CONNECTED)
		return -EINVAL;
	if (snt__list_empty(&sock->queue))
		return nothing_to_read(sock, message);
	message->msg_flags = 0;
	snt__sim_unix_tell_name(message, snt__sim_unix_first(sock)->sender);
	do {
		at = next;
		next = at->next;
	} while (at != &sock->queue &&
		 read_piece(&reading,
			    SNT__CONTAINER(at, struct snt__sim_unix_message,
					   in_queue)));
	snt__sim_told_end(&reading.told);
	return (ptrdiff_t)reading.done;
}
