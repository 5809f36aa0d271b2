/* SPDX-License-Identifier: MIT */
/*
 * Messages, from send to the answer that says all of it has arrived. Built for
 * many small ones: one block of memory each, and nothing is searched. A message
 * of a latest channel is gone when its last byte was sent; others live until
 * all has arrived and no piece of theirs is under way.
 *
 * Always, of each cell of a reliable message: it was never sent, or has arrived,
 * or is to go again, or is under way in a DATA whose loss puts it back.
 */
#include "seq/queue.h"

#include "base/alloc.h"

#include <string.h>

#define BITS 64

struct snt__seq_lane {
	struct snt__link open; /* in the order of their numbers */
	uint64_t next;
	unsigned channel;
};

static size_t charge(size_t size)
{
	return size + SNT__SEQ_CHARGE;
}

static struct snt__seq_message *of_queue(struct snt__link *link)
{
	return SNT__CONTAINER(link, struct snt__seq_message, queue);
}

static struct snt__seq_message *of_again(struct snt__link *link)
{
	return SNT__CONTAINER(link, struct snt__seq_message, again);
}

void snt__seq_queue_init(struct snt__seq_queue *q, size_t buffer,
			 uint32_t message_max, uint64_t credit)
{
	*q = (struct snt__seq_queue){
		.buffer = buffer,
		.message_max = message_max,
		.credit = credit,
	};
	snt__list_init(&q->reliable);
	snt__list_init(&q->latest);
	snt__list_init(&q->again);
}

static struct snt__seq_lane *lane_of(struct snt__seq_queue *q, unsigned channel)
{
	unsigned block = channel / SNT__SEQ_LANE_BLOCK;
	struct snt__seq_lane *lanes = q->lanes[block];

	if (lanes == NULL) {
		lanes = snt__alloc_array(SNT__SEQ_LANE_BLOCK, sizeof *lanes);
		if (lanes == NULL)
			return NULL;
		for (unsigned i = 0; i < SNT__SEQ_LANE_BLOCK; i++) {
			snt__list_init(&lanes[i].open);
			lanes[i].channel = block * SNT__SEQ_LANE_BLOCK + i;
		}
		q->lanes[block] = lanes;
	}
	return &lanes[channel % SNT__SEQ_LANE_BLOCK];
}

static void drop(struct snt__seq_queue *q, struct snt__seq_message *m)
{
	snt__list_remove(&m->queue);
	snt__list_remove(&m->again);
	snt__list_remove(&m->open);
	if (m->latest)
		q->held_latest -= charge(m->size);
	else
		q->held -= charge(m->size);
	snt__free(m);
}

/* Latest kinds have a quarter of the buffer beside it, and at least one message
 * that was begun and one that was not. */
static void make_room_for_latest(struct snt__seq_queue *q, size_t size)
{
	struct snt__link *oldest;

	while (q->held_latest + charge(size) > q->buffer / 4) {
		oldest = q->latest.next;
		if (oldest != &q->latest && of_queue(oldest)->begun)
			oldest = oldest->next;
		if (oldest == &q->latest)
			return;
		drop(q, of_queue(oldest));
		q->dropped++;
	}
}

static struct snt__seq_message *make(struct snt__seq_lane *lane,
				     const void *buffer, size_t size)
{
	size_t cells = size > 0 ? (size - 1) / SNT__SEQ_CELL + 1 : 1;
	size_t words = (cells - 1) / BITS + 1;
	struct snt__seq_message *m =
		snt__alloc(sizeof *m + 2 * words * sizeof *m->bits + size);

	if (m == NULL)
		return NULL;
	m->lane = lane;
	m->size = (uint32_t)size;
	m->cells = m->left = (uint32_t)cells;
	m->words = m->from = (uint32_t)words;
	snt__list_init(&m->queue);
	snt__list_init(&m->again);
	snt__list_init(&m->open);
	if (size > 0)
		memcpy(&m->bits[2 * words], buffer, size);
	return m;
}

