/* SPDX-License-Identifier: MIT */
/*
 * How connections end: by both FINs, a reset, in silence, or with their host.
 * Whoever closes first has the connection in TIME_WAIT for a minute: only its
 * points, numbers and part in the port are kept then, while the socket, if its
 * program still has it, is in TCP_CLOSE.
 */
#include "io/sim/tcp_parts.h"

#include <netinet/in.h>

#define TIME_WAIT (60 * SNT_SECOND)

struct time_wait {
	struct snt__sim_flow flow;
	struct snt__sim_use use;
	struct snt__sim_host *host;
	struct snt__sim_event over;
	uint64_t sequence, expected;
	uint32_t window;
};

static const char *name_of(int state)
{
	static const char *const names[] = {
		[TCP_ESTABLISHED] = "tcp established",
		[TCP_SYN_SENT] = "tcp syn-sent",
		[TCP_SYN_RECV] = "tcp syn-received",
		[TCP_FIN_WAIT1] = "tcp fin-wait-1",
		[TCP_FIN_WAIT2] = "tcp fin-wait-2",
		[TCP_TIME_WAIT] = "tcp time-wait",
		[TCP_CLOSE] = "tcp closed",
		[TCP_CLOSE_WAIT] = "tcp close-wait",
		[TCP_LAST_ACK] = "tcp last-ack",
		[TCP_LISTEN] = "tcp listens",
		[TCP_CLOSING] = "tcp closing",
	};

	return names[state];
}

static void trace(const struct snt__sim_host *host, int state,
		  const struct snt__sim_flow *flow)
{
	snt__sim_trace(host, name_of(state), flow->local.port,
		       flow->remote.port, "port %u, peer's %u",
		       flow->local.port, flow->remote.port);
}

void snt__sim_tcp_enter(struct snt__sim_tcp *tcp, int state)
{
	if (tcp->state == state)
		return;
	tcp->state = (uint8_t)state;
	trace(tcp->file.host, state, &tcp->flow);
}

void snt__sim_tcp_drop_pieces(struct snt__sim_tcp *tcp)
{
	struct snt__sim_piece *piece;

	while ((piece = tcp->rcv.pieces) != NULL) {
		tcp->rcv.pieces = piece->next;
		snt__sim_free(piece);
	}
}

void snt__sim_tcp_halt(struct snt__sim_tcp *tcp)
{
	snt__sim_flow_remove(tcp->file.host, &tcp->flow);
	snt__sim_not(&tcp->timing.again);
	snt__sim_not(&tcp->timing.alive);
	snt__sim_bytes_end(&tcp->snd.bytes);
	snt__sim_tcp_drop_pieces(tcp);
}

/* What has arrived is still the program's. */
static void close_down(struct snt__sim_tcp *tcp)
{
	snt__sim_tcp_enter(tcp, TCP_CLOSE);
	snt__sim_tcp_halt(tcp);
	if (!tcp->own_port)
		snt__sim_port_leave(tcp->file.host, &tcp->use);
}

void snt__sim_tcp_done(struct snt__sim_tcp *tcp, int error)
{
	if (tcp->orphan || tcp->embryo) {
		snt__sim_tcp_enter(tcp, TCP_CLOSE);
		snt__sim_tcp_free(tcp);
		return;
	}
	if (error != 0)
		tcp->file.options.error = error;
	close_down(tcp);
	tcp->shut = SNT__READ | SNT__WRITE;
	snt__sim_tcp_stir(tcp, SNT__READ | SNT__WRITE | SNT__ODD);
}

void snt__sim_tcp_abort(struct snt__sim_tcp *tcp)
{
	unsigned open =
		SNT__SIM_STATE(TCP_ESTABLISHED) |
		SNT__SIM_STATE(TCP_CLOSE_WAIT) | SNT__SIM_STATE(TCP_FIN_WAIT1) |
		SNT__SIM_STATE(TCP_FIN_WAIT2) | SNT__SIM_STATE(TCP_SYN_RECV);
	unsigned ends =
		SNT__SIM_STATE(TCP_CLOSING) | SNT__SIM_STATE(TCP_LAST_ACK);

	if (tcp->state == TCP_LISTEN) {
		snt__sim_tcp_listen_end(tcp, true);
	} else if (snt__sim_tcp_in(tcp, open) ||
		   (snt__sim_tcp_in(tcp, ends) &&
		    (tcp->snd.nxt <= tcp->snd.end ||
		     tcp->rcv.bytes.used > 0))) {
		snt__sim_tcp_send_reset(tcp);
		tcp->file.options.error = ECONNRESET;
	} else if (tcp->state == TCP_SYN_SENT) {
		tcp->file.options.error = ECONNRESET;
	}
	close_down(tcp);
	snt__sim_bytes_end(&tcp->rcv.bytes);
	tcp->flow.remote = (struct snt__sim_point){ .port = 0 };
	if (!tcp->own_ip)
		tcp->flow.local.ip = snt__sim_tcp_any(tcp->file.family);
	tcp->shut = 0;
	tcp->ended = false;
}

static void time_wait_free(struct time_wait *wait)
{
	snt__sim_not(&wait->over);
	snt__sim_flow_remove(wait->host, &wait->flow);
	snt__sim_port_leave(wait->host, &wait->use);
	snt__sim_free(wait);
}

static void time_wait_over(struct snt__sim_event *event)
{
	time_wait_free(SNT__CONTAINER(event, struct time_wait, over));
}

