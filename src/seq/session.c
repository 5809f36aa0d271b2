/* SPDX-License-Identifier: MIT */
/*
 * A session's life apart from what it carries: made, running, over, gone.
 *
 * Invariants: it is in the tables, and counted, from its making until it is
 * over; in_endpoint as long as it has an endpoint; in the clock exactly when
 * timed. What came whole can be taken after it is over, nothing goes any more.
 */
#include "seq/session.h"

#include "base/alloc.h"

#include <stdio.h>

static struct snt__seq_node *node_of_peer(struct snt_seq *seq)
{
	return &seq->by_peer;
}

static int count_in(struct snt_seq *seq)
{
	struct snt_seq_endpoint *endpoint = seq->endpoint;

	if (endpoint->by_id.count >= endpoint->opts.sessions)
		return -ENOSPC;
	return snt__seq_quota_take(&endpoint->quotas, &seq->route.addr,
				   endpoint->opts.sessions_per_peer,
				   &seq->quota);
}

static int draw(struct snt_seq *seq)
{
	int code = snt__io->random(&seq->id, sizeof seq->id);

	if (code == 0)
		code = snt__io->random(&seq->first_number,
				       sizeof seq->first_number);
	if (code == 0)
		code = snt__io->random(seq->client_random,
				       sizeof seq->client_random);
	if (code == 0)
		code = snt__io->random(seq->server_random,
				       sizeof seq->server_random);
	return code;
}

int snt__seq_session_make(struct snt_seq **seq,
			  struct snt_seq_endpoint *endpoint,
			  const struct snt__seq_route *route)
{
	struct snt_seq *made = snt__alloc(sizeof *made);
	int code;

	if (made == NULL)
		return -ENOMEM;
	made->home = endpoint->home;
	made->endpoint = endpoint;
	made->route = *route;
	code = draw(made);
	if (code == 0)
		code = count_in(made);
	if (code < 0) {
		snt__free(made);
		return code;
	}
	made->in_tables = true;
	snt__seq_table_add(&endpoint->by_id, &made->by_id, made->id);
	snt__list_append(&endpoint->sessions, &made->in_endpoint);
	snt__list_init(&made->in_backlog);
	snt__list_init(&made->in_due);
	*seq = made;
	return 0;
}

/* Bytes around a body: of IP, UDP and ours. */
static size_t overhead(const struct snt_seq *seq)
{
	size_t ip = seq->route.addr.sa.any.sa_family == AF_INET ? 20 : 40;

	return ip + 8 + SNT__SEQ_HEAD +
	       (seq->endpoint->sealed ? SNT__SEQ_TAG : 0);
}

static int begin_outbound(struct snt_seq *seq,
			  const struct snt__seq_datagram *peer, int64_t now)
{
	const struct snt_seq_opts *opts = &seq->endpoint->opts;
	/* So that what is least fits into 576 bytes with IPv6's header, too. */
	size_t longer = seq->route.addr.sa.any.sa_family == AF_INET ? 0 : 20;
	size_t around =
		SNT__SEQ_HEAD + (seq->endpoint->sealed ? SNT__SEQ_TAG : 0);
	struct snt__seq_out_setup setup = {
		.first_number = seq->first_number,
		.message_max = peer->greatest,
		.credit = peer->credit,
		.buffer = opts->send_buffer,
		.body = SNT__SEQ_DATAGRAM_FIRST - longer - around,
		.body_max = SNT__SEQ_DATAGRAM - around,
		.overhead = overhead(seq),
	};

	if (setup.message_max > opts->message_max)
		setup.message_max = (uint32_t)opts->message_max;
	return snt__seq_outbound_init(&seq->outbound, &setup, now);
}

static int begin_seal(struct snt_seq *seq)
{
	const struct snt__seq_secret secret = {
		.key = seq->endpoint->key,
		.client_random = seq->client_random,
		.server_random = seq->server_random,
		.client = seq->is_client ? seq->id : seq->peer_id,
		.server = seq->is_client ? seq->peer_id : seq->id,
	};

	if (!seq->endpoint->sealed)
		return 0;
	return snt__seq_seal_begin(&seq->seal, &secret, seq->is_client);
}

