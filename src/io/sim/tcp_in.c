/* SPDX-License-Identifier: MIT */
/*
 * Segments that arrive (RFC 9293, 3.10.7): whose they are, whether they make
 * sense there, what they acknowledge, what they bring. Each that brings
 * something is acknowledged at once, and so is each that makes no sense, but
 * not too often, lest two sides answer each other for ever.
 */
#include "io/sim/tcp_parts.h"

#include <netinet/in.h>
#include <string.h>

/* net.ipv4.tcp_invalid_ratelimit */
#define NONSENSE_PAUSE (500 * SNT_MILLISECOND)

#define RECEIVING                                                              \
	(SNT__SIM_STATE(TCP_ESTABLISHED) | SNT__SIM_STATE(TCP_FIN_WAIT1) |     \
	 SNT__SIM_STATE(TCP_FIN_WAIT2))

/* Says where this side is. */
static void set_right(struct snt__sim_tcp *tcp,
		      const struct snt__sim_packet *packet)
{
	int64_t now = snt__sim_world->now;

	if (packet->size == 0 && !(packet->flags & SNT__SIM_FIN)) {
		if (now < tcp->timing.quiet_until)
			return;
		tcp->timing.quiet_until = now + NONSENSE_PAUSE;
	}
	snt__sim_tcp_send_ack(tcp);
}

static bool in_window(const struct snt__sim_tcp *tcp,
		      const struct snt__sim_packet *packet)
{
	return snt__sim_behind(packet) >= tcp->rcv.nxt &&
	       packet->sequence <= tcp->rcv.edge;
}

static void established(struct snt__sim_tcp *tcp)
{
	snt__sim_tcp_enter(tcp, TCP_ESTABLISHED);
	if (tcp->file.options.keepalive)
		snt__sim_tcp_keepalive(tcp, 0);
	snt__sim_tcp_stir(tcp, SNT__WRITE);
}

static void in_syn_sent(struct snt__sim_tcp *tcp,
			const struct snt__sim_packet *packet)
{
	bool ack = (packet->flags & SNT__SIM_ACK) != 0;

	if (ack && packet->ack != tcp->snd.nxt) {
		snt__sim_tcp_refuse(tcp->file.host, packet);
	} else if (packet->flags & SNT__SIM_RST) {
		if (ack)
			snt__sim_tcp_done(tcp, ECONNREFUSED);
	} else if (packet->flags & SNT__SIM_SYN) {
		snt__sim_tcp_begin_receiving(tcp, packet);
		if (ack && snt__sim_tcp_acked(tcp, packet) == 0) {
			established(tcp);
			snt__sim_tcp_send_ack(tcp);
			return;
		}
		/* Both began at once. */
		snt__sim_tcp_enter(tcp, TCP_SYN_RECV);
		tcp->timing.tries = 0;
		snt__sim_tcp_send_syn(tcp);
		snt__sim_tcp_arm(tcp, true);
	}
}

/* In order; keeps what it has not. */
static void keep_piece(struct snt__sim_tcp *tcp, uint64_t from, uint64_t to,
		       const uint8_t *bytes)
{
	struct snt__sim_piece **place = &tcp->rcv.pieces, *piece;
	uint64_t begin = from, end;

	for (; *place != NULL && begin < to; place = &(*place)->next) {
		end = (*place)->sequence + (*place)->size;
		if (end <= begin)
			continue;
		if ((*place)->sequence > begin)
			break;
		begin = end;
	}
	if (begin >= to)
		return;
	end = *place != NULL && (*place)->sequence < to ? (*place)->sequence
							: to;
	piece = snt__sim_alloc(sizeof *piece + (size_t)(end - begin));
	piece->sequence = begin;
	piece->size = (size_t)(end - begin);
	memcpy(piece->bytes, bytes + (begin - from), piece->size);
	piece->next = *place;
	*place = piece;
	/* More of it may lie behind what was there already. */
	if (end < to)
		keep_piece(tcp, end, to, bytes + (end - from));
}

static void take(struct snt__sim_tcp *tcp, const uint8_t *bytes, size_t size)
{
	snt__sim_bytes_put(&tcp->rcv.bytes, bytes, size);
	tcp->rcv.nxt += size;
	tcp->counts.received += size;
}

