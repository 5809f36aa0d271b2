/* SPDX-License-Identifier: MIT */
/*
 * The handshake of who asks. HELLO until a cookie comes, then OPEN until a
 * WELCOME does, each again after 250 ms, doubled up to 4 s. Whoever waits for
 * the session is told when it is up or over.
 */
#include "base/deadline.h"
#include "seq/handshake.h"

#include <string.h>

#define FIRST_PAUSE (250 * SNT_MILLISECOND)
#define LAST_PAUSE SNT_SECOND

static size_t write_question(const struct snt_seq *seq, unsigned char *bytes)
{
	const struct snt_seq_endpoint *endpoint = seq->endpoint;
	struct snt__seq_datagram packet = {
		.type = seq->state == SNT__SEQ_OPENING ? SNT__SEQ_OPEN
						       : SNT__SEQ_HELLO,
		.sealing = endpoint->sealed,
		.client = seq->id,
		.random = seq->client_random,
		.number = seq->first_number,
		.greatest = (uint32_t)endpoint->opts.message_max,
		.credit = endpoint->opts.recv_buffer,
		.cookie = seq->cookie,
	};
	size_t size = snt__seq_datagram_write(&packet, bytes);

	if (packet.type == SNT__SEQ_OPEN && endpoint->sealed &&
	    snt__seq_open_mac(endpoint, bytes, (size_t)(packet.mac - bytes),
			      packet.mac) < 0)
		return 0;
	return size;
}

void snt__seq_client_ask(struct snt_seq *seq, int64_t now)
{
	unsigned char bytes[SNT__SEQ_PADDED];
	size_t size = write_question(seq, bytes);
	int code = 0;

	if (size > 0)
		code = snt__seq_put(seq->endpoint, &seq->route, bytes, size);
	/* A refusal is about one before. Of the others some end by themselves,
	 * and a datagram may be lost anyway. */
	if (code < 0 && code != -EAGAIN && code != -ENOBUFS &&
	    code != -ENOMEM) {
		snt__seq_session_over(seq, code, NULL);
		return;
	}
	seq->asked_at = now;
	seq->pause = seq->pause == 0 ? FIRST_PAUSE
				     : snt__earlier(seq->pause * 2, LAST_PAUSE);
	seq->again_at = now + seq->pause;
	snt__seq_set_clock(seq, now);
}

static void retry_came(struct snt_seq *seq,
		       const struct snt__seq_datagram *packet, int64_t now)
{
	memcpy(seq->cookie, packet->cookie, SNT__SEQ_COOKIE);
	/* A second one is of a HELLO that came twice, or the cookie has grown
	 * old: the next OPEN has the new one. */
	if (seq->state != SNT__SEQ_ASKING)
		return;
	seq->state = SNT__SEQ_OPENING;
	seq->pause = 0;
	snt__seq_client_ask(seq, now);
}

static void welcome_came(struct snt_seq *seq, struct snt__seq_datagram *packet,
			 const unsigned char *bytes, int64_t now)
{
	unsigned char mac[SNT__SEQ_MAC];
	int code;

	if (seq->state != SNT__SEQ_OPENING)
		return;
	if (seq->endpoint->sealed &&
	    (snt__seq_welcome_mac(seq->endpoint, bytes,
				  (size_t)(packet->mac - bytes),
				  seq->client_random, mac) < 0 ||
	     !snt__seq_mac_equal(mac, packet->mac))) {
		seq->endpoint->forged++;
		return;
	}
	seq->peer_id = packet->server;
	seq->peer_first = packet->number;
	memcpy(seq->server_random, packet->random, SNT__SEQ_RANDOM);
	code = snt__seq_session_run(seq, packet, now);
	if (code < 0) {
		snt__seq_session_over(seq, code, NULL);
		return;
	}
	seq->state = SNT__SEQ_UP;
	/* Of an OPEN that went once; else it may be too long, never too short. */
	snt__seq_outbound_round_trip(&seq->outbound, now - seq->asked_at, now);
	snt__seq_wake(seq->writer);
	snt__seq_set_clock(seq, now);
}

/* The server hands the session out when it hears from it. */
void snt__seq_client_chosen(struct snt_seq *seq)
{
	snt__seq_outbound_ping(&seq->outbound);
	snt__seq_mark_due(seq);
}

static void refuse_came(struct snt_seq *seq,
			const struct snt__seq_datagram *packet)
{
	static const struct {
		int code;
		const char *why;
	} reasons[] = {
		[SNT__SEQ_FULL] = { -ECONNREFUSED,
				    "refused: the server is full" },
		[SNT__SEQ_TOO_MANY] = { -ECONNREFUSED,
					"refused: too many sessions from this "
					"address" },
		[SNT__SEQ_NEEDS_KEY] = { -EKEYREJECTED,
					 "refused: the server wants a key, "
					 "and none was given" },
		[SNT__SEQ_HAS_NO_KEY] = { -EKEYREJECTED,
					  "refused: the server has no key, "
					  "and is plain" },
		[SNT__SEQ_WRONG_KEY] = { -EKEYREJECTED,
					 "refused: the server has another "
					 "key" },
		[SNT__SEQ_CLOSING] = { -ECONNREFUSED,
				       "refused: the server is closing" },
	};
	uint8_t reason = packet->reason;

	if (seq->state != SNT__SEQ_ASKING && seq->state != SNT__SEQ_OPENING)
		return;
	if (reason == 0 || reason >= sizeof reasons / sizeof reasons[0])
		reason = SNT__SEQ_CLOSING;
	snt__seq_session_over(seq, reasons[reason].code, reasons[reason].why);
}

void snt__seq_client_heard(struct snt_seq *seq,
			   struct snt__seq_datagram *packet,
			   const unsigned char *bytes, int64_t now)
{
	if (packet->type == SNT__SEQ_RETRY)
		retry_came(seq, packet, now);
	else if (packet->type == SNT__SEQ_WELCOME)
		welcome_came(seq, packet, bytes, now);
	else if (packet->type == SNT__SEQ_REFUSE)
		refuse_came(seq, packet);
}
