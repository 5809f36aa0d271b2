/* SPDX-License-Identifier: MIT */
/*
 * What happens to a connection when nothing does: segments are sent again,
 * closed windows probed, silent peers asked whether they live, and in the end
 * it is given up. Counts and times are those of Linux with its defaults, but
 * that SYNs go at 1, 3, 7, 15, 31 and 63 seconds (RFC 6298).
 */
#include "io/sim/tcp_parts.h"

#define SYN_TRIES 6
#define SYN_ACK_TRIES 5
#define TRIES 15
#define ORPHAN_TRIES 8
#define FIN_WAIT (60 * SNT_SECOND)

static int64_t user_timeout(const struct snt__sim_tcp *tcp)
{
	return tcp->options.user_timeout * SNT_MILLISECOND;
}

/* The peer does not answer, or something on the way said why. */
static void give_up(struct snt__sim_tcp *tcp)
{
	snt__sim_tcp_done(tcp,
			  tcp->soft_error != 0 ? tcp->soft_error : ETIMEDOUT);
}

static bool is_hopeless(const struct snt__sim_tcp *tcp)
{
	const struct snt__sim_timing *timing = &tcp->timing;
	int64_t limit = user_timeout(tcp);
	bool begins = tcp->state == TCP_SYN_SENT;
	unsigned tries = tcp->orphan ? ORPHAN_TRIES : TRIES;

	/* Nobody waits for a window that stays closed. */
	if (tcp->orphan && timing->rto >= SNT__SIM_RTO_MOST)
		return true;
	if (limit > 0 && snt__sim_world->now - timing->waits_since >= limit)
		return true;
	if (begins)
		tries = tcp->options.syncnt > 0 ? (unsigned)tcp->options.syncnt
						: SYN_TRIES;
	else if (tcp->state == TCP_SYN_RECV)
		tries = tcp->answered && snt__sim_tcp_deferred(tcp) >
						 SYN_ACK_TRIES
				? snt__sim_tcp_deferred(tcp)
				: SYN_ACK_TRIES;
	else if (limit > 0)
		return false;
	return timing->tries >= tries;
}

static void again_fired(struct snt__sim_event *event);
static void alive_fired(struct snt__sim_event *event);

static void schedule(struct snt__sim_tcp *tcp)
{
	struct snt__sim_timing *timing = &tcp->timing;
	int64_t now = snt__sim_world->now, when = now + timing->rto;
	int64_t limit = user_timeout(tcp);

	if (limit > 0 && when > timing->waits_since + limit)
		when = timing->waits_since + limit;
	snt__sim_at(&timing->again, when > now ? when : now, again_fired);
}

/* There is data, and the peer's window is closed. */
static bool is_blocked(const struct snt__sim_tcp *tcp)
{
	return tcp->snd.at < tcp->snd.end &&
	       snt__sim_tcp_in(tcp, SNT__SIM_STATE(TCP_ESTABLISHED) |
					    SNT__SIM_STATE(TCP_CLOSE_WAIT) |
					    SNT__SIM_STATE(TCP_FIN_WAIT1) |
					    SNT__SIM_STATE(TCP_CLOSING) |
					    SNT__SIM_STATE(TCP_LAST_ACK));
}

void snt__sim_tcp_arm(struct snt__sim_tcp *tcp, bool anew)
{
	struct snt__sim_timing *timing = &tcp->timing;
	bool sent = tcp->snd.una < tcp->snd.nxt;

	if (!sent && !is_blocked(tcp)) {
		snt__sim_not(&timing->again);
		return;
	}
	if (timing->again.due && !anew)
		return;
	if (!sent && !timing->again.due && timing->tries == 0)
		timing->waits_since = snt__sim_world->now;
	schedule(tcp);
}

