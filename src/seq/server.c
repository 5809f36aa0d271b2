/* SPDX-License-Identifier: MIT */
/*
 * The handshake of who is asked. Nothing is kept of a HELLO, nor of an OPEN
 * whose cookie is wrong; no answer is longer than what it answers. When the
 * backlog is full it is silent, as TCP is, so that who asks does so again; what
 * will not be better soon is refused in a word.
 */
#include "seq/handshake.h"

#include <string.h>

/* What one address may have of half open sessions, so that the backlog is not
 * its alone. */
static size_t half_open_most(const struct snt_seq_endpoint *endpoint)
{
	return endpoint->opts.backlog / 4 + 1;
}

static void refuse(struct snt_seq_endpoint *endpoint, uint64_t client,
		   uint8_t reason)
{
	struct snt__seq_datagram packet = { .type = SNT__SEQ_REFUSE,
					    .client = client,
					    .reason = reason };
	unsigned char bytes[SNT__SEQ_PADDED];
	size_t size = snt__seq_datagram_write(&packet, bytes);

	endpoint->refused++;
	snt__seq_send_once(endpoint, &endpoint->from, bytes, size);
}

static struct snt__seq_asker asker_of(const struct snt_seq_endpoint *endpoint,
				      const struct snt__seq_datagram *packet)
{
	return (struct snt__seq_asker){ .secret = endpoint->secret,
					.addr = &endpoint->from.addr,
					.client = packet->client,
					.random = packet->random };
}

static void say_retry(const struct snt_seq_endpoint *endpoint,
		      const struct snt__seq_datagram *asked, int64_t now)
{
	const struct snt__seq_asker asker = asker_of(endpoint, asked);
	unsigned char cookie[SNT__SEQ_COOKIE], bytes[SNT__SEQ_PADDED];
	struct snt__seq_datagram packet = { .type = SNT__SEQ_RETRY,
					    .client = asked->client,
					    .cookie = cookie };
	uint32_t seconds = (uint32_t)(now / SNT_SECOND);

	if (snt__seq_cookie_make(&asker, seconds, cookie) < 0)
		return;
	snt__seq_send_once(endpoint, &endpoint->from, bytes,
			   snt__seq_datagram_write(&packet, bytes));
}

static int mac_of(const struct snt_seq_endpoint *endpoint,
		  const unsigned char *bytes, size_t size,
		  const unsigned char *client_random, unsigned char *mac)
{
	static const char opens[] = "sennit seq open";
	static const char welcomes[] = "sennit seq welcome";
	const struct snt__seq_bytes open[] = {
		{ opens, sizeof opens - 1 },
		{ bytes, size },
	};
	const struct snt__seq_bytes welcome[] = {
		{ welcomes, sizeof welcomes - 1 },
		{ client_random, SNT__SEQ_RANDOM },
		{ bytes, size },
	};

	return client_random == NULL
		       ? snt__seq_mac(endpoint->key, open, 2, mac)
		       : snt__seq_mac(endpoint->key, welcome, 3, mac);
}

int snt__seq_open_mac(const struct snt_seq_endpoint *endpoint,
		      const unsigned char *bytes, size_t size,
		      unsigned char *mac)
{
	return mac_of(endpoint, bytes, size, NULL, mac);
}

int snt__seq_welcome_mac(const struct snt_seq_endpoint *endpoint,
			 const unsigned char *bytes, size_t size,
			 const unsigned char *client_random, unsigned char *mac)
{
	return mac_of(endpoint, bytes, size, client_random, mac);
}

static void say_welcome(const struct snt_seq *seq)
{
	const struct snt_seq_endpoint *endpoint = seq->endpoint;
	struct snt__seq_datagram packet = {
		.type = SNT__SEQ_WELCOME,
		.client = seq->peer_id,
		.server = seq->id,
		.random = seq->server_random,
		.number = seq->first_number,
		.greatest = (uint32_t)endpoint->opts.message_max,
		.credit = endpoint->opts.recv_buffer,
	};
	unsigned char bytes[SNT__SEQ_PADDED];
	size_t size = snt__seq_datagram_write(&packet, bytes);

	if (endpoint->sealed &&
	    snt__seq_welcome_mac(endpoint, bytes, size - SNT__SEQ_MAC,
				 seq->client_random, packet.mac) < 0)
		return;
	snt__seq_send_once(endpoint, &seq->route, bytes, size);
}

