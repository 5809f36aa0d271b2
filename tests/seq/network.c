/* SPDX-License-Identifier: MIT */
/* Time goes from one event to the next; between them all flows may send. */
#include "network.h"

#include "events.h"

#include "../runner.h"

#include <stdlib.h>
#include <string.h>

#define FLOWS 4
#define TCP_SIZE 1500

struct network {
	uint64_t random;
	int64_t now;
	struct flow *flows[FLOWS];
	unsigned count;
	struct events events;
};

struct network *network_new(uint64_t seed)
{
	struct network *net = calloc(1, sizeof *net);

	assert_non_null(net);
	net->random = seed * 0x9E3779B97F4A7C15U + 1;
	net->now = SNT_SECOND;
	return net;
}

uint64_t network_random(struct network *net, uint64_t below)
{
	uint64_t z = net->random += 0x9E3779B97F4A7C15U;

	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
	return (z ^ (z >> 31)) % below;
}

int64_t network_now(const struct network *net)
{
	return net->now;
}

struct flow *network_flow_at(struct network *net, unsigned index)
{
	return net->flows[index];
}

void network_free(struct network *net)
{
	for (size_t i = 0; i < net->events.used; i++)
		free(net->events.heap[i].body);
	for (unsigned i = 0; i < net->count; i++) {
		struct flow *flow = net->flows[i];

		for (size_t k = 0; flow->messages != NULL && k < MESSAGES;
		     k++) {
			free(flow->messages[k].bytes);
			free(flow->messages[k].came);
		}
		free(flow->messages);
		free(flow->state);
		if (!flow->tcp)
			snt__seq_outbound_end(&flow->out);
		free(flow);
	}
	free(net->events.heap);
	free(net);
}

static struct flow *add(struct network *net, struct link *link)
{
	struct flow *flow = calloc(1, sizeof *flow);

	assert_non_null(flow);
	assert_true(net->count < FLOWS);
	net->flows[net->count++] = flow;
	flow->link = link;
	flow->ack_at = SNT_FOREVER;
	flow->program_at = SNT_FOREVER;
	return flow;
}

struct flow *network_flow(struct network *net, struct link *link,
			  const struct snt__seq_out_setup *setup)
{
	struct flow *flow = add(net, link);

	flow->first = setup->first_number;
	assert_int_equal(snt__seq_outbound_init(&flow->out, setup, net->now),
			 0);
	return flow;
}

struct flow *network_tcp(struct network *net, struct link *link)
{
	struct flow *flow = add(net, link);

	flow->tcp = true;
	flow->window = 10;
	flow->threshold = 1e9;
	flow->state = calloc(1, 1 << 22);
	flow->tcp_heard = net->now;
	return flow;
}

/* Through the link: when it arrives, or -1. */
static int64_t through(struct network *net, struct link *link, size_t size)
{
	int64_t at = net->now, start;
	uint64_t waiting;

	if (link->rate > 0) {
		start = link->free_at > net->now ? link->free_at : net->now;
		waiting = (uint64_t)(start - net->now) * (link->rate / 1000) /
			  1000000;
		if (link->queue > 0 && waiting + size > link->queue) {
			link->dropped++;
			return -1;
		}
		link->free_at = start + (int64_t)(size * (uint64_t)SNT_SECOND /
						  link->rate);
		at = link->free_at;
	}
	if (network_random(net, 1000) < link->loss)
		return -1;
	link->carried += size;
	at += link->delay;
	if (link->jitter > 0)
		at += (int64_t)network_random(net, (uint64_t)link->jitter);
	return at;
}

static void send_data(struct network *net, struct flow *flow, uint64_t number,
		      const unsigned char *body, size_t size)
{
	struct event event = { .kind = DATA, .flow = flow, .size = size };
	unsigned copies = network_random(net, 1000) < flow->link->copies;

	event.number = number;
	if (flow->link->mtu > 0 && size > flow->link->mtu)
		return;
	for (unsigned i = 0; i <= copies; i++) {
		event.at = through(net, flow->link, size + OVERHEAD);
		if (event.at < 0)
			continue;
		event.body = malloc(size);
		assert_non_null(event.body);
		memcpy(event.body, body, size);
		events_push(&net->events, event);
	}
}

