/* SPDX-License-Identifier: MIT */
/* Each field has its place in a row of the table below; reading and writing
 * go through the same rows. */
#include "seq/datagram.h"

#include <errno.h>
#include <string.h>

/* Where the fields of a type stand; 0: it has none such. */
struct layout {
	uint8_t size; /* at least; of HELLO and OPEN with the zeros */
	uint8_t sealing, client, server, id, random, number, greatest, credit;
	uint8_t cookie, mac, reason;
};

static const struct layout layouts[] = {
	{ .size = SNT__SEQ_PADDED, .sealing = 1, .client = 2, .random = 10 },
	{ .size = 29, .client = 1, .cookie = 9 },
	{ .size = SNT__SEQ_PADDED,
	  .sealing = 1,
	  .client = 2,
	  .random = 10,
	  .number = 26,
	  .greatest = 30,
	  .credit = 34,
	  .cookie = 42,
	  .mac = 62 },
	{ .size = 65,
	  .client = 1,
	  .server = 9,
	  .random = 17,
	  .number = 33,
	  .greatest = 37,
	  .credit = 41,
	  .mac = 49 },
	{ .size = SNT__SEQ_HEAD, .id = 1, .number = 9 },
	{ .size = 10, .client = 1, .reason = 9 },
	{ .size = 25, .id = 1, .mac = 9 },
};

#define TYPES (sizeof layouts / sizeof layouts[0])

static uint64_t get(const unsigned char *bytes, unsigned place, unsigned size)
{
	uint64_t number = 0;

	if (place == 0)
		return 0;
	for (unsigned i = 0; i < size; i++)
		number = number << 8 | bytes[place + i];
	return number;
}

static void put(unsigned char *bytes, unsigned place, unsigned size,
		uint64_t number)
{
	if (place == 0)
		return;
	for (unsigned i = size; i > 0; i--, number >>= 8)
		bytes[place + i - 1] = (unsigned char)number;
}

int snt__seq_datagram_read(struct snt__seq_datagram *packet,
			   unsigned char *bytes, size_t size)
{
	const struct layout *at;

	if (size == 0 || bytes[0] < SNT__SEQ_HELLO ||
	    bytes[0] >= SNT__SEQ_HELLO + TYPES)
		return -EBADMSG;
	at = &layouts[bytes[0] - SNT__SEQ_HELLO];
	if (size < at->size)
		return -EBADMSG;
	*packet = (struct snt__seq_datagram){
		.type = bytes[0],
		.sealing = (uint8_t)get(bytes, at->sealing, 1),
		.reason = (uint8_t)get(bytes, at->reason, 1),
		.client = get(bytes, at->client, 8),
		.server = get(bytes, at->server, 8),
		.id = get(bytes, at->id, 8),
		.number = (uint32_t)get(bytes, at->number, 4),
		.greatest = (uint32_t)get(bytes, at->greatest, 4),
		.credit = get(bytes, at->credit, 8),
		.random = bytes + at->random,
		.cookie = bytes + at->cookie,
		.mac = bytes + at->mac,
		.body = bytes + SNT__SEQ_HEAD,
	};
	if (packet->type == SNT__SEQ_DATA)
		packet->body_size = size - SNT__SEQ_HEAD;
	return packet->sealing > 1 ? -EBADMSG : 0;
}

size_t snt__seq_datagram_write(struct snt__seq_datagram *packet,
			       unsigned char *bytes)
{
	const struct layout *at = &layouts[packet->type - SNT__SEQ_HELLO];

	memset(bytes, 0, at->size);
	bytes[0] = packet->type;
	put(bytes, at->sealing, 1, packet->sealing);
	put(bytes, at->reason, 1, packet->reason);
	put(bytes, at->client, 8, packet->client);
	put(bytes, at->server, 8, packet->server);
	put(bytes, at->id, 8, packet->id);
	put(bytes, at->number, 4, packet->number);
	put(bytes, at->greatest, 4, packet->greatest);
	put(bytes, at->credit, 8, packet->credit);
	if (at->random != 0)
		memcpy(bytes + at->random, packet->random, SNT__SEQ_RANDOM);
	if (at->cookie != 0)
		memcpy(bytes + at->cookie, packet->cookie, SNT__SEQ_COOKIE);
	packet->mac = bytes + at->mac;
	return at->size;
}
