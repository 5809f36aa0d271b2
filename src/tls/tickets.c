/* SPDX-License-Identifier: MIT */
/*
 * Sessions that clients keep for us, sealed (RFC 5077, RFC 8446 2.2). The keys
 * are a context's own and outlive each of its SSL_CTX. Two of them: the one
 * that seals, and the one before, which only opens.
 */
#include "tls/parts.h"

#include "base/alloc.h"
#include "base/error.h"
#include "io/io.h"
#include "tls/build.h"
#include "tls/reason.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

/* How long a key seals. Whoever gets hold of it reads no more than this. */
#define LIFE (12 * 60 * SNT_MINUTE)

struct key {
	unsigned char name[16], cipher[32], mac[32];
};

struct snt__tickets {
	struct snt__tls_lock lock;
	OSSL_LIB_CTX *chance;
	EVP_CIPHER *cipher;
	struct key now, before;
	bool has_before;
	int64_t made; /* now was */
};

static bool make_key(const struct snt__tickets *tickets, struct key *key)
{
	return RAND_bytes_ex(tickets->chance, (unsigned char *)key, sizeof *key,
			     0) == 1;
}

int snt__tickets_make(struct snt_tls_context *context)
{
	struct snt__tickets *tickets;

	if (context->side != SNT_TLS_SERVER || context->opts.no_resumption)
		return 0;
	tickets = snt__alloc(sizeof *tickets);
	if (tickets == NULL)
		return snt__fail(-ENOMEM, "TLS context");
	context->tickets = tickets;
	snt__tls_lock_init(&tickets->lock);
	tickets->chance = context->chance;
	tickets->made = snt__io->now();
	tickets->cipher =
		EVP_CIPHER_fetch(context->chance, "AES-256-CBC", NULL);
	if (tickets->cipher == NULL || !make_key(tickets, &tickets->now))
		return snt__tls_fail("key of session tickets");
	return 0;
}

void snt__tickets_free(struct snt__tickets *tickets)
{
	if (tickets == NULL)
		return;
	EVP_CIPHER_free(tickets->cipher);
	pthread_mutex_destroy(&tickets->lock.mutex);
	OPENSSL_cleanse(tickets, sizeof *tickets);
	snt__free(tickets);
}

/* With the lock. */
static bool rotate(struct snt__tickets *tickets)
{
	struct key key;

	if (!make_key(tickets, &key))
		return false;
	tickets->before = tickets->now;
	tickets->has_before = true;
	tickets->now = key;
	tickets->made = snt__io->now();
	OPENSSL_cleanse(&key, sizeof key);
	return true;
}

/* A key that was not looked at for two lives opens nothing any more. */
static void age(struct snt__tickets *tickets)
{
	int64_t age = snt__io->now() - tickets->made;

	if (age < LIFE || !rotate(tickets))
		return;
	if (age >= 2 * LIFE)
		tickets->has_before = false;
}

static bool use(EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac,
		const struct snt__tickets *tickets, const struct key *key,
		const unsigned char *iv, int seal)
{
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY,
						  (void *)(uintptr_t)key->mac,
						  sizeof key->mac),
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest,
						 0),
		OSSL_PARAM_construct_end(),
	};

	return EVP_CipherInit_ex2(cipher, tickets->cipher, key->cipher, iv,
				  seal, NULL) &&
	       EVP_MAC_CTX_set_params(mac, params);
}

/* Seals, or finds the key that opens: SSL_CTX_set_tlsext_ticket_key_evp_cb(3)
 * says what is answered. */
static int find(struct snt__tickets *tickets, unsigned char *name,
		unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac,
		int seal)
{
	const struct key *key = &tickets->now;
	int answer = 1;

	if (seal) {
		if (RAND_bytes_ex(tickets->chance, iv, 16, 0) != 1)
			return -1;
		memcpy(name, key->name, sizeof key->name);
	} else if (memcmp(name, key->name, sizeof key->name) != 0) {
		key = &tickets->before;
		answer = 2; /* and give a new ticket */
		if (!tickets->has_before ||
		    memcmp(name, key->name, sizeof key->name) != 0)
			return 0;
	}
	return use(cipher, mac, tickets, key, iv, seal) ? answer : -1;
}

static int on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv,
		     EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int seal)
{
	struct snt__tickets *tickets =
		snt__tls_context_of(SSL_get_SSL_CTX(ssl))->tickets;
	int answer;

	if (tickets == NULL)
		return seal ? -1 : 0;
	snt__tls_lock(&tickets->lock);
	age(tickets);
	answer = find(tickets, name, iv, cipher, mac, seal);
	snt__tls_unlock(&tickets->lock);
	return answer;
}

void snt__build_tickets(SSL_CTX *native, const struct snt_tls_context *context)
{
	if (context->tickets != NULL)
		SSL_CTX_set_tlsext_ticket_key_evp_cb(native, on_ticket);
}

int snt_rotate_ticket_key(struct snt_tls_context *context)
{
	bool rotated;

	if (context == NULL || context->side != SNT_TLS_SERVER)
		return snt__fail(-EINVAL, "session tickets: a server has them");
	SNT_TRY(snt__tls_check_world(context));
	if (context->tickets == NULL)
		return 0;
	snt__tls_forget();
	snt__tls_lock(&context->tickets->lock);
	rotated = rotate(context->tickets);
	snt__tls_unlock(&context->tickets->lock);
	return rotated ? 0 : snt__tls_fail("key of session tickets");
}
