/* SPDX-License-Identifier: MIT */
/*
 * A session's bodies on their way out: an ACK and CREDIT where owed, then what
 * the outbound side has; sealed, and to the socket. One datagram that the
 * socket has no room for stays in endpoint->out, and nothing else goes before
 * it.
 */
#include "seq/session.h"

#include "fiber/aside.h"

#include <string.h>

/* Nobody acknowledges a CLOSE, so it goes as often as it takes to arrive nearly
 * always. */
#define GOODBYES 3

/* What goes into a body before the outbound side's. */
struct ahead {
	size_t size;
	bool must_go;
	bool with_credit;
	int64_t ack_at; /* as it was, if nothing goes after all */
	unsigned unanswered;
};

static void put_ahead(struct snt_seq *seq, struct ahead *ahead,
		      unsigned char *body, size_t room, int64_t now)
{
	const struct snt__seq_frame credit = {
		.type = SNT__SEQ_CREDIT,
		.credit = snt__seq_inbound_credit(&seq->inbound),
	};

	ahead->ack_at = snt__seq_received_ack_at(&seq->received);
	ahead->unanswered = seq->received.unanswered;
	ahead->must_go = ahead->ack_at <= now;
	if (ahead->ack_at != SNT_FOREVER)
		ahead->size =
			snt__seq_received_ack(&seq->received, body, room, now);
	if (snt__seq_inbound_credit_due(&seq->inbound)) {
		ahead->size += snt__seq_frame_write(
			body + ahead->size, room - ahead->size, &credit);
		ahead->with_credit = ahead->must_go = true;
	}
}

/* Nothing to go with an ACK that can wait: it is owed still. */
static void take_back(struct snt_seq *seq, const struct ahead *ahead)
{
	seq->received.ack_at = ahead->ack_at;
	seq->received.unanswered = ahead->unanswered;
}

/* A DATA that is ready but for its head and its seal. */
struct closing {
	struct snt_seq *seq;
	uint64_t number;
	unsigned char *data;
	size_t size; /* of the body; then of all, or 0: it cannot be sealed */
};

static void close_aside(void *arg)
{
	struct closing *closing = arg;

	if (snt__seq_seal_close(&closing->seq->seal.out, closing->number,
				closing->data, closing->size) < 0)
		closing->size = 0;
	else
		closing->size += SNT__SEQ_HEAD + SNT__SEQ_TAG;
}

static size_t close_data(struct closing *closing)
{
	struct snt__seq_datagram packet = {
		.type = SNT__SEQ_DATA,
		.id = closing->seq->peer_id,
		.number = (uint32_t)closing->number,
	};

	snt__seq_datagram_write(&packet, closing->data);
	if (closing->seq->seal.out.cipher == NULL)
		return closing->size + SNT__SEQ_HEAD;
	if (snt__aside(close_aside, closing) < 0)
		return 0;
	return closing->size;
}

/* Of a datagram to addr, what the interface and the path take now; 0: that is
 * not known. */
static size_t mtu_to(const struct snt_addr *addr)
{
	bool is4 = addr->sa.any.sa_family == AF_INET;
	int fd = snt__io->socket(addr->sa.any.sa_family, SOCK_DGRAM, 0);
	socklen_t size = sizeof(int);
	int mtu = 0;

	if (fd < 0)
		return 0;
	if (snt__io->connect(fd, addr) < 0 ||
	    snt__io->getsockopt(fd, is4 ? IPPROTO_IP : IPPROTO_IPV6,
				is4 ? IP_MTU : IPV6_MTU, &mtu, &size) < 0)
		mtu = 0;
	snt__io->close(fd);
	return mtu > 0 ? (size_t)mtu : 0;
}

static void was_too_big(struct snt_seq *seq, size_t body, int64_t now)
{
	size_t mtu = mtu_to(&seq->route.addr), around = seq->outbound.overhead;

	/* Where the system does not know, half of it may pass. */
	snt__seq_outbound_too_big(
		&seq->outbound,
		mtu > around && mtu - around < body ? mtu - around : body / 2,
		now);
}

