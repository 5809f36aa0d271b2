/* SPDX-License-Identifier: MIT */
/*
 * Bytes in and out, and the end of either direction, as the program asks for
 * them. In which order data, an error and the end are told is Linux's: what has
 * arrived comes first, then the error, once, then the end.
 */
#include "io/sim/tcp_parts.h"

#include <errno.h>

#define CONNECTING (SNT__SIM_STATE(TCP_SYN_SENT) | SNT__SIM_STATE(TCP_SYN_RECV))
#define SENDING                                                                \
	(SNT__SIM_STATE(TCP_ESTABLISHED) | SNT__SIM_STATE(TCP_CLOSE_WAIT))

/* The connection's error, told once; 0: none. */
static int take_error(struct snt__sim_tcp *tcp)
{
	int error = tcp->file.options.error;

	tcp->file.options.error = 0;
	return -error;
}

/* Why nothing can be sent; 0: it can. */
static int refusal(struct snt__sim_tcp *tcp)
{
	int code;

	if (snt__sim_tcp_in(tcp, SENDING) && tcp->file.options.error == 0 &&
	    !(tcp->shut & SNT__WRITE))
		return 0;
	code = take_error(tcp);
	if (code < 0)
		return code;
	return snt__sim_tcp_in(tcp, CONNECTING) ? -EAGAIN : -EPIPE;
}

ptrdiff_t snt__sim_tcp_send(struct snt__sim_file *file,
			    const struct msghdr *message, int flags)
{
	struct snt__sim_tcp *tcp = snt__sim_tcp_of(file);
	struct snt__sim_bytes *bytes = &tcp->snd.bytes;
	size_t size = snt__sim_message_size(message), room;
	int code = refusal(tcp);

	if (code < 0)
		return code;
	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (size == 0)
		return 0;
	room = (size_t)file->options.sndbuf;
	room = bytes->used < room ? room - bytes->used : 0;
	if (size > room)
		size = room;
	snt__sim_bytes_put_message(bytes, message, size);
	tcp->snd.end += size;
	/* Who waits from here on is told of room, even if he waits late. */
	if (!(snt__sim_tcp_ready(file) & SNT__WRITE))
		tcp->snd.full = true;
	if (room == 0)
		return -EAGAIN;
	snt__sim_tcp_output(tcp);
	return (ptrdiff_t)size;
}

/* What a call without data answers. */
static int nothing(struct snt__sim_tcp *tcp)
{
	if (tcp->ended)
		return 0;
	if (tcp->file.options.error != 0)
		return take_error(tcp);
	if (tcp->shut & SNT__READ)
		return 0;
	return tcp->state == TCP_CLOSE ? -ENOTCONN : -EAGAIN;
}

ptrdiff_t snt__sim_tcp_recv(struct snt__sim_file *file, struct msghdr *message,
			    int flags)
{
	struct snt__sim_tcp *tcp = snt__sim_tcp_of(file);
	struct snt__sim_bytes *bytes = &tcp->rcv.bytes;
	size_t size = snt__sim_message_size(message);

	if (flags & MSG_ERRQUEUE)
		return -EAGAIN;
	if (tcp->state == TCP_LISTEN)
		return -ENOTCONN;
	if (flags & MSG_OOB)
		return -EINVAL;
	message->msg_namelen = 0;
	message->msg_controllen = 0;
	message->msg_flags = 0;
	if (bytes->used == 0)
		return nothing(tcp);
	if (size > bytes->used)
		size = bytes->used;
	if (!(flags & MSG_TRUNC))
		snt__sim_bytes_look_message(bytes, message, size);
	if (flags & MSG_PEEK)
		return (ptrdiff_t)size;
	snt__sim_bytes_drop(bytes, size);
	snt__sim_tcp_tell_room(tcp);
	return (ptrdiff_t)size;
}

void snt__sim_tcp_finish(struct snt__sim_tcp *tcp)
{
	int next = tcp->state == TCP_CLOSE_WAIT ? TCP_LAST_ACK : TCP_FIN_WAIT1;

	if (!snt__sim_tcp_in(tcp, SENDING))
		return;
	tcp->snd.fin = true;
	snt__sim_tcp_enter(tcp, next);
	snt__sim_tcp_output(tcp);
}

int snt__sim_tcp_shutdown(struct snt__sim_file *file, int how)
{
	struct snt__sim_tcp *tcp = snt__sim_tcp_of(file);
	unsigned directions = (unsigned)how + 1;
	int code = tcp->state == TCP_CLOSE ? -ENOTCONN : 0;

	if (how < SHUT_RD || how > SHUT_RDWR)
		return -EINVAL;
	if (tcp->stage == SNT__SIM_CONNECTING)
		tcp->stage =
			snt__sim_tcp_in(tcp,
					CONNECTING | SNT__SIM_STATE(TCP_CLOSE))
				? SNT__SIM_DISCONNECTING
				: SNT__SIM_CONNECTED;
	if (tcp->state == TCP_SYN_SENT ||
	    (tcp->state == TCP_LISTEN && (directions & SNT__READ))) {
		snt__sim_tcp_abort(tcp);
		tcp->stage = SNT__SIM_IDLE;
	} else if (tcp->state != TCP_LISTEN) {
		tcp->shut |= (uint8_t)directions;
		if (directions & SNT__WRITE)
			snt__sim_tcp_finish(tcp);
	}
	snt__sim_tcp_stir(tcp, snt__sim_tcp_ready(file));
	return code;
}