/* What had come before what came now. */
static void take_pieces(struct snt__sim_tcp *tcp)
{
	struct snt__sim_piece *piece;
	size_t known;

	while ((piece = tcp->rcv.pieces) != NULL &&
	       piece->sequence <= tcp->rcv.nxt) {
		known = (size_t)(tcp->rcv.nxt - piece->sequence);
		if (known < piece->size)
			take(tcp, piece->bytes + known, piece->size - known);
		tcp->rcv.pieces = piece->next;
		snt__sim_free(piece);
	}
}

/* The part of its data that is new and that there is room for. */
static void take_data(struct snt__sim_tcp *tcp,
		      const struct snt__sim_packet *packet)
{
	struct snt__sim_receiving *rcv = &tcp->rcv;
	uint64_t from = packet->sequence, to = from + packet->size;
	const uint8_t *bytes = packet->bytes;

	if (from < rcv->nxt) {
		bytes += rcv->nxt - from;
		from = rcv->nxt;
	}
	if (to > rcv->edge)
		to = rcv->edge;
	if (from >= to)
		return;
	if (from > rcv->nxt) {
		keep_piece(tcp, from, to, bytes);
		return;
	}
	take(tcp, bytes, (size_t)(to - from));
	take_pieces(tcp);
	tcp->timing.received_at = snt__sim_world->now;
	snt__sim_tcp_stir(tcp, snt__sim_tcp_ready(&tcp->file) & SNT__READ);
}

/* All that came before the peer's FIN is here. True: the connection lives. */
static bool take_fin(struct snt__sim_tcp *tcp)
{
	struct snt__sim_receiving *rcv = &tcp->rcv;

	rcv->nxt++;
	if (rcv->edge < rcv->nxt)
		rcv->edge = rcv->nxt;
	tcp->shut |= SNT__READ;
	tcp->ended = true;
	snt__sim_tcp_drop_pieces(tcp);
	snt__sim_tcp_send_ack(tcp);
	if (tcp->state == TCP_FIN_WAIT2) {
		snt__sim_tcp_wait_time(tcp);
		return false;
	}
	snt__sim_tcp_enter(tcp, tcp->state == TCP_FIN_WAIT1 ? TCP_CLOSING
							    : TCP_CLOSE_WAIT);
	snt__sim_tcp_stir(tcp, snt__sim_tcp_ready(&tcp->file));
	return true;
}

/* True: the connection lives. */
static bool take_text(struct snt__sim_tcp *tcp,
		      const struct snt__sim_packet *packet)
{
	uint64_t behind = snt__sim_behind(packet);
	bool fin = (packet->flags & SNT__SIM_FIN) != 0;

	if (packet->size == 0 && !fin)
		return true;
	if (!snt__sim_tcp_in(tcp, RECEIVING) || behind <= tcp->rcv.nxt) {
		snt__sim_tcp_send_ack(tcp);
		return true;
	}
	/* Nobody will read it. */
	if (tcp->state != TCP_ESTABLISHED && (tcp->shut & SNT__READ) &&
	    behind - fin > tcp->rcv.nxt) {
		snt__sim_tcp_refuse(tcp->file.host, packet);
		snt__sim_tcp_done(tcp, ECONNRESET);
		return false;
	}
	if (fin)
		tcp->rcv.fin = behind - 1;
	take_data(tcp, packet);
	if (tcp->rcv.fin != 0 && tcp->rcv.nxt == tcp->rcv.fin)
		return take_fin(tcp);
	snt__sim_tcp_send_ack(tcp);
	return true;
}

/* The peer has this side's FIN, perhaps. True: the connection lives. */
static bool note_fin_acked(struct snt__sim_tcp *tcp)
{
	if (!tcp->snd.fin || tcp->snd.una <= tcp->snd.end)
		return true;
	if (tcp->state == TCP_FIN_WAIT1) {
		snt__sim_tcp_enter(tcp, TCP_FIN_WAIT2);
		if (tcp->orphan)
			snt__sim_tcp_linger(tcp);
		return true;
	}
	if (tcp->state == TCP_CLOSING) {
		snt__sim_tcp_wait_time(tcp);
		return false;
	}
	if (tcp->state == TCP_LAST_ACK) {
		snt__sim_tcp_done(tcp, 0);
		return false;
	}
	return true;
}