int snt__seq_queue_send(struct snt__seq_queue *q, unsigned channel,
			const void *buffer, size_t size)
{
	enum snt__seq_kind kind = snt__seq_kind_of(channel);
	struct snt__seq_message *m;
	struct snt__seq_lane *lane;

	if (kind == SNT__SEQ_KIND_NONE)
		return -EINVAL;
	if (size > q->message_max)
		return -EMSGSIZE;
	if (kind != SNT__SEQ_KIND_LATEST && !snt__seq_queue_has_room(q, size))
		return -EAGAIN;
	lane = lane_of(q, channel);
	m = lane != NULL ? make(lane, buffer, size) : NULL;
	if (m == NULL)
		return -ENOMEM;
	m->latest = kind == SNT__SEQ_KIND_LATEST;
	m->number = lane->next++;
	m->serial = q->serial++;
	if (m->latest) {
		make_room_for_latest(q, size);
		q->held_latest += charge(size);
		snt__list_append(&q->latest, &m->queue);
	} else {
		q->held += charge(size);
		q->open++;
		snt__list_append(&q->reliable, &m->queue);
		snt__list_append(&lane->open, &m->open);
	}
	return 0;
}

/* One message may be larger than the buffer: else it could never go. */
bool snt__seq_queue_has_room(const struct snt__seq_queue *q, size_t size)
{
	return q->held == 0 || q->held + charge(size) <= q->buffer;
}

bool snt__seq_queue_may_begin(const struct snt__seq_queue *q)
{
	struct snt__link *first = snt__list_first(&q->reliable);
	const struct snt__seq_message *m, *oldest;

	if (first == NULL)
		return false;
	m = of_queue(first);
	if (m->begun)
		return true;
	/* There is one: m is in that list, too. */
	oldest = SNT__CONTAINER(m->lane->open.next, struct snt__seq_message,
				open);
	return q->charged + charge(m->size) <= q->credit &&
	       m->number - oldest->number < SNT__SEQ_BEGUN;
}

struct snt__seq_message *snt__seq_queue_first(struct snt__seq_queue *q,
					      bool latest)
{
	struct snt__link *first =
		snt__list_first(latest ? &q->latest : &q->reliable);

	if (first == NULL || (!latest && !snt__seq_queue_may_begin(q)))
		return NULL;
	return of_queue(first);
}

void snt__seq_queue_began(struct snt__seq_queue *q, struct snt__seq_message *m,
			  uint32_t cells)
{
	if (!m->begun) {
		m->begun = true;
		q->messages++;
		if (!m->latest)
			q->charged += charge(m->size);
	}
	m->next += cells;
	if (m->next < m->cells)
		return;
	snt__list_remove(&m->queue);
	if (m->latest)
		drop(q, m);
}

/* How many are set. The compiler's own is a call where the machine has no
 * instruction for it. */
static uint32_t count_of(uint64_t bits)
{
	bits -= bits >> 1 & 0x5555555555555555;
	bits = (bits & 0x3333333333333333) + (bits >> 2 & 0x3333333333333333);
	bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0f;
	return (uint32_t)(bits * 0x0101010101010101 >> 56);
}

/* The bits of that word that belong to cells first to end. */
static uint64_t mask_of(uint32_t word, uint32_t first, uint32_t end)
{
	uint32_t low = word * BITS, from = first > low ? first - low : 0;
	uint32_t to = end - low < BITS ? end - low : BITS;

	return (to == BITS ? UINT64_MAX : (UINT64_C(1) << to) - 1) &
	       (UINT64_MAX << from);
}

void snt__seq_queue_went_again(struct snt__seq_message *m, uint32_t first,
			       uint32_t cells)
{
	uint64_t *again = &m->bits[m->words], gone;
	uint32_t count = 0;

	for (uint32_t w = first / BITS; w <= (first + cells - 1) / BITS; w++) {
		gone = again[w] & mask_of(w, first, first + cells);
		again[w] -= gone;
		count += count_of(gone);
	}
	m->waiting -= count;
	if (m->waiting == 0) {
		m->from = m->words;
		snt__list_remove(&m->again);
	}
}

