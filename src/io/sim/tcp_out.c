/* SPDX-License-Identifier: MIT */
/*
 * Segments on their way out. The sender keeps to the peer's window, whose edge
 * never moves back here, and to a number of segments that falls to one at a
 * time-out and grows with each acknowledgement; what it believes lost it sends
 * again from there on, at most as much as it had sent.
 *
 * The receiver tells its window only in steps worth a segment (RFC 9293,
 * 3.8.6), and holds what its buffer allows: half of SO_RCVBUF, as on Linux.
 */
#include "io/sim/tcp_parts.h"

#include <netinet/in.h>

#define OPEN                                                                   \
	(SNT__SIM_STATE(TCP_ESTABLISHED) | SNT__SIM_STATE(TCP_CLOSE_WAIT) |    \
	 SNT__SIM_STATE(TCP_FIN_WAIT1) | SNT__SIM_STATE(TCP_CLOSING) |         \
	 SNT__SIM_STATE(TCP_LAST_ACK))

/* Segments below this are small enough to be sent whole into any window. */
#define SMALL_WINDOW 536

/* What the receive buffer could still take, and the least worth telling. */
static size_t room(const struct snt__sim_tcp *tcp, size_t *least)
{
	size_t capacity = (size_t)tcp->file.options.rcvbuf / 2;
	size_t used = tcp->rcv.bytes.used;

	*least = capacity / 2 < tcp->snd.mss ? capacity / 2 : tcp->snd.mss;
	return used < capacity ? capacity - used : 0;
}

/* The window to be told; its edge only ever moves on. */
static uint32_t window(struct snt__sim_tcp *tcp)
{
	struct snt__sim_receiving *rcv = &tcp->rcv;
	size_t least, free = room(tcp, &least);

	if (free >= least && rcv->nxt + free > rcv->edge)
		rcv->edge = rcv->nxt + free;
	return (uint32_t)(rcv->edge - rcv->nxt);
}

static struct snt__sim_packet *segment(struct snt__sim_tcp *tcp, uint8_t flags,
				       uint64_t sequence, size_t size)
{
	struct snt__sim_packet *packet = snt__sim_packet(IPPROTO_TCP, size);

	packet->from = tcp->flow.local;
	packet->to = tcp->flow.remote;
	packet->flags = flags;
	packet->sequence = sequence;
	packet->window = window(tcp);
	if (flags & SNT__SIM_ACK)
		packet->ack = tcp->rcv.nxt;
	return packet;
}

/* What cannot be sent is lost, and sent again. */
static void give(const struct snt__sim_tcp *tcp, struct snt__sim_packet *packet)
{
	(void)snt__sim_send(tcp->file.host, packet);
}

void snt__sim_tcp_send_syn(struct snt__sim_tcp *tcp)
{
	uint8_t flags = SNT__SIM_SYN;
	struct snt__sim_packet *packet;

	if (tcp->state == TCP_SYN_RECV)
		flags |= SNT__SIM_ACK;
	packet = segment(tcp, flags, tcp->snd.iss, 0);
	packet->mss = (uint16_t)snt__sim_tcp_way_mss(tcp);
	give(tcp, packet);
}

void snt__sim_tcp_send_ack(struct snt__sim_tcp *tcp)
{
	give(tcp, segment(tcp, SNT__SIM_ACK, tcp->snd.nxt, 0));
}

void snt__sim_tcp_send_probe(struct snt__sim_tcp *tcp)
{
	give(tcp, segment(tcp, SNT__SIM_ACK, tcp->snd.una - 1, 0));
}

void snt__sim_tcp_send_reset(struct snt__sim_tcp *tcp)
{
	give(tcp, segment(tcp, SNT__SIM_RST | SNT__SIM_ACK, tcp->snd.nxt, 0));
}

void snt__sim_tcp_refuse(struct snt__sim_host *host,
			 const struct snt__sim_packet *packet)
{
	struct snt__sim_packet *answer;

	if (packet->flags & SNT__SIM_RST)
		return;
	answer = snt__sim_packet(IPPROTO_TCP, 0);
	answer->from = packet->to;
	answer->to = packet->from;
	answer->flags = SNT__SIM_RST;
	if (packet->flags & SNT__SIM_ACK) {
		answer->sequence = packet->ack;
	} else {
		answer->flags |= SNT__SIM_ACK;
		answer->ack = snt__sim_behind(packet);
	}
	(void)snt__sim_send(host, answer);
}