static void take_reset(struct snt__sim_tcp *tcp,
		       const struct snt__sim_packet *packet)
{
	if (packet->sequence != tcp->rcv.nxt)
		set_right(tcp, packet);
	else
		snt__sim_tcp_done(
			tcp, tcp->state == TCP_CLOSE_WAIT ? EPIPE : ECONNRESET);
}

/* In any state but SYN-SENT. */
static void take_segment(struct snt__sim_tcp *tcp,
			 const struct snt__sim_packet *packet)
{
	uint8_t flags = packet->flags;

	/* The answer to one who began at the same time. */
	if (tcp->state == TCP_SYN_RECV && !tcp->embryo &&
	    flags == (SNT__SIM_SYN | SNT__SIM_ACK) &&
	    packet->sequence == tcp->rcv.irs)
		flags &= (uint8_t)~SNT__SIM_SYN;
	else if (!in_window(tcp, packet)) {
		if (!(flags & SNT__SIM_RST))
			set_right(tcp, packet);
		return;
	}
	if (flags & SNT__SIM_RST) {
		take_reset(tcp, packet);
		return;
	}
	if (flags & SNT__SIM_SYN) {
		set_right(tcp, packet);
		return;
	}
	if (!(flags & SNT__SIM_ACK))
		return;
	if (tcp->state == TCP_SYN_RECV) {
		if (packet->ack != tcp->snd.nxt) {
			snt__sim_tcp_refuse(tcp->file.host, packet);
			return;
		}
		if (snt__sim_tcp_deferred(tcp) > tcp->timing.tries &&
		    packet->sequence == snt__sim_behind(packet)) {
			tcp->answered = true;
			return;
		}
		if (tcp->embryo && !snt__sim_tcp_hatch(tcp))
			return;
		established(tcp);
		if (tcp->shut & SNT__WRITE)
			snt__sim_tcp_finish(tcp);
	}
	if (snt__sim_tcp_acked(tcp, packet) == 0 && note_fin_acked(tcp) &&
	    take_text(tcp, packet))
		snt__sim_tcp_output(tcp);
}

void snt__sim_tcp_arrive(struct snt__sim_host *host,
			 const struct snt__sim_packet *packet)
{
	struct snt__sim_flow *flow =
		snt__sim_flow_find(host, &packet->to, &packet->from);
	struct snt__sim_tcp *tcp;

	if (flow != NULL && !flow->waiting) {
		tcp = SNT__CONTAINER(flow, struct snt__sim_tcp, flow);
		if (tcp->state == TCP_SYN_SENT)
			in_syn_sent(tcp, packet);
		else if (tcp->embryo && packet->flags == SNT__SIM_SYN &&
			 packet->sequence == tcp->rcv.irs)
			snt__sim_tcp_send_syn(tcp);
		else
			take_segment(tcp, packet);
		return;
	}
	if (flow != NULL && !snt__sim_tcp_late(host, flow, packet))
		return;
	tcp = packet->flags == SNT__SIM_SYN
		      ? snt__sim_port_listener(host, &packet->to, &packet->from)
		      : NULL;
	if (tcp != NULL)
		snt__sim_tcp_knock(tcp, packet);
	else
		snt__sim_tcp_refuse(host, packet);
}

void snt__sim_tcp_told(struct snt__sim_host *host,
		       const struct snt__sim_packet *packet)
{
	struct snt__sim_flow *flow =
		snt__sim_flow_find(host, &packet->to, &packet->about);
	struct snt__sim_tcp *tcp;

	if (flow == NULL || flow->waiting)
		return;
	tcp = SNT__CONTAINER(flow, struct snt__sim_tcp, flow);
	/* The size of segments follows the way by itself. */
	if (packet->error == EMSGSIZE ||
	    packet->about_sequence < tcp->snd.una ||
	    packet->about_sequence > tcp->snd.nxt)
		return;
	if (snt__sim_tcp_in(tcp, SNT__SIM_STATE(TCP_SYN_SENT) |
					 SNT__SIM_STATE(TCP_SYN_RECV)))
		snt__sim_tcp_done(tcp, packet->error);
	else
		tcp->soft_error = packet->error;
}
