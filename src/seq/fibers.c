/* SPDX-License-Identifier: MIT */
/*
 * What an endpoint's two fibers run, for ever: an end comes from outside, while
 * they wait (fiber/resident.h). So nothing that they hold is on their stacks.
 */
#include "base/deadline.h"
#include "fiber/call.h"
#include "seq/session.h"
#include "socket/parts.h"

/* After a failure that is not about one datagram. */
#define PAUSE (10 * SNT_MILLISECOND)

struct arrival {
	struct snt_seq_endpoint *endpoint;
	struct snt_socket *part;
	unsigned sizes[SNT__SEQ_BATCH];
	size_t item_sizes[SNT__SEQ_BATCH];
};

/* How many there are, each with its sender. */
static ptrdiff_t try_receive(struct snt_socket *part, void *arg)
{
	struct arrival *arrival = arg;
	struct snt_seq_endpoint *endpoint = arrival->endpoint;
	struct mmsghdr messages[SNT__SEQ_BATCH];
	struct iovec places[SNT__SEQ_BATCH];
	int n;

	for (size_t i = 0; i < endpoint->batch_size; i++) {
		places[i] = (struct iovec){
			.iov_base = endpoint->batch[i],
			.iov_len = sizeof endpoint->batch[i],
		};
		messages[i].msg_hdr = (struct msghdr){
			.msg_name = &endpoint->senders[i].sa,
			.msg_namelen = sizeof endpoint->senders[i].sa,
			.msg_iov = &places[i],
			.msg_iovlen = 1,
		};
		if (!endpoint->anywhere)
			continue;
		messages[i].msg_hdr.msg_control = &endpoint->items[i];
		messages[i].msg_hdr.msg_controllen = sizeof endpoint->items[i];
	}
	n = snt__io->recvmmsg(part->handle.fd, messages, endpoint->batch_size,
			      0);
	arrival->part = part;
	for (int i = 0; i < n; i++) {
		arrival->sizes[i] = messages[i].msg_len;
		arrival->item_sizes[i] = messages[i].msg_hdr.msg_controllen;
		endpoint->senders[i].size = messages[i].msg_hdr.msg_namelen;
	}
	/* Fewer than asked for: there are no more, and the next one is an
	 * event. */
	if (n > 0 && n < (int)endpoint->batch_size)
		part->handle.ready &= (uint8_t)~SNT__READ;
	return n;
}

static void read_items(const struct arrival *arrival, size_t i)
{
	struct snt_seq_endpoint *endpoint = arrival->endpoint;
	const struct msghdr header = {
		.msg_control = &endpoint->items[i],
		.msg_controllen = (snt__control_size)arrival->item_sizes[i],
	};

	snt__seq_route_read(&endpoint->from, &header);
}

static void hand_out(const struct arrival *arrival, ptrdiff_t count)
{
	struct snt_seq_endpoint *endpoint = arrival->endpoint;
	int64_t now = snt__io->now();

	endpoint->from.part = arrival->part;
	for (ptrdiff_t i = 0; i < count; i++) {
		endpoint->in = endpoint->batch[i];
		endpoint->from.addr = endpoint->senders[i];
		if (endpoint->anywhere)
			read_items(arrival, (size_t)i);
		if (arrival->sizes[i] <= SNT__SEQ_DATAGRAM)
			snt__seq_arrived(endpoint, arrival->sizes[i], now);
	}
	snt__spend(snt__self);
}

/* ICMP said something of what was sent: during a handshake that is the answer,
 * later anybody may have said it. */
static void heard_error(struct snt_seq_endpoint *endpoint, int code)
{
	struct snt__link *link = snt__list_first(&endpoint->sessions);
	struct snt_seq *seq;

	if (!endpoint->connected || link == NULL)
		return;
	seq = SNT__CONTAINER(link, struct snt_seq, in_endpoint);
	if (seq->state == SNT__SEQ_ASKING || seq->state == SNT__SEQ_OPENING)
		snt__seq_session_over(seq, code, NULL);
	else if (seq->state == SNT__SEQ_UP && seq->fin)
		snt__seq_session_left(seq, 0, NULL);
}

static bool is_about_a_peer(ptrdiff_t code)
{
	return code == -ECONNREFUSED || code == -EHOSTUNREACH ||
	       code == -ENETUNREACH || code == -EMSGSIZE;
}

int snt__seq_receive(void *arg)
{
	struct arrival arrival = { .endpoint = arg };
	struct snt_seq_endpoint *endpoint = arg;

	for (;;) {
		int64_t deadline = 0;
		ptrdiff_t n = snt__parts_try(endpoint->socket, try_receive,
					     &arrival, &deadline);

		if (n > 0) {
			hand_out(&arrival, n);
		} else if (is_about_a_peer(n)) {
			heard_error(endpoint, (int)n);
			snt__spend(snt__self);
		} else if (n < 0) {
			snt__park_for("seq");
			snt__park(snt__io->now() + PAUSE);
		}
	}
}

void snt__seq_poke(struct snt_seq_endpoint *endpoint, int64_t at)
{
	if (!endpoint->keeper_parked || at >= endpoint->keeper_until)
		return;
	endpoint->keeper_parked = false;
	snt__wake(endpoint->keeper, 0);
}

static void flush_due(struct snt_seq_endpoint *endpoint, int64_t now)
{
	struct snt__link *link;

	while (endpoint->stuck == 0 &&
	       (link = snt__list_first(&endpoint->due)) != NULL) {
		snt__list_remove(link);
		snt__seq_flush(SNT__CONTAINER(link, struct snt_seq, in_due),
			       now);
	}
}

static void run_clock(struct snt_seq_endpoint *endpoint, int64_t now)
{
	struct snt__heap_node *first;

	while ((first = snt__heap_first(&endpoint->clock)) != NULL &&
	       first->key <= now) {
		struct snt_seq *seq =
			SNT__CONTAINER(first, struct snt_seq, timer);

		snt__heap_remove(&endpoint->clock, first);
		seq->timed = false;
		snt__seq_tick(seq, now);
	}
}

/* Until there is room in the socket, or something else to do. */
static void wait_for_room(struct snt_seq_endpoint *endpoint, int64_t until)
{
	struct snt_socket *part = endpoint->stuck_for->route.part;
	int code = snt__wait(&part->handle, SNT__WRITE, until);

	if (code == 0 || code == -ETIMEDOUT)
		return;
	/* It cannot be waited for: it is lost, as datagrams may be. */
	endpoint->stuck = 0;
	snt__park(snt__io->now() + PAUSE);
}

int snt__seq_keep(void *arg)
{
	struct snt_seq_endpoint *endpoint = arg;

	for (;;) {
		int64_t now = snt__io->now();
		const struct snt__heap_node *next;
		int64_t until;

		if (endpoint->stuck > 0)
			snt__seq_unstick(endpoint, now);
		run_clock(endpoint, now);
		flush_due(endpoint, now);
		next = snt__heap_first(&endpoint->clock);
		until = next != NULL ? next->key : SNT_FOREVER;
		if (endpoint->stuck > 0) {
			wait_for_room(endpoint, until);
			continue;
		}
		endpoint->keeper_until = until;
		endpoint->keeper_parked = true;
		snt__park_for("seq");
		snt__park(until);
		endpoint->keeper_parked = false;
	}
}