/* false: nothing more can go now. */
static bool put(struct snt_seq *seq, const struct closing *data, size_t size,
		int64_t now)
{
	struct snt_seq_endpoint *endpoint = seq->endpoint;
	bool credit_lost = false;
	int code = -EAGAIN;

	if (size > 0)
		code = snt__seq_put(endpoint, &seq->route, endpoint->out, size);
	if (code == -ECONNREFUSED)
		code = snt__seq_put(endpoint, &seq->route, endpoint->out, size);
	if (code == -EAGAIN && size > 0) {
		endpoint->stuck = size;
		endpoint->stuck_for = seq;
		snt__seq_poke(endpoint, 0);
		return false;
	}
	if (code == -EMSGSIZE)
		was_too_big(seq, data->size, now);
	if (code == -EMSGSIZE || size == 0)
		snt__seq_outbound_lost_at_once(&seq->outbound, data->number,
					       now, &credit_lost);
	if (credit_lost)
		snt__seq_inbound_credit_lost(&seq->inbound);
	/* What else may fail (no route, no memory, a filter) may be over soon:
	 * it is as if the datagram was lost. */
	return code == 0 || code == -EMSGSIZE;
}

static bool send_one(struct snt_seq *seq, int64_t now)
{
	unsigned char *data = seq->endpoint->out;
	unsigned char *body = data + SNT__SEQ_HEAD;
	size_t room = snt__seq_outbound_room(&seq->outbound, now), size;
	struct closing closing = { .seq = seq, .data = data };
	struct ahead ahead = { .size = 0 };

	put_ahead(seq, &ahead, body, room, now);
	size = snt__seq_outbound_fill(&seq->outbound, body + ahead.size,
				      room - ahead.size, now);
	if (size == 0 && !ahead.must_go) {
		take_back(seq, &ahead);
		return false;
	}
	closing.size = size + ahead.size;
	/* So that who answers with GONE need not say more than was asked. */
	while (closing.size < SNT__SEQ_DATA_LEAST - SNT__SEQ_HEAD)
		body[closing.size++] = SNT__SEQ_PAD;
	closing.number = snt__seq_outbound_sent(&seq->outbound, closing.size,
						size > 0 || ahead.with_credit,
						ahead.with_credit, now);
	if (ahead.with_credit)
		snt__seq_inbound_credit_told(&seq->inbound);
	return put(seq, &closing, close_data(&closing), now);
}

void snt__seq_flush(struct snt_seq *seq, int64_t now)
{
	if (seq->state != SNT__SEQ_UP)
		return;
	while (seq->endpoint->stuck == 0 && send_one(seq, now))
		;
	snt__seq_set_clock(seq, now);
}

void snt__seq_mark_due(struct snt_seq *seq)
{
	if (seq->state != SNT__SEQ_UP)
		return;
	if (snt__list_empty(&seq->in_due))
		snt__list_append(&seq->endpoint->due, &seq->in_due);
	snt__seq_poke(seq->endpoint, 0);
}

void snt__seq_unstick(struct snt_seq_endpoint *endpoint, int64_t now)
{
	struct snt_seq *seq = endpoint->stuck_for;
	int code = snt__seq_put(endpoint, &seq->route, endpoint->out,
				endpoint->stuck);

	if (code == -EAGAIN)
		return;
	endpoint->stuck = 0;
	endpoint->stuck_for = NULL;
	snt__seq_flush(seq, now);
}

void snt__seq_say_goodbye(struct snt_seq *seq, uint8_t reason)
{
	const struct snt__seq_frame frame = { .type = SNT__SEQ_CLOSE,
					      .reason = reason };
	unsigned char data[SNT__SEQ_PADDED];
	unsigned char *body = data + SNT__SEQ_HEAD;
	struct closing closing = { .seq = seq, .data = data };
	int64_t now;
	size_t size;

	if (seq->state != SNT__SEQ_UP || seq->home.forks != snt__forks)
		return;
	now = snt__io->now();
	/* First what came: if it was all, the peer need not ask for more. */
	size = snt__seq_received_ack(&seq->received, body, 64, now);
	size += snt__seq_frame_write(body + size, 64, &frame);
	while (size < SNT__SEQ_DATA_LEAST - SNT__SEQ_HEAD)
		body[size++] = SNT__SEQ_PAD;
	closing.size = size;
	closing.number =
		snt__seq_outbound_sent(&seq->outbound, size, false, false, now);
	size = close_data(&closing);
	for (int i = 0; i < GOODBYES && size > 0; i++)
		snt__seq_send_once(seq->endpoint, &seq->route, data, size);
}
