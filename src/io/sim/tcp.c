/* SPDX-License-Identifier: MIT */
/*
 * TCP of a simulated host: the socket as its file shows it, and what the host
 * keeps of all of them. A small but honest TCP, segment by segment: what is not
 * in it is congestion control (a fixed number of segments may be on their way),
 * delayed acknowledgements, Nagle's algorithm, selective acknowledgements, time
 * stamps and urgent data.
 *
 * A connection outlives its file when its program closed it (an orphan) and
 * precedes it until it is accepted; in TIME_WAIT only its points and numbers
 * are kept (tcp_end.c).
 */
#include "io/sim/options.h"
#include "io/sim/tcp_options.h"
#include "io/sim/tcp_parts.h"

#include <netinet/in.h>

static const struct snt__sim_file_ops operations = {
	.kind = "tcp",
	.bind = snt__sim_tcp_bind,
	.listen = snt__sim_tcp_listen,
	.accept = snt__sim_tcp_accept,
	.connect = snt__sim_tcp_connect,
	.send = snt__sim_tcp_send,
	.recv = snt__sim_tcp_recv,
	.shutdown = snt__sim_tcp_shutdown,
	.getsockname = snt__sim_tcp_getsockname,
	.getpeername = snt__sim_tcp_getpeername,
	.setsockopt = snt__sim_tcp_setsockopt,
	.getsockopt = snt__sim_tcp_getsockopt,
	.ready = snt__sim_tcp_ready,
	.close = snt__sim_tcp_close,
};

struct snt__sim_tcp *snt__sim_tcp_make(int family)
{
	struct snt__sim_tcp *tcp = snt__sim_alloc(sizeof *tcp);

	snt__list_init(&tcp->file.registrations);
	snt__list_init(&tcp->in_listener);
	snt__list_init(&tcp->use.in_port);
	snt__list_init(&tcp->listening.in_port);
	snt__list_init(&tcp->listening.queue);
	snt__list_init(&tcp->listening.embryos);
	tcp->use.socket = tcp;
	tcp->state = TCP_CLOSE;
	tcp->flow.local.ip = snt__sim_tcp_any(family);
	return tcp;
}

int snt__sim_tcp_socket(struct snt__sim_file **made, int family)
{
	struct snt__sim_tcp *tcp = snt__sim_tcp_make(family);

	snt__sim_file_init(&tcp->file, &operations, family, SOCK_STREAM,
			   IPPROTO_TCP);
	snt__sim_tcp_options_init(&tcp->options);
	*made = &tcp->file;
	return 0;
}

void snt__sim_tcp_free(struct snt__sim_tcp *tcp)
{
	snt__sim_tcp_unlist(tcp);
	snt__sim_tcp_halt(tcp);
	snt__sim_bytes_end(&tcp->rcv.bytes);
	snt__sim_port_leave(tcp->file.host, &tcp->use);
	snt__sim_free(tcp);
}

static bool has_room(const struct snt__sim_tcp *tcp)
{
	size_t used = tcp->snd.bytes.used;

	return used + used / 2 <= (size_t)tcp->file.options.sndbuf;
}

/* Fewer than SO_RCVLOWAT asks for are told of only when no more can come. */
static bool has_bytes(const struct snt__sim_tcp *tcp)
{
	const struct snt__sim_receiving *rcv = &tcp->rcv;
	size_t used = rcv->bytes.used;

	return used > tcp->file.options.other[SNT__SIM_RCVLOWAT] ||
	       (used > 0 && rcv->edge - rcv->nxt <= tcp->snd.mss);
}

/* As tcp_poll of Linux: a program that may neither read nor write any more, or
 * has not yet begun, is told to try. */
unsigned snt__sim_tcp_ready(const struct snt__sim_file *file)
{
	const struct snt__sim_tcp *tcp = snt__sim_tcp_of(file);
	unsigned all = SNT__READ | SNT__WRITE | SNT__ODD, found = 0;

	if (tcp->state == TCP_LISTEN)
		return tcp->listening.queued > 0 ? SNT__READ : 0;
	if (tcp->state == TCP_CLOSE || file->options.error != 0 ||
	    tcp->shut == (SNT__READ | SNT__WRITE))
		return all;
	if (tcp->shut & SNT__READ)
		found |= SNT__READ | SNT__ODD;
	if (snt__sim_tcp_in(tcp, SNT__SIM_STATE(TCP_SYN_SENT) |
					 SNT__SIM_STATE(TCP_SYN_RECV)))
		return found;
	if (has_bytes(tcp))
		found |= SNT__READ;
	if ((tcp->shut & SNT__WRITE) || has_room(tcp))
		found |= SNT__WRITE;
	return found;
}

void snt__sim_tcp_stir(struct snt__sim_tcp *tcp, unsigned directions)
{
	if (!tcp->orphan && tcp->listener == NULL)
		snt__sim_file_stir(&tcp->file, directions);
}

void snt__sim_tcp_make_room(struct snt__sim_tcp *tcp)
{
	if (!tcp->snd.full || !has_room(tcp))
		return;
	tcp->snd.full = false;
	snt__sim_tcp_stir(tcp, SNT__WRITE);
}

void snt__sim_tcp_begin(struct snt__sim_host *host)
{
	host->tcp = snt__sim_alloc(sizeof *host->tcp);
}

void snt__sim_tcp_end(struct snt__sim_host *host)
{
	snt__sim_tcp_kill(host);
	snt__sim_table_end(&host->tcp->flows);
	snt__sim_table_end(&host->tcp->ports);
	snt__sim_free(host->tcp);
	host->tcp = NULL;
}
