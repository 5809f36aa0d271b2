/* SPDX-License-Identifier: MIT */
/*
 * A datagram that came: whose it is, whether it is what it says, and to whom it
 * goes. Built for floods as for friends: what is not ours costs a look-up, and
 * what we answer is never longer than what was asked.
 */
#include "seq/handshake.h"

#include <sennit/addr.h>

static struct snt_seq *session_of(const struct snt_seq_endpoint *endpoint,
				  uint64_t id)
{
	struct snt__seq_node *node = snt__seq_table_find(&endpoint->by_id, id);

	return node != NULL ? SNT__CONTAINER(node, struct snt_seq, by_id)
			    : NULL;
}

/* mac: of what stands before it. */
static int goodbye_mac(const struct snt_seq_endpoint *endpoint,
		       const unsigned char *bytes, unsigned char *mac)
{
	static const char label[] = "sennit seq gone";
	const struct snt__seq_bytes parts[] = {
		{ label, sizeof label - 1 },
		{ bytes, SNT__SEQ_DATA_LEAST - SNT__SEQ_MAC },
	};

	return snt__seq_mac(endpoint->key, parts, 2, mac);
}

/* For an id that nobody has. */
static void answer_gone(const struct snt_seq_endpoint *endpoint, uint64_t id,
			size_t asked)
{
	struct snt__seq_datagram gone = { .type = SNT__SEQ_GONE, .id = id };
	unsigned char bytes[SNT__SEQ_PADDED];
	size_t size = snt__seq_datagram_write(&gone, bytes);

	if (size > asked ||
	    !snt__seq_may_talk(endpoint, &endpoint->from.addr) ||
	    (endpoint->sealed && goodbye_mac(endpoint, bytes, gone.mac) < 0))
		return;
	snt__seq_send_once(endpoint, &endpoint->from, bytes, size);
}

static bool is_gone(const struct snt_seq *seq, const unsigned char *bytes,
		    const struct snt__seq_datagram *packet)
{
	unsigned char mac[SNT__SEQ_MAC];

	if (!snt_addr_equal(&seq->route.addr, &seq->endpoint->from.addr))
		return false;
	return !seq->endpoint->sealed ||
	       (goodbye_mac(seq->endpoint, bytes, mac) == 0 &&
		snt__seq_mac_equal(mac, packet->mac));
}

static void gone_came(struct snt_seq_endpoint *endpoint,
		      const struct snt__seq_datagram *packet)
{
	struct snt__seq_node *node = snt__seq_table_find(
		&endpoint->by_peer, packet->id ^ endpoint->mix);

	for (; node != NULL; node = snt__seq_table_again(node)) {
		struct snt_seq *seq =
			SNT__CONTAINER(node, struct snt_seq, by_peer);

		if (seq->state == SNT__SEQ_UP &&
		    is_gone(seq, endpoint->in, packet)) {
			snt__seq_session_left(seq, -ECONNRESET,
					      "the peer has lost the session "
					      "(it may have begun anew)");
			return;
		}
	}
	endpoint->forged++;
}

static void data_came(struct snt_seq_endpoint *endpoint,
		      struct snt__seq_datagram *packet, int64_t now)
{
	struct snt_seq *seq = session_of(endpoint, packet->id);
	ptrdiff_t size = (ptrdiff_t)packet->body_size;
	uint64_t number;

	if (seq == NULL) {
		answer_gone(endpoint, packet->id,
			    SNT__SEQ_HEAD + packet->body_size);
		return;
	}
	if (!seq->running ||
	    !snt_addr_equal(&seq->route.addr, &endpoint->from.addr)) {
		endpoint->forged++;
		return;
	}
	number = snt__seq_received_widen(&seq->received, packet->number);
	if (endpoint->sealed)
		size = snt__seq_seal_open(&seq->seal.in, number, endpoint->in,
					  packet->body_size);
	if (size < 0) {
		endpoint->forged++;
		return;
	}
	seq->came++;
	if (!snt__seq_received_is_new(&seq->received, number)) {
		seq->repeated++;
		seq->heard_at = now;
		endpoint->repeated++;
		snt__seq_received_note(&seq->received, number, true, now);
		snt__seq_mark_due(seq);
		return;
	}
	if (seq->state == SNT__SEQ_HALF) {
		snt__seq_server_up(seq);
		snt__seq_body_came(seq, number, packet->body, (size_t)size,
				   now);
		snt__seq_server_confirmed(seq);
	} else {
		snt__seq_body_came(seq, number, packet->body, (size_t)size,
				   now);
	}
}

static void answer_came(struct snt_seq_endpoint *endpoint,
			struct snt__seq_datagram *packet, int64_t now)
{
	struct snt_seq *seq = session_of(endpoint, packet->client);

	if (seq != NULL && seq->is_client &&
	    snt_addr_equal(&seq->route.addr, &endpoint->from.addr))
		snt__seq_client_heard(seq, packet, endpoint->in, now);
	else
		endpoint->forged++;
}

void snt__seq_arrived(struct snt_seq_endpoint *endpoint, size_t size,
		      int64_t now)
{
	struct snt__seq_datagram packet;

	if (snt__seq_datagram_read(&packet, endpoint->in, size) < 0) {
		endpoint->forged++;
		return;
	}
	switch (packet.type) {
	case SNT__SEQ_HELLO:
	case SNT__SEQ_OPEN:
		snt__seq_server_asked(endpoint, &packet, endpoint->in, now);
		break;
	case SNT__SEQ_DATA:
		data_came(endpoint, &packet, now);
		break;
	case SNT__SEQ_GONE:
		gone_came(endpoint, &packet);
		break;
	default:
		answer_came(endpoint, &packet, now);
		break;
	}
}
