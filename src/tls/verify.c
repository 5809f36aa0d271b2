/* SPDX-License-Identifier: MIT */
/*
 * Whether the peer is whom it says: chain, times, name, lists of what was
 * revoked by OpenSSL; the time is the seam's, and pins are compared here.
 *
 * Where insecure_noverify lets everybody pass, all of it is looked at just the
 * same, so that it can be told what would have been refused.
 */
#include "tls/build.h"

#include "base/alloc.h"
#include "base/error.h"
#include "io/io.h"
#include "tls/parts.h"
#include "tls/refusal.h"

#include <openssl/err.h>
#include <stdarg.h>
#include <stdio.h>

static int refusal_index = -1;

static void forget(void *parent, void *refusal, CRYPTO_EX_DATA *data, int index,
		   long unused, void *arg)
{
	(void)parent;
	(void)data;
	(void)index;
	(void)unused;
	(void)arg;
	snt__free(refusal);
}

static void make_index(void)
{
	refusal_index = SSL_get_ex_new_index(0, NULL, NULL, NULL, forget);
}

void snt__refuse(SSL *ssl, int code, const char *format, ...)
{
	struct snt__refusal *refusal;
	va_list args;

	if (refusal_index < 0)
		return;
	snt__free(SSL_get_ex_data(ssl, refusal_index));
	SSL_set_ex_data(ssl, refusal_index, NULL);
	refusal = snt__alloc(sizeof *refusal);
	if (refusal == NULL)
		return;
	refusal->code = code;
	va_start(args, format);
	vsnprintf(refusal->text, sizeof refusal->text, format, args);
	va_end(args);
	if (!SSL_set_ex_data(ssl, refusal_index, refusal))
		snt__free(refusal);
}

const struct snt__refusal *snt__refusal_of(const SSL *ssl)
{
	return refusal_index >= 0 ? SSL_get_ex_data(ssl, refusal_index) : NULL;
}

static void refuse_pin(SSL *ssl, X509 *certificate)
{
	char pin[SNT__PIN];

	if (snt__pin_of(certificate, pin) < 0)
		return;
	snt__refuse(ssl, -SNT_ECERTIFICATE,
		    ": its key is not the pinned one, but %s", pin);
}

/* Nobody expected: whoever it is, that was not checked. */
static bool checks_name(const SSL *ssl)
{
	X509_VERIFY_PARAM *param = SSL_get0_param((SSL *)(uintptr_t)ssl);
	char *ip;

	if (SSL_is_server(ssl) || X509_VERIFY_PARAM_get0_host(param, 0) != NULL)
		return true;
	ip = X509_VERIFY_PARAM_get1_ip_asc(param);
	OPENSSL_free(ip);
	return ip != NULL;
}

static SSL *ssl_of(X509_STORE_CTX *store)
{
	return X509_STORE_CTX_get_ex_data(store,
					  SSL_get_ex_data_X509_STORE_CTX_idx());
}

static void refuse_chain(X509_STORE_CTX *store)
{
	SSL *ssl = ssl_of(store);
	struct snt__refusal told;

	snt__sentence(store, SSL_is_server(ssl), told.text, sizeof told.text);
	snt__refuse(ssl, -SNT_ECERTIFICATE, "%s", told.text);
}

/* Asked where something is wrong, and while it is known what. */
static int on_wrong(int good, X509_STORE_CTX *store)
{
	if (!good)
		refuse_chain(store);
	return good;
}

static bool verify_chain(SSL *ssl, X509_STORE_CTX *store)
{
	bool good;

	X509_STORE_CTX_set_verify_cb(store, on_wrong);
	/* What it met on its way is told by the sentence. */
	ERR_set_mark();
	good = X509_verify_cert(store) > 0;
	ERR_pop_to_mark();
	if (good)
		return true;
	/* No memory, and no reason: still no. */
	if (X509_STORE_CTX_get_error(store) == X509_V_OK)
		X509_STORE_CTX_set_error(store, X509_V_ERR_UNSPECIFIED);
	if (snt__refusal_of(ssl) == NULL)
		refuse_chain(store);
	return false;
}

static int on_chain(X509_STORE_CTX *store, void *arg)
{
	SSL *ssl = ssl_of(store);
	const struct snt_tls_context *context =
		snt__tls_context_of(SSL_get_SSL_CTX(ssl));
	X509 *certificate = X509_STORE_CTX_get0_cert(store);
	bool good;

	(void)arg;
	X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(store),
				   snt__io->wall() / SNT_SECOND);
	good = verify_chain(ssl, store);
	if (context->opts.insecure_noverify) {
		if (good && !checks_name(ssl))
			X509_STORE_CTX_set_error(
				store, X509_V_ERR_APPLICATION_VERIFICATION);
		good = true;
	}
	if (good && !snt__pins_have(context->pins, certificate)) {
		X509_STORE_CTX_set_error(store,
					 X509_V_ERR_APPLICATION_VERIFICATION);
		refuse_pin(ssl, certificate);
		good = false;
	}
	return good;
}

/* Bits of SSL_CTX_set_verify(3). */
static int mode(const struct snt_tls_context *context)
{
	if (context->side == SNT_TLS_CLIENT)
		return SSL_VERIFY_PEER;
	switch (context->opts.client_certificate) {
	case SNT_TLS_OPTIONAL:
		return SSL_VERIFY_PEER;
	case SNT_TLS_REQUIRED:
		return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	default:
		return SSL_VERIFY_NONE;
	}
}

void snt__build_verify(SSL_CTX *native, const struct snt_tls_context *context)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_index);
	SSL_CTX_set_verify(native, mode(context), NULL);
	SSL_CTX_set_cert_verify_callback(native, on_chain, NULL);
}

bool snt__tls_verified(const SSL *ssl)
{
	return SSL_get0_peer_certificate(ssl) != NULL &&
	       SSL_get_verify_result(ssl) == X509_V_OK;
}
