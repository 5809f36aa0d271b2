/* SPDX-License-Identifier: MIT */
/*
 * Messages over Unix sockets: datagrams, which have an address or a peer, and
 * seqpackets, which have a connection. None is ever lost: who sends more than
 * there is room for hears -EAGAIN.
 */
#include "io/sim/unix_message.h"

#include <string.h>

/* What of a message Linux puts into a block, not in pages. */
#define BLOCK_MAX 16064
/* Less than this of the send buffer is no room for a message. */
#define MARGIN 32

/* Whether a third party may write to it: not if it has a peer. */
static bool lets(const struct snt__sim_unix *to,
		 const struct snt__sim_unix *sender)
{
	return to->peer == NULL || to->peer == sender;
}

/* What came from the old peer is gone, and the old peer hears of that. */
static void forget_peer(struct snt__sim_unix *sock, struct snt__sim_unix *old)
{
	if (snt__list_empty(&sock->queue))
		return;
	snt__sim_unix_purge(sock);
	if (old->gone || old->peer != sock)
		return;
	old->file.options.error = ECONNRESET;
	snt__sim_file_stir(&old->file, SNT__READ | SNT__WRITE | SNT__ODD);
}

static void change_peer(struct snt__sim_unix *sock, struct snt__sim_unix *peer)
{
	struct snt__sim_unix *old = sock->peer;

	if (old != NULL)
		snt__sim_unix_hold(old);
	snt__sim_unix_set_peer(sock, peer);
	sock->state =
		peer != NULL ? SNT__SIM_UNIX_CONNECTED : SNT__SIM_UNIX_FRESH;
	if (old == NULL)
		return;
	/* The old one's own peer may still be this one. */
	if (old != peer)
		forget_peer(sock, old);
	snt__sim_unix_let_go(old);
}

int snt__sim_unix_connect_datagram(struct snt__sim_unix *sock,
				   const struct snt_addr *addr)
{
	struct snt__sim_unix *peer;
	int code;

	if (addr->size < sizeof addr->sa.any.sa_family)
		return -EINVAL;
	if (addr->sa.any.sa_family == AF_UNSPEC) {
		change_peer(sock, NULL);
		return 0;
	}
	if (sock->passes_credentials && addr->sa.any.sa_family == AF_UNIX)
		snt__sim_unix_autobind(sock);
	code = snt__sim_unix_find(sock->file.host, addr, sock->file.type,
				  &peer);
	if (code < 0)
		return code;
	if (!lets(peer, sock))
		return -EPERM;
	change_peer(sock, peer);
	return 0;
}

/* To whom, if anybody. */
static int receiver_of(struct snt__sim_unix *sock, const struct msghdr *message,
		       struct snt__sim_unix **receiver)
{
	bool named = sock->file.type == SOCK_DGRAM &&
		     message->msg_name != NULL && message->msg_namelen > 0;
	struct snt_addr addr = { .size = message->msg_namelen };

	*receiver = sock->peer;
	if (!named)
		return sock->peer != NULL ? 0 : -ENOTCONN;
	if (addr.size > sizeof addr.sa)
		return -EINVAL;
	memcpy(&addr.sa, message->msg_name, addr.size);
	return snt__sim_unix_find(sock->file.host, &addr, sock->file.type,
				  receiver);
}

/* A peer that is gone is found so once. */
static int may_reach(struct snt__sim_unix *sock, struct snt__sim_unix *receiver)
{
	if (!lets(receiver, sock))
		return -EPERM;
	if (receiver->gone && sock->file.type == SOCK_SEQPACKET)
		return -EPIPE;
	if (receiver->gone) {
		change_peer(sock, NULL);
		return -ECONNREFUSED;
	}
	if (receiver->shut & (SHUT_RD + 1))
		return -EPIPE;
	if (receiver != sock && receiver->peer != sock &&
	    snt__sim_unix_full(receiver))
		return -EAGAIN;
	return 0;
}

