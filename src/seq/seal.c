/* SPDX-License-Identifier: MIT */
/*
 * AES-256-GCM under keys of HKDF-SHA256. The ciphers are set up once for each
 * direction; a datagram costs a new nonce and its bytes. The error queue of
 * OpenSSL is left as empty as it was found.
 */
#include "seq/seal.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#define HASH 32
#define PARTS_MOST 256

static int hash(const unsigned char *key, const void *bytes, size_t size,
		unsigned char *out)
{
	if (HMAC(EVP_sha256(), key, SNT__SEQ_KEY, bytes, size, out, NULL) ==
	    NULL) {
		ERR_clear_error();
		return -ENOMEM;
	}
	return 0;
}

int snt__seq_mac(const unsigned char *key, const struct snt__seq_bytes *parts,
		 size_t count, unsigned char *mac)
{
	unsigned char all[PARTS_MOST], out[HASH];
	size_t size = 0;
	int code;

	for (size_t i = 0; i < count; i++) {
		memcpy(all + size, parts[i].bytes, parts[i].size);
		size += parts[i].size;
	}
	code = hash(key, all, size, out);
	if (code == 0)
		memcpy(mac, out, SNT__SEQ_MAC);
	return code;
}

bool snt__seq_mac_equal(const unsigned char *a, const unsigned char *b)
{
	return CRYPTO_memcmp(a, b, SNT__SEQ_MAC) == 0;
}

static void put_id(unsigned char *bytes, uint64_t id)
{
	for (int i = 7; i >= 0; i--, id >>= 8)
		bytes[i] = (unsigned char)id;
}

#define LABEL "sennit seq 1"
#define INFO (sizeof LABEL - 1 + 16)
#define KEYS ((SNT__SEQ_KEY + SNT__SEQ_IV) * 2)

/* RFC 5869: extract, then as many blocks as KEYS takes. */
static int derive(const struct snt__seq_secret *secret, unsigned char *keys)
{
	unsigned char salt[2 * SNT__SEQ_RANDOM], pseudo[HASH], block[HASH];
	unsigned char text[HASH + INFO + 1];
	size_t done = 0;
	int code;

	_Static_assert(sizeof salt == SNT__SEQ_KEY, "what hash takes as key");
	memcpy(salt, secret->client_random, SNT__SEQ_RANDOM);
	memcpy(salt + SNT__SEQ_RANDOM, secret->server_random, SNT__SEQ_RANDOM);
	code = hash(salt, secret->key, SNT__SEQ_KEY, pseudo);
	memcpy(text + HASH, LABEL, sizeof LABEL - 1);
	put_id(text + HASH + sizeof LABEL - 1, secret->client);
	put_id(text + HASH + sizeof LABEL - 1 + 8, secret->server);
	for (unsigned char i = 1; code == 0 && done < KEYS; i++) {
		size_t take = KEYS - done < HASH ? KEYS - done : HASH;
		size_t skip = i == 1 ? HASH : 0;

		text[HASH + INFO] = i;
		code = hash(pseudo, text + skip, sizeof text - skip, block);
		memcpy(text, block, HASH);
		memcpy(keys + done, block, take);
		done += take;
	}
	OPENSSL_cleanse(pseudo, sizeof pseudo);
	OPENSSL_cleanse(block, sizeof block);
	OPENSSL_cleanse(text, sizeof text);
	return code;
}

static int begin_way(struct snt__seq_way *way, const unsigned char *keys,
		     int encrypts)
{
	way->cipher = EVP_CIPHER_CTX_new();
	memcpy(way->iv, keys + SNT__SEQ_KEY, SNT__SEQ_IV);
	if (way->cipher != NULL &&
	    EVP_CipherInit_ex(way->cipher, EVP_aes_256_gcm(), NULL, keys, NULL,
			      encrypts) == 1)
		return 0;
	ERR_clear_error();
	return -ENOMEM;
}

int snt__seq_seal_begin(struct snt__seq_seal *seal,
			const struct snt__seq_secret *secret, bool is_client)
{
	unsigned char keys[KEYS];
	const unsigned char *other = keys + KEYS / 2;
	int code = derive(secret, keys);

	if (code == 0)
		code = begin_way(&seal->out, is_client ? keys : other, 1);
	if (code == 0)
		code = begin_way(&seal->in, is_client ? other : keys, 0);
	OPENSSL_cleanse(keys, sizeof keys);
	if (code < 0)
		snt__seq_seal_end(seal);
	return code;
}

/* The nonce and what is only looked at. */
static bool start(const struct snt__seq_way *way, uint64_t number,
		  const unsigned char *data)
{
	unsigned char nonce[SNT__SEQ_IV];
	int size;

	memcpy(nonce, way->iv, sizeof nonce);
	for (int i = SNT__SEQ_IV - 1; i > 3; i--, number >>= 8)
		nonce[i] ^= (unsigned char)number;
	return EVP_CipherInit_ex(way->cipher, NULL, NULL, NULL, nonce, -1) ==
		       1 &&
	       EVP_CipherUpdate(way->cipher, NULL, &size, data,
				SNT__SEQ_HEAD) == 1;
}

/* GCM has nothing left over to write. */
static bool finish(const struct snt__seq_way *way)
{
	unsigned char rest[SNT__SEQ_TAG];
	int size;

	return EVP_CipherFinal_ex(way->cipher, rest, &size) == 1;
}

int snt__seq_seal_close(struct snt__seq_way *way, uint64_t number,
			unsigned char *data, size_t size)
{
	unsigned char *body = data + SNT__SEQ_HEAD;
	int done;

	if (start(way, number, data) &&
	    EVP_CipherUpdate(way->cipher, body, &done, body, (int)size) == 1 &&
	    finish(way) &&
	    EVP_CIPHER_CTX_ctrl(way->cipher, EVP_CTRL_AEAD_GET_TAG,
				SNT__SEQ_TAG, body + size) == 1)
		return 0;
	ERR_clear_error();
	return -ENOMEM;
}

ptrdiff_t snt__seq_seal_open(struct snt__seq_way *way, uint64_t number,
			     unsigned char *data, size_t size)
{
	unsigned char *body = data + SNT__SEQ_HEAD;
	int done;

	if (size < SNT__SEQ_TAG)
		return -EBADMSG;
	size -= SNT__SEQ_TAG;
	if (start(way, number, data) &&
	    EVP_CIPHER_CTX_ctrl(way->cipher, EVP_CTRL_AEAD_SET_TAG,
				SNT__SEQ_TAG, body + size) == 1 &&
	    EVP_CipherUpdate(way->cipher, body, &done, body, (int)size) == 1 &&
	    finish(way))
		return (ptrdiff_t)size;
	ERR_clear_error();
	return -EBADMSG;
}

void snt__seq_seal_end(struct snt__seq_seal *seal)
{
	EVP_CIPHER_CTX_free(seal->out.cipher);
	EVP_CIPHER_CTX_free(seal->in.cipher);
	seal->out.cipher = seal->in.cipher = NULL;
}
