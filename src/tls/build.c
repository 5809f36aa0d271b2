/* SPDX-License-Identifier: MIT */
/*
 * What is safe is said here and not left to OpenSSL, whose defaults its
 * configuration file may lower. Nothing is kept for connections but tickets'
 * keys: sessions are sealed and left with the clients.
 */
#include "tls/build.h"

#include "base/error.h"
#include "tls/identity.h"
#include "tls/parts.h"
#include "tls/reason.h"
#include "tls/trust.h"

#include <openssl/err.h>
#include <string.h>

/* RSA of 2048 bits, SHA-256 and the like: SSL_CTX_set_security_level(3). */
#define SECURITY 2

static int context_index = -1;

/* The SSL_CTX is freed, and asks no more. */
static void let_go(void *parent, void *context, CRYPTO_EX_DATA *data, int index,
		   long unused, void *arg)
{
	(void)parent;
	(void)data;
	(void)index;
	(void)unused;
	(void)arg;
	if (context != NULL)
		snt__tls_release(context);
}

static void make_index(void)
{
	context_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, let_go);
}

static int tie(SSL_CTX *native, struct snt_tls_context *context)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_index);
	if (context_index < 0 ||
	    !SSL_CTX_set_ex_data(native, context_index, context))
		return snt__tls_fail("TLS context");
	atomic_fetch_add(&context->holders, 1);
	return 0;
}

struct snt_tls_context *snt__tls_context_of(const SSL_CTX *native)
{
	return SSL_CTX_get_ex_data(native, context_index);
}

static void set_options(SSL_CTX *native, const struct snt_tls_context *context)
{
	SSL_CTX_set_security_level(native, SECURITY);
	SSL_CTX_set_options(native, SSL_OP_NO_COMPRESSION |
					    SSL_OP_NO_RENEGOTIATION |
					    SSL_OP_CIPHER_SERVER_PREFERENCE |
					    SSL_OP_PRIORITIZE_CHACHA);
	/* What a configuration file may have allowed. */
	SSL_CTX_clear_options(native, SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION |
					      SSL_OP_LEGACY_SERVER_CONNECT |
					      SSL_OP_IGNORE_UNEXPECTED_EOF |
					      SSL_OP_NO_EXTENDED_MASTER_SECRET);
	if (context->opts.no_resumption)
		SSL_CTX_set_options(native, SSL_OP_NO_TICKET);
	SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS |
					 SSL_MODE_ENABLE_PARTIAL_WRITE |
					 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_max_early_data(native, 0);
	SSL_CTX_set_recv_max_early_data(native, 0);
	/* One is enough: each connection that resumes gets another. */
	SSL_CTX_set_num_tickets(native, context->opts.no_resumption ? 0 : 1);
}

static int set_versions(SSL_CTX *native, const struct snt_tls_opts *opts)
{
	int least = opts->minimum_version;

	if (!SSL_CTX_set_min_proto_version(native,
					   least != 0 ? least : SNT_TLS_1_2) ||
	    !SSL_CTX_set_max_proto_version(native, opts->maximum_version))
		return snt__tls_fail("TLS versions");
	return 0;
}

static int set_identity(SSL_CTX *native, const struct snt__identity *identity)
{
	if (identity == NULL ||
	    SSL_CTX_use_cert_and_key(native, identity->certificate,
				     identity->key, identity->chain, 1))
		return 0;
	return snt__tls_fail("our certificate");
}

/* Sessions are good for the context that made them, and for its trust. */
static int set_sessions(SSL_CTX *native, const struct snt__build *build)
{
	unsigned char id[SNT__TLS_ID + sizeof build->generation];

	memcpy(id, build->context->id, SNT__TLS_ID);
	memcpy(id + SNT__TLS_ID, &build->generation, sizeof build->generation);
	if (SSL_CTX_set_session_id_context(native, id, sizeof id))
		return 0;
	return snt__tls_fail("TLS context");
}

static int set_trust(SSL_CTX *native, const struct snt__build *build)
{
	const struct snt_tls_context *context = build->context;
	STACK_OF(X509_NAME) * names;

	SSL_CTX_set1_cert_store(native, build->trust->store);
	if (build->trust->revoked)
		X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(native),
					    X509_V_FLAG_CRL_CHECK |
						    X509_V_FLAG_CRL_CHECK_ALL);
	if (context->side != SNT_TLS_SERVER ||
	    context->opts.client_certificate == SNT_TLS_NOT_ASKED)
		return 0;
	names = snt__trust_names(build->trust);
	if (names == NULL)
		return snt__fail(-ENOMEM, "TLS context");
	SSL_CTX_set0_CA_list(native, names);
	return 0;
}

static int set_all(SSL_CTX *native, const struct snt__build *build)
{
	struct snt_tls_context *context = build->context;

	SNT_TRY(tie(native, context));
	set_options(native, context);
	SNT_TRY(set_versions(native, &context->opts));
	SNT_TRY(snt__build_ciphers(native, &context->opts));
	SNT_TRY(set_sessions(native, build));
	SNT_TRY(set_identity(native, build->identity));
	SNT_TRY(set_trust(native, build));
	snt__build_verify(native, context);
	SNT_TRY(snt__build_alpn(native, context));
	snt__build_names(native);
	snt__build_tickets(native, context);
	if (context->opts.keylog_filename != NULL)
		snt__build_keylog(native);
	return 0;
}

int snt__build_and_swap(const struct snt__build *build)
{
	struct snt_tls_context *context = build->context;
	SSL_CTX *native, *old;
	int code;

	snt__tls_forget();
	native = SSL_CTX_new_ex(context->chance, NULL,
				context->side == SNT_TLS_SERVER
					? TLS_server_method()
					: TLS_client_method());
	if (native == NULL)
		return snt__tls_fail("TLS context");
	code = set_all(native, build);
	if (code < 0) {
		SSL_CTX_free(native);
		return code;
	}
	/* What was tried on the way there is no failure. */
	snt__tls_forget();
	snt__tls_lock(&context->lock);
	old = context->native;
	context->native = native;
	context->generation = build->generation;
	snt__tls_unlock(&context->lock);
	SSL_CTX_free(old);
	return 0;
}