static void send_ack(struct network *net, struct flow *flow)
{
	struct event event = { .kind = ACK, .flow = flow };
	uint64_t low = flow->highest - flow->first;

	flow->ack_at = SNT_FOREVER;
	flow->owed = 0;
	if (network_random(net, 1000) < flow->link->back)
		return;
	event.number = flow->highest;
	event.size = 16;
	event.body = calloc(1, event.size);
	assert_non_null(event.body);
	for (unsigned k = 0; k < 128 && k < low; k++)
		if (flow->seen[low - 1 - k])
			event.body[k / 8] |= (unsigned char)(1 << (k % 8));
	event.at = net->now + flow->link->delay;
	if (flow->link->jitter > 0)
		event.at += (int64_t)network_random(
			net, (uint64_t)flow->link->jitter);
	events_push(&net->events, event);
}

static void take_piece(struct flow *flow, const struct snt__seq_frame *frame,
		       int64_t now)
{
	struct arrived *m;

	assert_true((uint64_t)frame->piece.offset + frame->piece.size <=
		    frame->piece.total);
	if (flow->messages == NULL || frame->piece.channel != 0) {
		flow->bytes += frame->piece.size;
		if (flow->delivered != NULL)
			flow->delivered(flow, frame->piece.channel,
					frame->piece.number, now);
		return;
	}
	m = &flow->messages[frame->piece.number % MESSAGES];
	if (!m->known) {
		m->known = true;
		m->total = m->left = frame->piece.total;
		m->bytes = calloc(1, m->total + 1);
		m->came = calloc(1, m->total + 1);
		flow->charged += m->total + 64;
		if (m->total == 0)
			flow->whole++;
	} else if (m->left == 0) {
		return; /* a copy of what was whole */
	}
	assert_int_equal(m->total, frame->piece.total);
	for (uint32_t i = 0; i < frame->piece.size; i++) {
		uint32_t at = frame->piece.offset + i;

		if (m->came[at]) {
			assert_int_equal(m->bytes[at], frame->piece.bytes[i]);
			continue;
		}
		m->came[at] = 1;
		m->bytes[at] = frame->piece.bytes[i];
		flow->bytes++;
		if (--m->left == 0)
			flow->whole++;
	}
	if (m->left == 0 && flow->delivered != NULL)
		flow->delivered(flow, 0, frame->piece.number, now);
}

static void take_body(struct flow *flow, const unsigned char *body, size_t size,
		      int64_t now)
{
	struct snt__seq_frame frame;
	ptrdiff_t n;

	while (size > 0) {
		n = snt__seq_frame_read(body, size, &frame);
		assert_true(n > 0);
		if (frame.type == SNT__SEQ_MESSAGE ||
		    frame.type == SNT__SEQ_PIECE)
			take_piece(flow, &frame, now);
		if (frame.type == SNT__SEQ_FIN)
			flow->fins++;
		body += n;
		size -= (size_t)n;
	}
	if (flow->credit > 0)
		assert_true(flow->charged <= flow->credit);
}

static void arrive(struct network *net, struct event *event)
{
	struct flow *flow = event->flow;
	uint64_t place = event->number - flow->first;
	bool in_order;

	assert_true(place < sizeof flow->seen);
	in_order = !flow->any ? place == 0 : event->number == flow->highest + 1;
	if (flow->seen[place]) {
		in_order = false;
	} else {
		flow->seen[place] = 1;
		take_body(flow, event->body, event->size, net->now);
	}
	if (!flow->any || event->number > flow->highest)
		flow->highest = event->number;
	flow->any = true;
	if (++flow->owed >= 2 || !in_order)
		send_ack(net, flow);
	else
		flow->ack_at = net->now + 5 * SNT_MILLISECOND;
}

static void answer(struct network *net, struct event *event)
{
	struct snt__seq_frame ack = { .type = SNT__SEQ_ACK };
	bool credit_lost = false;

	ack.ack.highest = (uint32_t)event->number;
	ack.ack.count = (uint8_t)event->size;
	ack.ack.bitmap = event->body;
	assert_int_equal(snt__seq_outbound_acked(&event->flow->out, &ack,
						 net->now, &credit_lost),
			 0);
	assert_false(credit_lost);
}

static void tcp_arrive(struct network *net, struct event *event)
{
	event->flow->tcp_bytes += TCP_SIZE;
	event->kind = TCP_ACK;
	event->at = net->now + event->flow->link->delay;
	events_push(&net->events, *event);
}

static void tcp_answer(struct network *net, struct event *event)
{
	struct flow *flow = event->flow;

	flow->state[event->number] = 1;
	flow->flying--;
	flow->tcp_heard = net->now;
	if (event->number > flow->highest_acked)
		flow->highest_acked = event->number;
	flow->window += flow->window < flow->threshold ? 1 : 1 / flow->window;
	for (; flow->oldest + 3 <= flow->highest_acked; flow->oldest++) {
		if (flow->state[flow->oldest] != 0)
			continue;
		flow->flying--;
		flow->state[flow->oldest] = 2;
		if (flow->oldest < flow->recovery)
			continue;
		flow->window = flow->window > 4 ? flow->window / 2 : 2;
		flow->threshold = flow->window;
		flow->recovery = flow->sent;
	}
}