void snt__sim_tcp_wait_end(struct snt__sim_flow *flow)
{
	time_wait_free(SNT__CONTAINER(flow, struct time_wait, flow));
}

static void wait_on(struct time_wait *wait)
{
	snt__sim_at(&wait->over, snt__sim_world->now + TIME_WAIT,
		    time_wait_over);
}

void snt__sim_tcp_wait_time(struct snt__sim_tcp *tcp)
{
	struct snt__sim_host *host = tcp->file.host;
	struct time_wait *wait = snt__sim_alloc(sizeof *wait);

	snt__sim_flow_remove(host, &tcp->flow);
	wait->host = host;
	wait->flow.local = tcp->flow.local;
	wait->flow.remote = tcp->flow.remote;
	wait->flow.waiting = true;
	snt__sim_flow_add(host, &wait->flow);
	wait->use.ip = tcp->use.ip;
	wait->use.reuseaddr = tcp->file.options.reuseaddr != 0;
	wait->use.reuseport = tcp->file.options.reuseport != 0;
	wait->use.outgoing = tcp->use.outgoing;
	snt__sim_port_share(host, &wait->use, &tcp->use);
	wait->sequence = tcp->snd.nxt;
	wait->expected = tcp->rcv.nxt;
	wait->window = (uint32_t)(tcp->rcv.edge - tcp->rcv.nxt);
	trace(host, TCP_TIME_WAIT, &wait->flow);
	wait_on(wait);
	snt__sim_tcp_done(tcp, 0);
}

static void time_wait_ack(const struct time_wait *wait)
{
	struct snt__sim_packet *packet = snt__sim_packet(IPPROTO_TCP, 0);

	packet->from = wait->flow.local;
	packet->to = wait->flow.remote;
	packet->flags = SNT__SIM_ACK;
	packet->sequence = wait->sequence;
	packet->ack = wait->expected;
	packet->window = wait->window;
	(void)snt__sim_send(wait->host, packet);
}

bool snt__sim_tcp_late(struct snt__sim_host *host, struct snt__sim_flow *flow,
		       const struct snt__sim_packet *packet)
{
	struct time_wait *wait = SNT__CONTAINER(flow, struct time_wait, flow);
	bool bare = packet->sequence == snt__sim_behind(packet);

	if (packet->flags & SNT__SIM_RST) {
		if (packet->sequence == wait->expected)
			time_wait_free(wait);
		return false;
	}
	if (packet->sequence == wait->expected && bare) {
		wait_on(wait);
		return false;
	}
	if (packet->flags == SNT__SIM_SYN &&
	    packet->sequence > wait->expected &&
	    snt__sim_port_listener(host, &packet->to, &packet->from) != NULL) {
		time_wait_free(wait);
		return true;
	}
	if (packet->flags & SNT__SIM_ACK)
		wait_on(wait);
	time_wait_ack(wait);
	return false;
}

/* The host has been killed: nobody is told. */
static void vanish(struct snt__sim_tcp *tcp)
{
	if (tcp->state == TCP_LISTEN)
		snt__sim_tcp_listen_end(tcp, false);
	if (tcp->orphan || tcp->listener != NULL) {
		snt__sim_tcp_free(tcp);
		return;
	}
	snt__sim_tcp_halt(tcp);
	snt__sim_port_leave(tcp->file.host, &tcp->use);
	snt__sim_bytes_end(&tcp->rcv.bytes);
	tcp->state = TCP_CLOSE;
}

void snt__sim_tcp_kill(struct snt__sim_host *host)
{
	struct snt__sim_hashed *at;
	struct snt__sim_port *port;
	struct snt__sim_use *use;

	/* Whoever has anything to do with others has a part in a port, or a
	 * listener that does. */
	while ((at = snt__sim_table_any(&host->tcp->ports)) != NULL) {
		port = SNT__CONTAINER(at, struct snt__sim_port, hashed);
		use = SNT__CONTAINER(port->uses.next, struct snt__sim_use,
				     in_port);
		if (use->socket != NULL)
			vanish(use->socket);
		else
			time_wait_free(
				SNT__CONTAINER(use, struct time_wait, use));
	}
}

/* Whether the peer hears that what it sent, or will, is not wanted. */
static bool ends_rudely(const struct snt__sim_tcp *tcp)
{
	const struct snt__sim_options *options = &tcp->file.options;

	return tcp->rcv.bytes.used > 0 || tcp->state == TCP_SYN_RECV ||
	       (options->linger_on && options->linger_seconds == 0);
}

void snt__sim_tcp_close(struct snt__sim_file *file)
{
	struct snt__sim_tcp *tcp = snt__sim_tcp_of(file);
	bool rude = ends_rudely(tcp);

	tcp->orphan = true;
	if (rude ||
	    snt__sim_tcp_in(tcp, SNT__SIM_STATE(TCP_LISTEN) |
					 SNT__SIM_STATE(TCP_CLOSE) |
					 SNT__SIM_STATE(TCP_SYN_SENT))) {
		snt__sim_tcp_abort(tcp);
		snt__sim_tcp_free(tcp);
		return;
	}
	tcp->shut = SNT__READ | SNT__WRITE;
	snt__sim_not(&tcp->timing.alive);
	if (tcp->state == TCP_FIN_WAIT2)
		snt__sim_tcp_linger(tcp);
	snt__sim_tcp_finish(tcp);
}