int snt__seq_session_run(struct snt_seq *seq,
			 const struct snt__seq_datagram *peer, int64_t now)
{
	const struct snt_seq_opts *opts = &seq->endpoint->opts;
	const struct snt__seq_limits limits = {
		.message_max = (uint32_t)opts->message_max,
		.window = opts->recv_buffer,
		.latest = opts->recv_buffer,
	};
	int code = begin_seal(seq);

	if (code == 0)
		code = begin_outbound(seq, peer, now);
	if (code < 0) {
		snt__seq_seal_end(&seq->seal);
		return code;
	}
	snt__seq_received_init(&seq->received, seq->peer_first);
	snt__seq_inbound_init(&seq->inbound, &limits);
	seq->running = true;
	seq->heard_at = now;
	seq->probed_at = now;
	seq->knows_peer = true;
	snt__seq_table_add(&seq->endpoint->by_peer, node_of_peer(seq),
			   seq->peer_id ^ seq->endpoint->mix);
	return 0;
}

static void leave_tables(struct snt_seq *seq)
{
	struct snt_seq_endpoint *endpoint = seq->endpoint;

	if (seq->timed)
		snt__heap_remove(&endpoint->clock, &seq->timer);
	seq->timed = false;
	snt__list_remove(&seq->in_due);
	if (endpoint->stuck_for == seq) {
		endpoint->stuck = 0;
		endpoint->stuck_for = NULL;
	}
	if (seq->knows_peer)
		snt__seq_table_remove(&endpoint->by_peer, node_of_peer(seq));
	seq->knows_peer = false;
	if (!seq->in_tables)
		return;
	snt__seq_table_remove(&endpoint->by_id, &seq->by_id);
	snt__seq_quota_give(&endpoint->quotas, seq->quota);
	seq->in_tables = false;
}

void snt__seq_session_over(struct snt_seq *seq, int code, const char *why)
{
	if (seq->state == SNT__SEQ_OVER) {
		/* That it can be said no more goes before how it ended. */
		if (code == -EBADF)
			seq->code = code, seq->why = why;
	} else {
		if (seq->state == SNT__SEQ_HALF) {
			seq->endpoint->half_open--;
			seq->endpoint->unaccepted--;
			seq->quota->half_open--;
		}
		seq->state = SNT__SEQ_OVER;
		seq->code = code;
		seq->why = why;
		leave_tables(seq);
	}
	if (snt__seq_is_home(&seq->home)) {
		snt__seq_wake(seq->reader);
		snt__seq_wake(seq->writer);
	}
}

void snt__seq_session_left(struct snt_seq *seq, int code, const char *why)
{
	/* It has said all, and has all of ours but perhaps our last word. */
	if (seq->fin && seq->outbound.queue.open == 0)
		snt__seq_session_over(seq, 0, NULL);
	else if (code < 0)
		snt__seq_session_over(seq, code, why);
}

void snt__seq_session_detach(struct snt_seq *seq)
{
	struct snt_seq_endpoint *endpoint = seq->endpoint;

	if (endpoint == NULL)
		return;
	if (seq->state != SNT__SEQ_OVER)
		snt__seq_session_over(seq, -EBADF, NULL);
	if (!snt__list_empty(&seq->in_backlog)) {
		snt__list_remove(&seq->in_backlog);
		endpoint->unaccepted--;
	}
	snt__list_remove(&seq->in_endpoint);
	seq->endpoint = NULL;
}

void snt__seq_session_free(struct snt_seq *seq)
{
	snt__seq_session_detach(seq);
	if (seq->running) {
		snt__seq_inbound_end(&seq->inbound);
		snt__seq_outbound_end(&seq->outbound);
		snt__seq_seal_end(&seq->seal);
	}
	snt__free(seq);
}

int snt__seq_fail_at(const struct snt_addr *addr, int code, const char *why)
{
	char text[SNT_ADDR_TEXT];

	snt_addr_format(addr, text, sizeof text);
	if (why == NULL)
		return snt__fail(code, "seq %s", text);
	return snt__fail_text(code, "seq %s: %s", text, why);
}

int snt__seq_session_fail(const struct snt_seq *seq)
{
	char words[64];

	if (seq->code == 0)
		return snt__seq_fail_at(&seq->route.addr, -EPIPE,
					"the peer has left");
	if (seq->silence == 0)
		return snt__seq_fail_at(&seq->route.addr, seq->code, seq->why);
	snprintf(words, sizeof words, "the peer has been silent for %d s",
		 (int)(seq->silence / SNT_SECOND));
	return snt__seq_fail_at(&seq->route.addr, seq->code, words);
}