static void tcp_send(struct network *net, struct flow *flow)
{
	struct event event = { .kind = TCP_DATA, .flow = flow };

	if (flow->flying > 0 && net->now - flow->tcp_heard >= SNT_SECOND) {
		for (; flow->oldest < flow->sent; flow->oldest++)
			flow->state[flow->oldest] |= 2;
		flow->flying = 0;
		flow->window = 1;
		flow->tcp_heard = net->now;
	}
	while (flow->flying < flow->window) {
		event.number = flow->sent++;
		assert_true(flow->sent < 1 << 22);
		flow->flying++;
		event.at = through(net, flow->link, TCP_SIZE);
		if (event.at >= 0)
			events_push(&net->events, event);
	}
}

static void transmit(struct network *net, struct flow *flow)
{
	unsigned char body[9000];
	struct snt__seq_outbound *out = &flow->out;
	unsigned under_way;
	bool credit_lost = false;
	size_t n, room;
	uint64_t number;

	if (flow->program != NULL)
		flow->program(flow, net->now);
	if (snt__seq_outbound_deadline(out, net->now) <= net->now)
		snt__seq_outbound_expire(out, net->now, &credit_lost);
	for (;;) {
		room = snt__seq_outbound_room(out, net->now);
		assert_true(room <= sizeof body);
		n = snt__seq_outbound_fill(out, body, room, net->now);
		assert_true(n <= room);
		if (n == 0)
			break;
		number = snt__seq_outbound_sent(out, n, true, false, net->now);
		send_data(net, flow, number, body, n);
		under_way = out->sent.tail - out->sent.head;
		assert_true(under_way <= SNT__SEQ_SENT_MAX);
		if (under_way > flow->most_under_way)
			flow->most_under_way = under_way;
		if (flow->program != NULL)
			flow->program(flow, net->now);
	}
	assert_true(snt__seq_outbound_deadline(out, net->now) > net->now);
}

static int64_t next_time(struct network *net)
{
	int64_t at = net->events.used > 0 ? net->events.heap[0].at
					  : SNT_FOREVER,
		due;

	for (unsigned i = 0; i < net->count; i++) {
		struct flow *flow = net->flows[i];

		due = flow->tcp ? flow->tcp_heard + SNT_SECOND
				: snt__seq_outbound_deadline(&flow->out,
							     net->now);
		at = due < at ? due : at;
		at = flow->ack_at < at ? flow->ack_at : at;
		at = flow->program_at < at ? flow->program_at : at;
	}
	return at;
}

static void step(struct network *net)
{
	struct event event;

	while (net->events.used > 0 && net->events.heap[0].at <= net->now) {
		event = events_pop(&net->events);
		if (event.kind == TCP_DATA)
			tcp_arrive(net, &event);
		else if (event.kind == TCP_ACK)
			tcp_answer(net, &event);
		else if (event.kind == DATA)
			arrive(net, &event);
		else
			answer(net, &event);
		free(event.body);
	}
	for (unsigned i = 0; i < net->count; i++) {
		struct flow *flow = net->flows[i];

		if (flow->ack_at <= net->now)
			send_ack(net, flow);
		if (flow->tcp)
			tcp_send(net, flow);
		else
			transmit(net, flow);
	}
}

void network_run(struct network *net, int64_t until,
		 bool (*done)(struct network *net))
{
	int64_t at;

	step(net);
	while (done == NULL || !done(net)) {
		at = next_time(net);
		if (at >= until) {
			net->now = until;
			return;
		}
		if (at > net->now)
			net->now = at;
		step(net);
	}
}

struct snt__seq_out_setup usual_setup(void)
{
	return (struct snt__seq_out_setup){
		.first_number = 1000,
		.message_max = 1 << 20,
		.credit = UINT64_MAX,
		.buffer = 4 << 20,
		.body = BODY,
		.body_max = BODY,
		.overhead = OVERHEAD,
	};
}

void program_of_bulk(struct flow *flow, int64_t now)
{
	static unsigned char bytes[65536];
	size_t size = *(size_t *)flow->arg;

	(void)now;
	while (snt__seq_outbound_send(&flow->out, 0, bytes, size) == 0)
		flow->told++;
}