/* The session that this very OPEN has made already. */
static struct snt_seq *made_before(const struct snt_seq_endpoint *endpoint,
				   const struct snt__seq_datagram *packet)
{
	struct snt__seq_node *node = snt__seq_table_find(
		&endpoint->by_peer, packet->client ^ endpoint->mix);

	for (; node != NULL; node = snt__seq_table_again(node)) {
		struct snt_seq *seq =
			SNT__CONTAINER(node, struct snt_seq, by_peer);

		if (!seq->is_client &&
		    snt_addr_equal(&seq->route.addr, &endpoint->from.addr) &&
		    memcmp(seq->client_random, packet->random,
			   SNT__SEQ_RANDOM) == 0)
			return seq;
	}
	return NULL;
}

static void make(struct snt_seq_endpoint *endpoint,
		 const struct snt__seq_datagram *packet, int64_t now)
{
	struct snt_seq *seq;
	int code;

	if (endpoint->unaccepted >= endpoint->opts.backlog)
		return;
	code = snt__seq_session_make(&seq, endpoint, &endpoint->from);
	if (code == -ENOSPC)
		refuse(endpoint, packet->client, SNT__SEQ_FULL);
	else if (code == -SNT_ELIMIT)
		refuse(endpoint, packet->client, SNT__SEQ_TOO_MANY);
	if (code < 0)
		return;
	seq->peer_id = packet->client;
	seq->peer_first = packet->number;
	memcpy(seq->client_random, packet->random, SNT__SEQ_RANDOM);
	if (seq->quota->half_open >= half_open_most(endpoint) ||
	    snt__seq_session_run(seq, packet, now) < 0) {
		snt__seq_session_free(seq);
		return;
	}
	seq->state = SNT__SEQ_HALF;
	seq->until = now + SNT__SEQ_HALF_OPEN;
	seq->quota->half_open++;
	endpoint->half_open++;
	endpoint->unaccepted++;
	snt__seq_set_clock(seq, now);
	say_welcome(seq);
}

static void open_came(struct snt_seq_endpoint *endpoint,
		      struct snt__seq_datagram *packet,
		      const unsigned char *bytes, int64_t now)
{
	const struct snt__seq_asker asker = asker_of(endpoint, packet);
	const struct snt_seq *before = made_before(endpoint, packet);
	unsigned char mac[SNT__SEQ_MAC];
	int code;

	if (before != NULL) {
		say_welcome(before);
		return;
	}
	code = snt__seq_cookie_check(&asker, (uint32_t)(now / SNT_SECOND),
				     packet->cookie);
	if (code == -EACCES)
		say_retry(endpoint, packet, now);
	if (code < 0)
		return;
	if (endpoint->sealed) {
		size_t before_mac = (size_t)(packet->mac - bytes);

		code = snt__seq_open_mac(endpoint, bytes, before_mac, mac);
		if (code == 0 && !snt__seq_mac_equal(mac, packet->mac)) {
			refuse(endpoint, packet->client, SNT__SEQ_WRONG_KEY);
			return;
		}
	}
	if (code == 0)
		make(endpoint, packet, now);
}

void snt__seq_server_asked(struct snt_seq_endpoint *endpoint,
			   struct snt__seq_datagram *packet,
			   const unsigned char *bytes, int64_t now)
{
	/* One that is there for a single session of its own takes no others. */
	if (endpoint->connected ||
	    !snt__seq_may_talk(endpoint, &endpoint->from.addr))
		return;
	if (endpoint->sealed && packet->sealing == 0)
		refuse(endpoint, packet->client, SNT__SEQ_NEEDS_KEY);
	else if (!endpoint->sealed && packet->sealing == 1)
		refuse(endpoint, packet->client, SNT__SEQ_HAS_NO_KEY);
	else if (packet->type == SNT__SEQ_HELLO)
		say_retry(endpoint, packet, now);
	else
		open_came(endpoint, packet, bytes, now);
}

void snt__seq_server_up(struct snt_seq *seq)
{
	seq->state = SNT__SEQ_UP;
	seq->quota->half_open--;
	seq->endpoint->half_open--;
}

void snt__seq_server_confirmed(struct snt_seq *seq)
{
	struct snt_seq_endpoint *endpoint = seq->endpoint;

	/* It began another as well, and wants that one. */
	if (seq->state == SNT__SEQ_OVER) {
		endpoint->unaccepted--;
		snt__seq_session_free(seq);
		return;
	}
	snt__list_append(&endpoint->backlog, &seq->in_backlog);
	snt__seq_wake(endpoint->acceptor);
}