static int may_send(struct snt__sim_unix *sock, size_t size)
{
	int code;

	if (size + MARGIN > (size_t)sock->file.options.sndbuf)
		return -EMSGSIZE;
	code = snt__sim_unix_error(sock);
	if (code == 0 && (sock->shut & (SHUT_WR + 1)))
		code = -EPIPE;
	if (code == 0 && sock->under_way >= (size_t)sock->file.options.sndbuf)
		code = -EAGAIN;
	return code;
}

static void deliver(struct snt__sim_unix *sock, struct snt__sim_unix *receiver,
		    const struct msghdr *message, size_t size,
		    struct snt__sim_unix_control *control)
{
	size_t pages = size > BLOCK_MAX ? size - BLOCK_MAX : 0;
	struct snt__sim_unix_message *made =
		snt__sim_unix_message(sock, message, 0, size,
				      snt__sim_unix_cost(size - pages, pages));

	snt__sim_unix_attach(made, control, receiver);
	snt__sim_unix_push(receiver, made);
	snt__sim_file_stir(&receiver->file, SNT__READ);
}

/* What a seqpacket asks first. */
static int may_begin(struct snt__sim_unix *sock)
{
	int code;

	if (sock->file.type != SOCK_SEQPACKET)
		return 0;
	code = snt__sim_unix_error(sock);
	if (code == 0 && sock->state != SNT__SIM_UNIX_CONNECTED)
		code = -ENOTCONN;
	return code;
}

ptrdiff_t snt__sim_unix_send_datagram(struct snt__sim_unix *sock,
				      const struct msghdr *message, int flags)
{
	size_t size = snt__sim_message_size(message);
	struct snt__sim_unix_control control = { .count = 0 };
	struct snt__sim_unix *receiver = NULL;
	int code = may_begin(sock), found;

	if (code == 0 && (flags & MSG_OOB))
		code = -EOPNOTSUPP;
	if (code == 0)
		code = snt__sim_unix_take_control(&control, sock, message);
	if (code < 0)
		return code;
	/* An address that leads nowhere is found so last, one that is none at once. */
	found = receiver_of(sock, message, &receiver);
	if (found == -EINVAL)
		code = found;
	if (code == 0 && sock->passes_credentials)
		snt__sim_unix_autobind(sock);
	if (code == 0)
		code = may_send(sock, size);
	if (code == 0)
		code = found;
	if (code == 0)
		code = may_reach(sock, receiver);
	if (code == 0)
		deliver(sock, receiver, message, size, &control);
	snt__sim_unix_drop_control(&control);
	return code < 0 ? code : (ptrdiff_t)size;
}

/* Whoever does not wait in the call is told of an end only by a seqpacket. */
static int nothing_to_read(const struct snt__sim_unix *sock,
			   struct msghdr *message)
{
	if (sock->file.type != SOCK_SEQPACKET || !(sock->shut & (SHUT_RD + 1)))
		return -EAGAIN;
	snt__sim_unix_tell_nothing(message);
	return 0;
}

ptrdiff_t snt__sim_unix_recv_datagram(struct snt__sim_unix *sock,
				      struct msghdr *message, int flags)
{
	struct snt__sim_told told = snt__sim_told(message);
	struct snt__sim_unix_message *first;
	size_t size, copied;
	int code;

	if (sock->file.type == SOCK_SEQPACKET &&
	    sock->state != SNT__SIM_UNIX_CONNECTED)
		return -ENOTCONN;
	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	code = snt__sim_unix_error(sock);
	if (code < 0)
		return code;
	first = snt__sim_unix_first(sock);
	if (first == NULL)
		return nothing_to_read(sock, message);
	size = first->size;
	copied = snt__sim_scatter(message, 0, first->bytes, size);
	message->msg_flags = copied < size ? MSG_TRUNC : 0;
	snt__sim_unix_tell_name(message, first->sender);
	snt__sim_unix_tell_sender(&told, sock, first);
	if (first->file_count > 0)
		snt__sim_unix_tell_files(&told, first, flags & MSG_PEEK);
	snt__sim_told_end(&told);
	if (!(flags & MSG_PEEK))
		snt__sim_unix_take_out(sock, first);
	return (ptrdiff_t)(flags & MSG_TRUNC ? size : copied);
}
