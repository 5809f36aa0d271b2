/* SPDX-License-Identifier: MIT */
/*
 * The datagrams of docs/seq.md as values, and back. Pure: no clocks, no keys;
 * a mac is only where it stands. Pointers of what was read lead into the
 * datagram.
 */
#ifndef SNT_SEQ_DATAGRAM_H
#define SNT_SEQ_DATAGRAM_H

#include <stddef.h>
#include <stdint.h>

enum {
	SNT__SEQ_HELLO = 0x10,
	SNT__SEQ_RETRY,
	SNT__SEQ_OPEN,
	SNT__SEQ_WELCOME,
	SNT__SEQ_DATA,
	SNT__SEQ_REFUSE,
	SNT__SEQ_GONE,
};

enum {
	SNT__SEQ_FULL = 1,
	SNT__SEQ_TOO_MANY,
	SNT__SEQ_NEEDS_KEY,
	SNT__SEQ_HAS_NO_KEY,
	SNT__SEQ_WRONG_KEY,
	SNT__SEQ_CLOSING,
};

#define SNT__SEQ_RANDOM 16
#define SNT__SEQ_COOKIE 20
#define SNT__SEQ_MAC 16
#define SNT__SEQ_PADDED 160    /* bytes of HELLO and OPEN */
#define SNT__SEQ_HEAD 13       /* of DATA before its body */
#define SNT__SEQ_DATA_LEAST 25 /* of DATA as we send it: as long as GONE */

struct snt__seq_datagram {
	uint8_t type;
	uint8_t sealing; /* HELLO, OPEN */
	uint8_t reason;  /* REFUSE */
	uint64_t client; /* all but DATA and GONE */
	uint64_t server; /* WELCOME */
	uint64_t id;     /* DATA, GONE */
	uint32_t number; /* DATA; of OPEN and WELCOME the first one */
	uint32_t greatest;
	uint64_t credit;
	const unsigned char *random;
	const unsigned char *cookie;
	unsigned char *mac;
	unsigned char *body; /* DATA */
	size_t body_size;
};

/* -EBADMSG: none of ours. */
int snt__seq_datagram_read(struct snt__seq_datagram *packet,
			   unsigned char *bytes, size_t size);
/*
 * Writes all but DATA's body into at least SNT__SEQ_PADDED bytes; returns how
 * many it has. packet->mac becomes where the mac goes, which is zeros.
 */
size_t snt__seq_datagram_write(struct snt__seq_datagram *packet,
			       unsigned char *bytes);

#endif
