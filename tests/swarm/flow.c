/* SPDX-License-Identifier: MIT */
/* Streams whose every byte is known. */
#include "scene.h"

#include <sennit/message.h>

#define PIECE 2048

static uint64_t mix(uint64_t value)
{
	value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
	return value ^ (value >> 31);
}

uint64_t draw(struct dice *dice, uint64_t limit)
{
	dice->state += UINT64_C(0x9e3779b97f4a7c15);
	return (mix(dice->state) >> 11) % limit;
}

int64_t draw_wide(struct dice *dice, int64_t least, int64_t most)
{
	unsigned doublings = 0;
	int64_t base;

	while (least << (doublings + 1) <= most)
		doublings++;
	base = least << draw(dice, doublings + 1);
	base += (int64_t)draw(dice, (uint64_t)base);
	return base < most ? base : most;
}

struct dice dice_of(uint64_t seed, uint64_t row)
{
	return (struct dice){ mix(seed + mix(row + 1)) };
}

static unsigned char byte_at(uint64_t key, uint64_t at)
{
	return (unsigned char)(mix(key + at / 8) >> at % 8 * 8);
}

void flow_fill(uint64_t key, uint64_t at, void *buffer, size_t size)
{
	unsigned char *bytes = buffer;
	size_t i = 0;

	while (i < size) {
		uint64_t word = mix(key + (at + i) / 8) >> (at + i) % 8 * 8;
		size_t end = MINIMUM(size, i + 8 - (at + i) % 8);

		for (; i < end; word >>= 8)
			bytes[i++] = (unsigned char)word;
	}
}

bool flow_same(uint64_t key, uint64_t at, const void *buffer, size_t size)
{
	const unsigned char *bytes = buffer;
	unsigned char expected[256];

	for (size_t i = 0; i < size;) {
		size_t count = MINIMUM(size - i, sizeof expected);

		flow_fill(key, at + i, expected, count);
		if (memcmp(expected, bytes + i, count) != 0) {
			while (bytes[i] == byte_at(key, at + i))
				i++;
			snt_sim_fail("bytes",
				     "%s: byte %llu of stream %llx is %02x, "
				     "not %02x",
				     snt_fiber_name(),
				     (unsigned long long)(at + i),
				     (unsigned long long)key, bytes[i],
				     byte_at(key, at + i));
			return false;
		}
		i += count;
	}
	return true;
}

int flow_send(struct flow *flow, struct snt_socket *socket, uint64_t size,
	      size_t piece, int64_t limit)
{
	char buffer[PIECE];

	while (size > 0) {
		size_t count = MINIMUM(size, MINIMUM(piece, sizeof buffer));
		int code;

		flow_fill(flow->key, flow->sent, buffer, count);
		code = TIMED(limit, snt_sendall(socket, buffer, count));
		if (code < 0) {
			EXPECT("done", snt_done() <= count,
			       "%zu of %zu bytes sent", snt_done(), count);
			flow->sent += snt_done();
			return code;
		}
		flow->sent += count;
		size -= count;
	}
	return 0;
}

int flow_gather(struct flow *flow, struct snt_socket *socket, size_t size,
		int64_t limit)
{
	char buffer[PIECE];
	size_t first = size / 3;
	const struct iovec buffers[2] = { { buffer, first },
					  { buffer + first, size - first } };
	const struct snt_message message = { .buffers = buffers,
					     .buffer_count = 2 };
	int code;

	flow_fill(flow->key, flow->sent, buffer, size);
	code = TIMED(limit, snt_sendmsg_all(socket, &message));
	EXPECT("done", code == 0 || snt_done() <= size, "%zu of %zu bytes sent",
	       snt_done(), size);
	flow->sent += code < 0 ? snt_done() : size;
	return code;
}

static int at_end(struct flow *flow)
{
	if (flow->loose)
		return 1;
	EXPECT("end", flow->ending,
	       "%s: the end of stream %llx after %llu bytes, which nobody "
	       "ended",
	       snt_fiber_name(), (unsigned long long)flow->key,
	       (unsigned long long)flow->got);
	EXPECT("bytes", flow->got == flow->sent,
	       "%s: stream %llx ended after %llu of %llu bytes",
	       snt_fiber_name(), (unsigned long long)flow->key,
	       (unsigned long long)flow->got, (unsigned long long)flow->sent);
	flow->ended = true;
	return 1;
}

int flow_take(struct flow *flow, struct snt_socket *socket, size_t size,
	      int64_t limit)
{
	char buffer[PIECE];
	ptrdiff_t n = TIMED(limit, snt_recv_exact(socket, buffer, size));
	size_t count = n < 0 ? snt_done() : (size_t)n;

	EXPECT("done", n <= 0 || (size_t)n == size, "%td of %zu bytes", n,
	       size);
	if (!flow_same(flow->key, flow->got, buffer, count))
		return -EPROTO;
	flow->got += count;
	if (n == 0 || n == -SNT_EEND)
		return at_end(flow);
	return n < 0 ? (int)n : 0;
}

int flow_recv(struct flow *flow, struct snt_socket *socket, uint64_t size,
	      size_t piece, int64_t limit)
{
	char buffer[PIECE];

	while (size > 0) {
		size_t count = MINIMUM(size, MINIMUM(piece, sizeof buffer));
		ptrdiff_t n = TIMED(limit, snt_recv(socket, buffer, count));

		if (n < 0)
			return (int)n;
		if (n == 0)
			return at_end(flow);
		if (!flow_same(flow->key, flow->got, buffer, (size_t)n))
			return -EPROTO;
		flow->got += (uint64_t)n;
		if (size != UINT64_MAX)
			size -= (uint64_t)n;
	}
	return 0;
}