/* A segment fits into half of the largest window that the peer ever told, or
 * else it might wait for room that never comes. */
static size_t segment_most(const struct snt__sim_tcp *tcp)
{
	size_t most = tcp->snd.window_most, way = snt__sim_tcp_way_mss(tcp);

	if (way > tcp->snd.mss)
		way = tcp->snd.mss;
	if (most > SMALL_WINDOW)
		most /= 2;
	return most == 0 || most > way ? way : most;
}

static void note_sent(struct snt__sim_tcp *tcp, uint64_t behind, size_t size)
{
	struct snt__sim_sending *snd = &tcp->snd;
	struct snt__sim_timing *timing = &tcp->timing;
	int64_t now = snt__sim_world->now;

	tcp->counts.sent += size;
	timing->sent_at = now;
	if (behind <= snd->nxt) {
		tcp->counts.sent_again += size;
		tcp->counts.again++;
		timing->timed = 0;
	} else {
		if (snd->una == snd->nxt)
			timing->waits_since = now;
		if (timing->timed == 0 && snd->at == snd->nxt) {
			timing->timed = behind;
			timing->timed_at = now;
		}
		snd->nxt = behind;
	}
}

/* The segment that begins there; so much data, and a FIN, or not. */
static void send_piece(struct snt__sim_tcp *tcp, uint64_t sequence, size_t size,
		       bool fin)
{
	struct snt__sim_sending *snd = &tcp->snd;
	struct snt__sim_packet *packet = segment(
		tcp, SNT__SIM_ACK | (fin ? SNT__SIM_FIN : 0), sequence, size);

	snt__sim_bytes_look(&snd->bytes, (size_t)(sequence - snd->data),
			    packet->bytes, size);
	note_sent(tcp, sequence + size + fin, size);
	give(tcp, packet);
}

/* One segment from where sending is; false: it must wait, or there is none. */
static bool send_next(struct snt__sim_tcp *tcp)
{
	struct snt__sim_sending *snd = &tcp->snd;
	size_t most = segment_most(tcp), size;
	uint64_t edge = snd->una + snd->limit * most;
	bool fin;

	if (snd->at > snd->end)
		return false;
	size = snd->end - snd->at < most ? (size_t)(snd->end - snd->at) : most;
	fin = snd->fin && snd->at + size == snd->end;
	if (size == 0 && !fin)
		return false;
	if (edge > snd->edge)
		edge = snd->edge;
	if (size > 0 && snd->at + size > edge) {
		/* A window too small for all of it is used when nothing else
		 * would come back to tell of a larger one. */
		if (snd->at >= edge || snd->at > snd->una)
			return false;
		size = (size_t)(edge - snd->at);
		fin = false;
	}
	send_piece(tcp, snd->at, size, fin);
	snd->at += size + fin;
	return true;
}

void snt__sim_tcp_output(struct snt__sim_tcp *tcp)
{
	if (!snt__sim_tcp_in(tcp, OPEN))
		return;
	while (send_next(tcp))
		;
	snt__sim_tcp_arm(tcp, false);
}

void snt__sim_tcp_resend(struct snt__sim_tcp *tcp)
{
	struct snt__sim_sending *snd = &tcp->snd;
	size_t size = segment_most(tcp);
	bool fin = false;

	if (!snt__sim_tcp_in(tcp, OPEN) || snd->una >= snd->nxt)
		return;
	if (snd->end - snd->una <= size) {
		size = (size_t)(snd->end - snd->una);
		fin = snd->fin && snd->nxt > snd->end;
	}
	if (size > snd->nxt - snd->una)
		size = (size_t)(snd->nxt - snd->una);
	send_piece(tcp, snd->una, size, fin);
}

void snt__sim_tcp_tell_room(struct snt__sim_tcp *tcp)
{
	size_t least, free = room(tcp, &least);
	uint64_t told = tcp->rcv.edge - tcp->rcv.nxt;

	if (!snt__sim_tcp_in(tcp, SNT__SIM_STATE(TCP_ESTABLISHED) |
					  SNT__SIM_STATE(TCP_FIN_WAIT1) |
					  SNT__SIM_STATE(TCP_FIN_WAIT2)))
		return;
	if (free >= least && free >= 2 * told &&
	    tcp->rcv.nxt + free > tcp->rcv.edge)
		snt__sim_tcp_send_ack(tcp);
}
