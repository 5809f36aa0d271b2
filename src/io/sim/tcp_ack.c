/* SPDX-License-Identifier: MIT */
/*
 * What an acknowledgement tells the sender: that bytes have arrived, how long a
 * round trip takes (RFC 6298), how much the peer takes, and, three times the
 * same, that a segment is lost. Until all that was on its way then has arrived,
 * each that leaves something open has its next segment sent again (RFC 6582).
 */
#include "io/sim/tcp_parts.h"

#define RTO_FIRST SNT_SECOND
#define RTO_LEAST (200 * SNT_MILLISECOND)

static void sample(struct snt__sim_timing *timing, int64_t rtt)
{
	int64_t off;

	/* 0 means that none was ever measured. */
	if (rtt < 1)
		rtt = 1;
	if (timing->min_rtt == 0 || rtt < timing->min_rtt)
		timing->min_rtt = rtt;
	if (timing->srtt == 0) {
		timing->srtt = rtt;
		timing->rttvar = rtt / 2;
		return;
	}
	off = rtt > timing->srtt ? rtt - timing->srtt : timing->srtt - rtt;
	timing->rttvar += (off - timing->rttvar) / 4;
	timing->srtt += (rtt - timing->srtt) / 8;
}

/* As long as it would be had nothing been sent twice. */
static int64_t plain_rto(const struct snt__sim_timing *timing)
{
	int64_t rto;

	if (timing->srtt == 0)
		return RTO_FIRST;
	rto = 4 * timing->rttvar;
	rto = timing->srtt + (rto > RTO_LEAST ? rto : RTO_LEAST);
	return rto < SNT__SIM_RTO_MOST ? rto : SNT__SIM_RTO_MOST;
}

/* Bytes, and a SYN or FIN, up to there have arrived. */
static void move_on(struct snt__sim_tcp *tcp, uint64_t ack)
{
	struct snt__sim_sending *snd = &tcp->snd;
	uint64_t data = ack < snd->end ? ack : snd->end;

	snt__sim_bytes_drop(&snd->bytes, (size_t)(data - snd->data));
	tcp->counts.acked += data - snd->data;
	snd->data = data;
	snd->una = ack;
	if (snd->at < ack)
		snd->at = ack;
	snd->duplicates = 0;
	if (snd->limit < SNT__SIM_FLIGHT)
		snd->limit++;
}

static void advance(struct snt__sim_tcp *tcp, uint64_t ack)
{
	struct snt__sim_timing *timing = &tcp->timing;
	int64_t now = snt__sim_world->now;

	if (timing->timed != 0 && ack >= timing->timed) {
		sample(timing, now - timing->timed_at);
		timing->timed = 0;
	}
	timing->rto = plain_rto(timing);
	timing->tries = 0;
	timing->waits_since = now;
	tcp->soft_error = 0;
	move_on(tcp, ack);
	if (ack < tcp->snd.recover)
		snt__sim_tcp_resend(tcp);
	else
		tcp->snd.recover = 0;
	snt__sim_tcp_arm(tcp, true);
	snt__sim_tcp_make_room(tcp);
}

/* Something came after a gap; unless it is but an echo of what is being sent
 * again. */
static void note_gap(struct snt__sim_tcp *tcp)
{
	struct snt__sim_sending *snd = &tcp->snd;

	snd->duplicates++;
	if (snd->duplicates != 3 || snd->recover != 0 || snd->at < snd->nxt)
		return;
	snd->recover = snd->nxt;
	snt__sim_trace(tcp->file.host, "tcp resends", tcp->flow.local.port,
		       tcp->flow.remote.port, "port %u > %u seq %llu",
		       tcp->flow.local.port, tcp->flow.remote.port,
		       (unsigned long long)snd->una);
	snt__sim_tcp_resend(tcp);
	snt__sim_tcp_arm(tcp, true);
}

/* True: the window is larger now. */
static bool widen(struct snt__sim_sending *snd,
		  const struct snt__sim_packet *packet)
{
	uint64_t edge = packet->ack + packet->window;

	if (packet->window > snd->window_most)
		snd->window_most = packet->window;
	if (edge <= snd->edge)
		return false;
	snd->edge = edge;
	return true;
}

int snt__sim_tcp_acked(struct snt__sim_tcp *tcp,
		       const struct snt__sim_packet *packet)
{
	struct snt__sim_sending *snd = &tcp->snd;
	struct snt__sim_timing *timing = &tcp->timing;
	bool wider;

	/* It tells of what was never sent. */
	if (packet->ack > snd->nxt) {
		snt__sim_tcp_send_ack(tcp);
		return -EPROTO;
	}
	timing->heard_at = snt__sim_world->now;
	timing->probes = 0;
	wider = widen(snd, packet);
	if (packet->ack > snd->una)
		advance(tcp, packet->ack);
	else if (packet->ack == snd->una && snd->una < snd->nxt && !wider &&
		 packet->size == 0 && !(packet->flags & SNT__SIM_FIN))
		note_gap(tcp);
	/* A closed window may stay so for ever, as long as the peer says so. */
	if (snd->una == snd->nxt) {
		timing->tries = 0;
		if (wider)
			timing->rto = plain_rto(timing);
	}
	return 0;
}
