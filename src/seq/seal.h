/* SPDX-License-Identifier: MIT */
/*
 * What a shared key does: macs of the handshake, keys for a session, sealed
 * bodies. docs/seq.md, "Sealing". Everything here computes in OpenSSL and
 * may take some KiB of stack: a fiber of the program's does it aside.
 */
#ifndef SNT_SEQ_SEAL_H
#define SNT_SEQ_SEAL_H

#include "seq/datagram.h"

#include <openssl/types.h>
#include <stdbool.h>

#define SNT__SEQ_TAG 16
#define SNT__SEQ_KEY 32
#define SNT__SEQ_IV 12

struct snt__seq_bytes {
	const void *bytes;
	size_t size;
};

/* The parts' HMAC-SHA256, cut to SNT__SEQ_MAC bytes; at most 256 bytes in
 * all. -ENOMEM. */
int snt__seq_mac(const unsigned char *key, const struct snt__seq_bytes *parts,
		 size_t count, unsigned char *mac);

/* Without telling by its time where they differ. */
bool snt__seq_mac_equal(const unsigned char *a, const unsigned char *b);

/* One direction. All zero: plain. */
struct snt__seq_way {
	EVP_CIPHER_CTX *cipher;
	unsigned char iv[SNT__SEQ_IV];
};

struct snt__seq_seal {
	struct snt__seq_way out, in;
};

/* What both sides know after the handshake. */
struct snt__seq_secret {
	const unsigned char *key;
	const unsigned char *client_random, *server_random;
	uint64_t client, server;
};

/* -ENOMEM: nothing was made. */
int snt__seq_seal_begin(struct snt__seq_seal *seal,
			const struct snt__seq_secret *secret, bool is_client);
/*
 * Seals a DATA of that number in place: its head, and size bytes of body behind
 * which there is room for the tag. Opens one: of size bytes with the tag; size
 * less that, or -EBADMSG. -ENOMEM.
 */
int snt__seq_seal_close(struct snt__seq_way *way, uint64_t number,
			unsigned char *data, size_t size);
ptrdiff_t snt__seq_seal_open(struct snt__seq_way *way, uint64_t number,
			     unsigned char *data, size_t size);
/* Fine on one that never began. */
void snt__seq_seal_end(struct snt__seq_seal *seal);

#endif