uint32_t snt__seq_queue_again(struct snt__seq_message *m, uint32_t most,
			      uint32_t *first)
{
	const uint64_t *again = &m->bits[m->words];
	uint32_t cell, end;

	while (m->from < m->words && again[m->from] == 0)
		m->from++;
	if (m->from == m->words)
		return 0;
	cell = m->from * BITS + (uint32_t)__builtin_ctzll(again[m->from]);
	end = cell + 1;
	while (end < m->cells && end - cell < most &&
	       (again[end / BITS] >> (end % BITS) & 1) != 0)
		end++;
	*first = cell;
	return end - cell;
}

void snt__seq_queue_came(struct snt__seq_queue *q, struct snt__seq_message *m,
			 uint32_t first, uint32_t cells)
{
	uint64_t *came = m->bits, more;

	m->refs--;
	for (uint32_t w = first / BITS; w <= (first + cells - 1) / BITS; w++) {
		more = mask_of(w, first, first + cells) & ~came[w];
		came[w] |= more;
		m->left -= count_of(more);
	}
	if (m->waiting > 0)
		snt__seq_queue_went_again(m, first, cells);
	if (m->left > 0)
		return;
	if (!snt__list_empty(&m->open)) {
		snt__list_remove(&m->open);
		q->open--;
	}
	if (m->refs == 0)
		drop(q, m);
}

/* By age, so that who waits for order waits least; losses are found in about
 * that order, so the place is near the end. */
static void list_again(struct snt__seq_queue *q, struct snt__seq_message *m)
{
	struct snt__link *before = q->again.prev;
	struct snt__link *first = snt__list_first(&q->again);

	/* The oldest of all, as timeouts have it, is found at once as well. */
	if (first != NULL && m->serial < of_again(first)->serial)
		before = &q->again;
	while (before != &q->again && of_again(before)->serial > m->serial)
		before = before->prev;
	/* Behind that one is in front of the next. */
	snt__list_append(before->next, &m->again);
}

void snt__seq_queue_put_back(struct snt__seq_queue *q,
			     struct snt__seq_message *m, uint32_t first,
			     uint32_t cells)
{
	uint64_t *again = &m->bits[m->words], more;

	for (uint32_t w = first / BITS; w <= (first + cells - 1) / BITS; w++) {
		more = mask_of(w, first, first + cells) & ~m->bits[w] &
		       ~again[w];
		again[w] |= more;
		m->waiting += count_of(more);
		if (more != 0 && w < m->from)
			m->from = w;
	}
	if (m->waiting > 0 && snt__list_empty(&m->again))
		list_again(q, m);
}

void snt__seq_queue_lost(struct snt__seq_queue *q, struct snt__seq_message *m,
			 uint32_t first, uint32_t cells, bool put_back)
{
	m->refs--;
	if (put_back)
		snt__seq_queue_put_back(q, m, first, cells);
	if (m->left == 0 && m->refs == 0)
		drop(q, m);
}

unsigned snt__seq_queue_channel(const struct snt__seq_message *m)
{
	return m->lane->channel;
}

const unsigned char *snt__seq_queue_bytes(const struct snt__seq_message *m)
{
	return (const unsigned char *)&m->bits[2 * (size_t)m->words];
}

void snt__seq_queue_end(struct snt__seq_queue *q)
{
	struct snt__seq_lane *lanes;
	struct snt__link *first, *open;

	while ((first = snt__list_first(&q->latest)) != NULL)
		drop(q, of_queue(first));
	for (unsigned i = 0; i < SNT__SEQ_CHANNELS; i++) {
		lanes = q->lanes[i / SNT__SEQ_LANE_BLOCK];
		if (lanes == NULL)
			continue;
		open = &lanes[i % SNT__SEQ_LANE_BLOCK].open;
		while ((first = snt__list_first(open)) != NULL)
			drop(q, SNT__CONTAINER(first, struct snt__seq_message,
					       open));
	}
	for (unsigned i = 0; i < SNT__SEQ_CHANNELS / SNT__SEQ_LANE_BLOCK; i++)
		snt__free(q->lanes[i]);
	memset(q->lanes, 0, sizeof q->lanes);
}
