/* SPDX-License-Identifier: MIT */
/*
 * The time and a keyed hash over it and the asker. Built for a flood: one
 * HMAC each, no memory of ours. The address goes in as numbers, since the
 * padding of a sockaddr is not worth anything.
 */
#include "seq/cookie.h"

#include "seq/seal.h"

#include <openssl/crypto.h>
#include <string.h>

#define TIME 4 /* bytes of it in a cookie */

/* Family, port, address, zone. */
#define PLACE 26

static void place_of(unsigned char *place, const struct snt_addr *addr)
{
	uint16_t family = addr->sa.any.sa_family;

	memset(place, 0, PLACE);
	memcpy(place, &family, sizeof family);
	if (family == AF_INET) {
		memcpy(place + 2, &addr->sa.in.sin_port, 2);
		memcpy(place + 4, &addr->sa.in.sin_addr, 4);
	} else {
		memcpy(place + 2, &addr->sa.in6.sin6_port, 2);
		memcpy(place + 4, &addr->sa.in6.sin6_addr, 16);
		memcpy(place + 20, &addr->sa.in6.sin6_scope_id, 4);
	}
}

static int make(const struct snt__seq_asker *asker, unsigned char *cookie)
{
	unsigned char place[PLACE];
	const struct snt__seq_bytes parts[] = {
		{ cookie, TIME },
		{ place, sizeof place },
		{ &asker->client, sizeof asker->client },
		{ asker->random, SNT__SEQ_RANDOM },
	};

	place_of(place, asker->addr);
	return snt__seq_mac(asker->secret, parts, 4, cookie + TIME);
}

int snt__seq_cookie_make(const struct snt__seq_asker *asker, uint32_t seconds,
			 unsigned char *cookie)
{
	for (int i = 0; i < TIME; i++)
		cookie[i] = (unsigned char)(seconds >> (24 - 8 * i));
	return make(asker, cookie);
}

int snt__seq_cookie_check(const struct snt__seq_asker *asker, uint32_t seconds,
			  const unsigned char *cookie)
{
	unsigned char ours[SNT__SEQ_COOKIE];
	uint32_t then = 0;
	int code;

	for (int i = 0; i < TIME; i++)
		then = then << 8 | cookie[i];
	if (seconds - then > SNT__SEQ_COOKIE_AGE)
		return -EACCES;
	memcpy(ours, cookie, TIME);
	code = make(asker, ours);
	if (code == 0 && CRYPTO_memcmp(ours, cookie, sizeof ours) != 0)
		code = -EACCES;
	return code;
}