static void send_again(struct snt__sim_tcp *tcp)
{
	struct snt__sim_sending *snd = &tcp->snd;

	snt__sim_trace(tcp->file.host, "tcp times out", tcp->flow.local.port,
		       tcp->flow.remote.port, "port %u > %u, %u. try",
		       tcp->flow.local.port, tcp->flow.remote.port,
		       tcp->timing.tries);
	snd->limit = 1;
	snd->at = snd->una > snd->iss ? snd->una : snd->data;
	snd->recover = 0;
	snd->duplicates = 0;
	tcp->timing.timed = 0;
	if (snd->una > snd->iss) {
		snt__sim_tcp_output(tcp);
		return;
	}
	tcp->counts.again++;
	snt__sim_tcp_send_syn(tcp);
	schedule(tcp);
}

static void again_fired(struct snt__sim_event *event)
{
	struct snt__sim_tcp *tcp =
		SNT__CONTAINER(event, struct snt__sim_tcp, timing.again);
	struct snt__sim_timing *timing = &tcp->timing;

	if (is_hopeless(tcp)) {
		give_up(tcp);
		return;
	}
	timing->tries++;
	timing->rto = timing->rto * 2 < SNT__SIM_RTO_MOST ? timing->rto * 2
							  : SNT__SIM_RTO_MOST;
	/* In the end the client is asked once more for what it has. */
	if (tcp->answered && timing->tries < snt__sim_tcp_deferred(tcp)) {
		schedule(tcp);
	} else if (tcp->snd.una < tcp->snd.nxt) {
		send_again(tcp);
	} else {
		snt__sim_tcp_send_probe(tcp);
		schedule(tcp);
	}
}

static bool may_be_idle(const struct snt__sim_tcp *tcp)
{
	return tcp->file.options.keepalive && !tcp->orphan &&
	       !snt__sim_tcp_in(tcp, SNT__SIM_STATE(TCP_CLOSE) |
					     SNT__SIM_STATE(TCP_LISTEN) |
					     SNT__SIM_STATE(TCP_SYN_SENT) |
					     SNT__SIM_STATE(TCP_SYN_RECV));
}

void snt__sim_tcp_keepalive(struct snt__sim_tcp *tcp, int64_t silence)
{
	struct snt__sim_timing *timing = &tcp->timing;
	int64_t left = tcp->options.keepidle * SNT_SECOND - silence;

	if (may_be_idle(tcp))
		snt__sim_at(&timing->alive,
			    snt__sim_world->now + (left > 0 ? left : 0),
			    alive_fired);
	else
		snt__sim_not(&timing->alive);
}

void snt__sim_tcp_linger(struct snt__sim_tcp *tcp)
{
	snt__sim_at(&tcp->timing.alive, snt__sim_world->now + FIN_WAIT,
		    alive_fired);
}

/* Asks the peer, who has been silent for that long. */
static void ask(struct snt__sim_tcp *tcp, int64_t silence)
{
	struct snt__sim_timing *timing = &tcp->timing;
	int64_t limit = user_timeout(tcp);

	if (limit > 0 ? silence >= limit && timing->probes > 0
		      : timing->probes >= (unsigned)tcp->options.keepcnt) {
		snt__sim_tcp_send_reset(tcp);
		give_up(tcp);
		return;
	}
	timing->probes++;
	snt__sim_tcp_send_probe(tcp);
	snt__sim_at(&timing->alive,
		    snt__sim_world->now + tcp->options.keepintvl * SNT_SECOND,
		    alive_fired);
}

static void alive_fired(struct snt__sim_event *event)
{
	struct snt__sim_tcp *tcp =
		SNT__CONTAINER(event, struct snt__sim_tcp, timing.alive);
	int64_t idle = tcp->options.keepidle * SNT_SECOND;
	int64_t silence = snt__sim_world->now - tcp->timing.heard_at;

	if (tcp->orphan) {
		snt__sim_tcp_done(tcp, 0);
		return;
	}
	if (!may_be_idle(tcp))
		return;
	/* What is not acknowledged has a timer of its own. */
	if (tcp->snd.una < tcp->snd.nxt || is_blocked(tcp))
		silence = 0;
	if (silence >= idle)
		ask(tcp, silence);
	else
		snt__sim_at(&tcp->timing.alive,
			    snt__sim_world->now + idle - silence, alive_fired);
}
